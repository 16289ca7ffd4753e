//! Lines that a terminal or an editor broke at its width.
//!
//! The break is certain if a line with a prefix contains an incomplete kernel line, the following lines have no
//! prefix, all of them except the last are as long as the first, and together they are complete.

use crate::frame;
use crate::line::{Line, parse_line};
use alloc::vec::Vec;
use memchr::{memmem, memrchr};

/// Where a terminal or a mail of 80 columns breaks a line. Other widths are repaired line by line where a
/// report's lines are joined; looking for them here would cost a search for every line of every report.
const NARROWEST: usize = 78;
const WIDEST: usize = 82;

/// At this width a broken comm counts as wrapped; at another it may contain a newline.
const COMMON_WIDTH: usize = 80;

/// Lines of one record: a summary has two paths of a few hundred bytes.
const MOST_LINES: usize = 40;

/// Whether a line is as long as a terminal may be wide, and is an incomplete kernel line. `holds_word` says
/// whether it contains one of the sieve's words.
#[inline]
pub(super) fn may_begin(line: &[u8], holds_word: impl Fn() -> bool) -> bool {
    (NARROWEST..=WIDEST).contains(&line.len())
        && (holds_word() || is_counter(line))
        && is_broken_line(line)
}

/// Whether a counter's name ends the last word with a colon.
fn is_counter(line: &[u8]) -> bool {
    memrchr(b':', line).is_some_and(|at| {
        line.get(at..)
            .is_some_and(|text| text.starts_with(b": usage "))
    })
}

/// Repairs broken lines.
#[derive(Debug, Default)]
pub(super) struct Wrapped {
    /// The held lines, one after the other.
    held: Vec<u8>,
    /// How many lines there are, and the length of each.
    lines: usize,
    width: usize,
}

impl Wrapped {
    pub(super) fn is_holding(&self) -> bool {
        self.lines > 0
    }

    pub(super) fn line(&mut self, line: &[u8], emit: &mut dyn FnMut(&[u8])) {
        // Few lines come here, so the words need no prepared search.
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        if self.lines > 0 {
            let goes_on = !text.is_empty()
                && text.len() <= self.width
                && !text.starts_with(b"  ")
                && self.lines < MOST_LINES
                && !frame::has_head(text);
            if !goes_on {
                self.finish(emit);
            } else if text.len() == self.width {
                self.held.extend_from_slice(text);
                self.lines = self.lines.saturating_add(1);
                return;
            } else {
                return self.end(text, emit);
            }
        }
        if may_begin(text, || true) {
            self.held.extend_from_slice(text);
            self.lines = 1;
            self.width = text.len();
        } else {
            emit(line);
        }
    }

    /// The last line of a record: passes on all lines as one if they are complete together, else each unchanged.
    fn end(&mut self, last: &[u8], emit: &mut dyn FnMut(&[u8])) {
        let before = self.held.len();
        self.held.extend_from_slice(last);
        let whole = !is_broken_line(&self.held)
            && (self.width == COMMON_WIDTH || !is_broken_in_comm(self.held.get(..before)));
        if whole {
            let held = core::mem::take(&mut self.held);
            self.lines = 0;
            return emit(&held);
        }
        self.held.truncate(before);
        self.finish(emit);
        emit(last);
    }

    /// Passes on each line unchanged; lines as wide as the screen as one, if they are complete together.
    pub(super) fn finish(&mut self, emit: &mut dyn FnMut(&[u8])) {
        let held = core::mem::take(&mut self.held);
        let lines = core::mem::take(&mut self.lines);
        if lines > 1 && !is_broken_line(&held) {
            return emit(&held);
        }
        for line in held.chunks(self.width.max(1)) {
            emit(line);
        }
    }
}

/// Whether the line is an incomplete kernel line with a prefix.
fn is_broken_line(line: &[u8]) -> bool {
    match line.first() {
        Some(b'[' | b'<' | b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9') => {
            frame::message_after_head(line).is_some_and(is_broken)
        }
        _ => false,
    }
}

/// Whether a kernel message is incomplete.
fn is_broken(message: &[u8]) -> bool {
    let line = parse_line(message);
    match line {
        Line::Summary(_) => !line.completeness(message).has_first(),
        Line::Killed(_) => !line.completeness(message).is_whole(),
        Line::Invoked(_) | Line::TaskIn(_) | Line::Counter(_) => {
            !line.completeness(message).has_all()
        }
        Line::Other | Line::Malformed => {
            BEGINNINGS.iter().any(|begin| message.starts_with(begin))
                || memmem::find(message, b" invoked oom-killer:").is_some()
        }
        _ => false,
    }
}

