//! Records on one line: the line ends were lost, or are escape codes of a syslog daemon.
//!
//! A record ends where the text cannot come from a name. A process name has at most 15 bytes, too few for the
//! words that begin a kernel line. A cgroup name may be anything: no record ends after one.

use crate::bytes::words::first;
use crate::frame::{Frame, FrameKind, Part, part_of_line};
use crate::line::{Completeness, Line, is_invoked, parse_line};
use alloc::borrow::Cow;

/// A record's text has at most 1,021 bytes, and a carrier may show each of them as four.
const LONGEST_RECORD: usize = 4 * 1021;

/// Most lines show their kind within this many bytes; the rest may be long.
const KIND_SHOWS: usize = 512;

/// A report's first line or a processor's line longer than this is followed by another record, or nearly so.
const LONG: usize = 80;

/// The same for a counter.
const LONG_COUNTER: usize = 56;

/// The beginnings of those kernel lines that do not begin with a name.
const BEGINNINGS: [&[u8]; 16] = [
    b"Killed process ",
    b"Memory cgroup ",
    b"Memory limit reached ",
    b"Out of memory",
    b"Out of Memory: ",
    b"No available memory ",
    b"oom-kill:constraint=",
    b"oom_reaper: ",
    b"oom_kill_process: ",
    b"Task in /",
    b"Tasks in /",
    b"Tasks state (memory",
    b"memory",
    b"swap: usage ",
    b"kmem: usage ",
    b"CPU: ",
];

/// Whether a message may contain another record after the first.
#[inline]
pub(super) fn may_be_several(message: &[u8]) -> bool {
    match message {
        [b'M', b'e', b'm', b'o', b'r', b'y', b' ', b'c', b'g', ..] => true,
        [b'O', b'u', b't', ..] | [b'N', b'o', b' ', ..] => true,
        [b'K', b'i', b'l', ..] | [b'o', b'o', b'm', ..] => true,
        [b'm' | b's' | b'k', ..] if message.len() > LONG_COUNTER => true,
        [b'C' | b'P', ..] => message.len() > LONG,
        _ => message.len() > LONG && is_invoked(message),
    }
}

/// Passes on the records of a line one by one.
pub(super) fn each(frame: &Frame<'_>, emit: &mut dyn FnMut(&Frame<'_>)) {
    let mut current = Frame {
        message: Cow::Borrowed(&*frame.message),
        ..frame.head()
    };
    // Text that had to be rewritten is not split again.
    while let Cow::Borrowed(text) = current.message
        && let Some((first, next)) = first_of_several(&current, text)
    {
        current.message = Cow::Borrowed(first);
        emit(&current);
        current = next;
    }
    emit(&current);
}

/// The first record of a line that contains several, and the rest as its own frame.
fn first_of_several<'a>(outer: &Frame<'a>, text: &'a [u8]) -> Option<(&'a [u8], Frame<'a>)> {
    let window = text.get(..LONGEST_RECORD).unwrap_or(text);
    let mut from = 0usize;
    let mut places = core::iter::from_fn(|| {
        let at = from.checked_add(first(window.get(from..)?, may_end)?)?;
        from = at.checked_add(1)?;
        Some(at)
    });
    places.find_map(|at| {
        let (record, rest) = text.split_at_checked(at)?;
        let rest = match rest {
            // In a syslog's own lines this code was decoded; in a record with such a text or where the head was
            // cut off it is still there.
            [b'#', b'0', b'1', b'2', rest @ ..] if holds_codes(outer.kind) => rest,
            [b' ' | b'\n' | b'\r', rest @ ..] => rest,
            // A JSON text that was not decoded, or a web page's.
            [b'\\', b'r', b'\\', b'n', rest @ ..] | [b'\\', b'n', rest @ ..] => rest,
            [b'<', ..] => after_break(rest)?,
            _ => return None,
        };
        if !may_begin(rest) {
            return None;
        }
        let record = record.trim_ascii_end();
        let end = end_of(record)?;
        let next = part_of_line(outer, rest);
        begins(&next, end).then_some((record, next.frame))
    })
}

