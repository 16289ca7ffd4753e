//! Lines of a report's block: its first line, the counters, the figures, the task table.

use super::reports::ReportId;
use super::state::{self, Report};
use super::{Assembler, INTERLEAVE_US, is_near, stable_hash};
use crate::bytes::Text;
use crate::event::Evidence;
use crate::limits::{MAX_IDLE_LINES, MAX_OPEN_REPORTS, MAX_REAPER_DELAY_US};
use crate::line::common::is_at_or_below;
use crate::line::{
    Columns, CounterLine, Invoked, Line, Row, StatsHeading, TaskIn, TaskInfo, parse_line,
};
use crate::stamp::Stamp;
use alloc::vec::Vec;

impl Assembler {
    pub(super) fn invoked(&mut self, line: &Invoked<'_>, stamp: Stamp) {
        self.make_room(&stamp);
        let mut report = Report::new(stamp);
        report.invoked(line);
        let owner_prints = self.reports.owner().is_some_and(|owner| {
            owner.has_block() && owner.columns.is_none() && is_near(&stamp, &owner.last)
        });
        let id = self.reports.push(report);
        if !owner_prints {
            self.reports.set_owner(id);
        }
    }

    /// Before a report starts: closes reports that are over.
    pub(super) fn make_room(&mut self, stamp: &Stamp) {
        while self.reports.len() >= MAX_OPEN_REPORTS {
            self.close_oldest();
        }
        self.close_where(|report| !may_go_on(report, stamp));
    }

    fn close_oldest(&mut self) {
        if let Some(id) = self.reports.oldest(|_| true) {
            self.close(id);
        }
    }

    /// The report whose first line names this thread and that has not had this line yet.
    pub(super) fn head_of(
        &mut self,
        comm: &[u8],
        stamp: &Stamp,
        wants: impl Fn(&Report) -> bool,
    ) -> Option<&mut Report> {
        self.reports.iter_mut().rev().find(|report| {
            let invoker = report
                .invoker
                .as_ref()
                .and_then(|invoker| invoker.comm.as_ref());
            !report.is_decided()
                && report.invoker.is_some()
                && invoker.is_none_or(|invoker| state::is_same_comm(invoker.as_bytes(), comm))
                && stamp.same_caller(&report.first)
                && stamp.follows(&report.last)
                && wants(report)
        })
    }

    pub(super) fn task_info(&mut self, line: &TaskInfo<'_>, stamp: Stamp) {
        let Some(comm) = line.comm else { return };
        let wants = |report: &Report| {
            report
                .invoker
                .as_ref()
                .is_some_and(|invoker| invoker.pid.is_none())
        };
        if let Some(report) = self.head_of(comm, &stamp, wants) {
            report.task_info(line);
            report.last = stamp;
        }
    }

    /// The report that gets a line of a block; a new one if no report takes it.
    ///
    /// `has` says whether a report already had this line, so that the line belongs to another one. `cpuset` is
    /// the last component of the cgroup that the block is about.
    pub(super) fn block(
        &mut self,
        stamp: &Stamp,
        has: impl Fn(&Report) -> bool,
        cpuset: Option<&[u8]>,
    ) -> Option<&mut Report> {
        let takes = |report: &Report| {
            !report.is_decided()
                && !has(report)
                && stamp.same_caller(&report.first)
                && stamp.follows(&report.last)
        };
        let owner = self.reports.owner().filter(|owner| takes(owner));
        let mut at = owner.map(Report::id);
        let heads = |report: &Report| takes(report) && !report.has_block();
        let is_known = stamp.caller.is_some();
        if !is_known && at.is_none_or(|at| self.reports.get(at).is_some_and(heads)) {
            at = self.pick_head(stamp, heads, cpuset).or(at);
        }
        let at = at
            .or_else(|| self.reports.newest(takes))
            .unwrap_or_else(|| {
                if self.reports.len() >= MAX_OPEN_REPORTS {
                    self.close_oldest();
                }
                self.reports.push(Report::new(*stamp))
            });
        self.reports.set_owner(at);
        let report = self.reports.get_mut(at)?;
        report.last = *stamp;
        report.idle_lines = 0;
        Some(report)
    }

