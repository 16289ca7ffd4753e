//! Starts a daemon on files of a temporary folder.

pub(crate) mod log;

use libtest_mimic::Failed;
use log::Log;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long nothing may come out.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rsyslog,
    SyslogNg,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rsyslog => "rsyslog",
            Self::SyslogNg => "syslog-ng",
        }
    }

    /// Where the pod's name stands under the host's own names.
    pub(crate) fn name_pointer(self) -> &'static str {
        match self {
            Self::Rsyslog => "/kubernetes/pod_name",
            Self::SyslogNg => "/k8s.pod.name",
        }
    }

    /// rsyslog has at most one message in the program, and keeps it until the answer: nothing is lost
    /// however the program ends. syslog-ng writes ahead into a pipe, which dies with a program that is
    /// killed outright.
    pub(crate) fn signal(self) -> Signal {
        match self {
            Self::Rsyslog => Signal::KILL,
            Self::SyslogNg => Signal::TERM,
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Rsyslog => "rsyslogd",
            Self::SyslogNg => "syslog-ng",
        }
    }

    /// The daemon, installed or unpacked by `cargo xtask test`: Debian does not let both be installed.
    pub(crate) fn find(self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
        dirs.push("/usr/sbin".into());
        dirs.push(unpacked().join("usr/sbin"));
        dirs.into_iter()
            .map(|dir| dir.join(self.program()))
            .find(|file| file.is_file())
    }
}

/// Where xtask unpacks packages.
fn unpacked() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debian")
}

/// The folder of one test.
pub(crate) struct Place {
    dir: PathBuf,
    kind: Kind,
}

