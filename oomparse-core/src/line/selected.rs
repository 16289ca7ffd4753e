//! `Kill process N (comm) score S or sacrifice child`: the chosen process, up to 5.0.
//!
//! `oom_kill_process` (mm/oom_kill.c), level 3, not rate limited. A child of the chosen process may die instead.
//! Shapes:
//!
//! ```text
//! <=2.6.20  Out of Memory: Kill process %d (%s) score %li and children.
//! 2.6.32    %s: kill process %d (%s) score %li or a child
//! 2.6.36    %s: Kill process %d (%s) score %d or sacrifice child
//! ```
//! Samples: `Out of memory: kill process 3161 (mysqld) score 493444 or a child` (2.6.32) and
//! `Memory cgroup out of memory: Kill process 443160 (stress-ng-vm) score 1272 or sacrifice child` (4.18).
//!
//! The same function of 2.6.3x to 4.5 prints `Kill process %d (%s) sharing same memory` for every other
//! process with the victim's memory, and kills it too.

use super::Line;
use super::common::{Message, Parsed, is_comm, message, pid, rsplit_once, signed};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;

/// A selection line: a view over the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelectedLine<'a> {
    /// The words before `Kill process`.
    pub message: Option<Message>,
    /// The chosen process.
    pub pid: u32,
    /// Its name.
    pub comm: Option<&'a [u8]>,
    /// Badness; may exceed 1000.
    pub oom_score: Option<i64>,
}

/// A process that is killed because it shares the victim's memory: a view over the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharingMm<'a> {
    /// The process.
    pub pid: u32,
    /// Its name.
    pub comm: &'a [u8],
}

fn kill_process(input: &[u8]) -> Parsed<'_, u32> {
    let (rest, _) = alt((tag(&b"Kill process "[..]), tag(&b"kill process "[..]))).parse(input)?;
    let (rest, pid) = pid(rest)?;
    let (rest, _) = tag(&b" ("[..]).parse(rest)?;
    Ok((rest, pid))
}

/// Reads the line. A kernel always prints the message first, so a bare `Kill process` is not such a line.
pub(super) fn selected(input: &[u8]) -> Parsed<'_, SelectedLine<'_>> {
    let (rest, message) = message(input)?;
    if message.is_none() {
        return Err(nom::Err::Error(nom::error::Error::new(
            input,
            nom::error::ErrorKind::Tag,
        )));
    }
    let (rest, pid) = kill_process(rest)?;
    let mut line = SelectedLine {
        message,
        pid,
        comm: None,
        oom_score: None,
    };
    if let Some((comm, score)) = rsplit_once(rest, ") score ")
        && is_comm(comm)
    {
        line.comm = Some(comm);
        // A number at the end of the line may have lost digits.
        line.oom_score = match signed(score) {
            Ok((tail, value)) if tail.first() == Some(&b' ') => Some(value),
            _ => None,
        };
    }
    Ok((&b""[..], line))
}

/// Reads `Kill process N (comm) sharing same memory`.
pub(super) fn sharing_mm(input: &[u8]) -> Parsed<'_, SharingMm<'_>> {
    let (rest, pid) = kill_process(input)?;
    match rest.trim_ascii_end().strip_suffix(b") sharing same memory") {
        Some(comm) if is_comm(comm) => Ok((&b""[..], SharingMm { pid, comm })),
        _ => Err(nom::Err::Error(nom::error::Error::new(
            rest,
            nom::error::ErrorKind::Tag,
        ))),
    }
}

pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    selected(message).ok().map(|(_, line)| Line::Selected(line))
}

pub(super) fn sharing_line(message: &[u8]) -> Option<Line<'_>> {
    sharing_mm(message)
        .ok()
        .map(|(_, line)| Line::SharingMm(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selected_of_every_kernel() {
        for (text, pid, comm, score) in [
            (
                "Out of Memory: Kill process 12 (a) score 5 and children.",
                12,
                &b"a"[..],
                5,
            ),
            (
                "Out of memory: kill process 3161 (mysqld) score 493444 or a child",
                3161,
                b"mysqld",
                493_444,
            ),
            (
                "Memory cgroup out of memory: Kill process 443160 (stress-ng-vm) score 1272 or sacrifice child",
                443_160,
                b"stress-ng-vm",
                1272,
            ),
            (
                "Out of memory (oom_kill_allocating_task): Kill process 3477 (trinity-c159) score 0 or sacrifice child",
                3477,
                b"trinity-c159",
                0,
            ),
        ] {
            let line = selected(text.as_bytes()).unwrap().1;
            assert_eq!(
                (line.pid, line.comm, line.oom_score),
                (pid, Some(comm), Some(score))
            );
        }
    }

    #[test]
    fn selected_cut_has_no_score() {
        let line = selected(b"Out of memory: Kill process 3 (a) score 12")
            .unwrap()
            .1;
        assert_eq!((line.comm, line.oom_score), (Some(&b"a"[..]), None));
        assert!(selected(b"Out of memory: Kill process 3429\xe2\x80\xa6").is_err());
        assert!(selected(b"Kill process 3 (a) score 12 or sacrifice child").is_err());
    }

    #[test]
    fn sharing_is_not_a_selection() {
        let line = sharing_mm(b"Kill process 77 (a) b) sharing same memory")
            .unwrap()
            .1;
        assert_eq!((line.pid, line.comm), (77, &b"a) b"[..]));
        assert!(sharing_mm(b"Kill process 77 (a) score 1 or sacrifice child").is_err());
    }

    #[test]
    fn sharing_by_what_cannot_be_a_name_is_none() {
        let line = |comm: &str| std::format!("Kill process 77 ({comm}) sharing same memory");
        assert!(sharing_mm(line("a_name_of_15_by").as_bytes()).is_ok());
        assert!(sharing_mm(line("a_name_of_16_byt").as_bytes()).is_err());
    }
}
