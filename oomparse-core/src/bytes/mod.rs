//! Bytes that are mostly text: names and paths as the kernel printed them.

#[cfg(any(test, not(feature = "perf")))]
pub(crate) mod portable;
pub(crate) mod words;

#[cfg(not(feature = "perf"))]
pub(crate) use self::portable as memmem;
#[cfg(feature = "perf")]
pub(crate) use memchr::memmem;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A comm, a host or a cgroup path: any bytes except NUL, usually text.
///
/// The kernel prints names unescaped, and whoever runs a process chooses them, so they may be invalid UTF-8 and
/// may contain control characters. [`Display`](fmt::Display) writes valid UTF-8 without control characters as it
/// is, and escapes any other name as `/dev/kmsg` does: every byte outside printable ASCII, and every backslash,
/// becomes `\xNN`.
///
/// # Example
/// ```
/// use oomparse_core::Text;
/// assert_eq!(Text::from("java").to_string(), "java");
/// assert_eq!(Text::from(&b"a\nb\\"[..]).to_string(), r"a\x0ab\x5c");
/// ```
#[derive(Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Bytes);

/// Most comms, hosts and flags are no longer than this, and need no allocation. In WebAssembly the code for it costs
/// more than it saves.
#[cfg(all(feature = "perf", not(target_family = "wasm")))]
type Bytes = smallvec::SmallVec<[u8; 16]>;
#[cfg(any(not(feature = "perf"), target_family = "wasm"))]
type Bytes = Vec<u8>;

impl Text {
    /// The bytes as the kernel had them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if the bytes are UTF-8 without control characters.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        plain_text(&self.0)
    }

    /// The text as it is written: unchanged, or escaped as a whole.
    #[must_use]
    pub fn to_display(&self) -> Cow<'_, str> {
        match self.as_str() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(escape(&self.0)),
        }
    }

    /// Whether it is empty. An empty comm is possible.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Clone for Text {
    fn clone(&self) -> Self {
        // Copies all bytes at once, unlike the list's own `clone`.
        Self::from(self.as_bytes())
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        #[cfg(all(feature = "perf", not(target_family = "wasm")))]
        return Self(Bytes::from_slice(bytes));
        #[cfg(any(not(feature = "perf"), target_family = "wasm"))]
        Self(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Bytes::from(bytes))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_display())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_display())
    }
}

/// The bytes as `str`, if they are UTF-8 without control characters (C0, DEL, C1).
pub(crate) fn plain_text(bytes: &[u8]) -> Option<&str> {
    if words::all_printable(bytes) {
        return core::str::from_utf8(bytes).ok();
    }
    let text = core::str::from_utf8(bytes).ok()?;
    if text.chars().any(char::is_control) {
        None
    } else {
        Some(text)
    }
}

/// The escaped form of `/dev/kmsg` (kernel/printk/printk.c, `append_escaped` in `msg_print_ext_body`).
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    for &byte in bytes {
        if (0x20..0x7f).contains(&byte) && byte != b'\\' {
            out.push(char::from(byte));
        } else {
            out.push_str("\\x");
            push_hex(&mut out, byte);
        }
    }
    out
}

/// The bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    for &byte in bytes {
        push_hex(&mut out, byte);
    }
    out
}

/// Appends a number with at least this many digits; smaller code than `core::fmt`'s.
pub(crate) fn push_number(out: &mut String, number: u64, digits: usize) {
    let mut rest = number;
    let mut backwards = [b'0'; 20];
    let mut len = 0usize;
    for slot in &mut backwards {
        if rest == 0 && len >= digits.max(1) {
            break;
        }
        *slot = b'0'.wrapping_add(u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
        len = len.wrapping_add(1);
    }
    out.extend(
        backwards
            .get(..len)
            .unwrap_or_default()
            .iter()
            .rev()
            .map(|digit| char::from(*digit)),
    );
}

fn push_hex(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for nibble in [byte >> 4, byte & 15] {
        let digit = DIGITS.get(usize::from(nibble)).copied();
        out.push(char::from(digit.unwrap_or(b'0')));
    }
}

/// Undoes [`escape`]; borrows when there is no `\xNN` in the text.
///
/// A backslash that starts no `\xNN` stays as it is: the kernel never prints one in a record.
pub(crate) fn unescape(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memmem::find(bytes, b"\\x") else {
        return Cow::Borrowed(bytes);
    };
    let (head, mut rest) = bytes.split_at(first);
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(head);
    while let [byte, tail @ ..] = rest {
        if let [b'\\', b'x', high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
        {
            out.push((high << 4) | low);
            rest = after;
        } else {
            out.push(*byte);
            rest = tail;
        }
    }
    Cow::Owned(out)
}

/// The first line, and the text after its line end.
pub(crate) fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'\n', bytes)?;
    Some((bytes.get(..at)?, bytes.get(at.checked_add(1)?..)?))
}

pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// How many bytes there are, as an offset in a log: no pointer is wider than 64 bits.
#[inline]
pub(crate) fn len_of(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn escape_then_unescape_gives_every_byte_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unescape(escape(&all).as_bytes()).as_ref(), all.as_slice());
    }

    #[test]
    fn utf8_is_text_and_control_characters_are_not() {
        assert_eq!(Text::from("héllo").to_string(), "héllo");
        assert_eq!(Text::from("a\u{9b}b").to_string(), r"a\xc2\x9bb");
        assert_eq!(Text::from(&b"caf\xc3"[..]).to_string(), r"caf\xc3");
        assert_eq!(Text::from(r"a\b").to_string(), r"a\b");
    }

    #[test]
    fn numbers_have_all_their_digits() {
        for (number, digits, text) in [
            (0, 0, "0"),
            (0, 2, "00"),
            (7, 2, "07"),
            (1234, 2, "1234"),
            (u64::MAX, 3, "18446744073709551615"),
        ] {
            let mut out = String::new();
            push_number(&mut out, number, digits);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn unescape_leaves_broken_escapes() {
        assert_eq!(unescape(b"a\\xzz\\x4").as_ref(), b"a\\xzz\\x4");
        assert!(matches!(unescape(b"plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_text_is_shown_as_a_text() {
        let text = Text::from(&b"a\"b"[..]);
        assert_eq!(alloc::format!("{text:?}"), alloc::format!("{:?}", "a\"b"));
        assert!(!text.is_empty() && Text::from(&b""[..]).is_empty());
    }
}
