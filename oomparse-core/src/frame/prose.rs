//! A syslog's line of the kernel's behind words of a person's.
//!
//! ```text
//! kills show up in the log. E.g.: `Jan  5 02:12:02 n1 kernel: oom-kill:constraint=…`
//! Recent logs: Jan  5 02:12:02 n1 kernel: Out of memory: Killed process 7 (java) …
//! ```
//!
//! The words end in a colon, and nothing stands among them that a program's tag, a container's name or a record is
//! told by. Whoever wrote them may have written the line, too: its author is doubted.

use super::{Frame, syslog};
use crate::bytes::memmem;
use crate::line::{Line, parse_line};
use memchr::memchr2;

/// The words with the line's head, in bytes.
const MAX_LEN: usize = 200;

/// Words of a head before the tag: month, day, clock, host.
const HEAD_WORDS: usize = 4;

/// Frames a line of no known form with such words in front.
pub(super) fn frame(text: &[u8], nested: u8) -> Option<Frame<'_>> {
    let window = text.get(..MAX_LEN).unwrap_or(text);
    let at = memmem::find(window, b" kernel: ").filter(|_| nested == 0)?;
    let (before, _) = text.split_at_checked(at)?;
    let mut start = before.len();
    for _ in 0..HEAD_WORDS {
        let words = before.get(..start)?.trim_ascii_end();
        let blank = words.iter().rposition(|byte| matches!(byte, b' ' | b'`'))?;
        start = blank.checked_add(1)?;
    }
    let (prose, line) = text.split_at_checked(start)?;
    let mark = prose.trim_ascii_end();
    let mark = mark.strip_suffix(b"`").unwrap_or(mark).trim_ascii_end();
    let is_prose = mark.ends_with(b":")
        && !mark.ends_with(b"]:")
        && memchr2(b'|', b'[', mark).is_none()
        && memchr2(b'{', b'"', mark).is_none();
    let frame = is_prose.then(|| syslog::named_date(line)).flatten()?;
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
