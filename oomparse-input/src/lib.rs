//! What reads logs for the parser needs around it; the parser itself reads nothing.
//!
//! ```text
//! part.rs        a part of a large file, so that its parts together give what the whole does
//! source.rs      a log's bytes, whatever it is packed in; its parts (`packed`) for who asks for bytes in another way
//! zone.rs        `Europe/Berlin`, `+08:00`: the zone of times that show none
//! ```

mod part;
mod source;
pub mod zone;

pub use part::{Part, WARMUP};
pub use source::{Archive, Got, Source, TakeLogs, packed};
