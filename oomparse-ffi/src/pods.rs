//! `oomparse_pods`: names of pods and containers.
#![allow(unsafe_code, reason = "export attributes")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the comments are C's: what a caller owes stands under Lifetime"
)]

use crate::guard::{Done, given, guard, quietly};
use crate::result::oomparse_result;
use crate::str::{bytes, fill, oomparse_str, text};
use ::oomparse_pods::{PodTable, learn};
use oomparse_core::{PodLookup, PodNames, PodSource};
use oomparse_host::{Loaded, Pods};
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::{Arc, MutexGuard};

/// Names of pods by their uids and of containers by their ids, bounded in size.
///
/// Threads: any number of threads may use one table at the same time; calls wait for each other.
#[derive(Debug, Default)]
pub struct oomparse_pods(Arc<Pods>);

impl oomparse_pods {
    pub(crate) fn share(&self) -> Arc<Pods> {
        Arc::clone(&self.0)
    }

    pub(crate) fn table(&self) -> MutexGuard<'_, PodTable> {
        self.0.table()
    }
}

/// The result of reading a listing of pods.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oomparse_loaded {
    /// Records added.
    pub records: usize,
    /// Records or rows skipped: no valid uid, no valid name.
    pub skipped: usize,
    /// The first error, NUL-terminated; empty if there was none. Everything else that could be read was added.
    pub message: [c_char; 256],
}

/// Names from a table.
#[derive(Debug)]
pub struct oomparse_names {
    texts: [Option<String>; 7],
}

impl oomparse_names {
    /// In the order of [`oomparse_name`].
    fn of(pod: &PodNames<'_>, container: Option<&str>, uid: Option<String>) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self {
            texts: [
                own(pod.namespace),
                own(pod.name),
                own(pod.node),
                own(pod.owner),
                own(container),
                uid,
                own(pod.source.map(PodSource::as_str)),
            ],
        }
    }

    /// For the caller, who frees it.
    fn into_raw(self) -> *mut Self {
        Box::into_raw(Box::new(self))
    }
}

/// A name in `oomparse_names`. A number is never reused for another meaning; new ones may be added.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum oomparse_name {
    /// Kubernetes namespace.
    Namespace = 1,
    /// Pod name.
    Pod = 2,
    /// Node name.
    Node = 3,
    /// `Kind/name` of the controller.
    Owner = 4,
    /// The container's name in its pod.
    Container = 5,
    /// The pod's uid, if a container's id was looked up.
    PodUid = 6,
    /// The source of the names.
    Source = 7,
}

/// An empty table.
///
/// # Lifetime
/// The table belongs to the caller, who must free it with `oomparse_pods_free`.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_pods_new(
    out_pods: Option<&mut MaybeUninit<*mut oomparse_pods>>,
) -> oomparse_result {
    guard(|| {
        given(out_pods)?.write(Box::into_raw(Box::default()));
        Ok(())
    })
}

/// Frees a table; NULL is allowed. Parsers that got it keep its contents.
///
/// # Lifetime
/// Ends the table. Names obtained from it stay valid.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_pods_free(pods: Option<Box<oomparse_pods>>) {
    quietly((), || drop(pods));
}

/// Sets which labels later records keep: keys separated by commas, `*` for all, empty for none.
///
/// # Lifetime
/// Copies the keys.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_pods_keep_labels(
    pods: Option<&oomparse_pods>,
    keys: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let keys: Vec<&str> = text(keys, len)?
            .split(',')
            .map(str::trim)
            .filter(|key| !key.is_empty())
            .collect();
        given(pods)?.table().keep_labels(&keys);
        Ok(())
    })
}

/// Adds a listing in any format that oomparse reads: JSON of kubectl, crictl or the kubelet, NDJSON, CSV,
/// kubectl's columns, names of log directories. `out_loaded` may be NULL.
///
/// `OOMPARSE_RESULT_BAD_LISTING` if there was an error in it; the rest was added.
///
/// # Lifetime
/// The bytes must stay valid until the call returns; they are not kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_pods_load(
    pods: Option<&oomparse_pods>,
    listing: *const c_char,
    len: usize,
    out_loaded: Option<&mut MaybeUninit<oomparse_loaded>>,
) -> oomparse_result {
    guard(|| {
        let listing = bytes(listing, len)?;
        let loaded = given(pods)?.table().load(listing);
        let loaded = Loaded {
            records: loaded.records,
            skipped: loaded.skipped,
            trouble: loaded.error.map(|error| error.to_string()),
            unread: false,
        };
        report(&loaded, out_loaded)
    })
}

/// Adds what is at a path (UTF-8, not NUL-terminated): a listing in any format, or a directory such as
/// `/var/log/pods` or `/var/log/containers`. `out_loaded` may be NULL.
///
/// # Lifetime
/// The path must stay valid until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_pods_load_path(
    pods: Option<&oomparse_pods>,
    path: *const c_char,
    len: usize,
    out_loaded: Option<&mut MaybeUninit<oomparse_loaded>>,
) -> oomparse_result {
    guard(|| {
        let path = Path::new(text(path, len)?);
        report(&given(pods)?.0.load_path(path), out_loaded)
    })
}

