//! Events per second of the transform: with the script of `integrations/vector/lua.yaml`, and with a script that
//! only passes each event on. Run `cargo bench` in this folder.

use mlua::{Function, Table};
use oomparse_lua_host::{Transform, module_dir, pods};
use std::time::{Duration, Instant};

/// The directory of the module and the listings.
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

const NOTHING: &str = "function nothing_process(event, emit) emit(event) end";

/// Seconds that a hook takes for all messages, the best of several runs.
fn seconds(transform: &Transform, hook: &str, messages: &[&str]) -> f64 {
    let hook: Function = transform.lua.globals().get(hook).unwrap();
    let started = Instant::now();
    let mut best = Duration::MAX;
    while started.elapsed() < Duration::from_secs(6) {
        let mut spent = Duration::ZERO;
        for messages in messages.chunks(256) {
            let events: Vec<Table> = messages
                .iter()
                .map(|text| transform.event(text, "0"))
                .collect();
            let from = Instant::now();
            for event in events {
                hook.call::<()>((event, transform.emit.clone())).unwrap();
            }
            spent += from.elapsed();
            transform.take();
        }
        best = best.min(spent);
    }
    best.as_secs_f64()
}

fn main() {
    let text = |(log, _): (Vec<u8>, _)| String::from_utf8(log).unwrap();
    let (dense, sparse) = (
        text(oomparse_benches::dense_log(4 << 20)),
        text(oomparse_benches::sparse_log(8 << 20)),
    );
    // journald provides only the text.
    let message = |line: &'static str| line.split_once(" kernel: ").map_or(line, |(_, text)| text);
    let dense: &'static str = dense.leak();
    let sparse: &'static str = sparse.leak();
    let words = ["oom-kill:", "Killed process", "invoked oom-killer"];
    let is_oom = |line: &&str| words.iter().any(|word| line.contains(word));
    let oom: Vec<&str> = dense.lines().filter(is_oom).map(message).collect();
    let mut mixed: Vec<&str> = sparse
        .lines()
        .map(message)
        .filter(|line| !is_oom(line))
        .take(30_000)
        .collect();
    for (at, line) in oom.iter().cycle().take(mixed.len() / 100).enumerate() {
        mixed[at * 100] = line;
    }
    let transform = Transform::new(
        &module_dir(SCRATCH, "release"),
        &pods(SCRATCH, "lua-bench.csv"),
    );
    for said in transform.take() {
        panic!("{}", transform.path::<String>(&said, "log.message"));
    }
    transform.lua.load(NOTHING).exec().unwrap();
    for (name, messages) in [("1 % OOM lines", &mixed), ("OOM lines alone", &oom)] {
        let rate = |hook| messages.len() as f64 / seconds(&transform, hook, messages);
        println!(
            "{name}: {} events; a script that does nothing {:.0}/s, lua.yaml {:.0}/s",
            messages.len(),
            rate("nothing_process"),
            rate("oom_process")
        );
    }
}
