//! What the page in `page/` calls: a log read piece by piece, and what is said of its events.
//!
//! With the feature `voices` all voices are read and joined, with `page` the kernel's alone and all texts are said:
//! two modules, of which most logs need the second.
#![allow(
    unsafe_code,
    unreachable_pub,
    reason = "the functions that wasm-bindgen's macro writes are called from outside"
)]

#[cfg(feature = "page")]
mod heard;
#[cfg(feature = "voices")]
mod joined;
#[cfg(feature = "page")]
mod say;

use alloc::collections::VecDeque;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use oomparse_core::{OomEvent, Options, Parser};
use oomparse_report::{Tail, row};
use wasm_bindgen::prelude::wasm_bindgen;

/// An event's lines are shown up to this length.
const LONGEST_EXCERPT: u64 = 1 << 20;

/// An event that was found, and where.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Found {
    row: String,
    event: String,
    excerpt: Vec<u8>,
    start: f64,
    end: f64,
}

#[wasm_bindgen]
impl Found {
    /// What a list of events shows of it, as JSON.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn row(&self) -> String {
        self.row.clone()
    }

    /// The event, as the program writes it.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn event(&self) -> String {
        self.event.clone()
    }

    /// The lines that it rests on, as they stand in the log; none if they cannot be told.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn excerpt(&self) -> Vec<u8> {
        self.excerpt.clone()
    }

    /// Where these begin in the log, in bytes, unpacked.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn start(&self) -> f64 {
        self.start
    }

    /// Where they end.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn end(&self) -> f64 {
        self.end
    }
}

/// A log being read, piece by piece.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Log {
    parser: Parser,
    tail: Tail,
    found: VecDeque<Found>,
    #[cfg(feature = "page")]
    ear: heard::Ear,
}

#[wasm_bindgen]
impl Log {
    /// A log that nothing was read of yet. Year and offset are for lines that show none.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(year: Option<u16>, utc_offset_minutes: Option<i16>) -> Self {
        let mut options = Options::default();
        options.tasks = true;
        #[cfg(feature = "voices")]
        {
            options.accept = options.accept.and_all_daemons();
        }
        options.year = year;
        options.utc_offset_minutes = utc_offset_minutes;
        Self {
            parser: Parser::with_options(options),
            tail: Tail::default(),
            found: VecDeque::new(),
            #[cfg(feature = "page")]
            ear: heard::Ear::default(),
        }
    }

    /// Takes the next bytes, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        #[cfg(feature = "page")]
        self.ear.push(bytes);
        self.tail.push(bytes);
        self.parser.push_chunk(bytes);
        self.drain();
    }

    /// Whether others than the kernel may speak in what was read so far.
    #[cfg(feature = "page")]
    #[must_use]
    pub fn heard(&self) -> bool {
        self.ear.heard()
    }

    /// Completes all that is open.
    pub fn finish(&mut self) {
        self.parser.finish();
        self.drain();
    }

    /// The next event that is complete.
    pub fn take(&mut self) -> Option<Found> {
        self.found.pop_front()
    }

    fn drain(&mut self) {
        while let Some(event) = self.parser.next_event() {
            let found = self.found_of(&event);
            self.found.push_back(found);
        }
    }

    fn found_of(&mut self, event: &OomEvent) -> Found {
        let range = self.tail.find(event);
        let range = range
            .filter(|range| range.end.saturating_sub(range.start) <= LONGEST_EXCERPT)
            .unwrap_or(0..0);
        #[expect(clippy::cast_precision_loss, reason = "no log has 2^53 bytes")]
        let (start, end) = (range.start as f64, range.end as f64);
        Found {
            row: row(event).to_string(),
            event: event.to_json(),
            excerpt: self.tail.text(&range).unwrap_or_default().to_vec(),
            start,
            end,
        }
    }
}
