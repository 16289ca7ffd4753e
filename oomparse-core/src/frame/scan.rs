//! Small parsers that the formats share: numbers, words, names of levels.

pub(super) use crate::source::facility_by_name;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use memchr::memchr;

/// The digits at the start as a number, and the text after them.
#[inline]
pub(super) fn number(input: &[u8]) -> Option<(u64, &[u8])> {
    let mut rest = input;
    let mut value = 0u64;
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        let digit = u64::from(digit.wrapping_sub(b'0'));
        value = value.wrapping_mul(10).wrapping_add(digit);
        rest = tail;
    }
    match input.len().wrapping_sub(rest.len()) {
        0 => None,
        // 19 nines fit.
        1..=19 => Some((value, rest)),
        digits => Some((long_number(input.get(..digits)?)?, rest)),
    }
}

#[cold]
fn long_number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |value, digit| {
        let digit = u64::from(digit.wrapping_sub(b'0'));
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// A number of at least one and at most `most` digits, which no further digit follows.
#[inline]
pub(super) fn short_number(input: &[u8], most: usize) -> Option<(u16, &[u8])> {
    let (value, rest) = number(input)?;
    let digits = input.len().saturating_sub(rest.len());
    (digits <= most).then_some((u16::try_from(value).ok()?, rest))
}

/// The text after leading blanks.
#[inline]
pub(super) fn skip_blanks(input: &[u8]) -> &[u8] {
    let mut rest = input;
    while let [b' ' | b'\t', tail @ ..] = rest {
        rest = tail;
    }
    rest
}

/// The text after one blank, if it begins with one.
#[inline]
pub(super) fn skip_one_blank(input: &[u8]) -> &[u8] {
    input.strip_prefix(b" ").unwrap_or(input)
}

/// The bytes before the first blank, and the rest from that blank on.
#[inline]
pub(super) fn word(input: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr(b' ', input).unwrap_or(input.len());
    input.split_at_checked(end).unwrap_or((input, &[]))
}

/// The bytes before the first `byte`, and those after it.
#[inline]
pub(super) fn split_once(input: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let (head, tail) = input.split_at_checked(memchr(byte, input)?)?;
    Some((head, tail.get(1..)?))
}

/// syslog's level by its name, as written by dmesg -x, Talos and busybox.
pub(super) fn level_by_name(name: &[u8]) -> Option<u8> {
    Some(match name {
        b"emerg" | b"emergency" | b"panic" => 0,
        b"alert" => 1,
        b"crit" | b"critical" => 2,
        b"err" | b"error" => 3,
        b"warn" | b"warning" => 4,
        b"notice" => 5,
        b"info" | b"informational" => 6,
        b"debug" => 7,
        _ => return None,
    })
}

/// The text without terminal colours (`ESC [ 32 m`).
pub(super) fn without_colours(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr(0x1b, text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        rest = if let Some(after) = colour(rest) {
            after
        } else {
            out.push(*byte);
            tail
        };
    }
    Cow::Owned(out)
}

/// How a terminal's escape character is written out: by rsyslog, `less`, a terminal's echo, C, a shell; or lost
/// altogether.
const WRITTEN: [&[u8]; 7] = [
    b"#033[",
    b"^[[",
    b"\\x1b[",
    b"\\033[",
    b"\\e[",
    b"\\u001b[",
    b"[",
];

/// The text without written-out colour codes, if it begins with one.
pub(super) fn without_written_colours(text: &[u8]) -> Option<Vec<u8>> {
    let found = WRITTEN.iter().find(|sign| written(text, sign).is_some())?;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        rest = if let Some(after) = written(rest, found) {
            after
        } else {
            out.push(*byte);
            tail
        };
    }
    Some(out)
}

/// The text after a leading colour code whose escape is written as `sign`.
fn written<'a>(text: &'a [u8], sign: &[u8]) -> Option<&'a [u8]> {
    let codes = text.strip_prefix(sign)?;
    let is_code = |byte: &u8| byte.is_ascii_digit() || *byte == b';';
    let len = codes.iter().take_while(|byte| is_code(byte)).count();
    let (codes, rest) = codes.split_at_checked(len.min(MAX_COLOUR_LEN))?;
    let rest = rest.strip_prefix(b"m")?;
    (sign.len() > 1 || !codes.is_empty()).then_some(rest)
}

/// The longest colour code: `38;2;255;255;255`.
const MAX_COLOUR_LEN: usize = 16;

/// The text after one leading colour code.
pub(super) fn colour(input: &[u8]) -> Option<&[u8]> {
    let mut rest = input.strip_prefix(b"\x1b[")?;
    while let [b'0'..=b'9' | b';', tail @ ..] = rest {
        rest = tail;
    }
    match rest {
        [b'm' | b'K', tail @ ..] => Some(tail),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_that_does_not_fit() {
        assert_eq!(
            number(b"18446744073709551615,"),
            Some((u64::MAX, &b","[..]))
        );
        assert_eq!(number(b"18446744073709551616,"), None);
        assert_eq!(number(b"x"), None);
    }

    #[test]
    fn colours_that_are_written_out_go_where_the_text_begins_with_one() {
        for sign in ["#033[", "^[[", "\\x1b[", "\\033[", "\\e[", "["] {
            let text = std::format!("{sign}32m[ 12.3] {sign}0m{sign}1;33mmsg [1;2] {sign}0m");
            let plain = without_written_colours(text.as_bytes());
            assert_eq!(plain.as_deref(), Some(&b"[ 12.3] msg [1;2] "[..]), "{sign}");
        }
        for text in ["[ 12.3] x", "[m", "[12.3m", "x#033[0m", "#033[32x"] {
            assert_eq!(without_written_colours(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn colours_go_and_other_escapes_stay() {
        let plain = without_colours(b"\x1b[32m[ 12.3] \x1b[0m\x1b[33msub: \x1b[0mmsg\x1b(B");
        assert_eq!(plain.as_ref(), b"[ 12.3] sub: msg\x1b(B");
    }

    #[test]
    fn names_of_levels() {
        for (level, names) in [
            &["emerg", "emergency", "panic"][..],
            &["alert"],
            &["crit", "critical"],
            &["err", "error"],
            &["warn", "warning"],
            &["notice"],
            &["info", "informational"],
            &["debug"],
        ]
        .iter()
        .enumerate()
        {
            for name in *names {
                let found = level_by_name(name.as_bytes()).map(usize::from);
                assert_eq!(found, Some(level), "{name}");
            }
        }
        assert_eq!(level_by_name(b"loud"), None);
    }

    #[test]
    fn a_written_colour_may_be_the_end_of_all() {
        for sign in ["#033[", "^[[", "\\e["] {
            let text = std::format!("{sign}mx{sign}m");
            let plain = without_written_colours(text.as_bytes());
            assert_eq!(plain.as_deref(), Some(&b"x"[..]), "{sign}");
        }
    }
}
