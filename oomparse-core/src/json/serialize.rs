//! The record for serde's serializers, whose data model differs from text.

use super::fields::{FieldVisitor, Key, Object};
use crate::event::{
    Cause, Cgroup, Container, Counter, Evidence, Field, Init, Invoker, KilledProcess,
    KubernetesEvent, KubernetesObject, MemcgStats, Meminfo, OomEvent, OpenVz, Percent, Pod, Reaped,
    Selected, SourceFile, StatValues, System, TaskRow, Victim,
};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// An object as serde sees it.
pub(super) struct AsSerde<'a, T>(pub(super) &'a T);

impl<T: Object> Serialize for AsSerde<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let map = serializer.serialize_map(None)?;
        let mut visitor = SerdeVisitor {
            map,
            result: Ok(()),
        };
        self.0.visit(&mut visitor);
        visitor.result?;
        visitor.map.end()
    }
}

/// Objects as serde sees them.
struct AllAsSerde<'a, T>(&'a [T]);

impl<T: Object> Serialize for AllAsSerde<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(AsSerde))
    }
}

/// Words as serde sees them.
struct Words<I>(I);

impl<I: Iterator<Item = &'static str> + Clone> Serialize for Words<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

/// Passes fields on until the serializer fails.
struct SerdeVisitor<M: SerializeMap> {
    map: M,
    result: Result<(), M::Error>,
}

impl<M: SerializeMap> SerdeVisitor<M> {
    fn put(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        if self.result.is_ok() {
            self.result = self.map.serialize_entry(name, value);
        }
    }
}

impl<M: SerializeMap> FieldVisitor for SerdeVisitor<M> {
    fn text_of(&mut self, name: &str, value: &str) {
        self.put(name, value);
    }

    fn number_of(&mut self, name: &str, value: u64) {
        self.put(name, &value);
    }

    fn put_text(&mut self, key: Key, value: &str) {
        self.put(key.name(), value);
    }

    fn put_number(&mut self, key: Key, value: u64) {
        self.put(key.name(), &value);
    }

    fn put_signed(&mut self, key: Key, value: i64) {
        self.put(key.name(), &value);
    }

    fn put_true(&mut self, key: Key) {
        self.put(key.name(), &true);
    }

    fn put_percent(&mut self, key: Key, value: Percent) {
        self.put(key.name(), &(f64::from(value.hundredths()) / 100.0));
    }

    fn put_object(&mut self, key: Key, value: &impl Object) {
        self.put(key.name(), &AsSerde(value));
    }

    fn put_objects(&mut self, key: Key, values: &[impl Object]) {
        self.put(key.name(), &AllAsSerde(values));
    }

    fn put_words(&mut self, key: Key, words: impl Iterator<Item = &'static str> + Clone) {
        self.put(key.name(), &Words(words));
    }
}

macro_rules! serialize {
    ($($object:ty),* $(,)?) => {$(
        impl Serialize for $object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                AsSerde(self).serialize(serializer)
            }
        }
    )*};
}

serialize!(
    OomEvent,
    Invoker,
    Selected,
    SourceFile,
    Victim,
    Cgroup,
    OpenVz,
    Pod,
    Container,
    Counter,
    MemcgStats,
    StatValues,
    Meminfo,
    TaskRow,
    Reaped,
    KilledProcess,
    Cause,
    System,
    Init,
    KubernetesEvent,
    KubernetesObject,
);

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
