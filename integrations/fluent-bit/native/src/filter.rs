//! The filter without its host: a chunk in, a chunk out.

use crate::msgpack::Reader;
use crate::output;
use crate::pods::Pods;
use crate::record::{self, Line, Record};
use crate::settings::{Mode, Settings};
use oomparse_core::line::{self, parse_line};
use oomparse_core::{Framer, KeyedParser, OomEvent, Origin, WallTime};
use std::sync::Arc;
use std::time::Duration;

/// What the filter did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Chunks seen.
    pub chunks: u64,
    /// Chunks that were decoded.
    pub decoded: u64,
    /// Events put into their records, or given out alone.
    pub events: u64,
    /// Events that were complete only when their record was gone, and had nowhere to go.
    pub late: u64,
    /// Records left out, as was asked for.
    pub dropped: u64,
}

/// State and settings of one filter.
#[derive(Debug)]
pub struct Filter {
    settings: Settings,
    parsers: KeyedParser,
    pods: Pods,
    counts: Counts,
    /// Events that had no record to go to, as JSON, until the host's log takes them.
    homeless: Vec<String>,
}

/// Events of [`Filter::homeless`] at most; the others are only counted.
const MAX_HOMELESS: usize = 64;

/// The new chunk, begun when the first record changes.
struct Chunk<'a> {
    bytes: &'a [u8],
    /// What is written, if anything changed.
    out: Option<Vec<u8>>,
    /// The record before, if it did not matter by itself.
    refused: Option<Record<'a>>,
}

impl<'a> Chunk<'a> {
    /// The buffer to write to, in place of what follows `position` in the old chunk.
    fn from(&mut self, position: usize) -> &mut Vec<u8> {
        self.out.get_or_insert_with(|| {
            let mut out = Vec::with_capacity(self.bytes.len() + 4096);
            out.extend_from_slice(self.bytes.get(..position).unwrap_or_default());
            out
        })
    }

    fn copy(&mut self, record: &Record<'a>) {
        if let Some(out) = &mut self.out {
            out.extend_from_slice(record.bytes);
        }
    }
}

impl Filter {
    /// A filter with these settings, and what was wrong with its sources of names.
    #[must_use]
    pub fn new(settings: Settings) -> (Self, Vec<String>) {
        let (pods, complaints) = Pods::read(&settings.pods, &settings.labels);
        let filter = Self {
            parsers: KeyedParser::with_options(settings.parser.clone()),
            pods,
            counts: Counts::default(),
            homeless: Vec::new(),
            settings,
        };
        (filter, complaints)
    }

    /// How many pods are known by name.
    #[must_use]
    pub fn known_pods(&self) -> usize {
        self.pods.len()
    }

    /// Sets how long an unknown pod does not make the sources of names be read again.
    pub fn set_pause(&mut self, pause: Duration) {
        self.pods.set_pause(pause);
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes a chunk of log events; gives the new one, or nothing if it stays as it is.
    pub fn chunk(&mut self, bytes: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
        self.counts.chunks += 1;
        if !self.parsers.wants_every_line(tag) && !self.parsers.is_candidate(bytes) {
            return None;
        }
        self.counts.decoded += 1;
        let mut chunk = Chunk {
            bytes,
            out: None,
            refused: None,
        };
        let mut reader = Reader::new(bytes);
        while !reader.is_at_end() {
            let start = reader.position();
            let Some(record) = record::next(&mut reader, bytes) else {
                // Not a log event: whatever it is, it and what follows go on as they are.
                if let Some(out) = &mut chunk.out {
                    out.extend_from_slice(bytes.get(start..).unwrap_or_default());
                }
                break;
            };
            self.record(&record, tag, start, &mut chunk);
        }
        chunk.out
    }

    fn record<'a>(&mut self, record: &Record<'a>, tag: &[u8], start: usize, chunk: &mut Chunk<'a>) {
        let matters = record.seconds.is_some()
            && (self.parsers.wants_every_line(tag) || self.parsers.is_candidate(record.bytes));
        let line = matters.then(|| record.line(&self.settings.keys)).flatten();
        let Some(line) = line else {
            chunk.refused = Some(*record);
            return chunk.copy(record);
        };
        // An indented line may stand behind a newline in the record before it.
        let before = chunk.refused.take();
        if matches!(line.as_bytes(), [b' ' | b'\t', ..])
            && let Some(before) = before.and_then(|record| record.line(&self.settings.keys))
        {
            self.parsers.push_line(tag, before.as_bytes());
        }
        self.parsers.push_line(tag, line.as_bytes());
        match self.settings.mode {
            Mode::Enrich => self.enrich(record, tag, &line, start, chunk),
            Mode::Events => self.give_out(record, tag, &line, start, chunk),
        }
    }

