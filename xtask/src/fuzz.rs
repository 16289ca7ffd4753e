//! `cargo xtask fuzz NAME SECONDS`: libFuzzer on one target, from the kept inputs and back to them.

use crate::steps::{self, cargo};
use crate::{root, target_dir};
use std::ffi::OsStr;
use std::fs;
use std::process::Command;

/// Kept inputs are no longer than this: every kind of report has its lines in less.
const LONGEST: &str = "-max_len=2048";

pub(crate) fn run(target: &str, seconds: &str) -> Result<(), String> {
    let seconds: u32 = seconds
        .parse()
        .map_err(|_| format!("`{seconds}` is no number of seconds"))?;
    if !root()
        .join("fuzz/fuzz_targets")
        .join(format!("{target}.rs"))
        .is_file()
    {
        return Err(format!("fuzz/fuzz_targets has no `{target}`"));
    }
    let text = root().join("fuzz/corpus").join(format!("{target}.txt"));
    let work = target_dir().join("fuzz").join(target);
    let (inputs, fewer) = (work.join("inputs"), work.join("minimised"));
    for dir in [&inputs, &fewer] {
        let _ = fs::remove_dir_all(dir);
        fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    corpus(&["unpack".as_ref(), text.as_os_str(), inputs.as_os_str()])?;
    let dictionary = format!("-dict={}", root().join("fuzz/oom.dict").display());
    let time = format!("-max_total_time={seconds}");
    let mut fuzz = libfuzzer(target);
    steps::run(fuzz.arg(&inputs).args(["--", &dictionary, &time, LONGEST]))?;
    let mut merge = libfuzzer(target);
    steps::run(
        merge
            .arg(&fewer)
            .arg(&inputs)
            .args(["--", "-merge=1", LONGEST]),
    )?;
    let (text, fewer, inputs) = (text.as_os_str(), fewer.as_os_str(), inputs.as_os_str());
    corpus(&["pack".as_ref(), text, fewer, inputs])
}

/// `cargo fuzz run NAME` with the nightly compiler.
fn libfuzzer(target: &str) -> Command {
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly", "cargo", "fuzz", "run", target])
        .current_dir(root())
        // Set by the cargo that runs this program, for itself.
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN");
    command
}

/// Between the text and the files that libFuzzer reads.
fn corpus(args: &[&OsStr]) -> Result<(), String> {
    let manifest = ["run", "--quiet", "--manifest-path", "fuzz/Cargo.toml"];
    let mut command = cargo(&manifest);
    steps::run(command.args(["--example", "corpus", "--"]).args(args))
}
