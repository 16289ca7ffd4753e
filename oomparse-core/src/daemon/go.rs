//! Formats of programs written in Go: quoted texts, `key=value` pairs, logrus and klog lines.

use super::text::{klog, rfc3339, split_once};
use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Removes a leading quoted text, and decodes its escapes.
pub(super) fn quoted(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let body = text.strip_prefix(b"\"")?;
    let end = memchr::memchr2(b'"', b'\\', body)?;
    let (plain, rest) = body.split_at_checked(end)?;
    if let Some(rest) = rest.strip_prefix(b"\"") {
        return Some((Cow::Borrowed(plain), rest));
    }
    let mut out = plain.to_vec();
    let mut rest = rest;
    loop {
        rest = match rest {
            [b'"', tail @ ..] => return Some((Cow::Owned(out), tail)),
            [b'\\', escaped, tail @ ..] => escape(*escaped, tail, &mut out)?,
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
            [] => return None,
        };
    }
}

/// Decodes one escape; returns the text after it.
fn escape<'t>(escaped: u8, tail: &'t [u8], out: &mut Vec<u8>) -> Option<&'t [u8]> {
    let digits = match escaped {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => 0,
    };
    if digits == 0 {
        out.push(match escaped {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            other => other,
        });
        return Some(tail);
    }
    let (hex, rest) = tail.split_at_checked(digits)?;
    let value = u32::from_str_radix(core::str::from_utf8(hex).ok()?, 16).ok()?;
    match u8::try_from(value) {
        Ok(byte) if digits == 2 => out.push(byte),
        _ => {
            let mut utf8 = [0; 4];
            let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        }
    }
    Some(rest)
}

/// A key, its value and the text after it.
pub(super) type Pair<'t> = (&'t [u8], Cow<'t, [u8]>, &'t [u8]);

/// Removes a leading `key=value`, with the blanks before it. A value in braces extends to the end of the text.
pub(super) fn pair(text: &[u8]) -> Option<Pair<'_>> {
    let (key, rest) = split_once(text.trim_ascii_start(), b"=")?;
    if key.is_empty() || key.iter().any(|byte| matches!(byte, b' ' | b'"')) {
        return None;
    }
    match rest.first() {
        Some(b'"') => {
            let (value, rest) = quoted(rest)?;
            Some((key, value, rest))
        }
        Some(b'{' | b'&') => Some((key, Cow::Borrowed(rest), &[])),
        _ => {
            let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
            let (value, rest) = rest.split_at_checked(end)?;
            Some((key, Cow::Borrowed(value), rest))
        }
    }
}

/// A logrus line, as text or as JSON.
#[derive(Debug, Default)]
pub(super) struct Logrus<'t> {
    pub(super) time: Option<WallTime>,
    pub(super) msg: Cow<'t, [u8]>,
    pub(super) error: Option<Cow<'t, [u8]>>,
    /// The line has CRI-O's format: the time has a blank instead of `T`.
    pub(super) is_crio: bool,
}

/// Reads `time="…" level=info msg="…" error="…"`, or the same as JSON. A line with a duplicate key is forged and
/// not read.
pub(super) fn logrus(text: &[u8]) -> Option<Logrus<'_>> {
    if text.starts_with(b"{") {
        return logrus_json(text);
    }
    let mut line = Logrus::default();
    let mut msg = None;
    let mut rest = text;
    while let Some((key, value, after)) = pair(rest) {
        match key {
            b"time" if line.time.is_none() => {
                line.is_crio = value.get(10) == Some(&b' ');
                line.time = rfc3339(&value).map(|(wall, _)| wall);
            }
            b"msg" if msg.is_some() => return None,
            b"msg" => msg = Some(value),
            b"error" => line.error = Some(value),
            _ => {}
        }
        rest = after;
    }
    line.msg = msg?;
    Some(line)
}

fn logrus_json(text: &[u8]) -> Option<Logrus<'static>> {
    let value: serde_json::Value = serde_json::from_slice(text).ok()?;
    let of = |key: &str| Some(Cow::Owned(value.get(key)?.as_str()?.as_bytes().to_vec()));
    let time: Option<Cow<'_, [u8]>> = of("time");
    Some(Logrus {
        time: time.and_then(|time| rfc3339(&time).map(|(wall, _)| wall)),
        msg: of("msg")?,
        error: of("error"),
        is_crio: false,
    })
}

/// A klog or glog line with a prefix: its time and its text; without a prefix, the whole line is the text.
pub(super) fn klog_text(text: &[u8]) -> (Option<WallTime>, &[u8]) {
    match klog(text) {
        Some((wall, _, text)) => (wall, text),
        None => (None, text),
    }
}

