//! `--listen ADDR`: `/metrics` and `/healthz` over HTTP, for a scraper and the kubelet.
//!
//! One request per connection, few connections at a time, each limited in time and length: a client that reaches
//! the port can at most make it refuse others.

use super::figures::{Form, Source};
use crate::Failure;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Connections at a time; further ones are closed at once.
const MAX_CONNECTIONS: usize = 8;

/// Maximum size of a request's head, in bytes.
const MAX_HEAD: usize = 8 << 10;

/// Headers of a request.
const MAX_HEADERS: usize = 64;

/// How long a client may take to send its request, and again to read the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Stack size of an answering thread: it holds little more than the head of a request.
const STACK: usize = 256 << 10;

/// Opens the port and starts the thread that answers.
///
/// # Errors
/// The address, and why it cannot be opened.
pub(crate) fn start(address: &str, source: Source) -> Result<(), Failure> {
    let about = || format!("--listen {address}");
    let listener = open(address).map_err(|error| (about(), error))?;
    let local = listener.local_addr().map_err(|error| (about(), error))?;
    if address.ends_with(":0") {
        crate::warn("--listen", &format!("http://{local}/metrics"));
    }
    let open = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                // Out of file descriptors: the next attempt may succeed.
                thread::sleep(Duration::from_millis(100));
                continue;
            };
            let guard = Guard::new(&open);
            if guard.0.load(Ordering::Relaxed) > MAX_CONNECTIONS {
                continue;
            }
            let source = source.clone();
            let answer = move || {
                let _guard = guard;
                // A client that left needs no answer.
                let _ = serve(stream, &source);
            };
            let _ = thread::Builder::new().stack_size(STACK).spawn(answer);
        }
    });
    Ok(())
}

/// `:9104` means every address; with IPv6, of both families.
fn open(address: &str) -> io::Result<TcpListener> {
    let Some(port) = address.strip_prefix(':') else {
        return TcpListener::bind(address);
    };
    let port = port
        .parse()
        .map_err(|_| io::Error::other("a port is a number up to 65535"))?;
    let all = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    TcpListener::bind(all).or_else(|_| TcpListener::bind(("0.0.0.0", port)))
}

/// Counts a connection while it is open.
struct Guard(Arc<AtomicUsize>);

impl Guard {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn serve(mut stream: TcpStream, source: &Source) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = read_head(&mut stream)?;
    let (status, form, body) = answer(&head, source);
    let is_head = head.starts_with(b"HEAD ");
    let len = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {form}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n"
    )?;
    if !is_head {
        stream.write_all(body.as_bytes())?;
    }
    stream.flush()
}

/// The bytes up to the empty line, or as many as allowed.
fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let until = Instant::now() + PATIENCE;
    let (mut head, mut piece) = (Vec::new(), [0; 1024]);
    while head.len() < MAX_HEAD {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let len = stream.read(&mut piece)?;
        head.extend(piece.get(..len).unwrap_or_default());
        if len == 0 || memchr::memmem::find(&head, b"\r\n\r\n").is_some() {
            break;
        }
    }
    Ok(head)
}

const TEXT: &str = "text/plain; charset=utf-8";

/// Status, content type, body.
fn answer(head: &[u8], source: &Source) -> (&'static str, &'static str, String) {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    if !matches!(request.parse(head), Ok(httparse::Status::Complete(_))) {
        let said = "this is not an HTTP request of at most 8 KiB\n".to_owned();
        return ("400 Bad Request", TEXT, said);
    }
    if !matches!(request.method, Some("GET" | "HEAD")) {
        let said = "only GET and HEAD are answered\n".to_owned();
        return ("405 Method Not Allowed", TEXT, said);
    }
    let path = request.path.unwrap_or_default();
    match path.split('?').next().unwrap_or_default() {
        "/metrics" => {
            let form = Form::accepted(request.headers.iter().filter_map(|header| {
                let is_it = header.name.eq_ignore_ascii_case("accept");
                is_it.then(|| String::from_utf8_lossy(header.value))
            }));
            ("200 OK", form.content_type(), source.metrics(form))
        }
        "/healthz" => match source.health() {
            Ok(()) => ("200 OK", TEXT, "ok\n".to_owned()),
            Err(sentence) => ("503 Service Unavailable", TEXT, sentence),
        },
        _ => {
            let said = "here are /metrics and /healthz\n".to_owned();
            ("404 Not Found", TEXT, said)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(request: &str) -> &'static str {
        answer(request.as_bytes(), &Source::default()).0
    }

    #[test]
    fn paths_methods_and_what_is_no_request() {
        assert_eq!(status("GET /metrics HTTP/1.1\r\n\r\n"), "200 OK");
        assert_eq!(status("HEAD /metrics?a=b HTTP/1.0\r\n\r\n"), "200 OK");
        assert_eq!(status("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), "200 OK");
        assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), "404 Not Found");
        assert_eq!(
            status("POST /metrics HTTP/1.1\r\n\r\n"),
            "405 Method Not Allowed"
        );
        for bad in ["", "GET /metrics HTTP/1.1\r\n", "\0\u{1}\r\n\r\n", "GET"] {
            assert_eq!(status(bad), "400 Bad Request", "{bad:?}");
        }
        let many = "A: b\r\n".repeat(MAX_HEADERS + 1);
        let many = format!("GET /metrics HTTP/1.1\r\n{many}\r\n");
        assert_eq!(status(&many), "400 Bad Request");
    }
}
