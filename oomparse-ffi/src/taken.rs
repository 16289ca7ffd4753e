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
    /// Whether it is one of the OOM killer's own: it opened a report, belongs to an open report, or repeats an
    /// earlier line. A figure counts only while a report is open, and only if the frame shows the kernel or its
    /// clock.
    pub is_of_report: bool,
    /// How many events it completed; they may belong to earlier lines.
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

/// Like `oomparse_parser_push`, and returns what became of the line: so a host that drops a report's lines, or
/// passes them on, does not need to look at them itself.
///
/// # Lifetime
/// The line must stay valid until the call returns; it is not kept.
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

/// The same for one of several logs, like `oomparse_parser_push_keyed`.
///
/// # Lifetime
/// Line and key must stay valid until the call returns. A copy of the key stays with its events.
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

/// Whether the last pushed line of its log, at the time when the event was emitted, reports it: whether that line
/// names the victim, or says why there is none.
///
/// An event may also be completed by a later line that has nothing to do with it. A filter that adds events to
/// records must call this, so that no event goes into another line's record. It must take the events after each
/// line.
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
