//! What every host of the parser needs around it, once for all of them; the parser itself reads no files and
//! knows nothing of records.
//!
//! ```text
//! host.rs        records in, the events that they tell out, with names; late ones, those of before the start
//! record.rs      a record, in whatever form a host has it, as the line that the parser reads
//! json.rs        a record as JSON, and what is put into one
//! key.rs         where in a record a value is: `log`, `a.b`, `$a['b']`
//! names.rs       who knows names of pods; a pod as Fluent Bit names it
//! pods.rs        a table of names and the files it is read from, shared by parsers
//! sources.rs     files and directories, read again when they look different
//! directory.rs   /var/log/pods, /var/log/containers
//! ```
//!
//! Without the feature `std` there are no files and no JSON: `host.rs`, `record.rs`, `key.rs` and `names.rs`.
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
