//! Listings of pods: recognised by their content, read row by row.
//!
//! | format | begins with | file |
//! |---|---|---|
//! | `kubectl get pods -A -o json`, one pod, the kubelet's `/pods` | `{`, `[` | `json.rs`, `kubernetes.rs` |
//! | `crictl pods -o json`, `crictl ps -a -o json` | `{` | `json.rs`, `crictl.rs` |
//! | NDJSON, as [`PodTable::to_ndjson`](crate::PodTable::to_ndjson) writes it | `{"pod_uid":` | `ndjson.rs` |
//! | CSV with a header, as [`PodTable::to_csv`](crate::PodTable::to_csv) writes it | a header with commas, semicolons or tabs | `csv.rs` |
//! | `kubectl get pods -o custom-columns=…` | a header with blanks | `columns.rs` |
//! | names below `/var/log/pods` and `/var/log/containers` | such a name | `names.rs` |

mod columns;
mod crictl;
mod csv;
mod header;
mod json;
mod kubernetes;
mod names;
mod ndjson;

pub use names::{add_log_name, container_log_file, pod_log_dir};

use super::error::{PodSourceError, PodSourceErrorKind};
use super::record::{PodRecord, PodSource, PodUid};
use alloc::vec::Vec;
use core::hash::BuildHasher;
use hashbrown::DefaultHashBuilder;

/// The format of a listing of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PodFormat {
    /// `kubectl get pods -A -o json`, one pod, the kubelet's `/pods`, and crictl's JSON.
    Json,
    /// One JSON object per row.
    Ndjson,
    /// CSV with a header.
    Csv,
    /// `kubectl get pods -o custom-columns=…`.
    Columns,
    /// Names of log directories or files, one per line.
    Names,
}

/// The result of reading a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The detected format.
    pub format: Option<PodFormat>,
    /// Records added.
    pub records: usize,
    /// Records or rows skipped: no valid uid, no valid name.
    pub skipped: usize,
    /// The first error. Everything else that could be read was added.
    pub error: Option<PodSourceError>,
}

/// Reads a listing record by record, for callers that put them into a table later.
///
/// `sink` returns whether it added the record, like [`PodTable::insert`](crate::PodTable::insert).
pub fn read_pods(listing: &[u8], sink: &mut dyn FnMut(PodRecord) -> bool) -> Loaded {
    let mut loaded = Loaded::default();
    let mut refused = 0usize;
    let mut taken = 0usize;
    read(listing, &mut loaded, &mut |record| {
        let count = if sink(record) {
            &mut taken
        } else {
            &mut refused
        };
        *count = count.saturating_add(1);
    });
    loaded.records = taken;
    loaded.skipped = loaded.skipped.saturating_add(refused);
    loaded
}

/// Receives each record of a listing.
pub(super) type Sink<'s> = &'s mut dyn FnMut(PodRecord);

/// Reads a listing in any format; errors are added to `loaded`.
///
/// If one listing gives a uid two names, it has no name. For this, rows are read twice, so that no name is used
/// even for a moment; for JSON, contradictions are applied at the end.
pub(super) fn read(listing: &[u8], loaded: &mut Loaded, sink: Sink<'_>) {
    let mut claims = Claims::default();
    let is_json = matches!(listing.trim_ascii_start().first(), Some(b'{' | b'['))
        && !ndjson::is_rows(listing.trim_ascii_start());
    if is_json {
        read_once(listing, loaded, &mut |record| {
            claims.note(&record);
            sink(record);
        });
        for record in claims.contradicted() {
            sink(record);
        }
        return;
    }
    read_once(listing, &mut Loaded::default(), &mut |record| {
        claims.note(&record)
    });
    // In the same order as the claims.
    let contradicted: Vec<[u8; 16]> = claims.differing().map(|(_, uid)| uid.to_key()).collect();
    read_once(listing, loaded, &mut |mut record| {
        let uid = record.uid.as_deref().and_then(PodUid::parse);
        if uid.is_some_and(|uid| contradicted.binary_search(&uid.to_key()).is_ok()) {
            record.contradict();
        }
        sink(record);
    });
}

