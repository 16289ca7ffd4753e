//! Events per second of `parse_oom_line` and of the same in plain VRL, in one run.
//!
//! `cargo bench` in this folder. Both programs see the same events: a stream with 1 % lines of the OOM killer,
//! and those lines alone.

use std::time::{Duration, Instant};
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, Program, TargetValue, TimeZone, compile};
use vrl::value::{Secrets, Value};

/// What one writes without a parser: three lines of a report, no more than the headline figures.
const PLAIN: &str = r#"
message = string!(.message)
if contains(message, "oom-kill:") {
    found, err = parse_regex(message, r'oom-kill:constraint=(?P<constraint>[A-Z_]+),nodemask=(?P<nodemask>[^,]+(,\d+)*),cpuset=(?P<cpuset>[^,]+),mems_allowed=(?P<mems>[\d,-]+)(,global_oom)?(,oom_memcg=(?P<oom_memcg>[^,]+))?,task_memcg=(?P<task_memcg>[^,]+),task=(?P<task>.+),pid=(?P<pid>\d+),uid=(?P<uid>\d+)')
    if err == null {
        .oom = found
        pod, err = parse_regex(string!(found.task_memcg), r'pod(?P<uid>[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})')
        if err == null { .oom.pod_uid = replace(string!(pod.uid), "_", "-") }
        .oom.pid = to_int!(found.pid)
        .oom.uid = to_int!(found.uid)
    }
} else if contains(message, "Killed process") {
    found, err = parse_regex(message, r'Killed process (?P<pid>\d+) \((?P<comm>.+)\),? (UID \d+,? )?total-vm:(?P<vm>\d+)kB, anon-rss:(?P<anon>\d+)kB, file-rss:(?P<file>\d+)kB(, shmem-rss:(?P<shmem>\d+)kB)?(, UID:(?P<uid>\d+))?( pgtables:(?P<pgtables>\d+)kB)?( oom_score_adj:(?P<adj>-?\d+))?')
    if err == null {
        .oom = found
        .oom.pid = to_int!(found.pid)
        .oom.anon_rss_bytes = to_int!(found.anon) * 1024
        .oom.file_rss_bytes = to_int!(found.file) * 1024
        .oom.total_vm_bytes = to_int!(found.vm) * 1024
    }
} else if contains(message, "invoked oom-killer") {
    found, err = parse_regex(message, r'(?P<comm>.+) invoked oom-killer: gfp_mask=(?P<mask>0x[0-9a-f]+)(\((?P<flags>[^)]*)\))?, (nodemask=[^,]+, )?order=(?P<order>-?\d+), oom_score_adj=(?P<adj>-?\d+)')
    if err == null { .oom = found }
}
"#;

/// Every field of an event. The event goes to its place without a copy; the search keeps other lines cheap.
const OURS: &str = r#"
if match(string!(.message), r'oom-kill|Killed process') {
    .oom, err = parse_oom_line(string!(.message))
    if err != null { del(.oom) }
}
"#;

/// What follows `reduce`: the text of a report in one event.
const REPORT: &str = ".oom, err = parse_oom_report(string!(.message))\nnull";

const NOTHING: &str = ".";

fn program(source: &str) -> Program {
    let functions: Vec<_> = vrl::stdlib::all()
        .into_iter()
        .chain(oomparse_vrl::all())
        .collect();
    compile(source, &functions)
        .unwrap_or_else(|errors| panic!("{errors:?}"))
        .program
}

/// Resolves a program for every event once; returns the time, and how many of them got something.
fn pass(program: &Program, events: &[Value]) -> (Duration, usize) {
    let zone = TimeZone::default();
    let (mut spent, mut found) = (Duration::ZERO, 0);
    // Not more at a time than a cache holds: what is measured is the program.
    for events in events.chunks(64) {
        let targets = events.iter().map(|value| TargetValue {
            value: value.clone(),
            metadata: Value::Object([].into()),
            secrets: Secrets::default(),
        });
        let mut targets: Vec<TargetValue> = targets.collect();
        let mut state = RuntimeState::default();
        let from = Instant::now();
        for target in &mut targets {
            let mut context = Context::new(target, &mut state, &zone);
            program.resolve(&mut context).unwrap();
            state.clear();
        }
        spent += from.elapsed();
        let has = |target: &&TargetValue| {
            let object = target.value.as_object();
            object.is_some_and(|object| object.contains_key("oom"))
        };
        found += targets.iter().filter(has).count();
    }
    (spent, found)
}

fn event(line: &str) -> Value {
    Value::Object(
        [
            ("message".into(), line.into()),
            ("host".into(), "node-7".into()),
        ]
        .into(),
    )
}

fn main() {
    let (dense, _) = oomparse_benches::dense_log(4 << 20);
    let dense = String::from_utf8(dense).unwrap();
    let words = ["oom-kill:", "Killed process", "invoked oom-killer"];
    let oom: Vec<Value> = dense
        .lines()
        .filter(|line| words.iter().any(|word| line.contains(word)))
        .map(event)
        .collect();
    let (sparse, _) = oomparse_benches::sparse_log(16 << 20);
    let sparse = String::from_utf8(sparse).unwrap();
    let mut mixed: Vec<Value> = sparse
        .lines()
        .filter(|line| !line.contains(" kernel: "))
        .take(60_000)
        .map(event)
        .collect();
    let every = 100;
    for (at, value) in oom.iter().cycle().take(mixed.len() / every).enumerate() {
        mixed[at * every] = value.clone();
    }
    let programs = [NOTHING, PLAIN, OURS].map(program);
    for (name, events) in [("1 % OOM lines", &mixed), ("OOM lines alone", &oom)] {
        // In turns, and the best of each counts: the machine does other things too.
        let mut best = [(Duration::MAX, 0); 3];
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(8) {
            for (program, best) in programs.iter().zip(&mut best) {
                *best = pass(program, events).min(*best);
            }
        }
        let [(nothing, _), (plain, of_plain), (ours, of_ours)] =
            best.map(|(spent, found)| (events.len() as f64 / spent.as_secs_f64(), found));
        println!(
            "{name}: {} events; nothing {nothing:.0}/s, plain VRL {plain:.0}/s ({of_plain} found), parse_oom_line {ours:.0}/s ({of_ours} found): {:.2} x",
            events.len(),
            ours / plain
        );
    }
    let reports = reports(&dense);
    let program = program(REPORT);
    let best = (0..20).map(|_| pass(&program, &reports)).min();
    let (spent, found) = best.unwrap_or_default();
    println!(
        "whole reports: {} of {} lines; parse_oom_report {:.0}/s ({found} found)",
        reports.len(),
        dense.lines().count(),
        reports.len() as f64 / spent.as_secs_f64()
    );
}

/// The reports of a log, one event each.
fn reports(log: &str) -> Vec<Value> {
    let mut reports: Vec<String> = Vec::new();
    for line in log.lines() {
        if line.contains("invoked oom-killer") || reports.is_empty() {
            reports.push(String::new());
        }
        if let Some(report) = reports.last_mut() {
            report.push_str(line);
            report.push('\n');
        }
    }
    reports.iter().map(|report| event(report)).collect()
}
