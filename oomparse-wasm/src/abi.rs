//! The module's interface: the functions that the host calls, its pointers, and memory.
//!
//! # What the host can rely on
//! * The answer is the record pointer itself, a pointer to a NUL-terminated JSON object in the module's memory
//!   that stays unchanged until the next call, or (`oomparse_events` only) a pointer to an empty text.
//! * A trap costs the record on which it happened. The next call notices that the last one did not return,
//!   abandons everything that it was using, and starts again; after [`MAX_TRAPS`] of them, each of which leaks
//!   some stack, all further records are passed on unread.
//! * `malloc` and `free` share nothing with the parser's heap, so a trap cannot harm them.
#![expect(unsafe_code, reason = "the host hands over raw pointers")]

use crate::filter::{Answer, Filter, Mode};
use crate::heap::{Heap, PAGE};
use crate::scan;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::UnsafeCell;
use core::ptr;

/// Traps after which the module only passes records on.
const MAX_TRAPS: u32 = 8;

/// Room for the host's copies of a tag and of an ordinary record.
const ARENA: usize = 64 << 10;

/// Memory that must be free before a record is parsed, besides eight times its own length: the largest growth of
/// a report by one line, and its event as text. So no allocation on the way fails.
const HEADROOM: usize = 1 << 20;

/// The size, stored before a large copy.
const HEADER: usize = 8;

/// The module's own memory.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: the module has no threads, and the host makes one call at a time; nothing here calls back.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value. The caller must hold no other reference to it.
    #[expect(clippy::mut_from_ref, reason = "one call at a time, as said above")]
    #[inline(always)]
    fn get(&self) -> &mut T {
        // SAFETY: every function below takes each value once and releases it before it returns.
        unsafe { &mut *self.0.get() }
    }
}

struct State {
    filter: Option<Filter>,
    /// A call is in progress, or one did not return.
    busy: bool,
    traps: u32,
}

static STATE: Shared<State> = Shared::new(State {
    filter: None,
    busy: false,
    traps: 0,
});

/// A record that ends before this address may be skipped if it contains no word: [`scan::SLACK`] before the end
/// of memory, as last known. 0 while no record may be skipped, because a report is open or the last call did not
/// return.
static LIMIT: Shared<usize> = Shared::new(0);

// ---- Filters ----

/// The functions that take a record. The host's fourth argument, nanoseconds, is not used.
macro_rules! filters {
    ($($(#[$doc:meta])* $name:ident: $mode:ident, $take:expr;)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        extern "C" fn $name(
            tag: *const u8,
            tag_len: usize,
            seconds: u32,
            _nanoseconds: u32,
            record: *const u8,
            record_len: usize,
        ) -> *const u8 {
            $take(Mode::$mode, (tag, tag_len), seconds, (record, record_len))
        }
    )*};
}

// Calling a function takes an interpreter long, so the search is in each of the two functions that are called for
// ordinary records. It is unrolled differently, or wasm-opt would merge them into one function with a parameter.
filters! {
    /// Adds the event to the record that completes it; accepts only text that is proven to be the kernel's.
    oomparse_filter: Kernel, call::<7>;

    /// The same, also for text that shows no author.
    oomparse_filter_any: Any, call::<6>;

    /// As `oomparse_filter`, without the other lines of reports.
    oomparse_events: Events, call_shared;

    /// Each line by itself.
    oomparse_lines: Lines, call_shared;
}

/// Events that no record could carry: completed by a later record, or too large for memory.
#[unsafe(no_mangle)]
extern "C" fn oomparse_lost() -> u32 {
    let state = STATE.get();
    state.filter.as_ref().map_or(0, Filter::lost)
}

#[inline(always)]
fn call<const AT_ONCE: usize>(
    mode: Mode,
    tag: (*const u8, usize),
    seconds: u32,
    record: (*const u8, usize),
) -> *const u8 {
    let (start, length) = record;
    if is_ordinary::<AT_ONCE>(start, length) {
        return start;
    }
    look(mode, tag, seconds, record)
}

