//! Records in, records out: what `oomparse filter` does between reading and writing.
//!
//! ```text
//! bytes ─► cutter.rs ─► engine.rs: sieve ─ no ─► the bytes as they came
//!          records        │ yes
//!                         ▼
//!            oomparse_host: text, stream ─► the core's KeyedParser ─► crate::pods (names) ─► answer.rs, names.rs
//! ```
//!
//! Whatever is in doubt leaves the record as it came. An event goes only into the record that names its
//! victim; one that another record closes is given out by itself (`--only-events`) or counted.

mod answer;
mod args;
mod cutter;
mod engine;
mod names;

pub(crate) use args::{FilterArgs, Protocol};
pub(crate) use cutter::Cutter;
pub(crate) use engine::Engine;
pub(crate) use names::{Names, pairs};