impl Place {
    pub(crate) fn new(kind: Kind, name: &str, log: &Log) -> Result<Self, Failed> {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", kind.name()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("work"))?;
        fs::write(dir.join("pods.csv"), log.pods())?;
        fs::write(dir.join("in.log"), "")?;
        Ok(Self { dir, kind })
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).to_string_lossy().into_owned()
    }

    /// Writes lines to the file that the daemon reads.
    pub(crate) fn append(&self, lines: &[String]) -> Result<(), Failed> {
        let mut text = lines.join("\n");
        text.push('\n');
        let mut file = OpenOptions::new()
            .append(true)
            .open(self.dir.join("in.log"))?;
        Ok(file.write_all(text.as_bytes())?)
    }

    /// The configuration of `integrations/`, with paths of this folder.
    fn configure(&self, with: bool) -> Result<(), Failed> {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../integrations");
        let shipped = fs::read_to_string(shipped.join(self.kind.name()).join("oomparse.conf"))?;
        let mut text = shipped;
        for (theirs, ours) in [
            (
                "/usr/local/bin/oomparse",
                env!("CARGO_BIN_EXE_oomparse").to_owned(),
            ),
            ("/var/log/kern.log", self.path("in.log")),
            ("/var/log/oomparse.json", self.path("out.json")),
            ("/var/log/pods", self.path("pods.csv")),
        ] {
            if !text.contains(theirs) {
                return Err(format!("the configuration has no {theirs}").into());
            }
            text = text.replace(theirs, &ours);
        }
        match self.kind {
            Kind::Rsyslog => {
                text = format!("global(workDirectory=\"{}\")\n{text}", self.path("work"));
                if !with {
                    text = text.replace(
                        "if $msg contains \" kernel:\" then",
                        "if $msg == \"none\" then",
                    );
                }
            }
            Kind::SyslogNg => {
                text = format!("@version: 3.38\n{text}")
                    .replace("follow-freq(1)", "follow-freq(0.1) read-old-records(yes)");
                if !with {
                    text = text.replace(&filter_command(&text)?, "exec cat");
                }
            }
        }
        Ok(fs::write(self.dir.join("daemon.conf"), text)?)
    }

    /// What came out, once there are so many lines.
    pub(crate) fn wait_for(&self, lines: usize, daemon: &Daemon) -> Result<String, Failed> {
        let (mut seen, mut since) = (0, Instant::now());
        loop {
            let out = fs::read(self.dir.join("out.json")).unwrap_or_default();
            let count = out.iter().filter(|byte| **byte == b'\n').count();
            if count >= lines {
                return Ok(String::from_utf8(out)?);
            }
            if count > seen {
                (seen, since) = (count, Instant::now());
            }
            if since.elapsed() > PATIENCE {
                let said = fs::read_to_string(self.dir.join("said")).unwrap_or_default();
                return Err(format!(
                    "{count} of {lines} lines came out; {} said: {said}",
                    daemon.kind.name()
                )
                .into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The program as syslog-ng's configuration calls it.
fn filter_command(text: &str) -> Result<String, Failed> {
    let call = text
        .split_once("program(\"")
        .and_then(|(_, rest)| rest.split_once(" >>"));
    Ok(call
        .ok_or("no program() in the configuration")?
        .0
        .to_owned())
}

/// A daemon at work; it ends with the test.
pub(crate) struct Daemon {
    child: Child,
    kind: Kind,
}

impl Daemon {
    pub(crate) fn start(kind: Kind, place: &Place, with: bool) -> Result<Self, Failed> {
        let program = kind
            .find()
            .ok_or_else(|| format!("{} is not installed", kind.name()))?;
        place.configure(with)?;
        let mut command = Command::new(&program);
        let config = place.path("daemon.conf");
        match kind {
            Kind::Rsyslog => command.args(["-n", "-f", &config, "-i", &place.path("pid")]),
            Kind::SyslogNg => {
                if program.starts_with(unpacked()) {
                    let libraries = unpacked().join("usr/lib/syslog-ng");
                    let modules = fs::read_dir(&libraries)?
                        .flatten()
                        .map(|entry| entry.path());
                    let mut modules = modules;
                    let modules = modules.find(|path| path.is_dir());
                    command.env("LD_LIBRARY_PATH", &libraries);
                    command
                        .arg("--module-path")
                        .arg(modules.ok_or("syslog-ng has no modules")?);
                }
                command.args([
                    "-F",
                    "--no-caps",
                    "-f",
                    &config,
                    "-R",
                    &place.path("persist"),
                ]);
                command.args(["-p", &place.path("pid"), "-c", &place.path("control")])
            }
        };
        let said = fs::File::create(place.dir.join("said"))?;
        let child = command
            .current_dir(&place.dir)
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        Ok(Self { child, kind })
    }

    /// The program that the daemon started.
    pub(crate) fn helper(&self) -> Result<u32, Failed> {
        let parent = self.child.id().to_string();
        for entry in fs::read_dir("/proc")?.flatten() {
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
                continue;
            };
            // `pid (comm) state ppid …`
            let Some((head, tail)) = stat.split_once(") ") else {
                continue;
            };
            if head.ends_with("(oomparse") && tail.split(' ').nth(1) == Some(&parent) {
                let pid = head.split(' ').next().unwrap_or_default();
                return Ok(pid.parse()?);
            }
        }
        Err("the daemon runs no oomparse".into())
    }

    /// Waits until the daemon has started another program than this.
    pub(crate) fn wait_for_another(&self, helper: u32) -> Result<(), Failed> {
        let started = Instant::now();
        while self.helper().map_or(true, |pid| pid == helper) {
            if started.elapsed() > PATIENCE {
                return Err("the daemon did not start the program anew".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Asks the daemon to end, and waits for it.
    pub(crate) fn stop(mut self) -> Result<(), Failed> {
        kill(Signal::TERM, self.child.id())?;
        let started = Instant::now();
        while self.child.try_wait()?.is_none() {
            if started.elapsed() > PATIENCE {
                return Err(format!("{} does not end", self.kind.name()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to one process.
pub(crate) fn kill(signal: Signal, pid: u32) -> Result<(), Failed> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    kill_process(pid.ok_or("no process has that number")?, signal)?;
    Ok(())
}
