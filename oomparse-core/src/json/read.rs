//! Reads events back from their JSON.

use super::fields::Key;
use crate::bytes::{Text, hex_digit};
use crate::event::{OomEvent, Percent, SCHEMA};
use crate::frame::wall_time;
use crate::time::WallTime;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A part of the record that can be read back.
pub(super) trait Part: Sized {
    /// Reads it; `None` if a required field is missing.
    fn read(from: &Members) -> Option<Self>;
}

impl<'de> Deserialize<'de> for OomEvent {
    /// Reads the output of [`to_json`](OomEvent::to_json). Fields and words that this release does not know are
    /// skipped.
    ///
    /// # Errors
    ///
    /// If it is not an event of [`SCHEMA`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Value::Object(members) = Value::deserialize(deserializer)? else {
            return Err(D::Error::custom("expected an object"));
        };
        if members.str("schema") != Some(SCHEMA) {
            return Err(D::Error::custom(format!("expected the schema {SCHEMA}")));
        }
        Self::read(&members)
            .ok_or_else(|| D::Error::custom("expected a type of event that is known"))
    }
}

/// The members of an object, in order.
pub(super) struct Members(Vec<(String, Value)>);

/// A value of any kind.
enum Value {
    Null,
    Truth(bool),
    Number(u64),
    Signed(i64),
    Decimal(f64),
    Text(String),
    List(Vec<Value>),
    Object(Members),
}

impl Members {
    fn get(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    fn str(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn text(&self, key: Key) -> Option<String> {
        self.str(key.name()).map(ToOwned::to_owned)
    }

    /// The bytes next to it if the text is escaped, else the text.
    pub(super) fn name(&self, key: Key) -> Option<Text> {
        let escaped = self.str(&format!("{}_hex", key.name()));
        let bytes = escaped.and_then(bytes_of_hex).map(Text::from);
        bytes.or_else(|| self.str(key.name()).map(Text::from))
    }

    pub(super) fn word<T>(&self, key: Key, from_word: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.str(key.name()).and_then(from_word)
    }

    pub(super) fn words<T>(&self, key: Key, from_word: fn(&str) -> Option<T>) -> Vec<T> {
        let words = self.list(key).iter().filter_map(|value| match value {
            Value::Text(word) => from_word(word),
            _ => None,
        });
        words.collect()
    }

    pub(super) fn time(&self, key: Key) -> Option<WallTime> {
        wall_time(self.str(key.name())?.as_bytes())
    }

    pub(super) fn truth(&self, key: Key) -> bool {
        matches!(self.get(key.name()), Some(Value::Truth(true)))
    }

    pub(super) fn number<N: TryFrom<u64>>(&self, key: Key) -> Option<N> {
        match self.get(key.name())? {
            Value::Number(number) => N::try_from(*number).ok(),
            _ => None,
        }
    }

    pub(super) fn signed<N: TryFrom<i64>>(&self, key: Key) -> Option<N> {
        let number = match self.get(key.name())? {
            Value::Number(number) => i64::try_from(*number).ok()?,
            Value::Signed(number) => *number,
            _ => return None,
        };
        N::try_from(number).ok()
    }

    pub(super) fn percent(&self, key: Key) -> Option<Percent> {
        let value = match self.get(key.name())? {
            Value::Number(number) => {
                return Some(Percent::from_hundredths(
                    u32::try_from(number.checked_mul(100)?).ok()?,
                ));
            }
            Value::Decimal(value) => value * 100.0 + 0.5,
            _ => return None,
        };
        let is_sound = (0.0..f64::from(u32::MAX)).contains(&value);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is in range, and rounded"
        )]
        is_sound.then(|| Percent::from_hundredths(value as u32))
    }

    pub(super) fn part<P: Part>(&self, key: Key) -> Option<P> {
        match self.get(key.name())? {
            Value::Object(members) => P::read(members),
            _ => None,
        }
    }

    pub(super) fn parts<P: Part, L: FromIterator<P>>(&self, key: Key) -> L {
        let parts = self.list(key).iter().filter_map(|value| match value {
            Value::Object(members) => P::read(members),
            _ => None,
        });
        parts.collect()
    }

    pub(super) fn labels(&self, key: Key) -> Vec<(String, String)> {
        let Some(Value::Object(labels)) = self.get(key.name()) else {
            return Vec::new();
        };
        let labels = labels.0.iter().filter_map(|(name, value)| match value {
            Value::Text(text) => Some((name.clone(), text.clone())),
            _ => None,
        });
        labels.collect()
    }

    /// The members whose values are numbers.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().filter_map(|(name, value)| match value {
            Value::Number(number) => Some((name.as_str(), *number)),
            _ => None,
        })
    }

    fn list(&self, key: Key) -> &[Value] {
        match self.get(key.name()) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }
}

fn bytes_of_hex(hex: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some((hex_digit(*high)? << 4) | hex_digit(*low)?);
    pairs
        .iter()
        .map(byte)
        .collect::<Option<_>>()
        .filter(|_| rest.is_empty())
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Truth(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(u64::try_from(value).map_or(Value::Signed(value), Value::Number))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Decimal(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Value::Object(Members(object)))
    }
}

#[cfg(test)]
mod tests {
    use crate::event::Percent;
    use crate::{OomEvent, Options, parse_all};

    #[test]
    fn a_kill_is_read_back_as_it_was() {
        let line = b"[12.5] Memory cgroup out of memory: Killed process 7 (a\x01b) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB";
        let event = parse_all(line, &Options::new()).next().unwrap();
        let read: OomEvent = serde_json::from_str(&event.to_json()).unwrap();
        assert_eq!(read, event);
        for broken in ["{}", r#"{"schema":"oomparse/0"}"#, "[]", "7"] {
            assert!(
                serde_json::from_str::<OomEvent>(broken).is_err(),
                "{broken}"
            );
        }
    }

    #[test]
    fn percentages_are_read_as_they_are_written() {
        let read = |value: &str| {
            let event = parse_all(b"[12.5] Killed process 7 (a)", &Options::new()).next();
            let cause = alloc::format!(r#"{{"cause":{{"pressure_percent":{value}}},"#);
            let json = event?.to_json().replacen('{', &cause, 1);
            let event: OomEvent = serde_json::from_str(&json).ok()?;
            event
                .testimony?
                .cause?
                .pressure_percent
                .map(Percent::hundredths)
        };
        for (value, hundredths) in [
            ("51.07", Some(5107)),
            ("51", Some(5100)),
            ("0.5", Some(50)),
            ("99.99", Some(9999)),
            ("\"51\"", None),
            ("-1.5", None),
        ] {
            assert_eq!(read(value), hundredths, "{value}");
        }
    }
}
