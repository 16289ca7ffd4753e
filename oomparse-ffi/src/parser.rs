//! `oomparse_parser`: lines in, events out.
#![allow(unsafe_code, reason = "export attributes")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the comments are C's: what a caller owes stands under Lifetime"
)]

use crate::content::Content;
use crate::event::oomparse_event;
use crate::guard::{Done, given, guard, quietly};
use crate::options::oomparse_options;
use crate::pods::oomparse_pods;
use crate::result::oomparse_result;
use crate::str::bytes;
use oomparse_core::Parser;
use oomparse_host::{Host, Names as _, Places, Pods};
use std::collections::VecDeque;
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// Reads log lines and returns events.
///
/// Threads: any thread may use it at any time; calls with one parser wait for each other. A parser may be
/// created, used and freed on different threads.
///
/// Memory is bounded, whatever the log contains.
#[derive(Debug)]
pub struct oomparse_parser(Mutex<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    /// The log without a key.
    pub(crate) main: Parser,
    /// The logs with a key.
    pub(crate) host: Host<Option<Arc<Pods>>>,
    pub(crate) places: Places,
    callback: Option<Callback>,
    events: VecDeque<Content>,
    max_events: usize,
    dropped: u64,
    /// Handles of past callbacks, which are used again: a late use of one returns an error.
    #[allow(clippy::vec_box, reason = "a handle must keep its address")]
    handles: Vec<Box<oomparse_event>>,
}

/// Receives an event as soon as it is complete, on the thread whose call completed it.
///
/// It may call any function, also with this parser, except that it must not free the parser. It must return
/// normally: no C++ exception, no longjmp. If several threads push to one parser, it may run on several of them
/// at the same time.
///
/// # Lifetime The event ends when the callback returns. If it is used later, while the parser exists, functions
/// return `OOMPARSE_RESULT_EVENT_OVER`. `oomparse_event_clone` makes a lasting copy.
pub type oomparse_event_callback = Option<extern "C" fn(user: *mut c_void, event: &oomparse_event)>;

#[derive(Clone, Copy, Debug)]
struct Callback {
    call: extern "C" fn(*mut c_void, &oomparse_event),
    /// The pointer's address; never dereferenced here.
    user: usize,
}

impl oomparse_parser {
    pub(crate) fn lock(&self) -> Done<MutexGuard<'_, Inner>> {
        self.0.lock().map_err(|_| oomparse_result::Poisoned)
    }

    /// Feeds the parser, and then emits its events.
    #[inline]
    pub(crate) fn feed<T>(&self, feed: impl FnOnce(&mut Inner) -> T) -> Done<T> {
        let mut inner = self.lock()?;
        let fed = feed(&mut inner);
        inner.collect();
        if inner.callback.is_some() && !inner.events.is_empty() {
            self.call_back(inner)?;
        }
        Ok(fed)
    }

    /// Passes the events to the callback, which may use the parser itself.
    #[cold]
    fn call_back<'p>(&'p self, mut inner: MutexGuard<'p, Inner>) -> Done {
        while let Some(callback) = inner.callback
            && let Some(content) = inner.events.pop_front()
        {
            let mut handle = inner.handles.pop().unwrap_or_default();
            handle.begin(content);
            drop(inner);
            (callback.call)(
                std::ptr::with_exposed_provenance_mut(callback.user),
                &handle,
            );
            handle.end();
            inner = self.lock()?;
            inner.handles.push(handle);
        }
        Ok(())
    }
}

impl Inner {
    #[inline]
    fn collect(&mut self) {
        while let Some(mut event) = self.main.next_event() {
            let is_of_last_line = self.main.last_line_reports(&event);
            self.host.names_mut().name(&mut event);
            self.keep(Content::new(event, None, is_of_last_line));
        }
        if self.host.has_events() {
            self.collect_keyed();
        }
    }

