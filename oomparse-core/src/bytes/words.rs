//! Tests over every byte of a text, eight bytes at a time, or in a block that the compiler handles at once.
//!
//! Borrows and carries between the bytes of a word can only make a neighbour of a matching byte look like a
//! match, so the answer for the whole word is right.

use super::memmem;
use memchr::memchr;

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES * 0x80;

/// Builds without `perf` are for places where size matters more, and for interpreters, which take a block byte by byte.
const IS_SMALL: bool = cfg!(not(feature = "perf"));

/// Whether all bytes are printable ASCII.
#[inline]
pub(crate) fn all_printable(bytes: &[u8]) -> bool {
    if IS_SMALL {
        return bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    }
    !any(bytes, |word| {
        less(word, 0x20) | equal(word, 0x7f) | word & HIGH
    })
}

/// Whether a text needs no escaping in JSON: no control character, quote or backslash.
#[cfg(any(test, feature = "serde"))]
#[inline]
pub(crate) fn all_plain(text: &str) -> bool {
    if IS_SMALL {
        let is_plain = |byte| byte >= 0x20 && byte != b'"' && byte != b'\\';
        return text.bytes().all(is_plain);
    }
    !any(text.as_bytes(), |word| {
        less(word, 0x20) | equal(word, b'"') | equal(word, b'\\')
    })
}

/// How many bytes at the start of a text are read as they are within a string of JSON: up to a control character, a
/// quote or a backslash.
#[cfg(any(test, feature = "serde"))]
#[inline]
pub(crate) fn plain_len(text: &[u8]) -> usize {
    let mut len = 0usize;
    for word in text.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*word);
        let special = less(word, 0x20) | equal(word, b'"') | equal(word, b'\\');
        if special != 0 {
            // The lowest bit is right: borrows only reach bytes after a match.
            return len.wrapping_add((special.trailing_zeros() / u8::BITS) as usize);
        }
        len = len.wrapping_add(8);
    }
    let rest = text.get(len..).unwrap_or_default();
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f);
    len.wrapping_add(rest.iter().take_while(is_plain).count())
}

/// The position of the first of these bytes. For short texts only: `memchr` is faster on longer ones.
#[inline]
pub(crate) fn position<const N: usize>(bytes: &[u8], set: [u8; N]) -> Option<usize> {
    if IS_SMALL {
        return set.iter().filter_map(|one| memchr(*one, bytes)).min();
    }
    let Some(last) = bytes.last_chunk::<BLOCK>() else {
        return bytes.iter().position(|one| set.contains(one));
    };
    let mut at = 0usize;
    for block in bytes.as_chunks::<BLOCK>().0 {
        if block_has(block, set) {
            return first_of(block, set).map(|within| at.wrapping_add(within));
        }
        at = at.wrapping_add(BLOCK);
    }
    let after = bytes.len().wrapping_sub(BLOCK);
    first_of(last, set).map(|within| after.wrapping_add(within))
}

/// The position of the first byte for which this is true, expected soon. The test must work on a whole block at
/// once: comparisons, joined without a branch.
#[inline(always)]
pub(crate) fn first(bytes: &[u8], is_so: impl Fn(u8) -> bool) -> Option<usize> {
    if IS_SMALL {
        return bytes.iter().position(|byte| is_so(*byte));
    }
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut at = 0usize;
    for block in blocks {
        if let Some(within) = first_in(block, &is_so) {
            return Some(at.wrapping_add(within));
        }
        at = at.wrapping_add(BLOCK);
    }
    let within = rest.iter().position(|byte| is_so(*byte))?;
    Some(at.wrapping_add(within))
}

/// Whether the text has any of these bytes. For short texts only.
#[inline]
pub(crate) fn has<const N: usize>(bytes: &[u8], set: [u8; N]) -> bool {
    if IS_SMALL {
        return set.iter().any(|one| memchr(*one, bytes).is_some());
    }
    let Some(last) = bytes.last_chunk::<BLOCK>() else {
        return bytes.iter().any(|byte| set.contains(byte));
    };
    for block in bytes.as_chunks::<BLOCK>().0 {
        if block_has(block, set) {
            return true;
        }
    }
    block_has(last, set)
}

