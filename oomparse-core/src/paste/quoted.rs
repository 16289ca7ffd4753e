//! Quoted-printable mail (RFC 2045): `=3D` is `=`, and a `=` at the end of a line means that the line continues
//! in the next one.
//!
//! A line counts as encoded if every `=` in it begins such a code, with `=3D` twice, or once and a break at the
//! end, and one of the codes follows a key of the kernel (`order=3D0`). From then on all lines count as encoded,
//! until a line that cannot be. No line is longer than 76 bytes, except for quotation marks before it. A line
//! that only has a break at its end waits until the next line decides. A line that shows that a program wrote it
//! is not decoded, and no line with its own prefix continues another one.

use super::web;
use crate::bytes::hex_digit;
use crate::frame;
use crate::limits::MAX_LINE_LEN;
use alloc::vec::Vec;
use memchr::{memchr_iter, memmem};

/// The longest line that the encoding allows.
const LONGEST: usize = 76;

/// Encoders fill a line before they break it.
const SHORTEST_BROKEN: usize = 70;

/// Longest quotation marks, for example `> > `.
const MAX_MARKS: usize = 8;

/// Undoes the encoding.
#[derive(Debug, Default)]
pub(super) struct Quoted {
    /// The last lines were encoded.
    on: bool,
    /// A line whose rest is in the next one.
    held: Vec<u8>,
    /// The length of the marks before each line.
    marks: usize,
    /// It is not certain that the held line was encoded: it is kept unchanged.
    unsure: bool,
}

impl Quoted {
    pub(super) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether the line must be checked. `holds_sign` says whether it contains a `=`.
    #[inline]
    pub(super) fn may_be(&self, line: &[u8], holds_sign: impl Fn() -> bool) -> bool {
        line.len() <= LONGEST.saturating_add(marks(line)) && (self.on || holds_sign())
    }

    pub(super) fn line(&mut self, line: &[u8], emit: &mut dyn FnMut(&[u8])) {
        let marks = marks(line);
        // What was quoted first and encoded then has no marks in front of the rest of a line.
        let is_rest = self.is_holding() && marks == 0 && !begins_anew(line);
        if !is_rest && core::mem::replace(&mut self.marks, marks) != marks {
            // Another quotation.
            self.finish(emit);
            self.on = false;
        }
        let text = line.get(marks..).unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let codes = codes(text).filter(|(signs, _)| *signs == 0 || !frame::is_programs(text));
        if self.is_holding() && begins_anew(text) {
            self.finish(emit);
        }
        let signs = codes.map_or(0, |(signs, _)| signs);
        let breaks = codes.is_some_and(|(_, breaks)| breaks);
        let is_kernels = signs > 0 && holds_key(text);
        if core::mem::take(&mut self.unsure) {
            if is_kernels || codes.is_some() && self.is_completed_by(text) {
                // The sign at the end was a break.
                self.held.pop();
                self.on = true;
            } else {
                self.finish(emit);
            }
        }
        self.on = codes.is_some() && (self.on || is_kernels && (signs > 1 || breaks));
        if !self.on {
            self.finish(emit);
            if breaks && signs == 0 && text.len() >= SHORTEST_BROKEN {
                self.unsure = true;
                self.held.extend_from_slice(text);
                return;
            }
            return emit(line);
        }
        decode(text, &mut self.held);
        if breaks && self.held.len() < MAX_LINE_LEN {
            return;
        }
        let whole = core::mem::take(&mut self.held);
        emit(&whole);
    }

    /// Whether the line held says all that a line of the kernel's does once this text takes the place of the sign
    /// at its end.
    fn is_completed_by(&self, text: &[u8]) -> bool {
        let Some((b'=', held)) = self.held.split_last() else {
            return false;
        };
        let mut whole = held.to_vec();
        decode(text, &mut whole);
        web::worth(held) > 0 && web::worth(&whole) > 1 && !frame::is_programs(&whole)
    }

    pub(super) fn finish(&mut self, emit: &mut dyn FnMut(&[u8])) {
        self.unsure = false;
        if !self.held.is_empty() {
            let held = core::mem::take(&mut self.held);
            emit(&held);
        }
    }
}

/// The length of the quotation marks at the start of the line.
fn marks(line: &[u8]) -> usize {
    let mut rest = line;
    while let [b'>', b' ', tail @ ..] | [b'>', tail @ ..] = rest
        && line.len().saturating_sub(tail.len()) <= MAX_MARKS
    {
        rest = tail;
    }
    line.len().saturating_sub(rest.len())
}

/// How many `=3D` a line has, and whether it breaks at its end; `None` if it cannot be encoded.
fn codes(line: &[u8]) -> Option<(usize, bool)> {
    if line.len() > LONGEST {
        return None;
    }
    let (mut signs, mut breaks) = (0usize, false);
    for at in memchr_iter(b'=', line) {
        match line.get(at..)? {
            [b'='] => breaks = true,
            [b'=', b'3', b'D', ..] => signs = signs.saturating_add(1),
            [b'=', high, low, ..] if is_digit(*high) && is_digit(*low) => {}
            _ => return None,
        }
    }
    Some((signs, breaks))
}

/// Keys before which the kernel's lines have `=`.
const KEYS: [&[u8]; 10] = [
    b"gfp_mask",
    b"order",
    b"adj",
    b"nodemask",
    b"constraint",
    b"cpuset",
    b"mems_allowed",
    b"memcg",
    b"task",
    b"rss",
];

