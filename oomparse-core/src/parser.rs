//! The whole way from bytes to events.

use crate::event::OomEvent;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// What a [`Parser`] is told beforehand.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Keep the task table in the events.
    pub tasks: bool,
    /// The year of prefixes that show none.
    pub year: Option<u16>,
    /// Minutes east of UTC of prefixes that show no zone.
    pub utc_offset_minutes: Option<i16>,
    /// The machine's name where the prefix shows none.
    pub host: Option<Vec<u8>>,
    /// The boot id where the carrier shows none.
    pub boot_id: Option<Vec<u8>>,
    /// Take only text that its frame proves to be the kernel's.
    pub proven_only: bool,
}

/// Reads log lines and gives [`OomEvent`]s.
#[derive(Debug, Default)]
pub struct Parser {
    options: Options,
    events: VecDeque<OomEvent>,
}

impl Parser {
    /// A parser with default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A parser with these options.
    #[must_use]
    pub fn with_options(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Takes one line, without its line end.
    pub fn push_line(&mut self, _line: &[u8]) {}

    /// Takes the next bytes of a log, cut anywhere.
    pub fn push_chunk(&mut self, _chunk: &[u8]) {}

    /// Says that no more lines come: gives out what is open.
    pub fn finish(&mut self) {
        let _ = &self.options;
    }

    /// The next event that is complete, in the order of completion.
    pub fn next_event(&mut self) -> Option<OomEvent> {
        self.events.pop_front()
    }
}
