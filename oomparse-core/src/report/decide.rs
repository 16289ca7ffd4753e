//! Lines that decide: who was chosen, who was killed.

use super::build;
use super::join::Cut;
use super::stamp::Stamp;
use super::state::{Identity, Kill, Named, Report};
use super::{Assembler, same_caller};
use crate::bytes::Text;
use crate::event::{Evidence, OomEvent};
use crate::limits::{MAX_IDLE_LINES, MAX_REPORT_GAP_US};
use crate::line::{Killed, OOM_MEMCG, SelectedLine, Summary, TASK_MEMCG};
use alloc::collections::VecDeque;
use alloc::string::String;

/// How long after a group's line, or another member's, a member without a table may die, in microseconds.
const MEMBER_GAP_US: u64 = 50_000;

/// How long after the summary a Killed line with another pid may come and be the leader's thread.
const THREAD_GAP_US: u64 = 50_000;

impl Assembler {
    pub(super) fn selected(
        &mut self,
        line: &SelectedLine<'_>,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        let fits = |report: &Report| {
            report.selected.is_none()
                && report
                    .summary
                    .as_ref()
                    .is_none_or(|summary| summary.pid == line.pid)
                && report.killed.is_empty()
                && report.group.is_none()
                && report.waiting.is_none()
                && !report.no_victim
                && !report.contradicts(line.message)
                && !report.excludes(line.pid)
                && same_caller(&stamp, &report.first)
                && stamp.follows(&report.last)
        };
        let at = self.decide(line.pid, fits);
        let report = self.report_or_new(at, &stamp, hash, out);
        report.end_stats();
        report.saw(Evidence::Selected);
        report.message = report.message.or(line.message);
        report.selected = Some(Named {
            pid: line.pid,
            comm: line.comm.map(Text::from),
            uid: None,
            oom_score: line.oom_score,
            stamp,
            hash,
        });
        report.last = stamp;
    }

    /// The report that a decision about `pid` goes to: the newest whose table lists it, else the only
    /// one that fits.
    pub(super) fn decide(&self, pid: u32, fits: impl Fn(&Report) -> bool) -> Option<usize> {
        if let Some(at) = self
            .reports
            .iter()
            .rposition(|report| fits(report) && report.lists(pid))
        {
            return Some(at);
        }
        // Among several, the one whose block came last, if the others have none.
        let mut fitting = self
            .reports
            .iter()
            .enumerate()
            .filter(|(_, report)| fits(report));
        let first = fitting.next()?.0;
        match fitting.next() {
            None => Some(first),
            Some(_) => {
                let mut blocks = self
                    .reports
                    .iter()
                    .enumerate()
                    .filter(|(_, report)| fits(report) && report.has_block());
                let (at, _) = blocks.next()?;
                blocks.next().is_none().then_some(at)
            }
        }
    }

    pub(super) fn report_or_new(
        &mut self,
        at: Option<usize>,
        stamp: &Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) -> &mut Report {
        let at = at.unwrap_or_else(|| {
            self.make_room(stamp, out);
            self.reports.push(Report::new(*stamp, hash));
            self.reports.len().saturating_sub(1)
        });
        self.reports.get_mut(at).unwrap_or(&mut self.nowhere)
    }

    pub(super) fn summary(
        &mut self,
        line: &Summary<'_>,
        stamp: Stamp,
        hash: u64,
        cut: Cut,
        out: &mut VecDeque<OomEvent>,
    ) {
        // A carrier may bring the Killed line first.
        let waiting = self.reports.iter().position(|report| {
            report
                .waiting
                .as_ref()
                .is_some_and(|kill| Some(kill.victim.pid) == line.pid)
                && report.summary.is_none()
                && stamp.follows(&report.last)
        });
        let fits = |report: &Report| {
            !report.is_decided()
                && line.pid.is_none_or(|pid| !report.excludes(pid))
                && (!line.global_oom || !report.is_memcg())
                && (line.oom_memcg.is_none() || report.meminfo.is_none())
                && !paths_contradict(report, line)
                && same_caller(&stamp, &report.first)
                && stamp.follows(&report.last)
        };
        let at = waiting.or_else(|| self.decide(line.pid.unwrap_or(0), fits));
        let report = self.report_or_new(at, &stamp, hash, out);
        report.end_stats();
        report.summary(line, stamp, hash);
        for (field, is_cut) in [OOM_MEMCG, TASK_MEMCG].into_iter().zip(cut) {
            if is_cut {
                report.cut(field);
            }
        }
        report.last = stamp;
        if let Some(at) = waiting {
            if let Some(kill) = self
                .reports
                .get_mut(at)
                .and_then(|report| report.waiting.as_mut())
            {
                kill.identity = Identity::Task;
            }
            self.give_out_waiting(at, out);
        } else if line.pid.is_none() {
            // No victim is named: the Killed line may still come.
            report.no_victim = false;
        }
    }

    pub(super) fn killed(
        &mut self,
        line: &Killed<'_>,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        let pid = line.pid;
        let repeated = self.reports.iter().any(|report| {
            report.killed.contains(&pid)
                && !report.contradicts(line.message)
                && stamp.follows_within(&report.last, MAX_REPORT_GAP_US)
        });
        if repeated {
            for report in &mut self.reports {
                if report.killed.contains(&pid) {
                    report.last = stamp;
                }
            }
            return;
        }
        // Its report was closed by another one before this line came.
        if let Some(at) = self.unconfirmed.iter().position(|(victim, named)| {
            *victim == pid && stamp.follows(named) && stamp.is_within(named, MAX_IDLE_LINES)
        }) {
            self.unconfirmed.remove(at);
            return;
        }
        let found = self.report_of_killed(line, &stamp);
        let (at, identity) = match found {
            Some((at, identity)) => (Some(at), identity),
            None => (None, Identity::None),
        };
        let report = self.report_or_new(at, &stamp, hash, out);
        report.end_stats();
        report.saw(Evidence::Killed);
        report.message = report.message.or(line.message);
        report.ctid = report.ctid.take().or_else(|| line.ve.and_then(ctid));
        report.note_killed(pid);
        report.killed_adj = report.killed_adj.or(line.oom_score_adj);
        report.last = stamp;
        let (victim, cut) = build::victim(line, report.release.as_ref());
        let kill = Kill {
            victim,
            stamp,
            hash,
            cut,
            identity,
            reaped: None,
        };
        let known = match identity {
            Identity::Task => report.task_memcg.is_some() || report.path_and_comm.is_some(),
            Identity::Group => true,
            Identity::None => false,
        };
        report.waiting = Some(kill);
        let at = at.unwrap_or_else(|| self.reports.len().saturating_sub(1));
        if known {
            self.give_out_waiting(at, out);
        }
    }

    /// Which report a Killed line belongs to, and whether the report's cgroup is its victim's.
    pub(super) fn report_of_killed(
        &self,
        line: &Killed<'_>,
        stamp: &Stamp,
    ) -> Option<(usize, Identity)> {
        let pid = line.pid;
        let fits = |report: &Report| {
            !report.no_victim
                && report.waiting.is_none()
                && !report.contradicts(line.message)
                && same_caller(stamp, &report.first)
                && stamp.follows(&report.last)
        };
        let newest = |test: &dyn Fn(&Report) -> bool| {
            self.reports
                .iter()
                .rposition(|report| fits(report) && test(report))
        };
        let fresh = |report: &Report| report.killed.is_empty() && report.group.is_none();
        // Named by its own report.
        if let Some(at) = newest(&|report| {
            fresh(report)
                && [&report.summary, &report.selected]
                    .iter()
                    .any(|named| named.as_ref().is_some_and(|named| named.pid == pid))
        }) {
            return Some((at, Identity::Task));
        }
        // A thread of the process that the summary names: the leader was dead already. Without a table
        // the line behind the summary tells.
        if let Some(at) = newest(&|report| {
            fresh(report)
                && report.summary.as_ref().is_some_and(|summary| {
                    report.is_thread_of(pid, summary.pid)
                        || stamp.is_next_to(&summary.stamp)
                            && !report.has_rows()
                            && pid > summary.pid
                            && line.uid == summary.uid
                            && stamp.follows_within(&summary.stamp, THREAD_GAP_US)
                })
        }) {
            return Some((at, Identity::Task));
        }
        // A child of the chosen process: the line follows right behind, or the table lists it.
        if let Some(at) = newest(&|report| {
            fresh(report)
                && report.summary.is_none()
                && report
                    .selected
                    .as_ref()
                    .is_some_and(|selected| report.lists(pid) || stamp.is_next_to(&selected.stamp))
        }) {
            return Some((at, Identity::Task));
        }
        // A member of a group.
        if let Some(at) = newest(&|report| report.group.is_some() && is_member(report, line, stamp))
        {
            return Some((at, Identity::Group));
        }
        // A report that named nobody.
        let open = |report: &Report| fits(report) && !report.is_decided() && !report.excludes(pid);
        self.decide(pid, open).map(|at| (at, Identity::Task))
    }
}

