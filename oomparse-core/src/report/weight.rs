//! About how many bytes a stream holds, for the one bound over all streams.
//!
//! Lists are counted by their capacity, so that this is never far below what was allocated.

use super::Assembler;
use super::build::Blocks;
use super::emit::Emitted;
use super::group::OpenGroup;
use super::state::{Kill, Named, Report};
use crate::bytes::Text;
use crate::event::{Invoker, MemcgStats, Meminfo, TaskRow};
use core::mem::size_of;

impl Assembler {
    /// About how many bytes it holds.
    pub(crate) fn weight(&self) -> usize {
        let reports = self.reports.iter().map(Report::weight);
        let pending = self.pending.as_ref().map_or(0, |it| it.message().len());
        let names =
            text(self.stream.host.as_ref()).saturating_add(text(self.stream.boot_id.as_ref()));
        [
            size_of::<Self>(),
            list_of::<Emitted>(self.recent.capacity()),
            self.reported.weight(),
            self.group.as_ref().map_or(0, OpenGroup::weight),
            list_of::<Report>(self.reports.capacity()),
            pending,
            names,
        ]
        .into_iter()
        .chain(reports)
        .fold(0, usize::saturating_add)
    }
}

impl Report {
    /// How many bytes it holds on the heap.
    fn weight(&self) -> usize {
        let blocks = self.shared.as_ref().map_or(0, Blocks::weight);
        let meminfo = self.meminfo.as_ref().map_or(0, |_| size_of::<Meminfo>());
        let named = [&self.summary, &self.selected]
            .into_iter()
            .flatten()
            .chain(self.reaped.as_ref().map(|(named, _)| named))
            .map(Named::weight);
        let texts = [
            &self.cpuset,
            &self.release,
            &self.task_memcg,
            &self.oom_memcg,
            &self.constraint,
            &self.path_and_comm,
            &self.group,
        ];
        [
            list_of::<TaskRow>(self.tasks.capacity()),
            self.row_texts,
            list_of::<(u32, u32)>(self.pids.capacity()),
            list_of::<u32>(self.killed.capacity()),
            stats(&self.stats, self.stats.capacity()),
            self.invoker.as_ref().map_or(0, Invoker::weight),
            self.waiting.as_ref().map_or(0, Kill::weight),
            blocks,
            meminfo,
        ]
        .into_iter()
        .chain(texts.map(|it| text(it.as_ref())))
        .chain(named)
        .fold(0, usize::saturating_add)
    }
}

impl Blocks {
    /// What the events of a report share; the report keeps it for later events.
    fn weight(&self) -> usize {
        let meminfo = self.meminfo.as_ref().map_or(0, |_| size_of::<Meminfo>());
        stats(&self.stats, self.stats.len())
            .saturating_add(list_of::<TaskRow>(self.tasks.len()))
            .saturating_add(meminfo)
    }
}

impl Named {
    fn weight(&self) -> usize {
        text(self.comm.as_ref())
    }
}

impl Kill {
    pub(super) fn weight(&self) -> usize {
        text(self.victim.comm.as_ref())
    }
}

impl Invoker {
    fn weight(&self) -> usize {
        [&self.comm, &self.gfp_mask, &self.gfp_flags, &self.nodemask]
            .map(|it| text(it.as_ref()))
            .into_iter()
            .fold(0, usize::saturating_add)
    }
}

