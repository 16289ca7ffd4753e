//! What every host of the parser needs around it; the parser itself reads no files and does not know records.
//!
//! ```text
//! host.rs        records in, the events that they report out, with names; late events, and those from before the start
//! record.rs      a record, in any format of a host, as the line that the parser reads
//! json.rs        a record as JSON, and what is added to one
//! key.rs         the position of a value in a record: `log`, `a.b`, `$a['b']`
//! names.rs       the source of pod names; a pod as Fluent Bit names it
//! pods.rs        a table of names and the files from which it is read, shared by parsers
//! sources.rs     files and directories, read again when they look changed
//! directory.rs   /var/log/pods, /var/log/containers
//! ```
//!
//! Without the feature `std` there are no files and no JSON, only `host.rs`, `record.rs`, `key.rs` and
//! `names.rs`.
#![no_std]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

#[cfg(feature = "std")]
pub mod directory;
mod host;
#[cfg(feature = "std")]
mod json;
mod key;
mod names;
#[cfg(feature = "std")]
mod pods;
mod record;
#[cfg(feature = "std")]
mod sources;

pub use host::{Counts, Host};
#[cfg(feature = "std")]
pub use json::{Json, members};
pub use key::{Key, KeyError};
pub use names::{KEYS, Names, free_key, kubernetes};
#[cfg(feature = "std")]
pub use pods::Pods;
pub use record::{Places, Value, text_to_json};
#[cfg(feature = "std")]
pub use sources::{Content, Loaded, Sources, lacks_a_name};
