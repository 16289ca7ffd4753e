//! Names of the kubelet's log directories and files. This module reads no directories: the caller lists them.
//!
//! ```text
//! /var/log/pods/default_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589/app/0.log
//! /var/log/pods/kube-system_etcd-node-7_6b0099e3e7de21f55363249be4605571/etcd/3.log       static pod
//! /var/log/containers/web-0_default_app-a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419.log
//! ```
//!
//! Kubernetes: `pkg/kubelet/kuberuntime/helpers.go` (`BuildPodLogsDirectory`, `logSymlink`).

use super::super::error::PodSourceErrorKind;
use super::super::record::{PodRecord, PodSource, PodUid, is_name};
use super::Loaded;
use super::{Sink, rows};
use alloc::borrow::ToOwned;
use alloc::vec::Vec;

/// The pod to which a directory below `/var/log/pods` belongs: `<namespace>_<name>_<uid>`.
///
/// # Example
/// ```
/// use oomparse_pods::pod_log_dir;
/// let pod = pod_log_dir("default_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589").unwrap();
/// assert_eq!(pod.name.as_deref(), Some("web-0"));
/// ```
#[must_use]
pub fn pod_log_dir(name: &str) -> Option<PodRecord> {
    let (namespace, rest) = name.split_once('_')?;
    let (pod, uid) = rest.split_once('_')?;
    // Neither namespaces nor pods have an underscore in their names; a uid could.
    (is_name(namespace) && is_name(pod) && PodUid::parse(uid).is_some())
        .then(|| PodRecord::named(PodSource::PodLogsDir, uid, namespace, pod))
}

/// The container to which a file below `/var/log/containers` belongs:
/// `<pod>_<namespace>_<container>-<id>.log`. It shows the pod's names but not its uid.
#[must_use]
pub fn container_log_file(name: &str) -> Option<PodRecord> {
    let (pod, rest) = name.strip_suffix(".log")?.split_once('_')?;
    let (namespace, rest) = rest.split_once('_')?;
    let (container, id) = rest.rsplit_once('-')?;
    if !(is_name(pod) && is_name(namespace) && is_name(container) && id.len() == 64) {
        return None;
    }
    let mut record = PodRecord::new(PodSource::PodLogsDir);
    record.namespace = Some(namespace.to_owned());
    record.name = Some(pod.to_owned());
    record.add_container(id, Some(container));
    (!record.containers.is_empty()).then_some(record)
}

/// The record of a name below `/var/log/pods` or `/var/log/containers`.
fn log_name(name: &str) -> Option<PodRecord> {
    pod_log_dir(name).or_else(|| container_log_file(name))
}

/// Adds a directory entry to a listing that [`PodTable::load`](crate::PodTable::load) reads, if it is the name of
/// a pod's or a container's log; returns whether it is.
///
/// # Example
/// ```
/// use oomparse_pods::{PodTable, add_log_name};
/// let mut listing = Vec::new();
/// for name in ["my_old_notes", "default_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589"] {
///     add_log_name(&mut listing, name.as_bytes());
/// }
/// assert_eq!(PodTable::new().load(&listing).records, 1);
/// ```
pub fn add_log_name(listing: &mut Vec<u8>, name: &[u8]) -> bool {
    let Ok(name) = core::str::from_utf8(name) else {
        return false;
    };
    let is_one = log_name(name).is_some();
    if is_one {
        listing.extend_from_slice(name.as_bytes());
        listing.push(b'\n');
    }
    is_one
}

/// The record of a path, or of a bare name.
fn line_record(line: &str) -> Option<PodRecord> {
    line.trim().split(['/', ' ', '\t']).find_map(log_name)
}

/// Whether the first line of a listing is such a name.
pub(super) fn is_name_line(line: &[u8]) -> bool {
    let Ok(line) = core::str::from_utf8(line) else {
        return false;
    };
    line_record(line).is_some()
        || ["/var/log/pods", "/var/log/containers"]
            .iter()
            .any(|start| line.trim().starts_with(start))
}

/// Reads names, one per line, as printed by `ls`, `ls -l` and `find`.
pub(super) fn read(text: &[u8], loaded: &mut Loaded, sink: Sink<'_>) {
    for row in rows(text) {
        match core::str::from_utf8(row.text) {
            Ok(line) => match line_record(line) {
                Some(record) => sink(record),
                // The directory itself, or a heading of `ls`.
                None if line
                    .trim()
                    .trim_end_matches([':', '/'])
                    .starts_with("/var/log/") => {}
                None => loaded.skip(|| row.error(PodSourceErrorKind::Row)),
            },
            Err(_) => loaded.skip(|| row.error(PodSourceErrorKind::Encoding)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_all;
    use super::*;

    #[test]
    fn directories_and_files() {
        let pod = pod_log_dir("kube-system_etcd-node-7_6b0099e3e7de21f55363249be4605571").unwrap();
        assert_eq!(pod.namespace.as_deref(), Some("kube-system"));
        assert_eq!(pod.uid.as_deref(), Some("6b0099e3e7de21f55363249be4605571"));
        let file = container_log_file(
            "web-0_default_my-app-a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419.log",
        )
        .unwrap();
        assert_eq!(file.name.as_deref(), Some("web-0"));
        assert_eq!(file.uid, None);
        assert_eq!(file.containers[0].name.as_deref(), Some("my-app"));
    }

    #[test]
    fn other_names_are_none() {
        for name in [
            "",
            "web-0",
            "default_web-0",
            "default_web-0_notauid",
            "default_web-0_3962896b",
            "web-0_default_app-a2172e8d.log",
            "web 0_default_3962896b-ab69-4572-8f1d-ee756f9f3589",
            "x default_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589",
            "default_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589\n",
            "default_we\nb-0_3962896b-ab69-4572-8f1d-ee756f9f3589",
        ] {
            assert!(pod_log_dir(name).is_none(), "{name}");
            assert!(container_log_file(name).is_none(), "{name}");
            assert!(!add_log_name(&mut Vec::new(), name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn listing_of_find() {
        let (records, loaded) = read_all(
            b"/var/log/pods\n\
              /var/log/pods/default_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589\n\
              /var/log/pods/default_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589/app/0.log\n\
              noise\n",
        );
        assert_eq!(records.len(), 2);
        assert_eq!(loaded.error.unwrap().line, 4);
    }
}
