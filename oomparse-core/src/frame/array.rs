//! Records in a list on one line, as an API or `kubectl get events -o json | jq -c .` writes them.
//!
//! ```text
//! {"kind":"List","items":[{"reason":"OOMKilling","message":"Memory cgroup out of memory: Killed …"},…]}
//! {"events":[{"timestamp":1,"message":"Dec  6 14:58:14 n1 kernel: …"},…]}                CloudWatch
//! {"data":{"result":[{"stream":{"job":"kern"},"values":[["1670335094000000000","…"],…]}]}}   Loki
//! {"results":[[{"field":"@timestamp","value":"…"},{"field":"@message","value":"…"}],…]}   CloudWatch Insights
//! {"tables":[{"columns":[…],"rows":[["2022-12-06T14:58:14Z","Memory cgroup out of memory: …"],…]}]}   Azure
//! ["Memory cgroup out of memory: Killed …","…"]
//! ```
//!
//! Each element is a separate record. The author of the texts may be shown in it or around it; texts of programs
//! are left out.

use super::json_text::string;
use super::record::list::{author, text_of, text_of_any_key};
use super::{Fragment, Frame, FrameKind};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use memchr::memmem;

/// Words in the names of tables and columns that hold what containers wrote.
const CONTAINERS: [&[u8]; 5] = [
    b"Container",
    b"container",
    b"Pod",
    b"LogEntry",
    b"LogMessage",
];

/// `2022-12-06T14:58:14.123456789+01:00`
const LONGEST_TIME: usize = 36;

/// How deep nested lists are searched: a Loki result has three levels.
const MAX_DEPTH: u8 = 4;

/// Frames a line that contains a list of records: all their texts, one per line.
pub(super) fn frame(line: &[u8]) -> Option<Frame<'static>> {
    let mut texts = Vec::new();
    match line.first()? {
        b'[' => each_of(line, &mut |element| take(element, 1, &mut texts))?,
        _ => record(line, 0, &mut texts),
    }
    texts.pop()?;
    Some(Frame {
        kind: FrameKind::Record,
        fragment: Fragment::Several,
        message: Cow::Owned(texts),
        ..Frame::default()
    })
}

/// Reads an element of a list: a record, a text, or a text after its time.
fn take(element: &[u8], depth: u8, texts: &mut Vec<u8>) {
    match element.first() {
        Some(b'{') => record(element, depth, texts),
        Some(b'[') => {
            let mut parts = Vec::new();
            let _ = each_of(element, &mut |part| parts.push(part));
            if let Some(object) = of_fields(&parts) {
                record(&object, depth, texts);
            } else if let [time, text, ..] = parts.as_slice()
                && string(time).is_some_and(|time| is_time(&time))
            {
                push(text, texts);
            }
        }
        Some(b'"') if depth == 1 => push(element, texts),
        _ => {}
    }
}

/// Whether a text is a time, in seconds or as a date.
fn is_time(text: &[u8]) -> bool {
    let is_of_time = |byte: &u8| byte.is_ascii_digit() || b"-:.+TZ ".contains(byte);
    matches!(text, [b'0'..=b'9', ..]) && text.len() <= LONGEST_TIME && text.iter().all(is_of_time)
}

/// The object that a list of `{"field":"name","value":"text"}` represents.
fn of_fields(parts: &[&[u8]]) -> Option<Vec<u8>> {
    let mut object = Vec::from(*b"{");
    for part in parts {
        let (mut name, mut value) = (None, None);
        let mut rest = part.strip_prefix(b"{")?.trim_ascii_start();
        while rest.starts_with(b"\"") {
            let (key, after) = rest.split_at_checked(len(rest))?;
            let after = after
                .trim_ascii_start()
                .strip_prefix(b":")?
                .trim_ascii_start();
            let (found, after) = after.split_at_checked(len(after))?;
            match key {
                b"\"field\"" => name = Some(found),
                b"\"value\"" => value = Some(found),
                _ => return None,
            }
            let after = after.trim_ascii_start();
            rest = after.strip_prefix(b",").unwrap_or(after).trim_ascii_start();
        }
        if object.len() > 1 {
            object.push(b',');
        }
        object.extend_from_slice(name?);
        object.push(b':');
        object.extend_from_slice(value?);
    }
    object.push(b'}');
    Some(object)
}

fn push(quoted: &[u8], texts: &mut Vec<u8>) {
    if let Some(text) = string(quoted) {
        push_text(&text, texts);
    }
}

fn push_text(text: &[u8], texts: &mut Vec<u8>) {
    texts.extend_from_slice(text.trim_ascii_end());
    texts.push(b'\n');
}

