//! `try-fluent-bit`: the filters in a real Fluent Bit that the user points at.
//!
//! A made-up log of mixed lines goes through `tail` and each filter. Once everything is written out and
//! compared record by record; then each filter runs to `null` and its CPU time is taken.

use crate::steps::{self, cargo};
use crate::{root, system, target_dir};
use oomparse_benches::{SEED, Totals, sparse};
use oomparse_core::Parser;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How often each filter runs; the best counts, for the machine does other things too.
const RUNS: usize = 5;

/// Copies the built filter to the name that Fluent Bit wants.
pub(crate) fn filter() -> Result<PathBuf, String> {
    steps::run(&mut cargo(&[
        "build",
        "--release",
        "--package",
        "oomparse-fluent-bit",
    ]))?;
    let release = target_dir().join("release");
    let named = release.join("flb-filter_oomparse.so");
    fs::copy(release.join("libflb_filter_oomparse.so"), &named)
        .map_err(|e| format!("{}: {e}", named.display()))?;
    println!("    {}", named.display());
    Ok(named)
}

/// What a trial needs.
struct Trial {
    bin: PathBuf,
    dir: PathBuf,
    log: PathBuf,
    totals: Totals,
    oomparse: PathBuf,
    empty: PathBuf,
    library: PathBuf,
}

/// Runs the filters in the Fluent Bit at `bin` and prints what came of it.
pub(crate) fn run(bin: &str, lines: u64) -> Result<(), String> {
    let trial = Trial::prepare(bin, lines)?;
    println!("\n{}", trial.version()?);
    println!(
        "{} lines, {} bytes, {} kills",
        trial.totals.lines, trial.totals.bytes, trial.totals.kills
    );
    trial.compare()?;
    trial.table()
}

