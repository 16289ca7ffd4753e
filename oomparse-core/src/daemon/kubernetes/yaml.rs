//! YAML as printed by `kubectl … -o yaml`, split into its objects and then read like JSON.
//!
//! ```text
//! apiVersion: v1
//! items:
//! - apiVersion: v1
//!   involvedObject:
//!     kind: Node
//!   message: 'Memory cgroup out of memory: Killed process 11 (php) total-vm:512kB,
//!     anon-rss:203kB, file-rss:100kB'
//! kind: List
//! ```
//!
//! Only the part of the language that kubectl writes is read: blocks of keys and of items, plain and quoted texts
//! that may continue in lines with deeper indentation, and `|` and `>` blocks. All values that are not blocks are
//! texts.

use crate::daemon::text::split_once;
use crate::limits::MAX_LINE_LEN;
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// How deep blocks may be nested.
const MAX_DEPTH: u8 = 24;

/// Keys of a pod, an Event and a list. Any other apparent key at the start of a line may be part of a log line.
const KEYS: [&[u8]; 28] = [
    b"apiVersion",
    b"kind",
    b"metadata",
    b"items",
    b"spec",
    b"status",
    b"involvedObject",
    b"regarding",
    b"related",
    b"reason",
    b"message",
    b"note",
    b"action",
    b"type",
    b"source",
    b"count",
    b"series",
    b"eventTime",
    b"firstTimestamp",
    b"lastTimestamp",
    b"reportingComponent",
    b"reportingController",
    b"reportingInstance",
    b"deprecatedCount",
    b"deprecatedFirstTimestamp",
    b"deprecatedLastTimestamp",
    b"deprecatedSource",
    b"selfLink",
];

/// A text that is being read.
#[derive(Debug)]
pub(super) struct Yaml {
    /// The lines of the open object.
    item: Vec<u8>,
    /// The text is a list, and its items have begun.
    in_items: bool,
}

/// The text that this line opens.
pub(super) fn opens(line: &[u8]) -> Option<Yaml> {
    let (is_item, version) = match line.strip_prefix(b"- ") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let version = version.strip_prefix(b"apiVersion: ")?.trim_ascii_end();
    let is_version = |byte: &u8| byte.is_ascii_alphanumeric() || b"./-".contains(byte);
    let mut yaml = Yaml {
        item: Vec::new(),
        in_items: is_item,
    };
    (!version.is_empty() && version.iter().all(is_version)).then(|| {
        yaml.line(line);
        yaml
    })
}

impl Yaml {
    pub(super) fn weight(&self) -> usize {
        self.item.len()
    }

    /// The object that was open.
    pub(super) fn into_item(self) -> Option<Vec<u8>> {
        (!self.item.is_empty()).then_some(self.item)
    }

    /// Takes a line; returns whether it belongs to the text, and the object that ended before it.
    pub(super) fn line(&mut self, line: &[u8]) -> (bool, Option<Vec<u8>>) {
        let mut ended = None;
        if let Some(rest) = line.strip_prefix(b"- ").filter(|_| self.in_items) {
            ended = self.take();
            self.item.extend_from_slice(b"  ");
            self.push(rest);
            return (true, ended);
        }
        let is_within = matches!(line.first(), Some(b' ')) || line.trim_ascii().is_empty();
        let has_room = self.item.len().saturating_add(line.len()) < MAX_LINE_LEN;
        if is_within && has_room {
            self.push(line);
            return (true, None);
        }
        let key = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let is_key = KEYS.contains(&key) && pair(line).is_some();
        if !is_key || !has_room {
            return (false, self.take());
        }
        if line.trim_ascii_end() == b"items:" {
            self.item.clear();
            self.in_items = true;
        } else if self.in_items {
            ended = self.take();
            // Besides its items, a list has no text of its own.
            if !matches!(key, b"apiVersion" | b"kind" | b"metadata") {
                return (false, ended);
            }
        } else {
            self.push(line);
        }
        (true, ended)
    }

    fn push(&mut self, line: &[u8]) {
        self.item.extend_from_slice(line);
        self.item.push(b'\n');
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        let item = core::mem::take(&mut self.item);
        (!item.trim_ascii().is_empty()).then_some(item)
    }
}

/// Parses these lines as an object.
pub(super) fn read(item: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(item);
    let mut lines: Vec<Line<'_>> = text.lines().map(Line::of).collect();
    while lines.first().is_some_and(|line| line.text.is_empty()) {
        lines.remove(0);
    }
    let mut lines = Lines { lines, at: 0 };
    let indent = lines.peek()?.indent;
    lines.block(indent, MAX_DEPTH)
}

