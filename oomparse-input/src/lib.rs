//! What reads logs for the parser needs around it; the parser itself reads nothing.
//!
//! ```text
//! part.rs        a part of a large file, so that its parts together give what the whole does
//! zone.rs        `Europe/Berlin`, `+08:00`: the zone of times that show none
//! ```

mod part;
pub mod zone;

pub use part::{Part, WARMUP};
