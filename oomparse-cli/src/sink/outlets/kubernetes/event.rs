//! The contents of an Event, and how it counts repeats.

use super::pods::Pod;
use crate::sink::outlets::EVENT_ANNOTATION;
use crate::unix_time::{nanos_of, now};
use jiff::Timestamp;
use oomparse_core::OomEvent;
use oomparse_report::{Lang, rows_by_size, sentence, units};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The longest note that the API server accepts, in bytes.
const MAX_NOTE: usize = 1024;

/// The longest name that it accepts.
const MAX_NAME: usize = 253;

/// How many kills an Event lists as counted: those that may come again after a lost answer or a restart.
const MAX_COUNTED: usize = 32;

/// A kill this long after the first begins a new Event, with a note about that kill.
const WINDOW_SECONDS: i64 = 3600;

const COUNTED: &str = "oomparse/kills";

/// All annotations of an object may take 256 KiB; a record without its processes takes about 2.
const MAX_EVENT: usize = 64 << 10;

/// The object of the Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Pod {
        uid: String,
        namespace: String,
        name: String,
        /// The container's path in the pod's spec.
        place: Option<String>,
    },
    Node(String),
}

impl Subject {
    pub(super) fn node(name: &str) -> Self {
        Self::Node(name.to_owned())
    }

    pub(super) fn pod(uid: &str, pod: &Pod, event: &OomEvent) -> Self {
        let id = event.container.as_ref().and_then(|of| of.id.as_deref());
        let place = id.and_then(|id| {
            let found = pod.containers.iter().find(|(known, _)| known == id);
            found.map(|(_, place)| place.clone())
        });
        Self::Pod {
            uid: uid.to_owned(),
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            place,
        }
    }

    /// The namespace of the Event; for a node it is `default`.
    pub(super) fn namespace(&self) -> &str {
        match self {
            Self::Pod { namespace, .. } => namespace,
            Self::Node(_) => "default",
        }
    }

    /// The event with the API's names for its pod.
    fn named(&self, event: &OomEvent) -> OomEvent {
        let mut event = event.clone();
        if let (
            Some(pod),
            Self::Pod {
                namespace, name, ..
            },
        ) = (&mut event.pod, self)
        {
            pod.namespace = Some(namespace.as_str().into());
            pod.name = Some(name.as_str().into());
        }
        event
    }

    fn name(&self) -> &str {
        match self {
            Self::Pod { name, .. } | Self::Node(name) => name,
        }
    }

    fn reference(&self) -> Value {
        match self {
            Self::Pod {
                uid,
                namespace,
                name,
                place,
            } => {
                let mut pod = json!({
                    "apiVersion": "v1", "kind": "Pod",
                    "namespace": namespace, "name": name, "uid": uid,
                });
                if let Some(place) = place {
                    pod["fieldPath"] = Value::from(place.as_str());
                }
                pod
            }
            // Like the kubelet: kubectl describe looks for the name there.
            Self::Node(name) => {
                json!({"apiVersion": "v1", "kind": "Node", "name": name, "uid": name})
            }
        }
    }
}

/// The first Event of its kind.
pub(super) fn of(event: &OomEvent, subject: &Subject, node: &str) -> Value {
    let event = &subject.named(event);
    let nanos = event.time.and_then(nanos_of).unwrap_or_else(now);
    let time = Timestamp::from_nanosecond(nanos).unwrap_or_default();
    // If an update of this program changed this hash, it would only begin a new Event.
    let mut hasher = DefaultHasher::new();
    let window = time.as_second().div_euclid(WINDOW_SECONDS);
    (subject.reference().to_string(), node, window).hash(&mut hasher);
    let end = format!(".oomparse-{:016x}", hasher.finish());
    let name = cut(subject.name(), MAX_NAME - end.len()).trim_end_matches(['.', '-']);
    json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": format!("{name}{end}"),
            "namespace": subject.namespace(),
            "annotations": {COUNTED: event.id.as_deref().unwrap_or_default(), EVENT_ANNOTATION: record(event)},
        },
        "eventTime": format!("{time:.6}"),
        "reportingController": "oomparse",
        "reportingInstance": cut(node, 128),
        "action": "Kill",
        "reason": "OOMKilling",
        "regarding": subject.reference(),
        "note": note(event),
        "type": "Warning",
    })
}

