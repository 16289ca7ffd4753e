//! Deadlines of what a silent host holds, counted in bytes of the log.

use super::FrameParser;
use super::streams::{Stream, Streams};
use crate::event::OomEvent;
use alloc::boxed::Box;
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
            && let Some(due) = self.streams.last.as_ref().and_then(|it| it.assembler.due())
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
            let mut first: Option<(u64, &mut Box<Stream>)> = None;
            for stream in self.others.iter_mut().chain(&mut self.last) {
                if let Some(due) = stream.assembler.due()
                    && first.as_ref().is_none_or(|(least, _)| due < *least)
                {
                    first = Some((due, stream));
                }
            }
            let Some((due, stream)) = first else {
                return u64::MAX;
            };
            if due >= at {
                return due;
            }
            let was_hungry = stream.assembler.is_hungry();
            stream.assembler.let_go(due, out);
            let is_hungry = stream.assembler.is_hungry();
            self.count(was_hungry, is_hungry);
        }
    }

    /// Emits kills that wait for one further line.
    pub(super) fn give_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        if self.hungry == 0 {
            return;
        }
        for stream in self.others.iter_mut().chain(&mut self.last) {
            let was = stream.assembler.is_hungry();
            stream.assembler.give_out_all_waiting(out);
            if was && !stream.assembler.is_hungry() {
                self.hungry = self.hungry.saturating_sub(1);
            }
        }
    }

    /// Emits every open report.
    pub(super) fn close_reports(&mut self, out: &mut VecDeque<OomEvent>) {
        for stream in self.others.iter_mut().chain(&mut self.last) {
            stream.assembler.finish(out);
        }
        self.hungry = 0;
    }
}
