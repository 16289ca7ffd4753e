//! Name and kind of a field, by its number.
#![allow(unsafe_code, reason = "export attributes")]

use crate::value::{kind, path};
use std::ffi::{CStr, c_char};

/// The path of a field in the record, for example `victim.pid`; NULL if no field has this number.
///
/// # Lifetime
/// The text is static and NUL-terminated.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_field_name(field: u32) -> *const c_char {
    path(field).map_or(std::ptr::null(), CStr::as_ptr)
}

/// The kind of a field, a number of `oomparse_kind`; 0 if no field has this number.
///
/// To read all fields, loop over the numbers from 1 to 255.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_field_kind(field: u32) -> u32 {
    kind(field).map_or(0, |kind| kind as u32)
}
