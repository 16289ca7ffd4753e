//! Logs to measure with: made up, seeded, the same bytes every time.
//!
//! [`sparse`] writes what a log shipper sees all day: ordinary lines of many services with one whole
//! OOM report every [`LINES_PER_REPORT`] lines. [`dense`] writes reports back to back, and [`ordinary`]
//! none. They say how many kills they wrote, so that a bench can check its result before it measures.
//! [`day()`] writes a node's journal, in which many voices report each death.

mod day;
mod log;
mod pod;
mod report;
mod rng;
mod stats;
mod traffic;

use oomparse_core::{OomEvent, Options, Parser};

pub use day::{Day, Death, day};
pub use log::{LINES_PER_REPORT, Totals, dense, ordinary, ordinary_line, sparse};

/// The seed that every figure in this repository was made with.
pub const SEED: u64 = 0x6f6f_6d70_6172_7365;

/// The sparse log of about `size` bytes, in memory.
#[must_use]
pub fn sparse_log(size: u64) -> (Vec<u8>, Totals) {
    in_memory(|out| sparse(out, size, SEED))
}

/// The dense log of about `size` bytes, in memory.
#[must_use]
pub fn dense_log(size: u64) -> (Vec<u8>, Totals) {
    in_memory(|out| dense(out, size, SEED))
}

/// The events of a log, kept; see [`each_event`].
#[must_use]
pub fn parse(log: &[u8], tasks: bool) -> Vec<OomEvent> {
    let mut events = Vec::new();
    each_event(log, tasks, |event| events.push(event));
    events
}

/// Hands out the events of a log, which is read as the program reads: in pieces of a buffer's size.
pub fn each_event(log: &[u8], tasks: bool, mut take: impl FnMut(OomEvent)) {
    let mut options = Options::default();
    options.tasks = tasks;
    let mut parser = Parser::with_options(options);
    for chunk in log.chunks(128 << 10) {
        parser.push_chunk(chunk);
        while let Some(event) = parser.next_event() {
            take(event);
        }
    }
    parser.finish();
    while let Some(event) = parser.next_event() {
        take(event);
    }
}

fn in_memory(write: impl Fn(&mut Vec<u8>) -> std::io::Result<Totals>) -> (Vec<u8>, Totals) {
    let mut log = Vec::new();
    let totals = write(&mut log).expect("writing to memory does not fail");
    (log, totals)
}
