//! A record over several lines: pretty-printed JSON, and YAML, as printed by `kubectl`, `journalctl -o
//! json-pretty`, `gcloud` and `aws`.
//!
//! ```text
//! {                                                     - involvedObject:
//!   "reason": "OOMKilling",                                 kind: Node
//!   "message": "Memory cgroup out of memory: Killed …",   message: 'Memory cgroup out of memory: Killed
//!   "source": {                                             process 11 (php) …'
//!     "component": "kernel-monitor"                       reason: OOMKilling
//!   },                                                    source:
//! }                                                         host: n1
//! ```
//!
//! A record starts at the line with the kernel's text: the lines before it contain none of the kernel's words and
//! were not seen. The lines that follow in the same object are read with it, so that a key that shows the author
//! of the text still counts. The result is read like a record on one line.

use super::json_text::{member, string};
use super::yaml_text::{closed, fold, is_begun, is_folded, pair};
use super::{Frame, MOST_NESTED, find, record};
use crate::limits::MAX_LINE_LEN;
use crate::line::{Line, parse_line};
use alloc::vec::Vec;

/// How many lines of one record may follow its text.
const MOST_LINES: u32 = 256;

/// Keys of the text, including those used in listings.
const TEXT_KEYS: [&[u8]; 20] = [
    b"message",
    b"@message",
    b"MESSAGE",
    b"Message",
    b"msg",
    b"log",
    b"line",
    b"textPayload",
    b"value",
    b"text",
    b"note",
    b"data",
    b"content",
    b"body",
    b"event",
    b"raw",
    b"_raw",
    b"description",
    b"details",
    b"SyslogMessage",
];

/// A record that is being read.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    /// The members of the object as JSON, beginning with the text.
    members: Vec<u8>,
    lines: u32,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// The closing signs of the objects and lists that are open within the record.
    Json(Vec<u8>),
    Yaml(Yaml),
}

/// The position within a YAML record.
#[derive(Clone, Debug, Default)]
struct Yaml {
    /// The key of its text, which occurs once in an object.
    key: &'static [u8],
    /// The indentation of its keys.
    indent: usize,
    /// The indentation of the keys in its open inner object, once one was seen.
    inner: Option<usize>,
    /// The text continues: up to this quote or, without a quote, in lines with deeper indentation.
    text: Option<(Vec<u8>, Option<u8>)>,
}

/// The record whose text is on this line.
pub(super) fn opens(line: &[u8]) -> Option<Listing> {
    json(line).or_else(|| yaml(line))
}

/// The record whose text begins on the line above its first line with one of the kernel's words.
pub(super) fn opens_above(line: &[u8]) -> Option<Listing> {
    let listing = yaml(line)?;
    let is_open = matches!(&listing.form, Form::Yaml(form) if form.text.is_some());
    is_open.then_some(listing)
}

fn json(line: &[u8]) -> Option<Listing> {
    let (key, value) = member(line.trim_ascii())?;
    if !TEXT_KEYS.contains(&key) || !value.starts_with(b"\"") {
        return None;
    }
    // The string must be complete: only a comma may follow.
    let end = value.strip_suffix(b",").unwrap_or(value);
    let text = string(end).filter(|_| end.ends_with(b"\""))?;
    is_kernels(&text).then(|| Listing {
        members: text_member(&text),
        lines: 0,
        form: Form::Json(Vec::new()),
    })
}

