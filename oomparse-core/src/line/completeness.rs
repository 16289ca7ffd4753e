//! How much of its line a message contains: the one judge of what is whole, cut, or the beginning of more.
//!
//! Carriers cut lines, terminals break them, and the kernel prints long ones in several records. Whoever finds a
//! line's end or joins its pieces asks here, and adds only which kinds of line it looks for.
//!
//! ```text
//! Begun  Killed process 7 (ja
//! Short  Killed process 7 (java)
//! Cut    Killed process 7 (java) total-vm:8kB, anon-rss:4
//! Loose  Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB [repeated]
//! Whole  Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB
//! ```

use super::{
    CounterLine, Invoked, Killed, Line, ReapedLine, SelectedLine, StatsHeading, Summary, TaskInfo,
};
use crate::bytes::memmem;

/// How much of its line a message contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// It breaks off before the fields that its kind is read for.
    Begun,
    /// It may be whole, or a longer line that was cut exactly here: some kernels end it here, others go on.
    Short,
    /// Its first fields are there; a later one was cut, or cannot be distinguished from its neighbour.
    Cut,
    /// All its fields are there, but it does not end as the kernel ends it: other text follows.
    Loose,
    /// All its fields are there, and it ends as the kernel ends it.
    Whole,
}

impl Completeness {
    pub(crate) fn is_whole(self) -> bool {
        self == Self::Whole
    }

    /// Whether every field is there, whatever follows.
    pub(crate) fn has_all(self) -> bool {
        matches!(self, Self::Loose | Self::Whole)
    }

    /// Whether the fields that its kind is read for are there.
    pub(crate) fn has_first(self) -> bool {
        matches!(self, Self::Cut | Self::Loose | Self::Whole)
    }
}

/// What a message is a beginning of, if other records may contain its rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joinable {
    Invoked,
    Cpuset,
    TaskIn,
    Group,
    Stats,
    Summary,
    /// `Killed process N (` without the rest: a newline in the comm.
    Killed,
    /// `CPU: … Comm: ` without the rest: a newline in the comm.
    TaskInfo,
    /// `Kill process N (x) score S` without the rest: a paste was wrapped.
    Selected,
}

/// The text before a summary's paths.
pub(crate) const PATH_STEMS: [&[u8]; 2] = [b",oom_memcg=", b",task_memcg="];

/// What a selection says before its process: a paste was wrapped there.
const SELECTED_STEMS: [&[u8]; 4] = [b": Kill", b": kill", b": Kill process", b": kill process"];

/// How a selection ends, oldest kernels last.
const SELECTED_ENDS: [&[u8]; 3] = [b" or sacrifice child", b" or a child", b" and children."];

