//! The daemons' words, which are searched for only if daemons' lines are requested.
//!
//! The packed search takes longer the more letters it looks for, so these words share the kernel's letters if
//! they can: a word that contains `oom` only costs a check at the places where `oom` occurs.

use super::Sieve;

/// For each of the kernel's letter groups, the daemons' words that contain it, and its offset in each.
#[cfg(feature = "perf")]
const SHARED: [(&str, &[(usize, &str)]); 2] = [
    (
        "oom",
        &[
            (0, "oomd"),
            (5, "earlyoom"),
            (0, "oomcgroup"),
            (4, "sys oom event"),
            (10, "container oom "),
            (2, ") oom"),
            (0, "oom\""),
        ],
    ),
    ("Mem", &[(0, "Memory status that requires")]),
];

/// Letter groups of the daemons' words alone, rare in ordinary logs.
///
/// The packed search sorts its letters into eight buckets and checks every place where letters of one bucket
/// occur in any combination. So one more group, or another order, may cost nothing or double the work: `cargo
/// xtask instructions` (`sparse-all`) shows it.
#[cfg(feature = "perf")]
pub(super) const RARE: [(&str, &[(usize, &str)]); 10] = [
    ("Oom", &[(0, "OomGuard")]),
    ("Evi", &[(0, "Evicted")]),
    ("(s)", &[(9, "evict pod(s) to reclaim")]),
    ("d su", &[(6, "evicted successfully")]),
    ("noh", &[(0, "nohang")]),
    ("Ver", &[(4, "\"apiVersion\": \""), (3, "apiVersion: ")]),
    ("Name:  ", &[(0, "Name:  ")]),
    (
        "OOM",
        &[
            (0, "OOMController"),
            (0, "OOMKill"),
            (0, "OOM killer"),
            (0, "OOM-killed"),
            (0, "OOM: the memory"),
            (0, "OOM received"),
            (0, "OOM event"),
            (4, "TaskOOM"),
            (6, "SystemOOM"),
        ],
    ),
    ("\": {", &[(7, "\"status\": {")]),
    ("\"Id", &[(0, "\"Id\": \"")]),
];

impl Sieve {
    /// The position of the first of all words in these bytes.
    pub(super) fn find_daemons(&self, bytes: &[u8]) -> Option<usize> {
        if self.all {
            return (!bytes.is_empty()).then_some(0);
        }
        #[cfg(feature = "perf")]
        if let Some(packed) = &self.packed {
            return search(packed, bytes, |letters, at| {
                super::is_word(bytes, at, letters) || is_daemons(bytes, at, letters)
            });
        }
        let kernels = super::without_packed(bytes);
        let before = kernels.and_then(|at| bytes.get(..at)).unwrap_or(bytes);
        without_packed(before).or(kernels)
    }

    /// Whether a line contains one of the daemons' words.
    pub(crate) fn finds_daemons(&self, line: &[u8]) -> bool {
        if self.all {
            return true;
        }
        #[cfg(feature = "perf")]
        if let Some(packed) = &self.packed {
            return search(packed, line, |letters, at| is_daemons(line, at, letters)).is_some();
        }
        without_packed(line).is_some()
    }

    /// Whether these bytes contain one of the kernel's words.
    pub(super) fn finds_kernels(&self, bytes: &[u8]) -> bool {
        #[cfg(feature = "perf")]
        if let Some(packed) = &self.packed {
            let is_kernels = |letters, at| super::is_word(bytes, at, letters);
            return search(packed, bytes, is_kernels).is_some();
        }
        super::without_packed(bytes).is_some()
    }
}

/// Searches for the daemons' words without the packed search.
fn without_packed(bytes: &[u8]) -> Option<usize> {
    #[cfg(feature = "perf")]
    return word_by_word(bytes);
    #[cfg(not(feature = "perf"))]
    super::short::find(bytes)
}

/// The position of the first of the daemons' words in these bytes.
#[cfg(any(test, feature = "perf"))]
fn word_by_word(bytes: &[u8]) -> Option<usize> {
    crate::daemon::WORDS
        .iter()
        .copied()
        .flatten()
        .filter_map(|word| memchr::memmem::find(bytes, word.as_bytes()))
        .min()
}

