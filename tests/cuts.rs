//! A log cut anywhere: its parts together produce what the whole log produces, byte for byte.
//!
//! Each case of the corpus is placed in a log of another host's lines, which also separate its own lines, for
//! longer than a report may stay open: its host has fallen silent.

use libtest_mimic::{Arguments, Failed, Trial};
use oomparse_core::{Options, Parser};
use oomparse_input::Part;
use oomparse_tests::{Case, cases, parse_whole};
use std::io::Cursor;
use std::ops::Range;

/// How long a report may be here, so that logs can be short.
const MAX_REPORT_LEN: u64 = 8 << 10;

const WARMUP: u64 = 4 * MAX_REPORT_LEN;

/// Logs of each case, each cut in its own places.
const LOGS: u64 = 3;

fn main() {
    let arguments = Arguments::from_args();
    let all = cases().unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    let trials = all.into_iter().map(|case| {
        let name = format!("cuts::{}", case.name);
        Trial::test(name, move || (0..LOGS).try_for_each(|log| cut(&case, log)))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// A random number from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).unwrap_or_default()
    }
}

/// Lines of another host, about so many bytes.
fn others(len: usize, log: &mut Vec<u8>) {
    let end = log.len() + len;
    let mut at = 0;
    while log.len() < end {
        let line = format!(
            "Jan  5 02:12:{:02} web-9 nginx[411]: GET /{at} 200\n",
            at % 60
        );
        log.extend_from_slice(line.as_bytes());
        at += 1;
    }
}

/// The case's log with others' lines around it, and in it at some places.
fn log_of(case: &Case, random: &mut Random) -> Vec<u8> {
    let lines: Vec<&[u8]> = case.input.split_inclusive(|byte| *byte == b'\n').collect();
    let gaps = [random.below(lines.len()), random.below(lines.len())];
    let mut log = Vec::new();
    others(random.below(40_000), &mut log);
    for (at, line) in lines.iter().enumerate() {
        if gaps.contains(&at) {
            others(random.below(12_000), &mut log);
        }
        log.extend_from_slice(line);
    }
    if !log.ends_with(b"\n") {
        log.push(b'\n');
    }
    others(random.below(12_000), &mut log);
    log
}

fn events_of(options: &Options, log: &[u8], range: Range<u64>) -> Result<Vec<String>, Failed> {
    let mut part = Part::open(Cursor::new(log), range, WARMUP)?;
    let mut parser = Parser::with_options(options.clone());
    let (mut events, mut buffer) = (Vec::new(), vec![0; 5000]);
    let mut drain = |parser: &mut Parser, is_kept: bool| {
        while let Some(event) = parser.next_event() {
            if is_kept {
                events.push(event.to_json());
            }
        }
    };
    while let Some((bytes, is_kept)) = part.read(&mut buffer)? {
        parser.push_chunk(bytes);
        drain(&mut parser, is_kept);
    }
    if part.is_last() {
        parser.finish();
        drain(&mut parser, true);
    }
    Ok(events)
}

fn cut(case: &Case, number: u64) -> Result<(), Failed> {
    let mut options = case.options.clone();
    options.max_report_len = Some(MAX_REPORT_LEN);
    let mut random = Random(number ^ oomparse_seed(&case.name));
    let log = log_of(case, &mut random);
    let whole = parse_whole(&options, &log);
    let mut cuts: Vec<u64> = (0..6).map(|_| random.below(log.len()) as u64).collect();
    cuts.extend([0, log.len() as u64]);
    cuts.sort_unstable();
    let mut parts = Vec::new();
    for pair in cuts.windows(2) {
        parts.extend(events_of(&options, &log, pair[0]..pair[1])?);
    }
    if parts == whole {
        return Ok(());
    }
    Err(format!("log {number}, cut at {cuts:?}\n  whole: {whole:#?}\n  parts: {parts:#?}").into())
}

/// A number of a name.
fn oomparse_seed(name: &str) -> u64 {
    name.bytes().fold(7, |seed: u64, byte| {
        seed.wrapping_mul(31).wrapping_add(byte.into())
    })
}
