//! Reads the known keys of a JSON object with serde, without building a tree.
//!
//! What the keys mean is told in the parent module; here they are found, at any of the places where
//! shippers put them, and their values taken whether they are texts, numbers or arrays of bytes.

use super::Fields;
use crate::frame::scan::number;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// How deep objects are looked into: `_source.log.message` and one more.
const MAX_DEPTH: u8 = 4;

/// Reads the object in front of the text; a comma may follow, as between an array's elements.
pub(super) fn read(text: &str) -> Option<Fields<'_>> {
    let mut fields = Fields::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let object = Object {
        fields: &mut fields,
        depth: 0,
        about_host: false,
    };
    object.deserialize(&mut reader).ok()?;
    Some(fields)
}

/// What a key means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Text(u8),
    Transport,
    Identifier,
    Unit,
    Facility,
    Priority,
    Host,
    BootId,
    Caller,
    Monotonic,
    Realtime,
    Time,
    Sequence,
    Seconds,
    Micros,
    Contained,
    /// An object that shippers put the record in.
    Nest,
    Other,
}

impl Key {
    fn of(name: &str, about_host: bool) -> Self {
        let name = name.trim_start_matches(['_', '@']);
        let mut lower = [0u8; 32];
        let Some(lower) = lower.get_mut(..name.len()) else {
            return Self::Other;
        };
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        match &*lower {
            b"name" | b"hostname" if about_host => Self::Host,
            _ if about_host => Self::Other,
            b"message" => Self::Text(1),
            b"msg" => Self::Text(2),
            b"log" => Self::Text(3),
            b"log.message" | b"textpayload" | b"short_message" | b"body" | b"line" | b"event"
            | b"text" | b"logline" => Self::Text(4),
            b"original" | b"event.original" | b"raw" => Self::Text(5),
            b"transport" => Self::Transport,
            b"syslog_identifier" | b"ident" | b"identifier" | b"tag" | b"syslogtag"
            | b"appname" | b"app_name" | b"programname" | b"program" => Self::Identifier,
            b"systemd_unit" | b"systemd_cgroup" => Self::Unit,
            b"syslog_facility" | b"facility" | b"fac" | b"syslogfacility" => Self::Facility,
            b"priority" | b"pri" | b"severity" => Self::Priority,
            b"hostname" | b"host" | b"host.name" | b"host.hostname" => Self::Host,
            b"boot_id" => Self::BootId,
            b"caller" => Self::Caller,
            b"source_monotonic_timestamp" => Self::Monotonic,
            b"realtime_timestamp" => Self::Realtime,
            b"time" | b"timestamp" | b"talos-time" | b"date" | b"timereported" => Self::Time,
            b"sequence" => Self::Sequence,
            b"sec" => Self::Seconds,
            b"usec" => Self::Micros,
            b"stream" | b"logtag" | b"log.iostream" => Self::Contained,
            // Also `kubernetes.pod_name` of a record made flat.
            name if name.starts_with(b"kubernetes") => Self::Contained,
            b"source" | b"fields" | b"jsonpayload" | b"journald" | b"record" | b"data"
            | b"attributes" | b"result" | b"syslog" | b"journal" => Self::Nest,
            _ => Self::Other,
        }
    }
}

/// A value, as far as one can matter.
pub(super) enum Value<'a> {
    Text(Cow<'a, [u8]>),
    Whole(u64),
    Decimal(f64),
}

impl Value<'_> {
    pub(super) fn whole(&self) -> Option<u64> {
        match self {
            Self::Whole(value) => Some(*value),
            Self::Text(text) => match number(text.trim_ascii())? {
                (value, []) => Some(value),
                _ => None,
            },
            Self::Decimal(_) => None,
        }
    }
}

/// Reads one object into the fields.
struct Object<'f, 'a> {
    fields: &'f mut Fields<'a>,
    depth: u8,
    about_host: bool,
}

