//! Lines besides the kill itself: processes that share the victim's memory, its group, the reaper, and reports
//! that killed nobody.

use super::reported::Printed;
use super::state::{Identity, Named, Report};
use super::waiting::Decision;
use super::{Assembler, build};
use crate::bytes::Text;
use crate::event::{Evidence, Reaped};
use crate::limits::MAX_REAPER_DELAY_US;
use crate::line::common::kib_to_bytes;
use crate::line::{Exiting, Fatal, ReapedLine, SharingMm};
use crate::stamp::Stamp;

impl Assembler {
    pub(super) fn sharing_mm(&mut self, line: &SharingMm<'_>, stamp: Stamp) {
        self.emit_all_waiting();
        let at = self.reports.newest(|report| {
            !report.killed.is_empty()
                && stamp.same_caller(&report.first)
                && stamp.follows(&report.last)
        });
        let at = self.report_or_new(at, &stamp);
        let Some(report) = self.reports.get_mut(at) else {
            return;
        };
        if !report.note_killed(line.pid) {
            return;
        }
        report.saw(Evidence::SharingMm);
        report.last = stamp;
        let named = Named {
            pid: line.pid,
            comm: Some(Text::from(line.comm)),
            stamp,
            ..Named::default()
        };
        report.waiting = Some(named.to_kill(Identity::None, None));
        self.decision = None;
        self.emit_waiting(at);
    }

    pub(super) fn exiting(&mut self, line: &Exiting<'_>, stamp: Stamp) {
        let printed = Printed::named(line.pid, Some(line.comm));
        self.decision = None;
        self.others = 0;
        self.doubt.count();
        if self.is_second_line(&printed, false, &stamp) {
            return;
        }
        let at = self.reports.newest(|report| {
            !report.contradicts(line.message)
                && stamp.same_caller(&report.first)
                && stamp.follows(&report.last)
                && (!report.is_decided()
                    || report.group.is_some()
                    || report
                        .summary
                        .as_ref()
                        .is_some_and(|summary| summary.pid == line.pid))
        });
        let at = self.report_or_new(at, &stamp);
        let Some(report) = self.reports.get_mut(at) else {
            return;
        };
        report.saw(Evidence::Exiting);
        report.message = report.message.or(line.message);
        report.last = stamp;
        let is_of_another = report.group.is_some() || !report.killed.is_empty();
        self.decision = Some(Decision {
            by: Evidence::Exiting,
            printed,
            stamp,
            report: Some(report.id()).filter(|_| !is_of_another),
            waits: false,
        });
        if is_of_another || report.is_emitted {
            return;
        }
        report.no_victim = true;
        report.summary = None;
        report.selected = Some(Named {
            pid: line.pid,
            comm: Some(Text::from(line.comm)),
            ..Named::default()
        });
        // Its group may still be killed.
        report.is_emitted = true;
        let blocks = report.blocks();
        let event = build::without_victim(report, &blocks, &self.stream);
        self.push_out(event);
    }

    pub(super) fn reaped(&mut self, line: &ReapedLine<'_>, stamp: Stamp) {
        let left = line.left.map(|left| Reaped {
            anon_rss_bytes: left.anon_rss_kib.map(kib_to_bytes),
            file_rss_bytes: left.file_rss_kib.map(kib_to_bytes),
            shmem_rss_bytes: left.shmem_rss_kib.map(kib_to_bytes),
        });
        // If the line was cut before its first figure, it shows nothing.
        let left = left.filter(|left| *left != Reaped::default());
        let pid = line.pid;
        if let Some(kill) = self.waiting_kill(pid) {
            kill.saw_reaper = true;
            kill.reaped = left;
            return;
        }
        if self.was_just_emitted(pid, &stamp)
            || self
                .reports
                .iter()
                .any(|report| report.killed.contains(&pid))
        {
            return;
        }
        let late = |report: &Report| {
            report.killed.is_empty()
                && !report.no_victim
                && stamp.follows_within(&report.last, MAX_REAPER_DELAY_US)
        };
        let names = |report: &Report| report.choices().any(|named| named.pid == pid);
        let at = self
            .reports
            .newest(|report| late(report) && names(report))
            .or_else(|| {
                self.reports
                    .newest(|report| late(report) && !report.is_decided() && report.lists(pid))
            });
        let identity = at.map_or(Identity::None, |_| Identity::Task);
        let at = self.report_or_new(at, &stamp);
        let Some(report) = self.reports.get_mut(at) else {
            return;
        };
        report.saw(Evidence::Reaped);
        let named = report.choices().find(|named| named.pid == pid).cloned();
        let named = named.unwrap_or_else(|| Named {
            pid,
            comm: line.comm.map(Text::from),
            stamp,
            ..Named::default()
        });
        report.note_killed(pid);
        let mut kill = named.to_kill(identity, left);
        // This line reports the kill, whichever line named the process before.
        kill.stamp.at = stamp.at;
        report.waiting = Some(kill);
        self.emit_waiting(at);
    }

    pub(super) fn fatal(&mut self, fatal: Fatal, stamp: Stamp) {
        let at = self.reports.newest(|report| {
            !report.is_decided() && stamp.same_caller(&report.first) && stamp.follows(&report.last)
        });
        let at = self.report_or_new(at, &stamp);
        let Some(report) = self.reports.get_mut(at) else {
            return;
        };
        report.saw(match fatal {
            Fatal::NoKillable => Evidence::NoKillable,
            Fatal::PanicOnOom => Evidence::Panic,
        });
        report.no_victim = true;
        report.last = stamp;
        self.close(at);
    }
}
