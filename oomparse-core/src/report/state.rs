//! One open report: what its lines have shown so far.

use super::build;
use super::figures::StatsBlock;
use super::reports::ReportId;
use crate::bytes::Text;
use crate::event::{
    Counter, Evidence, Field, Invoker, MemcgStats, Meminfo, Reaped, TaskRow, Victim,
};
use crate::limits::{MAX_GROUP_MEMBERS, MAX_TASK_PIDS, MAX_TASK_ROWS};
use crate::line::{self, Columns, Invoked, Killed, Message, Row, Summary, TaskIn, TaskInfo};
use crate::stamp::Stamp;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// A process that a decision line names.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    pub(super) pid: u32,
    pub(super) comm: Option<Text>,
    pub(super) uid: Option<u32>,
    pub(super) oom_score: Option<i64>,
    pub(super) stamp: Stamp,
}

/// A kill whose event was not emitted yet.
#[derive(Clone, Debug)]
pub(super) struct Kill {
    pub(super) victim: Victim,
    pub(super) stamp: Stamp,
    pub(super) cut: Option<Field>,
    pub(super) identity: Identity,
    /// The reaper's line came while it waited.
    pub(super) saw_reaper: bool,
    pub(super) reaped: Option<Reaped>,
}

impl Kill {
    /// The data of a Killed line.
    pub(super) fn new(
        line: &Killed<'_>,
        release: Option<&Text>,
        stamp: Stamp,
        identity: Identity,
    ) -> Self {
        let (victim, cut) = build::victim(line, release);
        Self {
            victim,
            stamp,
            cut,
            identity,
            saw_reaper: false,
            reaped: None,
        }
    }
}

/// The source of the victim's cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The report's `task_memcg`.
    Task,
    /// The group's path, as far as it proves a pod or container.
    Group,
    /// None: the log does not tie this process to a cgroup.
    None,
    /// None, and it is not even proven that this is its report.
    Unproven,
}

/// A report whose lines are being joined.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) id: ReportId,
    pub(super) first: Stamp,
    pub(super) last: Stamp,
    pub(super) evidence: Vec<Evidence>,
    pub(super) truncated: Vec<Field>,

    pub(super) invoker: Option<Invoker>,
    /// The first line shows `oom_adj` but no `oom_score_adj`: a kernel before 2.6.36.
    pub(super) old_adj: bool,
    /// Two first lines came before any block, so it is unknown to which this block belongs.
    pub(super) ambiguous_head: bool,
    pub(super) cpuset: Option<Text>,
    pub(super) release: Option<Text>,

    pub(super) memory: Option<Counter>,
    pub(super) memory_swap: Option<Counter>,
    pub(super) swap: Option<Counter>,
    pub(super) kmem: Option<Counter>,
    pub(super) page_kib: Option<u64>,

    pub(super) stats: Vec<MemcgStats>,
    pub(super) stats_block: StatsBlock,

    pub(super) meminfo: Option<Box<Meminfo>>,

    pub(super) columns: Option<Columns>,
    pub(super) tasks: Vec<TaskRow>,
    pub(super) layout: line::tasks::Layout,
    /// Bytes of the rows' texts.
    pub(super) row_texts: usize,
    pub(super) pids: Vec<(u32, u32)>,
    /// Rows were lost, so a pid that is not in the table proves nothing.
    pub(super) table_cut: bool,

    pub(super) task_memcg: Option<Text>,
    pub(super) oom_memcg: Option<Text>,
    pub(super) constraint: Option<Text>,
    pub(super) global_oom: bool,
    pub(super) message: Option<Message>,
    /// OpenVZ's id of the victim's container.
    pub(super) ctid: Option<String>,
    /// Path and comm of a summary, if it is ambiguous where the path ends.
    pub(super) path_and_comm: Option<Text>,

    pub(super) summary: Option<Named>,
    pub(super) selected: Option<Named>,
    pub(super) group: Option<Text>,
    pub(super) reaped: Option<(Named, Reaped)>,
    /// Pids whose Killed lines were seen.
    pub(super) killed: Vec<u32>,
    /// The first victim's adjustment, which the members of its group share.
    pub(super) killed_adj: Option<i32>,
    /// The victim of a Killed line without a cgroup, which waits for one further line.
    pub(super) waiting: Option<Kill>,
    /// Nobody was killed.
    pub(super) no_victim: bool,
    /// Its event was emitted.
    pub(super) is_emitted: bool,
    /// The blocks, once an event was emitted.
    pub(super) shared: Option<build::Blocks>,
    pub(super) idle_lines: u32,
}

