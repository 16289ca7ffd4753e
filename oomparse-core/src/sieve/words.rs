//! The search for words other than the kernel's.

use super::CARRIERS;
#[cfg(feature = "perf")]
use super::packed::Packed;

/// Two lists of words.
type Words = [&'static [&'static str]; 2];

/// A search for some words, and for the text that opens a carrier's structure.
#[derive(Clone, Debug)]
pub(crate) struct WordSearch {
    words: Words,
    #[cfg(feature = "perf")]
    packed: Option<Packed>,
}

impl WordSearch {
    pub(crate) fn new(words: &'static [&'static str]) -> Self {
        let words: Words = [words, &CARRIERS];
        Self {
            words,
            #[cfg(feature = "perf")]
            packed: Packed::new(words.iter().copied().flatten()),
        }
    }

    /// The position of the first of the words in these bytes.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<usize> {
        #[cfg(feature = "perf")]
        if let Some(packed) = &self.packed {
            return packed.find(bytes, 0).map(|(at, _)| at);
        }
        find_each(&self.words, bytes)
    }
}

/// Searches for one word after the other.
pub(super) fn find_each(words: &Words, bytes: &[u8]) -> Option<usize> {
    words
        .iter()
        .copied()
        .flatten()
        .filter_map(|word| memchr::memmem::find(bytes, word.as_bytes()))
        .min()
}
