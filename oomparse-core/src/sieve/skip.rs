//! The search for processors and interpreters without a packed search: most bytes are never read.
//!
//! It is the algorithm of Wu and Manber: each word has a window of eight bytes. Two bytes are read at a time, and
//! a table says where the next window can end at the earliest, usually seven bytes further. The windows are
//! chosen so that they end in pairs of bytes that are rare in logs; a place with such a pair is checked closely.

/// Length of a word's window, in bytes.
const WINDOW: usize = 8;

/// The longest step.
pub const STEP: usize = WINDOW - 1;

/// The position of the first read: a window whose first byte may be any byte can begin before the text.
pub const FIRST: usize = STEP - 2;

/// A window, its offset in the word, and the word that must be at that place.
///
/// The window of `"dmesg":` has one byte in front that may be any byte: `":` ends every key in JSON.
const WORDS: [(&[u8; WINDOW], usize, &str); 20] = [
    (b"oom-kill", 0, "oom-kill"),
    (b"om_reape", 1, "oom_reaper: "),
    (b"om_kill_", 1, "oom_kill_process: "),
    (b"led proc", 3, "Killed process "),
    (b"ill proc", 1, "Kill process "),
    (b"Task in ", 0, "Task in "),
    (b"asks in ", 1, "Tasks in "),
    (b" (memory", 11, "Tasks state (memory"),
    (b"emory cg", 1, "Memory cgroup "),
    (b"ory limi", 3, "Memory limit reached"),
    (b"f memory", 5, "Out of memory"),
    (b"f Memory", 5, "Out of Memory"),
    (b"e memory", 11, "No available memory"),
    (b", failcn", 0, ", failcnt "),
    (b"total_vm", 5, "tgid total_vm"),
    (b"nic_on_o", 2, "panic_on_oom"),
    (b"\0\"dmesg\"", 0, "\"dmesg\":"),
    (b"\0\"MESSAG", 0, "\"MESSAGE\":["),
    (b"\0\"MESSAG", 0, "\"MESSAGE\": ["),
    (b"__CURSOR", 0, "__CURSOR="),
];

/// Matches any byte in a window.
const ANY: u8 = 0;

/// How much shorter than [`STEP`] the step is after each pair of bytes; `STEP` if a window may end there.
pub static SHORTER: [u8; 1 << 16] = shorter();

/// For each pair of bytes in the windows, bits: 1 if it comes right before a window's last pair, 2 if before
/// that, 4 if it is the window's first.
pub static BEFORE: [u8; 1 << 16] = before();

const fn pair(first: u8, second: u8) -> usize {
    u16::from_le_bytes([first, second]) as usize
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "worked out by the compiler, which would say so"
)]
const fn shorter() -> [u8; 1 << 16] {
    let mut table = [0; 1 << 16];
    let mut word = 0;
    while word < WORDS.len() {
        let window = WORDS[word].0;
        let mut at = 0;
        while at < STEP {
            let mut byte = 0u8;
            loop {
                let first = if window[at] == ANY { byte } else { window[at] };
                let slot = pair(first, window[at + 1]);
                if table[slot] < at as u8 + 1 {
                    table[slot] = at as u8 + 1;
                }
                if window[at] != ANY || byte == u8::MAX {
                    break;
                }
                byte += 1;
            }
            at += 1;
        }
        word += 1;
    }
    table
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "worked out by the compiler, which would say so"
)]
const fn before() -> [u8; 1 << 16] {
    let mut table = [0; 1 << 16];
    let mut word = 0;
    while word < WORDS.len() {
        let window = WORDS[word].0;
        table[pair(window[4], window[5])] |= 1;
        table[pair(window[2], window[3])] |= 2;
        let mut byte = 0u8;
        loop {
            let first = if window[0] == ANY { byte } else { window[0] };
            table[pair(first, window[1])] |= 4;
            if window[0] != ANY || byte == u8::MAX {
                break;
            }
            byte += 1;
        }
        word += 1;
    }
    table
}

/// The position of the first of the words in these bytes.
#[must_use]
pub fn find(bytes: &[u8]) -> Option<usize> {
    // Every operation in the loop counts: an interpreter takes a nanosecond for each.
    let last = bytes.len().checked_sub(1)?;
    let mut at = FIRST;
    while at < last {
        let shorter = usize::from(looked_up(&SHORTER, bytes, at));
        at = at.wrapping_add(STEP).wrapping_sub(shorter);
        if shorter != STEP {
            continue;
        }
        // The position did not advance: a window may end here.
        if looked_up(&BEFORE, bytes, at.wrapping_sub(2)) & 1 != 0
            && let Some(found) = ends_window(bytes, at)
        {
            return Some(found);
        }
        at = at.wrapping_add(1);
    }
    None
}

