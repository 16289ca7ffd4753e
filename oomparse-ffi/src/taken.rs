//! What became of a line that was pushed.
#![allow(unsafe_code, reason = "export attributes")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the comments are C's: what a caller owes stands under Lifetime"
)]

use crate::event::{content, oomparse_event};
use crate::guard::{given, guard, quietly};
use crate::parser::{one_line, oomparse_parser};
use crate::result::oomparse_result;
use crate::str::bytes;
use oomparse_core::Taken;
use std::ffi::c_char;
use std::mem::MaybeUninit;

/// What became of a line that was pushed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oomparse_taken {
    /// Whether it is one of the OOM killer's own: it opened a report, belongs to one that is open, or repeats what
    /// was told. A figure counts only while a report is open, and where the kernel's hand or clock is shown.
    pub is_of_report: bool,
    /// How many events it completed; they may be of earlier lines.
    pub events: usize,
}

impl oomparse_taken {
    fn of(taken: Taken) -> Self {
        Self {
            is_of_report: taken.is_of_report,
            events: taken.events,
        }
    }
}

/// As `oomparse_parser_push`, and says what became of the line: so a host that drops a report's lines, or passes
/// them on, need not look at them itself.
///
/// # Lifetime
/// The line must stand until the call returns; it is not kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_push_taken(
    parser: Option<&oomparse_parser>,
    line: *const c_char,
    len: usize,
    out_taken: Option<&mut MaybeUninit<oomparse_taken>>,
) -> oomparse_result {
    guard(|| {
        let (out, line) = (given(out_taken)?, one_line(bytes(line, len)?));
        let taken = given(parser)?.feed(|inner| inner.main.push_line(line))?;
        out.write(oomparse_taken::of(taken));
        Ok(())
    })
}

/// The same for one of several logs, as `oomparse_parser_push_keyed`.
///
/// # Lifetime
/// Line and key must stand until the call returns. A copy of the key stays with its events.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_push_keyed_taken(
    parser: Option<&oomparse_parser>,
    key: *const c_char,
    key_len: usize,
    line: *const c_char,
    len: usize,
    out_taken: Option<&mut MaybeUninit<oomparse_taken>>,
) -> oomparse_result {
    guard(|| {
        let (out, key) = (given(out_taken)?, bytes(key, key_len)?);
        let line = one_line(bytes(line, len)?);
        let taken = given(parser)?.feed(|inner| inner.host.push(key, line))?;
        out.write(oomparse_taken::of(taken));
        Ok(())
    })
}

/// Whether the line of its log that was pushed last, when the event was given out, is the one that tells it: that
/// names the victim, or says why there is none.
///
/// An event may also be completed by a later line that has nothing to do with it; a filter that adds events to
/// records asks here, so that none goes into another line's record. It takes the events behind each line.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_is_of_last_line(event: Option<&oomparse_event>) -> bool {
    quietly(false, || match content(event) {
        Ok(content) => content.is_of_last_line(),
        Err(_) => false,
    })
}
