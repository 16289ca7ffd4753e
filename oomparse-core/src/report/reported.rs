//! Kills that were already reported: a death makes one event, however often its lines come.
//!
//! | line | makes no second event if |
//! |---|---|
//! | Killed | its pid belongs to an open report or group; or the same line came a moment ago; or its report had to be emitted before it |
//! | summary, selection | its report saw no Killed line, and that pid's kill, or this very line, was reported elsewhere: it is part of a quoted report |

use super::Assembler;
use super::state::{Kill, Named, Report};
use super::waiting::Decision;
use super::weight::list_of;
use crate::bytes::Text;
use crate::event::Evidence;
use crate::limits::{MAX_IDLE_LINES, MAX_REPORTED_KILLS};
use crate::line::Killed;
use crate::line::common::kib_to_bytes;
use crate::stamp::Stamp;
use alloc::collections::VecDeque;

/// What a line shows about a process, to recognise another line about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Printed {
    pub(super) pid: u32,
    /// Its comm's hash.
    comm: Option<u64>,
    /// In bytes.
    total_vm: Option<u64>,
}

impl Printed {
    pub(super) fn killed(line: &Killed<'_>) -> Self {
        Self {
            total_vm: line.total_vm_kib.map(kib_to_bytes),
            ..Self::named(line.pid, line.comm)
        }
    }

    pub(super) fn named(pid: u32, comm: Option<&[u8]>) -> Self {
        Self {
            pid,
            comm: comm.map(|comm| crate::hash::stable_hash(&[comm])),
            total_vm: None,
        }
    }

    /// Whether both may be about one process, as far as they show.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.pid == other.pid
            && agree(self.comm, other.comm)
            && agree(self.total_vm, other.total_vm)
    }

    /// Whether the pid is equal but the process is another: nothing else that both show is equal.
    fn is_anothers(&self, other: &Self) -> bool {
        !agree(self.comm, other.comm) && !agree(self.total_vm, other.total_vm)
    }
}

