//! The voices of one death: which events belong together.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use oomparse_core::{EventType, OomEvent};
use oomparse_report::incident::{Correlator, Incident, because};
use oomparse_report::{Lang, read_event};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes events, each with its number, and says which are of one death.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Joiner {
    correlator: Correlator,
    numbers: HashMap<String, u32>,
    /// What was reported before, as by a kubelet that starts anew.
    repeated: Vec<u32>,
}

#[wasm_bindgen]
impl Joiner {
    /// One that knows no event.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event's JSON.
    pub fn push(&mut self, number: u32, event: &str) {
        let Some(mut event) = read_event(event) else {
            return;
        };
        let id = event.id.get_or_insert_with(|| number.to_string());
        self.numbers.entry(id.clone()).or_insert(number);
        let before = self.correlator.repeated();
        self.correlator.push(event);
        if self.correlator.repeated() > before {
            self.repeated.push(number);
        }
    }

    /// All incidents with more than one voice, or whose Kubernetes was silent:
    /// `{incidents: [{lead, kubernetes, because: {en, zh}, voices: [{event, at, proof, own, joined: {en, zh}}]}],
    /// repeated, names}`.
    ///
    /// What is `own` is a death beside the leading one, of the same group. `names` is a listing of the pods that one voice names and another only numbers.
    pub fn finish(&mut self) -> String {
        let incidents = core::mem::take(&mut self.correlator).finish();
        let names: BTreeSet<String> = incidents.iter().flat_map(names).collect();
        let all: Vec<Value> = incidents
            .iter()
            .filter(|incident| incident.testimonies.len() > 1)
            .filter_map(|incident| self.told(incident))
            .collect();
        let names = names
            .into_iter()
            .fold(String::new(), |all, name| all + &name);
        json!({"incidents": all, "repeated": self.repeated, "names": names}).to_string()
    }

    fn told(&self, incident: &Incident) -> Option<Value> {
        let number = |id: Option<&String>| self.numbers.get(id?).copied();
        let best = incident.best_event()?;
        let lead = number(best.id.as_ref())?;
        let is_kill = |event: &OomEvent| event.event_type == EventType::Kill;
        let voices = incident.testimonies.iter().filter_map(|testified| {
            let event = number(testified.event.id.as_ref())?;
            let joined = testified.joined_by;
            let own = is_kill(best) && is_kill(&testified.event);
            Some(json!({
                "event": event,
                "at": testified.time_us,
                "proof": joined.is_proof(),
                "own": own,
                "joined": {"en": joined.says(Lang::En), "zh": joined.says(Lang::Zh)},
            }))
        });
        let in_pod = incident.proven().any(|event| event.pod.is_some());
        let kubernetes = incident.kubernetes;
        let reason = |lang| because(kubernetes, lang);
        Some(json!({
            "lead": lead,
            "kubernetes": in_pod.then(|| kubernetes.as_str()),
            "because": {"en": reason(Lang::En), "zh": reason(Lang::Zh)},
            "voices": voices.collect::<Vec<_>>(),
        }))
    }
}

/// `shop web-0 UID`, a line for each pod that is named.
fn names(incident: &Incident) -> Vec<String> {
    let named = incident.proven().filter_map(|event| {
        let pod = event.pod.as_ref()?;
        let parts = [&pod.namespace, &pod.name, &pod.uid].map(Option::as_deref);
        let [Some(namespace), Some(name), Some(uid)] = parts else {
            return None;
        };
        let is_word = |word: &str| !word.is_empty() && !word.contains(char::is_whitespace);
        [namespace, name, uid]
            .into_iter()
            .all(is_word)
            .then(|| alloc::format!("{namespace} {name} {uid}\n"))
    });
    named.collect()
}
