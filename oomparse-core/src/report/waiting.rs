//! Kills that wait for a line that may add to them, and for how long.
//!
//! A Killed line without a cgroup, or after a group's line, waits for the next line of any kill's report. Lines
//! of other processors and of the reaper say nothing about it: it waits on, for a limited time and number of
//! lines.

use super::Assembler;
use super::reported::Printed;
use super::reports::ReportId;
use super::state::{Kill, Report};
use crate::event::Evidence;
use crate::limits::MAX_WAIT_LINES;
use crate::line::Line;
use crate::stamp::Stamp;

/// The last line that names a victim, until one of another report comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decision {
    pub(super) by: Evidence,
    pub(super) printed: Printed,
    pub(super) stamp: Stamp,
    /// The id of the report that it went to.
    pub(super) report: Option<ReportId>,
    /// Its kill waits for the next line, which may name its cgroup.
    pub(super) waits: bool,
}

impl Decision {
    /// Whether a line with this stamp is the next one of the same kill.
    pub(super) fn is_right_before(&self, stamp: &Stamp) -> bool {
        stamp.is_after(&self.stamp)
            && !stamp.is_too_late_for(&self.stamp)
            && !(self.waits && stamp.misses_records_since(&self.stamp))
    }
}

impl Assembler {
    /// Whether every line matters because a kill waits.
    pub(super) fn is_waiting(&self) -> bool {
        self.reports.iter().any(|report| report.waiting.is_some())
            || self
                .group
                .as_ref()
                .is_some_and(|group| !group.waiting.is_empty())
    }

    /// Emits the kills whose wait ends with this line. `Tasks in` and Killed lines are handled elsewhere.
    pub(super) fn settle_before(&mut self, line: &Line<'_>) {
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
            Line::Killed(line) => self.give_out_waiting_but(Some(line.pid)),
            Line::Exiting(_) | Line::SharingMm(_) => self.give_out_waiting_but(None),
            Line::Summary(line) => {
                if let Some(pid) = line.pid {
                    self.take_from_group(pid);
                }
                self.end_group();
                self.give_out_waiting_but(line.pid);
                self.decision = None;
            }
            _ => {
                self.end_group();
                self.give_out_waiting_but(None);
                self.decision = None;
            }
        }
    }

    /// Emits kills that wait in their own report, except one process's.
    fn give_out_waiting_but(&mut self, pid: Option<u32>) {
        let is_another = |kill: &Kill| Some(kill.victim.pid) != pid;
        let has_one = |report: &Report| report.waiting.as_ref().is_some_and(is_another);
        while let Some(id) = self.reports.newest(has_one) {
            self.emit_waiting(id);
        }
    }

    /// A process's waiting kill.
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

    /// Emits every waiting kill. Later lines about it are still recognised.
    pub(crate) fn emit_all_waiting(&mut self) {
        self.give_out_waiting_but(None);
        self.emit_unproven();
        if let Some(decision) = &mut self.decision {
            decision.waits = false;
        }
    }

    /// Called before a record: emits kills that waited too long. Returns whether a kill waited.
    #[inline]
    pub(super) fn end_waiting(&mut self, stamp: &Stamp) -> bool {
        let is_waiting = self.is_waiting();
        if is_waiting {
            self.give_overdue(stamp);
        }
        is_waiting
    }

    fn give_overdue(&mut self, stamp: &Stamp) {
        self.others = self.others.saturating_add(1);
        let is_over =
            |since: &Stamp, others: u32| others > MAX_WAIT_LINES || stamp.is_too_late_for(since);
        let others = self.others;
        let is_due = |kill: &Kill| is_over(&kill.stamp, others);
        let has_one = |report: &Report| report.waiting.as_ref().is_some_and(is_due);
        while let Some(id) = self.reports.oldest(has_one) {
            self.emit_waiting(id);
        }
        while let Some(group) = &mut self.group
            && let Some(waiting) = group
                .waiting
                .pop_front_if(|waiting| is_over(&waiting.kill.stamp, self.others))
        {
            let id = group.report;
            self.leave(id, waiting, false);
        }
        if self
            .decision
            .is_some_and(|decision| is_over(&decision.stamp, self.others))
        {
            self.decision = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parser;
    use crate::limits::MAX_WAIT_US;
    use crate::report::Assembler;
    use alloc::format;

    const KILLED: &str = "Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB";

    fn stamp(line: u64, sequence: u64, micros: u64) -> Stamp {
        Stamp {
            kernel_time_us: Some(100_000_000 + micros),
            sequence: Some(sequence),
            line,
            ..Stamp::default()
        }
    }

    #[test]
    fn the_next_line_of_a_kill_comes_right_after_it() {
        let is_next = |waits: bool, next: Stamp| {
            let decision = Decision {
                by: Evidence::Killed,
                printed: Printed::named(7, None),
                stamp: stamp(1, 10, 0),
                report: None,
                waits,
            };
            decision.is_right_before(&next)
        };
        for waits in [false, true] {
            assert!(is_next(waits, stamp(2, 11, 0)));
            assert!(is_next(waits, stamp(2, 11, MAX_WAIT_US)));
            assert!(!is_next(waits, stamp(2, 11, MAX_WAIT_US + 1)));
            // A lower number, and another task.
            assert!(!is_next(waits, stamp(2, 9, 0)));
            let mut other = stamp(2, 11, 0);
            other.caller = Some(12);
            assert!(is_next(waits, other));
        }
        // One record was lost: it may have been the line that a kill without a cgroup waits for.
        assert!(is_next(false, stamp(2, 12, 0)) && !is_next(true, stamp(2, 12, 0)));
    }

    #[test]
    fn a_kill_waits_for_a_limited_number_of_lines() {
        let mut parser = Parser::new();
        parser.push_line(KILLED.as_bytes());
        for at in 0..MAX_WAIT_LINES {
            parser.push_line(format!("eth{at}: link is up").as_bytes());
        }
        assert!(parser.next_event().is_none());
        parser.push_line(b"eth0: link is up");
        assert!(parser.next_event().is_some());
    }

    #[test]
    fn a_kill_waits_for_a_limited_time() {
        let mut parser = Parser::new();
        parser.push_line(format!("[  100.000000] {KILLED}").as_bytes());
        parser.push_line(b"[  101.000000] eth0: link is up");
        assert!(parser.next_event().is_none());
        parser.push_line(b"[  101.000001] eth0: link is up");
        assert!(parser.next_event().is_some());
    }

    #[test]
    fn a_record_tells_whether_a_kill_waited_for_it() {
        use crate::frame::Frame;
        let mut assembler = Assembler::default();
        assert!(!assembler.end_waiting(&Stamp::default()));
        assembler.push(
            &Frame {
                message: KILLED.as_bytes().into(),
                ..Frame::default()
            },
            0,
        );
        assert!(assembler.end_waiting(&Stamp::default()));
        assembler.emit_all_waiting();
        assert!(!assembler.end_waiting(&Stamp::default()));
    }
}
