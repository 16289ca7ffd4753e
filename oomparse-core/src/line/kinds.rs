//! The registry of the kernel's lines: what each kind looks like, who reads it, and its word in the record.
//!
//! A new kind of line costs its file, a row here, an arm in the report (`report/lines.rs`), and a case in the
//! corpus. Everything else is derived from the row or held to it by a test: the order of the readers, the
//! [`evidence`](Line::evidence), the words of the sieve, and the list in `docs/schema.md`.

use super::{
    Columns, CounterLine, CpusetLine, Exiting, Fatal, Invoked, Killed, ReapedLine, Row,
    SelectedLine, SharingMm, StatsHeading, Summary, TaskIn, TaskInfo, counter, cpuset, exiting,
    fatal, group, invoked, killed, meminfo, reaped, selected, stats, summary, suppressed, task_in,
    task_info, tasks,
};
use crate::event::Evidence;

/// A kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kind {
    /// Its name in [`Line`].
    pub name: &'static str,
    /// What it looks like.
    pub form: &'static str,
    /// The word of an event that is based on it.
    pub evidence: Option<Evidence>,
    /// Whether it opens a report, or makes an event alone: then it contains one of the sieve's words.
    pub opens: bool,
}

/// What a line does for a report.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It opens one, or makes an event alone.
    Opens,
    /// It only belongs to one that is open, or says nothing.
    Within,
}

/// Each row: the form, the kind and what it contains, its role, its evidence; and if it has a reader of its own,
/// the first bytes for which that is asked.
macro_rules! kinds {
    ($(
        #[doc = $form:literal]
        $name:ident $(($($of:ty),+))?: $role:ident $(($evidence:ident))? $(, $first:pat => $reader:path)?;
    )*) => {
        /// One message of the kernel: a view over its bytes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Line<'a> {
            $(
                #[doc = $form]
                $name $(($($of),+))?,
            )*
        }

        impl Line<'_> {
            /// All kinds of line.
            pub const KINDS: &'static [Kind] = &[
                $(Kind {
                    name: stringify!($name),
                    form: $form,
                    evidence: kinds!(@evidence $($evidence)?),
                    opens: matches!(Role::$role, Role::Opens),
                }),*
            ];

            /// The word of an event that is based on this line.
            #[must_use]
            pub fn evidence(&self) -> Option<Evidence> {
                match self {
                    Self::Fatal(Fatal::PanicOnOom) => Some(Evidence::Panic),
                    $(Self::$name { .. } => kinds!(@evidence $($evidence)?),)*
                }
            }

            /// Whether this line opens a report, or makes an event alone.
            #[must_use]
            pub fn opens(&self) -> bool {
                match self {
                    $(Self::$name { .. } => matches!(Role::$role, Role::Opens),)*
                }
            }
        }

        /// Asks the readers in the order of their rows.
        pub(super) fn any_kind(message: &[u8]) -> Line<'_> {
            let first = message.first().copied().unwrap_or_default();
            $($(
                if matches!(first, $first)
                    && let Some(line) = $reader(message)
                {
                    return line;
                }
            )?)*
            Line::Other
        }
    };
    (@evidence) => { None };
    (@evidence $evidence:ident) => { Some(Evidence::$evidence) };
}

kinds! {
    // The invoker's comm comes first, and may imitate any other kind.
    /// `X invoked oom-killer: …`
    Invoked(Invoked<'a>): Opens(Invoked), _ => invoked::line;
    /// A row of the task table
    TaskRow(Row<'a>): Within(Tasks), b'[' => tasks::row_line;
    /// The task table's heading
    TasksHeading(Columns): Opens(Tasks), b'[' => tasks::heading;
    /// `oom-kill:constraint=…`
    Summary(Summary<'a>): Opens(Summary), b'o' => summary::line;
    /// `oom_reaper: …`
    Reaped(ReapedLine<'a>): Opens(Reaped), b'o' => reaped::line;
    /// `oom_kill_process: N callbacks suppressed`
    Suppressed(u64): Opens(Suppressed), b'o' => suppressed::line;
    /// `Memory cgroup stats for P:`
    StatsHeading(StatsHeading<'a>): Opens(MemcgStats), b'M' => stats::heading_line;
    /// `Mem-Info:`
    MeminfoHeading: Within(Meminfo), b'M' => meminfo::heading;
    /// `Memory limit reached of cgroup P`
    LimitReached(&'a [u8]): Opens(LimitReached), b'M' => task_in::limit_line;
    /// `Killed process N (comm) …`
    Killed(Killed<'a>): Opens(Killed), b'K' | b'M' | b'N' | b'O' => killed::line;
    /// `Kill process N (comm) score S or sacrifice child`
    Selected(SelectedLine<'a>): Opens(Selected), b'M' | b'N' | b'O' => selected::line;
    /// `Kill process N (comm) sharing same memory`
    SharingMm(SharingMm<'a>): Opens(SharingMm), b'K' => selected::sharing_line;
    /// `OOM victim N (comm) is already exiting. Skip killing the task`
    Exiting(Exiting<'a>): Opens(Exiting), b'M' | b'N' | b'O' => exiting::line;
    /// `Out of memory and no killable processes...`
    Fatal(Fatal): Opens(NoKillable), b'K' | b'O' | b'o' => fatal::line;
    /// `memory: usage …` and similar lines
    Counter(CounterLine): Within(MemcgUsage), b'k' | b'm' | b's' => counter::line;
    /// `Task in A killed as a result of limit of B`
    TaskIn(TaskIn<'a>): Opens(TaskIn), b'T' => task_in::line;
    /// `Tasks state (memory values in pages):`
    TasksState: Opens(Tasks), b'T' => tasks::state;
    /// `Tasks in P are going to be killed due to memory.oom.group set`
    Group(&'a [u8]): Opens(Group), b'T' => group::line;
    /// `CPU: 0 PID: 7 Comm: x …`
    TaskInfo(TaskInfo<'a>): Within(TaskInfo), b'C' | b'P' => task_info::line;
    /// `key value`
    StatEntry(&'a [u8], u64): Within(MemcgStats), b'a'..=b'z' => stats::entry_line;
    /// A whole block of such lines in one record, or `key:NKB …` after a line break
    StatEntries(&'a [u8]): Within(MemcgStats), _ => stats::entries;
    /// A line of totals of the Mem-Info block, or several in one record
    Meminfo(&'a [u8]): Within(Meminfo), b' ' | b'0'..=b'9' | b'F' | b'T' | b'a'..=b'z' => meminfo::line;
    /// `X cpuset=Y mems_allowed=Z`
    Cpuset(CpusetLine<'a>): Within(Cpuset), _ => cpuset::line;
    /// A line that begins like one of these kinds but does not continue like it.
    Malformed: Within;
    /// Any other line.
    Other: Within;
}
