//! The kind of a message that may be only a piece, and whether it is complete.

use crate::line::{Line, parse_line};

/// The text before a summary's paths.
pub(super) const PATH_STEMS: [&[u8]; 2] = [b",oom_memcg=", b",task_memcg="];

/// What a selection says before its process: a paste was wrapped there.
const SELECTED_STEMS: [&[u8]; 4] = [b": Kill", b": kill", b": Kill process", b": kill process"];

/// The kinds of message that are printed in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Invoked,
    Cpuset,
    TaskIn,
    Group,
    Stats,
    Summary,
    /// `Killed process N (` without the rest: a newline in the comm.
    Killed,
    /// `CPU: … Comm: ` without the rest: a newline in the comm.
    TaskInfo,
    /// `Kill process N (x) score S` without the rest: a paste was wrapped.
    Selected,
}

pub(super) fn ends_in(bytes: &[u8], ends: &[&[u8]]) -> bool {
    ends.iter().any(|end| bytes.ends_with(end))
}

/// Whether a record is a whole line that could not be a piece of another.
pub(super) fn is_known(message: &[u8]) -> bool {
    !matches!(
        parse_line(message),
        Line::Other | Line::Malformed | Line::Meminfo(_)
    ) || message.starts_with(b"Memory cgroup ")
        || beginning(message).is_some()
}

/// Whether a piece can be one component of a path: anything but a slash, or the root.
pub(super) fn is_component(piece: &[u8]) -> bool {
    piece == b"/" || piece.len() <= 255 && !piece.contains(&b'/')
}

/// Whether a joined message is one line of its kind.
pub(super) fn is_sound(line: &Line<'_>) -> bool {
    match line {
        Line::Killed(line) => line.comm.is_some() && line.cut.is_none(),
        Line::Summary(line) => line.is_whole() && line.cut.is_none(),
        Line::TaskIn(line) => line.cut.is_none(),
        Line::StatsHeading(line) => !line.cut && !line.inline.is_empty(),
        Line::Invoked(line) => line.oom_score_adj.is_some(),
        Line::TaskInfo(line) => line.release.is_some(),
        Line::Selected(line) => line.oom_score.is_some(),
        Line::Cpuset(_) | Line::Group(_) => true,
        _ => false,
    }
}

/// How far a Killed line was read: a line break is removed only if more can be read after it.
pub(super) fn progress(line: &Line<'_>) -> usize {
    match line {
        Line::Killed(line) => [
            true,
            line.comm.is_some(),
            line.total_vm_kib.is_some(),
            line.anon_rss_kib.is_some(),
            line.file_rss_kib.is_some(),
            line.shmem_rss_kib.is_some(),
            line.pgtables_kib.is_some(),
            line.oom_score_adj.is_some(),
        ]
        .iter()
        .filter(|is_there| **is_there)
        .count(),
        _ => 0,
    }
}

/// Whether a message may be incomplete, or may continue, given how it was read: for most lines this is decided at
/// once.
#[inline(always)]
pub(in crate::report) fn may_start(message: &[u8], line: &Line<'_>) -> bool {
    match line {
        Line::Summary(_)
        | Line::TaskIn(_)
        | Line::Killed(_)
        | Line::StatsHeading(_)
        | Line::TaskInfo(_)
        | Line::Selected(_)
        | Line::Invoked(_) => true,
        Line::Malformed | Line::Other => {
            matches!(
                message,
                [b'o' | b'T' | b'M' | b'O' | b'K', ..] | [b'C', b'P', b'U', ..] | [.., b'=']
            )
        }
        _ => false,
    }
}

/// The kind of an incomplete message, given how it was read.
pub(super) fn unfinished(message: &[u8], line: &Line<'_>) -> Option<Kind> {
    match line {
        Line::Summary(line) => {
            let whole = line.is_whole() && !ends_in(message, &PATH_STEMS);
            (!whole).then_some(Kind::Summary)
        }
        Line::TaskIn(line) => line.cut.is_some().then_some(Kind::TaskIn),
        // After words at the start (5.1) figures follow; before 2.6.32 a full stop.
        Line::Killed(line) => {
            let stops_early = line.message.is_some()
                && line.total_vm_kib.is_none()
                && message.trim_ascii_end().ends_with(b")");
            (line.comm.is_none() || line.cut.is_some() || stops_early).then_some(Kind::Killed)
        }
        Line::StatsHeading(line) => {
            let whole =
                line.inline.is_empty() || message.ends_with(b"KB") && ends_the_list(message);
            (!whole).then_some(Kind::Stats)
        }
        Line::TaskInfo(line) => line.comm.is_none().then_some(Kind::TaskInfo),
        Line::Selected(line) => {
            let stops_early = line.comm.is_some() && line.oom_score.is_none();
            let is_number = message
                .trim_ascii_end()
                .last()
                .is_some_and(u8::is_ascii_digit);
            (stops_early && is_number).then_some(Kind::Selected)
        }
        Line::Invoked(_) => (message.ends_with(b"nodemask=")
            || message.ends_with(b"nodemask=(null)"))
        .then_some(Kind::Invoked),
        Line::Malformed | Line::Other => beginning(message),
        _ => None,
    }
}

/// The kind of a message that is too short to be parsed.
fn beginning(message: &[u8]) -> Option<Kind> {
    let starts = |start: &[u8]| message.starts_with(start);
    match message.first()? {
        b'o' if starts(b"oom-kill:constraint=") => Some(Kind::Summary),
        b'T' if starts(b"Task in ") => Some(Kind::TaskIn),
        b'T' if starts(b"Tasks in /") || message == b"Tasks in " => Some(Kind::Group),
        b'M' if starts(b"Memory cgroup stats for ") => Some(Kind::Stats),
        b'M' | b'O'
            if ends_in(
                message.trim_ascii_end(),
                &[
                    b": Killed",
                    b": Killed process",
                    b": OOM",
                    b": OOM killed",
                    b": OOM killed process",
                ],
            ) =>
        {
            Some(Kind::Killed)
        }
        b'M' | b'O' if ends_in(message.trim_ascii_end(), &SELECTED_STEMS) => Some(Kind::Selected),
        b'M' | b'O' | b'K' if ends_in_pid(message, b"Killed process ") => Some(Kind::Killed),
        b'M' | b'O'
            if ends_in_pid(message, b": Kill process ")
                || ends_in_pid(message, b": kill process ") =>
        {
            Some(Kind::Selected)
        }
        b'C' if starts(b"CPU: ") && message.ends_with(b" Comm:") => Some(Kind::TaskInfo),
        _ if message.ends_with(b" cpuset=") => Some(Kind::Cpuset),
        _ => None,
    }
}

/// Whether a message ends in a process's id after these words: a paste was wrapped before its name.
fn ends_in_pid(message: &[u8], words: &[u8]) -> bool {
    let text = message.trim_ascii_end();
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let digits = digits.count();
    let text = text.get(..text.len().saturating_sub(digits));
    digits > 0 && text.is_some_and(|text| text.ends_with(words))
}

/// Whether the one-line stats continue to their last key.
fn ends_the_list(message: &[u8]) -> bool {
    let start = message.len().saturating_sub(40);
    message
        .get(start..)
        .is_some_and(|tail| crate::bytes::memmem::find(tail, b" unevictable:").is_some())
}
