//! JSON over many lines, as printed by `kubectl … -o json`, `crictl inspect` and `docker inspect`, split into its
//! objects.
//!
//! The first line that shows what the text is opens it; its brace is on a line above. Each item of a list is a
//! separate object, so that a list of any length needs only the memory of one item.

use crate::daemon::go::container_id;
use crate::limits::MAX_LINE_LEN;
use alloc::vec::Vec;

/// What a line means for the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    More,
    /// The object is complete.
    End,
    /// The line does not belong to it.
    Foreign,
}

/// A text that is being read.
#[derive(Debug)]
pub(super) struct Json {
    /// The open object.
    text: Vec<u8>,
    depth: u32,
    /// The depth of a list's items, if there is a list.
    items: Option<u32>,
    /// It was a list: the text around its items is not an object.
    was_list: bool,
}

/// The text that this line opens.
pub(super) fn opens(line: &[u8]) -> Option<Json> {
    let member = line.trim_ascii();
    // An object within another line's value is not on a line of its own.
    let is_version = member.starts_with(b"\"apiVersion\": \"") && member.ends_with(b",");
    let is_status = member == b"\"status\": {";
    let id = member.strip_prefix(b"\"Id\": \"");
    let id = id.and_then(|rest| rest.strip_suffix(b"\","));
    let is_id = id.and_then(container_id).is_some();
    if !(is_version || is_status || is_id) || !line.starts_with(b" ") && !line.starts_with(b"\t") {
        return None;
    }
    let mut json = Json {
        text: b"{\n".to_vec(),
        depth: 1,
        items: None,
        was_list: false,
    };
    matches!(json.line(line, &mut Vec::new()), Next::More).then_some(json)
}

impl Json {
    pub(super) fn weight(&self) -> usize {
        self.text.len()
    }

