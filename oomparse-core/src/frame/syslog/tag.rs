//! The tag of a syslog line: the name that the author claims.

use super::at_stamp_within;
use crate::frame::scan::{
    facility_by_name, level_by_name, skip_blanks, skip_one_blank, split_once, word,
};
use crate::frame::{identifier, stamp, wrapper};
use memchr::memchr;

/// The author of a line, as shown by `host tag: `.
#[derive(Clone, Copy, Default)]
pub(super) struct Tag<'a> {
    pub(super) host: Option<&'a [u8]>,
    pub(super) facility: Option<u8>,
    pub(super) level: Option<u8>,
    pub(super) name: Option<&'a [u8]>,
    pub(super) text: &'a [u8],
}

/// The host and the tag at a line's start, and the text after them.
pub(super) fn split_tag(rest: &[u8]) -> Tag<'_> {
    // A record after a date: an apparent host and tag are part of the record.
    if wrapper::looks_like_one(rest) {
        return Tag {
            text: rest,
            ..Tag::default()
        };
    }
    // Without a host.
    if let Some(tag) = tag_at(rest) {
        return tag;
    }
    if let Some(tag) = tag_after_facility(rest) {
        return tag;
    }
    let (host, after_host) = word(rest);
    let after_host = skip_blanks(after_host);
    // No host ends in a colon: it is a program's name, whatever characters it contains.
    if let [name @ .., b':'] = host
        && !name.is_empty()
        && identifier::first(host).is_some()
    {
        return Tag {
            name: Some(name),
            text: after_host,
            ..Tag::default()
        };
    }
    let found = tag_at(after_host)
        .or_else(|| tag_after_facility(after_host))
        .or_else(|| tag_after_brackets(after_host));
    if let Some(tag) = found {
        return Tag {
            host: Some(host),
            ..tag
        };
    }
    if !host.starts_with(b"[") && stamp::printk(after_host).is_some() {
        return Tag {
            host: Some(host),
            text: after_host,
            ..Tag::default()
        };
    }
    if let Some(tag) = tag_after_zone(rest) {
        return tag;
    }
    odd_tag(rest).unwrap_or(Tag {
        text: rest,
        ..Tag::default()
    })
}

/// `CEST host kernel: text`, `[kern.warning] host kernel: text`: a time zone's name, a selector, or both.
fn tag_after_zone(rest: &[u8]) -> Option<Tag<'_>> {
    let (first, after) = word(rest);
    let is_zone = (2..=5).contains(&first.len()) && first.iter().all(u8::is_ascii_uppercase);
    let selector = first
        .strip_prefix(b"[")
        .and_then(|inner| split_once(inner.strip_suffix(b"]")?, b'.'))
        .and_then(|(facility, level)| Some((facility_by_name(facility)?, level_by_name(level)?)));
    if !is_zone && selector.is_none() {
        return None;
    }
    let after = skip_blanks(after);
    if is_zone && after.starts_with(b"[") {
        return tag_after_zone(after).filter(|tag| tag.facility.is_some());
    }
    let (host, text) = word(after);
    let tag = tag_at(after).or_else(|| {
        let tag = tag_at(skip_blanks(text))?;
        Some(Tag {
            host: Some(host),
            ..tag
        })
    })?;
    Some(Tag {
        facility: selector.map(|(facility, _)| facility),
        level: selector.map(|(_, level)| level),
        ..tag
    })
}

/// `[kern.warning] kernel: text`.
fn tag_after_brackets(input: &[u8]) -> Option<Tag<'_>> {
    let (selector, rest) = split_once(input.strip_prefix(b"[")?, b']')?;
    let (facility, level) = split_once(selector, b'.')?;
    let tag = tag_at(skip_blanks(rest))?;
    Some(Tag {
        facility: Some(facility_by_name(facility)?),
        level: Some(level_by_name(level)?),
        ..tag
    })
}

/// Words of a host and an unusual tag. A console in another machine's log has more words before its text.
const MOST_TAG_WORDS: usize = 4;

/// `a b[12]: text`, `é[12]: text` and other names of programs: the name ends in a process id, or precedes, with
/// its colon, a kernel stamp.
fn odd_tag(rest: &[u8]) -> Option<Tag<'_>> {
    let stamp_at = at_stamp_within(rest).map(|from| rest.len().saturating_sub(from.len()));
    let before = rest.get(..stamp_at.unwrap_or(rest.len()))?;
    let name = match identifier::first(before) {
        Some(at) => before.get(..at)?,
        None if stamp_at.is_some() => {
            let name = before.trim_ascii_end().strip_suffix(b":")?;
            let words = name.split(|byte| *byte == b' ');
            let words = words.filter(|word| !word.is_empty()).count();
            (words <= MOST_TAG_WORDS && !name.ends_with(b" kernel")).then_some(name)?
        }
        None => return None,
    };
    Some(Tag {
        name: Some(name),
        text: rest,
        ..Tag::default()
    })
}

