//! Bytes a second, of the parser and of what one would write without it.
//!
//! Each bench checks its result once before it measures. The numbers are of one thread with the log
//! in memory; `cargo xtask bench` measures the program with its reading and writing.

mod rivals;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memchr::memmem;
use oomparse_benches::{Totals, dense_log, ordinary_line, parse, sparse_log};
use oomparse_core::{EventType, OomEvent, Parser};
use rivals::{ByHand, DENSE, SPARSE, count, other_parser, two_words};
use std::hint::black_box;
use std::time::Duration;

fn assert_events(events: &[OomEvent], totals: Totals) {
    let kills = events
        .iter()
        .filter(|event| event.event_type == EventType::Kill);
    assert_eq!(kills.count() as u64, totals.kills);
    let mut pods: Vec<_> = events
        .iter()
        .filter_map(|event| event.pod.as_ref()?.uid.as_ref())
        .collect();
    pods.sort();
    pods.dedup();
    // A global OOM of a 4.14 kernel does not show the victim's cgroup.
    assert!(!pods.is_empty() && pods.len() as u64 <= totals.pods);
}

fn whole_logs(criterion: &mut Criterion) {
    for (name, (log, totals)) in [("sparse", sparse_log(SPARSE)), ("dense", dense_log(DENSE))] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(log.len() as u64));
        for (what, tasks) in [("events", false), ("events with tasks", true)] {
            assert_events(&parse(&log, tasks), totals);
            group.bench_function(what, |b| b.iter(|| count(black_box(&log), tasks)));
        }
        let by_hand = ByHand::new();
        assert_eq!(by_hand.kills(&log), totals.kills);
        group.bench_function("comparison: regex", |b| {
            b.iter(|| by_hand.all(black_box(&log)))
        });
        assert_eq!(two_words(&log).0, totals.kills);
        group.bench_function("comparison: two words", |b| {
            b.iter(|| two_words(black_box(&log)))
        });
        if name == "dense" {
            let text = std::str::from_utf8(&log).expect("ASCII");
            assert_eq!(other_parser(text), totals.kills);
            group.sample_size(10);
            group.bench_function("comparison: linux-oom-parser", |b| {
                b.iter(|| other_parser(black_box(text)))
            });
        }
        group.finish();
    }
}

fn one_line(criterion: &mut Criterion) {
    let line = ordinary_line();
    let mut parser = Parser::new();
    parser.push_line(&line);
    assert!(parser.next_event().is_none());
    let mut group = criterion.benchmark_group("line");
    group.throughput(Throughput::Bytes(line.len() as u64));
    group.bench_function("ordinary", |b| {
        b.iter(|| parser.push_line(black_box(&line)))
    });
    let word = memmem::Finder::new("Killed process");
    assert_eq!(word.find(&line), None);
    group.bench_function("comparison: memmem, prepared", |b| {
        b.iter(|| word.find(black_box(&line)))
    });
    let word = "Killed process".as_bytes();
    group.bench_function("comparison: memmem::find", |b| {
        b.iter(|| memmem::find(black_box(&line), black_box(word)))
    });
    group.finish();
}

fn json(criterion: &mut Criterion) {
    let (log, _) = dense_log(100_000);
    let event = parse(&log, false).swap_remove(0);
    let text = event.to_json();
    assert!(
        text.starts_with(r#"{"schema":"oomparse.event/1","type":"kill""#),
        "{text}"
    );
    let mut group = criterion.benchmark_group("json");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("one event", |b| b.iter(|| black_box(&event).to_json()));
    group.finish();
}

fn config() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
}

criterion_group! {
    name = throughput;
    config = config();
    targets = whole_logs, one_line, json
}
criterion_main!(throughput);
