//! The bodies of the fuzz targets, run with earlier findings of fuzzers and with changed seeds.
//!
//! Real fuzzing is `cargo xtask fuzz NAME`; this runs at least [`KEPT`] kept inputs and [`CHANGED`] changed seeds
//! of each target on any toolchain, always the same ones.

use oomparse_fuzz_targets as targets;
use oomparse_tests::cases;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// How many inputs each target has in `fuzz/corpus`, at least.
const KEPT: usize = 1000;

/// How many changed seeds it gets beside them.
const CHANGED: usize = 500;

/// xorshift64*: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(mixed).unwrap_or(0) % below.max(1)
    }
}

/// The words of `fuzz/oom.dict`.
fn dictionary() -> Vec<Vec<u8>> {
    let text = include_str!("../fuzz/oom.dict");
    let quoted = text
        .lines()
        .filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    quoted
        .map(|word| {
            word.replace("\\\"", "\"")
                .replace("\\\\", "\\")
                .into_bytes()
        })
        .collect()
}

/// What stood first: the corpus in the pieces that the target reads.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    let all = cases().expect("corpus");
    let is_asked = |of: &&oomparse_tests::Case| target != "daemon" || of.reads_others();
    // Of those that the daemons are asked for in there are few.
    let step = if target == "daemon" { 1 } else { 5 };
    for case in all.iter().filter(is_asked).step_by(step) {
        let log = &case.input[..case.input.len().min(6000)];
        match target {
            "report" | "frame" | "pods" | "daemon" | "ffi" => seeds.push(log.to_vec()),
            "cgroup" => {
                let paths = log.split(|byte| b" ,:\n\"".contains(byte));
                seeds.extend(
                    paths
                        .filter(|word| word.contains(&b'/') && word.len() > 12)
                        .take(4)
                        .map(<[u8]>::to_vec),
                );
            }
            _ => seeds.extend(log.split(|byte| *byte == b'\n').take(8).map(<[u8]>::to_vec)),
        }
    }
    seeds
}

fn change(seed: &[u8], words: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut out = seed.to_vec();
    for _ in 0..=numbers.next(4) {
        let at = numbers.next(out.len() + 1);
        match numbers.next(7) {
            0 => out.truncate(at),
            1 => drop(out.drain(..at)),
            2 if at < out.len() => out[at] = u8::try_from(numbers.next(256)).unwrap_or(0),
            3 => out.insert(at, b'\n'),
            4 => {
                let end = (at + numbers.next(80)).min(out.len());
                let piece = out[at..end].to_vec();
                let to = numbers.next(out.len() + 1);
                drop(out.splice(to..to, piece));
            }
            _ => {
                let word = words[numbers.next(words.len())].clone();
                drop(out.splice(at..at, word));
            }
        }
    }
    out
}

/// What fuzzers found before: `fuzz/corpus/NAME.txt`, an input a line, escaped as `escape_ascii` does.
fn found_before(target: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(format!("{target}.txt"));
    let text = std::fs::read_to_string(&path).expect("a corpus");
    text.lines()
        .map(|line| targets::unescape(line).expect("an escaped input"))
        .collect()
}

fn replay(name: &str) {
    let (_, target) = targets::TARGETS
        .into_iter()
        .find(|(known, _)| *known == name)
        .expect("a target");
    replay_with(name, &target);
}

fn replay_with(name: &str, target: &dyn Fn(&[u8])) {
    let words = dictionary();
    assert!(words.len() > 40, "the dictionary");
    let seeds = seeds(name);
    assert!(seeds.len() > 20, "{} seeds", seeds.len());
    let mut inputs = found_before(name);
    assert!(inputs.len() >= KEPT, "only {} kept inputs", inputs.len());
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let all = inputs.len() + CHANGED;
    while inputs.len() < all {
        let seed = &seeds[numbers.next(seeds.len())];
        inputs.push(change(seed, &words, &mut numbers));
    }
    for input in inputs {
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            panic!("target {name} on {:?}", String::from_utf8_lossy(&input));
        }
    }
}

#[test]
fn a_panic_at_one_kept_input_fails_the_replay() {
    for (name, _) in targets::TARGETS {
        let kept = found_before(name);
        let planted = &kept[kept.len() / 2];
        let run = |target: &dyn Fn(&[u8])| {
            catch_unwind(AssertUnwindSafe(|| replay_with(name, target))).is_err()
        };
        assert!(!run(&|_| ()), "{name} fails without a panic");
        assert!(run(&|input| assert!(input != planted)), "{name} passes");
    }
}

#[test]
fn frame() {
    replay("frame");
}

#[test]
fn line() {
    replay("line");
}

#[test]
fn cgroup() {
    replay("cgroup");
}

#[test]
fn report() {
    replay("report");
}

#[test]
fn json_record() {
    replay("json_record");
}

#[test]
fn pods() {
    replay("pods");
}

#[test]
fn daemon() {
    replay("daemon");
}

#[test]
fn ffi() {
    replay("ffi");
}
