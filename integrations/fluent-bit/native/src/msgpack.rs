//! As much of msgpack as a log event needs: where values begin and end, texts, and a few heads.

use oomparse_host::text_to_json;

/// How deep values are looked into. Fluent Bit's own limit is 32 for groups.
const MAX_DEPTH: u8 = 32;

/// Reads values one after the other. Gives nothing as soon as something is not as it must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The next value, as far as it is taken apart here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    /// Text, or bytes that shippers put where text should be.
    Text(&'a [u8]),
    /// As many values follow.
    Array(usize),
    /// As many pairs follow.
    Map(usize),
    Extension(i8, &'a [u8]),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(len)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// A number of 1, 2, 4 or 8 bytes, big endian.
    #[inline]
    fn number(&mut self, len: usize) -> Option<u64> {
        let bytes = self.take(len)?;
        Some(match *bytes {
            [a] => u64::from(a),
            [a, b] => u64::from(u16::from_be_bytes([a, b])),
            [a, b, c, d] => u64::from(u32::from_be_bytes([a, b, c, d])),
            _ => u64::from_be_bytes(bytes.try_into().ok()?),
        })
    }

    #[inline]
    fn length(&mut self, len: usize) -> Option<usize> {
        usize::try_from(self.number(len)?).ok()
    }

    fn text(&mut self, len: usize) -> Option<Value<'a>> {
        let len = self.length(len)?;
        Some(Value::Text(self.take(len)?))
    }

    fn extension(&mut self, len: usize) -> Option<Value<'a>> {
        let kind = self.byte()?;
        Some(Value::Extension(kind.cast_signed(), self.take(len)?))
    }

    /// The head of the next value; what is in an array or a map follows.
    #[inline]
    pub(crate) fn value(&mut self) -> Option<Value<'a>> {
        let head = self.byte()?;
        Some(match head {
            0..=0x7f => Value::Unsigned(u64::from(head)),
            0x80..=0x8f => Value::Map(usize::from(head & 15)),
            0x90..=0x9f => Value::Array(usize::from(head & 15)),
            0xa0..=0xbf => Value::Text(self.take(usize::from(head & 31))?),
            0xc0 => Value::Nil,
            0xc1 => return None,
            0xc2 | 0xc3 => Value::Bool(head == 0xc3),
            0xc4 | 0xd9 => self.text(1)?,
            0xc5 | 0xda => self.text(2)?,
            0xc6 | 0xdb => self.text(4)?,
            0xc7..=0xc9 => {
                let len = self.length(1 << (head - 0xc7))?;
                self.extension(len)?
            }
            0xca => Value::Float(f64::from(f32::from_bits(self.number(4)? as u32))),
            0xcb => Value::Float(f64::from_bits(self.number(8)?)),
            0xcc..=0xcf => Value::Unsigned(self.number(1 << (head - 0xcc))?),
            0xd0 => Value::Signed(i64::from((self.number(1)? as u8).cast_signed())),
            0xd1 => Value::Signed(i64::from((self.number(2)? as u16).cast_signed())),
            0xd2 => Value::Signed(i64::from((self.number(4)? as u32).cast_signed())),
            0xd3 => Value::Signed(self.number(8)?.cast_signed()),
            0xd4..=0xd8 => self.extension(1 << (head - 0xd4))?,
            0xdc => Value::Array(self.length(2)?),
            0xdd => Value::Array(self.length(4)?),
            0xde => Value::Map(self.length(2)?),
            0xdf => Value::Map(self.length(4)?),
            0xe0..=0xff => Value::Signed(i64::from(head.cast_signed())),
        })
    }

    /// Steps over the head of the next value, or over all of one that contains no others; returns how many follow.
    #[inline]
    fn step(&mut self) -> Option<usize> {
        let head = *self.bytes.get(self.at)?;
        // What nearly all values of a log are.
        let len = match head {
            0x80..=0x8f => {
                self.at += 1;
                return Some(2 * usize::from(head & 15));
            }
            0xa0..=0xbf => 1 + usize::from(head & 31),
            0xd9 => 2 + usize::from(*self.bytes.get(self.at + 1)?),
            _ => {
                return match self.value()? {
                    Value::Array(len) => Some(len),
                    Value::Map(len) => len.checked_mul(2),
                    _ => Some(0),
                };
            }
        };
        self.take(len).map(|_| 0)
    }

    /// Seconds of the next event's timestamp if it has the form that the host itself writes, `[[timestamp, `; else
    /// nothing is read.
    #[inline]
    pub(crate) fn stamp(&mut self) -> Option<u32> {
        let (head, seconds) = self.bytes.get(self.at..self.at + 12)?.split_at(4);
        if head != [0x92, 0x92, 0xd7, 0] {
            return None;
        }
        self.at += 12;
        let (seconds, _) = seconds.split_first_chunk::<4>()?;
        Some(u32::from_be_bytes(*seconds))
    }

    /// Steps over the next value with everything in it.
    #[inline]
    pub(crate) fn skip(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        let mut left = 1usize;
        while left > 0 {
            left = left.checked_sub(1)?.checked_add(self.step()?)?;
            // More values than bytes cannot be.
            if left > self.bytes.len().saturating_sub(self.at) {
                return None;
            }
        }
        self.bytes.get(start..self.at)
    }
}

