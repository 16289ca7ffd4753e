//! A kill after a group's line: what the group's report shows about it.

use super::reported::Printed;
use super::state::{Identity, Kill, Named, Report};
use crate::event::Evidence;
use crate::line::{Killed, Message, OOM_MEMCG};
use crate::stamp::Stamp;

/// How long after another member a kill without proof may come and still look like a member, in microseconds.
const MEMBER_GAP_US: u64 = 50_000;

/// A kill after a group's line that is not proven yet.
#[derive(Debug)]
pub(super) struct Unproven {
    pub(super) kill: Kill,
    pub(super) printed: Printed,
    message: Option<Message>,
    pub(super) looks_like_member: bool,
}

impl Unproven {
    /// A separate report that contains the waiting kill.
    pub(super) fn into_report(self) -> Report {
        let mut report = Report::new(self.kill.stamp);
        report.note_killed(self.printed.pid);
        self.into_waiting_of(&mut report);
        report
    }

    pub(super) fn into_waiting_of(self, report: &mut Report) {
        report.saw(Evidence::Killed);
        report.message = report.message.or(self.message);
        report.killed_adj = report.killed_adj.or(self.kill.victim.oom_score_adj);
        report.waiting = Some(self.kill);
    }
}

impl Report {
    /// Whether its table proves that a process is in its group.
    pub(super) fn is_listed_in_group(&self, pid: u32) -> bool {
        let (Some(group), Some(limit)) = (&self.group, &self.oom_memcg) else {
            return false;
        };
        let below = limit.as_bytes().strip_prefix(group.as_bytes());
        let is_within =
            group.as_bytes() == b"/" || below.is_some_and(|below| matches!(below, [] | [b'/', ..]));
        is_within && !self.truncated.contains(&OOM_MEMCG) && self.lists(pid)
    }

    /// A kill after its group's line.
    pub(super) fn after_group(
        &mut self,
        line: &Killed<'_>,
        stamp: Stamp,
        looks_like_member: bool,
    ) -> Unproven {
        if looks_like_member {
            self.note_killed(line.pid);
            self.last = stamp;
        }
        let is_chosen = |summary: &Named| summary.pid == line.pid;
        let identity = match &self.summary {
            Some(summary) if is_chosen(summary) => Identity::Task,
            _ => Identity::Group,
        };
        Unproven {
            kill: Kill::new(line, self.release.as_ref(), stamp, identity),
            printed: Printed::killed(line),
            message: line.message,
            looks_like_member,
        }
    }

    /// Whether a kill after its group's line looks like a member; this proves nothing.
    pub(super) fn looks_like_member(&self, line: &Killed<'_>, stamp: &Stamp) -> bool {
        self.lists(line.pid)
            || !self.excludes(line.pid)
                && stamp.follows_within(&self.last, MEMBER_GAP_US)
                && (self.killed_adj.is_none() || self.killed_adj == line.oom_score_adj)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Text;
    use crate::line::{Line, parse_line};

    fn text(text: &str) -> Option<Text> {
        Some(Text::from(text.as_bytes()))
    }

    #[test]
    fn a_table_proves_members_if_its_limit_is_in_the_group() {
        for (group, limit, is_member) in [
            ("/a", "/a", true),
            ("/a", "/a/b", true),
            ("/", "/a", true),
            ("/a", "/ab", false),
            ("/a/b", "/a", false),
        ] {
            let mut report = Report {
                group: text(group),
                oom_memcg: text(limit),
                pids: [(7, 7)].to_vec(),
                ..Report::default()
            };
            assert_eq!(report.is_listed_in_group(7), is_member, "{group} {limit}");
            assert!(!report.is_listed_in_group(8));
            report.cut(OOM_MEMCG);
            assert!(!report.is_listed_in_group(7));
        }
        let report = Report {
            group: text("/a"),
            pids: [(7, 7)].to_vec(),
            ..Report::default()
        };
        assert!(!report.is_listed_in_group(7));
    }

    #[test]
    fn what_looks_like_a_member() {
        let at = |micros: u64| Stamp {
            kernel_time_us: Some(micros),
            ..Stamp::default()
        };
        let looks = |report: &Report, pid: u32, micros: u64, adj: &str| {
            let line = alloc::format!(
                "Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:{adj}"
            );
            let Line::Killed(line) = parse_line(line.as_bytes()) else {
                panic!("{line}");
            };
            report.looks_like_member(&line, &at(micros))
        };
        let mut report = Report::new(at(100_000_000));
        assert!(looks(&report, 7, 100_050_000, "968"));
        assert!(!looks(&report, 7, 100_050_001, "968"));
        report.killed_adj = Some(968);
        assert!(looks(&report, 7, 100_000_001, "968"));
        assert!(!looks(&report, 7, 100_000_001, "0"));
        // In the table it may be late, and outside of it nothing counts.
        report.pids.push((7, 7));
        assert!(looks(&report, 7, 109_000_000, "0"));
        assert!(!looks(&report, 8, 100_000_001, "968"));
    }
}
