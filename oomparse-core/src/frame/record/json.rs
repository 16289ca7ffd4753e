//! Reads the known keys of a JSON object, without building a tree.
//!
//! The parent module says what the keys mean. Here they are found in all places where shippers put them, and
//! their values are read, whether they are texts, numbers or arrays of bytes.

use super::Fields;
use super::reader::{Number, Reader};
use crate::frame::scan::number;
use crate::source::{Field, Parent};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// How deep objects are searched: `_source.log.message` and one more level.
const MAX_DEPTH: u8 = 4;

/// How deep a sign of the text's author is searched for.
const MOST_LOOKED_INTO: u8 = 16;

/// Reads the object at the start of the text; a comma may follow, as between the elements of an array.
///
/// JSON is UTF-8, but a process name may not be: other bytes are read unchanged.
pub(super) fn read(text: &[u8]) -> Option<Fields<'_>> {
    let mut fields = Fields::default();
    object(&mut Reader::new(text), &mut fields, 0, false, Parent::Any)?;
    Some(fields)
}

/// The meaning of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Text(u8),
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
    /// An object in which shippers put the record.
    Nest,
    Other,
}

impl Key {
    fn of(name: &[u8], about_host: bool) -> Self {
        let mut name = name;
        while let [b'_' | b'@', tail @ ..] = name {
            name = tail;
        }
        let mut lower = [0u8; 32];
        let Some(lower) = lower.get_mut(..name.len()) else {
            return Self::Other;
        };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        let lower = &*lower;
        if about_host {
            let is_name = matches!(lower, b"name" | b"hostname");
            return if is_name { Self::Host } else { Self::Other };
        }
        match KEYS.binary_search_by(|(key, _)| key.as_bytes().cmp(lower)) {
            Ok(at) => KEYS.get(at).map_or(Self::Other, |(_, key)| *key),
            Err(_) => Self::Other,
        }
    }
}

/// The keys by name, in lower case and without leading underscores; sorted.
const KEYS: [(&str, Key); 54] = [
    ("attributes", Key::Nest),
    ("body", Key::Text(4)),
    ("boot_id", Key::BootId),
    ("caller", Key::Caller),
    ("content", Key::Text(5)),
    // Usually an object.
    ("data", Key::Text(6)),
    ("date", Key::Time),
    ("description", Key::Text(6)),
    ("details", Key::Text(6)),
    ("entry", Key::Text(6)),
    ("event", Key::Text(4)),
    ("event.original", Key::Text(5)),
    ("fields", Key::Nest),
    ("full_message", Key::Text(3)),
    ("host", Key::Host),
    ("host.hostname", Key::Host),
    ("host.name", Key::Host),
    ("hostname", Key::Host),
    ("journal", Key::Nest),
    ("journald", Key::Nest),
    ("jsonpayload", Key::Nest),
    ("line", Key::Text(4)),
    ("log", Key::Text(3)),
    ("log.message", Key::Text(4)),
    ("logline", Key::Text(4)),
    ("message", Key::Text(1)),
    ("msg", Key::Text(2)),
    ("note", Key::Text(6)),
    ("original", Key::Text(5)),
    ("pri", Key::Priority),
    ("priority", Key::Priority),
    ("raw", Key::Text(5)),
    ("realtime_timestamp", Key::Realtime),
    ("record", Key::Nest),
    ("resource", Key::Nest),
    ("result", Key::Nest),
    ("sec", Key::Seconds),
    ("sequence", Key::Sequence),
    ("severity", Key::Priority),
    ("short_message", Key::Text(4)),
    ("source", Key::Nest),
    ("source_monotonic_timestamp", Key::Monotonic),
    ("stringvalue", Key::Text(6)),
    ("syslog", Key::Nest),
    ("syslog_message", Key::Text(5)),
    ("syslogmessage", Key::Text(5)),
    ("talos-time", Key::Time),
    ("text", Key::Text(4)),
    ("textpayload", Key::Text(4)),
    ("time", Key::Time),
    ("timereported", Key::Time),
    ("timestamp", Key::Time),
    ("usec", Key::Micros),
    ("value", Key::Text(6)),
];

