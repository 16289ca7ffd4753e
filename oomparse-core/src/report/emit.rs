//! Which events are emitted, and when.

use super::Assembler;
use super::build::{self, Blocks};
use super::reports::ReportId;
use super::state::{Identity, Report};
use crate::event::{Evidence, OomEvent};
use crate::limits::{MAX_REAPER_DELAY_US, MAX_RECENT_VICTIMS};
use crate::stamp::{Second, Stamp};

/// A kill that was emitted, and the second in which it was printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Emitted {
    pid: u32,
    second: Option<Second>,
}

/// Whole seconds are compared, so the last one counts too.
const REAPER_DELAY_SECONDS: u32 = (MAX_REAPER_DELAY_US / 1_000_000) as u32 + 1;

impl Assembler {
    /// Emits the kill that waits in an open report.
    pub(super) fn emit_waiting(&mut self, id: ReportId) {
        let Some(report) = self.reports.get_mut(id) else {
            return;
        };
        if report.waiting.is_some() {
            let mut taken = core::mem::take(report);
            // The id stays, to find the place again.
            report.id = id;
            self.emit_kill(&mut taken);
            if let Some(place) = self.reports.get_mut(id) {
                *place = taken;
            }
        }
    }

    /// Emits the kill that waits in a report.
    pub(super) fn emit_kill(&mut self, report: &mut Report) {
        let Some(kill) = report.waiting.take() else {
            return;
        };
        report.is_emitted = true;
        if kill.saw_reaper {
            report.saw(Evidence::Reaped);
        }
        let blocks = report.blocks();
        let event = build::kill(report, &blocks, &self.stream, &kill);
        self.remember(kill.victim.pid, &kill.stamp);
        // The reaper's line may come before the Killed line, which has more data.
        let is_by_name = kill.victim.total_vm_bytes.is_none();
        self.reported.note(kill.printed(), kill.stamp, is_by_name);
        self.reported.note_choices(report);
        self.push_out(event);
    }

    fn remember(&mut self, pid: u32, stamp: &Stamp) {
        if self.recent.len() >= MAX_RECENT_VICTIMS {
            self.recent.pop_front();
        }
        let second = stamp.second();
        self.recent.push_back(Emitted { pid, second });
    }

    /// Whether this process's kill was emitted so recently that a reaper line with this stamp is about it.
    pub(super) fn was_just_emitted(&self, pid: u32, stamp: &Stamp) -> bool {
        let now = stamp.second();
        self.recent.iter().any(|given| {
            given.pid == pid
                && match (given.second, now) {
                    (Some(then), Some(now)) => now
                        .since(then)
                        .is_none_or(|gap| gap <= REAPER_DELAY_SECONDS),
                    _ => true,
                }
        })
    }

    /// Closes reports to which a line with this stamp cannot belong.
    pub(super) fn expire(&mut self, stamp: &Stamp) {
        let may_go_on = |report: &Report| {
            stamp.follows_within(&report.last, MAX_REAPER_DELAY_US)
                || report.is_choice_alone() && stamp.is_around(&report.last)
        };
        self.close_where(|report| !may_go_on(report));
    }

    /// Closes all reports of which this is true, oldest first.
    pub(super) fn close_where(&mut self, test: impl Fn(&Report) -> bool) {
        while let Some(id) = self.reports.oldest(&test) {
            self.close(id);
        }
    }

    /// Removes a report and emits what it has not emitted yet.
    pub(super) fn close(&mut self, id: ReportId) {
        if self.group.as_ref().is_some_and(|group| group.report == id) {
            self.end_group();
        }
        self.emit_waiting(id);
        let Some(mut report) = self.reports.remove(id) else {
            return;
        };
        if report.is_emitted || !report.no_victim && self.is_quoted(&report) {
            return;
        }
        let blocks = report.blocks();
        let named = report.summary.clone().or_else(|| report.selected.clone());
        let event = match named {
            Some(named) if !report.no_victim => {
                self.remember(named.pid, &named.stamp);
                self.reported.note(named.printed(), named.stamp, true);
                self.reported.note_choices(&report);
                let kill = named.to_kill(Identity::Task, None);
                build::kill(&report, &blocks, &self.stream, &kill)
            }
            _ => {
                if report.evidence.is_empty() {
                    return;
                }
                build::without_victim(&report, &blocks, &self.stream)
            }
        };
        self.push_out(event);
    }

