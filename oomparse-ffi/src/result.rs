//! `oomparse_result`: the result of a call.
#![allow(unsafe_code, reason = "export attributes")]

use std::ffi::c_char;

/// The result of a call. A number is never reused for another meaning; new ones may be added.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum oomparse_result {
    /// Success.
    Ok = 0,
    /// There is no value: the log does not show the field, no event is complete, no name is known.
    Absent = 1,
    /// A parameter that must not be NULL is NULL.
    NullParameter = 2,
    /// A length is larger than any object can be.
    InvalidLength = 3,
    /// A value is outside its range.
    InvalidValue = 4,
    /// No field has this number in this version.
    UnknownField = 5,
    /// The field is of another kind than the function returns.
    WrongKind = 6,
    /// The list is shorter than the index.
    OutOfRange = 7,
    /// The event was passed to a callback that has returned.
    EventOver = 8,
    /// A bug in this library; the call had no further effect. Please report it.
    Panic = 9,
    /// A call with this object panicked before. Free it.
    Poisoned = 10,
    /// A file could not be read.
    Io = 11,
    /// A listing of pods could not be read completely.
    BadListing = 12,
    /// Text that must be UTF-8 is not.
    InvalidUtf8 = 13,
}

/// A sentence for a result's number, also for unknown numbers.
///
/// # Lifetime
/// The text is static and NUL-terminated.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_result_str(result: u32) -> *const c_char {
    let text = match result {
        0 => c"done",
        1 => c"nothing is there",
        2 => c"a parameter that must not be NULL is NULL",
        3 => c"a length is larger than any object can be",
        4 => c"a value is outside its range",
        5 => c"no field has this number in this version of liboomparse",
        6 => c"the field is of another kind than the function gives",
        7 => c"the list is shorter than the index",
        8 => c"the event was given to a callback that has returned",
        9 => c"a bug in liboomparse; please report it",
        10 => c"a call with this object panicked before; free it",
        11 => c"the file could not be read",
        12 => c"the listing of pods could not be read, or not whole",
        13 => c"the text is not UTF-8",
        _ => c"no result of this version of liboomparse",
    };
    text.as_ptr()
}