/// A value, as far as it can matter.
pub(super) enum Value<'a> {
    Text(Cow<'a, [u8]>),
    Whole(u64),
    /// A number with a fraction, in millionths.
    Millionths(u64),
}

impl Value<'_> {
    pub(super) fn whole_number(&self) -> Option<u64> {
        match self {
            Self::Whole(value) => Some(*value),
            Self::Text(text) => match number(text.trim_ascii())? {
                (value, []) => Some(value),
                _ => None,
            },
            Self::Millionths(_) => None,
        }
    }
}

/// Reads one object into the fields.
fn object<'a>(
    reader: &mut Reader<'a>,
    fields: &mut Fields<'a>,
    depth: u8,
    about_host: bool,
    parent: Parent,
) -> Option<()> {
    reader.expect(b'{')?;
    if reader.eat(b'}') {
        return Some(());
    }
    loop {
        let name = reader.string()?;
        reader.expect(b':')?;
        fields.journal |= is_journals(&name);
        let place = parent.place(&name);
        match Key::of(&name, about_host) {
            Key::Other => author(reader, fields, place, depth)?,
            key => value(reader, fields, key, place, depth)?,
        }
        if !reader.eat(b',') {
            return reader.expect(b'}');
        }
    }
}

/// Looks in a value, at any depth, for signs of the text's author.
fn author<'a>(
    reader: &mut Reader<'a>,
    fields: &mut Fields<'a>,
    (field, parent): (Field, Parent),
    depth: u8,
) -> Option<()> {
    let seen = &mut fields.provenance;
    match reader.peek()? {
        b'"' => seen.text(field, &reader.string()?),
        b'-' | b'0'..=b'9' => match reader.number()? {
            Number::Whole(value) => seen.number(field, value),
            _ => seen.there(field),
        },
        // `"kubernetes":null` is a column without a value in this record.
        b'n' => reader.skip()?,
        open @ (b'{' | b'[') if depth < MOST_LOOKED_INTO => {
            seen.there(field);
            let close = open.saturating_add(2);
            reader.expect(open)?;
            if reader.eat(close) {
                return Some(());
            }
            loop {
                let place = if open == b'{' {
                    let name = reader.string()?;
                    reader.expect(b':')?;
                    parent.place(&name)
                } else {
                    (field, parent)
                };
                author(reader, fields, place, depth.saturating_add(1))?;
                if !reader.eat(b',') {
                    return reader.expect(close);
                }
            }
        }
        _ => {
            seen.there(field);
            reader.skip()?;
        }
    }
    Some(())
}

/// Whether only journald writes a key with this name.
fn is_journals(name: &[u8]) -> bool {
    matches!(
        name,
        b"MESSAGE" | b"__CURSOR" | b"_TRANSPORT" | b"_BOOT_ID" | b"__REALTIME_TIMESTAMP"
    )
}

/// Reads the value of a key into the fields.
fn value<'a>(
    reader: &mut Reader<'a>,
    fields: &mut Fields<'a>,
    key: Key,
    place: (Field, Parent),
    depth: u8,
) -> Option<()> {
    match reader.peek()? {
        b'"' => {
            let text = reader.string()?;
            if !matches!(key, Key::Text(_)) {
                fields.provenance.text(place.0, &text);
            }
            fields.set(key, Value::Text(text));
        }
        b'-' | b'0'..=b'9' => match reader.number()? {
            Number::Whole(value) => fields.set(key, Value::Whole(value)),
            Number::Millionths(value) => fields.set(key, Value::Millionths(value)),
            Number::Other => {}
        },
        b'[' if matches!(key, Key::Text(_) | Key::Host) => {
            if let Some(text) = list(reader)? {
                fields.set(key, Value::Text(text));
            }
        }
        b'{' if matches!(key, Key::Text(_) | Key::Nest | Key::Host) => {
            let depth = depth.saturating_add(1);
            if depth >= MAX_DEPTH {
                return author(reader, fields, place, depth);
            }
            object(reader, fields, depth, key == Key::Host, place.1)?;
        }
        _ => author(reader, fields, place, depth)?,
    }
    Some(())
}

