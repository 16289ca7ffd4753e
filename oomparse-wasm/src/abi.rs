//! The module's interface: the functions that the host calls, and its pointers.
//!
//! # What the host can rely on
//! * The answer is the record pointer itself, a pointer to a NUL-terminated JSON object in the module's memory
//!   that stays unchanged until the next call, or (`oomparse_events` only) a pointer to an empty text.
//! * A trap costs the record on which it happened. The next call notices that the last one did not return,
//!   abandons everything that it was using, and starts again; after [`MAX_TRAPS`] of them, each of which leaks
//!   some stack, all further records are passed on unread.
//! * `malloc` and `free` (`memory.rs`) share nothing with the parser's heap, so a trap cannot harm them.
#![expect(unsafe_code, reason = "the host hands over raw pointers")]

use crate::filter::{Answer, Filter, Mode};
use crate::heap::{Heap, PAGE};
use crate::memory::{HEAP, Shared, has_room};
#[cfg(not(feature = "sources"))]
use crate::scan;
use core::arch::wasm32;

/// Traps after which the module only passes records on.
const MAX_TRAPS: u32 = 8;

/// Memory that must be free before a record is parsed, besides eight times its own length: the largest growth of
/// a report by one line, and its event as text. So no allocation on the way fails.
const HEADROOM: usize = 1 << 20;

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

/// How many bytes past a record's end the search reads.
#[cfg(not(feature = "sources"))]
const SLACK: usize = scan::SLACK;
#[cfg(feature = "sources")]
const SLACK: usize = 0;

/// A record that ends before this address may be skipped if it contains no word: [`SLACK`] before the end
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
    #[cfg(not(feature = "sources"))]
    return !unsafe { scan::holds_word::<AT_ONCE>(start, length) };
    // Daemons' words are not in the tables of that search.
    #[cfg(feature = "sources")]
    holds_no_word(start, length)
}

/// The search for daemons' words too.
#[cfg(feature = "sources")]
#[inline(never)]
fn holds_no_word(start: *const u8, length: usize) -> bool {
    let record = hosts(start, length).unwrap_or_default();
    let filter = STATE.get().filter.as_ref();
    filter.is_some_and(|filter| !filter.wants(record))
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
    let answer = if filter.wants(record) && has_room(headroom) {
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
        *LIMIT.get() = memory_size().wrapping_sub(SLACK);
    }
    state.busy = false;
    answer
}

fn new_filter() -> Filter {
    #[cfg(feature = "pods")]
    let filter = Filter::with_pods(crate::wasi::SOURCES);
    #[cfg(not(feature = "pods"))]
    let filter = Filter::new();
    #[cfg(feature = "sources")]
    let filter = filter.with_settings(crate::wasi::settings());
    filter
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

/// If anything panics after all: a trap, and the next call starts again.
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}
