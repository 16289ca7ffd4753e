//! Joins the lines of one stream into events.
//!
//! A line goes to the report that it provably belongs to: by the printing thread's id where the kernel
//! shows it, by the pids of the task table, by the cgroups, and last by standing next to it in time and
//! in the log. What cannot be tied to a report makes an event of its own, without a cgroup.
//!
//! | line | opens a report | goes to | gives out |
//! |---|---|---|---|
//! | invoked | always | - | decided reports of the stream |
//! | cpuset, CPU line | no | the report whose invoker has that name | |
//! | Task in, counters, stats, Mem-Info, table | where none takes it | the report whose block it continues | |
//! | selected | where none takes it | the report whose table lists the pid, or that it stands next to | |
//! | summary | where none takes it | the same; never against table, cgroup or scope | |
//! | killed | where none takes it | the summary's, selected's or table's report | a kill, if its cgroup is known; else it waits one line |
//! | group | where none takes it | the report whose Killed line came right before | the waiting kill |
//! | killed, after a group | no | members: listed in the table, or next to each other | a kill with the group's pod |
//! | reaped | where none takes it | the report that names or lists the pid and has no Killed line | a kill |
//! | exiting, no killable, panic | where none takes it | the open report | `no_victim` |
//!
//! A report that shows no victim leaves as type `report` when the next one starts, when the clock has
//! moved on, on a bound, or at the end.

mod build;
mod join;
mod stamp;
mod state;

use self::build::{Blocks, Stream};
use self::join::{Joined, Pending};
use self::stamp::Stamp;
use self::state::{Identity, Kill, Named, Report};
use crate::bytes::Text;
use crate::event::{Evidence, OomEvent, Reaped};
use crate::frame::{Fragment, Frame, FrameKind};
use crate::limits::{
    MAX_IDLE_LINES, MAX_OPEN_REPORTS, MAX_REAPER_DELAY_US, MAX_RECENT_VICTIMS, MAX_REPORT_GAP_US,
};
use crate::line::common::kib_to_bytes;
use crate::line::{
    CounterLine, Exiting, Invoked, Killed, Line, OOM_MEMCG, ReapedLine, Row, SelectedLine,
    SharingMm, StatsHeading, Summary, TASK_MEMCG, TaskIn, TaskInfo, parse_line,
};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

pub(crate) use stamp::fnv1a;

/// How long two headers may be apart and still be of reports that interleave, in microseconds.
const INTERLEAVE_US: u64 = 1_000_000;

/// How long after a group's line, or another member's, a member without a table may die, in microseconds.
const MEMBER_GAP_US: u64 = 50_000;

/// How long after the summary a Killed line with another pid may come and be the leader's thread.
const THREAD_GAP_US: u64 = 50_000;

/// The state of one stream of lines.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    stream: Stream,
    /// Oldest first.
    reports: Vec<Report>,
    /// Index into `reports` of the one whose block is being printed.
    owner: usize,
    pending: Option<Pending>,
    suppressed: Option<u64>,
    recent: VecDeque<u32>,
    keep_tasks: bool,
    lines: u64,
    hungry: bool,
    /// Stands in where an index would be out of range, which none is.
    nowhere: Report,
}

impl Assembler {
    /// A stream's assembler. `host` and `boot_id` are used where the lines show none.
    pub(crate) fn new(keep_tasks: bool, host: Option<Text>, boot_id: Option<Text>) -> Self {
        Self {
            keep_tasks,
            stream: Stream { host, boot_id },
            ..Self::default()
        }
    }

    /// Whether lines without a literal of their own matter now: a report's block is being printed.
    pub(crate) fn is_hungry(&self) -> bool {
        self.hungry
    }

    fn find_out_hunger(&mut self) {
        self.hungry = self.pending.is_some()
            || self
                .reports
                .iter()
                .any(|report| report.waiting.is_some() || !report.is_decided());
    }

    /// Takes one record of the kernel.
    pub(crate) fn push(&mut self, frame: &Frame<'_>, out: &mut VecDeque<OomEvent>) {
        self.record(frame, out);
        self.find_out_hunger();
    }