/// About the number of rows of a pod's table.
const COMMON_ROWS: usize = 64;

/// Reserves room for a table; in small builds it grows row by row.
fn make_room<T>(rows: &mut Vec<T>) {
    if cfg!(feature = "perf") && rows.is_empty() {
        rows.reserve(COMMON_ROWS);
    }
}

impl Report {
    pub(super) fn new(stamp: Stamp) -> Self {
        Self {
            first: stamp,
            last: stamp,
            ..Self::default()
        }
    }

    /// Its id among the open reports.
    pub(super) fn id(&self) -> ReportId {
        self.id
    }

    /// Whether a process was named, or it is known that nobody was killed.
    pub(super) fn is_decided(&self) -> bool {
        self.summary.is_some()
            || self.selected.is_some()
            || self.group.is_some()
            || self.reaped.is_some()
            || self.waiting.is_some()
            || !self.killed.is_empty()
            || self.no_victim
    }

    /// Whether figures of a block have come, after the first line.
    pub(super) fn has_block(&self) -> bool {
        self.memory.is_some()
            || self.task_memcg.is_some()
            || self.oom_memcg.is_some()
            || self.meminfo.is_some()
            || self.columns.is_some()
            || !self.stats.is_empty()
    }

    /// Whether it is known that a memory cgroup's limit caused it.
    pub(super) fn is_memcg(&self) -> bool {
        self.memory.is_some()
            || self.task_memcg.is_some() && !self.global_oom
            || self.oom_memcg.is_some()
            || self.message == Some(Message::Memcg)
    }

    /// Whether it is known that it was not a memory cgroup's.
    pub(super) fn is_global(&self) -> bool {
        self.global_oom || matches!(self.message, Some(Message::Global))
    }

    /// Whether the message of a decision line contradicts the report.
    pub(super) fn contradicts(&self, message: Option<Message>) -> bool {
        match message {
            Some(Message::Memcg) => self.is_global(),
            Some(Message::Global) => self.is_memcg(),
            Some(Message::Beancounter) => self.is_global() || self.is_memcg(),
            Some(Message::MemoryPolicy | Message::Cpuset) | None => false,
        }
    }

    pub(super) fn saw(&mut self, evidence: Evidence) {
        if !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
    }

    pub(super) fn cut(&mut self, field: Field) {
        if !self.truncated.contains(&field) {
            self.truncated.push(field);
        }
    }

    pub(super) fn invoked(&mut self, line: &Invoked<'_>) {
        self.saw(Evidence::Invoked);
        self.old_adj = line.oom_adj.is_some() && line.oom_score_adj.is_none();
        self.invoker = Some(Invoker {
            comm: Some(Text::from(line.comm)),
            gfp_mask: line.gfp_mask.map(Text::from),
            gfp_flags: line.gfp_flags.map(Text::from),
            nodemask: line.nodemask.map(Text::from),
            order: line.order,
            oom_score_adj: line.oom_score_adj,
            ..Invoker::default()
        });
    }

    /// Takes pid and release, if the line is about the thread that the first line names.
    pub(super) fn task_info(&mut self, line: &TaskInfo<'_>) {
        let Some(invoker) = &mut self.invoker else {
            return;
        };
        let same = line.comm.is_none_or(|comm| {
            invoker
                .comm
                .as_ref()
                .is_none_or(|invoker| is_same_comm(invoker.as_bytes(), comm))
        });
        if same && invoker.pid.is_none() {
            // If a comm contains a newline, the first line of a text capture shows only its end.
            invoker.comm = line.comm.map(Text::from).or_else(|| invoker.comm.take());
            invoker.pid = Some(line.pid);
            invoker.uid = line.uid;
            self.release = self.release.take().or_else(|| line.release.map(Text::from));
            self.saw(Evidence::TaskInfo);
        }
    }

