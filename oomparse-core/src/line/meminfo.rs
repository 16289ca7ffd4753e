//! The Mem-Info block of a global OOM: only its main figures.
//!
//! `show_mem` (mm/show_mem.c), levels 4 and 6. The same block follows `page allocation failure`, so it does not
//! prove an OOM by itself. These parts of it are read:
//!
//! ```text
//! Mem-Info:
//! active_anon:%lu inactive_anon:%lu isolated_anon:%lu     (pages; one record with newlines, continued
//!  active_file:%lu inactive_file:%lu isolated_file:%lu     lines begin with a blank)
//! %ld total pagecache pages
//! %lu pages in swap cache
//! Free swap  = %ldkB
//! Total swap = %lukB
//! %lu pages RAM
//! %lu pages HighMem/MovableOnly
//! %lu pages reserved
//! ```
//! Where the record came through rsyslog and its tag was cut off, `#012` is left of the newlines.
//!
//! Samples: ` free:812 slab_reclaimable:400 slab_unreclaimable:3301` (3.10) and
//! `active_anon:40211 inactive_anon:12 isolated_anon:0` (6.6). Lines of nodes and zones (`Node 0 …`,
//! figures in kB) are skipped.

use super::Line;
use super::common::{decimal, kib};
use crate::bytes::words::position;
use crate::event::Meminfo;

/// Takes one line's figures; returns whether it was a line of the block.
pub(crate) fn read(line: &[u8], into: &mut Meminfo) -> bool {
    let line = line.trim_ascii();
    match line.first() {
        Some(b'0'..=b'9') => counted_pages(line, into),
        Some(b'F') => swap(line, "Free swap", &mut into.free_swap_bytes),
        Some(b'T') => swap(line, "Total swap", &mut into.total_swap_bytes),
        Some(b'a'..=b'z') => {
            // The last figure of a cut line may have lost digits, so a line counts only as a whole.
            let Some(found) = totals(line) else {
                return false;
            };
            for ((_, slot), value) in TOTALS.iter().zip(found) {
                if value.is_some() {
                    *slot(into) = value;
                }
            }
            true
        }
        _ => false,
    }
}

/// Whether a line is one of those that [`read`] takes figures from.
pub(super) fn is_figures(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    match text.first() {
        Some(b'a'..=b'z') => totals(text.trim_ascii_end()).is_some(),
        Some(b'0'..=b'9' | b'F' | b'T') => read(text, &mut Meminfo::default()),
        _ => false,
    }
}

fn counted_pages(line: &[u8], into: &mut Meminfo) -> bool {
    let Some((value, words)) = decimal(line) else {
        return false;
    };
    let slot = match words {
        b" total pagecache pages" => &mut into.pagecache_pages,
        b" pages in swap cache" => &mut into.swapcache_pages,
        b" pages RAM" => &mut into.ram_pages,
        b" pages HighMem/MovableOnly" | b" pages HighMem" => &mut into.highmem_pages,
        b" pages reserved" => &mut into.reserved_pages,
        _ => return false,
    };
    *slot = Some(value);
    true
}

fn swap(line: &[u8], name: &str, slot: &mut Option<u64>) -> bool {
    let Some(rest) = line.strip_prefix(name.as_bytes()) else {
        return false;
    };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b"= ") else {
        return false;
    };
    let Ok((_, value)) = kib(rest) else {
        return false;
    };
    *slot = Some(value.saturating_mul(1024));
    true
}

/// `name:N name:N …` and nothing else on the line: the figures that are in the record, if there are any.
fn totals(line: &[u8]) -> Option<[Option<u64>; TOTALS.len()]> {
    let mut found = [None; TOTALS.len()];
    let mut known = false;
    let mut rest = line;
    loop {
        while let [b' ', tail @ ..] | [b'#', b'0', b'1', b'2', tail @ ..] = rest {
            rest = tail;
        }
        if rest.is_empty() {
            return known.then_some(found);
        }
        let (name, value, tail) = total(rest)?;
        // A line with words that are not in the record is still a line of the block.
        let place = TOTALS.iter().position(|(word, _)| word.as_bytes() == name);
        if let Some(slot) = place.and_then(|at| found.get_mut(at)) {
            *slot = Some(value);
            known = true;
        }
        rest = tail;
    }
}

