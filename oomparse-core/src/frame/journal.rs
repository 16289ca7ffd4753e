//! journald's own text formats whose entries span lines. (`-o short` and similar formats are syslog lines, `-o
//! json` is a record, `-o cat` has no prefix at all.)
//!
//! ```text
//! __CURSOR=s=bf0d84…;i=928;b=00abde…                 journalctl -o export
//! _TRANSPORT=kernel
//! SYSLOG_FACILITY=1
//! MESSAGE=oom-kill:constraint=CONSTRAINT_MEMCG,…
//!                                                    (an empty line ends the entry)
//! Thu 2023-01-05 02:12:02.123456 CST [s=bf0d84…]     journalctl -o verbose
//!     _TRANSPORT=kernel
//!     MESSAGE=oom-kill:constraint=CONSTRAINT_MEMCG,…
//! ```
//!
//! Fields come in any order. An export entry is kept until its end, so that a facility after the message still
//! counts. A value that is not plain text is written as the key alone, then eight bytes of length (little
//! endian), then the bytes. A verbose entry ends where the next one begins, or at the end of the log; further
//! lines of a value are indented by the width of its key. `MESSAGE=` outside an entry is a message of unknown
//! origin.

use super::scan::{number, split_once};
use super::{Frame, FrameKind, Provenance, stamp, without_return};
use crate::bytes::memmem;
use crate::limits::MAX_LINE_LEN;
use crate::source::Parent;
use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Lines of one entry; a kernel's entry has about 20. A longer entry is skipped to its end.
const MAX_ENTRY_LINES: u32 = 512;

/// How many lines of other logs may occur in an entry before it is given up: then it was not one, or lost its
/// end.
const MAX_FOREIGN_LINES: u32 = 64;

/// An entry that is being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    is_verbose: bool,
    lines: u32,
    provenance: Provenance,
    level: Option<u8>,
    kernel_time_us: Option<u64>,
    wall: Option<WallTime>,
    host: Option<Vec<u8>>,
    boot_id: Option<Vec<u8>>,
    message: Option<Vec<u8>>,
    /// The value that is being read by its length.
    binary: Option<Binary>,
    /// The verbose field of the last line: whether it is the message, and the indentation of its value.
    field: (bool, usize),
    /// It is longer than a kernel's entry can be, or damaged: nothing in it is used.
    passed_over: bool,
    foreign: u32,
}

/// A value that is not plain text.
#[derive(Clone, Debug, Default)]
struct Binary {
    is_message: bool,
    /// The line of its key ends in a carriage return, which no key contains: so somebody's copy added one to
    /// every line.
    has_returns: bool,
    /// The eight bytes of its length, and the value if it is the message.
    bytes: Vec<u8>,
    /// How many bytes have come, including line ends; `None` before the first line.
    seen: Option<u64>,
}

/// What a line means for an open entry.
pub(super) enum Step<'a> {
    /// The entry continues.
    Field,
    /// The entry is complete; it may have had no message.
    End(Option<Frame<'a>>),
    /// Not a line of an entry, or the first line after it.
    Foreign,
    /// Not a line of the entry, which continues after it.
    Within,
}

/// The entry that the line begins.
pub(super) fn opens(line: &[u8]) -> Option<Entry> {
    if line.starts_with(b"__CURSOR=") {
        return Some(Entry::default());
    }
    if !line.ends_with(b"]") || memmem::find(line, b" [s=").is_none() {
        return None;
    }
    let mut stamp = stamp::iso(stamp::after_weekday(line)?)?;
    stamp.skip_named_zone();
    stamp.rest.starts_with(b" [s=").then(|| Entry {
        is_verbose: true,
        wall: stamp.wall,
        ..Entry::default()
    })
}

/// `MESSAGE=text` of an entry whose beginning is missing.
pub(super) fn lone_message(line: &[u8]) -> Option<Frame<'_>> {
    Some(Frame {
        kind: FrameKind::Journal,
        message: Cow::Borrowed(line.strip_prefix(b"MESSAGE=")?),
        ..Frame::default()
    })
}

