//! A record, in any format of a host, as the line that the parser reads.

use crate::key::Key;
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

/// Keys that contain text, the most likely first, as the core ranks them.
const TEXT_KEYS: [&str; 4] = ["MESSAGE", "message", "msg", "log"];

/// Other keys that shippers use. They are not read if the host was configured with the text's key.
const OTHER_TEXT_KEYS: [&str; 6] = ["line", "text", "event", "raw", "body", "original"];

/// Keys that inputs add and that show nothing about the author of the text.
const PLAIN_KEYS: [&str; 6] = [
    "file",
    "filename",
    "file_name",
    "path",
    "offset",
    "filepath",
];

/// A record, or a value in it: msgpack, JSON, a table.
pub trait Value<'r>: Clone {
    /// The value of a key, if this is an object that has the key.
    fn get(&self, key: &str) -> Option<Self>;

    /// Whether this is a text, or represents one, as a list of bytes does.
    fn is_text(&self) -> bool;

    /// The text, if this is one.
    fn text(&self) -> Option<Cow<'r, [u8]>>;

    /// Passes on the keys and values of an object until `take` returns false; returns whether it never did.
    fn all(&self, take: &mut dyn FnMut(&[u8], &Self) -> bool) -> bool;

    /// Writes it as JSON; returns false if that is not possible.
    fn write_json(&self, out: &mut Vec<u8>) -> bool;
}

/// The positions in records of what the parser needs.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The text's keys, the first one that exists is used; if there are none, the keys that shippers usually use.
    pub text: Vec<Key>,
    /// The key of a record's stream; without it, all records are of one stream.
    pub stream: Option<Key>,
}

impl Places {
    /// The record's text.
    pub fn text<'r, V: Value<'r>>(&self, record: &V) -> Option<V> {
        self.find(record).map(|(_, text)| text)
    }

    /// The stream of a record.
    pub fn stream<'r, V: Value<'r>>(&self, record: &V) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(value) = self.stream.as_ref().and_then(|place| at(place, record)) {
            match value.text() {
                Some(text) => out.extend_from_slice(&text),
                None if value.write_json(&mut out) => {}
                None => out.clear(),
            }
        }
        out
    }

    /// The line for the parser: the text itself if nothing else shows its author, or else the record as JSON.
    /// `None` for a record without text if the host was configured with the text's key.
    pub fn line<'r, V: Value<'r>>(&self, record: &V) -> Option<Cow<'r, [u8]>> {
        let found = self.find(record);
        if found.is_none() && !self.text.is_empty() {
            return None;
        }
        let key = found.as_ref().map_or("", |(key, _)| *key);
        let text = found.as_ref().and_then(|(_, text)| text.text());
        let is_plain = |other: &[u8]| {
            let is = |known: &&str| known.as_bytes() == other;
            is(&key) || PLAIN_KEYS.iter().any(is)
        };
        if let Some(text) = text.filter(|_| !key.is_empty())
            && let Some(line) = one_line(text)
            && record.all(&mut |other, _| is_plain(other))
        {
            return Some(line);
        }
        let mut json = Vec::new();
        let is_written = match found {
            Some((_, text)) if !self.text.is_empty() => write_with(record, key, &text, &mut json),
            _ => record.write_json(&mut json),
        };
        is_written.then_some(Cow::Owned(json))
    }

    /// The text and its key; the key is empty if the text is within an object.
    fn find<'r, V: Value<'r>>(&self, record: &V) -> Option<(&str, V)> {
        let text_at = |key| record.get(key).filter(V::is_text);
        if self.text.is_empty() {
            let mut keys = TEXT_KEYS.iter();
            return keys.find_map(|key| Some((*key, text_at(key)?)));
        }
        self.text.iter().find_map(|place| {
            let top = place.at_top().and_then(|key| Some((key, text_at(key)?)));
            top.or_else(|| Some(("", at(place, record).filter(V::is_text)?)))
        })
    }
}

fn at<'r, V: Value<'r>>(place: &Key, record: &V) -> Option<V> {
    place.find(record.clone(), |object, key| object.get(key))
}

