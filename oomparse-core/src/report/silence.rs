//! What leaves because the log has gone on for too long: a host may fall silent in the middle of a report, and
//! whoever reads a part of the log alone knows nothing of what stands far in front of it.
//!
//! | held | leaves, or is forgotten |
//! |---|---|
//! | a report, with what waits in it | [`MAX_REPORT_LEN`](crate::limits::MAX_REPORT_LEN) bytes behind its first line |
//! | a message that waits for its rest | as far behind its first piece: it is read as it is |
//! | the last line that names a victim | as far behind it |
//! | the clock of the last line | as far behind it: the next line steps back from none |

use super::Assembler;
use super::doubt::Doubt;
use super::stamp::Stamp;
use crate::event::OomEvent;
use alloc::collections::VecDeque;

impl Assembler {
    /// Up to how many bytes of the log all may stay as it is; nothing where nothing is held.
    pub(crate) fn due(&self) -> Option<u64> {
        let pending = self.pending.iter().map(|pending| pending.stamp.at);
        let reports = self.reports.iter().map(|report| report.first.at);
        let decision = self.decision.iter().map(|decision| decision.stamp.at);
        let oldest = pending.chain(reports).chain(decision).min()?;
        Some(oldest.saturating_add(self.max_report_len))
    }

    /// Lets go of what is due at or before so many bytes of the log.
    pub(crate) fn let_go(&mut self, at: u64, out: &mut VecDeque<OomEvent>) {
        let max_len = self.max_report_len;
        let is_due = |stamp: &Stamp| stamp.at.saturating_add(max_len) <= at;
        if let Some(pending) = self.pending.take_if(|pending| is_due(&pending.stamp)) {
            self.read_pending(&pending, out);
        }
        self.decision.take_if(|decision| is_due(&decision.stamp));
        while let Some(first) = self.reports.iter().position(|it| is_due(&it.first)) {
            self.close(first, out);
        }
        self.find_out_hunger();
    }

    /// Looks at a line's clock beside that of the line before.
    pub(super) fn compare_clocks(&mut self, stamp: &Stamp) {
        if stamp.at.saturating_sub(self.stamp.at) > self.max_report_len {
            self.doubt = Doubt::default();
        } else {
            self.doubt.see(stamp, &self.stamp);
        }
    }

    /// The stamp of a line that is as the last one was, but for its clock and its place.
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
