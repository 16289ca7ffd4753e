//! Stores inputs as lines of text, escaped by `escape_ascii`: small in a repository, with readable diffs.

/// The input of a line; `None` where that writes no such line.
#[must_use]
pub fn unescape(line: &str) -> Option<Vec<u8>> {
    let mut bytes = line.bytes();
    let mut input = Vec::with_capacity(line.len());
    while let Some(byte) = bytes.next() {
        input.push(match byte {
            b'\\' => match bytes.next()? {
                b't' => b'\t',
                b'r' => b'\r',
                b'n' => b'\n',
                mark @ (b'\\' | b'\'' | b'"') => mark,
                b'x' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
                _ => return None,
            },
            other => other,
        });
    }
    Some(input)
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}