/// The beginnings of lines that name the victim, its cgroup, or its memory usage.
const BEGINNINGS: [&[u8]; 10] = [
    b"oom-kill:constraint=",
    b"Memory cgroup out of memory: ",
    b"Out of memory: ",
    b"Killed process ",
    b"Task in /",
    b"Tasks in /",
    b"memory: usage ",
    b"memory+swap: usage ",
    b"swap: usage ",
    b"kmem: usage ",
];

/// Whether the break is in a Killed line's comm.
fn is_broken_in_comm(line: Option<&[u8]>) -> bool {
    let message = line.and_then(frame::message_after_head);
    message.is_some_and(
        |message| matches!(parse_line(message), Line::Killed(line) if line.comm.is_none()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn a_line_is_joined_at_any_width_but_a_comm_only_at_the_common_one() {
        let summary = "[198542.576610] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=java,pid=7,uid=0";
        let killed = "[198542.576728] Memory cgroup out of memory: Killed process 38760212 (a-long-javaname) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
        for (line, width, is_joined) in [
            (summary, 79, true),
            (summary, 80, true),
            (killed, 78, false),
            (killed, 79, false),
            (killed, 80, true),
        ] {
            let mut wrapped = Wrapped::default();
            let mut found = Vec::new();
            let mut emit = |line: &[u8]| found.push(String::from_utf8(line.to_vec()).unwrap());
            for piece in line.as_bytes().chunks(width) {
                wrapped.line(piece, &mut emit);
            }
            wrapped.finish(&mut emit);
            assert_eq!(found == [line], is_joined, "{width} {found:?}");
        }
    }

    #[test]
    fn lines_that_are_not_complete_wait_for_their_rest() {
        for (message, broken) in [
            (
                "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), or",
                true,
            ),
            (
                "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
                false,
            ),
            ("java invoked oom-killer:", true),
            ("Task in /a killed as a res", true),
            ("Task in /a killed as a result of limit of /a", false),
            ("memory: usage 1024kB, limit 10", true),
            ("memory: usage 1024kB, limit 1024kB, failcnt 3", false),
            ("Memory cgroup out of memory: Kil", true),
            ("Killed process 7 (java) total-vm:8kB, anon-", true),
            (
                "Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
                false,
            ),
            ("eth0: link is up", false),
            ("Memory cgroup stats for /a:", false),
        ] {
            assert_eq!(is_broken(message.as_bytes()), broken, "{message}");
        }
    }

    #[test]
    fn lines_that_fill_the_screen_are_one_at_the_end_of_a_paste_if_complete() {
        let start = "[198542.576610] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=";
        let end = ",mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=java,pid=7,uid=0";
        let filled = "c".repeat(160 - start.len() - end.len());
        let whole = alloc::format!("{start}{filled}{end}");
        let pieces = |line: &str| {
            let mut wrapped = Wrapped::default();
            let mut found = Vec::new();
            let mut emit = |line: &[u8]| found.push(String::from_utf8(line.to_vec()).unwrap());
            for piece in line.as_bytes().chunks(80) {
                wrapped.line(piece, &mut emit);
            }
            wrapped.finish(&mut emit);
            found
        };
        assert_eq!(pieces(&whole), [whole.as_str()]);
        let broken = whole.replace(",uid=0", "cuid=0");
        assert_eq!(pieces(&broken), [&broken[..80], &broken[80..]]);
    }

    #[test]
    fn so_many_lines_are_joined_and_no_more() {
        let start = "[198542.576610] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=";
        let end = ",mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=java,pid=7,uid=0";
        for (pieces, is_joined) in [(2, true), (MOST_LINES, true), (MOST_LINES + 1, false)] {
            let len = pieces * COMMON_WIDTH - 1;
            let filled = "c".repeat(len - start.len() - end.len());
            let whole = alloc::format!("{start}{filled}{end}");
            let (mut wrapped, mut found) = (Wrapped::default(), Vec::new());
            let mut emit = |line: &[u8]| found.push(line.to_vec());
            for piece in whole.as_bytes().chunks(COMMON_WIDTH) {
                wrapped.line(piece, &mut emit);
            }
            wrapped.finish(&mut emit);
            assert_eq!(found == [whole.as_bytes()], is_joined, "{pieces}");
        }
    }

    #[test]
    fn a_counters_usage_comes_last() {
        for (line, found) in [
            ("[ 9.1] memory: usage 1024kB, limit 10", true),
            ("[ 9.1] memory+swap: usage 1024kB", true),
            ("[ 9.1] eth0: link is up", false),
            ("[ 9.1] memory: usage: 1", false),
            ("x", false),
        ] {
            assert_eq!(is_counter(line.as_bytes()), found, "{line}");
        }
    }
}
