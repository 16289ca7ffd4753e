//! What becomes of each record.

use super::answer::Answers;
use super::args::{FilterArgs, Protocol};
use super::cutter::Piece;
use super::path;
use crate::pods::Keeper;
use memchr::memchr;
use oomparse_core::limits::MAX_LINE_LEN;
use oomparse_core::{KeyedParser, OomEvent};
use oomparse_host::Key;
use std::borrow::Cow;

/// Reads records, writes answers.
#[derive(Debug)]
pub(crate) struct Engine {
    protocol: Protocol,
    key: Option<Key>,
    stream_key: Option<Key>,
    only_events: bool,
    answers: Answers,
    parsers: KeyedParser,
    names: Keeper,
    /// A report is being printed in one of the streams: ordinary records matter.
    hungry: bool,
    late: u64,
}

impl Engine {
    /// An engine that has seen nothing.
    pub(crate) fn new(args: &FilterArgs) -> Self {
        Self {
            protocol: args.protocol,
            key: args.key.clone(),
            stream_key: args.stream_key.clone(),
            only_events: args.only_events,
            answers: Answers {
                key: args.key_out.clone(),
                names: args.names,
            },
            parsers: KeyedParser::with_options(args.parser()),
            names: match args.protocol {
                Protocol::Lines => Keeper::start(&args.pods),
                Protocol::Rsyslog => Keeper::start_silent(&args.pods),
            },
            hungry: false,
            late: 0,
        }
    }

    /// Events that no record could carry, so far.
    pub(crate) fn late(&self) -> u64 {
        self.late
    }

    /// Whether a kill may be waiting for a further line.
    pub(crate) fn is_waiting(&self) -> bool {
        self.only_events && self.hungry
    }

    /// Answers a piece of the input.
    pub(crate) fn take(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) {
        match piece {
            Piece::Records(records) => self.records(records, out),
            Piece::Part(bytes) => self.pass_part(bytes, out),
            Piece::LastPart(bytes) => {
                self.pass_part(bytes, out);
                if self.protocol == Protocol::Rsyslog {
                    out.extend_from_slice(b"{}\n");
                }
            }
        }
    }

    /// Gives out kills that wait for a further line: none has come for a while.
    pub(crate) fn silence(&mut self, out: &mut Vec<u8>) {
        self.parsers.give_all_waiting();
        self.drain(out);
        self.hungry = self.parsers.any_wants_every_line();
    }

    /// Says that no more records come.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.parsers.finish();
        self.drain(out);
        self.hungry = false;
    }

    /// Events without a record of their own.
    fn drain(&mut self, out: &mut Vec<u8>) {
        while let Some((_, event)) = self.parsers.next_event() {
            if self.only_events {
                self.alone(event, out);
            } else {
                self.late += 1;
            }
        }
    }

    fn alone(&mut self, mut event: OomEvent, out: &mut Vec<u8>) {
        self.names.name(&mut event);
        out.extend_from_slice(self.answers.alone(&event).as_bytes());
        out.push(b'\n');
    }

    fn pass_part(&self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.protocol == Protocol::Lines && !self.only_events {
            out.extend_from_slice(bytes);
        }
    }

    fn records(&mut self, records: &[u8], out: &mut Vec<u8>) {
        let by_itself = self.protocol == Protocol::Lines;
        if by_itself && !self.hungry && !self.parsers.is_candidate(records) {
            let text = records.strip_suffix(b"\n").unwrap_or(records);
            self.parsers.pass_over(&[], text);
            if !self.only_events {
                out.extend_from_slice(records);
            }
            return;
        }
        let mut rest = records;
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (record, others) = rest.split_at(end);
            self.record(record, out);
            rest = others;
        }
    }

    /// One record with its line end.
    fn record(&mut self, whole: &[u8], out: &mut Vec<u8>) {
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let end = whole.get(line.len()..).unwrap_or_default();
        let matters = self.hungry || self.parsers.is_candidate(line);
        let own = if matters && line.len() <= MAX_LINE_LEN {
            self.parse(line, out)
        } else {
            self.parsers.pass_over(&[], line);
            None
        };
        if self.only_events {
            return;
        }
        if self.protocol == Protocol::Rsyslog {
            let answer = own.map(|event| self.answers.rsyslog(&event));
            out.extend_from_slice(answer.as_deref().unwrap_or("{}").as_bytes());
            return out.push(b'\n');
        }
        let answer = own.and_then(|event| {
            let answer = self.answers.record(line, &event);
            if answer.is_none() {
                self.late += 1 + event.others.len() as u64;
            }
            answer
        });
        match answer {
            Some(answer) => {
                out.extend_from_slice(answer.as_bytes());
                out.extend_from_slice(end);
            }
            None => out.extend_from_slice(whole),
        }
    }

    /// Parses a record that may matter; gives what it tells as one event, named.
    fn parse(&mut self, line: &[u8], out: &mut Vec<u8>) -> Option<OomEvent> {
        let text = str::from_utf8(line).unwrap_or_default();
        let is_object = line.first() == Some(&b'{');
        let stream = match &self.stream_key {
            Some(path) if is_object => stream_of(text, path),
            _ => Vec::new(),
        };
        let record = match &self.key {
            Some(path) if is_object => with_text_first(text, path)?,
            _ => Cow::Borrowed(line),
        };
        let mut own = None;
        if self.only_events {
            self.parsers.push_line(&stream, &record);
            self.drain(out);
        } else {
            // The answer cannot wait for another line.
            let late = &mut self.late;
            own = self
                .parsers
                .push_record(&stream, &record, |_, _| *late += 1);
        }
        self.hungry = self.parsers.any_wants_every_line();
        if let Some(event) = &mut own {
            self.names.name(event);
            for other in &mut event.others {
                self.names.name(other);
            }
        }
        own
    }
}

/// What names the log that a record is of.
fn stream_of(record: &str, path: &Key) -> Vec<u8> {
    let value = path::find(record, path);
    value.map_or_else(Vec::new, |value| value.get().as_bytes().to_vec())
}

/// The record with its text under `message`, before everything else: so it is found there, and what
/// else the record says still counts. Nothing for a record without it.
fn with_text_first<'r>(record: &'r str, path: &Key) -> Option<Cow<'r, [u8]>> {
    let text = path::find(record, path)?;
    let rest = record.get(1..)?;
    Some(Cow::Owned(
        format!("{{\"message\":{},{rest}", text.get()).into_bytes(),
    ))
}