/// Which names a listing gives each uid.
#[derive(Default)]
struct Claims {
    claims: Vec<([u8; 16], u64, PodSource, PodUid)>,
    hashes: DefaultHashBuilder,
}

impl Claims {
    fn note(&mut self, record: &PodRecord) {
        let uid = record.uid.as_deref().and_then(PodUid::parse);
        if let (Some(uid), Some(name)) = (uid, &record.name) {
            let namespace = record.namespace.as_deref().unwrap_or_default();
            let hash = self.hashes.hash_one((namespace, name));
            self.claims.push((uid.to_key(), hash, record.source, uid));
        }
    }

    /// The uids with two names, in order.
    fn differing(&mut self) -> impl Iterator<Item = (PodSource, PodUid)> {
        self.claims
            .sort_unstable_by_key(|(uid, hash, ..)| (*uid, *hash));
        self.claims.windows(2).filter_map(|pair| match pair {
            [one, other] if one.0 == other.0 && one.1 != other.1 => Some((other.2, other.3)),
            _ => None,
        })
    }

    /// For each of them, a record that removes the name.
    fn contradicted(&mut self) -> Vec<PodRecord> {
        let records = self.differing().map(|(source, uid)| {
            let mut record = PodRecord::new(source);
            record.uid = Some(uid.to_text().into());
            record.contradict();
            record
        });
        records.collect()
    }
}

fn read_once(listing: &[u8], loaded: &mut Loaded, sink: Sink<'_>) {
    let text = listing.strip_prefix(b"\xef\xbb\xbf").unwrap_or(listing);
    let start = text.trim_ascii_start();
    let first = start
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default()
        .trim_ascii_end();
    let skipped = text.len().saturating_sub(start.len());
    let fail = |kind| PodSourceError::at(kind, text, skipped);
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") || text.contains(&0) {
        loaded.error = Some(fail(PodSourceErrorKind::Encoding));
    } else if ndjson::is_rows(start) {
        loaded.format = Some(PodFormat::Ndjson);
        ndjson::read(text, loaded, sink);
    } else if matches!(start.first(), Some(b'{' | b'[')) {
        loaded.format = Some(PodFormat::Json);
        loaded.error = json::read(text, sink).err();
    } else if first.starts_with(b"apiVersion:") || first.starts_with(b"---") {
        loaded.error = Some(fail(PodSourceErrorKind::Yaml));
    } else if names::is_name_line(first) {
        loaded.format = Some(PodFormat::Names);
        names::read(text, loaded, sink);
    } else if let Some(separator) = csv::separator(first) {
        loaded.format = Some(PodFormat::Csv);
        csv::read(text, separator, loaded, sink);
    } else if let Some(known) = columns::is_header(first) {
        if known && columns::may_break(first) {
            loaded.error = Some(fail(PodSourceErrorKind::LineBreaks));
        } else if known {
            loaded.format = Some(PodFormat::Columns);
            columns::read(text, loaded, sink);
        } else {
            loaded.error = Some(fail(PodSourceErrorKind::NoUidColumn));
        }
    } else if !start.is_empty() {
        loaded.error = Some(fail(PodSourceErrorKind::UnknownFormat));
    }
}

impl Loaded {
    /// Notes that a row was skipped, and why, if it is the first.
    fn skip(&mut self, error: impl FnOnce() -> PodSourceError) {
        self.skipped = self.skipped.saturating_add(1);
        self.error.get_or_insert_with(error);
    }
}

/// A line of a listing and its position.
struct Row<'a> {
    text: &'a [u8],
    line: usize,
    offset: usize,
}

impl Row<'_> {
    fn error(&self, kind: PodSourceErrorKind) -> PodSourceError {
        PodSourceError::new(kind, self.line, self.offset)
    }
}

/// The lines that are not blank, without their line ends.
fn rows(text: &[u8]) -> impl Iterator<Item = Row<'_>> {
    let mut offset = 0usize;
    text.split(|&byte| byte == b'\n')
        .enumerate()
        .map(move |(number, line)| {
            let row = Row {
                text: line.strip_suffix(b"\r").unwrap_or(line),
                line: number.saturating_add(1),
                offset,
            };
            offset = offset.saturating_add(line.len()).saturating_add(1);
            row
        })
        .filter(|row| !row.text.trim_ascii().is_empty())
}

