//! Lines that look like lines of an OOM report but were not read, for users who want to report them.
//!
//! Such a line says in the kernel's words that a process was killed, or that the killer was called; it is not
//! shown to be a program's, and no line of a report was found in it.

use crate::frame::{Frame, without_emphasis};
use crate::limits::MAX_UNREAD_LEN;
use crate::line::{Line, parse_line};
use crate::parser::Parser;
use crate::split;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use memchr::memmem;

impl Parser {
    /// From now on keeps lines that look like lines of an OOM report, are not shown to be a program's, and are in
    /// a format that is not read.
    ///
    /// Take them soon: at most [`MAX_UNREAD_LEN`] bytes are kept.
    ///
    /// # Example
    /// ```
    /// let mut parser = oomparse_core::Parser::new();
    /// parser.note_unread();
    /// parser.push_line(b"he wrote: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB");
    /// assert!(parser.next_event().is_none());
    /// assert!(parser.next_unread().unwrap().starts_with(b"he wrote: "));
    /// ```
    pub fn note_unread(&mut self) {
        self.unread.get_or_insert_default();
    }

    /// The next of those lines, in the order of the log.
    pub fn next_unread(&mut self) -> Option<Vec<u8>> {
        self.unread.as_mut()?.pop()
    }
}

/// The lines that were not taken yet.
#[derive(Debug, Default)]
pub(super) struct Unread {
    lines: VecDeque<Vec<u8>>,
    held: usize,
}

impl Unread {
    /// Checks a line against the frame that was read from it; `None` if the line begins a record of several
    /// lines.
    #[cold]
    pub(super) fn look(&mut self, line: &[u8], frame: Option<&Frame<'_>>) {
        if !says_more(line, 0) || frame.is_none_or(is_read) {
            return;
        }
        let held = self.held.saturating_add(line.len());
        if held <= MAX_UNREAD_LEN {
            self.held = held;
            self.lines.push_back(line.to_vec());
        }
    }

    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        let line = self.lines.pop_front()?;
        self.held = self.held.saturating_sub(line.len());
        Some(line)
    }

    pub(super) fn weight(&self) -> usize {
        self.held
    }
}

/// Whether a report's line was found in the frame, or a program wrote it.
fn is_read(frame: &Frame<'_>) -> bool {
    if frame.author.is_program() {
        return true;
    }
    let (mut is_read, mut is_lost) = (false, false);
    let mut look = |record: &Frame<'_>| {
        let message: &[u8] = &record.message;
        let message = without_emphasis(message).unwrap_or(message);
        match parse_line(message) {
            // The first piece of a line that continues in the next one.
            Line::Other | Line::Malformed => is_read |= begins(message),
            // No name is long enough to contain these words: the text after them was not checked.
            Line::Invoked(_) | Line::Selected(_) | Line::TaskInfo(_) | Line::Counter(_) => {
                is_read = true;
                is_lost |= says_more(message, 1);
            }
            _ => is_read = true,
        }
    };
    if split::may_be_several(frame) {
        split::each(frame, &mut look);
    } else {
        look(frame);
    }
    is_read && !is_lost
}

/// Whether a message begins like a kernel line that may have been broken.
fn begins(message: &[u8]) -> bool {
    let starts = [
        &b"Killed process "[..],
        b"Memory cgroup out of memory: Kill",
        b"Out of memory: Kill",
        b"oom-kill:constraint=",
        b"Memory cgroup stats for ",
        b"Task in ",
        b"Tasks in ",
    ];
    starts.iter().any(|start| message.starts_with(start))
}

/// Whether a text contains the deciding words (the killer was called, or it killed) more often than this.
fn says_more(text: &[u8], often: usize) -> bool {
    let killed = memmem::find_iter(text, b"process ").filter(|at| {
        let (before, after) = text.split_at_checked(*at).unwrap_or((text, &[]));
        let is_killed = before.ends_with(b"Killed ") || before.ends_with(b"Kill ");
        is_killed && matches!(after.get(8..), Some([b'0'..=b'9', ..]))
    });
    let called = memmem::find_iter(text, b"oom-kill").filter(|at| {
        let after = text.get(*at..).unwrap_or_default();
        after.starts_with(b"oom-killer: gfp_mask=") || after.starts_with(b"oom-kill:constraint=")
    });
    killed.chain(called).nth(often).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    fn unread(log: &str) -> Vec<String> {
        let mut parser = Parser::new();
        parser.note_unread();
        parser.push_chunk(log.as_bytes());
        parser.finish();
        core::iter::from_fn(|| parser.next_unread())
            .map(|line| String::from_utf8(line).unwrap())
            .collect()
    }

    const KILLED: &str = "Killed process 11 (php) total-vm:512kB, anon-rss:203kB, file-rss:100kB";
    const CALLED: &str =
        "php invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";

    #[test]
    fn what_is_read_is_not_reported() {
        for head in [
            "",
            "[    5.200000] ",
            "Jan  5 02:12:02 n1 kernel: ",
            "> ",
            "4,1,5200000,-;",
        ] {
            for text in [
                KILLED,
                CALLED,
                "Out of memory: Kill process 10 (sh) score 3 or sacrifice child",
            ] {
                assert!(
                    unread(&format!("{head}{text}\n")).is_empty(),
                    "{head}{text}"
                );
            }
        }
        assert!(
            unread("[ 5.200000] oom-kill:constraint=CONSTRAINT_MEMCG,nodem\nask=(null)\n")
                .is_empty()
        );
        assert!(
            unread("{\n  \"message\": \"Killed process 11 (php)\",\n  \"a\": 1\n}\n").is_empty()
        );
        assert!(
            unread("the words Killed process alone, oom-killer and oom-kill: prove nothing\n")
                .is_empty()
        );
    }

    #[test]
    fn what_a_program_wrote_is_not_reported() {
        for head in [
            "Jan  5 02:12:02 n1 app[7]: ",
            "2024-01-01T00:00:00.000000000Z stdout F ",
            "12,1,5200000,-;",
        ] {
            for text in [KILLED, CALLED] {
                assert!(
                    unread(&format!("{head}{text}\n")).is_empty(),
                    "{head}{text}"
                );
            }
        }
    }

    #[test]
    fn what_is_in_no_form_that_is_read_is_reported() {
        let glued = format!("{CALLED}; {KILLED}");
        for line in [
            format!("says: {KILLED}"),
            format!("somebody wrote that {CALLED}"),
            format!("[    5.200000] {glued}"),
        ] {
            assert_eq!(unread(&format!("x\n{line}\ny\n")), [line.as_str()]);
        }
    }

    #[test]
    fn nothing_is_kept_for_nobody() {
        let mut parser = Parser::new();
        parser.push_line(format!("says: {KILLED}").as_bytes());
        assert_eq!(parser.next_unread(), None);
    }

    #[test]
    fn a_line_weighs_until_it_is_taken() {
        let line = format!("says: {KILLED}");
        let mut parser = Parser::new();
        parser.note_unread();
        for _ in 0..2 {
            parser.push_line(line.as_bytes());
        }
        let full = parser.open_bytes();
        for taken in 1..=2 {
            assert!(parser.next_unread().is_some());
            assert_eq!(parser.open_bytes(), full - taken * line.len());
        }
        assert_eq!(parser.next_unread(), None);
    }
}
