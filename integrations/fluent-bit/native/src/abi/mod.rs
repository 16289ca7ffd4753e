//! What Fluent Bit sees: the exported struct and its callbacks. The only unsafe code of the crate.
//!
//! Layouts and rules are those of Fluent Bit's `include/fluent-bit/flb_filter.h` and `flb_kv.h`,
//! `src/flb_filter.c` (`flb_filter_do`, `flb_filter_init`) and `src/flb_plugin.c` (`flb_plugin_load`), read
//! at 2.2.0, 3.0.0, 3.1.9, 3.2.0, 4.0.0, 4.2.0 and 5.1.1:
//!
//! * `flb_plugin_load` copies the struct that `filter_oomparse_plugin` names. From 2.2.0 on its fields
//!   are the same up to `cb_exit`; 3.2.0 put `cb_notification` before the list head, which an older host
//!   takes for the list head and overwrites. Up to 2.1 there was no `cb_pre_run`, so there `cb_init`'s
//!   place holds our `cb_pre_run`, which looks for a function that came with 2.2.0 and refuses.
//! * `cb_filter` answers 1 with a buffer that the host `free`s, or 2. The host counts the new records.
//! * The host is asked for options, and given the context, by its own functions, found with `dlsym`; the
//!   instance's layout is looked at for the names of options alone, and only after it proved to be as
//!   expected.
#![allow(unsafe_code, reason = "Fluent Bit calls C functions with C pointers")]

mod host;

use self::host::{Host, LOG_ERROR, LOG_INFO, LOG_WARN, say, text};
use crate::filter::Filter;
use crate::settings::Settings;
use std::ffi::{c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::Mutex;

const MODIFIED: c_int = 1;
const NOT_TOUCHED: c_int = 2;
const LOGS: c_int = 1;

type Instance = c_void;
type Config = c_void;
type Init = unsafe extern "C" fn(*mut Instance, *mut Config, *mut c_void) -> c_int;
type Exit = unsafe extern "C" fn(*mut c_void, *mut Config) -> c_int;
type OnChunk = unsafe extern "C" fn(
    *const c_void,
    usize,
    *const c_char,
    c_int,
    *mut *mut c_void,
    *mut usize,
    *mut Instance,
    *mut c_void,
    *mut c_void,
    *mut Config,
) -> c_int;

/// `struct flb_filter_plugin`.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Plugin {
    event_type: c_int,
    flags: c_int,
    name: *const c_char,
    description: *const c_char,
    config_map: *mut c_void,
    pre_run: Option<Init>,
    init: Option<Init>,
    filter: Option<OnChunk>,
    exit: Option<Exit>,
    notification: Option<Init>,
    head: List,
}

/// `struct mk_list`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct List {
    prev: *mut List,
    next: *mut List,
}

/// `struct flb_kv`.
#[repr(C)]
#[derive(Debug)]
struct KeyValue {
    key: *const c_char,
    value: *const c_char,
    head: List,
}

// SAFETY: nothing in it is ever written; the host works on its copy.
unsafe impl Sync for Plugin {}

/// What Fluent Bit looks up in `flb-filter_oomparse.so`.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "the host's name for it")]
pub(crate) static filter_oomparse_plugin: Plugin = Plugin {
    event_type: LOGS,
    flags: 0,
    name: c"oomparse".as_ptr(),
    description: c"OOM kills as events, with the names of pods".as_ptr(),
    // No map: its layout changed between versions, and the options are checked here.
    config_map: null_mut(),
    pre_run: Some(pre_run),
    init: Some(init),
    filter: Some(filter),
    exit: Some(exit),
    notification: None,
    head: List {
        prev: null_mut(),
        next: null_mut(),
    },
};

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
}

/// The context that the host keeps for an instance.
struct Context {
    filter: Mutex<Filter>,
}

/// Called first, by hosts from 2.2.0 on; in older ones it stands where `cb_init` is looked for.
unsafe extern "C" fn pre_run(_: *mut Instance, _: *mut Config, _: *mut c_void) -> c_int {
    match Host::find() {
        Ok(_) => 0,
        Err(sentence) => {
            say(LOG_ERROR, &sentence);
            -1
        }
    }
}

unsafe extern "C" fn init(instance: *mut Instance, _: *mut Config, data: *mut c_void) -> c_int {
    let made = catch_unwind(|| {
        let host = Host::find()?;
        if instance.is_null() {
            return Err("the host gave no instance".to_owned());
        }
        make(host, instance, data)
    });
    match made {
        Ok(Ok(())) => 0,
        Ok(Err(sentence)) => {
            say(LOG_ERROR, &sentence);
            -1
        }
        Err(_) => {
            say(LOG_ERROR, "a bug in oomparse; please report it");
            -1
        }
    }
}

fn make(host: Host, instance: *mut Instance, data: *mut c_void) -> Result<(), String> {
    let settings = Settings::read(|name| host.property(instance, name))?;
    let (filter, complaints) = Filter::new(settings);
    for complaint in &complaints {
        say(LOG_WARN, complaint);
    }
    let pods = filter.known_pods();
    let context = Box::into_raw(Box::new(Context {
        filter: Mutex::new(filter),
    }));
    // SAFETY: the host's own function for its own instance.
    unsafe { (host.set_context)(instance, context.cast()) };
    match option_names(instance, context.cast(), data) {
        Some(names) => {
            if let Some(name) = Settings::unknown(names.iter().map(String::as_str)) {
                // SAFETY: made above; the host calls `cb_exit` for a context that is not null alone.
                unsafe {
                    (host.set_context)(instance, null_mut());
                    drop(Box::from_raw(context));
                }
                let known = crate::settings::OPTIONS.join(", ");
                return Err(format!(
                    "`{name}` is not an option of this filter; there are {known}"
                ));
            }
        }
        None => say(
            LOG_WARN,
            "the host's instances are laid out otherwise than known: names of options are not checked",
        ),
    }
    // SAFETY: as above; the name is the instance's own.
    let name = text(unsafe { (host.name)(instance) }).unwrap_or_default();
    say(
        LOG_INFO,
        &format!(
            "{name}: oomparse {}, {pods} pods known",
            env!("CARGO_PKG_VERSION")
        ),
    );
    Ok(())
}