    /// The incomplete text.
    pub(super) fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// Takes a line; objects that it ends are added to `items`.
    pub(super) fn line(&mut self, line: &[u8], items: &mut Vec<Vec<u8>>) -> Next {
        let text = line.trim_ascii();
        // A list that begins on its own line is empty or continues on the next one; a stamp does not.
        let begins = match text {
            [b'[', rest @ ..] => matches!(rest, [] | [b']', ..] | [b'{', ..]),
            []
            | [
                b'"' | b'{' | b'}' | b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n',
                ..,
            ] => true,
            _ => false,
        };
        let room = MAX_LINE_LEN.saturating_sub(self.text.len());
        if !begins || line.len() >= room {
            return Next::Foreign;
        }
        let before = self.text.len();
        if self.depth == 1 && self.items.is_none() && text == b"\"items\": [" {
            self.items = Some(2);
            self.was_list = true;
        }
        let (mut is_text, mut is_escaped) = (false, false);
        for byte in line {
            self.text.push(*byte);
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if is_text => is_escaped = true,
                b'"' => is_text = !is_text,
                _ if is_text => {}
                b'{' | b'[' => self.open(*byte),
                b'}' | b']' if self.close(items) => return Next::End,
                _ => {}
            }
        }
        if is_text {
            self.text.truncate(before);
            return Next::Foreign;
        }
        self.text.push(b'\n');
        Next::More
    }

    fn open(&mut self, byte: u8) {
        if self.items == Some(self.depth) && byte == b'{' {
            self.text.clear();
            self.text.push(byte);
        }
        self.depth = self.depth.saturating_add(1);
    }

    /// Returns whether the whole text ends here.
    fn close(&mut self, items: &mut Vec<Vec<u8>>) -> bool {
        self.depth = self.depth.saturating_sub(1);
        match self.items {
            Some(at) if self.depth == at => items.push(core::mem::take(&mut self.text)),
            Some(at) if self.depth < at => {
                self.items = None;
                self.text.clear();
            }
            _ => {}
        }
        if self.depth == 0 && !self.was_list {
            items.push(core::mem::take(&mut self.text));
        }
        self.depth == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn items(text: &str) -> (Vec<String>, Next) {
        let mut lines = text.lines();
        let mut json = lines.find_map(|line| opens(line.as_bytes())).unwrap();
        let (mut found, mut next) = (Vec::new(), Next::More);
        for line in lines {
            next = json.line(line.as_bytes(), &mut found);
            if next != Next::More {
                break;
            }
        }
        let found = found.into_iter().map(|it| String::from_utf8(it).unwrap());
        (found.collect(), next)
    }

    #[test]
    fn objects_and_lists() {
        let (one, next) = items("{\n  \"apiVersion\": \"v1\",\n  \"a\": {\"}\": 1}\n}\nx");
        assert_eq!((one.len(), next), (1, Next::End));
        let value: serde_json::Value = serde_json::from_str(&one[0]).unwrap();
        assert_eq!(value["a"]["}"], 1);
        let (list, next) = items(
            "{\n  \"apiVersion\": \"v1\",\n  \"items\": [\n    {\n      \"a\": 1\n    },\n    {\n      \"b\": []\n    }\n  ],\n  \"kind\": \"List\"\n}",
        );
        assert_eq!((list.len(), next), (2, Next::End));
        assert!(
            list.iter()
                .all(|it| serde_json::from_str::<serde_json::Value>(it).is_ok())
        );
    }

    #[test]
    fn lines_of_others_end_it() {
        for line in [
            "Jan  5 02:12:02 n1 kernel: x",
            "[9.1] x\"",
            "\"a",
            "Killed process 7 (a)",
        ] {
            let text = alloc::format!("{{\n  \"apiVersion\": \"v1\",\n{line}");
            let (found, next) = items(&text);
            let is_more = line.starts_with('[');
            assert_eq!(
                (found.len(), next == Next::Foreign),
                (0, !is_more || line.contains('"'))
            );
        }
        assert!(opens(b"\"apiVersion\": \"v1\",").is_none());
        assert!(opens(b"  \"apiVersion\": \"v1\" x").is_none());
    }

    #[test]
    fn a_text_is_opened_by_a_line_of_its_own() {
        let id = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        for (line, is_one) in [
            ("  \"apiVersion\": \"v1\",".into(), true),
            ("\t\"apiVersion\": \"v1\",".into(), true),
            ("  \"apiVersion\": \"v1\"".into(), false),
            ("  \"status\": {".into(), true),
            ("  \"status\": {}".into(), false),
            (alloc::format!("  \"Id\": \"{id}\","), true),
            (alloc::format!("  \"Id\": \"{id}\""), false),
            (alloc::format!("\"Id\": \"{id}\","), false),
            ("  \"Id\": \"x\",".into(), false),
            ("  \"kind\": \"Pod\",".into(), false),
            ("\"status\": {".into(), false),
        ] {
            let json = opens(line.as_bytes());
            assert_eq!(json.is_some(), is_one, "{line}");
            let whole = alloc::format!("{{\n{line}\n");
            let text = json.map(|json| (json.weight(), json.into_text()));
            assert!(text.is_none_or(|it| it == (whole.len(), whole.into_bytes())));
        }
    }

    #[test]
    fn a_line_can_begin_with_what_a_value_can() {
        for (line, is_its) in [
            ("  \"a\": 1,", true),
            ("", true),
            ("  7", true),
            ("-1", true),
            ("true,", true),
            ("false", true),
            ("null", true),
            ("  {", true),
            ("  [", true),
            ("  []", true),
            ("  [{\"a\": 1}]", true),
            ("  ]", true),
            ("[9.1] x", false),
            ("[ x", false),
            ("x", false),
            ("  \"a", false),
        ] {
            let mut json = opens(b"  \"apiVersion\": \"v1\",").unwrap();
            let before = json.text.clone();
            let next = json.line(line.as_bytes(), &mut Vec::new());
            assert_eq!(next != Next::Foreign, is_its, "{line}");
            assert!(is_its || json.text == before, "{line}");
        }
    }

    /// Braces, quotes and escapes within a text are text.
    #[test]
    fn what_is_quoted_opens_and_closes_nothing() {
        let text = "{\n  \"apiVersion\": \"v1\",\n  \"a\\\"}]\": \"\\\\\",\n  \"b\": [\"{[\", {\"c\": \"\\\"}\"}]\n}";
        let (found, next) = items(text);
        assert_eq!((found.len(), next), (1, Next::End));
        let value: serde_json::Value = serde_json::from_str(&found[0]).unwrap();
        assert_eq!(value["b"][1]["c"], "\"}");
        // A list below another key, or at another depth, is not a list of objects.
        let text = "{\n  \"apiVersion\": \"v1\",\n  \"a\": {\n    \"items\": [\n      {\"b\": 1}\n    ]\n  },\n  \"others\": [\n    {\"c\": 1}\n  ]\n}";
        let (found, next) = items(text);
        assert_eq!((found.len(), next), (1, Next::End));
        let value: serde_json::Value = serde_json::from_str(&found[0]).unwrap();
        assert_eq!(
            (&value["a"]["items"][0]["b"], &value["others"][0]["c"]),
            (&1.into(), &1.into())
        );
    }

    #[test]
    fn the_items_of_a_list_are_whole_and_the_rest_is_none() {
        let text = "{\n  \"apiVersion\": \"v1\",\n  \"items\": [\n    {\n      \"a\": {\"b\": [{\"c\": 1}]}\n    },\n    {\"d\": 2}\n  ],\n  \
            \"metadata\": {\"e\": {}},\n  \"items\": [\n    {\"f\": 3}\n  ]\n}\n{\n";
        let (found, next) = items(text);
        let found: Vec<_> = found
            .iter()
            .map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap())
            .collect();
        let all = [
            serde_json::json!({"a": {"b": [{"c": 1}]}}),
            serde_json::json!({"d": 2}),
            serde_json::json!({"f": 3}),
        ];
        assert_eq!((&found[..], next), (&all[..], Next::End));
    }

    #[test]
    fn a_text_has_the_length_of_a_line() {
        let mut json = opens(b"  \"status\": {").unwrap();
        let room = MAX_LINE_LEN - json.weight();
        let line = |len: usize| [b"\"", "x".repeat(len - 2).as_bytes(), b"\""].concat();
        assert_eq!(json.line(&line(room), &mut Vec::new()), Next::Foreign);
        assert_eq!(json.line(&line(room - 1), &mut Vec::new()), Next::More);
        assert_eq!(json.weight(), MAX_LINE_LEN);
        assert_eq!(json.line(b"1", &mut Vec::new()), Next::Foreign);
    }
}
