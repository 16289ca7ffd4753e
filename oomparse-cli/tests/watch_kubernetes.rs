//! `oomparse watch --kubernetes-events` against a strict stand-in for the API server: it has pods, keeps Events, and
//! refuses what the real one refuses.

mod live;
mod support;

use live::{http, watch};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use support::until;

const PATIENCE: Duration = Duration::from_secs(60);
const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
const CONTAINER: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";

/// What the server holds, and what it is to answer before it does as asked.
#[derive(Default)]
struct State {
    pods: Vec<Value>,
    events: BTreeMap<String, Value>,
    /// Status and further head lines.
    refusals: VecDeque<&'static str>,
    /// Do as asked, but answer nothing, so often.
    silent: usize,
    version: u64,
}

#[derive(Clone)]
struct Server {
    address: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap().to_string(),
            state: Arc::default(),
        };
        let of_thread = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                of_thread.serve(stream.unwrap());
            }
        });
        server
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let http::Request { head, body } = http::request(&mut stream)?;
        let body = String::from_utf8(body).unwrap();
        let mut state = self.state.lock().unwrap();
        let (status, answer) = match state.refusals.pop_front() {
            Some(refusal) => (refusal.to_owned(), status("refused by the test")),
            None => state.answer(&head, &body),
        };
        if head.starts_with("P") && state.silent > 0 {
            state.silent -= 1;
            return None;
        }
        let body = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all((head + &body).as_bytes());
        Some(())
    }

    fn pod(&self, uid: &str, name: &str) {
        let pod = json!({
            "metadata": {"uid": uid, "namespace": "default", "name": name},
            "status": {"containerStatuses": [{"name": "web", "containerID": format!("containerd://{CONTAINER}")}]},
        });
        self.state.lock().unwrap().pods.push(pod);
    }

    fn refuse(&self, refusals: &[&'static str]) {
        let mut state = self.state.lock().unwrap();
        state.refusals.extend(refusals);
    }

    fn events(&self) -> Vec<Value> {
        self.state
            .lock()
            .unwrap()
            .events
            .values()
            .cloned()
            .collect()
    }

    /// How many kills the Events count.
    fn counted(&self) -> i64 {
        let counts = self.events().into_iter();
        counts
            .map(|event| event["series"]["count"].as_i64().unwrap_or(1))
            .sum()
    }
}

fn status(message: &str) -> Value {
    json!({"kind": "Status", "message": message})
}

impl State {
    fn answer(&mut self, head: &str, body: &str) -> (String, Value) {
        let line = head.lines().next().unwrap();
        let of = |status: &str, value| (status.to_owned(), value);
        let asked: Vec<&str> = line.split(' ').collect();
        let events = "/apis/events.k8s.io/v1/namespaces/";
        match (asked[0], asked[1].strip_prefix(events)) {
            ("GET", None) => {
                assert!(
                    asked[1].contains("fieldSelector=spec.nodeName%3Dnode-7&"),
                    "{line}"
                );
                of("200 OK", json!({"metadata": {}, "items": self.pods}))
            }
            ("POST", Some(rest)) => {
                let event: Value = serde_json::from_str(body).unwrap();
                let name = event["metadata"]["name"].as_str().unwrap().to_owned();
                if let Some(sentence) = wrong(&event, rest) {
                    return of("422 Unprocessable Entity", status(&sentence));
                }
                if self.events.contains_key(&name) {
                    return of("409 Conflict", status("already exists"));
                }
                of("201 Created", self.keep(&name, event))
            }
            ("PATCH", Some(rest)) => {
                assert!(
                    head.to_lowercase()
                        .contains("application/merge-patch+json\r\n")
                );
                let name = rest.rsplit('/').next().unwrap().to_owned();
                let Some(mut event) = self.events.get(&name).cloned() else {
                    return of("404 Not Found", status("not found"));
                };
                let patch: Value = serde_json::from_str(body).unwrap();
                let version = &patch["metadata"]["resourceVersion"];
                if !version.is_null() && *version != event["metadata"]["resourceVersion"] {
                    return of("409 Conflict", status("the object has been modified"));
                }
                if patch == json!({}) {
                    return of("200 OK", event);
                }
                let keys: Vec<&String> = patch.as_object().unwrap().keys().collect();
                assert_eq!(keys, ["metadata", "series"], "all else is immutable");
                event["metadata"]["annotations"] = patch["metadata"]["annotations"].clone();
                event["series"] = patch["series"].clone();
                assert!(event["series"]["count"].as_i64().unwrap() >= 2);
                of("200 OK", self.keep(&name, event))
            }
            _ => of("405 Method Not Allowed", status(line)),
        }
    }