/// The table's value for the two bytes at a position; 0 if there are none.
#[inline(always)]
fn looked_up(table: &[u8; 1 << 16], bytes: &[u8], at: usize) -> u8 {
    let (Some(first), Some(second)) = (bytes.get(at), bytes.get(at.wrapping_add(1))) else {
        return 0;
    };
    let slot = u16::from_le_bytes([*first, *second]);
    table.get(usize::from(slot)).copied().unwrap_or(0)
}

/// Where the word begins whose window ends with the two bytes at this position, if there is one.
#[inline(never)]
#[must_use]
pub fn ends_window(bytes: &[u8], at: usize) -> Option<usize> {
    let number = |from: usize| {
        let window = bytes.get(from..)?.first_chunk()?;
        Some(u64::from_le_bytes(*window))
    };
    let here = match at.checked_sub(STEP.saturating_sub(1)) {
        Some(from) => number(from)?,
        // Only the byte that may be any byte can lie before the text.
        None if at == FIRST => number(0)?.wrapping_shl(u8::BITS),
        None => return None,
    };
    WORDS.iter().find_map(|(window, begins, word)| {
        let window = u64::from_le_bytes(**window);
        let first = usize::from(window.trailing_zeros() >= u8::BITS);
        // Without the byte that may be any byte.
        let mask = if first > 0 { !0xff } else { !0 };
        if here & mask != window {
            return None;
        }
        let back = STEP.saturating_sub(1).saturating_sub(first);
        let start = at.checked_sub(back)?.checked_sub(*begins)?;
        let text = bytes.get(start..)?;
        text.starts_with(word.as_bytes()).then_some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{CARRIERS, LITERALS, SHORT};
    use super::*;
    use alloc::format;
    use alloc::vec::Vec;

    #[test]
    fn each_word_of_the_sieve_has_a_window() {
        for literal in LITERALS.iter().chain(&CARRIERS) {
            if literal.len() < WINDOW && SHORT == *literal {
                continue;
            }
            let of_it = |word: &&str| word.contains(literal) || literal.contains(*word);
            assert!(WORDS.iter().any(|(_, _, word)| of_it(word)), "{literal}");
        }
        for (window, begins, word) in WORDS {
            let window = window.strip_prefix(&[ANY]).unwrap_or(window);
            assert!(word.as_bytes()[begins..].starts_with(window), "{word}");
        }
    }

    #[test]
    fn words_are_found_at_every_place() {
        for (_, _, word) in WORDS {
            for front in 0..40 {
                for filler in ["x", "l", "m", " ", "o"] {
                    for tail in ["", "y", "ll ll ll"] {
                        let text = format!("{}{word}{tail}", filler.repeat(front));
                        assert_eq!(find(text.as_bytes()), Some(front), "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_of_two_lines_is_found() {
        for (_, _, first) in WORDS {
            for (_, _, second) in WORDS {
                let text = format!("a\n{first}\n{second}");
                assert_eq!(find(text.as_bytes()), Some(2), "{text:?}");
            }
        }
    }

    #[test]
    fn parts_of_words_are_not_found() {
        for (_, _, word) in WORDS {
            for cut in 0..word.len() {
                let text = format!("{} {}", &word[..cut], &word[cut + 1..]);
                let naive = WORDS.iter().any(|(_, _, word)| text.contains(word));
                assert_eq!(find(text.as_bytes()).is_some(), naive, "{text:?}");
            }
        }
    }

    #[test]
    fn same_as_a_plain_search() {
        let mut seed = 7u32;
        let alphabet: Vec<u8> = WORDS.iter().flat_map(|(_, _, word)| word.bytes()).collect();
        for _ in 0..20_000 {
            let mut text = Vec::new();
            while text.len() < 60 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let pick = (seed >> 8) as usize;
                if pick.is_multiple_of(11) {
                    text.extend_from_slice(WORDS[pick / 11 % WORDS.len()].2.as_bytes());
                }
                text.push(alphabet[pick % alphabet.len()]);
            }
            let naive = WORDS
                .iter()
                .filter_map(|(_, _, word)| memchr::memmem::find(&text, word.as_bytes()))
                .min();
            let found = find(&text);
            assert_eq!(found.is_some(), naive.is_some());
            assert!(found >= naive, "never before the first");
        }
    }
}
