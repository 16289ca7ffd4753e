//! `memory.oom.group`: which deaths belong to a group.
//!
//! One task prints a whole kill under one lock, so no line of another kill comes in between:
//!
//! ```text
//! Killed v             the chosen one; after its report, unless the rate limit suppressed that
//! Tasks in G …         G is the cgroup of v, or an ancestor of it
//! Killed a, v, b …     all processes in G, in any order, v once more among them
//! ```
//! The second line of v may say that it is already exiting, or be missing. Lines after it may belong to the next
//! kill, whose report the rate limit suppressed. Neither time nor position distinguishes them: members were seen
//! 58 ms apart, and the next kill in the same microsecond. So it must be proven that a process died in G:
//! | proof | for |
//! |---|---|
//! | the line before | the process named by the line right before `Tasks in G` |
//! | the second line | processes killed between `Tasks in G` and the second line of v |
//! | the table | processes that the table in v's report lists, if the limit of that report is that of G or of a cgroup below it: the table of a wider limit lists other processes too |
//!
//! | line | action |
//! |---|---|
//! | Killed, after a group's line and proven by the table | emitted at once |
//! | Killed, before the second line of v | waits for that line |
//! | Killed, after it | waits for the next line, which may be `Tasks in H` |
//! | the second line of v | all waiting kills are emitted as members |
//! | `Tasks in H` | the last waiting kill was chosen in H; the others are emitted without a cgroup |
//! | a line of another report | all are emitted without a cgroup |
//! | a line of the reaper or of another processor | none; but a kill waits only for a limited time and number of lines |
//!
//! A kill without proof has no pod, container or cgroup. If it looks like a member (right after the group, with
//! the first victim's `oom_score_adj`), it has the group's scope and report, and is marked as a group kill.

use super::Assembler;
use super::member::Unproven;
use super::reported::Printed;
use super::reports::ReportId;
use super::state::{Identity, Kill, Report};
use super::waiting::Decision;
use super::weight::list_of;
use crate::bytes::Text;
use crate::event::Evidence;
use crate::limits::MAX_WAITING_KILLS;
use crate::line::Killed;
use crate::line::common::is_at_or_below;
use crate::stamp::Stamp;
use alloc::collections::VecDeque;

/// The group kill whose members may still follow.
#[derive(Debug)]
pub(super) struct OpenGroup {
    /// Its report's id.
    pub(super) report: ReportId,
    begun: Stamp,
    /// The chosen process, if the line before showed it.
    first: Option<Printed>,
    /// The second line of the chosen one was seen.
    is_through: bool,
    /// Oldest first.
    pub(super) waiting: VecDeque<Unproven>,
}

impl OpenGroup {
    /// How many bytes it holds on the heap.
    pub(super) fn weight(&self) -> usize {
        let texts = self.waiting.iter().map(|waiting| waiting.kill.weight());
        texts.fold(
            list_of::<Unproven>(self.waiting.capacity()),
            usize::saturating_add,
        )
    }

    /// Whether a line with this stamp can be the second line of the chosen process.
    fn is_second_line(&self, printed: &Printed, stamp: &Stamp) -> bool {
        let names_it = |first: &Printed| first.agrees_with(printed);
        stamp.is_after(&self.begun) && self.first.as_ref().is_some_and(names_it)
    }

    /// Whether a kill is between the group's line and the second line of the chosen process.
    fn encloses(&self, kill: &Kill, second: &Stamp) -> bool {
        kill.stamp.is_after(&self.begun) && second.is_after(&kill.stamp)
    }
}