/// The text of a record, or the texts of the lists in it.
fn record(object: &[u8], depth: u8, texts: &mut Vec<u8>) {
    if depth > 0
        && let Some(text) = text_of(object)
    {
        return push_text(&text, texts);
    }
    if depth > MAX_DEPTH {
        return;
    }
    if is_table_of_containers(object) {
        return;
    }
    let (shell, elements) = apart(object);
    if elements.is_empty()
        && depth > 0
        && let Some(text) = text_of_any_key(object)
    {
        return push_text(&text, texts);
    }
    // Loki's labels are next to the lines; others use their object's name for a container's output.
    let labels = shell.strip_prefix(b"{\"stream\":");
    let about = match labels.filter(|labels| labels.starts_with(b"{")) {
        Some(labels) => labels.get(..len(labels)).unwrap_or_default(),
        None => &shell,
    };
    if author(about).is_some_and(|author| !author.is_program()) {
        for element in elements {
            take(element, depth.saturating_add(1), texts);
        }
    }
}

/// Whether the names of a table's columns say that its rows are what containers wrote.
fn is_table_of_containers(object: &[u8]) -> bool {
    let end = memmem::find(object, b"\"rows\"").unwrap_or(0);
    let names = object.get(..end).unwrap_or_default();
    CONTAINERS
        .iter()
        .any(|word| memmem::find(names, word).is_some())
}

/// The object without the contents of its lists, and these contents.
fn apart(object: &[u8]) -> (Vec<u8>, Vec<&[u8]>) {
    let (mut shell, mut elements) = (Vec::new(), Vec::new());
    let mut rest = object;
    while let Some((byte, tail)) = rest.split_first() {
        match byte {
            b'"' => {
                let (text, after) = rest.split_at_checked(len(rest)).unwrap_or((rest, &[]));
                shell.extend_from_slice(text);
                rest = after;
                continue;
            }
            b'[' => {
                let list = rest.get(..len(rest)).unwrap_or(rest);
                let _ = each_of(list, &mut |element| elements.push(element));
                shell.extend_from_slice(b"[]");
                rest = rest.get(list.len()..).unwrap_or_default();
                continue;
            }
            byte => shell.push(*byte),
        }
        rest = tail;
    }
    (shell, elements)
}

/// Passes on the elements of a list; `None` if it is not a complete list.
fn each_of<'a>(list: &'a [u8], emit: &mut dyn FnMut(&'a [u8])) -> Option<()> {
    let mut rest = list.strip_prefix(b"[")?.trim_ascii_start();
    while !rest.starts_with(b"]") {
        let (element, tail) = rest.split_at_checked(len(rest))?;
        if element.is_empty() {
            return None;
        }
        emit(element);
        rest = tail.trim_ascii_start();
        rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
    }
    Some(())
}

