//! The lines of a JSON value: what a collector of multi-line messages, an alert or an API makes of a report.
//!
//! A cgroup's name holds no newline, but a comm may: the kernel prints it as it is, and in a value that is one
//! record of the journal's it stands there. So lines stay together where they are one line of the kernel's with
//! a newline in its comm.

use crate::frame::{Frame, Part, part};
use crate::limits::MAX_COMM_LEN;
use crate::line::{Line, parse_line};
use memchr::memchr;

/// Gives the records of a text of several lines, each framed.
pub(super) fn each(frame: &Frame<'_>, give: &mut dyn FnMut(&Frame<'_>)) {
    let text = frame.message.trim_ascii_end();
    let frame = &frame.head();
    if !holds_several(frame, text) {
        return give(&part(frame, text).frame);
    }
    let mut author = frame.author;
    let mut rest = text;
    while !rest.is_empty() {
        let end = end_of_record(frame, rest, rest.len() == text.len());
        let (record, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = tail.get(1..).unwrap_or_default();
        let mut record = part(frame, without_return(record));
        // Whoever wrote a line wrote those behind it that do not say who did.
        if record.tells_author {
            author = record.frame.author;
        }
        record.frame.author = author;
        give(&record.frame);
    }
}

/// Whether a line behind the first one is a record of its own; else the text is one record, as figures are.
fn holds_several(frame: &Frame<'_>, text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').skip(1);
    lines.any(|line| is_record(&part(frame, without_return(line))))
}

fn is_record(part: &Part<'_>) -> bool {
    let line = parse_line(&part.frame.message);
    part.has_head || !is_figures(&line) && !matches!(line, Line::Other | Line::Malformed)
}

fn is_figures(line: &Line<'_>) -> bool {
    matches!(
        line,
        Line::StatEntry(..) | Line::StatEntries(_) | Line::Meminfo(_)
    )
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where the first record of the text ends.
fn end_of_record(frame: &Frame<'_>, text: &[u8], is_first: bool) -> usize {
    let end = end_of_line(text, 0);
    let first = part(frame, text.get(..end).unwrap_or(text));
    let message = &first.frame.message;
    let line = parse_line(message);
    let may_go_on = match line {
        Line::StatEntry(..) | Line::StatEntries(_) | Line::Meminfo(_) => {
            return end_of_figures(frame, text, end);
        }
        // A header and a cpuset line begin with the comm.
        Line::Other => is_first && message.len() <= MAX_COMM_LEN,
        // Its comm is the last in it.
        Line::TaskRow(_) => false,
        // A newline that its head's form writes as a code is none of the text's.
        _ => !message.contains(&b'\n'),
    };
    let in_comm = may_go_on.then(|| end_behind_comm(frame, text, end));
    in_comm.flatten().unwrap_or(end)
}

/// Where the line ends that begins here.
fn end_of_line(text: &[u8], from: usize) -> usize {
    let at = text.get(from..).and_then(|line| memchr(b'\n', line));
    at.and_then(|at| at.checked_add(from)).unwrap_or(text.len())
}

/// Where the figures end that go on behind a line of them: they came as one record, or may have.
fn end_of_figures(frame: &Frame<'_>, text: &[u8], end: usize) -> usize {
    let mut end = end;
    while end < text.len() {
        let begin = end.saturating_add(1);
        let next = end_of_line(text, begin);
        let line = text.get(begin..next).unwrap_or_default();
        let next_part = part(frame, line);
        // What is indented behind a head is told apart by that.
        if line.starts_with(b"  ")
            || next_part.has_head
            || !is_figures(&parse_line(&next_part.frame.message))
        {
            break;
        }
        end = next;
    }
    end
}

/// Where a line of the kernel's ends that has newlines in its comm, if the text begins with one.
fn end_behind_comm(frame: &Frame<'_>, text: &[u8], end: usize) -> Option<usize> {
    let mut end = end;
    for _ in 0..MAX_COMM_LEN {
        if end >= text.len() {
            return None;
        }
        end = end_of_line(text, end.saturating_add(1));
        let joined = part(frame, text.get(..end)?);
        let comm = comm(&parse_line(&joined.frame.message));
        if comm.is_some_and(|comm| comm.contains(&b'\n')) {
            return Some(end);
        }
    }
    None
}

/// The comm in a line that goes on behind it.
fn comm<'a>(line: &Line<'a>) -> Option<&'a [u8]> {
    match line {
        Line::Invoked(line) => Some(line.comm),
        Line::Cpuset(line) => Some(line.comm),
        Line::TaskInfo(line) => line.comm,
        Line::Selected(line) => line.comm,
        Line::Summary(line) => line.comm,
        Line::Killed(line) => line.comm,
        Line::SharingMm(line) => Some(line.comm),
        Line::Exiting(line) => Some(line.comm),
        Line::Reaped(line) => line.comm,
        _ => None,
    }
}
