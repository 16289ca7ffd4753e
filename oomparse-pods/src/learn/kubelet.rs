//! The kubelet's lines in its three generations.
//!
//! ```text
//! E1211 17:29:21.519957   10264 pod_workers.go:191] Error syncing pod 0f5eb28f-6722-4cf5-ab0f-b62748c018d4 ("web-0_default(0f5eb28f-6722-4cf5-ab0f-b62748c018d4)"), skipping: failed to "StartContainer" …
//! E0101 10:00:00.000000    1234 pod_workers.go:965] "Error syncing pod, skipping" err="…" pod="default/web-0" podUID=0f5eb28f-6722-4cf5-ab0f-b62748c018d4
//! {"ts":1612345678901.2,"caller":"kubelet/pod_workers.go:965","msg":"Error syncing pod, skipping","pod":{"name":"web-0","namespace":"default"},"podUID":"0f5eb28f-…","err":"…"}
//! ```
//!
//! Text that a container's probe printed can be in such a line: after `output=`, and in generations without keys
//! after the pod. So pairs are read from the start, quotes are respected, and nothing else is searched.

use super::super::record::{PodRecord, PodSource, PodUid, is_name};
use super::between;
use alloc::borrow::Cow;
use alloc::string::String;
use oomparse_core::go::{split_pair, split_quoted};
use serde::Deserialize;
use serde_json::value::Value;

/// The record that the line contains.
pub(super) fn record(message: &str) -> Option<PodRecord> {
    if message.starts_with('{') {
        return json(message);
    }
    let text = klog_text(message)?;
    if text.starts_with('"') {
        structured(text)
    } else {
        without_keys(text)
    }
}

/// The text after `E1211 17:29:21.519957   10264 pod_workers.go:191] `.
fn klog_text(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(['I', 'W', 'E', 'F'])?;
    let (head, text) = rest.split_once("] ")?;
    let mut words = head.split_ascii_whitespace();
    let digits = |text: &str, also: &[u8]| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || also.contains(&byte))
    };
    let date = words.next().filter(|date| date.len() == 4)?;
    let sound = digits(date, b"")
        && digits(words.next()?, b":.")
        && digits(words.next()?, b"")
        && words
            .next()?
            .rsplit_once(':')
            .is_some_and(|(file, line)| file.ends_with(".go") && digits(line, b""))
        && words.next().is_none();
    sound.then_some(text)
}

/// `"message" key="value" key=value …`
fn structured(text: &str) -> Option<PodRecord> {
    let (message, mut rest) = split_quoted(text)?;
    let (mut pod, mut uid, mut event) = (None, None, None);
    let (mut container_name, mut container_id) = (None, None);
    while let Some((key, value, after)) = split_pair(rest) {
        let value = split_quoted(value).map_or(value, |(inner, _)| inner);
        let slot = match key {
            "pod" => &mut pod,
            "podUID" => &mut uid,
            "event" => &mut event,
            "containerName" => &mut container_name,
            "containerID" => &mut container_id,
            // Text that a workload printed. No real key follows it.
            "output" | "probeOutput" => break,
            _ => &mut None,
        };
        // A line with a duplicate key is forged.
        if slot.replace(value).is_some() {
            return None;
        }
        rest = after;
    }
    let (namespace, name) = pod?.split_once('/')?;
    let event = event.map(pleg_event);
    let uid = match (uid, &event, uid_in_text(message)) {
        (Some(uid), _, _) => Cow::Borrowed(uid),
        (None, Some(Some((uid, _))), _) => Cow::Borrowed(uid.as_str()),
        (None, _, Some((other, uid))) if other == name => Cow::Borrowed(uid),
        _ => return None,
    };
    let mut record = named(&uid, namespace, name)?;
    if let Some(Some((_, id))) = &event {
        record.add_container(id, None);
    }
    if let (Some(id), Some(name)) = (container_id, container_name) {
        record.add_container(bare_id(id), Some(name));
    }
    Some(record)
}

/// The id of `containerd://…`, `{"Type":"containerd","ID":"…"}` or `{Type:containerd ID:…}`.
fn bare_id(value: &str) -> &str {
    between(value, "\"ID\":\"", "\"")
        .or_else(|| between(value, " ID:", "}"))
        .unwrap_or(value)
}