impl Trial {
    fn prepare(bin: &str, lines: u64) -> Result<Self, String> {
        let dir = target_dir().join("try-fluent-bit");
        let trouble = |error: std::io::Error| format!("{}: {error}", dir.display());
        _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("pods")).map_err(trouble)?;
        let oomparse = filter()?;
        steps::run(&mut cargo(&[
            "build",
            "--release",
            "--package",
            "oomparse-ffi",
        ]))?;
        let empty = dir.join("flb-filter_empty.so");
        let source = root().join("integrations/fluent-bit/native/tests/empty_filter.c");
        let mut cc = Command::new("cc");
        steps::run(
            cc.args(["-O2", "-shared", "-fPIC", "-o"])
                .arg(&empty)
                .arg(source),
        )?;
        let log = dir.join("mixed.log");
        let mut out = BufWriter::new(File::create(&log).map_err(trouble)?);
        // An ordinary line of the generator has about 164 bytes.
        let totals = sparse(&mut out, lines.saturating_mul(164), SEED).map_err(trouble)?;
        out.flush().map_err(trouble)?;
        let trial = Self {
            bin: PathBuf::from(bin),
            library: target_dir().join("release/liboomparse.so"),
            dir,
            log,
            totals,
            oomparse,
            empty,
        };
        trial.name_pods()?;
        Ok(trial)
    }

    /// Makes a directory as /var/log/pods for the pods of the log.
    fn name_pods(&self) -> Result<(), String> {
        let log = fs::read(&self.log).map_err(|e| e.to_string())?;
        let mut parser = Parser::new();
        parser.push_chunk(&log);
        parser.finish();
        while let Some(event) = parser.next_event() {
            if let Some(uid) = event.pod.and_then(|pod| pod.uid) {
                let dir = self
                    .dir
                    .join("pods")
                    .join(format!("shop_{}_{uid}", pod_name(&uid)));
                fs::create_dir_all(dir).map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }

    fn version(&self) -> Result<String, String> {
        let output = Command::new(&self.bin).arg("--version").output();
        let output = output.map_err(|e| format!("{}: {e}", self.bin.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }

    /// Runs Fluent Bit over the log; gives its CPU seconds and what it said.
    fn fluent_bit(
        &self,
        plugin: Option<&Path>,
        filter: &str,
        output: &str,
    ) -> Result<(f64, String), String> {
        let config = self.dir.join("fluent-bit.conf");
        let text = format!(
            "[SERVICE]\n    Flush 0.2\n    Grace 60\n    Log_Level info\n    HTTP_Server Off\n\n\
             [INPUT]\n    Name tail\n    Tag kernel.mixed\n    Path {}\n    Read_from_Head true\n    \
             Exit_On_Eof true\n    Buffer_Max_Size 4M\n\n{filter}\n{output}\n",
            self.log.display()
        );
        fs::write(&config, text).map_err(|e| e.to_string())?;
        let mut command = Command::new("bash");
        command.args(["-c", "\"$@\"; code=$?; times >&3; exit $code", "bash"]);
        command.arg(&self.bin).arg("-c").arg(&config);
        if let Some(plugin) = plugin {
            command.arg("-e").arg(plugin);
        }
        command
            .env("OOMPARSE_LIB", &self.library)
            .env("OOMPARSE_PODS", self.dir.join("pods"));
        let times = self.dir.join("times");
        let shell = command
            .get_args()
            .map(std::ffi::OsStr::to_owned)
            .collect::<Vec<_>>();
        let mut outer = Command::new("bash");
        outer
            .arg("-c")
            .arg(format!("exec 3>'{}'; exec bash \"$@\"", times.display()))
            .arg("bash")
            .args(shell);
        outer.envs(
            command
                .get_envs()
                .filter_map(|(key, value)| Some((key, value?))),
        );
        let output = outer.output().map_err(|e| format!("bash: {e}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(format!("{}: {}\n{said}", self.bin.display(), output.status));
        }
        let times = fs::read_to_string(&times).map_err(|e| e.to_string())?;
        Ok((
            children_seconds(&times).ok_or("`times` printed something else")?,
            said,
        ))
    }

    /// Everything that goes in comes out, and each kill has its event and its pod's name.
    fn compare(&self) -> Result<(), String> {
        for (name, plugin, filter) in [
            (
                "native, Mode enrich",
                Some(self.oomparse.as_path()),
                self.native("enrich"),
            ),
            ("oomparse.lua", None, self.lua()),
        ] {
            _ = fs::remove_file(self.dir.join("out.json"));
            let output = format!(
                "[OUTPUT]\n    Name file\n    Match *\n    Path {}\n    File out.json\n    Format plain\n    Workers 1\n",
                self.dir.display()
            );
            let (_, said) = self.fluent_bit(plugin, &filter, &output)?;
            let found = self.records()?;
            println!(
                "\n{name}: {} records in, {} out, none changed; {} with an event, {} with their pod's right name, {} of a pod without a name",
                self.totals.lines, found.records, found.events, found.named, found.unnamed
            );
            for line in said.lines().filter(|line| line.contains("oomparse]")) {
                println!(
                    "    {}",
                    line.split("[filter:oomparse] ").last().unwrap_or(line)
                );
            }
            if found.unnamed > 0 || found.events == 0 {
                return Err("kills are without their pods' names".to_owned());
            }
            if found.events * 10 < self.totals.kills * 9 {
                return Err(format!(
                    "{} events of {} kills",
                    found.events, self.totals.kills
                ));
            }
        }
        Ok(())
    }

    fn records(&self) -> Result<Found, String> {
        let open = |path: &Path| {
            File::open(path)
                .map(BufReader::new)
                .map_err(|e| format!("{}: {e}", path.display()))
        };
        let mut found = Found::default();
        let mut lines = open(&self.log)?.split(b'\n');
        for record in open(&self.dir.join("out.json"))?.lines() {
            let record = record.map_err(|e| e.to_string())?;
            let record: BTreeMap<String, Value> =
                serde_json::from_str(&record).map_err(|e| format!("{e}: {record}"))?;
            let line = lines
                .next()
                .ok_or("more records came out than went in")?
                .map_err(|e| e.to_string())?;
            found.records += 1;
            if record.get("log").and_then(Value::as_str).map(str::as_bytes) != Some(&line) {
                return Err(format!("record {} is another: {record:?}", found.records));
            }
            let Some(event) = record.get("oom") else {
                if record.len() != 1 {
                    return Err(format!("record {} has new keys: {record:?}", found.records));
                }
                continue;
            };
            found.events += 1;
            if let Some(uid) = event.pointer("/pod/uid").and_then(Value::as_str) {
                let name = record
                    .get("kubernetes")
                    .and_then(|names| names.get("pod_name"));
                if name.and_then(Value::as_str) == Some(&pod_name(uid)) {
                    found.named += 1;
                } else {
                    found.unnamed += 1;
                }
            }
        }
        if lines.next().is_some() {
            return Err(format!("{} records came out, more went in", found.records));
        }
        Ok(found)
    }

    fn native(&self, mode: &str) -> String {
        let pods = self.dir.join("pods");
        format!(
            "[FILTER]\n    Name oomparse\n    Match *\n    Key log\n    Mode {mode}\n    Pods {}\n",
            pods.display()
        )
    }

    fn lua(&self) -> String {
        let script = root().join("integrations/fluent-bit/oomparse.lua");
        format!(
            "[FILTER]\n    Name lua\n    Match *\n    script {}\n    call oomparse\n",
            script.display()
        )
    }

    fn table(&self) -> Result<(), String> {
        let identity = self.dir.join("identity.lua");
        fs::write(
            &identity,
            "function identity(tag, time, record)\n    return 0, 0, 0\nend\n",
        )
        .map_err(|e| e.to_string())?;
        let filters: [(&str, Option<&Path>, String); 7] = [
            ("no filter", None, String::new()),
            (
                "native, empty",
                Some(&self.empty),
                "[FILTER]\n    Name empty\n    Match *\n".to_owned(),
            ),
            (
                "native, oomparse, enrich",
                Some(&self.oomparse),
                self.native("enrich"),
            ),
            (
                "native, oomparse, events",
                Some(&self.oomparse),
                self.native("events"),
            ),
            (
                "grep",
                None,
                "[FILTER]\n    Name grep\n    Match *\n    Exclude log Killed process\n".to_owned(),
            ),
            (
                "lua, identity",
                None,
                format!(
                    "[FILTER]\n    Name lua\n    Match *\n    script {}\n    call identity\n",
                    identity.display()
                ),
            ),
            ("lua, oomparse.lua", None, self.lua()),
        ];
        let null = "[OUTPUT]\n    Name null\n    Match *\n";
        let mut best = [f64::INFINITY; 7];
        // In turns, so that what else the machine does meets all of them.
        for _ in 0..RUNS {
            for ((_, plugin, filter), best) in filters.iter().zip(&mut best) {
                *best = best.min(self.fluent_bit(*plugin, filter, null)?.0);
            }
        }
        println!(
            "\n| filter | CPU seconds | lines per CPU second | of the empty one |\n|---|---|---|---|"
        );
        for ((name, _, _), seconds) in filters.iter().zip(best) {
            let lines = self.totals.lines as f64 / seconds;
            println!(
                "| {name} | {seconds:.2} | {:.2} M | {:.2} |",
                lines / 1e6,
                best[1] / seconds
            );
        }
        Ok(())
    }
}

#[derive(Default)]
struct Found {
    records: u64,
    events: u64,
    named: u64,
    unnamed: u64,
}

/// The name that the trial gives to a pod.
fn pod_name(uid: &str) -> String {
    format!("web-{}", uid.get(..8).unwrap_or(uid))
}

/// User and system time of the children, in the second line that `times` prints: `0m1.234s 0m0.056s`.
fn children_seconds(times: &str) -> Option<f64> {
    let seconds = |text: &str| {
        let (minutes, seconds) = text.trim_end_matches('s').split_once('m')?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
    };
    let (user, system) = times.lines().nth(1)?.split_once(' ')?;
    Some(seconds(user)? + seconds(system)?)
}

/// Whether a path is a program, to say so before anything is built.
pub(crate) fn is_program(path: &str) -> bool {
    Path::new(path).is_file() || system::find(path).is_some()
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_of_the_children() {
        let seconds = super::children_seconds("0m0.001s 0m0.002s\n1m1.500s 0m0.250s\n").unwrap();
        assert!((seconds - 61.75).abs() < 1e-9);
    }
}