/// The first position of letters that are part of one of their words.
#[cfg(feature = "perf")]
fn search(
    packed: &super::Packed,
    bytes: &[u8],
    is_it: impl Fn(usize, usize) -> bool,
) -> Option<usize> {
    let mut from = 0;
    while let Some((at, letters)) = packed.find(bytes, from) {
        if is_it(letters, at) {
            return Some(at);
        }
        from = at.saturating_add(1);
    }
    None
}

/// Whether the letters found here are part of one of the daemons' words.
#[cfg(feature = "perf")]
fn is_daemons(bytes: &[u8], at: usize, letters: usize) -> bool {
    let own = letters.checked_sub(super::LETTERS.len());
    if let Some((_, words)) = own.and_then(|own| RARE.get(own)) {
        return super::is_one_of(words, bytes, at);
    }
    let Some(group) = super::LETTERS.get(letters) else {
        return false;
    };
    SHARED.iter().any(|(known, words)| {
        known.as_bytes() == group.letters && super::is_one_of(words, bytes, at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Accept, Options};

    #[test]
    fn every_word_of_a_reader_is_found() {
        let options = Options {
            accept: Accept::ANY.and_all_daemons(),
            ..Options::default()
        };
        let sieve = Sieve::of(&options);
        let kernels = Sieve::new();
        for word in crate::daemon::WORDS.iter().copied().flatten() {
            for front in ["", "x", " oom Kil OOM ict"] {
                let line = alloc::format!("{front}{word} x");
                assert!(
                    sieve.is_candidate(line.as_bytes()),
                    "`{word}` is missing in this file"
                );
                assert!(word_by_word(line.as_bytes()).is_some());
                let is_kernels = kernels.is_candidate(line.as_bytes());
                assert_eq!(
                    sieve.is_kernel_candidate(line.as_bytes()),
                    is_kernels,
                    "{line}"
                );
            }
        }
        assert!(!sieve.is_candidate(b"a strict loom; Killing time, no Memory status"));
    }

    #[test]
    fn of_a_log_whose_author_is_named_every_line_matters() {
        let options = Options {
            origin: Some(crate::Daemon::EarlyOom),
            ..Options::default()
        };
        assert!(Sieve::of(&options).is_candidate(b"x") && !Sieve::of(&options).is_candidate(b""));
    }

    /// As on a processor without the packed search's instructions.
    #[test]
    #[cfg(feature = "perf")]
    fn another_search_finds_the_same_lines() {
        let fast = Sieve::with_daemons(false);
        let plain = Sieve {
            packed: None,
            ..fast.clone()
        };
        for line in [
            "Out of memory: Killed process 7 (a)",
            "x oom-kill:constraint=CONSTRAINT_NONE",
            "oomd kill: 1 2 3",
            "a earlyoom[7]: x",
            "Killed process 7 (a) oomd kill: 1 2 3",
            "oomd kill: Killed process 7 (a)",
            "usb 1-1: new device",
            "room",
            "",
        ] {
            let line = line.as_bytes();
            let shows = |sieve: &Sieve| {
                [
                    sieve.is_candidate(line),
                    sieve.is_kernel_candidate(line),
                    sieve.finds_daemons(line),
                ]
            };
            assert_eq!(shows(&plain), shows(&fast), "{}", line.escape_ascii());
        }
        for sieve in [&fast, &plain] {
            assert!(sieve.finds_daemons(b"x oomd kill: 1 2 3"));
            assert!(!sieve.finds_daemons(b"Out of memory: Killed process 7 (a)"));
        }
        let found = |text: &str| plain.find(text.as_bytes());
        assert_eq!(found("xx oomd; Killed process 7"), Some(3));
        assert_eq!(found("xx Killed process 7; oomd"), Some(3));
        assert_eq!(found("xx"), None);
        let mut kernels = Sieve::new();
        kernels.packed = None;
        assert_eq!(kernels.find(b"xx oomd; Killed process 7"), Some(9));
    }
}
