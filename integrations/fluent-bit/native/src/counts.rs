//! What the filter counts, and the record with the counts.

use crate::msgpack::{Reader, write_map, write_text, write_unsigned};
use crate::record;
use std::time::{Duration, Instant};

/// What the filter did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Chunks seen.
    pub chunks: u64,
    /// Chunks that were decoded.
    pub decoded: u64,
    /// Events put into their records, or emitted alone.
    pub events: u64,
    /// Those of them that name a killed process.
    pub kills: u64,
    /// Events that were complete only when their record was gone, and had nowhere to go.
    pub late: u64,
    /// Events of before the start that were not emitted, as was asked for.
    pub old: u64,
    /// Records left out, as was asked for.
    pub dropped: u64,
}

impl Counts {
    /// As the body of a record.
    fn body(&self) -> Vec<u8> {
        let counts = [
            ("chunks", self.chunks),
            ("decoded", self.decoded),
            ("events", self.events),
            ("kills", self.kills),
            ("late", self.late),
            ("old", self.old),
            ("dropped", self.dropped),
        ];
        let mut body = Vec::with_capacity(128);
        write_map(&mut body, 1);
        write_text(&mut body, "oomparse");
        write_map(&mut body, 1 + counts.len());
        write_text(&mut body, "schema");
        write_text(&mut body, "oomparse.counts/1");
        for (name, count) in counts {
            write_text(&mut body, name);
            write_unsigned(&mut body, count);
        }
        body
    }
}

/// When the next record with the counts is due.
#[derive(Debug)]
pub(crate) struct Reports {
    every: Option<Duration>,
    last: Instant,
}

impl Reports {
    /// So often, or never.
    pub(crate) fn every(every: Option<Duration>) -> Self {
        let last = Instant::now();
        Self { every, last }
    }

    /// A record of the counts to follow this chunk, if it is time. Its head is that of the chunk's last log
    /// event; a chunk that does not end after a log event, or after the mark that ends a group, waits for the next.
    pub(crate) fn if_due(&mut self, counts: &Counts, chunk: &[u8]) -> Option<Vec<u8>> {
        if self.last.elapsed() < self.every? {
            return None;
        }
        let mut reader = Reader::new(chunk);
        let (mut head, mut end) = (None, 0);
        while let Some(record) = record::next(&mut reader, chunk) {
            end = reader.position();
            if record.seconds.is_some() {
                head = Some(record.head);
            }
        }
        if end != chunk.len() {
            return None;
        }
        self.last = Instant::now();
        let mut told = head?.to_vec();
        told.extend_from_slice(&counts.body());
        Some(told)
    }
}
