//! Headers of tables and CSV: which column is what, whatever its order and spelling.

use super::super::record::{Doubt, PodRecord, PodSource, PodUid};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Uid,
    MirrorUid,
    Namespace,
    Name,
    Node,
    Owner,
    Labels,
    ContainerNames,
    ContainerIds,
    Source,
    /// Pod and node addresses, states, ages.
    Unknown,
}

impl Column {
    /// Reads a header: case, `_`, `-`, `.` and blanks do not count.
    pub(super) fn from_header(header: &str) -> Self {
        let key: String = header
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        match key.as_str() {
            "uid" | "poduid" | "podid" | "metadatauid" | "id" => Self::Uid,
            "mirroruid" | "podmirroruid" => Self::MirrorUid,
            "namespace" | "ns" | "podnamespace" | "namespacename" | "metadatanamespace" => {
                Self::Namespace
            }
            "name" | "pod" | "podname" | "metadataname" => Self::Name,
            "node" | "nodename" | "host" | "hostname" => Self::Node,
            "owner" | "podowner" | "controlledby" => Self::Owner,
            "labels" | "podlabels" => Self::Labels,
            "container" | "containers" | "containername" | "containernames" => Self::ContainerNames,
            "containerid" | "containerids" => Self::ContainerIds,
            "source" | "podsource" => Self::Source,
            _ => Self::Unknown,
        }
    }

    /// Whether a first line with this column is a header of pods.
    pub(super) fn is_known(self) -> bool {
        self != Self::Unknown
    }
}

/// The record of a row's fields. What kubectl writes for nothing (`<none>`) is nothing.
pub(super) fn record<'f>(
    columns: &[Column],
    fields: impl Iterator<Item = &'f str>,
) -> Option<PodRecord> {
    let mut record = PodRecord::new(PodSource::File);
    let (mut names, mut ids) = (Vec::new(), Vec::new());
    for (column, field) in columns.iter().zip(fields) {
        let field = field.trim();
        if matches!(field, "" | "<none>" | "<nil>" | "<unset>" | "null" | "-") {
            continue;
        }
        let text = || Some(field.to_owned());
        match column {
            Column::Uid => record.uid = text(),
            Column::MirrorUid => record.mirror_uid = text(),
            Column::Namespace => record.namespace = text(),
            Column::Name => record.name = text(),
            Column::Node => record.node = text(),
            Column::Owner => record.owner = text(),
            Column::Labels => record.labels = labels(field),
            Column::ContainerNames => names = list(field),
            Column::ContainerIds => ids = list(field),
            Column::Source => record.set_source(field),
            Column::Unknown => {}
        }
    }
    // Names belong to ids by their place; without as many of both there is no telling.
    let paired = names.len() == ids.len();
    for (at, id) in ids.iter().enumerate() {
        let name = names.get(at).copied().filter(|_| paired);
        record.add_container(id, name);
    }
    is_sound(&record).then_some(record)
}

/// Whether a row names something: a pod by a uid that is one, or a container. That there is no telling
/// a pod's name is something, too.
pub(super) fn is_sound(record: &PodRecord) -> bool {
    let tells = record.name.is_some() || record.doubt == Doubt::Ambiguous;
    match record.uid.as_deref() {
        Some(uid) => PodUid::parse(uid).is_some() && (tells || !record.containers.is_empty()),
        None => !record.containers.is_empty(),
    }
}

fn list(field: &str) -> Vec<&str> {
    field
        .trim_matches(['[', ']'])
        .split([',', ' '])
        .filter(|item| !item.is_empty())
        .collect()
}

/// `app=web;tier=x`, or kubectl's `map[app:web tier:x]`.
fn labels(field: &str) -> Vec<(String, String)> {
    let (items, separator, between) = match field
        .strip_prefix("map[")
        .and_then(|field| field.strip_suffix(']'))
    {
        Some(items) => (items, ' ', ':'),
        None if field.contains(';') => (field, ';', '='),
        None => (field, ',', '='),
    };
    items
        .split(separator)
        .filter_map(|item| item.split_once(between))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_in_every_spelling() {
        for header in ["Pod_ID", "PodUID", "pod-uid", "UID", ".metadata.uid"] {
            assert_eq!(Column::from_header(header), Column::Uid, "{header}");
        }
        assert_eq!(Column::from_header("podName"), Column::Name);
        assert_eq!(Column::from_header("nodeIP"), Column::Unknown);
        assert_eq!(Column::from_header("ContainerName"), Column::ContainerNames);
    }

    #[test]
    fn labels_in_both_forms() {
        for field in ["map[app:web tier:db]", "app=web;tier=db", "app=web,tier=db"] {
            let labels = labels(field);
            assert_eq!(labels.len(), 2, "{field}");
            assert_eq!(labels[1], ("tier".into(), "db".into()));
        }
    }
}