/// `name:N`, and the text after it.
fn total(text: &[u8]) -> Option<(&[u8], u64, &[u8])> {
    let len = position(text, [b':', b' '])?;
    let (name, value) = text.split_at_checked(len)?;
    let (value, tail) = decimal(value.strip_prefix(b":")?)?;
    matches!(tail, [] | [b' ', ..] | [b'#', b'0', b'1', b'2', ..]).then_some((name, value, tail))
}

/// The field of a figure.
type Slot = fn(&mut Meminfo) -> &mut Option<u64>;

const TOTALS: [(&str, Slot); 13] = [
    ("active_anon", |info| &mut info.active_anon_pages),
    ("inactive_anon", |info| &mut info.inactive_anon_pages),
    ("active_file", |info| &mut info.active_file_pages),
    ("inactive_file", |info| &mut info.inactive_file_pages),
    ("unevictable", |info| &mut info.unevictable_pages),
    ("dirty", |info| &mut info.dirty_pages),
    ("writeback", |info| &mut info.writeback_pages),
    ("slab_reclaimable", |info| &mut info.slab_reclaimable_pages),
    ("slab_unreclaimable", |info| {
        &mut info.slab_unreclaimable_pages
    }),
    ("mapped", |info| &mut info.mapped_pages),
    ("shmem", |info| &mut info.shmem_pages),
    ("pagetables", |info| &mut info.pagetables_pages),
    ("free", |info| &mut info.free_pages),
];

pub(super) fn heading(message: &[u8]) -> Option<Line<'_>> {
    message
        .starts_with(b"Mem-Info:")
        .then_some(Line::MeminfoHeading)
}

/// A line of figures, or several in one record, which is recognised by its first line.
pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    let end = memchr::memchr(b'\n', message).unwrap_or(message.len());
    is_figures(message.get(..end)?).then_some(Line::Meminfo(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meminfo_of_old_and_new_kernels() {
        let mut info = Meminfo::default();
        for line in [
            "active_anon:40211 inactive_anon:12 isolated_anon:0",
            " active_file:3 inactive_file:4 isolated_file:0",
            " unevictable:0 dirty:1 writeback:2",
            " slab_reclaimable:5 slab_unreclaimable:3301",
            " mapped:6 shmem:7 pagetables:8",
            " sec_pagetables:0 bounce:0",
            " free:812 free_pcp:0 free_cma:0",
            "13177 total pagecache pages",
            "0 pages in swap cache",
            "Free swap  = 4kB",
            "Total swap = 8kB",
            "65421 pages RAM",
            "0 pages HighMem/MovableOnly",
            "5121 pages reserved",
        ] {
            assert_eq!(
                read(line.as_bytes(), &mut info),
                !line.contains("bounce"),
                "{line}"
            );
        }
        assert_eq!(
            (info.free_pages, info.slab_unreclaimable_pages),
            (Some(812), Some(3301))
        );
        assert_eq!(
            (info.free_swap_bytes, info.total_swap_bytes),
            (Some(4096), Some(8192))
        );
        assert_eq!(
            (info.ram_pages, info.reserved_pages),
            (Some(65421), Some(5121))
        );
    }

    #[test]
    fn totals_with_the_newlines_of_rsyslog() {
        let mut info = Meminfo::default();
        let line = b"active_anon:802 isolated_anon:0#012 active_file:3#012 mapped:644 bounce:0#012 free:1096 free_cma:0#012";
        assert!(read(line, &mut info));
        assert_eq!(
            (
                info.active_anon_pages,
                info.active_file_pages,
                info.mapped_pages,
                info.free_pages
            ),
            (Some(802), Some(3), Some(644), Some(1096))
        );
        // Other codes, and a figure that was cut, do not make such a line.
        for line in [
            "active_anon:802#011 free:3",
            "active_anon:802#01",
            "active_anon:802#012 free:3kB",
        ] {
            assert!(!is_figures(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn node_and_zone_lines_are_not_totals() {
        for line in [
            "Node 0 active_anon:12kB inactive_anon:3kB",
            "free:12kB min:3kB",
            "hello: world",
        ] {
            assert!(!is_figures(line.as_bytes()), "{line}");
        }
    }
}
