//! Text across the interface: a pointer and a length, in and out. The only unsafe code of the crate.
#![allow(
    unsafe_code,
    reason = "a pointer and a length from C become a slice here"
)]

use crate::guard::Done;
use crate::result::oomparse_result;
use std::ffi::c_char;

/// A view of bytes: not NUL-terminated, not always UTF-8.
///
/// # Lifetime
/// Ends with the object from which it was obtained, see there.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oomparse_str {
    /// The first byte; NULL if there is no text.
    pub data: *const c_char,
    /// How many bytes.
    pub len: usize,
}

impl oomparse_str {
    /// No text, which differs from an empty one.
    pub(crate) const NONE: Self = Self {
        data: std::ptr::null(),
        len: 0,
    };

    /// A view of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            data: bytes.as_ptr().cast(),
            len: bytes.len(),
        }
    }
}

/// The bytes that a caller passed in; NULL with length 0 is an empty text.
///
/// The slice must not outlive the call: no function here keeps it.
pub(crate) fn bytes<'call>(data: *const c_char, len: usize) -> Done<&'call [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(oomparse_result::NullParameter);
    }
    if isize::try_from(len).is_err() {
        return Err(oomparse_result::InvalidLength);
    }
    // SAFETY: not NULL and no longer than an object can be; every function's comment requires its caller to keep
    // the `len` bytes valid and unchanged until the call returns.
    Ok(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), len) })
}

/// The same, as UTF-8.
pub(crate) fn text<'call>(data: *const c_char, len: usize) -> Done<&'call str> {
    std::str::from_utf8(bytes(data, len)?).map_err(|_| oomparse_result::InvalidUtf8)
}

/// Writes text into a fixed field, NUL-terminated, and cut if it is too long.
pub(crate) fn fill<const N: usize>(field: &mut [c_char; N], text: &[u8]) {
    let room = N.saturating_sub(1);
    field.fill(0);
    for (to, from) in field.iter_mut().take(room).zip(text) {
        *to = from.cast_signed() as c_char;
    }
}