impl Assembler {
    /// `Tasks in G …`
    pub(super) fn group(&mut self, path: &[u8], stamp: Stamp) {
        if self.is_group_again(path, &stamp) {
            return;
        }
        let before = self.decision.take();
        let before =
            before.filter(|before| before.is_right_before(&stamp) && self.may_be_in(before, path));
        let is_doubted = self.doubt.is_any();
        self.doubt.count();
        let waiting = before.and_then(|before| self.take_waiting(before.printed.pid));
        self.end_group();
        if before.is_none() {
            self.emit_all_waiting();
        }
        let at = match (&before, waiting) {
            (Some(_), Some(waiting)) => self.open(waiting.into_report()),
            (Some(before), None) => self.report_of_decision(before),
            (None, _) => self.open(Report::new(stamp)),
        };
        let Some(report) = self.reports.get_mut(at) else {
            return;
        };
        report.saw(Evidence::Group);
        report.group = Some(Text::from(path));
        report.last = stamp;
        if let Some(kill) = &mut report.waiting
            && report.task_memcg.is_none()
        {
            kill.identity = Identity::Group;
        }
        self.group = Some(OpenGroup {
            report: report.id(),
            begun: stamp,
            first: before.filter(|_| !is_doubted).map(|before| before.printed),
            is_through: false,
            waiting: VecDeque::new(),
        });
        self.others = 0;
        self.emit_waiting(at);
    }

    /// Whether a carrier delivers the open group's line a second time.
    fn is_group_again(&self, path: &[u8], stamp: &Stamp) -> bool {
        let Some(group) = &self.group else {
            return false;
        };
        let known = self
            .reports
            .get(group.report)
            .and_then(|report| report.group.as_ref());
        self.decision.is_none()
            && !group.is_through
            && stamp.since(&group.begun).is_none_or(|gap| gap == 0)
            && known.is_some_and(|known| known.as_bytes() == path)
    }

    /// Whether a group of this cgroup may be the group of the chosen process. If lines are in doubt, the
    /// process's cgroup must be known.
    fn may_be_in(&self, decision: &Decision, path: &[u8]) -> bool {
        let report = decision.report.and_then(|id| self.reports.get(id));
        match report.and_then(|report| report.task_memcg.as_ref()) {
            Some(task) => is_at_or_below(task.as_bytes(), path),
            None => !self.doubt.is_any(),
        }
    }

    /// The report of the line before, if it is open and belongs to no other group; otherwise a new one.
    fn report_of_decision(&mut self, before: &Decision) -> ReportId {
        let known = before.report.and_then(|id| self.reports.get(id));
        let known = known.filter(|report| report.group.is_none());
        known.map(Report::id).unwrap_or_else(|| {
            // Its event was emitted before this line came.
            let mut report = Report::new(before.stamp);
            report.saw(before.by);
            report.is_emitted = true;
            if before.by == Evidence::Killed {
                report.note_killed(before.printed.pid);
            }
            self.open(report)
        })
    }

    /// The last kill that waits after a group, if it is this process's.
    fn take_waiting(&mut self, pid: u32) -> Option<Unproven> {
        let waiting = &mut self.group.as_mut()?.waiting;
        let is_its = waiting.back()?.printed.pid == pid;
        is_its.then(|| waiting.pop_back()).flatten()
    }

    /// Called before a summary: a carrier may deliver it after its Killed line, which then is not a member.
    pub(super) fn take_from_group(&mut self, pid: u32) {
        if let Some(waiting) = self.take_waiting(pid) {
            self.end_group();
            self.open(waiting.into_report());
        }
    }

    /// A Killed line after a group's line, of a process that no report names.
    pub(super) fn after_group(&mut self, line: &Killed<'_>, stamp: Stamp) {
        let Some(mut group) = self.group.take() else {
            return;
        };
        let id = group.report;
        let Some(report) = self.reports.get_mut(id) else {
            return;
        };
        let printed = Printed::killed(line);
        let is_second = group.is_second_line(&printed, &stamp);
        let is_after = stamp.is_after(&group.begun);
        let is_proven = is_second || is_after && report.is_listed_in_group(line.pid);
        let looks_like_member = is_proven || is_after && report.looks_like_member(line, &stamp);
        let new = report.after_group(line, stamp, looks_like_member);
        self.decision = Some(Decision {
            by: Evidence::Killed,
            printed,
            stamp,
            report: Some(id).filter(|_| new.looks_like_member),
            waits: !is_proven,
        });
        if is_second {
            group.is_through = true;
            for waiting in group.waiting.drain(..) {
                self.leave(id, waiting, true);
            }
        }
        // Kills that waited for the group's line of another kill no longer wait.
        let most = match (group.is_through, &group.first) {
            (false, Some(_)) => MAX_WAITING_KILLS.saturating_sub(1),
            _ => 0,
        };
        while group.waiting.len() > most
            && let Some(waiting) = group.waiting.pop_front()
        {
            self.leave(id, waiting, false);
        }
        if is_proven {
            self.leave(id, new, true);
        } else {
            group.waiting.push_back(new);
        }
        self.group = Some(group);
    }