fn yaml(line: &[u8]) -> Option<Listing> {
    let text = line.trim_ascii_start();
    let (text, dash) = match text.strip_prefix(b"- ") {
        Some(rest) => (rest.trim_ascii_start(), true),
        None => (text, false),
    };
    let (key, value) = pair(text)?;
    let key = TEXT_KEYS.into_iter().find(|known| *known == key)?;
    if value.starts_with(b"{") {
        return None;
    }
    let mut form = Yaml {
        key,
        indent: line.len().saturating_sub(text.len()),
        ..Yaml::default()
    };
    let mut listing = Listing {
        members: Vec::new(),
        lines: 0,
        form: Form::Yaml(Yaml::default()),
    };
    let (scalar, quote) = match value {
        [quote @ (b'"' | b'\''), scalar @ ..] => (scalar, Some(*quote)),
        _ => (value, None),
    };
    if is_folded(value) {
        form.text = Some((Vec::new(), None));
        listing.form = Form::Yaml(form);
        return Some(listing);
    }
    let text = closed(scalar, quote);
    let may_go_on = || quote.is_some() && text.is_none() && is_begun(scalar);
    if !is_kernels(scalar) && !may_go_on() || dash && quote.is_none() && key == b"line" {
        return None;
    }
    match text {
        Some(text) => listing.members = text_member(&text),
        None => form.text = Some((scalar.to_vec(), quote)),
    }
    listing.form = Form::Yaml(form);
    Some(listing)
}

impl Listing {
    /// Whether the line belongs to the record.
    pub(super) fn goes_on(&self, line: &[u8]) -> bool {
        let text = line.trim_ascii();
        if self.lines >= MOST_LINES || self.members.len() > MAX_LINE_LEN || text.is_empty() {
            return false;
        }
        match &self.form {
            Form::Json(open) => match text {
                [b'}' | b']', ..] => !open.is_empty(),
                [b'"' | b'{' | b'[' | b'-' | b'0'..=b'9', ..] => true,
                _ => [&b"true"[..], b"false", b"null"]
                    .iter()
                    .any(|word| text.starts_with(word)),
            },
            Form::Yaml(yaml) => {
                let indent = indent(line);
                // `Message: …` at the start of each line is not an object, or each line is one.
                let is_next = || {
                    pair(text).is_some_and(|(key, value)| {
                        key == yaml.key || TEXT_KEYS.contains(&key) && is_kernels(value)
                    })
                };
                match &yaml.text {
                    Some((_, Some(_))) => indent >= yaml.indent,
                    _ if indent > yaml.indent => true,
                    _ => indent == yaml.indent && pair(text).is_some() && !is_next(),
                }
            }
        }
    }

    /// Takes a line that belongs to the record.
    pub(super) fn line(&mut self, line: &[u8]) {
        self.lines = self.lines.saturating_add(1);
        match &mut self.form {
            Form::Json(open) => json_line(line.trim_ascii(), open, &mut self.members),
            Form::Yaml(yaml) => yaml.line(line, &mut self.members),
        }
    }

    /// The record, read like a record on one line.
    pub(super) fn take_frame(&mut self) -> Option<Frame<'static>> {
        match &mut self.form {
            Form::Json(open) => {
                strip_comma(&mut self.members);
                while let Some(sign) = open.pop() {
                    strip_comma(&mut self.members);
                    self.members.push(sign);
                }
            }
            Form::Yaml(yaml) => {
                if let Some((text, _)) = yaml.text.take() {
                    self.members = text_member(&text);
                }
                yaml.close(&mut self.members);
            }
        }
        let object = [b"{", &self.members[..], b"}"].concat();
        record::object(&object, 0).map(Frame::into_owned)
    }
}

/// Notes which objects and lists a line opens and closes, and keeps the line.
fn json_line(text: &[u8], open: &mut Vec<u8>, members: &mut Vec<u8>) {
    let (mut is_text, mut is_escaped) = (false, false);
    if !members.ends_with(b",")
        && !members.ends_with(b"{")
        && !members.ends_with(b"[")
        && !matches!(text, [b'}' | b']', ..])
    {
        members.push(b',');
    }
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            _ if is_text => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                strip_comma(members);
                if open.pop() != Some(*byte) {
                    return;
                }
            }
            _ => {}
        }
        members.push(*byte);
    }
}