    /// Of several first lines without a block: the one whose cpuset has the block's name; otherwise the oldest,
    /// and then it is unknown which thread invoked which report.
    pub(super) fn pick_head(
        &mut self,
        stamp: &Stamp,
        heads: impl Fn(&Report) -> bool,
        cpuset: Option<&[u8]>,
    ) -> Option<ReportId> {
        let candidates: Vec<ReportId> = self
            .reports
            .iter()
            .filter(|report| heads(report) && is_near(stamp, &report.last))
            .map(Report::id)
            .collect();
        if candidates.len() < 2 {
            return candidates.first().copied();
        }
        let named = |at: &&ReportId| {
            let report = self.reports.get(**at);
            let known = report
                .and_then(|report| report.cpuset.as_ref())
                .map(Text::as_bytes);
            known.is_some() && known == cpuset
        };
        if let (Some(at), 1) = (
            candidates.iter().find(named),
            candidates.iter().filter(named).count(),
        ) {
            return Some(*at);
        }
        for at in &candidates {
            if let Some(report) = self.reports.get_mut(*at) {
                report.ambiguous_head = true;
            }
        }
        candidates.first().copied()
    }

    pub(super) fn task_in(&mut self, line: &TaskIn<'_>, stamp: Stamp) {
        let name = line
            .task_memcg
            .and_then(|path| path.rsplit(|byte| *byte == b'/').next());
        if let Some(report) = self.block(&stamp, Report::is_block_begun, name) {
            report.task_in(line);
        }
    }

    pub(super) fn counter(&mut self, line: &CounterLine, stamp: Stamp) {
        let kind = line.kind;
        let begun = |report: &Report| {
            report.has_counter(kind) || report.columns.is_some() || !report.stats.is_empty()
        };
        if let Some(report) = self.block(&stamp, begun, None) {
            report.counter(line);
        }
    }

    /// The line above the table, or its heading.
    pub(super) fn table(&mut self, columns: Option<Columns>, stamp: &Stamp) {
        if let Some(report) = self.block(stamp, |report| report.columns.is_some(), None) {
            report.end_stats();
            report.saw(Evidence::Tasks);
            report.columns = columns;
        }
    }

    pub(super) fn stats_heading(&mut self, line: &StatsHeading<'_>, stamp: Stamp) {
        let path = line.path;
        // The first block belongs to the cgroup at its limit; the other cgroups are below it.
        let other = |report: &Report| {
            report.columns.is_some()
                || report
                    .stats
                    .first()
                    .is_some_and(|first| !is_at_or_below(path, first.path.as_bytes()))
                || report
                    .stats
                    .iter()
                    .any(|block| block.path.as_bytes() == path)
        };
        if let Some(report) = self.block(&stamp, other, None) {
            report.stats_heading(line);
        }
    }

    /// The report that a figure or row belongs to: the one whose block is being printed or, if the printing
    /// threads are shown, the one of the same thread.
    #[inline(always)]
    pub(super) fn printing(
        &self,
        stamp: &Stamp,
        takes: impl Fn(&Report) -> bool,
    ) -> Option<ReportId> {
        let takes = |report: &Report| {
            takes(report) && stamp.same_caller(&report.first) && stamp.follows(&report.last)
        };
        if let Some(owner) = self.reports.owner().filter(|owner| takes(owner)) {
            return Some(owner.id());
        }
        stamp.caller?;
        self.reports
            .newest(|report| report.first.caller == stamp.caller && takes(report))
    }

    pub(super) fn stat_entries(&mut self, entries: &[u8], stamp: &Stamp) {
        let at = self.printing(stamp, Report::is_stats_open);
        match at.and_then(|at| self.reports.get_mut(at)) {
            Some(report) => {
                report.stat_entries(entries, stamp);
                report.last = *stamp;
                report.idle_lines = 0;
            }
            _ => self.other(stamp),
        }
    }

