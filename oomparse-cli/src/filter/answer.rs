//! The answer for a record that completes a kill.

use super::names::{Names, pairs};
use oomparse_core::{OomEvent, Text};
use oomparse_host::{Json, free_key};
use serde_json::Value;

/// How an event is added to an answer.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) key: String,
    pub(super) names: Names,
}

impl Answers {
    /// The record with the event; `None` if it has no free key for it.
    ///
    /// The record's own bytes stay unchanged: the keys are appended, and a key that exists already keeps its
    /// value.
    pub(super) fn record(&self, record: &[u8], event: &OomEvent) -> Option<String> {
        if record.first() != Some(&b'{') {
            return Some(self.line(record, event));
        }
        let record = Json::of(record)?;
        let taken = record.keys()?;
        let has = |key: &str| taken.iter().any(|taken| taken == key);
        let key = free_key(&self.key, has)?;
        let body = record.as_str().strip_suffix('}')?;
        let mut out = String::with_capacity(body.len() + 2048);
        out.push_str(body);
        if !taken.is_empty() {
            out.push(',');
        }
        self.put_event(&mut out, &key, event, has);
        out.push('}');
        Some(out)
    }

    /// rsyslog's answer: properties of the message, as its `$!key`.
    pub(super) fn rsyslog(&self, event: &OomEvent) -> String {
        let mut out = String::from(r#"{"$!":{"#);
        self.put_event(&mut out, &self.key, event, |_| false);
        out.push_str("}}");
        out
    }

    /// An event that no record carries.
    pub(super) fn alone(&self, event: &OomEvent) -> String {
        if self.names == Names::Native {
            return event.to_json();
        }
        let mut out = String::from("{");
        self.put_event(&mut out, &self.key, event, |_| false);
        out.push('}');
        out
    }

    /// A plain line becomes an object.
    fn line(&self, line: &[u8], event: &OomEvent) -> String {
        let text = Text::from(line);
        let mut out = format!(
            r#"{{"message":{},"#,
            Value::from(text.to_display().as_ref())
        );
        self.put_event(&mut out, &self.key, event, |key| key == "message");
        out.push('}');
        out
    }

    /// `"oom":{…}` and the names next to it.
    fn put_event(&self, out: &mut String, key: &str, event: &OomEvent, has: impl Fn(&str) -> bool) {
        put(out, key, &event.to_json());
        for (name, value) in pairs(event, self.names) {
            if !has(&name) && name != key {
                out.push(',');
                put(out, &name, &value.to_string());
            }
        }
    }
}

fn put(out: &mut String, key: &str, json: &str) {
    out.push_str(&Value::from(key).to_string());
    out.push(':');
    out.push_str(json);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(names: Names, record: &str) -> Option<String> {
        let answers = Answers {
            key: "oom".to_owned(),
            names,
        };
        let event =
            oomparse_core::parse_all(b"Killed process 7 (java)", &oomparse_core::Options::new())
                .next()
                .unwrap();
        let answer = answers.record(record.as_bytes(), &event)?;
        Some(answer.replace(&event.to_json(), "E"))
    }

    #[test]
    fn event_goes_behind_what_is_there() {
        for (record, answer) in [
            ("{}", r#"{"oom":E}"#),
            (" {}", r#"{"message":" {}","oom":E}"#),
            ("{ } \t", r#"{ "oom":E}"#),
            (
                r#"{"log":"}\u00e9","n":1.50}"#,
                r#"{"log":"}\u00e9","n":1.50,"oom":E}"#,
            ),
            (r#"{"a":1,"a":2}"#, r#"{"a":1,"a":2,"oom":E}"#),
            (r#"{"x":{"oom":1}}"#, r#"{"x":{"oom":1},"oom":E}"#),
            (r#"{"\u006fom":1}"#, r#"{"\u006fom":1,"oom_event":E}"#),
            ("plain \"text\"", r#"{"message":"plain \"text\"","oom":E}"#),
        ] {
            assert_eq!(
                with(Names::Native, record).as_deref(),
                Some(answer),
                "{record}"
            );
        }
    }

    #[test]
    fn a_key_of_the_records_stays() {
        assert_eq!(
            with(Names::Otel, r#"{"process.pid":1}"#).unwrap(),
            r#"{"process.pid":1,"oom":E}"#
        );
        assert_eq!(with(Names::Native, r#"{"oom":1,"oom_event":2}"#), None);
    }

    #[test]
    fn what_is_no_sound_object_has_no_room() {
        for broken in [
            "{",
            "{}{}",
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":1}x"#,
            "{'a':1}",
            "{\"a\":\"\u{1}\"}",
        ] {
            assert_eq!(with(Names::Native, broken), None, "{broken}");
        }
    }
}
