//! JSON strings as bytes, for text that may not be UTF-8.
//!
//! `dmesg --json` writes a comm's bytes unchanged, so its output is not always valid JSON; a strict reader would
//! lose the record.

use super::json_escape::{letter, unicode};
use super::scan::split_once;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use memchr::{memchr, memchr2};

/// Splits `"key": rest` into the key and the rest.
pub(super) fn member(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (key, rest) = split_once(input.strip_prefix(b"\"")?, b'"')?;
    let value = rest.trim_ascii_start().strip_prefix(b":")?;
    Some((key, value.trim_ascii_start()))
}

/// The text of the string at the start; a string that is cut extends to the end of the input.
pub(super) fn string(input: &[u8]) -> Option<Cow<'_, [u8]>> {
    let text = input.strip_prefix(b"\"")?;
    let end = memchr2(b'"', b'\\', text);
    match end.map(|at| (text.get(at), text.get(..at))) {
        None => Some(Cow::Borrowed(text)),
        Some((Some(b'"'), text)) => text.map(Cow::Borrowed),
        Some(_) => Some(Cow::Owned(unescape(text))),
    }
}

/// The text up to the closing quote.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] | [b'"', ..] => return out,
            [b'\\', b'u', tail @ ..] => match unicode(tail) {
                Some((Some(character), after)) => {
                    let mut utf8 = [0; 4];
                    out.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
                    after
                }
                _ => {
                    out.extend_from_slice(b"\\u");
                    tail
                }
            },
            [b'\\', escaped, tail @ ..] => {
                out.push(letter(*escaped).unwrap_or(*escaped));
                tail
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

/// The bytes of a number, up to the comma after it.
pub(super) fn scalar(input: &[u8]) -> &[u8] {
    let end = memchr(b',', input).unwrap_or(input.len());
    input.get(..end).unwrap_or(input).trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_with_escapes_and_raw_bytes() {
        for (text, expected) in [
            (&br#""plain""#[..], &b"plain"[..]),
            (br#""a\"b\\c\/d" rest"#, br#"a"b\c/d"#),
            (
                br#""e\nKilled proces\u001b\u00e9""#,
                b"e\nKilled proces\x1b\xc3\xa9",
            ),
            (br#""a\tb\rc\bd\fe\x""#, b"a\tb\rc\x08d\x0cex"),
            (br#""\ud83d\ude00\ud83d!""#, "\u{1f600}\\ud83d!".as_bytes()),
            (b"\"u\xff\xfe\x80\xc3z\"", b"u\xff\xfe\x80\xc3z"),
            (br#""cut"#, b"cut"),
            (br#""cut\"#, br"cut\"),
            (br#""cut\u00"#, br"cut\u00"),
        ] {
            assert_eq!(string(text).unwrap().as_ref(), expected);
        }
        assert_eq!(string(b"12"), None);
    }
}
