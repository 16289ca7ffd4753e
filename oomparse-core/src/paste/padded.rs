//! Lines copied from a terminal, with the blanks that fill its rows.
//!
//! ```text
//! [86120.080694] Killed process 6155 (python) total-vm:1054044kB, anon-rss:832856k                B, file-rss:2788kB
//! ```
//!
//! A row may end within a word or at a blank. One of the two is chosen if the line is complete with it and not
//! with the other; otherwise the line stays as it is.

use crate::frame;
use crate::line::{Line, parse_line};
use alloc::vec::Vec;
use memchr::memmem;

/// No kernel line has this many blanks in a row.
const FILL: &[u8; 24] = b"                        ";

/// A line with such blanks is longer than this.
const SHORTEST: usize = 100;

/// Maximum number of rows of one line; each row end is tried in two ways.
const MOST_ROWS: usize = 4;

/// Whether the line must be checked.
#[inline]
pub(super) fn may_be(line: &[u8]) -> bool {
    line.len() > SHORTEST && holds_fill(line)
}

/// Whether the fill is in the line, and not at an end: then it covers the first byte of one of the pieces that are as
/// long as it is. Of almost every piece only that byte is read.
#[inline]
fn holds_fill(line: &[u8]) -> bool {
    let is_blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    let line = if is_blank(line.first()) || is_blank(line.last()) {
        line.trim_ascii()
    } else {
        line
    };
    let mut starts = (0..line.len()).step_by(FILL.len());
    starts.any(|at| line.get(at) == Some(&b' ') && is_in_fill(line, at))
}

/// Whether the blank at this place is one of a fill.
fn is_in_fill(line: &[u8], at: usize) -> bool {
    let (before, after) = line.split_at_checked(at).unwrap_or((line, &[]));
    let is_blank = |byte: &&u8| **byte == b' ';
    let after = after.iter().take(FILL.len()).take_while(is_blank);
    let before = before.iter().rev().take(FILL.len()).take_while(is_blank);
    before.count().saturating_add(after.count()) >= FILL.len()
}

/// The line without the fill, if it is certain. What it is indented by stays: it may continue the line above.
pub(super) fn mended(line: &[u8]) -> Option<Vec<u8>> {
    if !may_be(line) {
        return None;
    }
    let text = line.trim_ascii_start();
    let (indent, _) = line.split_at_checked(line.len().checked_sub(text.len())?)?;
    let mut rows: Vec<&[u8]> = Vec::new();
    let mut rest = text.trim_ascii_end();
    while let Some(at) = memmem::find(rest, FILL) {
        let (row, after) = rest.split_at_checked(at)?;
        if rows.len() >= MOST_ROWS {
            return None;
        }
        rows.push(row);
        rest = after.trim_ascii_start();
    }
    rows.push(rest);
    let ends = rows.len().checked_sub(1)?;
    let mut found = None;
    for ways in 0..1usize.checked_shl(u32::try_from(ends).ok()?)? {
        let mut text = Vec::with_capacity(line.len());
        for (at, row) in rows.iter().enumerate() {
            text.extend_from_slice(row);
            if at < ends && (ways >> at) & 1 == 1 {
                text.push(b' ');
            }
        }
        if is_whole(&text) && found.replace(text).is_some() {
            // Both are possible.
            return None;
        }
    }
    found.map(|text| [indent, &text].concat())
}

/// Whether the line is the kernel's and complete.
fn is_whole(line: &[u8]) -> bool {
    let Some(message) = frame::message_after_head(line) else {
        return false;
    };
    let line = parse_line(message);
    let is_kind = match line {
        Line::Killed(_) | Line::Selected(_) | Line::Reaped(_) | Line::Summary(_) => true,
        // Flags with a blank in them are not read.
        Line::Invoked(line) => line.gfp_flags.is_some() || !message.contains(&b'('),
        _ => false,
    };
    is_kind && line.completeness(message).is_whole()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    fn mend(rows: [&str; 2]) -> Option<String> {
        let line = format!("{}{:60}{}", rows[0], "", rows[1]);
        mended(line.as_bytes()).map(|line| String::from_utf8(line).unwrap())
    }

    #[test]
    fn a_row_ends_within_a_word_or_at_a_blank() {
        for (whole, at) in [
            (
                "[86120.080694] Killed process 6155 (python) total-vm:1054044kB, anon-rss:832856kB, file-rss:2788kB, shmem-rss:0kB",
                80,
            ),
            (
                "[80449.543612] kthreadd invoked oom-killer: gfp_mask=0x15000c0(GFP_KERNEL_ACCOUNT), nodemask=(null),  order=1, oom_score_adj=0",
                80,
            ),
            (
                "[79018.562727] oom_reaper: reaped process 5711 (python), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
                80,
            ),
        ] {
            let (row, rest) = whole.split_at(at);
            assert_eq!(mend([row, rest]).as_deref(), Some(whole));
        }
        let whole =
            "[86120.080672] Out of memory: Kill process 6155 (python) score 895 or sacrifice child";
        let row = whole.strip_suffix(" child").unwrap();
        assert_eq!(mend([row, "child"]).as_deref(), Some(whole));
    }

    #[test]
    fn what_may_be_either_stays() {
        let rest = "hon) total-vm:1054044kB, anon-rss:832856kB, file-rss:2788kB, shmem-rss:0kB";
        assert_eq!(
            mend(["[86120.080694] Killed process 6155 (pyt", rest]),
            None
        );
        assert_eq!(
            mend([
                "[86120.080662] [ 6150]     0  6150     2476      309       9       0       29",
                "0 pigpiod"
            ]),
            None
        );
        assert_eq!(mend(["[86120.080662] usb 1-1: Product: x", "y"]), None);
    }

    #[test]
    fn a_fill_is_in_a_long_line_and_not_at_its_end() {
        let (fill, text) = (" ".repeat(30), "abcd ".repeat(30));
        for (line, found) in [
            (format!("{text}{fill}b"), true),
            (format!("a{fill}{text}b"), true),
            (format!("{}{fill}b", &text[..SHORTEST - 30]), true),
            (format!("{}{fill}b", &text[..SHORTEST - 31]), false),
            (format!("a{fill}b"), false),
            (format!("{fill}{text}b"), false),
            (format!("a{text}{fill}"), false),
            (format!("{text}b"), false),
        ] {
            assert_eq!(may_be(line.as_bytes()), found, "{line}");
        }
    }

    #[test]
    fn each_row_may_end_in_its_own_way() {
        let rows = [
            "[86120.080694] Out of memory: Killed process 6155 (python) total-vm:1054044kB,",
            "anon-rss:832856kB, file-rss:27",
            "88kB, shmem-rss:0kB",
        ];
        let whole = format!("{} {}{}", rows[0], rows[1], rows[2]);
        let line = rows.join(&" ".repeat(60));
        assert_eq!(mended(line.as_bytes()).unwrap(), whole.as_bytes());
    }
}
