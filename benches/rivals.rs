//! The parser's work on whole logs, and what is measured beside it.

use memchr::memmem;
use oomparse_benches::each_event;
use regex::bytes::Regex;
use std::hint::black_box;

/// Large enough to leave the caches, small enough to be read many times.
pub(crate) const SPARSE: u64 = 32_000_000;
pub(crate) const DENSE: u64 = 8_000_000;

/// The events of a log, each let go before the next, as by one who writes them down.
pub(crate) fn count(log: &[u8], tasks: bool) -> u64 {
    let mut count = 0;
    each_event(log, tasks, |event| {
        black_box(event);
        count += 1;
    });
    count
}

/// What a script does: a pattern for each line of interest, and one for the pod.
pub(crate) struct ByHand {
    summary: Regex,
    killed: Regex,
    task_in: Regex,
    pod: Regex,
}

impl ByHand {
    pub(crate) fn new() -> Self {
        let regex = |pattern| Regex::new(pattern).expect("a pattern");
        Self {
            summary: regex(
                r"oom-kill:constraint=(\w+),.*?(?:oom_memcg=([^,]*)|global_oom),task_memcg=([^,]*),task=(.*),pid=(\d+),uid=(\d+)",
            ),
            killed: regex(
                r"Killed process (\d+) \((.*)\) total-vm:(\d+)kB, anon-rss:(\d+)kB, file-rss:(\d+)kB",
            ),
            task_in: regex(r"Task in (\S+) killed as a result of limit of (\S+)"),
            pod: regex(
                r"pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})",
            ),
        }
    }

    pub(crate) fn kills(&self, log: &[u8]) -> u64 {
        self.killed.captures_iter(log).count() as u64
    }

    pub(crate) fn all(&self, log: &[u8]) -> usize {
        let captures = [&self.summary, &self.killed, &self.task_in, &self.pod];
        captures
            .iter()
            .map(|regex| regex.captures_iter(log).count())
            .sum()
    }
}

/// The least that any search must do: where the words are.
pub(crate) fn two_words(log: &[u8]) -> (u64, u64) {
    let count = |word: &[u8]| memmem::find_iter(log, word).count() as u64;
    (count(b"Killed process"), count(b"oom-kill:constraint"))
}

/// The kills that `linux-oom-parser` reads from a log, line by line: its `parse_events` ends with an error
/// at the first "Memory cgroup stats" line of a kernel before 5.1.
pub(crate) fn other_parser(log: &str) -> u64 {
    let records = log.lines().map(linux_oom_parser::parse_line);
    let kills = records.filter(|record| {
        matches!(record, Ok(Some(record)) if matches!(record.message, linux_oom_parser::OomMessage::Killed(_)))
    });
    kills.count() as u64
}