    pub(super) fn push_out(&mut self, mut event: OomEvent) {
        event.suppressed_reports = self.suppressed.take();
        if event.suppressed_reports.is_some() && !event.evidence.contains(&Evidence::Suppressed) {
            event.evidence.insert(0, Evidence::Suppressed);
        }
        self.events.push_back(event);
    }
}

impl Report {
    /// Whether the memory cgroup's block has begun.
    pub(super) fn is_block_begun(&self) -> bool {
        self.has_block()
    }

    /// Whether a victim was named, but no Killed line was seen.
    pub(super) fn awaits_its_killed_line(&self) -> bool {
        (self.summary.is_some() || self.selected.is_some())
            && self.killed.is_empty()
            && self.group.is_none()
            && !self.no_victim
            && !self.is_emitted
    }

    pub(super) fn blocks(&mut self) -> Blocks {
        if self.shared.is_none() {
            self.shared = Some(Blocks::of(self));
        }
        self.shared.clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::Named;
    use super::*;
    use crate::bytes::Text;

    #[test]
    fn a_choice_waits_for_its_killed_line_until_one_came() {
        assert!(!Report::default().awaits_its_killed_line());
        let by_summary = || Report {
            summary: Some(Named::default()),
            ..Report::default()
        };
        let by_choice = Report {
            selected: Some(Named::default()),
            ..Report::default()
        };
        assert!(by_summary().awaits_its_killed_line() && by_choice.awaits_its_killed_line());
        let ends: [fn(&mut Report); 4] = [
            |report| report.killed.push(7),
            |report| report.group = Some(Text::from(&b"/a"[..])),
            |report| report.no_victim = true,
            |report| report.is_emitted = true,
        ];
        for (at, end) in ends.into_iter().enumerate() {
            let mut report = by_summary();
            end(&mut report);
            assert!(
                !report.awaits_its_killed_line() && !report.is_choice_alone(),
                "{at}"
            );
        }
    }

    #[test]
    fn a_choice_alone_may_be_quoted() {
        let of = |evidence: &[Evidence]| Report {
            selected: Some(Named::default()),
            evidence: evidence.to_vec(),
            ..Report::default()
        };
        assert!(of(&[Evidence::Summary, Evidence::Selected]).is_choice_alone());
        assert!(!of(&[Evidence::Selected, Evidence::Invoked]).is_choice_alone());
        assert!(!Report::default().is_choice_alone());
    }

    #[test]
    fn a_block_begins_with_any_of_its_lines() {
        assert!(!Report::default().is_block_begun());
        let report = Report {
            oom_memcg: Some(Text::from(&b"/a"[..])),
            ..Report::default()
        };
        assert!(report.is_block_begun());
    }

    /// Whether a line of the killer so many milliseconds after the start of the clock ends a report whose last line
    /// came at 100 s.
    fn ends(report: Report, millis: u64) -> bool {
        let at = |millis: u64| Stamp {
            kernel_time_us: Some(millis * 1000),
            ..Stamp::default()
        };
        let mut assembler = Assembler::default();
        assembler.reports.push(Report {
            last: at(100_000),
            ..report
        });
        assembler.expire(&at(millis));
        assembler.reports.len() == 0
    }

    #[test]
    fn a_line_long_after_a_report_ends_it() {
        let report = |evidence: Evidence| Report {
            selected: Some(Named::default()),
            evidence: [evidence].to_vec(),
            ..Report::default()
        };
        // Where it is part of a quotation, the clock may step back.
        for (evidence, earliest) in [(Evidence::Invoked, 99_000), (Evidence::Selected, 80_000)] {
            for (millis, is_over) in [
                (earliest - 1, true),
                (earliest, false),
                (130_000, false),
                (130_001, true),
            ] {
                assert_eq!(
                    ends(report(evidence), millis),
                    is_over,
                    "{evidence:?} {millis}"
                );
            }
        }
    }
}
