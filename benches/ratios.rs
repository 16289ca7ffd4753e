//! The parser beside its rivals, turn by turn.
//!
//! Where a machine's own speed moves from second to second, two rates that were measured one after the other
//! say little about each other. Here each round measures both, in turns of who is first, and what is printed
//! is the ratio of the middle round, and those of the rounds a quarter from either end.

mod rivals;

use memchr::{memchr_iter, memmem};
use oomparse_benches::{dense_log, ordinary_line, parse, sparse_log};
use oomparse_core::Parser;
use rivals::{ByHand, DENSE, SPARSE, count, other_parser, two_words};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 41;

/// Lines and events a turn, so that a turn is long against the clock's own.
const TIMES: usize = 20_000;

fn seconds(work: &mut dyn FnMut()) -> f64 {
    let begin = Instant::now();
    work();
    begin.elapsed().as_secs_f64()
}

/// The quarter, the middle and the third quarter.
fn quarters(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}

/// How many times one work's time the other's is.
fn ratio(name: &str, rounds: usize, one: &mut dyn FnMut(), other: &mut dyn FnMut()) {
    let ratios = (0..rounds).map(|round| {
        if round % 2 == 0 {
            let first = seconds(one);
            seconds(other) / first
        } else {
            let first = seconds(other);
            first / seconds(one)
        }
    });
    let [low, middle, high] = quarters(ratios.collect());
    println!("{name:<62} {middle:>6.2} {low:>6.2} {high:>6.2}");
}

/// The least that any reader of lines must do: where each ends.
fn line_ends(log: &[u8]) -> usize {
    memchr_iter(b'\n', log).fold(0, |sum, at| sum ^ at)
}

fn main() {
    // `cargo bench -- --test` asks whether it runs.
    let rounds = match std::env::args().any(|arg| arg == "--test") {
        true => 1,
        false => ROUNDS,
    };
    println!("{:<62} middle quarter  third", "");
    let by_hand = ByHand::new();
    sparse(rounds, &by_hand);
    dense(rounds, &by_hand);
    one_line(rounds);
    one_event(rounds);
}

fn sparse(rounds: usize, by_hand: &ByHand) {
    let (log, totals) = sparse_log(SPARSE);
    assert_eq!(by_hand.kills(&log), totals.kills);
    assert_eq!(two_words(&log).0, totals.kills);
    let mut events = || _ = black_box(count(black_box(&log), false));
    let mut regex = || _ = black_box(by_hand.all(black_box(&log)));
    let mut words = || _ = black_box(two_words(black_box(&log)));
    ratio(
        "sparse: events, times as fast as regex",
        rounds,
        &mut events,
        &mut regex,
    );
    ratio(
        "sparse: events, times as fast as two words",
        rounds,
        &mut events,
        &mut words,
    );
}

fn dense(rounds: usize, by_hand: &ByHand) {
    let (log, totals) = dense_log(DENSE);
    let text = std::str::from_utf8(&log).expect("ASCII");
    assert_eq!(by_hand.kills(&log), totals.kills);
    assert_eq!(other_parser(text), totals.kills);
    let mut events = || _ = black_box(count(black_box(&log), false));
    let mut tasks = || _ = black_box(count(black_box(&log), true));
    let mut regex = || _ = black_box(by_hand.all(black_box(&log)));
    let mut other = || _ = black_box(other_parser(black_box(text)));
    let mut ends = || _ = black_box(line_ends(black_box(&log)));
    ratio(
        "dense: events, times as fast as regex",
        rounds,
        &mut events,
        &mut regex,
    );
    ratio(
        "dense: line ends and no more, times as fast as regex",
        rounds,
        &mut ends,
        &mut regex,
    );
    ratio(
        "dense: events, times as fast as linux-oom-parser",
        rounds,
        &mut events,
        &mut other,
    );
    ratio(
        "dense: with tasks, times as fast as without",
        rounds,
        &mut tasks,
        &mut events,
    );
}

fn one_line(rounds: usize) {
    let line = ordinary_line();
    let mut parser = Parser::new();
    let mut lines = || (0..TIMES).for_each(|_| _ = parser.push_line(black_box(&line)));
    let word = "Killed process".as_bytes();
    let mut find = || {
        (0..TIMES).for_each(|_| {
            black_box(memmem::find(black_box(&line), black_box(word)));
        });
    };
    let finder = memmem::Finder::new(word);
    let mut prepared = || {
        (0..TIMES).for_each(|_| {
            black_box(finder.find(black_box(&line)));
        });
    };
    ratio(
        "line: as long as this many memmem::find",
        rounds,
        &mut find,
        &mut lines,
    );
    ratio(
        "line: as long as this many of a prepared memmem",
        rounds,
        &mut prepared,
        &mut lines,
    );
}

fn one_event(rounds: usize) {
    let event = parse(&dense_log(100_000).0, false).swap_remove(0);
    let mut json = || {
        (0..TIMES).for_each(|_| {
            black_box(black_box(&event).to_json());
        });
    };
    let micros = (0..rounds).map(|_| seconds(&mut json) * 1e6 / TIMES as f64);
    let [low, middle, high] = quarters(micros.collect());
    println!(
        "{:<62} {middle:>6.2} {low:>6.2} {high:>6.2}",
        "json: one event, microseconds"
    );
}