    /// The event that this record completes goes into it.
    fn enrich<'a>(
        &mut self,
        record: &Record<'a>,
        tag: &[u8],
        line: &Line<'a>,
        start: usize,
        chunk: &mut Chunk<'a>,
    ) {
        let mut told = None;
        while let Some((of_tag, event)) = self.next_event(record) {
            if told.is_none() && *of_tag == *tag && event.is_told_by(line.as_bytes()) {
                told = Some(event);
            } else {
                self.counts.late += 1;
            }
        }
        let Some(event) = told else {
            return chunk.copy(record);
        };
        let mut changed = Vec::with_capacity(record.bytes.len() + 2048);
        let key = &self.settings.event_key;
        if output::enriched(record, &event, key, &mut changed).is_some() {
            self.counts.events += 1;
            chunk.from(start).extend_from_slice(&changed);
        } else {
            self.counts.late += 1;
            chunk.copy(record);
        }
    }

    /// Every event that is complete becomes a record behind this one.
    fn give_out<'a>(
        &mut self,
        record: &Record<'a>,
        tag: &[u8],
        line: &Line<'a>,
        start: usize,
        chunk: &mut Chunk<'a>,
    ) {
        if self.settings.drop_report && self.is_of_a_report(line) {
            self.counts.dropped += 1;
            chunk.from(start);
        } else {
            chunk.copy(record);
        }
        let end = start + record.bytes.len();
        while let Some((of_tag, event)) = self.next_event(record) {
            let mut alone = Vec::with_capacity(2048);
            let key = &self.settings.event_key;
            // A tag that had to make room for this one: its events are not this tag's.
            if *of_tag == *tag && output::alone(record, &event, key, &mut alone).is_some() {
                self.counts.events += 1;
                chunk.from(end).extend_from_slice(&alone);
            } else {
                self.counts.late += 1;
                self.keep_homeless(&event);
            }
        }
    }

    /// Whether a line is one of the killer's own, by its words and by who wrote it.
    fn is_of_a_report(&self, line: &Line<'_>) -> bool {
        let Some(frame) = Framer::new().frame(line.as_bytes()) else {
            return false;
        };
        let trusted = match frame.origin {
            Origin::Kernel => true,
            Origin::Unknown => !self.settings.parser.proven_only,
            _ => false,
        };
        // Figures are told from other text by the kernel's stamp alone.
        let stamped = frame.origin == Origin::Kernel || frame.kernel_time_us.is_some();
        trusted
            && match parse_line(&frame.message) {
                line::Line::Other | line::Line::Malformed => false,
                line::Line::StatEntry(..)
                | line::Line::StatEntries(_)
                | line::Line::Meminfo(_)
                | line::Line::Cpuset(_)
                | line::Line::TaskInfo(_) => stamped,
                _ => true,
            }
    }

    /// The next event that is complete, with names, and with the year of the record's own time.
    fn next_event(&mut self, record: &Record<'_>) -> Option<(Arc<[u8]>, OomEvent)> {
        let (tag, mut event) = self.parsers.next_event()?;
        let year = record.seconds.and_then(|seconds| {
            let of_record = WallTime::from_unix_micros(seconds.checked_mul(1_000_000)?)?;
            let year = of_record.year?;
            // A line of December in a record of January.
            let before = event
                .time
                .is_some_and(|time| time.month > of_record.month + 6);
            Some(if before { year - 1 } else { year })
        });
        event.time = event.time.map(|time| time.or(year, None));
        self.pods.enrich(&mut event);
        Some((tag, event))
    }

    fn keep_homeless(&mut self, event: &OomEvent) {
        if self.homeless.len() < MAX_HOMELESS {
            self.homeless.push(event.to_json());
        }
    }

    /// Events that have no record to go to though one was asked for, as JSON; some dozens at most.
    pub fn take_homeless(&mut self) -> Vec<String> {
        std::mem::take(&mut self.homeless)
    }

    /// Ends everything that is open; says how many events that gave, which have nowhere to go.
    pub fn finish(&mut self) -> u64 {
        self.parsers.finish();
        let mut open = 0;
        while let Some((_, mut event)) = self.parsers.next_event() {
            open += 1;
            self.pods.enrich(&mut event);
            self.keep_homeless(&event);
        }
        self.counts.late += open;
        open
    }
}
