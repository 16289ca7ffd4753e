//! The short way of lines whose kind shows at a glance, into the one report that is open.

use super::{Assembler, Stamp};
use crate::limits::{MAX_IDLE_LINES, MAX_REAPER_DELAY_US};
use crate::parser::plain::Glance;

impl Assembler {
    /// Takes a line whose record was like the last one, but for its time; says whether it did. What it
    /// does not take must be read as any other line.
    pub(crate) fn glance(&mut self, line: Glance<'_>, kernel_time_us: u64) -> bool {
        let ([report], None) = (self.reports.as_mut_slice(), &self.pending) else {
            return false;
        };
        let stamp = Stamp {
            kernel_time_us: Some(kernel_time_us),
            line: self.lines.wrapping_add(1),
            ..self.stamp
        };
        if report.waiting.is_some() || report.first.caller.is_some() {
            return false;
        }
        match line {
            Glance::Figure(key, value, len)
                if report.is_stats_open() && stamp.follows(&report.last) =>
            {
                report.stat_entry(key, value, len, &stamp);
            }
            Glance::Row(row)
                if report.columns.is_some()
                    && !report.is_decided()
                    && stamp.follows(&report.last) =>
            {
                report.task_row(&row, self.keep_tasks);
            }
            Glance::Noise
                if report.idle_lines < MAX_IDLE_LINES
                    && stamp.follows_within(&report.last, MAX_REAPER_DELAY_US) =>
            {
                report.idle_lines = report.idle_lines.saturating_add(1);
                self.lines = stamp.line;
                return true;
            }
            _ => return false,
        }
        report.last = stamp;
        report.idle_lines = 0;
        self.lines = stamp.line;
        true
    }
}
