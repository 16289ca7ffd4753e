//! `--range`: a part of one large file.

use super::logs::{Take, drain};
use crate::args::ScanOptions;
use crate::commands::scan::streams::Reading;
use crate::input::Input;
use oomparse_input::{Part, WARMUP};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::str::FromStr;

/// From one byte to before another one, or to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ByteRange(Range<u64>);

impl FromStr for ByteRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = |number: &str| {
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse().ok().filter(|_| is_number)
        };
        let found = text.split_once('-').and_then(|(start, end)| {
            let end = if end.is_empty() {
                Some(u64::MAX)
            } else {
                parse(end)
            };
            Some(parse(start)?..end?)
        });
        match found {
            Some(range) if range.start <= range.end => Ok(Self(range)),
            Some(_) => Err("a range ends behind its start".to_owned()),
            None => Err("a range looks like 0-1000000 or 1000000-, in bytes".to_owned()),
        }
    }
}

/// Whether a range can apply to these inputs.
pub(super) fn is_of(inputs: &[Input]) -> bool {
    matches!(inputs, [Input::File(_)])
}

/// Reads a part of an input. The outer result is the output's, the inner one the input's.
pub(super) fn read(
    options: &ScanOptions,
    input: &Input,
    range: &ByteRange,
    buffer: &mut [u8],
    take: &mut Take<'_>,
) -> io::Result<io::Result<()>> {
    let Input::File(path) = input else {
        return Ok(Ok(()));
    };
    let opened = File::open(path).and_then(|file| Part::open(file, range.0.clone(), WARMUP));
    let mut part = match opened {
        Ok(part) => part,
        Err(error) => return Ok(Err(error)),
    };
    let mut reading = Reading::new(options);
    let read = loop {
        match part.read(buffer) {
            Ok(None) => break Ok(()),
            Ok(Some((bytes, true))) => reading.push_chunk(bytes),
            Ok(Some((bytes, false))) => {
                reading.push_chunk(bytes);
                while reading.next_event().is_some() {}
                while reading.next_unread().is_some() {}
            }
            Err(error) => break Err(error),
        }
        if !drain(options, &mut reading, None, take)?.1 {
            return Ok(Ok(()));
        }
    };
    if part.is_last() {
        reading.finish();
        drain(options, &mut reading, None, take)?;
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_numbers() {
        for (text, range) in [("0-7", 0..7), ("7-7", 7..7), ("12-", 12..u64::MAX)] {
            assert_eq!(text.parse(), Ok(ByteRange(range)), "{text}");
        }
        for text in [
            "",
            "-",
            "-7",
            "7",
            "8-7",
            "+1-2",
            "1-+2",
            "1-2-3",
            "1 -2",
            "99999999999999999999-",
        ] {
            assert!(text.parse::<ByteRange>().is_err(), "{text}");
        }
    }
}
