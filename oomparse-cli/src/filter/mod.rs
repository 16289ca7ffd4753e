//! Records in, records out: the work of `oomparse filter` between reading and writing.
//!
//! ```text
//! bytes ─► cutter.rs ─► engine.rs: sieve ─ no ─► the bytes as they came
//!          records        │ yes
//!                         ▼
//!            oomparse_host: text, stream ─► the core's KeyedParser ─► crate::pods (names) ─► answer.rs, names.rs
//! ```
//!
//! In any doubt the record passes unchanged. An event goes only into the record that names its victim; an event
//! that another record completes is written by itself (`--only-events`) or counted.

mod answer;
mod args;
mod cutter;
mod engine;
mod names;

pub(crate) use args::{FilterArgs, Protocol};
pub(crate) use cutter::Cutter;
pub(crate) use engine::Engine;
pub(crate) use names::{Names, pairs};
