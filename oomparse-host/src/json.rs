//! A record as JSON, and what is added to one.

use crate::names::{free_key, kubernetes};
use crate::record::Value;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use oomparse_core::OomEvent;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Tree};

/// A value in a JSON text, without a tree of its contents.
#[derive(Clone, Copy, Debug)]
pub struct Json<'r>(&'r RawValue);

type Object<'r> = BTreeMap<Cow<'r, str>, &'r RawValue>;

impl<'r> Json<'r> {
    /// One valid JSON text, in UTF-8.
    #[must_use]
    pub fn of(text: &'r [u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().map(Self)
    }

    /// The same text.
    #[must_use]
    pub fn as_str(&self) -> &'r str {
        self.0.get()
    }

    /// The keys of an object; `None` if it is not an object.
    #[must_use]
    pub fn keys(&self) -> Option<Vec<Cow<'r, str>>> {
        Some(self.object()?.into_keys().collect())
    }

    fn object(&self) -> Option<Object<'r>> {
        serde_json::from_str(self.0.get()).ok()
    }
}

impl<'r> Value<'r> for Json<'r> {
    fn get(&self, key: &str) -> Option<Self> {
        self.object()?.get(key).copied().map(Self)
    }

    fn is_text(&self) -> bool {
        self.0.get().starts_with(['"', '['])
    }

    fn text(&self) -> Option<Cow<'r, [u8]>> {
        let text: String = serde_json::from_str(self.0.get()).ok()?;
        Some(Cow::Owned(text.into_bytes()))
    }

    fn all(&self, take: &mut dyn FnMut(&[u8], &Self) -> bool) -> bool {
        let object = self.object().unwrap_or_default();
        object
            .iter()
            .all(|(key, value)| take(key.as_bytes(), &Self(value)))
    }

    fn write_json(&self, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(self.0.get().as_bytes());
        true
    }
}

/// The members for a record that reports an event: the event under `key`, or under `KEY_event` if the record
/// already has `key`, and the pod's names in the format of Fluent Bit's own `kubernetes` filter, if they are
/// known and the record has no such key. Returns a JSON object; `None` if the record has both keys. `has` says
/// which keys the record has.
///
/// # Example
/// ```
/// use oomparse_core::{Options, parse_all};
/// use oomparse_host::members;
///
/// let event = parse_all(b"Killed process 7 (a)", &Options::new()).next().unwrap();
/// let added = members(&event, "oom", |key| key == "oom").unwrap();
/// assert!(added.starts_with(r#"{"oom_event":{"schema":"#));
/// ```
pub fn members(event: &OomEvent, key: &str, mut has: impl FnMut(&str) -> bool) -> Option<String> {
    let key = free_key(key, &mut has)?;
    let mut out = String::from("{");
    put(&mut out, &key, &event.to_json());
    let is_named = event.pod.as_ref().is_some_and(|pod| pod.name.is_some());
    if is_named && key != "kubernetes" && !has("kubernetes") {
        out.push(',');
        put(&mut out, "kubernetes", &Tree::Object(names(event)));
    }
    out.push('}');
    Some(out)
}

/// A pod's names and labels in the format of that filter.
fn names(event: &OomEvent) -> Map<String, Tree> {
    let mut names: Map<String, Tree> = kubernetes(event)
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    let labels = event.pod.as_ref().map(|pod| pod.labels.as_slice());
    if let Some(labels @ [_, ..]) = labels {
        let labels = labels.iter();
        let labels: Map<String, Tree> = labels
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect();
        names.insert("labels".into(), labels.into());
    }
    names
}

fn put(out: &mut String, key: &str, json: &impl core::fmt::Display) {
    use core::fmt::Write as _;
    // Writing to a string never fails.
    let _ = write!(out, "{}:{json}", Tree::from(key));
}
