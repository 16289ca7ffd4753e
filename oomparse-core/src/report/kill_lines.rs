//! Lines that decide: the chosen and the killed process.

use super::Assembler;
use super::join::Cut;
use super::reported::Printed;
use super::reports::ReportId;
use super::state::{Identity, Kill, Named, Report};
use super::waiting::Decision;
use crate::bytes::Text;
use crate::event::Evidence;
use crate::line::{Killed, OOM_MEMCG, SelectedLine, Summary, TASK_MEMCG};
use crate::stamp::Stamp;
use alloc::string::String;

impl Assembler {
    pub(super) fn selected(&mut self, line: &SelectedLine<'_>, stamp: Stamp) {
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
                && stamp.same_caller(&report.first)
                && stamp.follows(&report.last)
        };
        let at = self.report_deciding(line.pid, fits);
        let at = self.report_or_new(at, &stamp);
        let Some(report) = self.reports.get_mut(at) else {
            return;
        };
        report.end_stats();
        report.saw(Evidence::Selected);
        report.message = report.message.or(line.message);
        report.selected = Some(Named {
            pid: line.pid,
            comm: line.comm.map(Text::from),
            uid: None,
            oom_score: line.oom_score,
            stamp,
        });
        report.last = stamp;
        self.decision = report
            .selected
            .as_ref()
            .map(|named| named.decision(Evidence::Selected, report));
    }

    /// The report that gets a decision about `pid`: the newest whose table lists it, or else the only one that
    /// fits.
    pub(super) fn report_deciding(
        &self,
        pid: u32,
        fits: impl Fn(&Report) -> bool,
    ) -> Option<ReportId> {
        let listing = self
            .reports
            .newest(|report| fits(report) && report.lists(pid));
        if listing.is_some() {
            return listing;
        }
        // Of several, the one whose block came last, if the others have no block.
        let mut fitting = self.reports.iter().filter(|report| fits(report));
        let first = fitting.next()?;
        if fitting.next().is_none() {
            return Some(first.id());
        }
        let with_block = |report: &&Report| fits(report) && report.has_block();
        let mut blocks = self.reports.iter().filter(with_block);
        let only = blocks.next()?;
        blocks.next().is_none().then_some(only.id())
    }

    /// This report, or a new one if there is none.
    pub(super) fn report_or_new(&mut self, at: Option<ReportId>, stamp: &Stamp) -> ReportId {
        at.unwrap_or_else(|| self.open(Report::new(*stamp)))
    }

    pub(super) fn open(&mut self, report: Report) -> ReportId {
        self.make_room(&report.first);
        self.reports.push(report)
    }

    pub(super) fn summary(&mut self, line: &Summary<'_>, stamp: Stamp, cut: Cut) {
        // A carrier may deliver the Killed line first.
        let waiting = self.reports.oldest(|report| {
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
                && stamp.same_caller(&report.first)
                && stamp.follows(&report.last)
        };
        let at = waiting.or_else(|| self.report_deciding(line.pid.unwrap_or(0), fits));
        let at = self.report_or_new(at, &stamp);
        let Some(report) = self.reports.get_mut(at) else {
            return;
        };
        report.end_stats();
        report.summary(line, stamp);
        for (field, is_cut) in [OOM_MEMCG, TASK_MEMCG].into_iter().zip(cut) {
            if is_cut {
                report.cut(field);
            }
        }
        report.last = stamp;
        self.decision = report
            .summary
            .as_ref()
            .map(|named| named.decision(Evidence::Summary, report));
        if let Some(id) = waiting {
            if let Some(kill) = &mut report.waiting {
                kill.identity = Identity::Task;
            }
            self.emit_waiting(id);
        }
    }

    pub(super) fn killed(&mut self, line: &Killed<'_>, stamp: Stamp) {
        let printed = Printed::killed(line);
        let is_mixed = self.doubt.is_mixed();
        self.doubt.count();
        let before = self.decision.take();
        self.others = 0;
        if self.is_second_line(&printed, true, &stamp) {
            return;
        }
        let decision = Decision {
            by: Evidence::Killed,
            printed,
            stamp,
            report: None,
            waits: false,
        };
        let again = before.filter(|before| before.printed.pid == line.pid);
        if self.waits_in_group(&printed, again.is_some()) || self.is_repeat(line, &printed, &stamp)
        {
            self.decision = again.or(Some(decision));
            return;
        }
        let mut found = self.report_that_names(line, &stamp, before.filter(|_| !is_mixed));
        if found.is_some() {
            self.end_group();
        } else if self.group.is_some() {
            return self.after_group(line, stamp);
        } else {
            found = self.report_that_names_nobody(line, &stamp, is_mixed);
        }
        let identity = found.map_or(Identity::None, |_| Identity::Task);
        let at = self.report_or_new(found, &stamp);
        let Some(report) = self.reports.get_mut(at) else {
            return;
        };
        report.end_stats();
        report.saw(Evidence::Killed);
        report.message = report.message.or(line.message);
        report.ctid = report.ctid.take().or_else(|| line.ve.and_then(ctid));
        report.note_killed(line.pid);
        report.killed_adj = report.killed_adj.or(line.oom_score_adj);
        report.last = stamp;
        report.waiting = Some(Kill::new(line, report.release.as_ref(), stamp, identity));
        let is_known = identity == Identity::Task
            && (report.task_memcg.is_some() || report.path_and_comm.is_some());
        self.decision = Some(Decision {
            report: Some(report.id()),
            waits: !is_known,
            ..decision
        });
        if is_known {
            self.emit_waiting(at);
        }
    }

    /// The report that names the killed process, or a process of which it is a proven thread or child.
    fn report_that_names(
        &self,
        line: &Killed<'_>,
        stamp: &Stamp,
        before: Option<Decision>,
    ) -> Option<ReportId> {
        let pid = line.pid;
        let fits = |report: &Report| {
            report.killed.is_empty() && report.group.is_none() && takes_kill(report, line, stamp)
        };
        let newest = |test: &dyn Fn(&Report) -> bool| {
            self.reports.newest(|report| fits(report) && test(report))
        };
        let names_it = |report: &Report| report.choices().any(|named| named.pid == pid);
        // The leader was already dead.
        let is_thread = |report: &Report| {
            report
                .summary
                .as_ref()
                .is_some_and(|summary| report.is_thread_of(pid, summary.pid))
        };
        let is_child = |report: &Report| {
            let is_after = before.is_some_and(|before| {
                before.by == Evidence::Selected
                    && before.report == Some(report.id())
                    && stamp.is_after(&before.stamp)
            });
            match (&report.summary, &report.selected) {
                (None, Some(_)) => is_after || report.lists(pid),
                // Only 5.0 prints both.
                (Some(summary), Some(selected)) => {
                    is_after && selected.comm.is_some() && selected.is_same(summary)
                }
                _ => false,
            }
        };
        newest(&names_it)
            .or_else(|| newest(&is_thread))
            .or_else(|| newest(&is_child))
    }

    /// The report for which a Killed line is the first to name a process.
    fn report_that_names_nobody(
        &self,
        line: &Killed<'_>,
        stamp: &Stamp,
        is_mixed: bool,
    ) -> Option<ReportId> {
        self.report_deciding(line.pid, |report| {
            takes_kill(report, line, stamp)
                && !report.is_decided()
                && !report.excludes(line.pid)
                && (!is_mixed || report.lists(line.pid))
        })
    }
}

