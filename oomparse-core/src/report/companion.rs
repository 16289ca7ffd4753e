//! Lines beside the kill: processes that share its memory, its group, the reaper, and reports in which
//! nobody was killed.

use super::stamp::Stamp;
use super::state::{Identity, Named, Report};
use super::{Assembler, same_caller};
use crate::bytes::Text;
use crate::event::{Evidence, OomEvent, Reaped};
use crate::limits::MAX_REAPER_DELAY_US;
use crate::line::common::{is_at_or_below, kib_to_bytes};
use crate::line::{Exiting, Fatal, ReapedLine, SharingMm};
use alloc::collections::VecDeque;

impl Assembler {
    pub(super) fn sharing_mm(
        &mut self,
        line: &SharingMm<'_>,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        self.give_out_all_waiting(out);
        let at = self.reports.iter().rposition(|report| {
            !report.killed.is_empty()
                && same_caller(&stamp, &report.first)
                && stamp.follows(&report.last)
        });
        let report = self.report_or_new(at, &stamp, hash, out);
        if !report.note_killed(line.pid) {
            return;
        }
        report.saw(Evidence::SharingMm);
        report.last = stamp;
        let named = Named {
            pid: line.pid,
            comm: Some(Text::from(line.comm)),
            stamp,
            hash,
            ..Named::default()
        };
        report.waiting = Some(named.to_kill(Identity::None, None));
        let at = at.unwrap_or_else(|| self.reports.len().saturating_sub(1));
        self.give_out_waiting(at, out);
    }

    pub(super) fn group(
        &mut self,
        path: &[u8],
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        // The group's cgroup is the victim's or stands above it.
        let fits = |report: &Report| {
            report.group.is_none()
                && report.is_decided()
                && report
                    .task_memcg
                    .as_ref()
                    .is_none_or(|task| is_at_or_below(task.as_bytes(), path))
                && same_caller(&stamp, &report.first)
                && stamp.follows(&report.last)
        };
        let newest = |test: &dyn Fn(&Report) -> bool| {
            self.reports
                .iter()
                .rposition(|report| fits(report) && test(report))
        };
        let at = newest(&|report| !report.killed.is_empty()).or_else(|| newest(&|_| true));
        let report = self.report_or_new(at, &stamp, hash, out);
        report.saw(Evidence::Group);
        report.group = Some(Text::from(path));
        report.last = stamp;
        if let Some(kill) = &mut report.waiting {
            if report.task_memcg.is_none() {
                kill.identity = Identity::Group;
            }
            let at = at.unwrap_or_else(|| self.reports.len().saturating_sub(1));
            self.give_out_waiting(at, out);
        }
    }

    pub(super) fn exiting(
        &mut self,
        line: &Exiting<'_>,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        let at = self.reports.iter().rposition(|report| {
            !report.contradicts(line.message)
                && same_caller(&stamp, &report.first)
                && stamp.follows(&report.last)
                && (!report.is_decided()
                    || report.group.is_some()
                    || report
                        .summary
                        .as_ref()
                        .is_some_and(|summary| summary.pid == line.pid))
        });
        let report = self.report_or_new(at, &stamp, hash, out);
        report.saw(Evidence::Exiting);
        report.message = report.message.or(line.message);
        report.last = stamp;
        if report.group.is_some() || !report.killed.is_empty() {
            return;
        }
        report.no_victim = true;
        report.summary = None;
        report.selected = Some(Named {
            pid: line.pid,
            comm: Some(Text::from(line.comm)),
            ..Named::default()
        });
        let at = at.unwrap_or_else(|| self.reports.len().saturating_sub(1));
        self.close(at, out);
    }

    pub(super) fn reaped(
        &mut self,
        line: &ReapedLine<'_>,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        let left = line.left.map(|left| Reaped {
            anon_rss_bytes: left.anon_rss_kib.map(kib_to_bytes),
            file_rss_bytes: left.file_rss_kib.map(kib_to_bytes),
            shmem_rss_bytes: left.shmem_rss_kib.map(kib_to_bytes),
        });
        // Of a line that was cut before its first figure nothing is told.
        let left = left.filter(|left| *left != Reaped::default());
        let pid = line.pid;
        if let Some(at) = self.reports.iter().position(|report| {
            report
                .waiting
                .as_ref()
                .is_some_and(|kill| kill.victim.pid == pid)
        }) {
            if let Some(report) = self.reports.get_mut(at) {
                report.saw(Evidence::Reaped);
                if let Some(kill) = &mut report.waiting {
                    kill.reaped = left;
                }
            }
            return self.give_out_waiting(at, out);
        }
        if self.was_just_given_out(pid, &stamp)
            || self
                .reports
                .iter()
                .any(|report| report.killed.contains(&pid))
        {
            return;
        }
        let late = |report: &Report| {
            report.killed.is_empty() && stamp.follows_within(&report.last, MAX_REAPER_DELAY_US)
        };
        let names = |report: &Report| {
            [&report.summary, &report.selected]
                .iter()
                .any(|named| named.as_ref().is_some_and(|named| named.pid == pid))
        };
        let at = self
            .reports
            .iter()
            .rposition(|report| late(report) && names(report))
            .or_else(|| {
                self.reports
                    .iter()
                    .rposition(|report| late(report) && !report.is_decided() && report.lists(pid))
            });
        let report = self.report_or_new(at, &stamp, hash, out);
        report.saw(Evidence::Reaped);
        let named = match (&report.summary, &report.selected) {
            (Some(summary), _) if summary.pid == pid => summary.clone(),
            (_, Some(selected)) if selected.pid == pid => selected.clone(),
            _ => Named {
                pid,
                comm: line.comm.map(Text::from),
                stamp,
                hash,
                ..Named::default()
            },
        };
        report.note_killed(pid);
        let identity = if at.is_some() {
            Identity::Task
        } else {
            Identity::None
        };
        report.waiting = Some(named.to_kill(identity, left));
        let at = at.unwrap_or_else(|| self.reports.len().saturating_sub(1));
        self.give_out_waiting(at, out);
    }

    pub(super) fn fatal(
        &mut self,
        fatal: Fatal,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        let at = self.reports.iter().rposition(|report| {
            !report.is_decided()
                && same_caller(&stamp, &report.first)
                && stamp.follows(&report.last)
        });
        let report = self.report_or_new(at, &stamp, hash, out);
        report.saw(match fatal {
            Fatal::NoKillable => Evidence::NoKillable,
            Fatal::PanicOnOom => Evidence::Panic,
        });
        report.no_victim = true;
        report.last = stamp;
        let at = at.unwrap_or_else(|| self.reports.len().saturating_sub(1));
        self.close(at, out);
    }
}
