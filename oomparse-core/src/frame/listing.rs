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
    let text = string(end).filter(|_| end.len() > 1 && end.ends_with(b"\""))?;
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
                    Some((_, None)) if indent > yaml.indent => true,
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
