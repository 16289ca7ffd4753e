//! `try-telemetry`: what the agent sends, in a real OpenTelemetry collector and a real Prometheus.
//!
//! The agent follows a log with kills of several kinds. What the collector received is compared with the agent's
//! standard output, field by field, in both forms of OTLP; Prometheus scrapes the agent, and every query of the
//! dashboard must give something.

mod collector;
mod kills;
mod prometheus;

use crate::steps::{self, Steps, cargo};
use crate::{root, system, target_dir};
use serde_json::Value;
use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take to be ready, or what it holds to be complete.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs all of it. `args` may name the collector's program, and one of ours that is built.
pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let (mut collector, mut agent) = (None, None);
    for pair in args.chunks(2) {
        match pair {
            ["--collector", path] => collector = Some(PathBuf::from(path)),
            ["--program", path] => agent = Some(PathBuf::from(path)),
            _ => return Err("use: try-telemetry [--collector PATH] [--program PATH]".to_owned()),
        }
    }
    let program = collector.map_or_else(build, Ok)?;
    let agent = match agent {
        Some(path) => path,
        None => {
            let args = ["build", "--package", "oomparse-cli", "--features"];
            steps::run(cargo(&args).arg(crate::FEATURES))?;
            target_dir().join("debug/oomparse")
        }
    };
    let mut steps = Steps::default();
    for form in ["http/protobuf", "http/json"] {
        steps.task(
            &format!("{form}: the collector has what the agent wrote"),
            || {
                let place = Place::new(&form.replace('/', "-"), &agent)?;
                collector::compare(&program, form, &place)
            },
        );
    }
    steps.task("Prometheus: every query of the dashboard", || {
        prometheus::dashboard(&program, &Place::new("prometheus", &agent)?)
    });
    match steps.finish() {
        code if code == std::process::ExitCode::SUCCESS => Ok(()),
        _ => Err("a step failed".to_owned()),
    }
}

/// Builds the collector from its Go modules; without Go, what was built before is taken.
pub(crate) fn build() -> Result<PathBuf, String> {
    let program = target_dir().join("tools/collector");
    if system::find("go").is_none() {
        return if program.is_file() {
            Ok(program)
        } else {
            let how = "apt-get install golang-go, or give the path of a collector";
            Err(format!("go is missing: {how}"))
        };
    }
    println!("    builds a collector: the first time this takes some minutes");
    let mut go = Command::new("go");
    go.args(["build", "-trimpath", "-ldflags=-s -w", "-o"])
        .arg(&program)
        .arg(".");
    go.env("CGO_ENABLED", "0")
        .current_dir(root().join("xtask/collector"));
    steps::run(&mut go)?;
    Ok(program)
}

/// A trial's directory: a log, names of pods, what the programs say.
struct Place {
    dir: PathBuf,
    agent: PathBuf,
}

impl Place {
    fn new(name: &str, agent: &Path) -> Result<Self, String> {
        let dir = target_dir().join("try-telemetry").join(name);
        _ = fs::remove_dir_all(&dir);
        let agent = agent.to_owned();
        let place = Self { dir, agent };
        kills::write(&place.dir)?;
        Ok(place)
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.dir.join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn read(&self, name: &str) -> Result<String, String> {
        let path = self.dir.join(name);
        fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// Starts a program; `NAME.out` and `NAME.err` have what it writes.
    fn start(&self, name: &str, command: &mut Command) -> Result<Running, String> {
        let file = |end: &str| {
            let path = self.dir.join(format!("{name}.{end}"));
            File::create(&path).map_err(|e| format!("{}: {e}", path.display()))
        };
        command
            .stdin(Stdio::null())
            .stdout(file("out")?)
            .stderr(file("err")?);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(|e| format!("{program}: {e}"))?;
        Ok(Running(child))
    }

    /// The agent on the log, with these outputs.
    fn agent(&self, args: &[&str]) -> Result<Running, String> {
        let mut agent = Command::new(&self.agent);
        agent
            .args(["watch", "--since-boot", "--node-name", "node-7"])
            .args([
                "--file",
                &self.path("kern.log"),
                "--pods",
                &self.path("var"),
            ])
            .args(args);
        self.start("agent", &mut agent)
    }

    /// What it has written to standard output.
    fn events(&self) -> Result<Vec<Value>, String> {
        let text = self.read("agent.out")?;
        let events = text.lines().map(serde_json::from_str);
        events.collect::<Result<_, _>>().map_err(|e| e.to_string())
    }

    /// Waits until all events are written.
    fn all_events(&self) -> Result<Vec<Value>, String> {
        until("the agent writes every kill", || {
            self.events().is_ok_and(|it| it.len() == kills::COUNT)
        })?;
        self.events()
    }
}

/// A program that ends with this.
struct Running(Child);

impl Running {
    /// Ends it as a service's end does.
    fn end(mut self) -> Result<(), String> {
        let mut kill = Command::new("kill");
        steps::run(kill.arg(self.0.id().to_string()))?;
        let status = self.0.wait().map_err(|e| e.to_string())?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("the agent ended with {status}")),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn until(what: &str, is: impl Fn() -> bool) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    while !is() {
        if Instant::now() > end {
            return Err(format!("it never came: {what}"));
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

fn listens(address: &str) -> Result<(), String> {
    until(&format!("a program at {address}"), || {
        TcpStream::connect(address).is_ok()
    })
}

fn free_address() -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    Ok(address.to_string())
}

/// A collector that writes logs and metrics into files of this place.
fn start_collector(program: &Path, place: &Place) -> Result<(Running, String), String> {
    let address = free_address()?;
    place.write(
        "collector.yaml",
        &format!(
            "receivers:\n  otlp: {{protocols: {{http: {{endpoint: \"{address}\"}}}}}}\n\
             exporters:\n  file/logs: {{path: {0}/logs.json}}\n  file/metrics: {{path: {0}/metrics.json}}\n\
             service:\n  telemetry: {{metrics: {{level: none}}}}\n  pipelines:\n    \
             logs: {{receivers: [otlp], exporters: [file/logs]}}\n    \
             metrics: {{receivers: [otlp], exporters: [file/metrics]}}\n",
            place.dir.display()
        ),
    )?;
    let mut command = Command::new(program);
    command.args(["--config", &place.path("collector.yaml")]);
    let running = place.start("collector", &mut command)?;
    listens(&address).map_err(|e| format!("{e}; see {}", place.path("collector.err")))?;
    Ok((running, format!("http://{address}")))
}
