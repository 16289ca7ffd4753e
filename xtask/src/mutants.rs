//! `cargo xtask mutants`: changes the core in small ways and lists the changes that no test notices.
//!
//! Each change is first tested against the core's own tests, which are quick; those that pass are tested against
//! the corpus, the properties and the model, which take longer to build.

use crate::steps::{self, cargo, typed};
use crate::system::has_cargo_command;
use crate::target_dir;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Every ninetieth of them: a hundred.
const SAMPLE: &str = "37/90";

/// The tests of `tests/` that hold the parser to its events within seconds.
const SECOND: [&str; 6] = [
    "corpus",
    "negative",
    "properties",
    "round_trip",
    "prefix",
    "daemons",
];

/// Of a hundred viable mutants, fewer than this may survive.
const MOST_PERCENT: usize = 5;

pub(crate) fn run(shard: Option<&str>) -> Result<(), String> {
    if !has_cargo_command("mutants") {
        return Err("cargo-mutants is missing: cargo install --locked cargo-mutants".to_owned());
    }
    let shard = shard.unwrap_or(SAMPLE);
    let sample = [
        format!("--shard={shard}"),
        "--sharding=round-robin".to_owned(),
        // Of all that the package has, only what the tests below mean.
        "--cargo-arg=--lib".to_owned(),
        // In the place of `paste/` where the feature `carriers` is off, as it is not in the tests.
        "--exclude=oomparse-core/src/no_paste.rs".to_owned(),
    ];
    let first = round("first", &sample, &[])?;
    let mut survived = first.missed.clone();
    if !first.missed.is_empty() {
        let tests = || SECOND.iter().map(|test| format!("--test={test}"));
        // Tests that fail anyway would notice everything.
        steps::run(cargo(&["test", "--package=oomparse-tests"]).args(tests()))?;
        let mut wider = vec![
            "--iterate".to_owned(),
            "--test-package=oomparse-tests".to_owned(),
            // It would ask the core for tests that it has not; the first round began with one.
            "--baseline=skip".to_owned(),
            "--timeout=120".to_owned(),
        ];
        wider.extend(tests().map(|test| format!("--cargo-arg={test}")));
        survived = round("second", &wider, &all_but(&first.missed)?)?.missed;
    }
    report(shard, &first, &survived)
}

/// What became of the mutants of a round.
struct Round {
    caught: usize,
    unviable: usize,
    missed: Vec<String>,
}

/// Runs a round, in which `done` are passed over by `--iterate`.
fn round(name: &str, settings: &[String], done: &[String]) -> Result<Round, String> {
    let dir = target_dir().join("mutants").join(name);
    let out = dir.join("mutants.out");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    if !done.is_empty() {
        let path = out.join("caught.txt");
        let written = fs::write(&path, done.join("\n") + "\n");
        written.map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let mut command = mutants();
    command
        // Not `test`: each change would wait for an optimised core.
        .args(["--jobs=1", "--profile=dev", "--output"])
        .arg(&dir)
        .args(settings)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        // Else what proptest finds in one mutant would be tried first in all that follow.
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true");
    println!("==> {name} round: {}", typed(&command));
    let status = command
        .status()
        .map_err(|e| format!("cargo mutants: {e}"))?;
    // 2: some were missed; 3: some ran into the time limit, which notices them as well.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        return Err(format!("`cargo mutants`: {status}"));
    }
    Ok(Round {
        caught: lines(&out, "caught.txt")?.len() + lines(&out, "timeout.txt")?.len(),
        unviable: lines(&out, "unviable.txt")?.len(),
        missed: lines(&out, "missed.txt")?,
    })
}

fn mutants() -> Command {
    cargo(&["mutants", "--package=oomparse-core"])
}

/// The names of all mutants but these.
fn all_but(some: &[String]) -> Result<Vec<String>, String> {
    let output = mutants().arg("--list").output();
    let output = output.map_err(|e| format!("cargo mutants: {e}"))?;
    let all = String::from_utf8_lossy(&output.stdout).into_owned();
    let others = all.lines().map(str::to_owned);
    Ok(others.filter(|name| !some.contains(name)).collect())
}

fn lines(dir: &Path, file: &str) -> Result<Vec<String>, String> {
    let path = dir.join(file);
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn report(shard: &str, first: &Round, survived: &[String]) -> Result<(), String> {
    let viable = first.caught + first.missed.len();
    println!("\nshard {shard}: {} mutants", viable + first.unviable);
    println!("  {} do not compile, {viable} are viable", first.unviable);
    println!("  {} noticed by the core's own tests", first.caught);
    let second = first.missed.len().saturating_sub(survived.len());
    println!("  {second} more by the tests of tests/");
    println!("  {} survived", survived.len());
    for name in survived {
        println!("SURVIVED {name}");
    }
    if survived.len() * 100 >= viable.max(1) * MOST_PERCENT {
        return Err(format!("{MOST_PERCENT} % or more of the viable survived"));
    }
    Ok(())
}
