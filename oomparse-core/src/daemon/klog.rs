//! A klog line, as text in its three generations or as JSON, with one interface to its fields.
//!
//! ```text
//! W0412 09:28:14.744599   14260 eviction_manager.go:333] eviction manager: attempting to reclaim memory
//! I1012 19:34:45.445172    2480 eviction_manager.go:595] "Eviction manager: pod is evicted successfully" pod="default/nginx"
//! {"ts":1697139285445.172,"caller":"eviction/eviction_manager.go:592","msg":"Eviction manager: pod is evicted successfully","v":0,"pod":{"name":"nginx","namespace":"default"}}
//! ```
//!
//! Pairs are read from the start and quotes are respected: text that a workload printed comes later, in quotes.

use super::text::{klog, whole_number};
use crate::go::{split_pair, split_quoted};
use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use serde_json::{Map, Value};

/// A klog line.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    /// Its time: complete in JSON, otherwise without year and time zone.
    pub(super) wall: Option<WallTime>,
    /// The process that wrote it, if the line shows it.
    pub(super) thread: Option<u32>,
    /// The message; in a line without keys, the whole text.
    pub(super) message: Cow<'t, str>,
    /// The message was in quotes, or a JSON text: there are keys next to it.
    pub(super) is_structured: bool,
    fields: Fields<'t>,
}

#[derive(Debug)]
enum Fields<'t> {
    Text(&'t str),
    Json(Map<String, Value>),
}

impl<'t> Entry<'t> {
    /// Splits a line into its parts.
    pub(super) fn read(line: &'t [u8]) -> Option<Self> {
        if line.starts_with(b"{") {
            return Self::json(line);
        }
        let (wall, _, text) = klog(line)?;
        let text = core::str::from_utf8(text).ok()?;
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let thread = words.nth(2).and_then(whole_number);
        let (message, rest) = match split_quoted(text) {
            Some((message, rest)) => (unquoted(message), rest),
            None => (Cow::Borrowed(text), ""),
        };
        Some(Self {
            wall,
            thread,
            message,
            is_structured: text.starts_with('"'),
            fields: Fields::Text(rest),
        })
    }

    fn json(line: &[u8]) -> Option<Self> {
        let mut fields: Map<String, Value> = serde_json::from_slice(line).ok()?;
        let wall = fields.get("ts")?.as_f64().and_then(milliseconds);
        let Some(Value::String(message)) = fields.remove("msg") else {
            return None;
        };
        Some(Self {
            wall,
            thread: None,
            message: Cow::Owned(message),
            is_structured: true,
            fields: Fields::Json(fields),
        })
    }

    /// The value of a key; for an object that names a pod, `namespace/name`. A duplicate key has no value.
    pub(super) fn field(&self, key: &str) -> Option<Cow<'_, str>> {
        match &self.fields {
            Fields::Text(text) => {
                let mut found = None;
                let mut rest = *text;
                while let Some((name, value, after)) = split_pair(rest) {
                    if name == key && found.replace(value).is_some() {
                        return None;
                    }
                    rest = after;
                }
                let value = found?;
                Some(match split_quoted(value) {
                    Some((inner, "")) => unquoted(inner),
                    _ => Cow::Borrowed(value),
                })
            }
            Fields::Json(fields) => match fields.get(key)? {
                Value::String(text) => Some(Cow::Borrowed(text)),
                Value::Object(of) if of.contains_key("name") => {
                    let text = |key| of.get(key).and_then(Value::as_str);
                    let (namespace, name) = (text("namespace")?, text("name")?);
                    Some(Cow::Owned(format!("{namespace}/{name}")))
                }
                value => Some(Cow::Owned(format!("{value}"))),
            },
        }
    }
}

/// klog writes milliseconds since 1970, with a fraction.
fn milliseconds(ts: f64) -> Option<WallTime> {
    let is_sound = (0.0..=253_402_300_799_999.0).contains(&ts);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is in range"
    )]
    let micros = (ts * 1000.0 + 0.5) as u64;
    is_sound.then(|| WallTime::from_unix_micros(micros))?
}

/// Decodes a Go-quoted text, for the escapes that names and messages contain.
pub(super) fn unquoted(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn klog_fields_of_text_and_json() {
        for line in [
            r#"I1012 19:34:45.445172    2480 a.go:595] "a \"b\"" pod="default/nginx" x=&{ID:7 y=z} uid=7"#,
            r#"{"ts":1697139285445.172,"caller":"a.go:5","msg":"a \"b\"","pod":{"name":"nginx","namespace":"default"},"uid":7}"#,
            r#"{"ts":1697139285445.172,"msg":"a \"b\"","pod":"default/nginx","uid":"7"}"#,
        ] {
            let entry = Entry::read(line.as_bytes()).unwrap();
            assert_eq!(entry.message, "a \"b\"", "{line}");
            assert!(entry.is_structured);
            assert_eq!(
                entry.field("pod").as_deref(),
                Some("default/nginx"),
                "{line}"
            );
            assert_eq!(entry.field("uid").as_deref(), Some("7"), "{line}");
            assert_eq!(entry.field("y"), None);
        }
        let twice = r#"I1012 19:34:45.4 1 a.go:5] "a" pod="a/b" pod="c/d""#;
        assert_eq!(Entry::read(twice.as_bytes()).unwrap().field("pod"), None);
        let plain =
            Entry::read(b"W0412 09:28:14.744599   14260 a.go:333] eviction manager: x").unwrap();
        assert_eq!(
            (plain.message.as_ref(), plain.thread, plain.is_structured),
            ("eviction manager: x", Some(14260), false)
        );
    }

    #[test]
    fn klog_milliseconds_are_times() {
        let time = milliseconds(1_697_139_285_445.172).unwrap();
        assert_eq!(time.to_string(), "2023-10-12T19:34:45.445172Z");
        for ts in [-1.0, f64::NAN, f64::INFINITY, 1e18] {
            assert!(milliseconds(ts).is_none(), "{ts}");
        }
    }

    #[test]
    fn values_that_are_quoted_or_objects() {
        let text = br#"I1012 19:34:45.4 1 a.go:5] "a" one="x\ty\nz\\" two=b three={c d}"#;
        let entry = Entry::read(text).unwrap();
        assert_eq!(entry.field("one").as_deref(), Some("x\ty\nz\\"));
        assert_eq!(entry.field("two").as_deref(), Some("b"));
        let text = br#"{"ts":1.0,"msg":"a","pod":{"name":"b"},"other":{"x":1},"number":7,"both":{"name":"c","namespace":"d"}}"#;
        let entry = Entry::read(text).unwrap();
        assert_eq!(entry.field("pod"), None);
        assert_eq!(entry.field("other").as_deref(), Some("{\"x\":1}"));
        assert_eq!(
            (
                entry.field("number").as_deref(),
                entry.field("both").as_deref()
            ),
            (Some("7"), Some("d/c"))
        );
        assert_eq!(
            (unquoted("a\\"), unquoted("a\\q")),
            ("a\\".into(), "aq".into())
        );
        for not in [
            &br#"{"ts":1.0}"#[..],
            br#"{"msg":"a"}"#,
            br#"{"ts":1.0,"msg":7}"#,
            b"x",
        ] {
            assert!(Entry::read(not).is_none());
        }
    }
}