/// Writes a record as JSON with only the chosen text.
fn write_with<'r, V: Value<'r>>(record: &V, chosen: &str, text: &V, out: &mut Vec<u8>) -> bool {
    let is_one_of = |key: &[u8], all: &[&str]| {
        all.iter()
            .any(|known| known.as_bytes().eq_ignore_ascii_case(key))
    };
    // The most likely of all names comes first, so that no other text of the record is read instead.
    let is_known = is_one_of(chosen.as_bytes(), &TEXT_KEYS);
    out.push(b'{');
    text_to_json(if is_known { chosen } else { "message" }.as_bytes(), out);
    out.push(b':');
    let is_written = text.write_json(out);
    let are_written = record.all(&mut |key, value| {
        let name = key.strip_prefix(b"_").unwrap_or(key);
        let is_text = is_one_of(name, &TEXT_KEYS) || is_one_of(name, &OTHER_TEXT_KEYS);
        if is_text || key == chosen.as_bytes() {
            return true;
        }
        out.push(b',');
        text_to_json(key, out);
        out.push(b':');
        value.write_json(out)
    });
    out.push(b'}');
    is_written && are_written
}

/// A text of one line, without its line end. A text of several lines is a value, not a line of a log.
fn one_line(text: Cow<'_, [u8]>) -> Option<Cow<'_, [u8]>> {
    let line = text.strip_suffix(b"\n").unwrap_or(&text);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.contains(&b'\n') {
        return None;
    }
    let len = line.len();
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..len)?),
        Cow::Owned(mut text) => {
            text.truncate(len);
            Cow::Owned(text)
        }
    })
}

/// Writes a text as JSON. Bytes that are not UTF-8 stay as they are, as the parser reads them.
pub fn text_to_json(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::Json;
    use alloc::string::String;

    fn places(text: &[&str], stream: Option<&str>) -> Places {
        Places {
            text: text.iter().map(|key| key.parse().unwrap()).collect(),
            stream: stream.map(|key| key.parse().unwrap()),
        }
    }

    fn line(text: &[&str], record: &str) -> Option<String> {
        let record = Json::of(record.as_bytes()).unwrap();
        let line = places(text, None).line(&record)?;
        Some(String::from_utf8(line.into_owned()).unwrap())
    }

    #[test]
    fn a_text_alone_is_a_line_and_any_other_record_is_read_as_one() {
        for (record, expected) in [
            (r#"{"log":"a b\n"}"#, "a b"),
            (r#"{"path":"x","msg":"  a\r\n","offset":7}"#, "  a"),
            (
                r#"{"log":"a","stream":"stdout"}"#,
                r#"{"log":"a","stream":"stdout"}"#,
            ),
            (r#"{"log":"a\nb"}"#, r#"{"log":"a\nb"}"#),
            (r#"{"MESSAGE":[1,2]}"#, r#"{"MESSAGE":[1,2]}"#),
            (r#"{"other":"a"}"#, r#"{"other":"a"}"#),
        ] {
            assert_eq!(line(&[], record).as_deref(), Some(expected));
        }
    }

    #[test]
    fn only_the_chosen_text_is_read() {
        for (keys, record, expected) in [
            (&["log"][..], r#"{"log":"a"}"#, Some("a")),
            (
                &["t"],
                r#"{"n":1.50,"t":"a","message":"b","_Raw":"c","data":{"message":"d"}}"#,
                Some(r#"{"message":"a","data":{"message":"d"},"n":1.50}"#),
            ),
            (
                &["j.m", "msg"],
                r#"{"msg":"b\"","host":"n1","log":"c"}"#,
                Some(r#"{"msg":"b\"","host":"n1"}"#),
            ),
            (
                &["j.m"],
                r#"{"j":{"m":"a"},"m":"b"}"#,
                Some(r#"{"message":"a","j":{"m":"a"},"m":"b"}"#),
            ),
            (&["j.m"], r#"{"log":"a","j":{"m":7}}"#, None),
            (
                &["t"],
                r#"{"t":[75,105],"host":"n1"}"#,
                Some(r#"{"message":[75,105],"host":"n1"}"#),
            ),
        ] {
            assert_eq!(line(keys, record).as_deref(), expected, "{record}");
        }
    }

    #[test]
    fn streams_are_named_by_any_value() {
        for (record, stream) in [
            (r#"{"a":{"b":"x y"}}"#, "x y"),
            (r#"{"a":{"b":[1]}}"#, "[1]"),
            (r#"{"a":7}"#, ""),
        ] {
            let record = Json::of(record.as_bytes()).unwrap();
            let found = places(&[], Some("a.b")).stream(&record);
            assert_eq!(found, stream.as_bytes());
            assert!(places(&[], None).stream(&record).is_empty());
        }
    }
}
