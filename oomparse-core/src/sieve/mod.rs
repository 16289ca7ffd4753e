//! Which lines can matter: a literal search over a buffer or a line, before any parsing.
//!
//! Almost no lines of a fleet are about OOM kills. While no report is open, only lines that contain one of
//! [`LITERALS`] are read: every line that opens a report, or makes an event alone, contains one. Rows and figures
//! contain none; they matter only while a report is open.

#[cfg(feature = "daemons")]
mod daemons;
#[cfg(feature = "perf")]
mod packed;
#[cfg(all(feature = "daemons", any(test, not(feature = "perf"))))]
mod short;
pub mod skip;
mod table;
mod words;

pub(crate) use words::WordSearch;

use self::table::texts;
use crate::options::Options;

#[cfg(feature = "perf")]
use self::packed::Packed;
#[cfg(feature = "perf")]
use self::table::LETTERS;

/// The words of which a line must contain one to be read while no report is open.
#[cfg(any(
    test,
    all(feature = "perf", any(target_arch = "x86_64", target_arch = "aarch64"))
))]
pub(crate) const LITERALS: [&str; 15] = texts(&table::KERNEL);

/// The text that opens a carrier's structure.
pub(crate) const CARRIERS: [&str; 5] = texts(&table::CARRIERS);

/// The prepared search.
#[derive(Clone, Debug)]
pub(crate) struct Sieve {
    #[cfg(feature = "perf")]
    packed: Option<Packed>,
    /// Whether it also finds the daemons' words.
    #[cfg(feature = "daemons")]
    daemons: bool,
    /// Any line may matter, because the caller named the author of lines that show none.
    #[cfg(feature = "daemons")]
    all: bool,
}

impl Sieve {
    /// The sieve for these options.
    pub(crate) fn of(options: &Options) -> Self {
        #[cfg(feature = "daemons")]
        if options.accept.has_daemons() || options.origin.is_some() {
            return Self::with_daemons(options.origin.is_some());
        }
        let _ = options;
        Self::new()
    }
}

#[cfg(feature = "perf")]
impl Sieve {
    /// The sieve for the kernel's lines.
    pub(crate) fn new() -> Self {
        static PACKED: std::sync::OnceLock<Option<Packed>> = std::sync::OnceLock::new();
        let packed = PACKED.get_or_init(|| Packed::new(LETTERS.iter().map(|group| group.letters)));
        Self {
            packed: packed.clone(),
            #[cfg(feature = "daemons")]
            daemons: false,
            #[cfg(feature = "daemons")]
            all: false,
        }
    }

    /// The sieve that also finds daemons' lines.
    #[cfg(feature = "daemons")]
    fn with_daemons(all: bool) -> Self {
        static PACKED: std::sync::OnceLock<Option<Packed>> = std::sync::OnceLock::new();
        let packed = PACKED.get_or_init(|| {
            let kernels = LETTERS.iter().map(|group| &group.letters[..]);
            let others = daemons::RARE.iter().map(|(letters, _)| letters.as_bytes());
            Packed::new(kernels.chain(others))
        });
        Self {
            packed: packed.clone(),
            daemons: true,
            all,
        }
    }

    /// A position within the first of the words in these bytes.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<usize> {
        #[cfg(feature = "daemons")]
        if self.daemons {
            return self.find_daemons(bytes);
        }
        let Some(packed) = &self.packed else {
            return without_simd(bytes);
        };
        let mut from = 0;
        while let Some((at, letters)) = packed.find(bytes, from) {
            if is_word(bytes, at, letters) {
                return Some(at);
            }
            from = at.saturating_add(1);
        }
        None
    }
}

/// Whether the letters found here are part of one of their words.
#[cfg(feature = "perf")]
fn is_word(bytes: &[u8], at: usize, letters: usize) -> bool {
    LETTERS
        .get(letters)
        .is_some_and(|group| is_one_of(group.words(), bytes, at))
}

/// Whether one of the words begins the given offset before this position.
#[cfg(feature = "perf")]
fn is_one_of(words: &[(usize, &str)], bytes: &[u8], at: usize) -> bool {
    words.iter().any(|(before, word)| {
        let text = at.checked_sub(*before).and_then(|at| bytes.get(at..));
        text.is_some_and(|text| text.starts_with(word.as_bytes()))
    })
}

#[cfg(not(feature = "perf"))]
impl Sieve {
    /// The sieve for the kernel's lines.
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(feature = "daemons")]
            daemons: false,
            #[cfg(feature = "daemons")]
            all: false,
        }
    }

    /// The sieve that also finds daemons' lines.
    #[cfg(feature = "daemons")]
    fn with_daemons(all: bool) -> Self {
        let mut sieve = Self::new();
        sieve.daemons = true;
        sieve.all = all;
        sieve
    }

    /// The position of the first of the words in these bytes.
    #[inline(always)]
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<usize> {
        #[cfg(feature = "daemons")]
        if self.daemons {
            return self.find_daemons(bytes);
        }
        skipping(bytes)
    }
}