/// The time in klog's JSON: milliseconds since 1970, with a fraction; in microseconds.
pub(super) fn klog_json_time(value: &serde_json::Value) -> Option<WallTime> {
    let text = alloc::format!("{}", value.get("ts")?);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let micros = whole.parse::<u64>().ok()?.checked_mul(1000)?;
    let mut part = 0u64;
    let mut digits = fraction.bytes().chain(core::iter::repeat(b'0'));
    for _ in 0..3 {
        let digit = digits.next()?.checked_sub(b'0').filter(|it| *it < 10)?;
        part = part.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    WallTime::from_unix_micros(micros.checked_add(part)?)
}

/// A container's id: 64 lower-case hex digits.
pub(super) fn container_id(text: &[u8]) -> Option<&str> {
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_id = text.len() == 64 && text.iter().all(is_hex);
    is_id.then(|| core::str::from_utf8(text).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_texts() {
        for (text, value, rest) in [
            ("\"a\" b", "a", " b"),
            (r#""a\"b\\c\n" x"#, "a\"b\\c\n", " x"),
            (r#""\u00e9\x41""#, "\u{e9}A", ""),
            (r#""\U0001f600\u0041""#, "\u{1f600}A", ""),
            (r#""\n\t\r\a\b\f\v\'""#, "\n\t\r\u{7}\u{8}\u{c}\u{b}'", ""),
        ] {
            let (found, after) = quoted(text.as_bytes()).unwrap();
            assert_eq!((&*found, after), (value.as_bytes(), rest.as_bytes()));
        }
        // Go prints a byte that is not UTF-8 as it is, not as a character.
        assert_eq!(&*quoted(br#""\xe9""#).unwrap().0, b"\xe9");
        assert_eq!(&*quoted(br#""\ud800""#).unwrap().0, "\u{fffd}".as_bytes());
        for text in ["", "\"", "\"a", "\"a\\", "\"\\x4", "\"\\u00g0\""] {
            assert!(quoted(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn lines_of_logrus() {
        let line = logrus(
            br#"time="2023-10-12T19:00:20.8Z" level=info msg="a \"b\"" error="msg=\"x\"" id=7"#,
        )
        .unwrap();
        assert_eq!(&*line.msg, b"a \"b\"");
        assert_eq!(line.error.as_deref(), Some(&b"msg=\"x\""[..]));
        assert!(line.time.is_some() && !line.is_crio);
        assert!(logrus(br#"time="x" msg=a msg=b"#).is_none());
        assert!(logrus(b"level=info").is_none());
        let json = logrus(br#"{"level":"info","msg":"a","time":"2023-10-12T19:00:20Z"}"#).unwrap();
        assert_eq!(&*json.msg, b"a");
        assert!(logrus(br#"{"level":"info","msg":7}"#).is_none());
    }

    #[test]
    fn times_of_klogs_json() {
        let value = serde_json::json!({"ts": 1_697_139_284_310.022_5});
        let wall = klog_json_time(&value).unwrap();
        assert_eq!((wall.second, wall.nanos), (44, 310_022_000));
        assert!(klog_json_time(&serde_json::json!({"ts": "x"})).is_none());
        assert!(klog_json_time(&serde_json::json!({"ts": -1.5})).is_none());
    }

    #[test]
    fn pairs_of_keys_and_values() {
        for (text, key, value, rest) in [
            (" a=b c", "a", "b", " c"),
            ("a=\"b c\" d", "a", "b c", " d"),
            ("a={b c} d", "a", "{b c} d", ""),
            ("a=&{b c}", "a", "&{b c}", ""),
            ("a= b", "a", "", " b"),
        ] {
            let (found, of, after) = pair(text.as_bytes()).unwrap();
            assert_eq!(
                (found, &*of, after),
                (key.as_bytes(), value.as_bytes(), rest.as_bytes()),
                "{text}"
            );
        }
        for text in ["=a", "a b=c", "a\"=c", "a", "a=\"b"] {
            assert!(pair(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn times_and_formats_of_logrus() {
        for (text, is_crio, has_time) in [
            ("time=\"2024-05-07 09:00:01.1Z\" msg=a", true, true),
            ("time=\"2024-05-07T09:00:01.1Z\" msg=a", false, true),
            ("time=\"x\" msg=a", false, false),
            // The first that can be read is the line's own.
            (
                "time=\"2024-05-07T09:00:01.1Z\" time=\"2024-05-07 09:00:02.1Z\" msg=a",
                false,
                true,
            ),
        ] {
            let line = logrus(text.as_bytes()).unwrap();
            assert_eq!(
                (line.is_crio, line.time.is_some()),
                (is_crio, has_time),
                "{text}"
            );
            assert!(line.time.is_none_or(|it| it.second == 1), "{text}");
        }
        let json = logrus(br#"{"msg":"a","error":"b","time":"2023-10-12T19:00:20Z"}"#).unwrap();
        assert_eq!(
            (json.error.as_deref(), json.time.unwrap().second),
            (Some(&b"b"[..]), 20)
        );
        for (ts, micros) in [
            ("1.9", 1_900),
            ("1.99999", 1_999),
            ("2", 2_000),
            ("1.0009", 1_000),
        ] {
            let value = serde_json::from_str(&alloc::format!("{{\"ts\":{ts}}}")).unwrap();
            assert_eq!(
                klog_json_time(&value),
                WallTime::from_unix_micros(micros),
                "{ts}"
            );
        }
        let id = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        assert_eq!(container_id(id.as_bytes()), Some(id));
        assert!(
            container_id(&id.as_bytes()[1..]).is_none()
                && container_id(id.to_uppercase().as_bytes()).is_none()
        );
        assert_eq!(klog_text(b"x y"), (None, &b"x y"[..]));
        let (time, text) = klog_text(b"W0412 09:28:14.744599   14260 a.go:333] x");
        assert_eq!((time.map(|it| it.second), text), (Some(14), &b"x"[..]));
    }
}
