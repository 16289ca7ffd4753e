//! Emits kills that wait for one further line, without that line.
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

/// Emits kills that wait for one further line, without that line.
///
/// Most kills are complete on their `Killed process` line. One without a report around it is not: its cgroup may
/// be in the next line. The kernel prints such lines in a storm, after ten reports in five seconds. Call this
/// after every pushed line if the event must go with that line and cannot wait, as in a filter of records;
/// `oomparse_event_is_of_last_line` then shows whether an event belongs to this line. A kill is never emitted
/// twice. A line that looks like the first half of a broken one still waits.
///
/// # Lifetime
/// Does not end any object.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_give_waiting(
    parser: Option<&oomparse_parser>,
) -> oomparse_result {
    guard(|| given(parser)?.feed(|inner| inner.main.give_waiting()))
}

/// The same for one of several logs.
///
/// # Lifetime
/// The key must stay valid until the call returns.
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

/// Emits kills of all logs that wait for a further line, if none has come for a while.
///
/// For hosts that follow a log and only emit events: call it when nothing was pushed for a second. A line that
/// looked like the first half of a broken one is then read as it is. Reports that are still being printed stay
/// open.
///
/// # Lifetime
/// Does not end any object.
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
