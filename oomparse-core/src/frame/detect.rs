//! The format of one line by itself.

#[cfg(feature = "carriers")]
use super::FrameKind;
#[cfg(feature = "serde")]
use super::record;
#[cfg(any(feature = "carriers", feature = "serde"))]
use super::stamp;
use super::{Frame, dmesg, journal, kmsg, syslog, wrapper};
#[cfg(feature = "serde")]
use crate::time::WallTime;
#[cfg(feature = "carriers")]
use alloc::borrow::Cow;

/// At this depth a text is not searched for records.
pub(super) const MOST_NESTED: u8 = u8::MAX;

/// The frame of a line whose first byte selects its format.
#[inline]
pub(super) fn known_format(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    match line.first()? {
        b'0'..=b'9' => kmsg::record(line)
            .or_else(|| syslog::numbered_date(line))
            .or_else(|| dmesg::lost_bracket(line)),
        b'[' => dmesg::bracketed(line),
        b'A'..=b'Z' => dmesg::lost_bracket_of_date(line)
            .or_else(|| syslog::named_date(line))
            .or_else(|| marked(line, nested)),
        b'<' => syslog::prioritised(line),
        b'a'..=b'z' => server_sent(line, nested).or_else(|| dmesg::decoded(line)),
        b'{' => object(line, nested),
        // `journalctl -o json-seq` (RFC 7464) begins each record with a record separator.
        0x1e => object(line.get(1..)?, nested),
        _ => None,
    }
}

/// An object as sent by `journalctl -o json-sse` and the journal's gateway: `data: {…}`.
fn server_sent(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    let text = line.strip_prefix(b"data: ")?;
    text.starts_with(b"{").then(|| object(text, nested))?
}

/// A line that begins with a word.
fn marked(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    // If a journal entry came as one record per line, this record has only the line: its author is in another
    // one.
    let lone = (nested == 0).then(|| journal::lone_message(line));
    lone.flatten().or_else(|| wrapper::kibana_row(line))
}

/// The frame of a line whose first bytes match no known format.
pub(super) fn unknown(line: &[u8], nested: u8) -> Frame<'_> {
    wrapper::unwrap(line, nested)
}

#[cfg(feature = "serde")]
fn object(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    record::object(line, nested)
}

/// The author is shown in the record, which is not read.
#[cfg(not(feature = "serde"))]
fn object(line: &[u8], _nested: u8) -> Option<Frame<'_>> {
    wrapper::looks_like_one(line).then(Frame::default)
}

/// The stamp at the start of the text, in microseconds, if it is formatted by printk: six decimals, and a blank
/// after it.
#[cfg(feature = "carriers")]
pub(crate) fn printk_stamp(text: &[u8]) -> Option<u64> {
    let (micros, rest) = stamp::printk(text)?;
    let inside = text.get(..text.len().checked_sub(rest.len())?)?;
    let point = inside.len().checked_sub(8)?;
    (inside.get(point) == Some(&b'.') && rest.starts_with(b" ")).then_some(micros)
}

/// A time in the format of the record.
#[cfg(feature = "serde")]
pub(crate) fn wall_time(text: &[u8]) -> Option<WallTime> {
    let stamp = stamp::iso(text).filter(|stamp| stamp.rest.is_empty())?;
    stamp.wall
}

/// Whether a line shows that a program wrote it.
#[cfg(feature = "carriers")]
pub(crate) fn is_programs(line: &[u8]) -> bool {
    let frame = find(line, 0);
    let is_short = || {
        let found = syslog::short_monotonic(&frame.message)?;
        Some(!found.is_odd && found.author.is_program())
    };
    frame.author.is_program() || frame.kind == FrameKind::Dmesg && is_short().unwrap_or(false)
}

/// Whether a line begins like a log line: with a clock or a tag of a known format.
#[cfg(feature = "carriers")]
pub(crate) fn has_head(line: &[u8]) -> bool {
    known_format(line, 0).is_some_and(|frame| {
        frame.kernel_time_us.is_some() || frame.wall.is_some() || frame.level.is_some()
    })
}

