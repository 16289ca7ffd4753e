//! For any input, the parser neither panics nor runs for ever, and its output is JSON.

use libtest_mimic::{Arguments, Failed, Trial};
use oomparse_tests::{Case, cases, crashers, negatives, parse_in_chunks, parse_whole, to_values};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use std::time::{Duration, Instant};

/// How long one file of `corpus/crashers` may take, unoptimised and on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// About how many bytes the prefixes of one case may have together.
const PREFIX_BYTES: usize = 2_000_000;

fn main() {
    let arguments = Arguments::from_args();
    let mut all = orderly(cases());
    all.extend(orderly(negatives()));
    let crashers = orderly(crashers());
    if all.is_empty() || crashers.is_empty() {
        eprintln!("no cases or no crashers found");
        std::process::exit(1);
    }
    let mut trials: Vec<Trial> = crashers
        .into_iter()
        .map(|(name, input)| Trial::test(format!("crasher::{name}"), move || survives(&input)))
        .collect();
    for case in all.clone() {
        trials.push(Trial::test(format!("prefixes::{}", case.name), move || {
            prefixes(&case)
        }));
    }
    trials.push(Trial::test("mutations", move || mutations(&all)));
    libtest_mimic::run(&arguments, trials).exit();
}

fn orderly<T>(found: Result<Vec<T>, String>) -> Vec<T> {
    found.unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    })
}

fn survives(input: &[u8]) -> Result<(), Failed> {
    let start = Instant::now();
    let options = oomparse_core::Options::default();
    let whole = parse_whole(&options, input);
    to_values(&whole)?;
    if parse_in_chunks(&options, input, 997) != whole {
        return Err("other events when cut into chunks of 997".into());
    }
    let took = start.elapsed();
    if took > TIME_LIMIT {
        return Err(format!("took {took:?}").into());
    }
    Ok(())
}

/// The log cut off at every byte; of long logs at every n-th.
fn prefixes(case: &Case) -> Result<(), Failed> {
    let length = case.input.len();
    let step = (length.saturating_mul(length) / 2 / PREFIX_BYTES).max(1);
    for (prefix, _) in (0..length)
        .step_by(step)
        .map(|end| case.input.split_at(end))
    {
        to_values(&parse_whole(&case.options, prefix))?;
    }
    Ok(())
}

/// One change to a log.
#[derive(Clone, Debug)]
enum Edit {
    Set(Index, u8),
    Remove(Index, u8),
    Insert(Index, Vec<u8>),
    Repeat(Index, Index),
    SwapLines(Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let place = any::<Index>;
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..6),
        prop::sample::select(PIECES).prop_map(|piece| piece.to_vec()),
    ];
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (place(), any::<u8>()).prop_map(|(at, count)| Edit::Remove(at, count)),
        (place(), piece).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (place(), place()).prop_map(|(from, to)| Edit::Repeat(from, to)),
        (place(), place()).prop_map(|(one, other)| Edit::SwapLines(one, other)),
    ]
}

/// Text that starts, ends or splits something.
const PIECES: &[&[u8]] = &[
    b"\n",
    b"\0",
    b"\xff",
    b"\\x0a",
    b",task=",
    b",pid=",
    b",uid=4294967296",
    b",task_memcg=",
    b"oom_memcg=/",
    b") total-vm:",
    b"99999999999999999999",
    b"-1",
    b"kB",
    b"/kubepods/burstable/pod",
    b" invoked oom-killer: ",
    b"Killed process ",
    b"Memory cgroup stats for ",
    b"Tasks in ",
    b"[  pid  ] ",
    b"6,1,2,c;",
    b"{\"MESSAGE\":\"",
    b"<6>",
    b"#012",
];

fn apply(input: &mut Vec<u8>, edit: Edit) {
    if input.is_empty() {
        return;
    }
    match edit {
        Edit::Set(at, byte) => {
            let at = at.index(input.len());
            input[at] = byte;
        }
        Edit::Remove(at, count) => {
            let at = at.index(input.len());
            let end = at.saturating_add(usize::from(count)).min(input.len());
            input.drain(at..end);
        }
        Edit::Insert(at, piece) => {
            let at = at.index(input.len());
            input.splice(at..at, piece);
        }
        Edit::Repeat(from, to) => {
            let (from, to) = (from.index(input.len()), to.index(input.len()));
            let end = from.saturating_add(200).min(input.len());
            let piece = input[from..end].to_vec();
            input.splice(to..to, piece);
        }
        Edit::SwapLines(one, other) => {
            let mut lines: Vec<Vec<u8>> = input
                .split(|&byte| byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect();
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
            *input = lines.join(&b'\n');
        }
    }
}

fn mutations(cases: &[Case]) -> Result<(), Failed> {
    let count = std::env::var("OOMPARSE_MUTATIONS").ok();
    let config = Config {
        cases: count.and_then(|count| count.parse().ok()).unwrap_or(4096),
        failure_persistence: None,
        ..Config::default()
    };
    let strategy = (any::<Index>(), prop::collection::vec(edit(), 1..8));
    let outcome = TestRunner::new(config).run(&strategy, |(case, edits)| {
        let case = case.get(cases);
        let mut input = case.input.clone();
        for edit in edits {
            apply(&mut input, edit);
        }
        let events = parse_whole(&case.options, &input);
        to_values(&events).map_err(TestCaseError::fail)?;
        Ok(())
    });
    outcome.map_err(|error| Failed::from(error.to_string()))
}