#[cfg(feature = "daemons")]
impl crate::event::OomEvent {
    /// The heap size of its texts, while it waits.
    pub(crate) fn texts_weight(&self) -> usize {
        let victim = self.victim.as_ref();
        let cgroup = self.cgroup.as_ref();
        [
            size_of::<Self>(),
            size_of::<crate::event::Testimony>(),
            text(self.host.as_ref()),
            text(victim.and_then(|it| it.comm.as_ref())),
            text(victim.and_then(|it| it.cmdline.as_ref())),
            text(cgroup.and_then(|it| it.task_memcg.as_ref())),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }
}

/// A text's bytes; short texts are stored inline but counted anyway.
fn text(text: Option<&Text>) -> usize {
    text.map_or(0, |text| text.as_bytes().len())
}

pub(super) fn list_of<T>(len: usize) -> usize {
    len.saturating_mul(size_of::<T>())
}

fn stats(blocks: &[MemcgStats], capacity: usize) -> usize {
    let held = |block: &MemcgStats| {
        block
            .values
            .weight()
            .saturating_add(block.path.as_bytes().len())
    };
    blocks
        .iter()
        .map(held)
        .fold(list_of::<MemcgStats>(capacity), usize::saturating_add)
}

/// The heap size of a row's texts.
pub(super) fn of_row(row: &TaskRow) -> usize {
    text(row.comm.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrameParser;
    use crate::event::Victim;
    use crate::frame::{Frame, FrameKind};
    use alloc::borrow::Cow;
    use alloc::format;

    fn push(parser: &mut FrameParser, message: &str) {
        parser.push(&Frame {
            kind: FrameKind::Record,
            host: Some(Cow::Borrowed(b"a")),
            message: Cow::Borrowed(message.as_bytes()),
            ..Frame::default()
        });
    }

    /// Each line that adds something to keep adds at least its own length, and closed reports weigh nothing.
    #[test]
    fn whatever_is_kept_is_counted() {
        let long = "x".repeat(3000);
        let mut parser = FrameParser::with_options(crate::Options {
            tasks: true,
            ..crate::Options::default()
        });
        let mut before = parser.open_bytes();
        for (line, least) in [
            (format!("a invoked oom-killer: gfp_mask=0xcc0({long}), order=0, oom_score_adj=0"), 3000),
            (format!("Task in /{long} killed as a result of limit of /{long}"), 6000),
            (format!("Memory cgroup stats for /{long}: cache:1KB rss:2KB unevictable:0KB"), 3000),
            ("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name".into(), 0),
            (format!("[      7]     0     7     1000      500     4096        0           900 {long}"), 3000),
            (format!("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/{long},task_memcg=/{long},task=a,pid=7,uid=0"), 6000),
            (format!("Memory cgroup out of memory: Killed process 7 ({long}"), 3000),
        ] {
            push(&mut parser, &line);
            let after = parser.open_bytes();
            let kind = line.get(..20);
            assert!(after >= before + least, "{before} {after} {kind:?}");
            // A summary is held until the next line, and then adds nothing new.
            if !line.starts_with("oom-kill:") {
                before = after;
            }
        }
        parser.finish();
        assert_eq!(parser.open_bytes(), 0);
    }

    /// Names come from the log, so each may be long.
    #[test]
    fn each_part_of_a_report_weighs_at_least_its_names() {
        const LEN: usize = 3000;
        let long = || Some(Text::from(&[b'x'; LEN][..]));
        let named = Named {
            comm: long(),
            ..Named::default()
        };
        let victim = Victim {
            comm: long(),
            ..Victim::default()
        };
        let kill = Kill {
            victim,
            ..named.to_kill(super::super::state::Identity::None, None)
        };
        let invoker = Invoker {
            gfp_mask: long(),
            nodemask: long(),
            ..Invoker::default()
        };
        let row = TaskRow {
            comm: long(),
            ..TaskRow::default()
        };
        assert!(named.weight() >= LEN && kill.weight() >= LEN);
        assert!(invoker.weight() >= 2 * LEN && of_row(&row) >= LEN);
    }

    #[test]
    fn what_events_share_weighs_as_long_as_the_report_keeps_it() {
        let mut report = Report {
            tasks: [(); 50].map(|()| TaskRow::default()).to_vec(),
            meminfo: Some(alloc::boxed::Box::default()),
            ..Report::default()
        };
        let least = 50 * size_of::<TaskRow>() + size_of::<Meminfo>();
        assert!(report.weight() >= least);
        report.blocks();
        assert!(report.tasks.is_empty() && report.weight() >= least);
    }

    #[test]
    fn a_kill_that_waits_after_a_group_is_counted() {
        let mut parser = FrameParser::new();
        let killed = |pid: u32| {
            format!(
                "Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
            )
        };
        push(&mut parser, &killed(7));
        push(
            &mut parser,
            "Tasks in /a are going to be killed due to memory.oom.group set",
        );
        let before = parser.open_bytes();
        push(&mut parser, &killed(9));
        assert!(parser.open_bytes() >= before + size_of::<Kill>());
    }
}
