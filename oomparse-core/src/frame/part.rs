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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Author, Origin};

    fn of_record(author: Author) -> Frame<'static> {
        Frame {
            kind: FrameKind::Record,
            author,
            host: Some(Cow::Borrowed(b"n1")),
            ..Frame::default()
        }
    }

    #[test]
    fn heads_of_parts() {
        let outer = of_record(Author::UNKNOWN);
        for (text, has_head, tells_author, message) in [
            ("x", false, false, "x"),
            ("[   12.345678] x", true, false, "x"),
            ("[Wed Feb 19 06:41:03 2025] x", true, false, "x"),
            ("<6>x", true, false, "x"),
            ("n2 app[7]: x", true, true, "n2 app[7]: x"),
            ("Jan  5 02:12:02 n2 kernel: x", true, true, "x"),
        ] {
            let part = part(&outer, text.as_bytes());
            assert_eq!(
                (part.has_head, part.tells_author),
                (has_head, tells_author),
                "{text}"
            );
            assert_eq!(&*part.frame.message, message.as_bytes(), "{text}");
            assert_eq!(part.frame.kind, FrameKind::Record, "{text}");
        }
        let part = part(&outer, b"6,1,2,-;x");
        assert_eq!(part.frame.kind, FrameKind::Kmsg);
        assert_eq!(part.frame.sequence, Some(1));
        assert_eq!(part.frame.host.as_deref(), Some(&b"n1"[..]));
    }

    #[test]
    fn the_text_after_a_newline_is_no_line_of_its_own() {
        let outer = of_record(Author::KERNEL);
        for (text, kind, message) in [
            ("    x", FrameKind::Indented, "x"),
            (
                "    [   12.345678] x",
                FrameKind::Indented,
                "[   12.345678] x",
            ),
            (" x", FrameKind::Record, " x"),
            ("x", FrameKind::Record, "x"),
            ("[   12.345678]   x", FrameKind::Record, "  x"),
        ] {
            let part = part(&outer, text.as_bytes());
            assert_eq!(
                (part.frame.kind, &*part.frame.message),
                (kind, message.as_bytes()),
                "{text}"
            );
            assert_eq!(part.frame.origin(), Origin::Kernel, "{text}");
        }
    }

    #[test]
    fn a_number_in_front_is_seldom_a_time() {
        for (text, is_known) in [
            ("2023-01-05T02:12:02Z n1 x", true),
            ("2023 Jan  5 02:12:02 n1 kernel: x", true),
            ("12.345678] x", true),
            ("6,1,2,-;x", true),
            ("1672884722 total pagecache pages", false),
            ("2023 Jan  5 02:12:02 n1 x", false),
            ("1672884722 pages RAM", false),
            ("x", false),
        ] {
            assert_eq!(headed(text.as_bytes()).is_some(), is_known, "{text}");
        }
    }
}
