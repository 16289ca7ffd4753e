//! [`ContainerId`]: a container's id as a key, complete or cut.

use super::hex;
use alloc::string::String;
use core::hash::{Hash, Hasher};

/// Number of digits that every id has. Lookups use these digits, so that a cut id finds the complete one.
const BEGINNING: usize = 12;

/// 12 to 64 hex digits, in upper or lower case.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ContainerId {
    /// Two digits per byte, padded with zeros.
    digits: [u8; 32],
    /// How many digits there are, and [`CROWDED`].
    len: u8,
}

/// So many ids begin with the same digits that this one is found only by all its digits.
const CROWDED: u8 = 0x80;

impl ContainerId {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let (pairs, rest) = text.as_chunks::<2>();
        let digits = match <&[[u8; 2]; 32]>::try_from(pairs) {
            Ok(pairs) => hex::read(pairs).filter(|_| rest.is_empty())?,
            Err(_) if text.len() < BEGINNING => return None,
            Err(_) => {
                let mut whole = [[b'0'; 2]; 32];
                let place = whole.as_flattened_mut().get_mut(..text.len())?;
                place.copy_from_slice(text);
                hex::read(&whole)?
            }
        };
        Some(Self {
            digits,
            len: u8::try_from(text.len()).ok()?,
        })
    }

    pub(super) fn to_text(self) -> String {
        let digits = hex::write(&self.digits);
        let digits = digits.as_flattened().get(..usize::from(self.len()));
        String::from_utf8_lossy(digits.unwrap_or_default()).into_owned()
    }

    fn len(&self) -> u8 {
        self.len & !CROWDED
    }

    /// Whether no digits can be missing.
    pub(super) fn is_whole(&self) -> bool {
        self.len() == 64
    }

    pub(super) fn begins_with(&self, cut: &Self) -> bool {
        let (whole, half) = (usize::from(cut.len() / 2), cut.len() % 2 == 1);
        self.len() >= cut.len()
            && self.digits.get(..whole) == cut.digits.get(..whole)
            && (!half
                || self.digits.get(whole).map(|byte| byte >> 4)
                    == cut.digits.get(whole).map(|byte| byte >> 4))
    }

    /// The same id, found by all its digits.
    pub(super) fn crowded(self) -> Self {
        Self {
            len: self.len | CROWDED,
            ..self
        }
    }
}

impl PartialEq for ContainerId {
    fn eq(&self, other: &Self) -> bool {
        self.digits == other.digits && self.len() == other.len()
    }
}

impl Eq for ContainerId {}

impl Hash for ContainerId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.len & CROWDED != 0 {
            state.write(&self.digits);
            state.write_u8(self.len());
        } else {
            // The first twelve digits.
            let [a, b, c, d, e, f, ..] = self.digits;
            state.write_u64(u64::from_ne_bytes([a, b, c, d, e, f, 0, 0]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";

    #[test]
    fn comes_back_and_knows_its_beginnings() {
        let whole = ContainerId::parse(ID).unwrap();
        assert!(whole.is_whole());
        assert_eq!(ContainerId::parse(&ID.to_uppercase()), Some(whole));
        for len in 12..=64 {
            let cut = ContainerId::parse(&ID[..len]).unwrap();
            assert_eq!(cut.to_text(), ID[..len]);
            assert!(whole.begins_with(&cut));
            assert_eq!(cut.begins_with(&whole), len == 64);
            assert_eq!(cut == whole, len == 64);
            let mut other = ID.as_bytes()[..len].to_vec();
            other[len - 1] = if other[len - 1] == b'0' { b'1' } else { b'0' };
            let other = ContainerId::parse(core::str::from_utf8(&other).unwrap()).unwrap();
            assert!(!whole.begins_with(&other), "{len}");
        }
        for text in ["", &ID[..11], &ID.replace('e', "g"), &std::format!("{ID}0")] {
            assert_eq!(ContainerId::parse(text), None);
        }
    }
}
