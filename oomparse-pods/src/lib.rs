#![doc = include_str!("../README.md")]
//!
//! # Where to find what
//! ```text
//! source/   bytes of a listing ─► PodRecord ─┐
//! learn/    a daemon's log line ─► PodRecord ├─► table.rs (PodTable) ─► oomparse_core::enrich, write.rs
//! names of log directories and files ────────┘
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod container_id;
mod error;
mod hex;
mod learn;
pub mod limits;
mod record;
mod source;
mod spelling;
mod table;
mod write;

pub use error::{PodSourceError, PodSourceErrorKind};
pub use learn::{LEARN_LITERALS, Learner, learn};

pub use record::{ContainerRecord, PodRecord, PodSource};
pub use source::{Loaded, PodFormat, add_log_name, container_log_file, pod_log_dir, read_pods};
pub use table::PodTable;
