//! A part of a log, read so that the parts of a log together give what the whole does.
//!
//! ```text
//!            start - warmup          start                       end
//! ──────────────┼──────────────────────┼───────────────────────────┼──────────
//!          ╰─ from a line's beginning  │ what leaves here is kept  │
//!             read, and its events     │                           │
//!             dropped                  │                           │
//! ```
//!
//! An event belongs to the part in which it leaves the parser: where the byte is read that completes it. What is
//! open at `start` is known from the bytes before it, for nothing stays open for longer than
//! [`MAX_REPORT_LEN`] bytes of the log.
//!
//! What a parser remembers of an unbounded past is another in a part, if it is of more than [`WARMUP`] bytes before:
//!
//! * kills that were told: a line of such a kill that comes only then, as the reaper's, or comes again, as in a
//!   second copy of the log, makes one more event;
//! * `suppressed_reports`, where the line that tells it stands so far back;
//! * the order of leaving of more than [`MAX_STREAMS`](oomparse_core::limits::MAX_STREAMS) hosts.

use crate::source::refuse_packed;
use memchr::memrchr;
use oomparse_core::limits::MAX_REPORT_LEN;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// How many bytes before a part are read for what is open at its start: as much as may be open, and what that rests
/// on: which kills were told already. Nearly all of it is only searched for a few words.
pub const WARMUP: u64 = 4 * MAX_REPORT_LEN;

/// How much is looked at for the beginning of a line.
const STEP: u64 = 64 << 10;

/// A part of a log.
///
/// # Example
/// ```
/// use oomparse_core::Parser;
/// use oomparse_input::{Part, WARMUP};
/// use std::io::Cursor;
///
/// let log = b"[1.0] Killed process 7 (a)\n[9.0] Killed process 8 (b)\n";
/// let mut found = Vec::new();
/// for range in [0..30, 30..1000] {
///     let mut part = Part::open(Cursor::new(log), range, WARMUP)?;
///     let (mut parser, mut buffer) = (Parser::new(), vec![0; 4096]);
///     while let Some((bytes, is_kept)) = part.read(&mut buffer)? {
///         parser.push_chunk(bytes);
///         let events = std::iter::from_fn(|| parser.next_event());
///         found.extend(events.filter(|_| is_kept));
///     }
///     if part.is_last() {
///         parser.finish();
///         found.extend(std::iter::from_fn(|| parser.next_event()));
///     }
/// }
/// assert_eq!(found.len(), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Part<F> {
    file: F,
    /// Where the next bytes stand.
    at: u64,
    range: Range<u64>,
    /// How long the file was when it was opened.
    len: u64,
}

impl<F: Read + Seek> Part<F> {
    /// The bytes of `range` (its start is in it, its end is not), with at least `warmup` bytes before them, from
    /// the beginning of a line.
    ///
    /// # Errors
    /// [`InvalidData`](io::ErrorKind::InvalidData) if the file is packed or an archive, for such cannot be cut; and
    /// what reading fails with.
    pub fn open(mut file: F, range: Range<u64>, warmup: u64) -> io::Result<Self> {
        refuse_packed(&mut file)?;
        let len = file.seek(SeekFrom::End(0))?;
        let end = range.end.min(len);
        let range = range.start.min(end)..end;
        let at = line_before(&mut file, range.start.saturating_sub(warmup))?;
        file.seek(SeekFrom::Start(at))?;
        Ok(Self {
            file,
            at,
            range,
            len,
        })
    }

    /// The next bytes, and whether the events that they complete are this part's; nothing at its end.
    ///
    /// # Errors
    /// What reading fails with.
    pub fn read<'b>(&mut self, buffer: &'b mut [u8]) -> io::Result<Option<(&'b [u8], bool)>> {
        let is_kept = self.at >= self.range.start;
        let until = if is_kept {
            self.range.end
        } else {
            self.range.start
        };
        let most = usize::try_from(until.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let room = buffer.len().min(most);
        let Some(room) = buffer.get_mut(..room).filter(|room| !room.is_empty()) else {
            return Ok(None);
        };
        let read = loop {
            match self.file.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.at += read as u64;
        let bytes = room.get(..read).unwrap_or_default();
        Ok((read > 0).then_some((bytes, is_kept)))
    }

    /// How many bytes of the log stand before what is read next.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Whether it ends where the log does: then what is open at its end is its own too.
    pub fn is_last(&self) -> bool {
        self.range.end == self.len && self.range.start < self.len
    }
}

/// The last beginning of a line at or before a place.
fn line_before(file: &mut (impl Read + Seek), place: u64) -> io::Result<u64> {
    let mut end = place;
    while end > 0 {
        let start = end.saturating_sub(STEP);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.by_ref().take(end - start).read_to_end(&mut bytes)?;
        if let Some(at) = memrchr(b'\n', &bytes) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn pieces(log: &[u8], range: Range<u64>, warmup: u64) -> (String, String, bool) {
        let mut part = Part::open(Cursor::new(log), range, warmup).unwrap();
        let (mut before, mut own, mut buffer) = (Vec::new(), Vec::new(), [0; 3]);
        while let Some((bytes, is_kept)) = part.read(&mut buffer).unwrap() {
            if is_kept { &mut own } else { &mut before }.extend_from_slice(bytes);
        }
        let [before, own] = [before, own].map(|bytes| String::from_utf8(bytes).unwrap());
        (before, own, part.is_last())
    }

    #[test]
    fn begins_with_a_line_and_ends_where_it_is_told() {
        let log = b"first\nsecond\nthird\n";
        let of = |before: &str, own: &str, last| (before.to_owned(), own.to_owned(), last);
        assert_eq!(pieces(log, 0..4, 9), of("", "firs", false));
        assert_eq!(pieces(log, 15..17, 3), of("second\nth", "ir", false));
        assert_eq!(pieces(log, 15..17, 2), of("th", "ir", false));
        assert_eq!(pieces(log, 15..99, 0), of("th", "ird\n", true));
        assert_eq!(pieces(log, 19..99, 0), of("", "", false));
        assert_eq!(pieces(b"", 0..99, 9), of("", "", false));
    }

    #[test]
    fn a_long_line_is_found_from_its_beginning() {
        let log = [b"a\n", vec![b'x'; 200_000].as_slice()].concat();
        let mut part = Part::open(Cursor::new(&log), 190_000..190_001, 10).unwrap();
        assert_eq!(part.position(), 2);
        assert!(part.read(&mut [0; 8]).unwrap().is_some());
    }

    #[test]
    fn what_is_packed_is_refused() {
        let packed = [0x1f, 0x8b, 0x08, 0, 0, 0];
        let error = Part::open(Cursor::new(packed), 0..3, 0).unwrap_err();
        assert!(error.to_string().ends_with("read it whole"), "{error}");
    }
}
