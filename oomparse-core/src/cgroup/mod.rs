//! To whom a cgroup path belongs: pod, quality of service class, container, runtime.
//!
//! ```text
//! /kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d…            cgroupfs
//! /kubepods.slice/kubepods-pod5d4b7992_42b3_ee92_da5b_a40c96fdd164.slice/crio-203ee1e2….scope   systemd
//! /docker/073dc97b…/kubelet/kubepods/burstable/pod74188da1-…/f14d30fc…               kind: a node in a container
//! /user.slice/user-1000.slice/user@1000.service/kubepods/burstable/pod74188da1-…     no pod
//! /system.slice/docker-61aeeb83….scope                                           no pod
//! ```
//!
//! A path is read once, from the root down:
//!
//! 1. **The outermost pod is the pod.** Everything below it was named inside its container.
//! 2. A pod counts where only an administrator names cgroups: the host's, or that of a container or machine on
//!    the path; in the latter case it is nested (`zone.rs`). Below a user's slice or a service anybody may choose
//!    such a name: there is no pod, unless the caller names that place (`roots.rs`).
//! 3. The first `kubepods` decides. If the component in the pod's place has no valid uid, there is no pod, and no
//!    component further down becomes one.
//! 4. The container is the component right below the pod, if it has the form of a container.
//! 5. A path without a pod may show a container that Kubernetes did not start (`other.rs`).
//!
//! Hex digits and uuids anywhere else have no meaning: `/ecs/<32 hex>/…`, `/mesos/<uuid>`, a garden container's
//! name.

mod cgroupfs;
mod other;
mod roots;
mod systemd;
#[cfg(test)]
mod tests;
mod walk;
mod zone;

pub use roots::CgroupRoots;

use crate::words::words;
use alloc::string::String;
use walk::{Place, PodPlace};
use zone::Zone;

words! {
    /// The cgroup driver, which names the cgroups.
    CgroupDriver {
        /// `/kubepods/burstable/pod<uid>/<id>`
        Cgroupfs = "cgroupfs",
        /// `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid>.slice/cri-containerd-<id>.scope`
        Systemd = "systemd",
    }
}

words! {
    /// Kubernetes' quality of service class, in Kubernetes' own spelling.
    QosClass {
        /// Requests equal limits.
        Guaranteed = "Guaranteed",
        /// Some requests or limits.
        Burstable = "Burstable",
        /// No requests or limits.
        BestEffort = "BestEffort",
    }
}

words! {
    /// The container runtime that a path shows.
    Runtime {
        /// `docker-<id>.scope`, `/docker/<id>`
        Docker = "docker",
        /// `cri-containerd-<id>.scope`
        Containerd = "containerd",
        /// `crio-<id>.scope`
        CriO = "cri-o",
        /// `libpod-<id>.scope`
        Podman = "podman",
    }
}

words! {
    /// The level of a cgroup that has a limit.
    LimitLevel {
        /// A container's.
        Container = "container",
        /// A pod's.
        Pod = "pod",
        /// A quality of service class's.
        Qos = "qos",
        /// All pods' (`kubepods`).
        Kubepods = "kubepods",
        /// The machine's.
        Root = "root",
        /// Any other.
        Other = "other",
    }
}

/// The contents of a cgroup path: a view over the path's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CgroupPath<'a> {
    /// The cgroup driver, for Kubernetes and container paths.
    pub driver: Option<CgroupDriver>,
    /// The pod's class, if the path shows it.
    pub qos_class: Option<QosClass>,
    /// The outermost pod's uid as the path spells it (hyphens, underscores or 32 hex digits).
    pub pod_uid: Option<&'a [u8]>,
    /// The pod is in the cgroup of a container or a machine (kind, minikube, k3d, LXC), whose owner named it.
    pub nested: bool,
    /// The container's id, 12 to 64 hex digits.
    pub container_id: Option<&'a [u8]>,
    /// The runtime, if the path shows it.
    pub runtime: Option<Runtime>,
    /// The container belongs to no pod and is in a place where others than its engine name cgroups: below a
    /// user's slice, a service, or another machine's cgroup. Anybody may have chosen its id.
    pub delegated: bool,
    /// The level of the path itself.
    pub level: LimitLevel,
}

impl<'a> CgroupPath<'a> {
    const NOTHING: Self = Self {
        driver: None,
        qos_class: None,
        pod_uid: None,
        nested: false,
        container_id: None,
        runtime: None,
        delegated: false,
        level: LimitLevel::Other,
    };

