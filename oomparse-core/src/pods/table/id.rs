//! [`ContainerId`]: a container's id as a key, whole or cut.

use super::super::record::hex_digit;
use alloc::string::String;
use core::hash::{Hash, Hasher};

/// Digits that every id has, and by which it is looked up, so that a cut id finds the whole one.
const BEGINNING: usize = 12;

/// 12 to 64 hex digits, in any case.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct ContainerId {
    /// Two digits to a byte; zeros behind the last one.
    digits: [u8; 32],
    len: u8,
    /// So many ids begin alike that this one is found by all its digits only.
    crowded: bool,
}

impl ContainerId {
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let mut plain = [b'0'; 64];
        if text.len() < BEGINNING {
            return None;
        }
        plain.get_mut(..text.len())?.copy_from_slice(text);
        let values = plain.map(hex_digit);
        if values.iter().fold(0, |all, value| all | value) > 15 {
            return None;
        }
        let mut digits = [0u8; 32];
        for (byte, pair) in digits.iter_mut().zip(values.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |byte, digit| (byte << 4) | digit);
        }
        Some(Self {
            digits,
            len: u8::try_from(text.len()).ok()?,
            crowded: false,
        })
    }

    pub(in super::super) fn to_text(self) -> String {
        self.digits
            .into_iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .take(usize::from(self.len))
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }

    /// Whether no digit can be missing.
    pub(super) fn is_whole(&self) -> bool {
        self.len == 64
    }

    pub(super) fn begins_with(&self, cut: &Self) -> bool {
        let (bytes, odd) = (usize::from(cut.len >> 1), cut.len & 1 == 1);
        let (this, other) = (self.digits, cut.digits);
        let last = |digits: [u8; 32]| digits.get(bytes).map(|byte| byte >> 4);
        self.len >= cut.len
            && this.get(..bytes) == other.get(..bytes)
            && (!odd || last(this) == last(other))
    }

    /// The same id, found by all its digits.
    pub(super) fn crowded(self) -> Self {
        Self {
            crowded: true,
            ..self
        }
    }
}

impl PartialEq for ContainerId {
    fn eq(&self, other: &Self) -> bool {
        self.digits == other.digits && self.len == other.len
    }
}

impl Eq for ContainerId {}

impl Hash for ContainerId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, rest @ ..] = self.digits;
        state.write_u64(u64::from_be_bytes([0, 0, a, b, c, d, e, f]));
        if self.crowded {
            state.write(&rest);
            state.write_u8(self.len);
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
            let mut other = ID[..len].as_bytes().to_vec();
            other[len - 1] = if other[len - 1] == b'0' { b'1' } else { b'0' };
            let other = ContainerId::parse(core::str::from_utf8(&other).unwrap()).unwrap();
            assert!(!whole.begins_with(&other), "{len}");
        }
        for text in ["", &ID[..11], &ID.replace('e', "g"), &std::format!("{ID}0")] {
            assert_eq!(ContainerId::parse(text), None);
        }
    }
}
