//! What `oomparse watch` gives out beside standard output: over HTTP, and to programs.

mod live;
mod support;

use live::{http, watch};
use rustix::process::Signal;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{Running, until};

const PATIENCE: Duration = Duration::from_secs(60);
const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";

/// A kill whose report has the counter of the limit, at this machine's time.
fn kill(pid: u32) -> String {
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime = uptime.split_whitespace().next().unwrap().to_owned();
    let container = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";
    let cgroup = format!("/kubepods/burstable/pod{UID}/{container}");
    let head = format!("Jan  5 02:12:02 node-7 kernel: [{uptime}");
    format!(
        "{head}{pid:04}1] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968\n\
         {head}{pid:04}2] memory: usage 102400kB, limit 102400kB, failcnt 47\n\
         {head}{pid:04}3] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={cgroup},task_memcg={cgroup},task=java,pid={pid},uid=0\n\
         {head}{pid:04}4] Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
    )
}

struct Node {
    dir: PathBuf,
    log: PathBuf,
    names: String,
    address: String,
}

impl Node {
    fn new(name: &str) -> Self {
        let dir = support::directory(name);
        let log = dir.join("kern.log");
        fs::write(&log, "").unwrap();
        let names = dir.join("pods.csv");
        let rows = format!("pod_uid,namespace,pod_name\n{UID},default,web-0\n");
        fs::write(&names, rows).unwrap();
        Self {
            log,
            names: names.to_str().unwrap().to_owned(),
            address: http::free_address(),
            dir,
        }
    }

    fn watch(&self, more: &[&str]) -> watch::Watch {
        let mut arguments = vec!["--file", self.log.to_str().unwrap()];
        arguments.extend(["--pods", &self.names, "--listen", &self.address]);
        arguments.extend(more);
        watch::start(&arguments)
    }

    fn add(&self, text: &str) {
        let mut log = OpenOptions::new().append(true).open(&self.log).unwrap();
        log.write_all(text.as_bytes()).unwrap();
    }

    fn metrics(&self) -> String {
        get(&self.address, "/metrics", "").1
    }

    /// The value of a series, once it is at least this.
    fn until(&self, series: &str, value: f64) {
        until(&format!("{series} does not get to {value}"), || {
            self.value(series).is_some_and(|now| now >= value)
        });
    }

    fn value(&self, series: &str) -> Option<f64> {
        let metrics = self.metrics();
        let mut values = metrics.lines().filter_map(|line| line.strip_prefix(series));
        values.next()?.trim().parse().ok()
    }

    fn script(&self, text: &str) -> String {
        let path = self.dir.join("program");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// The head of the answer, and its body.
fn get(address: &str, path: &str, accept: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn end_well(watch: watch::Watch) {
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, "");
}

const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";

#[test]
fn a_kill_is_in_the_metrics_with_limit_usage_and_time() {
    let node = Node::new("listen");
    let mut watch = node.watch(&[]);
    node.add(&kill(7));
    assert!(watch.kill_of(7, PATIENCE).is_some());
    let of_kills = "oomparse_oom_kills_total{namespace=\"default\",pod=\"web-0\",container=\"\",scope=\"memcg\"}";
    node.until(of_kills, 1.0);
    let labels = "{namespace=\"default\",pod=\"web-0\",container=\"\"}";
    for name in ["limit", "usage"] {
        let series = format!("oomparse_container_{name}_bytes{labels}");
        assert_eq!(node.value(&series), Some(104_857_600.0), "{series}");
    }
    let time = format!("oomparse_container_last_kill_timestamp_seconds{labels}");
    assert!(node.value(&time).unwrap() > 1.6e9);
    assert!(node.value("process_resident_memory_bytes").unwrap() > 1e6);
    let (head, body) = get(&node.address, "/metrics", OPEN_METRICS);
    assert!(head.contains("application/openmetrics-text; version=1.0.0"));
    assert!(body.ends_with("# EOF\n"), "{body}");
    assert!(body.contains("1 # {event_id=\""), "{body}");
    let (head, body) = get(&node.address, "/healthz", "");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert_eq!(body, "ok\n");
    end_well(watch);
}

#[test]
fn both_forms_pass_promtool() {
    let node = Node::new("listen-promtool");
    let program = node.script("exit 3");
    let watch = node.watch(&["--exec", &program]);
    node.add(&kill(7));
    node.until(
        "oomparse_outlet_errors_total{outlet=\"exec\",code=\"exit\"}",
        1.0,
    );
    let metrics = node.metrics();
    let mut check = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = check.stdin.take().unwrap();
    stdin.write_all(metrics.as_bytes()).unwrap();
    drop(stdin);
    let output = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}\n{metrics}");
    assert_eq!(said, "", "{metrics}");
    drop(watch);
}

/// The answer to a query, of a Prometheus that listens there.
fn query(address: &str, query: &str) -> Option<String> {
    let stream = TcpStream::connect(address).ok()?;
    drop(stream);
    let (_, body) = get(address, &format!("/api/v1/query?query={query}"), "");
    Some(body)
}

#[test]
fn a_real_prometheus_scrapes_it() {
    let node = Node::new("listen-prometheus");
    let mut watch = node.watch(&[]);
    node.add(&kill(7));
    assert!(watch.kill_of(7, PATIENCE).is_some());
    let config = node.dir.join("prometheus.yml");
    let text = format!(
        "scrape_configs: [{{job_name: oomparse, scrape_interval: 1s, static_configs: [{{targets: ['{}']}}]}}]\n",
        node.address
    );
    fs::write(&config, text).unwrap();
    let address = http::free_address();
    let _prometheus = Running::start(
        Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                node.dir.join("tsdb").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .arg("--enable-feature=exemplar-storage")
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    );
    let holds =
        |name: &str, text: &str| query(&address, name).is_some_and(|answer| answer.contains(text));
    until("Prometheus has no kill", || {
        holds("oomparse_oom_kills_total", "\"pod\":\"web-0\"")
    });
    for name in [
        "oomparse_container_limit_bytes",
        "oomparse_container_usage_bytes",
    ] {
        assert!(holds(name, "\"104857600\"]"), "{name}");
    }
    assert!(holds("up", ",\"1\"]"));
    end_well(watch);
}

#[test]
fn clients_that_never_ask_hold_up_nobody() {
    let node = Node::new("listen-slow");
    let mut watch = node.watch(&[]);
    until("it does not listen", || {
        TcpStream::connect(&node.address).is_ok()
    });
    let idle: Vec<_> = (0..50).map(|_| TcpStream::connect(&node.address)).collect();
    for pid in 1..=20 {
        node.add(&kill(pid));
    }
    assert!(watch.kill_of(20, PATIENCE).is_some());
    drop(idle);
    node_answers(&node);
    end_well(watch);
}

/// The connections before may take a moment to be given up.
fn node_answers(node: &Node) {
    until("it does not answer", || {
        let Ok(mut stream) = TcpStream::connect(&node.address) else {
            return false;
        };
        let mut answer = String::new();
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\n\r\n");
        stream.read_to_string(&mut answer).is_ok() && answer.ends_with("ok\n")
    });
}

#[test]
fn an_address_that_is_taken_is_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = support::run(&["watch", "--file", "/dev/null", "--listen", &address]);
    assert_eq!(output.status.code(), Some(2));
    let said = support::stderr(&output);
    assert!(
        said.starts_with(&format!("oomparse: --listen {address}: ")),
        "{said}"
    );
}