impl Sieve {
    /// Whether a line can matter.
    pub(crate) fn is_candidate(&self, line: &[u8]) -> bool {
        self.find(line).is_some()
    }

    /// Whether a line can matter to the kernel's reader.
    pub(crate) fn is_kernel_candidate(&self, line: &[u8]) -> bool {
        #[cfg(feature = "daemons")]
        if self.daemons {
            return self.finds_kernels(line);
        }
        self.is_candidate(line)
    }
}

/// Searches for the kernel's words without the packed search.
#[cfg(feature = "daemons")]
fn without_packed(bytes: &[u8]) -> Option<usize> {
    #[cfg(feature = "perf")]
    return without_simd(bytes);
    #[cfg(not(feature = "perf"))]
    skipping(bytes)
}

/// The search on a machine without the packed search.
#[cfg(all(
    feature = "perf",
    not(any(target_arch = "x86_64", target_arch = "aarch64"))
))]
fn without_simd(bytes: &[u8]) -> Option<usize> {
    skipping(bytes)
}

/// The search that skips most bytes.
#[cfg(any(
    not(feature = "perf"),
    not(any(target_arch = "x86_64", target_arch = "aarch64"))
))]
#[inline(always)]
fn skipping(bytes: &[u8]) -> Option<usize> {
    let found = skip::find(bytes);
    #[cfg(feature = "carriers")]
    {
        let before = found.map_or(bytes, |at| bytes.get(..at).unwrap_or_default());
        if let Some(short) = crate::bytes::memmem::find(before, table::SHORT.as_bytes()) {
            return Some(short);
        }
    }
    found
}

/// The search on processors from before 2006: other programs do not carry the other search's tables for them.
#[cfg(all(feature = "perf", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn without_simd(bytes: &[u8]) -> Option<usize> {
    words::find_each(&[&LITERALS, &CARRIERS], bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Line, parse_line};
    use alloc::vec::Vec;

    #[test]
    fn each_word_is_found_by_its_letters() {
        #[cfg(all(feature = "perf", any(target_arch = "x86_64", target_arch = "aarch64")))]
        assert_eq!(
            without_simd(b"[12.5] Out of memory: Killed process 7"),
            Some(7)
        );
        let sieve = Sieve::new();
        for word in LITERALS.iter().chain(&CARRIERS) {
            for front in ["", "x", "oo", "Ta\"MESSA", "No oom lcn Memory SSAGE: "] {
                let text = alloc::format!("{front}{word}");
                assert!(sieve.is_candidate(text.as_bytes()), "{text}");
            }
        }
    }

    #[test]
    fn sieve_lets_every_opening_line_through() {
        let sieve = Sieve::new();
        let mut missing: Vec<&str> = Line::KINDS
            .iter()
            .filter(|kind| kind.opens)
            .map(|kind| kind.name)
            .collect();
        for line in [
            "a invoked oom-killer: gfp_mask=0x0, order=0, oom_adj=0",
            "Task in /a killed as a result of limit of /a",
            "Task in ",
            "Memory limit reached of cgroup /a",
            "memory: usage 1kB, limit 2kB, failcnt 3",
            "swap: usage 1kB, limit 2kB, failcnt 3",
            "Memory cgroup stats for /a:",
            "Tasks state (memory values in pages):",
            "[ pid ]   uid  tgid total_vm      rss cpu oom_adj name",
            "Out of memory: kill process 1 (a) score 1 or a child",
            "Out of Memory: Kill process 1 (a) score 1 and children.",
            "No available memory (MPOL_BIND): kill process 1 (a) score 1 or a child",
            "Memory cgroup out of memory: Kill process 1 (a) score 1 or sacrifice child",
            "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null)",
            "Killed process 1 (a)",
            "Kill process 1 (a) sharing same memory",
            "Tasks in /a are going to be killed due to memory.oom.group set",
            "Out of memory: OOM victim 1 (a) is already exiting. Skip killing the task",
            "oom_reaper: reaped process 1 (a), now anon-rss:0kB",
            "Out of memory and no killable processes...",
            "out of memory from page fault. panic_on_oom is selected.",
            "oom_kill_process: 2 callbacks suppressed",
        ] {
            assert!(sieve.is_candidate(line.as_bytes()), "{line}");
            assert!(skip::find(line.as_bytes()).is_some(), "{line}, by skipping");
            let read = alloc::format!("{:?}", parse_line(line.as_bytes()));
            missing.retain(|name| read.split('(').next() != Some(name));
        }
        assert!(missing.is_empty(), "add a line of each: {missing:?}");
        assert!(!sieve.is_candidate(b"the quick brown fox ran out of ideas in memory lane"));
    }
}