/// The same; and if an event's pod is unknown, the path is read again if it looks changed. So a parser with this
/// table also names pods that appeared later, however short they lived. `out_loaded` may be NULL; the path may
/// not be readable yet.
///
/// # Lifetime
/// The path must stay valid until the call returns; the table keeps a copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_pods_follow_path(
    pods: Option<&oomparse_pods>,
    path: *const c_char,
    len: usize,
    out_loaded: Option<&mut MaybeUninit<oomparse_loaded>>,
) -> oomparse_result {
    guard(|| {
        let path = Path::new(text(path, len)?);
        report(&given(pods)?.0.follow(path), out_loaded)
    })
}

fn report(loaded: &Loaded, out: Option<&mut MaybeUninit<oomparse_loaded>>) -> Done {
    if let Some(out) = out {
        let mut message = [0; 256];
        fill(
            &mut message,
            loaded.trouble.as_deref().unwrap_or_default().as_bytes(),
        );
        out.write(oomparse_loaded {
            records: loaded.records,
            skipped: loaded.skipped,
            message,
        });
    }
    match loaded.trouble {
        None => Ok(()),
        Some(_) if loaded.unread => Err(oomparse_result::Io),
        Some(_) => Err(oomparse_result::BadListing),
    }
}

/// Learns names from a log line of a daemon (`kubelet`, `containerd`, `crio`, `dockerd`, `cri-dockerd`, `k3s`,
/// `rke2`) without its prefix; `OOMPARSE_RESULT_ABSENT` if it contains none.
///
/// Anybody may write such text to a log: the log's own frame must prove the daemon's name.
///
/// # Lifetime
/// Name and line must stay valid until the call returns; they are not kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_pods_learn(
    pods: Option<&oomparse_pods>,
    daemon: *const c_char,
    daemon_len: usize,
    line: *const c_char,
    len: usize,
) -> oomparse_result {
    guard(|| {
        let (daemon, line) = (bytes(daemon, daemon_len)?, bytes(line, len)?);
        let mut table = given(pods)?.table();
        learn(&mut table, daemon, line)
            .then_some(())
            .ok_or(oomparse_result::Absent)
    })
}

/// How many pods and containers have an entry.
///
/// # Lifetime
/// Keeps nothing.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_pods_len(
    pods: Option<&oomparse_pods>,
    out_pods: Option<&mut MaybeUninit<usize>>,
    out_containers: Option<&mut MaybeUninit<usize>>,
) -> oomparse_result {
    guard(|| {
        let (out_pods, out_containers) = (given(out_pods)?, given(out_containers)?);
        let table = given(pods)?.table();
        out_pods.write(table.pods());
        out_containers.write(table.containers());
        Ok(())
    })
}

/// Looks up a pod by its uid, in any spelling; `OOMPARSE_RESULT_ABSENT` and NULL if it is unknown.
///
/// # Lifetime
/// The names belong to the caller and stay valid when the table changes; free them with `oomparse_names_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_pods_lookup(
    pods: Option<&oomparse_pods>,
    uid: *const c_char,
    len: usize,
    out_names: Option<&mut MaybeUninit<*mut oomparse_names>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_names)?;
        out.write(std::ptr::null_mut());
        let uid = text(uid, len)?;
        let mut table = given(pods)?.table();
        let pod = table.pod(uid).ok_or(oomparse_result::Absent)?;
        out.write(oomparse_names::of(&pod, None, None).into_raw());
        Ok(())
    })
}

/// Looks up a container by its id, of which at least 12 digits are needed; `OOMPARSE_RESULT_ABSENT` and NULL if
/// it is unknown.
///
/// # Lifetime
/// The names belong to the caller and stay valid when the table changes; free them with `oomparse_names_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_pods_lookup_container(
    pods: Option<&oomparse_pods>,
    id: *const c_char,
    len: usize,
    out_names: Option<&mut MaybeUninit<*mut oomparse_names>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_names)?;
        out.write(std::ptr::null_mut());
        let id = text(id, len)?;
        let mut table = given(pods)?.table();
        let found = table.container(id).ok_or(oomparse_result::Absent)?;
        let uid = found.pod_uid.map(String::from);
        out.write(oomparse_names::of(&found.pod, found.name, uid).into_raw());
        Ok(())
    })
}

/// One of the names, a number of `oomparse_name`; `OOMPARSE_RESULT_ABSENT` if the table did not know it.
///
/// # Lifetime
/// The view ends with the names.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_names_get(
    names: Option<&oomparse_names>,
    name: u32,
    out_value: Option<&mut MaybeUninit<oomparse_str>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_value)?;
        out.write(oomparse_str::NONE);
        let index = (name as usize).wrapping_sub(1);
        let text = given(names)?.texts.get(index);
        let text = text.ok_or(oomparse_result::UnknownField)?;
        let text = text.as_deref().ok_or(oomparse_result::Absent)?;
        out.write(oomparse_str::of(text.as_bytes()));
        Ok(())
    })
}

/// Frees names; NULL is allowed.
///
/// # Lifetime
/// Ends the names and the views into them.
#[unsafe(no_mangle)]
pub extern "C" fn oomparse_names_free(names: Option<Box<oomparse_names>>) {
    quietly((), || drop(names));
}
