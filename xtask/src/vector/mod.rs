//! `try-vector`: the configurations of `integrations/vector` in a real Vector given by the user.
//!
//! A generated log with a storm of bare kills goes through each; every record must come out once, in order and
//! unchanged, and the kills must have their event and, if the log shows it, their pod's name.

mod shapes;

use crate::steps::{self, cargo};
use crate::{root, storm, target_dir};
use oomparse_benches::sparse_log;
use oomparse_core::Parser;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How much log goes through; about 164 bytes a line.
const LOG_BYTES: u64 = 8 << 20;

/// Bare kills of the storm after it.
const STORM: usize = 1_000;

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
    println!(
        "\n| configuration | records in | records out | kills | with their event | with the pod's name | without a pod |\n\
         |---|---|---|---|---|---|---|"
    );
    let exec = trial.exec();
    let shapes = trial.shapes();
    exec.and(shapes)
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
        let mut log = String::from_utf8(sparse_log(LOG_BYTES).0).map_err(|e| e.to_string())?;
        log.push_str(&storm::of_bare_kills(STORM));
        let trial = Self {
            bin: PathBuf::from(bin),
            dir,
            lines: log.lines().map(str::to_owned).collect(),
            kills: log.matches("Killed process ").count(),
        };
        for part in ["modules", "exec", "journald", "file", "containers"] {
            fs::create_dir_all(trial.dir.join(part)).map_err(|e| e.to_string())?;
        }
        let module = target_dir().join("release/liboomparse_lua.so");
        fs::copy(module, trial.dir.join("modules/oomparse.so")).map_err(|e| e.to_string())?;
        trial.write("in.log", &log)?;
        trial.name_pods(log.as_bytes())?;
        Ok(trial)
    }

    /// A table that names every pod of the log.
    fn name_pods(&self, log: &[u8]) -> Result<(), String> {
        let mut csv = String::from("pod_uid,namespace,pod_name,container_name,container_id\n");
        let mut parser = Parser::new();
        parser.push_chunk(log);
        parser.finish();
        while let Some(event) = parser.next_event() {
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

    /// The shipped configuration up to its sinks, with these paths in it, and a file for each sink in a directory of
    /// the trial's.
    fn configure(
        &self,
        name: &str,
        stem: &str,
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
        if name != "incidents.yaml" {
            text.push_str(&format!("\ndata_dir: {}\n", self.path(stem)));
        }
        text.push_str("\nsinks:\n");
        for (input, file) in sinks {
            text.push_str(&format!(
                "  to_{input}:\n    type: file\n    inputs: [{input}]\n    path: {}/{file}\n    encoding:\n      codec: json\n",
                self.path(stem)
            ));
        }
        let file = self.dir.join(stem).join(name);
        fs::write(&file, text).map_err(|e| e.to_string())?;
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
        let exec = self.configure("exec.yaml", "exec", &changes, &sinks)?;
        let sinks = [("incidents", "incidents.json")];
        let reduced = self.configure("incidents.yaml", "exec", &[], &sinks)?;
        let vector = Vector::start(&self.bin, &[&exec, &reduced], Stdio::null())?;
        let out = self.dir.join("exec/incidents.json");
        let incidents = vector.records(&out, |records| sum_of_kills(records) >= self.kills)?;
        let records = read(&self.dir.join("exec/out.json"))?;
        let metrics = read(&self.dir.join("exec/metrics.json"))?;
        let found = Found::of(&records);
        found.print("exec.yaml", self.lines.len(), records.len(), self.kills);
        let reports: BTreeSet<&str> = records.iter().filter_map(report_of).collect();
        println!(
            "    {} counted by log_to_metric; reduce made {} incidents of {} kills in {} reports",
            metrics.len(),
            incidents.len(),
            sum_of_kills(&incidents),
            reports.len()
        );
        let sound = found.kills == self.kills && found.unnamed == 0 && found.named > 0;
        let counts = [metrics.len(), sum_of_kills(&incidents)];
        if !sound || counts != [self.kills; 2] || incidents.len() != reports.len() {
            return Err("exec.yaml: that is not what went in".to_owned());
        }
        Ok(())
    }
}

/// Kills of all incidents.
fn sum_of_kills(incidents: &[Value]) -> usize {
    let kills = incidents
        .iter()
        .filter_map(|incident| usize::try_from(incident["kills"].as_u64()?).ok());
    kills.sum()
}

/// The report of a kill.
fn report_of(record: &Value) -> Option<&str> {
    let text = |path: &str| record.pointer(path).and_then(Value::as_str);
    text("/oom/victim/comm")?;
    text("/oom/report_id").or_else(|| text("/oom/id"))
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

    /// A row of the table.
    fn print(&self, name: &str, lines: usize, records: usize, kills: usize) {
        println!(
            "| {name} | {lines} | {records} | {kills} | {} | {} | {} |",
            self.kills, self.named, self.without_pod
        );
    }
}

/// The daemon; it is ended when this is dropped.
struct Vector(Child);

impl Vector {
    /// Has the configurations checked, and starts with them.
    fn start(bin: &Path, configs: &[&Path], stdin: Stdio) -> Result<Self, String> {
        let mut check = Command::new(bin);
        check.args(["validate", "--no-environment"]).args(configs);
        let checked = check
            .output()
            .map_err(|e| format!("{}: {e}", bin.display()))?;
        if !checked.status.success() {
            let said = [checked.stdout, checked.stderr].concat();
            return Err(String::from_utf8_lossy(&said).into_owned());
        }
        let mut command = Command::new(bin);
        for config in configs {
            command.arg("--config").arg(config);
        }
        command.arg("--quiet").stdin(stdin);
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
    // A sink makes its file with the first record.
    let text = fs::read_to_string(file).unwrap_or_default();
    // The last line may not be whole yet.
    let whole = text
        .rfind('\n')
        .map_or("", |end| text.get(..end).unwrap_or_default());
    whole
        .lines()
        .map(|line| serde_json::from_str(line).map_err(|e| format!("{e}: {line}")))
        .collect()
}
