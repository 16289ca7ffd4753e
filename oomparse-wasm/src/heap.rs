//! A small heap: each block has a power of two as its size, and there is a list of free blocks for each size.
//!
//! This module has the safe arithmetic; `memory.rs` owns the blocks' memory. A block keeps its size for ever, so it
//! is used again only for that size: the heap is as large as the sum of each size's maximum use, at most twice
//! what was requested.

/// The smallest block, in bytes; all are aligned to it.
const SMALLEST: usize = 16;

/// How many sizes there are: 16 bytes to 64 MiB. The longest record takes 1 MiB.
const CLASSES: usize = 23;

/// A page of WebAssembly's memory.
pub(crate) const PAGE: usize = 64 << 10;

/// Addresses of free blocks, and the memory that was never in use.
pub(crate) struct Heap {
    free: [usize; CLASSES],
    unused: usize,
    end: usize,
}

impl Heap {
    pub(crate) const fn new() -> Self {
        Self {
            free: [0; CLASSES],
            unused: 0,
            end: 0,
        }
    }

    /// The class of blocks that can hold this many bytes, if there is one.
    pub(crate) fn class_of(size: usize) -> Option<usize> {
        let size = size.max(SMALLEST).checked_next_power_of_two()?;
        let class = size
            .trailing_zeros()
            .wrapping_sub(SMALLEST.trailing_zeros());
        usize::try_from(class).ok().filter(|class| *class < CLASSES)
    }

    pub(crate) fn first_free(&self, class: usize) -> Option<usize> {
        self.free.get(class).copied().filter(|first| *first != 0)
    }

    pub(crate) fn set_first_free(&mut self, class: usize, block: usize) {
        if let Some(first) = self.free.get_mut(class) {
            *first = block;
        }
    }

    /// A block that was never in use.
    pub(crate) fn new_block(
        &mut self,
        class: usize,
        grow: impl Fn(usize) -> Option<usize>,
    ) -> Option<usize> {
        let size = SMALLEST.checked_shl(u32::try_from(class).ok()?)?;
        if !self.has_room(size, grow) {
            return None;
        }
        let block = self.unused;
        self.unused = block.checked_add(size)?;
        Some(block)
    }

    /// Whether this many bytes can be allocated at once; requests them from the host if necessary.
    pub(crate) fn has_room(&mut self, size: usize, grow: impl Fn(usize) -> Option<usize>) -> bool {
        let left = self.end.saturating_sub(self.unused);
        if left >= size {
            return true;
        }
        let mut pages = size.saturating_sub(left).div_ceil(PAGE);
        let Some(mut start) = grow(pages) else {
            return false;
        };
        if start != self.end && pages.saturating_mul(PAGE) < size {
            // Somebody else grew the memory meanwhile: the rest does not adjoin it.
            pages = size.div_ceil(PAGE);
            let Some(other) = grow(pages) else {
                return false;
            };
            start = other;
        }
        let Some(end) = pages
            .checked_mul(PAGE)
            .and_then(|size| start.checked_add(size))
        else {
            return false;
        };
        if start != self.end {
            self.unused = start;
        }
        self.end = end;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    #[test]
    fn sizes_have_their_class() {
        for (size, class) in [
            (0, Some(0)),
            (1, Some(0)),
            (16, Some(0)),
            (17, Some(1)),
            (64 << 20, Some(22)),
            ((64 << 20) + 1, None),
            (usize::MAX, None),
        ] {
            assert_eq!(Heap::class_of(size), class, "{size}");
        }
    }

    #[test]
    fn blocks_do_not_overlap_and_memory_grows_by_pages() {
        let top = Cell::new(PAGE);
        let grow = |pages: usize| {
            let before = top.get();
            top.set(before + pages * PAGE);
            Some(before)
        };
        let mut heap = Heap::new();
        assert_eq!(heap.new_block(0, grow), Some(PAGE));
        assert_eq!(heap.new_block(1, grow), Some(PAGE + 16));
        assert_eq!(heap.new_block(12, grow), Some(PAGE + 48));
        assert_eq!(top.get(), 3 * PAGE);
        // Somebody else took the next page.
        top.set(4 * PAGE);
        assert_eq!(heap.new_block(12, grow), Some(4 * PAGE));
        assert!(!heap.has_room(usize::MAX - 5, |_| None));
        assert_eq!(heap.new_block(0, |_| None), None);
    }

    #[test]
    fn free_blocks_come_back() {
        let mut heap = Heap::new();
        assert_eq!(heap.first_free(3), None);
        heap.set_first_free(3, 4096);
        assert_eq!(heap.first_free(3), Some(4096));
        assert_eq!(heap.first_free(99), None);
    }
}
