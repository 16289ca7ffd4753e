//! Splits the bytes of a log, cut anywhere, into lines of bounded length, and remembers the line above one that
//! was skipped. The readers of events and of names both start with this.

use crate::bytes::split_line;
use crate::frame::Framer;
use crate::limits::MAX_LINE_LEN;
use alloc::vec::Vec;
use memchr::memrchr;

/// The largest buffer that is kept for the next line.
const MOST_KEPT: usize = 4096;

/// The line whose end has not come yet.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Its first bytes.
    carry: Vec<u8>,
    /// How many bytes after these were dropped, because the line is longer than the bound.
    dropped: usize,
}

impl Lines {
    /// Whether a line has begun.
    pub(crate) fn is_open(&self) -> bool {
        !self.carry.is_empty()
    }

    /// Capacity of its buffer, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.carry.capacity()
    }

    /// Takes the bytes up to a line end; returns the bytes after it, or `None` if there is no line end.
    pub(crate) fn fill<'a>(&mut self, chunk: &'a [u8]) -> Option<&'a [u8]> {
        let Some((head, tail)) = split_line(chunk) else {
            self.keep(chunk);
            return None;
        };
        self.keep(head);
        Some(tail)
    }

    /// Takes bytes of a line.
    pub(crate) fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_LINE_LEN.saturating_sub(self.carry.len());
        self.carry
            .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        let rest = bytes.len().saturating_sub(room);
        self.dropped = self.dropped.saturating_add(rest);
    }

    /// The line, which has ended, and how many of its bytes were dropped.
    pub(crate) fn end(&mut self) -> (Vec<u8>, usize) {
        let dropped = core::mem::take(&mut self.dropped);
        (core::mem::take(&mut self.carry), dropped)
    }

    /// Takes back the buffer of a line that was read, for the next line.
    pub(crate) fn reuse(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= MOST_KEPT {
            buffer.clear();
            self.carry = buffer;
        }
    }
}

/// The beginning of the last line that the sieve refused.
///
/// An indented line may follow a newline in the record before it, and only that line's prefix shows this; so the
/// framer gets it after all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Above {
    start: [u8; REFUSED_LEN],
    len: usize,
    /// An empty line follows it.
    gap: bool,
    /// The line directly above, if it is indented and short: a text of YAML may begin there.
    #[cfg(feature = "carriers")]
    indented: ([u8; INDENTED_LEN], usize),
}

/// Folded text ends at column 80, or little after it.
#[cfg(feature = "carriers")]
const INDENTED_LEN: usize = 160;

/// Enough of a line to find its prefix: a time stamp, the longest host name, a program's name.
const REFUSED_LEN: usize = 384;

impl Above {
    pub(crate) const NONE: Self = Self {
        start: [0; REFUSED_LEN],
        len: 0,
        gap: false,
        #[cfg(feature = "carriers")]
        indented: ([0; INDENTED_LEN], 0),
    };

    /// Takes the last of several lines that does not continue another one.
    pub(crate) fn note_last(&mut self, lines: &[u8]) {
        let (mut rest, mut gap) = (lines, false);
        loop {
            let start = memrchr(b'\n', rest).map_or(0, |at| at.saturating_add(1));
            let line = rest.get(start..).unwrap_or_default();
            if rest.len() == lines.len() {
                self.note_indented(line);
            }
            let is_own = self.note_own(line);
            gap |= self.gap;
            if is_own || start == 0 {
                self.gap = gap;
                return;
            }
            rest = rest.get(..start.saturating_sub(1)).unwrap_or_default();
        }
    }

    /// Takes a line, unless it continues the line above, which has an author. Returns whether it did.
    pub(crate) fn note(&mut self, line: &[u8]) -> bool {
        self.note_indented(line);
        self.note_own(line)
    }

    #[inline]
    fn note_indented(&mut self, line: &[u8]) {
        #[cfg(feature = "carriers")]
        {
            let (start, len) = &mut self.indented;
            *len = 0;
            if let ([b' ', ..], Some(to)) = (line, start.get_mut(..line.len())) {
                to.copy_from_slice(line);
                *len = line.len();
            }
        }
        #[cfg(not(feature = "carriers"))]
        let _ = line;
    }

    fn note_own(&mut self, line: &[u8]) -> bool {
        let is_own = !matches!(line, [] | [b' ' | b'\t' | b'\r', ..]);
        if is_own {
            self.set(line);
            self.gap = false;
        } else {
            self.gap |= line.trim_ascii().is_empty();
        }
        is_own
    }

    fn set(&mut self, line: &[u8]) {
        if let Some(whole) = line.first_chunk::<REFUSED_LEN>() {
            self.start = *whole;
            self.len = REFUSED_LEN;
        } else if let Some(start) = self.start.get_mut(..line.len()) {
            start.copy_from_slice(line);
            self.len = line.len();
        }
    }

    pub(crate) fn forget(&mut self) {
        self.len = 0;
        self.gap = false;
        #[cfg(feature = "carriers")]
        {
            self.indented.1 = 0;
        }
    }

    /// Shows the framer the line that an indented line may continue.
    pub(crate) fn show(&self, framer: &mut Framer) {
        self.show_own(framer);
        #[cfg(feature = "carriers")]
        if let Some(line @ [_, ..]) = self.indented.0.get(..self.indented.1) {
            framer.show_above(line);
        }
    }

    /// The same, but for an indented line above.
    pub(crate) fn show_own(&self, framer: &mut Framer) {
        if let Some(start @ [_, ..]) = self.start.get(..self.len) {
            framer.frame(start);
        }
        if self.gap {
            framer.frame(&[]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_line_leaves_its_buffer_to_the_next() {
        for (len, is_kept) in [(1, true), (MOST_KEPT, true), (MOST_KEPT + 1, false)] {
            let mut lines = Lines::default();
            let mut buffer = Vec::with_capacity(len);
            buffer.resize(len, b'x');
            let capacity = buffer.capacity();
            lines.reuse(buffer);
            assert!(!lines.is_open(), "{len}");
            assert_eq!(
                lines.capacity(),
                if is_kept { capacity } else { 0 },
                "{len}"
            );
        }
    }

    #[test]
    fn an_open_line_is_held_up_to_the_bound() {
        let mut lines = Lines::default();
        lines.keep(&[b'x'; 100]);
        assert!(lines.is_open() && lines.capacity() >= 100);
        lines.keep(&alloc::vec![b'x'; MAX_LINE_LEN]);
        assert_eq!(lines.fill(b"y\nz"), Some(&b"z"[..]));
        let (line, dropped) = lines.end();
        assert_eq!((line.len(), dropped), (MAX_LINE_LEN, 101));
        assert!(line.iter().all(|byte| *byte == b'x'));
    }

    #[test]
    fn an_empty_line_after_a_line_is_a_gap() {
        for (lines, gap) in [
            ("a", false),
            ("a\n", true),
            ("a\n\n b", true),
            ("a\n b\n", true),
            ("a\n b\n c", false),
            ("a\n\nb\n c", false),
            (" b\n", true),
            (" b", false),
        ] {
            let mut at_once = Above::NONE;
            at_once.note_last(lines.as_bytes());
            assert_eq!(at_once.gap, gap, "{lines:?}");
            let mut singly = Above::NONE;
            for line in lines.split('\n') {
                singly.note(line.as_bytes());
            }
            assert_eq!(singly.gap, gap, "{lines:?}");
            assert_eq!(singly.start[..singly.len], at_once.start[..at_once.len]);
        }
    }
}