/// Whether a line cannot continue another one, because it has a prefix; but the rest of a stamp (`198.576611] …`)
/// can.
fn begins_anew(line: &[u8]) -> bool {
    let first = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_rest = matches!(first, [b'0'..=b'9', .., b']']);
    !is_rest && frame::has_head(line)
}

/// Whether one of the codes follows a key of the kernel.
fn holds_key(line: &[u8]) -> bool {
    memmem::find_iter(line, b"=3D").any(|at| {
        let before = line.get(..at).unwrap_or_default();
        KEYS.iter().any(|key| before.ends_with(key))
    })
}

/// The encoding writes capital letters.
fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)
}

fn decode(line: &[u8], out: &mut Vec<u8>) {
    let mut rest = line;
    loop {
        rest = match rest {
            [] | [b'='] => return,
            [b'=', high, low, tail @ ..] => {
                if let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) {
                    out.push((high << 4) | low);
                }
                tail
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn lines(text: &str) -> Vec<String> {
        let mut quoted = Quoted::default();
        let mut out = Vec::new();
        let mut emit = |line: &[u8]| out.push(String::from_utf8(line.to_vec()).unwrap());
        for line in text.lines() {
            quoted.line(line.as_bytes(), &mut emit);
        }
        quoted.finish(&mut emit);
        out
    }

    #[test]
    fn codes_and_breaks() {
        assert_eq!(
            lines("java invoked oom-killer: gfp_mask=3D0xd0, o=\nrder=3D0\nno code here\n"),
            [
                "java invoked oom-killer: gfp_mask=0xd0, order=0",
                "no code here"
            ]
        );
        assert_eq!(lines("order=3D0=\n"), ["order=0"]);
        let broken = "x".repeat(75) + "=";
        assert_eq!(
            lines(&(broken.clone() + "\norder=3D0\n")),
            ["x".repeat(75) + "order=0"]
        );
        assert_eq!(lines(&(broken.clone() + "\nyz\n")), [broken.as_str(), "yz"]);
    }

    #[test]
    fn marks_of_a_quotation_stand_before_each_line() {
        for mark in ["> ", ">", "> > "] {
            let text = "java invoked oom-killer: gfp_mask=3D0xd0, o=\nrder=3D0\nno code here";
            let quoted: String = text.lines().flat_map(|line| [mark, line, "\n"]).collect();
            let last = std::format!("{mark}no code here");
            assert_eq!(
                lines(&quoted),
                [
                    "java invoked oom-killer: gfp_mask=0xd0, order=0",
                    "no code here"
                ],
                "{mark}"
            );
            let other = std::format!("order=3D0, gfp_mask=3Dc=\n{last}\n");
            assert_eq!(lines(&other), ["order=0, gfp_mask=c", last.as_str()]);
        }
    }

    #[test]
    fn what_is_not_encoded_stays() {
        for line in [
            "gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936",
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=",
            "order=3D is too little",
            "app[1]: a=3Db=3Dc=",
            "Jan  5 02:12:02 n1 app[1]: order=3D0, gfp_mask=3D0=",
            "oom-kill:const,pid=5314,uid=1020",
            "x=3D1, y=3D2",
            "order=3D0, gfp_mask=3D0, a=c3=a9",
        ] {
            assert_eq!(lines(line), [line]);
        }
        // A line that cannot be encoded ends the encoding, and is not joined.
        assert_eq!(
            lines("order=3D0, gfp_mask=3Dc=\norder=0x=3D\n=3D"),
            ["order=0, gfp_mask=c", "order=0x=3D", "=3D"]
        );
        assert_eq!(
            lines("order=3D0, gfp_mask=3Dc=\n[    1.000000] Killed process 1 (a)"),
            ["order=0, gfp_mask=c", "[    1.000000] Killed process 1 (a)"]
        );
    }

    #[test]
    fn a_whole_line_with_codes() {
        for (line, decoded) in [
            (
                "java invoked oom-killer: gfp_mask=3D0xd0, order=3D0",
                "java invoked oom-killer: gfp_mask=0xd0, order=0",
            ),
            (
                "caf=C3=A9 invoked oom-killer: gfp_mask=3D0xd0, order=3D0",
                "caf\u{e9} invoked oom-killer: gfp_mask=0xd0, order=0",
            ),
        ] {
            assert_eq!(lines(line), [decoded]);
        }
    }

    #[test]
    fn a_line_that_only_breaks_waits_for_what_completes_it() {
        let begun = "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-";
        let broken = std::format!("{begun}=");
        for (next, is_joined) in [
            ("rss:0kB", true),
            // With this it says no more, or nobody encoded it.
            ("xyz", false),
            ("order=3D0 a=zz", false),
        ] {
            let joined = std::format!("{begun}{next}");
            let expected = match is_joined {
                true => &[joined.as_str()][..],
                false => &[broken.as_str(), next],
            };
            assert_eq!(lines(&std::format!("{broken}\n{next}\n")), expected);
        }
    }

    #[test]
    fn a_line_is_looked_at_if_it_may_be_encoded() {
        let mut quoted = Quoted::default();
        let long = "a".repeat(LONGEST + 1);
        let marked = std::format!("> {}", &long[1..]);
        let may_be = |quoted: &Quoted, line: &str, sign| quoted.may_be(line.as_bytes(), || sign);
        assert!(!may_be(&quoted, "a", false) && may_be(&quoted, "a=", true));
        assert!(!may_be(&quoted, &long, true) && may_be(&quoted, &marked, true));
        // After one that was, each is.
        quoted.line(b"gfp_mask=3D0xd0, order=3D0", &mut |_| ());
        assert!(may_be(&quoted, "a", false) && !may_be(&quoted, &long, false));
    }
}
