//! Records on one line: the line ends were lost, or are codes of a syslog's.
//!
//! A record ends where no name can shape what stands there. A process's name has at most 15 bytes, too few for
//! the words that a line of the kernel's begins with. A cgroup's name may be anything: behind one nothing ends.

use crate::frame::{Frame, FrameKind, Part, part_of_line};
use crate::line::{Line, is_invoked, parse_line};
use alloc::borrow::Cow;

/// A record's text has at most 1,021 bytes, each of which a carrier may show in four.
const LONGEST_RECORD: usize = 4 * 1021;

/// Within so many bytes most lines show of what kind they are: what follows may be long.
const KIND_SHOWS: usize = 512;

/// A header or a processor's line is longer only where something follows it, or nearly so.
const LONG: usize = 80;

/// The same of a counter.
const LONG_COUNTER: usize = 56;

/// How the kernel's lines begin that do not begin with a name.
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

/// Whether a message may hold another record behind the first.
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

/// Gives the records of a line one by one.
pub(super) fn each(frame: &Frame<'_>, give: &mut dyn FnMut(&Frame<'_>)) {
    let mut current = Frame {
        message: Cow::Borrowed(&*frame.message),
        ..frame.head()
    };
    // What had to be written anew is not looked into once more.
    while let Cow::Borrowed(text) = current.message
        && let Some((first, next)) = first_of_several(&current, text)
    {
        current.message = Cow::Borrowed(first);
        give(&current);
        current = next;
    }
    give(&current);
}

/// The first record of a line that has more of them, and the rest as a frame of its own.
fn first_of_several<'a>(outer: &Frame<'a>, text: &'a [u8]) -> Option<(&'a [u8], Frame<'a>)> {
    let window = text.get(..LONGEST_RECORD).unwrap_or(text);
    let bytes = window.iter().enumerate();
    let places =
        bytes.filter(|(_, byte)| matches!(byte, b' ' | b'\n' | b'#' | b'\\' | b'<' | b'\r'));
    places.map(|(at, _)| at).find_map(|at| {
        let (first, rest) = text.split_at_checked(at)?;
        let rest = match rest {
            // Of a syslog's own lines the code was undone; in a record of its text it stands as it is.
            [b'#', b'0', b'1', b'2', rest @ ..] if outer.kind == FrameKind::Record => rest,
            [b' ' | b'\n' | b'\r', rest @ ..] => rest,
            // A text of JSON's that nobody undid, or a web page's.
            [b'\\', b'r', b'\\', b'n', rest @ ..] | [b'\\', b'n', rest @ ..] => rest,
            [b'<', ..] => behind_break(rest)?,
            _ => return None,
        };
        if !may_begin(rest) {
            return None;
        }
        let first = first.trim_ascii_end();
        let end = end_of(first)?;
        let next = part_of_line(outer, rest);
        begins(&next, end).then_some((first, next.frame))
    })
}

/// What follows a web page's line break.
fn behind_break(text: &[u8]) -> Option<&[u8]> {
    let breaks = [&b"<br>"[..], b"<br/>", b"<br />", b"<BR>"];
    let rest = breaks.iter().find_map(|tag| text.strip_prefix(*tag))?;
    Some(rest.trim_ascii_start())
}

/// Whether a record may begin here, by its first bytes.
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
        _ => BEGINNINGS.iter().any(|words| text.starts_with(words)),
    }
}

/// What the end of a record is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Words or figures of the kernel's.
    Words,
    /// A name of a process, and what closes it.
    Name,
}

/// What this text ends with, if it is a whole record of the kernel's and no cgroup stands in it.
fn end_of(text: &[u8]) -> Option<End> {
    let ends_in_number = text.last().is_some_and(u8::is_ascii_digit);
    let is_whole = match parse_line(text) {
        Line::Killed(line) => {
            if line.total_vm_kib.is_none() {
                let is_name = line.comm.is_some() && line.cut.is_none();
                return is_name.then_some(End::Name);
            }
            line.cut.is_none()
                && (text.ends_with(b"kB") || line.oom_score_adj.is_some() && ends_in_number)
        }
        Line::Selected(line) => {
            let ends = [
                &b" or sacrifice child"[..],
                b" or a child",
                b" and children.",
            ];
            line.oom_score.is_some() && ends.iter().any(|end| text.ends_with(end))
        }
        Line::Reaped(line) => line.left.is_some() && text.ends_with(b"kB"),
        Line::Invoked(line) => {
            (line.oom_score_adj.is_some() || line.oom_adj.is_some()) && ends_in_number
        }
        Line::Counter(line) => line.failcnt.is_some() && ends_in_number,
        Line::TaskInfo(line) => line.release.is_some(),
        Line::Exiting(_) | Line::SharingMm(_) | Line::TasksState | Line::Suppressed(_) => true,
        _ => false,
    };
    is_whole.then_some(End::Words)
}

/// What kind of line begins here; the rest of it may be the rest of a very long line.
fn kind_of(message: &[u8]) -> Line<'_> {
    let begun = |len: usize| parse_line(message.get(..len).unwrap_or(message));
    match begun(KIND_SHOWS) {
        // A long path may end behind that.
        Line::Other | Line::Malformed if message.len() > KIND_SHOWS => begun(LONGEST_RECORD),
        line => line,
    }
}

/// Whether the kernel's record begins here, behind such an end.
fn begins(part: &Part<'_>, end: End) -> bool {
    if part.frame.author.is_program() {
        return false;
    }
    match kind_of(&part.frame.message) {
        // With its own words alone it would have to be told from a name.
        Line::Invoked(_) | Line::Cpuset(_) => part.has_head,
        Line::Other => part.has_head && end == End::Words,
        Line::Malformed | Line::StatEntry(..) | Line::StatEntries(_) | Line::Meminfo(_) => false,
        Line::TaskRow(_) => false,
        _ => true,
    }
}
