//! `count CASE SIZE`: does one piece of work once, for an instruction counter to watch.
//!
//! Only what [`measured`] does counts; `cargo xtask instructions` runs this below callgrind.

use oomparse_benches::{dense_log, ordinary_line, parse, sparse_log};
use oomparse_core::{Accept, Options, Parser, parse_cgroup_path};
use std::hint::black_box;
use std::process::ExitCode;

const PATHS: [&[u8]; 2] = [
    b"/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    b"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod11111111_2222_4333_8444_555555555555.slice/cri-containerd-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.scope",
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [case, size] = args.as_slice() else {
        return usage();
    };
    let Ok(size) = size.parse::<u64>() else {
        return usage();
    };
    let done = match case.as_str() {
        "ordinary-line" => ordinary(size),
        "sparse" => events(&sparse_log(size).0, false),
        "sparse-all" => of_all(&sparse_log(size).0),
        "dense" => events(&dense_log(size).0, false),
        "dense-with-tasks" => events(&dense_log(size).0, true),
        "cgroup-path" => paths(size),
        "json" => json(size),
        _ => return usage(),
    };
    // What a case did; nothing done quickly is not a result.
    println!("{done}");
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: count ordinary-line|sparse|sparse-all|dense|dense-with-tasks|cgroup-path|json SIZE"
    );
    ExitCode::from(2)
}

/// The counter starts with this function and stops with its return.
#[inline(never)]
fn measured<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

fn ordinary(times: u64) -> u64 {
    let line = ordinary_line();
    let mut parser = Parser::new();
    parser.push_line(&line);
    measured(|| (0..times).for_each(|_| _ = parser.push_line(black_box(&line))));
    assert!(parser.next_event().is_none(), "an ordinary line");
    times
}

fn events(log: &[u8], tasks: bool) -> u64 {
    let events = measured(|| parse(black_box(log), tasks));
    assert!(!events.is_empty(), "no event");
    assert!(!tasks || events.iter().any(|event| !event.tasks.is_empty()));
    events.len() as u64
}

/// The same log read for the daemons' lines, too.
fn of_all(log: &[u8]) -> u64 {
    let mut options = Options::default();
    options.accept = Accept::ANY.and_all_daemons();
    let events = measured(|| {
        let mut parser = Parser::with_options(options);
        parser.push_chunk(black_box(log));
        parser.finish();
        std::iter::from_fn(|| parser.next_event()).count() as u64
    });
    assert!(events > 0, "no event");
    events
}

fn paths(times: u64) -> u64 {
    let found = measured(|| {
        let paths = (0..times).flat_map(|_| PATHS);
        paths
            .filter(|path| parse_cgroup_path(black_box(path)).pod_uid.is_some())
            .count() as u64
    });
    assert_eq!(found, times * 2, "paths with a pod");
    found
}

fn json(times: u64) -> u64 {
    let event = parse(&dense_log(100_000).0, false).swap_remove(0);
    let bytes = measured(|| {
        let texts = (0..times).map(|_| black_box(&event).to_json());
        texts.map(|text| text.len() as u64).sum()
    });
    assert!(bytes > times * 200, "a JSON text");
    bytes
}
