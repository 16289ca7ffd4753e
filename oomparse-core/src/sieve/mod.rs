//! Which lines can matter: a literal search over a buffer or a line, before any parsing.
//!
//! Almost no lines of a fleet are about OOM kills. While no report is open, only lines that contain one of
//! [`LITERALS`] are read: every line that opens a report, or makes an event alone, contains one. Rows and figures
//! contain none; they matter only while a report is open.

#[cfg(feature = "daemons")]
mod daemons;
pub mod skip;
mod words;

pub(crate) use words::WordSearch;

use crate::options::Options;

#[cfg(feature = "std")]
use aho_corasick::packed;

/// The words of which a line must contain one to be read while no report is open.
///
/// The packed search compares first bytes, so each word begins with letters that are rare in ordinary logs.
#[cfg(any(
    test,
    all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64"))
))]
pub(crate) const LITERALS: [&str; 15] = [
    // "X invoked oom-killer: ", "oom-kill:constraint="
    "oom-kill",
    "oom_reaper: ",
    "oom_kill_process: ",
    "Killed process ",
    "Kill process ",
    "Task in ",
    "Tasks in ",
    "Tasks state (memory",
    // "Memory cgroup out of memory", "Memory cgroup stats for"
    "Memory cgroup ",
    "Memory limit reached",
    "Out of ",
    "No available memory",
    // The end of a counter line: its first words are too common.
    "lcnt ",
    "tgid total_vm",
    "panic_on_oom",
];

/// The text that opens a carrier's structure that must be followed line by line, or that hides the words.
///
/// The last one is in the first line of each entry of `journalctl -o verbose`.
pub(crate) const CARRIERS: [&str; 5] = [
    "\"dmesg\":",
    "\"MESSAGE\":[",
    "\"MESSAGE\": [",
    "__CURSOR=",
    SHORT,
];

/// The carrier word that is too short for the skip search.
const SHORT: &str = " [s=";

/// Three letters of each word, rare in ordinary logs, with the words that contain them, and their offset in each.
///
/// The packed search is fastest with few needles of three letters: it takes a third less time than with the words
/// themselves.
#[cfg(feature = "std")]
const RARE: [(&str, &[(usize, &str)]); 12] = [
    (
        "oom",
        &[
            (0, "oom-kill"),
            (0, "oom_reaper: "),
            (0, "oom_kill_process: "),
            (9, "panic_on_oom"),
        ],
    ),
    ("Kil", &[(0, "Killed process "), (0, "Kill process ")]),
    (
        "Tas",
        &[
            (0, "Task in "),
            (0, "Tasks in "),
            (0, "Tasks state (memory"),
        ],
    ),
    ("Mem", &[(0, "Memory cgroup "), (0, "Memory limit reached")]),
    ("Out", &[(0, "Out of ")]),
    ("No ", &[(0, "No available memory")]),
    ("lcn", &[(0, "lcnt ")]),
    ("tgi", &[(0, "tgid total_vm")]),
    ("\"dm", &[(0, "\"dmesg\":")]),
    ("SSA", &[(3, "\"MESSAGE\":["), (3, "\"MESSAGE\": [")]),
    ("CUR", &[(2, "__CURSOR=")]),
    (" [s", &[(0, " [s=")]),
];

/// The prepared search.
#[derive(Clone, Debug)]
pub(crate) struct Sieve {
    #[cfg(feature = "std")]
    packed: Option<packed::Searcher>,
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

#[cfg(feature = "std")]
impl Sieve {
    /// The sieve for the kernel's lines.
    pub(crate) fn new() -> Self {
        static PACKED: std::sync::OnceLock<Option<packed::Searcher>> = std::sync::OnceLock::new();
        let packed =
            PACKED.get_or_init(|| packed::Searcher::new(RARE.iter().map(|(letters, _)| letters)));
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
        static PACKED: std::sync::OnceLock<Option<packed::Searcher>> = std::sync::OnceLock::new();
        let packed = PACKED.get_or_init(|| {
            let kernels = RARE.iter().map(|(letters, _)| letters);
            let others = daemons::RARE.iter().map(|(letters, _)| letters);
            packed::Searcher::new(kernels.chain(others))
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
        while let Some(found) = packed.find_in(bytes, (from..bytes.len()).into()) {
            if is_word(bytes, found.start(), found.pattern().as_usize()) {
                return Some(found.start());
            }
            from = found.start().saturating_add(1);
        }
        None
    }
}

/// Whether the letters found here are part of one of their words.
#[cfg(feature = "std")]
fn is_word(bytes: &[u8], at: usize, letters: usize) -> bool {
    RARE.get(letters)
        .is_some_and(|(_, words)| is_one_of(words, bytes, at))
}

/// Whether one of the words begins the given offset before this position.
#[cfg(feature = "std")]
fn is_one_of(words: &[(usize, &str)], bytes: &[u8], at: usize) -> bool {
    words.iter().any(|(before, word)| {
        let text = at.checked_sub(*before).and_then(|at| bytes.get(at..));
        text.is_some_and(|text| text.starts_with(word.as_bytes()))
    })
}

#[cfg(not(feature = "std"))]
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
    #[cfg(feature = "std")]
    return without_simd(bytes);
    #[cfg(not(feature = "std"))]
    skipping(bytes)
}

/// The search on a machine without the packed search.
#[cfg(all(
    feature = "std",
    not(any(target_arch = "x86_64", target_arch = "aarch64"))
))]
fn without_simd(bytes: &[u8]) -> Option<usize> {
    skipping(bytes)
}

/// The search that skips most bytes.
#[cfg(any(
    not(feature = "std"),
    not(any(target_arch = "x86_64", target_arch = "aarch64"))
))]
#[inline(always)]
fn skipping(bytes: &[u8]) -> Option<usize> {
    let found = skip::find(bytes);
    #[cfg(feature = "carriers")]
    {
        let before = found.map_or(bytes, |at| bytes.get(..at).unwrap_or_default());
        if let Some(short) = crate::bytes::memmem::find(before, SHORT.as_bytes()) {
            return Some(short);
        }
    }
    found
}

/// The search on processors from before 2006: other programs do not carry the other search's tables for them.
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn without_simd(bytes: &[u8]) -> Option<usize> {
    words::find_each(&[&LITERALS, &CARRIERS], bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_found_by_its_letters() {
        let sieve = Sieve::new();
        let words = || LITERALS.iter().chain(&CARRIERS);
        for word in words() {
            assert!(RARE.iter().any(|(letters, of)| {
                of.iter()
                    .any(|(at, one)| one == word && word[*at..].starts_with(letters))
            }));
            for front in ["", "x", "oo", "Ta\"MESSA", "No oom lcn Memory SSAGE: "] {
                let text = alloc::format!("{front}{word}");
                assert!(sieve.is_candidate(text.as_bytes()), "{text}");
            }
        }
        for (_, of) in RARE {
            assert!(of.iter().all(|(_, word)| words().any(|one| one == word)));
        }
    }

    #[test]
    fn sieve_lets_every_opening_line_through() {
        let sieve = Sieve::new();
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
        }
        assert!(!sieve.is_candidate(b"the quick brown fox ran out of ideas in memory lane"));
    }
}
