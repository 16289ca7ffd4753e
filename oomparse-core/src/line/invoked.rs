//! `X invoked oom-killer: …`: which thread asked for the memory. The first line of a report.
//!
//! `dump_header` (mm/oom_kill.c), level 4, rate limited (10 in 5 s). `X` is the comm of the thread that
//! asked, not the victim's. Shapes:
//!
//! ```text
//! 2.6.32   %s invoked oom-killer: gfp_mask=0x%x, order=%d, oom_adj=%d
//! RHEL 6   %s invoked oom-killer: gfp_mask=0x%x, order=%d, oom_adj=%d, oom_score_adj=%d
//! 3.7      %s invoked oom-killer: gfp_mask=0x%x, order=%d, oom_score_adj=%hd
//! 4.6      %s invoked oom-killer: gfp_mask=%#x(%pGg), order=%d, oom_score_adj=%hd
//! 4.9      %s invoked oom-killer: gfp_mask=%#x(%pGg), nodemask=%*pbl, order=%d, oom_score_adj=%hd
//! 4.11     the same with two spaces after the nodemask
//! 5.0      as 4.6
//! ```
//! Samples: `mysqld invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0` (2.6.32) and
//! `ps invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null),  order=0, oom_score_adj=979` (4.14).

use super::Line;
use super::common::{Parsed, find_after_comm, node_list, small_signed, trim_end};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{opt, recognize};
use nom::sequence::{delimited, preceded};

/// A header line: a view over the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invoked<'a> {
    /// The asking thread's name.
    pub comm: &'a [u8],
    /// `0xcc0`.
    pub gfp_mask: Option<&'a [u8]>,
    /// `GFP_KERNEL|__GFP_ZERO`.
    pub gfp_flags: Option<&'a [u8]>,
    /// Nodes; `(null)` becomes `None`.
    pub nodemask: Option<&'a [u8]>,
    /// log2 of the requested pages; -1 for SysRq-f.
    pub order: Option<i32>,
    /// -17 to 15, up to 3.6.
    pub oom_adj: Option<i32>,
    /// -1000 to 1000.
    pub oom_score_adj: Option<i32>,
}

const WORDS: &[u8] = b" invoked oom-killer: ";

/// The position of the words after the comm, if a comm can end there.
pub(super) fn find(message: &[u8]) -> Option<usize> {
    find_after_comm(message, WORDS)
}

/// Reads the line, given where the comm ends.
pub(super) fn invoked(message: &[u8], comm_end: usize) -> Option<Invoked<'_>> {
    let (comm, rest) = message.split_at_checked(comm_end)?;
    let rest = rest.get(WORDS.len()..)?;
    if !rest.starts_with(b"gfp_mask=0x") {
        return None;
    }
    let mut line = Invoked {
        comm,
        ..Invoked::default()
    };
    fields(trim_end(rest), &mut line);
    Some(line)
}

fn fields<'a>(rest: &'a [u8], line: &mut Invoked<'a>) {
    let Ok((rest, mask)) = gfp_mask(rest) else {
        return;
    };
    if rest.is_empty() {
        return;
    }
    line.gfp_mask = Some(mask);
    let mut rest = rest;
    if let Ok((tail, flags)) = gfp_flags(rest) {
        // Text in between then comes from a carrier.
        line.gfp_flags = Some(flags).filter(|flags| !flags.is_empty() && !flags.contains(&b' '));
        rest = tail;
    }
    if let Ok((tail, mask)) = nodemask(rest) {
        // The list includes the comma that ends it.
        let mask = mask.strip_suffix(b",").unwrap_or(mask);
        line.nodemask = Some(mask).filter(|mask| *mask != b"(null)" && !mask.is_empty());
        rest = tail;
    }
    if let Ok((tail, order)) = number_after("order=", rest) {
        line.order = Some(order);
        rest = tail;
    }
    if let Ok((tail, adj)) = number_after("oom_adj=", rest) {
        line.oom_adj = Some(adj);
        rest = tail;
    }
    if let Ok((_, adj)) = number_after("oom_score_adj=", rest) {
        line.oom_score_adj = Some(adj);
    }
}

