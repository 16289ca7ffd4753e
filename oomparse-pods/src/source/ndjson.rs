//! One JSON object per row, as [`PodTable::to_ndjson`](crate::PodTable::to_ndjson) writes it.
//!
//! ```json
//! {"pod_uid":"3962896b-ab69-4572-8f1d-ee756f9f3589","namespace":"default","pod_name":"web-0","container_name":"app","container_id":"a2172e8d…"}
//! ```
//!
//! A broken row does not affect the others.

use super::super::error::{PodSourceError, PodSourceErrorKind};
use super::super::record::{PodRecord, PodSource};
use super::Loaded;
use super::{Sink, header, json, rows};
use alloc::collections::BTreeMap;
use alloc::string::String;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(alias = "uid", alias = "podUID", alias = "pod_id")]
    pod_uid: Option<String>,
    #[serde(alias = "pod_namespace", alias = "namespace_name")]
    namespace: Option<String>,
    #[serde(alias = "pod", alias = "name", alias = "podName")]
    pod_name: Option<String>,
    #[serde(alias = "node_name", alias = "nodeName")]
    node: Option<String>,
    owner: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    #[serde(alias = "container", alias = "containerName")]
    container_name: Option<String>,
    #[serde(alias = "containerID")]
    container_id: Option<String>,
    source: Option<String>,
}

/// Whether the text has this format: one of its first lines is a complete object with a uid or a container's id.
/// The very first may be broken.
pub(super) fn is_rows(text: &[u8]) -> bool {
    text.starts_with(b"{\"") && text.split(|&byte| byte == b'\n').take(8).any(is_row)
}

fn is_row(line: &[u8]) -> bool {
    line.starts_with(b"{\"")
        && line.len() <= MAX_ROW_LEN
        && serde_json::from_slice::<Line>(line)
            .is_ok_and(|row| row.pod_uid.is_some() || row.container_id.is_some())
}

/// Longer first lines are whole listings without line ends, and are not read twice.
const MAX_ROW_LEN: usize = 64 << 10;

/// Reads all rows.
pub(super) fn read(text: &[u8], loaded: &mut Loaded, sink: Sink<'_>) {
    for row in rows(text) {
        match serde_json::from_slice::<Line>(row.text) {
            Ok(line) => match line.record() {
                Some(record) => sink(record),
                None => loaded.skip(|| row.error(PodSourceErrorKind::Row)),
            },
            Err(error) => {
                loaded.skip(|| {
                    let found = json::position(row.text, &error);
                    let offset = row.offset.saturating_add(found.offset);
                    PodSourceError::new(found.kind, row.line, offset)
                });
            }
        }
    }
}

impl Line {
    fn record(self) -> Option<PodRecord> {
        let mut record = PodRecord::new(PodSource::File);
        record.set_source(self.source.as_deref().unwrap_or_default());
        record.uid = self.pod_uid;
        record.namespace = self.namespace;
        record.name = self.pod_name;
        record.node = self.node;
        record.owner = self.owner;
        record.labels = self.labels.unwrap_or_default().into_iter().collect();
        if let Some(id) = &self.container_id {
            record.add_container(id, self.container_name.as_deref());
        }
        header::is_sound(&record).then_some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_all;
    use super::*;

    #[test]
    fn first_row_broken() {
        let (records, loaded) = read_all(
            b"{\"pod_uid\":\n{\"pod_uid\":\"3962896b-ab69-4572-8f1d-ee756f9f3589\",\"pod_name\":\"a\"}\n",
        );
        assert_eq!(records.len(), 1);
        assert_eq!(loaded.error.unwrap().line, 1);
    }

    #[test]
    fn rows_around_a_broken_one() {
        let (records, loaded) = read_all(
            b"{\"pod_uid\":\"3962896b-ab69-4572-8f1d-ee756f9f3589\",\"namespace\":\"default\",\"pod_name\":\"web-0\",\"labels\":{\"app\":\"web\"},\"extra\":[1]}\n\
              {\"pod_uid\":\"3962896b-ab69\n\
              {\"nothing\":1}\n\
              {\"pod_uid\":\"4962896b-ab69-4572-8f1d-ee756f9f3589\",\"pod_name\":\"web-1\",\"source\":\"kubelet-log\"}\n",
        );
        assert_eq!(records.len(), 2);
        assert_eq!(records[0].source, PodSource::File);
        assert_eq!(records[1].source, PodSource::KubeletLog);
        assert_eq!(loaded.skipped, 2);
        let error = loaded.error.unwrap();
        assert_eq!((error.kind, error.line), (PodSourceErrorKind::JsonEnd, 2));
        assert!(error.offset > 100);
    }
}
