//! One log event of a chunk, and what the parser gets of it.
//!
//! ```text
//! [timestamp, {body}]                  format v1
//! [[timestamp, {metadata}], {body}]    format v2 (2.1 and later)
//! ```
//! A v2 timestamp of -1 or -2 seconds opens and ends a group; such an event carries no log line.

use crate::msgpack::{Reader, Value, to_json};
use oomparse_host::{self as host, Places};
use std::borrow::Cow;

/// One log event: a view over the chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// All of its bytes.
    pub(crate) bytes: &'a [u8],
    /// What stands before the body: array heads, timestamp, metadata.
    pub(crate) head: &'a [u8],
    /// Seconds since 1970; `None` for a group's marks.
    pub(crate) seconds: Option<u64>,
    /// The body, a map.
    pub(crate) body: &'a [u8],
}

/// The next log event of a chunk; `None` if it is not one.
pub(crate) fn next<'a>(chunk: &mut Reader<'a>, bytes: &'a [u8]) -> Option<Record<'a>> {
    let start = chunk.position();
    let seconds = match chunk.stamp() {
        Some(seconds) => {
            chunk.skip()?;
            not_a_mark(seconds)
        }
        None => stamp(chunk)?,
    };
    let head = bytes.get(start..chunk.position())?;
    let body = chunk.skip()?;
    matches!(Reader::new(body).value()?, Value::Map(_)).then_some(Record {
        bytes: bytes.get(start..chunk.position())?,
        head,
        seconds,
        body,
    })
}

/// What stands before an event's body, in any form; an inner `None` for a group's marks.
fn stamp(chunk: &mut Reader<'_>) -> Option<Option<u64>> {
    if chunk.value()? != Value::Array(2) {
        return None;
    }
    match chunk.value()? {
        Value::Array(2) => {
            let seconds = timestamp(chunk.value()?)?;
            chunk.skip()?;
            Some(seconds)
        }
        stamp => timestamp(stamp),
    }
}

/// The seconds, unless they are -1 or -2.
fn not_a_mark(seconds: u32) -> Option<u64> {
    (seconds < u32::MAX - 1).then_some(u64::from(seconds))
}

/// Seconds of a timestamp; an inner `None` for a group's marks.
fn timestamp(value: Value<'_>) -> Option<Option<u64>> {
    match value {
        Value::Unsigned(seconds) => Some(Some(seconds)),
        Value::Signed(-1 | -2) => Some(None),
        Value::Float(seconds) if seconds >= 0.0 => Some(Some(seconds as u64)),
        Value::Extension(0, bytes) => {
            let (seconds, _) = bytes.split_first_chunk::<4>()?;
            Some(not_a_mark(u32::from_be_bytes(*seconds)))
        }
        _ => None,
    }
}

impl<'a> Record<'a> {
    /// The pairs of the body: key, value.
    fn pairs(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        pairs(self.body)
    }

    /// How many pairs the body has, and its bytes after the map's head.
    pub(crate) fn body_pairs(&self) -> Option<(usize, &'a [u8])> {
        let mut reader = Reader::new(self.body);
        match reader.value()? {
            Value::Map(len) => Some((len, self.body.get(reader.position()..)?)),
            _ => None,
        }
    }

    pub(crate) fn has_key(&self, name: &str) -> bool {
        self.pairs().any(|(key, _)| key == name.as_bytes())
    }

    /// What the parser is to read.
    pub(crate) fn line(&self, places: &Places) -> Option<Cow<'a, [u8]>> {
        places.line(&Packed(self.body))
    }
}

/// A value as it stands in a chunk.
#[derive(Clone, Copy, Debug)]
struct Packed<'a>(&'a [u8]);

impl<'a> host::Value<'a> for Packed<'a> {
    fn get(&self, key: &str) -> Option<Self> {
        let (_, value) = pairs(self.0).find(|(name, _)| *name == key.as_bytes())?;
        Some(Self(value))
    }

    fn is_text(&self) -> bool {
        text_of(self.0).is_some()
    }

    fn text(&self) -> Option<Cow<'a, [u8]>> {
        text_of(self.0).map(Cow::Borrowed)
    }

    fn all(&self, take: &mut dyn FnMut(&[u8], &Self) -> bool) -> bool {
        pairs(self.0).all(|(key, value)| take(key, &Self(value)))
    }

    fn write_json(&self, out: &mut Vec<u8>) -> bool {
        to_json(&mut Reader::new(self.0), out).is_some()
    }
}

/// The pairs of a map.
fn pairs(map: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut reader = Reader::new(map);
    let len = match reader.value() {
        Some(Value::Map(len)) => len,
        _ => 0,
    };
    (0..len).map_while(move |_| {
        let key = reader.skip()?;
        let value = reader.skip()?;
        Some((text_of(key).unwrap_or_default(), value))
    })
}

fn text_of(value: &[u8]) -> Option<&[u8]> {
    match Reader::new(value).value()? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of one text, after this head.
    fn event(head: &[u8]) -> Vec<u8> {
        [head, b"\x81\xa3log\xd9\x02hi"].concat()
    }

    #[test]
    fn every_form_of_a_stamp_is_read() {
        for (head, seconds) in [
            // As the host writes it: an extension, with metadata, also when that is not empty.
            (
                &b"\x92\x92\xd7\x00\x00\x00\x00\x07\x00\x00\x00\x09\x80"[..],
                Some(7),
            ),
            (
                b"\x92\x92\xd7\x00\x00\x00\x00\x07\x00\x00\x00\x09\x81\xa1a\x01",
                Some(7),
            ),
            (
                b"\x92\x92\xc7\x08\x00\x00\x00\x00\x07\x00\x00\x00\x09\x80",
                Some(7),
            ),
            (b"\x92\x92\x07\x80", Some(7)),
            (b"\x92\xd7\x00\x00\x00\x00\x07\x00\x00\x00\x09", Some(7)),
            (b"\x92\x07", Some(7)),
            // A group's begin and end.
            (
                b"\x92\x92\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00\x80",
                None,
            ),
            (
                b"\x92\x92\xd7\x00\xff\xff\xff\xfe\x00\x00\x00\x00\x80",
                None,
            ),
            (b"\x92\x92\xff\x80", None),
        ] {
            let bytes = event(head);
            let mut reader = Reader::new(&bytes);
            let record = next(&mut reader, &bytes).unwrap();
            assert_eq!((record.seconds, record.head), (seconds, head));
            assert_eq!(record.bytes, bytes);
            assert_eq!(
                record.pairs().collect::<Vec<_>>(),
                [(&b"log"[..], &b"\xd9\x02hi"[..])]
            );
            for end in 0..bytes.len() {
                let cut = &bytes[..end];
                assert!(next(&mut Reader::new(cut), cut).is_none(), "{cut:?}");
            }
        }
    }
}
