//! One log event of a chunk, and what it tells the parser.
//!
//! ```text
//! [timestamp, {body}]                  format v1
//! [[timestamp, {metadata}], {body}]    format v2 (2.1 and later)
//! ```
//! A v2 timestamp of -1 or -2 seconds opens and ends a group; such an event carries no log line.

use crate::msgpack::{Reader, Value, json_text, to_json};
use oomparse_host::Key;

/// Keys that hold text, the likeliest first, as the core ranks them.
const TEXT_KEYS: [&[u8]; 4] = [b"MESSAGE", b"message", b"msg", b"log"];

/// Keys that inputs add and that say nothing about who wrote the text.
const PLAIN_KEYS: [&[u8]; 6] = [
    b"file",
    b"filename",
    b"file_name",
    b"path",
    b"offset",
    b"filepath",
];

/// One log event: a view over the chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// All of its bytes.
    pub(crate) bytes: &'a [u8],
    /// What stands before the body: array heads, timestamp, metadata.
    pub(crate) head: &'a [u8],
    /// Seconds since 1970; nothing for a group's marks.
    pub(crate) seconds: Option<u64>,
    /// The body, a map.
    pub(crate) body: &'a [u8],
}

/// What a record gives to the parser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// The text itself: nothing beside it says who wrote it.
    Text(&'a [u8]),
    /// The record as JSON, as the parser reads records.
    Record(Vec<u8>),
}

impl Line<'_> {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Record(json) => json,
        }
    }
}

/// The next log event of a chunk; nothing if it is not one.
pub(crate) fn next<'a>(chunk: &mut Reader<'a>, bytes: &'a [u8]) -> Option<Record<'a>> {
    let start = chunk.position();
    if chunk.value()? != Value::Array(2) {
        return None;
    }
    let seconds = match chunk.value()? {
        Value::Array(2) => {
            let seconds = timestamp(chunk.value()?)?;
            chunk.skip()?;
            seconds
        }
        stamp => timestamp(stamp)?,
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

/// Seconds of a timestamp; inner nothing for a group's marks.
fn timestamp(value: Value<'_>) -> Option<Option<u64>> {
    match value {
        Value::Unsigned(seconds) => Some(Some(seconds)),
        Value::Signed(-1 | -2) => Some(None),
        Value::Float(seconds) if seconds >= 0.0 => Some(Some(seconds as u64)),
        Value::Extension(0, bytes) => {
            let (seconds, _) = bytes.split_first_chunk::<4>()?;
            let seconds = u32::from_be_bytes(*seconds);
            Some((seconds < u32::MAX - 1).then_some(u64::from(seconds)))
        }
        _ => None,
    }
}

impl<'a> Record<'a> {
    /// The pairs of the body: key, value.
    fn pairs(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        pairs(self.body)
    }

    /// How many pairs the body has, and its bytes behind the map's head.
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

    /// What the parser is to read. `keys` are the user's choice of where the text is.
    pub(crate) fn line(&self, keys: &[Key]) -> Option<Line<'a>> {
        let chosen = if keys.is_empty() {
            TEXT_KEYS.iter().find_map(|key| self.text(key))
        } else {
            Some(keys.iter().find_map(|key| self.text_at(key))?)
        };
        let (key, text) = chosen.unwrap_or_default();
        let is_plain = |other: &[u8]| other == key || PLAIN_KEYS.contains(&other);
        // A text of several lines is a value, not a line of a log.
        let line = without_line_end(text);
        let is_line = !key.is_empty() && !line.contains(&b'\n');
        if is_line && self.pairs().all(|(other, _)| is_plain(other)) {
            return Some(Line::Text(line));
        }
        if keys.is_empty() {
            let mut json = Vec::with_capacity(self.body.len().saturating_mul(2));
            to_json(&mut Reader::new(self.body), &mut json)?;
            return Some(Line::Record(json));
        }
        self.json_with(key, text).map(Line::Record)
    }

    /// The record as JSON with the chosen text and no other.
    fn json_with(&self, chosen: &[u8], text: &[u8]) -> Option<Vec<u8>> {
        let is_text = |key: &[u8]| {
            let name = key.strip_prefix(b"_").unwrap_or(key);
            [
                &b"message"[..],
                b"msg",
                b"log",
                b"line",
                b"text",
                b"event",
                b"raw",
                b"body",
                b"original",
            ]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
        };
        let known = TEXT_KEYS.iter().any(|key| key.eq_ignore_ascii_case(chosen));
        let mut json = Vec::with_capacity(self.body.len().saturating_mul(2));
        json.push(b'{');
        // The likeliest of all names: no other text of the record is taken for it.
        json_text(if known { chosen } else { b"message" }, &mut json);
        json.push(b':');
        json_text(text, &mut json);
        for (key, value) in self.pairs() {
            if key == chosen || is_text(key) {
                continue;
            }
            json.push(b',');
            json_text(key, &mut json);
            json.push(b':');
            to_json(&mut Reader::new(value), &mut json)?;
        }
        json.push(b'}');
        Some(json)
    }

    fn text<'k>(&self, name: &'k [u8]) -> Option<(&'k [u8], &'a [u8])> {
        Some((name, text_of(get(self.body, name)?)?))
    }

    /// The text at a place that the user named, and its key; an empty key where it is within an object.
    fn text_at<'k>(&self, place: &'k Key) -> Option<(&'k [u8], &'a [u8])> {
        let at_top = place.at_top().map(str::as_bytes);
        if let Some(found) = at_top.and_then(|name| self.text(name)) {
            return Some(found);
        }
        let value = place.find(self.body, |object, key| get(object, key.as_bytes()))?;
        Some((b"", text_of(value)?))
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

/// A map's value.
fn get<'a>(map: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (_, value) = pairs(map).find(|(key, _)| *key == name)?;
    Some(value)
}

fn text_of(value: &[u8]) -> Option<&[u8]> {
    match Reader::new(value).value()? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}
