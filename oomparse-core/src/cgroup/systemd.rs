//! Names that systemd understands (`cgroupDriver: systemd`): slices for pods, scopes for containers.
//!
//! ```text
//! /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod07245cc3_4363_6919_c202_ae27a65313cb.slice/cri-containerd-e64f4e2a….scope
//! /kubepods.slice/kubepods-pod5d4b7992_42b3_ee92_da5b_a40c96fdd164.slice/crio-203ee1e2….scope/container
//! /kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod5682ce8c_7fff_aec4_d4f5_03844d43d2a8.slice/…
//! /system.slice/containerd.service/kubepods-burstable-pod54d54d27_c196_6074_04ba_51660cb6eac5.slice:cri-containerd:55af4057…
//! ```
//!
//! A hyphen in a slice's name means a level of the tree, so the kubelet writes the uid with underscores
//! (`pkg/kubelet/cm/cgroup_manager_linux.go`, `escapeSystemdCgroupName`). The last form comes from a containerd
//! without `SystemdCgroup` under a kubelet that uses systemd.

use super::{Runtime, all_hex, has_kube_word, is_container_id, is_pod_uid, last_word, qos_word};

/// The parts of a pod's slice.
pub(super) struct SlicePod<'a> {
    /// The text before `-pod<uid>`: `kubepods-burstable`.
    pub(super) prefix: &'a [u8],
    pub(super) uid: &'a [u8],
    /// Runtime and id after `.slice:`.
    pub(super) inline: Option<(Option<Runtime>, &'a [u8])>,
}

impl SlicePod<'_> {
    /// Whether the name alone shows that Kubernetes chose it.
    pub(super) fn is_kube(&self) -> bool {
        has_kube_word(self.prefix) || qos_word(last_word(self.prefix)).is_some()
    }
}

/// The name of a slice without `.slice`.
pub(super) fn slice_stem(component: &[u8]) -> Option<&[u8]> {
    component.strip_suffix(b".slice")
}

/// Reads `<prefix>-pod<uid>.slice` and `<prefix>-pod<uid>.slice:<runtime>:<id>`, also if the path was cut within
/// `.slice`.
pub(super) fn pod(component: &[u8], last: bool) -> Option<SlicePod<'_>> {
    if let Some(stem) = slice_stem(component) {
        return stem_pod(stem, None);
    }
    if let Some(at) = memchr::memchr(b':', component) {
        let (slice, tail) = component.split_at_checked(at)?;
        return stem_pod(slice_stem(slice)?, inline_container(tail));
    }
    if last {
        return stem_pod(strip_cut(component, b".slice"), None);
    }
    None
}

fn stem_pod<'a>(
    stem: &'a [u8],
    inline: Option<(Option<Runtime>, &'a [u8])>,
) -> Option<SlicePod<'a>> {
    for len in [36, 32] {
        let Some((head, uid)) = stem
            .len()
            .checked_sub(len)
            .and_then(|at| stem.split_at_checked(at))
        else {
            continue;
        };
        if let Some(prefix) = head.strip_suffix(b"-pod")
            && is_pod_uid(uid)
        {
            return Some(SlicePod {
                prefix,
                uid,
                inline,
            });
        }
    }
    None
}

/// `:cri-containerd:<id>`
fn inline_container(tail: &[u8]) -> Option<(Option<Runtime>, &[u8])> {
    let tail = tail.strip_prefix(b":")?;
    let (name, id) = tail.split_at_checked(memchr::memchr(b':', tail)?)?;
    let id = id.strip_prefix(b":")?;
    is_container_id(id).then(|| (runtime_name(name), id))
}

/// Runtime and digits of a container's component below a pod's slice: its id, or too few digits of it.
///
/// A complete bare id counts too: a runtime that makes its cgroups itself puts one below the slice.
pub(super) fn container(component: &[u8], last: bool) -> Option<(Option<Runtime>, &[u8])> {
    if component.len() == 64 && all_hex(component) {
        return Some((None, component));
    }
    let (runtime, id) = scope(component, last)?;
    Some((Some(runtime), id))
}

/// Runtime and digits of `<runtime>-<digits>.scope`, also if the path was cut within `.scope` or, with enough
/// digits, before it.
pub(super) fn scope(component: &[u8], last: bool) -> Option<(Runtime, &[u8])> {
    let (runtime, rest) = runtime_prefix(component)?;
    let id = match rest.strip_suffix(b".scope") {
        Some(id) => id,
        None if last => {
            let id = strip_cut(rest, b".scope");
            if !is_container_id(id) {
                return None;
            }
            id
        }
        None => return None,
    };
    (!id.is_empty() && shows_digits(id)).then_some((runtime, id))
}

/// Hex digits, of which somebody may have left out most: `9f31...07`.
fn shows_digits(id: &[u8]) -> bool {
    let mut parts = id.split(|byte| matches!(byte, b'.' | 0xe2 | 0x80 | 0xa6));
    parts.all(all_hex)
}