    fn record(&mut self, frame: &Frame<'_>, out: &mut VecDeque<OomEvent>) {
        if frame.kind == FrameKind::KmsgDictionary {
            return;
        }
        self.lines = self.lines.wrapping_add(1);
        if let Some(host) = &frame.host
            && self
                .stream
                .host
                .as_ref()
                .is_none_or(|known| known.as_bytes() != host.as_ref())
        {
            self.stream.host = Some(Text::from(host.as_ref()));
        }
        if let Some(boot_id) = &frame.boot_id
            && self
                .stream
                .boot_id
                .as_ref()
                .is_none_or(|known| known.as_bytes() != boot_id.as_ref())
        {
            self.stream.boot_id = Some(Text::from(boot_id.as_ref()));
        }
        let stamp = Stamp::of(frame, self.lines);
        match Pending::offer(&mut self.pending, frame, stamp) {
            Joined::Taken => return,
            Joined::Whole(pending) => {
                self.read(pending.message(), pending.stamp, pending.cut, out);
                return;
            }
            Joined::Flush(pending) => {
                self.read(pending.message(), pending.stamp, pending.cut, out);
            }
            Joined::Unrelated => {}
        }
        let message = frame.message.as_ref();
        match frame.kind {
            // Behind a newline in a record: figures, never a line that names anybody.
            FrameKind::Indented => {
                return self.continuation(message, stamp, out);
            }
            _ if frame.fragment == Fragment::Piece && parse_line(message) == Line::Other => return,
            _ => {}
        }
        if self.pending.is_none() {
            self.pending = Pending::start(message, stamp);
            if self.pending.is_some() {
                return;
            }
        }
        self.read(message, stamp, false, out);
    }

    /// Gives out everything that is open.
    pub(crate) fn finish(&mut self, out: &mut VecDeque<OomEvent>) {
        self.hungry = false;
        if let Some(pending) = self.pending.take() {
            self.read(pending.message(), pending.stamp, pending.cut, out);
        }
        while !self.reports.is_empty() {
            self.close(0, out);
        }
    }

    /// What stands behind a newline in a record: figures and a header, never a line that names a victim.
    fn continuation(&mut self, message: &[u8], stamp: Stamp, out: &mut VecDeque<OomEvent>) {
        let line = parse_line(message);
        if let Line::Invoked(line) = line {
            // The newline stood in the comm, of which only the end is left.
            self.invoked(&line, stamp, fnv1a(&[message]), out);
            if let Some(invoker) = self
                .reports
                .last_mut()
                .and_then(|report| report.invoker.as_mut())
            {
                invoker.comm = None;
            }
            return;
        }
        let Some(report) = self.reports.get_mut(self.owner) else {
            return;
        };
        match line {
            Line::StatEntry(..) | Line::StatEntries(_) if report.is_stats_open() => {
                report.stat_entries(message, &stamp);
            }
            Line::Meminfo(figures) if report.meminfo.is_some() => report.meminfo(figures),
            _ => {}
        }
    }

    fn read(&mut self, message: &[u8], stamp: Stamp, cut: bool, out: &mut VecDeque<OomEvent>) {
        let line = parse_line(message);
        self.release_waiting(&line, out);
        match line {
            Line::StatEntry(key, value) => self.stat_entry(key, value, message, stamp, out),
            Line::StatEntries(entries) => self.stat_entries(entries, stamp, out),
            Line::TaskRow(row) => self.task_row(&row, stamp, out),
            Line::Other | Line::Malformed => self.other(stamp, out),
            Line::Meminfo(figures) => self.meminfo(figures, stamp, out),
            line => {
                self.expire(&stamp, out);
                self.oom_line(line, message, stamp, cut, out);
            }
        }
    }

