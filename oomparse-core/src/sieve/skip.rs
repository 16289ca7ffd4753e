//! The search for processors and interpreters without a packed search: most bytes are never read.
//!
//! It finds the words of which a line must contain one to be read while no report is open. A host that reads a
//! guest's memory in its own loop uses the tables; everyone else has [`find`], or
//! [`Parser::is_candidate`](crate::Parser::is_candidate), which is faster where there are packed instructions.
//!
//! It is the algorithm of Wu and Manber: each word has a window of eight bytes. Two bytes are read at a time, and
//! a table says where the next window can end at the earliest, usually seven bytes further. The windows are
//! chosen so that they end in pairs of bytes that are rare in logs; a place with such a pair is checked closely.

use super::table::{ANY, WINDOW, WINDOWS};

/// The longest step.
pub const STEP: usize = WINDOW - 1;

/// The position of the first read: a window whose first byte may be any byte can begin before the text.
pub const FIRST: usize = STEP - 2;

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
    while word < WINDOWS.len() {
        let window = WINDOWS[word].0;
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
    while word < WINDOWS.len() {
        let window = WINDOWS[word].0;
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
///
/// # Example
/// ```
/// use oomparse_core::skip::find;
///
/// assert_eq!(find(b"[12.5] Out of memory: Killed process 7 (a)"), Some(7));
/// assert_eq!(find(b"[12.5] eth0: link is up"), None);
/// ```
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
        None => number(0)?.wrapping_shl(u8::BITS),
    };
    WINDOWS.iter().find_map(|(window, begins, word)| {
        let window = u64::from_le_bytes(*window);
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
    use super::super::table::SHORT;
    use super::super::{CARRIERS, LITERALS};
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
            assert!(WINDOWS.iter().any(|(_, _, word)| of_it(word)), "{literal}");
        }
        for (window, begins, word) in WINDOWS {
            let window = window.strip_prefix(&[ANY]).unwrap_or(&window);
            assert!(word.as_bytes()[begins..].starts_with(window), "{word}");
        }
    }

    #[test]
    fn the_pairs_of_each_window_are_marked() {
        for (window, _, _) in WINDOWS {
            let firsts = match window[0] {
                ANY => 0..=u8::MAX,
                byte => byte..=byte,
            };
            for first in firsts {
                let marks = [(first, 0, 4), (window[2], 2, 2), (window[4], 4, 1)];
                for (one, at, mark) in marks {
                    let marked = BEFORE[pair(one, window[at + 1])];
                    assert!(marked & mark != 0, "{window:?}: {mark}");
                    let shorter = SHORTER[pair(one, window[at + 1])];
                    assert!(usize::from(shorter) > at, "{window:?}: {shorter}");
                }
            }
        }
        let marked = BEFORE.iter().filter(|marks| **marks & 4 != 0).count();
        assert!(marked < BEFORE.len() / 8, "{marked}");
    }

    #[test]
    fn words_are_found_at_every_place() {
        for (_, _, word) in WINDOWS {
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
        for (_, _, first) in WINDOWS {
            for (_, _, second) in WINDOWS {
                let text = format!("a\n{first}\n{second}");
                assert_eq!(find(text.as_bytes()), Some(2), "{text:?}");
            }
        }
    }

    #[test]
    fn parts_of_words_are_not_found() {
        for (_, _, word) in WINDOWS {
            for cut in 0..word.len() {
                let text = format!("{} {}", &word[..cut], &word[cut + 1..]);
                let naive = WINDOWS.iter().any(|(_, _, word)| text.contains(word));
                assert_eq!(find(text.as_bytes()).is_some(), naive, "{text:?}");
            }
        }
    }

    #[test]
    fn same_as_a_plain_search() {
        let mut seed = 7u32;
        let alphabet: Vec<u8> = WINDOWS
            .iter()
            .flat_map(|(_, _, word)| word.bytes())
            .collect();
        for _ in 0..20_000 {
            let mut text = Vec::new();
            while text.len() < 60 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let pick = (seed >> 8) as usize;
                if pick.is_multiple_of(11) {
                    text.extend_from_slice(WINDOWS[pick / 11 % WINDOWS.len()].2.as_bytes());
                }
                text.push(alphabet[pick % alphabet.len()]);
            }
            let naive = WINDOWS
                .iter()
                .filter_map(|(_, _, word)| memchr::memmem::find(&text, word.as_bytes()))
                .min();
            let found = find(&text);
            assert_eq!(found.is_some(), naive.is_some());
            assert!(found >= naive, "never before the first");
        }
    }
}
