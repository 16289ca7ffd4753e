//! Kills that the kernel leaves bare, and kills without a line: `watch --infer`.

pub(crate) mod beside;

use crate::live::{overflow, watch};
use crate::{RATE_LIMIT, SECOND, assert_named, logs};
use oomparse_tests::pod::{Driver, Hierarchy, Pod};
use rustix::process::Signal;
use serde_json::Value;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// 200 kills in five seconds.
const PODS: usize = 20;
const ROUNDS: usize = 10;
const BETWEEN: Duration = Duration::from_millis(25);

/// How long a process lives before it takes memory; the shortest are too short for looks at all processes.
const LIVES: [Duration; 3] = [
    Duration::from_millis(20),
    Duration::from_millis(200),
    Duration::from_millis(600),
];

/// What a node has at most.
const MOST_PODS: usize = 250;

fn pods(machine: &Hierarchy, logs: &Path, count: usize) -> Vec<Pod> {
    let drivers = [Driver::Cgroupfs, Driver::Systemd].into_iter().cycle();
    let pods = drivers.take(count);
    pods.map(|driver| Pod::new(machine, driver, logs)).collect()
}

/// Past ten reports the kernel prints bare lines: the agent knows whose they are.
pub(crate) fn bare_kills(machine: &Hierarchy) {
    let logs = logs();
    let mut pods = pods(machine, logs.path(), PODS);
    pods.iter().for_each(Pod::make_logs);
    thread::sleep(RATE_LIMIT);
    let mut watch = watch::start(&["--infer", "--pods", logs.path().to_str().unwrap()]);
    let before = watch.processor_time();
    let begun = Instant::now();
    let mut killed = Vec::new();
    for _ in 0..ROUNDS {
        for (owner, pod) in pods.iter_mut().enumerate() {
            let life = killed.len() % LIVES.len();
            killed.push((pod.start_hog_after(LIVES[life]), owner, life));
            let next = BETWEEN * killed.len() as u32;
            thread::sleep(next.saturating_sub(begun.elapsed()));
        }
    }
    for pod in &mut pods {
        (0..ROUNDS).for_each(|_| pod.wait());
    }
    let took = begun.elapsed();
    let mut bare = [0; LIVES.len()];
    let mut inferred = [0; LIVES.len()];
    for (pid, owner, life) in &killed {
        let (_, event) = watch
            .kill_of(*pid, 10 * SECOND)
            .unwrap_or_else(|| panic!("no event for pid {pid}"));
        if event.get("pod").is_some() {
            assert_named(&event, &pods[*owner]);
        }
        let is_inferred = event.get("inferred").is_some();
        let words = event["evidence"].as_array().unwrap();
        assert_eq!(is_inferred, words.contains(&"proc".into()), "{event}");
        bare[*life] += usize::from(is_inferred || event.get("pod").is_none());
        inferred[*life] += usize::from(is_inferred);
    }
    let cost = watch.processor_time() - before;
    watch.signal(Signal::TERM);
    let (_, _, stderr) = watch.end();
    assert_eq!(stderr, "");
    let sum = |of: &[usize]| of.iter().sum::<usize>();
    println!(
        "    {} kills in {PODS} pods in {took:.1?}: {} of them bare, {} of these with their pod ({:.0} %)",
        killed.len(),
        sum(&bare),
        sum(&inferred),
        100.0 * sum(&inferred) as f64 / sum(&bare) as f64
    );
    for (life, (bare, inferred)) in LIVES.iter().zip(bare.iter().zip(inferred)) {
        println!("    of processes that lived for {life:?}: {inferred} of {bare}");
    }
    println!("    processor time of watch: {cost:.1?} in {took:.1?}");
    assert!(sum(&bare) > killed.len() / 4, "only {bare:?} were bare");
    // All of them on a machine that is not busy.
    assert!(
        sum(&inferred) * 2 >= sum(&bare),
        "{inferred:?} of {bare:?} bare kills have their pod"
    );
}

/// On a node with all the pods that it may have, nothing is killed: it costs less than a thousandth of a processor.
pub(crate) fn idle(machine: &Hierarchy) {
    const TIME: Duration = Duration::from_secs(21);
    let logs = logs();
    let mut pods = pods(machine, logs.path(), MOST_PODS);
    for pod in &mut pods {
        pod.make_logs();
        pod.start_sleeper();
    }
    let watch = watch::start(&["--infer", "--pods", logs.path().to_str().unwrap()]);
    // Another's kill in that time is not idleness.
    let mut parts = (0..3).map(|_| {
        thread::sleep(SECOND);
        let before = watch.processor_time();
        thread::sleep(TIME);
        let part = (watch.processor_time() - before).as_secs_f64() / TIME.as_secs_f64();
        println!(
            "    {MOST_PODS} pods, no kill: {:.4} % of a processor",
            100.0 * part
        );
        part
    });
    assert!(parts.any(|part| part < 0.001), "it costs more");
}

/// A kill of which the kernel's line was overwritten before it was read.
pub(crate) fn kill_without_a_line(machine: &Hierarchy) {
    let logs = logs();
    let mut pod = Pod::new(machine, Driver::Systemd, logs.path());
    pod.make_logs();
    let mut watch = watch::start(&["--infer", "--pods", logs.path().to_str().unwrap()]);
    overflow::overrun(&watch, || {
        pod.start_hog();
        pod.wait();
    });
    let is_its = |event: &Value| event["type"] == "notice" && event["pod"]["uid"] == pod.uid;
    let notice = watch.first(60 * SECOND, is_its);
    let (_, notice) = notice.expect("a notice of the kill");
    println!("    {notice}");
    assert_named(&notice, &pod);
    assert_eq!(notice["reporter"], "memcg");
    assert_eq!(notice["count"], 1);
    let counter = notice["evidence"][0].as_str().unwrap();
    assert!(["memory.events", "memory.oom_control"].contains(&counter));
    watch.signal(Signal::TERM);
    assert!(watch.end().0.success());
}