/// The names of the options that were given, if the instance is laid out as expected.
///
/// `context`, `data`, the plugin and the list of options stand one after the other. The context was set
/// just now through the host's own function, so that its place shows where they are.
fn option_names(
    instance: *mut Instance,
    context: *mut c_void,
    data: *mut c_void,
) -> Option<Vec<String>> {
    // Four numbers or two, name[32], alias, match and perhaps a regex and a parent stand before the
    // context; cmetrics, metrics and a pipe after the options: 26 words are within every instance.
    const WORDS: usize = 26;
    let words = instance.cast::<*mut c_void>();
    // SAFETY: an instance is longer than this, and aligned for pointers.
    let word = |at: usize| unsafe { words.add(at).read() };
    let at = (4..WORDS - 4).find(|at| word(*at) == context && word(at + 1) == data)?;
    let plugin = word(at + 2).cast::<Plugin>();
    if plugin.is_null() || !plugin.is_aligned() {
        return None;
    }
    // SAFETY: the third of the three neighbours is the host's copy of our struct; its name and callback
    // are compared with ours before anything else is believed.
    let is_ours = unsafe {
        (*plugin).name == filter_oomparse_plugin.name
            && (*plugin).init.map(|init| init as usize) == Some(init as *const () as usize)
    };
    if !is_ours {
        return None;
    }
    // SAFETY: the list's head is within the instance; its entries are the `head` of `struct flb_kv`s,
    // closed to a ring, whose keys end with a NUL.
    unsafe {
        let head = words.add(at + 3).cast::<List>();
        let mut names = Vec::new();
        let mut entry = (*head).next;
        while entry != head && names.len() < 1000 {
            if entry.is_null() {
                return None;
            }
            let pair = entry
                .byte_sub(std::mem::offset_of!(KeyValue, head))
                .cast::<KeyValue>();
            names.push(text((*pair).key)?);
            entry = (*entry).next;
        }
        Some(names)
    }
}

unsafe extern "C" fn filter(
    data: *const c_void,
    size: usize,
    tag: *const c_char,
    tag_len: c_int,
    out_data: *mut *mut c_void,
    out_size: *mut usize,
    _: *mut Instance,
    _: *mut c_void,
    context: *mut c_void,
    _: *mut Config,
) -> c_int {
    if data.is_null() || size == 0 || context.is_null() || out_data.is_null() || out_size.is_null()
    {
        return NOT_TOUCHED;
    }
    // SAFETY: the host gives a chunk of `size` bytes and a tag of `tag_len`, which stay until we return,
    // and the context that `init` set.
    let (chunk, tag, context) = unsafe {
        let tag = match usize::try_from(tag_len) {
            Ok(len) if len > 0 && !tag.is_null() => {
                std::slice::from_raw_parts(tag.cast::<u8>(), len)
            }
            _ => &[],
        };
        (
            std::slice::from_raw_parts(data.cast::<u8>(), size),
            tag,
            &*context.cast::<Context>(),
        )
    };
    // A panic leaves the mutex poisoned: from then on everything goes on untouched.
    let changed = catch_unwind(AssertUnwindSafe(|| {
        let mut filter = context.filter.lock().ok()?;
        let changed = filter.chunk(chunk, tag);
        for event in filter.take_homeless() {
            say(
                LOG_WARN,
                &format!("an event has no record to go to: {event}"),
            );
        }
        changed
    }));
    let changed = match changed {
        Ok(Some(changed)) => changed,
        Ok(None) => return NOT_TOUCHED,
        Err(_) => {
            say(
                LOG_ERROR,
                "a bug in oomparse: from here on records go on as they are; please report it",
            );
            return NOT_TOUCHED;
        }
    };
    if changed.is_empty() {
        // SAFETY: both were checked above. Nothing is left of the chunk.
        unsafe {
            *out_data = null_mut();
            *out_size = 0;
        }
        return MODIFIED;
    }
    // SAFETY: the host frees the buffer with the `free` of the same allocator: both names are bound to
    // the program's, jemalloc's if that is linked in.
    unsafe {
        let buffer = malloc(changed.len());
        if buffer.is_null() {
            return NOT_TOUCHED;
        }
        std::ptr::copy_nonoverlapping(changed.as_ptr(), buffer.cast::<u8>(), changed.len());
        *out_data = buffer;
        *out_size = changed.len();
    }
    MODIFIED
}

unsafe extern "C" fn exit(context: *mut c_void, _: *mut Config) -> c_int {
    if context.is_null() {
        return 0;
    }
    // SAFETY: made by `init`, given back once.
    let context = unsafe { Box::from_raw(context.cast::<Context>()) };
    let told = catch_unwind(AssertUnwindSafe(|| {
        let mut filter = context.filter.lock().ok()?;
        let open = filter.finish();
        for event in filter.take_homeless() {
            say(LOG_INFO, &format!("an event was open at the end: {event}"));
        }
        let counts = filter.counts();
        let sentence = format!(
            "{} events; {} had no record to go to, {open} of them open at the end; {} of {} chunks decoded",
            counts.events, counts.late, counts.decoded, counts.chunks
        );
        say(LOG_INFO, &sentence);
        Some(())
    }));
    drop(context);
    if told.is_ok() { 0 } else { -1 }
}
