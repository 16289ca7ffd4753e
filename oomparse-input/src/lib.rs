//! What a program that reads logs needs around the parser, which itself does no I/O.
//!
//! ```text
//! part.rs        a part of a large file, read so that the parts together produce what the whole file produces
//! source/        a log's bytes, decompressed if needed; its components (`packed`) for callers that read in another way
//! zone.rs        `Europe/Berlin`, `+08:00`: the time zone of times that show none
//! ```

mod part;
mod source;
pub mod zone;

pub use part::{Part, WARMUP};
pub use source::{Archive, Got, Source, TakeLogs, packed};