fn gfp_mask(input: &[u8]) -> Parsed<'_, &[u8]> {
    preceded(
        tag(&b"gfp_mask="[..]),
        recognize(preceded(
            tag(&b"0x"[..]),
            take_while1(|byte: u8| byte.is_ascii_hexdigit()),
        )),
    )
    .parse(input)
}

fn gfp_flags(input: &[u8]) -> Parsed<'_, &[u8]> {
    delimited(
        tag(&b"("[..]),
        take_while(|byte| byte != b')'),
        tag(&b")"[..]),
    )
    .parse(input)
}

fn nodemask(input: &[u8]) -> Parsed<'_, &[u8]> {
    preceded(
        tag(&b", nodemask="[..]),
        alt((tag(&b"(null)"[..]), node_list)),
    )
    .parse(input)
}

/// `, NAME=N`; with one or two spaces, and without the comma if a node list consumed it.
fn number_after<'a>(name: &'static str, input: &'a [u8]) -> Parsed<'a, i32> {
    let (rest, _) = (opt(tag(&b","[..])), take_while1(|byte| byte == b' ')).parse(input)?;
    preceded(tag(name.as_bytes()), small_signed).parse(rest)
}

/// The line, if a comm and the words are there; `Malformed` if what follows is not the killer's.
pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    let comm_end = find(message)?;
    Some(invoked(message, comm_end).map_or(Line::Malformed, Line::Invoked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Invoked<'_> {
        let at = find(line.as_bytes()).unwrap();
        invoked(line.as_bytes(), at).unwrap()
    }

    #[test]
    fn invoked_by_a_comm_of_any_length() {
        for len in 1..=15 {
            let comm = "x".repeat(len);
            let text = std::format!("{comm} invoked oom-killer: gfp_mask=0xd0, order=0");
            let line = line(text.as_bytes());
            let of = matches!(line, Some(Line::Invoked(line)) if line.comm == comm.as_bytes());
            assert!(of, "{text}");
        }
    }

    #[test]
    fn invoked_of_every_kernel() {
        let line = read("mysqld invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=-3");
        assert_eq!(
            (line.comm, line.oom_adj, line.oom_score_adj),
            (&b"mysqld"[..], Some(-3), None)
        );
        let line =
            read("node invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0, oom_score_adj=0");
        assert_eq!(
            (line.oom_adj, line.oom_score_adj, line.gfp_flags),
            (Some(0), Some(0), None)
        );
        let line = read(
            "java invoked oom-killer: gfp_mask=0x24000c0(GFP_KERNEL), nodemask=0-1,3, order=2, oom_score_adj=968",
        );
        assert_eq!((line.nodemask, line.order), (Some(&b"0-1,3"[..]), Some(2)));
        let line = read(
            "ps invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null),  order=0, oom_score_adj=979",
        );
        assert_eq!(
            (line.nodemask, line.order, line.oom_score_adj),
            (None, Some(0), Some(979))
        );
        let line = read(
            "GC Thread#0 invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=-1, oom_score_adj=-997",
        );
        assert_eq!(
            line.gfp_flags,
            Some(&b"GFP_HIGHUSER_MOVABLE|__GFP_COMP"[..])
        );
        assert_eq!((line.order, line.oom_score_adj), (Some(-1), Some(-997)));
        let line = read("a invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=0");
        assert_eq!((line.gfp_mask, line.gfp_flags), (Some(&b"0x0"[..]), None));
    }

    #[test]
    fn invoked_by_a_hostile_comm() {
        assert_eq!(read("\noom-kill:const invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=5").comm, b"\noom-kill:const");
        assert!(find(b"sixteen bytes ha invoked oom-killer: gfp_mask=0x0").is_none());
        assert!(find(b"somebody wrote that x invoked oom-killer: gfp_mask=0x0").is_none());
    }

    #[test]
    fn invoked_cut() {
        let line = read("stress invoked oom-killer: gfp_mask=0x24000c0 \u{2026}");
        assert_eq!((line.gfp_mask, line.order), (Some(&b"0x24000c0"[..]), None));
        assert_eq!(
            read("stress invoked oom-killer: gfp_mask=0x240").gfp_mask,
            None
        );
    }
}
