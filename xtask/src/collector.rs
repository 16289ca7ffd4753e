//! `try-collector`: the program's OpenTelemetry output, in a real collector, built from its Go modules or given by
//! the user.
//!
//! A generated log and a storm of bare kills go through `oomparse filter` into the `file_log` receiver, and as
//! OTLP into the `otlp` receiver; the `file` exporter writes what the collector received. Every record must come
//! out once, and every kill with its event.

use crate::steps::{self, cargo};
use crate::{storm, target_dir};
use oomparse_benches::sparse_log;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How much log is sent, in addition to the storm.
const LOG_BYTES: u64 = 2 << 20;

/// Bare kills of the storm.
const STORM: usize = 1_000;

/// Where the collector listens for OTLP.
const LISTENS: &str = "127.0.0.1:14318";

/// How long to wait without new output.
const PATIENCE: Duration = Duration::from_secs(15);

/// Runs the collector at `bin`; prints a table.
pub(crate) fn run(bin: &Path) -> Result<(), String> {
    let dir = target_dir().join("try-collector");
    _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    steps::run(&mut cargo(&["build", "--package", "oomparse-cli"]))?;
    let mut log = String::from_utf8(sparse_log(LOG_BYTES).0).map_err(|e| e.to_string())?;
    log.push_str(&storm::of_bare_kills(STORM));
    let kills = log.matches("Killed process ").count();
    let lines = log.lines().count();
    let input = dir.join("kern.log");
    fs::write(&input, &log).map_err(|e| e.to_string())?;
    program(
        &["filter", "--names", "otel", "--no-pods"],
        &input,
        &dir.join("in.ndjson"),
    )?;
    program(
        &["scan", "--format", "otlp", "--no-pods", "-"],
        &input,
        &dir.join("in.otlp"),
    )?;
    let collector = Collector::start(bin, &dir)?;
    let requests = send(&dir.join("in.otlp"))?;
    let records = collector.records(&dir.join("out.json"), lines + requests)?;
    let of = |is: &dyn Fn(&Value) -> bool| records.iter().filter(|record| is(record)).count();
    let body = |record: &Value| {
        record
            .pointer("/body/stringValue")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let from_file = of(&|record| body(record).is_some());
    let with_event = of(&|record| body(record).is_some_and(|text| text.contains("\"oom\":{")));
    let events = of(&|record| record["eventName"] == "oom.kill");
    let untimed = of(&|record| {
        let is_zero = |key: &str| matches!(record[key].as_str(), None | Some("0"));
        is_zero("timeUnixNano") && is_zero("observedTimeUnixNano")
    });
    println!(
        "\n| receiver | records in | records out | kills | with their event |\n|---|---|---|---|---|\n\
         | file_log, after `oomparse filter` | {lines} | {from_file} | {kills} | {with_event} |\n\
         | otlp, `oomparse scan --format otlp` | {requests} | {} | {kills} | {events} |",
        records.len() - from_file
    );
    if (from_file, with_event, events) != (lines, kills, kills) {
        return Err("a record or a kill is missing".to_owned());
    }
    if untimed > 0 {
        return Err(format!("{untimed} records have no time"));
    }
    Ok(())
}

/// Runs this repository's program with files for its standard input and output.
fn program(args: &[&str], input: &Path, output: &Path) -> Result<(), String> {
    let open = |error: std::io::Error| error.to_string();
    let mut command = Command::new(target_dir().join("debug/oomparse"));
    command
        .args(args)
        .stdin(File::open(input).map_err(open)?)
        .stdout(File::create(output).map_err(open)?);
    steps::run(&mut command)
}

/// Sends each line as an export request; returns how many there were.
fn send(requests: &Path) -> Result<usize, String> {
    let file = File::open(requests).map_err(|e| e.to_string())?;
    let mut sent = 0;
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|e| e.to_string())?;
        let answer = post(&line).map_err(|e| format!("{LISTENS}: {e}"))?;
        if !answer.starts_with("HTTP/1.1 200") {
            return Err(format!("the collector refused a request: {answer}"));
        }
        sent += 1;
    }
    Ok(sent)
}

fn post(body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(LISTENS)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /v1/logs HTTP/1.1\r\nHost: {LISTENS}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The collector; it is stopped when this is dropped.
struct Collector(Child);

impl Collector {
    fn start(bin: &Path, dir: &Path) -> Result<Self, String> {
        let config: PathBuf = dir.join("collector.yaml");
        let text = format!(
            "receivers:\n  file_log:\n    include: [{0}/in.ndjson]\n    start_at: beginning\n    max_log_size: 4MiB\n  \
             otlp: {{protocols: {{http: {{endpoint: {LISTENS}}}}}}}\n\
             exporters:\n  file: {{path: {0}/out.json}}\n\
             service:\n  telemetry: {{metrics: {{level: none}}}}\n  pipelines:\n    logs: {{receivers: [file_log, otlp], \
             exporters: [file]}}\n",
            dir.display()
        );
        fs::write(&config, text).map_err(|e| e.to_string())?;
        let said = File::create(dir.join("said")).map_err(|e| e.to_string())?;
        let mut command = Command::new(bin);
        command
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stderr(said);
        println!("    {}", steps::typed(&command));
        let child = command
            .spawn()
            .map_err(|e| format!("{}: {e}", bin.display()))?;
        let mut collector = Self(child);
        let started = Instant::now();
        while TcpStream::connect(LISTENS).is_err() {
            let ended = collector.0.try_wait().map_err(|e| e.to_string())?;
            if ended.is_some() || started.elapsed() > PATIENCE {
                let said = fs::read_to_string(dir.join("said")).unwrap_or_default();
                return Err(format!(
                    "the collector does not listen at {LISTENS}\n{said}"
                ));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(collector)
    }

    /// The log records of a file, once there are enough or no more come.
    fn records(self, out: &Path, enough: usize) -> Result<Vec<Value>, String> {
        let (mut len, mut changed) = (0, Instant::now());
        loop {
            let now = fs::metadata(out).map_or(0, |found| found.len());
            if now != len {
                (len, changed) = (now, Instant::now());
            }
            let records = read(out)?;
            if records.len() >= enough || changed.elapsed() > PATIENCE {
                return Ok(records);
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// The log records in complete lines of export requests.
fn read(out: &Path) -> Result<Vec<Value>, String> {
    let text = fs::read_to_string(out).unwrap_or_default();
    let whole = text
        .rfind('\n')
        .map_or("", |end| text.get(..end).unwrap_or_default());
    let mut records = Vec::new();
    for line in whole.lines() {
        let request: Value = serde_json::from_str(line).map_err(|e| format!("{e}: {line}"))?;
        for path in request["resourceLogs"].as_array().into_iter().flatten() {
            for scope in path["scopeLogs"].as_array().into_iter().flatten() {
                records.extend(
                    scope["logRecords"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .cloned(),
                );
            }
        }
    }
    Ok(records)
}
