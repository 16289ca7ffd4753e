//! What became of lines, and which of them tells an event.

use super::FrameParser;
use crate::event::OomEvent;
#[cfg(feature = "daemons")]
use crate::event::ToldAt;
use crate::parser::Taken;

impl FrameParser {
    /// Before lines: how many events are there already, for [`taken`](Self::taken).
    #[inline]
    pub(in crate::parser) fn begin(&mut self) -> usize {
        self.is_of_report = false;
        self.events.len()
    }

    /// What became of the lines since [`begin`](Self::begin).
    #[inline]
    pub(in crate::parser) fn taken(&self, given: usize) -> Taken {
        Taken {
            is_of_report: self.is_of_report,
            events: self.events.len().saturating_sub(given),
        }
    }

    /// Whether the last frame tells this event, as
    /// [`Parser::last_line_tells`](crate::Parser::last_line_tells) says of a line.
    #[must_use]
    pub fn last_frame_tells(&self, event: &OomEvent) -> bool {
        // A kill whose own line seemed to be broken leaves with the next one, which may name its victim once more.
        let last = self.streams.last.as_ref();
        event.told_at.is(self.at)
            || last.is_some_and(|last| last.assembler.names_victim(event, self.at))
    }

    /// Does something with lines that stand above the one that is read: what they tell, that one does not.
    pub(in crate::parser) fn above(&mut self, on: bool) {
        self.at = if on {
            self.at.wrapping_sub(1)
        } else {
            self.at.wrapping_add(1)
        };
    }

    /// Notes of the events behind the first `given` whether this line tells them: it holds the words that do.
    #[cfg(feature = "daemons")]
    pub(super) fn note_told(&mut self, given: usize, message: &[u8], line: Option<&[u8]>) {
        let at = self.at;
        for event in self.events.iter_mut().skip(given) {
            if event.is_told_in(message) || line.is_some_and(|line| event.is_told_in(line)) {
                event.told_at = ToldAt::line(at);
            }
        }
    }
}
