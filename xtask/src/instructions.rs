//! `cargo xtask instructions`: how many instructions a few workloads take, compared with
//! `benches/instructions.txt`.
//!
//! callgrind counts them, so a busy machine gets the same counts as a quiet one.

use crate::lack::Lack;
use crate::steps::{self, cargo};
use crate::{root, system, target_dir};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The pieces of work of `benches/bin/count.rs`, with how much of it: how often, or bytes of log.
const CASES: [(&str, u64); 7] = [
    ("ordinary-line", 1000),
    ("sparse", 1_000_000),
    ("sparse-all", 1_000_000),
    ("dense", 200_000),
    ("dense-with-tasks", 200_000),
    ("cgroup-path", 1000),
    ("json", 100),
];

/// Work that must stay in proportion to the log's length.
const FLAT: [(&str, u64); 2] = [("dense", 200_000), ("sparse", 1_000_000)];

/// Reading all sources may take so many times the instructions of reading the kernel's lines alone.
const MOST_FOR_ALL: f64 = 1.0 / 0.9;

/// More than this is a failure, less than this asks for a new baseline.
const TOLERANCE: f64 = 0.05;

/// A log of four times the length: instructions per byte may differ by so much.
const FLATNESS: f64 = 0.10;

/// Why the counts cannot be compared on this machine.
pub(crate) fn cannot_run() -> Option<Lack> {
    if let Err(lack) = system::bring(&["valgrind"]) {
        return Some(lack);
    }
    if !has_avx2() {
        return Some("the baseline is of a CPU with AVX2, which this one lacks".into());
    }
    None
}

/// Why the counts cannot be compared with the baseline: another compiler makes other code.
pub(crate) fn cannot_compare() -> Option<Lack> {
    if let Some(why) = cannot_run() {
        return Some(why);
    }
    let text = fs::read_to_string(baseline_path()).unwrap_or_default();
    let (of_baseline, here) = (baseline_compiler(&text).to_owned(), compiler().ok()?);
    (of_baseline != here)
        .then(|| format!("the baseline is of {of_baseline}, and this is {here}: make one with `cargo xtask instructions --bless` before a change").into())
}

fn compiler() -> Result<String, String> {
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map_err(|error| format!("rustc: {error}"))?.stdout;
    Ok(String::from_utf8_lossy(&rustc).trim().to_owned())
}

/// The searches choose their instructions by the CPU.
fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Compares with the baseline.
pub(crate) fn check() -> Result<(), String> {
    build()?;
    let path = baseline_path();
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut worse = Vec::new();
    for (case, size) in CASES {
        let count = count(case, size)?;
        let before =
            baseline(&text, case).ok_or_else(|| format!("{}: no line `{case}`", path.display()))?;
        let change = count as f64 / before as f64 - 1.0;
        println!("    {case:18} {count:>12} {:+7.2} %", change * 100.0);
        if change > TOLERANCE {
            worse.push(format!("{case} {:+.1} %", change * 100.0));
        } else if change < -TOLERANCE {
            println!(
                "    {case}: fewer than before; keep it with: cargo xtask instructions --bless"
            );
        }
    }
    let of = |case| count(case, 1_000_000);
    let ratio = of("sparse-all")? as f64 / of("sparse")? as f64;
    println!("    sparse-all          {ratio:.3} x the instructions of sparse");
    if ratio > MOST_FOR_ALL {
        worse.push(format!("all sources take {ratio:.2} x the kernel's alone"));
    }
    for (case, size) in FLAT {
        let first = count(case, size)? as f64;
        for times in [2, 4] {
            let ratio = count(case, size * times)? as f64 / times as f64 / first;
            println!("    {case:18} {times} x the log: {ratio:.3} x the instructions a byte");
            if (ratio - 1.0).abs() > FLATNESS {
                worse.push(format!(
                    "{case} of {times} x the length: {ratio:.2} x a byte"
                ));
            }
        }
    }
    if worse.is_empty() {
        return Ok(());
    }
    Err(format!(
        "more instructions than in benches/instructions.txt (made with {}): {}",
        baseline_compiler(&text),
        worse.join(", ")
    ))
}

/// Writes the baseline.
pub(crate) fn bless() -> Result<(), String> {
    if let Some(lack) = cannot_run() {
        return Err(lack.into());
    }
    build()?;
    let mut text = format!(
        "# Instructions of each piece of work, on x86-64 with AVX2; written by `cargo xtask instructions --bless`.\n\
         # compiler: {}\n",
        compiler()?
    );
    for (case, size) in CASES {
        text.push_str(&format!("{case} {size} {}\n", count(case, size)?));
    }
    print!("{text}");
    let path = baseline_path();
    fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn baseline_path() -> PathBuf {
    root().join("benches/instructions.txt")
}

fn build() -> Result<(), String> {
    let args = ["build", "--release", "--package", "oomparse-benches"];
    steps::run(cargo(&args).args(["--bin", "count"]))
}

/// Instructions of one piece of work.
fn count(case: &str, size: u64) -> Result<u64, String> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--toggle-collect=*measured*"])
        .arg("--callgrind-out-file=/dev/null")
        .arg(target_dir().join("release/count"))
        .args([case, &size.to_string()]);
    let output = command.output().map_err(|e| format!("valgrind: {e}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| {
        line.split_once("Collected : ")?
            .1
            .trim()
            .parse::<u64>()
            .ok()
    });
    match collected {
        // Nothing was counted: the function that is watched has another name.
        Some(count) if output.status.success() && count > 1000 => Ok(count),
        _ => Err(format!("`{}`: {said}", steps::typed(&command))),
    }
}

fn baseline(text: &str, case: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(case)).then(|| words.nth(1)?.parse().ok())?
    })
}

fn baseline_compiler(text: &str) -> &str {
    text.lines()
        .find_map(|line| line.strip_prefix("# compiler: "))
        .unwrap_or("an unknown compiler")
}
