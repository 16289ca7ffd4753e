//! `Memory cgroup stats for PATH:`: how a cgroup used its memory.
//!
//! `mem_cgroup_print_oom_meminfo` (mm/memcontrol.c), level 6. Three shapes:
//!
//! ```text
//! 3.9 to 5.2  one line for each cgroup below the limit: `Memory cgroup stats for ` + PATH + `:` + ` %s:%ldKB` …
//! 5.3 to 6.4  the heading, then one record with `key value` lines, cut at the record's limit
//! 6.5         the heading, then one record for each `key value`
//! ```
//! Samples: `Memory cgroup stats for /docker/4f: cache:24KB rss:1048552KB swap:0KB unevictable:0KB` (4.14) and
//! `Memory cgroup stats for /kubepods/burstable/pod7:` with `anon 535707648` below (6.8).
//!
//! A path may contain blanks and colons, so the one-line form is read from its right end.

use super::Line;
use super::common::{decimal, number, split_once};
use crate::bytes::words;
use memchr::{memchr, memrchr};

/// A stats heading: a view over the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatsHeading<'a> {
    /// The cgroup of these figures.
    pub path: &'a [u8],
    /// ` cache:24KB rss:1KB …` of the one-line form; empty if the figures follow as separate lines.
    pub inline: &'a [u8],
    /// The last figure was cut off.
    pub cut: bool,
}

/// Reads the heading.
pub(super) fn heading(message: &[u8]) -> Option<StatsHeading<'_>> {
    let rest = message
        .strip_prefix(b"Memory cgroup stats for ")?
        .trim_ascii_end();
    if rest.first() != Some(&b'/') {
        return None;
    }
    if let Some(path) = rest.strip_suffix(b":") {
        // A one-line form that was cut after a key.
        if let Some(heading) = from_the_left(path) {
            return Some(heading);
        }
        // Either cut after its first key, or a cgroup with such a name: there is no way to know.
        if path.ends_with(b": cache") {
            return None;
        }
        return Some(StatsHeading {
            path,
            inline: &[],
            cut: false,
        });
    }
    from_the_right(rest).or_else(|| from_the_left(rest))
}

/// Reads ` key:NKB` words backwards until the `:` of the path.
fn from_the_right(rest: &[u8]) -> Option<StatsHeading<'_>> {
    let mut cut = false;
    let mut end = rest.len();
    let mut first = true;
    while let Some((before, word)) = rest
        .get(..end)
        .and_then(|head| memrchr(b' ', head).and_then(|at| head.split_at_checked(at)))
    {
        let word = word.get(1..).unwrap_or_default();
        let is_figure = figure(word).is_some();
        if !is_figure {
            // Only the last word may be cut.
            if !(first && is_cut_figure(word)) {
                return None;
            }
            cut = true;
        }
        first = false;
        if is_figure
            && let Some(path) = before.strip_suffix(b":")
            && !path.is_empty()
        {
            let values_end = if cut {
                memrchr(b' ', rest)?
            } else {
                rest.len()
            };
            let inline = rest.get(before.len()..values_end).unwrap_or_default();
            return Some(StatsHeading { path, inline, cut });
        }
        end = before.len();
    }
    None
}

/// A line with other words of a paste after the figures: the first `: key:NKB` ends the path.
fn from_the_left(rest: &[u8]) -> Option<StatsHeading<'_>> {
    let (path, values) = split_once(rest, ": ")?;
    let first = values.split(|byte| *byte == b' ').next()?;
    figure(first)?;
    let start = path.len().checked_add(1)?;
    Some(StatsHeading {
        path,
        inline: rest.get(start..)?,
        cut: true,
    })
}

/// `key:NKB`.
fn figure(word: &[u8]) -> Option<(&[u8], u64)> {
    let (key, value) = word.split_at_checked(key_len(word)?)?;
    let (value, rest) = decimal(value.strip_prefix(b":")?)?;
    (rest == b"KB").then_some((key, value))
}

fn is_cut_figure(word: &[u8]) -> bool {
    match memchr(b':', word) {
        Some(at) => {
            let digits = word.get(at.saturating_add(1)..).unwrap_or_default();
            let digits = digits.strip_suffix(b"K").unwrap_or(digits);
            digits.iter().all(u8::is_ascii_digit)
        }
        None => is_key(word),
    }
}

fn is_key(key: &[u8]) -> bool {
    matches!(key.len(), 1..=64) && key.iter().all(|byte| !is_after_key(*byte))
}

/// Whether no key contains this byte.
#[inline(always)]
fn is_after_key(byte: u8) -> bool {
    !(byte.is_ascii_lowercase() | byte.is_ascii_digit() | (byte == b'_'))
}

