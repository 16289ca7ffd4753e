//! What every host of the parser needs around it; the parser itself reads no files.
//!
//! ```text
//! sources.rs     names of pods: files and directories, read again when they look different
//! directory.rs   /var/log/pods, /var/log/containers
//! key.rs         where in a record a value is: `log`, `a.b`, `$a['b']`
//! ```

pub mod directory;
mod key;
mod sources;

pub use key::{Key, KeyError};
pub use sources::{Content, Loaded, Sources, lacks_a_name};