/// Whether a Killed line may belong to this report.
fn takes_kill(report: &Report, line: &Killed<'_>, stamp: &Stamp) -> bool {
    !report.no_victim
        && report.waiting.is_none()
        && !report.contradicts(line.message)
        && stamp.same_caller(&report.first)
        && stamp.follows(&report.last)
}

/// Whether the report's block names other cgroups than the summary.
fn paths_contradict(report: &Report, line: &Summary<'_>) -> bool {
    let differs = |known: Option<&Text>, shown: Option<&[u8]>| match (known, shown) {
        (Some(known), Some(shown)) => known.as_bytes() != shown,
        _ => false,
    };
    // The first stats block belongs to the cgroup at its limit.
    differs(
        report.stats.first().map(|block| &block.path),
        line.oom_memcg,
    ) || differs(report.oom_memcg.as_ref(), line.oom_memcg)
        || differs(report.task_memcg.as_ref(), line.task_memcg)
}

/// OpenVZ's id of a container: a number or a UUID. A mask in its place is not an id.
fn ctid(name: &[u8]) -> Option<String> {
    let is_id = !name.is_empty()
        && name.len() <= 36
        && name
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
        && name.iter().any(u8::is_ascii_digit);
    is_id.then(|| String::from_utf8_lossy(name).into_owned())
}
