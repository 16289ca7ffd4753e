//! `try-fluentd`: the configurations of `integrations/fluentd` in a real Fluentd given by the user.
//!
//! A generated log and a storm of bare kills go through `exec_filter`: every record must come out once, and every
//! kill with its event. `oomparse watch` in an `exec` source is stopped in the middle and restarted: every kill
//! must come out once.

use crate::steps::{self, cargo};
use crate::{root, storm, target_dir};
use oomparse_benches::sparse_log;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How much log goes through, beside the storm.
const LOG_BYTES: u64 = 2 << 20;

/// Bare kills of the storm.
const STORM: usize = 1_000;

/// How long nothing new may come out; Ruby takes its time to start.
const PATIENCE: Duration = Duration::from_secs(20);

struct Trial {
    bin: PathBuf,
    dir: PathBuf,
    lines: Vec<String>,
}

/// Runs both configurations in the Fluentd at `bin`; prints a table.
pub(crate) fn run(bin: &str) -> Result<(), String> {
    steps::run(&mut cargo(&["build", "--package", "oomparse-cli"]))?;
    let dir = target_dir().join("try-fluentd");
    _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut log = String::from_utf8(sparse_log(LOG_BYTES).0).map_err(|e| e.to_string())?;
    log.push_str(&storm::of_bare_kills(STORM));
    fs::write(dir.join("kern.log"), &log).map_err(|e| e.to_string())?;
    let trial = Trial {
        bin: PathBuf::from(bin),
        dir,
        lines: log.lines().map(str::to_owned).collect(),
    };
    println!("\n{}", trial.version()?);
    println!(
        "\n| configuration | records in | records out | kills | with their event |\n|---|---|---|---|---|"
    );
    let through = trial.exec_filter();
    through.and(trial.exec())
}

