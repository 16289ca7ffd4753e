//! What stands after a backslash in a JSON string.

use crate::bytes::hex_digit;

/// The byte that one letter after the backslash stands for; a sign stands for itself.
pub(super) fn letter(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' | b'/' => letter,
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        _ => return None,
    })
}

/// The character of four hex digits after `\u`, or of two such escapes that make a pair, and what follows. Half of
/// a pair alone is not a character.
pub(super) fn unicode(input: &[u8]) -> Option<(Option<char>, &[u8])> {
    let (high, rest) = four_digits(input)?;
    let alone = char::from_u32(u32::from(high));
    let pair = || {
        let (low, rest) = four_digits(rest.strip_prefix(b"\\u")?)?;
        let both = char::decode_utf16([high, low]).next()?.ok()?;
        Some((Some(both), rest))
    };
    if alone.is_some() {
        return Some((alone, rest));
    }
    Some(pair().unwrap_or((None, rest)))
}

pub(super) fn four_digits(input: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = input.split_first_chunk::<4>()?;
    let mut value = 0u16;
    for digit in digits {
        value = value
            .wrapping_mul(16)
            .wrapping_add(u16::from(hex_digit(*digit)?));
    }
    Some((value, rest))
}
