//! Steps through JSON text, value by value, without building anything.
//!
//! It accepts only valid JSON and does not recurse: however deep a shipper nests values, they cannot exhaust an
//! interpreter's stack.

use crate::bytes::words::plain_len;
use crate::frame::json_escape::{four_digits, letter, unicode};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// How deep skipped values may be nested.
const MAX_NESTING: u32 = 128;

/// A position in JSON text.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// A number, as written.
pub(super) enum Number {
    Whole(u64),
    /// With a fraction or an exponent; in millionths, because all such numbers are seconds.
    Millionths(u64),
    /// Negative, or too large.
    Other,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// The next byte that is not a blank, without consuming it.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let [b' ' | b'\n' | b'\t' | b'\r', tail @ ..] = self.rest {
            self.rest = tail;
        }
        self.rest.first().copied()
    }

    /// Whether this byte is next; if so, it is consumed.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.step(1);
        }
        is_next
    }

    /// Consumes this byte.
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    fn step(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Reads the text of a string.
    pub(super) fn string(&mut self) -> Option<Cow<'a, [u8]>> {
        self.expect(b'"')?;
        let plain = self.unescaped()?;
        if self.rest.first() == Some(&b'"') {
            self.step(1);
            return Some(Cow::Borrowed(plain));
        }
        let mut text = Vec::with_capacity(plain.len().saturating_mul(2));
        text.extend_from_slice(plain);
        loop {
            match self.rest {
                [b'"', tail @ ..] => {
                    self.rest = tail;
                    return Some(Cow::Owned(text));
                }
                [b'\\', ..] => self.escape(&mut text)?,
                _ => text.extend_from_slice(self.unescaped()?),
            }
        }
    }

    /// The bytes up to a quote or a backslash.
    fn unescaped(&mut self) -> Option<&'a [u8]> {
        let (plain, rest) = self.rest.split_at_checked(plain_len(self.rest))?;
        self.rest = rest;
        (*rest.first()? > 0x1f).then_some(plain)
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let [b'\\', escaped, rest @ ..] = self.rest else {
            return None;
        };
        self.rest = rest;
        if *escaped == b'u' {
            let (character, rest) = unicode(self.rest)?;
            self.rest = rest;
            let mut utf8 = [0; 4];
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            text.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        } else {
            text.push(letter(*escaped)?);
        }
        Some(())
    }

    /// Skips a string.
    fn skip_string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        loop {
            self.unescaped()?;
            match self.rest {
                [b'"', tail @ ..] => {
                    self.rest = tail;
                    return Some(());
                }
                [b'\\', b'u', tail @ ..] => {
                    (_, self.rest) = four_digits(tail)?;
                }
                [
                    b'\\',
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                    tail @ ..,
                ] => self.rest = tail,
                _ => return None,
            }
        }
    }

    /// Reads a number.
    pub(super) fn number(&mut self) -> Option<Number> {
        let negative = self.eat(b'-');
        let mut value = 0u64;
        let mut fits = true;
        let mut take = |digit: u8, counts: bool| {
            let digit = u64::from(digit.wrapping_sub(b'0'));
            if counts && fits {
                let next = value.checked_mul(10).and_then(|v| v.checked_add(digit));
                fits = next.is_some();
                value = next.unwrap_or(value);
            }
        };
        let whole = digits(self.rest);
        match whole {
            [] | [b'0', _, ..] => return None,
            _ => whole.iter().for_each(|digit| take(*digit, true)),
        }
        self.step(whole.len());
        let mut decimals = 0i32;
        let mut is_whole = true;
        if let [b'.', tail @ ..] = self.rest {
            let fraction = digits(tail);
            // No clock has more than ten decimals of a second.
            fraction
                .iter()
                .enumerate()
                .for_each(|(at, digit)| take(*digit, at < 10));
            decimals = i32::try_from(fraction.len().min(10)).ok()?;
            is_whole = false;
            self.step(fraction.len().saturating_add(1));
            if fraction.is_empty() {
                return None;
            }
        }
        let mut exponent = 0i32;
        if let [b'e' | b'E', tail @ ..] = self.rest {
            let (sign, tail) = match tail {
                [b'-', tail @ ..] => (-1, tail),
                [b'+', tail @ ..] => (1, tail),
                _ => (1, tail),
            };
            let figures = digits(tail);
            let size = figures.iter().fold(0i32, |sum, digit| {
                let digit = i32::from(digit.wrapping_sub(b'0'));
                sum.saturating_mul(10).saturating_add(digit)
            });
            if figures.is_empty() {
                return None;
            }
            exponent = size.saturating_mul(sign);
            is_whole = false;
            self.rest = tail.get(figures.len()..)?;
        }
        if negative || !fits {
            return Some(Number::Other);
        }
        if is_whole {
            return Some(Number::Whole(value));
        }
        let shift = exponent.saturating_sub(decimals).saturating_add(6);
        Some(shifted(value, shift).map_or(Number::Other, Number::Millionths))
    }

    /// Skips a value of any kind.
    pub(super) fn skip(&mut self) -> Option<()> {
        // One bit per level: whether it is an object.
        let mut objects = 0u128;
        let mut depth = 0u32;
        loop {
            match self.peek()? {
                open @ (b'{' | b'[') => {
                    self.step(1);
                    let is_object = open == b'{';
                    if !self.eat(if is_object { b'}' } else { b']' }) {
                        depth = depth.saturating_add(1);
                        if depth >= MAX_NESTING {
                            return None;
                        }
                        objects = (objects << 1) | u128::from(is_object);
                        if is_object {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
                b'"' => self.skip_string()?,
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => {
                    self.number()?;
                }
            }
            // A value has ended: the levels around it may end too.
            loop {
                if depth == 0 {
                    return Some(());
                }
                let is_object = objects & 1 == 1;
                if self.eat(b',') {
                    if is_object {
                        self.skip_key()?;
                    }
                    break;
                }
                self.expect(if is_object { b'}' } else { b']' })?;
                objects >>= 1;
                depth = depth.saturating_sub(1);
            }
        }
    }

    fn skip_key(&mut self) -> Option<()> {
        self.skip_string()?;
        self.expect(b':')
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }
}

fn digits(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// `value` times ten to the power of `by`, rounded to the nearest.
fn shifted(mut value: u64, by: i32) -> Option<u64> {
    for _ in 0..by.min(20) {
        value = value.checked_mul(10)?;
    }
    for left in (0..by.saturating_neg().min(21)).rev() {
        let half = if left == 0 { 5 } else { 0 };
        value = value.saturating_add(half) / 10;
    }
    Some(value)
}

/// The same JSON object with one more member, for programs that pass a record on.
///
/// The first of `keys` that the object does not have is used. Every other byte stays as it is. Returns `None` if
/// the text is not exactly one valid object, if it has all of the keys, or if there is no memory.
///
/// # Example
/// ```
/// use oomparse_core::with_member;
/// let record = with_member(br#"{"log":"text"}"#, &["oom", "oom_event"], r#"{"type":"kill"}"#);
/// assert_eq!(record.unwrap(), br#"{"log":"text","oom":{"type":"kill"}}"#);
/// assert_eq!(with_member(b"[1,2]", &["oom"], "{}"), None);
/// ```
#[must_use]
pub fn with_member(object: &[u8], keys: &[&str], value: &str) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(object).ok()?;
    let mut reader = Reader::new(object);
    let mut taken = 0u32;
    reader.expect(b'{')?;
    let is_empty = reader.eat(b'}');
    if !is_empty {
        loop {
            let key = reader.string()?;
            let place = keys.iter().position(|known| known.as_bytes() == &*key);
            let bit = place.and_then(|at| u32::try_from(at).ok());
            taken |= bit.map_or(0, |bit| 1u32.wrapping_shl(bit));
            reader.expect(b':')?;
            reader.skip()?;
            if !reader.eat(b',') {
                break;
            }
        }
        reader.expect(b'}')?;
    }
    if reader.peek().is_some() {
        return None;
    }
    let free = usize::try_from(taken.trailing_ones()).ok()?;
    let body = text.trim_ascii_end().strip_suffix('}')?;
    let comma = if is_empty { "" } else { "," };
    let parts = [body, comma, "\"", keys.get(free)?, "\":", value, "}"];
    let length = parts
        .iter()
        .fold(0usize, |sum, part| sum.saturating_add(part.len()));
    let mut out = Vec::new();
    // One byte more, for hosts that append a NUL.
    out.try_reserve_exact(length.saturating_add(1)).ok()?;
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    Some(out)
}

#[cfg(test)]
mod tests;
