//! `v1.Pod` as returned by the API server and the kubelet's `/pods`.
//!
//! ```json
//! {"metadata": {"name": "web-54ff657644-wm7pj", "namespace": "default", "uid": "3962896b-…", "labels": {"app": "web"},
//!               "ownerReferences": [{"kind": "ReplicaSet", "name": "web-54ff657644", "controller": true}]},
//!  "spec": {"nodeName": "node-7"},
//!  "status": {"containerStatuses": [{"name": "app", "containerID": "containerd://a2172e8d…",
//!             "lastState": {"terminated": {"containerID": "containerd://53463dbb…", "reason": "OOMKilled"}}}]}}
//! ```
//!
//! A static pod's cgroups contain the hash of its manifest. The API shows it as the annotation
//! `kubernetes.io/config.hash` (and `config.mirror`) of the mirror pod; the kubelet's `/pods` shows it as the
//! uid.

use super::super::record::{PodRecord, PodSource, PodUid};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) uid: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<Annotations>,
    owner_references: Option<Vec<OwnerReference>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Annotations {
    #[serde(rename = "kubernetes.io/config.hash")]
    hash: Option<String>,
    #[serde(rename = "kubernetes.io/config.mirror")]
    mirror: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OwnerReference {
    kind: Option<String>,
    name: Option<String>,
    controller: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    node_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Status {
    container_statuses: Option<Vec<ContainerStatus>>,
    init_container_statuses: Option<Vec<ContainerStatus>>,
    ephemeral_container_statuses: Option<Vec<ContainerStatus>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContainerStatus {
    name: Option<String>,
    #[serde(rename = "containerID")]
    id: Option<String>,
    state: Option<State>,
    #[serde(rename = "lastState")]
    last_state: Option<State>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    terminated: Option<Terminated>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Terminated {
    #[serde(rename = "containerID")]
    id: Option<String>,
}

/// The record of a pod; `None` for objects without a uid, such as a list's own metadata.
pub(super) fn record(
    metadata: Option<Metadata>,
    spec: Option<Spec>,
    status: Option<Status>,
) -> Option<PodRecord> {
    let metadata = metadata?;
    let mut record = PodRecord::new(PodSource::Kubernetes);
    record.uid = Some(metadata.uid.filter(|uid| !uid.is_empty())?);
    record.namespace = metadata.namespace;
    record.name = metadata.name;
    record.node = spec.and_then(|spec| spec.node_name);
    record.owner = metadata
        .owner_references
        .unwrap_or_default()
        .into_iter()
        .find(|owner| owner.controller == Some(true))
        .and_then(|owner| Some(format!("{}/{}", owner.kind?, owner.name?)));
    record.labels = metadata.labels.unwrap_or_default().into_iter().collect();
    if let Some(hash) = metadata.annotations.and_then(static_hash) {
        record.mirror_uid = record.uid.replace(hash);
    }
    for container in status.into_iter().flat_map(Status::containers) {
        let name = container.name.as_deref();
        for id in container.ids() {
            record.add_container(id, name);
        }
    }
    Some(record)
}

/// The manifest's hash, if it is valid: never another pod's uid.
fn static_hash(annotations: Annotations) -> Option<String> {
    annotations
        .hash
        .or(annotations.mirror)
        .filter(|hash| PodUid::parse(hash).is_some_and(PodUid::is_static))
}

impl Status {
    fn containers(self) -> impl Iterator<Item = ContainerStatus> {
        [
            self.container_statuses,
            self.init_container_statuses,
            self.ephemeral_container_statuses,
        ]
        .into_iter()
        .flatten()
        .flatten()
    }
}

impl ContainerStatus {
    /// The container's id, and that of its predecessor: after an OOM kill that is the victim.
    fn ids(&self) -> impl Iterator<Item = &str> {
        let [state, last] = [&self.state, &self.last_state]
            .map(|state| state.as_ref()?.terminated.as_ref()?.id.as_deref());
        let id = self.id.as_deref();
        [id, state.filter(|state| Some(*state) != id), last]
            .into_iter()
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_all;
    use super::*;
    use std::string::ToString;

    const LIST: &str = r#"{
    "apiVersion": "v1",
    "items": [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "annotations": {"cni.projectcalico.org/podIP": "10.1.2.3/32"},
                "creationTimestamp": "2023-01-05T02:12:02Z",
                "labels": {"app": "web", "pod-template-hash": "54ff657644"},
                "name": "web-54ff657644-wm7pj",
                "namespace": "default",
                "ownerReferences": [{"apiVersion": "apps/v1", "blockOwnerDeletion": true, "controller": true,
                    "kind": "ReplicaSet", "name": "web-54ff657644", "uid": "11111111-2222-3333-4444-555555555555"}],
                "resourceVersion": "1234",
                "uid": "3962896b-ab69-4572-8f1d-ee756f9f3589"
            },
            "spec": {"containers": [{"name": "app"}], "nodeName": "node-7"},
            "status": {
                "containerStatuses": [{
                    "containerID": "containerd://a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419",
                    "image": "web:1",
                    "lastState": {"terminated": {"containerID": "containerd://53463dbb95cfa79e16677e4a67317688384cc5b6c54d416b48dce0f406b4c0de", "exitCode": 137, "reason": "OOMKilled"}},
                    "name": "app", "ready": true, "restartCount": 1, "state": {"running": {"startedAt": "2023-01-05T02:12:03Z"}}
                }],
                "initContainerStatuses": [{
                    "containerID": "docker://b6b6b95624483b2e86fd1ecbc3de20a852ecb600009e06fa9fe969ff81122654",
                    "name": "init", "state": {"terminated": {"containerID": "docker://b6b6b95624483b2e86fd1ecbc3de20a852ecb600009e06fa9fe969ff81122654"}}
                }],
                "phase": "Running"
            }
        },
        {
            "metadata": {
                "annotations": {
                    "kubernetes.io/config.hash": "6b0099e3e7de21f55363249be4605571",
                    "kubernetes.io/config.mirror": "6b0099e3e7de21f55363249be4605571",
                    "kubernetes.io/config.seen": "2023-01-05T02:12:02Z",
                    "kubernetes.io/config.source": "file"
                },
                "name": "etcd-node-7", "namespace": "kube-system", "uid": "99999999-ab69-4572-8f1d-ee756f9f3589",
                "ownerReferences": [{"controller": true, "kind": "Node", "name": "node-7"}]
            },
            "spec": {"nodeName": "node-7"},
            "status": {"containerStatuses": null, "phase": "Pending"}
        }
    ],
    "kind": "List",
    "metadata": {"resourceVersion": ""}
}"#;

    #[test]
    fn list_of_kubectl() {
        let (records, loaded) = read_all(LIST.as_bytes());
        assert_eq!(loaded.error, None);
        assert_eq!(records.len(), 2);
        let web = &records[0];
        assert_eq!(
            web.uid.as_deref(),
            Some("3962896b-ab69-4572-8f1d-ee756f9f3589")
        );
        assert_eq!(web.namespace.as_deref(), Some("default"));
        assert_eq!(web.name.as_deref(), Some("web-54ff657644-wm7pj"));
        assert_eq!(web.node.as_deref(), Some("node-7"));
        assert_eq!(web.owner.as_deref(), Some("ReplicaSet/web-54ff657644"));
        assert_eq!(web.labels[0], ("app".to_string(), "web".to_string()));
        let names: Vec<_> = web
            .containers
            .iter()
            .map(|container| (&container.id[..4], container.name.as_deref()))
            .collect();
        assert_eq!(
            names,
            [
                ("a217", Some("app")),
                ("5346", Some("app")),
                ("b6b6", Some("init"))
            ]
        );
    }

    #[test]
    fn mirror_pod_has_both_uids() {
        let (records, _) = read_all(LIST.as_bytes());
        let etcd = &records[1];
        assert_eq!(
            etcd.uid.as_deref(),
            Some("6b0099e3e7de21f55363249be4605571")
        );
        assert_eq!(
            etcd.mirror_uid.as_deref(),
            Some("99999999-ab69-4572-8f1d-ee756f9f3589")
        );
        assert_eq!(etcd.owner.as_deref(), Some("Node/node-7"));
    }

    #[test]
    fn annotation_with_another_pods_uid_counts_for_nothing() {
        let text = LIST.replace(
            "\"6b0099e3e7de21f55363249be4605571\"",
            "\"3962896b-ab69-4572-8f1d-ee756f9f3589\"",
        );
        let (records, _) = read_all(text.as_bytes());
        assert_eq!(
            records[1].uid.as_deref(),
            Some("99999999-ab69-4572-8f1d-ee756f9f3589")
        );
        assert_eq!(records[1].mirror_uid, None);
    }
}