    pub(super) fn task_in(&mut self, line: &TaskIn<'_>) {
        self.saw(Evidence::TaskIn);
        self.task_memcg = line.task_memcg.map(Text::from);
        self.oom_memcg = line.oom_memcg.map(Text::from);
        if let Some(field) = line.cut {
            self.cut(field);
        }
    }

    pub(super) fn task_row(&mut self, row: &Row<'_>, keep: bool) {
        let Some(columns) = &self.columns else { return };
        let mut tgid = None;
        let mut is_whole = false;
        if keep && self.tasks.len() < MAX_TASK_ROWS {
            make_room(&mut self.tasks);
            // A row is large, so it is read in its final place.
            self.tasks.push(TaskRow::default());
            if let Some(kept) = self.tasks.last_mut() {
                is_whole = row.read_into(columns, &mut self.layout, kept);
                tgid = kept.tgid;
                self.row_texts = self.row_texts.saturating_add(super::weight::of_row(kept));
            }
            if !is_whole {
                self.tasks.pop();
            }
        }
        if !is_whole {
            tgid = row.tgid(columns);
        }
        if self.pids.len() < MAX_TASK_PIDS {
            make_room(&mut self.pids);
            self.pids.push((row.pid, tgid.unwrap_or(row.pid)));
        } else {
            self.table_cut = true;
        }
        if keep && !is_whole {
            self.cut(Field::Tasks);
        }
    }

    /// Whether rows of a task table have come.
    pub(super) fn has_rows(&self) -> bool {
        !self.pids.is_empty()
    }

    /// Whether the table lists a process (by its own or a thread's id).
    pub(super) fn lists(&self, pid: u32) -> bool {
        self.pids
            .iter()
            .any(|&(row, tgid)| row == pid || tgid == pid)
    }

    /// Whether the table proves that `thread` belongs to process `tgid`.
    pub(super) fn is_thread_of(&self, thread: u32, tgid: u32) -> bool {
        self.pids
            .iter()
            .any(|&(row, process)| row == thread && process == tgid)
    }

    /// Whether there is a table and `pid` is not in it.
    pub(super) fn excludes(&self, pid: u32) -> bool {
        !self.pids.is_empty() && !self.table_cut && !self.lists(pid)
    }

    pub(super) fn summary(&mut self, line: &Summary<'_>, stamp: Stamp) {
        self.saw(Evidence::Summary);
        self.constraint = Some(Text::from(line.constraint));
        self.global_oom = line.global_oom;
        if line.task_memcg.is_some() {
            self.task_memcg = line.task_memcg.map(Text::from);
        }
        if line.oom_memcg.is_some() {
            self.oom_memcg = line.oom_memcg.map(Text::from);
        }
        self.path_and_comm = line.path_and_comm.map(Text::from);
        if let (Some(mask), Some(invoker)) = (line.nodemask, &mut self.invoker) {
            invoker.nodemask = invoker.nodemask.take().or_else(|| Some(Text::from(mask)));
        }
        if let Some(field) = line.cut {
            self.cut(field);
        }
        if let Some(pid) = line.pid {
            let comm = line.comm.map(Text::from);
            self.summary = Some(Named {
                pid,
                comm,
                uid: line.uid,
                oom_score: None,
                stamp,
            });
        }
    }

    /// Notes a Killed line's pid; returns whether it is new.
    pub(super) fn note_killed(&mut self, pid: u32) -> bool {
        if self.killed.contains(&pid) {
            return false;
        }
        if self.killed.len() < MAX_GROUP_MEMBERS {
            self.killed.push(pid);
        }
        true
    }
}

