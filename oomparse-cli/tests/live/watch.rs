//! A running `oomparse watch`, and what it has given out so far.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The program; killed when the test is over.
pub(crate) struct Watch {
    child: Child,
    _dir: TempDir,
    lines: Receiver<(Instant, String)>,
    events: Vec<(Instant, Value)>,
}

/// Runs it with these arguments, without the sources of names that the machine has.
pub(crate) fn start(args: &[&str]) -> Watch {
    start_with(args, &[])
}

/// The same with an environment.
pub(crate) fn start_with(args: &[&str], environment: &[(&str, &str)]) -> Watch {
    // The counters are written when everything is open and the names are read.
    let dir = tempfile::tempdir().unwrap();
    let own = dir.path().join("ready.prom");
    let named = args.iter().position(|arg| *arg == "--textfile");
    let ready = named.map_or(own, |at| args[at + 1].into());
    let before = fs::metadata(&ready).ok().map(|found| found.ino());
    let mut command = Command::new(env!("CARGO_BIN_EXE_oomparse"));
    command.arg("watch").args(args);
    if named.is_none() {
        command.arg("--textfile").arg(&ready);
    }
    let mut child = command
        .env_remove("NODE_NAME")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send((Instant::now(), line)).is_err() {
                return;
            }
        }
    });
    let end = Instant::now() + Duration::from_secs(20);
    while fs::metadata(&ready).ok().map(|found| found.ino()) == before
        && child.try_wait().unwrap().is_none()
    {
        assert!(Instant::now() < end, "it does not start");
        thread::sleep(Duration::from_millis(5));
    }
    Watch {
        child,
        _dir: dir,
        lines,
        events: Vec::new(),
    }
}

/// Processor time that a process has taken, of all its threads.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let nanos = tasks.filter_map(|task| {
        // A thread may have ended meanwhile.
        let text = fs::read_to_string(task.unwrap().path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

impl Watch {
    fn take(&mut self, line: (Instant, String)) {
        let event = serde_json::from_str(&line.1).unwrap_or_else(|_| panic!("{}", line.1));
        self.events.push((line.0, event));
    }

    /// The kill of this process, and when it came.
    pub(crate) fn kill_of(&mut self, pid: u32, patience: Duration) -> Option<(Instant, Value)> {
        self.first(patience, |event| {
            event["type"] == "kill" && event["victim"]["pid"] == pid
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time that it has taken, of all its threads.
    pub(crate) fn processor_time(&self) -> Duration {
        processor_time(self.id())
    }

    /// The first event that is such, and when it came.
    pub(crate) fn first(
        &mut self,
        patience: Duration,
        is: impl Fn(&Value) -> bool,
    ) -> Option<(Instant, Value)> {
        let end = Instant::now() + patience;
        loop {
            let found = self.events.iter().find(|(_, event)| is(event));
            if let Some(found) = found {
                return Some(found.clone());
            }
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => self.take(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// Waits for its end; gives all events and what stands on stderr.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<Value>, String) {
        let status = self.child.wait().unwrap();
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        pipe.read_to_string(&mut stderr).unwrap();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(1)) {
            self.take(line);
        }
        let events = std::mem::take(&mut self.events);
        (
            status,
            events.into_iter().map(|(_, event)| event).collect(),
            stderr,
        )
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
