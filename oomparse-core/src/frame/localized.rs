//! Prefixes of syslog lines whose date is in another language, in another order, or missing.
//!
//! ```text
//! дек 06 14:58:14 node7 kernel: php invoked oom-killer: …               journalctl, syslog in a locale
//! 12月 06 14:58:14 node7 kernel: …
//! Di 2022-12-06 14:58:14 CET node7 kernel: …                             journalctl -o short-full
//! 06.12.2022 14:58:14 node7 kernel: …
//! [06/Dec/2022:14:58:14 +0100] node7 kernel: …
//! 14:58:14 node7 kernel: …                                               the date was cut off
//! ```
//!
//! The prefix is a clock, with at most four words of a date before it, and after it the usual text that follows a
//! syslog stamp. The tag shows who wrote the line, as everywhere: so a program's line is recognised in these
//! formats too, and its text is not searched. The time is set only if the date is understood.

use super::scan::{skip_blanks, word};
use super::stamp::{self, Stamp};
use super::{Frame, syslog};

/// How far into the line the clock may be, in bytes: a weekday and a month in any script.
const LONGEST: usize = 80;

/// Words before the clock: weekday, day, month, year.
const MOST_WORDS: usize = 4;

/// Frames a line of unknown format, if a clock and a tag precede its text.
pub(super) fn frame(line: &[u8]) -> Option<Frame<'_>> {
    let stamp = in_brackets(line).or_else(|| after_words(line))?;
    syslog::after_local_stamp(stamp)
}

/// `[06/Dec/2022:14:58:14 +0100]`
fn in_brackets(line: &[u8]) -> Option<Stamp<'_>> {
    let stamp = stamp::common_log(line.strip_prefix(b"[")?)?;
    let rest = stamp.rest.strip_prefix(b"]")?;
    Some(Stamp { rest, ..stamp })
}

/// A date of several words, then a clock.
fn after_words(line: &[u8]) -> Option<Stamp<'_>> {
    let mut rest = line;
    for count in 0..=MOST_WORDS {
        let (next, after) = word(skip_blanks(rest));
        let end = line.len().saturating_sub(after.len());
        if end > LONGEST || next.is_empty() {
            return None;
        }
        let is_short = matches!(next, [b'0'..=b'9', b':', ..]);
        if stamp::is_clock(next) || is_short && stamp::is_clock(&[b"0", next].concat()) {
            let text = line.get(..end)?;
            let is_date = count == 0
                || text
                    .get(..text.len().checked_sub(next.len())?)?
                    .iter()
                    .any(u8::is_ascii_digit);
            // The half of the day is not evaluated.
            let (half, after_half) = word(skip_blanks(after));
            let is_half = [&b"AM"[..], b"PM", b"am", b"pm"].contains(&half);
            let after = if is_half { after_half } else { after };
            return is_date.then(|| Stamp {
                wall: if is_half { None } else { stamp::local(text) },
                comma: false,
                // Of the programs that write logs, only journalctl uses the reader's language.
                is_journals: true,
                rest: after,
            });
        }
        if !may_be_date(next) {
            return None;
        }
        rest = after;
    }
    None
}