impl<'a> DeserializeSeed<'a> for Object<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Object<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name {
            about_host: self.about_host,
        })? {
            let FoundName { key, is_journals } = name;
            self.fields.journal |= is_journals;
            if key == Key::Contained {
                self.fields.contained = true;
            }
            if matches!(key, Key::Other | Key::Contained) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let slot = Slot {
                fields: &mut *self.fields,
                key,
                depth: self.depth,
            };
            map.next_value_seed(slot)?;
        }
        Ok(())
    }
}

/// Reads a key without keeping it.
struct Name {
    about_host: bool,
}

/// A key that was read.
struct FoundName {
    key: Key,
    is_journals: bool,
}

impl<'a> DeserializeSeed<'a> for Name {
    type Value = FoundName;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<FoundName, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = FoundName;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<FoundName, E> {
        Ok(FoundName {
            key: Key::of(name, self.about_host),
            is_journals: matches!(
                name,
                "MESSAGE" | "__CURSOR" | "_TRANSPORT" | "_BOOT_ID" | "__REALTIME_TIMESTAMP"
            ),
        })
    }
}

/// Reads the value of one key into the fields.
struct Slot<'f, 'a> {
    fields: &'f mut Fields<'a>,
    key: Key,
    depth: u8,
}

impl<'a> DeserializeSeed<'a> for Slot<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Slot<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<(), E> {
        let text = Value::Text(Cow::Borrowed(text.as_bytes()));
        self.fields.set(self.key, text);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let text = Value::Text(Cow::Owned(text.as_bytes().to_vec()));
        self.fields.set(self.key, text);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.fields.set(self.key, Value::Whole(value));
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.fields.set(self.key, Value::Decimal(value));
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    /// journald writes a text that is not UTF-8, or holds control characters, as its bytes; a search
    /// gives each field as a list, `["text"]`.
    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<(), A::Error> {
        if !matches!(self.key, Key::Text(_) | Key::Host | Key::Identifier) {
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(elements.size_hint().unwrap_or(0).min(1024));
        let (mut text, mut sound) = (None, true);
        while let Some(element) = elements.next_element_seed(AnyElement)? {
            match element {
                Element::Byte(byte) => bytes.push(byte),
                Element::Text(only) if text.is_none() => text = Some(only),
                _ => sound = false,
            }
        }
        let value = match text {
            Some(text) => (sound && bytes.is_empty()).then_some(text),
            None => (sound && !bytes.is_empty()).then_some(Cow::Owned(bytes)),
        };
        if let Some(value) = value {
            self.fields.set(self.key, Value::Text(value));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<(), A::Error> {
        let depth = self.depth.saturating_add(1);
        let holds_fields = matches!(self.key, Key::Text(_) | Key::Nest | Key::Host);
        if depth >= MAX_DEPTH || !holds_fields {
            let mut map = map;
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let object = Object {
            fields: self.fields,
            depth,
            about_host: self.key == Key::Host,
        };
        object.visit_map(map)
    }
}

/// An array's element.
enum Element<'a> {
    Byte(u8),
    Text(Cow<'a, [u8]>),
    Other,
}

/// Reads an element, whatever it is.
struct AnyElement;

impl<'a> DeserializeSeed<'a> for AnyElement {
    type Value = Element<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Element<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for AnyElement {
    type Value = Element<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a byte or a text")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Element<'a>, E> {
        Ok(u8::try_from(value).map_or(Element::Other, Element::Byte))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Element<'a>, E> {
        Ok(Element::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Element<'a>, E> {
        Ok(Element::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Element<'a>, E> {
        Ok(Element::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Element<'a>, E> {
        Ok(Element::Other)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<Element<'a>, E> {
        Ok(Element::Text(Cow::Borrowed(text.as_bytes())))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Element<'a>, E> {
        Ok(Element::Text(Cow::Owned(text.as_bytes().to_vec())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<Element<'a>, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Element::Other)
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Element<'a>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Element::Other)
    }
}
