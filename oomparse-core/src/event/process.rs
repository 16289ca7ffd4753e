//! The processes of a report: the one that asked for memory, the chosen one, the killed one, and the task table.

use crate::bytes::Text;

/// The thread that asked for memory and started the killer (`current` in `dump_header`).
///
/// It may differ from the victim, and be outside the victim's container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invoker {
    /// The thread's name.
    pub comm: Option<Text>,
    /// Thread id, from the CPU line.
    pub pid: Option<u32>,
    /// Effective user id, from the CPU line of 6.11 and later.
    pub uid: Option<u32>,
    /// The allocation's flags as printed, `0xcc0`. Bit values differ between kernels.
    pub gfp_mask: Option<Text>,
    /// The flags' names as printed (4.6 and later), `GFP_KERNEL|__GFP_ZERO`.
    pub gfp_flags: Option<Text>,
    /// log2 of the requested pages; -1 for SysRq-f.
    pub order: Option<i32>,
    /// The invoker's own `oom_score_adj`.
    pub oom_score_adj: Option<i32>,
    /// NUMA nodes that the allocation could use, a list such as `0-1,3`; `None` if not restricted.
    pub nodemask: Option<Text>,
}

/// The process that was chosen first, on kernels that then killed one of its children (up to 5.0).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selected {
    /// Process id.
    pub pid: u32,
    /// Its name.
    pub comm: Option<Text>,
    /// Badness: thousandths of the allowed memory; may exceed 1000.
    pub oom_score: Option<i64>,
}

/// The process that was killed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Victim {
    /// Process id in the host's init namespace; a thread's id if the leader was already dead.
    pub pid: u32,
    /// Its name.
    pub comm: Option<Text>,
    /// User id in the host's init namespace.
    pub uid: Option<u32>,
    /// Virtual size.
    pub total_vm_bytes: Option<u64>,
    /// Resident memory, if only one figure is printed (OpenVZ 6, daemons).
    pub rss_bytes: Option<u64>,
    /// Swapped memory (OpenVZ 6, daemons).
    pub swap_bytes: Option<u64>,
    /// Resident anonymous memory.
    pub anon_rss_bytes: Option<u64>,
    /// Resident file pages.
    pub file_rss_bytes: Option<u64>,
    /// Resident shared memory (4.5 and later; part of `file` before).
    pub shmem_rss_bytes: Option<u64>,
    /// Page tables (5.4 and later).
    pub pgtables_bytes: Option<u64>,
    /// -1000 (never kill) to 1000.
    pub oom_score_adj: Option<i32>,
    /// Badness; only if the selected process is the victim.
    pub oom_score: Option<i64>,
    /// Its command line, if a daemon prints it.
    pub cmdline: Option<Text>,
}

/// One row of the task table. The columns depend on the kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskRow {
    /// A thread that still has its memory, usually the leader.
    pub pid: u32,
    /// The process.
    pub tgid: Option<u32>,
    /// User id.
    pub uid: Option<u32>,
    /// Virtual size in pages.
    pub total_vm_pages: Option<u64>,
    /// Resident pages.
    pub rss_pages: Option<u64>,
    /// Resident anonymous pages (6.8 and later).
    pub rss_anon_pages: Option<u64>,
    /// Resident file pages (6.8 and later).
    pub rss_file_pages: Option<u64>,
    /// Resident shared pages (6.8 and later).
    pub rss_shmem_pages: Option<u64>,
    /// Page tables in pages (3.7 to 4.14).
    pub nr_ptes_pages: Option<u64>,
    /// Second-level page tables in pages (4.0 to 4.14).
    pub nr_pmds_pages: Option<u64>,
    /// Page tables in bytes (4.15 and later).
    pub pgtables_bytes: Option<u64>,
    /// Pages in swap.
    pub swapents_pages: Option<u64>,
    /// The CPU it last ran on (up to 3.6).
    pub cpu: Option<u32>,
    /// The old -17..15 adjustment (up to 3.6).
    pub oom_adj: Option<i32>,
    /// -1000 to 1000.
    pub oom_score_adj: Option<i32>,
    /// Its name.
    pub comm: Option<Text>,
}