/// The message of a line with a prefix, if the kernel may have written it and it is not escaped.
#[cfg(feature = "carriers")]
pub(crate) fn message_after_head(line: &[u8]) -> Option<&[u8]> {
    let frame = known_format(line, 0)?;
    match (frame.kind, frame.message) {
        (FrameKind::Dmesg | FrameKind::Syslog, Cow::Borrowed(message))
            if !frame.author.is_program() =>
        {
            Some(message)
        }
        _ => None,
    }
}

/// The frame of any line.
pub(super) fn find(line: &[u8], nested: u8) -> Frame<'_> {
    let mut frame = known_format(line, nested).unwrap_or_else(|| unknown(line, nested));
    frame.note_len(line);
    frame
}

#[cfg(all(test, feature = "carriers", feature = "serde"))]
mod tests {
    use super::*;
    use crate::source::Origin;

    #[test]
    fn objects_of_a_stream_of_journal_entries() {
        let entry = r#"{"_TRANSPORT":"kernel","MESSAGE":"x"}"#;
        for front in ["", "\x1e", "data: "] {
            let line = std::format!("{front}{entry}");
            let frame = known_format(line.as_bytes(), 0).unwrap();
            assert_eq!(
                (&*frame.message, frame.origin()),
                (&b"x"[..], Origin::Kernel),
                "{line}"
            );
        }
        assert_eq!(known_format(b"data: x", 0), None);
    }

    #[test]
    fn the_stamp_that_printk_writes() {
        for (text, stamp) in [
            ("[   12.345678] x", Some(12_345_678)),
            ("[    0.000003] x", Some(3)),
            ("[   12.345] x", None),
            ("[   12.3456789] x", None),
            ("[   12.345678]x", None),
            ("12.345678 x", None),
        ] {
            assert_eq!(printk_stamp(text.as_bytes()), stamp, "{text}");
        }
    }

    #[test]
    fn the_time_of_a_record() {
        let wall = wall_time(b"2023-01-05T02:12:02.5Z").unwrap();
        assert_eq!((wall.year, wall.day, wall.second), (Some(2023), 5, 2));
        assert_eq!(wall_time(b"2023-01-05T02:12:02Z x"), None);
        assert_eq!(wall_time(b"now"), None);
    }

    #[test]
    fn lines_that_show_a_program() {
        for (line, found) in [
            ("Jan  5 02:12:02 n1 app[7]: x", true),
            ("Jan  5 02:12:02 n1 kernel: x", false),
            ("Jan  5 02:12:02 n1 kernel: n1 app[7]: x", false),
            ("[   12.345678] n1 app[7]: x", true),
            ("[   12.345678] n1 my app[7]: x", false),
            ("[   12.345678] n1 kernel: x", false),
            ("[   12.345678] x", false),
            ("n1 app[7]: x", true),
            ("x", false),
        ] {
            assert_eq!(is_programs(line.as_bytes()), found, "{line}");
        }
    }

    #[test]
    fn heads_and_what_follows_them() {
        for (line, message) in [
            ("[   12.345678] x", Some("x")),
            ("[Wed Feb 19 06:41:03 2025] x", Some("x")),
            ("<6>x", Some("x")),
            ("Jan  5 02:12:02 n1 kernel: x", Some("x")),
            ("Jan  5 02:12:02 n1 app[7]: x", None),
            ("<14>x", None),
            // Escaped: what is there is not the message.
            ("Jan  5 02:12:02 n1 kernel: x#012y", None),
            ("6,1,2,-;x", None),
        ] {
            assert!(has_head(line.as_bytes()), "{line}");
            let found = message_after_head(line.as_bytes());
            assert_eq!(found, message.map(str::as_bytes), "{line}");
        }
        for line in ["x", "[  +0.000010] x", r#"{"message":"x"}"#] {
            assert!(!has_head(line.as_bytes()), "{line}");
        }
    }
}
