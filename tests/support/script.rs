//! Records that a host hands over one by one, and the events that each must get: `corpus/scripts`.

use crate::{compare, corpus_dir};
use serde_json::Value;
use std::fs;

/// One file of `corpus/scripts`.
#[derive(Clone, Debug)]
pub struct Script {
    /// The file's name without its end.
    pub name: String,
    /// Whether text counts that does not show whose it is.
    pub trusts_any: bool,
    /// Daemons whose lines are read besides the kernel's.
    pub sources: Vec<String>,
    /// The daemon that wrote the log.
    pub origin: Option<String>,
    /// Cgroups below which a cluster lives.
    pub cgroup_roots: Vec<String>,
    /// A listing of pods.
    pub pods: Option<String>,
    /// The key whose value says which log a record is of; without it they are all of one.
    pub stream: Option<String>,
    /// Whether a record has values that only hosts of JSON can have.
    pub is_json_only: bool,
    /// What is handed over.
    pub records: Vec<Value>,
    events: Vec<(Option<usize>, Value)>,
    never: Vec<Value>,
    late: bool,
}

impl Script {
    /// Whether it is for hosts that read daemons' lines.
    #[must_use]
    pub fn needs_daemons(&self) -> bool {
        !self.sources.is_empty() || self.origin.is_some()
    }

    /// Which log a record is of.
    #[must_use]
    pub fn stream_of(&self, record: &Value) -> String {
        let key = self.stream.as_ref();
        let value = key.and_then(|key| record.get(key)?.as_str());
        value.unwrap_or("log").to_owned()
    }

    /// Holds what came out to what must: `given` has each event with the number of its record.
    ///
    /// `late` are those that no record carries, from a host that gives them.
    ///
    /// # Errors
    /// Says what differs.
    pub fn check(&self, given: &[(usize, Value)], late: Option<&[Value]>) -> Result<(), String> {
        let complain = |what: String| Err(format!("{}: {what}", self.name));
        let places =
            |all: &[(usize, Value)]| -> Vec<usize> { all.iter().map(|(at, _)| *at).collect() };
        let expected: Vec<(usize, Value)> = self
            .events
            .iter()
            .filter_map(|(at, event)| Some(((*at)?, event.clone())))
            .collect();
        if places(given) != places(&expected) {
            return complain(format!(
                "events in the records {:?}, not {:?}: {given:?}",
                places(given),
                places(&expected)
            ));
        }
        for ((at, event), (_, truth)) in given.iter().zip(&expected) {
            let differences = compare(truth, event);
            if let Some(difference) = differences.first() {
                return complain(format!("record {at}: {difference}"));
            }
        }
        for pair in &self.never {
            let is_it = |event: &Value| {
                Some(&pair[0]) == event.pointer("/victim/pid")
                    && Some(&pair[1]) == event.pointer("/pod/uid")
            };
            if let Some((at, event)) = given.iter().find(|(_, event)| is_it(event)) {
                return complain(format!("record {at} has another's pod: {event}"));
            }
        }
        let Some(late) = late else {
            return Ok(());
        };
        let homeless: Vec<&Value> = self
            .events
            .iter()
            .filter(|(at, _)| at.is_none())
            .map(|(_, event)| event)
            .collect();
        if !self.late && late.len() != homeless.len() {
            return complain(format!("{} late events: {late:?}", late.len()));
        }
        for (truth, event) in homeless.into_iter().zip(late) {
            if let Some(difference) = compare(truth, event).first() {
                return complain(format!("a late event: {difference}"));
            }
        }
        Ok(())
    }
}

/// All of them, by name.
///
/// # Errors
/// Says which file cannot be read.
pub fn scripts() -> Result<Vec<Script>, String> {
    let dir = corpus_dir().join("scripts");
    let entries = fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).map_err(|e| e.to_string())?;
        let value: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        let name = path.file_stem().unwrap_or_default();
        script(name.to_string_lossy().into_owned(), &value)
    };
    paths
        .iter()
        .map(|path| read(path).map_err(|e| format!("{}: {e}", path.display())))
        .collect()
}

fn script(name: String, value: &Value) -> Result<Script, String> {
    const KEYS: [&str; 12] = [
        "about",
        "trust",
        "sources",
        "origin",
        "cgroup_roots",
        "pods",
        "stream",
        "json_only",
        "records",
        "events",
        "never",
        "late",
    ];
    let object = value.as_object().ok_or("no object")?;
    if let Some(key) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("what is `{key}`?"));
    }
    let word = |key: &str| value.get(key).and_then(Value::as_str);
    let list = |key: &str| value.get(key).and_then(Value::as_array).cloned();
    let texts = |key: &str| -> Vec<String> {
        let items = list(key).unwrap_or_default();
        let texts = items.iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let event = |event: &Value| {
        let at = event.get("at").and_then(Value::as_u64);
        (
            at.and_then(|at| usize::try_from(at).ok()),
            event["event"].clone(),
        )
    };
    Ok(Script {
        name,
        trusts_any: word("trust") == Some("any"),
        sources: texts("sources"),
        origin: word("origin").map(str::to_owned),
        cgroup_roots: texts("cgroup_roots"),
        pods: word("pods").map(str::to_owned),
        stream: word("stream").map(str::to_owned),
        is_json_only: value.get("json_only") == Some(&Value::Bool(true)),
        records: list("records").ok_or("no records")?,
        events: list("events")
            .ok_or("no events")?
            .iter()
            .map(event)
            .collect(),
        never: list("never").unwrap_or_default(),
        late: word("late") == Some("any"),
    })
}

/// The events in a record that came out: the one under `oom`, or `oom_event` where that was taken, and its others.
///
/// # Errors
/// Says what else of the record changed. `kubernetes` may have been added.
pub fn events_in(before: &Value, after: &Value) -> Result<Vec<Value>, String> {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else {
        return Err("no object".to_owned());
    };
    let mut events = Vec::new();
    for (key, value) in after {
        match before.get(key) {
            Some(old) if old == value => {}
            None if key == "oom" || key == "oom_event" => {
                let mut event = value.clone();
                let others = event
                    .as_object_mut()
                    .and_then(|event| event.remove("others"));
                events.push(event);
                if let Some(Value::Array(others)) = others {
                    events.extend(others);
                }
            }
            None if key == "kubernetes" => {}
            _ => return Err(format!("`{key}` became {value}")),
        }
    }
    match before.keys().find(|key| !after.contains_key(*key)) {
        Some(key) => Err(format!("`{key}` is lost")),
        None => Ok(events),
    }
}
