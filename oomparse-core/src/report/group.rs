//! `memory.oom.group`: whose deaths are a group's.
//!
//! One task prints all of a kill under one lock, so that no line of another kill stands between:
//!
//! ```text
//! Killed v             the chosen one; behind its report, unless the rate limit swallowed that
//! Tasks in G …         G is the cgroup of v, or stands above it
//! Killed a, v, b …     all that is in G, in any order, v once more among them
//! ```
//! The second line of v may say that it is already exiting, or be missing. What stands behind it may be the
//! next kill's, whose report the rate limit swallowed. Time tells them apart no more than place: members were
//! seen 58 ms apart, the next kill in the same microsecond. So that a process died in G has to be proven:
//!
//! | proof | of whom |
//! |---|---|
//! | the line before | who is named by the line right before `Tasks in G` |
//! | the second line | who is killed between `Tasks in G` and the second line of v |
//! | the table | whom the table in v's report lists, if the limit that it is about is that of G or of what is below: that of a wider limit lists others too |
//!
//! | line | what is done |
//! |---|---|
//! | Killed, behind a group's line and proven by the table | leaves at once |
//! | Killed, before the second line of v | waits for that line |
//! | Killed, behind it | waits for the next line, which may be `Tasks in H` |
//! | the second line of v | all that wait leave as members |
//! | `Tasks in H` | the last that waits was chosen in H; the others leave without a cgroup |
//! | another report's | all leave without a cgroup |
//! | a reaper's, any other processor's | nothing; but a kill waits so long and so many lines and no more |
//!
//! What is not proven has no pod, container or cgroup. Its scope, its report and that it is a group's are those
//! of the group where it looks like a member: right behind, with the first victim's `oom_score_adj`.

use super::Assembler;
use super::member::Unproven;
use super::stamp::Stamp;
use super::state::{Identity, Kill, Report};
use super::told::Printed;
use super::waiting::Decision;
use super::weight::list_of;
use crate::bytes::Text;
use crate::event::{Evidence, OomEvent};
use crate::limits::MAX_WAITING_KILLS;
use crate::line::Killed;
use crate::line::common::is_at_or_below;
use alloc::collections::VecDeque;

/// The group kill whose members may still come.
#[derive(Debug)]
pub(super) struct OpenGroup {
    /// Its report's id.
    pub(super) report: u64,
    begun: Stamp,
    /// The chosen one, if the line before showed it.
    first: Option<Printed>,
    /// The second line of the chosen one was seen.
    is_through: bool,
    /// Oldest first.
    pub(super) waiting: VecDeque<Unproven>,
}

impl OpenGroup {
    /// What it holds beside itself.
    pub(super) fn weight(&self) -> usize {
        let texts = self.waiting.iter().map(|waiting| waiting.kill.weight());
        texts.fold(
            list_of::<Unproven>(self.waiting.capacity()),
            usize::saturating_add,
        )
    }

    /// Whether a line with this stamp can be the second one of the chosen process.
    fn is_second_line(&self, printed: &Printed, stamp: &Stamp) -> bool {
        let names_it = |first: &Printed| first.agrees_with(printed);
        stamp.is_behind(&self.begun) && self.first.as_ref().is_some_and(names_it)
    }

    /// Whether a kill stands between the group's line and the second line of the chosen process.
    fn encloses(&self, kill: &Kill, second: &Stamp) -> bool {
        kill.stamp.is_behind(&self.begun) && second.is_behind(&kill.stamp)
    }
}

