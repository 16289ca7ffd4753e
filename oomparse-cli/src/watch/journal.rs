//! The journal, through `journalctl --follow -k -o json`.

use super::feed::{Feed, Next, Position, Start};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long to wait before journalctl is restarted; doubled each time it ends at once.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// How often it may end without a line before it is given up.
const MAX_FAILURES: u32 = 5;

/// An entry may contain a record of 8 KiB as an array of numbers; nothing is longer than this.
const MAX_LINE_LEN: usize = 1 << 20;

/// A running journalctl.
pub(crate) struct Journal {
    child: Option<(Child, ChildStdout)>,
    start: Start,
    buffer: Vec<u8>,
    /// How much of the buffer was returned.
    used: usize,
    cursor: Option<String>,
    failures: u32,
    again_at: Option<Instant>,
    /// Whether all entries are requested, or only the kernel's.
    all: bool,
}

impl Journal {
    /// Starts journalctl.
    ///
    /// # Errors If there is none.
    pub(crate) fn open(start: Start, all: bool) -> io::Result<Self> {
        let mut journal = Self {
            child: None,
            start,
            buffer: Vec::new(),
            used: 0,
            cursor: None,
            failures: 0,
            again_at: None,
            all,
        };
        if journal.start == Start::Now {
            journal.cursor = last_cursor(all);
        }
        journal.spawn()?;
        Ok(journal)
    }

    fn spawn(&mut self) -> io::Result<()> {
        let mut command = Command::new("journalctl");
        command.args(whose(self.all));
        command.args(["--follow", "-o", "json", "--no-pager", "--quiet"]);
        match (&self.cursor, &self.start) {
            (Some(cursor), _) => command.args(["--no-tail", "--after-cursor", cursor]),
            (
                None,
                Start::At {
                    resume: Some(Position::Journal { cursor }),
                    ..
                },
            ) => command.args(["--no-tail", "--cursor", cursor]),
            (
                None,
                Start::At {
                    resume: None,
                    read: Position::Journal { cursor },
                },
            ) => command.args(["--no-tail", "--after-cursor", cursor]),
            (None, Start::Now) => command.arg("--lines=0"),
            (None, _) => command.arg("--no-tail"),
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => io::Error::other(
                    "journalctl is not there; mount it, or use /dev/kmsg or --file",
                ),
                _ => error,
            })?;
        self.child = child.stdout.take().map(|stdout| (child, stdout));
        Ok(())
    }

    /// Moves the next whole line out of the buffer.
    fn take_line(&mut self, line: &mut Vec<u8>) -> bool {
        let rest = self.buffer.get(self.used..).unwrap_or_default();
        let Some(at) = rest.iter().position(|byte| *byte == b'\n') else {
            self.buffer.drain(..self.used);
            self.used = 0;
            if self.buffer.len() > MAX_LINE_LEN {
                self.buffer.clear();
            }
            return false;
        };
        line.clear();
        line.extend_from_slice(rest.get(..at).unwrap_or_default());
        self.used += at + 1;
        true
    }

    /// journalctl has ended: reports it, and when it will be restarted.
    fn ended(&mut self) -> io::Result<Next> {
        let status = match self.child.take() {
            Some((mut child, _)) => child.wait()?.to_string(),
            None => "it could not be started".to_owned(),
        };
        if self.failures >= MAX_FAILURES {
            let sentence = format!("journalctl ended {MAX_FAILURES} times at once ({status})");
            return Err(io::Error::other(sentence));
        }
        let pause = FIRST_PAUSE * 2u32.pow(self.failures);
        self.failures += 1;
        self.again_at = Some(Instant::now() + pause);
        Ok(Next::Note(format!(
            "journalctl ended ({status}); it is started again in {} s",
            pause.as_secs()
        )))
    }
}

/// The flag that leaves out all but the kernel's entries.
fn whose(all: bool) -> Option<&'static str> {
    (!all).then_some("-k")
}

/// The cursor of the last entry, so that a restart knows where this run began.
fn last_cursor(all: bool) -> Option<String> {
    let output = Command::new("journalctl")
        .args(whose(all))
        .args(["--lines=1", "-o", "json", "--no-pager", "--quiet"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    cursor(&output.stdout)
}

/// The value of `__CURSOR` in an entry.
fn cursor(line: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(line).ok()?;
    let (_, rest) = line.split_once("\"__CURSOR\"")?;
    let (_, rest) = rest.split_once('"')?;
    Some(rest.split_once('"')?.0.to_owned())
}

impl Feed for Journal {
    fn name(&self) -> String {
        "journalctl".to_owned()
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.child.as_ref().map(|(_, stdout)| stdout.as_fd())
    }

    fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Next> {
        if self.take_line(line) {
            self.failures = 0;
            self.cursor = cursor(line).or(self.cursor.take());
            return Ok(Next::Line { lost: 0 });
        }
        let Some((_, stdout)) = &mut self.child else {
            if self.again_at.is_some_and(|at| Instant::now() >= at) {
                self.again_at = None;
                if let Err(error) = self.spawn() {
                    return if self.failures < MAX_FAILURES {
                        self.ended()
                    } else {
                        Err(error)
                    };
                }
            }
            return Ok(Next::Empty);
        };
        let mut fds = [PollFd::new(stdout, PollFlags::IN)];
        if poll(&mut fds, Some(&Timespec::default()))? == 0 {
            return Ok(Next::Empty);
        }
        let mut chunk = [0; 64 << 10];
        match stdout.read(&mut chunk) {
            Ok(0) => self.ended(),
            Ok(len) => {
                self.buffer
                    .extend_from_slice(chunk.get(..len).unwrap_or_default());
                self.next(line)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Next::Empty),
            Err(error) => Err(error),
        }
    }

    fn position(&self) -> Option<Position> {
        self.cursor
            .clone()
            .map(|cursor| Position::Journal { cursor })
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_of_entries() {
        let line = br#"{"MESSAGE":"x","__CURSOR" : "s=bf0d84;i=928","_PID":"1"}"#;
        assert_eq!(cursor(line).as_deref(), Some("s=bf0d84;i=928"));
        assert_eq!(cursor(b"{}"), None);
    }
}
