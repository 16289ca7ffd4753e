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