    #[cold]
    fn collect_keyed(&mut self) {
        while let Some((key, event)) = self.host.next_event(None) {
            let is_of_last_line = self.host.last_line_reports(&key, &event);
            self.keep(Content::new(event, Some(key), is_of_last_line));
        }
    }

    #[cold]
    fn keep(&mut self, content: Content) {
        if self.callback.is_none() && self.events.len() >= self.max_events {
            self.events.pop_front();
            self.dropped = self.dropped.saturating_add(1);
        }
        self.events.push_back(content);
    }
}

/// A parser with these options, or with the default ones if `options` is NULL.
///
/// # Lifetime
/// The parser belongs to the caller, who must free it with `oomparse_parser_free`. The options may be freed at
/// once.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_new(
    options: Option<&oomparse_options>,
    out_parser: Option<&mut MaybeUninit<*mut oomparse_parser>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_parser)?;
        out.write(std::ptr::null_mut());
        let options = options.cloned().unwrap_or_default();
        let mut host = Host::new(options.parser.clone(), None);
        host.set_max_streams(options.max_streams);
        host.set_since(options.since);
        host.keep_late(options.max_events);
        let inner = Inner {
            main: Parser::with_options(options.parser),
            host,
            places: options.places,
            callback: None,
            events: VecDeque::new(),
            max_events: options.max_events,
            dropped: 0,
            handles: Vec::new(),
        };
        out.write(Box::into_raw(Box::new(oomparse_parser(Mutex::new(inner)))));
        Ok(())
    })
}

/// Frees a parser; NULL is allowed. Open reports are dropped: call `oomparse_parser_finish` before.
///
/// # Lifetime
/// Ends the parser, and the events that its callbacks got. Events from `oomparse_parser_next_event` stay valid.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_free(parser: Option<Box<oomparse_parser>>) {
    quietly((), || drop(parser));
}

/// Sets a callback that gets the events; with NULL, they wait for `oomparse_parser_next_event` again.
///
/// # Lifetime
/// `user` is passed on and never dereferenced; it must stay valid as long as the callback uses it.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_set_callback(
    parser: Option<&oomparse_parser>,
    callback: oomparse_event_callback,
    user: *mut c_void,
) -> oomparse_result {
    guard(|| {
        given(parser)?.lock()?.callback = callback.map(|call| Callback {
            call,
            user: user.expose_provenance(),
        });
        Ok(())
    })
}

/// Adds the names of pods and containers to events; with NULL, no longer.
///
/// # Lifetime
/// The parser keeps the table alive: the caller may free `pods` at any time, and may change it and pass it to
/// other parsers meanwhile.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_set_pods(
    parser: Option<&oomparse_parser>,
    pods: Option<&oomparse_pods>,
) -> oomparse_result {
    guard(|| {
        *given(parser)?.lock()?.host.names_mut() = pods.map(oomparse_pods::share);
        Ok(())
    })
}

/// Takes one line, without its line end (one `\n` at the end is removed).
///
/// # Lifetime
/// The line must stay valid until the call returns; it is not kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_push(
    parser: Option<&oomparse_parser>,
    line: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let line = one_line(bytes(line, len)?);
        given(parser)?.feed(|inner| _ = inner.main.push_line(line))
    })
}

/// Takes the next bytes of a log, cut anywhere.
///
/// # Lifetime
/// The bytes must stay valid until the call returns; they are not kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_push_chunk(
    parser: Option<&oomparse_parser>,
    chunk: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let chunk = bytes(chunk, len)?;
        given(parser)?.feed(|inner| _ = inner.main.push_chunk(chunk))
    })
}

/// Takes one line of one of several mixed logs. The key is any bytes: a file's name, a tag.
///
/// # Lifetime
/// Line and key must stay valid until the call returns. A copy of the key stays with its events.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_push_keyed(
    parser: Option<&oomparse_parser>,
    key: *const c_char,
    key_len: usize,
    line: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let (key, line) = (bytes(key, key_len)?, one_line(bytes(line, len)?));
        given(parser)?.feed(|inner| _ = inner.host.push(key, line))
    })
}

