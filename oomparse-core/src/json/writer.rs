//! Compact JSON of the record's own shapes: objects, lists, texts, whole numbers and truth values.
//!
//! Nearly all texts of a record need no escape, and a loop that only asks for that is several times faster
//! than one that is ready to write it; a text that does need one is written by `serde_json`.

use alloc::string::String;
use serde::ser::{Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Error;

/// Bytes of a common record; one with a task table grows.
const COMMON_LEN: usize = 4096;

/// A value as JSON; nothing if it has another shape than those above.
pub(super) fn write(value: &impl Serialize) -> Option<String> {
    let mut out = String::with_capacity(COMMON_LEN);
    value.serialize(Writer { out: &mut out }).ok()?;
    Some(out)
}

struct Writer<'o> {
    out: &'o mut String,
}

/// Inside an object or a list.
struct Within<'o> {
    out: &'o mut String,
    is_first: bool,
    end: char,
}

impl Within<'_> {
    fn separate(&mut self) {
        if !self.is_first {
            self.out.push(',');
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
        self.out.push(':');
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
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| {
        plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\')
    })
}

fn unknown<T>() -> Result<T, Error> {
    Err(Error::custom("a shape that no record has"))
}

impl<'o> Writer<'o> {
    fn number(self, value: impl itoa::Integer) -> Result<(), Error> {
        self.out.push_str(itoa::Buffer::new().format(value));
        Ok(())
    }

    fn within(self, begin: char, end: char) -> Within<'o> {
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
            self.out.push('"');
            self.out.push_str(text);
            self.out.push('"');
        } else {
            self.out.push_str(&serde_json::to_string(text)?);
        }
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Within<'o>, Error> {
        Ok(self.within('{', '}'))
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Within<'o>, Error> {
        Ok(self.within('[', ']'))
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