#[derive(Clone, Copy)]
struct Line<'t> {
    indent: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    fn of(line: &'t str) -> Self {
        let text = line.trim_start_matches(' ');
        Self {
            indent: line.len().saturating_sub(text.len()),
            text: text.trim_end(),
        }
    }
}

struct Lines<'t> {
    lines: Vec<Line<'t>>,
    at: usize,
}

impl<'t> Lines<'t> {
    fn peek(&self) -> Option<Line<'t>> {
        self.lines.get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// A block of keys or of items with this indentation.
    fn block(&mut self, indent: usize, depth: u8) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if self.peek()?.text.starts_with("- ") {
            return self.items(indent, depth);
        }
        let mut object = Map::new();
        while let Some(line) = self.peek() {
            if line.text.is_empty() {
                self.step();
                continue;
            }
            let Some((key, value)) = pair(line.text.as_bytes()).filter(|_| line.indent == indent)
            else {
                break;
            };
            self.step();
            let key = String::from_utf8_lossy(key).into_owned();
            let value = String::from_utf8_lossy(value).into_owned();
            let value = self.value(&value, indent, depth)?;
            object.insert(key, value);
        }
        Some(Value::Object(object))
    }

    fn items(&mut self, indent: usize, depth: u8) -> Option<Value> {
        let mut all = Vec::new();
        while let Some(line) = self.peek() {
            let Some(rest) = line
                .text
                .strip_prefix("- ")
                .filter(|_| line.indent == indent)
            else {
                break;
            };
            let inner = indent.saturating_add(2);
            if pair(rest.as_bytes()).is_some() && !rest.starts_with(['"', '\'']) {
                // An item's first key follows its dash.
                if let Some(line) = self.lines.get_mut(self.at) {
                    *line = Line {
                        indent: inner,
                        text: rest,
                    };
                }
                all.push(self.block(inner, depth)?);
            } else {
                self.step();
                all.push(self.value(rest, indent, depth)?);
            }
        }
        Some(Value::Array(all))
    }

    /// The value after a key with this indentation.
    fn value(&mut self, text: &str, indent: usize, depth: u8) -> Option<Value> {
        let first = text.bytes().next();
        match first {
            None => {
                let Some(next) = self.peek() else {
                    return Some(Value::Null);
                };
                let is_list = next.text.starts_with("- ") && next.indent >= indent;
                if next.indent > indent || is_list {
                    return self.block(next.indent, depth);
                }
                Some(Value::Null)
            }
            Some(b'|' | b'>') => {
                let mut lines = Vec::new();
                while let Some(next) = self
                    .peek()
                    .filter(|it| it.indent > indent || it.text.is_empty())
                {
                    lines.push(next.text);
                    self.step();
                }
                while lines.last().is_some_and(|line| line.is_empty()) {
                    lines.pop();
                }
                let between = if first == Some(b'|') { "\n" } else { " " };
                Some(Value::String(lines.join(between)))
            }
            Some(b'{' | b'[') => Some(Value::Null),
            _ => {
                let whole = self.folded(text, indent);
                Some(Value::String(scalar(&whole).into_owned()))
            }
        }
    }

    /// A text that may continue in deeper lines: a line's end is a blank, an empty line is a line's end.
    fn folded(&mut self, text: &str, indent: usize) -> String {
        let is_quoted = text.starts_with(['"', '\'']);
        let mut whole = text.to_string();
        let mut ends = 0usize;
        while !is_closed(&whole)
            && let Some(next) = self.peek()
        {
            let is_end = next.text.is_empty();
            if !is_end && next.indent <= indent || is_end && !is_quoted {
                break;
            }
            self.step();
            if is_end {
                ends = ends.saturating_add(1);
                continue;
            }
            // Between double quotes, a backslash takes the line's end away.
            if whole.starts_with('"') && ends == 0 && !at_end(&whole, '\\').is_multiple_of(2) {
                whole.pop();
            } else if ends == 0 {
                whole.push(' ');
            }
            // As each kind of quotes writes it.
            let end = if whole.starts_with('"') { "\\n" } else { "\n" };
            whole.extend(core::iter::repeat_n(end, ends));
            whole.push_str(next.text);
            ends = 0;
        }
        whole
    }
}

