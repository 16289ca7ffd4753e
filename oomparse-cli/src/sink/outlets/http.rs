//! Requests to a collector and to Kubernetes: limited in time and length, and retried.

use super::outlet::Inbox;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, http};

/// How long a request may take, including the answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// How much of an answer is read.
const MAX_ANSWER: u64 = 32 << 20;

/// The pauses before further attempts: from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The longest pause that a server may request.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// How often the end is checked while waiting.
const STEP: Duration = Duration::from_millis(100);

/// Where machines keep the certificates that they trust.
const BUNDLES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status; 0 if there was no answer.
    pub(crate) status: u16,
    /// The status, or a word.
    pub(crate) code: String,
    pub(crate) sentence: String,
    /// The pause that the server requested.
    pub(crate) pause: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

/// A client without redirects, proxies and cookies.
pub(crate) fn agent(roots: RootCerts) -> Agent {
    let tls = TlsConfig::builder().root_certs(roots).build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_connect(Some(PATIENCE))
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(concat!("oomparse/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// The certificates in a file, or none.
pub(crate) fn roots(pem: &[u8]) -> RootCerts {
    let of = |item: Result<PemItem<'static>, _>| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    let all: Vec<Certificate<'static>> = parse_pem(pem).filter_map(of).collect();
    RootCerts::new_with_certs(&all)
}

/// What the machine trusts: `SSL_CERT_FILE`, or its bundle.
pub(crate) fn roots_of_machine() -> RootCerts {
    let named = std::env::var("SSL_CERT_FILE").ok();
    let mut files = named.iter().map(String::as_str).chain(BUNDLES);
    files
        .find_map(|file| std::fs::read(file).ok())
        .map_or_else(|| roots(b""), |pem| roots(&pem))
}

/// The body of the answer; any status but success is a refusal.
pub(crate) fn answer(came: Result<http::Response<Body>, ureq::Error>) -> Result<Vec<u8>, Refusal> {
    let mut response = came.map_err(|error| failed(&error))?;
    let status = response.status().as_u16();
    let pause = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(|seconds| Duration::from_secs(seconds).min(LONGEST_ASKED));
    let body = response.body_mut().with_config().limit(MAX_ANSWER);
    let body = body.read_to_vec().map_err(|error| failed(&error))?;
    if (200..300).contains(&status) {
        return Ok(body);
    }
    let said = String::from_utf8_lossy(body.get(..200).unwrap_or(&body)).into_owned();
    let sentence = match said.trim() {
        "" => format!("the server answered {status}"),
        said => format!("the server answered {status}: {said}"),
    };
    Err(Refusal {
        status,
        code: status.to_string(),
        sentence,
        pause,
        body,
    })
}

fn failed(error: &ureq::Error) -> Refusal {
    let code = match error {
        ureq::Error::Timeout(_) => "timeout",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => "tls",
        ureq::Error::BadUri(_) => "url",
        _ => "connect",
    };
    Refusal {
        status: 0,
        code: code.to_owned(),
        sentence: error.to_string(),
        pause: None,
        body: Vec::new(),
    }
}

/// The pauses between attempts, each twice the one before, until it works.
#[derive(Debug)]
pub(crate) struct Pauses {
    next: Duration,
    pub(crate) begun: Instant,
    pub(crate) tries: u32,
}

impl Pauses {
    pub(crate) fn new() -> Self {
        Self {
            next: FIRST_PAUSE,
            begun: Instant::now(),
            tries: 0,
        }
    }

    /// Waits before the next attempt; false if the program is ending.
    pub(crate) fn wait(&mut self, asked: Option<Duration>, inbox: &Inbox) -> bool {
        self.tries += 1;
        let pause = asked.unwrap_or_else(|| self.next.mul_f64(spread()));
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        let until = Instant::now() + pause;
        loop {
            if inbox.stop.load(Ordering::Relaxed) {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(STEP));
        }
    }
}

/// Between 0.75 and 1.25, so that the agents of a cluster do not all retry at once.
fn spread() -> f64 {
    let nanos = crate::unix_time::now().rem_euclid(1000);
    0.75 + f64::from(u16::try_from(nanos).unwrap_or_default()) / 2000.0
}
