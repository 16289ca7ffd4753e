//! Remembers what precedes and follows the text of the last record: a shipper's records of one report differ only in
//! the clock's decimals and in the message.
//!
//! ```text
//! {"log":"Jan  5 00:01:21 node-7 kernel: [198624.361628] anon 127506432"}
//! └──────────────── remembered ─────────────────┘└─────┘ └────────────┘└┘ remembered
//! ```
//!
//! A record is read so only if its message has no escape and shows nothing about its author; all else is, byte for
//! byte, as in a record that was read in full.

use super::{MICROS_LEN, before_stamp, micros_of, place_of};
use crate::frame::{Author, Fragment, Frame, FrameKind, known_format};
use crate::line::tasks::begins_row;
use crate::time::WallTime;
use alloc::borrow::Cow;

/// Both parts together, in bytes: a few keys, a host's name, a stamp.
const MAX_LEN: usize = 256;

/// Frames records of a shipper, each of them a JSON object on one line.
///
/// The result is that of a new [`Framer`](crate::Framer), but the records of one report are read faster one after the
/// other than each by itself: for hosts that pass nothing but records, such as Fluent Bit's `wasm` filter.
///
/// # Example
/// ```
/// use oomparse_core::RecordFramer;
///
/// let mut records = RecordFramer::new();
/// for record in [
///     br#"{"log":"Jan  5 00:01:21 n1 kernel: [198624.361628] anon 127506432"}"#,
///     br#"{"log":"Jan  5 00:01:21 n1 kernel: [198624.361631] file 000000000"}"#,
/// ] {
///     let frame = records.frame(record).unwrap();
///     assert_eq!(frame.host.as_deref(), Some(&b"n1"[..]));
/// }
/// assert!(records.frame(b"text").is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct RecordFramer {
    last: Surroundings,
}

impl RecordFramer {
    /// A framer that has seen no records yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The frame of a record; `None` if it is not one, or has neither a text nor a sign of its author.
    pub fn frame<'a>(&mut self, record: &'a [u8]) -> Option<Frame<'a>> {
        if !record.starts_with(b"{") {
            return None;
        }
        self.last.frame(record).or_else(|| {
            let frame = known_format(record, 0);
            self.last.remember(record, frame.as_ref());
            frame
        })
    }
}

/// What surrounds the clock's decimals and the message of the last record, and what that says.
#[derive(Clone, Debug)]
struct Surroundings {
    /// What precedes the decimals, and what follows the message.
    bytes: [u8; MAX_LEN],
    /// 0 if the next record is read in full.
    head_len: usize,
    len: usize,
    /// The position of the host; empty if there is none.
    host: (usize, usize),
    author: Author,
    level: Option<u8>,
    wall: Option<WallTime>,
    seconds_us: u64,
    /// The length that the frame notes of its line, without the message's; 0 if it notes none.
    line_len: usize,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            bytes: [0; MAX_LEN],
            head_len: 0,
            len: 0,
            host: (0, 0),
            author: Author::UNKNOWN,
            level: None,
            wall: None,
            seconds_us: 0,
            line_len: 0,
        }
    }
}

impl Surroundings {
    /// Remembers a record that was read in full, if the next one may be read by comparing it.
    fn remember(&mut self, line: &[u8], frame: Option<&Frame<'_>>) {
        self.head_len = 0;
        if let Some(frame) = frame {
            let _ = self.note(line, frame);
        }
    }

    fn note(&mut self, line: &[u8], frame: &Frame<'_>) -> Option<()> {
        let Cow::Borrowed(message) = frame.message else {
            return None;
        };
        let (start, end) = place_of(message, line)?;
        let (head, decimals) = line.get(..start)?.split_last_chunk::<MICROS_LEN>()?;
        let tail = line.get(end..)?;
        // The tag marks the start of the text; the quote is its end.
        let is_kernels = frame.kind == FrameKind::Record
            && frame.author.is_kernel()
            && before_stamp(head)?.ends_with(b" kernel: ")
            && tail.first() == Some(&b'"');
        let has_more = frame.caller.is_some()
            || frame.boot_id.is_some()
            || frame.sequence.is_some()
            || frame.fragment != Fragment::Unknown;
        if !is_kernels || has_more {
            return None;
        }
        #[cfg(feature = "carriers")]
        if !crate::frame::record::has_text_key(line) {
            return None;
        }
        let len = head.len().saturating_add(tail.len());
        let (to_head, to_tail) = self.bytes.get_mut(..len)?.split_at_mut(head.len());
        to_head.copy_from_slice(head);
        to_tail.copy_from_slice(tail);
        self.len = len;
        self.host = match &frame.host {
            None => (0, 0),
            Some(host) => place_of(host, head)?,
        };
        self.author = frame.author;
        self.level = frame.level;
        self.wall = frame.wall;
        self.seconds_us = frame.kernel_time_us?.checked_sub(micros_of(decimals)?)?;
        self.line_len = frame.line_len.saturating_sub(message.len());
        self.head_len = head.len();
        Some(())
    }

    /// The frame of a record that differs from the last one in nothing but the decimals and the message.
    fn frame<'a>(&self, line: &'a [u8]) -> Option<Frame<'a>> {
        let bytes = self.bytes.get(..self.len)?;
        let (head, tail) = bytes.split_at_checked(self.head_len)?;
        if head.is_empty() {
            return None;
        }
        let rest = line.strip_prefix(head)?.strip_suffix(tail)?;
        let (decimals, message) = rest.split_first_chunk::<MICROS_LEN>()?;
        if !is_plain(message) {
            return None;
        }
        let (start, end) = self.host;
        let host = line.get(start..end).filter(|host| !host.is_empty());
        let micros = self.seconds_us.checked_add(micros_of(decimals)?)?;
        Some(Frame {
            kind: FrameKind::Record,
            author: self.author,
            level: self.level,
            wall: self.wall,
            kernel_time_us: Some(micros),
            line_len: match self.line_len {
                0 => 0,
                len => len.saturating_add(message.len()),
            },
            host: host.map(Cow::Borrowed),
            message: Cow::Borrowed(message),
            ..Frame::default()
        })
    }
}

