//! Splits a stream of bytes into pieces that end at the end of a record.

use memchr::{memchr, memrchr};

/// Longest record that is parsed. A longer record passes in pieces, so no more than this is held.
const MAX_RECORD_LEN: usize = 4 << 20;

/// What to do with a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Complete records, each with its line end; only the very last record may lack it.
    Records(&'a [u8]),
    /// A part of a record that is too long to be parsed.
    Part(&'a [u8]),
    /// The last part of such a record, with its line end.
    LastPart(&'a [u8]),
}

/// Holds the start of a record until its end comes.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    carry: Vec<u8>,
    in_long: bool,
}

impl Cutter {
    /// Takes the next bytes and passes on what is complete.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut take: impl FnMut(Piece<'_>)) {
        if self.in_long {
            let Some(at) = memchr(b'\n', bytes) else {
                return take(Piece::Part(bytes));
            };
            let (last, rest) = bytes.split_at(at + 1);
            take(Piece::LastPart(last));
            self.in_long = false;
            bytes = rest;
        }
        if !self.carry.is_empty() {
            let Some(at) = memchr(b'\n', bytes) else {
                return self.keep(bytes, take);
            };
            let (end, rest) = bytes.split_at(at + 1);
            self.carry.extend_from_slice(end);
            take(Piece::Records(&self.carry));
            self.carry.clear();
            self.carry.shrink_to(64 << 10);
            bytes = rest;
        }
        let whole = memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        let (records, rest) = bytes.split_at(whole);
        if !records.is_empty() {
            take(Piece::Records(records));
        }
        self.keep(rest, take);
    }

    /// Ends the input: no more bytes come.
    pub(crate) fn finish(&mut self, mut take: impl FnMut(Piece<'_>)) {
        if self.in_long {
            take(Piece::LastPart(b""));
        } else if !self.carry.is_empty() {
            take(Piece::Records(&self.carry));
        }
        *self = Self::default();
    }

    fn keep(&mut self, bytes: &[u8], mut take: impl FnMut(Piece<'_>)) {
        self.carry.extend_from_slice(bytes);
        if self.carry.len() > MAX_RECORD_LEN {
            take(Piece::Part(&self.carry));
            self.carry = Vec::new();
            self.in_long = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(chunks: &[&[u8]]) -> (Vec<u8>, usize) {
        let (mut out, mut parts) = (Vec::new(), 0);
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Records(bytes) => out.extend_from_slice(bytes),
            Piece::Part(bytes) | Piece::LastPart(bytes) => {
                parts += 1;
                out.extend_from_slice(bytes);
            }
        };
        let mut cutter = Cutter::default();
        for chunk in chunks {
            cutter.push(chunk, &mut take);
        }
        cutter.finish(&mut take);
        (out, parts)
    }

    #[test]
    fn cut_anywhere_it_is_the_same() {
        let text = b"one\n\ntwo three\r\nfour";
        for len in 1..=text.len() {
            let chunks: Vec<&[u8]> = text.chunks(len).collect();
            assert_eq!(pieces(&chunks), (text.to_vec(), 0), "{len}");
        }
    }

    #[test]
    fn records_come_whole() {
        let mut records = Vec::new();
        let mut cutter = Cutter::default();
        let mut take = |piece: Piece<'_>| match piece {
            Piece::Records(bytes) => records.push(bytes.to_vec()),
            part => panic!("{part:?}"),
        };
        for chunk in [&b"a"[..], b"b", b"\nc\nd", b"", b"\n", b"e"] {
            cutter.push(chunk, &mut take);
        }
        cutter.finish(&mut take);
        assert_eq!(records, [&b"ab\n"[..], b"c\n", b"d\n", b"e"]);
    }

    #[test]
    fn a_record_past_the_bound_passes_in_parts() {
        let long = vec![b'x'; MAX_RECORD_LEN + 10];
        let chunks: [&[u8]; 4] = [b"a\n", &long, b"yz\nb", b"\n"];
        let (out, parts) = pieces(&chunks);
        assert_eq!(out, chunks.concat());
        assert_eq!(parts, 2);
        let (out, parts) = pieces(&[&long]);
        assert_eq!((out.len(), parts), (long.len(), 2));
    }
}
