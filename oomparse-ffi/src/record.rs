//! Records in, answers out: everything that a filter of a log pipeline needs.
#![allow(unsafe_code, reason = "export attributes")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the comments are C's: what a caller owes stands under Lifetime"
)]

use crate::content::Content;
use crate::event::{content, oomparse_event};
use crate::guard::{given, guard, quietly};
use crate::options::oomparse_options;
use crate::parser::{Inner, one_line, oomparse_parser};
use crate::result::oomparse_result;
use crate::str::{bytes, oomparse_str, text};
use oomparse_host::{Json, KEYS, members};
use std::borrow::Cow;
use std::ffi::c_char;
use std::mem::MaybeUninit;

/// Adds a key under which a record of `oomparse_parser_push_record` has its text; the first one that exists is
/// used: `log`, or `a.b` or `$a['b']` for a nested object. No other text of the record is then read. By default
/// the text is found under the names that shippers use.
///
/// # Lifetime
/// Copies the key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_options_add_text_key(
    options: Option<&mut oomparse_options>,
    key: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let key = text(key, len)?.parse();
        let key = key.map_err(|_| oomparse_result::InvalidValue)?;
        given(options)?.places.text.push(key);
        Ok(())
    })
}

/// The time from which kills are emitted for records, in seconds since 1970; 0 for always. For an input that
/// reads again what an earlier run has read.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_options_set_since(
    options: Option<&mut oomparse_options>,
    seconds: u64,
) -> oomparse_result {
    guard(|| {
        given(options)?.since = seconds;
        Ok(())
    })
}

/// Whether a record with this text matters. A record that does not need not be pushed; only the beginning of its
/// text is kept, because the next line may continue it. Call it once for each record of a log pipeline.
///
/// # Lifetime
/// Key and text must stay valid until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_wants_record(
    parser: Option<&oomparse_parser>,
    key: *const c_char,
    key_len: usize,
    record_text: *const c_char,
    len: usize,
) -> bool {
    quietly(true, || {
        let (Ok(key), Ok(text), Some(parser)) =
            (bytes(key, key_len), bytes(record_text, len), parser)
        else {
            return true;
        };
        let Ok(mut inner) = parser.lock() else {
            return true;
        };
        let wants = inner.host.wants_text(key, text);
        if !wants {
            inner.host.pass_over(key, one_line(text));
        }
        wants
    })
}

/// Takes one record of one of several logs, and returns the event that this record reports, with names, and with
/// its further events in `others`; `OOMPARSE_RESULT_ABSENT` and NULL if it reports none.
///
/// For filters of a log pipeline, which answer each record before they get the next one: no kill waits for a
/// further line. The record is a JSON object, whose values show who wrote its text, or that text alone, if
/// nothing else is known. `seconds` is the record's own time since 1970, or 0: it supplies the year for dates
/// without one, see also `oomparse_options_set_since`. Events that come too late for their record, and those of
/// logs that were closed to make room, go where those of `oomparse_parser_push_keyed` go: they belong to no other
/// record.
///
/// # Lifetime
/// Key and record must stay valid until the call returns. The event belongs to the caller, who must free it with
/// `oomparse_event_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_push_record(
    parser: Option<&oomparse_parser>,
    key: *const c_char,
    key_len: usize,
    record: *const c_char,
    len: usize,
    seconds: u64,
    out_event: Option<&mut MaybeUninit<*mut oomparse_event>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_event)?;
        out.write(std::ptr::null_mut());
        let (key, record) = (bytes(key, key_len)?, one_line(bytes(record, len)?));
        let seconds = Some(seconds).filter(|seconds| *seconds > 0);
        let own = given(parser)?.feed(|inner| take(inner, key, seconds, record))?;
        let own = own.ok_or(oomparse_result::Absent)?;
        out.write(Box::into_raw(Box::new(oomparse_event::owned(own))));
        Ok(())
    })
}

fn take(inner: &mut Inner, key: &[u8], seconds: Option<u64>, record: &[u8]) -> Option<Content> {
    let is_object = record.first() == Some(&b'{');
    let line = if is_object && !inner.places.text.is_empty() {
        let text = String::from_utf8_lossy(record);
        let line = inner.places.line(&Json::of(text.as_bytes())?)?;
        Cow::Owned(line.into_owned())
    } else {
        Cow::Borrowed(record)
    };
    let event = inner.host.take(key, seconds, &line)?;
    // A line of text may also begin with a brace.
    let text = String::from_utf8_lossy(record);
    let has = Json::of(text.as_bytes()).and_then(|record| record.keys());
    let has = has.unwrap_or_default();
    let members = members(&event, KEYS[0], |key| has.iter().any(|known| known == key));
    Some(Content::of_record(event, key, members))
}

/// The members for the record of `oomparse_parser_push_record`, as a JSON object: the event under `oom`, or
/// `oom_event` if the record already has `oom`, and the pod's names under `kubernetes`, in the format of Fluent
/// Bit's own filter, if they are known and the record has no such key. `OOMPARSE_RESULT_ABSENT` if the record has
/// both keys, and for events that were not returned for a record.
///
/// # Lifetime
/// The view ends with the event.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_event_members(
    event: Option<&oomparse_event>,
    out_json: Option<&mut MaybeUninit<oomparse_str>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_json)?;
        out.write(oomparse_str::NONE);
        let members = content(event)?.members().ok_or(oomparse_result::Absent)?;
        out.write(oomparse_str::of(members.as_bytes()));
        Ok(())
    })
}
