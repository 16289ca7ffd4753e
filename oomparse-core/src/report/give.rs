//! What leaves, and when.

use super::Assembler;
use super::build::{self, Blocks};
use super::stamp::Stamp;
use super::state::{Identity, Report};
use crate::event::{Evidence, OomEvent};
use crate::limits::{
    MAX_OPEN_REPORTS, MAX_REAPER_DELAY_US, MAX_RECENT_VICTIMS, MAX_RECENT_VICTIMS_UNTIMED,
};
use crate::line::Line;
use alloc::collections::VecDeque;

/// A kill that left, and the second of the kernel's clock in which it did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pid: u32,
    second: Option<u32>,
}

/// Whole seconds are compared: the last one counts too.
const REAPER_DELAY_SECONDS: u32 = (MAX_REAPER_DELAY_US / 1_000_000) as u32 + 1;

fn second(stamp: &Stamp) -> Option<u32> {
    let micros = stamp.kernel_time_us?;
    u32::try_from(micros / 1_000_000).ok()
}

impl Assembler {
    /// A kill that waited for one further line leaves now, unless this line is the one it waited for. Says whether
    /// one waited.
    #[inline(always)]
    pub(super) fn release_waiting(
        &mut self,
        line: &Line<'_>,
        out: &mut VecDeque<OomEvent>,
    ) -> bool {
        let is_waiting = self.reports.iter().any(|report| report.waiting.is_some());
        if is_waiting {
            self.release(line, out);
        }
        is_waiting
    }

    fn release(&mut self, line: &Line<'_>, out: &mut VecDeque<OomEvent>) {
        let wanted = |pid: u32| match line {
            Line::Group(_) => true,
            Line::Reaped(line) => line.pid == pid,
            Line::Summary(line) => line.pid == Some(pid),
            _ => false,
        };
        for at in (0..self.reports.len()).rev() {
            let waits = self
                .reports
                .get(at)
                .and_then(|report| report.waiting.as_ref());
            if waits.is_some_and(|kill| !wanted(kill.victim.pid)) {
                self.give_out_waiting(at, out);
            }
        }
    }

    pub(crate) fn give_out_all_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        for at in 0..self.reports.len() {
            self.give_out_waiting(at, out);
        }
    }

    pub(super) fn give_out_waiting(&mut self, at: usize, out: &mut VecDeque<OomEvent>) {
        let Some(report) = self.reports.get_mut(at) else {
            return;
        };
        let Some(kill) = report.waiting.take() else {
            return;
        };
        report.given_out = true;
        let blocks = report.blocks();
        let event = build::kill(report, &blocks, &self.stream, &kill);
        self.remember(kill.victim.pid);
        self.push_out(event, out);
    }

    fn remember(&mut self, pid: u32) {
        if self.recent.len() >= MAX_RECENT_VICTIMS {
            self.recent.pop_front();
        }
        self.recent.push_back(Given {
            pid,
            second: second(&self.stamp),
        });
    }

    /// Whether the kill of this process left so short a time ago that a reaper line with this stamp is about it.
    pub(super) fn was_just_given_out(&self, pid: u32, stamp: &Stamp) -> bool {
        let now = second(stamp);
        let mut last = self.recent.iter().rev().enumerate();
        last.any(|(newer, given)| {
            given.pid == pid
                && match (given.second, now) {
                    (Some(then), Some(now)) => now.abs_diff(then) <= REAPER_DELAY_SECONDS,
                    _ => newer < MAX_RECENT_VICTIMS_UNTIMED,
                }
        })
    }

    /// Closes reports that a line with this stamp cannot belong to any more.
    pub(super) fn expire(&mut self, stamp: &Stamp, out: &mut VecDeque<OomEvent>) {
        let mut at = 0;
        while let Some(report) = self.reports.get(at) {
            if stamp.follows_within(&report.last, MAX_REAPER_DELAY_US) {
                at = at.saturating_add(1);
            } else {
                self.close(at, out);
            }
        }
    }

    /// Takes a report out and gives out what it has that has not left yet.
    pub(super) fn close(&mut self, at: usize, out: &mut VecDeque<OomEvent>) {
        if at >= self.reports.len() {
            return;
        }
        if self
            .reports
            .get(at)
            .is_some_and(|report| report.waiting.is_some())
        {
            self.give_out_waiting(at, out);
        }
        let mut report = self.reports.remove(at);
        if self.owner >= at {
            self.owner = self.owner.saturating_sub(1);
        }
        if report.given_out {
            return;
        }
        let blocks = report.blocks();
        let named = report.summary.clone().or_else(|| report.selected.clone());
        let event = match named {
            Some(named) if !report.no_victim => {
                self.remember(named.pid);
                if self.unconfirmed.len() >= MAX_OPEN_REPORTS {
                    self.unconfirmed.pop_front();
                }
                self.unconfirmed.push_back((named.pid, named.stamp));
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
        self.push_out(event, out);
    }

    pub(super) fn push_out(&mut self, mut event: OomEvent, out: &mut VecDeque<OomEvent>) {
        event.suppressed_reports = self.suppressed.take();
        if event.suppressed_reports.is_some() && !event.evidence.contains(&Evidence::Suppressed) {
            event.evidence.insert(0, Evidence::Suppressed);
        }
        out.push_back(event);
    }
}

impl Report {
    /// Whether the memory cgroup's block has begun.
    pub(super) fn is_block_begun(&self) -> bool {
        self.has_block()
    }

    /// Whether a victim was named, and no Killed line was seen.
    pub(super) fn awaits_its_killed_line(&self) -> bool {
        (self.summary.is_some() || self.selected.is_some())
            && self.killed.is_empty()
            && self.group.is_none()
            && !self.no_victim
            && !self.given_out
    }

    pub(super) fn blocks(&mut self) -> Blocks {
        if self.shared.is_none() {
            self.shared = Some(Blocks::of(self));
        }
        self.shared.clone().unwrap_or_default()
    }
}
