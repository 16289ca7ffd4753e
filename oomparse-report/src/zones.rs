//! The machine's zones and free lists, as the lines of a Mem-Info block show them.
//!
//! The event has the totals alone; a page that has the log's lines at hand shows the zones too.
//!
//! ```text
//! Node 0 DMA32 free:44100kB boost:0kB min:44700kB low:55872kB high:67044kB … present:3129152kB managed:2063464kB …
//! lowmem_reserve[]: 0 147 147 147 147
//! Node 0 DMA: 1*4kB (U) 2*8kB (UM) 0*16kB … = 15892kB
//! ```

use oomparse_core::{Framer, Origin};
use serde::Serialize;

/// One zone against its watermarks, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// The NUMA node.
    pub node: u32,
    /// `DMA`, `DMA32`, `Normal`, `HighMem`, `Movable`.
    pub name: String,
    /// Free.
    pub free: u64,
    /// Watermarks: below `min` only the kernel's emergencies are served, below `low` kswapd wakes.
    pub min: u64,
    /// See `min`.
    pub low: u64,
    /// kswapd sleeps again above this.
    pub high: u64,
    /// What the zone's allocator has, where it is shown (3.8 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<u64>,
    /// What there is of it in the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<u64>,
    /// Pages kept from allocations that could have used a higher zone, by the kind of zone they could use, lowest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reserve: Vec<u64>,
    /// Which line of the excerpt says so, from 0.
    pub line: usize,
}

/// A zone's free blocks by size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FreeList {
    /// The NUMA node.
    pub node: u32,
    /// The zone's name.
    pub name: String,
    /// Bytes of a block and how many are free, smallest first.
    pub blocks: Vec<(u64, u64)>,
    /// All of them in bytes, as the kernel adds them up.
    pub total: u64,
    /// Which line of the excerpt says so, from 0.
    pub line: usize,
}

/// Zones and free lists of an excerpt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Zones {
    /// The zones in the order of the log.
    pub zones: Vec<Zone>,
    /// Their free lists.
    pub lists: Vec<FreeList>,
}

/// No machine shows more zones than this; a log that does is passed over from there on.
const MOST: usize = 4096;

/// Reads the zones of an excerpt; of several blocks the last, which is the one nearest to the kill.
#[must_use]
pub fn zones(excerpt: &[u8]) -> Zones {
    let mut framer = Framer::new();
    let mut zones = Zones::default();
    for (number, line) in excerpt.split(|byte| *byte == b'\n').enumerate() {
        let Some(frame) = framer.frame(line) else {
            continue;
        };
        if frame.origin() == Origin::UserSpace {
            continue;
        }
        let Ok(text) = std::str::from_utf8(&frame.message) else {
            continue;
        };
        if text.starts_with("Mem-Info:") || text.starts_with("Mem-info:") {
            zones = Zones::default();
        }
        if let Some(pages) = reserve(text) {
            if let Some(zone) = zones.zones.last_mut() {
                zone.reserve = pages;
            }
            continue;
        }
        let Some((node, name, rest)) = of_node(text) else {
            continue;
        };
        let same = |known_node: u32, known: &str| known_node == node && known == name;
        if let Some(mut list) = free_list(rest) {
            (list.node, list.name, list.line) = (node, name.to_owned(), number);
            if zones.lists.len() < MOST && !zones.lists.iter().any(|it| same(it.node, &it.name)) {
                zones.lists.push(list);
            }
        } else if let Some(mut zone) = zone(rest) {
            (zone.node, zone.name, zone.line) = (node, name.to_owned(), number);
            if zones.zones.len() < MOST && !zones.zones.iter().any(|it| same(it.node, &it.name)) {
                zones.zones.push(zone);
            }
        }
    }
    zones
}

/// `Node 0 DMA32 …`, and before 2.6.10 or without NUMA `DMA32 …`.
fn of_node(text: &str) -> Option<(u32, &str, &str)> {
    let text = text.trim_start();
    let (node, rest) = match text.strip_prefix("Node ") {
        Some(rest) => {
            let (node, rest) = rest.split_once(' ')?;
            (node.parse().ok()?, rest)
        }
        None => (0, text),
    };
    let name_len = rest.find([' ', ':'])?;
    let (name, rest) = rest.split_at(name_len);
    let known = ["DMA", "DMA32", "Normal", "HighMem", "Movable", "Device"];
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    known.contains(&name).then_some((node, name, rest))
}