    /// The usual case of the function above: one figure on a separate line. Returns whether the report takes it.
    #[inline(always)]
    pub(super) fn stat_entry(
        &mut self,
        key: &[u8],
        value: u64,
        message: &[u8],
        stamp: &Stamp,
    ) -> bool {
        match self.reports.owner_mut() {
            Some(report)
                if report.is_stats_open()
                    && stamp.same_caller(&report.first)
                    && stamp.follows(&report.last) =>
            {
                report.last = *stamp;
                report.stat_stamp();
                report.stat_entry(key, value, message.len());
                report.idle_lines = 0;
                true
            }
            _ => false,
        }
    }

    /// Returns whether a report takes the row.
    #[inline(always)]
    pub(super) fn task_row(&mut self, row: &Row<'_>, stamp: &Stamp) -> bool {
        let keep = self.keep_tasks;
        // The usual case, in which one search is enough.
        if let Some(owner) = self.reports.owner_mut()
            && owner.takes_row(stamp)
        {
            owner.task_row(row, keep);
            owner.last = *stamp;
            owner.idle_lines = 0;
            return true;
        }
        let at = self.printing(stamp, |report| report.takes_row(stamp));
        match at.and_then(|at| self.reports.get_mut(at)) {
            Some(report) => {
                report.task_row(row, keep);
                report.last = *stamp;
                report.idle_lines = 0;
                true
            }
            _ => false,
        }
    }

    /// The heading of a Mem-Info block. It does not prove an OOM, so it opens no report.
    pub(super) fn meminfo_heading(&mut self, stamp: &Stamp) {
        let takes = |report: &Report| {
            !report.is_decided() && report.meminfo.is_none() && stamp.follows(&report.last)
        };
        let owner = self.reports.owner().filter(|owner| takes(owner));
        let at = owner.map(Report::id).or_else(|| self.reports.newest(takes));
        let Some(report) = at.and_then(|at| self.reports.get_mut(at)) else {
            return self.other(stamp);
        };
        let id = report.id();
        report.end_stats();
        report.meminfo = Some(alloc::boxed::Box::default());
        report.saw(Evidence::Meminfo);
        report.last = *stamp;
        self.reports.set_owner(id);
    }

    pub(super) fn meminfo(&mut self, figures: &[u8], stamp: &Stamp) {
        match self.reports.owner_mut() {
            Some(report)
                if report.meminfo.is_some()
                    && report.columns.is_none()
                    && !report.is_decided()
                    && stamp.follows(&report.last) =>
            {
                report.meminfo(figures);
                report.last = *stamp;
            }
            _ => self.other(stamp),
        }
    }

    /// Text after a newline in a record: figures and a first line, never a line that names a victim.
    pub(super) fn continuation(&mut self, message: &[u8], mut stamp: Stamp) -> bool {
        let line = parse_line(message);
        if let Line::Invoked(line) = line {
            // The newline was in the comm, of which only the end is left.
            self.settle_before(&Line::Invoked(line));
            stamp.hash = stable_hash(&[message]);
            self.invoked(&line, stamp);
            if let Some(invoker) = self
                .reports
                .last_mut()
                .and_then(|report| report.invoker.as_mut())
            {
                invoker.comm = None;
            }
            return true;
        }
        let Some(report) = self.reports.owner_mut() else {
            return false;
        };
        match line {
            Line::StatEntry(..) | Line::StatEntries(_) if report.is_stats_open() => {
                report.stat_entries(message, &stamp);
            }
            Line::Meminfo(figures) if report.meminfo.is_some() => report.meminfo(figures),
            _ => return false,
        }
        true
    }