/// Whether a text is complete on this line: a closed quoted one.
fn is_closed(text: &str) -> bool {
    let ends = |quote: char, escape: char| {
        let inner = text
            .strip_prefix(quote)
            .and_then(|it| it.strip_suffix(quote));
        inner.is_some_and(|it| at_end(it, escape).is_multiple_of(2))
    };
    ends('\'', '\'') || ends('"', '\\')
}

/// How many of these signs a text ends with.
fn at_end(text: &str, sign: char) -> usize {
    text.chars().rev().take_while(|one| *one == sign).count()
}

/// The text of a scalar.
fn scalar(text: &str) -> Cow<'_, str> {
    if let Some(inner) = text.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')) {
        return Cow::Owned(inner.replace("''", "'"));
    }
    if text.starts_with('"')
        && let Ok(text) = serde_json::from_str::<String>(text)
            // JSON knows no escaped blank.
            .or_else(|_| serde_json::from_str(&text.replace("\\ ", " ")))
    {
        return Cow::Owned(text);
    }
    if text == "null" {
        return Cow::Borrowed("");
    }
    Cow::Borrowed(text)
}

/// `key: value`, or `key:`.
fn pair(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (key, value) = match text.strip_suffix(b":") {
        Some(key) if split_once(key, b": ").is_none() => (key, &b""[..]),
        _ => split_once(text, b": ")?,
    };
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-/:{}\"".contains(byte);
    (!key.is_empty() && key.iter().all(is_key)).then(|| (key, value.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_of_yaml() {
        let text = "  apiVersion: v1\n  count: 3\n  a:\n    kind: Node\n  message: 'it''s a: b,\n    c'\n  list:\n  - name: x\n    n: 1\n  - plain\n  text: |\n    one\n    two\n  empty: {}\n  q: \"a\\nb\"\n  long: one\n    two\n";
        assert_eq!(
            read(text.as_bytes()).unwrap(),
            json!({
                "apiVersion": "v1", "count": "3", "a": {"kind": "Node"}, "message": "it's a: b, c",
                "list": [{"name": "x", "n": "1"}, "plain"], "text": "one\ntwo", "empty": null,
                "q": "a\nb", "long": "one two",
            })
        );
        let text =
            "  one: 'first\n\n    second'\n  two: \"a\n\n\n    b\\\n    \\ c\"\n  three: x\n";
        assert_eq!(
            read(text.as_bytes()).unwrap(),
            json!({"one": "first\nsecond", "two": "a\n\nb c", "three": "x"})
        );
        assert!(read(b"").is_none());
        let deep: String = (0..99)
            .map(|at| alloc::format!("{}a:\n", " ".repeat(at)))
            .collect();
        assert!(read(deep.as_bytes()).is_none());
    }

    #[test]
    fn items_of_a_list() {
        let mut yaml = opens(b"apiVersion: v1").unwrap();
        assert_eq!(yaml.line(b"items:"), (true, None));
        assert_eq!(yaml.line(b"- apiVersion: v1"), (true, None));
        assert_eq!(yaml.line(b"  a: 1"), (true, None));
        let (is_mine, item) = yaml.line(b"- b: 2");
        assert_eq!(
            (is_mine, item.unwrap()),
            (true, b"  apiVersion: v1\n  a: 1\n".to_vec())
        );
        let (is_mine, item) = yaml.line(b"kind: List");
        assert_eq!((is_mine, item.unwrap()), (true, b"  b: 2\n".to_vec()));
        assert!(!yaml.line(b"[9.1] Killed process 7 (a)").0);
        assert!(opens(b"apiVersion: a b").is_none() && opens(b" apiVersion: v1").is_none());
    }

    #[test]
    fn versions_that_open_a_text() {
        for (line, is_one) in [
            ("apiVersion: v1", true),
            ("- apiVersion: events.k8s.io/v1", true),
            ("apiVersion: a-b/v1 ", true),
            ("apiVersion: ", false),
            ("apiVersion: v1 x", false),
            ("- kind: Pod", false),
        ] {
            assert_eq!(opens(line.as_bytes()).is_some(), is_one, "{line}");
        }
        let yaml = opens(b"apiVersion: v1").unwrap();
        assert_eq!(yaml.weight(), "apiVersion: v1\n".len());
        assert_eq!(yaml.into_item().unwrap(), b"apiVersion: v1\n");
    }

    #[test]
    fn lines_of_a_text_and_of_others() {
        for (line, is_its) in [
            ("kind: Pod", true),
            ("metadata:", true),
            ("  a: b", true),
            ("", true),
            ("\t", true),
            ("x: y", false),
            ("kind", false),
            ("kind:x", false),
            ("- a: b", false),
            ("[9.1] x", false),
        ] {
            let mut yaml = opens(b"apiVersion: v1").unwrap();
            let (found, item) = yaml.line(line.as_bytes());
            assert_eq!((found, item.is_some()), (is_its, !is_its), "{line}");
        }
        // After its items, a list has only its own keys.
        for (line, is_its) in [
            ("kind: List", true),
            ("metadata:", true),
            ("apiVersion: v1", true),
            ("spec:", false),
            ("message: x", false),
        ] {
            let mut yaml = opens(b"- apiVersion: v1").unwrap();
            let (found, item) = yaml.line(line.as_bytes());
            assert_eq!(
                (found, item.unwrap()),
                (is_its, b"  apiVersion: v1\n".to_vec()),
                "{line}"
            );
            assert!(yaml.into_item().is_none(), "{line}");
        }
        // The list's own beginning is not an item.
        let mut yaml = opens(b"apiVersion: v1").unwrap();
        assert_eq!(yaml.line(b"items:"), (true, None));
        assert_eq!(yaml.weight(), 0);
        assert_eq!(yaml.line(b"- a: 1"), (true, None));
    }

    #[test]
    fn a_text_has_the_length_of_a_line() {
        let mut yaml = opens(b"apiVersion: v1").unwrap();
        let room = MAX_LINE_LEN - yaml.weight();
        let line = |len: usize| [b" ", "x".repeat(len - 1).as_bytes()].concat();
        assert!(yaml.line(&line(room - 1)).0);
        let mut yaml = opens(b"apiVersion: v1").unwrap();
        assert_eq!(
            yaml.line(&line(room)),
            (false, Some(b"apiVersion: v1\n".to_vec()))
        );
        // A key of its own has no more room.
        let mut yaml = opens(b"apiVersion: v1").unwrap();
        assert!(yaml.line(&line(room - 10)).0);
        assert!(!yaml.line(b"kind: Pod and more").0);
    }

    #[test]
    fn values_of_all_kinds() {
        let text = "  a:\n  - 1\n  - x: 1\n    y: 2\n  - 'p: q'\n  - \"r: s\"\n  b:\n    - 2\n  c:\n  d: null\n  e: [1]\n  f: >\n    one\n\n    two\n\n  g: |\n    \
            l\n\n  h: \"a \\\" b\\\\\"\n  i: 'x'' y'\n  j: plain\n    goes on\n\n  k: \"open\n    end\"\n  l: \"x\\\\\n    y\"\n  m: ''\n";
        assert_eq!(
            read(text.as_bytes()).unwrap(),
            json!({
                "a": ["1", {"x": "1", "y": "2"}, "p: q", "r: s"], "b": ["2"], "c": null, "d": "", "e": null, "f": "one  two", "g": "l",
                "h": "a \" b\\", "i": "x' y", "j": "plain goes on", "k": "open end", "l": "x\\ y", "m": "",
            })
        );
        assert_eq!(read(b"\n\n a: b\n").unwrap(), json!({"a": "b"}));
        assert_eq!(read(b"a:\n").unwrap(), json!({"a": null}));
        // A line without a key ends the block.
        assert_eq!(
            read(b"a: b\n c: d\ne: f\n").unwrap(),
            json!({"a": "b c: d", "e": "f"})
        );
        assert_eq!(read(b"a: b\nx\ne: f\n").unwrap(), json!({"a": "b"}));
        assert_eq!(read(b"- a\n- b\n").unwrap(), json!(["a", "b"]));
    }

    #[test]
    fn keys_and_their_values() {
        for (text, found) in [
            ("a: b", Some(("a", "b"))),
            ("a:", Some(("a", ""))),
            ("a: b:", Some(("a", "b:"))),
            ("a: b: c", Some(("a", "b: c"))),
            ("f:x/y.z{\"\"}-_: b", Some(("f:x/y.z{\"\"}-_", "b"))),
            (": b", None),
            ("a b: c", None),
            ("a", None),
            ("a:b", None),
        ] {
            let found = found.map(|(key, value)| (key.as_bytes(), value.as_bytes()));
            assert_eq!(pair(text.as_bytes()), found, "{text}");
        }
        for (text, is_whole) in [
            ("'a'", true),
            ("'a''", false),
            ("\"a\"", true),
            ("\"a\\\"", false),
            ("\"a\\\\\"", true),
            ("a", false),
            ("'a\"", false),
        ] {
            assert_eq!(is_closed(text), is_whole, "{text}");
        }
    }
}
