//! Writes the table as CSV and as NDJSON, which [`PodTable::load`] reads back.
//!
//! There is one row per container, and one for a pod without any. Rows come in the order of removal, so that a
//! table that is read back forgets in the same order.
//!
//! Doubt is written too, after the source's word: a table that is read back must not return a name that this one
//! would not.

use super::container_id::ContainerId;
use super::record::PodUid;
use super::spelling::{self, HEADER};
use super::table::{ContainerEntry, PodEntry, PodTable};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// One row; unknown values are omitted.
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
    source: String,
}

impl PodTable {
    /// The table as CSV with a header.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut csv = Csv::default();
        csv.row(HEADER.map(Cow::Borrowed));
        self.rows(&mut |row| {
            let labels =
                spelling::write_labels(row.labels.iter().map(|(key, value)| (*key, *value)));
            let fields = [
                row.pod_uid.as_deref(),
                row.namespace,
                row.pod_name,
                row.node,
                row.owner,
                Some(labels.as_str()),
                row.container_name,
                row.container_id.as_deref(),
                Some(row.source.as_str()),
            ];
            csv.row(fields.map(|field| spelling::guard(field.unwrap_or_default())));
        });
        // Texts and separators are UTF-8.
        String::from_utf8(csv.out).unwrap_or_default()
    }

    /// The table as one JSON object per line.
    #[must_use]
    pub fn to_ndjson(&self) -> String {
        let mut out = String::new();
        self.rows(&mut |row| {
            // Strings and a map of strings: writing them cannot fail.
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
                sink(Row {
                    container_id: Some(id.to_text()),
                    source: entry.standing.to_text(),
                    ..Row::default()
                });
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
            let containers = by_pod.remove(&uid.to_key()).unwrap_or_default();
            if entry.standing.is_ambiguous() {
                sink(Row {
                    pod_uid: Some(uid.to_text().into()),
                    source: entry.standing.to_text(),
                    ..Row::default()
                });
                for (id, container) in containers {
                    sink(self.container_row(id, container));
                }
                continue;
            }
            // A row has one source, and neither may gain trust from the other's.
            let is_alike =
                |container: &ContainerEntry| container.standing.source == entry.standing.source;
            if !containers.iter().any(|(_, container)| is_alike(container)) {
                sink(self.pod_row(*uid, entry));
            }
            for (id, container) in containers {
                let row = self.container_row(id, container);
                sink(if is_alike(container) {
                    Row {
                        container_name: row.container_name,
                        container_id: row.container_id,
                        ..self.pod_row(*uid, entry)
                    }
                } else {
                    row
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
            source: entry.standing.to_text(),
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
            source: entry.standing.to_text(),
            ..Row::default()
        }
    }
}

/// Rows being written.
#[derive(Default)]
struct Csv {
    writer: csv_core::Writer,
    out: Vec<u8>,
}

impl Csv {
    fn row<const N: usize>(&mut self, fields: [Cow<'_, str>; N]) {
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                self.put(0, |writer, out| writer.delimiter(out).1);
            }
            let field = field.as_bytes();
            self.put(field.len(), |writer, out| writer.field(field, out).2);
        }
        self.put(0, |writer, out| writer.terminator(out).1);
    }

    /// Writes a value of at most this many bytes, each perhaps doubled, between quotes.
    fn put(&mut self, len: usize, write: impl FnOnce(&mut csv_core::Writer, &mut [u8]) -> usize) {
        let before = self.out.len();
        let room = len.saturating_mul(2).saturating_add(4);
        self.out.resize(before.saturating_add(room), 0);
        let space = self.out.get_mut(before..).unwrap_or_default();
        let written = write(&mut self.writer, space);
        self.out.truncate(before.saturating_add(written));
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{PodRecord, PodSource};
    use super::*;
    use oomparse_core::PodLookup as _;

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

    /// Placeholders of other programs, and labels that contain separators.
    #[test]
    fn any_name_and_label_comes_back_from_csv() {
        let mut table = PodTable::new();
        table.keep_labels(&["*"]);
        for (at, name) in ["null", "-", "-1", "none", "a"].iter().enumerate() {
            let uid = std::format!("{at}962896b-ab69-4572-8f1d-ee756f9f3589");
            let mut record = PodRecord::named(PodSource::Kubernetes, &uid, name, name);
            record.node = Some((*name).into());
            record.labels = [
                ("=cmd", "a,b;c"),
                ("@a", "null"),
                ("b", "\"x\"\r\n"),
                ("c", " - "),
                ("d", ""),
            ]
            .map(|(key, value)| (key.into(), value.into()))
            .to_vec();
            record.add_container(&std::format!("a2172e8d1101b43{at}"), Some(name));
            assert!(table.insert(record));
        }
        let csv = table.to_csv();
        let mut back = PodTable::new();
        back.keep_labels(&["*"]);
        assert_eq!(back.load(csv.as_bytes()).error, None, "{csv}");
        assert_eq!(back.to_ndjson(), table.to_ndjson());
        for cell in csv.split([',', '\n']) {
            let text = cell.trim_start_matches('"');
            assert!(
                !text.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell}"
            );
        }
    }

    const FIRST: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
    const SECOND: &str = "4962896b-ab69-4572-8f1d-ee756f9f3589";

    /// What a log shows about a container in a pod.
    fn told(source: PodSource, uid: &str, name: &str, id: &str) -> PodRecord {
        let mut record = PodRecord::named(source, uid, "default", name);
        record.add_container(id, Some("app"));
        record
    }

    /// The table itself, and read back from both formats.
    fn with_its_copies(table: PodTable) -> [PodTable; 3] {
        let [csv, ndjson] = [table.to_csv(), table.to_ndjson()].map(|text| {
            let mut back = PodTable::new();
            assert_eq!(back.load(text.as_bytes()).error, None, "{text}");
            assert_eq!(
                (back.to_csv(), back.to_ndjson()),
                (table.to_csv(), table.to_ndjson())
            );
            back
        });
        [table, csv, ndjson]
    }

    #[test]
    fn a_pod_of_two_names_has_none_when_read_back() {
        let mut table = PodTable::new();
        for name in ["web-0", "web-1"] {
            assert!(table.insert(told(PodSource::KubeletLog, FIRST, name, "a2172e8d1101b439")));
        }
        for mut table in with_its_copies(table) {
            assert!(table.pod(FIRST).is_none());
            let container = table.container("a2172e8d1101b439").unwrap();
            assert_eq!((container.name, container.pod.name), (Some("app"), None));
            // A third log line decides nothing; a listing does.
            let word = PodRecord::named(PodSource::RuntimeLog, FIRST, "default", "web-1");
            assert!(table.insert(word));
            assert!(table.pod(FIRST).is_none());
            let listed = PodRecord::named(PodSource::Kubernetes, FIRST, "default", "web-1");
            assert!(table.insert(listed));
            assert_eq!(table.pod(FIRST).unwrap().name, Some("web-1"));
        }
    }

    #[test]
    fn a_container_of_two_pods_has_none_when_read_back() {
        let mut table = PodTable::new();
        let (twice, once) = ("a2172e8d1101b4390000", "a2172e8d1101b4391111");
        assert!(table.insert(told(PodSource::KubeletLog, FIRST, "web-0", twice)));
        assert!(table.insert(told(PodSource::KubeletLog, SECOND, "web-1", twice)));
        assert!(table.insert(told(PodSource::KubeletLog, FIRST, "web-0", once)));
        for mut table in with_its_copies(table) {
            assert!(table.container(twice).is_none());
            assert!(table.container(once).is_some());
            // A cut id may be either: the ambiguous entry must not have been removed.
            assert!(table.container("a2172e8d1101b439").is_none());
            assert_eq!(table.pod(FIRST).unwrap().name, Some("web-0"));
        }
    }

    #[test]
    fn a_claim_stays_one_when_read_back() {
        let claim = |uid: &str, name: &str, mirror: &str| {
            let mut record = PodRecord::named(PodSource::Kubernetes, uid, "default", name);
            record.mirror_uid = Some(mirror.into());
            record
        };
        let mut table = PodTable::new();
        assert!(table.insert(claim(FIRST, "web-0", SECOND)));
        for mut table in with_its_copies(table) {
            assert_eq!(table.pod(FIRST).unwrap().name, Some("web-0"));
            let other = "5962896b-ab69-4572-8f1d-ee756f9f3589";
            assert!(table.insert(claim(FIRST, "web-1", other)));
            assert!(table.pod(FIRST).is_none());
        }
    }

    #[test]
    fn what_a_log_told_of_a_listed_pod_gains_no_trust_when_read_back() {
        let id = "a2172e8d1101b4390000";
        let mut table = PodTable::new();
        assert!(table.insert(PodRecord::named(
            PodSource::Kubernetes,
            FIRST,
            "default",
            "web-0"
        )));
        assert!(table.insert(told(PodSource::RuntimeLog, FIRST, "web-0", id)));
        for mut table in with_its_copies(table) {
            assert!(table.insert(told(PodSource::RuntimeLog, SECOND, "web-1", id)));
            assert!(table.container(id).is_none(), "two logs, two pods");
        }
    }

    #[test]
    fn a_containers_word_for_its_pods_name_does_not_become_the_pods() {
        let id = "a2172e8d1101b4390000";
        // Two logs name the pod; a third one names a container of it, whose uid a listing shows.
        let mut table = PodTable::new();
        for name in ["web-0", "web-1"] {
            assert!(table.insert(PodRecord::named(
                PodSource::KubeletLog,
                FIRST,
                "default",
                name
            )));
        }
        let mut listed = PodRecord::new(PodSource::File);
        listed.uid = Some(FIRST.into());
        listed.add_container(id, Some("app"));
        assert!(table.insert(listed));
        let mut word = PodRecord::new(PodSource::RuntimeLog);
        (word.namespace, word.name) = (Some("default".into()), Some("web-1".into()));
        word.add_container(id, Some("app"));
        assert!(table.insert(word));
        for mut table in with_its_copies(table) {
            assert!(table.pod(FIRST).is_none());
            let container = table.container(id).unwrap();
            assert_eq!((container.name, container.pod.name), (Some("app"), None));
        }
    }

    /// Random numbers, the same ones each time.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, end: u64) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            usize::try_from((self.0 >> 33) % end).unwrap()
        }

        fn of<T: Copy, const N: usize>(&mut self, all: [T; N]) -> T {
            all[self.below(N as u64)]
        }

        /// A record of some source about one of a few pods and containers, so that it often contradicts the
        /// others.
        fn record(&mut self) -> PodRecord {
            use PodSource::{Crictl, File, KubeletLog, Kubernetes, RuntimeLog};
            let uids = [Some(FIRST), Some(SECOND), None].map(|uid| uid.map(Into::into));
            let mut record =
                PodRecord::new(self.of([RuntimeLog, KubeletLog, File, Crictl, Kubernetes]));
            record.uid.clone_from(&uids[self.below(3)]);
            if record.source == Kubernetes && self.below(3) == 0 {
                record.mirror_uid.clone_from(&uids[self.below(3)]);
            }
            let [name, namespace, node] = [["web-0", "web-1"], ["default", "shop"], ["n1", "n2"]]
                .map(|texts| self.of([None, Some(texts[0]), Some(texts[0]), Some(texts[1])]));
            record.name = name.map(Into::into);
            record.namespace = namespace.map(Into::into);
            record.node = node.map(Into::into);
            for _ in 0..self.below(3) {
                let id = self.of([
                    "a2172e8d1101b4390000",
                    "a2172e8d1101b4391111",
                    "a2172e8d1101",
                ]);
                record.add_container(id, self.of([None, Some("app"), Some("sidecar")]));
            }
            record
        }
    }

    #[test]
    fn a_copy_is_as_its_table_whatever_both_are_told_later() {
        let mut chance = Chance(1);
        for _ in 0..500 {
            let mut table = PodTable::new();
            for _ in 0..1 + chance.below(6) {
                table.insert(chance.record());
            }
            let [mut table, mut csv, mut ndjson] = with_its_copies(table);
            for _ in 0..4 {
                let record = chance.record();
                for copy in [&mut table, &mut csv, &mut ndjson] {
                    copy.insert(record.clone());
                }
                let sorted = |table: &PodTable| {
                    let text = table.to_csv();
                    let mut rows: Vec<String> = text.lines().map(Into::into).collect();
                    rows.sort();
                    rows
                };
                assert_eq!(sorted(&csv), sorted(&table));
                assert_eq!(sorted(&ndjson), sorted(&table));
            }
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
