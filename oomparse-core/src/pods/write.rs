//! The table written out as CSV and as NDJSON: what [`PodTable::load`] reads back.
//!
//! One row per container and one for a pod without any. Rows come in the order of leaving, so that
//! a table read back forgets in the same order.

use super::record::PodUid;
use super::table::{ContainerEntry, ContainerId, PodEntry, PodTable};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

const CSV_HEADER: &str =
    "pod_uid,namespace,pod_name,node,owner,labels,container_name,container_id,source\n";

/// One row; what is unknown is left out.
#[derive(Default, Serialize)]
struct Row<'t> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_name: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'t str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<&'t str, &'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container_name: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container_id: Option<String>,
    source: &'static str,
}

impl PodTable {
    /// The table as CSV with a header.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut out = String::from(CSV_HEADER);
        self.rows(&mut |row| {
            let labels = labels_field(&row.labels);
            for field in [
                row.pod_uid.as_deref(),
                row.namespace,
                row.pod_name,
                row.node,
                row.owner,
                Some(labels.as_str()),
                row.container_name,
                row.container_id.as_deref(),
            ] {
                push_csv(&mut out, field.unwrap_or_default());
                out.push(',');
            }
            push_csv(&mut out, row.source);
            out.push('\n');
        });
        out
    }

    /// The table as one JSON object per line.
    #[must_use]
    pub fn to_ndjson(&self) -> String {
        let mut out = String::new();
        self.rows(&mut |row| {
            // Strings and a map of strings: nothing in it can fail.
            if let Ok(line) = serde_json::to_string(&row) {
                out.push_str(&line);
                out.push('\n');
            }
        });
        out
    }

    fn rows<'t>(&'t self, sink: &mut dyn FnMut(Row<'t>)) {
        let mut by_pod: BTreeMap<[u8; 16], Vec<(&ContainerId, &ContainerEntry)>> = BTreeMap::new();
        let mut without_pod = Vec::new();
        for (id, entry) in self.containers.iter() {
            if entry.standing.is_ambiguous() {
                continue;
            }
            match entry.pod {
                Some(uid) if self.pods.contains(&uid) => {
                    by_pod.entry(uid.to_key()).or_default().push((id, entry));
                }
                _ => without_pod.push((id, entry)),
            }
        }
        for (id, entry) in without_pod {
            sink(self.container_row(id, entry));
        }
        for (uid, entry) in self.pods.iter() {
            if entry.standing.is_ambiguous() {
                continue;
            }
            let mut containers = by_pod.remove(&uid.to_key()).unwrap_or_default();
            if containers.is_empty() {
                sink(self.pod_row(*uid, entry));
            }
            for (id, container) in containers.drain(..) {
                sink(Row {
                    container_name: self.texts.get(container.name),
                    container_id: Some(id.to_text()),
                    ..self.pod_row(*uid, entry)
                });
            }
        }
    }

    fn pod_row<'t>(&'t self, uid: PodUid, entry: &'t PodEntry) -> Row<'t> {
        Row {
            pod_uid: Some(uid.to_text().into()),
            namespace: self.texts.get(entry.namespace),
            pod_name: entry.name.as_deref(),
            node: self.texts.get(entry.node),
            owner: self.texts.get(entry.owner),
            labels: entry
                .labels()
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect(),
            source: entry.standing.source.as_str(),
            ..Row::default()
        }
    }

    fn container_row<'t>(&'t self, id: &ContainerId, entry: &'t ContainerEntry) -> Row<'t> {
        let (namespace, pod_name) = self.texts.pod(entry.pod_name);
        Row {
            pod_uid: entry.pod.map(|uid| uid.to_text().into()),
            namespace,
            pod_name,
            container_name: self.texts.get(entry.name),
            container_id: Some(id.to_text()),
            source: entry.standing.source.as_str(),
            ..Row::default()
        }
    }
}

fn labels_field(labels: &BTreeMap<&str, &str>) -> String {
    let mut field = String::new();
    for (key, value) in labels {
        if !field.is_empty() {
            field.push(';');
        }
        field.push_str(key);
        field.push('=');
        field.push_str(value);
    }
    field
}

fn push_csv(out: &mut String, field: &str) {
    if field.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&field.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(field);
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{PodRecord, PodSource};
    use super::*;

    fn table() -> PodTable {
        let mut table = PodTable::new();
        table.keep_labels(&["*"]);
        let mut web = PodRecord::named(
            PodSource::Kubernetes,
            "3962896b-ab69-4572-8f1d-ee756f9f3589",
            "default",
            "web-0",
        );
        web.node = Some("node-7".into());
        web.owner = Some("StatefulSet/web".into());
        web.labels = std::vec![("app".into(), "web".into()), ("tier".into(), "db".into())];
        web.add_container("a2172e8d1101b439", Some("app"));
        web.add_container("b2172e8d1101b439", Some("sidecar"));
        assert!(table.insert(web));
        assert!(table.insert(PodRecord::named(
            PodSource::KubeletLog,
            "6b0099e3e7de21f55363249be4605571",
            "kube-system",
            "etcd-node-7",
        )));
        let mut bare = PodRecord::new(PodSource::RuntimeLog);
        bare.namespace = Some("default".into());
        bare.name = Some("web-1".into());
        bare.add_container("c2172e8d1101b439", Some("app"));
        assert!(table.insert(bare));
        table
    }

    #[test]
    fn both_forms_read_back_to_the_same() {
        let table = table();
        for text in [table.to_csv(), table.to_ndjson()] {
            let mut back = PodTable::new();
            back.keep_labels(&["*"]);
            let loaded = back.load(text.as_bytes());
            assert_eq!(loaded.error, None, "{text}");
            assert_eq!(back.to_csv(), table.to_csv());
            assert_eq!(back.to_ndjson(), table.to_ndjson());
            assert_eq!(back.pods(), 2);
            assert_eq!(back.containers(), 3);
        }
    }

    #[test]
    fn csv_rows() {
        let csv = table().to_csv();
        assert!(csv.contains(
            "3962896b-ab69-4572-8f1d-ee756f9f3589,default,web-0,node-7,StatefulSet/web,\
             app=web;tier=db,app,a2172e8d1101b439,kubernetes\n"
        ));
        assert!(csv.contains(
            "6b0099e3e7de21f55363249be4605571,kube-system,etcd-node-7,,,,,,kubelet-log\n"
        ));
    }
}