impl Line<'_> {
    /// How much of this kind of line `message` contains, which was read as this line.
    ///
    /// A kind that is printed in one piece and ends in a word of its own is `Whole`; one that may end in any name
    /// or number is never more than `Short`.
    pub(crate) fn completeness(&self, message: &[u8]) -> Completeness {
        match self {
            Line::Killed(line) => killed(line, message),
            Line::Selected(line) => selected(line, message),
            Line::Summary(line) => summary(line),
            Line::Invoked(line) => invoked(line, message),
            Line::Reaped(line) => reaped(line, message),
            Line::Counter(line) => counter(*line, message),
            Line::TaskInfo(line) => task_info(line),
            Line::TaskIn(line) if line.cut.is_none() => Completeness::Whole,
            Line::TaskIn(_) => Completeness::Cut,
            Line::StatsHeading(line) => stats_heading(line, message),
            Line::Group(_)
            | Line::Exiting(_)
            | Line::SharingMm(_)
            | Line::MeminfoHeading
            | Line::TasksState
            | Line::Suppressed(_)
            | Line::Fatal(_) => Completeness::Whole,
            Line::Cpuset(_)
            | Line::LimitReached(_)
            | Line::StatEntry(..)
            | Line::StatEntries(_)
            | Line::Meminfo(_)
            | Line::TasksHeading(_)
            | Line::TaskRow(_) => Completeness::Short,
            Line::Malformed | Line::Other => Completeness::Begun,
        }
    }

    /// What `message`, which was read as this line, is the beginning of, if its rest may be in other records.
    ///
    /// Not every incomplete line has its rest in another record: what a carrier cut is lost.
    pub(crate) fn joinable(&self, message: &[u8]) -> Option<Joinable> {
        match self {
            Line::Summary(line) => {
                let whole = line.is_whole() && !ends_in(message, &PATH_STEMS);
                (!whole).then_some(Joinable::Summary)
            }
            Line::TaskIn(line) => line.cut.is_some().then_some(Joinable::TaskIn),
            // After words at the start (5.1) figures follow; before 2.6.32 a full stop.
            Line::Killed(line) => {
                let stops_early = line.message.is_some()
                    && line.total_vm_kib.is_none()
                    && message.trim_ascii_end().ends_with(b")");
                (line.comm.is_none() || line.cut.is_some() || stops_early)
                    .then_some(Joinable::Killed)
            }
            Line::StatsHeading(line) => {
                (!line.inline.is_empty() && !ends_the_list(message)).then_some(Joinable::Stats)
            }
            Line::TaskInfo(line) => line.comm.is_none().then_some(Joinable::TaskInfo),
            Line::Selected(line) => {
                let stops_early = line.comm.is_some() && line.oom_score.is_none();
                (stops_early && ends_in_digit(message.trim_ascii_end()))
                    .then_some(Joinable::Selected)
            }
            Line::Invoked(_) => {
                ends_in(message, &[b"nodemask=", b"nodemask=(null)"]).then_some(Joinable::Invoked)
            }
            Line::Malformed | Line::Other => beginning(message),
            _ => None,
        }
    }
}

fn killed(line: &Killed<'_>, message: &[u8]) -> Completeness {
    // Kernels before 2.6.34 print no figures.
    let has_figures = line.total_vm_kib.is_some() || line.anon_rss_kib.is_some();
    let is_end = message.ends_with(b"kB") || ends_in_value(message);
    match (line.comm.is_some() && has_figures, line.cut.is_some()) {
        // A name that is missing was cut.
        (false, false) => Completeness::Short,
        (false, true) => Completeness::Begun,
        (true, true) => Completeness::Cut,
        (true, false) if is_end && line.total_vm_kib.is_some() => Completeness::Whole,
        (true, false) => Completeness::Loose,
    }
}

fn selected(line: &SelectedLine<'_>, message: &[u8]) -> Completeness {
    match (line.comm, line.oom_score) {
        (_, Some(_)) if ends_in(message, &SELECTED_ENDS) => Completeness::Whole,
        (_, Some(_)) => Completeness::Loose,
        (Some(_), None) => Completeness::Cut,
        (None, None) => Completeness::Begun,
    }
}

fn summary(line: &Summary<'_>) -> Completeness {
    match (line.is_whole(), line.cut) {
        (true, None) => Completeness::Whole,
        (true, Some(_)) => Completeness::Cut,
        (false, _) => Completeness::Begun,
    }
}

fn invoked(line: &Invoked<'_>, message: &[u8]) -> Completeness {
    let has_adjustment = line.oom_score_adj.is_some() || line.oom_adj.is_some();
    match (line.order.is_some(), has_adjustment) {
        (_, true) if ends_in_digit(message) => Completeness::Whole,
        (_, true) => Completeness::Loose,
        // Kernels before 2.6.32 name the adjustment otherwise.
        (true, false) => Completeness::Cut,
        (false, false) => Completeness::Begun,
    }
}

fn reaped(line: &ReapedLine<'_>, message: &[u8]) -> Completeness {
    match (&line.left, line.comm.is_some()) {
        // `unable to reap pid:N (comm)`
        (None, true) => Completeness::Short,
        (_, false) => Completeness::Begun,
        (Some(left), true) if left.shmem_rss_kib.is_none() => Completeness::Cut,
        (Some(_), true) if message.ends_with(b"kB") => Completeness::Whole,
        (Some(_), true) => Completeness::Loose,
    }
}

fn counter(line: CounterLine, message: &[u8]) -> Completeness {
    match line.failcnt {
        None => Completeness::Cut,
        Some(_) if ends_in_digit(message) => Completeness::Whole,
        Some(_) => Completeness::Loose,
    }
}

