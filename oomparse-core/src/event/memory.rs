//! Memory figures of a report.

use crate::bytes::Text;
use alloc::vec::Vec;

/// A memory cgroup counter: `memory: usage 1kB, limit 2kB, failcnt 3`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counter {
    /// Bytes in use.
    pub usage_bytes: Option<u64>,
    /// Limit in bytes; `None` if there is no limit.
    pub limit_bytes: Option<u64>,
    /// How often the limit was hit.
    pub failcnt: Option<u64>,
    /// The threshold below the limit at which another killer acts, or the kubelet evicts.
    pub threshold_bytes: Option<u64>,
}

/// One "Memory cgroup stats for" block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemcgStats {
    /// The cgroup of these figures.
    pub path: Text,
    /// The kernel's keys in the order printed; sizes in bytes, event counts as counts.
    pub values: StatValues,
}

/// Keys and numbers of a stats block, in the order printed.
///
/// All keys are stored in one string, so that a block costs two allocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatValues {
    keys: Vec<u8>,
    entries: Vec<(u32, u64)>,
    /// One bit for each key: shows for almost every new key that it was not seen yet, without a search.
    seen: [u64; 8],
}

impl StatValues {
    /// An empty list with room for about `keys` entries.
    pub(crate) fn with_capacity(keys: usize) -> Self {
        Self {
            keys: Vec::with_capacity(keys.saturating_mul(16)),
            entries: Vec::with_capacity(keys),
            seen: [0; 8],
        }
    }

    /// How many bytes it holds on the heap.
    pub(crate) fn weight(&self) -> usize {
        let entries = self.entries.capacity();
        let of_entries = entries.saturating_mul(core::mem::size_of::<(u32, u64)>());
        of_entries.saturating_add(self.keys.capacity())
    }

    /// Adds a key; if the key exists already, its first value stays.
    pub(crate) fn push(&mut self, key: &[u8], value: u64) {
        let (word, bit) = key_bit(key);
        let Some(seen) = self.seen.get_mut(word) else {
            return;
        };
        let was_seen = *seen & bit != 0;
        *seen |= bit;
        if was_seen && self.find(key).is_some() {
            return;
        }
        self.keys.extend_from_slice(key);
        let end = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.entries.push((end, value));
    }

    /// Removes the last entry.
    pub(crate) fn pop(&mut self) {
        self.entries.pop();
        let end = self.entries.last().map_or(0, |&(end, _)| end);
        self.keys.truncate(usize::try_from(end).unwrap_or(0));
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<u64> {
        self.find(key.as_bytes())
    }

    fn find(&self, key: &[u8]) -> Option<u64> {
        let mut start = 0usize;
        self.entries.iter().find_map(|&(end, value)| {
            let end = usize::try_from(end).unwrap_or(usize::MAX);
            let name = self.keys.get(start..end);
            start = end;
            (name == Some(key)).then_some(value)
        })
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and values in the order printed.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        // Keys are letters, digits and underscores.
        let keys = core::str::from_utf8(&self.keys).unwrap_or_default();
        let mut start = 0usize;
        self.entries.iter().map(move |&(end, value)| {
            let end = usize::try_from(end).unwrap_or(usize::MAX);
            let key = keys.get(start..end).unwrap_or_default();
            start = end;
            (key, value)
        })
    }
}

impl<'a> FromIterator<(&'a str, u64)> for StatValues {
    /// Takes keys that are made of letters, digits and underscores, like the kernel's; of equal keys the first.
    fn from_iter<I: IntoIterator<Item = (&'a str, u64)>>(pairs: I) -> Self {
        let mut values = Self::default();
        for (key, value) in pairs {
            let is_key = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if key.bytes().all(is_key) {
                values.push(key.as_bytes(), value);
            }
        }
        values
    }
}

