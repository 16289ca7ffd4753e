//! `oomparse_field`: every single value of an event, by number.

/// A value of an event. A number is never reused for another meaning; new ones may be added.
///
/// `docs/schema.md` describes each of them.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum oomparse_field {
    /// `kill`, `no_victim` or `report`; from other sources `userspace_kill`, `eviction` or `notice`.
    Type = 1,
    /// Equal if the same kill is read again.
    Id = 2,
    /// Joins the victims of one report.
    ReportId = 3,
    /// `kernel` if the frame shows it, `user` or `claimed` for a daemon, else `unknown`.
    Origin = 4,
    /// RFC 3339, of the line that names the victim.
    Time = 5,
    /// printk's clock at that line, microseconds since boot.
    KernelTimeUs = 6,
    /// The machine's name.
    Host = 7,
    /// `uname -r`.
    KernelRelease = 8,
    /// `memcg`, `beancounter`, `cpuset`, `memory_policy` or `global`.
    Scope = 9,
    /// The summary's `constraint=` as printed.
    Constraint = 10,
    /// Known to be a `memory.oom.group` kill.
    OomGroup = 11,
    /// Reports that the kernel's rate limit suppressed since the stream's last event.
    SuppressedReports = 12,
    /// The file from which the caller read it; absent here.
    SourcePath = 13,
    /// The victim's cgroup, pod and container are of no line of this report; absent here.
    Inferred = 14,
    /// Name of the thread that asked for memory.
    InvokerComm = 20,
    /// Its thread id.
    InvokerPid = 21,
    /// Its user id.
    InvokerUid = 22,
    /// The allocation's flags as printed.
    InvokerGfpMask = 23,
    /// The flags' names as printed.
    InvokerGfpFlags = 24,
    /// log2 of the requested pages; -1 for SysRq-f.
    InvokerOrder = 25,
    /// The invoker's own adjustment.
    InvokerOomScoreAdj = 26,
    /// NUMA nodes the allocation could use.
    InvokerNodemask = 27,
    /// The process that was chosen first, if another one was killed.
    SelectedPid = 30,
    /// Its name.
    SelectedComm = 31,
    /// Its score.
    SelectedOomScore = 32,
    /// The process that was killed.
    VictimPid = 40,
    /// Its name.
    VictimComm = 41,
    /// Its user id.
    VictimUid = 42,
    /// Its address space.
    VictimTotalVmBytes = 43,
    /// Its resident anonymous memory.
    VictimAnonRssBytes = 44,
    /// Its resident file pages.
    VictimFileRssBytes = 45,
    /// Its resident shared memory.
    VictimShmemRssBytes = 46,
    /// Its page tables.
    VictimPgtablesBytes = 47,
    /// Its adjustment.
    VictimOomScoreAdj = 48,
    /// Its score.
    VictimOomScore = 49,
    /// Its resident memory, if only one figure is printed (OpenVZ 6).
    VictimRssBytes = 50,
    /// Its swapped memory (OpenVZ 6).
    VictimSwapBytes = 51,
    /// Its command line, as a daemon prints it.
    VictimCmdline = 52,
    /// The victim's memory cgroup.
    CgroupTaskMemcg = 60,
    /// The cgroup whose limit was hit.
    CgroupOomMemcg = 61,
    /// `cgroupfs` or `systemd`.
    CgroupDriver = 62,
    /// `container`, `pod`, `qos`, `kubepods`, `root` or `other`.
    CgroupLimitLevel = 63,
    /// The victim's pod.
    PodUid = 70,
    /// `Guaranteed`, `Burstable` or `BestEffort`.
    PodQosClass = 71,
    /// Kubernetes namespace.
    PodNamespace = 72,
    /// Pod name.
    PodName = 73,
    /// Node name.
    PodNode = 74,
    /// `Kind/name` of the controller.
    PodOwner = 75,
    /// The source of the names.
    PodSource = 76,
    /// The pod is in the cgroup of a container or a machine, whose owner named it.
    PodNested = 77,
    /// The victim's container.
    ContainerId = 80,
    /// `docker`, `containerd`, `cri-o` or `podman`.
    ContainerRuntime = 81,
    /// The container's name in its pod.
    ContainerName = 82,
    /// The container's id on an OpenVZ host.
    OpenvzCtid = 83,
    /// The first digits of the container's id, if no more is shown.
    ContainerIdPrefix = 84,
    /// Memory in use.
    MemoryUsageBytes = 90,
    /// Limit of memory; absent if there is no limit.
    MemoryLimitBytes = 91,
    /// How often the limit of memory was hit.
    MemoryFailcnt = 92,
    /// The memory use at which a daemon acts.
    MemoryThresholdBytes = 93,
    /// Memory and swap in use (cgroup v1).
    MemorySwapUsageBytes = 94,
    /// Limit of memory and swap (cgroup v1); absent if there is no limit.
    MemorySwapLimitBytes = 95,
    /// How often the limit of memory and swap (cgroup v1) was hit.
    MemorySwapFailcnt = 96,
    /// Swap in use (cgroup v2).
    SwapUsageBytes = 98,
    /// Limit of swap (cgroup v2); absent if there is no limit.
    SwapLimitBytes = 99,
    /// How often the limit of swap (cgroup v2) was hit.
    SwapFailcnt = 100,
    /// Kernel memory in use (cgroup v1).
    KmemUsageBytes = 102,
    /// Limit of kernel memory (cgroup v1); absent if there is no limit.
    KmemLimitBytes = 103,
    /// How often the limit of kernel memory (cgroup v1) was hit.
    KmemFailcnt = 104,
    /// `ram_pages` of the Mem-Info block.
    MeminfoRamPages = 110,
    /// `highmem_pages` of the Mem-Info block.
    MeminfoHighmemPages = 111,
    /// `reserved_pages` of the Mem-Info block.
    MeminfoReservedPages = 112,
    /// `free_pages` of the Mem-Info block.
    MeminfoFreePages = 113,
    /// `active_anon_pages` of the Mem-Info block.
    MeminfoActiveAnonPages = 114,
    /// `inactive_anon_pages` of the Mem-Info block.
    MeminfoInactiveAnonPages = 115,
    /// `active_file_pages` of the Mem-Info block.
    MeminfoActiveFilePages = 116,
    /// `inactive_file_pages` of the Mem-Info block.
    MeminfoInactiveFilePages = 117,
    /// `unevictable_pages` of the Mem-Info block.
    MeminfoUnevictablePages = 118,
    /// `dirty_pages` of the Mem-Info block.
    MeminfoDirtyPages = 119,
    /// `writeback_pages` of the Mem-Info block.
    MeminfoWritebackPages = 120,
    /// `slab_reclaimable_pages` of the Mem-Info block.
    MeminfoSlabReclaimablePages = 121,
    /// `slab_unreclaimable_pages` of the Mem-Info block.
    MeminfoSlabUnreclaimablePages = 122,
    /// `mapped_pages` of the Mem-Info block.
    MeminfoMappedPages = 123,
    /// `shmem_pages` of the Mem-Info block.
    MeminfoShmemPages = 124,
    /// `pagetables_pages` of the Mem-Info block.
    MeminfoPagetablesPages = 125,
    /// `pagecache_pages` of the Mem-Info block.
    MeminfoPagecachePages = 126,
    /// `swapcache_pages` of the Mem-Info block.
    MeminfoSwapcachePages = 127,
    /// `free_swap_bytes` of the Mem-Info block.
    MeminfoFreeSwapBytes = 128,
    /// `total_swap_bytes` of the Mem-Info block.
    MeminfoTotalSwapBytes = 129,
    /// Anonymous memory that the reaper left.
    ReapedAnonRssBytes = 140,
    /// File pages that the reaper left.
    ReapedFileRssBytes = 141,
    /// Shared memory that the reaper left.
    ReapedShmemRssBytes = 142,
    /// Who killed, as a daemon reports it: `systemd-oomd`, `earlyoom`, `kernel` ….
    Killer = 150,
    /// Who reports another one's kill: `systemd`, `containerd`, `kubernetes-event` ….
    Reporter = 151,
    /// How far the kill is known to have gone: `marked`, `sent` or `confirmed`.
    Stage = 152,
    /// The last signal, `SIGKILL`.
    Signal = 153,
    /// The signal before that.
    FirstSignal = 154,
    /// What was done instead of sending a signal: `command` or `restart`.
    Action = 155,
    /// What happened to the victim: `exited`, `zombie`, `survived` or `failed`.
    Outcome = 156,
    /// How many processes were killed, by the daemon's count.
    ProcessCount = 157,
    /// systemd's name of the unit.
    Unit = 158,
    /// systemd's word for how the unit ended.
    UnitResult = 159,
    /// What was short: `memory`.
    Resource = 160,
    /// How often it was reported.
    Count = 161,
    /// Why the killer acted: `memory-pressure`, `swap-used`, `low-memory` ….
    CauseKind = 165,
    /// The share of time in which processes waited for memory.
    CausePressurePercent = 166,
    /// The threshold that was exceeded.
    CauseLimitPercent = 167,
    /// How long it was exceeded.
    CauseDurationUs = 168,
    /// The cgroup that was monitored.
    CauseMonitoredCgroup = 169,
    /// The machine's memory in use.
    SystemMemoryUsedBytes = 172,
    /// All of the machine's memory.
    SystemMemoryTotalBytes = 173,
    /// The machine's swap in use.
    SystemSwapUsedBytes = 174,
    /// All of the machine's swap.
    SystemSwapTotalBytes = 175,
    /// The container's first process.
    InitPid = 178,
    /// Its exit code.
    InitExitCode = 179,
    /// When it ended, RFC 3339.
    InitTime = 180,
    /// `metadata.uid` of the Kubernetes Event.
    EventUid = 184,
    /// Its `reason`.
    EventReason = 185,
    /// The component that reports it.
    EventComponent = 186,
    /// `ADDED`, `UPDATED` or `DELETED`, in a stream of Events.
    EventVerb = 187,
    /// `Pod` or `Node`: what the Event is about.
    EventObjectKind = 188,
    /// The name of that object.
    EventObjectName = 189,
    /// The namespace of that object.
    EventObjectNamespace = 190,
}

/// The kind of a field's value, which decides the function that returns it.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum oomparse_kind {
    /// `oomparse_event_get_str`
    Str = 1,
    /// `oomparse_event_get_u64`
    U64 = 2,
    /// `oomparse_event_get_i64`
    I64 = 3,
    /// `oomparse_event_get_bool`
    Bool = 4,
    /// `oomparse_event_get_f64`
    F64 = 5,
}
