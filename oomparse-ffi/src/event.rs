//! `oomparse_event`: one event, and the functions that read it.
#![allow(unsafe_code, reason = "export attributes")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the comments are C's: what a caller owes stands under Lifetime"
)]

use crate::content::Content;
use crate::guard::{Done, given, guard, quietly};
use crate::pods::oomparse_pods;
use crate::result::oomparse_result;
use crate::str::oomparse_str;
use crate::value::{Value, value};
use std::mem::MaybeUninit;

/// Everything a log shows about one kill.
///
/// Threads: any number of threads may read one event at the same time; `oomparse_pods_enrich` and
/// `oomparse_event_free` need exclusive access.
#[derive(Debug, Default)]
pub struct oomparse_event {
    /// `None` once the callback that got it has returned.
    content: Option<Content>,
    /// Whether `oomparse_event_free` frees it.
    owned: bool,
}

impl oomparse_event {
    pub(crate) fn owned(content: Content) -> Self {
        Self {
            content: Some(content),
            owned: true,
        }
    }

    /// Puts an event into a callback's handle.
    pub(crate) fn begin(&mut self, content: Content) {
        self.content = Some(content);
    }

    /// Takes it out again.
    pub(crate) fn end(&mut self) {
        self.content = None;
    }
}

/// The content of an event that a caller passed in.
pub(crate) fn content(event: Option<&oomparse_event>) -> Done<&Content> {
    let content = &given(event)?.content;
    content.as_ref().ok_or(oomparse_result::EventOver)
}

/// Frees an event returned by `oomparse_parser_next_event` or `oomparse_event_clone`; NULL is allowed. An event
/// that was passed to a callback is not freed.
///
/// # Lifetime
/// Ends the event and every view into it.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_free(event: Option<Box<oomparse_event>>) {
    quietly((), || match event {
        // Its parser owns it and frees it.
        Some(event) if !event.owned => _ = Box::leak(event),
        event => drop(event),
    });
}

/// A copy of an event.
///
/// # Lifetime
/// The copy belongs to the caller, who must free it with `oomparse_event_free`.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_clone(
    event: Option<&oomparse_event>,
    out_event: Option<&mut MaybeUninit<*mut oomparse_event>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_event)?;
        out.write(std::ptr::null_mut());
        let copy = oomparse_event::owned(content(event)?.clone());
        out.write(Box::into_raw(Box::new(copy)));
        Ok(())
    })
}

/// The event as one line of compact JSON, the same bytes as every other interface of oomparse writes.
///
/// # Lifetime
/// The view belongs to the event: it ends with the event, or when `oomparse_pods_enrich` changes it.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_to_json(
    event: Option<&oomparse_event>,
    out_json: Option<&mut MaybeUninit<oomparse_str>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_json)?;
        out.write(oomparse_str::NONE);
        out.write(oomparse_str::of(content(event)?.json().as_bytes()));
        Ok(())
    })
}

/// The key of the log that the event came from; `OOMPARSE_RESULT_ABSENT` if it was pushed without one.
///
/// # Lifetime
/// The view belongs to the event and ends with it.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_key(
    event: Option<&oomparse_event>,
    out_key: Option<&mut MaybeUninit<oomparse_str>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_key)?;
        out.write(oomparse_str::NONE);
        let key = content(event)?.key();
        out.write(oomparse_str::of(key.ok_or(oomparse_result::Absent)?));
        Ok(())
    })
}

/// A field of kind `OOMPARSE_KIND_STR`: words, names and paths as the record writes them. Names and paths are the
/// raw bytes, which may not be UTF-8.
///
/// `OOMPARSE_RESULT_ABSENT` and NULL if the log does not show it.
///
/// # Lifetime
/// The view belongs to the event: it ends with the event, or when `oomparse_pods_enrich` changes it.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_get_str(
    event: Option<&oomparse_event>,
    field: u32,
    out_value: Option<&mut MaybeUninit<oomparse_str>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_value)?;
        out.write(oomparse_str::NONE);
        match value(content(event)?, field)? {
            Value::Str(text) => out.write(oomparse_str::of(text.ok_or(oomparse_result::Absent)?)),
            _ => return Err(oomparse_result::WrongKind),
        };
        Ok(())
    })
}

/// A field of kind `OOMPARSE_KIND_U64`: pids, sizes, counts, times.
///
/// `OOMPARSE_RESULT_ABSENT` and 0 if the log does not show it.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_get_u64(
    event: Option<&oomparse_event>,
    field: u32,
    out_value: Option<&mut MaybeUninit<u64>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_value)?;
        out.write(0);
        match value(content(event)?, field)? {
            Value::U64(number) => out.write(number.ok_or(oomparse_result::Absent)?),
            _ => return Err(oomparse_result::WrongKind),
        };
        Ok(())
    })
}

/// A field of kind `OOMPARSE_KIND_I64`: the allocation's order, scores and their adjustments.
///
/// `OOMPARSE_RESULT_ABSENT` and 0 if the log does not show it.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_get_i64(
    event: Option<&oomparse_event>,
    field: u32,
    out_value: Option<&mut MaybeUninit<i64>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_value)?;
        out.write(0);
        match value(content(event)?, field)? {
            Value::I64(number) => out.write(number.ok_or(oomparse_result::Absent)?),
            _ => return Err(oomparse_result::WrongKind),
        };
        Ok(())
    })
}

/// A field of kind `OOMPARSE_KIND_BOOL`.
///
/// `OOMPARSE_RESULT_ABSENT` and `false` if the log does not show it.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_get_bool(
    event: Option<&oomparse_event>,
    field: u32,
    out_value: Option<&mut MaybeUninit<bool>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_value)?;
        out.write(false);
        match value(content(event)?, field)? {
            Value::Bool(truth) => out.write(truth.ok_or(oomparse_result::Absent)?),
            _ => return Err(oomparse_result::WrongKind),
        };
        Ok(())
    })
}

/// A field whose kind is `OOMPARSE_KIND_F64`: percentages with two decimals.
///
/// `OOMPARSE_RESULT_ABSENT` and 0 if the log does not show it.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_get_f64(
    event: Option<&oomparse_event>,
    field: u32,
    out_value: Option<&mut MaybeUninit<f64>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_value)?;
        out.write(0.0);
        match value(content(event)?, field)? {
            Value::F64(number) => out.write(number.ok_or(oomparse_result::Absent)?),
            _ => return Err(oomparse_result::WrongKind),
        };
        Ok(())
    })
}

/// Adds the names of pod and container from a table; `OOMPARSE_RESULT_ABSENT` if the table has none.
///
/// # Lifetime
/// Ends the views into the event that were obtained before.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_pods_enrich(
    pods: Option<&oomparse_pods>,
    event: Option<&mut oomparse_event>,
) -> oomparse_result {
    guard(|| {
        let content = given(event)?.content.as_mut();
        let content = content.ok_or(oomparse_result::EventOver)?;
        let mut table = given(pods)?.table();
        if !content.enrich(&mut *table) {
            return Err(oomparse_result::Absent);
        }
        Ok(())
    })
}