impl Entry {
    /// Takes the next line of the entry, including a carriage return at its end; this many of its bytes were
    /// dropped.
    pub(super) fn line<'a>(&mut self, line: &'a [u8], dropped: usize) -> Step<'a> {
        self.lines = self.lines.saturating_add(1);
        if self.lines > MAX_ENTRY_LINES {
            self.pass_over();
        }
        if self.is_verbose {
            return self.verbose_line(without_return(line));
        }
        if let Some(mut binary) = self.binary.take() {
            if !binary.line(line, dropped) {
                self.binary = Some(binary);
            } else if binary.is_message && !self.passed_over {
                match binary.into_message() {
                    Some(message) => self.message = Some(message),
                    None => self.pass_over(),
                }
            }
            return Step::Field;
        }
        let (line, whole) = (without_return(line), line);
        if line.is_empty() {
            return Step::End(self.take_frame());
        }
        match split_once(line, b'=') {
            Some((key, value)) if is_key(key) => {
                if self.passed_over && key == b"__CURSOR" {
                    *self = Self::default();
                }
                self.set(key, value);
                Step::Field
            }
            None if is_key(line) => {
                self.provenance.there(Parent::Any.place(line).0);
                self.binary = Some(Binary {
                    is_message: line == b"MESSAGE",
                    has_returns: line.len() < whole.len(),
                    ..Binary::default()
                });
                Step::Field
            }
            _ => self.foreign(),
        }
    }

    /// Skips the rest of the entry: its author is unknown, and may be a program.
    fn pass_over(&mut self) {
        self.passed_over = true;
        self.message = None;
    }

    /// A line that no export contains: the entry is damaged, or it was not one.
    fn foreign<'a>(&mut self) -> Step<'a> {
        self.pass_over();
        self.foreign = self.foreign.saturating_add(1);
        if self.foreign > MAX_FOREIGN_LINES {
            return Step::Foreign;
        }
        Step::Within
    }

    fn verbose_line<'a>(&mut self, line: &'a [u8]) -> Step<'a> {
        let field = line
            .strip_prefix(b"    ")
            .and_then(|line| split_once(line, b'='));
        if let Some((key, value)) = field.filter(|(key, _)| is_key(key)) {
            // Four blanks, the key, the equals sign.
            self.field = (key == b"MESSAGE", key.len().saturating_add(5));
            self.set(key, value);
            return Step::Field;
        }
        let (is_message, indent) = self.field;
        // A copy may have lost the blanks at the end of a line.
        let is_blank = line.iter().all(|byte| *byte == b' ');
        let more = line
            .split_at_checked(indent)
            .filter(|(blanks, _)| indent > 0 && blanks.iter().all(|byte| *byte == b' '));
        let more = match more {
            Some((_, more)) => more,
            None if is_blank => &[],
            None => return Step::Foreign,
        };
        if is_message
            && let Some(message) = &mut self.message
            && message.len().saturating_add(more.len()) < MAX_LINE_LEN
        {
            message.push(b'\n');
            message.extend_from_slice(more);
        }
        Step::Field
    }

    /// Whether the line comes after this entry, whose end is not marked.
    pub(super) fn ends_before(&self, line: &[u8]) -> bool {
        self.is_verbose && !without_return(line).is_empty() && !line.starts_with(b"    ")
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        let whole = || match number(value)? {
            (value, []) => Some(value),
            _ => None,
        };
        match key {
            b"MESSAGE" if self.passed_over => return,
            b"MESSAGE" => return self.message = Some(value.to_vec()),
            b"PRIORITY" => {
                self.level = whole().and_then(|value| u8::try_from(value).ok());
                self.level = self.level.filter(|level| *level <= 7);
            }
            b"_HOSTNAME" => self.host = Some(value.to_vec()),
            b"_BOOT_ID" => self.boot_id = Some(value.to_vec()),
            b"_SOURCE_MONOTONIC_TIMESTAMP" => self.kernel_time_us = whole(),
            b"__REALTIME_TIMESTAMP" => {
                self.wall = whole().and_then(WallTime::from_unix_micros);
            }
            _ => {}
        }
        self.provenance.text(Parent::Any.place(key).0, value);
    }

    pub(super) fn take_frame<'a>(&mut self) -> Option<Frame<'a>> {
        let message = self.message.take()?;
        Some(self.frame(Cow::Owned(message)))
    }

    fn frame<'a>(&mut self, message: Cow<'a, [u8]>) -> Frame<'a> {
        Frame {
            kind: FrameKind::Journal,
            level: self.level,
            kernel_time_us: self.kernel_time_us,
            wall: self.wall,
            host: self.host.take().map(Cow::Owned),
            boot_id: self.boot_id.take().map(Cow::Owned),
            message,
            ..Frame::default()
        }
        .by(self.provenance.decide())
    }
}

