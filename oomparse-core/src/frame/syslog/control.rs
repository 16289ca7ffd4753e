//! Control characters that a syslog daemon wrote as `#012`.

use crate::bytes::words::has;
use crate::frame::scan::without_colours;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use memchr::memchr_iter;

/// rsyslog writes a control character as `#012`, in octal; a journal in colour puts colours around the message.
pub(in crate::frame) fn undo_control_codes(message: &[u8]) -> Cow<'_, [u8]> {
    if let plain @ Cow::Owned(_) = undo_colours(message) {
        return plain;
    }
    if !has(message, [b'#']) || !has_control_code(message) {
        return Cow::Borrowed(message);
    }
    let mut out = Vec::with_capacity(message.len());
    let mut rest = message;
    while let [byte, tail @ ..] = rest {
        if let Some((code, after)) = control_code(Some(rest), out.last()) {
            out.push(code);
            rest = after;
        } else {
            out.push(*byte);
            rest = tail;
        }
    }
    Cow::Owned(out)
}

/// A journal in colour puts colours around the message.
pub(super) fn undo_colours(message: &[u8]) -> Cow<'_, [u8]> {
    if message.starts_with(b"\x1b[") && message.ends_with(b"\x1b[0m") {
        return without_colours(message);
    }
    Cow::Borrowed(message)
}

#[inline]
fn has_control_code(message: &[u8]) -> bool {
    memchr_iter(b'#', message).any(|at| {
        let before = at.checked_sub(1).and_then(|at| message.get(at));
        control_code(message.get(at..), before).is_some()
    })
}

/// `#000` to `#037`, and `#177` except after a blank, because kernel versions contain `#177-Ubuntu`.
fn control_code<'a>(input: Option<&'a [u8]>, before: Option<&u8>) -> Option<(u8, &'a [u8])> {
    match input? {
        [b'#', b'1', b'7', b'7', rest @ ..] if before != Some(&b' ') => Some((0x7f, rest)),
        [
            b'#',
            b'0',
            eights @ b'0'..=b'3',
            ones @ b'0'..=b'7',
            rest @ ..,
        ] => {
            let eights = eights.wrapping_sub(b'0').wrapping_mul(8);
            Some((eights.wrapping_add(ones.wrapping_sub(b'0')), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_code_stays_as_it_is() {
        for text in [
            "StreamTrans #72 invoked",
            "Linux #177-Ubuntu",
            "x",
            "\x1b[33mx",
            "x\x1b[0m",
            "a #08 b",
        ] {
            let plain = undo_control_codes(text.as_bytes());
            assert!(
                matches!(plain, Cow::Borrowed(same) if same == text.as_bytes()),
                "{text}"
            );
        }
        for (text, plain) in [
            ("a#012b", "a\nb"),
            ("a#037b #177", "a\x1fb #177"),
            ("a#177", "a\x7f"),
            ("\x1b[33mx#012\x1b[0m", "x#012"),
        ] {
            assert_eq!(
                &*undo_control_codes(text.as_bytes()),
                plain.as_bytes(),
                "{text}"
            );
        }
    }
}
