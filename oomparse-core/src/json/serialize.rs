//! The record for serde's serializers, whose data model differs from text.

use super::fields::{Fields, Key, Object};
use crate::event::{
    Cause, Cgroup, Container, Counter, Evidence, Field, Init, Invoker, KilledProcess,
    KubernetesEvent, KubernetesObject, MemcgStats, Meminfo, OomEvent, OpenVz, Percent, Pod, Reaped,
    Selected, SourceFile, StatValues, System, TaskRow, Victim,
};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// An object as serde sees it.
pub(super) struct Shown<'a, T>(pub(super) &'a T);

impl<T: Object> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let map = serializer.serialize_map(None)?;
        let mut through = Through { map, said: Ok(()) };
        self.0.tell(&mut through);
        through.said?;
        through.map.end()
    }
}

/// Objects as serde sees them.
struct AllShown<'a, T>(&'a [T]);

impl<T: Object> Serialize for AllShown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Shown))
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
struct Through<M: SerializeMap> {
    map: M,
    said: Result<(), M::Error>,
}

impl<M: SerializeMap> Through<M> {
    fn put(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        if self.said.is_ok() {
            self.said = self.map.serialize_entry(name, value);
        }
    }
}

impl<M: SerializeMap> Fields for Through<M> {
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
        self.put(key.name(), &Shown(value));
    }

    fn put_objects(&mut self, key: Key, values: &[impl Object]) {
        self.put(key.name(), &AllShown(values));
    }

    fn put_words(&mut self, key: Key, words: impl Iterator<Item = &'static str> + Clone) {
        self.put(key.name(), &Words(words));
    }
}

macro_rules! serialize {
    ($($object:ty),* $(,)?) => {$(
        impl Serialize for $object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Shown(self).serialize(serializer)
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