/// The length of the key at the start of a text, if the text continues after it.
#[inline]
fn key_len(text: &[u8]) -> Option<usize> {
    let len = if cfg!(feature = "perf") {
        words::first(text, is_after_key)
    } else {
        text.iter().position(|byte| is_after_key(*byte))
    };
    len.filter(|len| matches!(len, 1..=64))
}

/// The figures of the one-line form: key and KB as printed. Ends at the first word that is not a figure.
pub(crate) fn inline_figures(inline: &[u8]) -> impl Iterator<Item = (&[u8], u64)> {
    inline
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
        .map_while(figure)
}

/// Whether a line begins with a figure of the one-line form, `cache:24KB`, as after a line break.
pub(super) fn begins_with_figure(line: &[u8]) -> bool {
    let word = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    word.ends_with(b"KB") && figure(word).is_some()
}

/// Whether a key counts events rather than memory.
pub(crate) fn is_event_count(key: &[u8]) -> bool {
    let key = key.strip_prefix(b"total_").unwrap_or(key);
    [&b"workingset_"[..], b"pg", b"thp_", b"zswp", b"psw"]
        .iter()
        .any(|start| key.starts_with(start))
}

/// The usual `key value` line, as [`entry`] reads it: nothing else on the line, and fewer than sixteen digits.
#[inline(always)]
pub(super) fn common_entry(line: &[u8]) -> Option<(&[u8], u64)> {
    let Some((mut value, mut digits)) = words::digits_at_end(line) else {
        return entry(line);
    };
    if digits == EIGHT {
        let (high, more) = words::digits_at_end(line.get(..line.len().checked_sub(EIGHT)?)?)?;
        value = high.wrapping_mul(100_000_000).wrapping_add(value);
        digits = digits.wrapping_add(more);
    }
    let (key, after) = line.split_at_checked(line.len().checked_sub(digits)?.checked_sub(1)?)?;
    let is_one = matches!(after, [b' ', b'0'..=b'9', ..])
        && matches!(key.len(), 1..=64)
        && words::all_of_key(key);
    is_one.then_some((key, value))
}

/// How many digits are read at a time.
const EIGHT: usize = 8;

/// One `key value` line of a block.
#[inline]
pub(crate) fn entry(line: &[u8]) -> Option<(&[u8], u64)> {
    // Words in a log end in letters far more often than in digits.
    let line = line.trim_ascii_end();
    if !line.last()?.is_ascii_digit() {
        return None;
    }
    let digits = line
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (head, value) = line.split_at_checked(line.len().checked_sub(digits)?)?;
    let key = head.strip_suffix(b" ").filter(|key| is_key(key))?;
    Some((key, number(value).ok()?.1))
}

/// The heading; `Malformed` if it only begins like one.
pub(super) fn heading_line(message: &[u8]) -> Option<Line<'_>> {
    let begins = message.starts_with(b"Memory cgroup stats for ");
    begins.then(|| heading(message).map_or(Line::Malformed, Line::StatsHeading))
}

pub(super) fn entry_line(message: &[u8]) -> Option<Line<'_>> {
    entry(message).map(|(key, value)| Line::StatEntry(key, value))
}

