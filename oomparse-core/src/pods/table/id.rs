//! [`ContainerId`]: a container's id as a key, whole or cut.

use super::super::hex::sixteen_digits;
use alloc::string::String;
use core::hash::{Hash, Hasher};

/// Digits that every id has, and by which it is looked up, so that a cut id finds the whole one.
const BEGINNING: usize = 12;

/// 12 to 64 hex digits, in any case.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct ContainerId {
    /// Sixteen digits to a number; zeros behind the last one.
    digits: [u64; 4],
    len: u8,
    /// So many ids begin alike that this one is found by all its digits only.
    crowded: bool,
}

impl ContainerId {
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let digits = match text.first_chunk::<64>().filter(|_| text.len() == 64) {
            Some(text) => parse(text)?,
            None if text.len() < BEGINNING => return None,
            None => {
                let mut whole = [b'0'; 64];
                whole.get_mut(..text.len())?.copy_from_slice(text);
                parse(&whole)?
            }
        };
        Some(Self {
            digits,
            len: u8::try_from(text.len()).ok()?,
            crowded: false,
        })
    }

    pub(in super::super) fn to_text(self) -> String {
        self.digits
            .into_iter()
            .flat_map(u64::to_be_bytes)
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
        let mut left = u32::from(cut.len).saturating_mul(4);
        self.len >= cut.len
            && self.digits.iter().zip(cut.digits).all(|(this, other)| {
                let bits = left.min(64);
                left = left.saturating_sub(bits);
                let behind = u64::MAX.checked_shr(bits).unwrap_or(0);
                (this ^ other) & !behind == 0
            })
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
        let [first, others @ ..] = self.digits;
        state.write_u64(first >> 16);
        if self.crowded {
            state.write_u64(first);
            for other in others {
                state.write_u64(other);
            }
            state.write_u8(self.len);
        }
    }
}

/// The numbers that 64 digits spell.
fn parse(text: &[u8; 64]) -> Option<[u64; 4]> {
    let part = |at: usize| text.get(at..)?.first_chunk::<8>().copied();
    Some([
        sixteen_digits(part(0)?, part(8)?)?,
        sixteen_digits(part(16)?, part(24)?)?,
        sixteen_digits(part(32)?, part(40)?)?,
        sixteen_digits(part(48)?, part(56)?)?,
    ])
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
