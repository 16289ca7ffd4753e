//! The inputs of `watch`: the kernel's ring buffer, the journal, a file.

use oomparse_core::WallTime;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::BorrowedFd;

/// A position in a log, from which to continue after a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Position {
    /// Number of a record in the kernel's ring.
    Kmsg { sequence: u64 },
    /// A cursor of journald.
    Journal { cursor: String },
    /// The line's offset in a file.
    File {
        device: u64,
        inode: u64,
        offset: u64,
        /// A hash of the file's first bytes: another file may have its inode number by now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        head: Option<Head>,
    },
}

/// A hash of a file's first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) len: u64,
    pub(crate) hash: u64,
}

/// Where to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// With lines that are written from now on.
    Now,
    /// With everything that is still there.
    Beginning,
    /// With the line `resume` again, if it is still there, else with what follows `read`.
    At {
        resume: Option<Position>,
        read: Position,
    },
}

/// The result of a request for a line.
#[derive(Debug)]
pub(crate) enum Next {
    /// A line, in the buffer; this many records before it were lost unread.
    Line { lost: u64 },
    /// No line for now.
    Empty,
    /// A message for the user.
    Note(String),
    /// The same, if lines may be missing.
    Gap(String),
}

/// A log that grows.
pub(crate) trait Feed {
    /// The name for error messages.
    fn name(&self) -> String;

    /// The descriptor to wait for; without one, the feed is polled every [`PAUSE_MS`](super::PAUSE_MS).
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// Puts the next line into the buffer; never waits.
    ///
    /// # Errors If it cannot continue.
    fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Next>;

    /// The position of the last line.
    fn position(&self) -> Option<Position>;

    /// The position after all returned lines; before any line, where the feed started.
    fn end(&self) -> Option<Position> {
        self.position()
    }

    /// The wall-clock time of printk's clock near the last line, and whether it is an estimate.
    fn wall(&self, kernel_time_us: u64) -> Option<(WallTime, bool)> {
        let _ = kernel_time_us;
        None
    }
}
