//! Records whose line ends were lost: several are on one line.
//!
//! A stamp may also occur inside a record, because whoever makes a cgroup chooses its name. So a line is split
//! only if it is longer than any kernel record.
//!
//! A summary and a Killed line on a shorter line stay together, even if they name the same process: a kernel
//! record may end in the middle of a summary, after a path (another processor prints, or the buffer is full). The
//! end of that line is then a cgroup's name, which may imitate a whole Killed line. Kept as one line they are a
//! summary, whose pod is right, without the process' memory.

use crate::frame;
use alloc::vec::Vec;
use memchr::{memchr, memchr_iter, memmem};

/// A record's text has at most 1,021 bytes; with any carrier's prefix a line stays below this.
const LONGEST_RECORD: usize = 1100;

/// How far from the start the first stamp may be, in bytes.
const LONGEST_HEAD: usize = 100;

/// What joins records besides blanks: a syslog's or JSON's code for a line end, a web page's break, or a lone
/// carriage return.
const LINE_ENDS: [&[u8]; 6] = [b"#012", b"\\n", b"<br>", b"<br/>", b"<br />", b"\r"];

/// How much later than the previous record a joined record may be, in microseconds.
const MOST_LATER_US: u64 = 60_000_000;

/// Whether the line must be checked: it is longer than one record.
#[inline]
pub(crate) fn may_be(line: &[u8]) -> bool {
    line.len() > LONGEST_RECORD
}

