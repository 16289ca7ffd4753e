//! The table of the words; what each search needs is derived from it by the compiler.

/// A word of which a line must contain one to be read while no report is open.
pub(super) struct Word {
    /// Its bytes. The search on old processors compares first bytes, so it begins with letters that are rare in
    /// ordinary logs.
    text: &'static str,
    /// The offset of three letters that are rare in ordinary logs: the packed search takes a third less time with
    /// them than with the words themselves.
    #[cfg_attr(not(feature = "perf"), expect(dead_code, reason = "no packed search"))]
    rare: usize,
    /// For the search that skips bytes, longer texts of which a line with this word contains one, each with the
    /// offset of its window: eight bytes that end in a rare pair. At -1 the window has one byte in front that may
    /// be any byte.
    skip: &'static [(&'static str, isize)],
}

/// The kernel's words: every line that opens a report, or makes an event alone, contains one.
pub(super) const KERNEL: [Word; 15] = [
    // "X invoked oom-killer: ", "oom-kill:constraint="
    word("oom-kill", 0, &[("oom-kill", 0)]),
    word("oom_reaper: ", 0, &[("oom_reaper: ", 1)]),
    word("oom_kill_process: ", 0, &[("oom_kill_process: ", 1)]),
    word("Killed process ", 0, &[("Killed process ", 3)]),
    word("Kill process ", 0, &[("Kill process ", 1)]),
    word("Task in ", 0, &[("Task in ", 0)]),
    word("Tasks in ", 0, &[("Tasks in ", 1)]),
    word("Tasks state (memory", 0, &[("Tasks state (memory", 11)]),
    // "Memory cgroup out of memory", "Memory cgroup stats for"
    word("Memory cgroup ", 0, &[("Memory cgroup ", 1)]),
    word("Memory limit reached", 0, &[("Memory limit reached", 3)]),
    word("Out of ", 0, &[("Out of memory", 5), ("Out of Memory", 5)]),
    word("No available memory", 0, &[("No available memory", 11)]),
    // The end of a counter line: its first words are too common.
    word("lcnt ", 0, &[(", failcnt ", 0)]),
    word("tgid total_vm", 0, &[("tgid total_vm", 5)]),
    word("panic_on_oom", 9, &[("panic_on_oom", 2)]),
];

/// The carriers' word that is too short for a window.
pub(super) const SHORT: &str = " [s=";

/// The text that opens a carrier's structure that must be followed line by line, or that hides the words.
///
/// The last one is in the first line of each entry of `journalctl -o verbose`; it is too short for a window. In
/// JSON `":` ends every key, so a window there ends before it.
pub(super) const CARRIERS: [Word; 5] = [
    word("\"dmesg\":", 0, &[("\"dmesg\":", -1)]),
    word("\"MESSAGE\":[", 3, &[("\"MESSAGE\":[", -1)]),
    word("\"MESSAGE\": [", 3, &[("\"MESSAGE\": [", -1)]),
    word("__CURSOR=", 2, &[("__CURSOR=", 0)]),
    word(SHORT, 0, &[]),
];

const fn word(text: &'static str, rare: usize, skip: &'static [(&'static str, isize)]) -> Word {
    Word { text, rare, skip }
}

/// The words' bytes.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "worked out by the compiler, which would say so"
)]
pub(super) const fn texts<const N: usize>(words: &[Word; N]) -> [&'static str; N] {
    let mut texts = [""; N];
    let mut at = 0;
    while at < N {
        texts[at] = words[at].text;
        at += 1;
    }
    texts
}

/// Three letters for the packed search, and the words that contain them, each with their offset in it.
#[cfg(feature = "perf")]
#[derive(Clone, Copy)]
pub(super) struct Letters {
    pub(super) letters: [u8; 3],
    words: [(usize, &'static str); MOST_OF_LETTERS],
    len: usize,
}

/// At most this many words share their letters.
#[cfg(feature = "perf")]
const MOST_OF_LETTERS: usize = 4;

#[cfg(feature = "perf")]
impl Letters {
    /// The words, each with the letters' offset in it.
    #[inline]
    pub(super) fn words(&self) -> &[(usize, &'static str)] {
        self.words.get(..self.len).unwrap_or_default()
    }
}

/// The letters of all words: the packed search is fastest with few needles.
#[cfg(feature = "perf")]
pub(super) static LETTERS: [Letters; 12] = letters();

#[cfg(feature = "perf")]
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "worked out by the compiler, which would say so"
)]
const fn letters() -> [Letters; 12] {
    let none = Letters {
        letters: [0; 3],
        words: [(0, ""); MOST_OF_LETTERS],
        len: 0,
    };
    let mut all = [none; 12];
    let (mut groups, mut at) = (0, 0);
    while at < KERNEL.len() + CARRIERS.len() {
        let word = if at < KERNEL.len() {
            &KERNEL[at]
        } else {
            &CARRIERS[at - KERNEL.len()]
        };
        let text = word.text.as_bytes();
        let letters = [text[word.rare], text[word.rare + 1], text[word.rare + 2]];
        let mut group = 0;
        while group < groups && !is_same(all[group].letters, letters) {
            group += 1;
        }
        if group == groups {
            groups += 1;
        }
        let found = &mut all[group];
        found.letters = letters;
        found.words[found.len] = (word.rare, word.text);
        found.len += 1;
        at += 1;
    }
    assert!(groups == all.len());
    all
}

#[cfg(feature = "perf")]
const fn is_same(one: [u8; 3], other: [u8; 3]) -> bool {
    one[0] == other[0] && one[1] == other[1] && one[2] == other[2]
}

/// A window of the search that skips bytes, its offset in the text, and the text that must be at that place.
pub(super) type Window = ([u8; WINDOW], usize, &'static str);

/// Length of a window, in bytes.
pub(super) const WINDOW: usize = 8;

/// Matches any byte in a window.
pub(super) const ANY: u8 = 0;

/// The windows of all words.
pub(super) const WINDOWS: [Window; 20] = windows();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "worked out by the compiler, which would say so"
)]
const fn windows() -> [Window; 20] {
    let mut all = [([ANY; WINDOW], 0, ""); 20];
    let (mut found, mut at) = (0, 0);
    while at < KERNEL.len() + CARRIERS.len() {
        let word = if at < KERNEL.len() {
            &KERNEL[at]
        } else {
            &CARRIERS[at - KERNEL.len()]
        };
        let mut text = 0;
        while text < word.skip.len() {
            let (bytes, begins) = word.skip[text];
            let in_front = if begins < 0 { 1 } else { 0 };
            let offset = if begins < 0 { 0 } else { begins as usize };
            let mut byte = in_front;
            while byte < WINDOW {
                all[found].0[byte] = bytes.as_bytes()[offset + byte - in_front];
                byte += 1;
            }
            all[found].1 = offset;
            all[found].2 = bytes;
            found += 1;
            text += 1;
        }
        at += 1;
    }
    assert!(found == all.len());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_of_a_window_contains_its_word() {
        for word in KERNEL.iter().chain(&CARRIERS) {
            for (text, _) in word.skip {
                assert!(text.contains(word.text), "{text}");
            }
        }
    }
}
