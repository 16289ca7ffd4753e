//! Where `watch` reads lines: the kernel's ring, the journal, a file.

use oomparse_core::WallTime;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::BorrowedFd;

/// A place in a log, to go on from after a restart.
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
        /// Of the file's first bytes: another file may have its number by now.
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

/// Where to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// What is written from now on.
    Now,
    /// Everything that is still there.
    Beginning,
    /// The line `resume` again, if it is still there, else what follows `read`.
    At {
        resume: Option<Position>,
        read: Position,
    },
}

/// What came of asking for a line.
#[derive(Debug)]
pub(crate) enum Next {
    /// There is one, in the buffer; so many records before it are gone unread.
    Line { lost: u64 },
    /// None for now.
    Empty,
    /// Something that people should know.
    Note(String),
    /// The same, where lines may be missing.
    Gap(String),
}

/// A log that grows.
pub(crate) trait Feed {
    /// The name to complain about.
    fn name(&self) -> String;

    /// What to wait for; without one the feed is asked every [`PAUSE_MS`](super::PAUSE_MS).
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// Puts the next line into the buffer; never waits.
    ///
    /// # Errors
    /// When there is no going on.
    fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Next>;

    /// Where the last line stands.
    fn position(&self) -> Option<Position>;

    /// The place behind all lines that were given out; before any, where the feed began.
    fn end(&self) -> Option<Position> {
        self.position()
    }

    /// The wall-clock time of printk's clock near the last line, and whether it is an estimate.
    fn wall(&self, kernel_time_us: u64) -> Option<(WallTime, bool)> {
        let _ = kernel_time_us;
        None
    }
}
