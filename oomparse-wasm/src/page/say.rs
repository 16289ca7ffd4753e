//! What is said of events: rows of a list, one event in a language, tickets; with names, or without any.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use oomparse_core::{OomEvent, enrich};
use oomparse_pods::{Learner, PodTable};
use oomparse_report::incident::{says, voice};
use oomparse_report::{Anonymiser, Lang, course, markdown, marks, read_event, row, view, zones};
use serde_json::{Map, Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

/// Puts events into words, from their JSON.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Teller {
    table: PodTable,
    anonymiser: Option<Anonymiser>,
}

#[wasm_bindgen]
impl Teller {
    /// One that knows no names.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes names of pods from a listing, or from the kubelet's and the runtime's lines of a log; how many
    /// records or lines reported any.
    pub fn names(&mut self, text: &[u8]) -> usize {
        let loaded = self.table.load(text);
        if loaded.records > 0 {
            return loaded.records;
        }
        let mut learner = Learner::new();
        learner.push_chunk(text, &mut self.table);
        learner.finish(&mut self.table);
        learner.learned()
    }

    /// From here on names, ids and hosts are replaced; or no longer.
    pub fn anonymise(&mut self, on: bool) {
        self.anonymiser = on.then(Anonymiser::default);
    }

    /// What a list shows of an event.
    pub fn row(&mut self, event: &str) -> Option<String> {
        let event = self.read(event)?;
        Some(row(&event).to_string())
    }

    /// The event itself, with names or without any.
    pub fn event(&mut self, event: &str) -> Option<String> {
        Some(self.read(event)?.to_json())
    }

    /// Everything that a page shows of an event: `event`, `view`, `lines`, `zones`. Where names are replaced,
    /// the log's lines are not shown.
    pub fn show(&mut self, event: &str, excerpt: &[u8], language: &str) -> Option<String> {
        let original = read_event(event)?;
        let told = self.read(event)?;
        let mut all = Map::new();
        let text = told.to_json();
        all.insert("event".into(), serde_json::from_str(&text).ok()?);
        all.insert("view".into(), view(&told, Lang::of_tag(language)));
        if self.anonymiser.is_none() {
            all.insert("lines".into(), json!(marks(excerpt, &original)));
        }
        all.insert("zones".into(), json!(zones(excerpt)));
        Some(Value::Object(all).to_string())
    }

    /// Who speaks in each of some events, one a line, and what: `[{who, says}]`.
    pub fn voices(&mut self, events: &str, language: &str) -> String {
        let lang = Lang::of_tag(language);
        let told = events.lines().map(|event| {
            let event = self.read(event);
            event.map(|event| json!({"who": voice(&event), "says": says(&event, lang)}))
        });
        Value::from(told.map(Value::from).collect::<Vec<_>>()).to_string()
    }

    /// A ticket.
    pub fn markdown(&mut self, event: &str, language: &str) -> Option<String> {
        let event = self.read(event)?;
        Some(markdown(&event, Lang::of_tag(language)))
    }

    /// What the kills of one container show together; one event a line.
    pub fn course(&mut self, events: &str, language: &str) -> String {
        let events: Vec<OomEvent> = events.lines().filter_map(read_event).collect();
        let kills: Vec<&OomEvent> = events.iter().collect();
        json!(course(&kills, Lang::of_tag(language))).to_string()
    }

    fn read(&mut self, event: &str) -> Option<OomEvent> {
        let mut event = read_event(event)?;
        enrich(&mut event, &mut self.table);
        if let Some(anonymiser) = &mut self.anonymiser {
            anonymiser.event(&mut event);
        }
        Some(event)
    }
}