/// Whether the text contains these two bytes side by side. For short texts only.
#[inline]
pub(crate) fn has_pair(bytes: &[u8], [first, second]: [u8; 2]) -> bool {
    if IS_SMALL {
        return memmem::find(bytes, &[first, second]).is_some();
    }
    let is_pair = |(one, next): (&u8, &u8)| (*one == first) & (*next == second);
    let after = bytes.get(1..).unwrap_or_default();
    let (blocks, rest) = after.as_chunks::<BLOCK>();
    let mut before = bytes.as_chunks::<BLOCK>().0.iter();
    for (block, next) in before.by_ref().zip(blocks) {
        if block
            .iter()
            .zip(next)
            .fold(false, |has, pair| has | is_pair(pair))
        {
            return true;
        }
    }
    let done = blocks.len().wrapping_mul(BLOCK);
    let last = bytes.get(done..).unwrap_or_default();
    last.iter().zip(rest).any(is_pair)
}

/// Whether the text begins with `start`. `==` calls a function, which costs more than this short test.
#[inline]
pub(crate) fn starts_with(bytes: &[u8], start: &[u8]) -> bool {
    if IS_SMALL {
        return bytes.starts_with(start);
    }
    let Some(bytes) = bytes.get(..start.len()) else {
        return false;
    };
    let (Some(last), Some(last_of_start)) =
        (bytes.last_chunk::<BLOCK>(), start.last_chunk::<BLOCK>())
    else {
        return bytes == start;
    };
    let (blocks, blocks_of_start) = (bytes.as_chunks().0, start.as_chunks::<BLOCK>().0);
    for (one, other) in blocks.iter().zip(blocks_of_start) {
        if one != other {
            return false;
        }
    }
    last == last_of_start
}

/// The digits at the start of a text of eight bytes or more, as a number, and how many there are. If there are
/// more than eight, the first eight.
#[inline]
pub(crate) fn few_digits(bytes: &[u8]) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*bytes.first_chunk::<8>()?);
    let others = not_digits(word);
    let len = (others.trailing_zeros() / u8::BITS) as usize;
    if len == 0 {
        return None;
    }
    // Puts zeros in front, in place of the bytes after the digits.
    let digits = (word ^ ZEROS) << 8usize.wrapping_sub(len).wrapping_mul(8);
    Some((eight_digits(digits), len))
}

/// The digits at the end of a text of eight bytes or more, as a number, and how many there are. If there are more
/// than eight, the last eight; after a non-ASCII byte it may count too few.
#[inline]
pub(crate) fn digits_at_end(bytes: &[u8]) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*bytes.last_chunk::<8>()?);
    let len = (not_digits(word).leading_zeros() / u8::BITS) as usize;
    // Puts zeros in front, in place of the bytes before the digits.
    let kept = LAST_BYTES.get(len)?;
    Some((eight_digits((word ^ ZEROS) & kept), len))
}

/// Whether all bytes are lower-case letters, digits or `_`.
#[inline(always)]
pub(crate) fn all_of_key(bytes: &[u8]) -> bool {
    !any(bytes, |word| {
        let small = word & !HIGH;
        // No sum carries into the next byte.
        let from = |first: u8| {
            small.wrapping_add(ONES.wrapping_mul(u64::from(0x80u8.wrapping_sub(first))))
        };
        let between = |first: u8, last: u8| from(first) & !from(last.wrapping_add(1));
        let of_key = between(b'a', b'z') | between(b'0', b'9') | between(b'_', b'_');
        (!of_key | word) & HIGH
    })
}

/// How many blanks are at the start of a text, as long as there are eight bytes to read.
#[inline]
pub(crate) fn blanks(bytes: &[u8]) -> usize {
    let mut len = 0usize;
    for word in bytes.as_chunks::<8>().0 {
        let others = u64::from_le_bytes(*word) ^ BLANKS;
        if others != 0 {
            return len.wrapping_add((others.trailing_zeros() / u8::BITS) as usize);
        }
        len = len.wrapping_add(8);
    }
    len
}

/// A number at this position of a text, after blanks if there are any, and where it ends: fewer than eight
/// digits, with eight bytes to read; else `None`.
#[inline]
pub(crate) fn few_digits_after_blanks(text: &[u8], from: usize) -> Option<(u64, usize)> {
    let mut at = from;
    let others = loop {
        let others = word_at(text, at)? ^ BLANKS;
        if others != 0 {
            break others;
        }
        at = at.wrapping_add(8);
    };
    at = at.wrapping_add((others.trailing_zeros() / u8::BITS) as usize);
    let word = word_at(text, at)?;
    let len = not_digits(word).trailing_zeros() / u8::BITS;
    if !(1..8).contains(&len) {
        return None;
    }
    let value = eight_digits((word ^ ZEROS) << 8u32.wrapping_sub(len).wrapping_mul(8));
    Some((value, at.wrapping_add(len as usize)))
}

