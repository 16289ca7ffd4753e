//! Deadlines of what a silent host holds, counted in bytes of the log.

use super::FrameParser;
use super::streams::Streams;
use crate::event::OomEvent;
use crate::report::Assembler;
use alloc::collections::VecDeque;

impl FrameParser {
    /// Notes that the next line ends this many bytes after the start of the log. Returns whether something was
    /// emitted because of that: then another report is the open one.
    #[inline(always)]
    pub(in crate::parser) fn reach(&mut self, at: u64) -> bool {
        self.at = at;
        let is_due = at > self.due;
        if is_due {
            self.let_go();
        }
        is_due
    }

    /// Emits everything that is due, the oldest first.
    #[cold]
    fn let_go(&mut self) {
        let given = self.events.len();
        self.due = self.streams.let_go(self.at, &mut self.events);
        self.was_taken = false;
        self.complete(given);
    }

    /// Notes when the last stream's next event is due. If there are several, the first is already known.
    #[inline]
    pub(super) fn note_due(&mut self) {
        if self.due == u64::MAX
            && let Some(due) = self.streams.last().and_then(Assembler::due)
        {
            self.due = due;
        }
    }
}

impl Streams {
    /// Emits everything that is due before this position in the log, the oldest first; returns when the next is
    /// due.
    pub(super) fn let_go(&mut self, at: u64, out: &mut VecDeque<OomEvent>) -> u64 {
        loop {
            let mut first: Option<(u64, &mut Assembler)> = None;
            for stream in self.by_host.iter_mut() {
                if let Some(due) = stream.value.due()
                    && first.as_ref().is_none_or(|(least, _)| due < *least)
                {
                    first = Some((due, &mut stream.value));
                }
            }
            let Some((due, assembler)) = first else {
                return u64::MAX;
            };
            if due >= at {
                return due;
            }
            let wanted = assembler.wants_every_line();
            assembler.let_go(due);
            assembler.move_events(out);
            let wants = assembler.wants_every_line();
            self.count(wanted, wants);
        }
    }

    /// Emits kills that wait for one further line.
    pub(super) fn give_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        if self.wanting == 0 {
            return;
        }
        for stream in self.by_host.iter_mut() {
            let wanted = stream.value.wants_every_line();
            stream.value.emit_all_waiting();
            stream.value.move_events(out);
            if wanted && !stream.value.wants_every_line() {
                self.wanting = self.wanting.saturating_sub(1);
            }
        }
    }

    /// Emits every open report.
    pub(super) fn close_reports(&mut self, out: &mut VecDeque<OomEvent>) {
        for stream in self.by_host.iter_mut() {
            stream.value.finish();
            stream.value.move_events(out);
        }
        self.wanting = 0;
    }
}
