//! The module's memory: for the host's copies (`malloc`, `free`), and for the parser.
#![expect(unsafe_code, reason = "blocks are addresses")]

use crate::heap::{Heap, PAGE};
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::UnsafeCell;
use core::ptr;

/// Room for the host's copies of a tag and of an ordinary record.
const ARENA: usize = 64 << 10;

/// The size, stored before a large copy.
const HEADER: usize = 8;

/// The module's own memory.
pub(crate) struct Shared<T>(UnsafeCell<T>);

// SAFETY: the module has no threads, and the host makes one call at a time; nothing here calls back.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value. The caller must hold no other reference to it.
    #[expect(clippy::mut_from_ref, reason = "one call at a time, as said above")]
    #[inline(always)]
    pub(crate) fn get(&self) -> &mut T {
        // SAFETY: every function takes each value once and releases it before it returns.
        unsafe { &mut *self.0.get() }
    }
}

// ---- Memory for the host's copies ----

#[repr(align(8))]
struct Arena(#[expect(dead_code, reason = "only its address is used")] [u8; ARENA]);

struct Copies {
    /// The bytes in use, from the arena's start: a multiple of eight, and at most [`ARENA`], which is one too.
    used: usize,
    live: u32,
    heap: Heap,
}

static ROOM: Shared<Arena> = Shared::new(Arena([0; ARENA]));
static COPIES: Shared<Copies> = Shared::new(Copies {
    used: 0,
    live: 0,
    heap: Heap::new(),
});

/// Memory for a copy of a tag or a record; null if there is none.
///
/// The host requests two blocks for each record and frees both after it, so most come from one arena whose top
/// moves up and, when nothing is in use any more, returns to its start. Each operation counts, as in the search.
#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut u8 {
    let copies = COPIES.get();
    let start = copies.used;
    if size >= ARENA.wrapping_sub(start) {
        return large(copies, size);
    }
    // For zero bytes too, the address is a block of its own within the arena.
    copies.used = start.wrapping_add(size.wrapping_add(8) & !7);
    copies.live = copies.live.wrapping_add(1);
    ROOM.0.get().cast::<u8>().wrapping_add(start)
}

/// Frees a block from `malloc`.
#[unsafe(no_mangle)]
extern "C" fn free(start: *mut u8) {
    let copies = COPIES.get();
    let base = ROOM.0.get().cast::<u8>().addr();
    if start.addr().wrapping_sub(base) < ARENA {
        if copies.live > 1 {
            copies.live = copies.live.wrapping_sub(1);
        } else {
            copies.live = 0;
            copies.used = 0;
        }
    } else if !start.is_null() {
        free_large(copies, start);
    }
}

#[cold]
fn large(copies: &mut Copies, size: usize) -> *mut u8 {
    let Some(whole) = size.checked_add(HEADER) else {
        return ptr::null_mut();
    };
    let block = take(&mut copies.heap, whole);
    if block.is_null() {
        return block;
    }
    // SAFETY: the block is aligned to 16 bytes and longer than the header.
    unsafe { block.cast::<usize>().write(whole) };
    block.wrapping_add(HEADER)
}

#[cold]
fn free_large(copies: &mut Copies, start: *mut u8) {
    let block = start.wrapping_sub(HEADER);
    // SAFETY: the host frees only blocks from `large`, once, and `large` wrote the size there.
    let whole = unsafe { block.cast::<usize>().read() };
    // SAFETY: as above, so the block belongs to this heap and is not in use.
    unsafe { give(&mut copies.heap, block, whole) };
}

// ---- Memory for the parser ----

pub(crate) struct ParserHeap(Shared<Heap>);

impl ParserHeap {
    /// The heap's own state, apart from every other.
    pub(crate) fn inner(&self) -> &mut Heap {
        self.0.get()
    }
}

#[global_allocator]
pub(crate) static HEAP: ParserHeap = ParserHeap(Shared::new(Heap::new()));

// SAFETY: a block is as large as its class, which is not less than the size, is aligned to 16 bytes or, if
// requested, to its own class, and is not in use elsewhere. The module has no threads.
unsafe impl GlobalAlloc for ParserHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > 16 {
            // Nothing in the module requests it.
            return ptr::null_mut();
        }
        take(self.inner(), layout.size())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller got the block from here with this size, and no longer uses it.
        unsafe { give(self.inner(), block, layout.size()) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if Heap::class_of(size) == Heap::class_of(layout.size()) {
            return block;
        }
        let other = take(self.inner(), size);
        if !other.is_null() {
            let kept = layout.size().min(size);
            // SAFETY: both are that large and do not overlap; the old one belongs to the caller, who no longer
            // uses it.
            unsafe {
                ptr::copy_nonoverlapping(block, other, kept);
                give(self.inner(), block, layout.size());
            }
        }
        other
    }
}

/// A block of at least this size, aligned to 16 bytes; null if there is none.
fn take(heap: &mut Heap, size: usize) -> *mut u8 {
    let Some(class) = Heap::class_of(size) else {
        return ptr::null_mut();
    };
    let Some(first) = heap.first_free(class) else {
        return ptr::with_exposed_provenance_mut(heap.new_block(class, grow).unwrap_or(0));
    };
    let block: *mut u8 = ptr::with_exposed_provenance_mut(first);
    // SAFETY: a block in the list belongs to the heap's memory and is not in use; `give` wrote the next one's
    // address to its start.
    let next = unsafe { block.cast::<usize>().read() };
    heap.set_first_free(class, next);
    block
}

/// Frees a block.
///
/// # Safety The block comes from `take` with this heap and size, and is not in use.
unsafe fn give(heap: &mut Heap, block: *mut u8, size: usize) {
    let Some(class) = Heap::class_of(size) else {
        return;
    };
    let next = heap.first_free(class).unwrap_or(0);
    // SAFETY: the block is the heap's again, aligned to 16 bytes and no smaller than that.
    unsafe { block.cast::<usize>().write(next) };
    heap.set_first_free(class, block.expose_provenance());
}

/// Whether the parser's heap can grow by this much.
pub(crate) fn has_room(size: usize) -> bool {
    HEAP.inner().has_room(size, grow)
}

/// More pages of memory: the address of the first.
fn grow(pages: usize) -> Option<usize> {
    match wasm32::memory_grow::<0>(pages) {
        usize::MAX => None,
        before => before.checked_mul(PAGE),
    }
}
