//! What reads a tag's records: their frames or, where daemons' lines count too, their whole text.
//!
//! A daemon may be known by its line alone, and an object of Kubernetes is a record without a message; so the
//! reader of those is the whole parser, which the small modules need not carry.

use alloc::vec::Vec;
#[cfg(not(feature = "sources"))]
use oomparse_core::FrameParser as Parser;
#[cfg(feature = "sources")]
use oomparse_core::Parser;
use oomparse_core::{Accept, Frame, FrameKind, OomEvent, Options, RecordFramer};

/// A record as it is read.
pub(super) struct Line<'r> {
    #[cfg(not(feature = "sources"))]
    frame: Frame<'r>,
    #[cfg(feature = "sources")]
    text: &'r [u8],
}

impl<'r> Line<'r> {
    /// The record, if it is one, and can make an event by its author. The whole parser knows itself whom to
    /// believe, and objects of Kubernetes have no message.
    pub(super) fn of(records: &mut RecordFramer, text: &'r [u8], accept: Accept) -> Option<Self> {
        let frame = records.frame(text);
        // The whole parser would read what is not one as a line.
        #[cfg(feature = "sources")]
        let frame = frame.or_else(|| oomparse_core::Framer::new().frame(text));
        let is_record = |frame: &Frame<'_>| {
            matches!(
                frame.kind,
                FrameKind::Record | FrameKind::Journal | FrameKind::DmesgJson | FrameKind::Indented
            )
        };
        #[cfg(not(feature = "sources"))]
        {
            let frame = frame?;
            (is_record(&frame) && accept.takes(frame.author)).then_some(Self { frame })
        }
        #[cfg(feature = "sources")]
        {
            let _ = accept;
            frame
                .as_ref()
                .is_none_or(is_record)
                .then_some(Self { text })
        }
    }

    /// What it says by itself, for hosts that keep no state.
    #[cfg(not(feature = "sources"))]
    pub(super) fn alone(&self) -> Vec<OomEvent> {
        let mut reader = Reader(Parser::new());
        reader.push(self);
        reader.finish();
        core::iter::from_fn(|| reader.next_event()).collect()
    }

    /// The same. What only the next line of a daemon could confirm is nothing.
    #[cfg(feature = "sources")]
    pub(super) fn alone(&self, options: Options) -> Vec<OomEvent> {
        let mut reader = Reader::new(options);
        reader.push(self);
        let mut own: Vec<OomEvent> = core::iter::from_fn(|| reader.next_event()).collect();
        reader.finish();
        let rest = core::iter::from_fn(|| reader.next_event());
        own.extend(rest.filter(|event| event.testimony.is_none()));
        own
    }
}

/// A tag's open report.
#[derive(Debug)]
pub(super) struct Reader(Parser);

impl Reader {
    pub(super) fn new(options: Options) -> Self {
        Self(Parser::with_options(options))
    }

    /// Takes a record; returns whether it belongs to a report.
    pub(super) fn push(&mut self, line: &Line<'_>) -> bool {
        #[cfg(feature = "sources")]
        let taken = self.0.push_line(line.text);
        #[cfg(not(feature = "sources"))]
        let taken = self.0.push(&line.frame);
        taken.is_of_report
    }

    /// Gives out kills that wait for a further line.
    pub(super) fn give_waiting(&mut self) {
        self.0.give_waiting();
    }

    /// Ends what is open.
    pub(super) fn finish(&mut self) {
        self.0.finish();
    }

    pub(super) fn next_event(&mut self) -> Option<OomEvent> {
        self.0.next_event()
    }

    /// Whether ordinary records matter now.
    pub(super) fn wants_every_line(&self) -> bool {
        self.0.wants_every_line()
    }

    /// Whether the last record reports this event.
    pub(super) fn last_tells(&self, event: &OomEvent) -> bool {
        #[cfg(feature = "sources")]
        return self.0.last_line_reports(event);
        #[cfg(not(feature = "sources"))]
        self.0.last_frame_reports(event)
    }
}
