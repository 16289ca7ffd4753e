//! A part of a log, read so that the parts of a log together produce what the whole log produces.
//!
//! ```text
//!            start - warmup          start                       end
//! ──────────────┼──────────────────────┼───────────────────────────┼──────────
//!          ╰─ from a line's beginning  │ what leaves here is kept  │
//!             read, and its events     │                           │
//!             dropped                  │                           │
//! ```
//!
//! An event belongs to the part in which the parser emits it, that is, where the byte is read that completes it.
//! The bytes before `start` show what is open there, because nothing stays open for longer than
//! [`MAX_REPORT_LEN`] bytes of the log.
//!
//! A part does not know what a parser remembers of an unlimited past, if it is more than [`WARMUP`] bytes back:
//!
//! * kills that were reported: if a line of such a kill comes only then, like the reaper's, or comes again, as in
//!   a second copy of the log, it makes one more event;
//! * `suppressed_reports`, if the line with the count is that far back;
//! * the order of removal of more than [`MAX_STREAMS`](oomparse_core::limits::MAX_STREAMS) hosts.

use crate::source::refuse_packed;
use memchr::memrchr;
use oomparse_core::limits::MAX_REPORT_LEN;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// How many bytes before a part are read to find what is open at its start: the longest open report, and what
/// that depends on: which kills were already reported. Almost all of it is only searched for a few words.
pub const WARMUP: u64 = 4 * MAX_REPORT_LEN;

/// How much is read at a time to find the start of a line.
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
    /// The position of the next bytes.
    at: u64,
    range: Range<u64>,
    /// The length of the file when it was opened.
    len: u64,
}

impl<F: Read + Seek> Part<F> {
    /// The bytes of `range` (including its start, excluding its end), with at least `warmup` bytes before them,
    /// from the start of a line.
    ///
    /// # Errors [`InvalidData`](io::ErrorKind::InvalidData) if the file is compressed or an archive, which cannot
    /// be split; and any error from reading.
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

    /// The next bytes, and whether the events that they complete belong to this part; `None` at its end.
    ///
    /// # Errors Any error from reading.
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

    /// The position in the log of the next read.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Whether it ends at the end of the log: then what is open at its end belongs to it too.
    pub fn is_last(&self) -> bool {
        self.range.end == self.len && self.range.start < self.len
    }
}

/// The last start of a line at or before a position.
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
