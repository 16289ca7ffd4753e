//! The search for the daemons' words without a packed search.
//!
//! It is that of [`skip`](super::skip) with windows of four bytes, because some of these words are not longer: most
//! places are passed three bytes at a time. The windows are rare in ordinary logs, and words share them.

/// A window; each of the daemons' words contains one.
type Window = [u8; 4];

const WINDOWS: [Window; 22] = [
    *b"oomd", *b"lyoo", *b" oom", *b"oom\"", *b"y st", *b"OomG", *b"Evic", *b"d su", *b"d(s)",
    *b"noha", *b"iVer", *b"e:  ", *b"OOMC", *b"OOMK", *b"OOM ", *b"OOM-", *b"OOM:", *b"kOOM",
    *b"mOOM", *b"\": {", *b"\"Id\"", *b"'oom",
];

/// The longest step.
const STEP: usize = 3;

/// For each pair of bytes, how much shorter than [`STEP`] the step is after it; `STEP` if a window may end there.
static SHORTER: [u8; 1 << 16] = shorter();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "worked out by the compiler, which would say so"
)]
const fn shorter() -> [u8; 1 << 16] {
    let mut table = [0; 1 << 16];
    let mut number = 0;
    while number < WINDOWS.len() {
        let window = WINDOWS[number];
        let mut at = 0;
        while at < STEP {
            let slot = u16::from_le_bytes([window[at], window[at + 1]]) as usize;
            if table[slot] < at as u8 + 1 {
                table[slot] = at as u8 + 1;
            }
            at += 1;
        }
        number += 1;
    }
    table
}

/// The beginning of the first of the daemons' words, by the end of its window.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    let mut at = STEP.wrapping_sub(1);
    while let (Some(first), Some(second)) = (bytes.get(at), bytes.get(at.wrapping_add(1))) {
        let slot = usize::from(u16::from_le_bytes([*first, *second]));
        let shorter = usize::from(SHORTER.get(slot).copied().unwrap_or(0));
        if shorter < STEP {
            at = at.wrapping_add(STEP).wrapping_sub(shorter);
            continue;
        }
        if let Some(found) = word_around(bytes, at.wrapping_sub(2)) {
            return Some(found);
        }
        at = at.wrapping_add(1);
    }
    None
}

/// The beginning of the word that has the window which begins here, if there is one.
#[cold]
fn word_around(bytes: &[u8], at: usize) -> Option<usize> {
    let window: &Window = bytes.get(at..)?.first_chunk()?;
    if !WINDOWS.contains(window) {
        return None;
    }
    let words = crate::daemon::WORDS.iter().copied().flatten();
    words.into_iter().find_map(|word| {
        let mut windows = word.as_bytes().windows(window.len());
        let start = at.checked_sub(windows.position(|it| it == window)?)?;
        let text = bytes.get(start..)?;
        text.starts_with(word.as_bytes()).then_some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec::Vec;

    /// The first of the words, found one after the other.
    fn plainly(bytes: &[u8]) -> Option<usize> {
        let words = crate::daemon::WORDS.iter().copied().flatten();
        words
            .filter_map(|word| memchr::memmem::find(bytes, word.as_bytes()))
            .min()
    }

    #[test]
    fn each_word_has_one_window_and_is_found_at_every_place() {
        for word in crate::daemon::WORDS.iter().copied().flatten() {
            for front in 0..9 {
                for filler in ["x", "o", " ", "OOM", "e: "] {
                    let text = format!("{}{word} x", filler.repeat(front));
                    let found = find(text.as_bytes());
                    assert!(found.is_some(), "{text:?}");
                    assert!(found >= plainly(text.as_bytes()), "{text:?}");
                }
            }
        }
        for text in ["", "o", "oom", "oomdoo"] {
            assert_eq!(find(text.as_bytes()).is_some(), text.len() > 3, "{text}");
        }
    }

    #[test]
    fn same_as_a_plain_search() {
        let words: Vec<&str> = crate::daemon::WORDS
            .iter()
            .copied()
            .flatten()
            .copied()
            .collect();
        let mut seed = 5u32;
        let mut hits = 0;
        for _ in 0..20_000 {
            let mut text = Vec::new();
            while text.len() < 60 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let pick = (seed >> 8) as usize;
                let word = words[pick % words.len()].as_bytes();
                let from = (pick >> 6) % word.len();
                text.extend(word[from..].iter().take(1 + (pick >> 11) % 9));
            }
            let (found, plain) = (find(&text), plainly(&text));
            assert_eq!(found.is_some(), plain.is_some(), "{}", text.escape_ascii());
            assert!(found >= plain, "never before the first");
            hits += usize::from(found.is_some());
        }
        assert!((1000..19_000).contains(&hits), "{hits}");
    }
}