pub(crate) fn ends_in(bytes: &[u8], ends: &[&[u8]]) -> bool {
    ends.iter().any(|end| bytes.ends_with(end))
}

/// Whether a text ends in `:N`, as a Killed line does in the user id or the adjustment.
fn ends_in_value(text: &[u8]) -> bool {
    let key = before_digits(text);
    key.len() < text.len() && ends_in(key, &[b":", b":-"])
}

fn before_digits(text: &[u8]) -> &[u8] {
    let mut before = text;
    while let [rest @ .., b'0'..=b'9'] = before {
        before = rest;
    }
    before
}

fn ends_in_digit(text: &[u8]) -> bool {
    text.last().is_some_and(u8::is_ascii_digit)
}

fn stats_heading(line: &StatsHeading<'_>, message: &[u8]) -> Completeness {
    match line.inline {
        _ if line.cut => Completeness::Cut,
        // Kernels since 4.19 print the figures on lines of their own.
        [] => Completeness::Short,
        _ if ends_the_list(message) => Completeness::Whole,
        _ => Completeness::Cut,
    }
}

fn task_info(line: &TaskInfo<'_>) -> Completeness {
    match (line.comm, line.release) {
        (_, Some(_)) => Completeness::Whole,
        (Some(_), None) => Completeness::Cut,
        (None, None) => Completeness::Begun,
    }
}

/// The kind of a message that is too short to be parsed.
fn beginning(message: &[u8]) -> Option<Joinable> {
    let starts = |start: &[u8]| message.starts_with(start);
    match message.first()? {
        b'o' if starts(b"oom-kill:constraint=") => Some(Joinable::Summary),
        b'T' if starts(b"Task in ") => Some(Joinable::TaskIn),
        b'T' if starts(b"Tasks in /") || message == b"Tasks in " => Some(Joinable::Group),
        b'M' if starts(b"Memory cgroup stats for ") => Some(Joinable::Stats),
        b'M' | b'O'
            if ends_in(
                message.trim_ascii_end(),
                &[
                    b": Killed",
                    b": Killed process",
                    b": OOM",
                    b": OOM killed",
                    b": OOM killed process",
                ],
            ) =>
        {
            Some(Joinable::Killed)
        }
        b'M' | b'O' if ends_in(message.trim_ascii_end(), &SELECTED_STEMS) => {
            Some(Joinable::Selected)
        }
        b'M' | b'O' | b'K' if ends_in_pid(message, b"Killed process ") => Some(Joinable::Killed),
        b'M' | b'O'
            if ends_in_pid(message, b": Kill process ")
                || ends_in_pid(message, b": kill process ") =>
        {
            Some(Joinable::Selected)
        }
        b'C' if starts(b"CPU: ") && message.ends_with(b" Comm:") => Some(Joinable::TaskInfo),
        _ if message.ends_with(b" cpuset=") => Some(Joinable::Cpuset),
        _ => None,
    }
}

/// Whether a message ends in a process's id after these words: a paste was wrapped before its name.
fn ends_in_pid(message: &[u8], words: &[u8]) -> bool {
    // The words end in a blank, so that digits must follow.
    before_digits(message.trim_ascii_end()).ends_with(words)
}

