//! What filled the memory that ran out, computed once: hints and advice are based on these figures.

use crate::facts::{percent, resident, rows_by_size};
use crate::memory::CgroupMemory;
use oomparse_core::{OomEvent, Scope, Victim};

/// What filled the memory that ran out, according to the figures of one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Files in tmpfs, or memfds.
    Tmpfs,
    /// Page cache that was not written back in time.
    PageCache,
    /// The kernel's own memory.
    Kernel,
    /// Many processes, none of them large.
    ManyProcesses,
    /// One process that held most of the limit.
    OneProcess,
    /// The victim is small compared with the other processes.
    Others,
    /// The machine's memory; no limit was reached.
    Machine,
    /// The figures do not show it.
    Unknown,
}

impl Cause {
    /// The word for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tmpfs => "tmpfs",
            Self::PageCache => "page_cache",
            Self::Kernel => "kernel",
            Self::ManyProcesses => "many_processes",
            Self::OneProcess => "one_process",
            Self::Others => "others",
            Self::Machine => "machine",
            Self::Unknown => "unknown",
        }
    }
}

/// From this percentage on, shared memory or the kernel's own memory is the cause.
const MUCH: u64 = 40;
/// The same for page cache that was not written yet; a smaller share is enough, because there should be none.
const STUCK: u64 = 25;
/// From this percentage on, one process is the cause.
const ONE: u64 = 60;
/// This many processes are many, if the largest has at most `SMALL` per cent.
const MANY: usize = 20;
const SMALL: u64 = 10;

/// The figures of a cgroup at its limit, and the total.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filling {
    pub(crate) memory: CgroupMemory,
    /// The memory in use, or else the limit; never 0.
    pub(crate) whole: Option<u64>,
    /// Page cache that is dirty or being written.
    pub(crate) stuck: Option<u64>,
    /// The part of the victim's memory that is certainly charged to its cgroup: files may be another cgroup's.
    pub(crate) held: Option<u64>,
    scope: Option<Scope>,
    many: Option<Many>,
}

/// Many processes, none of them large.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Many {
    pub(crate) all: usize,
    /// The share of the largest process in the total of all listed ones, in per cent.
    pub(crate) share: u64,
}

impl Filling {
    pub(crate) fn of(event: &OomEvent) -> Self {
        let memory = CgroupMemory::of(event).unwrap_or_default();
        let counter = event.memory.as_ref();
        let whole = counter.and_then(|counter| counter.usage_bytes.or(counter.limit_bytes));
        let written = memory.writeback.unwrap_or(0);
        Self {
            memory,
            whole: whole.filter(|&whole| whole > 0),
            stuck: memory.dirty.map(|dirty| dirty.saturating_add(written)),
            scope: event.scope,
            held: event.victim.as_ref().and_then(own),
            many: many(event),
        }
    }

    fn at_least(&self, part: Option<u64>, share: u64) -> Option<(u64, u64)> {
        let (part, whole) = (part?, self.whole?);
        (percent(part, whole) >= share).then_some((part, whole))
    }

    /// Shared memory and its total, if it is a large share.
    pub(crate) fn shmem(&self) -> Option<(u64, u64)> {
        self.at_least(self.memory.shmem, MUCH)
    }

    /// Page cache that could not be dropped, if it is a large share.
    pub(crate) fn stuck(&self) -> Option<(u64, u64)> {
        self.at_least(self.stuck, STUCK)
    }

    /// The kernel's own memory, if it is a large share.
    pub(crate) fn kernel(&self) -> Option<(u64, u64)> {
        self.at_least(self.memory.kernel, MUCH)
    }

    /// Slab, if it is most of the kernel's own memory.
    pub(crate) fn mostly_slab(&self) -> Option<u64> {
        let kernel = self.memory.kernel?;
        self.memory.slab.filter(|&slab| slab > kernel / 2)
    }

    /// Many processes without a large one.
    pub(crate) fn many(&self) -> Option<Many> {
        self.many
    }

    /// Whether the victim held most of the limit; not if it held far more than the cgroup, because then the
    /// figures are from another moment.
    fn is_one(&self) -> bool {
        let share = self.held.zip(self.whole);
        share.is_some_and(|(held, whole)| (ONE..=110).contains(&percent(held, whole)))
    }

    /// What filled the memory, the strongest cause first.
    pub(crate) fn cause(&self) -> Cause {
        match self.scope {
            Some(Scope::Memcg) => {}
            Some(Scope::Global) => return Cause::Machine,
            _ => return Cause::Unknown,
        }
        let half = |part| self.at_least(part, 50).is_some();
        match () {
            () if self.shmem().is_some() => Cause::Tmpfs,
            () if self.stuck().is_some() => Cause::PageCache,
            () if self.kernel().is_some() => Cause::Kernel,
            () if self.many.is_some() => Cause::ManyProcesses,
            () if self.is_one() => Cause::OneProcess,
            () if self.held.is_some() && half(self.memory.anon) => Cause::Others,
            () => Cause::Unknown,
        }
    }
}

fn own(victim: &Victim) -> Option<u64> {
    let anon = victim.anon_rss_bytes;
    let own = anon.map(|anon| anon.saturating_add(victim.shmem_rss_bytes.unwrap_or(0)));
    own.or_else(|| resident(victim))
}

fn many(event: &OomEvent) -> Option<Many> {
    let rows = rows_by_size(&event.tasks);
    let sum = rows.iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
    let (_, largest) = rows.first()?;
    let (all, share) = (rows.len(), percent(*largest, sum));
    (all >= MANY && share <= SMALL).then_some(Many { all, share })
}