/// Whether a record may end before this byte.
#[inline(always)]
fn may_end(byte: u8) -> bool {
    (byte == b' ')
        | (byte == b'\n')
        | (byte == b'#')
        | (byte == b'\\')
        | (byte == b'<')
        | (byte == b'\r')
}

/// Whether a syslog's codes may stand in such a text: never in a journal's field.
fn holds_codes(kind: FrameKind) -> bool {
    matches!(kind, FrameKind::Record | FrameKind::Bare | FrameKind::Dmesg)
}

/// The text after a web page's line break.
fn after_break(text: &[u8]) -> Option<&[u8]> {
    let breaks = [&b"<br>"[..], b"<br/>", b"<br />", b"<BR>"];
    let rest = breaks.iter().find_map(|tag| text.strip_prefix(*tag))?;
    Some(rest.trim_ascii_start())
}

/// Whether a record may begin here, judging by its first bytes.
fn may_begin(text: &[u8]) -> bool {
    match text {
        [b'[', b' ' | b'0'..=b'9', ..] | [b'<', b'0'..=b'9', ..] => true,
        [b'0'..=b'9', _, _, _, b'-', ..] => true,
        // A month and a day.
        [
            b'A'..=b'S',
            b'a'..=b'u',
            b'b'..=b'y',
            b' ',
            b' ' | b'0'..=b'9',
            ..,
        ] => true,
        [b'C' | b'K' | b'M' | b'N' | b'O' | b'T', ..] | [b'k' | b'm' | b'o' | b's', ..] => {
            BEGINNINGS.iter().any(|words| text.starts_with(words))
        }
        _ => false,
    }
}

/// The end of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The kernel's words or figures.
    Words,
    /// The name of a process, and what closes it.
    Name,
}

/// The end of this text, if it is a complete kernel record without a cgroup.
fn end_of(text: &[u8]) -> Option<End> {
    let line = parse_line(text);
    match (line, line.completeness(text)) {
        (Line::Killed(_), Completeness::Short) => Some(End::Name),
        (
            Line::Killed(_)
            | Line::Selected(_)
            | Line::Reaped(_)
            | Line::Invoked(_)
            | Line::Counter(_)
            | Line::TaskInfo(_)
            | Line::Exiting(_)
            | Line::SharingMm(_)
            | Line::TasksState
            | Line::Suppressed(_),
            Completeness::Whole,
        ) => Some(End::Words),
        _ => None,
    }
}

/// The kind of line that begins here; its rest may be the rest of a very long line.
fn kind_of(message: &[u8]) -> Line<'_> {
    let begun = |len: usize| parse_line(message.get(..len).unwrap_or(message));
    match begun(KIND_SHOWS) {
        // A long path may end after that.
        Line::Other | Line::Malformed if message.len() > KIND_SHOWS => begun(LONGEST_RECORD),
        line => line,
    }
}

/// Whether a kernel record begins here, after such an end.
fn begins(part: &Part<'_>, end: End) -> bool {
    if part.frame.author.is_program() {
        return false;
    }
    match kind_of(&part.frame.message) {
        // With its own words alone, it could not be distinguished from a name.
        Line::Invoked(_) | Line::Cpuset(_) => part.has_head,
        Line::Other => part.has_head && end == End::Words,
        Line::Malformed | Line::StatEntry(..) | Line::StatEntries(_) | Line::Meminfo(_) => false,
        Line::TaskRow(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_of_a_record() {
        for (text, may) in [
            ("[    5.200000] x", true),
            ("[5.2] x", true),
            ("<4>[    5.200000] x", true),
            ("2023-01-05T02:12:02Z n1 kernel: x", true),
            ("Jan  5 02:12:02 n1 kernel: x", true),
            ("Sep 15 02:12:02 n1 kernel: x", true),
            ("Killed process 11 (php)", true),
            ("Memory cgroup out of memory: Kill process 10 (sh)", true),
            ("oom_reaper: reaped process 7", true),
            ("[x] y", false),
            ("usb 1-1: new device", false),
            ("kill", false),
            ("anon-rss:4kB", false),
            ("", false),
        ] {
            assert_eq!(may_begin(text.as_bytes()), may, "{text}");
        }
    }
}
