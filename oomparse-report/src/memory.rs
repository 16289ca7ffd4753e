//! How memory was used: the kernel's statistics as parts that do not overlap.

use oomparse_core::{MemcgStats, Meminfo, OomEvent};

/// A part of a whole: the catalogue key of its name, and its size.
pub type Part = (&'static str, u64);

/// Parts of a whole, in the order in which they are drawn, and the whole.
#[derive(Clone, Debug, Default)]
pub struct Breakdown {
    /// The parts that are not 0; [`Lang::label`](crate::Lang::label) names them.
    pub parts: Vec<Part>,
    /// The whole: at least their sum.
    pub whole: u64,
}

impl Breakdown {
    fn new(
        parts: impl IntoIterator<Item = (&'static str, Option<u64>)>,
        whole: Option<u64>,
    ) -> Self {
        let parts: Vec<Part> = parts
            .into_iter()
            .filter_map(|(name, size)| Some((name, size.filter(|&size| size > 0)?)))
            .collect();
        let sum = parts
            .iter()
            .fold(0u64, |sum, part| sum.saturating_add(part.1));
        // The statistics are gathered in batches for each CPU and may be ahead of the counter.
        let whole = whole.unwrap_or(0).max(sum);
        Self { parts, whole }
    }
}

/// How the memory of the cgroup at its limit was used, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct CgroupMemory {
    /// Anonymous memory.
    pub anon: Option<u64>,
    /// Files without those of tmpfs.
    pub cache: Option<u64>,
    /// Shared memory: tmpfs and memfds.
    pub shmem: Option<u64>,
    /// Slab, if it is listed separately.
    pub slab: Option<u64>,
    /// All of the kernel's memory, including slab.
    pub kernel: Option<u64>,
    /// Buffers of sockets.
    pub sockets: Option<u64>,
    /// Page cache to be written.
    pub dirty: Option<u64>,
    /// Page cache being written.
    pub writeback: Option<u64>,
}

impl CgroupMemory {
    /// Reads the statistics of the event; `None` if they contain no sizes.
    #[must_use]
    pub fn of(event: &OomEvent) -> Option<Self> {
        let blocks = &event.memcg_stats;
        let limit_path = event
            .cgroup
            .as_ref()
            .and_then(|cgroup| cgroup.oom_memcg.as_ref());
        let of_limit = blocks.iter().find(|block| Some(&block.path) == limit_path);
        let block = of_limit.or(blocks.first())?;
        let kmem = event.kmem.as_ref().and_then(|kmem| kmem.usage_bytes);
        let whole = |key: &str| block.values.get(key);
        if whole("anon").is_some() {
            return Some(Self::v2(whole));
        }
        if whole("total_rss").is_some() {
            return Some(Self::v1(|key| whole(&format!("total_{key}")), kmem));
        }
        // Up to 5.2 each cgroup below the limit has its own block, and the total is their sum.
        let v1 = Self::v1(|key| sum(blocks, key), kmem);
        // Otherwise the blocks with the memory are not in the log.
        (v1.anon > Some(0) || v1.cache > Some(0) || v1.shmem > Some(0)).then_some(v1)
    }

    fn v2(value: impl Fn(&str) -> Option<u64>) -> Self {
        let shmem = value("shmem");
        let slab = value("slab");
        let parts = [
            "kernel_stack",
            "pagetables",
            "sec_pagetables",
            "percpu",
            "vmalloc",
        ];
        let listed = parts
            .iter()
            .filter_map(|key| value(key))
            .chain(slab)
            .reduce(u64::saturating_add);
        Self {
            anon: value("anon"),
            cache: without(value("file"), shmem),
            shmem,
            slab,
            // 5.18 and later print the sum.
            kernel: value("kernel").or(listed),
            sockets: value("sock"),
            dirty: value("file_dirty"),
            writeback: value("file_writeback"),
        }
    }

    fn v1(value: impl Fn(&str) -> Option<u64>, kmem: Option<u64>) -> Self {
        let shmem = value("shmem");
        Self {
            anon: value("rss"),
            cache: without(value("cache"), shmem),
            shmem,
            kernel: kmem,
            dirty: value("dirty"),
            writeback: value("writeback"),
            ..Self::default()
        }
    }

    /// The parts of the usage that the counter shows.
    #[must_use]
    pub fn breakdown(&self, usage: Option<u64>) -> Breakdown {
        let kernel = without(self.kernel, self.slab);
        let cache = if self.shmem.is_some() {
            "part_cache"
        } else {
            "part_files"
        };
        let parts = [
            ("part_anon", self.anon),
            (cache, self.cache),
            ("part_shmem", self.shmem),
            (
                if self.slab.is_some() {
                    "part_other_kernel"
                } else {
                    "part_kernel"
                },
                kernel,
            ),
            ("part_slab", self.slab),
            ("part_sockets", self.sockets),
        ];
        Breakdown::new(parts, usage)
    }
}

fn sum(blocks: &[MemcgStats], key: &str) -> Option<u64> {
    let values = blocks.iter().filter_map(|block| block.values.get(key));
    values.reduce(u64::saturating_add)
}

fn without(whole: Option<u64>, part: Option<u64>) -> Option<u64> {
    Some(whole?.saturating_sub(part.unwrap_or(0)))
}

/// How the machine's memory was used, in pages.
#[must_use]
pub fn machine(meminfo: &Meminfo) -> Breakdown {
    let both = |one: Option<u64>, other: Option<u64>| Some(one?.saturating_add(other?));
    Breakdown::new(
        [
            // The lists for anonymous memory hold tmpfs too.
            (
                "part_anon_shmem",
                both(meminfo.active_anon_pages, meminfo.inactive_anon_pages),
            ),
            (
                "part_cache",
                both(meminfo.active_file_pages, meminfo.inactive_file_pages),
            ),
            ("part_unevictable", meminfo.unevictable_pages),
            ("part_free", meminfo.free_pages),
            ("part_slab_unreclaimable", meminfo.slab_unreclaimable_pages),
            ("part_slab_reclaimable", meminfo.slab_reclaimable_pages),
            ("part_page_tables", meminfo.pagetables_pages),
            // Taken at boot, and counted as RAM all the same.
            ("part_reserved", meminfo.reserved_pages),
        ],
        meminfo.ram_pages,
    )
}
