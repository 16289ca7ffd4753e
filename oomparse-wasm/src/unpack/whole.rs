//! Bytes that can be read at any place: a file of the browser's, or what was copied from a stream.

use alloc::rc::Rc;
use alloc::vec::Vec;
use std::io::{self, Read, Seek, SeekFrom};

/// How much is asked for at a time.
const ASKED: usize = 1 << 20;

/// Bytes at any place.
pub(super) trait Whole {
    fn len(&self) -> u64;

    /// At most so many bytes of this place; none at the end.
    fn bytes(&self, at: u64, most: usize) -> Vec<u8>;
}

impl Whole for Vec<u8> {
    fn len(&self) -> u64 {
        Vec::len(self) as u64
    }

    fn bytes(&self, at: u64, most: usize) -> Vec<u8> {
        let from = usize::try_from(at).unwrap_or(usize::MAX);
        let rest = self.get(from..).unwrap_or_default();
        rest.get(..most).unwrap_or(rest).to_vec()
    }
}

/// A part of them as a reader.
pub(super) struct Part {
    whole: Rc<dyn Whole>,
    at: u64,
    end: u64,
    held: Vec<u8>,
    /// Where what is held begins.
    held_at: u64,
}

impl Part {
    pub(super) fn all(whole: Rc<dyn Whole>) -> Self {
        let end = whole.len();
        Self::of(whole, 0, end)
    }

    /// So many bytes of this place.
    pub(super) fn of(whole: Rc<dyn Whole>, at: u64, len: u64) -> Self {
        let end = at.saturating_add(len).min(whole.len());
        Self {
            whole,
            at,
            end,
            held: Vec::new(),
            held_at: 0,
        }
    }

    fn rest(&self) -> &[u8] {
        let from = self.at.checked_sub(self.held_at);
        let from = from.and_then(|from| usize::try_from(from).ok());
        let rest = from.and_then(|from| self.held.get(from..));
        rest.unwrap_or_default()
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.at >= self.end {
            return Ok(0);
        }
        if self.rest().is_empty() {
            let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
            self.held = self.whole.bytes(self.at, left.min(ASKED));
            self.held_at = self.at;
        }
        let rest = self.rest();
        let len = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(from);
        }
        self.at = self.at.saturating_add(len as u64);
        Ok(len)
    }
}

impl Seek for Part {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