/// Whether the report's block is about other cgroups than the summary.
fn paths_contradict(report: &Report, line: &Summary<'_>) -> bool {
    let differs = |known: Option<&Text>, shown: Option<&[u8]>| match (known, shown) {
        (Some(known), Some(shown)) => known.as_bytes() != shown,
        _ => false,
    };
    // The first stats block is of the cgroup at its limit.
    differs(
        report.stats.first().map(|block| &block.path),
        line.oom_memcg,
    ) || differs(report.oom_memcg.as_ref(), line.oom_memcg)
        || differs(report.task_memcg.as_ref(), line.task_memcg)
}

/// Whether a Killed line is of a member of the report's group: the table lists it, or, where there is no
/// table, it stands right behind the line before it and has the adjustment of the first victim.
fn is_member(report: &Report, line: &Killed<'_>, stamp: &Stamp) -> bool {
    if report.lists(line.pid) {
        return true;
    }
    !report.excludes(line.pid)
        && stamp.is_next_to(&report.last)
        && stamp.follows_within(&report.last, MEMBER_GAP_US)
        && (report.killed_adj.is_none() || report.killed_adj == line.oom_score_adj)
}

/// OpenVZ's id of a container: a number or a UUID. What hides it is none.
fn ctid(name: &[u8]) -> Option<String> {
    let is_id = !name.is_empty()
        && name.len() <= 36
        && name
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
        && name.iter().any(u8::is_ascii_digit);
    is_id.then(|| String::from_utf8_lossy(name).into_owned())
}
