//! `oomparse filter`: records from standard input, answers to standard output.

use crate::Found;
use crate::filter::{Cutter, Engine, FilterArgs, Protocol};
use crate::input::BUFFER_LEN;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::SIGTERM;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A kill that waits for a further line is emitted after this time.
const SILENCE: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// After SIGTERM, input is read until none has come for this long.
const LAST_WORDS: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 300_000_000,
};

/// After SIGTERM, reading stops after this time, whatever comes in.
const LAST_READ: Duration = Duration::from_millis(600);

/// If the host does not take the last answers for this long after SIGTERM, they are lost.
const LAST_WRITE: Duration = Duration::from_millis(900);

/// Answers every record until the input ends.
///
/// # Errors Any error from reading or writing.
pub(crate) fn run(args: &FilterArgs) -> io::Result<Found> {
    // rsyslog reads a program's stderr as its answers, so nothing may be written there.
    let speaks = args.protocol != Protocol::Rsyslog;
    if args.pods.read_stdin() {
        crate::warn(
            "--pods -",
            "standard input holds the records; name a file with the pods",
        );
        return Ok(Found::Trouble);
    }
    let mut engine = Engine::new(args);
    let (asked_to_stop, stop) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGTERM, stop)?;
    let is_writing = end_when_nobody_reads(speaks)?;
    let mut input = Input {
        stdin: io::stdin().lock(),
        asked_to_stop,
        stopping: None,
    };
    let mut stdout = io::stdout().lock();
    let mut cutter = Cutter::default();
    let mut buffer = vec![0; BUFFER_LEN];
    let mut out = Vec::with_capacity(BUFFER_LEN);
    let read = loop {
        match input.wait(engine.is_waiting()) {
            Ok(Ready::Bytes) => match input.stdin.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(len) => {
                    let bytes = buffer.get(..len).unwrap_or_default();
                    cutter.push(bytes, |piece| engine.take(piece, &mut out));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            },
            Ok(Ready::Silence) => engine.silence(&mut out),
            Ok(Ready::Stopped) => break Ok(()),
            Err(error) => break Err(error),
        }
        write(&mut stdout, &mut out, &is_writing)?;
    };
    cutter.finish(|piece| engine.take(piece, &mut out));
    engine.finish(&mut out);
    write(&mut stdout, &mut out, &is_writing)?;
    if speaks && engine.late() > 0 {
        let late = match engine.late() {
            1 => "1 event had no record of its own and was".to_owned(),
            late => format!("{late} events had no record of their own and were"),
        };
        let sentence = format!("{late} dropped; --only-events writes such events");
        crate::warn("filter", &sentence);
    }
    read.map(|()| Found::Some)
}

/// All answers are written before the next read.
fn write(stdout: &mut impl Write, out: &mut Vec<u8>, is_writing: &AtomicBool) -> io::Result<()> {
    if !out.is_empty() {
        is_writing.store(true, Ordering::Relaxed);
        stdout.write_all(out)?;
        stdout.flush()?;
        is_writing.store(false, Ordering::Relaxed);
        out.clear();
        out.shrink_to(1 << 20);
    }
    Ok(())
}

/// Ends the program some time after SIGTERM while it writes: otherwise a full pipe that nobody reads would block
/// it for ever. Returns the flag to set during a write.
fn end_when_nobody_reads(speaks: bool) -> io::Result<Arc<AtomicBool>> {
    let (mut asked_to_stop, stop) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGTERM, stop)?;
    let is_writing = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_writing);
    let watch = move || {
        let _ = asked_to_stop.read_exact(&mut [0]);
        thread::sleep(LAST_WRITE);
        while !seen.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
        if speaks {
            crate::warn(
                "output",
                "nobody reads it; the last answers are left unwritten",
            );
        }
        std::process::exit(2);
    };
    thread::Builder::new()
        .name("last write".to_owned())
        .spawn(watch)?;
    Ok(is_writing)
}

/// Standard input, and whether the program was asked to stop.
struct Input {
    stdin: io::StdinLock<'static>,
    asked_to_stop: UnixStream,
    /// When the program was asked to stop.
    stopping: Option<Instant>,
}

enum Ready {
    /// There is something to read, or the end.
    Bytes,
    /// No input for a while.
    Silence,
    /// The program was asked to stop, and no input is left, or no time.
    Stopped,
}

impl Input {
    fn wait(&mut self, wants_silence: bool) -> io::Result<Ready> {
        loop {
            if self
                .stopping
                .is_some_and(|since| since.elapsed() >= LAST_READ)
            {
                return Ok(Ready::Stopped);
            }
            let timeout = if self.stopping.is_some() {
                Some(&LAST_WORDS)
            } else {
                wants_silence.then_some(&SILENCE)
            };
            let (readable, asked) = {
                let mut fds = vec![PollFd::new(&self.stdin, PollFlags::IN)];
                if self.stopping.is_none() {
                    fds.push(PollFd::new(&self.asked_to_stop, PollFlags::IN));
                }
                match poll(&mut fds, timeout) {
                    Ok(_) => {}
                    Err(rustix::io::Errno::INTR) => continue,
                    Err(error) => return Err(error.into()),
                }
                let ready = |at: usize| fds.get(at).is_some_and(|fd| !fd.revents().is_empty());
                (ready(0), ready(1))
            };
            if asked {
                self.stopping = Some(Instant::now());
            }
            match (readable, asked) {
                (true, _) => return Ok(Ready::Bytes),
                (false, true) => {}
                (false, false) if self.stopping.is_some() => return Ok(Ready::Stopped),
                (false, false) => return Ok(Ready::Silence),
            }
        }
    }
}
