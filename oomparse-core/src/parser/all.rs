//! A whole log at once.

use super::Parser;
use crate::event::OomEvent;

/// The events of a whole log in memory.
///
/// # Example
/// ```
/// let log = b"Killed process 4021 (mysqld)\n";
/// let events: Vec<_> = oomparse_core::parse_all(log).collect();
/// assert_eq!(events.len(), 1);
/// ```
pub fn parse_all(log: &[u8]) -> impl Iterator<Item = OomEvent> {
    // Large enough that the search runs at full speed, small enough that events do not pile up.
    const CHUNK: usize = 256 << 10;
    let mut parser = Parser::new();
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