/// Whether a word may be part of a date: letters of any script, digits, and separators.
fn may_be_date(word: &[u8]) -> bool {
    word.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b".,-/".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{FrameKind, Framer, Origin};
    use std::format;
    use std::string::ToString as _;

    const KILLED: &str = "Killed process 11 (php) total-vm:512kB, anon-rss:203kB, file-rss:100kB";

    /// A prefix, its host and its time, if year and time zone are shown.
    const HEADS: [(&str, Option<&str>, Option<&str>); 18] = [
        ("12/06/2022 02:58:14 PM n1 ", Some("n1"), None),
        ("12/6/22, 2:58:14 PM n1 ", Some("n1"), None),
        (
            "дек 06 14:58:14 n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        (
            "Dez 06 14:58:14 n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        (
            "Mär  6 14:58:14 n1 ",
            Some("n1"),
            Some("2022-03-06T14:58:14Z"),
        ),
        (
            "déc. 06 14:58:14 n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        (
            "12月 06 14:58:14 n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        (
            "dec 06 14:58:14 n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        (
            "06 дек 14:58:14 n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        ("ΔΕΚ 06 14:58:14 n1 ", Some("n1"), None),
        (
            "Di 2022-12-06 14:58:14 CET n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        (
            "Вт 2022-12-06 14:58:14 MSK n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        ("14:58:14 n1 ", Some("n1"), None),
        (
            "06.12.2022 14:58:14 n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        (
            "6.12.2022, 14:58:14 n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14Z"),
        ),
        ("06/12/2022 14:58:14 n1 ", Some("n1"), None),
        (
            "[06/Dec/2022:14:58:14 +0100] n1 ",
            Some("n1"),
            Some("2022-12-06T14:58:14+01:00"),
        ),
        ("дек 06 14:58:14 ", None, Some("2022-12-06T14:58:14Z")),
    ];

    #[test]
    fn the_kernels_lines_after_any_date() {
        for (head, host, time) in HEADS {
            for (stamp, tag) in [
                ("", "kernel: "),
                ("[    5.200000] ", "kernel: "),
                ("", "kernel[-]: "),
            ] {
                let line = format!("{head}{tag}{stamp}{KILLED}");
                let frame = Framer::new().frame(line.as_bytes()).unwrap();
                assert_eq!(
                    (frame.kind, frame.origin()),
                    (FrameKind::Syslog, Origin::Kernel),
                    "{line}"
                );
                assert_eq!(frame.host.as_deref(), host.map(str::as_bytes), "{line}");
                assert_eq!(frame.message.as_ref(), KILLED.as_bytes());
                assert_eq!(frame.kernel_time_us.is_some(), !stamp.is_empty());
                let shown = frame
                    .wall
                    .map(|wall| wall.or(Some(2022), Some(0)).to_string());
                assert_eq!(shown.as_deref(), time, "{line}");
            }
        }
    }

    #[test]
    fn a_programs_lines_after_any_date_are_a_programs() {
        for (head, host, _) in HEADS {
            let texts = [
                format!("app[7]: {KILLED}"),
                format!("app[7]: [    5.200000] {KILLED}"),
                format!("app[7]: 10:00:00 x kernel: {KILLED}"),
                format!("a,b[12]: <6>[    1.000000] {KILLED}"),
                format!("a b[1]: [    1.000000] {KILLED}"),
                format!("é=[1]: kernel: [    1.000000] {KILLED}"),
                format!("app[7]: Dec  6 14:58:14 x kernel: {KILLED}"),
                format!("app: x kernel: {KILLED}"),
                format!("app: [    5.200000] {KILLED}"),
                format!("user.info kernel: {KILLED}"),
            ];
            for text in texts {
                if host.is_none() && !text.contains("]: ") {
                    continue;
                }
                let line = format!("{head}{text}");
                let found = crate::parse_all(line.as_bytes(), &crate::Options::new()).next();
                let is_busybox = text.starts_with("user.info");
                assert!(found.is_none() || is_busybox, "{line}: {found:?}");
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_date_is_none() {
        for line in [
            "Killed at 14:58:14 on host: [    5.200000] Killed process 11 (php)",
            "14:58:14 memory: usage 1kB, limit 2kB, failcnt 3",
            "14:58:14 oom_reaper: reaped process 7 (java), now anon-rss:0kB",
            "a=1 14:58:14 n1 kernel: Killed process 11 (php)",
            "one 2 three four five 14:58:14 n1 kernel: Killed process 11 (php)",
        ] {
            assert_eq!(frame(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_date_has_a_length_and_a_clock_two_colons() {
        for (len, found) in [(68, true), (69, false)] {
            let line = format!("{} 06 14:58:14 n1 kernel: x", "a".repeat(len));
            assert_eq!(frame(line.as_bytes()).is_some(), found, "{len}");
        }
        for line in [
            "2:x n1 kernel: y",
            "2:58 n1 kernel: y",
            "14:58 n1 kernel: y",
        ] {
            assert_eq!(frame(line.as_bytes()), None, "{line}");
        }
        assert!(frame(b"2:58:14 n1 kernel: y").is_some());
        // Not sure: these may be any words.
        assert_eq!(frame(b"14:58:14 app: y"), None);
        for line in ["14:58:14 app[7]: y", "14:58:14 my app[7]: y"] {
            let origin = frame(line.as_bytes()).map(|frame| frame.origin());
            assert_eq!(origin, Some(Origin::UserSpace), "{line}");
        }
    }
}
