//! A line that is not about OOM allocates nothing.
#![allow(
    unsafe_code,
    reason = "an allocator that counts, and calls as C makes them"
)]

use oomparse::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::c_char;
use std::mem::MaybeUninit;

struct Counting;

thread_local! {
    /// Of this thread alone: the test's harness has one, too, and allocates when it likes.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn ordinary_lines_allocate_nothing() {
    let line = oomparse_benches::ordinary_line();
    let (data, len) = (line.as_ptr().cast::<c_char>(), line.len());
    let mut handle = MaybeUninit::uninit();
    assert_eq!(
        oomparse_parser_new(None, Some(&mut handle)),
        oomparse_result::Ok
    );
    // SAFETY: the call succeeded, so that a parser was written.
    let parser = unsafe { Box::from_raw(handle.assume_init()) };
    let push = || {
        // SAFETY: line and key stay valid during each call.
        unsafe {
            oomparse_parser_push(Some(&parser), data, len);
            oomparse_parser_push_keyed(Some(&parser), c"key".as_ptr(), 3, data, len);
            oomparse_line_is_candidate(data, len);
        }
    };
    push();
    let before = ALLOCATIONS.get();
    for _ in 0..10_000 {
        push();
    }
    assert_eq!(ALLOCATIONS.get(), before);
    oomparse_parser_free(Some(parser));
}
