//! `memory: usage 1kB, limit 2kB, failcnt 3` and similar lines: the counters of the cgroup at its limit.
//!
//! `mem_cgroup_print_oom_meminfo` (mm/memcontrol.c), level 6:
//! `memory: usage %llukB, limit %llukB, failcnt %lu`, then `memory+swap:` and (3.8) `kmem:` on cgroup v1,
//! `swap:` on v2 since 5.3.
//! Samples: `memory: usage 122880kB, limit 122880kB, failcnt 83` (4.14) and
//! `swap: usage 0kB, limit 9007199254740988kB, failcnt 0` (5.15).
//!
//! "No limit" is printed as the counter's maximum: 9007199254740988kB with 4 KiB pages, …976 with 16, …928 with
//! 64, and up to 18014398509481983kB before 3.19.

use super::Line;
use super::common::{kib_after, number};

/// Which counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CounterKind {
    /// `memory:`
    Memory,
    /// `memory+swap:` (v1)
    MemorySwap,
    /// `swap:` (v2)
    Swap,
    /// `kmem:` (v1)
    Kmem,
}

/// A counter line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CounterLine {
    /// Which one.
    pub kind: CounterKind,
    /// In use, KiB.
    pub usage_kib: u64,
    /// Limit, KiB; `None` if there is no limit or the text was cut.
    pub limit_kib: Option<u64>,
    /// How often the limit was hit.
    pub failcnt: Option<u64>,
    /// The page size in KiB, if "no limit" reveals it.
    pub page_kib: Option<u64>,
    /// The line does not end as the kernel ends it.
    pub cut: bool,
}

/// From this value on there is no limit: `PAGE_COUNTER_MAX` with 64 KiB pages, and larger values.
const UNLIMITED_KIB: u64 = 9_007_199_254_740_928;

/// Reads the line.
pub(super) fn counter(message: &[u8]) -> Option<CounterLine> {
    let (kind, rest) = match message {
        [b'm', b'e', b'm', b'o', b'r', b'y', b':', b' ', rest @ ..] => (CounterKind::Memory, rest),
        [
            b'm',
            b'e',
            b'm',
            b'o',
            b'r',
            b'y',
            b'+',
            b's',
            b'w',
            b'a',
            b'p',
            b':',
            b' ',
            rest @ ..,
        ] => (CounterKind::MemorySwap, rest),
        [b's', b'w', b'a', b'p', b':', b' ', rest @ ..] => (CounterKind::Swap, rest),
        [b'k', b'm', b'e', b'm', b':', b' ', rest @ ..] => (CounterKind::Kmem, rest),
        _ => return None,
    };
    let (rest, usage_kib) = kib_after("usage ", rest).ok()?;
    let mut line = CounterLine {
        kind,
        usage_kib,
        limit_kib: None,
        failcnt: None,
        page_kib: None,
        cut: true,
    };
    let Ok((rest, limit)) = kib_after(", limit ", rest) else {
        return Some(line);
    };
    line.limit_kib = Some(limit).filter(|limit| *limit < UNLIMITED_KIB);
    line.page_kib = match limit {
        9_007_199_254_740_988 => Some(4),
        9_007_199_254_740_976 => Some(16),
        9_007_199_254_740_928 => Some(64),
        _ => None,
    };
    let Some(digits) = rest.strip_prefix(b", failcnt ") else {
        return Some(line);
    };
    if let Ok((_, failcnt)) = number(digits) {
        line.failcnt = Some(failcnt);
        line.cut = false;
    }
    Some(line)
}

pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    counter(message).map(Line::Counter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_lines() {
        let line = counter(b"memory: usage 122880kB, limit 122880kB, failcnt 83").unwrap();
        assert_eq!(
            (line.kind, line.usage_kib, line.limit_kib, line.failcnt),
            (CounterKind::Memory, 122_880, Some(122_880), Some(83))
        );
        for (limit, page_kib) in [
            ("9007199254740988", Some(4)),
            ("9007199254740976", Some(16)),
            ("9007199254740928", Some(64)),
            ("9007199254740991", None),
            ("18014398509481983", None),
        ] {
            let text = std::format!("kmem: usage 0kB, limit {limit}kB, failcnt 0");
            let line = counter(text.as_bytes()).unwrap();
            assert_eq!(
                (line.limit_kib, line.page_kib, line.failcnt),
                (None, page_kib, Some(0))
            );
        }
    }

    #[test]
    fn counter_cut() {
        let line =
            counter("memory: usage 102380kB, limit 102400kB, failc \u{2026}".as_bytes()).unwrap();
        assert_eq!(
            (line.limit_kib, line.failcnt, line.cut),
            (Some(102_400), None, true)
        );
        let line = counter(b"memory+swap: usage 204800kB, limit 2048").unwrap();
        assert_eq!((line.limit_kib, line.cut), (None, true));
        assert!(counter(b"memory: 12 GB are enough").is_none());
    }
}