    /// Whether the process already waits after a group. If it is printed twice, it is not a member but the chosen
    /// process of another group whose line was lost; unless the carrier doubles its lines.
    pub(super) fn waits_in_group(&mut self, printed: &Printed, is_right_after: bool) -> bool {
        let is_its = |waiting: &Unproven| waiting.printed.agrees_with(printed);
        let waits = self
            .group
            .as_ref()
            .is_some_and(|group| group.waiting.iter().any(is_its));
        if waits && !is_right_after {
            self.end_group();
        }
        waits
    }

    /// Whether a line names the chosen process of the open group once more: then all waiting kills are members.
    ///
    /// A Killed line does so only if that kill was already reported.
    pub(super) fn is_second_line(
        &mut self,
        printed: &Printed,
        is_kill: bool,
        stamp: &Stamp,
    ) -> bool {
        let Some(mut group) = self.group.take() else {
            return false;
        };
        let id = group.report;
        let report = self.reports.get_mut(id);
        let (was_reported, is_leader) = report.as_ref().map_or((false, false), |report| {
            let is_leader = report
                .summary
                .as_ref()
                .is_some_and(|summary| summary.printed().agrees_with(printed));
            (report.killed.contains(&printed.pid), is_leader)
        });
        // The Killed line may have shown a thread.
        let is_exiting_leader = !is_kill && is_leader && stamp.is_after(&group.begun);
        let is_second = (group.is_second_line(printed, stamp) || is_exiting_leader)
            && (!is_kill || was_reported || self.reported.has(printed.pid));
        if is_second {
            if let Some(report) = report {
                report.last = *stamp;
            }
            group.is_through = true;
            for waiting in core::mem::take(&mut group.waiting) {
                let is_proven = group.encloses(&waiting.kill, stamp);
                self.leave(id, waiting, is_proven);
            }
        }
        self.group = Some(group);
        is_second
    }

    /// A line of another report: no more members follow.
    pub(super) fn end_group(&mut self) {
        self.emit_unproven();
        self.group = None;
    }

    /// Emits the kills that wait after a group.
    pub(super) fn emit_unproven(&mut self) {
        while let Some(group) = &mut self.group
            && let Some(waiting) = group.waiting.pop_front()
        {
            let id = group.report;
            self.leave(id, waiting, false);
        }
    }

    /// Emits a kill after the group's line of this report.
    pub(super) fn leave(&mut self, group: ReportId, mut waiting: Unproven, is_proven: bool) {
        if !is_proven {
            waiting.kill.identity = Identity::Unproven;
        }
        let report = self.reports.get_mut(group);
        if let Some(report) = report.filter(|_| is_proven || waiting.looks_like_member) {
            report.note_killed(waiting.printed.pid);
            waiting.into_waiting_of(report);
            self.emit_waiting(group);
        } else {
            self.emit_kill(&mut waiting.into_report());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::Named;
    use super::*;

    #[test]
    fn a_kill_is_enclosed_by_the_groups_line_and_the_second_one_of_the_chosen() {
        let at = |millis: u64| Stamp {
            kernel_time_us: Some(millis * 1000),
            ..Stamp::default()
        };
        let group = OpenGroup {
            report: ReportId::default(),
            begun: at(100_000),
            first: None,
            is_through: false,
            waiting: VecDeque::new(),
        };
        for (killed, second, is_between) in [
            (100_000, 100_000, true),
            (100_058, 100_060, true),
            // One task prints all: its clock steps back by a tick at most.
            (99_980, 100_060, false),
            (100_058, 100_030, false),
        ] {
            let named = Named {
                stamp: at(killed),
                ..Named::default()
            };
            let kill = named.to_kill(Identity::Group, None);
            assert_eq!(
                group.encloses(&kill, &at(second)),
                is_between,
                "{killed} {second}"
            );
        }
    }
}
