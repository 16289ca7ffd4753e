//! `cargo xtask big-day`: one day of a busy node through `oomparse correlate`, compared with what was written
//! into it.
//!
//! The day is made anew, the same bytes each time: the journal of 20,000 pods, some of which die for want of memory.
//! With `all` every pod dies: then more is reported than is held at a time, and incidents are written before the end.
//! Each death must come out once, with its killer, its pod, its process and as many voices as reported it; then rate
//! and memory are looked at.

use crate::bench::{peak_kib, release};
use crate::fuzz::children_cpu_seconds;
use crate::steps::{self, cargo};
use crate::target_dir;
use oomparse_benches::{Day, Death, SEED, day};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;

/// Size of the journal, in bytes.
const SIZE: u64 = 1_000_000_000;

/// Number of pods on that day.
const PODS: u64 = 20_000;

/// How many of them die.
const DEATHS: u64 = 2_000;

/// Minimum rate in bytes per second of processor time: on a machine with other work, wall-clock time says little.
const SLOWEST: f64 = 150e6;

/// Maximum memory.
const MOST_KIB: u64 = 128 << 10;

/// A day as most are, or, with `all`, one on which each pod dies.
pub(crate) fn run(is_worst: bool) -> Result<(), String> {
    let deaths = if is_worst { PODS } else { DEATHS };
    let packages = ["--package", "oomparse-cli", "--bins"];
    steps::run(&mut cargo(
        &[&["build", "--release"][..], &packages].concat(),
    ))?;
    let path = target_dir().join("big-day.ndjson");
    let result = one(&path, deaths);
    let _ = fs::remove_file(&path);
    result
}

fn one(path: &Path, deaths: u64) -> Result<(), String> {
    let trouble = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut out = BufWriter::new(File::create(path).map_err(trouble)?);
    let day = day(&mut out, SIZE, PODS, deaths, SEED).map_err(trouble)?;
    out.flush().map_err(trouble)?;
    drop(out);
    let correlate = || {
        let mut command = Command::new(release("oomparse"));
        command.args(["correlate", "--format", "json"]).arg(path);
        command
    };
    let output = correlate().output().map_err(|e| format!("oomparse: {e}"))?;
    if !output.stderr.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    compare(&day, &output.stdout)?;
    let before = children_cpu_seconds()?;
    steps::run(correlate().stdout(std::process::Stdio::null()))?;
    let seconds = children_cpu_seconds()? - before;
    let peak = peak_kib(correlate())?.ok_or("there is no /proc to ask for the memory")?;
    let rate = day.bytes as f64 / seconds;
    println!(
        "{} bytes, {} pods, all {deaths} deaths as they were written; {:.0} MB/s of processor time, peak {peak} KiB",
        day.bytes,
        day.pods,
        rate / 1e6
    );
    if peak > MOST_KIB {
        return Err(format!("{peak} KiB are more than {MOST_KIB}"));
    }
    // Of a day with a death every four seconds the kernel's reports are most of the log.
    match rate < SLOWEST && deaths == DEATHS {
        true => Err(format!("{:.0} MB/s are too few", rate / 1e6)),
        false => Ok(()),
    }
}

/// The properties that identify a death.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Summary {
    killer: String,
    pod: Option<String>,
    pid: Option<u64>,
    voices: usize,
}

fn of_death(death: &Death) -> Summary {
    Summary {
        killer: death.killer.to_owned(),
        pod: death.pod.clone(),
        pid: death.pid,
        voices: death.voices,
    }
}

fn of_incident(incident: &Value) -> Summary {
    let voices = incident["testimonies"].as_array().map(Vec::as_slice);
    let voices = voices.unwrap_or_default();
    Summary {
        killer: incident["killer"].as_str().unwrap_or("nobody").to_owned(),
        pod: incident["pod"]["uid"].as_str().map(str::to_owned),
        pid: incident["victims"][0]["pid"].as_u64(),
        voices: voices.iter().filter(|it| it["proof"] == true).count(),
    }
}

/// Each death once, and nothing else.
fn compare(day: &Day, output: &[u8]) -> Result<(), String> {
    let mut missing: HashMap<Summary, i64> = HashMap::new();
    for death in &day.deaths {
        *missing.entry(of_death(death)).or_default() += 1;
    }
    let mut wrong = Vec::new();
    for line in output
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let incident: Value = serde_json::from_slice(line).map_err(|e| e.to_string())?;
        let found = of_incident(&incident);
        match missing.get_mut(&found) {
            Some(left) if *left > 0 => *left -= 1,
            _ => wrong.push(found),
        }
    }
    let missing: Vec<_> = missing.iter().filter(|(_, left)| **left > 0).collect();
    if missing.is_empty() && wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} deaths are missing, as {:?}; {} incidents are none of them, as {:?}",
        missing.len(),
        missing.first(),
        wrong.len(),
        wrong.first()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_noticed() {
        let death = Death {
            killer: "kernel",
            pod: Some("u".to_owned()),
            pid: Some(7),
            voices: 1,
        };
        let day = Day {
            deaths: vec![death],
            ..Day::default()
        };
        let right = br#"{"killer":"kernel","pod":{"uid":"u"},"victims":[{"pid":7}],"testimonies":[{"proof":true},{"proof":false}]}"#;
        assert_eq!(compare(&day, right), Ok(()));
        assert!(
            compare(&day, b"")
                .unwrap_err()
                .contains("1 deaths are missing")
        );
        let twice = [&right[..], right].join(&b'\n');
        assert!(compare(&day, &twice).unwrap_err().contains("1 incidents"));
        let other = String::from_utf8_lossy(right).replace(":7}", ":8}");
        assert!(compare(&day, other.as_bytes()).is_err());
    }
}
