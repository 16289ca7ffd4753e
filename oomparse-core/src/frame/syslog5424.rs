//! RFC 5424, as sent over the network and as kept in files.
//!
//! ```text
//! <6>1 2023-01-05T02:12:02+08:00 host kernel - - - java invoked oom-killer: …
//! <4>1 2023-01-05T02:12:02.123Z host kernel - - [meta seq="1"] [606280.177800] java invoked …
//! ```
//!
//! Priority and version, time, host, program, process id, message id, structured data, text; `-` marks an absent
//! value, and a byte order mark may precede the text.

use super::scan::{skip_one_blank, word};
use super::syslog::{kernel_stamp, undo_control_codes};
use super::{Frame, FrameKind, Provenance, stamp};
use alloc::borrow::Cow;

/// Reads the text after `<6>1 `; `None` if it is not such a prefix.
pub(super) fn after_version(priority: u8, text: &[u8]) -> Option<Frame<'_>> {
    let (date, rest) = word(text);
    let stamp = stamp::iso(date).filter(|stamp| stamp.rest.is_empty());
    if stamp.is_none() && date != b"-" {
        return None;
    }
    let (host, rest) = word(rest.strip_prefix(b" ")?);
    let (app, rest) = word(rest.strip_prefix(b" ")?);
    let (process, rest) = word(rest.strip_prefix(b" ")?);
    let (_message_id, rest) = word(rest.strip_prefix(b" ")?);
    let rest = skip_one_blank(structured_data(rest.strip_prefix(b" ")?)?);
    let text = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
    let mut seen = Provenance::default();
    seen.priority(u64::from(priority));
    if app != b"-" {
        seen.tag(app);
        if !matches!(process, b"-" | b"0") {
            seen.process();
        }
    }
    let author = seen.decide();
    let mut frame = Frame {
        kind: FrameKind::Syslog5424,
        level: Some(priority & 7),
        wall: stamp.and_then(|stamp| stamp.wall),
        host: (host != b"-").then_some(Cow::Borrowed(host)),
        ..Frame::default()
    }
    .by(author);
    let mut text = text;
    if !frame.author.is_program()
        && let Some((micros, caller, message)) = kernel_stamp(text, true)
    {
        frame.kernel_time_us = Some(micros);
        frame.caller = caller.map(Cow::Borrowed);
        text = message;
    }
    frame.message = undo_control_codes(text);
    Some(frame)
}

/// The text after `-` or `[id key="value"][…]`; a quote or bracket in a value is escaped with a backslash.
fn structured_data(input: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = input.strip_prefix(b"-") {
        return Some(rest);
    }
    let (mut rest, mut quoted) = (input.strip_prefix(b"[")?, false);
    loop {
        rest = match rest {
            [b'\\', _, tail @ ..] if quoted => tail,
            [b'"', tail @ ..] => {
                quoted = !quoted;
                tail
            }
            [b']', b'[', tail @ ..] => tail,
            [b']', tail @ ..] if !quoted => return Some(tail),
            [_, tail @ ..] => tail,
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;

    #[test]
    fn structured_data_with_brackets_in_it() {
        for (text, rest) in [
            (r"- text", Some(" text")),
            (r#"[a b="c"] text"#, Some(" text")),
            (r#"[a b="\"]"] text"#, Some(" text")),
            (r#"[a b="]\"x"][c] text"#, Some(" text")),
            (r#"[a b="c] text"#, None),
            ("text", None),
        ] {
            assert_eq!(
                structured_data(text.as_bytes()),
                rest.map(str::as_bytes),
                "{text}"
            );
        }
    }

    #[test]
    fn programs_are_not_the_kernel() {
        for (text, origin) in [
            ("- host kernel - - - x", Origin::Kernel),
            ("- host kernel 0 - - x", Origin::Kernel),
            ("- host kernel 812 - - x", Origin::UserSpace),
            ("- host app - - - x", Origin::UserSpace),
            ("- host - - - - x", Origin::Unknown),
        ] {
            assert_eq!(
                after_version(4, text.as_bytes()).unwrap().origin(),
                origin,
                "{text}"
            );
            let frame = after_version(12, text.as_bytes()).unwrap();
            assert_eq!(frame.origin(), Origin::UserSpace, "{text}");
        }
        assert_eq!(after_version(4, b"not a time host kernel - - - x"), None);
    }

    #[test]
    fn levels_of_all_facilities() {
        for (priority, level) in [(0, 0), (4, 4), (12, 4), (191, 7)] {
            let frame = after_version(priority, b"- host app - - - x").unwrap();
            assert_eq!(frame.level, Some(level));
        }
    }

    #[test]
    fn signs_outside_a_value_are_no_escapes() {
        for (text, rest) in [
            (r#"[a\] text"#, Some(" text")),
            (r#"[a b="["][c d="]"] text"#, Some(" text")),
            (r#"[a b="c"]["#, None),
        ] {
            assert_eq!(
                structured_data(text.as_bytes()),
                rest.map(str::as_bytes),
                "{text}"
            );
        }
    }
}
