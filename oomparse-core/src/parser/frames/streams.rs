//! One assembler for each host.

use crate::bounded::{Bounded, Entry, Weigh};
use crate::event::OomEvent;
use crate::limits::{MAX_OPEN_BYTES, MAX_STREAMS};
use crate::options::Options;
use crate::report::Assembler;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;

/// One assembler for each host.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// The stream of the last line, to which the next line usually belongs, and the others.
    pub(super) by_host: Bounded<Assembler>,
    /// How many need every line of theirs, because a report is being printed.
    pub(super) wanting: usize,
    /// Something open came in a record that names no host: unlike a line that lost its prefix, it does not belong to
    /// the host that the next record names.
    pub(super) is_of_record: bool,
}

impl Weigh for Assembler {
    fn weight(&self) -> usize {
        Assembler::weight(self)
    }
}

impl Streams {
    /// The assembler of the last line.
    #[inline]
    pub(super) fn last(&self) -> Option<&Assembler> {
        self.by_host.last().map(|last| &last.value)
    }

    /// The same, to be changed.
    #[inline]
    pub(super) fn last_mut(&mut self) -> Option<&mut Assembler> {
        self.by_host.last_mut().map(|last| &mut last.value)
    }

    /// Whether the last line's stream is also this line's.
    pub(super) fn is_last(&self, host: &[u8], is_after: bool) -> bool {
        self.by_host
            .last()
            .is_some_and(|last| is_after || *last.name == *host)
    }

    pub(super) fn wants_every_line(&self, host: &[u8], is_last: bool) -> bool {
        let stream = if is_last {
            self.by_host.last()
        } else {
            self.by_host.get(host)
        };
        stream.is_some_and(|stream| stream.value.wants_every_line())
    }

    /// Makes a host's stream the last one.
    pub(super) fn turn_to(
        &mut self,
        host: &[u8],
        is_last: bool,
        options: &Options,
        out: &mut VecDeque<OomEvent>,
    ) {
        if is_last || self.adopt(host, out) {
            return;
        }
        let new = || {
            let mut assembler = Assembler::new(options);
            if !host.is_empty() {
                assembler.set_host(host);
            }
            assembler
        };
        let wanting = &mut self.wanting;
        let leave = |mut stream: Box<Entry<Assembler>>| {
            if stream.value.wants_every_line() {
                *wanting = wanting.saturating_sub(1);
            }
            stream.value.finish();
            stream.value.move_events(out);
        };
        self.by_host
            .turn_to(host, (MAX_STREAMS, MAX_OPEN_BYTES), new, leave);
    }

    /// Counts a stream that begins or ends to need every line.
    pub(super) fn count(&mut self, wanted: bool, wants: bool) {
        match (wanted, wants) {
            (false, true) => self.wanting = self.wanting.saturating_add(1),
            (true, false) => self.wanting = self.wanting.saturating_sub(1),
            _ => {}
        }
    }

    /// Lines without a host belong to the first host that is named, while there is no other; whole records do not.
    fn adopt(&mut self, host: &[u8], out: &mut VecDeque<OomEvent>) -> bool {
        let is_alone = self.by_host.len() == 1;
        match self.by_host.last_mut() {
            Some(last) if last.name.is_empty() && is_alone => {
                if core::mem::take(&mut self.is_of_record) {
                    if last.value.wants_every_line() {
                        self.wanting = self.wanting.saturating_sub(1);
                    }
                    last.value.finish();
                }
                // A waiting kill was printed without a host.
                last.value.emit_all_waiting();
                last.value.move_events(out);
                last.name = Arc::from(host);
                last.value.set_host(host);
                true
            }
            _ => false,
        }
    }

    /// Removes all streams, in the order of their last lines.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Assembler> + use<> {
        self.wanting = 0;
        self.is_of_record = false;
        self.by_host.drain().map(|stream| stream.value)
    }
}
