//! What an event rests on, and which of its fields were cut.

/// A kind of kernel line that an event rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// `X invoked oom-killer: …`
    Invoked,
    /// `X cpuset=Y mems_allowed=Z`
    Cpuset,
    /// `CPU: … PID: … Comm: …`
    TaskInfo,
    /// `Task in A killed as a result of limit of B`
    TaskIn,
    /// `Memory limit reached of cgroup P`
    LimitReached,
    /// `memory: usage …` and its like
    MemcgUsage,
    /// `Memory cgroup stats for …`
    MemcgStats,
    /// The Mem-Info block
    Meminfo,
    /// The task table
    Tasks,
    /// `Kill process N (comm) score S or sacrifice child`
    Selected,
    /// `oom-kill:constraint=…`
    Summary,
    /// `Killed process N (comm) …`
    Killed,
    /// `Kill process N (comm) sharing same memory`
    SharingMm,
    /// `Tasks in P are going to be killed due to memory.oom.group set`
    Group,
    /// `OOM victim N (comm) is already exiting. Skip killing the task`
    Exiting,
    /// `oom_reaper: reaped process N (comm)`
    Reaped,
    /// `Out of memory and no killable processes...`
    NoKillable,
    /// `Out of memory: … panic_on_oom is enabled`
    Panic,
    /// `oom_kill_process: N callbacks suppressed`
    Suppressed,
}

impl Evidence {
    /// The word in the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoked => "invoked",
            Self::Cpuset => "cpuset",
            Self::TaskInfo => "task_info",
            Self::TaskIn => "task_in",
            Self::LimitReached => "limit_reached",
            Self::MemcgUsage => "memcg_usage",
            Self::MemcgStats => "memcg_stats",
            Self::Meminfo => "meminfo",
            Self::Tasks => "tasks",
            Self::Selected => "selected",
            Self::Summary => "summary",
            Self::Killed => "killed",
            Self::SharingMm => "sharing_mm",
            Self::Group => "group",
            Self::Exiting => "exiting",
            Self::Reaped => "reaped",
            Self::NoKillable => "no_killable",
            Self::Panic => "panic",
            Self::Suppressed => "suppressed",
        }
    }
}

/// A field or block of the record, by its path in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field(&'static str);

impl Field {
    pub(crate) const fn new(path: &'static str) -> Self {
        Self(path)
    }

    /// The path in the record, as `victim.comm` or `memcg_stats`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}
