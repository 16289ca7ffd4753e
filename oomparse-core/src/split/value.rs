//! Splits the lines of a JSON value: a report as written by a collector of multi-line messages, an alert or an
//! API.
//!
//! A cgroup's name contains no newline, but a comm may: the kernel prints it unchanged, and it remains in a value
//! that is one journal record. So lines stay together if they are one kernel line with a newline in its comm.

use crate::frame::{Frame, Part, part};
use crate::limits::MAX_COMM_LEN;
use crate::line::{Line, begins_exiting, parse_line};
use memchr::memchr;

/// Passes on the records of a text of several lines, each framed.
pub(super) fn each(frame: &Frame<'_>, emit: &mut dyn FnMut(&Frame<'_>)) {
    let text = frame.message.trim_ascii_end();
    let frame = &frame.head();
    if !holds_several(frame, text) {
        return emit(&part(frame, text).frame);
    }
    let mut author = frame.author;
    let mut rest = text;
    while !rest.is_empty() {
        let end = end_of_record(frame, rest, rest.len() == text.len());
        let (record, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = tail.get(1..).unwrap_or_default();
        let mut record = part(frame, without_return(record));
        // The author of a line also wrote the following lines that show no author.
        if record.tells_author {
            author = record.frame.author;
        }
        record.frame.author = author;
        emit(&record.frame);
    }
}

/// Whether a line after the first is a record of its own; otherwise the text is one record, like figures.
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
        // A report's first line and a cpuset line begin with the comm.
        // What a line says of a process that shares memory, or that is exiting, follows its comm.
        Line::Other => {
            is_first && message.len() <= MAX_COMM_LEN
                || message.starts_with(b"Kill process ")
                || begins_exiting(message)
        }
        // Its comm comes last.
        Line::TaskRow(_) => false,
        // A newline that the prefix's format writes as a code does not come from the text.
        _ => !message.contains(&b'\n'),
    };
    let in_comm = may_go_on.then(|| end_after_comm(frame, text, end));
    in_comm.flatten().unwrap_or(end)
}

/// Where the line that begins here ends.
fn end_of_line(text: &[u8], from: usize) -> usize {
    let at = text.get(from..).and_then(|line| memchr(b'\n', line));
    at.and_then(|at| at.checked_add(from)).unwrap_or(text.len())
}

/// Where the figures end that continue after a line of them: they came as one record, or may have.
fn end_of_figures(frame: &Frame<'_>, text: &[u8], end: usize) -> usize {
    let mut end = end;
    while end < text.len() {
        let begin = end.saturating_add(1);
        let next = end_of_line(text, begin);
        let line = text.get(begin..next).unwrap_or_default();
        let next_part = part(frame, line);
        // Indented text after a prefix is recognised by its indentation.
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

/// Where a kernel line with newlines in its comm ends, if the text begins with one.
fn end_after_comm(frame: &Frame<'_>, text: &[u8], end: usize) -> Option<usize> {
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

/// The comm of a line that continues after it.
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
