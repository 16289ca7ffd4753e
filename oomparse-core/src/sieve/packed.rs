//! The SIMD search for few words at once, where there is one.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use aho_corasick::packed::Searcher;

/// A prepared search.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[derive(Clone, Debug)]
pub(super) struct Packed(Searcher);

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
impl Packed {
    /// `None` where the processor lacks the instructions.
    pub(super) fn new(words: impl Iterator<Item = impl AsRef<[u8]>>) -> Option<Self> {
        Searcher::new(words).map(Self)
    }

    /// Where the first of the words is, from a position on, and which one it is.
    #[inline]
    pub(super) fn find(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        let found = self.0.find_in(bytes, (from..bytes.len()).into())?;
        Some((found.start(), found.pattern().as_usize()))
    }
}

/// Other machines have none, WebAssembly among them.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[derive(Clone, Debug)]
pub(super) enum Packed {}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl Packed {
    pub(super) fn new(_: impl Iterator<Item = impl AsRef<[u8]>>) -> Option<Self> {
        None
    }

    pub(super) fn find(&self, _: &[u8], _: usize) -> Option<(usize, usize)> {
        match *self {}
    }
}
