//! A part of a record or of a line: a text that may begin with its own prefix.
//!
//! ```text
//! [    5.200000] Killed process 11 (php) …                   a line of a log that came as one text
//! Jan  5 02:12:02 n1 kernel: Killed process 11 (php) …       the same, from a syslog
//! Killed process 11 (php) …                                  what stands there is all there is
//! ```

use super::{Frame, FrameKind, MOST_NESTED, find, known_format};
use alloc::borrow::Cow;

/// A part, with its frame.
pub(crate) struct Part<'a> {
    /// The data of its own prefix, or else of the whole's.
    pub(crate) frame: Frame<'a>,
    /// It begins with its own prefix.
    pub(crate) has_head: bool,
    /// Its prefix shows who wrote it.
    pub(crate) tells_author: bool,
}

/// Frames a part of the text that `outer` frames.
///
/// If the author is known, only a log line's prefix is looked for: marks and names before the text are then part
/// of the text.
pub(crate) fn part<'a>(outer: &Frame<'a>, text: &'a [u8]) -> Part<'a> {
    if outer.author.is_known() {
        part_of_line(outer, text)
    } else {
        joined(outer, text, Some(find(text, MOST_NESTED)))
    }
}

/// Frames a part of a line like [`part`] does if the author is known.
///
/// Only its first bytes decide: searching the rest of the text for each of many parts would take quadratic time.
pub(crate) fn part_of_line<'a>(outer: &Frame<'a>, text: &'a [u8]) -> Part<'a> {
    joined(outer, text, headed(text))
}

fn joined<'a>(outer: &Frame<'a>, text: &'a [u8], inner: Option<Frame<'a>>) -> Part<'a> {
    let mut inner = inner.unwrap_or_else(|| Frame {
        message: Cow::Borrowed(text),
        ..Frame::default()
    });
    inner.note_len(text);
    let tells_author = inner.author.is_known();
    let has_head = inner.kernel_time_us.is_some()
        || inner.wall.is_some()
        || inner.level.is_some()
        || tells_author;
    // dmesg and journalctl indent the text after a newline: it is not a separate line, even if it looks like one.
    let is_after = inner.kind == FrameKind::Bare && text.starts_with(b"  ");
    let message = match inner.message {
        Cow::Borrowed(message) if is_after => Cow::Borrowed(message.trim_ascii_start()),
        message => message,
    };
    let frame = Frame {
        kind: match inner.kind {
            _ if is_after => FrameKind::Indented,
            FrameKind::Kmsg | FrameKind::KmsgDictionary => inner.kind,
            _ => outer.kind,
        },
        author: if tells_author {
            inner.author
        } else {
            outer.author
        },
        level: inner.level.or(outer.level),
        kernel_time_us: inner.kernel_time_us.or(outer.kernel_time_us),
        wall: inner.wall.or(outer.wall),
        sequence: inner.sequence,
        fragment: inner.fragment,
        caller: inner.caller.or_else(|| outer.caller.clone()),
        host: inner.host.or_else(|| outer.host.clone()),
        boot_id: inner.boot_id.or_else(|| outer.boot_id.clone()),
        line_len: inner.line_len,
        message,
    };
    Part {
        frame,
        has_head,
        tells_author,
    }
}

/// The frame of a text with a prefix. Some of the kernel's own texts begin with a number that is not a time.
fn headed(text: &[u8]) -> Option<Frame<'_>> {
    let frame = known_format(text, MOST_NESTED)?;
    let is_number = matches!(text, [b'0'..=b'9', ..]) && frame.kind == FrameKind::Syslog;
    let is_date = text.get(4) == Some(&b'-') || frame.author.is_known();
    (!is_number || is_date).then_some(frame)
}

impl Frame<'_> {
    /// The frame without its message.
    pub(crate) fn head(&self) -> Frame<'_> {
        fn borrowed<'a>(name: &'a Option<Cow<'_, [u8]>>) -> Option<Cow<'a, [u8]>> {
            name.as_deref().map(Cow::Borrowed)
        }
        Frame {
            kind: self.kind,
            author: self.author,
            level: self.level,
            kernel_time_us: self.kernel_time_us,
            wall: self.wall,
            sequence: self.sequence,
            fragment: self.fragment,
            caller: borrowed(&self.caller),
            host: borrowed(&self.host),
            boot_id: borrowed(&self.boot_id),
            line_len: self.line_len,
            message: Cow::Borrowed(&[]),
        }
    }
}
