//! A kernel line of a syslog after a person's words.
//!
//! ```text
//! kills show up in the log. E.g.: `Jan  5 02:12:02 n1 kernel: oom-kill:constraint=…`
//! Recent logs: Jan  5 02:12:02 n1 kernel: Out of memory: Killed process 7 (java) …
//! raw_line = "Jan  5 02:12:02 n1 kernel: Out of memory: Killed process 7 (java) …"
//! Error message: `Out of memory: Killed process 7 (java) total-vm:8kB, …`
//! [Kernel dmesg] [18492.104] Memory cgroup out of memory: Killed process 7 (java) …
//! 02:12:02 Out of memory: Killed process 7 (java) total-vm:8kB, …
//! ```
//!
//! After few known words, or a clock alone, a line without a head counts if it is whole. Before a line with a
//! syslog's head the words end in a colon, or in an equals sign and a quote, and they contain nothing that marks a program's tag, a
//! container's name or a record. Whoever wrote them may have written the line, too: its author is doubted.

use super::{Frame, FrameKind, cell, dmesg, syslog};
use crate::bytes::memmem;
use crate::line::{Line, parse_line};
use alloc::borrow::Cow;
use memchr::{memchr, memchr2};

/// The words with the line's head, in bytes.
const MAX_LEN: usize = 200;

/// Words of a head before the tag: month, day, clock, host.
const HEAD_WORDS: usize = 4;

/// What people call a line, in lower case.
const LABELS: [&[u8]; 14] = [
    b"dmesg",
    b"error",
    b"error message",
    b"kern",
    b"kernel",
    b"kernel dmesg",
    b"kernel log",
    b"kernel message",
    b"log",
    b"log entry",
    b"logs",
    b"message",
    b"oom",
    b"syslog",
];

/// The longest of them, with its marks.
const MAX_LABEL: usize = 32;

/// Frames a line of no known form with such words in front.
pub(super) fn frame(text: &[u8], nested: u8) -> Option<Frame<'_>> {
    if nested > 0 {
        return None;
    }
    after_head(text).or_else(|| {
        let rest = after_clock(text).or_else(|| after_label(text))?;
        whole_line(rest)
    })
}

/// A whole line of the kernel's, with or without a stamp, and without its quotes.
fn whole_line(text: &[u8]) -> Option<Frame<'_>> {
    let text = text.trim_ascii();
    let quoted = || {
        let (quote, inner) = text.split_first()?;
        let end = inner.strip_suffix(&[*quote])?;
        b"`\"'".contains(quote).then_some(end)
    };
    let text = quoted().unwrap_or(text);
    let frame = match text.first()? {
        b'[' => dmesg::bracketed(text)?,
        _ => Frame {
            message: Cow::Borrowed(text),
            ..Frame::default()
        },
    };
    cell::is_whole(&frame.message).then_some(Frame {
        kind: FrameKind::Record,
        ..frame
    })
}

/// The text after `02:12:02 ` or `[02:12:02] `.
fn after_clock(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"[").unwrap_or(text);
    let (clock, rest) = inner.split_at_checked(8)?;
    let is_clock = clock.iter().enumerate().all(|(at, byte)| match at {
        2 | 5 => *byte == b':',
        _ => byte.is_ascii_digit(),
    });
    let rest = match text.first()? {
        b'[' => rest.strip_prefix(b"]")?,
        _ => rest,
    };
    rest.strip_prefix(b" ").filter(|_| is_clock)
}

/// The text after `Error message: `, `**Log**: `, `message=` or `[dmesg] `.
fn after_label(text: &[u8]) -> Option<&[u8]> {
    let window = text.get(..MAX_LABEL).unwrap_or(text);
    let (label, rest) = if let Some(inner) = window.strip_prefix(b"[") {
        let end = memchr(b']', inner)?;
        (inner.get(..end)?, text.get(end.checked_add(2)?..)?)
    } else {
        let end = memchr2(b':', b'=', window)?;
        (window.get(..end)?, text.get(end.checked_add(1)?..)?)
    };
    let is_mark = |byte: &u8| matches!(byte, b'*' | b'_' | b' ');
    let start = label.iter().position(|byte| !is_mark(byte))?;
    let end = label.iter().rposition(|byte| !is_mark(byte))?;
    let label = label.get(start..=end)?.to_ascii_lowercase();
    LABELS.contains(&label.as_slice()).then_some(rest)
}

/// A line with a syslog's head, after words.
fn after_head(text: &[u8]) -> Option<Frame<'_>> {
    let window = text.get(..MAX_LEN).unwrap_or(text);
    let at = memmem::find(window, b" kernel: ")?;
    let (before, _) = text.split_at_checked(at)?;
    let mut start = before.len();
    for _ in 0..HEAD_WORDS {
        let words = before.get(..start)?.trim_ascii_end();
        let blank = words.iter().rposition(|byte| b" `\"'".contains(byte))?;
        start = blank.checked_add(1)?;
    }
    let (prose, line) = text.split_at_checked(start)?;
    let mark = prose.trim_ascii_end();
    if let Some((quote @ (b'"' | b'\''), name)) = mark.split_last() {
        return is_assignment(name).then(|| of_string(line, *quote))?;
    }
    let mark = mark.strip_suffix(b"`").unwrap_or(mark).trim_ascii_end();
    let is_prose = mark.ends_with(b":")
        && !mark.ends_with(b"]:")
        && memchr2(b'|', b'[', mark).is_none()
        && memchr2(b'{', b'"', mark).is_none();
    if is_prose { headed(line) } else { None }
}

