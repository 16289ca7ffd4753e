//! Joins the lines of one stream into events.
//!
//! A line goes to the report that it provably belongs to: by the printing thread's id if the kernel shows it, by
//! the pids of the task table, by the cgroups, and last by being next to it in time and in the log. A line that
//! cannot be tied to a report makes its own event, without a cgroup.
//!
//! | line | opens a report | goes to | emits |
//! |---|---|---|---|
//! | invoked | always | - | decided reports of the stream |
//! | cpuset, CPU line | no | the report whose invoker has that name | |
//! | Task in, counters, stats, Mem-Info, table | if no report takes it | the report whose block it continues | |
//! | selected | if no report takes it | the report whose table lists the pid, or that it is next to | |
//! | summary | if no report takes it | the same; never against table, cgroup or scope | |
//! | killed | if no report takes it | the summary's, selected's or table's report | a kill, if its cgroup is known; otherwise it waits (`waiting.rs`) |
//! | group | if no report takes it | the report of the line right before | the waiting kill |
//! | killed, after a group | no | the group's report, or without proof perhaps the next one's (`group.rs`) | a kill, once it is proven or cannot be |
//! | killed, a second time | no | the kill that was reported (`reported.rs`) | |
//! | reaped | if no report takes it | the report that names or lists the pid and has no Killed line | a kill |
//! | exiting, no killable, panic | if no report takes it | the open report | `no_victim` |
//!
//! A report that shows no victim is emitted as type `report` when the next one starts, when the clock has moved
//! on, when a bound is reached, or at the end.

mod block;
mod build;
mod doubt;
mod emit;
mod figures;
mod group;
mod join;
mod kill_lines;
mod lines;
mod member;
mod other_lines;
mod reported;
mod reports;
mod silence;
mod state;
mod waiting;
mod weight;

use self::build::Stream;
use self::doubt::Doubt;
use self::group::OpenGroup;
use self::join::{Cut, Joined, Pending};
use self::reported::Reported;
use self::reports::Reports;
use self::waiting::Decision;
use crate::bytes::Text;
use crate::event::{Evidence, OomEvent};
use crate::frame::{self, Fragment, Frame, FrameKind, may_be_emphasised};
use crate::limits::MAX_REPORT_LEN;
use crate::line::{self, Line, parse_line};
use crate::options::Options;
use alloc::collections::VecDeque;

use crate::hash::stable_hash;
use crate::stamp::Stamp;
#[cfg(feature = "daemons")]
pub(crate) use build::killed_victim;

/// How far apart the first lines of two interleaved reports may be, in microseconds.
const INTERLEAVE_US: u64 = 1_000_000;

/// What became of a record that is like the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It must be read like any other record.
    NotTaken,
    /// It is a figure or a row of the report that is being printed.
    Within,
    /// It is a line of the killer: any report may have begun or ended.
    Open,
    /// It is another line, which may have ended a report.
    Other,
}

/// The state of one stream of lines.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    stream: Stream,
    reports: Reports,
    pending: Option<Pending>,
    suppressed: Option<u64>,
    /// The last kills that were emitted.
    recent: VecDeque<emit::Emitted>,
    reported: Reported,
    /// The last line that names a victim.
    decision: Option<Decision>,
    /// The group whose members may still follow.
    group: Option<OpenGroup>,
    /// Lines since the last one that names a victim.
    others: u32,
    doubt: Doubt,
    keep_tasks: bool,
    lines: u64,
    /// How many bytes after the start of the log this line ends.
    at: u64,
    /// How many bytes may follow a report's first line.
    max_report_len: u64,
    /// Where the last summary or reaper line ends, and the victim that it names.
    named: Option<(u64, u32)>,
    /// The stamp of the last record.
    stamp: Stamp,
    wants_every_line: bool,
    /// The complete events, which the caller takes after each call.
    events: VecDeque<OomEvent>,
}

