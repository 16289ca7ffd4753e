//! How `watch` ends: what is already there is read, and what is open is written.

use super::Watch;
use crate::warn;
use crate::watch::signals::wait_for;
use rustix::event::{PollFd, PollFlags};
use std::io;
use std::time::{Duration, Instant};

/// How long to go on reading at the end.
const LAST_LINES: Duration = Duration::from_secs(3);

/// How long to wait at the end for the reader of standard output.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long to wait at the end for the other outputs, if standard output took all the time.
const MOMENT: Duration = Duration::from_millis(500);

impl Watch {
    /// Reads what is already there, which may be all of a storm: until there is no more, or for a bounded time where
    /// lines come without an end.
    pub(super) fn read_rest(&mut self) -> io::Result<()> {
        let begun = Instant::now();
        // An error is as good as the end now.
        while self.read().unwrap_or(false) && begun.elapsed() < LAST_LINES {
            self.write()?;
        }
        Ok(())
    }

    /// Emits what is open and waits a while for it to be read.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.parser.finish();
        self.drain()?;
        self.outbox.finish()?;
        let begun = Instant::now();
        loop {
            self.write()?;
            let left = LAST_WORDS.saturating_sub(begun.elapsed());
            if self.outbox.is_empty() {
                break;
            }
            if left.is_zero() {
                warn(
                    "output",
                    "nobody reads it; events are left unwritten (with --state they come again)",
                );
                break;
            }
            let stdout = rustix::stdio::stdout();
            let mut fds = [PollFd::new(&stdout, PollFlags::OUT)];
            wait_for(&mut fds, left)?;
        }
        self.save(true);
        self.outlets
            .end(LAST_WORDS.saturating_sub(begun.elapsed()).max(MOMENT));
        Ok(())
    }
}
