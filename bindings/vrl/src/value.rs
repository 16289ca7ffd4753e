//! An event as a VRL value, through its own serialisation, with the keys and values of its JSON.

use bytes::Bytes;
use oomparse_core::{OomEvent, SCHEMA};
use serde::ser::{Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt;
use vrl::value::{KeyString, ObjectMap, Value};

/// An event as a VRL value.
pub(crate) fn event(event: &OomEvent) -> Value {
    // Names, numbers, lists and objects: this cannot fail.
    event.serialize(ToValue).unwrap_or(Value::Null)
}

/// Converts the parts of an event to VRL values.
#[derive(Clone, Copy, Debug)]
struct ToValue;

/// Words that are in almost every event: they need no memory of their own.
const WORDS: [&str; 10] = [
    SCHEMA, "kill", "report", "kernel", "unknown", "memcg", "global", "killed", "summary",
    "invoked",
];

/// A type that no event contains.
fn foreign<T>() -> Result<T, fmt::Error> {
    Err(fmt::Error::custom("no part of an event"))
}

impl Serializer for ToValue {
    type Ok = Value;
    type Error = fmt::Error;
    type SerializeSeq = List;
    type SerializeMap = Object;
    type SerializeTuple = Impossible<Value, fmt::Error>;
    type SerializeTupleStruct = Impossible<Value, fmt::Error>;
    type SerializeTupleVariant = Impossible<Value, fmt::Error>;
    type SerializeStruct = Impossible<Value, fmt::Error>;
    type SerializeStructVariant = Impossible<Value, fmt::Error>;

    fn serialize_bool(self, value: bool) -> Result<Value, fmt::Error> {
        Ok(Value::Boolean(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Value, fmt::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<Value, fmt::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<Value, fmt::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<Value, fmt::Error> {
        Ok(Value::Integer(value))
    }

    fn serialize_u8(self, value: u8) -> Result<Value, fmt::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<Value, fmt::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<Value, fmt::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<Value, fmt::Error> {
        match i64::try_from(value) {
            Ok(value) => self.serialize_i64(value),
            // As VRL itself reads JSON.
            Err(_) => self.serialize_str(&value.to_string()),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<Value, fmt::Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Value, fmt::Error> {
        Ok(Value::from_f64_or_zero(value))
    }

    fn serialize_char(self, value: char) -> Result<Value, fmt::Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<Value, fmt::Error> {
        let at = WORDS.iter().position(|word| *word == text);
        if let Some(word) = at.and_then(|at| WORDS.get(at)) {
            return Ok(Value::Bytes(Bytes::from_static(word.as_bytes())));
        }
        self.serialize_bytes(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, fmt::Error> {
        Ok(Value::Bytes(Bytes::copy_from_slice(bytes)))
    }

    fn serialize_none(self) -> Result<Value, fmt::Error> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, fmt::Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, fmt::Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, fmt::Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
    ) -> Result<Value, fmt::Error> {
        Ok(Value::Bytes(Bytes::from_static(name.as_bytes())))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Value, fmt::Error> {
        foreign()
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<List, fmt::Error> {
        Ok(List(Vec::with_capacity(len.unwrap_or(0))))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, fmt::Error> {
        foreign()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, fmt::Error> {
        foreign()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, fmt::Error> {
        foreign()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object, fmt::Error> {
        Ok(Object::default())
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, fmt::Error> {
        foreign()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, fmt::Error> {
        foreign()
    }
}

#[derive(Debug)]
struct List(Vec<Value>);

impl SerializeSeq for List {
    type Ok = Value;
    type Error = fmt::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.0.push(value.serialize(ToValue)?);
        Ok(())
    }

    fn end(self) -> Result<Value, fmt::Error> {
        Ok(Value::Array(self.0))
    }
}

#[derive(Debug, Default)]
struct Object {
    map: ObjectMap,
    key: Option<KeyString>,
}

impl SerializeMap for Object {
    type Ok = Value;
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        let Value::Bytes(key) = key.serialize(ToValue)? else {
            return foreign();
        };
        let key = String::from_utf8(key.into()).map_err(fmt::Error::custom)?;
        self.key = Some(key.into());
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        let Some(key) = self.key.take() else {
            return foreign();
        };
        self.map.insert(key, value.serialize(ToValue)?);
        Ok(())
    }

    fn end(self) -> Result<Value, fmt::Error> {
        Ok(Value::Object(self.map))
    }
}
