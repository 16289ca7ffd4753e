//! `--range A-B`.

use std::ops::Range;
use std::str::FromStr;

/// From one byte to before another one, or to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ByteRange(pub(super) Range<u64>);

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
            Some(_) => Err("a range must not end before its start".to_owned()),
            None => Err("a range looks like 0-1000000 or 1000000-, in bytes".to_owned()),
        }
    }
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
