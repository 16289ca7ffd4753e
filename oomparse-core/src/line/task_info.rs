//! `CPU: 0 PID: 7 Comm: x …`: the thread that asked for memory, and the kernel's release.
//!
//! `dump_stack_print_info` (lib/dump_stack.c), level 4. Shapes:
//!
//! ```text
//! <=3.8  Pid: %d, comm: %.20s %s %s %.*s
//! 3.9    CPU: %d PID: %d Comm: %.20s %s %s %.*s
//! 4.16   CPU: %d PID: %d Comm: %.20s [Kdump: loaded ]%s %s %.*s [buildid]
//! 6.11   CPU: %d UID: %u PID: %d Comm: …
//! ```
//! Samples: `Pid: 15947, comm: node Not tainted 2.6.32-431.el6.x86_64 #1` (RHEL 6) and
//! `CPU: 1 UID: 1000 PID: 767 Comm: node Not tainted 6.18.44 #1 PREEMPT(none) ` (6.18).
//!
//! `PID` is a thread's id.

use super::Line;
use super::common::{Parsed, is_comm, number, pid, rsplit_once, split_once, uid};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};

/// A CPU line: a view over the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskInfo<'a> {
    /// Thread id.
    pub pid: u32,
    /// Effective user id (6.11 and later).
    pub uid: Option<u32>,
    /// The thread's name.
    pub comm: Option<&'a [u8]>,
    /// `uname -r`.
    pub release: Option<&'a [u8]>,
}

/// Reads the line.
pub(super) fn task_info(input: &[u8]) -> Parsed<'_, TaskInfo<'_>> {
    let (rest, (pid, uid)) = alt((old_head, new_head)).parse(input)?;
    let mut line = TaskInfo {
        pid,
        uid,
        ..TaskInfo::default()
    };
    comm_and_release(rest, &mut line);
    Ok((&b""[..], line))
}

fn old_head(input: &[u8]) -> Parsed<'_, (u32, Option<u32>)> {
    delimited(tag(&b"Pid: "[..]), pid, tag(&b", comm: "[..]))
        .map(|pid| (pid, None))
        .parse(input)
}

fn new_head(input: &[u8]) -> Parsed<'_, (u32, Option<u32>)> {
    let (rest, _) = preceded(tag(&b"CPU: "[..]), number).parse(input)?;
    let (rest, uid) = opt(preceded(tag(&b" UID: "[..]), uid)).parse(rest)?;
    let (rest, pid) = delimited(tag(&b" PID: "[..]), pid, tag(&b" Comm: "[..])).parse(rest)?;
    Ok((rest, (pid, uid)))
}

/// The comm ends at the last mark that leaves it at most 15 bytes; the release is the first word after the taint
/// flags that begins with a digit.
fn comm_and_release<'a>(rest: &'a [u8], line: &mut TaskInfo<'a>) {
    // Marks come within the comm's length; a comm may contain one itself.
    let head = rest.get(..64).unwrap_or(rest);
    let mut found: Option<(&[u8], usize)> = None;
    for mark in [" Not tainted ", " Tainted: ", " Kdump: loaded "] {
        let mut window = head;
        while let Some((comm, _)) = rsplit_once(window, mark) {
            if is_comm(comm) {
                if found.is_none_or(|(longest, _)| comm.len() > longest.len()) {
                    found = Some((comm, comm.len().saturating_add(mark.len())));
                }
                break;
            }
            window = comm;
        }
    }
    let Some((comm, after)) = found else { return };
    line.comm = Some(comm);
    let mut words = rest.get(after..).unwrap_or_default();
    while let Some((word, tail)) = split_once(words, " ") {
        if word.first().is_some_and(u8::is_ascii_digit) {
            line.release = Some(word);
            return;
        }
        words = tail;
    }
}

pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    task_info(message)
        .ok()
        .map(|(_, line)| Line::TaskInfo(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> TaskInfo<'_> {
        task_info(line.as_bytes()).unwrap().1
    }

    #[test]
    fn task_info_of_every_kernel() {
        let line = read("Pid: 15947, comm: node Not tainted 2.6.32-431.el6.x86_64 #1");
        assert_eq!(
            (line.pid, line.comm, line.release),
            (
                15947,
                Some(&b"node"[..]),
                Some(&b"2.6.32-431.el6.x86_64"[..])
            )
        );
        let line = read(
            "CPU: 0 PID: 21154 Comm: python Kdump: loaded Tainted: G               ------------ T 3.10.0-957.12.2.el7.x86_64 #1",
        );
        assert_eq!(
            (line.comm, line.release),
            (
                Some(&b"python"[..]),
                Some(&b"3.10.0-957.12.2.el7.x86_64"[..])
            )
        );
        let line = read(
            "CPU: 4 PID: 29481 Comm: sed Tainted: G           OE      6.1.1-arch1-1 #1 9bd09188b430be630e611f984454e4f3c489be77",
        );
        assert_eq!(line.release, Some(&b"6.1.1-arch1-1"[..]));
        let line = read(
            "CPU: 1 UID: 1000 PID: 767 Comm: node Not tainted 6.18.44-fc-v669 #1 PREEMPT(none) ",
        );
        assert_eq!(
            (line.pid, line.uid, line.release),
            (767, Some(1000), Some(&b"6.18.44-fc-v669"[..]))
        );
    }

    #[test]
    fn task_info_comm_with_a_mark_in_it() {
        let line = read("CPU: 1 PID: 7 Comm: x Not tainted 1 Not tainted 6.1.0 #1");
        assert_eq!(
            (line.comm, line.release),
            (Some(&b"x Not tainted 1"[..]), Some(&b"6.1.0"[..]))
        );
    }

    #[test]
    fn task_info_of_a_name_that_holds_a_mark() {
        let line = read("CPU: 1 PID: 7 Comm: a Not tainted b Tainted: G        W         6.1.0 #1");
        assert_eq!(line.comm, Some(&b"a Not tainted b"[..]));
    }
}