impl Assembler {
    /// `Tasks in G …`
    pub(super) fn group(
        &mut self,
        path: &[u8],
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        if self.is_group_again(path, &stamp) {
            return;
        }
        let before = self.decision.take();
        let before =
            before.filter(|before| before.is_right_before(&stamp) && self.may_be_in(before, path));
        let is_doubted = self.doubt.is_any();
        self.doubt.count();
        let waiting = before.and_then(|before| self.take_waiting(before.printed.pid));
        self.end_group(out);
        if before.is_none() {
            self.give_out_all_waiting(out);
        }
        let at = match (&before, waiting) {
            (Some(_), Some(waiting)) => self.open(waiting.into_report(), out),
            (Some(before), None) => self.report_of_decision(before, out),
            (None, _) => self.open(Report::new(stamp, hash), out),
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
        self.give_out_waiting(at, out);
    }

    /// Whether a carrier brings the open group's line a second time.
    fn is_group_again(&self, path: &[u8], stamp: &Stamp) -> bool {
        let Some(group) = &self.group else {
            return false;
        };
        let known = self
            .report(group.report)
            .and_then(|report| report.group.as_ref());
        self.decision.is_none()
            && !group.is_through
            && stamp.since(&group.begun).is_none_or(|gap| gap == 0)
            && known.is_some_and(|known| known.as_bytes() == path)
    }

    /// Whether a group of this cgroup may be that of the chosen process. Where lines are doubted, its cgroup
    /// must be known.
    fn may_be_in(&self, decision: &Decision, path: &[u8]) -> bool {
        let report = decision.report.and_then(|id| self.report(id));
        match report.and_then(|report| report.task_memcg.as_ref()) {
            Some(task) => is_at_or_below(task.as_bytes(), path),
            None => !self.doubt.is_any(),
        }
    }

    /// The report of the line before, if that is open and no other group's; else a new one.
    fn report_of_decision(&mut self, before: &Decision, out: &mut VecDeque<OomEvent>) -> usize {
        let known = self
            .reports
            .iter()
            .position(|report| Some(report.id()) == before.report && report.group.is_none());
        known.unwrap_or_else(|| {
            // Its event left before this line came.
            let mut report = Report::new(before.stamp, before.hash);
            report.saw(before.by);
            report.given_out = true;
            if before.by == Evidence::Killed {
                report.note_killed(before.printed.pid);
            }
            self.open(report, out)
        })
    }

    /// The last kill that waits behind a group, if it is this process's.
    fn take_waiting(&mut self, pid: u32) -> Option<Unproven> {
        let waiting = &mut self.group.as_mut()?.waiting;
        let is_its = waiting.back()?.printed.pid == pid;
        is_its.then(|| waiting.pop_back()).flatten()
    }

    /// Before a summary: a carrier may bring it behind its Killed line, which then is no member.
    pub(super) fn take_from_group(&mut self, pid: u32, out: &mut VecDeque<OomEvent>) {
        if let Some(waiting) = self.take_waiting(pid) {
            self.end_group(out);
            self.open(waiting.into_report(), out);
        }
    }

    /// A Killed line behind a group's, which no report of its own names.
    pub(super) fn behind_group(
        &mut self,
        line: &Killed<'_>,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        let Some(mut group) = self.group.take() else {
            return;
        };
        let id = group.report;
        let Some(report) = self.reports.iter_mut().find(|report| report.id() == id) else {
            return;
        };
        let printed = Printed::killed(line);
        let is_second = group.is_second_line(&printed, &stamp);
        let is_behind = stamp.is_behind(&group.begun);
        let is_proven = is_second || is_behind && report.is_listed_in_group(line.pid);
        let looks_like_member = is_proven || is_behind && report.looks_like_member(line, &stamp);
        let new = report.behind_group(line, stamp, hash, looks_like_member);
        self.decision = Some(Decision {
            by: Evidence::Killed,
            printed,
            stamp,
            hash,
            report: Some(id).filter(|_| new.looks_like_member),
            waits: !is_proven,
        });
        if is_second {
            group.is_through = true;
            for waiting in group.waiting.drain(..) {
                self.leave(id, waiting, true, out);
            }
        }
        // What waited for the group's line of another kill waits no more.
        let most = match (group.is_through, &group.first) {
            (false, Some(_)) => MAX_WAITING_KILLS.saturating_sub(1),
            _ => 0,
        };
        while group.waiting.len() > most
            && let Some(waiting) = group.waiting.pop_front()
        {
            self.leave(id, waiting, false, out);
        }
        if is_proven {
            self.leave(id, new, true, out);
        } else {
            group.waiting.push_back(new);
        }
        self.group = Some(group);
    }

    /// Whether the process waits behind a group already. Printed twice it is no member, but the chosen one of
    /// another group whose line is lost; unless the carrier doubles its lines.
    pub(super) fn waits_in_group(
        &mut self,
        printed: &Printed,
        is_right_behind: bool,
        out: &mut VecDeque<OomEvent>,
    ) -> bool {
        let is_its = |waiting: &Unproven| waiting.printed.agrees_with(printed);
        let waits = self
            .group
            .as_ref()
            .is_some_and(|group| group.waiting.iter().any(is_its));
        if waits && !is_right_behind {
            self.end_group(out);
        }
        waits
    }

    /// Whether a line names the chosen process of the open group once more: then all that wait are members.
    ///
    /// A Killed line does so only where that kill was told.
    pub(super) fn is_second_line(
        &mut self,
        printed: &Printed,
        is_kill: bool,
        stamp: &Stamp,
        out: &mut VecDeque<OomEvent>,
    ) -> bool {
        let Some(mut group) = self.group.take() else {
            return false;
        };
        let id = group.report;
        let report = self.reports.iter_mut().find(|report| report.id() == id);
        let (was_told, is_leader) = report.as_ref().map_or((false, false), |report| {
            let is_leader = report
                .summary
                .as_ref()
                .is_some_and(|summary| summary.printed().agrees_with(printed));
            (report.killed.contains(&printed.pid), is_leader)
        });
        // The Killed line may have shown a thread.
        let is_exiting_leader = !is_kill && is_leader && stamp.is_behind(&group.begun);
        let is_second = (group.is_second_line(printed, stamp) || is_exiting_leader)
            && (!is_kill || was_told || self.told.has(printed.pid));
        if is_second {
            if let Some(report) = report {
                report.last = *stamp;
            }
            group.is_through = true;
            for waiting in core::mem::take(&mut group.waiting) {
                let is_proven = group.encloses(&waiting.kill, stamp);
                self.leave(id, waiting, is_proven, out);
            }
        }
        self.group = Some(group);
        is_second
    }

    /// A line of another report: no member comes any more.
    pub(super) fn end_group(&mut self, out: &mut VecDeque<OomEvent>) {
        self.give_unproven(out);
        self.group = None;
    }

    /// Gives out what waits behind a group.
    pub(super) fn give_unproven(&mut self, out: &mut VecDeque<OomEvent>) {
        while let Some(group) = &mut self.group
            && let Some(waiting) = group.waiting.pop_front()
        {
            let id = group.report;
            self.leave(id, waiting, false, out);
        }
    }

    /// Gives out a kill behind the group's line of this report.
    pub(super) fn leave(
        &mut self,
        group: u64,
        mut waiting: Unproven,
        is_proven: bool,
        out: &mut VecDeque<OomEvent>,
    ) {
        if !is_proven {
            waiting.kill.identity = Identity::Unproven;
        }
        let of_group = |report: &Report| report.id() == group;
        let at = self.reports.iter().position(of_group);
        let at = at.filter(|_| is_proven || waiting.looks_like_member);
        if let Some(at) = at
            && let Some(report) = self.reports.get_mut(at)
        {
            report.note_killed(waiting.printed.pid);
            waiting.into_waiting_of(report);
            self.give_out_waiting(at, out);
        } else {
            self.tell(&mut waiting.into_report(), out);
        }
    }
}
