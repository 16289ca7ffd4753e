//! Small versions of `memcpy` and similar functions: those of the compiler are as large as a parser of lines.
//!
//! The compiler calls them by name. It takes two words a round, or a loop in `memset` itself, for no copy of its own;
//! in the other loops volatile accesses prevent it from turning them into a call of the same function.
#![expect(unsafe_code, reason = "the compiler's own contract, on raw pointers")]

/// Copies forward, sixteen bytes at a time, then byte by byte: an interpreter takes as long for eight bytes as for one.
///
/// # Safety
/// `from` must be readable and `to` writable for `len` bytes; if they overlap, `to` must be the lower one.
#[inline(always)]
unsafe fn forward(to: *mut u8, from: *const u8, len: usize) {
    let mut at = 0;
    while len.wrapping_sub(at) >= 16 {
        // SAFETY: within both, as the caller says; the types take any alignment.
        unsafe {
            let first = from.add(at).cast::<u64>().read_unaligned();
            let second = from.add(at).cast::<u64>().add(1).read_unaligned();
            to.add(at).cast::<u64>().write_unaligned(first);
            to.add(at).cast::<u64>().add(1).write_unaligned(second);
        }
        at = at.wrapping_add(16);
    }
    while at < len {
        // SAFETY: as above.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
        at = at.wrapping_add(1);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise: both are that long, and apart.
    unsafe { forward(to, from, len) };
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    if to.addr().wrapping_sub(from.addr()) >= len {
        // SAFETY: the caller's promise; apart, or `to` is the lower.
        unsafe { forward(to, from, len) };
        return to;
    }
    let mut at = len;
    while at > 0 {
        at = at.wrapping_sub(1);
        // SAFETY: within both, as the caller says; what is still to be read lies below.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    let [byte, ..] = byte.to_le_bytes();
    let word = u64::from_le_bytes([byte; 8]);
    let mut at = 0;
    while len.wrapping_sub(at) >= 8 {
        // SAFETY: within, as the caller says; the type takes any alignment.
        unsafe { to.add(at).cast::<u64>().write_unaligned(word) };
        at = at.wrapping_add(8);
    }
    while at < len {
        // SAFETY: within, as the caller says.
        unsafe { to.add(at).write_volatile(byte) };
        at = at.wrapping_add(1);
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, len: usize) -> i32 {
    let mut at = 0;
    // SAFETY: within both, as the caller says; the type takes any alignment.
    let word = |of: *const u8, at: usize| unsafe { of.add(at).cast::<u64>().read_unaligned() };
    while len.wrapping_sub(at) >= 8 && word(one, at) == word(other, at) {
        at = at.wrapping_add(8);
    }
    while at < len {
        // SAFETY: within both, as the caller says.
        let (a, b) = unsafe { (one.add(at).read_volatile(), other.add(at).read_volatile()) };
        if a != b {
            return i32::from(a).wrapping_sub(i32::from(b));
        }
        at = at.wrapping_add(1);
    }
    0
}
