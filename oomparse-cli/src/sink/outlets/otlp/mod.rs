//! `--otlp URL`: log records and metrics for an OpenTelemetry collector, over HTTP.
//!
//! Waiting events are sent together. If a collector is away or busy, requests are retried with growing pauses;
//! events that it refuses permanently, or that could not be sent for ten minutes, are counted.

mod metrics;
mod wire;

use super::args::OtlpProtocol;
use super::figures::Source;
use super::http::{Pauses, Refusal, agent, answer, roots_of_machine};
use super::outlet::{Came, Inbox, Outlet};
use crate::Failure;
use crate::sink::otlp::request;
use crate::unix_time::now;
use flate2::Compression;
use flate2::write::GzEncoder;
use oomparse_core::OomEvent;
use serde_json::Value;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use ureq::Agent;

/// Events per request.
const MAX_TOGETHER: usize = 128;

/// How long the first of them waits for others.
const LINGER: Duration = Duration::from_millis(200);

/// How often metrics are sent.
const METRICS_PAUSE: Duration = Duration::from_secs(60);

/// Attempts for one request end after this time.
const MAX_AGE: Duration = Duration::from_secs(600);

/// The collector, and how to reach it.
#[derive(Debug)]
struct Collector {
    agent: Agent,
    url: String,
    protocol: OtlpProtocol,
    headers: Vec<(String, String)>,
}

/// Starts the thread.
///
/// # Errors
/// What is wrong with the URL or a header.
pub(super) fn start(
    url: &str,
    protocol: OtlpProtocol,
    headers: &[String],
    source: &Source,
) -> Result<Outlet, Failure> {
    let wrong = |sentence: &str| ("--otlp".to_owned(), io::Error::other(sentence.to_owned()));
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(wrong("the URL begins with http:// or https://"));
    }
    let headers = headers.iter().filter(|header| !header.trim().is_empty());
    let headers: Option<Vec<_>> = headers
        .map(|header| {
            let (key, value) = header.split_once('=')?;
            Some((key.trim().to_owned(), value.trim().to_owned()))
        })
        .collect();
    let headers = headers.ok_or_else(|| wrong("a header is KEY=VALUE"))?;
    let collector = Collector {
        agent: agent(roots_of_machine()),
        url: url.trim_end_matches('/').to_owned(),
        protocol,
        headers,
    };
    let source = source.clone();
    Ok(Outlet::start("otlp", move |inbox| {
        run(&collector, &source, &inbox)
    }))
}

fn run(collector: &Collector, source: &Source, inbox: &Inbox) {
    let mut measured: Option<Instant> = None;
    loop {
        let due = measured.map_or(Duration::ZERO, |at| {
            METRICS_PAUSE.saturating_sub(at.elapsed())
        });
        let events = match inbox.wait(due) {
            Came::Event(event) => together(event, inbox),
            Came::Nothing => Vec::new(),
            Came::End => {
                // The last figures, without a retry.
                let _ = collector.send("metrics", &metrics::request(source, now()));
                return;
            }
        };
        if !events.is_empty() {
            send_events(collector, &events, inbox);
        }
        if measured.is_none_or(|at| at.elapsed() >= METRICS_PAUSE) {
            measured = Some(Instant::now());
            // Those of the next minute contain the same and more.
            if let Err(refusal) = collector.send("metrics", &metrics::request(source, now())) {
                inbox.counts.error(&refusal.code);
                inbox.said.say(&refusal.sentence);
            }
        }
    }
}

/// The event and those that follow immediately.
fn together(first: Arc<OomEvent>, inbox: &Inbox) -> Vec<Arc<OomEvent>> {
    let until = Instant::now() + LINGER;
    let mut events = vec![first];
    while events.len() < MAX_TOGETHER {
        match inbox.wait(until.saturating_duration_since(Instant::now())) {
            Came::Event(event) => events.push(event),
            Came::Nothing | Came::End => break,
        }
    }
    events
}

fn send_events(collector: &Collector, events: &[Arc<OomEvent>], inbox: &Inbox) {
    let add = |counter: &AtomicU64| counter.fetch_add(events.len() as u64, Ordering::Relaxed);
    let Ok(request) = request(events.iter().map(Arc::as_ref), now) else {
        add(&inbox.counts.failed);
        return;
    };
    let mut pauses = Pauses::new();
    loop {
        let refusal = match collector.send("logs", &request) {
            Ok(()) => {
                add(&inbox.counts.sent);
                inbox.said.is_well();
                return;
            }
            Err(refusal) => refusal,
        };
        inbox.counts.error(&refusal.code);
        inbox.said.say(&refusal.sentence);
        // As defined by the protocol; all other answers are permanent.
        let may_help = matches!(refusal.status, 0 | 429 | 502 | 503 | 504);
        let is_late = pauses.begun.elapsed() >= MAX_AGE;
        if !may_help || is_late || !pauses.wait(refusal.pause, inbox) {
            add(&inbox.counts.failed);
            return;
        }
    }
}

impl Collector {
    /// Sends a request once.
    fn send(&self, what: &str, request: &Value) -> Result<(), Refusal> {
        let (form, bytes) = match self.protocol {
            OtlpProtocol::Protobuf => ("application/x-protobuf", wire::request(request)),
            OtlpProtocol::Json => ("application/json", request.to_string().into_bytes()),
        };
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        // Writing into memory cannot fail.
        let packed = packed.write_all(&bytes).and_then(|()| packed.finish());
        let mut post = self
            .agent
            .post(format!("{}/v1/{what}", self.url))
            .header("content-type", form)
            .header("content-encoding", "gzip");
        for (key, value) in &self.headers {
            post = post.header(key, value);
        }
        answer(post.send(packed.unwrap_or_default())).map(drop)
    }
}
