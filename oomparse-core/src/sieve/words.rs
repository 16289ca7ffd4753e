//! The search for words other than the kernel's.

use super::CARRIERS;
#[cfg(feature = "std")]
use aho_corasick::packed;

/// Two lists of words.
type Words = [&'static [&'static str]; 2];

/// A search for some words, and for what opens a carrier's structure.
#[derive(Clone, Debug)]
pub(crate) struct WordSearch {
    words: Words,
    #[cfg(feature = "std")]
    packed: Option<packed::Searcher>,
}

impl WordSearch {
    pub(crate) fn new(words: &'static [&'static str]) -> Self {
        let words: Words = [words, &CARRIERS];
        Self {
            words,
            #[cfg(feature = "std")]
            packed: packed::Searcher::new(words.iter().copied().flatten()),
        }
    }

    /// Where in these bytes the first of the words stands.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<usize> {
        #[cfg(feature = "std")]
        if let Some(packed) = &self.packed {
            return packed.find(bytes).map(|found| found.start());
        }
        find_each(&self.words, bytes)
    }
}

/// One word after the other.
pub(super) fn find_each(words: &Words, bytes: &[u8]) -> Option<usize> {
    words
        .iter()
        .copied()
        .flatten()
        .filter_map(|word| memchr::memmem::find(bytes, word.as_bytes()))
        .min()
}
