//! Kills that wait for a line that may tell more of them, and for how long.
//!
//! A Killed line without a cgroup, and one behind a group's line, waits for the next line of any kill's report.
//! Other processors' lines and the reaper's tell nothing of it: it waits on, so long and so many lines and no more.

use super::Assembler;
use super::stamp::Stamp;
use super::state::Kill;
use super::told::Printed;
use crate::event::{Evidence, OomEvent};
use crate::limits::MAX_WAIT_LINES;
use crate::line::Line;
use alloc::collections::VecDeque;

/// The last line that names a victim, until one of another report comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decision {
    pub(super) by: Evidence,
    pub(super) printed: Printed,
    pub(super) stamp: Stamp,
    pub(super) hash: u64,
    /// The report that it went to, by its id.
    pub(super) report: Option<u64>,
    /// Its kill waits for the next line, which may tell its cgroup.
    pub(super) waits: bool,
}

impl Decision {
    /// Whether a line with this stamp is the next one of the same kill.
    pub(super) fn is_right_before(&self, stamp: &Stamp) -> bool {
        stamp.is_behind(&self.stamp)
            && !stamp.is_too_late_for(&self.stamp)
            && !(self.waits && stamp.misses_records_since(&self.stamp))
    }
}

impl Assembler {
    /// Whether every line matters to a kill that waits.
    pub(super) fn is_waiting(&self) -> bool {
        self.reports.iter().any(|report| report.waiting.is_some())
            || self
                .group
                .as_ref()
                .is_some_and(|group| !group.waiting.is_empty())
    }

    /// Gives out what this line ends the waiting of. `Tasks in` and the line of a kill see to that themselves.
    pub(super) fn settle_before(&mut self, line: &Line<'_>, out: &mut VecDeque<OomEvent>) {
        match line {
            Line::Group(_)
            | Line::Reaped(_)
            | Line::Cpuset(_)
            | Line::TaskInfo(_)
            | Line::MeminfoHeading
            | Line::Meminfo(_)
            | Line::StatEntry(..)
            | Line::StatEntries(_)
            | Line::TaskRow(_)
            | Line::Malformed
            | Line::Other => {}
            Line::Killed(line) => self.give_out_waiting_but(Some(line.pid), out),
            Line::Exiting(_) | Line::SharingMm(_) => self.give_out_waiting_but(None, out),
            Line::Summary(line) => {
                if let Some(pid) = line.pid {
                    self.take_from_group(pid, out);
                }
                self.end_group(out);
                self.give_out_waiting_but(line.pid, out);
                self.decision = None;
            }
            _ => {
                self.end_group(out);
                self.give_out_waiting_but(None, out);
                self.decision = None;
            }
        }
    }

    /// Gives out kills that wait in their own report, but for one process's.
    fn give_out_waiting_but(&mut self, pid: Option<u32>, out: &mut VecDeque<OomEvent>) {
        for at in (0..self.reports.len()).rev() {
            let waiting = self
                .reports
                .get(at)
                .and_then(|report| report.waiting.as_ref());
            if waiting.is_some_and(|kill| Some(kill.victim.pid) != pid) {
                self.give_out_waiting(at, out);
            }
        }
    }

    /// A process's kill that waits.
    pub(super) fn waiting_kill(&mut self, pid: u32) -> Option<&mut Kill> {
        let of_reports = self
            .reports
            .iter_mut()
            .filter_map(|report| report.waiting.as_mut());
        let of_group = self.group.iter_mut().flat_map(|group| &mut group.waiting);
        of_reports
            .chain(of_group.map(|waiting| &mut waiting.kill))
            .find(|kill| kill.victim.pid == pid)
    }

    /// Gives out every kill that waits. What may still come of it is known again.
    pub(crate) fn give_out_all_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        self.give_out_waiting_but(None, out);
        self.give_unproven(out);
        if let Some(decision) = &mut self.decision {
            decision.waits = false;
        }
    }

    /// Before a record: gives out kills that waited too long. Says whether one waited.
    #[inline]
    pub(super) fn end_waiting(&mut self, stamp: &Stamp, out: &mut VecDeque<OomEvent>) -> bool {
        let is_waiting = self.is_waiting();
        if is_waiting {
            self.give_overdue(stamp, out);
        }
        is_waiting
    }

    fn give_overdue(&mut self, stamp: &Stamp, out: &mut VecDeque<OomEvent>) {
        self.others = self.others.saturating_add(1);
        let is_over =
            |since: &Stamp, others: u32| others > MAX_WAIT_LINES || stamp.is_too_late_for(since);
        for at in 0..self.reports.len() {
            let waiting = self
                .reports
                .get(at)
                .and_then(|report| report.waiting.as_ref());
            if waiting.is_some_and(|kill| is_over(&kill.stamp, self.others)) {
                self.give_out_waiting(at, out);
            }
        }
        while let Some(group) = &mut self.group
            && let Some(waiting) = group
                .waiting
                .pop_front_if(|waiting| is_over(&waiting.kill.stamp, self.others))
        {
            let id = group.report;
            self.leave(id, waiting, false, out);
        }
        if self
            .decision
            .is_some_and(|decision| is_over(&decision.stamp, self.others))
        {
            self.decision = None;
        }
    }
}
