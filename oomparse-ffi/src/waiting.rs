//! Kills that wait for one further line, given out without it.
#![allow(unsafe_code, reason = "export attributes")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the comments are C's: what a caller owes stands under Lifetime"
)]

use crate::guard::{given, guard};
use crate::parser::oomparse_parser;
use crate::result::oomparse_result;
use crate::str::bytes;
use std::ffi::c_char;

/// Gives out kills that wait for one further line, without it.
///
/// Most kills are complete on their `Killed process` line. One without a report around it is not: its cgroup may
/// stand in the next line. So the kernel prints them in a storm, ten reports in five seconds and then nothing but
/// such lines. Call this behind every pushed line, if the event must go with that line and cannot wait, as in a
/// filter of records; `oomparse_event_is_of_last_line` then tells whether an event is this line's. A kill that was
/// given out is never given out again. A line that seems to be the first half of a broken one still waits.
///
/// # Lifetime
/// Ends nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_give_waiting(
    parser: Option<&oomparse_parser>,
) -> oomparse_result {
    guard(|| given(parser)?.feed(|inner| inner.main.give_waiting()))
}

/// The same for one of several logs.
///
/// # Lifetime
/// The key must stand until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_give_waiting_keyed(
    parser: Option<&oomparse_parser>,
    key: *const c_char,
    key_len: usize,
) -> oomparse_result {
    guard(|| {
        let key = bytes(key, key_len)?;
        given(parser)?.feed(|inner| inner.host.give_waiting(key))
    })
}

/// Gives out kills of all logs that wait for a further line, where none has come for a while.
///
/// For hosts that follow a log and give out events alone: call it when nothing was pushed for a second. A line
/// that seemed to be the first half of a broken one is then read as it is. Reports that are still being printed
/// stay open.
///
/// # Lifetime
/// Ends nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_give_all_waiting(
    parser: Option<&oomparse_parser>,
) -> oomparse_result {
    guard(|| {
        given(parser)?.feed(|inner| {
            inner.main.give_all_waiting();
            inner.host.give_all_waiting();
        })
    })
}
