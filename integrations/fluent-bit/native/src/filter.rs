//! The filter without its host: a chunk in, a chunk out.

use crate::counts::{Counts, Reports};
use crate::msgpack::Reader;
use crate::output;
use crate::record::{self, Line, Record};
use crate::settings::{Mode, Settings};
use oomparse_core::{KeyedParser, OomEvent, Taken, WallTime};
use oomparse_host::Sources;
use oomparse_pods::PodTable;
use std::time::UNIX_EPOCH;

/// State and settings of one filter.
#[derive(Debug)]
pub struct Filter {
    settings: Settings,
    parsers: KeyedParser,
    sources: Sources,
    pods: PodTable,
    /// Kills whose records are older are not given out; seconds since 1970.
    since: u64,
    counts: Counts,
    reports: Reports,
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
    /// The log line before, and where it ends.
    last: Option<(Record<'a>, usize)>,
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
        let mut pods = PodTable::new();
        pods.keep_labels(&settings.labels);
        let mut sources = match settings.pods.as_slice() {
            [own] if settings.pods_by_default => Sources::of_the_node(own.as_ref()),
            named => Sources::new(named),
        };
        let complaints = sources.load(&mut pods);
        let filter = Self {
            parsers: KeyedParser::with_options(settings.parser.clone()),
            sources,
            pods,
            since: match UNIX_EPOCH.elapsed() {
                Ok(now) if settings.since_start => now.as_secs(),
                _ => 0,
            },
            counts: Counts::default(),
            reports: Reports::every(settings.counts_every),
            homeless: Vec::new(),
            settings,
        };
        (filter, complaints)
    }

    /// How many pods are known by name.
    #[must_use]
    pub fn known_pods(&self) -> usize {
        self.pods.pods()
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes a chunk of log events; gives the new one, or nothing if it stays as it is.
    pub fn chunk(&mut self, bytes: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
        self.counts.chunks += 1;
        let changed = self.with_events(bytes, tag);
        match self.reports.if_due(&self.counts, bytes) {
            None => changed,
            Some(counts) => {
                let mut out = changed.unwrap_or_else(|| bytes.to_vec());
                out.extend_from_slice(&counts);
                Some(out)
            }
        }
    }

    fn with_events(&mut self, bytes: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
        if !self.parsers.wants_every_line(tag) && !self.parsers.is_candidate(bytes) {
            return None;
        }
        self.counts.decoded += 1;
        let mut chunk = Chunk {
            bytes,
            out: None,
            refused: None,
            last: None,
        };
        let mut reader = Reader::new(bytes);
        let mut end = 0;
        while let Some(record) = record::next(&mut reader, bytes) {
            let is_new_run = match (record.seconds, chunk.last) {
                (Some(_), Some((last, _))) => self.is_old(&last) && !self.is_old(&record),
                (seconds, _) => seconds.is_none(),
            };
            if is_new_run {
                self.end_run(tag, &mut chunk);
            }
            self.record(&record, tag, end, &mut chunk);
            end = reader.position();
            if record.seconds.is_some() {
                chunk.last = Some((record, end));
            }
        }
        self.end_run(tag, &mut chunk);
        // What is no log event, and what follows it, goes on as it is.
        if let Some(out) = &mut chunk.out {
            out.extend_from_slice(bytes.get(end..).unwrap_or_default());
        }
        chunk.out
    }

    /// No further line comes in this chunk, or in this group of it: the next one may be hours away, or never come.
    fn end_run<'a>(&mut self, tag: &[u8], chunk: &mut Chunk<'a>) {
        if self.settings.mode == Mode::Events
            && let Some((last, end)) = chunk.last.take()
        {
            self.parsers.give_waiting(tag);
            self.give_complete(&last, tag, end, chunk);
        }
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
            self.parsers.pass_over(tag, before.as_bytes());
        }
        match self.settings.mode {
            Mode::Enrich => self.enrich(record, tag, &line, start, chunk),
            Mode::Events => {
                let taken = self.parsers.push_line(tag, line.as_bytes());
                self.give_out(record, tag, taken, start, chunk);
            }
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
        let late = &mut self.counts.late;
        let told = self
            .parsers
            .push_record(tag, line.as_bytes(), |_, _| *late += 1);
        let Some(event) = told.and_then(|event| self.completed(event, record)) else {
            return chunk.copy(record);
        };
        let mut changed = Vec::with_capacity(record.bytes.len() + 2048);
        let key = &self.settings.event_key;
        if output::enriched(record, &event, key, &mut changed).is_some() {
            self.counts.gave(&event);
            chunk.from(start).extend_from_slice(&changed);
        } else {
            self.counts.late += 1 + event.others.len() as u64;
            chunk.copy(record);
        }
    }

    /// Every event that is complete becomes a record behind this one.
    fn give_out<'a>(
        &mut self,
        record: &Record<'a>,
        tag: &[u8],
        taken: Taken,
        start: usize,
        chunk: &mut Chunk<'a>,
    ) {
        if self.settings.drop_report && taken.is_of_report {
            self.counts.dropped += 1;
            chunk.from(start);
        } else {
            chunk.copy(record);
        }
        self.give_complete(record, tag, start + record.bytes.len(), chunk);
    }

    /// Every event that is complete becomes a record with the time of the one that ends there.
    fn give_complete<'a>(
        &mut self,
        like: &Record<'a>,
        tag: &[u8],
        end: usize,
        chunk: &mut Chunk<'a>,
    ) {
        while let Some((of_tag, event)) = self.parsers.next_event() {
            let Some(event) = self.completed(event, like) else {
                continue;
            };
            let mut alone = Vec::with_capacity(2048);
            let key = &self.settings.event_key;
            // A tag that had to make room for this one: its events are not this tag's.
            if *of_tag == *tag && output::alone(like, &event, key, &mut alone).is_some() {
                self.counts.gave(&event);
                chunk.from(end).extend_from_slice(&alone);
            } else {
                self.counts.late += 1;
                self.keep_homeless(&event);
            }
        }
    }

    /// Whether a record is from before the start, and that matters.
    fn is_old(&self, record: &Record<'_>) -> bool {
        record.seconds.is_some_and(|seconds| seconds < self.since)
    }

    /// An event with names, and with the year of the record's own time; nothing of one that is too old.
    fn completed(&mut self, mut event: OomEvent, record: &Record<'_>) -> Option<OomEvent> {
        if self.is_old(record) {
            self.counts.old += 1;
            return None;
        }
        let of_record = record
            .seconds
            .and_then(|seconds| WallTime::from_unix_micros(seconds.checked_mul(1_000_000)?));
        self.complete(&mut event, of_record);
        for other in &mut event.others {
            self.complete(other, of_record);
        }
        Some(event)
    }

    fn complete(&mut self, event: &mut OomEvent, of_record: Option<WallTime>) {
        let year = of_record.and_then(|of_record| {
            let year = of_record.year?;
            // A line of December in a record of January.
            let before = event
                .time
                .is_some_and(|time| time.month > of_record.month + 6);
            Some(if before { year - 1 } else { year })
        });
        event.time = event.time.map(|time| time.or(year, None));
        self.sources.name(event, &mut self.pods);
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
            self.sources.name(&mut event, &mut self.pods);
            self.keep_homeless(&event);
        }
        self.counts.late += open;
        open
    }
}
