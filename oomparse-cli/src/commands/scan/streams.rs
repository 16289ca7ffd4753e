//! `--stream-by`: separates the machines of a merged log, by a property that the user names.

use crate::args::ScanOptions;
use oomparse_core::limits::{MAX_LINE_LEN, MAX_OPEN_BYTES, MAX_STREAMS};
use oomparse_core::{OomEvent, Options, Parser};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
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
    fn stream_of(&self, line: &[u8]) -> Vec<u8> {
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

/// One input being read: as one log, or as one for each machine.
pub(super) enum Reading {
    One(Box<Parser>),
    Many(Box<Many>),
}

impl Reading {
    pub(super) fn new(options: &ScanOptions) -> Self {
        match &options.stream_by {
            None => {
                let mut parser = Parser::with_options(options.parser.clone());
                parser.note_unread();
                Self::One(Box::new(parser))
            }
            Some(by) => Self::Many(Box::new(Many::new(by.clone(), options.parser.clone()))),
        }
    }

    pub(super) fn push_chunk(&mut self, chunk: &[u8]) {
        match self {
            Self::One(parser) => _ = parser.push_chunk(chunk),
            Self::Many(many) => many.push_chunk(chunk),
        }
    }

    pub(super) fn finish(&mut self) {
        match self {
            Self::One(parser) => parser.finish(),
            Self::Many(many) => many.finish(),
        }
    }

    pub(super) fn next_event(&mut self) -> Option<OomEvent> {
        match self {
            Self::One(parser) => parser.next_event(),
            Self::Many(many) => many.events.pop_front(),
        }
    }

    /// The next line that looks like a report's and was not read.
    pub(super) fn next_unread(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::One(parser) => parser.next_unread(),
            Self::Many(many) => many.unread.pop_front(),
        }
    }
}

/// One parser per stream.
pub(super) struct Many {
    by: StreamBy,
    options: Options,
    /// Decides which lines can matter; reads none.
    sieve: Parser,
    parsers: HashMap<Vec<u8>, (Parser, u64)>,
    /// The size of all parsers.
    weight: usize,
    clock: u64,
    /// How many parsers want every line.
    hungry: usize,
    /// The start of a line whose end has not come yet.
    carry: Vec<u8>,
    events: VecDeque<OomEvent>,
    unread: VecDeque<Vec<u8>>,
}

impl Many {
    fn new(by: StreamBy, options: Options) -> Self {
        Self {
            by,
            sieve: Parser::with_options(options.clone()),
            options,
            parsers: HashMap::new(),
            weight: 0,
            clock: 0,
            hungry: 0,
            carry: Vec::new(),
            events: VecDeque::new(),
            unread: VecDeque::new(),
        }
    }

    fn push_chunk(&mut self, chunk: &[u8]) {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            if let (Some(line), true) = (piece.strip_suffix(b"\n"), self.carry.is_empty()) {
                self.line(line);
                continue;
            }
            let line = piece.strip_suffix(b"\n");
            let bytes = line.unwrap_or(piece);
            let room = MAX_LINE_LEN
                .saturating_sub(self.carry.len())
                .min(bytes.len());
            self.carry
                .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
            if line.is_some() {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.carry);
        self.line(&line);
        line.clear();
        self.carry = line;
    }

    fn line(&mut self, line: &[u8]) {
        if self.hungry == 0 && !self.sieve.is_candidate(line) {
            return;
        }
        let key = self.by.stream_of(line);
        self.clock += 1;
        if !self.parsers.contains_key(&key) {
            if self.parsers.len() >= MAX_STREAMS {
                self.close_oldest();
            }
            let mut options = self.options.clone();
            // The property that identifies a machine is its name, if there is no other.
            options.host = options
                .host
                .or(Some(key.clone()).filter(|key| !key.is_empty()));
            let mut parser = Parser::with_options(options);
            parser.note_unread();
            self.parsers.insert(key.clone(), (parser, 0));
        }
        let Some((parser, used)) = self.parsers.get_mut(&key) else {
            return;
        };
        *used = self.clock;
        let (was, held) = (parser.wants_every_line(), parser.open_bytes());
        parser.push_line(line);
        self.unread
            .extend(std::iter::from_fn(|| parser.next_unread()));
        self.weight = (self.weight + parser.open_bytes()).saturating_sub(held);
        match (was, parser.wants_every_line()) {
            (false, true) => self.hungry += 1,
            (true, false) => self.hungry -= 1,
            _ => {}
        }
        self.events
            .extend(std::iter::from_fn(|| parser.next_event()));
        while self.weight > MAX_OPEN_BYTES && self.parsers.len() > 1 {
            self.close_oldest();
        }
    }

    fn close_oldest(&mut self) {
        let oldest = self.parsers.iter().min_by_key(|(_, (_, used))| *used);
        if let Some(key) = oldest.map(|(key, _)| key.clone())
            && let Some((parser, _)) = self.parsers.remove(&key)
        {
            self.close(parser);
        }
    }

    fn close(&mut self, mut parser: Parser) {
        self.weight = self.weight.saturating_sub(parser.open_bytes());
        if parser.wants_every_line() {
            self.hungry -= 1;
        }
        parser.finish();
        self.events
            .extend(std::iter::from_fn(|| parser.next_event()));
        self.unread
            .extend(std::iter::from_fn(|| parser.next_unread()));
    }

    fn finish(&mut self) {
        if !self.carry.is_empty() {
            self.end_line();
        }
        let mut parsers: Vec<(Parser, u64)> =
            self.parsers.drain().map(|(_, parser)| parser).collect();
        parsers.sort_by_key(|(_, used)| *used);
        for (parser, _) in parsers {
            self.close(parser);
        }
    }
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
