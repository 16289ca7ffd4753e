//! Names and ids from other programs: accepted only in the form that Kubernetes uses.

use alloc::string::String;

/// Longest name in Kubernetes: a DNS subdomain.
const MAX_NAME_LEN: usize = 253;

/// A pod's, container's, namespace's or node's name.
pub(super) fn name(text: &[u8]) -> Option<String> {
    let is_part = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let is_name = text.len() <= MAX_NAME_LEN
        && text.iter().all(is_part)
        && is_edge(text.first())
        && is_edge(text.last());
    is_name.then(|| String::from_utf8(text.into()).ok())?
}

/// A pod's uid: a UUID, or the 32 hex digits of a static pod's uid; in lower case.
pub(super) fn uid(text: &[u8]) -> Option<String> {
    let is_uuid = text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    let is_static = text.len() == 32 && text.iter().all(u8::is_ascii_hexdigit);
    let text = (is_uuid || is_static).then(|| core::str::from_utf8(text).ok())??;
    Some(text.to_ascii_lowercase())
}

/// Any short word of Kubernetes: a kind, a reason, a component.
pub(super) fn word(text: &str) -> Option<String> {
    let is_sound = !text.is_empty() && text.len() <= MAX_NAME_LEN;
    (is_sound && !text.chars().any(char::is_control)).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_uids() {
        assert_eq!(name(b"web-0").as_deref(), Some("web-0"));
        for text in ["", "-a", "a-", "A", "a b", "a/b", "a_b"] {
            assert!(name(text.as_bytes()).is_none(), "{text}");
        }
        assert!(name(&[b'a'; 254]).is_none());
        let upper = uid(b"6F1C8A52-0d3b-4b7e-9c2f-51a0e4d7b8c9");
        assert_eq!(
            upper.as_deref(),
            Some("6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9")
        );
        assert!(uid(b"0123456789abcdef0123456789abcdef").is_some());
        assert!(uid(b"node-7").is_none() && uid(b"6f1c8a52_0d3b-4b7e-9c2f-51a0e4d7b8c9").is_none());
        assert!(word("a\nb").is_none() && word("").is_none() && word("OOMKilling").is_some());
    }

    #[test]
    fn names_have_their_lengths_and_edges() {
        let longest = "a".repeat(MAX_NAME_LEN);
        let longer = "a".repeat(MAX_NAME_LEN + 1);
        assert!(name(longest.as_bytes()).is_some() && name(longer.as_bytes()).is_none());
        assert!(word(&longest).is_some() && word(&longer).is_none());
        for (text, is_one) in [
            ("a.b-1", true),
            ("1", true),
            (".a", false),
            ("a.", false),
            ("a\u{e9}", false),
        ] {
            assert_eq!(name(text.as_bytes()).is_some(), is_one, "{text}");
        }
        for (text, is_one) in [
            ("6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9", true),
            ("6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c", false),
            ("6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9a", false),
            ("6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8g9", false),
            ("6f1c8a5-20d3b-4b7e-9c2f-51a0e4d7b8c9", false),
            ("0123456789abcdef0123456789abcde", false),
            ("0123456789abcdef0123456789abcdeg", false),
            ("0123456789abcdef0123456789abcdef0", false),
        ] {
            assert_eq!(uid(text.as_bytes()).is_some(), is_one, "{text}");
        }
    }
}
