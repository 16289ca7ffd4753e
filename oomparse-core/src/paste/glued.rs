//! Records whose line ends were lost: several stand on one line.
//!
//! Inside a record a stamp may stand too: whoever makes a cgroup chooses its name. So a line is only
//! split where it is longer than any record of the kernel's, or where it is the two lines that everybody
//! pastes, summary and Killed line, which name the same process.

use crate::line::common::find;
use crate::line::{Line, parse_line};
use crate::{frame, line};
use alloc::vec::Vec;
use memchr::{memchr_iter, memmem};

/// A record's text has at most 1,021 bytes; with prefixes of any carrier a line stays below this.
const LONGEST_RECORD: usize = 1100;

/// The longest of the shorter lines: a summary that the kernel did not have to cut, and a Killed line.
const LONGEST_PAIR: usize = 1000;

/// How far in front the first stamp stands, in bytes.
const LONGEST_HEAD: usize = 100;

/// How much later than the one before a glued record may be, in microseconds.
const MOST_LATER_US: u64 = 60_000_000;

/// Whether the line has to be looked at: two lines' worth of text.
#[inline]
pub(super) fn may_be(line: &[u8]) -> bool {
    line.len() > LONGEST_RECORD
        || line.len() > 300
            && find(line, "] Memory cgroup out of memory: Killed process ").is_some()
            && find(line, "oom-kill:constraint=").is_some()
}

/// Gives the records of the line one by one; says whether there were several.
pub(super) fn split(line: &[u8], give: &mut dyn FnMut(&[u8])) -> bool {
    if !may_be(line) || matches!(line.first(), Some(b'{' | b'"')) {
        return false;
    }
    let Some(starts) = starts(line) else {
        return false;
    };
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let parts: Vec<&[u8]> = starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| line.get(*start..end))
        .map(<[u8]>::trim_ascii_end)
        .collect();
    let escapes = memmem::find_iter(line, b"\\x").count();
    let longer_than_any = line.len().saturating_sub(escapes.saturating_mul(3)) > LONGEST_RECORD;
    if parts.len() < 2 || !longer_than_any && !is_pair(line, &parts) {
        return false;
    }
    for part in parts {
        give(part);
    }
    true
}

/// Where the records of the line begin, if its first one begins with a head that has a stamp.
fn starts(line: &[u8]) -> Option<Vec<usize>> {
    let mut starts = Vec::new();
    let (mut words, mut last_word, mut last_us): (usize, &[u8], u64) = (0, &[], 0);
    for at in memchr_iter(b'[', line) {
        let Some(micros) = frame::printk_stamp(line.get(at..)?) else {
            continue;
        };
        if starts.is_empty() {
            let head = line.get(..at).filter(|head| head.len() <= LONGEST_HEAD)?;
            let of_head = || {
                head.split(|byte| *byte == b' ')
                    .filter(|word| !word.is_empty())
            };
            words = of_head().count();
            last_word = of_head().next_back().unwrap_or_default();
            starts.push(0);
            last_us = micros;
            continue;
        }
        let later = micros.checked_sub(last_us);
        let before = line.get(..at)?;
        let Some(head) = begin_of_head(before, words) else {
            continue;
        };
        let same_head = before.trim_ascii_end().ends_with(last_word);
        if before.ends_with(b" ") && same_head && later.is_some_and(|later| later <= MOST_LATER_US)
        {
            starts.push(head);
            last_us = micros;
        }
    }
    Some(starts)
}

/// Where the last so many words begin.
fn begin_of_head(before: &[u8], words: usize) -> Option<usize> {
    let mut end = before.len();
    for _ in 0..words {
        let text = before.get(..end)?.trim_ascii_end();
        let blank = text.iter().rposition(|byte| *byte == b' ')?;
        end = blank.checked_add(1)?;
    }
    Some(end)
}

/// Whether these are a summary and the Killed line of the same process, and not one whole summary.
fn is_pair(line: &[u8], parts: &[&[u8]]) -> bool {
    let [one, other] = parts else { return false };
    if line.len() > LONGEST_PAIR {
        return false;
    }
    let message = |part| frame::message_behind_head(part).map(parse_line);
    let whole = message(line);
    match (message(one), message(other)) {
        (Some(Line::Summary(summary)), Some(Line::Killed(killed))) => {
            !matches!(
                whole,
                Some(Line::Summary(line::Summary { pid: Some(_), .. }))
            ) && summary.is_whole()
                && summary.pid == Some(killed.pid)
                && summary.comm.is_some()
                && summary.comm == killed.comm
                && killed.cut.is_none()
        }
        _ => false,
    }
}