#[cfg(test)]
pub(super) fn read_all(listing: &[u8]) -> (alloc::vec::Vec<PodRecord>, Loaded) {
    let mut records = alloc::vec::Vec::new();
    let mut loaded = Loaded::default();
    read(listing, &mut loaded, &mut |record| records.push(record));
    (records, loaded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn error(listing: &[u8]) -> PodSourceErrorKind {
        let (records, loaded) = read_all(listing);
        assert!(records.is_empty());
        loaded.error.unwrap().kind
    }

    #[test]
    fn a_uid_with_two_names_in_one_listing_has_none() {
        use crate::PodTable;
        use oomparse_core::PodLookup;
        let uid = "3962896b-ab69-4572-8f1d-ee756f9f3589";
        let other = "0f5eb28f-6722-4cf5-ab0f-b62748c018d4";
        let pod = |namespace: &str, name: &str, uid: &str| {
            std::format!(
                r#"{{"kind":"Pod","metadata":{{"namespace":"{namespace}","name":"{name}","uid":"{uid}"}},"spec":{{}},"status":{{}}}}"#
            )
        };
        let (a, b) = (pod("default", "web-0", uid), pod("kube-system", "dns", uid));
        let honest = pod("default", "web-1", other);
        for listing in [
            std::format!(
                "uid,namespace,name\n{uid},default,web-0\n{other},default,web-1\n{uid},kube-system,dns\n"
            ),
            std::format!(
                "NS   NAME   UID\ndefault   web-0   {uid}\ndefault   web-1   {other}\nkube-system   dns   {uid}\n"
            ),
            std::format!("default_web-0_{uid}\ndefault_web-1_{other}\nkube-system_dns_{uid}\n"),
            std::format!("{{\"kind\":\"PodList\",\"items\":[{a},{honest},{b}]}}"),
        ] {
            let mut table = PodTable::new();
            // A name that was known before is no longer known.
            table.insert(PodRecord::named(
                PodSource::Kubernetes,
                uid,
                "default",
                "web-0",
            ));
            table.load(listing.as_bytes());
            assert_eq!(table.pod(uid), None, "{listing}");
            assert_eq!(table.pod(other).unwrap().name, Some("web-1"), "{listing}");
            // Another listing decides.
            table.insert(PodRecord::named(PodSource::File, uid, "default", "web-0"));
            assert_eq!(table.pod(uid).unwrap().name, Some("web-0"));
        }
        // The same name twice is not a contradiction.
        let mut table = PodTable::new();
        table.load(std::format!("uid,name\n{uid},web-0\n{uid},web-0\n").as_bytes());
        assert_eq!(table.pod(uid).unwrap().name, Some("web-0"));
    }

    #[test]
    fn what_is_no_listing_says_so() {
        use PodSourceErrorKind as Kind;
        assert_eq!(error(b"hello world\n"), Kind::UnknownFormat);
        assert_eq!(error(b"apiVersion: v1\nitems:\n"), Kind::Yaml);
        assert_eq!(error(b"\xff\xfe{\0\"\0"), Kind::Encoding);
        assert_eq!(
            error(b"NAMESPACE   NAME    READY   STATUS    RESTARTS   AGE\ndefault     web-0   1/1     Running   0          1d\n"),
            Kind::NoUidColumn
        );
        assert_eq!(error(b"namespace,name\ndefault,web-0\n"), Kind::NoUidColumn);
        let (_, loaded) = read_all(b"\n\nhello\n");
        assert_eq!(loaded.error.unwrap().line, 3);
        assert!(
            loaded
                .error
                .unwrap()
                .to_string()
                .contains("(line 3, byte 2)")
        );
    }

    #[test]
    fn empty_listing_is_empty() {
        for text in [
            &b""[..],
            b"\n \n",
            b"{\"items\":[]}",
            b"[]",
            b"{\"items\":null}",
        ] {
            let (records, loaded) = read_all(text);
            assert!(records.is_empty());
            assert_eq!(loaded.error, None);
        }
    }
}
