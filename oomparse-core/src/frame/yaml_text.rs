//! Texts in YAML: on the line of their key, or on several lines that are folded into one.
//!
//! ```text
//! message: 'Dec  6 14:58:14 n1 kernel: [  638.104526] Memory cgroup out of     each fold stands for a blank
//!   memory: Killed process 11 (php) …'
//! textPayload: "Memory cgroup out of memory:\                                  none, but for the written one
//!   \ Killed process 11 (php) …"
//! message: >-
//!   Memory cgroup out of memory: Killed process 11 (php)
//!   total-vm:512kB, …
//! ```

use super::json_text::string;
use super::{FrameKind, MOST_NESTED, find};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use memchr::memchr;

/// Beginnings of kernel lines.
const BEGINNINGS: [&[u8]; 5] = [
    b"Memory cgroup out of memory: Kill",
    b"Out of memory: Kill",
    b"Out of Memory: Kill",
    b"Killed process ",
    b"Task in /",
];

/// Whether the value says that its text is below, folded.
pub(super) fn is_folded(value: &[u8]) -> bool {
    matches!(value, b">" | b">-" | b">+")
}

/// Whether the text is the beginning of a kernel line that goes on below.
pub(super) fn is_begun(text: &[u8]) -> bool {
    let text = text.strip_suffix(b"\\").unwrap_or(text).trim_ascii_end();
    let frame = find(text, MOST_NESTED);
    let message = &*frame.message;
    let has_head = match frame.kind {
        FrameKind::Dmesg => frame.kernel_time_us.is_some(),
        _ => frame.author.is_kernel(),
    };
    let begins = |start: &&[u8]| {
        message.starts_with(start) || !message.is_empty() && start.starts_with(message)
    };
    has_head || !frame.author.is_program() && BEGINNINGS.iter().any(begins)
}

/// Adds the next line of a folded text.
pub(super) fn fold(begun: &mut Vec<u8>, line: &[u8], quote: Option<u8>, is_record: bool) {
    if quote == Some(b'"') {
        let escapes = begun
            .iter()
            .rev()
            .take_while(|byte| **byte == b'\\')
            .count();
        if escapes % 2 == 1 {
            begun.pop();
            let is_blank = matches!(line, [b'\\', b' ', ..]);
            begun.extend_from_slice(line.get(usize::from(is_blank)..).unwrap_or(line));
            return;
        }
    }
    if !begun.is_empty() {
        // Many write a log's lines there one by one.
        begun.push(if is_record { b'\n' } else { b' ' });
    }
    begun.extend_from_slice(line);
}

/// `key: value`, or `key:`.
pub(super) fn pair(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (key, rest) = text.split_at_checked(memchr(b':', text)?)?;
    let is_key = !key.is_empty()
        && key.len() <= 64
        && key
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.@/-".contains(byte));
    let value = rest.get(1..)?;
    (is_key && (value.is_empty() || value.starts_with(b" "))).then(|| (key, value.trim_ascii()))
}

/// A scalar after its opening quote, if it is closed; a scalar without quotes may continue.
pub(super) fn closed(text: &[u8], quote: Option<u8>) -> Option<Cow<'_, [u8]>> {
    let text = text.trim_ascii_end();
    match quote? {
        b'\'' => {
            let inner = text.strip_suffix(b"'")?;
            let doubled = inner
                .iter()
                .rev()
                .take_while(|byte| **byte == b'\'')
                .count();
            (doubled % 2 == 0).then_some(Cow::Borrowed(inner))
        }
        _ => {
            let inner = text.strip_suffix(b"\"")?;
            let escapes = inner
                .iter()
                .rev()
                .take_while(|byte| **byte == b'\\')
                .count();
            let quoted = [b"\"", text].concat();
            (escapes % 2 == 0).then(|| string(&quoted).map(|text| Cow::Owned(text.into_owned())))?
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_begin_like_the_kernels() {
        for (text, begins) in [
            ("Memory cgroup out of", true),
            ("Memory cgroup out of memory:\\", true),
            ("Killed process 7 (java", true),
            ("[   12.345678] x", true),
            ("Jan  5 02:12:02 n1 kernel: x", true),
            ("[Wed Feb 19 06:41:03 2025] x", false),
            ("[Wed Feb 19 06:41:03 2025] Killed process 7", true),
            ("Jan  5 02:12:02 n1 app[7]: Killed process 7", false),
            ("Started Session 7", false),
            ("", false),
        ] {
            assert_eq!(is_begun(text.as_bytes()), begins, "{text}");
        }
        for (value, folded) in [
            (">", true),
            (">-", true),
            (">+", true),
            ("|", false),
            ("", false),
        ] {
            assert_eq!(is_folded(value.as_bytes()), folded, "{value}");
        }
    }

    #[test]
    fn lines_of_a_folded_text() {
        for (begun, line, quote, is_record, whole) in [
            ("a", "b", None, false, "a b"),
            ("a", "b", None, true, "a\nb"),
            ("", "b", None, false, "b"),
            ("a", "b", Some(b'\''), false, "a b"),
            ("a\\", "b", Some(b'\''), false, "a\\ b"),
            ("a\\", "b", Some(b'"'), false, "ab"),
            ("a\\", "\\ b", Some(b'"'), false, "a b"),
            ("a\\\\\\", "b", Some(b'"'), false, "a\\\\b"),
            ("a\\\\", "b", Some(b'"'), false, "a\\\\ b"),
        ] {
            let mut text = begun.as_bytes().to_vec();
            fold(&mut text, line.as_bytes(), quote, is_record);
            assert_eq!(text, whole.as_bytes(), "{begun} / {line}");
        }
    }

    #[test]
    fn keys_and_scalars() {
        for (text, found) in [
            ("a: b ", Some(("a", "b"))),
            ("a:", Some(("a", ""))),
            ("a.b/c-d_e@f1: g: h", Some(("a.b/c-d_e@f1", "g: h"))),
            ("a:b", None),
            ("a b: c", None),
            (": b", None),
            ("a", None),
            ("", None),
        ] {
            let found = found.map(|(key, value)| (key.as_bytes(), value.as_bytes()));
            assert_eq!(pair(text.as_bytes()), found, "{text}");
        }
        for (len, is_key) in [(64, true), (65, false)] {
            let text = std::format!("{}: b", "a".repeat(len));
            assert_eq!(pair(text.as_bytes()).is_some(), is_key, "{len}");
        }
        for (text, quote, found) in [
            ("x' ", Some(b'\''), Some("x")),
            ("x''", Some(b'\''), None),
            ("x'''", Some(b'\''), Some("x''")),
            ("x", Some(b'\''), None),
            ("x\"", Some(b'"'), Some("x")),
            ("x\\\"", Some(b'"'), None),
            ("x\\\\\"", Some(b'"'), Some("x\\")),
            ("x\\n\"", Some(b'"'), Some("x\n")),
            ("x", Some(b'"'), None),
            ("x", None, None),
        ] {
            let text = closed(text.as_bytes(), quote);
            assert_eq!(text.as_deref(), found.map(str::as_bytes));
        }
    }
}
