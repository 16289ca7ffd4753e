//! The filter without its host: a chunk in, a chunk out.

use crate::counts::{Counts, Reports};
use crate::msgpack::Reader;
use crate::output;
use crate::record::{self, Record};
use crate::settings::{Mode, Settings};
use oomparse_core::{OomEvent, Taken};
use oomparse_host::{Host, Pods, Sources};
use oomparse_pods::PodTable;
use std::time::UNIX_EPOCH;

/// State and settings of one filter.
#[derive(Debug)]
pub struct Filter {
    settings: Settings,
    host: Host<Pods>,
    /// Without those of the host.
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
    /// How much of the old chunk is in it, or was left out of it.
    done: usize,
    /// Records that end before this position do not matter.
    next: usize,
    /// The record before, if it did not matter by itself.
    refused: Option<Record<'a>>,
    /// The log line before, and where it ends.
    last: Option<(Record<'a>, usize)>,
}

impl<'a> Chunk<'a> {
    /// The buffer to write to, with everything of the old chunk up to `position`.
    fn from(&mut self, position: usize) -> &mut Vec<u8> {
        // Room for as many events as a chunk of reports alone has, lest all be copied again to grow.
        let new = || Vec::with_capacity(self.bytes.len() + self.bytes.len() / 4 + 4096);
        let out = self.out.get_or_insert_with(new);
        let unchanged = self.bytes.get(self.done..position);
        out.extend_from_slice(unchanged.unwrap_or_default());
        self.done = self.done.max(position);
        out
    }
}

impl Filter {
    /// A filter with these settings, and what was wrong with its sources of names.
    #[must_use]
    pub fn new(settings: Settings) -> (Self, Vec<String>) {
        let mut table = PodTable::new();
        table.keep_labels(&settings.labels);
        let sources = match settings.pods.as_slice() {
            [own] if settings.pods_by_default => Sources::of_the_node(own.as_ref()),
            named => Sources::new(named),
        };
        let pods = Pods::of(sources, table);
        let complaints = pods.reload();
        let mut host = Host::new(settings.parser.clone(), pods);
        if settings.since_start
            && let Ok(now) = UNIX_EPOCH.elapsed()
        {
            host.set_since(now.as_secs());
        }
        let filter = Self {
            host,
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
        self.host.names().table().pods()
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let host = self.host.counts();
        Counts {
            events: host.events,
            kills: host.kills,
            late: host.late,
            old: host.old,
            ..self.counts
        }
    }

    /// Takes a chunk of log events; returns the new one, or `None` if it stays as it is.
    pub fn chunk(&mut self, bytes: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
        self.counts.chunks += 1;
        let changed = self.with_events(bytes, tag);
        let counts = self.counts();
        match self.reports.if_due(&counts, bytes) {
            None => changed,
            Some(counts) => {
                let mut out = changed.unwrap_or_else(|| bytes.to_vec());
                out.extend_from_slice(&counts);
                Some(out)
            }
        }
    }

    fn with_events(&mut self, bytes: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
        if !self.host.wants(tag, bytes) {
            return None;
        }
        self.counts.decoded += 1;
        let mut chunk = Chunk {
            bytes,
            out: None,
            done: 0,
            next: 0,
            refused: None,
            last: None,
        };
        let mut reader = Reader::new(bytes);
        let mut end = 0;
        while let Some(record) = record::next(&mut reader, bytes) {
            let is_new_run = match (record.seconds, chunk.last) {
                (Some(_), Some((last, _))) => {
                    self.host.is_old(last.seconds) && !self.host.is_old(record.seconds)
                }
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
        if chunk.out.is_some() {
            // Also what is not a log event, and what follows it.
            chunk.from(bytes.len());
        }
        chunk.out
    }

    /// No further line comes in this chunk, or in this group of it: the next one may be hours away, or never come.
    fn end_run<'a>(&mut self, tag: &[u8], chunk: &mut Chunk<'a>) {
        if self.settings.mode == Mode::Events
            && let Some((last, end)) = chunk.last.take()
        {
            self.host.give_waiting(tag);
            self.give_complete(&last, tag, end, chunk);
        }
    }

    fn record<'a>(&mut self, record: &Record<'a>, tag: &[u8], start: usize, chunk: &mut Chunk<'a>) {
        let matters = record.seconds.is_some() && self.matters(tag, start, record, chunk);
        let line = matters
            .then(|| record.line(&self.settings.places))
            .flatten();
        let Some(line) = line else {
            chunk.refused = Some(*record);
            return;
        };
        // What matters may open a report, or end one.
        chunk.next = 0;
        // An indented line may follow a newline in the record before it.
        let before = chunk.refused.take();
        if matches!(&*line, [b' ' | b'\t', ..])
            && let Some(before) = before.and_then(|record| record.line(&self.settings.places))
        {
            self.host.pass_over(tag, &before);
        }
        match self.settings.mode {
            Mode::Enrich => self.enrich(record, tag, &line, start, chunk),
            Mode::Events => {
                let taken = self.host.push(tag, &line);
                self.give_out(record, tag, taken, start, chunk);
            }
        }
    }

    /// Whether a record matters. Of many that do not, all are searched at once.
    fn matters(
        &self,
        tag: &[u8],
        start: usize,
        record: &Record<'_>,
        chunk: &mut Chunk<'_>,
    ) -> bool {
        let end = start + record.bytes.len();
        if end <= chunk.next {
            return false;
        }
        if chunk.next <= start {
            let rest = chunk.bytes.get(start..).unwrap_or_default();
            chunk.next = match self.host.next_wanted(tag, rest) {
                Some(at) => start + at,
                None => chunk.bytes.len(),
            };
        }
        chunk.next < end && self.host.wants(tag, record.bytes)
    }

    /// The event that this record completes goes into it.
    fn enrich<'a>(
        &mut self,
        record: &Record<'a>,
        tag: &[u8],
        line: &[u8],
        start: usize,
        chunk: &mut Chunk<'a>,
    ) {
        let Some(event) = self.host.take(tag, record.seconds, line) else {
            return;
        };
        let mut changed = Vec::with_capacity(record.bytes.len() + 2048);
        let key = &self.settings.event_key;
        if output::enriched(record, &event, key, &mut changed).is_some() {
            self.host.counts_mut().gave(&event);
            chunk.from(start).extend_from_slice(&changed);
            chunk.done = start + record.bytes.len();
        } else {
            self.host.counts_mut().lost(&event);
        }
    }

    /// Every event that is complete becomes a record after this one.
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
            chunk.done = start + record.bytes.len();
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
        while let Some((of_tag, event)) = self.host.next_event(like.seconds) {
            let mut alone = Vec::with_capacity(2048);
            let key = &self.settings.event_key;
            // A tag that had to make room for this one: its events are not this tag's.
            if *of_tag == *tag && output::alone(like, &event, key, &mut alone).is_some() {
                self.host.counts_mut().gave(&event);
                chunk.from(end).extend_from_slice(&alone);
            } else {
                self.host.counts_mut().lost(&event);
                self.keep_homeless(&event);
            }
        }
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
        self.host.finish();
        let mut open = 0;
        while let Some((_, event)) = self.host.next_event(None) {
            open += 1;
            self.host.counts_mut().lost(&event);
            self.keep_homeless(&event);
        }
        open
    }
}