/// The length of the value at the start; a value that is not closed extends to the end.
fn len(text: &[u8]) -> usize {
    let (mut open, mut at) = (0u32, 0usize);
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in text {
        let is_over = !in_text && open == 0;
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' if in_text => {
                in_text = false;
                if open == 0 {
                    return at.saturating_add(1);
                }
            }
            _ if in_text => {}
            b',' | b']' | b'}' if is_over => return at,
            b'"' => in_text = true,
            b'{' | b'[' => open = open.saturating_add(1),
            b'}' | b']' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return at.saturating_add(1);
                }
            }
            _ => {}
        }
        at = at.saturating_add(1);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn texts(line: &str) -> Option<String> {
        let frame = frame(line.as_bytes())?;
        assert_eq!(
            (frame.kind, frame.fragment, frame.author.is_known()),
            (FrameKind::Record, Fragment::Several, false)
        );
        Some(String::from_utf8(frame.message.into_owned()).unwrap())
    }

    #[test]
    fn lists_of_records_and_of_texts() {
        for line in [
            r#"[{"message":"a"},{"message":"b"}]"#,
            r#"["a","b"]"#,
            r#"{"items":[{"message":"a","x":{"y":[1,{"message":"c"}]}}, {"log":"b\n"} ],"kind":"List"}"#,
            r#"{"data":{"result":[{"stream":{"job":"kern"},"values":[["1670335094000000000","a"],["1670335094000000001","b"]]}]}}"#,
            r#"{"results":[[{"field":"@timestamp","value":"1"},{"field":"@message","value":"a"}],[{"field":"@message", "value":"b"}]]}"#,
            r#"{"results":[{"list":[{"message":"a"}]},{"list":[{"message":"b"}]}]}"#,
            r#"{"hits":{"hits":[{"_source":{"message":"a"}},{"_source":{"message":"b"}}]}}"#,
            r#"{"tables":[{"columns":[{"name":"Computer"}],"rows":[["2022-12-06T14:58:14Z","a"],["1","b"]]}]}"#,
            // What is neither a record nor a text.
            r#"[1,{"message":"a"},null,-2.5 ,{"message":"b"},true]"#,
            r#"[{"message":"a","n":12,"l":[1,2]},{"l":[3],"message":"b"}]"#,
            r#"{"items":["a","b"],"labels":[]}"#,
        ] {
            assert_eq!(texts(line).as_deref(), Some("a\nb"), "{line}");
        }
    }

    #[test]
    fn signs_of_json_within_texts() {
        for (line, found) in [
            (r#"["a \"]","b, ["]"#, "a \"]\nb, ["),
            (r#"["a {","b \\\\","c}"]"#, "a {\nb \\\\\nc}"),
            (
                r#"[{"message":"a ]}"},{"message":"[{ \","}]"#,
                "a ]}\n[{ \",",
            ),
            (r#"{"items":[{"x":"]","message":"a"}],"y":"["}"#, "a"),
        ] {
            assert_eq!(texts(line).as_deref(), Some(found), "{line}");
        }
    }

    #[test]
    fn texts_that_are_no_records() {
        for line in [
            // An element's own list: tags, labels.
            r#"{"items":[{"tags":["a"]}]}"#,
            r#"[["a"]]"#,
            // A pair whose first half is not a time.
            r#"{"values":[["1x","a"]]}"#,
            r#"{"values":[["-1","a"]]}"#,
            r#"{"values":[["job","a"]]}"#,
            r#"{"values":[["1111111111111111111111111111111111111","a"]]}"#,
            // A column that only containers' tables have.
            r#"{"tables":[{"columns":[{"name":"ContainerID"}],"rows":[["2022-12-06T14:58:14Z","a"]]}]}"#,
        ] {
            assert_eq!(texts(line), None, "{line}");
        }
        let killed = "Memory cgroup out of memory: Killed process 1 (a) total-vm:8kB, anon-rss:4kB, \
             file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";
        let record = std::format!("{{\"output\":\"{killed}\"}}");
        assert_eq!(texts(&std::format!("[{record}]")).as_deref(), Some(killed));
        // The object itself is its caller's.
        assert_eq!(texts(&record), None);
        let whole = r#"{"message":"x","items":["a"]}"#;
        assert_eq!(texts(whole).as_deref(), Some("a"));
        let around = std::format!("[{{\"output\":\"{killed}\",\"items\":[{{\"log\":\"b\"}}]}}]");
        assert_eq!(texts(&around).as_deref(), Some("b"));
    }

    #[test]
    fn lists_are_searched_to_a_bound() {
        for (depth, found) in [(4, Some("a")), (5, None)] {
            let (open, close) = ("{\"l\":[".repeat(depth), "]}".repeat(depth));
            let line = std::format!("{open}{{\"l\":[{{\"message\":\"a\"}}]}}{close}");
            assert_eq!(texts(&line).as_deref(), found, "{depth}");
        }
    }

    #[test]
    fn texts_of_programs_are_left_out() {
        for (line, left) in [
            (
                r#"[{"message":"a","stream":"stdout"},{"message":"b"}]"#,
                Some("b"),
            ),
            (
                r#"{"items":[{"message":"a"}],"kubernetes":{"pod_name":"x"}}"#,
                None,
            ),
            (
                r#"{"items":[{"message":"a","kubernetes":{"pod_name":"x"}}]}"#,
                None,
            ),
            (
                r#"{"result":[{"stream":{"pod":"x"},"values":[["1","a"]]}]}"#,
                None,
            ),
            (
                r#"{"result":[{"stream":{"job":"x","container":"y"},"values":[["1","a"]]}]}"#,
                None,
            ),
            (r#"{"stream":"stdout","values":[["1","a"]]}"#, None),
            (
                r#"{"results":[[{"field":"@message","value":"a"},{"field":"kubernetes.pod_name","value":"x"}]]}"#,
                None,
            ),
        ] {
            assert_eq!(texts(line).as_deref(), left, "{line}");
        }
    }

    #[test]
    fn what_does_not_end_is_nothing() {
        for line in [
            "[",
            "[\"a\"",
            "[{\"message\":\"a\"",
            "[,]",
            "[]",
            "{}",
            "{\"a\":[",
            "[}]",
            "[[\"1\"]]",
            "[x",
        ] {
            assert_eq!(texts(line), None, "{line}");
        }
    }
}