/// journald writes a text that is not UTF-8, or contains control characters, as an array of its bytes; a search
/// engine returns each field as a list, `["text"]`.
fn list<'a>(reader: &mut Reader<'a>) -> Option<Option<Cow<'a, [u8]>>> {
    reader.expect(b'[')?;
    let (mut bytes, mut text) = (Vec::new(), None);
    if reader.eat(b']') {
        return Some(None);
    }
    let mut sound = true;
    loop {
        match reader.peek()? {
            b'0'..=b'9' => match reader.number()? {
                Number::Whole(value) => match u8::try_from(value) {
                    Ok(byte) => bytes.push(byte),
                    Err(_) => sound = false,
                },
                _ => sound = false,
            },
            b'"' if text.is_none() => text = Some(reader.string()?),
            _ => {
                reader.skip()?;
                sound = false;
            }
        }
        if !reader.eat(b',') {
            break;
        }
    }
    reader.expect(b']')?;
    Some(match text {
        Some(text) => (sound && bytes.is_empty()).then_some(text),
        None => (sound && !bytes.is_empty()).then_some(Cow::Owned(bytes)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_found() {
        assert!(KEYS.is_sorted_by(|one, other| one.0 < other.0));
        for (name, key) in KEYS {
            assert!(Key::of(name.as_bytes(), false) == key, "{name}");
            let capitals = alloc::format!("_{}", name.to_uppercase());
            assert!(Key::of(capitals.as_bytes(), false) == key, "{name}");
        }
        assert!(Key::of(b"name", true) == Key::Host);
        assert!(Key::of(b"log", true) == Key::Other);
    }

    fn author_of(text: &str) -> crate::source::Author {
        read(text.as_bytes()).unwrap().provenance.decide()
    }

    #[test]
    fn a_sign_of_the_author_may_be_a_number() {
        use crate::source::Author;
        for (member, author) in [
            ("\"syslog_facility\":3", Author::PROGRAM),
            ("\"syslog_facility\":\"3\"", Author::PROGRAM),
            ("\"pid\":7", Author::PROGRAM),
            ("\"pid\":0", Author::KERNEL),
            ("\"pid\":null", Author::KERNEL),
            ("\"stream\":1", Author::PROGRAM),
        ] {
            let text = alloc::format!("{{\"ident\":\"kernel\",\"log\":\"x\",{member}}}");
            assert_eq!(author_of(&text), author, "{member}");
        }
    }

    #[test]
    fn how_deep_a_sign_of_the_author_is_found() {
        let deep = |levels: usize| {
            let (open, close) = ("{\"a\":".repeat(levels), "}".repeat(levels));
            let text = alloc::format!("{{\"log\":\"x\",\"a\":{open}{{\"stream\":\"a\"}}{close}}}");
            author_of(&text).is_program()
        };
        let most = usize::from(MOST_LOOKED_INTO);
        assert!(deep(0) && deep(1) && deep(most - 1));
        assert!(!deep(most) && !deep(most + 1));
    }

    #[test]
    fn a_list_is_one_text_or_bytes() {
        let of = |value: &str| {
            let text = list(&mut Reader::new(value.as_bytes())).unwrap();
            text.map(Cow::into_owned)
        };
        for (value, text) in [
            ("[]", None),
            ("[\"ab\"]", Some("ab")),
            ("[97, 98]", Some("ab")),
            ("[\"a\", \"b\"]", None),
            ("[\"a\", 98]", None),
            ("[97, \"b\"]", None),
            ("[\"a\", null]", None),
            ("[97, null]", None),
            ("[97, 256]", None),
            ("[97, 1.5]", None),
        ] {
            assert_eq!(of(value).as_deref(), text.map(str::as_bytes), "{value}");
        }
    }
}
