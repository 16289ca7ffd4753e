//! Headers of tables and CSV: the meaning of each column, in any order and spelling.

use super::super::record::{Doubt, PodRecord, PodSource, PodUid};
use super::super::spelling;
use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;

/// The meaning of a column.
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
    /// Reads a header: case, `_`, `-`, `.` and blanks are ignored.
    pub(super) fn from_header(header: &str) -> Self {
        match key(header).as_str() {
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

    /// Whether a column with this header contains only values that Kubernetes validates or writes itself. Any
    /// other column may contain a line break: an annotation, an image, a message, an owner's name.
    pub(super) fn holds_no_break(self, header: &str) -> bool {
        const PLAIN: [&str; 21] = [
            "ip",
            "podip",
            "podips",
            "hostip",
            "hostips",
            "nodeip",
            "status",
            "phase",
            "podstatus",
            "podphase",
            "ready",
            "restarts",
            "age",
            "qos",
            "qosclass",
            "priority",
            "created",
            "started",
            "starttime",
            "creationtimestamp",
            "ids",
        ];
        match self {
            Self::Owner => false,
            Self::Unknown => PLAIN.contains(&key(header).as_str()),
            _ => true,
        }
    }

    /// Whether a first line with this column is a header of pods.
    pub(super) fn is_known(self) -> bool {
        self != Self::Unknown
    }
}

/// A header's letters and digits.
fn key(header: &str) -> String {
    let letters = header.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// How the fields of a table are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As programs and people write them: with blanks around them, and with a placeholder for an empty field.
    Any,
    /// As [`PodTable::to_csv`](crate::PodTable::to_csv) writes them: an empty field is really empty.
    Own,
}

impl Spelling {
    /// The value of a field, if it has one. kubectl's placeholder `<none>` is not a value.
    fn text(self, field: &str) -> Option<Cow<'_, str>> {
        if self == Self::Own {
            return (!field.is_empty()).then(|| spelling::unguard(field));
        }
        let field = field.trim();
        let is_nothing = matches!(field, "" | "<none>" | "<nil>" | "<unset>" | "null" | "-");
        (!is_nothing).then_some(Cow::Borrowed(field))
    }
}

/// The record of a row's fields.
pub(super) fn record<'f>(
    columns: &[Column],
    fields: impl Iterator<Item = &'f str>,
    spelling: Spelling,
) -> Option<PodRecord> {
    let mut record = PodRecord::new(PodSource::File);
    let (mut names, mut ids) = (Vec::new(), Vec::new());
    for (column, field) in columns.iter().zip(fields) {
        let Some(field) = spelling.text(field) else {
            continue;
        };
        let text = || Some(field.as_ref().to_owned());
        match column {
            Column::Uid => record.uid = text(),
            Column::MirrorUid => record.mirror_uid = text(),
            Column::Namespace => record.namespace = text(),
            Column::Name => record.name = text(),
            Column::Node => record.node = text(),
            Column::Owner => record.owner = text(),
            Column::Labels => record.labels = spelling::read_labels(&field),
            Column::ContainerNames => names = list(&field),
            Column::ContainerIds => ids = list(&field),
            Column::Source => record.set_source(&field),
            Column::Unknown => {}
        }
    }
    // Names belong to ids by position; if their numbers differ, they cannot be matched.
    let paired = names.len() == ids.len();
    for (at, id) in ids.iter().enumerate() {
        let name = names.get(at).filter(|_| paired);
        record.add_container(id, name.map(String::as_str));
    }
    is_sound(&record).then_some(record)
}

/// Whether a row contributes something: a pod with a valid uid, or a container. That a pod's name is ambiguous
/// counts too.
pub(super) fn is_sound(record: &PodRecord) -> bool {
    let tells = record.name.is_some() || record.doubt == Doubt::Ambiguous;
    match record.uid.as_deref() {
        Some(uid) => PodUid::parse(uid).is_some() && (tells || !record.containers.is_empty()),
        None => !record.containers.is_empty(),
    }
}

fn list(field: &str) -> Vec<String> {
    field
        .trim_matches(['[', ']'])
        .split([',', ' '])
        .filter(|item| !item.is_empty())
        .map(ToOwned::to_owned)
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
}
