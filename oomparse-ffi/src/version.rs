//! The version of the running library, to compare with the header's.
#![allow(unsafe_code, reason = "export attributes")]

use std::ffi::{CStr, c_char};

/// The version of the running library, like `OOMPARSE_VERSION`.
///
/// # Lifetime
/// The text is static and NUL-terminated.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_version() -> *const c_char {
    const VERSION: &CStr = {
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        }
    };
    VERSION.as_ptr()
}

/// The version of the running library, like `OOMPARSE_VERSION_NUMBER`.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_version_number() -> u32 {
    const NUMBER: u32 = number(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | number(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | number(env!("CARGO_PKG_VERSION_PATCH"));
    NUMBER
}

const fn number(digits: &str) -> u32 {
    let mut value = 0;
    let mut rest = digits.as_bytes();
    while let [digit, tail @ ..] = rest {
        value = value * 10 + (*digit - b'0') as u32;
        rest = tail;
    }
    value
}
