//! Events back from their JSON, as `oomparse scan --format json` writes them.

use oomparse_core::OomEvent;

/// The event that one line of JSON tells; nothing if it is no event of this schema.
///
/// What this release does not know is passed over.
#[must_use]
pub fn read_event(line: &str) -> Option<OomEvent> {
    serde_json::from_str(line).ok()
}
