//! Passes each kind of line to its reader.

use super::join::Cut;
use super::state::Report;
use super::{Assembler, Stamp, stable_hash};
use crate::bytes::Text;
use crate::event::Evidence;
use crate::line::{CpusetLine, Line};

impl Assembler {
    /// Takes a line of the killer that is neither a figure nor a row.
    pub(super) fn oom_line(&mut self, line: Line<'_>, message: &[u8], mut stamp: Stamp, cut: Cut) {
        let is_blocks = cfg!(feature = "perf") && is_of_block(&line);
        stamp.hash = match line {
            Line::TaskInfo(_) | Line::Cpuset(_) | Line::MeminfoHeading | Line::Suppressed(_) => 0,
            _ if is_blocks => 0,
            _ => stable_hash(&[message]),
        };
        match line {
            Line::Invoked(line) => self.invoked(&line, stamp),
            Line::Cpuset(line) => self.cpuset(&line, stamp),
            Line::TaskInfo(line) => self.task_info(&line, stamp),
            Line::TaskIn(line) => self.task_in(&line, stamp),
            Line::LimitReached(path) => self.limit_reached(path, &stamp),
            Line::Counter(line) => self.counter(&line, stamp),
            Line::StatsHeading(line) => self.stats_heading(&line, stamp),
            Line::MeminfoHeading => self.meminfo_heading(&stamp),
            Line::TasksState => self.table(None, &stamp),
            Line::TasksHeading(columns) => self.table(Some(columns), &stamp),
            Line::Selected(line) => self.selected(&line, stamp),
            Line::Summary(line) => {
                self.note_named(line.pid, &stamp);
                self.summary(&line, stamp, cut);
            }
            Line::Killed(line) => self.killed(&line, stamp),
            Line::SharingMm(line) => self.sharing_mm(&line, stamp),
            Line::Group(path) => self.group(path, stamp),
            Line::Exiting(line) => self.exiting(&line, stamp),
            Line::Reaped(line) => {
                self.note_named(Some(line.pid), &stamp);
                self.reaped(&line, stamp);
            }
            Line::Fatal(fatal) => self.fatal(fatal, stamp),
            Line::Suppressed(count) => self.reports_suppressed(count),
            Line::StatEntry(..)
            | Line::StatEntries(_)
            | Line::Meminfo(_)
            | Line::TaskRow(_)
            | Line::Malformed
            | Line::Other => {}
        }
        if is_blocks
            && let Some(report) = self.reports.owner_mut()
            && report.first.line == stamp.line
        {
            report.first.hash = stable_hash(&[message]);
        }
    }

    fn cpuset(&mut self, line: &CpusetLine<'_>, stamp: Stamp) {
        let report = self.head_of(line.comm, &stamp, |report| report.cpuset.is_none());
        if let Some(report) = report {
            report.cpuset = Some(Text::from(line.cpuset));
            report.saw(Evidence::Cpuset);
            report.last = stamp;
        }
    }

    fn limit_reached(&mut self, path: &[u8], stamp: &Stamp) {
        if let Some(report) = self.block(stamp, Report::is_block_begun, None) {
            report.saw(Evidence::LimitReached);
            report.oom_memcg = Some(Text::from(path));
        }
    }

    fn reports_suppressed(&mut self, count: u64) {
        self.suppressed = Some(self.suppressed.unwrap_or(0).saturating_add(count));
        let mut newest_first = self.reports.iter_mut().rev();
        if let Some(report) = newest_first.find(|report| !report.is_decided()) {
            report.saw(Evidence::Suppressed);
        }
    }
}

/// Whether a line is of a block: its hash is needed only if it opens a report. In small builds every line has one.
fn is_of_block(line: &Line<'_>) -> bool {
    matches!(
        line,
        Line::TaskIn(_)
            | Line::LimitReached(_)
            | Line::Counter(_)
            | Line::StatsHeading(_)
            | Line::TasksState
            | Line::TasksHeading(_)
    )
}