/// The main figures of a global OOM's Mem-Info block; pages as printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meminfo {
    /// `N pages RAM`.
    pub ram_pages: Option<u64>,
    /// `N pages HighMem/MovableOnly`.
    pub highmem_pages: Option<u64>,
    /// `N pages reserved`.
    pub reserved_pages: Option<u64>,
    /// `free:` in the totals.
    pub free_pages: Option<u64>,
    /// `active_anon:`.
    pub active_anon_pages: Option<u64>,
    /// `inactive_anon:`.
    pub inactive_anon_pages: Option<u64>,
    /// `active_file:`.
    pub active_file_pages: Option<u64>,
    /// `inactive_file:`.
    pub inactive_file_pages: Option<u64>,
    /// `unevictable:`.
    pub unevictable_pages: Option<u64>,
    /// `dirty:`.
    pub dirty_pages: Option<u64>,
    /// `writeback:`.
    pub writeback_pages: Option<u64>,
    /// `slab_reclaimable:`.
    pub slab_reclaimable_pages: Option<u64>,
    /// `slab_unreclaimable:`.
    pub slab_unreclaimable_pages: Option<u64>,
    /// `mapped:`.
    pub mapped_pages: Option<u64>,
    /// `shmem:`.
    pub shmem_pages: Option<u64>,
    /// `pagetables:`.
    pub pagetables_pages: Option<u64>,
    /// `N total pagecache pages`.
    pub pagecache_pages: Option<u64>,
    /// `N pages in swap cache`.
    pub swapcache_pages: Option<u64>,
    /// `Free swap  = NkB`.
    pub free_swap_bytes: Option<u64>,
    /// `Total swap = NkB`.
    pub total_swap_bytes: Option<u64>,
}

/// What the OOM reaper left of the victim: `oom_reaper: reaped process …, now …`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reaped {
    /// Resident anonymous memory still there.
    pub anon_rss_bytes: Option<u64>,
    /// Resident file pages still there.
    pub file_rss_bytes: Option<u64>,
    /// Resident shared memory still there.
    pub shmem_rss_bytes: Option<u64>,
}

/// One of 512 bits for a key, chosen by its length and its first and last letters.
fn key_bit(key: &[u8]) -> (usize, u64) {
    let ends = |half: Option<&[u8; 4]>| half.map_or(0, |half| u32::from_le_bytes(*half));
    let (first, last) = (ends(key.first_chunk()), ends(key.last_chunk()));
    let mid = key.get(key.len() / 2).copied().unwrap_or(0);
    let mix = u64::from(first)
        .wrapping_mul(31)
        .wrapping_add(u64::from(last).wrapping_mul(7))
        .wrapping_add(u64::from(mid))
        .wrapping_add(key.len() as u64)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The highest bits of the product depend on all inputs.
    ((mix >> 61) as usize, 1 << (mix >> 55 & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn values_are_made_of_keys_like_the_kernels() {
        assert!(StatValues::default().is_empty());
        let pairs = [
            ("anon", 4096),
            ("rss_huge", 1),
            ("a b", 2),
            ("anon", 5),
            ("pgpgin2", 3),
        ];
        let values: StatValues = pairs.into_iter().collect();
        assert!(!values.is_empty());
        let found: Vec<_> = values.iter().collect();
        assert_eq!(found, [("anon", 4096), ("rss_huge", 1), ("pgpgin2", 3)]);
        assert_eq!([values.get("anon"), values.get("a b")], [Some(4096), None]);
    }

    #[test]
    fn of_equal_keys_the_first_value_stays() {
        let one: StatValues = [("anon", 1), ("anon", 2)].into_iter().collect();
        let found: Vec<_> = one.iter().collect();
        assert_eq!(found, [("anon", 1)]);
    }

    #[test]
    fn a_list_of_figures_weighs_what_it_holds() {
        assert_eq!(StatValues::default().weight(), 0);
        let mut values = StatValues::with_capacity(4);
        let empty = values.weight();
        assert!(empty >= 4 * 16, "{empty}");
        values.push(b"anon", 1);
        assert_eq!(values.weight(), empty, "there was room");
        let long = [b'k'; 4096];
        values.push(&long, 2);
        assert!(values.weight() >= long.len());
    }
}
