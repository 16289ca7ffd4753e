//! What became of lines, and which of them reports an event.

use super::FrameParser;
use crate::event::OomEvent;
#[cfg(feature = "daemons")]
use crate::event::ReportedAt;
use crate::parser::Taken;

impl FrameParser {
    /// To be called before lines: returns how many events there are already, for [`taken`](Self::taken).
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

    /// Whether the last frame reports this event, like
    /// [`Parser::last_line_reports`](crate::Parser::last_line_reports) for a line.
    #[must_use]
    pub fn last_frame_reports(&self, event: &OomEvent) -> bool {
        // A kill whose own line seemed broken is emitted with the next line, which may name its victim once more.
        let last = self.streams.last();
        event.reported_at.is(self.at) || last.is_some_and(|last| last.names_victim(event, self.at))
    }

    /// Handles lines above the one that is being read: their events are not reported by that line.
    pub(in crate::parser) fn above(&mut self, on: bool) {
        self.at = if on {
            self.at.wrapping_sub(1)
        } else {
            self.at.wrapping_add(1)
        };
    }

    /// Notes for the events after the first `given` whether this line reports them: whether it contains their
    /// words.
    #[cfg(feature = "daemons")]
    pub(super) fn note_reported(&mut self, given: usize, message: &[u8], line: Option<&[u8]>) {
        let at = self.at;
        for event in self.events.iter_mut().skip(given) {
            if event.is_reported_in(message) || line.is_some_and(|line| event.is_reported_in(line))
            {
                event.reported_at = ReportedAt::line(at);
            }
        }
    }
}