fn agree(one: Option<u64>, other: Option<u64>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// The last kills, and the lines that decided them.
#[derive(Debug, Default)]
pub(super) struct Reported {
    kills: VecDeque<ReportedKill>,
    /// Keys of the summaries and selections.
    lines: VecDeque<u64>,
}

#[derive(Debug)]
struct ReportedKill {
    printed: Printed,
    stamp: Stamp,
    /// Its Killed line has not come yet.
    by_name: bool,
}

impl Reported {
    /// How many bytes it holds on the heap.
    pub(super) fn weight(&self) -> usize {
        list_of::<ReportedKill>(self.kills.capacity())
            .saturating_add(list_of::<u64>(self.lines.capacity()))
    }

    /// Notes a kill. A kill `by_name` was emitted without its Killed line.
    pub(super) fn note(&mut self, printed: Printed, stamp: Stamp, by_name: bool) {
        push(
            &mut self.kills,
            ReportedKill {
                printed,
                stamp,
                by_name,
            },
        );
    }

    /// Notes the lines that chose a report's victim.
    pub(super) fn note_choices(&mut self, report: &Report) {
        for named in report.choices() {
            push(&mut self.lines, named.key());
        }
    }

    /// Whether a process's kill was reported, whatever else is known about it.
    pub(super) fn has(&self, pid: u32) -> bool {
        self.kills.iter().any(|kill| kill.printed.pid == pid)
    }

    /// Whether a Killed line belongs to a kill that was reported, although its report is closed.
    fn has_killed(&mut self, printed: &Printed, stamp: &Stamp) -> bool {
        let found = self.kills.iter_mut().rev().find(|kill| {
            if kill.by_name {
                kill.printed.agrees_with(printed)
                    && stamp.follows(&kill.stamp)
                    && stamp.is_within(&kill.stamp, MAX_IDLE_LINES)
            } else {
                kill.printed == *printed
                    && stamp.follows(&kill.stamp)
                    && !stamp.is_earlier_record(&kill.stamp)
            }
        });
        if let Some(kill) = found {
            kill.by_name = false;
            kill.printed = *printed;
            return true;
        }
        false
    }

    /// Whether the pid is known to belong to another process.
    fn is_anothers(&self, printed: &Printed) -> bool {
        let last = self
            .kills
            .iter()
            .rev()
            .find(|kill| kill.printed.pid == printed.pid);
        last.is_some_and(|kill| kill.printed.is_anothers(printed))
    }

    fn has_choice(&self, named: &Named) -> bool {
        let printed = named.printed();
        self.lines.contains(&named.key())
            || self
                .kills
                .iter()
                .any(|kill| kill.printed.agrees_with(&printed) && named.stamp.follows(&kill.stamp))
    }
}

/// Adds to a list and keeps its last entries.
fn push<T>(list: &mut VecDeque<T>, new: T) {
    if list.len() >= MAX_REPORTED_KILLS {
        list.pop_front();
    }
    list.push_back(new);
}

impl Assembler {
    /// Whether a Killed line belongs to a kill that was reported, or waits to be.
    pub(super) fn is_repeat(
        &mut self,
        line: &Killed<'_>,
        printed: &Printed,
        stamp: &Stamp,
    ) -> bool {
        let pid = line.pid;
        let is_anothers = self.reported.is_anothers(printed);
        let mut found = false;
        for report in self.reports.iter_mut() {
            if !is_anothers
                && report.killed.contains(&pid)
                && !report.contradicts(line.message)
                && stamp.follows(&report.last)
            {
                report.last = *stamp;
                found = true;
            }
        }
        found || self.reported.has_killed(printed, stamp)
    }

    /// Whether the kill of a report without a Killed line was reported by another report, or will be.
    pub(super) fn is_quoted(&self, report: &Report) -> bool {
        report.choices().any(|named| {
            self.reported.has_choice(named)
                || self
                    .reports
                    .iter()
                    .flat_map(Report::choices)
                    .any(|other| other.key() == named.key())
        })
    }
}

impl Report {
    /// The lines that name the process that the killer chose.
    pub(super) fn choices(&self) -> impl Iterator<Item = &Named> {
        self.summary.iter().chain(&self.selected)
    }

    /// Whether it consists only of such a line, which may be quoted from another report.
    pub(super) fn is_choice_alone(&self) -> bool {
        let is_choice = |evidence: &_| matches!(evidence, Evidence::Summary | Evidence::Selected);
        self.awaits_its_killed_line() && self.evidence.iter().all(is_choice)
    }
}

impl Kill {
    pub(super) fn printed(&self) -> Printed {
        let victim = &self.victim;
        Printed {
            total_vm: victim.total_vm_bytes,
            ..Printed::named(victim.pid, victim.comm.as_ref().map(Text::as_bytes))
        }
    }
}

impl Named {
    /// Whether both name one process.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.pid == other.pid && self.comm == other.comm
    }

    pub(super) fn decision(&self, by: Evidence, report: &Report) -> Decision {
        Decision {
            by,
            printed: self.printed(),
            stamp: self.stamp,
            report: Some(report.id()),
            waits: false,
        }
    }

    pub(super) fn printed(&self) -> Printed {
        Printed::named(self.pid, self.comm.as_ref().map(Text::as_bytes))
    }

    /// A key that the line and a copy of it have in common.
    fn key(&self) -> u64 {
        self.stamp.key()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(pid: u32, comm: Option<&str>, total_vm: Option<u64>) -> Printed {
        Printed {
            total_vm,
            ..Printed::named(pid, comm.map(str::as_bytes))
        }
    }

    #[test]
    fn lines_about_one_process_agree_in_what_both_show() {
        let one = printed(7, Some("java"), Some(8));
        for (other, agrees, is_anothers) in [
            (printed(7, Some("java"), Some(8)), true, false),
            (printed(7, None, Some(8)), true, false),
            (printed(7, Some("java"), None), true, false),
            (printed(7, Some("sh"), Some(8)), false, false),
            (printed(7, Some("java"), Some(4)), false, false),
            (printed(7, Some("sh"), Some(4)), false, true),
            (printed(8, Some("java"), Some(8)), false, false),
        ] {
            assert_eq!(one.agrees_with(&other), agrees, "{other:?}");
            assert_eq!(other.agrees_with(&one), agrees, "{other:?}");
            assert_eq!(one.is_anothers(&other), is_anothers, "{other:?}");
        }
    }

    #[test]
    fn a_line_and_what_it_shows_are_told_from_others() {
        let line = crate::line::parse_line(
            b"Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        );
        let crate::line::Line::Killed(line) = line else {
            panic!("{line:?}");
        };
        assert_eq!(Printed::killed(&line), printed(7, Some("java"), Some(8192)));
    }

    #[test]
    fn the_last_kills_are_remembered() {
        let stamp = Stamp::default();
        let mut reported = Reported::default();
        assert_eq!(reported.weight(), 0);
        for pid in 0..=u32::try_from(MAX_REPORTED_KILLS).unwrap() {
            reported.note(printed(pid, None, None), stamp, true);
        }
        assert!(!reported.has(0) && reported.has(1) && reported.has(64));
        assert!(reported.weight() >= MAX_REPORTED_KILLS * size_of::<ReportedKill>());
    }

    #[test]
    fn a_killed_line_completes_one_kill_by_name() {
        let at = |line: u64, seconds: u64| Stamp {
            line,
            kernel_time_us: Some(seconds * 1_000_000),
            ..Stamp::default()
        };
        let most = u64::from(MAX_IDLE_LINES);
        let (named, line) = (
            printed(7, Some("java"), None),
            printed(7, Some("java"), Some(8)),
        );
        for (stamp, is_it) in [
            (at(1 + most, 110), true),
            (at(2 + most, 110), false),
            (at(2, 121), false),
        ] {
            let mut reported = Reported::default();
            reported.note(named, at(1, 100), true);
            assert_eq!(reported.has_killed(&line, &stamp), is_it, "{stamp:?}");
        }
        let mut reported = Reported::default();
        reported.note(named, at(1, 100), true);
        assert!(!reported.has_killed(&printed(7, Some("sh"), Some(8)), &at(2, 100)));
        assert!(reported.has_killed(&line, &at(2, 100)));
        // From now on only the same line is the same kill.
        assert!(!reported.has_killed(&named, &at(3, 100)));
        assert!(reported.has_killed(&line, &at(3, 100)));
        assert!(!reported.has_killed(&line, &at(3, 121)));
    }

    #[test]
    fn the_pid_of_the_last_kill_may_be_anothers() {
        let mut reported = Reported::default();
        let java = printed(7, Some("java"), Some(8));
        reported.note(printed(7, Some("sh"), Some(4)), Stamp::default(), false);
        assert!(reported.is_anothers(&java));
        reported.note(java, Stamp::default(), false);
        assert!(!reported.is_anothers(&java));
        assert!(!reported.is_anothers(&printed(8, Some("java"), Some(4))));
    }

    #[test]
    fn a_choice_is_known_by_its_line_or_its_kill() {
        let choice = |pid: u32, hash: u64| Named {
            pid,
            stamp: Stamp {
                hash,
                ..Stamp::default()
            },
            ..Named::default()
        };
        let mut reported = Reported::default();
        assert!(!reported.has_choice(&choice(7, 1)));
        let report = Report {
            summary: Some(choice(7, 1)),
            selected: Some(choice(7, 2)),
            ..Report::default()
        };
        reported.note_choices(&report);
        assert!(reported.has_choice(&choice(7, 1)) && reported.has_choice(&choice(7, 2)));
        assert!(!reported.has_choice(&choice(7, 3)));
        reported.note(printed(8, None, None), Stamp::default(), false);
        assert!(reported.has_choice(&choice(8, 4)) && !reported.has_choice(&choice(9, 4)));
    }
}
