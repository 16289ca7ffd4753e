//! The kernel's own lines: one file per kind, with its printk format in all versions.
//!
//! [`parse_line`] takes a message without its carrier's prefix. It needs no context: a row of the task table or a
//! `key value` line is recognised by its form, and has a meaning only in the report that is open
//! ([`Parser`](crate::Parser)).

mod beancounter;
pub(crate) mod common;
mod completeness;
mod counter;
mod cpuset;
mod exiting;
mod fatal;
mod group;
mod invoked;
mod killed;
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
pub use fatal::Fatal;
pub use invoked::Invoked;
pub use killed::Killed;
pub use reaped::{Left, ReapedLine};
pub use selected::{SelectedLine, SharingMm};
pub use stats::StatsHeading;
pub use summary::Summary;
pub(crate) use summary::{OOM_MEMCG, TASK_MEMCG};
pub use task_in::TaskIn;
pub use task_info::TaskInfo;
pub use tasks::{Columns, Row};

/// One message of the kernel: a view over its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Line<'a> {
    /// `X invoked oom-killer: …`
    Invoked(Invoked<'a>),
    /// `X cpuset=Y mems_allowed=Z`
    Cpuset(CpusetLine<'a>),
    /// `CPU: 0 PID: 7 Comm: x …`
    TaskInfo(TaskInfo<'a>),
    /// `Task in A killed as a result of limit of B`
    TaskIn(TaskIn<'a>),
    /// `Memory limit reached of cgroup P`
    LimitReached(&'a [u8]),
    /// `memory: usage …` and similar lines
    Counter(CounterLine),
    /// `Memory cgroup stats for P:`
    StatsHeading(StatsHeading<'a>),
    /// `key value`
    StatEntry(&'a [u8], u64),
    /// A whole block of such lines in one record; `key:NKB …` after a line break
    StatEntries(&'a [u8]),
    /// `Mem-Info:`
    MeminfoHeading,
    /// A line of totals of the Mem-Info block, or several in one record
    Meminfo(&'a [u8]),
    /// `Tasks state (memory values in pages):`
    TasksState,
    /// The task table's heading
    TasksHeading(Columns),
    /// A row of the task table
    TaskRow(Row<'a>),
    /// `Kill process N (comm) score S or sacrifice child`
    Selected(SelectedLine<'a>),
    /// `oom-kill:constraint=…`
    Summary(Summary<'a>),
    /// `Killed process N (comm) …`
    Killed(Killed<'a>),
    /// `Kill process N (comm) sharing same memory`
    SharingMm(SharingMm<'a>),
    /// `Tasks in P are going to be killed due to memory.oom.group set`
    Group(&'a [u8]),
    /// `OOM victim N (comm) is already exiting. Skip killing the task`
    Exiting(Exiting<'a>),
    /// `oom_reaper: …`
    Reaped(ReapedLine<'a>),
    /// Nobody was killed
    Fatal(Fatal),
    /// `oom_kill_process: N callbacks suppressed`
    Suppressed(u64),
    /// A line that begins like one of these kinds but does not continue like it.
    Malformed,
    /// Any other line.
    Other,
}

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
    any_kind(message)
}

fn any_kind(message: &[u8]) -> Line<'_> {
    // The invoker's comm comes first, and may imitate any other kind.
    if let Some(comm_end) = invoked::find(message) {
        return invoked::invoked(message, comm_end).map_or(Line::Malformed, Line::Invoked);
    }
    let Some(first) = message.first() else {
        return Line::Other;
    };
    let line = match first {
        b'[' => bracket(message),
        b'o' | b'O' | b'N' | b'K' => decision(message),
        b'M' => capital_m(message),
        b'm' | b'k' | b's' => counter::counter(message).map(Line::Counter),
        b'T' => capital_t(message),
        b'C' | b'P' => task_info::task_info(message)
            .ok()
            .map(|(_, line)| Line::TaskInfo(line)),
        _ => None,
    };
    line.unwrap_or_else(|| rest(message, *first))
}

fn bracket(message: &[u8]) -> Option<Line<'_>> {
    if let Some(row) = tasks::row(message) {
        return Some(Line::TaskRow(row));
    }
    tasks::columns(message).map(Line::TasksHeading)
}

/// Lines about the chosen and the killed process.
fn decision(message: &[u8]) -> Option<Line<'_>> {
    if message.starts_with(b"oom-kill:") {
        return Some(
            summary::summary(message).map_or(Line::Malformed, |(_, line)| Line::Summary(line)),
        );
    }
    if message.starts_with(b"oom_reaper: ") {
        return Some(
            reaped::reaped(message).map_or(Line::Malformed, |(_, line)| Line::Reaped(line)),
        );
    }
    if let Some(count) = suppressed::suppressed(message) {
        return Some(Line::Suppressed(count));
    }
    if message.starts_with(b"Out of memory")
        && let Some(line) = beancounter::killed(message)
    {
        return Some(Line::Killed(line));
    }
    let Ok((behind, _)) = common::message(message) else {
        return None;
    };
    if behind.starts_with(b"Killed process ") {
        return Some(
            killed::killed(message).map_or(Line::Malformed, |(_, line)| Line::Killed(line)),
        );
    }
    if let Ok((_, line)) = selected::selected(message) {
        return Some(Line::Selected(line));
    }
    if let Ok((_, line)) = selected::sharing_mm(message) {
        return Some(Line::SharingMm(line));
    }
    if let Ok((_, line)) = exiting::exiting(message) {
        return Some(Line::Exiting(line));
    }
    fatal::fatal(message).map(Line::Fatal)
}

fn capital_m(message: &[u8]) -> Option<Line<'_>> {
    if message.starts_with(b"Memory cgroup stats for ") {
        return Some(stats::heading(message).map_or(Line::Malformed, Line::StatsHeading));
    }
    if message.starts_with(b"Mem-Info:") {
        return Some(Line::MeminfoHeading);
    }
    if let Some(path) = task_in::limit_reached(message) {
        return Some(Line::LimitReached(path));
    }
    decision(message)
}

fn capital_t(message: &[u8]) -> Option<Line<'_>> {
    if message.starts_with(b"Task in ") {
        return Some(task_in::task_in(message).map_or(Line::Malformed, Line::TaskIn));
    }
    if tasks::is_state_line(message) {
        return Some(Line::TasksState);
    }
    group::group(message).map(Line::Group)
}

/// Lines that begin with a name: figures, the cpuset line, a panic.
fn rest(message: &[u8], first: u8) -> Line<'_> {
    if first.is_ascii_lowercase() {
        if let Some((key, value)) = stats::entry(message) {
            return Line::StatEntry(key, value);
        }
        if stats::begins_with_figure(message) {
            return Line::StatEntries(message);
        }
    }
    // A block in one record is recognised by its first line.
    let first_line = match memchr::memchr(b'\n', message) {
        Some(at) => message.get(..at).unwrap_or_default(),
        None => message,
    };
    if first_line.len() < message.len() && stats::entry(first_line).is_some() {
        return Line::StatEntries(message);
    }
    if matches!(first, b' ' | b'a'..=b'z' | b'0'..=b'9' | b'F' | b'T')
        && meminfo::is_figures(first_line)
    {
        return Line::Meminfo(message);
    }
    cpuset::cpuset(message).map_or(Line::Other, Line::Cpuset)
}

#[cfg(test)]
mod tests {
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
}
