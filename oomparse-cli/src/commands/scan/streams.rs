//! One log as one stream, or as one for each machine: a parser each.

use super::options::ScanOptions;
use super::stream_by::StreamBy;
use oomparse_core::limits::{MAX_LINE_LEN, MAX_OPEN_BYTES, MAX_STREAMS};
use oomparse_core::{OomEvent, Options, Parser};
use std::collections::{HashMap, VecDeque};

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
    /// How many parsers are in a report, so that they want every line.
    in_report: usize,
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
            in_report: 0,
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
        if self.in_report == 0 && !self.sieve.is_candidate(line) {
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
            (false, true) => self.in_report += 1,
            (true, false) => self.in_report -= 1,
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
            self.in_report -= 1;
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
