//! The log that is fed, and what must come out.

use super::Kind;
use libtest_mimic::Failed;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// Mixed lines of a node, with reports in them.
pub(crate) struct Log {
    pub(crate) lines: Vec<String>,
    /// Pod uid by the line that names the victim; up to 4.20 a report of the whole machine has none.
    pub(crate) kills: BTreeMap<usize, Option<String>>,
}

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Records with a kill.
    pub(crate) kills: usize,
    /// Those with the pod's name, under the host's own names too.
    pub(crate) named: usize,
}

impl Log {
    pub(crate) fn new(len: usize) -> Self {
        let (text, _) = oomparse_benches::sparse_log(len as u64 * 220);
        let text = String::from_utf8(text).expect("the generator writes text");
        let lines: Vec<String> = text.lines().take(len).map(str::to_owned).collect();
        assert_eq!(lines.len(), len, "the generated log is long enough");
        let mut kills = BTreeMap::new();
        let mut uid = None;
        for (at, line) in lines.iter().enumerate() {
            // The summary; up to 4.20 the line that says whose limit it was.
            let path = ["task_memcg=", "Task in "]
                .iter()
                .find_map(|word| line.split_once(word));
            if let Some((_, path)) = path {
                uid = uid_in(path);
            } else if line.contains("Killed process ") {
                kills.insert(at, uid.take());
            }
        }
        assert!(kills.len() > len / 4000, "{} kills", kills.len());
        Self { lines, kills }
    }

    /// How many kills show their pod.
    pub(crate) fn pods_known(&self) -> usize {
        self.kills.values().flatten().count()
    }

    /// The pods of all kills, as a table.
    pub(crate) fn pods(&self) -> String {
        let mut csv = String::from("pod_uid,namespace,pod\n");
        for uid in self.kills.values().flatten() {
            csv.push_str(&format!("{uid},shop,{}\n", name_of(uid)));
        }
        csv
    }

    /// Every line must have come out once, in order; counts the kills.
    pub(crate) fn compare(
        &self,
        kind: Kind,
        out: &str,
        range: Range<usize>,
    ) -> Result<Found, Failed> {
        let records: Vec<&str> = out.lines().collect();
        if records.len() != range.len() {
            return Err(format!("{} records for {} lines", records.len(), range.len()).into());
        }
        let mut found = Found::default();
        for (record, at) in records.iter().zip(range) {
            let value: Value =
                serde_json::from_str(record).map_err(|error| format!("{record}: {error}"))?;
            let message = value["message"].as_str().unwrap_or_default();
            let line = &self.lines[at];
            // syslog-ng takes the prefix off.
            if !line.ends_with(message) || message.len() + 60 < line.len() {
                return Err(format!("line {at} is `{line}` and came out as `{record}`").into());
            }
            let Some(event) = value.get("oom") else {
                continue;
            };
            let Some(uid) = self.kills.get(&at) else {
                return Err(format!("an event on an unrelated record: {record}").into());
            };
            if event["type"] != "kill" {
                return Err(format!("no kill: {record}").into());
            }
            found.kills += 1;
            let Some(uid) = uid else { continue };
            let name = name_of(uid);
            let own = value.pointer(kind.name_pointer());
            if event["pod"]["name"] == name.as_str() && own.is_some_and(|own| *own == name.as_str())
            {
                found.named += 1;
            }
        }
        Ok(found)
    }
}

fn name_of(uid: &str) -> String {
    format!("pod-{}", &uid[..8])
}

/// `pod3962896b-…` or `pod3962896b_…` of a cgroup path.
fn uid_in(path: &str) -> Option<String> {
    path.match_indices("pod").find_map(|(at, _)| {
        let uid = path.get(at + 3..at + 39)?;
        let is_uid = uid
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'_'));
        is_uid.then(|| uid.replace('_', "-"))
    })
}