/// Whether the one-line stats continue to their last key.
fn ends_the_list(message: &[u8]) -> bool {
    let start = message.len().saturating_sub(40);
    let tail = message.get(start..).unwrap_or_default();
    message.ends_with(b"KB") && memmem::find(tail, b" unevictable:").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::parse_line;
    use std::format;
    use std::vec::Vec;

    fn judge(message: &str) -> (Completeness, Option<Joinable>) {
        let line = parse_line(message.as_bytes());
        let message = message.as_bytes();
        (line.completeness(message), line.joinable(message))
    }

    /// Lines as kernels print them, with what a reader may say of each.
    const WHOLE: [&str; 22] = [
        "Killed process 7 (a) vsz:8kB, anon-rss:4kB, file-rss:0kB",
        "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        "Killed process 7, UID 0, (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        "Out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0",
        "Out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:968",
        "Out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:-998",
        "Out of memory in UB 101: OOM killed process 24 (a) score 0 vm:100kB, rss:90kB, swap:10kB",
        "Out of Memory: Kill process 7 (a) score 3 and children.",
        "Out of memory: kill process 7 (a) score 3 or a child",
        "Out of memory: Kill process 7 (a) score 3 or sacrifice child",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=x,pid=7,uid=0",
        "a invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0",
        "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=-5",
        "oom_reaper: reaped process 7 (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        "memory: usage 8kB, limit 8kB, failcnt 3",
        "CPU: 0 PID: 7 Comm: a Not tainted 5.4.0-1 #1",
        "Task in /a/b killed as a result of limit of /a",
        "Memory cgroup stats for /a: cache:0KB rss:4KB unevictable:0KB",
        "Tasks in /a are going to be killed due to memory.oom.group set",
        "Out of memory: OOM victim 7 (a) is already exiting. Skip killing the task",
        "Tasks state (memory values in pages):",
        "oom_kill_process: 3 callbacks suppressed",
    ];

    #[test]
    fn completeness_of_whole_lines_which_nothing_continues() {
        for message in WHOLE {
            assert_eq!(judge(message), (Completeness::Whole, None), "{message}");
        }
    }

    /// What a carrier cut off is missed, whatever byte it was; where a shorter line is a line as well, its last
    /// value is in doubt, which its form cannot show.
    #[test]
    fn completeness_of_cut_lines() {
        for message in WHOLE {
            let ends: Vec<usize> = (0..message.len())
                .filter(|at| judge(&message[..*at]).0.is_whole())
                .collect();
            for at in ends {
                let rest = &message[at..];
                let may_end =
                    message[..at].ends_with("kB") || message.as_bytes()[at - 1].is_ascii_digit();
                let is_cut_path = message.starts_with("Task in ");
                let is_release = message.starts_with("CPU: ");
                assert!(
                    may_end || is_cut_path || is_release,
                    "{message}: without {rest}"
                );
            }
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn completeness_of_what_is_not_whole() {
        use Completeness::{Begun, Cut, Loose, Short};
        let old = "a invoked oom-killer: gfp_mask=0xd0, order=0, oomkilladj=0";
        for (message, expected) in [
            ("", (Begun, None)),
            ("no line of the killer's", (Begun, None)),
            ("Killed process 7 (a", (Begun, Some(Joinable::Killed))),
            ("Killed process 7 (a)", (Short, None)),
            ("Out of Memory: Killed process 7 (a).", (Short, None)),
            (
                "Out of memory: Killed process 7 (a)",
                (Short, Some(Joinable::Killed)),
            ),
            (
                "Killed process 7 (a) total-v",
                (Begun, Some(Joinable::Killed)),
            ),
            (
                "Killed process 7 (a) total-vm:8kB, anon-rss:4",
                (Cut, Some(Joinable::Killed)),
            ),
            (
                "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB # x",
                (Loose, None),
            ),
            (
                "Killed process 7 (a) anon-rss:4kB, file-rss:0kB",
                (Loose, None),
            ),
            (
                "Out of memory: Kill process 7 (a) score 3",
                (Cut, Some(Joinable::Selected)),
            ),
            (
                "Out of memory: Kill process 7 (a) score 3 or",
                (Loose, None),
            ),
            ("Out of memory: Kill process 7 (a", (Begun, None)),
            (
                "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=a,pid=7",
                (Begun, Some(Joinable::Summary)),
            ),
            (
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0,oom_memcg=/b,task_memcg=/a,task=x,pid=7,uid=0",
                (Cut, None),
            ),
            (old, (Cut, None)),
            (
                "a invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0 x",
                (Loose, None),
            ),
            (
                "a invoked oom-killer: gfp_mask=0xd0, nodemask=",
                (Begun, Some(Joinable::Invoked)),
            ),
            ("oom_reaper: unable to reap pid:7 (a)", (Short, None)),
            ("oom_reaper: unable to reap pid:7 (a", (Begun, None)),
            (
                "oom_reaper: reaped process 7 (a), now anon-rss:0kB, file-rss:0kB",
                (Cut, None),
            ),
            (
                "oom_reaper: reaped process 7 (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB.",
                (Loose, None),
            ),
            ("memory: usage 8kB, limit 8kB, fail", (Cut, None)),
            ("memory: usage 8kB, limit 8kB, failcnt 3 x", (Loose, None)),
            ("CPU: 0 PID: 7 Comm: a", (Begun, Some(Joinable::TaskInfo))),
            ("CPU: 0 PID: 7 Comm: a Not tainted 5.4", (Cut, None)),
            (
                "Task in /a/b killed as a result of lim",
                (Cut, Some(Joinable::TaskIn)),
            ),
            ("Memory cgroup stats for /a:", (Short, None)),
            (
                "Memory cgroup stats for /a: cache:0KB rss:4KB",
                (Cut, Some(Joinable::Stats)),
            ),
            ("Tasks in /a are going", (Begun, Some(Joinable::Group))),
            ("a cpuset=", (Begun, Some(Joinable::Cpuset))),
            ("a cpuset=/ mems_allowed=0", (Short, None)),
            ("anon 4096", (Short, None)),
        ] {
            assert_eq!(judge(message), expected, "{message}");
        }
    }

    #[test]
    fn completeness_of_what_only_looks_like_it() {
        use Completeness::{Begun, Cut, Loose};
        let sizes = "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
        for (message, expected) in [
            ("Out of memory: Kill process 7 (a1", (Begun, None)),
            ("Out of memory: Kill process 7 (a) score ", (Cut, None)),
            (
                "Out of memory: Kill process 7 (a) score 3 or 5",
                (Loose, None),
            ),
            (&format!("{sizes} 12"), (Loose, None)),
            (&format!("{sizes}:"), (Loose, None)),
            (
                "Memory cgroup stats for /a: cache:0KB unevictable:0KB x rss:5KB",
                (Cut, None),
            ),
            ("oom_reaper: x", (Begun, None)),
            ("out of luck", (Begun, None)),
            ("Two tasks in /", (Begun, None)),
            ("My process 7", (Begun, None)),
            ("Of 7", (Begun, None)),
            ("Killed process ", (Begun, None)),
            ("Call Trace:", (Begun, None)),
            ("CPU: 3", (Begun, None)),
            ("Code Comm:", (Begun, None)),
        ] {
            assert_eq!(judge(message), expected, "{message}");
        }
    }

    #[test]
    fn completeness_in_the_callers_words() {
        use Completeness::{Begun, Cut, Loose, Short, Whole};
        let all = [Begun, Short, Cut, Loose, Whole];
        let is_whole = [false, false, false, false, true];
        let has_all = [false, false, false, true, true];
        let has_first = [false, false, true, true, true];
        assert_eq!(all.map(Completeness::is_whole), is_whole);
        assert_eq!(all.map(Completeness::has_all), has_all);
        assert_eq!(all.map(Completeness::has_first), has_first);
    }

    #[test]
    fn completeness_where_a_paste_was_wrapped_before_the_process() {
        for (message, kind) in [
            ("Out of memory: Killed", Joinable::Killed),
            ("Out of memory: Killed process", Joinable::Killed),
            ("Out of memory: Killed process 17", Joinable::Killed),
            ("Out of memory in UB 101: OOM", Joinable::Killed),
            (
                "Out of memory in UB 101: OOM killed process",
                Joinable::Killed,
            ),
            ("Memory cgroup out of memory: Kill", Joinable::Selected),
            (
                "Memory cgroup out of memory: kill process",
                Joinable::Selected,
            ),
            (
                "Memory cgroup out of memory: Kill process 17",
                Joinable::Selected,
            ),
            ("oom-kill:constraint=", Joinable::Summary),
            ("Task in ", Joinable::TaskIn),
            ("Tasks in ", Joinable::Group),
            ("Memory cgroup stats for ", Joinable::Stats),
            ("CPU: 0 PID: 7 Comm:", Joinable::TaskInfo),
        ] {
            assert_eq!(judge(message).1, Some(kind), "{message}");
            let blank = format!("{message} ");
            let of_paste = matches!(kind, Joinable::Killed | Joinable::Selected);
            assert!(!of_paste || judge(&blank).1 == Some(kind), "{blank}");
        }
    }
}
