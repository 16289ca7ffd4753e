//! `oomparse_cgroup_parse`: the contents of one cgroup path.
#![allow(unsafe_code, reason = "export attributes")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the comments are C's: what a caller owes stands under Lifetime"
)]

use crate::guard::{given, guard};
use crate::result::oomparse_result;
use crate::str::{bytes, fill, oomparse_str};
use oomparse_core::{CgroupDriver, QosClass, Runtime, parse_cgroup_path};
use std::ffi::c_char;
use std::mem::MaybeUninit;

/// The contents of a cgroup path. What the path does not show is NULL or empty.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct oomparse_cgroup {
    /// `cgroupfs` or `systemd`.
    pub driver: oomparse_str,
    /// `Guaranteed`, `Burstable` or `BestEffort`.
    pub qos_class: oomparse_str,
    /// `docker`, `containerd`, `cri-o` or `podman`.
    pub runtime: oomparse_str,
    /// The level of the path itself: `container`, `pod`, `qos`, `kubepods`, `root` or `other`.
    pub level: oomparse_str,
    /// The pod, lower case with hyphens, NUL-terminated.
    pub pod_uid: [c_char; 40],
    /// The container, 12 to 64 hex digits, NUL-terminated.
    pub container_id: [c_char; 72],
    /// The pod is in the cgroup of a container or a machine, whose owner named it.
    pub nested: bool,
}

/// Reads a memory cgroup's path as the kernel prints it. Never fails on any path.
///
/// # Lifetime
/// The path must stay valid until the call returns; it is not kept. The texts are static or belong to the struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn oomparse_cgroup_parse(
    path: *const c_char,
    len: usize,
    out_cgroup: Option<&mut MaybeUninit<oomparse_cgroup>>,
) -> oomparse_result {
    guard(|| {
        let out = given(out_cgroup)?;
        let path = parse_cgroup_path(bytes(path, len)?);
        let word = |word: Option<&'static str>| {
            word.map_or(oomparse_str::NONE, |word| oomparse_str::of(word.as_bytes()))
        };
        let mut cgroup = oomparse_cgroup {
            driver: word(path.driver.map(CgroupDriver::as_str)),
            qos_class: word(path.qos_class.map(QosClass::as_str)),
            runtime: word(path.runtime.map(Runtime::as_str)),
            level: word(Some(path.level.as_str())),
            pod_uid: [0; 40],
            container_id: [0; 72],
            nested: path.nested,
        };
        let uid = path.pod_uid_text().unwrap_or_default();
        fill(&mut cgroup.pod_uid, uid.as_bytes());
        let id = path.container_id_text().unwrap_or_default();
        fill(&mut cgroup.container_id, id.as_bytes());
        out.write(cgroup);
        Ok(())
    })
}