/// An event of the pod lifecycle event generator.
#[derive(Deserialize)]
struct PlegEvent {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "Data", default)]
    data: Value,
}

/// Uid and container of `{"ID":"…","Type":"ContainerStarted","Data":"…"}` or
/// `&{ID:… Type:ContainerDied Data:…}`.
fn pleg_event(value: &str) -> Option<(String, String)> {
    if let Ok(event) = serde_json::from_str::<PlegEvent>(value) {
        let data = event.data.as_str().unwrap_or_default();
        return Some((event.id, data.into()));
    }
    let inner = value.strip_prefix("&{")?.strip_suffix('}')?;
    let mut words = inner.split(' ');
    let id = words.next()?.strip_prefix("ID:")?;
    words.next()?.strip_prefix("Type:")?;
    let data = words.next()?.strip_prefix("Data:")?;
    Some((id.into(), data.into()))
}

/// Pod and uid from `… pod \"web-0\" (UID: \"3962896b-…\") …`, the end of a message about a volume.
fn uid_in_text(message: &str) -> Option<(&str, &str)> {
    let (head, tail) = message.rsplit_once("\\\" (UID: \\\"")?;
    let (_, pod) = head.rsplit_once("pod \\\"")?;
    let (uid, _) = tail.split_once("\\\")")?;
    Some((pod, uid))
}

/// Lines from before keys existed: `Error syncing pod <uid> ("<name>_<namespace>(<uid>)")`, `SyncLoop (PLEG): …`,
/// `Event(v1.ObjectReference{Kind:"Pod", Namespace:"…", Name:"…", UID:"…", …})`.
fn without_keys(text: &str) -> Option<PodRecord> {
    if let Some(rest) = text.strip_prefix("Error syncing pod ") {
        let (uid, rest) = rest.split_once(' ')?;
        let record = pod_token(split_quoted(rest.strip_prefix('(')?)?.0)?;
        let same = record.uid.as_deref().and_then(PodUid::parse) == PodUid::parse(uid);
        return same.then_some(record);
    }
    if let Some(rest) = text.strip_prefix("Event(v1.ObjectReference{Kind:\"Pod\", Namespace:\"") {
        let (namespace, rest) = rest.split_once("\", Name:\"")?;
        let (name, rest) = rest.split_once("\", UID:\"")?;
        return named(rest.split_once('"')?.0, namespace, name);
    }
    let rest = text.strip_prefix("SyncLoop (PLEG): ")?;
    let (token, rest) = split_quoted(rest)?;
    let mut record = pod_token(token)?;
    let id = between(rest, "Data:\"", "\"").unwrap_or_default();
    record.add_container(id, None);
    Some(record)
}

/// `<name>_<namespace>(<uid>)`
fn pod_token(token: &str) -> Option<PodRecord> {
    let (full, uid) = token.strip_suffix(')')?.split_once('(')?;
    let (name, namespace) = full.split_once('_')?;
    named(uid, namespace, name)
}

/// The format of `--logging-format=json`.
fn json(line: &str) -> Option<PodRecord> {
    #[derive(Deserialize)]
    struct Line {
        #[serde(rename = "ts")]
        _ts: Value,
        #[serde(rename = "caller")]
        _caller: String,
        pod: Value,
        #[serde(rename = "podUID")]
        pod_uid: Option<String>,
        event: Option<PlegEvent>,
    }
    let line: Line = serde_json::from_str(line).ok()?;
    let (namespace, name) = match &line.pod {
        Value::String(pod) => pod.split_once('/')?,
        pod => (pod.get("namespace")?.as_str()?, pod.get("name")?.as_str()?),
    };
    let uid = line.pod_uid.as_deref();
    let uid = uid.or(line.event.as_ref().map(|event| event.id.as_str()))?;
    let mut record = named(uid, namespace, name)?;
    if let Some(id) = line.event.as_ref().and_then(|event| event.data.as_str()) {
        record.add_container(id, None);
    }
    Some(record)
}

fn named(uid: &str, namespace: &str, name: &str) -> Option<PodRecord> {
    (PodUid::parse(uid).is_some() && is_name(namespace) && is_name(name))
        .then(|| PodRecord::named(PodSource::KubeletLog, uid, namespace, name))
}
