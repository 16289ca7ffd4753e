//! `--stream-by`: the property of a line that names its machine, in a merged log.

use serde_json::Value;
use std::str::FromStr;

/// The property that identifies a machine in a merged log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamBy {
    /// The value at this key of a JSON record; `a.b` is `b` in `a`, or the key `a.b`.
    Key(String),
    /// The nth word of a line, from 1.
    Word(usize),
}

impl FromStr for StreamBy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("word:") {
            Some(number) => match number.parse() {
                Ok(number @ 1..=64) => Ok(Self::Word(number)),
                _ => Err("a word's number is 1 to 64".to_owned()),
            },
            None if text.is_empty() => Err("a key has a name".to_owned()),
            None => Ok(Self::Key(text.to_owned())),
        }
    }
}

impl StreamBy {
    /// The stream of a line; empty if the line does not show it.
    pub(super) fn stream_of(&self, line: &[u8]) -> Vec<u8> {
        match self {
            Self::Word(number) => {
                let mut words = line
                    .split(|byte| byte.is_ascii_whitespace())
                    .filter(|word| !word.is_empty());
                words.nth(number - 1).unwrap_or_default().to_vec()
            }
            Self::Key(key) => {
                let record: Option<Value> = serde_json::from_slice(line).ok();
                let found = record.as_ref().and_then(|record| {
                    value_at(record, key).or_else(|| value_at(record.get("_source")?, key))
                });
                match found {
                    Some(Value::String(text)) => text.clone().into_bytes(),
                    Some(Value::Number(number)) => number.to_string().into_bytes(),
                    _ => Vec::new(),
                }
            }
        }
    }
}

/// The value at `a.b.c`; any of the dots may be part of a key's name.
fn value_at<'v>(record: &'v Value, key: &str) -> Option<&'v Value> {
    if let Some(value) = record.get(key) {
        return Some(value);
    }
    let dots = key.match_indices('.').map(|(at, _)| at);
    dots.into_iter()
        .find_map(|at| value_at(record.get(key.get(..at)?)?, key.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_dots_in_them() {
        let by: StreamBy = "host.name".parse().unwrap();
        for line in [
            r#"{"host":{"name":"a"}}"#,
            r#"{"host.name":"a"}"#,
            r#"{"_source":{"host":{"name":"a"}}}"#,
        ] {
            assert_eq!(by.stream_of(line.as_bytes()), b"a", "{line}");
        }
        assert!(by.stream_of(b"no record").is_empty());
    }

    #[test]
    fn words_are_counted_from_1() {
        let by: StreamBy = "word:2".parse().unwrap();
        assert_eq!(by.stream_of(b"x  node-7 [1.000000] text"), b"node-7");
        assert!("word:0".parse::<StreamBy>().is_err());
        assert!("".parse::<StreamBy>().is_err());
    }
}