/// Writes the next value as JSON. Bytes that are not UTF-8 stay as they are; what JSON has not is null.
pub(crate) fn to_json(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    json(reader, out, 0)
}

fn json(reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: u8) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    match reader.value()? {
        Value::Nil | Value::Extension(..) => out.extend_from_slice(b"null"),
        Value::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
        Value::Unsigned(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Signed(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) if number.is_finite() => {
            out.extend_from_slice(format!("{number:?}").as_bytes());
        }
        Value::Float(_) => out.extend_from_slice(b"null"),
        Value::Text(text) => text_to_json(text, out),
        Value::Array(len) => {
            out.push(b'[');
            for index in 0..len {
                if index > 0 {
                    out.push(b',');
                }
                json(reader, out, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Map(len) => {
            out.push(b'{');
            let start = out.len();
            for _ in 0..len {
                let Value::Text(key) = reader.value()? else {
                    return None;
                };
                if out.len() > start {
                    out.push(b',');
                }
                text_to_json(key, out);
                out.push(b':');
                json(reader, out, depth + 1)?;
            }
            out.push(b'}');
        }
    }
    Some(())
}

/// Writes the head of a map.
pub(crate) fn write_map(out: &mut Vec<u8>, pairs: usize) {
    match pairs {
        0..=15 => out.push(0x80 | pairs as u8),
        16..=0xffff => {
            out.push(0xde);
            out.extend_from_slice(&(pairs as u16).to_be_bytes());
        }
        _ => {
            out.push(0xdf);
            out.extend_from_slice(&(pairs as u32).to_be_bytes());
        }
    }
}

/// Writes a number.
pub(crate) fn write_unsigned(out: &mut Vec<u8>, number: u64) {
    out.push(0xcf);
    out.extend_from_slice(&number.to_be_bytes());
}

/// Writes a text.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    match text.len() {
        len @ 0..=31 => out.push(0xa0 | len as u8),
        len @ 32..=0xff => out.extend_from_slice(&[0xd9, len as u8]),
        len @ 0x100..=0xffff => {
            out.push(0xda);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(0xdb);
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
    }
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_bytes_give_nothing() {
        for bytes in [
            &b"\xdf\xff\xff\xff\xff"[..],
            b"\xdd\xff\xff\xff\xff\x01",
            b"\xdb\xff\xff\xff\xff",
            b"\xc1",
            b"\x82\xa1a",
            b"",
        ] {
            assert_eq!(Reader::new(bytes).skip(), None, "{bytes:x?}");
        }
    }

    #[test]
    fn values_become_json() {
        let value = rmpv::Value::Map(vec![
            ("a".into(), rmpv::Value::from(-3)),
            (
                "b\n".into(),
                rmpv::Value::Array(vec![1.5.into(), rmpv::Value::Nil, true.into()]),
            ),
            ("c".into(), rmpv::Value::Binary(b"\xff\"".to_vec())),
        ]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &value).unwrap();
        let mut out = Vec::new();
        to_json(&mut Reader::new(&bytes), &mut out).unwrap();
        assert_eq!(
            out,
            b"{\"a\":-3,\"b\\n\":[1.5,null,true],\"c\":\"\xff\\\"\"}"
        );
    }
}
