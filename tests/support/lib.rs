//! What the corpus tests share: the loader, the parser's answer for a case, the comparison of truth
//! and event, noise lines, and a report in the words of every kernel.
//!
//! `corpus/README.md` says what a case is; `tests/README.md` says which test proves what.

mod case;
mod difference;
pub mod model;
mod noise;
pub mod pod;
pub mod printk;
mod script;
pub mod storm;

pub use case::{Case, cases, corpus_dir, crashers, negatives};
pub use difference::{Difference, compare, leaf_paths};
pub use noise::with_noise;
pub use script::{Script, events_in, scripts};

use oomparse_core::{FrameParser, Framer, KeyedParser, Options, Parser, enrich};
use oomparse_pods::PodTable;
use serde_json::Value;

/// Every event that is ready now, as JSON text.
fn drain(parser: &mut Parser, events: &mut Vec<String>) {
    while let Some(event) = parser.next_event() {
        events.push(event.to_json());
    }
}

/// The events of a log that is given at once, one JSON text each.
#[must_use]
pub fn parse_whole(options: &Options, input: &[u8]) -> Vec<String> {
    parse_in_chunks(options, input, input.len().max(1))
}

/// The events of a log that is given at once, with the names of a listing and all labels.
#[must_use]
pub fn parse_with_names(options: &Options, input: &[u8], pods: &[u8]) -> Vec<String> {
    let mut table = PodTable::new();
    table.keep_labels(&["*"]);
    table.load(pods);
    let mut parser = Parser::with_options(options.clone());
    parser.push_chunk(input);
    parser.finish();
    let mut events = Vec::new();
    while let Some(mut event) = parser.next_event() {
        enrich(&mut event, &mut table);
        events.push(event.to_json());
    }
    events
}

/// The events of a log that is cut into chunks of this size.
#[must_use]
pub fn parse_in_chunks(options: &Options, input: &[u8], size: usize) -> Vec<String> {
    parse_pieces(options, input.chunks(size.max(1)))
}

/// The events of a log that comes in these pieces.
#[must_use]
pub fn parse_pieces<'a>(
    options: &Options,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<String> {
    let mut parser = Parser::with_options(options.clone());
    let mut events = Vec::new();
    for piece in pieces {
        parser.push_chunk(piece);
        drain(&mut parser, &mut events);
    }
    parser.finish();
    drain(&mut parser, &mut events);
    events
}

/// The events of a log that is given line by line, without line ends.
#[must_use]
pub fn parse_lines(options: &Options, input: &[u8]) -> Vec<String> {
    let mut parser = Parser::with_options(options.clone());
    let mut events = Vec::new();
    for line in lines(input) {
        parser.push_line(line);
        drain(&mut parser, &mut events);
    }
    parser.finish();
    drain(&mut parser, &mut events);
    events
}

/// The events that the records of a log report, each line a record that must be answered at once.
#[must_use]
pub fn parse_records(options: &Options, input: &[u8]) -> Vec<String> {
    let mut parsers = KeyedParser::with_options(options.clone());
    let told = lines(input).filter_map(|line| parsers.push_record(b"", line, |_, _| ()));
    told.map(|event| event.to_json()).collect()
}

/// Takes a log line by line, each framed by the caller.
#[must_use]
pub fn parse_frames(options: &Options, input: &[u8]) -> Vec<String> {
    let mut parser = FrameParser::with_options(options.clone());
    let mut framer = Framer::new();
    let mut events = Vec::new();
    for line in lines(input) {
        let matters = parser.wants_every_line() || framer.wants_every_line();
        let matters = matters || parser.is_candidate(line);
        let before = framer.end_before(line);
        let own = framer.frame(line);
        for frame in before.iter().chain(own.iter().filter(|_| matters)) {
            parser.push(frame);
        }
    }
    if let Some(frame) = framer.finish() {
        parser.push(&frame);
    }
    parser.finish();
    while let Some(event) = parser.next_event() {
        events.push(event.to_json());
    }
    events
}

/// The lines of a log, without `\n` and without the `\r` before it.
pub fn lines(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let body = input.strip_suffix(b"\n").unwrap_or(input);
    let empty = input.is_empty();
    body.split(|&byte| byte == b'\n')
        .filter(move |_| !empty)
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Events as JSON values.
///
/// # Errors
/// Says which text is not JSON.
pub fn to_values(events: &[String]) -> Result<Vec<Value>, String> {
    events
        .iter()
        .map(|text| serde_json::from_str(text).map_err(|error| format!("{error} in {text}")))
        .collect()
}

/// Snapshot text: one event a line.
#[must_use]
pub fn to_snapshot(events: &[String]) -> String {
    events.iter().fold(String::new(), |mut text, event| {
        text.push_str(event);
        text.push('\n');
        text
    })
}
