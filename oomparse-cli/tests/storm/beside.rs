//! `oomparse watch` beside a real node-problem-detector: memory and processor time of both, idle and in a storm.

use super::{BETWEEN, PODS, ROUNDS, pods};
use crate::live::http::free_address;
use crate::live::watch;
use crate::{RATE_LIMIT, SECOND, logs};
use oomparse_tests::pod::Hierarchy;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What it is given: the kernel's log, and its own rule for OOM kills.
const MONITOR: &str = r#"{
  "plugin": "kmsg", "logPath": "/dev/kmsg", "lookback": "0s", "bufferSize": 10, "source": "kernel-monitor",
  "metricsReporting": true, "conditions": [],
  "rules": [{
    "type": "temporary", "reason": "OOMKilling",
    "pattern": "Killed process \\d+ (.+) total-vm:\\d+kB, anon-rss:\\d+kB, file-rss:\\d+kB.*"
  }]
}"#;

const IDLE: Duration = Duration::from_secs(10);

/// A running node-problem-detector; killed when the test is over.
struct Detector {
    child: Child,
    metrics: String,
    _dir: TempDir,
}

impl Detector {
    fn start(program: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("kernel-monitor.json");
        fs::write(&config, MONITOR).unwrap();
        let metrics = free_address();
        let (_, port) = metrics.rsplit_once(':').unwrap();
        let child = Command::new(program)
            .arg("--enable-k8s-exporter=false")
            .args(["--port=0", &format!("--prometheus-port={port}")])
            .arg(format!("--config.system-log-monitor={}", config.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let detector = Self {
            child,
            metrics,
            _dir: dir,
        };
        let end = Instant::now() + 20 * SECOND;
        while detector.count().is_none() {
            assert!(Instant::now() < end, "node-problem-detector does not start");
            thread::sleep(Duration::from_millis(100));
        }
        detector
    }

    /// How many kills it counted; `None` until it answers.
    fn count(&self) -> Option<u64> {
        let mut stream = TcpStream::connect(&self.metrics).ok()?;
        stream
            .write_all(b"GET /metrics HTTP/1.0\r\nHost: a\r\n\r\n")
            .ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let is_its = |line: &&str| {
            line.starts_with("problem_counter{") && line.contains("reason=\"OOMKilling\"")
        };
        let value = text.lines().find(is_its)?.rsplit(' ').next()?;
        value.parse().ok()
    }
}

impl Drop for Detector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Resident memory of a process now and at most, in KiB.
fn resident(pid: u32) -> [u64; 2] {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    ["VmRSS:", "VmHWM:"].map(|key| {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    })
}

/// Both read the same log of the same kernel; each must see every kill, and only one says whose it is.
pub(crate) fn node_problem_detector(machine: &Hierarchy, program: &Path) {
    let logs = logs();
    let mut pods = pods(machine, logs.path(), PODS);
    pods.iter().for_each(|pod| {
        pod.make_logs();
    });
    let mut watch = watch::start(&["--pods", logs.path().to_str().unwrap()]);
    let detector = Detector::start(program);
    let ids = [watch.id(), detector.child.id()];
    let times = || ids.map(watch::processor_time);
    thread::sleep(RATE_LIMIT);
    let before = times();
    thread::sleep(IDLE);
    let idle = [0, 1].map(|at| times()[at] - before[at]);
    let before = times();
    let counted = detector.count().unwrap();
    let begun = Instant::now();
    let mut killed = Vec::new();
    for _ in 0..ROUNDS {
        for pod in &mut pods {
            killed.push(pod.start_hog_after(Duration::from_millis(20)));
            let next = BETWEEN * killed.len() as u32;
            thread::sleep(next.saturating_sub(begun.elapsed()));
        }
    }
    for pod in &mut pods {
        (0..ROUNDS).for_each(|_| pod.wait());
    }
    let took = begun.elapsed();
    let mut named = 0;
    for pid in &killed {
        let (_, event) = watch
            .kill_of(*pid, 10 * SECOND)
            .unwrap_or_else(|| panic!("no event for pid {pid}"));
        named += usize::from(event.get("pod").is_some());
    }
    thread::sleep(2 * SECOND);
    let storm = [0, 1].map(|at| times()[at] - before[at]);
    let seen = detector.count().unwrap() - counted;
    println!("    {} kills in {PODS} pods in {took:.1?}", killed.len());
    let rows = [
        ("oomparse watch", killed.len() as u64, named),
        ("node-problem-detector", seen, 0),
    ];
    for (at, (name, kills, with_pod)) in rows.into_iter().enumerate() {
        let [now, most] = resident(ids[at]).map(|kib| kib as f64 / 1024.0);
        println!(
            "    {name}: {kills} kills, {with_pod} with their pod; {now:.1} MiB resident, {most:.1} at most; \
             idle {:.4} % of a processor, {:.1?} in the storm",
            100.0 * idle[at].as_secs_f64() / IDLE.as_secs_f64(),
            storm[at]
        );
    }
    assert!(named > 0);
    let most_kib = resident(ids[0])[1];
    assert!(most_kib <= 16 * 1024, "{most_kib} KiB resident");
}