/// Removes a leading `cri-containerd-`, `crio-`, ….
pub(super) fn runtime_prefix(component: &[u8]) -> Option<(Runtime, &[u8])> {
    let at = memchr::memrchr(b'-', component)?;
    let (name, id) = component.split_at_checked(at)?;
    Some((runtime_name(name)?, id.strip_prefix(b"-")?))
}

/// The runtime that a scope's first words name. `crio-conmon` and `libpod-conmon` are the runtime's
/// own processes, not containers.
fn runtime_name(name: &[u8]) -> Option<Runtime> {
    match name {
        b"cri-containerd" | b"containerd" | b"nerdctl" => Some(Runtime::Containerd),
        b"crio" => Some(Runtime::CriO),
        b"docker" => Some(Runtime::Docker),
        b"libpod" => Some(Runtime::Podman),
        _ => None,
    }
}

/// Removes the start of `suffix`, of any length, from the end.
fn strip_cut<'a>(name: &'a [u8], suffix: &[u8]) -> &'a [u8] {
    (1..=suffix.len())
        .rev()
        .find_map(|len| name.strip_suffix(suffix.get(..len)?))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pod_prefixes() {
        for (name, prefix) in [
            (
                &b"kubepods-burstable-pod07245cc3_4363_6919_c202_ae27a65313cb.slice"[..],
                &b"kubepods-burstable"[..],
            ),
            (
                b"kubelet-kubepods-pod07245cc3_4363_6919_c202_ae27a65313cb.slice",
                b"kubelet-kubepods",
            ),
            (
                b"kubepods-besteffort-podbfa8686078cbe5acf8cdd33ad430241b.slice",
                b"kubepods-besteffort",
            ),
        ] {
            let pod = pod(name, false).unwrap();
            assert_eq!(pod.prefix, prefix);
            assert!(pod.is_kube());
        }
    }

    #[test]
    fn pod_with_container_after_a_colon() {
        let pod = pod(
            b"kubepods-pod54d54d27_c196_6074_04ba_51660cb6eac5.slice:cri-containerd:55af4057c1d7",
            false,
        )
        .unwrap();
        assert_eq!(pod.uid, b"54d54d27_c196_6074_04ba_51660cb6eac5");
        assert_eq!(
            pod.inline,
            Some((Some(Runtime::Containerd), &b"55af4057c1d7"[..]))
        );
    }

    #[test]
    fn pod_cut_within_the_suffix_but_not_within_the_uid() {
        let whole = b"kubepods-burstable-pod07245cc3_4363_6919_c202_ae27a65313cb.slice";
        let uid_end = whole.len() - b".slice".len();
        for end in 0..whole.len() {
            assert_eq!(pod(&whole[..end], true).is_some(), end >= uid_end, "{end}");
            assert!(pod(&whole[..end], false).is_none());
        }
    }

    #[test]
    fn scope_runtimes() {
        for (name, runtime) in [
            (
                &b"cri-containerd-e64f4e2acc1fac13.scope"[..],
                Runtime::Containerd,
            ),
            (b"crio-e64f4e2acc1fac13.scope", Runtime::CriO),
            (b"docker-e64f4e2acc1fac13.scope", Runtime::Docker),
            (b"libpod-e64f4e2acc1fac13.scope", Runtime::Podman),
        ] {
            assert_eq!(
                scope(name, false),
                Some((runtime, &b"e64f4e2acc1fac13"[..]))
            );
        }
    }

    #[test]
    fn a_container_with_too_few_digits_tells_the_runtime() {
        for (name, digits) in [
            (&b"cri-containerd-9f31c07.scope"[..], &b"9f31c07"[..]),
            (b"cri-containerd-9f31...c07.scope", b"9f31...c07"),
            (
                "cri-containerd-9f31…c07.scope".as_bytes(),
                "9f31…c07".as_bytes(),
            ),
        ] {
            let found = container(name, false);
            assert_eq!(found, Some((Some(Runtime::Containerd), digits)));
            assert!(!is_container_id(digits));
        }
        assert_eq!(container(b"cri-containerd-9f3", true), None, "cut");
        assert_eq!(container(b"cri-containerd-web.scope", false), None);
    }

    #[test]
    fn scope_that_is_no_container() {
        for name in [
            &b"crio-conmon-e64f4e2acc1fac13.scope"[..],
            b"session-4.scope",
            b"init.scope",
            b"docker-compose.scope",
            b"docker-.scope",
            b"docker-e64f4e2acc1fac13.service",
            // Only the end of a path may be cut.
            b"docker-e64f4e2acc1fac13",
            b"docker-e64f4e2acc1fac13.sco",
        ] {
            assert_eq!(scope(name, false), None);
        }
    }
}