/// Length of the number that precedes a value.
const LENGTH_LEN: usize = 8;

impl Binary {
    /// Takes the next line of the value, of which this many bytes were dropped; returns whether the value is
    /// complete.
    fn line(&mut self, line: &[u8], dropped: usize) -> bool {
        let line = if self.has_returns {
            without_return(line)
        } else {
            line
        };
        let most = if self.is_message { MAX_LINE_LEN } else { 0 };
        let most = most.saturating_add(LENGTH_LEN);
        let mut seen = 0u64;
        if let Some(before) = self.seen {
            seen = before.saturating_add(1);
            if self.bytes.len() < most {
                self.bytes.push(b'\n');
            }
        }
        let room = most.saturating_sub(self.bytes.len());
        let kept = line.get(..room).unwrap_or(line);
        self.bytes.extend_from_slice(kept);
        let len = line.len().saturating_add(dropped);
        seen = seen.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        self.seen = Some(seen);
        let after_length = seen.checked_sub(LENGTH_LEN as u64);
        after_length.is_some_and(|value| value >= self.length().unwrap_or(0))
    }

    fn length(&self) -> Option<u64> {
        let length = self.bytes.first_chunk::<LENGTH_LEN>()?;
        Some(u64::from_le_bytes(*length))
    }

    /// The message, if the value is one and was kept completely.
    fn into_message(mut self) -> Option<Vec<u8>> {
        let length = usize::try_from(self.length()?).ok()?;
        let end = length.checked_add(LENGTH_LEN)?;
        if !self.is_message || self.bytes.len() < end {
            return None;
        }
        self.bytes.truncate(end);
        self.bytes.drain(..LENGTH_LEN);
        Some(self.bytes)
    }
}

