//! Converts hex digits all at once. Every lookup uses it, so there is no branch per byte, and the compiler
//! handles sixteen of them in one step.

/// The bytes of pairs of hex digits, in upper or lower case.
#[inline(always)]
pub(crate) fn read<const N: usize>(text: &[[u8; 2]; N]) -> Option<[u8; N]> {
    let mut values = [[0u8; 2]; N];
    let mut foreign = false;
    for (value, byte) in values
        .as_flattened_mut()
        .iter_mut()
        .zip(text.as_flattened())
    {
        let digit = byte.wrapping_sub(b'0');
        let letter = (byte | 0x20).wrapping_sub(b'a');
        let is_digit = digit < 10;
        *value = if is_digit {
            digit
        } else {
            letter.wrapping_add(10)
        };
        foreign |= !(is_digit | (letter < 6));
    }
    let bytes = values.map(|[high, low]| (high << 4) | low);
    (!foreign).then_some(bytes)
}

/// The lower-case hex digits of bytes.
///
/// Never inlined: the caller picks digits out, and the compiler would then write some of them one by one.
#[inline(never)]
pub(crate) fn write<const N: usize>(bytes: &[u8; N]) -> [[u8; 2]; N] {
    let digit = |value: u8| value.wrapping_add(if value < 10 { b'0' } else { b'a' - 10 });
    bytes.map(|byte| [digit(byte >> 4), digit(byte & 15)])
}

/// Copies `LEN` bytes: with positions that the compiler knows, this is one move.
#[inline(always)]
pub(crate) fn copy<const FROM: usize, const TO: usize, const LEN: usize>(
    from: &[u8],
    to: &mut [u8],
) {
    let from = from.get(FROM..).and_then(<[u8]>::first_chunk::<LEN>);
    let to = to.get_mut(TO..).and_then(<[u8]>::first_chunk_mut::<LEN>);
    if let (Some(from), Some(to)) = (from, to) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn every_byte_at_every_place() {
        let sound = *b"0f9A3bC7d1E28465";
        for at in 0..sound.len() {
            for byte in 0..=u8::MAX {
                let mut text = sound;
                text[at] = byte;
                let want = core::str::from_utf8(&text)
                    .ok()
                    .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
                    .and_then(|text| u64::from_str_radix(text, 16).ok());
                let (pairs, _) = text.as_chunks::<2>();
                let bytes = read::<8>(pairs.try_into().unwrap());
                assert_eq!(bytes.map(u64::from_be_bytes), want, "{text:?}");
            }
        }
    }

    #[test]
    fn every_byte_is_written_as_it_was_read() {
        for byte in 0..=u8::MAX {
            let text = write(&[byte, !byte]);
            assert_eq!(
                text.as_flattened(),
                format!("{byte:02x}{:02x}", !byte).as_bytes()
            );
            assert_eq!(read(&text), Some([byte, !byte]));
        }
    }
}
