//! Speed and memory of `oomparse scan` on two large logs, compared with ripgrep on the same files.

use crate::steps::{self, cargo};
use crate::{system, target_dir};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// How often each program reads each log; the fastest and the median run are shown.
const RUNS: usize = 7;

/// Logs that are read in parallel.
const FILES: usize = 6;

/// What users would search a log for without this program.
const PATTERNS: &[&str] = &[
    "invoked oom-killer",
    "oom-kill:constraint",
    "Killed process",
    "Memory cgroup",
];

pub(crate) fn run() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask bench: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let packages = ["--package", "oomparse-cli", "--package", "oomparse-benches"];
    let build = [&["build", "--release", "--bins"][..], &packages].concat();
    steps::run(&mut cargo(&build))
}

/// Scans a log of 4 GiB and one of a fortieth of that: every kill is found, and memory use is equal.
pub(crate) fn big_file() -> Result<(), String> {
    build()?;
    let mut peaks = Vec::new();
    for size_mb in [107, 4295] {
        let log = Log::generate("sparse", size_mb)?;
        let scan = || {
            let mut command = Command::new(release("oomparse"));
            command.args(["scan", "--format", "json"]).arg(&log.path);
            command
        };
        let outcome = log
            .assert_events(scan())
            .and_then(|()| Ok((time(scan())?, peak_kib(scan())?)));
        // A log of this size must not remain, whatever the result.
        fs::remove_file(&log.path).map_err(|e| format!("{}: {e}", log.path.display()))?;
        let (time, peak) = outcome?;
        let peak = peak.ok_or("there is no /proc to ask for the memory")?;
        let (bytes, kills, seconds) = (log.bytes, log.kills, time.as_secs_f32());
        println!("{bytes:11} bytes, all {kills} kills found, {seconds:.1} s, peak {peak} KiB");
        peaks.push(peak);
    }
    match peaks.as_slice() {
        [small, big] if *big <= small + small / 4 => Ok(()),
        _ => Err("the memory grows with the log".to_owned()),
    }
}

fn measure() -> Result<(), String> {
    build()?;
    let rg = system::find("rg");
    println!(
        "\n{:28} {:>9} {:>14} {:>14} {:>12}",
        "", "MB", "best MB/s", "middle MB/s", "peak KiB"
    );
    for (kind, size_mb) in [("sparse", 100), ("dense", 30)] {
        let log = Log::generate(kind, size_mb)?;
        for flags in [&[][..], &["--tasks"][..]] {
            let scan = || {
                let mut command = Command::new(release("oomparse"));
                command
                    .args(["scan", "--format", "json"])
                    .args(flags)
                    .arg(&log.path);
                command
            };
            log.assert_events(scan())?;
            let name = [&[kind, "oomparse scan"][..], flags].concat().join(" ");
            row(&name, log.bytes, scan)?;
        }
        if let Some(rg) = &rg {
            let search = || {
                let mut command = Command::new(rg);
                command.args(["--no-config", "-c", "-j1", "-F"]);
                for pattern in PATTERNS {
                    command.args(["-e", pattern]);
                }
                command.arg(&log.path);
                command
            };
            row(&format!("{kind} rg -c -j1"), log.bytes, search)?;
        }
    }
    threads()?;
    if rg.is_none() {
        println!(
            "\n!!! NOT RUN: the comparison, for there is no `rg` here. Install it with\n\
             !!! `cargo install ripgrep` or `apt-get install ripgrep`."
        );
    }
    Ok(())
}

/// Reads several logs with one thread and with two: the same events in the same order, only faster.
fn threads() -> Result<(), String> {
    let log = Log::generate("dense", 30)?;
    let mut outputs = Vec::new();
    for threads in ["1", "2"] {
        let scan = || {
            let mut command = Command::new(release("oomparse"));
            command.args(["scan", "--format", "json", "--threads", threads]);
            command.args(vec![&log.path; FILES]);
            command
        };
        let output = scan().output().map_err(|e| format!("oomparse: {e}"))?;
        outputs.push(output.stdout);
        let all = log.bytes * FILES as u64;
        row(&format!("{FILES} dense --threads {threads}"), all, scan)?;
    }
    match outputs.as_slice() {
        [one, two] if one == two => Ok(()),
        _ => Err("two threads give other events than one".to_owned()),
    }
}

pub(crate) fn release(program: &str) -> PathBuf {
    target_dir().join("release").join(program)
}

/// A generated log and its contents.
struct Log {
    path: PathBuf,
    bytes: u64,
    kills: u64,
}

impl Log {
    fn generate(kind: &str, size_mb: u64) -> Result<Self, String> {
        let dir = target_dir().join("bench");
        fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let path = dir.join(format!("{kind}.log"));
        let output = Command::new(release("gen-log"))
            .args([kind, &size_mb.to_string()])
            .arg(&path)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| format!("gen-log: {e}"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = |key: &str| {
            let word = said
                .split_whitespace()
                .find_map(|word| word.strip_prefix(key));
            let number = word.and_then(|word| word.parse::<u64>().ok());
            number.ok_or_else(|| format!("gen-log said `{}`", said.trim()))
        };
        Ok(Self {
            bytes: number("bytes=")?,
            kills: number("kills=")?,
            path,
        })
    }

    /// A fast wrong answer is not worth measuring.
    fn assert_events(&self, mut scan: Command) -> Result<(), String> {
        let output = scan.output().map_err(|e| format!("oomparse: {e}"))?;
        let events = output.stdout.split(|&byte| byte == b'\n');
        let kills = events.filter(|line| line.windows(13).any(|at| at == b"\"type\":\"kill\""));
        match kills.count() as u64 {
            found if found == self.kills => Ok(()),
            found => Err(format!(
                "{}: {} kills are in it, {found} were found",
                self.path.display(),
                self.kills
            )),
        }
    }
}

fn row(name: &str, bytes: u64, command: impl Fn() -> Command) -> Result<(), String> {
    let mut times = (0..RUNS)
        .map(|_| time(command()))
        .collect::<Result<Vec<_>, _>>()?;
    times.sort();
    let mb = bytes as f64 / 1e6;
    let speed = |time: Option<&Duration>| time.map_or(0.0, |time| mb / time.as_secs_f64());
    println!(
        "{name:28} {mb:9.1} {:14.0} {:14.0} {:>12}",
        speed(times.first()),
        speed(times.get(RUNS / 2)),
        peak_kib(command())?.map_or_else(|| "?".to_owned(), |kib| kib.to_string())
    );
    Ok(())
}

fn time(mut command: Command) -> Result<Duration, String> {
    let out = File::create(target_dir().join("bench/out")).map_err(|e| e.to_string())?;
    let started = Instant::now();
    let status = command.stdout(out).status().map_err(|e| e.to_string())?;
    let elapsed = started.elapsed();
    if status.success() {
        Ok(elapsed)
    } else {
        Err(format!("`{}`: {status}", steps::typed(&command)))
    }
}

/// Peak resident memory, read from /proc every millisecond in a separate run.
pub(crate) fn peak_kib(mut command: Command) -> Result<Option<u64>, String> {
    let mut child = command
        .stdout(Stdio::null())
        .spawn()
        .map_err(|e| e.to_string())?;
    let status = Path::new("/proc")
        .join(child.id().to_string())
        .join("status");
    let mut peak = None;
    while child.try_wait().map_err(|e| e.to_string())?.is_none() {
        peak = peak.max(high_water_kib(&status));
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(peak)
}

fn high_water_kib(status: &Path) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
