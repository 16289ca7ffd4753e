//! The lines on which an event is based, and the fields that were cut.

use crate::words::words;

words! {
    /// A kind of kernel line on which an event is based.
    Evidence {
        /// `X invoked oom-killer: …`
        Invoked = "invoked",
        /// `X cpuset=Y mems_allowed=Z`
        Cpuset = "cpuset",
        /// `CPU: … PID: … Comm: …`
        TaskInfo = "task_info",
        /// `Task in A killed as a result of limit of B`
        TaskIn = "task_in",
        /// `Memory limit reached of cgroup P`
        LimitReached = "limit_reached",
        /// `memory: usage …` and similar lines
        MemcgUsage = "memcg_usage",
        /// `Memory cgroup stats for …`
        MemcgStats = "memcg_stats",
        /// The Mem-Info block
        Meminfo = "meminfo",
        /// The task table
        Tasks = "tasks",
        /// `Kill process N (comm) score S or sacrifice child`
        Selected = "selected",
        /// `oom-kill:constraint=…`
        Summary = "summary",
        /// `Killed process N (comm) …`
        Killed = "killed",
        /// `Kill process N (comm) sharing same memory`
        SharingMm = "sharing_mm",
        /// `Tasks in P are going to be killed due to memory.oom.group set`
        Group = "group",
        /// `OOM victim N (comm) is already exiting. Skip killing the task`
        Exiting = "exiting",
        /// `oom_reaper: reaped process N (comm)`
        Reaped = "reaped",
        /// `Out of memory and no killable processes...`
        NoKillable = "no_killable",
        /// `Out of memory: … panic_on_oom is enabled`
        Panic = "panic",
        /// `oom_kill_process: N callbacks suppressed`
        Suppressed = "suppressed",
        /// No line: the process as `/proc` showed it at that time
        Proc = "proc",
        /// No line of this report: a row of an earlier report's task table
        EarlierTasks = "earlier_tasks",
        /// No line: the count `oom_kill` of cgroup v2's `memory.events`
        MemoryEvents = "memory.events",
        /// No line: the count `oom_kill` of cgroup v1's `memory.oom_control`
        OomControl = "memory.oom_control",
    }
}

words! {
    /// A field or block of the record whose text may be cut, by its path in the record.
    Field {
        /// The victim's process id.
        VictimPid = "victim.pid",
        /// The victim's name.
        VictimComm = "victim.comm",
        /// The victim's user.
        VictimUid = "victim.uid",
        /// The victim's virtual size.
        VictimTotalVm = "victim.total_vm_bytes",
        /// The victim's resident memory in one figure.
        VictimRss = "victim.rss_bytes",
        /// The victim's swapped memory.
        VictimSwap = "victim.swap_bytes",
        /// The victim's anonymous memory.
        VictimAnonRss = "victim.anon_rss_bytes",
        /// The victim's file pages.
        VictimFileRss = "victim.file_rss_bytes",
        /// The victim's shared memory.
        VictimShmemRss = "victim.shmem_rss_bytes",
        /// The victim's page tables.
        VictimPgtables = "victim.pgtables_bytes",
        /// The victim's adjustment.
        VictimOomScoreAdj = "victim.oom_score_adj",
        /// The victim's cgroup.
        TaskMemcg = "cgroup.task_memcg",
        /// The cgroup at its limit.
        OomMemcg = "cgroup.oom_memcg",
        /// The counter `memory:`.
        Memory = "memory",
        /// The counter `memory+swap:`.
        MemorySwap = "memory_swap",
        /// The counter `swap:`.
        Swap = "swap",
        /// The counter `kmem:`.
        Kmem = "kmem",
        /// The blocks of cgroup figures.
        MemcgStats = "memcg_stats",
        /// The task table.
        Tasks = "tasks",
    }
}
