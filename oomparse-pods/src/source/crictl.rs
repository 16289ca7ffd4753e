//! `crictl pods -o json` and `crictl ps -a -o json`.
//!
//! ```json
//! {"items": [{"id": "<sandbox>", "metadata": {"name": "web-0", "uid": "3962896b-…", "namespace": "default", "attempt": 0},
//!             "state": "SANDBOX_READY", "labels": {"app": "web", "io.kubernetes.pod.uid": "3962896b-…"}, "annotations": {}}]}
//! {"containers": [{"id": "<container>", "podSandboxId": "<sandbox>", "metadata": {"name": "app", "attempt": 0},
//!             "labels": {"io.kubernetes.container.name": "app", "io.kubernetes.pod.name": "web-0",
//!                        "io.kubernetes.pod.namespace": "default", "io.kubernetes.pod.uid": "3962896b-…"}}]}
//! ```
//!
//! A static pod's uid here is the one in its cgroups.

use super::super::record::{PodRecord, PodSource};
use super::kubernetes::Metadata;
use alloc::collections::BTreeMap;
use alloc::string::String;

pub(super) type CriLabels = BTreeMap<String, String>;

/// The record of a sandbox or container. The kubelet's own labels name the pod.
pub(super) fn record(
    id: String,
    metadata: Option<Metadata>,
    labels: Option<CriLabels>,
) -> Option<PodRecord> {
    let metadata = metadata.unwrap_or_default();
    let mut labels = labels.unwrap_or_default();
    let mut own = |key| labels.remove(key);
    let uid = own("io.kubernetes.pod.uid");
    let namespace = own("io.kubernetes.pod.namespace");
    let name = own("io.kubernetes.pod.name");
    let container = own("io.kubernetes.container.name");
    let mut record = PodRecord::new(PodSource::Crictl);
    record.uid = metadata.uid.or(uid);
    record.namespace = metadata.namespace.or(namespace);
    if container.is_some() {
        record.name = name;
    } else {
        record.name = name.or(metadata.name);
        record.labels = labels.into_iter().collect();
    }
    record.uid.as_ref()?;
    record.add_container(&id, container.as_deref());
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::super::read_all;

    #[test]
    fn pods_of_crictl() {
        let (records, loaded) = read_all(
            br#"{
  "items": [
    {
      "id": "1d02609cc5d13a2322e3ab997dca09574a80caa744455c1bcceeb37794268999",
      "metadata": {"name": "web-0", "uid": "3962896b-ab69-4572-8f1d-ee756f9f3589", "namespace": "default", "attempt": 0},
      "state": "SANDBOX_READY",
      "createdAt": "1672884722000000000",
      "labels": {"app": "web", "io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.namespace": "default",
                 "io.kubernetes.pod.uid": "3962896b-ab69-4572-8f1d-ee756f9f3589"},
      "annotations": {"kubernetes.io/config.source": "api"},
      "runtimeHandler": ""
    }
  ]
}"#,
        );
        assert_eq!(loaded.error, None);
        let [pod] = &records[..] else { panic!() };
        assert_eq!(pod.name.as_deref(), Some("web-0"));
        assert_eq!(pod.namespace.as_deref(), Some("default"));
        assert_eq!(pod.labels.len(), 1);
        assert_eq!(pod.containers[0].name, None, "the sandbox");
    }

    #[test]
    fn containers_of_crictl() {
        let (records, _) = read_all(
            br#"{"containers": [{"id": "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419",
  "podSandboxId": "1d02609cc5d13a2322e3ab997dca09574a80caa744455c1bcceeb37794268999",
  "metadata": {"name": "app", "attempt": 3}, "image": {"image": "x", "annotations": {}}, "imageRef": "x",
  "state": "CONTAINER_EXITED", "createdAt": "1672884722000000000",
  "labels": {"io.kubernetes.container.name": "app", "io.kubernetes.pod.name": "web-0",
             "io.kubernetes.pod.namespace": "default", "io.kubernetes.pod.uid": "3962896b-ab69-4572-8f1d-ee756f9f3589"},
  "annotations": {}}]}"#,
        );
        let [container] = &records[..] else { panic!() };
        assert_eq!(container.name.as_deref(), Some("web-0"));
        assert_eq!(
            container.uid.as_deref(),
            Some("3962896b-ab69-4572-8f1d-ee756f9f3589")
        );
        assert_eq!(container.containers[0].name.as_deref(), Some("app"));
    }
}