fn is_key(key: &[u8]) -> bool {
    (1..=64).contains(&key.len())
        && key
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verbose_entry_begins_with_a_field() {
        let head = b"Thu 2023-01-05 02:12:02.000001 UTC [s=1;i=2;b=3;m=4;t=5;x=6]";
        let mut entry = opens(head).unwrap();
        assert!(matches!(entry.line(b"text", 0), Step::Foreign));
        assert!(matches!(entry.line(b"    MESSAGE=a text", 0), Step::Field));
        // Its value goes on below its first byte.
        assert!(matches!(entry.line(b"            more", 0), Step::Field));
        assert_eq!(entry.message.as_deref(), Some(&b"a text\nmore"[..]));
        assert!(matches!(entry.line(b"text", 0), Step::Foreign));
    }

    /// The message of an export entry with these lines, if it ends and has one.
    fn exported(lines: &[&[u8]]) -> Option<Frame<'static>> {
        let mut entry = opens(b"__CURSOR=s=1").unwrap();
        for line in lines {
            match entry.line(line, 0) {
                Step::Field | Step::Within => {}
                Step::End(frame) => return frame.map(Frame::into_owned),
                Step::Foreign => return None,
            }
        }
        None
    }

    fn message(lines: &[&[u8]]) -> Option<Vec<u8>> {
        exported(lines).map(|frame| frame.message.into_owned())
    }

    #[test]
    fn lines_that_begin_an_entry() {
        for (line, begins) in [
            ("__CURSOR=s=1", true),
            ("Thu 2023-01-05 02:12:02.000001 UTC [s=1;i=2]", true),
            ("Thu 2023-01-05 02:12:02.000001 UTC [s=1;i=2", false),
            ("Thu 2023-01-05 02:12:02.000001 UTC [i=2]", false),
            ("Thu 2023-01-05 02:12:02.000001 UTC n1 x [s=1]", false),
            ("__CURSOR", false),
        ] {
            assert_eq!(opens(line.as_bytes()).is_some(), begins, "{line}");
        }
    }

    #[test]
    fn fields_of_an_entry() {
        let frame = exported(&[
            b"_BOOT_ID=00ab",
            b"__REALTIME_TIMESTAMP=1672884722000000",
            b"MESSAGE=x",
            // Its place among the fields means nothing.
            b"__CURSOR=s=1",
            b"",
        ]);
        let frame = frame.unwrap();
        assert_eq!(
            (&*frame.message, frame.kind),
            (&b"x"[..], FrameKind::Journal)
        );
        assert_eq!(frame.boot_id.as_deref(), Some(&b"00ab"[..]));
        assert_eq!(frame.wall.unwrap().year, Some(2023));
        for (key, found) in [("A_1", true), ("", false), ("a", false), ("A-B", false)] {
            assert_eq!(is_key(key.as_bytes()), found, "{key}");
        }
        assert!(is_key(&[b'A'; 64]) && !is_key(&[b'A'; 65]));
    }

    #[test]
    fn a_damaged_entry_has_no_message() {
        for foreign in ["Jan  5 02:12:02 n1 app[7]: a=b", "text"] {
            let foreign = foreign.as_bytes();
            assert_eq!(message(&[b"MESSAGE=x", foreign, b""]), None);
            assert_eq!(message(&[foreign, b"MESSAGE=x", b""]), None);
            assert_eq!(message(&[foreign, b"PRIORITY=4", b"MESSAGE=x", b""]), None);
            // The next entry, whose beginning was in the damage.
            let next = [foreign, b"MESSAGE=x", b"__CURSOR=s=2", b"MESSAGE=y", b""];
            assert_eq!(message(&next), Some(b"y".to_vec()));
        }
        let mut entry = opens(b"__CURSOR=s=1").unwrap();
        for _ in 0..MAX_FOREIGN_LINES {
            assert!(matches!(entry.line(b"text", 0), Step::Within));
        }
        assert!(matches!(entry.line(b"text", 0), Step::Foreign));
    }

    #[test]
    fn an_entry_has_a_bound() {
        for (fields, is_read) in [(510, true), (511, false)] {
            let mut lines = std::vec![&b"MESSAGE=x"[..]];
            lines.resize(fields + 1, b"A=b");
            lines.push(b"");
            assert_eq!(message(&lines).is_some(), is_read, "{fields}");
        }
    }

    #[test]
    fn values_that_are_not_plain_text() {
        let text = b"\x04\0\0\0\0\0\0\0a\r";
        assert_eq!(
            message(&[b"MESSAGE", text, b"b", b""]),
            Some(b"a\r\nb".to_vec())
        );
        // Somebody's copy has a carriage return in every line.
        let text = b"\x03\0\0\0\0\0\0\0a\r";
        assert_eq!(
            message(&[b"MESSAGE\r", text, b"b\r", b"\r"]),
            Some(b"a\nb".to_vec())
        );
        let other = b"\x01\0\0\0\0\0\0\0a";
        assert_eq!(
            message(&[b"MESSAGE=x", b"A", other, b""]),
            Some(b"x".to_vec())
        );
        assert_eq!(
            message(&[b"A", other, b"MESSAGE=x", b""]),
            Some(b"x".to_vec())
        );
        // Longer than a line may be: the last byte is not kept.
        for (more, is_read) in [(0, true), (1, false)] {
            let len = MAX_LINE_LEN + more;
            let mut line = u64::try_from(len).unwrap().to_le_bytes().to_vec();
            line.resize(LENGTH_LEN + len - 1, b'x');
            assert_eq!(message(&[b"MESSAGE", &line, b"", b""]).is_some(), is_read);
        }
    }

    #[test]
    fn a_verbose_text_with_an_empty_line_and_one_too_long() {
        let head = b"Thu 2023-01-05 02:12:02.000001 UTC [s=1;i=2]";
        let mut entry = opens(head).unwrap();
        for line in ["    MESSAGE=a", "", "            b", "    A=c", "      d"] {
            assert!(
                matches!(entry.line(line.as_bytes(), 0), Step::Field),
                "{line}"
            );
        }
        assert_eq!(entry.message.as_deref(), Some(&b"a\n\nb"[..]));
        for (len, added) in [(MAX_LINE_LEN - 2, 2), (MAX_LINE_LEN - 1, 0)] {
            let mut entry = opens(head).unwrap();
            entry.field = (true, 12);
            entry.message = Some(std::vec![b'x'; len]);
            assert!(matches!(entry.line(b"            b", 0), Step::Field));
            assert_eq!(entry.message.unwrap().len(), len + added);
        }
    }
}
