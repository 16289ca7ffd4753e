//! The host's own functions, found by their names.

use super::Instance;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::{null, null_mut};

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

pub(super) const LOG_ERROR: c_int = 1;

pub(super) const LOG_WARN: c_int = 2;

pub(super) const LOG_INFO: c_int = 3;

type Log = unsafe extern "C" fn(c_int, *const c_char, c_int, *const c_char, ...);

type GetProperty = unsafe extern "C" fn(*const c_char, *mut Instance) -> *const c_char;

type SetContext = unsafe extern "C" fn(*mut Instance, *mut c_void);

type NameOf = unsafe extern "C" fn(*mut Instance) -> *const c_char;

/// The host's own functions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Host {
    pub(super) get_property: GetProperty,
    pub(super) set_context: SetContext,
    pub(super) name: NameOf,
}

/// A function of the host's program, or null.
pub(super) fn symbol(name: &CStr) -> *mut c_void {
    // SAFETY: a NULL handle is RTLD_DEFAULT on Linux: the program and its libraries are searched. The
    // name ends with a NUL.
    unsafe { dlsym(null_mut(), name.as_ptr()) }
}

impl Host {
    /// The host, if it is one that this filter can run in.
    pub(super) fn find() -> Result<Self, String> {
        // Came with 2.2.0, as cb_pre_run did.
        if symbol(c"flb_output_enable_multi_threading").is_null() {
            return Err(
                "this Fluent Bit is older than 2.2.0, whose filters are laid out otherwise"
                    .to_owned(),
            );
        }
        let found = |name: &CStr| {
            let address = symbol(name);
            (!address.is_null()).then_some(address).ok_or_else(|| {
                format!(
                    "this Fluent Bit does not show its function {}",
                    name.to_string_lossy()
                )
            })
        };
        let get_property = found(c"flb_filter_get_property")?;
        let set_context = found(c"flb_filter_set_context")?;
        let name = found(c"flb_filter_name")?;
        // SAFETY: not null, and declared so in flb_filter.h of every version named above.
        unsafe {
            Ok(Self {
                get_property: std::mem::transmute::<*mut c_void, GetProperty>(get_property),
                set_context: std::mem::transmute::<*mut c_void, SetContext>(set_context),
                name: std::mem::transmute::<*mut c_void, NameOf>(name),
            })
        }
    }

    pub(super) fn property(self, instance: *mut Instance, name: &str) -> Option<String> {
        let name = std::ffi::CString::new(name).ok()?;
        // SAFETY: the instance is the one that the host called us with; the answer is null or the
        // instance's own text, which is copied at once.
        let value = unsafe { (self.get_property)(name.as_ptr(), instance) };
        text(value)
    }
}

pub(super) fn text(at: *const c_char) -> Option<String> {
    if at.is_null() {
        return None;
    }
    // SAFETY: texts of the host end with a NUL (flb_sds_t) and stay while the callback runs.
    Some(unsafe { CStr::from_ptr(at) }.to_string_lossy().into_owned())
}

/// Says something in the host's log, or on stderr.
pub(super) fn say(level: c_int, sentence: &str) {
    let address = symbol(c"flb_log_print");
    let line = format!("[filter:oomparse] {sentence}");
    match std::ffi::CString::new(line) {
        Ok(line) if !address.is_null() => {
            // SAFETY: `void flb_log_print(int, const char *, int, const char *, ...)` in flb_log.h; the
            // text goes in by "%s".
            unsafe {
                let log = std::mem::transmute::<*mut c_void, Log>(address);
                log(level, null(), 0, c"%s".as_ptr(), line.as_ptr());
            }
        }
        _ => eprintln!("[filter:oomparse] {sentence}"),
    }
}