/// Whether a message is not escaped and shows nothing about its author: a bracket may begin the caller, a number sign
/// is a code for a byte, and `[7]:` ends a program's name.
fn is_plain(message: &[u8]) -> bool {
    if matches!(message, [] | [.., b' ']) || message.starts_with(b"[") && !begins_row(message) {
        return false;
    }
    let mut before = 0;
    for byte in message {
        if matches!(byte, 0..=0x1f | b'"' | b'\\' | b'#') || (before, *byte) == (b']', b':') {
            return false;
        }
        before = *byte;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Framer;
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    const MESSAGES: [&str; 24] = [
        "anon 127506432",
        "file 0",
        "",
        " ",
        "anon 1 ",
        "[   7777]     0  7777     1000      500     4096        0           900 sh",
        "[ T123] anon 5",
        "[7]: x",
        "java[7]: x",
        "a#012b",
        "a\\nb",
        "a\\\"b",
        "a\"b",
        "caf\u{e9}",
        "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        "x\u{1b}[0m",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=a,pid=7,uid=0",
        "kernel: anon 5",
        "Jan  5 00:01:21 n2 kernel: [7.000001] anon 5",
        "{\"log\":1}",
        "x cpuset=/a mems_allowed=0",
        "Task in /a killed as a result of limit of /a",
        "n2 kernel: [8.000001] Killed process 7 (a)",
        "I0105 02:12:02.000001 7 a.go:1] x",
    ];

    fn syslog(message: &str, micros: u32) -> String {
        format!("Jan  5 00:01:21 n1 kernel: [198624.{micros:06}] {message}")
    }

    /// A record of a message, and of the clock's decimals.
    type Shape = fn(&str, u32) -> String;

    const SHAPES: [Shape; 16] = [
        |message, micros| format!("{{\"log\":\"{}\"}}", syslog(message, micros)),
        |message, micros| {
            format!(
                "{{\"message\":\"{}\",\"host\":\"h\"}}",
                syslog(message, micros)
            )
        },
        |message, micros| {
            format!(
                "{{\"host\":\"h\",\"message\":\"{}\"}} ",
                syslog(message, micros)
            )
        },
        |message, micros| {
            format!(
                "{{\"log\":\"{}\",\"stream\":\"stdout\"}}",
                syslog(message, micros)
            )
        },
        |message, micros| format!("{{\"output\":\"{}\"}}", syslog(message, micros)),
        |message, micros| {
            format!(
                "{{\"_TRANSPORT\":\"kernel\",\"MESSAGE\":\"{}\"}}",
                syslog(message, micros)
            )
        },
        |message, micros| {
            format!("{{\"ident\":\"kernel\",\"message\":\"[198624.{micros:06}] {message}\"}}")
        },
        |message, micros| format!("{{\"log\":\"<4>{}\\n\"}}", syslog(message, micros)),
        |message, micros| format!("{{\"log\":\"<4>{}\"}}", syslog(message, micros)),
        |message, micros| {
            format!(
                "{{\"boot_id\":\"ab\",\"log\":\"{}\"}}",
                syslog(message, micros)
            )
        },
        |message, micros| {
            format!(
                "{{\"priority\":4,\"sequence\":1,\"sec\":5,\"usec\":7,\"msg\":\"{}\"}}",
                syslog(message, micros)
            )
        },
        |message, micros| format!("{{\"log\":\"n1 kernel: [198624.{micros:06}] {message}\"}}"),
        |message, micros| format!("{{\"log\":\"kernel: [198624.{micros:06}] {message}\"}}"),
        |message, micros| {
            format!("{{\"log\":\"/var/log/a:7:n1 kernel: [198624.{micros:06}] {message}\"}}")
        },
        |message, micros| format!("{{\"log\":\"> {}\"}}", syslog(message, micros)),
        |message, micros| {
            format!(
                "{{\"log\":\"2023-01-05T02:12:02+08:00 n1 kernel: [198624.{micros:06}] {message}\"}}"
            )
        },
    ];

    /// Records of these messages, one after the other in each order of two, are read as each by itself.
    #[test]
    fn a_record_after_another_is_read_as_by_itself() {
        let mut hits = 0;
        for shape in SHAPES {
            for one in MESSAGES {
                for two in MESSAGES {
                    let lines = [shape(one, 1), shape(two, 2)];
                    let mut records = RecordFramer::new();
                    records.frame(lines[0].as_bytes());
                    hits += usize::from(records.last.frame(lines[1].as_bytes()).is_some());
                    let found = records.frame(lines[1].as_bytes());
                    let alone = RecordFramer::new().frame(lines[1].as_bytes());
                    assert_eq!(found, alone, "{lines:?}");
                    let line = Framer::new().frame(lines[1].as_bytes());
                    assert!(found.is_none() || found == line, "{lines:?}");
                }
            }
        }
        assert!(hits > 200, "{hits}");
        let cut: Vec<u8> = SHAPES[0]("anon 5", 1).into_bytes();
        let mut records = RecordFramer::new();
        records.frame(&cut);
        for end in 0..cut.len() {
            let alone = RecordFramer::new().frame(&cut[..end]);
            assert_eq!(records.clone().frame(&cut[..end]), alone, "{end}");
        }
    }
}
