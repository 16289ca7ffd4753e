//! Limits how much may be unpacked: a decompression bomb unpacks to more than anybody would wait for.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;

/// This much is always allowed: a log that repeats itself compresses well.
const FREE_LEN: u64 = 4 << 30;

/// This many times the compressed length is allowed. gzip reaches at most 1,032, so only double compression, or
/// other formats, reach more.
const MOST_TIMES: u64 = 1_050;

/// Nested layers of compression and archives. A bundle of bundles of rotated logs has five.
pub const MAX_LAYERS: usize = 8;

/// Members of an archive and of those within it: walking a directory of them takes minutes.
pub const MAX_MEMBERS: u64 = 1 << 20;

/// How much may still be unpacked from one input.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The compressed bytes that were read.
    packed: Rc<Cell<u64>>,
    unpacked: Rc<Cell<u64>>,
    free: u64,
}

impl Budget {
    /// For an input of which this many compressed bytes were read; the number continues to grow.
    #[must_use]
    pub fn new(packed: Rc<Cell<u64>>) -> Self {
        Self {
            packed,
            unpacked: Rc::default(),
            free: FREE_LEN,
        }
    }

    /// For a file of this length that is not read from start to end.
    #[must_use]
    pub fn of_file(self, len: u64) -> Self {
        Self {
            packed: Rc::new(Cell::new(len)),
            ..self
        }
    }

    /// Sets the amount that may be unpacked for any length of the input; 4 GiB by default.
    #[must_use]
    pub fn with_free(self, free: u64) -> Self {
        Self { free, ..self }
    }

    /// Whether too much was unpacked.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        let most = self.packed.get().saturating_mul(MOST_TIMES).max(self.free);
        self.unpacked.get() > most
    }

    /// Counts the output of a decompressor.
    #[must_use]
    pub fn watch<'r>(&self, reader: impl Read + 'r) -> Box<dyn Read + 'r> {
        Box::new(Watched {
            reader,
            budget: self.clone(),
        })
    }
}

struct Watched<R> {
    reader: R,
    budget: Budget,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.reader.read(buffer)?;
        let unpacked = &self.budget.unpacked;
        unpacked.set(unpacked.get().saturating_add(len as u64));
        if self.budget.is_spent() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, Bomb));
        }
        Ok(len)
    }
}

/// Too much was unpacked.
#[derive(Debug)]
pub(super) struct Bomb;

impl fmt::Display for Bomb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unpacks to more than {} GiB and {MOST_TIMES} times its length, as a decompression bomb does; the rest \
             was not read",
            FREE_LEN >> 30
        )
    }
}

impl std::error::Error for Bomb {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_ends_with_a_sentence() {
        let packed = Rc::new(Cell::new(10));
        let budget = Budget::new(Rc::clone(&packed)).with_free(20_000);
        let out = io::copy(&mut budget.watch(io::repeat(b'x')), &mut io::sink());
        assert!(out.unwrap_err().to_string().contains("decompression bomb"));
        assert!((20_000..40_000).contains(&budget.unpacked.get()));
        // A longer file may unpack to more.
        packed.set(100);
        assert!(!budget.is_spent());
        let out = io::copy(
            &mut budget.watch(io::repeat(b'x').take(60_000)),
            &mut io::sink(),
        );
        assert_eq!(out.unwrap(), 60_000);
    }
}
