//! Compact JSON of the record's own shapes: objects, lists, texts, whole numbers and truth values.
//!
//! Nearly all texts of a record need no escape, and a loop that only asks for that is several times faster
//! than one that is ready to write it; a text that does need one is written by `serde_json`.

use alloc::string::String;
use alloc::vec::Vec;
use serde::ser::{Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Error;

/// Bytes of a common record; one with a task table grows.
const COMMON_LEN: usize = 4096;

/// A value as JSON; nothing if it has another shape than those above.
pub(super) fn write(value: &impl Serialize) -> Option<String> {
    let mut out = Vec::with_capacity(COMMON_LEN);
    value.serialize(Writer { out: &mut out }).ok()?;
    String::from_utf8(out).ok()
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
}

/// Inside an object or a list.
struct Within<'o> {
    out: &'o mut Vec<u8>,
    is_first: bool,
    end: u8,
}

impl Within<'_> {
    fn separate(&mut self) {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Writer { out: self.out })
    }

    fn close(self) {
        self.out.push(self.end);
    }
}

impl SerializeMap for Within<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.separate();
        self.value(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeSeq for Within<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.separate();
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

/// Whether a text stands in JSON as it is.
#[inline]
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| PLAIN.get(usize::from(byte)) == Some(&true))
}

/// The bytes that stand in a text of JSON as they are.
static PLAIN: [bool; 256] = plain();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "worked out by the compiler, which would say so"
)]
const fn plain() -> [bool; 256] {
    let mut table = [true; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = false;
        control += 1;
    }
    table[b'"' as usize] = false;
    table[b'\\' as usize] = false;
    table
}

fn unknown<T>() -> Result<T, Error> {
    Err(Error::custom("a shape that no record has"))
}

impl<'o> Writer<'o> {
    fn number(self, value: impl itoa::Integer) -> Result<(), Error> {
        let mut digits = itoa::Buffer::new();
        self.out.extend_from_slice(digits.format(value).as_bytes());
        Ok(())
    }

    fn within(self, begin: u8, end: u8) -> Within<'o> {
        self.out.push(begin);
        Within {
            out: self.out,
            is_first: true,
            end,
        }
    }
}

type None = Impossible<(), Error>;

impl<'o> Serializer for Writer<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeMap = Within<'o>;
    type SerializeSeq = Within<'o>;
    type SerializeTuple = None;
    type SerializeTupleStruct = None;
    type SerializeTupleVariant = None;
    type SerializeStruct = None;
    type SerializeStructVariant = None;

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if is_plain(text) {
            // One reservation for all three.
            self.out.reserve(text.len().saturating_add(2));
            self.out.push(b'"');
            self.out.extend_from_slice(text.as_bytes());
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(&serde_json::to_vec(text)?);
        }
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.number(i64::from(value))
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.number(i64::from(value))
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.number(i64::from(value))
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.number(u64::from(value))
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.number(u64::from(value))
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.number(u64::from(value))
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Within<'o>, Error> {
        Ok(self.within(b'{', b'}'))
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Within<'o>, Error> {
        Ok(self.within(b'[', b']'))
    }

    fn serialize_f32(self, _value: f32) -> Result<(), Error> {
        unknown()
    }

    fn serialize_f64(self, _value: f64) -> Result<(), Error> {
        unknown()
    }

    fn serialize_char(self, _value: char) -> Result<(), Error> {
        unknown()
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<(), Error> {
        unknown()
    }

    fn serialize_none(self) -> Result<(), Error> {
        unknown()
    }

    fn serialize_unit(self) -> Result<(), Error> {
        unknown()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        unknown()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
    ) -> Result<(), Error> {
        unknown()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _value: &T,
    ) -> Result<(), Error> {
        unknown()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Error> {
        unknown()
    }

    fn serialize_tuple(self, _len: usize) -> Result<None, Error> {
        unknown()
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<None, Error> {
        unknown()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<None, Error> {
        unknown()
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<None, Error> {
        unknown()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<None, Error> {
        unknown()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn same_as_serde_json() {
        let texts = [
            "",
            "java",
            "a\"b",
            "a\\b",
            "a\nb\u{1}",
            "größe\u{7f}",
            "日本",
        ];
        let maps: Vec<Vec<(&str, u64)>> = [
            Vec::new(),
            Vec::from([("anon", u64::MAX)]),
            Vec::from([("anon", 0), ("fi\"le", 7)]),
        ]
        .into();
        for map in &maps {
            let value = Shapes { texts: &texts, map };
            assert_eq!(
                write(&value).unwrap(),
                serde_json::to_string(&value).unwrap()
            );
        }
        assert_eq!(write(&1.5), None);
    }

    struct Shapes<'a> {
        texts: &'a [&'a str],
        map: &'a [(&'a str, u64)],
    }

    impl Serialize for Shapes<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("texts", self.texts)?;
            map.serialize_entry("less", &i32::MIN)?;
            map.serialize_entry("is", &Some(true))?;
            map.serialize_entry("none", &[0u8; 0][..])?;
            map.serialize_entry("map", &Map(self.map))?;
            map.end()
        }
    }

    struct Map<'a>(&'a [(&'a str, u64)]);

    impl Serialize for Map<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
        }
    }
}