/// The search once, for the functions that are called less often.
fn call_shared(
    mode: Mode,
    tag: (*const u8, usize),
    seconds: u32,
    record: (*const u8, usize),
) -> *const u8 {
    call::<4>(mode, tag, seconds, record)
}

/// Whether a record is skipped: all but one in thousands.
#[inline(always)]
fn is_ordinary<const AT_ONCE: usize>(start: *const u8, length: usize) -> bool {
    let end = start.addr().wrapping_add(length);
    // A null pointer, an empty record, or one that would end after the last address.
    if start.addr().wrapping_sub(1) >= end {
        return false;
    }
    if end > *LIMIT.get() {
        return false;
    }
    // SAFETY: not null, and the record and the slack after it are within memory, which never shrinks. The host
    // writes nothing while the call runs.
    !unsafe { scan::holds_word::<AT_ONCE>(start, length) }
}

/// The rare call: for a record that may matter, one at the end of memory, or the first after a trap.
#[inline(never)]
fn look(
    mode: Mode,
    tag: (*const u8, usize),
    seconds: u32,
    (start, length): (*const u8, usize),
) -> *const u8 {
    let Some(record) = hosts(start, length) else {
        return start;
    };
    let state = STATE.get();
    if state.busy {
        if state.traps >= MAX_TRAPS {
            return start;
        }
        state.traps = state.traps.wrapping_add(1);
        // Nothing that the lost call used is used again, least of all its heap.
        core::mem::forget(state.filter.take());
        *HEAP.inner() = Heap::new();
    }
    state.busy = true;
    *LIMIT.get() = 0;
    let filter = state.filter.get_or_insert_with(new_filter);
    let headroom = record.len().saturating_mul(8).saturating_add(HEADROOM);
    let answer = if filter.wants(record) && HEAP.inner().has_room(headroom, grow) {
        let tag = hosts(tag.0, tag.1).unwrap_or_default();
        filter.take(mode, tag, seconds, record)
    } else {
        Answer::Keep
    };
    let answer = match answer {
        Answer::Keep => start,
        Answer::Replaced => filter.answer().as_ptr(),
        Answer::Drop => c"".as_ptr().cast(),
    };
    if !filter.wants_every_record() {
        *LIMIT.get() = memory_size().wrapping_sub(scan::SLACK);
    }
    state.busy = false;
    answer
}

fn new_filter() -> Filter {
    #[cfg(feature = "pods")]
    let filter = Filter::with_pods(crate::wasi::SOURCES);
    #[cfg(not(feature = "pods"))]
    let filter = Filter::new();
    filter
}

/// Whether the parser's heap can grow by this much.
#[cfg(feature = "pods")]
pub(crate) fn has_room(size: usize) -> bool {
    HEAP.inner().has_room(size, grow)
}

/// Memory's size in bytes; 0 means 4 GiB.
#[inline(always)]
fn memory_size() -> usize {
    wasm32::memory_size(0).wrapping_shl(16)
}

/// The host's bytes, if they are within memory.
#[inline(always)]
fn hosts<'a>(start: *const u8, length: usize) -> Option<&'a [u8]> {
    let end = start.addr().checked_add(length)?;
    if start.is_null() || end > wasm32::memory_size(0).saturating_mul(PAGE) {
        return None;
    }
    // SAFETY: not null, and within memory, all of which is initialised. The host changes nothing while the call
    // runs, and its data is in a block that it got from `malloc` below or outside of the module's own memory, so
    // nothing here writes to it.
    Some(unsafe { core::slice::from_raw_parts(start, length) })
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

struct ParserHeap(Shared<Heap>);

impl ParserHeap {
    /// The heap's own state, apart from every other.
    fn inner(&self) -> &mut Heap {
        self.0.get()
    }
}

#[global_allocator]
static HEAP: ParserHeap = ParserHeap(Shared::new(Heap::new()));

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

/// More pages of memory: the address of the first.
fn grow(pages: usize) -> Option<usize> {
    match wasm32::memory_grow::<0>(pages) {
        usize::MAX => None,
        before => before.checked_mul(PAGE),
    }
}

/// If anything panics after all: a trap, and the next call starts again.
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}
