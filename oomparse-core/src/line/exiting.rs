//! `OOM victim N (comm) is already exiting. Skip killing the task`: nobody was killed.
//!
//! `__oom_kill_process` (mm/oom_kill.c), level 6, since about 5.9:
//! `%s: OOM victim %d (%s) is already exiting. Skip killing the task`.
//! Samples: `Memory cgroup out of memory: OOM victim 77 (java) is already exiting. Skip killing the task` (5.15) and
//! `Out of memory: OOM victim 9 (a) is already exiting. Skip killing the task` (6.6).

use super::Line;
use super::common::{Message, Parsed, is_comm, message, pid};
use nom::Parser;
use nom::bytes::complete::tag;
use nom::sequence::delimited;

/// A line about a victim that was already dying: a view over the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exiting<'a> {
    /// The words before `OOM victim`.
    pub message: Option<Message>,
    /// The process.
    pub pid: u32,
    /// Its name.
    pub comm: &'a [u8],
}

/// Reads the line.
pub(super) fn exiting(input: &[u8]) -> Parsed<'_, Exiting<'_>> {
    let (rest, (message, pid)) = head(input)?;
    match rest
        .trim_ascii_end()
        .strip_suffix(b") is already exiting. Skip killing the task")
    {
        // The kernel always prints the words before it, which the sieve looks for.
        Some(comm) if is_comm(comm) && message.is_some() => {
            Ok((&b""[..], Exiting { message, pid, comm }))
        }
        _ => Err(nom::Err::Error(nom::error::Error::new(
            rest,
            nom::error::ErrorKind::Tag,
        ))),
    }
}

/// `%s: OOM victim %d (`
fn head(input: &[u8]) -> Parsed<'_, (Option<Message>, u32)> {
    let process = delimited(tag(&b"OOM victim "[..]), pid, tag(&b" ("[..]));
    (message, process).parse(input)
}

/// Whether the line begins here, up to its comm.
pub(crate) fn begins_exiting(input: &[u8]) -> bool {
    head(input).is_ok_and(|(_, (message, _))| message.is_some())
}

pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    exiting(message).ok().map(|(_, line)| Line::Exiting(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exiting_line() {
        let text = b"Memory cgroup out of memory: OOM victim 77 (a) b) is already exiting. Skip killing the task";
        let line = exiting(text).unwrap().1;
        assert_eq!(
            (line.pid, line.comm, line.message),
            (77, &b"a) b"[..], Some(Message::Memcg))
        );
        assert!(exiting(b"OOM victim 77 (a) is already exiting. Skip killing the task").is_err());
        assert!(begins_exiting(b"Out of memory: OOM victim 77 (a"));
        for other in [
            "Out of memory: OOM victim 77",
            "OOM victim 77 (a",
            "OOM victim ",
        ] {
            assert!(!begins_exiting(other.as_bytes()), "{other}");
        }
    }
}