    fn oom_line(
        &mut self,
        line: Line<'_>,
        message: &[u8],
        stamp: Stamp,
        cut: bool,
        out: &mut VecDeque<OomEvent>,
    ) {
        let hash = match line {
            Line::TaskInfo(_) | Line::Cpuset(_) | Line::MeminfoHeading | Line::Suppressed(_) => 0,
            _ => fnv1a(&[message]),
        };
        match line {
            Line::Invoked(line) => self.invoked(&line, stamp, hash, out),
            Line::Cpuset(line) => {
                if let Some(report) =
                    self.head_of(line.comm, &stamp, |report| report.cpuset.is_none())
                {
                    report.cpuset = Some(Text::from(line.cpuset));
                    report.saw(Evidence::Cpuset);
                    report.last = stamp;
                }
            }
            Line::TaskInfo(line) => self.task_info(&line, stamp),
            Line::TaskIn(line) => self.task_in(&line, stamp, hash, out),
            Line::LimitReached(path) => {
                let report = self.block(&stamp, hash, Report::is_block_begun, None, out);
                report.saw(Evidence::LimitReached);
                report.oom_memcg = Some(Text::from(path));
            }
            Line::Counter(line) => self.counter(&line, stamp, hash, out),
            Line::StatsHeading(line) => self.stats_heading(&line, stamp, hash, out),
            Line::MeminfoHeading => self.meminfo_heading(stamp, out),
            Line::TasksState => {
                let report = self.block(&stamp, hash, |report| report.columns.is_some(), None, out);
                report.end_stats();
                report.saw(Evidence::Tasks);
            }
            Line::TasksHeading(columns) => {
                let report = self.block(&stamp, hash, |report| report.columns.is_some(), None, out);
                report.end_stats();
                report.saw(Evidence::Tasks);
                report.columns = Some(columns);
            }
            Line::Selected(line) => self.selected(&line, stamp, hash, out),
            Line::Summary(line) => self.summary(&line, stamp, hash, cut, out),
            Line::Killed(line) => self.killed(&line, stamp, hash, out),
            Line::SharingMm(line) => self.sharing_mm(&line, stamp, hash, out),
            Line::Group(path) => self.group(path, stamp, hash, out),
            Line::Exiting(line) => self.exiting(&line, stamp, hash, out),
            Line::Reaped(line) => self.reaped(&line, stamp, hash, out),
            Line::Fatal(fatal) => self.fatal(fatal, stamp, hash, out),
            Line::Suppressed(count) => {
                self.suppressed = Some(self.suppressed.unwrap_or(0).saturating_add(count));
                let open = self
                    .reports
                    .iter_mut()
                    .rev()
                    .find(|report| !report.is_decided());
                if let Some(report) = open {
                    report.saw(Evidence::Suppressed);
                }
            }
            Line::StatEntry(..)
            | Line::StatEntries(_)
            | Line::Meminfo(_)
            | Line::TaskRow(_)
            | Line::Malformed
            | Line::Other => {}
        }
    }

    // ---- Lines of the block ----

    fn invoked(
        &mut self,
        line: &Invoked<'_>,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        self.make_room(&stamp, out);
        let mut report = Report::new(stamp, hash);
        report.invoked(line);
        let owner_prints = self.reports.get(self.owner).is_some_and(|owner| {
            owner.has_block() && owner.columns.is_none() && is_near(&stamp, &owner.last)
        });
        self.reports.push(report);
        if !owner_prints {
            self.owner = self.reports.len().saturating_sub(1);
        }
    }

    /// Before a report starts: closes those that are over.
    fn make_room(&mut self, stamp: &Stamp, out: &mut VecDeque<OomEvent>) {
        let mut at = 0;
        while let Some(report) = self.reports.get(at) {
            if !may_go_on(report, stamp) || self.reports.len() >= MAX_OPEN_REPORTS {
                self.close(at, out);
            } else {
                at = at.saturating_add(1);
            }
        }
    }

    /// The report whose header names this thread and that has not had this line yet.
    fn head_of(
        &mut self,
        comm: &[u8],
        stamp: &Stamp,
        wants: impl Fn(&Report) -> bool,
    ) -> Option<&mut Report> {
        self.reports.iter_mut().rev().find(|report| {
            let invoker = report
                .invoker
                .as_ref()
                .and_then(|invoker| invoker.comm.as_ref());
            !report.is_decided()
                && report.invoker.is_some()
                && invoker.is_none_or(|invoker| state::is_same_comm(invoker.as_bytes(), comm))
                && same_caller(stamp, &report.first)
                && stamp.follows(&report.last)
                && wants(report)
        })
    }

