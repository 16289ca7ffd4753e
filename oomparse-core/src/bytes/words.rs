//! Questions about every byte of a text, asked of eight bytes at a time.
//!
//! Borrows and carries between the bytes of a word can only make a byte beside one that is asked for look
//! like it, so the answer for the whole word is right.

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES * 0x80;

/// A build without std is for where size counts more.
const IS_SMALL: bool = cfg!(not(feature = "std"));

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

/// Whether a text stands in JSON as it is: no control character, quote or backslash.
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

/// Where the first of these bytes stands. For short ways only: `memchr` is faster on longer ones.
#[inline]
pub(crate) fn position(bytes: &[u8], byte: u8) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut at = 0usize;
    for word in words {
        // The lowest bit set is right; one above it may be a borrow's.
        let found = equal(u64::from_le_bytes(*word), byte);
        if found != 0 {
            return Some(at.wrapping_add((found.trailing_zeros() / u8::BITS) as usize));
        }
        at = at.wrapping_add(8);
    }
    let behind = rest.iter().position(|one| *one == byte)?;
    Some(at.wrapping_add(behind))
}

/// The high bits of the bytes that are less than an ASCII character, and of no other if none is.
#[inline]
fn less(word: u64, than: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(u64::from(than))) & !word & HIGH
}

/// The high bits of the bytes that are this one, and of no other if none is.
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

/// Less than eight bytes as a word, filled up with a letter that no question is about.
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
                    let Ok(text) = core::str::from_utf8(&text) else {
                        continue;
                    };
                    let plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
                    assert_eq!(all_plain(text), plain, "{byte} at {at} of {len}");
                }
            }
        }
        for len in 0..40usize {
            let mut text = vec![b'\n' - 1; len];
            assert_eq!(position(&text, b'\n'), None);
            for at in (0..len).rev() {
                text[at] = b'\n';
                assert_eq!(position(&text, b'\n'), Some(at));
                // A borrow from a byte that is found must not reach one below it.
                text.fill(b'\n' + 1);
                text[at] = b'\n';
                assert_eq!(position(&text, b'\n'), Some(at));
            }
        }
        assert!(all_plain("größe\u{7f}日本 größe"));
    }
}
