//! Reads a whole log at once.

use super::{Options, Parser};
use crate::event::OomEvent;

/// The events of a whole log in memory. The log is read piece by piece, as events are requested.
///
/// # Example
/// ```
/// use oomparse_core::{Options, parse_all};
/// let log = b"Killed process 4021 (mysqld)\n";
/// let events: Vec<_> = parse_all(log, &Options::new()).collect();
/// assert_eq!(events.len(), 1);
/// ```
pub fn parse_all<'l>(log: &'l [u8], options: &Options) -> impl Iterator<Item = OomEvent> + use<'l> {
    // Large enough for the search to run at full speed, small enough that events do not pile up.
    const CHUNK: usize = 256 << 10;
    let mut parser = Parser::with_options(options.clone());
    let mut chunks = log.chunks(CHUNK);
    let mut finished = false;
    core::iter::from_fn(move || {
        loop {
            if let Some(event) = parser.next_event() {
                return Some(event);
            }
            match chunks.next() {
                Some(chunk) => _ = parser.push_chunk(chunk),
                None if finished => return None,
                None => {
                    parser.finish();
                    finished = true;
                }
            }
        }
    })
}
