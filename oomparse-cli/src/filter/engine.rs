//! Decides what happens to each record.

use super::answer::Answers;
use super::args::{FilterArgs, Protocol};
use super::cutter::Piece;
use crate::pods::Keeper;
use memchr::memchr;
use oomparse_core::OomEvent;
use oomparse_core::limits::MAX_LINE_LEN;
use oomparse_host::{Host, Json, Places};
use std::borrow::Cow;

/// Reads records, writes answers.
#[derive(Debug)]
pub(crate) struct Engine {
    protocol: Protocol,
    places: Places,
    only_events: bool,
    answers: Answers,
    host: Host<Keeper>,
}

impl Engine {
    /// An engine that has seen no records yet.
    pub(crate) fn new(args: &FilterArgs) -> Self {
        let names = match args.protocol {
            Protocol::Lines => Keeper::start(&args.pods),
            Protocol::Rsyslog => Keeper::start_silent(&args.pods),
        };
        Self {
            protocol: args.protocol,
            places: Places {
                text: args.key.clone().into_iter().collect(),
                stream: args.stream_key.clone(),
            },
            only_events: args.only_events,
            answers: Answers {
                key: args.key_out.clone(),
                names: args.names,
            },
            host: Host::new(args.parser(), names),
        }
    }

    /// Events that no record could carry, so far.
    pub(crate) fn late(&self) -> u64 {
        self.host.counts().late
    }

    /// Whether a kill may be waiting for a further line.
    pub(crate) fn is_waiting(&self) -> bool {
        self.only_events && self.host.is_in_report()
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

    /// Emits kills that wait for a further line, because none has come for a while.
    pub(crate) fn silence(&mut self, out: &mut Vec<u8>) {
        self.host.give_all_waiting();
        self.drain(out);
    }

    /// Ends the input: no more records come.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.host.finish();
        self.drain(out);
    }

    /// Handles events without a record of their own.
    fn drain(&mut self, out: &mut Vec<u8>) {
        if !self.only_events {
            return self.host.lose_rest();
        }
        while let Some((_, event)) = self.host.next_event(None) {
            out.extend_from_slice(self.answers.alone(&event).as_bytes());
            out.push(b'\n');
        }
    }

    fn pass_part(&self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.protocol == Protocol::Lines && !self.only_events {
            out.extend_from_slice(bytes);
        }
    }

    fn records(&mut self, records: &[u8], out: &mut Vec<u8>) {
        let by_itself = self.protocol == Protocol::Lines;
        if by_itself && !self.host.wants_of_any(records) {
            let text = records.strip_suffix(b"\n").unwrap_or(records);
            self.host.pass_over(&[], text);
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
        let own = if self.host.wants_of_any(line) && line.len() <= MAX_LINE_LEN {
            self.parse(line, out)
        } else {
            self.host.pass_over(&[], line);
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
                self.host.counts_mut().lost(&event);
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

    /// Parses a record that may matter; returns what it reports as one event, with names.
    fn parse(&mut self, line: &[u8], out: &mut Vec<u8>) -> Option<OomEvent> {
        let is_object = line.first() == Some(&b'{');
        let is_asked_for = !self.places.text.is_empty() || self.places.stream.is_some();
        let record = (is_object && is_asked_for)
            .then(|| Json::of(line))
            .flatten();
        let stream = record.map_or_else(Vec::new, |record| self.places.stream(&record));
        let line = match record {
            Some(record) if !self.places.text.is_empty() => self.places.line(&record)?,
            _ => Cow::Borrowed(line),
        };
        if self.only_events {
            self.host.push(&stream, &line);
            self.drain(out);
            return None;
        }
        // The answer cannot wait for another line.
        self.host.take(&stream, None, &line)
    }
}