    fn task_info(&mut self, line: &TaskInfo<'_>, stamp: Stamp) {
        let Some(comm) = line.comm else { return };
        let wants = |report: &Report| {
            report
                .invoker
                .as_ref()
                .is_some_and(|invoker| invoker.pid.is_none())
        };
        if let Some(report) = self.head_of(comm, &stamp, wants) {
            report.task_info(line);
            report.last = stamp;
        }
    }

    /// The report that a line of a block goes to; a new one where none takes it.
    ///
    /// `has` tells that a report has had this line already, so that it is another's. `cpuset` is the last
    /// component of the cgroup the block is about.
    fn block(
        &mut self,
        stamp: &Stamp,
        hash: u64,
        has: impl Fn(&Report) -> bool,
        cpuset: Option<&[u8]>,
        out: &mut VecDeque<OomEvent>,
    ) -> &mut Report {
        let takes = |report: &Report| {
            !report.is_decided()
                && !has(report)
                && same_caller(stamp, &report.first)
                && stamp.follows(&report.last)
        };
        let mut at = self
            .reports
            .get(self.owner)
            .is_some_and(takes)
            .then_some(self.owner);
        let heads = |report: &Report| takes(report) && !report.has_block();
        let is_known = stamp.caller.is_some();
        if !is_known && at.is_none_or(|at| self.reports.get(at).is_some_and(heads)) {
            at = self.pick_head(stamp, heads, cpuset).or(at);
        }
        let at = at
            .or_else(|| self.reports.iter().rposition(takes))
            .unwrap_or_else(|| {
                if self.reports.len() >= MAX_OPEN_REPORTS {
                    self.close(0, out);
                }
                self.reports.push(Report::new(*stamp, hash));
                self.reports.len().saturating_sub(1)
            });
        self.owner = at;
        let report = self.reports.get_mut(at).unwrap_or(&mut self.nowhere);
        report.last = *stamp;
        report.idle_lines = 0;
        report
    }

    /// Of several headers without a block: the one whose cpuset has the block's name, else the oldest,
    /// and then nobody knows who invoked which.
    fn pick_head(
        &mut self,
        stamp: &Stamp,
        heads: impl Fn(&Report) -> bool,
        cpuset: Option<&[u8]>,
    ) -> Option<usize> {
        let candidates: Vec<usize> = self
            .reports
            .iter()
            .enumerate()
            .filter(|(_, report)| heads(report) && is_near(stamp, &report.last))
            .map(|(at, _)| at)
            .collect();
        if candidates.len() < 2 {
            return candidates.first().copied();
        }
        let named = |at: &&usize| {
            let report = self.reports.get(**at);
            let known = report
                .and_then(|report| report.cpuset.as_ref())
                .map(Text::as_bytes);
            known.is_some() && known == cpuset
        };
        if let (Some(at), 1) = (
            candidates.iter().find(named),
            candidates.iter().filter(named).count(),
        ) {
            return Some(*at);
        }
        for at in &candidates {
            if let Some(report) = self.reports.get_mut(*at) {
                report.ambiguous_head = true;
            }
        }
        candidates.first().copied()
    }

    fn task_in(
        &mut self,
        line: &TaskIn<'_>,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        let name = line
            .task_memcg
            .and_then(|path| path.rsplit(|byte| *byte == b'/').next());
        let report = self.block(&stamp, hash, Report::is_block_begun, name, out);
        report.task_in(line);
    }

    fn counter(
        &mut self,
        line: &CounterLine,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        let kind = line.kind;
        let begun = |report: &Report| {
            report.has_counter(kind) || report.columns.is_some() || !report.stats.is_empty()
        };
        self.block(&stamp, hash, begun, None, out).counter(line);
    }

    fn stats_heading(
        &mut self,
        line: &StatsHeading<'_>,
        stamp: Stamp,
        hash: u64,
        out: &mut VecDeque<OomEvent>,
    ) {
        let path = line.path;
        // The first block is of the cgroup at its limit; the others stand below it.
        let other = |report: &Report| {
            report.columns.is_some()
                || report.stats.first().is_some_and(|first| {
                    !crate::line::common::is_at_or_below(path, first.path.as_bytes())
                })
                || report
                    .stats
                    .iter()
                    .any(|block| block.path.as_bytes() == path)
        };
        self.block(&stamp, hash, other, None, out)
            .stats_heading(line);
    }