    fn keep(&mut self, name: &str, mut event: Value) -> Value {
        self.version += 1;
        event["metadata"]["resourceVersion"] = Value::from(self.version.to_string());
        self.events.insert(name.to_owned(), event.clone());
        event
    }
}

/// What validation of events.k8s.io/v1 says.
fn wrong(event: &Value, rest: &str) -> Option<String> {
    for (key, most) in [
        ("reportingController", 253),
        ("reportingInstance", 128),
        ("action", 128),
        ("reason", 128),
        ("note", 1024),
        ("eventTime", 27),
    ] {
        let len = event[key].as_str().unwrap_or_default().len();
        if len == 0 || len > most {
            return Some(format!("{key}: {event}"));
        }
    }
    let namespace = rest.split('/').next().unwrap();
    let regarding = &event["regarding"];
    let of_subject = regarding["namespace"].as_str().unwrap_or("default");
    if of_subject != namespace || event["metadata"]["namespace"] != namespace {
        return Some("does not match event.namespace".to_owned());
    }
    (event["type"] != "Warning").then(|| "type".to_owned())
}

struct Node {
    log: PathBuf,
    state: String,
    metrics: String,
    server: Server,
}

impl Node {
    fn new(name: &str) -> Self {
        let dir = support::directory(name);
        let log = dir.join("kern.log");
        fs::write(&log, "").unwrap();
        Self {
            log,
            state: dir.join("state").to_str().unwrap().to_owned(),
            metrics: http::free_address(),
            server: Server::start(),
        }
    }

    fn watch(&self) -> watch::Watch {
        let (log, url) = (
            self.log.to_str().unwrap(),
            format!("http://{}", self.server.address),
        );
        let flags = [
            "--no-pods",
            "--file",
            log,
            "--listen",
            &self.metrics,
            "--state",
            &self.state,
        ];
        let environment = [("OOMPARSE_KUBERNETES_API", &*url), ("NODE_NAME", "node-7")];
        watch::start_with(
            &[&flags[..], &["--kubernetes-events"]].concat(),
            &environment,
        )
    }