    /// A line without meaning for a report: it only brings open reports closer to their end.
    pub(super) fn other(&mut self, stamp: &Stamp) {
        let is_over = |report: &Report| {
            report.idle_lines > MAX_IDLE_LINES && !report.is_decided()
                || !stamp.follows_within(&report.last, MAX_REAPER_DELAY_US)
        };
        let mut any = false;
        for report in self.reports.iter_mut() {
            report.idle_lines = report.idle_lines.saturating_add(1);
            any |= is_over(report);
        }
        if any {
            self.close_where(is_over);
        }
    }
}

impl Report {
    #[inline(always)]
    fn takes_row(&self, stamp: &Stamp) -> bool {
        self.columns.is_some()
            && !self.is_decided()
            && stamp.same_caller(&self.first)
            && stamp.follows(&self.last)
    }
}

/// Whether a report without a victim may still be printing, may have its victim named by the reaper, or may still
/// get its Killed line, when another report starts. If the log shows no clock, it is over.
fn may_go_on(report: &Report, stamp: &Stamp) -> bool {
    let patience = if report.has_rows() {
        MAX_REAPER_DELAY_US
    } else {
        INTERLEAVE_US
    };
    !report.is_decided()
        && stamp.since(&report.last).is_some()
        && stamp.follows_within(&report.last, patience)
        || report.awaits_its_killed_line()
            && stamp.since(&report.last).is_some()
            && is_near(stamp, &report.last)
        // It may be quoted from the very report that starts.
        || report.is_choice_alone() && stamp.is_around(&report.last)
}

#[cfg(test)]
mod tests {
    use super::super::state::Named;
    use super::*;

    fn at(millis: u64) -> Stamp {
        Stamp {
            kernel_time_us: Some(millis * 1000),
            ..Stamp::default()
        }
    }

    /// Whether a report whose last line came at 100 s may go on when another starts.
    fn goes_on(change: fn(&mut Report), millis: u64) -> bool {
        let mut report = Report::new(at(100_000));
        report.saw(Evidence::Invoked);
        change(&mut report);
        may_go_on(&report, &at(millis))
    }

    #[test]
    fn a_report_goes_on_beside_another_for_a_while() {
        for (change, within, after) in [
            ((|_| {}) as fn(&mut Report), 101_000, 101_001),
            // The reaper's line may still name the victim.
            (|report| report.pids.push((7, 7)), 130_000, 130_001),
            (
                |report| report.summary = Some(Named::default()),
                101_000,
                101_001,
            ),
            // It may be quoted from the report that starts.
            (
                |report| {
                    report.evidence = [Evidence::Selected].to_vec();
                    report.selected = Some(Named::default());
                },
                120_000,
                120_001,
            ),
        ] {
            assert!(goes_on(change, within), "{within}");
            assert!(!goes_on(change, after), "{after}");
        }
        let killed: fn(&mut Report) = |report| {
            report.summary = Some(Named::default());
            report.killed.push(7);
        };
        assert!(!goes_on(killed, 100_000));
    }

    #[test]
    fn without_a_clock_the_next_report_ends_one() {
        let none = Stamp::default();
        let mut report = Report::new(none);
        report.saw(Evidence::Invoked);
        assert!(!may_go_on(&report, &none));
        report.summary = Some(Named::default());
        assert!(!may_go_on(&report, &none));
        report.evidence = [Evidence::Summary].to_vec();
        assert!(may_go_on(&report, &none));
    }

    #[test]
    fn a_row_goes_to_an_undecided_report_with_a_table() {
        let mut report = Report::new(at(100_000));
        assert!(!report.takes_row(&at(100_000)));
        let heading = b"[ pid ]   uid  tgid total_vm      rss cpu oom_adj name";
        if let Line::TasksHeading(columns) = parse_line(heading) {
            report.columns = Some(columns);
        }
        assert!(report.takes_row(&at(100_000)));
        assert!(!report.takes_row(&at(120_001)));
        let callers = |caller| Stamp {
            caller: Some(caller),
            ..at(100_000)
        };
        report.first = callers(1);
        assert!(report.takes_row(&callers(1)) && !report.takes_row(&callers(2)));
        report.no_victim = true;
        assert!(!report.takes_row(&callers(1)));
    }
}
