//! A program's identifier within a text: `NAME[123]: `, as journald and syslog daemons print it.
//!
//! A program chooses its name, even with blanks and colons in it: with the identifier `kernel: Killed process 1
//! (init)`, its line is `Jan 05 02:12:02 n1 kernel: Killed process 1 (init)[123]: x`. No line of the killer ends
//! or begins like this; but a comm may contain it, and then the two cannot be distinguished.

use super::dmesg;
use crate::limits::MAX_COMM_LEN;
use crate::line::{Line, parse_line};
use memchr::{memchr_iter, memmem, memrchr};

/// Digits of a process id, and the bracket before them: `pid_max` is 4,194,304.
const MAX_PID_LEN: usize = 11;

/// How many identifiers of one text are checked. A line of the killer has at most one; each costs another parse.
const MOST_IDENTIFIERS: usize = 8;

/// The result of the search for an identifier within a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identifier {
    /// There is none.
    Absent,
    /// There may be one; or a process has such a name.
    Doubtful,
    /// A program wrote the text.
    Program,
}

/// Looks for a program's identifier in the text after the tag `kernel: `.
#[inline]
pub(super) fn after_kernel_tag(text: &[u8]) -> Identifier {
    let mut found = Identifier::Absent;
    for (at, (start, end)) in identifiers(text).enumerate() {
        if at >= MOST_IDENTIFIERS {
            return Identifier::Program;
        }
        let one = judge(text, start, end);
        if one == Identifier::Program {
            return one;
        }
        if one == Identifier::Doubtful {
            found = one;
        }
    }
    found
}

/// Where the first identifier of a text ends its name, unless it is in the name of a killed process. No tag
/// precedes the text, so a name at its very start is a program's.
pub(super) fn first(text: &[u8]) -> Option<usize> {
    let (start, end) = identifiers(text).next()?;
    (!in_parentheses(text, start, end)).then_some(start)
}

#[cold]
fn judge(text: &[u8], start: usize, end: usize) -> Identifier {
    if is_in_comm(text, start, end) {
        return Identifier::Doubtful;
    }
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    // The kernel also prints `java[4021]: segfault at …`; but then nothing continues below it.
    if is_killers(before) || is_killers(after) {
        Identifier::Program
    } else {
        Identifier::Doubtful
    }
}

/// Whether a text, with or without a stamp before it, is a line of a report or a kill.
fn is_killers(text: &[u8]) -> bool {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let text = dmesg::stamp_in_front(text).map_or(text, |(_, _, message)| message);
    parse_line(text) != Line::Other
}

/// Positions of `[123]:` followed by a blank, a control code or the end: of the bracket, and of the text after
/// the colon.
fn identifiers(text: &[u8]) -> impl Iterator<Item = (usize, usize)> + '_ {
    memchr_iter(b']', text).filter_map(|at| {
        let end = at.checked_add(2)?;
        if text.get(at..end)? != b"]:" || !matches!(text.get(end), None | Some(0..=b' ')) {
            return None;
        }
        let from = at.saturating_sub(MAX_PID_LEN);
        let start = from.checked_add(memrchr(b'[', text.get(from..at)?)?)?;
        let digits = text.get(start.checked_add(1)?..at)?;
        let is_pid = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        is_pid.then_some((start, end))
    })
}

/// Whether a position may be within a process' name: between the parentheses after a pid, at the start of a
/// report's first line, after `Comm: `, at the end of a row.
fn is_in_comm(text: &[u8], start: usize, end: usize) -> bool {
    in_parentheses(text, start, end)
        || after_comm(text, start)
        || [&b" invoked oom-killer: "[..], b" cpuset="]
            .iter()
            .any(|after| {
                let most = MAX_COMM_LEN.saturating_add(after.len());
                let begin = text.get(..most).unwrap_or(text);
                memmem::find(begin, after).is_some_and(|at| at >= end)
            })
        || text.starts_with(b"[") && is_end_of_row(text, start)
}

fn in_parentheses(text: &[u8], start: usize, end: usize) -> bool {
    let inside = || {
        let from = start.saturating_sub(MAX_COMM_LEN).saturating_sub(1);
        let open = from.checked_add(memrchr(b'(', text.get(from..start)?)?)?;
        let before = text.get(..open)?;
        let close = open.checked_add(MAX_COMM_LEN)?.checked_add(1)?;
        let window = text.get(..=close).unwrap_or(text);
        let after = window.get(end..)?;
        let is_after_pid = matches!(before, [.., b'0'..=b'9' | b',', b' ']);
        Some(is_after_pid && after.contains(&b')'))
    };
    inside().unwrap_or(false)
}