impl Yaml {
    fn line(&mut self, line: &[u8], members: &mut Vec<u8>) {
        let text = line.trim_ascii();
        if let Some((begun, quote)) = &mut self.text {
            if quote.is_some() || indent(line) > self.indent {
                let is_record = quote.is_none() && is_kernels(text);
                fold(begun, text, *quote, is_record);
                if quote.is_some()
                    && let Some(whole) = closed(begun, *quote)
                {
                    *members = text_member(&whole);
                    self.text = None;
                }
                return;
            }
            *members = text_member(begun);
            self.text = None;
        }
        let at = indent(line);
        if at <= self.indent {
            self.close(members);
        }
        let Some((key, value)) = pair(text) else {
            return;
        };
        let is_inner = self
            .inner
            .is_some_and(|inner| inner == usize::MAX || inner == at);
        if at > self.indent && !is_inner {
            return;
        }
        if at > self.indent {
            self.inner = Some(at);
        }
        if !members.ends_with(b"{") {
            members.push(b',');
        }
        text_of(key, members);
        members.push(b':');
        if value.is_empty() && at == self.indent {
            members.push(b'{');
            self.inner = Some(usize::MAX);
            return;
        }
        let value = match value {
            [quote @ (b'"' | b'\''), scalar @ ..] => closed(scalar, Some(*quote)),
            _ => None,
        };
        let plain = pair(text).map_or(&[][..], |(_, value)| value);
        text_of(value.as_deref().unwrap_or(plain), members);
    }

    fn close(&mut self, members: &mut Vec<u8>) {
        if self.inner.take().is_some() {
            members.push(b'}');
        }
    }
}

/// Whether the text begins like a kernel line, with or without a prefix.
fn is_kernels(text: &[u8]) -> bool {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
    let frame = find(line, MOST_NESTED);
    !matches!(
        parse_line(&frame.message),
        Line::Other
            | Line::Malformed
            | Line::StatEntry(..)
            | Line::StatEntries(_)
            | Line::Meminfo(_)
    )
}

fn text_member(text: &[u8]) -> Vec<u8> {
    let mut out = b"\"message\":".to_vec();
    text_of(text, &mut out);
    out
}