/// Passes on the records of the line one by one; returns whether there were several.
pub(crate) fn split(line: &[u8], emit: &mut dyn FnMut(&[u8])) -> bool {
    // An indented line may continue a program's text on the line above it.
    if !may_be(line) || matches!(line.first(), Some(b'{' | b'"' | b' ' | b'\t')) {
        return false;
    }
    // Three of the four bytes of an escape are not the kernel's.
    let escapes = memmem::find_iter(line, b"\\x").count();
    if line.len().saturating_sub(escapes.saturating_mul(3)) <= LONGEST_RECORD {
        return false;
    }
    if frame::is_programs(line) || frame::is_klogs(line) {
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
        .map(without_line_end)
        .collect();
    if parts.len() < 2 {
        return false;
    }
    for part in parts {
        emit(part);
    }
    true
}

/// Where the records of the line begin, if the first one begins with a prefix that has a stamp.
fn starts(line: &[u8]) -> Option<Vec<usize>> {
    let mut starts = Vec::new();
    let (mut words, mut last_word, mut last_us): (usize, &[u8], u64) = (0, &[], 0);
    for at in memchr_iter(b'[', line) {
        let Some(micros) = frame::printk_stamp(line.get(at..)?) else {
            continue;
        };
        if starts.is_empty() {
            let head = line.get(..at).filter(|head| head.len() <= LONGEST_HEAD)?;
            // A program's own log, as in `time="…" level=info msg="…"`: no prefix of the kernel's.
            if memchr(b'"', head).is_some() {
                return None;
            }
            // The prefix does not count: it may be as long as a host's name.
            if line.len().saturating_sub(at) <= LONGEST_RECORD {
                return None;
            }
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
        let after_end = after_line_end(before);
        let Some(head) = after_end.or_else(|| begin_of_head(before, words)) else {
            continue;
        };
        // Without the blanks, too, where a line is nothing but stamps and texts.
        let same_head = before.trim_ascii_end().ends_with(last_word);
        let is_apart = before.ends_with(b" ") || words == 0 || after_end.is_some();
        if is_apart && same_head && later.is_some_and(|later| later <= MOST_LATER_US) {
            starts.push(head);
            last_us = micros;
        }
    }
    Some(starts)
}

/// Where the text after the last line end begins, if no more than a prefix follows it.
fn after_line_end(before: &[u8]) -> Option<usize> {
    let from = before.len().saturating_sub(LONGEST_HEAD);
    let near = before.get(from..)?;
    let ends = LINE_ENDS.iter().filter_map(|end| {
        let at = memmem::rfind(near, end)?;
        at.checked_add(end.len())
    });
    from.checked_add(ends.max()?)
}

/// A record without what joins it with the next one.
fn without_line_end(record: &[u8]) -> &[u8] {
    let text = record.trim_ascii_end();
    let mut ends = LINE_ENDS.iter();
    let text = ends.find_map(|end| text.strip_suffix(*end)).unwrap_or(text);
    text.trim_ascii_end()
}

/// Where the last N words begin.
fn begin_of_head(before: &[u8], words: usize) -> Option<usize> {
    let mut end = before.len();
    for _ in 0..words {
        let text = before.get(..end)?.trim_ascii_end();
        let blank = text.iter().rposition(|byte| *byte == b' ')?;
        end = blank.checked_add(1)?;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::OomEvent;
    use crate::parser::parse_all;
    use std::string::String;
    use std::{format, vec};

    const POD: &str = "/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589";

    fn events(log: &str) -> Vec<OomEvent> {
        parse_all(log.as_bytes(), &crate::Options::new()).collect()
    }

    fn summary(path: &str, pid: u32) -> String {
        format!(
            "[    9.100000] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,\
             oom_memcg={POD},task_memcg={path},task=memc,pid={pid},uid=0"
        )
    }

    fn killed(pid: u32) -> String {
        format!(
            "[    9.200000] Memory cgroup out of memory: Killed process {pid} (memc) total-vm:8kB, \
             anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:9"
        )
    }

    #[test]
    fn a_line_that_goes_on_with_a_programs_text_is_not_split() {
        let glued = [killed(1), "A".repeat(1150), killed(2)].join(" kernel: ");
        for above in [
            "2023-01-05T02:12:02+0000 n1 app[7]: x",
            "Jan 05 02:12:02 n1 app[7]: x",
        ] {
            assert!(events(&format!("{above}\n{:40}kernel: {glued}\n", "")).is_empty());
        }
    }

    #[test]
    fn records_joined_by_codes_keep_their_own_prefix() {
        let head = "Dec  6 14:58:14 node7 kernel: ";
        let reaped = "[    9.300000] oom_reaper: reaped process 7 (memc), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB";
        let heading = format!(
            "[    9.000000] Memory cgroup stats for {POD}: {}",
            "x:0KB ".repeat(150)
        );
        for end in ["#012", "\\n", "<br>", "<br/>", "<br />", "\r", "<br />\n"] {
            let records = [heading.trim(), &summary(POD, 7), &killed(7), reaped];
            let records = records.map(|record| format!("{head}{record}"));
            let mut given = vec![];
            let line = records.join(end.trim_end_matches('\n'));
            assert!(split(line.as_bytes(), &mut |part| given
                .push(String::from_utf8(part.to_vec()).unwrap())));
            assert_eq!(given, records, "{end:?}");
            let found = events(&line);
            let [event] = &found[..] else {
                panic!("{end:?}: {found:?}");
            };
            assert_eq!(event.victim.as_ref().unwrap().anon_rss_bytes, Some(4096));
            assert!(event.pod.is_some());
        }
    }

    #[test]
    fn a_summary_and_a_killed_line_on_one_are_a_summary() {
        let found = events(&format!("{} {}\n", summary(POD, 7), killed(7)));
        let [event] = &found[..] else {
            panic!("{found:?}");
        };
        let (pod, victim) = (event.pod.clone().unwrap(), event.victim.clone().unwrap());
        assert_eq!(
            pod.uid.as_deref(),
            Some(&POD["/kubepods/burstable/pod".len()..])
        );
        assert_eq!((victim.pid, victim.anon_rss_bytes), (7, None));
    }

    #[test]
    fn a_killed_line_in_a_cgroups_name_is_none() {
        // The name contains the text that would follow in the summary, and then another record.
        let name = format!("{POD}/x,task=memc,pid=7,uid=0 {}", killed(7));
        let whole = summary(&name, 4021);
        let (cut, rest) = whole.split_at(whole.rfind(",task=").unwrap());
        let pieces = format!("{cut}\n[    9.100000] {rest}");
        for log in [whole, pieces] {
            let mut given = vec![];
            for line in log.lines() {
                assert!(!split(line.as_bytes(), &mut |part| given.push(part.to_vec())));
            }
            let log = format!("{log}\n{}\n", killed(4021));
            for event in events(&log) {
                let victim = event.victim.unwrap();
                assert!(
                    victim.pid == 4021 || victim.anon_rss_bytes.is_none(),
                    "{log}"
                );
            }
        }
    }

    #[test]
    fn two_records_are_split_only_at_a_prefix_that_fits() {
        let head = "Dec  6 14:58:14 node7 kernel: ";
        let figures = "x:0KB ".repeat(180);
        let first = format!("{head}[    9.000000] Memory cgroup stats for {POD}: {figures}");
        let parts = |second: &str| {
            let mut given = vec![];
            let line = format!("{first}{second}");
            let is_split = split(line.as_bytes(), &mut |part| given.push(part.to_vec()));
            assert_eq!(is_split, !given.is_empty(), "{second}");
            given.len()
        };
        assert_eq!(parts(&format!("{head}{}", killed(7))), 2);
        let text = killed(7).replace("[    9.200000] ", "");
        for other in [
            // A cgroup's name may contain a stamp, but nothing begins there.
            format!("[    9.200000] {text}"),
            format!("{head}x[    9.200000] {text}"),
            // The kernel's clock goes forward, and one report does not take minutes.
            format!("{head}[  999.000000] {text}"),
            format!("{head}[    1.000000] {text}"),
        ] {
            assert_eq!(parts(&other), 0, "{other}");
        }
    }

    #[test]
    fn no_record_is_looked_at() {
        let line = "a".repeat(LONGEST_RECORD + 1);
        let (longer, longest) = (line.as_bytes(), &line.as_bytes()[1..]);
        assert!(may_be(longer) && !may_be(longest));
    }
}