/// `kern.warn kernel: text`.
fn tag_after_facility(input: &[u8]) -> Option<Tag<'_>> {
    let (selector, rest) = word(input);
    let (facility, level) = split_once(selector, b'.')?;
    let facility = Some(facility_by_name(facility)?);
    let level = Some(level_by_name(level)?);
    let rest = skip_blanks(rest);
    let tag = tag_at(rest).unwrap_or(Tag {
        text: rest,
        ..Tag::default()
    });
    Some(Tag {
        facility,
        level,
        ..tag
    })
}

/// `kernel: text`, `sshd[812]: text` or `kernel:[12.345678] text`.
#[inline]
fn tag_at(input: &[u8]) -> Option<Tag<'_>> {
    if let Some(text) = input.strip_prefix(b"kernel:") {
        return Some(Tag {
            name: Some(b"kernel"),
            text: skip_one_blank(text),
            ..Tag::default()
        });
    }
    let (token, rest) = word(input);
    let (token, rest) = match memchr(b'\t', token) {
        Some(at) => input.split_at_checked(at)?,
        None => (token, rest),
    };
    let (name, text) = match token {
        [name @ .., b':'] => (name, skip_one_blank(rest)),
        _ => {
            let at = memchr(b':', token)?;
            let (name, text) = input.split_at_checked(at)?;
            let text = text.strip_prefix(b":")?;
            stamp::printk(text)?;
            (name, text)
        }
    };
    let is_name = !name.is_empty()
        && !name.starts_with(b"[")
        && name
            .iter()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b'=' | b':'));
    is_name.then_some(Tag {
        name: Some(name),
        text,
        ..Tag::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The host, the name and the text.
    fn split(line: &str) -> (Option<&str>, Option<&str>, &str) {
        let text = |bytes| core::str::from_utf8(bytes).unwrap();
        let tag = split_tag(line.as_bytes());
        (tag.host.map(text), tag.name.map(text), text(tag.text))
    }

    #[test]
    fn hosts_and_names() {
        for (line, host, name, text) in [
            ("n1 kernel: x", Some("n1"), Some("kernel"), "x"),
            ("kernel: x", None, Some("kernel"), "x"),
            ("n1 app[7]: x", Some("n1"), Some("app[7]"), "x"),
            ("é[12]: x y", None, Some("é[12]"), "x y"),
            ("é: x y", None, None, "é: x y"),
            ("n1 [   12.345678] x", Some("n1"), None, "[   12.345678] x"),
            ("CEST n1 kernel: x", Some("n1"), Some("kernel"), "x"),
            ("ab n1 kernel: x", None, None, "ab n1 kernel: x"),
            ("{\"a\": \"b: c\"}", None, None, "{\"a\": \"b: c\"}"),
            ("kern.warn text alone", None, None, "text alone"),
            (
                "n1 my app[12]: x",
                None,
                Some("n1 my app"),
                "n1 my app[12]: x",
            ),
            (
                "n1 my app: [   12.345678] x",
                None,
                Some("n1 my app"),
                "n1 my app: [   12.345678] x",
            ),
            (
                "a  b c d: [   12.345678] x",
                None,
                Some("a  b c d"),
                "a  b c d: [   12.345678] x",
            ),
            (
                "a b c d e: [   12.345678] x",
                None,
                None,
                "a b c d e: [   12.345678] x",
            ),
            (
                "a b kernel: [   12.345678] x",
                None,
                None,
                "a b kernel: [   12.345678] x",
            ),
            (
                "a b c [   12.345678] x",
                None,
                None,
                "a b c [   12.345678] x",
            ),
            ("a b c: x", None, None, "a b c: x"),
            ("a=b: x", None, None, "a=b: x"),
            (": x", None, None, ": x"),
        ] {
            assert_eq!(split(line), (host, name, text), "{line}");
        }
    }

    #[test]
    fn facilities_and_levels() {
        for line in [
            "kern.warn kernel: x",
            "n1 kern.warn kernel: x",
            "n1 [kern.warning] kernel: x",
            "[kern.warning] n1 kernel: x",
            "kern.warn x",
        ] {
            let tag = split_tag(line.as_bytes());
            assert_eq!((tag.facility, tag.level), (Some(0), Some(4)), "{line}");
            assert_eq!(tag.text, b"x", "{line}");
        }
    }
}
