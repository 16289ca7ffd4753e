//! JSON listings, read pod by pod: pods before an error are kept.
//!
//! One document, or several one after another (`jq -c '.items[]'`). A document is a list (`items`),
//! crictl's `containers`, an array, or one pod.

use super::super::error::{PodSourceError, PodSourceErrorKind};
use super::Sink;
use super::crictl::{self, CriLabels};
use super::kubernetes::{self, Metadata, Spec, Status};
use alloc::string::String;
use core::fmt;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A Kubernetes pod, or crictl's pod or container: the keys decide.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    metadata: Option<Metadata>,
    spec: Option<Spec>,
    status: Option<Status>,
    /// crictl: the sandbox's or container's id.
    id: Option<String>,
    /// crictl: the labels are next to the metadata.
    labels: Option<CriLabels>,
}

impl Item {
    fn emit(self, sink: Sink<'_>) {
        let record = match self.id {
            Some(id) => crictl::record(id, self.metadata, self.labels),
            None => kubernetes::record(self.metadata, self.spec, self.status),
        };
        if let Some(record) = record {
            sink(record);
        }
    }
}

/// Reads all documents of a listing.
pub(super) fn read(text: &[u8], sink: Sink<'_>) -> Result<(), PodSourceError> {
    let mut json = serde_json::Deserializer::from_slice(text);
    while json.end().is_err() {
        Document(sink)
            .deserialize(&mut json)
            .map_err(|error| position(text, &error))?;
    }
    Ok(())
}

/// Converts serde_json's error, which has line and column.
pub(super) fn position(text: &[u8], error: &serde_json::Error) -> PodSourceError {
    let kind = if error.is_eof() {
        PodSourceErrorKind::JsonEnd
    } else {
        PodSourceErrorKind::Json
    };
    let line_start = match error.line().checked_sub(2) {
        Some(newline) => memchr::memchr_iter(b'\n', text)
            .nth(newline)
            .map_or(0, |at| at.saturating_add(1)),
        None => 0,
    };
    let offset = line_start.saturating_add(error.column()).min(text.len());
    PodSourceError::new(kind, error.line(), offset)
}

/// One document.
struct Document<'s>(Sink<'s>);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a listing of pods")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut single = Item::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "items" | "containers" => map.next_value_seed(Items(self.0))?,
                "metadata" => single.metadata = map.next_value()?,
                "spec" => single.spec = map.next_value()?,
                "status" => single.status = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        single.emit(self.0);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        Items(self.0).visit_seq(seq)
    }
}

/// An array of pods, or `null`.
struct Items<'s>(Sink<'s>);

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of pods")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(item) = seq.next_element::<Item>()? {
            item.emit(self.0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_all;
    use super::*;

    const POD: &str = r#"{"metadata":{"name":"web-0","namespace":"default","uid":"3962896b-ab69-4572-8f1d-ee756f9f3589"}}"#;

    #[test]
    fn documents_one_after_another() {
        let text = std::format!("{POD}\n{POD}\n[{POD},{POD}]\n{{\"items\":[{POD}]}}\n");
        let (records, loaded) = read_all(text.as_bytes());
        assert_eq!(records.len(), 5);
        assert_eq!(loaded.error, None);
    }

    #[test]
    fn cut_anywhere_keeps_the_whole_pods_before() {
        let text = std::format!("{{\n\"items\": [\n{POD},\n{POD}\n]\n}}\n");
        let first_end = text.find(POD).unwrap() + POD.len();
        let second_end = text.rfind(POD).unwrap() + POD.len();
        for end in 1..text.len() - 2 {
            let (records, loaded) = read_all(&text.as_bytes()[..end]);
            let expected = usize::from(end >= first_end) + usize::from(end >= second_end);
            assert_eq!(records.len(), expected, "{end}");
            let error = loaded.error.unwrap();
            assert_eq!(error.kind, PodSourceErrorKind::JsonEnd);
            assert!(error.offset <= end);
        }
    }

    #[test]
    fn fault_in_the_middle_says_where() {
        let text = std::format!("{{\"items\":[\n{POD},\n{{\"metadata\": x}}]}}");
        let (records, loaded) = read_all(text.as_bytes());
        assert_eq!(records.len(), 1);
        let error = loaded.error.unwrap();
        assert_eq!(error.kind, PodSourceErrorKind::Json);
        assert_eq!(error.line, 3);
        let found = error.offset.abs_diff(text.find("x}").unwrap());
        assert!(found <= 1, "{error:?}");
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let text = "[".repeat(100_000);
        let (records, loaded) = read_all(text.as_bytes());
        assert!(records.is_empty() && loaded.error.is_some());
    }
}