/// The number that fills a field, except for leading blanks, and is followed by a blank: at most eight digits.
///
/// The field's end fixes the position of each digit, so there is nothing to search for.
#[inline]
pub(crate) fn padded_number(text: &[u8], start: usize, end: usize) -> Option<u64> {
    if text.get(end) != Some(&b' ') {
        return None;
    }
    let len = end.checked_sub(start)?;
    let last = word_at(text, end.checked_sub(8)?)?;
    let kept = if let Some(kept) = LAST_BYTES.get(len) {
        *kept
    } else {
        // Its first bytes must be blanks.
        let before = word_at(text, end.checked_sub(16)?)? ^ BLANKS;
        if before & LAST_BYTES.get(len.wrapping_sub(8))? != 0 {
            return None;
        }
        u64::MAX
    };
    // After this, a digit is 0x10 to 0x19 and a blank is 0.
    let others = (last ^ BLANKS) & kept;
    let low = others & ONES.wrapping_mul(0x0f);
    let digits = others >> 4 & ONES;
    let wrong = others & !digits.wrapping_mul(0x1f)
        | low.wrapping_add(ONES.wrapping_mul(6)) & ONES.wrapping_mul(0x10);
    // The blanks come before the digits, and the last byte is a digit.
    let blanks = !digits.wrapping_mul(0xff);
    let mixed = blanks & blanks.wrapping_add(1) | digits >> 56 ^ 1;
    (wrong | mixed == 0).then(|| eight_digits(low))
}

/// The mask of the last N bytes of a word, for N up to eight.
const LAST_BYTES: [u64; 9] = [
    0,
    0xff << 56,
    0xffff << 48,
    0xff_ffff << 40,
    0xffff_ffff << 32,
    0xff_ffff_ffff << 24,
    0xffff_ffff_ffff << 16,
    0xff_ffff_ffff_ffff << 8,
    u64::MAX,
];

const BLANKS: u64 = ONES * b' ' as u64;

#[inline]
fn word_at(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*bytes))
}

/// Six digits and two other bytes: the number of the digits, and those bytes.
#[inline]
pub(crate) fn six_digits(bytes: &[u8; 8]) -> Option<(u64, [u8; 2])> {
    let [.., after, last] = *bytes;
    // Puts two zeros in front, in place of the two bytes at the end.
    let word = u64::from_le_bytes(*bytes) << 16 | ZEROS & 0xffff;
    (not_digits(word) == 0).then(|| (eight_digits(word ^ ZEROS), [after, last]))
}

const ZEROS: u64 = ONES * b'0' as u64;

/// Bits of the bytes that are not digits; correct up to the first of them.
#[inline]
fn not_digits(word: u64) -> u64 {
    // A digit has the high half of a zero, also after adding six; only a non-digit carries.
    let six_more = word.wrapping_add(ONES.wrapping_mul(6));
    ((word ^ ZEROS) | (six_more ^ ZEROS)) & ONES.wrapping_mul(0xf0)
}

/// The number of eight digits, each given by its byte's value, the first digit in the lowest byte.
#[inline]
fn eight_digits(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

/// As many bytes as every 64-bit processor can compare at once.
const BLOCK: usize = 16;

#[inline(always)]
fn block_has<const N: usize>(block: &[u8; BLOCK], set: [u8; N]) -> bool {
    let mut found = [false; BLOCK];
    for (found, byte) in found.iter_mut().zip(block) {
        for one in set {
            *found |= *byte == one;
        }
    }
    found.iter().fold(false, |has, found| has | found)
}

/// The position of the first byte in a block for which this is true, if there is one.
#[inline(always)]
fn first_in(block: &[u8; BLOCK], is_so: impl Fn(u8) -> bool) -> Option<usize> {
    let mut found = [0; BLOCK];
    for (found, byte) in found.iter_mut().zip(block) {
        *found = if is_so(*byte) { u8::MAX } else { 0 };
    }
    match u128::from_le_bytes(found) {
        0 => None,
        found => Some((found.trailing_zeros() / u8::BITS) as usize),
    }
}

/// The same, for a byte that is one of these.
#[inline(always)]
fn first_of<const N: usize>(block: &[u8; BLOCK], set: [u8; N]) -> Option<usize> {
    first_in(block, |byte| {
        let mut is_one = false;
        for one in set {
            is_one |= byte == one;
        }
        is_one
    })
}

/// The high bits of the bytes below this ASCII character; no other bit if there is no such byte.
#[inline]
fn less(word: u64, than: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(u64::from(than))) & !word & HIGH
}