/// Whether the first line's comm is this one, or the part after a newline in it.
pub(super) fn is_same_comm(header: &[u8], comm: &[u8]) -> bool {
    header == comm
        || comm
            .strip_suffix(header)
            .is_some_and(|start| start.ends_with(b"\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_contradicts_a_report_of_another_scope() {
        let global = Report {
            global_oom: true,
            ..Report::default()
        };
        let memcg = Report {
            oom_memcg: Some(Text::from(&b"/a"[..])),
            ..Report::default()
        };
        // What the message of an earlier line says counts, too.
        let by_message = |message| Report {
            message: Some(message),
            ..Report::default()
        };
        let unknown = Report::default();
        for (report, against) in [
            (&global, [true, false, true, false]),
            (&by_message(Message::Global), [true, false, true, false]),
            (&memcg, [false, true, true, false]),
            (&by_message(Message::Memcg), [false, true, true, false]),
            (&unknown, [false; 4]),
        ] {
            let messages = [
                Message::Memcg,
                Message::Global,
                Message::Beancounter,
                Message::Cpuset,
            ];
            let found = messages.map(|message| report.contradicts(Some(message)));
            assert_eq!(found, against, "{report:?}");
            assert!(!report.contradicts(None));
        }
    }

    #[test]
    fn a_table_lists_processes_by_both_of_their_ids() {
        let mut report = Report::default();
        assert!(!report.lists(7) && !report.excludes(7) && !report.has_rows());
        report.pids.push((9, 7));
        assert!(report.lists(7) && report.lists(9) && !report.lists(8));
        assert!(report.excludes(8) && !report.excludes(7));
        assert!(
            report.is_thread_of(9, 7) && !report.is_thread_of(7, 7) && !report.is_thread_of(9, 9)
        );
        report.table_cut = true;
        assert!(!report.excludes(8));
    }

    #[test]
    fn a_comm_may_begin_before_a_newline() {
        for (header, comm, same) in [
            ("java", "java", true),
            ("b", "a\nb", true),
            ("b", "ab", false),
            ("a", "a\nb", false),
        ] {
            assert_eq!(
                is_same_comm(header.as_bytes(), comm.as_bytes()),
                same,
                "{comm:?}"
            );
        }
    }

    #[test]
    fn a_pid_is_new_once() {
        let mut report = Report::default();
        assert!(report.note_killed(7) && !report.note_killed(7) && report.note_killed(8));
        for pid in 100..5000 {
            report.note_killed(pid);
        }
        assert_eq!(report.killed.len(), MAX_GROUP_MEMBERS);
    }

    #[test]
    fn the_line_about_a_thread_tells_the_invokers_pid_once() {
        let mut report = Report::default();
        let first = line::parse_line(
            b"java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        );
        if let line::Line::Invoked(line) = first {
            report.invoked(&line);
        }
        for (text, pid) in [
            ("CPU: 4 PID: 9 Comm: bash Not tainted 6.1.1 #1", None),
            ("CPU: 4 PID: 9 Comm: java Not tainted 6.1.1 #1", Some(9)),
            ("CPU: 4 PID: 10 Comm: java Not tainted 6.1.1 #1", Some(9)),
        ] {
            let line::Line::TaskInfo(line) = line::parse_line(text.as_bytes()) else {
                panic!("{text}");
            };
            report.task_info(&line);
            let invoker = report.invoker.as_ref().unwrap();
            assert_eq!(invoker.pid, pid, "{text}");
        }
    }

    #[test]
    fn beyond_the_bound_on_rows_a_missing_pid_proves_nothing() {
        let line::Line::TasksHeading(columns) = line::parse_line(
            b"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        ) else {
            panic!("no heading");
        };
        let mut report = Report {
            columns: Some(columns),
            pids: [(1, 1)].repeat(MAX_TASK_PIDS - 1),
            ..Report::default()
        };
        let row = b"[      7]     0     7      100       50     4096        0             0 java";
        for (pids, excludes) in [(MAX_TASK_PIDS, true), (MAX_TASK_PIDS, false)] {
            let line::Line::TaskRow(row) = line::parse_line(row) else {
                panic!("no row");
            };
            report.task_row(&row, false);
            assert_eq!((report.pids.len(), report.excludes(9)), (pids, excludes));
        }
    }
}
