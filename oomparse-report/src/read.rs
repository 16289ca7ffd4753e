//! Reads events back from their JSON, as written by `oomparse scan --format json`.

use oomparse_core::OomEvent;

/// The event in one line of JSON; `None` if it is not an event of this schema.
///
/// Fields that this release does not know are skipped.
#[must_use]
pub fn read_event(line: &str) -> Option<OomEvent> {
    serde_json::from_str(line).ok()
}