impl Assembler {
    /// The assembler of a stream: `options` name host and boot id for lines that show none.
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            keep_tasks: options.tasks,
            max_report_len: options.max_report_len.unwrap_or(MAX_REPORT_LEN),
            stream: Stream {
                host: options.host.clone().map(Text::from),
                boot_id: options.boot_id.clone().map(Text::from),
                roots: options.cgroup_roots.clone(),
            },
            ..Self::default()
        }
    }

    /// Moves the complete events to others.
    #[inline]
    pub(crate) fn move_events(&mut self, to: &mut VecDeque<OomEvent>) {
        if !self.events.is_empty() {
            to.append(&mut self.events);
        }
    }

    /// Whether lines without one of the sieve's words matter now, because a report's block is being printed.
    pub(crate) fn wants_every_line(&self) -> bool {
        self.wants_every_line
    }

    /// Whether the line that ends at `at` also names the event's victim, as a summary or a reaper line.
    pub(crate) fn names_victim(&self, event: &OomEvent, at: u64) -> bool {
        let victim = event.victim.as_ref();
        victim.is_some_and(|victim| self.named == Some((at, victim.pid)))
    }

    fn note_named(&mut self, pid: Option<u32>, stamp: &Stamp) {
        self.named = pid.map(|pid| (stamp.at, pid));
    }

    fn find_out_hunger(&mut self) {
        self.wants_every_line =
            self.pending.is_some() || self.is_open() || self.is_after_selection();
    }

    /// Whether the last record chose a process: the next one says who was killed, in whatever form.
    fn is_after_selection(&self) -> bool {
        let decision = self.decision.as_ref();
        decision.is_some_and(|last| last.by == Evidence::Selected && last.stamp.line == self.lines)
    }

    /// Whether a report, or a waiting kill, needs more lines.
    fn is_open(&self) -> bool {
        self.is_waiting() || self.reports.iter().any(|report| !report.is_decided())
    }

    /// Whether ordinary lines mean nothing to the reports, and are only shown because of a held summary.
    fn is_open_for_held_alone(&self) -> bool {
        self.pending.as_ref().is_some_and(Pending::is_held) && !self.is_open()
    }

    /// Takes one kernel record, which ends this many bytes after the start of the log.
    ///
    /// Returns whether it belongs to a report.
    pub(crate) fn push(&mut self, frame: &Frame<'_>, at: u64) -> bool {
        self.at = at;
        // No shipper's record has such marks.
        let plain = (cfg!(feature = "carriers").then(|| without_emphasis(frame))).flatten();
        let is_of_report = self.record(plain.as_ref().unwrap_or(frame));
        self.find_out_hunger();
        is_of_report
    }

    fn record(&mut self, frame: &Frame<'_>) -> bool {
        if frame.kind == FrameKind::KmsgDictionary {
            return false;
        }
        self.lines = self.lines.wrapping_add(1);
        if let Some(boot_id) = &frame.boot_id {
            self.set_boot_id(boot_id);
        }
        let stamp = Stamp::of(frame, self.lines, self.at);
        self.compare_clocks(&stamp);
        self.stamp = stamp;
        self.end_waiting(&stamp);
        if self.pending.is_some() {
            let reports = &self.reports;
            let is_thread = |thread, tgid| {
                let mut reports = reports.iter();
                reports.any(|report| report.is_thread_of(thread, tgid))
            };
            match Pending::offer(&mut self.pending, frame, stamp, &is_thread) {
                Joined::Taken => return true,
                Joined::Whole(pending) => {
                    self.read_pending(&pending);
                    // The record that completes a Killed line reports the kill: the one before could not.
                    if let Line::Killed(line) = parse_line(pending.message()) {
                        self.note_named(Some(line.pid), &stamp);
                    }
                    return true;
                }
                Joined::Flush(pending) => self.read_pending(&pending),
                Joined::Unrelated => {}
            }
        }
        let message = frame.message.as_ref();
        // Only the kernel as author, or its clock, distinguishes a figure from other text.
        let is_shown = frame.author.is_kernel() || stamp.kernel_time_us.is_some();
        if frame.kind == FrameKind::Indented {
            return self.continuation(message, stamp) && is_shown;
        }
        let line = parse_line(message);
        if line == Line::Other && self.is_open_for_held_alone() {
            self.lines = self.lines.wrapping_sub(1);
            return false;
        }
        if frame.fragment == Fragment::Piece && line == Line::Other {
            return false;
        }
        if self.pending.is_none() {
            self.pending = Pending::start(frame, &line, stamp);
            if self.pending.is_some() {
                if let Line::Summary(line) = &line {
                    self.note_named(line.pid, &stamp);
                }
                return true;
            }
        }
        let is_open = self.wants_every_line && is_shown;
        let is_of_report = is_reports(&line, is_open);
        self.read(&line, message, &stamp, [false; 2]);
        is_of_report
    }

    /// Takes a record whose frame differs from the last one only in its clock and its message, while no message
    /// waits for its rest.
    #[inline]
    pub(crate) fn push_next(&mut self, kernel_time_us: u64, message: &[u8], at: u64) -> Next {
        if !self.wants_every_line || self.pending.is_some() || may_be_emphasised(message) {
            return Next::NotTaken;
        }
        let line = line::parse(message);
        if join::may_start(message, &line) {
            return Next::NotTaken;
        }
        self.lines = self.lines.wrapping_add(1);
        let stamp = self.next_stamp(kernel_time_us, at);
        let was_waiting = self.end_waiting(&stamp);
        let next = self.read(&line, message, &stamp, [false; 2]);
        if was_waiting || next != Next::Within {
            self.find_out_hunger();
            return if is_reports(&line, true) {
                Next::Open
            } else {
                Next::Other
            };
        }
        next
    }

    /// Sets the stream's host.
    pub(crate) fn set_host(&mut self, host: &[u8]) {
        self.stream.host = Some(Text::from(host));
    }

    fn set_boot_id(&mut self, boot_id: &[u8]) {
        let known = self.stream.boot_id.as_ref().map(Text::as_bytes);
        if known == Some(boot_id) {
            return;
        }
        if known.is_some() {
            // Lines of another kernel prove nothing about this one's.
            self.end_group();
            self.decision = None;
            self.reported = Reported::default();
        }
        self.stream.boot_id = Some(Text::from(boot_id));
    }

    fn read_pending(&mut self, pending: &Pending) {
        let message = pending.message();
        let mut line = parse_line(message);
        if let (Line::Summary(line), true) = (&mut line, pending.has_no_end()) {
            line.let_go_of_task();
        }
        self.read(&line, message, &pending.stamp, pending.cut());
    }

    /// Emits everything that is open.
    pub(crate) fn finish(&mut self) {
        self.wants_every_line = false;
        if let Some(pending) = self.pending.take() {
            self.read_pending(&pending);
        }
        self.close_where(|_| true);
    }

    #[inline(always)]
    fn read(&mut self, line: &Line<'_>, message: &[u8], stamp: &Stamp, cut: Cut) -> Next {
        let is_within = match line {
            Line::StatEntry(key, value) => self.stat_entry(key, *value, message, stamp),
            Line::TaskRow(row) => self.task_row(row, stamp),
            _ => false,
        };
        if is_within {
            return Next::Within;
        }
        self.settle_before(line);
        match line {
            Line::StatEntries(entries) => self.stat_entries(entries, stamp),
            Line::StatEntry(..) | Line::TaskRow(_) | Line::Other | Line::Malformed => {
                self.other(stamp);
            }
            Line::Meminfo(figures) => self.meminfo(figures, stamp),
            line => {
                self.expire(stamp);
                self.oom_line(*line, message, *stamp, cut);
            }
        }
        Next::Open
    }
}