    fn stat_entries(&mut self, entries: &[u8], stamp: Stamp, out: &mut VecDeque<OomEvent>) {
        match self.reports.get_mut(self.owner) {
            Some(report)
                if report.is_stats_open()
                    && same_caller(&stamp, &report.first)
                    && stamp.follows(&report.last) =>
            {
                report.stat_entries(entries, &stamp);
                report.last = stamp;
                report.idle_lines = 0;
            }
            _ => self.other(stamp, out),
        }
    }

    /// The usual case of the above: one figure in a line of its own.
    fn stat_entry(
        &mut self,
        key: &str,
        value: u64,
        message: &[u8],
        stamp: Stamp,
        out: &mut VecDeque<OomEvent>,
    ) {
        match self.reports.get_mut(self.owner) {
            Some(report)
                if report.is_stats_open()
                    && same_caller(&stamp, &report.first)
                    && stamp.follows(&report.last) =>
            {
                report.stat_entry(key, value, message.len(), &stamp);
                report.last = stamp;
                report.idle_lines = 0;
            }
            _ => self.other(stamp, out),
        }
    }

    fn task_row(&mut self, row: &Row<'_>, stamp: Stamp, out: &mut VecDeque<OomEvent>) {
        let keep = self.keep_tasks;
        match self.reports.get_mut(self.owner) {
            Some(report)
                if report.columns.is_some()
                    && !report.is_decided()
                    && stamp.follows(&report.last) =>
            {
                report.task_row(row, keep);
                report.last = stamp;
                report.idle_lines = 0;
            }
            _ => self.other(stamp, out),
        }
    }

    /// The heading of a Mem-Info block, which proves no OOM: it opens nothing.
    fn meminfo_heading(&mut self, stamp: Stamp, out: &mut VecDeque<OomEvent>) {
        let takes = |report: &Report| {
            !report.is_decided() && report.meminfo.is_none() && stamp.follows(&report.last)
        };
        let at = match self.reports.get(self.owner) {
            Some(owner) if takes(owner) => Some(self.owner),
            _ => self.reports.iter().rposition(takes),
        };
        let Some(report) = at.and_then(|at| self.reports.get_mut(at)) else {
            return self.other(stamp, out);
        };
        report.end_stats();
        report.meminfo = Some(alloc::boxed::Box::default());
        report.saw(Evidence::Meminfo);
        report.last = stamp;
        self.owner = at.unwrap_or(self.owner);
    }

    fn meminfo(&mut self, figures: &[u8], stamp: Stamp, out: &mut VecDeque<OomEvent>) {
        match self.reports.get_mut(self.owner) {
            Some(report)
                if report.meminfo.is_some()
                    && report.columns.is_none()
                    && !report.is_decided()
                    && stamp.follows(&report.last) =>
            {
                report.meminfo(figures);
                report.last = stamp;
            }
            _ => self.other(stamp, out),
        }
    }

    /// A line that says nothing to a report: it only uses up the patience with those that are open.
    fn other(&mut self, stamp: Stamp, out: &mut VecDeque<OomEvent>) {
        let mut at = 0;
        while let Some(report) = self.reports.get_mut(at) {
            report.idle_lines = report.idle_lines.saturating_add(1);
            let idle = report.idle_lines > MAX_IDLE_LINES && !report.is_decided();
            if idle || !stamp.follows_within(&report.last, MAX_REAPER_DELAY_US) {
                self.close(at, out);
            } else {
                at = at.saturating_add(1);
            }
        }
    }

    // ---- Lines that decide ----

