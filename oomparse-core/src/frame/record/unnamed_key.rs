//! A kernel's line under a key that nobody has named.
//!
//! ```text
//! {"host":"n1","output":"Dec  6 14:58:14 n1 kernel: [  638.104526] Memory cgroup out of memory: Killed …"}
//! {"finding":{"evidence":"Memory cgroup out of memory: Killed process 11 (php) total-vm:8kB, …"}}
//! ```
//!
//! Such a value counts if it begins like a line of the kernel's log, or is a whole line of the kernel's about a
//! kill. A key that is about a container contradicts, wherever it is in the record.

use super::reader::Reader;
use crate::frame::{FrameKind, MOST_NESTED, cell, find};
use crate::line::{Line, parse_line};
use alloc::borrow::Cow;

/// The rank of such a key: every known one is better.
pub(super) const RANK: u8 = 7;

/// How deep it is searched for.
const MAX_DEPTH: u8 = 8;

/// Words in keys of what a container wrote.
const DENIALS: [&[u8]; 5] = [b"stdout", b"stderr", b"container", b"pod", b"docker"];

/// The first such text of an object.
pub(super) fn text_of(object: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut found = None;
    value(&mut Reader::new(object), 0, &mut found)?;
    found
}

/// Reads one value; `None` if it is broken, or a key contradicts.
fn value<'a>(reader: &mut Reader<'a>, depth: u8, found: &mut Option<Cow<'a, [u8]>>) -> Option<()> {
    match reader.peek()? {
        b'"' => {
            let text = reader.string()?;
            if found.is_none() && is_kernels(&text) {
                *found = Some(text);
            }
        }
        b'{' if depth < MAX_DEPTH => {
            reader.expect(b'{')?;
            if reader.eat(b'}') {
                return Some(());
            }
            loop {
                let name = reader.string()?.to_ascii_lowercase();
                let is_denied = |word: &&[u8]| name.windows(word.len()).any(|part| part == *word);
                if DENIALS.iter().any(is_denied) {
                    return None;
                }
                reader.expect(b':')?;
                value(reader, depth.saturating_add(1), found)?;
                if !reader.eat(b',') {
                    return reader.expect(b'}');
                }
            }
        }
        // Only what is around a list shows what it holds.
        _ => reader.skip()?,
    }
    Some(())
}

/// Whether the text, or its first line, is the kernel's.
fn is_kernels(text: &[u8]) -> bool {
    let line = text.trim_ascii_start();
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or(line);
    let line = line.trim_ascii_end();
    let frame = find(line, MOST_NESTED);
    if frame.author.is_program() {
        return false;
    }
    let has_head = match frame.kind {
        FrameKind::Dmesg | FrameKind::Kmsg => frame.kernel_time_us.is_some(),
        _ => frame.author.is_kernel(),
    };
    if !has_head {
        return frame.message.len() == line.len() && cell::is_whole(&frame.message);
    }
    !matches!(
        parse_line(&frame.message),
        Line::Other
            | Line::Malformed
            | Line::StatEntry(..)
            | Line::StatEntries(_)
            | Line::Meminfo(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILLED: &str = "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";

    #[test]
    fn texts_under_any_key() {
        for (object, found) in [
            (r#"{"a":"KILLED"}"#, Some("KILLED")),
            (r#"{"a":{"b":"KILLED"}}"#, Some("KILLED")),
            (
                r#"{"a":"x","b":"KILLED","c":"[   12.345678] KILLED"}"#,
                Some("KILLED"),
            ),
            (
                r#"{"a":"[   12.345678] KILLED"}"#,
                Some("[   12.345678] KILLED"),
            ),
            (r#"{"a":"6,1,2,-;KILLED"}"#, Some("6,1,2,-;KILLED")),
            (
                r#"{"a":"Jan  5 02:12:02 n1 kernel: KILLED"}"#,
                Some("Jan  5 02:12:02 n1 kernel: KILLED"),
            ),
            (r#"{"a":" KILLED\nx"}"#, Some(" KILLED\nx")),
            (r#"{"a":{},"b":"KILLED"}"#, Some("KILLED")),
            (r#"{"a":"Jan  5 02:12:02 n1 app[7]: KILLED"}"#, None),
            (r#"{"a":"[Wed Feb 19 06:41:03 2025] KILLED"}"#, None),
            (r#"{"a":"[   12.345678] x"}"#, None),
            (r#"{"a":"he said KILLED"}"#, None),
            (r#"{"a":["KILLED"]}"#, None),
            (r#"{"a":"KILLED","b":{"podName":"x"}}"#, None),
            (r#"{"stdout":"KILLED"}"#, None),
            (r#"{"a":"KILLED","#, None),
        ] {
            let object = object.replace("KILLED", KILLED);
            let text = text_of(object.as_bytes());
            let found = found.map(|text| text.replace("KILLED", KILLED).replace("\\n", "\n"));
            assert_eq!(
                text.as_deref(),
                found.as_deref().map(str::as_bytes),
                "{object}"
            );
        }
        for (depth, is_found) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
            let depth = usize::from(depth);
            let object = [&r#"{"a":"#.repeat(depth), "\"KILLED\"", &"}".repeat(depth)].concat();
            let object = object.replace("KILLED", KILLED);
            assert_eq!(text_of(object.as_bytes()).is_some(), is_found, "{depth}");
        }
    }
}