/// Takes the next bytes of one of several logs, cut anywhere.
///
/// # Lifetime
/// Bytes and key must stay valid until the call returns. A copy of the key stays with its events.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_push_chunk_keyed(
    parser: Option<&oomparse_parser>,
    key: *const c_char,
    key_len: usize,
    chunk: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let (key, chunk) = (bytes(key, key_len)?, bytes(chunk, len)?);
        given(parser)?.feed(|inner| _ = inner.host.push_chunk(key, chunk))
    })
}

/// Ends the log: emits what is open. The parser can then be used for another log.
///
/// # Lifetime
/// Does not end any object.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_finish(parser: Option<&oomparse_parser>) -> oomparse_result {
    guard(|| {
        given(parser)?.feed(|inner| {
            inner.main.finish();
            inner.host.finish();
        })
    })
}

/// Ends one of several logs: no more of its lines come.
///
/// # Lifetime
/// The key must stay valid until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_finish_keyed(
    parser: Option<&oomparse_parser>,
    key: *const c_char,
    key_len: usize,
) -> oomparse_result {
    guard(|| {
        let key = bytes(key, key_len)?;
        given(parser)?.feed(|inner| inner.host.finish_stream(key))
    })
}

/// The next complete event, in the order of completion; `OOMPARSE_RESULT_ABSENT` and NULL if there is none.
///
/// # Lifetime
/// The event belongs to the caller, who must free it with `oomparse_event_free`; it may outlive the parser.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_next_event(
    parser: Option<&oomparse_parser>,
    out_event: Option<&mut MaybeUninit<*mut oomparse_event>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_event)?;
        out.write(std::ptr::null_mut());
        let content = given(parser)?.lock()?.events.pop_front();
        let content = content.ok_or(oomparse_result::Absent)?;
        out.write(Box::into_raw(Box::new(oomparse_event::owned(content))));
        Ok(())
    })
}

/// Whether ordinary lines matter now, because a report is being printed. While they do not, only lines for which
/// `oomparse_line_is_candidate` is true need to be pushed, and the line right before one that begins with a
/// blank.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_wants_every_line(
    parser: Option<&oomparse_parser>,
    out_wants: Option<&mut MaybeUninit<bool>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_wants)?;
        out.write(given(parser)?.lock()?.main.wants_every_line());
        Ok(())
    })
}

/// The same for one of several logs.
///
/// # Lifetime
/// The key must stay valid until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_parser_wants_every_line_keyed(
    parser: Option<&oomparse_parser>,
    key: *const c_char,
    key_len: usize,
    out_wants: Option<&mut MaybeUninit<bool>>,
) -> oomparse_result {
    guard(|| {
        let (key, out) = (bytes(key, key_len)?, given(out_wants)?);
        out.write(given(parser)?.lock()?.host.wants(key, &[]));
        Ok(())
    })
}

/// How many events were dropped because nobody took them.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_parser_dropped_events(
    parser: Option<&oomparse_parser>,
    out_dropped: Option<&mut MaybeUninit<u64>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_dropped)?;
        out.write(given(parser)?.lock()?.dropped);
        Ok(())
    })
}

/// Whether a line can open a report or make an event alone: the search that comes before everything else.
/// Allocates nothing; a line that is NULL or too long is not a candidate.
///
/// # Lifetime
/// The line must stay valid until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_line_is_candidate(line: *const c_char, len: usize) -> bool {
    static SIEVE: OnceLock<Parser> = OnceLock::new();
    quietly(true, || match bytes(line, len) {
        Ok(line) => SIEVE.get_or_init(Parser::new).is_candidate(line),
        Err(_) => false,
    })
}

pub(crate) fn one_line(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_may_cross_threads() {
        fn is_sync<T: Send + Sync>() {}
        is_sync::<Mutex<Inner>>();
        is_sync::<oomparse_parser>();
        is_sync::<oomparse_event>();
        is_sync::<oomparse_pods>();
    }
}