/// A text of JSON.
fn text_of(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..=0x1f => out.push(b' '),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

fn strip_comma(members: &mut Vec<u8>) {
    while matches!(members.last(), Some(b',' | b' ')) {
        members.pop();
    }
}

fn indent(line: &[u8]) -> usize {
    line.len().saturating_sub(line.trim_ascii_start().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::FrameKind;
    use std::format;
    use std::string::String;

    const KILLED: &str = "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB";

    /// The record as JSON, its message, and the lines after it.
    fn read(text: &str) -> Option<(String, String, String)> {
        let mut lines = text.lines();
        let first = lines.next()?.as_bytes();
        let mut listing = opens(first)?;
        let mut rest = String::new();
        for line in lines {
            if rest.is_empty() && listing.goes_on(line.as_bytes()) {
                listing.line(line.as_bytes());
            } else {
                rest.push_str(line);
                rest.push('\n');
            }
        }
        let frame = listing.take_frame()?;
        assert!(
            frame.kind == FrameKind::Record || frame.message.is_empty(),
            "{text}"
        );
        let message = String::from_utf8(frame.message.into_owned()).unwrap();
        Some((String::from_utf8(listing.members).unwrap(), message, rest))
    }

    #[test]
    fn an_object_over_several_lines() {
        let text = r#"  "message": "KILLED",
  "source": {
    "component": "kernel-monitor",
    "list": [
      1,
      -2
    ],
    "escaped": "a \" { ] b, \\",
    "t": true,
    "n": null,
    "trailing": "",
  }
  "tail": {"x": [ ] }
}
  "after": 1"#;
        let (json, message, rest) = read(&text.replace("KILLED", KILLED)).unwrap();
        assert_eq!(message, KILLED);
        let object = r#""message":"KILLED","source": {"component": "kernel-monitor","list": [1,-2],"escaped": "a \" { ] b, \\","t": true,"n": null,"trailing": ""},"tail": {"x": []}"#;
        assert_eq!(json, object.replace("KILLED", KILLED));
        assert_eq!(rest, "}\n  \"after\": 1\n");
    }

    #[test]
    fn an_object_that_is_cut() {
        let text = format!("\"MESSAGE\": \"{KILLED}\",\n\"a\": {{\n\"b\": [\n1,");
        let (json, message, _) = read(&text).unwrap();
        assert_eq!(
            json,
            format!("\"message\":\"{KILLED}\",\"a\": {{\"b\": [1]}}")
        );
        assert_eq!(message, KILLED);
        // What is closed by another sign is broken, and shows nothing.
        let text = format!("\"msg\": \"{KILLED}\",\n\"a\": {{\n],\n\"b\": 1");
        assert_eq!(read(&text).unwrap().1, "");
    }

    #[test]
    fn members_that_open_a_record() {
        for (line, opened) in [
            ("\"message\": \"KILLED\"", true),
            ("  \"_raw\" : \"KILLED\",  ", true),
            ("\"log\": \"[   12.345678] KILLED\\n\",", true),
            ("\"reason\": \"KILLED\"", false),
            ("\"message\": \"KILLED", false),
            ("\"message\": \"KILLED\"}", false),
            ("\"message\": \"Started Session 7.\"", false),
            ("\"message\": \"hierarchical_memory_limit 7\"", false),
            ("\"message\": [\"KILLED\"]", false),
            ("\"message\": \"", false),
            ("message: KILLED", true),
            ("  - message: KILLED", true),
            ("- 'KILLED'", false),
            ("reason: KILLED", false),
            ("message: x", false),
            ("message: 'KILLED'", true),
            ("message: 'Memory cgroup out of", true),
            ("message: \"Memory cgroup out of", true),
            ("message: 'Memory cgroup out of'", false),
            ("message: Memory cgroup out of", false),
            ("message: 'Started Session", false),
            ("message: {KILLED", false),
            ("line: KILLED", true),
            ("- line: KILLED", false),
            ("- line: 'KILLED'", true),
            ("message: >-", true),
        ] {
            let line = line.replace("KILLED", KILLED);
            assert_eq!(opens(line.as_bytes()).is_some(), opened, "{line}");
        }
        for (line, opened) in [
            ("message: >-", true),
            ("message: \"Memory cgroup out of", true),
            ("message: 'KILLED'", false),
            ("\"message\": \"KILLED\"", false),
            ("reason: >-", false),
        ] {
            let line = line.replace("KILLED", KILLED);
            assert_eq!(opens_above(line.as_bytes()).is_some(), opened, "{line}");
        }
    }

    #[test]
    fn an_event_in_yaml() {
        let text = r#"  message: 'KILLED,
    file-rss:0kB'
  reason: OOMKilling
  source:
    component: "kernel \"monitor"
      deeper: x
    host: 'n1'
  type: Warning
    stray: x
  log: x
- next: x"#;
        let (json, message, rest) = read(&text.replace("KILLED", KILLED)).unwrap();
        assert_eq!(message, format!("{KILLED}, file-rss:0kB"));
        let members = r#""reason":"OOMKilling","source":{"component":"kernel \"monitor","host":"n1"},"type":"Warning","log":"x""#;
        assert_eq!(json, format!("\"message\":\"{message}\",{members}"));
        assert_eq!(rest, "- next: x\n");
        // The last object is closed at the end.
        let text = format!("- message: {KILLED}\n  source:\n      host: n1\n      x: y");
        let (json, message, _) = read(&text).unwrap();
        assert_eq!(message, KILLED);
        assert!(
            json.ends_with(r#","source":{"host":"n1","x":"y"}"#),
            "{json}"
        );
    }

    #[test]
    fn texts_in_yaml_that_are_folded() {
        let text = "textPayload: >-\n  KILLED,\n  file-rss:0kB\n  KILLED\nkind: x";
        let (json, message, rest) = read(&text.replace("KILLED", KILLED)).unwrap();
        // Many write a log's lines there one by one.
        assert_eq!(
            message,
            format!("{KILLED},\nfile-rss:0kB\n{KILLED}").replace(",\nfile", ", file")
        );
        assert!(
            json.ends_with(r#"","kind":"x""#) && rest.is_empty(),
            "{json}"
        );
        // Between quotes a line end is a blank, whatever stands below, however it is indented.
        let text = format!(
            "  message: \"Memory cgroup out of memory:\\\n  \\ {KILLED}\n  {KILLED}\"\n  a: b\nc: d"
        );
        let (json, _, rest) = read(&text).unwrap();
        assert!(
            json.starts_with(&format!(
                "\"message\":\"Memory cgroup out of memory: {KILLED} {KILLED}\",\"a\""
            )),
            "{json}"
        );
        assert_eq!(rest, "c: d\n");
        let text = format!("  message: 'Memory cgroup out of\n memory: {KILLED}'");
        assert_eq!(read(&text).unwrap().2.lines().count(), 1);
        let text = "message: \"Out of memory: Killed process 7 (a\\tb) x\\n\\\"y\"";
        let (json, ..) = read(text).unwrap();
        assert_eq!(
            json,
            r#""message":"Out of memory: Killed process 7 (a b) x\n\"y""#
        );
    }

    #[test]
    fn what_ends_a_record() {
        for (first, next, goes_on) in [
            ("\"log\": \"KILLED\",", "\"a\": 1", true),
            ("\"log\": \"KILLED\",", "{", true),
            ("\"log\": \"KILLED\",", "[1", true),
            ("\"log\": \"KILLED\",", "-1", true),
            ("\"log\": \"KILLED\",", "1", true),
            ("\"log\": \"KILLED\",", "true", true),
            ("\"log\": \"KILLED\",", "null", true),
            ("\"log\": \"KILLED\",", "}", false),
            ("\"log\": \"KILLED\",", "],", false),
            ("\"log\": \"KILLED\",", "", false),
            ("\"log\": \"KILLED\",", "text", false),
            ("log: KILLED", "a: b", true),
            ("log: KILLED", "  text", true),
            ("log: KILLED", "text", false),
            ("log: KILLED", "log: x", false),
            ("log: KILLED", "message: KILLED", false),
            ("log: KILLED", "message: x", true),
            ("log: KILLED", "reason: KILLED", true),
            ("  log: KILLED", " a: b", false),
            ("  log: KILLED", "  a: b", true),
            ("- log: KILLED", "a: b", false),
            ("  log: 'KILLED", "  text", true),
            ("  log: 'KILLED", " text", false),
            ("  log: 'KILLED", "     ", false),
            ("log: KILLED", "", false),
        ] {
            let listing = opens(first.replace("KILLED", KILLED).as_bytes()).unwrap();
            let next = next.replace("KILLED", KILLED);
            assert_eq!(
                listing.goes_on(next.as_bytes()),
                goes_on,
                "{first} / {next}"
            );
        }
    }

    #[test]
    fn a_record_has_bounds() {
        let line = format!("\"log\": \"{KILLED}\",");
        let mut listing = opens(line.as_bytes()).unwrap();
        for _ in 0..MOST_LINES {
            assert!(listing.goes_on(b"\"a\": 1,"));
            listing.line(b"\"a\": 1,");
        }
        assert!(!listing.goes_on(b"\"a\": 1,"));
        for (len, goes_on) in [(MAX_LINE_LEN, true), (MAX_LINE_LEN + 1, false)] {
            let mut listing = opens(line.as_bytes()).unwrap();
            listing.members.resize(len, b' ');
            assert_eq!(listing.goes_on(b"\"a\": 1,"), goes_on);
        }
    }
}
