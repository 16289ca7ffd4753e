//! The figures of a report's block: counters, statistics, Mem-Info.

use super::state::Report;
use crate::bytes::Text;
use crate::event::{Counter, Evidence, Field, MemcgStats, StatValues};
use crate::limits::{MAX_STAT_BLOCKS, MAX_STAT_KEYS};
use crate::line::common::kib_to_bytes;
use crate::line::{self, CounterKind, CounterLine, StatsHeading};
use crate::stamp::Stamp;

/// The stats block whose entries are being read.
#[derive(Debug, Default)]
pub(super) struct StatsBlock {
    open: bool,
    /// Bytes of the block's lines with their newlines.
    bytes: usize,
    /// All entries have the same stamp: they are one record, which the kernel may have cut.
    one_record: bool,
    stamp: Option<(Option<u64>, Option<u64>)>,
    /// One line of a record with several lines was not a complete figure.
    cut: bool,
}

impl StatsBlock {
    /// Notes whether all entries have the same stamp.
    fn note(&mut self, stamp: &Stamp) {
        let record = (stamp.sequence, stamp.kernel_time_us);
        match self.stamp {
            None => {
                self.stamp = Some(record);
                self.one_record = record != (None, None);
            }
            Some(first) if first != record && record != (None, None) => self.one_record = false,
            Some(_) => {}
        }
    }
}

/// A record of this length or more was cut by the kernel: the limits are 976, 992 and 1,021 bytes, minus a
/// prefix.
const RECORD_LIMIT: usize = 960;

impl Report {
    pub(super) fn counter(&mut self, line: &CounterLine) {
        self.saw(Evidence::MemcgUsage);
        self.page_kib = self.page_kib.or(line.page_kib);
        let (slot, field) = match line.kind {
            CounterKind::Memory => (&mut self.memory, Field::Memory),
            CounterKind::MemorySwap => (&mut self.memory_swap, Field::MemorySwap),
            CounterKind::Swap => (&mut self.swap, Field::Swap),
            CounterKind::Kmem => (&mut self.kmem, Field::Kmem),
        };
        *slot = Some(Counter {
            usage_bytes: Some(kib_to_bytes(line.usage_kib)),
            limit_bytes: line.limit_kib.map(kib_to_bytes),
            failcnt: line.failcnt,
            ..Counter::default()
        });
        if line.cut {
            self.cut(field);
        }
    }

    pub(super) fn has_counter(&self, kind: CounterKind) -> bool {
        match kind {
            CounterKind::Memory => self.memory.is_some(),
            CounterKind::MemorySwap => self.memory_swap.is_some(),
            CounterKind::Swap => self.swap.is_some(),
            CounterKind::Kmem => self.kmem.is_some(),
        }
    }

    pub(super) fn stats_heading(&mut self, line: &StatsHeading<'_>) {
        self.end_stats();
        self.saw(Evidence::MemcgStats);
        if line.cut {
            self.cut(Field::MemcgStats);
        }
        if self.stats.len() >= MAX_STAT_BLOCKS {
            return self.cut(Field::MemcgStats);
        }
        let mut values = StatValues::with_capacity(if line.inline.is_empty() { 48 } else { 16 });
        inline_figures(line.inline, self.page_kib, &mut values);
        self.stats_block = StatsBlock {
            open: line.inline.is_empty(),
            ..StatsBlock::default()
        };
        self.stats.push(MemcgStats {
            path: Text::from(line.path),
            values,
        });
    }

    pub(super) fn is_stats_open(&self) -> bool {
        self.stats_block.open
    }

    /// Notes that `key value` lines came, with the report's last stamp.
    #[inline]
    pub(super) fn stat_stamp(&mut self) {
        self.stats_block.note(&self.last);
    }

    /// Takes one `key value` line of `len` bytes, whose stamp was noted.
    #[inline]
    pub(super) fn stat_entry(&mut self, key: &[u8], value: u64, len: usize) {
        let state = &mut self.stats_block;
        state.bytes = state.bytes.saturating_add(len).saturating_add(1);
        let Some(block) = self.stats.last_mut() else {
            return;
        };
        if block.values.len() >= MAX_STAT_KEYS {
            return self.cut(Field::MemcgStats);
        }
        block.values.push(key, value);
    }

    /// Takes a record of `key value` lines, or a line of `key:NKB` figures after a line break.
    pub(super) fn stat_entries(&mut self, message: &[u8], stamp: &Stamp) {
        for line in message.split(|byte| *byte == b'\n') {
            if let Some((key, value)) = line::stats::entry(line) {
                self.stats_block.note(stamp);
                self.stat_entry(key, value, line.len());
                continue;
            }
            self.stats_block.bytes = self.stats_block.bytes.saturating_add(line.len());
            self.stats_block.cut |= !line.is_empty() && line.len() < message.len();
            if let Some(block) = self.stats.last_mut() {
                inline_figures(line, self.page_kib, &mut block.values);
            }
        }
    }

    /// Ends the current block; the last line of a record that the kernel cut is dropped.
    pub(super) fn end_stats(&mut self) {
        let state = core::mem::take(&mut self.stats_block);
        let full = state.open && state.one_record && state.bytes >= RECORD_LIMIT;
        if full
            && !state.cut
            && let Some(block) = self.stats.last_mut()
        {
            // The last number may have lost digits.
            block.values.pop();
        }
        if full || state.cut {
            self.cut(Field::MemcgStats);
        }
    }

    pub(super) fn meminfo(&mut self, message: &[u8]) {
        let info = self.meminfo.get_or_insert_default();
        for line in message.split(|byte| *byte == b'\n') {
            line::meminfo::read(line, info);
        }
    }
}

/// Takes `key:NKB` figures, in bytes.
fn inline_figures(figures: &[u8], page_kib: Option<u64>, values: &mut StatValues) {
    for (key, kb) in line::stats::inline_figures(figures) {
        if values.len() >= MAX_STAT_KEYS {
            return;
        }
        if !line::stats::is_event_count(key) {
            values.push(key, kib_to_bytes(kb));
        } else if let Some(count) = page_kib.and_then(|page| kb.checked_div(page)) {
            // Vendor kernels print event counts through the macro that converts pages to KB.
            values.push(key, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Line, parse_line};

    /// The rest of a one-line list that was broken: a record that is no figure by itself was not cut.
    #[test]
    fn figures_after_a_line_break_are_whole() {
        let read = |message: &[u8]| {
            let mut report = Report::default();
            if let Line::StatsHeading(line) = parse_line(b"Memory cgroup stats for /a:") {
                report.stats_heading(&line);
            }
            report.stat_entries(message, &Stamp::default());
            report.end_stats();
            (report.stats[0].values.len(), report.truncated.is_empty())
        };
        assert_eq!(read(b" cache:4KB rss:8KB"), (2, true));
        assert_eq!(read(b"anon 4096\nfile 8192"), (2, true));
        // The last line of the record lost its end.
        assert_eq!(read(b"anon 4096\nfi"), (1, false));
    }
}