    /// A kill in this pod, or outside pods.
    fn kill(&self, pid: u32, uid: Option<&str>) {
        let cgroup = uid.map_or("/system.slice/a.service".to_owned(), |uid| {
            format!("/kubepods/burstable/pod{uid}/{CONTAINER}")
        });
        let head = format!("2023-01-05T02:12:02.5Z node-7 kernel: [198542.{pid:05}");
        let mut log = OpenOptions::new().append(true).open(&self.log).unwrap();
        let text = format!(
            "{head}0] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968\n\
             {head}1] memory: usage 102400kB, limit 102400kB, failcnt 47\n\
             {head}2] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={cgroup},task_memcg={cgroup},task=java,pid={pid},uid=0\n\
             {head}3] Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
        );
        log.write_all(text.as_bytes()).unwrap();
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

    fn until_sent(&self, count: u32) {
        let series = "oomparse_outlet_events_total{outlet=\"kubernetes-events\",outcome=\"sent\"}";
        self.until(&format!("{series} {count}"));
    }

    fn until_error(&self, code: &str, count: u32) {
        let series = "oomparse_outlet_errors_total{outlet=\"kubernetes-events\",code=";
        self.until(&format!("{series}\"{code}\"}} {count}"));
    }
}

fn end(watch: watch::Watch) -> String {
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    stderr
}

#[test]
fn an_event_is_on_the_pod_and_counts_what_comes_again() {
    let node = Node::new("kubernetes");
    node.server.pod(UID, "web-0");
    node.server
        .pod("00000000-0000-0000-0000-000000000000", "other");
    let watch = node.watch();
    node.kill(7, Some(UID));
    node.until_sent(1);
    let [event] = &node.server.events()[..] else {
        panic!("{:?}", node.server.events());
    };
    let expected = json!({
        "apiVersion": "v1", "kind": "Pod", "namespace": "default", "name": "web-0", "uid": UID,
        "fieldPath": "spec.containers{web}",
    });
    assert_eq!(event["regarding"], expected);
    assert_eq!(event["reason"], "OOMKilling");
    assert_eq!(event["reportingController"], "oomparse");
    let note = event["note"].as_str().unwrap();
    assert!(
        note.contains("java (pid 7)") && note.contains("100.0 MiB"),
        "{note}"
    );
    for pid in 8..=10 {
        node.kill(pid, Some(UID));
    }
    node.until_sent(4);
    assert_eq!(node.server.events().len(), 1);
    assert_eq!(node.server.counted(), 4);
    assert_eq!(end(watch), "");
}

#[test]
fn outside_pods_and_in_pods_that_the_api_does_not_know_it_is_on_the_node() {
    let node = Node::new("kubernetes-node");
    node.server
        .pod("00000000-0000-0000-0000-000000000000", "other");
    let watch = node.watch();
    node.kill(7, None);
    node.kill(8, Some(UID));
    node.until_sent(2);
    for event in node.server.events() {
        assert_eq!(event["regarding"]["kind"], "Node", "{event}");
        assert_eq!(event["regarding"]["name"], "node-7");
        assert_eq!(event["metadata"]["namespace"], "default");
    }
    assert_eq!(node.server.counted(), 2);
    assert_eq!(end(watch), "");
}

#[test]
fn a_pod_that_appears_late_is_found() {
    let node = Node::new("kubernetes-late");
    let watch = node.watch();
    node.kill(7, Some(UID));
    thread::sleep(Duration::from_millis(300));
    node.server.pod(UID, "web-0");
    node.until_sent(1);
    assert_eq!(node.server.events()[0]["regarding"]["name"], "web-0");
    end(watch);
}

#[test]
fn refusals_and_lost_answers_count_nothing_twice_and_lose_nothing() {
    let node = Node::new("kubernetes-refuses");
    node.server.pod(UID, "web-0");
    let mut watch = node.watch();
    node.kill(7, Some(UID));
    node.until_sent(1);
    node.server.refuse(&[
        "429 Too Many Requests\r\nRetry-After: 1",
        "401 Unauthorized",
        "403 Forbidden",
        "500 Internal Server Error",
    ]);
    node.kill(8, Some(UID));
    assert!(watch.kill_of(8, PATIENCE).is_some());
    node.until_sent(2);
    for code in ["429", "401", "403", "500"] {
        node.until_error(code, 1);
    }
    // Done, and the answer lost: the POST, the reading PATCH, the raising PATCH.
    node.server.state.lock().unwrap().silent = 3;
    node.kill(9, Some(UID));
    node.until_sent(3);
    assert_eq!(node.server.events().len(), 1);
    assert_eq!(node.server.counted(), 3);
    let said = end(watch);
    assert_eq!(said.matches("answered 429").count(), 1, "{said}");
}

#[test]
fn what_is_never_permitted_ends() {
    let node = Node::new("kubernetes-forbidden");
    node.server.pod(UID, "web-0");
    let mut watch = node.watch();
    node.kill(7, Some(UID));
    node.until_sent(1);
    node.server.refuse(&["403 Forbidden\r\nRetry-After: 0"; 5]);
    node.kill(8, Some(UID));
    assert!(watch.kill_of(8, PATIENCE).is_some());
    let failed = "oomparse_outlet_events_total{outlet=\"kubernetes-events\",outcome=\"failed\"} 1";
    node.until(failed);
    // What comes after it is written again.
    node.kill(9, Some(UID));
    node.until_sent(2);
    assert_eq!(node.server.counted(), 2);
    let said = end(watch);
    assert_eq!(said.matches("answered 403").count(), 1, "{said}");
}

#[test]
fn a_run_that_was_ended_suddenly_counts_no_kill_twice() {
    let node = Node::new("kubernetes-restart");
    node.server.pod(UID, "web-0");
    let watch = node.watch();
    node.kill(7, Some(UID));
    node.until_sent(1);
    watch.signal(Signal::KILL);
    watch.end();
    // Nothing was noted: the kill is read again.
    fs::write(&node.state, "").unwrap();
    let watch = node.watch();
    node.until_sent(1);
    assert_eq!(node.server.counted(), 1);
    end(watch);
}

#[test]
fn without_a_nodes_name_or_a_cluster_it_is_2() {
    let flags = ["watch", "--file", "/dev/null", "--kubernetes-events"];
    let said = |named: bool| {
        let mut command = support::oomparse(&flags);
        command.env_remove("KUBERNETES_SERVICE_HOST");
        if named {
            command.env("NODE_NAME", "node-7");
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        support::stderr(&output).to_owned()
    };
    assert!(said(false).contains("--node-name or NODE_NAME"));
    assert!(said(true).contains("there is no KUBERNETES_SERVICE_HOST"));
}