/// The change that makes the existing Event count this kill too; `None` if it already does.
pub(super) fn raised(there: &Value, new: &Value, event: &OomEvent) -> Option<Value> {
    let record = &new["metadata"]["annotations"][EVENT_ANNOTATION];
    let counted = there["metadata"]["annotations"][COUNTED]
        .as_str()
        .unwrap_or_default();
    let mut ids: Vec<&str> = counted.split_whitespace().collect();
    if let Some(id) = event.id.as_deref() {
        if ids.contains(&id) {
            return None;
        }
        ids.push(id);
    }
    let ids = ids.get(ids.len().saturating_sub(MAX_COUNTED)..);
    let count = there["series"]["count"].as_i64().unwrap_or(1);
    Some(json!({
        "metadata": {
            // A write by someone else in between is a conflict, and the Event is read again.
            "resourceVersion": there["metadata"]["resourceVersion"],
            "annotations": {COUNTED: ids.unwrap_or_default().join(" "), EVENT_ANNOTATION: record},
        },
        "series": {"count": count.saturating_add(1), "lastObservedTime": new["eventTime"]},
    }))
}

/// The event's JSON without its processes; `None` if it is too large.
fn record(event: &OomEvent) -> Option<String> {
    let mut event = event.clone();
    event.tasks = Default::default();
    Some(event.to_json()).filter(|json| json.len() <= MAX_EVENT)
}

/// The report's sentence, followed by the figures. The Event has separate fields for the time and the node.
fn note(event: &OomEvent) -> String {
    let mut bare = event.clone();
    (bare.time, bare.host, bare.kernel_time_us) = (None, None, None);
    let mut note = sentence(&bare, Lang::En).text();
    // Writing into a string cannot fail.
    if let Some(memory) = &event.memory
        && let (Some(usage), Some(limit)) = (memory.usage_bytes, memory.limit_bytes)
    {
        let _ = write!(
            note,
            " {} of {} used.",
            units::bytes(usage),
            units::bytes(limit)
        );
    }
    let rows = rows_by_size(&event.tasks);
    if rows.len() > 1 {
        let largest: Vec<String> = rows
            .iter()
            .take(3)
            .map(|(row, pages)| {
                let name = oomparse_report::name_of(row.comm.as_ref(), row.pid);
                format!("{name} {} pages", units::number(*pages))
            })
            .collect();
        let _ = write!(note, " Largest: {}.", largest.join(", "));
    }
    cut(&note, MAX_NOTE).to_owned()
}

/// Its first characters that fit.
fn cut(text: &str, len: usize) -> &str {
    let mut end = len.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kill(pid: u32) -> OomEvent {
        let log = format!(
            "2023-01-05T02:12:02.5Z node-7 kernel: [198542.5] Killed process {pid} (java) total-vm:8kB, anon-rss:4kB\n"
        );
        oomparse_core::parse_all(log.as_bytes(), &oomparse_core::Options::new())
            .next()
            .unwrap()
    }

    #[test]
    fn an_event_has_what_the_api_server_asks_for() {
        let event = of(&kill(7), &Subject::node("node-7"), "node-7");
        assert_eq!(event["eventTime"], "2023-01-05T02:12:02.500000Z");
        assert_eq!(event["regarding"]["kind"], "Node");
        assert_eq!(event["metadata"]["namespace"], "default");
        let note = event["note"].as_str().unwrap();
        assert!(note.contains("java (pid 7)"), "{note}");
        let name = event["metadata"]["name"].as_str().unwrap();
        assert!(name.starts_with("node-7.oomparse-"), "{name}");
        let record = event["metadata"]["annotations"][EVENT_ANNOTATION]
            .as_str()
            .unwrap();
        let read = oomparse_report::read_event(record).unwrap();
        assert_eq!(read.victim.unwrap().pid, 7);
        let long = of(&kill(7), &Subject::node(&"a".repeat(400)), &"a".repeat(400));
        assert_eq!(long["metadata"]["name"].as_str().unwrap().len(), MAX_NAME);
        assert_eq!(long["reportingInstance"].as_str().unwrap().len(), 128);
    }

    #[test]
    fn the_same_kill_counts_once() {
        let subject = Subject::node("node-7");
        let mut there = of(&kill(7), &subject, "node-7");
        let name = there["metadata"]["name"].clone();
        there["metadata"]["resourceVersion"] = Value::from("5");
        assert_eq!(raised(&there, &there, &kill(7)), None);
        let new = of(&kill(8), &subject, "node-7");
        assert_eq!(new["metadata"]["name"], name);
        let patch = raised(&there, &new, &kill(8)).unwrap();
        assert_eq!(patch["series"]["count"], 2);
        assert_eq!(patch["metadata"]["resourceVersion"], "5");
        there["metadata"]["annotations"] = patch["metadata"]["annotations"].clone();
        there["series"] = patch["series"].clone();
        assert_eq!(raised(&there, &new, &kill(8)), None);
        assert_eq!(
            raised(&there, &new, &kill(9)).unwrap()["series"]["count"],
            3
        );
    }

    #[test]
    fn letters_stay_whole() {
        assert_eq!(cut("aä", 2), "a");
        assert_eq!(cut("aä", 3), "aä");
    }
}
