//! The short way of lines whose kind shows at a glance, into the one report that is open.

use super::{Assembler, Stamp};
use crate::limits::{MAX_IDLE_LINES, MAX_REAPER_DELAY_US, MAX_REPORT_GAP_US};
use crate::parser::plain::Glance;

impl Assembler {
    /// Takes a line whose record was like the last one, but for its time; says whether it did. What it
    /// does not take must be read as any other line.
    #[inline(always)]
    pub(crate) fn glance(&mut self, line: Glance<'_>, kernel_time_us: u64) -> bool {
        let ([report], None) = (self.reports.as_mut_slice(), &self.pending) else {
            return false;
        };
        let max_us = match line {
            Glance::Figure(..) | Glance::Row(_) => MAX_REPORT_GAP_US,
            Glance::Noise => MAX_REAPER_DELAY_US,
        };
        if report.waiting.is_some()
            || report.first.caller.is_some()
            || !report.last.is_followed_at(kernel_time_us, max_us)
        {
            return false;
        }
        let number = self.lines.wrapping_add(1);
        let stamp = || Stamp {
            kernel_time_us: Some(kernel_time_us),
            line: number,
            ..self.stamp
        };
        match line {
            Glance::Figure(key, value, len) if report.is_stats_open() => {
                report.last = stamp();
                report.stat_stamp();
                report.stat_entry(key, value, len);
                report.idle_lines = 0;
            }
            Glance::Row(row) if report.columns.is_some() && !report.is_decided() => {
                report.last = stamp();
                report.task_row(&row, self.keep_tasks);
                report.idle_lines = 0;
            }
            Glance::Noise if report.idle_lines < MAX_IDLE_LINES => {
                report.idle_lines = report.idle_lines.saturating_add(1);
            }
            _ => return false,
        }
        self.lines = number;
        true
    }

    /// Takes a figure behind one that was taken, in a line that begins with the very same bytes.
    #[inline]
    pub(crate) fn figure_again(&mut self, key: &[u8], value: u64, len: usize) {
        if let [report] = self.reports.as_mut_slice() {
            self.lines = self.lines.wrapping_add(1);
            report.last.line = self.lines;
            report.stat_entry(key, value, len);
        }
    }
}