impl Trial {
    fn version(&self) -> Result<String, String> {
        let output = Command::new(&self.bin).arg("--version").output();
        let output = output.map_err(|e| format!("{}: {e}", self.bin.display()))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    fn kills(&self) -> usize {
        let tells = |line: &&String| line.contains("Killed process ");
        self.lines.iter().filter(tells).count()
    }

    /// A shipped configuration with other paths; each text to replace must stand there once.
    fn configure(&self, name: &str, changes: &[(&str, String)]) -> Result<PathBuf, String> {
        let shipped = root().join("integrations/fluentd").join(name);
        let mut text = fs::read_to_string(&shipped).map_err(|e| e.to_string())?;
        for (theirs, ours) in changes {
            if text.matches(theirs).count() != 1 {
                return Err(format!("`{theirs}` does not stand once in {name}"));
            }
            text = text.replace(theirs, ours);
        }
        let file = self.dir.join(name);
        fs::write(&file, text).map_err(|e| e.to_string())?;
        Ok(file)
    }

    fn program(&self, command: &str) -> String {
        let program = target_dir().join("debug/oomparse");
        format!("command {} {command}", program.display())
    }

    fn exec_filter(&self) -> Result<(), String> {
        let config = self.configure(
            "oomparse.conf",
            &[
                (
                    "path /var/log/kern.log",
                    format!("path {}", self.path("kern.log")),
                ),
                ("/var/lib/fluentd/kern.log.pos", self.path("kern.pos")),
                ("/var/lib/fluentd/oomparse", self.path("buffer")),
                (
                    "command /usr/local/bin/oomparse filter",
                    self.program("filter --no-pods"),
                ),
            ],
        )?;
        let fluentd = Fluentd::start(&self.bin, &config, "filtered")?;
        let records = fluentd.records(self.lines.len())?;
        let kills = self.kills();
        let with_event = records
            .iter()
            .filter(|record| record["oom"].is_object())
            .count();
        println!(
            "| oomparse.conf | {} | {} | {kills} | {with_event} |",
            self.lines.len(),
            records.len()
        );
        for (at, (line, record)) in self.lines.iter().zip(&records).enumerate() {
            if record["message"] != **line {
                return Err(format!("record {at} is another: {record}"));
            }
            if record["oom"].is_object() && !line.contains("Killed process ") {
                return Err(format!("record {at} reports no kill: {record}"));
            }
        }
        if (records.len(), with_event) != (self.lines.len(), kills) {
            return Err("oomparse.conf: a record or a kill is missing".to_owned());
        }
        Ok(())
    }

    /// The first half of the log, a stop, the second half while nothing runs, a start.
    fn exec(&self) -> Result<(), String> {
        let (first, second) = self.lines.split_at(self.lines.len() - STORM / 2);
        let log = self.dir.join("watched.log");
        let write =
            |lines: &[String]| fs::write(&log, lines.join("\n") + "\n").map_err(|e| e.to_string());
        write(first)?;
        let watch = format!(
            "watch --file {} --since-boot --no-pods --state {}",
            self.path("watched.log"),
            self.path("state")
        );
        let theirs = "command /usr/local/bin/oomparse watch --state /var/lib/oomparse/state";
        let changes = [
            (theirs, self.program(&watch)),
            ("run_interval 5s", "run_interval 1s".to_owned()),
        ];
        let config = self.configure("exec.conf", &changes)?;
        let before = self.kills() - second.len();
        let mut events = Fluentd::start(&self.bin, &config, "first")?.records(before)?;
        write(&[first, second].concat())?;
        let fluentd = Fluentd::start(&self.bin, &config, "second")?;
        events.extend(fluentd.records(second.len())?);
        let mut times = BTreeMap::new();
        for event in events.iter().filter(|event| event["type"] == "kill") {
            *times.entry(event["id"].to_string()).or_insert(0) += 1;
        }
        let kills = self.kills();
        println!(
            "| exec.conf, stopped and started | | {} | {kills} | {} |",
            events.len(),
            times.len()
        );
        match times.iter().find(|(_, times)| **times != 1) {
            Some((id, times)) => Err(format!("exec.conf: the kill {id} came {times} times")),
            None if times.len() == kills => Ok(()),
            None => Err("exec.conf: a kill is missing".to_owned()),
        }
    }
}

/// The daemon; it is asked to end when this is dropped.
struct Fluentd {
    child: Child,
    out: PathBuf,
}

impl Fluentd {
    fn start(bin: &Path, config: &Path, run: &str) -> Result<Self, String> {
        let out = config.with_file_name(format!("{run}.out"));
        let file = |path: &Path| File::create(path).map_err(|e| format!("{}: {e}", path.display()));
        let mut command = Command::new(bin);
        command.args(["--no-supervisor", "--config"]).arg(config);
        command
            .stdin(Stdio::null())
            .stdout(file(&out)?)
            .stderr(file(&out.with_extension("said"))?);
        let child = command.spawn();
        let child = child.map_err(|e| format!("{}: {e}", bin.display()))?;
        Ok(Self { child, out })
    }

    /// What the `stdout` output wrote when it was enough, or when nothing more came; the daemon is ended.
    fn records(self, enough: usize) -> Result<Vec<Value>, String> {
        let out = self.out.clone();
        let mut daemon = self;
        let (mut count, mut changed) = (0, Instant::now());
        while changed.elapsed() < PATIENCE && count < enough {
            let now = read(&out)?.len();
            if now != count {
                (count, changed) = (now, Instant::now());
            }
            if daemon
                .child
                .try_wait()
                .map_err(|e| e.to_string())?
                .is_some()
            {
                break;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        // Ruby writes out its last block when it ends.
        drop(daemon);
        let records = read(&out)?;
        if records.is_empty() {
            let said = fs::read_to_string(&out).unwrap_or_default();
            return Err(format!("nothing came out\n{said}"));
        }
        Ok(records)
    }
}

/// The records among what the daemon wrote; its own words go there too, and the last line may not be whole yet.
fn read(out: &Path) -> Result<Vec<Value>, String> {
    let text = fs::read(out).map_err(|e| format!("{}: {e}", out.display()))?;
    let lines = text.split(|byte| *byte == b'\n');
    let records = lines.filter_map(|line| serde_json::from_slice(line).ok());
    Ok(records.filter(Value::is_object).collect())
}

impl Drop for Fluentd {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        _ = Command::new("kill").arg(pid).stderr(Stdio::null()).status();
        let started = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if started.elapsed() > PATIENCE {
                _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
