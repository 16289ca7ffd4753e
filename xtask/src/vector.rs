//! `try-vector`: the configurations of `integrations/vector` in a real Vector that the user points at.
//!
//! A made-up log goes through each; every record that went in must come out once, in order and whole, and
//! the kills must carry their event and their pod's name.

use crate::steps::{self, cargo};
use crate::{root, target_dir};
use oomparse_benches::sparse_log;
use oomparse_core::Parser;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How much log goes through; about 164 bytes a line.
const LOG_BYTES: u64 = 8 << 20;

/// How long nothing new may come out.
const PATIENCE: Duration = Duration::from_secs(10);

struct Trial {
    bin: PathBuf,
    dir: PathBuf,
    lines: Vec<String>,
    kills: usize,
}

/// Runs both configurations in the Vector at `bin` and prints what came of it.
pub(crate) fn run(bin: &str) -> Result<(), String> {
    let version = version(bin)?;
    let trial = Trial::prepare(bin)?;
    println!("\n{version}");
    println!("{} lines, {} kills", trial.lines.len(), trial.kills);
    let exec = trial.exec();
    let lua = trial.lua();
    exec.and(lua)
}

fn version(bin: &str) -> Result<String, String> {
    let output = Command::new(bin).arg("--version").output();
    let output = output.map_err(|e| format!("{bin}: {e}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Trial {
    fn prepare(bin: &str) -> Result<Self, String> {
        for package in ["oomparse-cli", "oomparse-lua"] {
            steps::run(&mut cargo(&["build", "--release", "--package", package]))?;
        }
        let dir = target_dir().join("try-vector");
        _ = fs::remove_dir_all(&dir);
        let log = String::from_utf8(sparse_log(LOG_BYTES).0).map_err(|e| e.to_string())?;
        let mut trial = Self {
            bin: PathBuf::from(bin),
            dir,
            lines: log.lines().map(str::to_owned).collect(),
            kills: 0,
        };
        for part in ["modules", "exec", "lua"] {
            fs::create_dir_all(trial.dir.join(part)).map_err(|e| e.to_string())?;
        }
        let module = target_dir().join("release/liboomparse_lua.so");
        fs::copy(module, trial.dir.join("modules/oomparse.so")).map_err(|e| e.to_string())?;
        trial.write("in.log", &log)?;
        trial.name_pods(log.as_bytes())?;
        Ok(trial)
    }

    /// A table that names every pod of the log.
    fn name_pods(&mut self, log: &[u8]) -> Result<(), String> {
        let mut csv = String::from("pod_uid,namespace,pod_name,container_name,container_id\n");
        let mut parser = Parser::new();
        parser.push_chunk(log);
        parser.finish();
        while let Some(event) = parser.next_event() {
            self.kills += usize::from(event.victim.is_some());
            if let Some(uid) = event.pod.and_then(|pod| pod.uid) {
                csv.push_str(&format!("{uid},shop,{},,\n", pod_name(&uid)));
            }
        }
        self.write("pods.csv", &csv)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.dir.join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn path(&self, name: &str) -> String {
        let path = self.dir.join(name);
        fs::canonicalize(&path)
            .unwrap_or(path)
            .display()
            .to_string()
    }

    /// The shipped configuration up to its sinks, with these paths in it, and a file for each sink.
    fn configure(
        &self,
        name: &str,
        changes: &[(&str, &str)],
        sinks: &[(&str, &str)],
    ) -> Result<PathBuf, String> {
        let shipped = root().join("integrations/vector").join(name);
        let text = fs::read_to_string(&shipped).map_err(|e| e.to_string())?;
        let (mut text, _) = text
            .split_once("\nsinks:\n")
            .map(|(before, after)| (before.to_owned(), after))
            .ok_or("the configuration has no sinks")?;
        for (theirs, ours) in changes {
            if !text.contains(theirs) {
                return Err(format!("{name} has no {theirs}"));
            }
            text = text.replace(theirs, ours);
        }
        let stem = name.trim_end_matches(".yaml");
        text.push_str(&format!("\ndata_dir: {}\nsinks:\n", self.path(stem)));
        for (input, file) in sinks {
            text.push_str(&format!(
                "  to_{input}:\n    type: file\n    inputs: [{input}]\n    path: {}/{file}\n    encoding:\n      codec: json\n",
                self.path(stem)
            ));
        }
        let file = self.dir.join(stem).join("vector.yaml");
        fs::write(&file, text).map_err(|e| e.to_string())?;
        steps::run(
            Command::new(&self.bin)
                .args(["validate", "--no-environment"])
                .arg(&file),
        )?;
        Ok(file)
    }

    fn exec(&self) -> Result<(), String> {
        let program = target_dir().join("release/oomparse");
        let command = format!(
            "[\"{}\", \"watch\", \"--file\", \"{}\", \"--since-boot\", \"--no-pods\",",
            program.display(),
            self.path("in.log")
        );
        let state = format!("{}/state", self.path("exec"));
        let changes = [
            ("[\"/usr/local/bin/oomparse\", \"watch\",", command.as_str()),
            ("/var/lib/oomparse/state", &state),
            ("/var/lib/oomparse/pods.csv", &self.path("pods.csv")),
        ];
        let sinks = [("oom", "out.json"), ("kills_total", "metrics.json")];
        let config = self.configure("exec.yaml", &changes, &sinks)?;
        let vector = Vector::start(&self.bin, &config, Stdio::null())?;
        let out = self.dir.join("exec/out.json");
        let records = vector.records(&out, |records| count_kills(records) >= self.kills)?;
        let metrics = read(&self.dir.join("exec/metrics.json"))?;
        let found = Found::of(&records);
        println!(
            "\nexec.yaml: {} events, {} kills of {}, {} with their pod's right name, {} without a pod; {} metrics",
            records.len(),
            found.kills,
            self.kills,
            found.named,
            found.without_pod,
            metrics.len()
        );
        let sound = found.kills == self.kills && found.unnamed == 0 && found.named > 0;
        if !sound || metrics.len() != self.kills {
            return Err("exec.yaml: that is not what went in".to_owned());
        }
        Ok(())
    }

    fn lua(&self) -> Result<(), String> {
        let lines = self.lines.iter().enumerate();
        let records: Vec<Value> = lines.map(|(n, line)| journal_entry(n, line)).collect();
        let text: Vec<String> = records.iter().map(Value::to_string).collect();
        self.write("in.json", &(text.join("\n") + "\n"))?;
        let modules = format!("{}/?.so", self.path("modules"));
        let changes = [
            ("/usr/local/lib/oomparse/?.so", modules.as_str()),
            ("/var/log/pods", &self.path("pods.csv")),
            (
                "type: journald",
                "type: stdin\n    decoding: { codec: json }",
            ),
            ("    include_matches:\n      _TRANSPORT: [kernel]\n", ""),
            ("    current_boot_only: true\n", ""),
        ];
        let config = self.configure("lua.yaml", &changes, &[("oom", "out.json")])?;
        let input = File::open(self.dir.join("in.json")).map_err(|e| e.to_string())?;
        let started = Instant::now();
        let vector = Vector::start(&self.bin, &config, input.into())?;
        let out = self.dir.join("lua/out.json");
        let out = vector.records(&out, |out| out.len() >= records.len())?;
        let seconds = started.elapsed().as_secs_f64();
        if let Some(trouble) = out.iter().find(|record| record["oomparse_trouble"] == true) {
            return Err(format!("lua.yaml: {}", trouble["message"]));
        }
        // The transform gives out late events as records of their own.
        let own = out.iter().filter(|record| record["n"].is_u64());
        for (at, (before, after)) in records.iter().zip(own.clone()).enumerate() {
            if before["n"] != after["n"] || before["message"] != after["message"] {
                return Err(format!("lua.yaml: record {at} is another: {after}"));
            }
        }
        let found = Found::of(&out);
        println!(
            "\nlua.yaml: {} records in, {} out in {seconds:.1} s with the start; {} kills of {}, {} with their pod's right name, {} without a pod",
            records.len(),
            own.clone().count(),
            found.kills,
            self.kills,
            found.named,
            found.without_pod
        );
        let sound = own.count() == records.len() && found.unnamed == 0 && found.named > 0;
        if !sound || found.kills != self.kills {
            return Err("lua.yaml: that is not what went in".to_owned());
        }
        Ok(())
    }
}

/// A line of the log as journald has it.
fn journal_entry(n: usize, line: &str) -> Value {
    match line.split_once(" kernel: ") {
        Some((_, printed)) => {
            let (message, micros) = without_stamp(printed);
            json!({
                "n": n, "message": message, "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "SYSLOG_IDENTIFIER": "kernel",
                "_SOURCE_MONOTONIC_TIMESTAMP": micros,
            })
        }
        None => json!({"n": n, "message": line, "_TRANSPORT": "syslog"}),
    }
}

/// What the kernel printed without its own stamp, which journald has in a field of its own, in microseconds.
fn without_stamp(printed: &str) -> (&str, Option<String>) {
    let split = || {
        let (stamp, message) = printed.strip_prefix('[')?.split_once("] ")?;
        // A task table's rows begin with a whole number.
        let (seconds, fraction) = stamp.trim().split_once('.')?;
        let micros: u64 = format!("{seconds}{fraction}").parse().ok()?;
        (fraction.len() == 6).then(|| (message, Some(micros.to_string())))
    };
    split().unwrap_or((printed, None))
}

fn pod_name(uid: &str) -> String {
    format!("web-{}", uid.get(..8).unwrap_or(uid))
}

fn count_kills(records: &[Value]) -> usize {
    let is_kill = |record: &&Value| record.pointer("/oom/type") == Some(&json!("kill"));
    records.iter().filter(is_kill).count()
}

/// What came out.
#[derive(Debug, Default)]
struct Found {
    kills: usize,
    named: usize,
    unnamed: usize,
    without_pod: usize,
}

impl Found {
    fn of(records: &[Value]) -> Self {
        let mut found = Self {
            kills: count_kills(records),
            ..Self::default()
        };
        for record in records.iter().filter(|record| record["oom"].is_object()) {
            let name = record
                .pointer("/kubernetes/pod_name")
                .and_then(Value::as_str);
            match record.pointer("/oom/pod/uid").and_then(Value::as_str) {
                Some(uid) if name == Some(&pod_name(uid)) => found.named += 1,
                Some(_) => found.unnamed += 1,
                None => found.without_pod += 1,
            }
        }
        found
    }
}

/// The daemon; it is ended when this is dropped.
struct Vector(Child);

impl Vector {
    fn start(bin: &Path, config: &Path, stdin: Stdio) -> Result<Self, String> {
        let mut command = Command::new(bin);
        command.arg("--config").arg(config).stdin(stdin);
        println!("    {}", steps::typed(&command));
        let child = command.spawn();
        child
            .map(Self)
            .map_err(|e| format!("{}: {e}", bin.display()))
    }

    /// The records of a file, when they are enough or nothing more comes; the daemon is asked to end.
    fn records(
        mut self,
        out: &Path,
        enough: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>, String> {
        let (mut len, mut changed) = (0, Instant::now());
        while changed.elapsed() < PATIENCE {
            let now = fs::metadata(out).map_or(0, |found| found.len());
            if now != len {
                (len, changed) = (now, Instant::now());
            } else if len > 0 && enough(&read(out)?) {
                break;
            }
            if self.0.try_wait().map_err(|e| e.to_string())?.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        let pid = self.0.id().to_string();
        _ = Command::new("kill")
            .args(["-TERM", &pid])
            .stderr(Stdio::null())
            .status();
        self.0.wait().map_err(|e| e.to_string())?;
        read(out)
    }
}

impl Drop for Vector {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn read(file: &Path) -> Result<Vec<Value>, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    // The last line may not be whole yet.
    let whole = text
        .rfind('\n')
        .map_or("", |end| text.get(..end).unwrap_or_default());
    whole
        .lines()
        .map(|line| serde_json::from_str(line).map_err(|e| format!("{e}: {line}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journald_has_no_stamp_in_a_message() {
        let line = "Jan  5 02:12:02 node-7 kernel: [  598.206856] Killed process 7 (a)";
        let entry = journal_entry(3, line);
        assert_eq!(entry["message"], "Killed process 7 (a)");
        assert_eq!(entry["_SOURCE_MONOTONIC_TIMESTAMP"], "598206856");
        let log = String::from_utf8(sparse_log(1 << 20).0).unwrap();
        let kernels = log.lines().filter(|line| line.contains(" kernel: "));
        let entries: Vec<_> = kernels.map(|line| journal_entry(0, line)).collect();
        assert!(entries.len() > 100);
        for entry in entries {
            let message = entry["message"].as_str().unwrap();
            assert_eq!(without_stamp(message), (message, None));
            assert!(entry["_SOURCE_MONOTONIC_TIMESTAMP"].is_string(), "{entry}");
        }
    }
}