fn zone(rest: &str) -> Option<Zone> {
    let figure = |key: &str| {
        let word = rest
            .split_whitespace()
            .find_map(|word| word.strip_prefix(key))?;
        kib(word)
    };
    Some(Zone {
        free: figure("free:")?,
        min: figure("min:")?,
        low: figure("low:")?,
        high: figure("high:")?,
        managed: figure("managed:"),
        present: figure("present:"),
        ..Zone::default()
    })
}

/// `lowmem_reserve[]: 0 147 147`; `protections[]:` before 2.6.12.
fn reserve(text: &str) -> Option<Vec<u64>> {
    let (word, pages) = text.trim().split_once("[]:")?;
    let pages = pages.split_whitespace().map(|word| word.parse().ok());
    ["lowmem_reserve", "protections"]
        .contains(&word)
        .then(|| pages.take(8).collect())?
}

/// ` 1*4kB (U) 2*8kB (UM) … = 15892kB`
fn free_list(rest: &str) -> Option<FreeList> {
    let (blocks, total) = rest.rsplit_once("= ")?;
    let blocks: Option<Vec<(u64, u64)>> = blocks
        .split_whitespace()
        .filter(|word| !word.starts_with('('))
        .map(|word| {
            let (count, size) = word.split_once('*')?;
            Some((kib(size)?, count.parse().ok()?))
        })
        .collect();
    Some(FreeList {
        blocks: blocks.filter(|blocks| !blocks.is_empty())?,
        total: kib(total.trim())?,
        ..FreeList::default()
    })
}

/// `15892kB` in bytes.
fn kib(text: &str) -> Option<u64> {
    text.strip_suffix("kB")?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_and_free_lists_of_kernels_old_and_new() {
        let log = b"[1.0] Mem-Info:\n\
            [1.0] Node 0 active_anon:7kB inactive_anon:8kB\n\
            [1.0] Node 0 DMA free:14336kB boost:0kB min:128kB low:160kB high:192kB present:15992kB managed:15360kB\n\
            Jan  5 02:12:02 h kernel: [1.1] Node 1 Normal free:9kB min:44700kB low:5kB high:6kB present:7kB\n\
            [1.2] lowmem_reserve[]: 0 1 2\n\
            [1.2] Node 0 DMA: 0*4kB 1*8kB (U) 2*16kB (UM) = 40kB\n\
            [1.2] Node 0 hugepages_total=0 hugepages_free=0\n\
            [1.2] DMA32: 3*4kB 1*8kB = 20kB\n";
        let zones = zones(log);
        let names: Vec<(u32, &str, u64)> = zones
            .zones
            .iter()
            .map(|zone| (zone.node, zone.name.as_str(), zone.free))
            .collect();
        assert_eq!(names, [(0, "DMA", 14_336 << 10), (1, "Normal", 9 << 10)]);
        assert_eq!(zones.zones[0].managed, Some(15_360 << 10));
        assert_eq!(zones.zones[1].managed, None);
        assert_eq!(zones.zones[0].reserve, [] as [u64; 0]);
        assert_eq!(zones.zones[1].reserve, [0, 1, 2]);
        assert_eq!(zones.lists[0].blocks, [(4096, 0), (8192, 1), (16_384, 2)]);
        assert_eq!((zones.lists[0].total, zones.lists[0].line), (40 << 10, 5));
        assert_eq!(zones.lists[1].name, "DMA32");
    }

    #[test]
    fn what_a_program_wrote_is_no_zone() {
        let log = b"Jan  5 02:12:02 h kernel: [1.1] Node 0 DMA free:1kB min:1kB low:1kB high:1kB\n\
            Jan  5 02:12:02 h app[7]: lowmem_reserve[]: 9 9 9\n\
            Jan  5 02:12:02 h app[7]: Node 0 Normal free:1kB min:1kB low:1kB high:1kB\n";
        let zones = zones(log);
        assert_eq!((zones.zones.len(), zones.zones[0].reserve.len()), (1, 0));
    }

    #[test]
    fn a_second_block_is_the_one_that_counts() {
        let log = b"Mem-Info:\nNode 0 DMA free:1kB min:1kB low:1kB high:1kB\n\
            Mem-Info:\nNode 0 DMA free:2kB min:1kB low:1kB high:1kB\n";
        let zones = zones(log);
        assert_eq!((zones.zones.len(), zones.zones[0].free), (1, 2 << 10));
    }
}
