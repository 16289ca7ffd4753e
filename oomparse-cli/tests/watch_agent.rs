//! `oomparse watch --otlp` against a collector that refuses, is away, and comes back.

mod live;
mod support;

use flate2::read::GzDecoder;
use live::{http, watch};
use rustix::process::Signal;
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;
use support::until;

const PATIENCE: Duration = Duration::from_secs(60);

/// A request for the collector, unpacked.
struct Asked {
    head: String,
    body: Vec<u8>,
}

impl Asked {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The log records in it.
    fn records(&self) -> Vec<Value> {
        let json = self.json();
        let machines = json["resourceLogs"].as_array().unwrap();
        let records = machines.iter().flat_map(|machine| {
            let records = &machine["scopeLogs"][0]["logRecords"];
            records.as_array().unwrap().clone()
        });
        records.collect()
    }
}

/// Answers requests for logs with these, then with 200; gives what was asked. Metrics are taken silently.
fn collector(listener: TcpListener, answers: &'static [&'static str]) -> Receiver<Asked> {
    let (sender, requests) = channel();
    let mut answers = answers.iter();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(request) = read(&mut stream) else {
                continue;
            };
            let is_logs = request.head.starts_with("POST /v1/logs HTTP/1.1\r\n");
            let answer = if is_logs { answers.next() } else { None };
            let answer = answer.unwrap_or(&"200 OK\r\n");
            let text = format!("HTTP/1.1 {answer}Content-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(text.as_bytes());
            if is_logs && sender.send(request).is_err() {
                return;
            }
        }
    });
    requests
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let http::Request { head, body: packed } = http::request(stream)?;
    assert!(
        head.to_lowercase().contains("content-encoding: gzip\r\n"),
        "{head}"
    );
    let mut body = Vec::new();
    GzDecoder::new(&*packed).read_to_end(&mut body).unwrap();
    Some(Asked { head, body })
}

struct Node {
    log: PathBuf,
    metrics: String,
}

impl Node {
    fn new(name: &str) -> Self {
        let dir = support::directory(name);
        let log = dir.join("kern.log");
        fs::write(&log, "").unwrap();
        Self {
            log,
            metrics: http::free_address(),
        }
    }

    fn watch(&self, url: &str, more: &[&str]) -> watch::Watch {
        let log = self.log.to_str().unwrap();
        let known = ["--no-pods", "--file", log, "--listen", &self.metrics];
        watch::start(&[&known[..], &["--otlp", url], more].concat())
    }

    fn kill(&self, pid: u32) {
        let mut log = OpenOptions::new().append(true).open(&self.log).unwrap();
        let line = format!(
            "2023-01-05T02:12:02.5+08:00 node-7 kernel: [198542.5] Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
        );
        log.write_all(line.as_bytes()).unwrap();
    }

    fn until(&self, series: &str) {
        until(&format!("no {series}"), || {
            let mut stream = TcpStream::connect(&self.metrics).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text.lines().any(|line| line == series)
        });
    }
}

fn here() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn end(watch: watch::Watch) -> String {
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    stderr
}

const SENT: &str = "oomparse_outlet_events_total{outlet=\"otlp\",outcome=\"sent\"} 1";
const FAILED: &str = "oomparse_outlet_events_total{outlet=\"otlp\",outcome=\"failed\"} 1";

fn has(attributes: &Value, key: &str, value: &str) -> bool {
    let pair = serde_json::json!({"key": key, "value": {"stringValue": value}});
    attributes.as_array().unwrap().contains(&pair)
}

#[test]
fn a_kill_is_a_record_with_the_conventions_names() {
    let node = Node::new("otlp-json");
    let (listener, url) = here();
    let requests = collector(listener, &[]);
    let flags = ["--otlp-protocol", "http/json", "--otlp-header", "x-key=a b"];
    let watch = node.watch(&url, &flags);
    node.kill(7);
    let request = requests.recv_timeout(PATIENCE).unwrap();
    assert!(request.head.contains("x-key: a b\r\n"), "{}", request.head);
    let resource = &request.json()["resourceLogs"][0]["resource"]["attributes"];
    assert!(has(resource, "host.name", "node-7"));
    let [record] = &request.records()[..] else {
        panic!("{}", request.json());
    };
    assert_eq!(record["eventName"], "oom.kill");
    assert_eq!(record["timeUnixNano"], "1672855922500000000");
    let attributes = &record["attributes"];
    assert!(has(attributes, "event.name", "oom.kill"), "{record}");
    assert!(
        has(attributes, "process.executable.name", "java"),
        "{record}"
    );
    node.until(SENT);
    assert_eq!(end(watch), "");
}

#[test]
fn a_busy_collector_gets_it_when_it_asked_for_it_and_once() {
    let node = Node::new("otlp-busy");
    let (listener, url) = here();
    const BUSY: &[&str] = &[
        "503 Service Unavailable\r\nRetry-After: 1\r\n",
        "429 Too Many Requests\r\n",
    ];
    let requests = collector(listener, BUSY);
    let watch = node.watch(&url, &["--otlp-protocol", "http/json"]);
    node.kill(7);
    let tries: Vec<Asked> = (0..3)
        .map(|_| requests.recv_timeout(PATIENCE).unwrap())
        .collect();
    assert!(
        tries
            .iter()
            .all(|request| request.json() == tries[0].json())
    );
    node.until(SENT);
    for code in ["503", "429"] {
        let errors = format!("oomparse_outlet_errors_total{{outlet=\"otlp\",code=\"{code}\"}} 1");
        node.until(&errors);
    }
    assert!(requests.recv_timeout(Duration::from_secs(2)).is_err());
    let said = end(watch);
    assert!(said.contains("--otlp: the server answered 503\n"), "{said}");
}

#[test]
fn what_is_refused_for_good_is_counted_and_said_once() {
    let node = Node::new("otlp-refused");
    let (listener, url) = here();
    let requests = collector(listener, &["400 Bad Request\r\n"]);
    let mut watch = node.watch(&url, &[]);
    node.kill(7);
    let request = requests.recv_timeout(PATIENCE).unwrap();
    assert!(request.head.contains("application/x-protobuf\r\n"));
    assert!(request.body.windows(8).any(|text| text == b"oom.kill"));
    node.until(FAILED);
    assert!(watch.kill_of(7, PATIENCE).is_some());
    assert_eq!(end(watch), "oomparse: --otlp: the server answered 400\n");
}

#[test]
fn a_collector_that_is_away_gets_it_when_it_is_back() {
    let node = Node::new("otlp-away");
    let (listener, url) = here();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut watch = node.watch(&url, &["--otlp-protocol", "http/json"]);
    node.kill(7);
    assert!(
        watch.kill_of(7, PATIENCE).is_some(),
        "it waits for no collector"
    );
    thread::sleep(Duration::from_secs(1));
    let requests = collector(TcpListener::bind(address).unwrap(), &[]);
    let request = requests.recv_timeout(PATIENCE).unwrap();
    assert_eq!(request.records().len(), 1);
    node.until(SENT);
    end(watch);
}

#[test]
fn a_url_or_a_header_that_is_none_is_2() {
    for (flags, sentence) in [
        (&["--otlp", "localhost:4318"][..], "begins with http://"),
        (&["--otlp", "http://a", "--otlp-header", "a"], "KEY=VALUE"),
    ] {
        let output = support::run(&[&["watch", "--file", "/dev/null"], flags].concat());
        assert_eq!(output.status.code(), Some(2));
        let said = support::stderr(&output);
        assert!(said.contains(sentence), "{said}");
    }
}
