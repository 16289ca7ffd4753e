//! What is emitted because the log has gone on for too long: a host may fall silent in the middle of a report,
//! and whoever reads only a part of the log does not know what is far before it.
//!
//! | held | emitted, or forgotten |
//! |---|---|
//! | a report, with everything that waits in it | [`MAX_REPORT_LEN`](crate::limits::MAX_REPORT_LEN) bytes after its first line |
//! | a message that waits for its rest | as far after its first piece: it is read as it is |
//! | the last line that names a victim | as far after it |
//! | the clock of the last line | as far after it: the next line then never steps back |

use super::Assembler;
use super::doubt::Doubt;
use crate::stamp::Stamp;

impl Assembler {
    /// Up to which byte of the log everything may stay as it is; `None` if nothing is held.
    pub(crate) fn due(&self) -> Option<u64> {
        let pending = self.pending.iter().map(|pending| pending.stamp.at);
        let reports = self.reports.iter().map(|report| report.first.at);
        let decision = self.decision.iter().map(|decision| decision.stamp.at);
        let oldest = pending.chain(reports).chain(decision).min()?;
        Some(oldest.saturating_add(self.max_report_len))
    }

    /// Emits and forgets what is due at or before this position in the log.
    pub(crate) fn let_go(&mut self, at: u64) {
        let max_len = self.max_report_len;
        let is_due = |stamp: &Stamp| stamp.at.saturating_add(max_len) <= at;
        if let Some(pending) = self.pending.take_if(|pending| is_due(&pending.stamp)) {
            self.read_pending(&pending);
        }
        self.decision.take_if(|decision| is_due(&decision.stamp));
        self.close_where(|report| is_due(&report.first));
        self.find_out_hunger();
    }

    /// Compares a line's clock with that of the line before.
    pub(super) fn compare_clocks(&mut self, stamp: &Stamp) {
        if stamp.at.saturating_sub(self.stamp.at) > self.max_report_len {
            self.doubt = Doubt::default();
        } else {
            self.doubt.see(stamp, &self.stamp);
        }
    }

    /// The stamp of a line that differs from the last one only in its clock and its position.
    #[inline]
    pub(super) fn next_stamp(&mut self, kernel_time_us: u64, at: u64) -> Stamp {
        let before = self.stamp.kernel_time_us.replace(kernel_time_us);
        self.stamp.line = self.lines;
        self.stamp.at = at;
        let stamp = self.stamp;
        if before > stamp.kernel_time_us {
            let before = Stamp {
                kernel_time_us: before,
                ..stamp
            };
            self.doubt.see(&stamp, &before);
        }
        stamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at: u64, seconds: u64) -> Stamp {
        Stamp {
            kernel_time_us: Some(seconds * 1_000_000),
            at,
            ..Stamp::default()
        }
    }

    /// Whether a line so many bytes after one of 5,000 s casts doubt on what comes after it.
    fn is_doubted(bytes: u64, seconds: u64) -> bool {
        let mut assembler = Assembler {
            max_report_len: 100,
            stamp: at(1000, 5000),
            ..Assembler::default()
        };
        assembler.compare_clocks(&at(1000 + bytes, seconds));
        assembler.doubt.is_any()
    }

    #[test]
    fn a_clock_steps_back_only_from_a_line_that_is_near() {
        assert!(is_doubted(1, 4000) && is_doubted(100, 4000));
        assert!(!is_doubted(1, 5000) && !is_doubted(1, 5001));
        // What is so far above may not even have been read.
        assert!(!is_doubted(101, 4000) && !is_doubted(5000, 4000));
    }

    #[test]
    fn a_line_that_differs_in_its_clock_alone_may_step_back_too() {
        let is_doubted = |seconds: u64| {
            let mut assembler = Assembler {
                stamp: at(1000, 5000),
                ..Assembler::default()
            };
            let stamp = assembler.next_stamp(seconds * 1_000_000, 1100);
            assert_eq!((stamp.since(&at(0, seconds)), stamp.at), (Some(0), 1100));
            assembler.doubt.is_any()
        };
        assert!(is_doubted(4000));
        assert!(!is_doubted(5000) && !is_doubted(5001));
    }
}
