//! `oomparse_options`: the options of a parser.
#![allow(unsafe_code, reason = "export attributes")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the comments are C's: what a caller owes stands under Lifetime"
)]

use crate::guard::{given, guard, quietly};
use crate::result::oomparse_result;
use crate::str::bytes;
use oomparse_core::{Accept, Daemon, Options, limits::MAX_STREAMS};
use oomparse_host::Places;
use std::ffi::c_char;
use std::mem::MaybeUninit;

/// How many events may wait to be taken; beyond that the oldest is dropped and counted.
const MAX_EVENTS: usize = 1 << 16;

/// The options of a parser.
#[derive(Clone, Debug)]
pub struct oomparse_options {
    pub(crate) parser: Options,
    pub(crate) max_streams: usize,
    pub(crate) max_events: usize,
    /// The keys under which records have their text.
    pub(crate) places: Places,
    /// The time from which kills are emitted, in seconds since 1970.
    pub(crate) since: u64,
}

impl Default for oomparse_options {
    fn default() -> Self {
        Self {
            parser: Options::default(),
            max_streams: MAX_STREAMS,
            max_events: MAX_EVENTS,
            places: Places::default(),
            since: 0,
        }
    }
}

/// Which text may become events.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum oomparse_trust {
    /// Also text that shows no author: plain dmesg output, a paste. The default.
    Any = 1,
    /// Only text that its frame shows to be the kernel's.
    Kernel = 2,
}

/// Default options.
///
/// # Lifetime
/// The options belong to the caller, who must free them with `oomparse_options_free`. A parser copies what it
/// needs.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_options_new(
    out_options: Option<&mut MaybeUninit<*mut oomparse_options>>,
) -> oomparse_result {
    guard(|| {
        given(out_options)?.write(Box::into_raw(Box::default()));
        Ok(())
    })
}

/// Frees options; NULL is allowed.
///
/// # Lifetime
/// Ends the options.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_options_free(options: Option<Box<oomparse_options>>) {
    quietly((), || drop(options));
}

/// Whether events contain the task table. By default they do not.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_options_set_tasks(
    options: Option<&mut oomparse_options>,
    tasks: bool,
) -> oomparse_result {
    guard(|| {
        given(options)?.parser.tasks = tasks;
        Ok(())
    })
}

/// The year for prefixes that show none, 1970 to 9999; 0 for none.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_options_set_year(
    options: Option<&mut oomparse_options>,
    year: u16,
) -> oomparse_result {
    guard(|| {
        let options = given(options)?;
        options.parser.year = match year {
            0 => None,
            1970..=9999 => Some(year),
            _ => return Err(oomparse_result::InvalidValue),
        };
        Ok(())
    })
}

/// The time zone for prefixes that show none, in minutes east of UTC, -1439 to 1439.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_options_set_utc_offset(
    options: Option<&mut oomparse_options>,
    minutes: i16,
) -> oomparse_result {
    guard(|| {
        let options = given(options)?;
        if !(-1439..=1439).contains(&minutes) {
            return Err(oomparse_result::InvalidValue);
        }
        options.parser.utc_offset_minutes = Some(minutes);
        Ok(())
    })
}

/// The machine's name for prefixes that show none; length 0 for none.
///
/// # Lifetime
/// Copies the name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_options_set_host(
    options: Option<&mut oomparse_options>,
    host: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let host = bytes(host, len)?;
        given(options)?.parser.host = (!host.is_empty()).then(|| host.to_vec());
        Ok(())
    })
}

/// The boot id for carriers that show none; length 0 for none.
///
/// # Lifetime
/// Copies the id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_options_set_boot_id(
    options: Option<&mut oomparse_options>,
    boot_id: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let boot_id = bytes(boot_id, len)?;
        given(options)?.parser.boot_id = (!boot_id.is_empty()).then(|| boot_id.to_vec());
        Ok(())
    })
}