/// The high bits of the bytes equal to this one; no other bit if there is no such byte.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    less(word ^ ONES.wrapping_mul(u64::from(byte)), 1)
}

/// Whether any word of the text has a bit set; the last word overlaps the one before it.
#[inline]
fn any(bytes: &[u8], found: impl Fn(u64) -> u64) -> bool {
    let Some(last) = bytes.last_chunk::<8>() else {
        return found(short(bytes)) != 0;
    };
    let (words, _) = bytes.as_chunks::<8>();
    let words = words.iter().chain([last]);
    words.fold(0, |all, word| all | found(u64::from_le_bytes(*word))) != 0
}

/// Fewer than eight bytes as a word, padded with a letter that no test matches.
#[inline]
fn short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let half = u32::from_le_bytes;
        return u64::from(half(*first)) | u64::from(half(*last)) << 32;
    }
    let fill = ONES.wrapping_mul(u64::from(b'a'));
    bytes
        .iter()
        .fold(fill, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn every_byte_at_every_place() {
        for len in 0..40usize {
            assert!(all_printable(&vec![b'z'; len]));
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    let mut text = vec![b'z'; len];
                    text[at] = byte;
                    let printable = (0x20..0x7f).contains(&byte);
                    assert_eq!(all_printable(&text), printable, "{byte} at {at} of {len}");
                    let plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
                    let until = if plain { len } else { at };
                    assert_eq!(plain_len(&text), until, "{byte} at {at} of {len}");
                    // A borrow from a byte must not reach one before it.
                    text[at + 1..].fill(byte);
                    assert_eq!(plain_len(&text), until, "{byte} from {at} of {len}");
                    text[at + 1..].fill(b'z');
                    let Ok(text) = core::str::from_utf8(&text) else {
                        continue;
                    };
                    assert_eq!(all_plain(text), plain, "{byte} at {at} of {len}");
                }
            }
        }
        for len in 0..40usize {
            let mut text = vec![b'\n' - 1; len];
            assert_eq!(position(&text, [b'\n']), None);
            for at in (0..len).rev() {
                text[at] = b'\n';
                assert_eq!(position(&text, [b'\n']), Some(at));
                assert_eq!(position(&text, [b'=', b'\n']), Some(at));
                // A borrow from a matching byte must not reach one below it.
                text.fill(b'\n' + 1);
                text[at] = b'\n';
                assert_eq!(position(&text, [b'\n']), Some(at));
                assert_eq!(position(&text, [b'\n', b'=']), Some(at));
            }
        }
        for len in 0..40usize {
            let mut text = vec![b'z'; len];
            for at in (0..len).rev() {
                assert_eq!(
                    first(&text, |byte| byte < b'a'),
                    (at + 1 < len).then_some(at + 1)
                );
                text[at] = b'Z';
            }
        }
        assert!(all_plain("größe\u{7f}日本 größe"));
    }

    #[test]
    fn digits_of_every_kind() {
        for number in (0..1_000_000u64).step_by(37).chain([999_999]) {
            let text = alloc::format!("{number:06}] ");
            let bytes = text.as_bytes().first_chunk::<8>().unwrap();
            assert_eq!(six_digits(bytes), Some((number, *b"] ")));
        }
        for at in 0..6 {
            for byte in 0..=u8::MAX {
                let mut bytes = *b"900719] ";
                bytes[at] = byte;
                assert_eq!(
                    six_digits(&bytes).is_some(),
                    byte.is_ascii_digit(),
                    "{byte} at {at}"
                );
            }
        }
    }

    #[test]
    fn digits_at_the_end() {
        for len in 0..=8usize {
            for before in (0..0x80u8).filter(|byte| !byte.is_ascii_digit()) {
                let mut text = vec![before; 12];
                text.extend_from_slice(&b"90071992"[..len]);
                let number = core::str::from_utf8(&text[12..]).unwrap().parse();
                assert_eq!(
                    digits_at_end(&text),
                    Some((number.unwrap_or(0), len)),
                    "{text:?}"
                );
            }
        }
        assert_eq!(digits_at_end(b"1234567"), None);
        assert_eq!(digits_at_end(b"x1234567890"), Some((34_567_890, 8)));
    }

    #[test]
    fn keys_and_pairs_at_every_place() {
        for len in 1..40usize {
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    let mut text = vec![b'k'; len];
                    text[at] = byte;
                    let is_key = byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
                    assert_eq!(all_of_key(&text), is_key, "{byte} at {at} of {len}");
                }
                let mut text = vec![b']'; len];
                assert!(!has_pair(&text, *b"]:"));
                text[at] = b':';
                assert_eq!(has_pair(&text, *b"]:"), at > 0, "{at} of {len}");
            }
        }
        assert!(!has_pair(b"", *b"]:"));
    }

    #[test]
    fn digits_and_blanks_in_front() {
        for len in 0..=8usize {
            for after in 0..=u8::MAX {
                let mut text = b"90071992"[..len].to_vec();
                text.resize(10, after);
                let text_len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let number = core::str::from_utf8(&text[..text_len.min(8)])
                    .unwrap()
                    .parse();
                let text_len = text_len.min(8);
                let expected = (text_len > 0).then(|| (number.unwrap(), text_len));
                assert_eq!(few_digits(&text), expected, "{text:?}");
                let few = (1..8)
                    .contains(&text_len)
                    .then(|| (expected.unwrap().0, text_len + 3));
                let mut after = b"x  ".to_vec();
                after.extend_from_slice(&text);
                assert_eq!(few_digits_after_blanks(&after, 1), few, "{text:?}");
                text[..len].fill(b' ');
                let blanks = text.iter().take_while(|byte| **byte == b' ').count();
                assert_eq!(super::blanks(&text), blanks.min(8), "{text:?}");
            }
        }
        assert_eq!((few_digits(b"1234567"), blanks(b"       ")), (None, 0));
        assert_eq!(blanks(b"                  x"), 16);
        let far = [b' '; 20].iter().chain(b"7 sh    ").copied();
        let far: vec::Vec<u8> = far.collect();
        assert_eq!(few_digits_after_blanks(&far, 0), Some((7, 21)));
        assert_eq!(few_digits_after_blanks(&far, 21), None);
        assert_eq!(few_digits_after_blanks(&far, 99), None);
    }

    #[test]
    fn numbers_in_fields() {
        for width in 1..=16usize {
            for number in [0u64, 7, 65535, 1_234_567, 12_345_678, 123_456_789] {
                let field = alloc::format!("{number:width$}");
                let text = alloc::format!("[      7]12345678{field} sh");
                let (start, end) = (17, 17 + field.len());
                let expected = (field.len() == width && number < 100_000_000).then_some(number);
                assert_eq!(
                    padded_number(text.as_bytes(), start, start + width),
                    expected
                );
                // No byte may be changed, except a digit to another digit, and a digit may precede the first.
                for at in start..=end {
                    for byte in 0..=u8::MAX {
                        let mut text = text.clone().into_bytes();
                        text[at] = byte;
                        let (found, field) = (padded_number(&text, start, end), &text[start..end]);
                        let digits = field.trim_ascii_start();
                        let is_number = field.len() <= 16
                            && (1..=8).contains(&digits.len())
                            && digits.iter().all(u8::is_ascii_digit)
                            && field[..field.len() - digits.len()]
                                .iter()
                                .all(|one| *one == b' ')
                            && text[end] == b' ';
                        let number = core::str::from_utf8(digits)
                            .ok()
                            .and_then(|text| text.parse().ok());
                        assert_eq!(
                            found,
                            number.filter(|_| is_number),
                            "{byte} at {at} of {text:?}"
                        );
                    }
                }
            }
        }
        assert_eq!(padded_number(b"            7 sh", 3, 3), None);
        assert_eq!(padded_number(b"            7 sh", 4, 3), None);
        assert_eq!(padded_number(b"                        7 sh", 0, 25), None);
        assert_eq!(padded_number(b"                        7 sh", 0, 99), None);
        assert_eq!(padded_number(b"    7 sh", 0, 5), None);
    }

    #[test]
    fn starts_and_signs_at_every_place() {
        for len in 0..70usize {
            let start = vec![b'x'; len];
            let mut text = vec![b'x'; len + 3];
            assert!(starts_with(&text, &start) && !has(&text, [b'=', b'#']));
            assert!(len == 0 || !starts_with(&start[1..], &start));
            for at in 0..len {
                text[at] = b'#';
                assert!(!starts_with(&text, &start), "{at} of {len}");
                assert!(has(&text[..len], [b'=', b'#']), "{at} of {len}");
                text[at] = b'x';
            }
        }
    }

    #[test]
    fn two_pairs_are_found_as_one_is() {
        for len in 0..40usize {
            let text = b"]:".repeat(len);
            assert_eq!(has_pair(&text, *b"]:"), len > 0, "{len}");
            assert_eq!(has_pair(&text, *b":]"), len > 1, "{len}");
        }
    }
}
