//! Hex digits, eight at a time: on the way of every lookup, so no byte decides on its own.

/// From where `:` would be, behind `9`, to `a`.
const TO_LETTERS: u8 = 39;

/// Every byte of a word.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The number that eight hex digits of either case spell.
#[inline]
pub(super) fn eight_digits(text: [u8; 8]) -> Option<u32> {
    let text = u64::from_be_bytes(text);
    // Letters, and no digit, have bit 6; their low four bits count from 1.
    let letters = (text >> 6) & each(1);
    let values = (text & each(0x0f)).wrapping_add(letters.wrapping_mul(9));
    // Written anew, small: what comes out differently was no digit.
    let above_nine = (values.wrapping_add(each(6)) >> 4) & each(1);
    let again = values
        .wrapping_add(each(b'0'))
        .wrapping_add(above_nine.wrapping_mul(u64::from(TO_LETTERS)));
    if again != text | (letters << 5) || values & each(0xf0) != 0 {
        return None;
    }
    let pairs = (values | (values >> 4)) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | (pairs >> 8)) & 0x0000_ffff_0000_ffff;
    u32::try_from((quads | (quads >> 16)) & 0xffff_ffff).ok()
}

/// The same for sixteen, out of two places.
#[inline]
pub(super) fn sixteen_digits(high: [u8; 8], low: [u8; 8]) -> Option<u64> {
    let (high, low) = (eight_digits(high)?, eight_digits(low)?);
    Some((u64::from(high) << 32) | u64::from(low))
}

/// The eight small hex digits of a number.
pub(crate) fn digits_of(number: u32) -> [u8; 8] {
    let number = u64::from(number);
    let quads = (number | (number << 16)) & 0x0000_ffff_0000_ffff;
    let pairs = (quads | (quads << 8)) & 0x00ff_00ff_00ff_00ff;
    let values = (pairs | (pairs << 4)) & each(0x0f);
    let above_nine = (values.wrapping_add(each(6)) >> 4) & each(1);
    values
        .wrapping_add(each(b'0'))
        .wrapping_add(above_nine.wrapping_mul(u64::from(TO_LETTERS)))
        .to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place() {
        for at in 0..8 {
            for byte in 0..=u8::MAX {
                let mut text = *b"0f9A3bC7";
                text[at] = byte;
                let want = core::str::from_utf8(&text)
                    .ok()
                    .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
                    .and_then(|text| u32::from_str_radix(text, 16).ok());
                assert_eq!(eight_digits(text), want, "{text:?}");
                if let Some(number) = want {
                    assert_eq!(
                        digits_of(number),
                        text.map(|byte| byte.to_ascii_lowercase())
                    );
                }
            }
        }
        assert_eq!(
            sixteen_digits(*b"01234567", *b"89abcdef"),
            Some(0x0123_4567_89ab_cdef)
        );
    }
}
