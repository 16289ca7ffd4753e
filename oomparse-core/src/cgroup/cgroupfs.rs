//! Names that the kubelet and the runtime choose themselves (`cgroupDriver: cgroupfs`).
//!
//! ```text
//! /kubepods/burstable/pod76002cec-c30b-578d-7553-1700d10ccf71/f0748fea57aeed3a…     64 digits
//! /kubepods/pod9ef8ae2f-d109-a83b-4d80-3923a291d874/8de74d49f8a0c541…               Guaranteed
//! /kubepods/burstable/pod6b0099e3e7de21f55363249be4605571/18490bd0347595b5…         static pod
//! /kubepods/besteffort/podb3c343ae-a8b3-917a-3f9a-a4e14e3bc27e/crio-e73db8be…       CRI-O
//! ```
//!
//! Kubernetes: `pkg/kubelet/cm/pod_container_manager_linux.go` (`podCgroupNamePrefix = "pod"`).

use super::{Runtime, all_hex, is_container_id, is_pod_uid, systemd};

/// The uid of `pod<uid>`.
pub(super) fn pod(component: &[u8]) -> Option<&[u8]> {
    let uid = component.strip_prefix(b"pod")?;
    is_pod_uid(uid).then_some(uid)
}

/// Runtime and digits of a container's component: `<id>`, `crio-<id>`, `libpod-<id>`. If there are too few digits
/// for an id, they still show the runtime.
pub(super) fn container(component: &[u8]) -> Option<(Option<Runtime>, &[u8])> {
    if is_container_id(component) {
        return Some((None, component));
    }
    let (runtime, id) = systemd::runtime_prefix(component)?;
    let sound = !id.is_empty() && id.len() <= 64 && all_hex(id);
    sound.then_some((Some(runtime), id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pod_uuid_and_static() {
        assert_eq!(
            pod(b"pod76002cec-c30b-578d-7553-1700d10ccf71"),
            Some(&b"76002cec-c30b-578d-7553-1700d10ccf71"[..])
        );
        assert_eq!(
            pod(b"pod6b0099e3e7de21f55363249be4605571"),
            Some(&b"6b0099e3e7de21f55363249be4605571"[..])
        );
    }

    #[test]
    fn pod_cut_or_made_up() {
        for bad in [
            &b"pod"[..],
            b"podSPOOF",
            b"pod76002cec-c30b-578d-7553-1700d10ccf7",
            b"pod76002cec-c30b-578d-7553-1700d10ccf711",
            b"pod76002cec-c30b_578d-7553-1700d10ccf71",
            b"podg6002cec-c30b-578d-7553-1700d10ccf71",
            b"xpod76002cec-c30b-578d-7553-1700d10ccf71",
        ] {
            assert_eq!(
                pod(bad),
                None,
                "{}",
                std::string::String::from_utf8_lossy(bad)
            );
        }
    }

    #[test]
    fn container_forms() {
        assert_eq!(
            container(b"e73db8bee8e7"),
            Some((None, &b"e73db8bee8e7"[..]))
        );
        assert_eq!(
            container(b"crio-e73db8bee8e7"),
            Some((Some(Runtime::CriO), &b"e73db8bee8e7"[..]))
        );
        assert_eq!(
            container(b"crio-e73db8b"),
            Some((Some(Runtime::CriO), &b"e73db8b"[..])),
            "too few for an id"
        );
        assert_eq!(container(b"crio-conmon-e73db8bee8e7"), None);
        assert_eq!(container(b"e73db8bee8e"), None, "eleven digits");
        assert_eq!(container(&[b'a'; 65]), None);
        assert_eq!(container(b"e73db8bee8e70z"), None);
    }

    #[test]
    fn digits_after_a_runtimes_name() {
        let id = "9f31c07e4c1fac13".repeat(4);
        let found = |name: &str| container(name.as_bytes()).map(|(_, id)| id.to_vec());
        for digits in [&id[..], &id[..12], "9f31c07", "9"] {
            let name = std::format!("crio-{digits}");
            assert_eq!(found(&name).as_deref(), Some(digits.as_bytes()), "{name}");
        }
        for other in ["", "web", "9f31.c07", &std::format!("{id}0")] {
            let name = std::format!("crio-{other}");
            assert_eq!(found(&name), None, "{name}");
        }
    }
}
