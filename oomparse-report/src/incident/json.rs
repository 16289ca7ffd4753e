//! The record of an incident, `oomparse.incident/1`.

use super::kubernetes::{Kubernetes, Silence};
use super::{Incident, Testified};
use oomparse_core::{Killer, Reporter, WallTime};
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
struct Record<'i> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'i str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    killer: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<&'i Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'i Value>,
    victims: Vec<&'i Value>,
    kubernetes: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_because: Option<String>,
    testimonies: Vec<Testimony<'i>>,
}

#[derive(Serialize)]
struct Testimony<'i> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'i str>,
    #[serde(rename = "type")]
    event_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reporter: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    joined_by: &'static str,
    proof: bool,
}

impl Incident {
    /// The record as JSON, without a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let times = || self.testimonies.iter().filter(|it| it.joined_by.is_proof());
        let best = self.best_event();
        let shown: Vec<Value> = self
            .proven()
            .filter_map(|event| serde_json::from_str(&event.to_json()).ok())
            .collect();
        let host = self.proven().find_map(|event| event.host.as_ref());
        let record = Record {
            schema: "oomparse.incident/1",
            id: best.and_then(|event| event.id.as_deref()),
            first_time: times().find_map(time),
            last_time: times().filter_map(time).next_back(),
            host: host.map(ToString::to_string),
            killer: self.killer.map(Killer::as_str),
            pod: fullest(&shown, "pod"),
            container: fullest(&shown, "container"),
            victims: victims(&shown),
            kubernetes: self.kubernetes.as_str(),
            silent_because: silent_because(self.kubernetes),
            testimonies: self.testimonies.iter().map(testimony).collect(),
        };
        serde_json::to_string(&record).unwrap_or_default()
    }
}

/// An object of that key, from the voice that says most of it.
fn fullest<'e>(events: &'e [Value], key: &str) -> Option<&'e Value> {
    let found = events.iter().filter_map(|event| event.get(key));
    found.filter(|it| it.is_object()).max_by_key(|it| size(it))
}

/// Each killed process once, as the voice that says most of it does.
fn victims(events: &[Value]) -> Vec<&Value> {
    let mut victims: Vec<&Value> = Vec::new();
    for event in events {
        let list = event.get("victims").and_then(Value::as_array);
        let own = event.get("victim").into_iter();
        for victim in own.chain(list.into_iter().flatten()) {
            let mut known = victims.iter_mut();
            match known.find(|known| known.get("pid") == victim.get("pid")) {
                Some(known) if size(known) < size(victim) => *known = victim,
                Some(_) => {}
                None => victims.push(victim),
            }
        }
    }
    victims
}

fn silent_because(kubernetes: Kubernetes) -> Option<String> {
    match kubernetes {
        Kubernetes::Silent(Silence::OtherInit(pid)) => {
            Some(format!("the container's first process is {pid}"))
        }
        Kubernetes::Silent(Silence::Lived) => Some("the container was alive afterwards".to_owned()),
        _ => None,
    }
}

fn size(value: &Value) -> usize {
    value.as_object().map_or(0, Map::len)
}

fn time(testified: &Testified) -> Option<String> {
    let micros = u64::try_from(testified.time_us?).ok()?;
    Some(crate::clock(&WallTime::from_unix_micros(micros)?))
}

fn testimony(testified: &Testified) -> Testimony<'_> {
    let event = &testified.event;
    let reporter = event.testimony.as_deref().and_then(|it| it.reporter);
    Testimony {
        event: event.id.as_deref(),
        event_type: event.event_type.as_str(),
        reporter: reporter.map(Reporter::as_str),
        time: time(testified),
        joined_by: testified.joined_by.as_str(),
        proof: testified.joined_by.is_proof(),
    }
}