/// The record without the emphasis that somebody gave to a known message after its stamp.
fn without_emphasis<'a>(frame: &Frame<'a>) -> Option<Frame<'a>> {
    let is_text = matches!(frame.kind, FrameKind::Dmesg | FrameKind::Syslog);
    if !is_text || !may_be_emphasised(&frame.message) {
        return None;
    }
    let plain = frame::without_emphasis(&frame.message)?;
    if matches!(parse_line(plain), Line::Other | Line::Malformed) {
        return None;
    }
    let message = plain.to_vec().into();
    Some(Frame {
        message,
        ..frame.clone()
    })
}

/// Whether a line belongs to a report: a figure or a row does while a report is open.
fn is_reports(line: &Line<'_>, is_open: bool) -> bool {
    match line {
        Line::Other | Line::Malformed => false,
        Line::StatEntry(..)
        | Line::StatEntries(_)
        | Line::Meminfo(_)
        | Line::MeminfoHeading
        | Line::TaskRow(_)
        | Line::Cpuset(_)
        | Line::TaskInfo(_) => is_open,
        _ => true,
    }
}

fn is_near(stamp: &Stamp, earlier: &Stamp) -> bool {
    stamp.follows_within(earlier, INTERLEAVE_US)
}

#[cfg(test)]
mod tests;