    fn selected(
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
    fn decide(&self, pid: u32, fits: impl Fn(&Report) -> bool) -> Option<usize> {
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

    fn report_or_new(
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

    fn summary(
        &mut self,
        line: &Summary<'_>,
        stamp: Stamp,
        hash: u64,
        cut: bool,
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
        if cut {
            for field in [OOM_MEMCG, TASK_MEMCG] {
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

    fn killed(&mut self, line: &Killed<'_>, stamp: Stamp, hash: u64, out: &mut VecDeque<OomEvent>) {
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
        let found = self.report_of_killed(line, &stamp);
        let (at, identity) = match found {
            Some((at, identity)) => (Some(at), identity),
            None => (None, Identity::None),
        };
        let report = self.report_or_new(at, &stamp, hash, out);
        report.end_stats();
        report.saw(Evidence::Killed);
        report.message = report.message.or(line.message);
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
    fn report_of_killed(&self, line: &Killed<'_>, stamp: &Stamp) -> Option<(usize, Identity)> {
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
        // A thread of the process that the summary names: the leader was dead already.
        if let Some(at) = newest(&|report| {
            fresh(report)
                && report.summary.as_ref().is_some_and(|summary| {
                    report.is_thread_of(pid, summary.pid)
                        || stamp.is_next_to(&summary.stamp)
                            && !report.lists(summary.pid)
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

    fn sharing_mm(
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

    fn group(&mut self, path: &[u8], stamp: Stamp, hash: u64, out: &mut VecDeque<OomEvent>) {
        let at = self.reports.iter().rposition(|report| {
            report.group.is_none()
                && report.is_decided()
                && same_caller(&stamp, &report.first)
                && stamp.follows(&report.last)
        });
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

    fn exiting(
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
            stamp,
            hash,
            ..Named::default()
        });
        let at = at.unwrap_or_else(|| self.reports.len().saturating_sub(1));
        self.close(at, out);
    }

    fn reaped(
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
        if self.recent.contains(&pid)
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

    fn fatal(
        &mut self,
        fatal: crate::line::Fatal,
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
            crate::line::Fatal::NoKillable => Evidence::NoKillable,
            crate::line::Fatal::PanicOnOom => Evidence::Panic,
        });
        report.no_victim = true;
        report.last = stamp;
        let at = at.unwrap_or_else(|| self.reports.len().saturating_sub(1));
        self.close(at, out);
    }

    // ---- Giving out ----

    /// A kill that waited for one further line leaves now, unless this line is the one it waited for.
    fn release_waiting(&mut self, line: &Line<'_>, out: &mut VecDeque<OomEvent>) {
        if self.reports.iter().all(|report| report.waiting.is_none()) {
            return;
        }
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

    /// Kills that wait for one further line leave without it.
    pub(crate) fn give_out_all_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        for at in 0..self.reports.len() {
            self.give_out_waiting(at, out);
        }
    }

    fn give_out_waiting(&mut self, at: usize, out: &mut VecDeque<OomEvent>) {
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
        self.recent.push_back(pid);
    }

    /// Closes reports that a line with this stamp cannot belong to any more.
    fn expire(&mut self, stamp: &Stamp, out: &mut VecDeque<OomEvent>) {
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
    fn close(&mut self, at: usize, out: &mut VecDeque<OomEvent>) {
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

    fn push_out(&mut self, mut event: OomEvent, out: &mut VecDeque<OomEvent>) {
        event.suppressed_reports = self.suppressed.take();
        if event.suppressed_reports.is_some() && !event.evidence.contains(&Evidence::Suppressed) {
            event.evidence.insert(0, Evidence::Suppressed);
        }
        out.push_back(event);
    }
}

impl Report {
    /// Whether the memory cgroup's block has begun.
    fn is_block_begun(&self) -> bool {
        self.has_block()
    }

    fn blocks(&mut self) -> Blocks {
        if self.shared.is_none() {
            self.shared = Some(Blocks::of(self));
        }
        self.shared.clone().unwrap_or_default()
    }
}

fn same_caller(one: &Stamp, other: &Stamp) -> bool {
    one.caller.is_none() || other.caller.is_none() || one.caller == other.caller
}

/// Whether a report without a victim may still be printing, or have its victim named by the reaper, when
/// another one starts. Where the clock is not shown, it is over.
fn may_go_on(report: &Report, stamp: &Stamp) -> bool {
    let patience = if report.has_rows() {
        MAX_REAPER_DELAY_US
    } else {
        INTERLEAVE_US
    };
    !report.is_decided()
        && stamp.since(&report.last).is_some()
        && stamp.follows_within(&report.last, patience)
}

fn is_near(stamp: &Stamp, earlier: &Stamp) -> bool {
    stamp.follows_within(earlier, INTERLEAVE_US)
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