/// Whether a text is `name = `, or `const name = `.
fn is_assignment(text: &[u8]) -> bool {
    let name = text.trim_ascii_end().strip_suffix(b"=");
    let mut words = name
        .unwrap_or_default()
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    let is_name = |word: &[u8]| {
        word.iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    };
    words.clone().next().is_some() && words.clone().count() <= 2 && words.all(is_name)
}

/// The kernel's line in a program's string.
fn of_string(line: &[u8], quote: u8) -> Option<Frame<'_>> {
    let end = line.iter().rposition(|byte| *byte == quote)?;
    let (line, after) = line.split_at_checked(end)?;
    let is_end = after.iter().skip(1).all(|byte| b",;) +".contains(byte));
    if is_end { headed(line) } else { None }
}

/// The kernel's line, whose author is doubted.
fn headed(line: &[u8]) -> Option<Frame<'_>> {
    let frame = syslog::named_date(line)?;
    let is_kernels = frame.author.is_kernel() && parse_line(&frame.message) != Line::Other;
    is_kernels.then_some(Frame {
        author: frame.author.doubted(),
        ..frame
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_after_few_words_or_a_clock() {
        let line = "Out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
        for (before, after) in [
            ("Error message: `", "`"),
            ("**Log**: ", ""),
            ("[dmesg] ", ""),
            ("[Kernel dmesg] [18492.104] ", ""),
            ("message=\"", "\""),
            ("02:12:02 ", ""),
            ("[02:12:02] ", ""),
        ] {
            let text = std::format!("{before}{line}{after}");
            let frame = frame(text.as_bytes(), 0).unwrap();
            assert_eq!(
                (&*frame.message, frame.author.is_known()),
                (line.as_bytes(), false)
            );
        }
        for (before, after) in [
            ("app: ", ""),
            ("app error: ", ""),
            ("[app] ", ""),
            ("02:12:02 app: ", ""),
            ("Error: ", " again"),
            ("Error: app[7]: ", ""),
        ] {
            let text = std::format!("{before}{line}{after}");
            assert!(frame(text.as_bytes(), 0).is_none(), "{text}");
        }
    }

    #[test]
    fn strings_of_programs_that_are_assigned() {
        let line = "Jan  5 02:12:02 n1 kernel: Out of Memory: Killed process 7 (a)";
        for (before, after) in [("raw_line = \"", "\""), ("const log = '", "';")] {
            let text = std::format!("{before}{line}{after}");
            let frame = frame(text.as_bytes(), 0).unwrap();
            assert_eq!(&*frame.message, b"Out of Memory: Killed process 7 (a)");
            assert!(!frame.author.is_kernel());
        }
        // Others' lines, and others of the kernel's.
        for line in [
            "Jan  5 02:12:02 n1 app[7]: Out of Memory: Killed process 7 (a)",
            "Jan  5 02:12:02 n1 kernel: eth0: link is up",
        ] {
            let text = std::format!("raw_line = \"{line}\"");
            assert!(frame(text.as_bytes(), 0).is_none(), "{text}");
        }
        for (before, after) in [
            ("he said \"", "\""),
            ("x = \"", "\" in a"),
            ("app[7]: x = \"", "\""),
        ] {
            let text = std::format!("{before}{line}{after}");
            assert!(frame(text.as_bytes(), 0).is_none(), "{text}");
        }
    }

    #[test]
    fn words_of_a_person_s_and_no_others() {
        let line = "Jan  5 02:12:02 n1 kernel: Out of memory: Killed process 7 (a) total-vm:8kB";
        for words in ["E.g.: ", "we saw this: `", "OOM/Recent logs:   "] {
            let text = std::format!("{words}{line}");
            let frame = frame(text.as_bytes(), 0).unwrap();
            assert_eq!(frame.host.as_deref(), Some(&b"n1"[..]), "{words}");
            assert!(!frame.author.is_kernel() && !frame.author.is_program());
        }
        for words in [
            "app[7]: ",
            "web-1  | x: ",
            "x {\"a\": ",
            "he said ",
            "[x]: ",
        ] {
            let text = std::format!("{words}{line}");
            assert!(frame(text.as_bytes(), 0).is_none(), "{words}");
        }
        let programs = line.replace("kernel", "app[7]: x kernel");
        assert!(frame(std::format!("E.g.: {programs}").as_bytes(), 0).is_none());
        assert!(frame(std::format!("E.g.: {line}").as_bytes(), 1).is_none());
    }
}