    /// The pod's uid in the record's spelling: lower case, 8-4-4-4-12 with hyphens; a static pod's 32 digits
    /// without hyphens.
    #[must_use]
    pub fn pod_uid_text(&self) -> Option<String> {
        normalize_pod_uid(self.pod_uid?)
    }

    /// The container's id in lower case.
    #[must_use]
    pub fn container_id_text(&self) -> Option<String> {
        self.container_id.map(id_text)
    }
}

/// Reads a memory cgroup's path as the kernel prints it.
///
/// Never fails: what the path does not show is `None`. A text that is not a path (`(name too long)`) shows
/// nothing. Takes time linear in the path's length, and allocates nothing.
///
/// # Example
/// ```
/// use oomparse_core::{LimitLevel, QosClass, parse_cgroup_path};
/// let path = parse_cgroup_path(
///     b"/kubepods.slice/kubepods-burstable.slice/\
///       kubepods-burstable-pod9033b660_8b7b_7cdd_ce6f_3126d5a32a91.slice/\
///       cri-containerd-ab4b6ef3d6b563436c070614d06c9912da2665acc54c7e19fc9caa4e55bbe600.scope",
/// );
/// assert_eq!(path.pod_uid_text().as_deref(), Some("9033b660-8b7b-7cdd-ce6f-3126d5a32a91"));
/// assert_eq!(path.qos_class, Some(QosClass::Burstable));
/// assert_eq!(path.level, LimitLevel::Container);
/// ```
#[must_use]
pub fn parse_cgroup_path(path: &[u8]) -> CgroupPath<'_> {
    parse(path, 0)
}

/// The same; the caller vouches for the first `vouched` bytes.
fn parse(path: &[u8], vouched: usize) -> CgroupPath<'_> {
    let Some(below_root) = path.strip_prefix(b"/") else {
        return CgroupPath::NOTHING;
    };
    if below_root.is_empty() {
        return CgroupPath {
            level: LimitLevel::Root,
            ..CgroupPath::NOTHING
        };
    }
    let mut walk = Walk::START;
    let mut rest = below_root;
    while let Some(component) = next_component(&mut rest) {
        let last = rest.is_empty();
        let is_vouched = path.len().saturating_sub(rest.len()) <= vouched.saturating_add(1);
        if is_vouched {
            walk.vouched(component, last);
        } else if let Some(pod) = walk.pod(component, last) {
            return CgroupPath {
                nested: walk.zone.is_nested(),
                ..below_pod(pod, rest)
            };
        } else {
            walk.step(component, last);
        }
    }
    walk.without_pod()
}

/// The progress of the walk from the root.
struct Walk<'a> {
    place: Place,
    zone: Zone,
    plain: other::Search<'a>,
}

impl<'a> Walk<'a> {
    const START: Self = Self {
        place: Place::START,
        zone: Zone::ROOT,
        plain: other::Search::START,
    };

    /// Enters a component of a root that the caller named: it is not a border.
    fn vouched(&mut self, component: &'a [u8], last: bool) {
        self.place = self.place.step(component);
        self.plain.step(component, last, false);
        self.plain.forget_the_way();
    }

    /// Reads a component as a pod, if a pod may be here.
    fn pod(&self, component: &'a [u8], last: bool) -> Option<PodPlace<'a>> {
        let pod = self.place.pod(component, last)?;
        let of_service = || match pod.inline {
            Some((Some(runtime), _)) => self.zone.is_service_of(runtime),
            _ => false,
        };
        (self.zone.has_pods() || of_service()).then_some(pod)
    }

    /// Enters a component that is not a pod.
    fn step(&mut self, component: &'a [u8], last: bool) {
        // Below `kubepods`, the kubelet names everything.
        if !self.place.is_outside() {
            self.place = self.place.step(component);
            return;
        }
        let is_claimed = self.zone.is_anybodys() || self.zone.is_nested();
        if self.zone.step(component, last) {
            self.place = Place::START;
        } else if self.zone.has_pods() {
            self.place = self.place.step(component);
        }
        if self.place.is_outside() {
            self.plain.step(component, last, is_claimed);
        }
    }

    fn without_pod(self) -> CgroupPath<'a> {
        let outside = self.plain.found();
        CgroupPath {
            driver: outside.driver.or(self.place.driver()),
            level: self.place.level().unwrap_or(outside.level),
            ..outside
        }
    }
}