/// A block in one record, which is recognised by its first line, or the rest of the one-line form.
pub(super) fn entries(message: &[u8]) -> Option<Line<'_>> {
    let begins = message.first().is_some_and(u8::is_ascii_lowercase);
    if begins && begins_with_figure(message) {
        return Some(Line::StatEntries(message));
    }
    let first_line = message.get(..memchr(b'\n', message)?)?;
    entry(first_line).map(|_| Line::StatEntries(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn stats_in_one_line() {
        let line =
            heading(b"Memory cgroup stats for /k/p: cache:24KB rss:1KB unevictable:0KB").unwrap();
        assert_eq!((line.path, line.cut), (&b"/k/p"[..], false));
        let figures: Vec<_> = inline_figures(line.inline).collect();
        assert_eq!(
            figures,
            [(&b"cache"[..], 24), (b"rss", 1), (b"unevictable", 0)]
        );
    }

    #[test]
    fn stats_of_a_path_with_colons_and_blanks() {
        let line = heading(
            b"Memory cgroup stats for /s:cri-containerd:4f/x: cache:9KB: cache:0KB rss:1KB",
        )
        .unwrap();
        assert_eq!(line.path, b"/s:cri-containerd:4f/x: cache:9KB");
        let line = heading(b"Memory cgroup stats for /s:cri-containerd:4f:").unwrap();
        assert_eq!(
            (line.path, line.inline),
            (&b"/s:cri-containerd:4f"[..], &b""[..])
        );
    }

    #[test]
    fn stats_cut_and_commented() {
        let line = heading(b"Memory cgroup stats for /k: cache:507172KB rss:44").unwrap();
        assert_eq!((inline_figures(line.inline).count(), line.cut), (1, true));
        let line = heading(b"Memory cgroup stats for /k: cache:5KB rss:44KB  # lint: x").unwrap();
        assert_eq!(
            (line.path, inline_figures(line.inline).count()),
            (&b"/k"[..], 2)
        );
        assert!(heading(b"Memory cgroup stats for /kubepods.slice/kubepods").is_none());
        assert!(heading(b"Memory cgroup stats for /k: cache:").is_none());
    }

    #[test]
    fn the_usual_entry_is_read_as_any_other() {
        let keys = [
            "a",
            "anon",
            "file_mapped",
            "workingset_refault_anon",
            "Anon",
            "an on",
            "_1",
            "k\u{e9}",
            "",
        ];
        let values = [
            "0",
            "7",
            "12",
            "4096",
            "1234567",
            "12345678",
            "123456789",
            "123456789012345",
            "1234567890123456",
            "18446744073709551615",
            "18446744073709551616",
            "00012",
            "-1",
            "12 ",
            "1 2",
            "",
            "\u{e9}12",
            "12\u{e9}",
        ];
        let mut read = 0;
        for key in keys {
            for value in values {
                for line in [std::format!("{key} {value}"), std::format!("{key}{value}")] {
                    if let Some(found) = common_entry(line.as_bytes()) {
                        assert_eq!(Some(found), entry(line.as_bytes()), "{line}");
                        read += 1;
                    }
                }
            }
        }
        assert!(read > 40, "{read}");
        let long = [&[b'k'; 65][..], b" 12345678"].concat();
        assert_eq!(common_entry(&long), None);
    }

    #[test]
    fn stats_entries() {
        assert_eq!(entry(b"anon 535707648"), Some((&b"anon"[..], 535_707_648)));
        assert_eq!(
            entry(b"total_rss_huge 0 "),
            Some((&b"total_rss_huge"[..], 0))
        );
        assert_eq!(entry(b"anon"), None);
        assert_eq!(entry(b"Out of memory"), None);
        assert_eq!(entry(b"pages 12 RAM"), None);
    }

    #[test]
    fn only_the_last_figure_may_be_cut() {
        for (figures, inline) in [
            (" cache:24KB rss:1KB", Some(" cache:24KB rss:1KB")),
            (" cache:24KB rss:1K", Some(" cache:24KB")),
            (" cache:24KB rss:10", Some(" cache:24KB")),
            (" cache:24KB rs", Some(" cache:24KB")),
            (" cache:24KB rss:1M", Some(" cache:24KB rss:1M")),
            (" cache:24KB # lint", Some(" cache:24KB # lint")),
            (
                " cache:24KB rss:1 swap:0KB",
                Some(" cache:24KB rss:1 swap:0KB"),
            ),
            (" cache:24", None),
        ] {
            // The path's own words are not figures.
            for path in ["/k/p", "/k/a b"] {
                let line = std::format!("Memory cgroup stats for {path}:{figures}");
                let found = heading(line.as_bytes()).map(|it| (it.path, it.inline));
                let expected = inline.map(|inline| (path.as_bytes(), inline.as_bytes()));
                assert_eq!(found, expected, "{line}");
            }
        }
    }

    #[test]
    fn a_cut_figure_leaves_the_path_whole() {
        for cut in ["rss:1K", "rss:10", "rs"] {
            let line = std::format!("Memory cgroup stats for /k/x: cache:9KB: cache:24KB {cut}");
            let found = heading(line.as_bytes()).unwrap();
            let figures: Vec<_> = inline_figures(found.inline).collect();
            assert_eq!(found.path, b"/k/x: cache:9KB", "{line}");
            assert_eq!(figures, [(&b"cache"[..], 24)], "{line}");
            assert!(found.cut, "{line}");
        }
    }

    #[test]
    fn figures_at_the_start_of_a_line_are_whole() {
        for (line, is_one) in [
            ("cache:24KB rss:1KB", true),
            ("cache:24KB", true),
            ("cache:24K", false),
            ("cache:24", false),
            ("cache:KB", false),
            ("cacheKB", false),
            ("KB", false),
            ("cache 24KB", false),
            ("", false),
        ] {
            assert_eq!(begins_with_figure(line.as_bytes()), is_one, "{line}");
        }
    }
}
