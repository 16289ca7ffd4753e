//! `--exec PROGRAM`: runs a program for each event, with the event as JSON on its standard input.
//!
//! At most [`AT_A_TIME`] run at the same time, each for a limited time; then it and its children are killed. Its
//! output is discarded, because standard output is for the events.

use super::outlet::{Came, Counts, Inbox, Outlet, Said, count};
use oomparse_core::OomEvent;
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Programs that run at the same time.
const AT_A_TIME: usize = 4;

/// How often a running program is checked.
const PAUSE: Duration = Duration::from_millis(20);

const FOREVER: Duration = Duration::from_secs(3600);

pub(crate) fn start(program: PathBuf, time: Duration) -> Outlet {
    Outlet::start("exec", move |inbox| {
        let (counts, said) = (Arc::clone(&inbox.counts), Arc::clone(&inbox.said));
        let bound = Bound {
            time,
            stop: Arc::clone(&inbox.stop),
        };
        let inbox = Mutex::new(inbox);
        thread::scope(|scope| {
            for _ in 0..AT_A_TIME {
                scope.spawn(|| {
                    while let Some(event) = next(&inbox) {
                        take(&program, &bound, &event, &counts, &said);
                    }
                });
            }
        });
    })
}

/// How long a program may run.
struct Bound {
    time: Duration,
    /// Or until this is set.
    stop: Arc<AtomicBool>,
}

/// The next event: one thread waits for it, the others wait for that thread.
fn next(inbox: &Mutex<Inbox>) -> Option<Arc<OomEvent>> {
    loop {
        let inbox = inbox.lock().unwrap_or_else(PoisonError::into_inner);
        match inbox.wait(FOREVER) {
            Came::Event(event) => return Some(event),
            Came::End => return None,
            Came::Nothing => {}
        }
    }
}

fn take(program: &Path, bound: &Bound, event: &OomEvent, counts: &Counts, said: &Said) {
    let (code, sentence) = match run(program, bound, event) {
        Ok(status) if status.success() => {
            count(&counts.sent);
            said.is_well();
            return;
        }
        Ok(status) => ("exit", format!("the program ended with {status}")),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            ("timeout", format!("the program {error}"))
        }
        Err(error) => {
            let why = crate::sentence(&error);
            ("start", format!("{}: {why}", program.display()))
        }
    };
    counts.error(code);
    count(&counts.failed);
    said.say(&sentence);
}

/// Runs the program until it ends, or kills it.
fn run(program: &Path, bound: &Bound, event: &OomEvent) -> io::Result<ExitStatus> {
    let mut child = Command::new(program)
        .stdin(input(event)?)
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()?;
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let is_stopped = bound.stop.load(Ordering::Relaxed);
        if is_stopped || begun.elapsed() >= bound.time {
            end(&mut child)?;
            let sentence = if is_stopped {
                "was killed at the end".to_owned()
            } else {
                format!("was killed after {} s", bound.time.as_secs())
            };
            return Err(io::Error::new(io::ErrorKind::TimedOut, sentence));
        }
        thread::sleep(PAUSE);
    }
}

/// The event as a file in memory: with a pipe, we would wait for a program that does not read.
fn input(event: &OomEvent) -> io::Result<Stdio> {
    let mut file = File::from(memfd_create("event.json", MemfdFlags::CLOEXEC)?);
    file.write_all(event.to_json().as_bytes())?;
    file.write_all(b"\n")?;
    file.rewind()?;
    Ok(file.into())
}

fn end(child: &mut Child) -> io::Result<()> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // All processes may have ended by now.
        let _ = kill_process_group(group, Signal::KILL);
    }
    child.wait()?;
    Ok(())
}