fn after_comm(text: &[u8], start: usize) -> bool {
    const LABEL: &[u8] = b"Comm: ";
    let window = start
        .saturating_sub(MAX_COMM_LEN)
        .saturating_sub(LABEL.len());
    text.get(window..start)
        .is_some_and(|window| memmem::find(window, LABEL).is_some())
}

/// Whether a row of the task table ends in a name that is here.
fn is_end_of_row(text: &[u8], start: usize) -> bool {
    let is_short = text.len().saturating_sub(start) <= MAX_COMM_LEN;
    is_short && matches!(parse_line(text), Line::TaskRow(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const KILLED: &str = "Memory cgroup out of memory: Killed process 1 (init) total-vm:8kB, \
         anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";

    #[test]
    fn a_text_of_identifiers_costs_what_its_length_does() {
        for piece in ["]: ", "[1]: ", "(1]: ", "[12345678901234]: "] {
            let text = format!("{KILLED}{}", piece.repeat((1 << 20) / piece.len()));
            let start = std::time::Instant::now();
            let _ = after_kernel_tag(text.as_bytes());
            let _ = first(text.as_bytes());
            assert!(start.elapsed().as_secs() < 5, "{piece}");
        }
    }

    #[test]
    fn identifiers_around_a_line_of_the_killers() {
        for (text, amid) in [
            (format!("{KILLED}[123]: x"), Identifier::Program),
            (format!("{KILLED}[123]:"), Identifier::Program),
            (format!("app[1]: {KILLED}"), Identifier::Program),
            (format!("[1]: {KILLED}"), Identifier::Program),
            (
                format!("a: b[1]: [ 1.000000] {KILLED}"),
                Identifier::Program,
            ),
            (
                KILLED.replace("kB, anon", "kB[7]: , anon"),
                Identifier::Program,
            ),
            (KILLED.replace("init", "a[1]: b"), Identifier::Doubtful),
            (format!("{KILLED}[123]: {KILLED}"), Identifier::Program),
            (KILLED.into(), Identifier::Absent),
            (
                "java[4021]: segfault at 0 ip 0".into(),
                Identifier::Doubtful,
            ),
            (
                "a[1]: b invoked oom-killer: gfp_mask=0x0, order=0, oom_score_adj=0".into(),
                Identifier::Doubtful,
            ),
            (
                "CPU: 0 PID: 7 Comm: a[1]: b Not tainted 6.1.0".into(),
                Identifier::Doubtful,
            ),
            (
                "[    7]     0     7      100       10    40960        0             0 a[1]: b"
                    .into(),
                Identifier::Doubtful,
            ),
            (
                "Task in /a[1]: b killed as a result of limit of /a".into(),
                Identifier::Program,
            ),
        ] {
            assert_eq!(after_kernel_tag(text.as_bytes()), amid, "{text}");
        }
    }

    #[test]
    fn what_is_no_identifier() {
        for text in [
            format!("{KILLED}[123]:x"),
            format!("{KILLED}[123] x: "),
            format!("{KILLED}[]: x"),
            format!("{KILLED}[x]: x"),
            format!("{KILLED}123]: x"),
        ] {
            assert_eq!(
                after_kernel_tag(text.as_bytes()),
                Identifier::Absent,
                "{text}"
            );
        }
        // Longer than a comm: it is not one.
        let row = "[    7]     0     7      100       10    40960        0             0 a[1]: ";
        let row = format!("{row}{}", "b".repeat(MAX_COMM_LEN));
        assert_eq!(after_kernel_tag(row.as_bytes()), Identifier::Program);
    }

    #[test]
    fn a_name_in_parentheses_is_a_process_s() {
        for (text, at) in [
            ("a[7]: x", Some(1)),
            ("process 1 (a[7]: b) x", None),
            ("process 1 (a[7]: b", Some(12)),
            ("x(a[7]: b) x", Some(3)),
            ("process 1 (a) b[7]: x", Some(15)),
            ("x", None),
        ] {
            assert_eq!(first(text.as_bytes()), at, "{text}");
        }
    }
}