/// Adds a cgroup below which a cluster runs, for example a rootless one: pods there are pods. It begins with a
/// slash, as the kernel prints it.
///
/// # Lifetime
/// Copies the path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_options_add_cgroup_root(
    options: Option<&mut oomparse_options>,
    root: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let root = bytes(root, len)?;
        let is_path = given(options)?.parser.cgroup_roots.add(root);
        is_path.then_some(()).ok_or(oomparse_result::InvalidValue)
    })
}

/// Which text may become events: a number of `oomparse_trust`.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_options_set_trust(
    options: Option<&mut oomparse_options>,
    trust: u32,
) -> oomparse_result {
    guard(|| {
        let options = given(options)?;
        let accept = match trust {
            trust if trust == oomparse_trust::Any as u32 => Accept::ANY,
            trust if trust == oomparse_trust::Kernel as u32 => Accept::KERNEL,
            _ => return Err(oomparse_result::InvalidValue),
        };
        options.parser.accept = accept.and_daemons_of(options.parser.accept);
        Ok(())
    })
}

/// Adds a daemon whose lines are read besides the kernel's, by its name, for example `systemd-oomd`; `all` for
/// all daemons. Their events have the types `userspace_kill`, `eviction` and `notice`.
///
/// # Lifetime
/// Copies the name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_options_add_source(
    options: Option<&mut oomparse_options>,
    name: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let name = bytes(name, len)?;
        let accept = &mut given(options)?.parser.accept;
        *accept = with_source(*accept, name)?;
        Ok(())
    })
}

/// What is accepted after one more daemon was added.
fn with_source(accept: Accept, name: &[u8]) -> Result<Accept, oomparse_result> {
    match name {
        b"all" => Ok(accept.and_all_daemons()),
        name => Ok(accept.and(daemon(name)?)),
    }
}

/// The author of the log, if its lines show none: a daemon's name; length 0 for none.
///
/// # Lifetime
/// Copies the name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_options_set_origin(
    options: Option<&mut oomparse_options>,
    name: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let name = bytes(name, len)?;
        given(options)?.parser.origin = match name {
            [] => None,
            name => Some(daemon(name)?),
        };
        Ok(())
    })
}

fn daemon(name: &[u8]) -> Result<Daemon, oomparse_result> {
    std::str::from_utf8(name)
        .ok()
        .and_then(Daemon::from_name)
        .ok_or(oomparse_result::InvalidValue)
}

/// How many keyed streams are kept at a time, 1 to 1024 (the default); beyond that, the stream that was silent
/// longest is finished.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_options_set_max_streams(
    options: Option<&mut oomparse_options>,
    max: usize,
) -> oomparse_result {
    guard(|| {
        let options = given(options)?;
        if !(1..=MAX_STREAMS).contains(&max) {
            return Err(oomparse_result::InvalidValue);
        }
        options.max_streams = max;
        Ok(())
    })
}

/// How many events wait for `oomparse_parser_next_event` at a time, 1 to 65536 (the default); beyond that the
/// oldest is dropped and counted, see `oomparse_parser_dropped_events`.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_options_set_max_events(
    options: Option<&mut oomparse_options>,
    max: usize,
) -> oomparse_result {
    guard(|| {
        let options = given(options)?;
        if !(1..=MAX_EVENTS).contains(&max) {
            return Err(oomparse_result::InvalidValue);
        }
        options.max_events = max;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_known_by_name_and_outlast_the_trust() {
        let earlyoom = Accept::ANY.and(Daemon::EarlyOom);
        assert_eq!(with_source(Accept::ANY, b"earlyoom"), Ok(earlyoom));
        assert_eq!(
            with_source(Accept::ANY, b"all"),
            Ok(Accept::ANY.and_all_daemons())
        );
        for name in [&b""[..], b"sh", b"kernel", b"\xff"] {
            let wrong = Err(oomparse_result::InvalidValue);
            assert_eq!(with_source(Accept::ANY, name), wrong, "{name:?}");
        }
        let mut options = oomparse_options::default();
        options.parser.accept = earlyoom;
        let set = oomparse_options_set_trust(Some(&mut options), oomparse_trust::Kernel as u32);
        assert_eq!(set, oomparse_result::Ok);
        assert_eq!(options.parser.accept, Accept::KERNEL.and(Daemon::EarlyOom));
    }
}