#[test]
fn a_program_gets_each_event_on_its_standard_input() {
    let node = Node::new("exec");
    let got = node.dir.join("got");
    let program = node.script(&format!("echo noise; cat >> {}", got.display()));
    let mut watch = node.watch(&["--exec", &program]);
    node.add(&kill(7));
    let (_, event) = watch.kill_of(7, PATIENCE).unwrap();
    node.until(
        "oomparse_outlet_events_total{outlet=\"exec\",outcome=\"sent\"}",
        1.0,
    );
    let text = fs::read_to_string(&got).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        event
    );
    end_well(watch);
}

fn is_gone(pid: &Path) -> bool {
    let pid = fs::read_to_string(pid).unwrap_or_default();
    !pid.trim().is_empty() && !Path::new("/proc").join(pid.trim()).exists()
}

#[test]
fn a_program_that_hangs_is_killed_with_what_it_started() {
    let node = Node::new("exec-hangs");
    let pid = node.dir.join("pid");
    let program = node.script(&format!("sleep 600 &\necho $! > {}\nwait", pid.display()));
    let mut watch = node.watch(&["--exec", &program, "--exec-timeout", "1"]);
    node.add(&kill(7));
    assert!(watch.kill_of(7, PATIENCE).is_some());
    node.until(
        "oomparse_outlet_errors_total{outlet=\"exec\",code=\"timeout\"}",
        1.0,
    );
    until("what it started still runs", || is_gone(&pid));
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        stderr,
        "oomparse: --exec: the program was killed after 1 s\n"
    );
}

#[test]
fn a_slow_program_loses_nothing_of_standard_output() {
    const KILLS: u32 = 1500;
    let node = Node::new("exec-slow");
    let program = node.script("exec sleep 600");
    let mut watch = node.watch(&["--exec", &program, "--exec-timeout", "600"]);
    let begun = Instant::now();
    for pid in 1..=KILLS {
        node.add(&kill(pid));
    }
    for pid in 1..=KILLS {
        assert!(watch.kill_of(pid, PATIENCE).is_some(), "no event for {pid}");
    }
    assert!(begun.elapsed() < Duration::from_secs(300));
    // Four run, 1,024 wait.
    let dropped = node.value("oomparse_outlet_events_total{outlet=\"exec\",outcome=\"dropped\"}");
    assert_eq!(dropped, Some(f64::from(KILLS) - 1024.0 - 4.0));
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert_eq!(status.code(), Some(0));
    let dropped = stderr
        .lines()
        .filter(|line| line.contains("further ones are dropped"));
    assert_eq!(dropped.count(), 1, "{stderr}");
    assert!(stderr.contains("are left unsent"), "{stderr}");
}

#[cfg(not(feature = "agent"))]
#[test]
fn without_the_feature_a_sentence_names_it() {
    for flags in [
        &["--otlp", "http://127.0.0.1:4318"][..],
        &["--kubernetes-events"],
    ] {
        let output = support::run(&[&["watch", "--file", "/dev/null"], flags].concat());
        assert_eq!(output.status.code(), Some(2));
        let said = support::stderr(&output);
        assert!(said.contains("without the feature `agent`"), "{said}");
    }
}
