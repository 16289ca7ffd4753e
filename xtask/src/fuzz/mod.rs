//! `cargo xtask fuzz NAME SECONDS`: runs libFuzzer on one target, from the kept inputs and back to them.
//!
//! The seconds are the target's own CPU time: on a machine with other work, wall-clock time says little.

mod keep;

use crate::proof::nightly;
use crate::steps::{self, cargo};
use crate::{root, target_dir};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Kept inputs are no longer than this: every kind of report has its lines in less.
const LONGEST: &str = "-max_len=2048";

/// An input that takes this many seconds is a find.
const SLOWEST: &str = "-timeout=20";

pub(crate) fn run(target: &str, seconds: &str) -> Result<(), String> {
    let seconds: u32 = seconds
        .parse()
        .map_err(|_| format!("`{seconds}` is not a number of seconds"))?;
    if !root()
        .join("fuzz/fuzz_targets")
        .join(format!("{target}.rs"))
        .is_file()
    {
        return Err(format!("fuzz/fuzz_targets has no `{target}`"));
    }
    let text = root().join("fuzz/corpus").join(format!("{target}.txt"));
    let work = target_dir().join("fuzz").join(target);
    // What a run that did not come to its end has found is there still.
    let inputs = work.join("inputs");
    fs::create_dir_all(&inputs).map_err(|e| format!("{}: {e}", inputs.display()))?;
    corpus(&["unpack".as_ref(), text.as_os_str(), inputs.as_os_str()])?;
    let dictionary = format!("-dict={}", root().join("fuzz/oom.dict").display());
    steps::run(&mut libfuzzer("build", target))?;
    let (before, begun) = (children_cpu_seconds()?, Instant::now());
    let (wanted, mut spent, mut share) = (f64::from(seconds), 0.0, 1.0);
    while spent < wanted {
        // libFuzzer stops by the clock; how much of a core it gets is known after its first round.
        let time = format!("-max_total_time={:.0}", ((wanted - spent) / share).max(5.0));
        let mut fuzz = libfuzzer("run", target);
        let settings = ["--", &dictionary, &time, LONGEST, SLOWEST];
        steps::run(fuzz.arg(&inputs).args(settings))?;
        spent = children_cpu_seconds()? - before;
        // Of a machine that was busy: it may be idle in the next.
        share = (spent / begun.elapsed().as_secs_f64()).max(0.3);
        println!("    {target}: {spent:.0} of {seconds} CPU seconds");
    }
    let kept = minimise(target, &work, &inputs)?;
    corpus(&["pack".as_ref(), text.as_os_str(), kept.as_os_str()])?;
    fs::remove_dir_all(&inputs).map_err(|e| format!("{}: {e}", inputs.display()))
}

/// A directory of those inputs that are worth keeping.
fn minimise(target: &str, work: &Path, inputs: &Path) -> Result<PathBuf, String> {
    let kept = work.join("kept");
    let _ = fs::remove_dir_all(&kept);
    fs::create_dir_all(&kept).map_err(|e| format!("{}: {e}", kept.display()))?;
    // The inner step of a merge notes what each input reaches; to choose among them takes libFuzzer minutes.
    let control = work.join("control");
    let failed = |e: std::io::Error| format!("{}: {e}", control.display());
    let names = fs::read_dir(inputs).map_err(failed)?.flatten();
    let mut names: Vec<String> = names
        .map(|file| file.path().display().to_string())
        .collect();
    names.sort();
    let list = format!("{}\n0\n{}\n", names.len(), names.join("\n"));
    fs::write(&control, list).map_err(failed)?;
    let notes = format!("-merge_control_file={}", control.display());
    let mut step = libfuzzer("run", target);
    let step = step.arg(inputs);
    steps::run(step.args(["--", "-merge_inner=2", &notes, LONGEST]))?;
    let notes = fs::read_to_string(&control).map_err(failed)?;
    let all = keep::inputs(&notes)?;
    let (chosen, needed) = keep::choose(&all, keep::LEAST, keep::MOST);
    for input in &chosen {
        let name = input.path.file_name().unwrap_or_default();
        let copied = fs::copy(&input.path, kept.join(name));
        copied.map_err(|e| format!("{}: {e}", input.path.display()))?;
    }
    println!(
        "    {target}: of {} inputs {needed} are needed, {} are kept",
        all.len(),
        chosen.len()
    );
    Ok(kept)
}

/// User and system time, in seconds, of the programs that this one has started and that have ended.
pub(crate) fn children_cpu_seconds() -> Result<f64, String> {
    /// What Linux counts a second as, in all that it shows.
    const TICKS: f64 = 100.0;
    let path = "/proc/self/stat";
    let text = fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
    // After the program's name: the state, and twelve numbers before these two.
    let (_, fields) = text.rsplit_once(") ").ok_or("no name in /proc/self/stat")?;
    let ticks = fields.split(' ').skip(13).take(2);
    ticks
        .map(|number| number.parse::<f64>().map_err(|e| format!("{path}: {e}")))
        .sum::<Result<f64, _>>()
        .map(|ticks| ticks / TICKS)
}

/// `cargo fuzz run NAME` with the nightly compiler, or another of its commands.
fn libfuzzer(what: &str, target: &str) -> Command {
    let mut command = nightly("cargo");
    command.args(["fuzz", what, target]);
    command
}

/// Between the text and the files that libFuzzer reads.
fn corpus(args: &[&OsStr]) -> Result<(), String> {
    let manifest = ["run", "--quiet", "--manifest-path", "fuzz/Cargo.toml"];
    let mut command = cargo(&manifest);
    steps::run(command.args(["--example", "corpus", "--"]).args(args))
}