/// The path's pod uid in the record's spelling, from any spelling; `None` if it is not a uid.
pub(crate) fn normalize_pod_uid(uid: &[u8]) -> Option<String> {
    if !is_pod_uid(uid) {
        return None;
    }
    Some(id_text(uid))
}

/// An ASCII id in the record's spelling: lower case, with hyphens instead of systemd's underscores.
pub(crate) fn id_text(id: &[u8]) -> String {
    let spelled = |byte: &u8| match byte {
        b'_' => b'-',
        _ => byte.to_ascii_lowercase(),
    };
    String::from_utf8(id.iter().map(spelled).collect()).unwrap_or_default()
}

/// Whether this is a container id, or a part of one that is long enough to be unique.
pub(crate) fn is_container_id(id: &[u8]) -> bool {
    (12..=64).contains(&id.len()) && all_hex(id)
}

/// Reads the container right below a pod, but nothing further down.
fn below_pod<'a>(pod: PodPlace<'a>, mut rest: &'a [u8]) -> CgroupPath<'a> {
    let mut path = CgroupPath {
        driver: Some(pod.driver),
        qos_class: pod.qos_class,
        pod_uid: Some(pod.uid),
        level: LimitLevel::Pod,
        ..CgroupPath::NOTHING
    };
    let container = match pod.inline {
        Some(inline) => Some(inline),
        None => {
            let Some(component) = next_component(&mut rest) else {
                return path;
            };
            path.level = LimitLevel::Other;
            match pod.driver {
                CgroupDriver::Cgroupfs => cgroupfs::container(component),
                CgroupDriver::Systemd => systemd::container(component, rest.is_empty()),
            }
        }
    };
    if let Some((runtime, id)) = container {
        path.runtime = runtime;
        path.container_id = is_container_id(id).then_some(id);
        path.level = if rest.is_empty() || is_runtime_subgroup(runtime, rest) {
            LimitLevel::Container
        } else {
            LimitLevel::Other
        };
    }
    path
}

/// crun puts the container's processes and its limits into `<scope>/container`.
fn is_runtime_subgroup(runtime: Option<Runtime>, rest: &[u8]) -> bool {
    rest == b"container" && matches!(runtime, Some(Runtime::CriO | Runtime::Podman))
}

const KUBEPODS: &[u8] = b"kubepods";

fn qos_word(word: &[u8]) -> Option<QosClass> {
    match word {
        b"burstable" => Some(QosClass::Burstable),
        b"besteffort" => Some(QosClass::BestEffort),
        _ => None,
    }
}

/// The word after the last hyphen: `burstable` in `kubelet-kubepods-burstable`.
fn last_word(name: &[u8]) -> &[u8] {
    match memchr::memrchr(b'-', name) {
        Some(at) => name.get(at.saturating_add(1)..).unwrap_or_default(),
        None => name,
    }
}

/// Whether one of the hyphenated words is `kubepods`, or a misspelling of it.
fn has_kube_word(name: &[u8]) -> bool {
    name.split(|&byte| byte == b'-')
        .any(|word| word.starts_with(b"kub"))
}

/// Removes the next component from the path; empty components do not count.
fn next_component<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    while !rest.is_empty() {
        let (component, after) = match memchr::memchr(b'/', rest) {
            Some(at) => (
                rest.get(..at).unwrap_or_default(),
                rest.get(at.saturating_add(1)..).unwrap_or_default(),
            ),
            None => (*rest, [].as_slice()),
        };
        *rest = after;
        if !component.is_empty() {
            return Some(component);
        }
    }
    None
}

/// 8-4-4-4-12 hex digits with hyphens or underscores, or 32 without; never only a part.
fn is_pod_uid(uid: &[u8]) -> bool {
    match uid.len() {
        32 => all_hex(uid),
        36 => {
            let mut groups = uid;
            let mut separators = [0; 4];
            for (len, separator) in [8, 4, 4, 4].into_iter().zip(&mut separators) {
                let Some((group, [byte, after @ ..])) = groups.split_at_checked(len) else {
                    return false;
                };
                if !all_hex(group) {
                    return false;
                }
                *separator = *byte;
                groups = after;
            }
            all_hex(groups) && matches!(&separators, b"----" | b"____")
        }
        _ => false,
    }
}

/// Checks every byte, so that the compiler can process many at once.
fn all_hex(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, byte| {
        let digit = byte.wrapping_sub(b'0') < 10;
        let letter = (byte | 0x20).wrapping_sub(b'a') < 6;
        all & (digit | letter)
    })
}
