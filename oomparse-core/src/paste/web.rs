//! Lines copied from a web page: HTML character references, non-breaking spaces.
//!
//! ```text
//! [ 9.1] Out of memory: Kill process 10 &#40;sh&#41; score 3 or sacrifice child
//! Dec \u{a0}6 14:58:14 n1 kernel: [ \u{a0}638.104526] Killed process 11 (php) …
//! ```
//!
//! A name may contain such codes too. So they are decoded only if that makes the line a better kernel line.

use crate::frame;
use crate::line::{Completeness, Line, parse_line};
use alloc::vec::Vec;
use memchr::memchr2;

/// A non-breaking space in UTF-8.
const BLANK: &[u8; 2] = b"\xc2\xa0";

/// The names of the references for ASCII characters, and the characters.
const NAMES: [(&[u8], u8); 6] = [
    (b"&lt;", b'<'),
    (b"&gt;", b'>'),
    (b"&amp;", b'&'),
    (b"&quot;", b'"'),
    (b"&apos;", b'\''),
    (b"&nbsp;", b' '),
];

/// Whether the text begins with a reference or such a space.
#[inline]
pub(super) fn may_begin(text: &[u8]) -> bool {
    matches!(text, [b'&', b'#' | b'a' | b'g' | b'l' | b'n' | b'q', ..]) || text.starts_with(BLANK)
}

/// The line with its references decoded, if that makes it a better kernel line.
pub(super) fn mended(line: &[u8]) -> Option<Vec<u8>> {
    let decoded = decoded(line)?;
    let is_more = worth(&decoded) > worth(line) && !frame::is_programs(&decoded);
    is_more.then_some(decoded)
}

/// The line with its references decoded; `None` if there are none.
fn decoded(line: &[u8]) -> Option<Vec<u8>> {
    memchr2(b'&', 0xc2, line)?;
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((byte, tail)) = rest.split_first() {
        rest = match sign(rest) {
            Some((sign, after)) => {
                out.push(sign);
                after
            }
            None => {
                out.push(*byte);
                tail
            }
        };
    }
    (out.len() < line.len()).then_some(out)
}

/// The character of the reference at the start, and the text after it.
fn sign(text: &[u8]) -> Option<(u8, &[u8])> {
    if let Some(after) = text.strip_prefix(BLANK) {
        return Some((b' ', after));
    }
    if !may_begin(text) {
        return None;
    }
    for (name, sign) in NAMES {
        if let Some(after) = text.strip_prefix(name) {
            return Some((sign, after));
        }
    }
    let number = text.strip_prefix(b"&#")?;
    let (number, base) = match number {
        [b'x' | b'X', number @ ..] => (number, 16),
        _ => (number, 10),
    };
    let end = number.iter().take(6).position(|byte| *byte == b';')?;
    let (digits, after) = number.split_at_checked(end)?;
    let digits = core::str::from_utf8(digits).ok()?;
    let code = u32::from_str_radix(digits, base).ok()?;
    let sign = match code {
        0xa0 => b' ',
        _ => u8::try_from(code)
            .ok()
            .filter(|sign| (b' '..=b'~').contains(sign))?,
    };
    Some((sign, after.get(1..)?))
}

/// How good a kernel line it is: none, one, or a complete one.
pub(super) fn worth(line: &[u8]) -> u8 {
    let message = frame::message_after_head(line);
    let message = message.unwrap_or(if frame::has_head(line) { b"" } else { line });
    let line = parse_line(message);
    match line {
        Line::Other | Line::Malformed => 0,
        _ if matches!(
            line.completeness(message),
            Completeness::Begun | Completeness::Cut
        ) =>
        {
            1
        }
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn mend(line: &str) -> Option<String> {
        mended(line.as_bytes()).map(|line| String::from_utf8(line).unwrap())
    }

    #[test]
    fn codes_and_blanks_of_pages_go_where_the_line_is_the_kernels_without_them() {
        for (line, decoded) in [
            (
                "[    9.100000] Out of memory: Kill process 10 &#40;sh&#41; score 3 or sacrifice child",
                "[    9.100000] Out of memory: Kill process 10 (sh) score 3 or sacrifice child",
            ),
            (
                "Killed&nbsp;process&nbsp;11&nbsp;(php)&nbsp;total-vm:8kB,&nbsp;anon-rss:4kB",
                "Killed process 11 (php) total-vm:8kB, anon-rss:4kB",
            ),
            (
                "Dec \u{a0}6 14:58:14 n1 kernel: [ \u{a0}638.104526] Killed process 11 (php) total-vm:8kB, anon-rss:4kB",
                "Dec  6 14:58:14 n1 kernel: [  638.104526] Killed process 11 (php) total-vm:8kB, anon-rss:4kB",
            ),
            (
                "Killed&#160;process&#xa0;11&#160;(php)&#160;total-vm:8kB,&#160;anon-rss:4kB",
                "Killed process 11 (php) total-vm:8kB, anon-rss:4kB",
            ),
            (
                "Task in &#x2F;docker&#x2F;ab killed as a result of limit of &#x2F;docker&#x2F;ab",
                "Task in /docker/ab killed as a result of limit of /docker/ab",
            ),
        ] {
            assert_eq!(mend(line).as_deref(), Some(decoded));
        }
    }

    #[test]
    fn what_is_the_kernels_as_it_stands_stays() {
        for line in [
            "Killed process 11 (a&#40;b) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
            "Killed process 11 (a\u{a0}b) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
            "Task in /a&#47;b killed as a result of limit of /a&#47;b",
            "Dec \u{a0}6 14:58:14 n1 app[7]: Killed process 11 (php) total-vm:8kB, anon-rss:4kB",
            "x &amp; y",
            "no code",
        ] {
            assert_eq!(mend(line), None, "{line}");
        }
    }

    #[test]
    fn what_begins_a_reference() {
        for (text, may) in [
            ("&lt;", true),
            ("&#40;sh", true),
            ("&amp;", true),
            ("\u{a0}x", true),
            ("& b", false),
            ("&", false),
            ("x", false),
            ("\u{e9}", false),
            ("", false),
        ] {
            assert_eq!(may_begin(text.as_bytes()), may, "{text}");
        }
    }
}
