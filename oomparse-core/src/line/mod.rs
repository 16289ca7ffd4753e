//! The kernel's own lines: one file per kind, with its printk format in all versions.
//!
//! [`parse_line`] takes a message without its carrier's prefix. It needs no context: a row of the task table or a
//! `key value` line is recognised by its form, and has a meaning only in the report that is open
//! ([`Parser`](crate::Parser)).

pub(crate) mod common;
mod completeness;
mod counter;
mod cpuset;
mod exiting;
mod fatal;
mod group;
mod invoked;
mod killed;
mod kinds;
pub(crate) mod meminfo;
mod noise;
mod reaped;
mod selected;
pub(crate) mod stats;
mod summary;
mod suppressed;
mod task_in;
mod task_info;
pub(crate) mod tasks;

pub use common::Message;
pub(crate) use completeness::{Completeness, Joinable, PATH_STEMS, ends_in};
pub use counter::{CounterKind, CounterLine};
pub use cpuset::CpusetLine;
pub use exiting::Exiting;
pub(crate) use exiting::begins_exiting;
pub use fatal::Fatal;
pub use invoked::Invoked;
pub use killed::Killed;
pub use kinds::{Kind, Line};
pub use reaped::{Left, ReapedLine};
pub use selected::{SelectedLine, SharingMm};
pub use stats::StatsHeading;
pub use summary::Summary;
pub(crate) use summary::{OOM_MEMCG, TASK_MEMCG};
pub use task_in::TaskIn;
pub use task_info::TaskInfo;
pub use tasks::{Columns, Row};

/// Determines the kind of a message and reads it.
///
/// # Example
/// ```
/// use oomparse_core::line::{Line, parse_line};
/// let line = parse_line(b"Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB");
/// let Line::Killed(killed) = line else { panic!("not a Killed line") };
/// assert_eq!((killed.pid, killed.comm, killed.anon_rss_kib), (7, Some(&b"java"[..]), Some(4)));
/// ```
#[must_use]
pub fn parse_line(message: &[u8]) -> Line<'_> {
    parse(message)
}

/// The same, inlined for callers where a call would cost more than reading the most frequent kinds.
#[inline(always)]
pub(crate) fn parse(message: &[u8]) -> Line<'_> {
    // In small builds, each line goes through all kinds, with the same result.
    if cfg!(feature = "perf")
        && let Some(line) = frequent(message)
    {
        return line;
    }
    other_kinds(message)
}

/// The kinds of most lines in a report; each is certain from its own form, because no comm comes first.
#[inline(always)]
fn frequent(message: &[u8]) -> Option<Line<'_>> {
    match message {
        [b'a'..=b'z', ..] => {
            stats::common_entry(message).map(|(key, value)| Line::StatEntry(key, value))
        }
        [b'[', ..] if tasks::begins_row(message) => tasks::row(message).map(Line::TaskRow),
        _ => None,
    }
}

/// Whether a message is a report's first line.
pub(crate) fn is_invoked(message: &[u8]) -> bool {
    invoked::find(message).is_some_and(|end| invoked::invoked(message, end).is_some())
}

/// Any other line; most irrelevant lines are recognised at once.
fn other_kinds(message: &[u8]) -> Line<'_> {
    if cfg!(feature = "perf") && noise::is_noise(message) {
        return Line::Other;
    }
    kinds::any_kind(message)
}

#[cfg(test)]
mod tests {
    use super::kinds::any_kind;
    use super::*;
    use std::format;

    /// A frequent kind gives the same result when it is tried last.
    #[test]
    fn frequent_kinds_are_read_as_all_others() {
        let header = " invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
        let starts = [
            "anon 4096",
            "file 0",
            "pgfault 18446744073709551616",
            "a 12 ",
            "[   1003] 65535  1003      256        1",
            "[1] 5",
            "[      1] 5",
            "[1234567]   999 1234567",
            "[  pid  ]   uid",
            " dump_stack+0x6d/0x8b",
            " Killed process 7 (a) total-vm:1kB+0x6d/0x8b",
            " <TASK>",
            "Call Trace:",
            "RAX: 3321d98abeb036f1 RBX: 6b36",
            "RAX: 0",
            "RIP: 0033:0x521977",
            "RIP: 0 cpuset=/ mems_allowed=0",
            "Code: 1",
            "Hardware name: a/b, BIOS 1.0",
            "Node 0",
            "Node 0 Killed process 5 (x) total-vm:1kB, anon-rss:1kB",
            "lowmem_reserve[]: 0 2953",
            " active_file:4 inactive_file:5 isolated_file:0",
            "active_anon:40211 inactive_anon:12 isolated_anon:0",
            "N",
            "",
            " ",
            "[",
            "C",
        ];
        for start in starts {
            for end in [
                "",
                header,
                " cpuset=/ mems_allowed=0",
                "\nanon 5",
                " 7",
                "/0xf37",
                "\n",
            ] {
                let message = format!("{start}{end}");
                let (once, all) = (parse_line(message.as_bytes()), any_kind(message.as_bytes()));
                assert_eq!(once, all, "{message:?}");
            }
        }
    }

    #[test]
    fn the_first_line_of_a_report_is_known() {
        for (line, is_first) in [
            (
                "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
                true,
            ),
            (
                "java invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0",
                true,
            ),
            ("java invoked oom-killer", false),
            (
                "a name of 16 byte invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0",
                false,
            ),
            (
                "Killed process 7 (java) total-vm:4kB, anon-rss:4kB, file-rss:0kB",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(is_invoked(line.as_bytes()), is_first, "{line}");
        }
    }
}
