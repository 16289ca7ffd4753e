//! liboomparse: the C interface. `include/oomparse.h` is generated from this crate.
//!
//! | file | contains |
//! |---|---|
//! | `options.rs`, `parser.rs`, `waiting.rs`, `record.rs` | `oomparse_options`, `oomparse_parser` |
//! | `event.rs`, `content.rs`, `field.rs`, `field_name.rs`, `value.rs`, `lists.rs` | `oomparse_event` and its contents |
//! | `pods.rs`, `cgroup.rs` | names of pods, one cgroup path |
//! | `result.rs`, `guard.rs`, `str.rs`, `version.rs` | numbers, panics, views, version |
//!
//! Handles are passed as `Option<&T>`, `Option<&mut T>` and `Option<Box<T>>`, which have the layout of a pointer
//! that may be NULL. So the only unsafe code is in `str.rs`, where a pointer and a length become a slice.
#![allow(non_camel_case_types, reason = "the names of C")]

mod cgroup;
mod content;
mod event;
mod field;
mod field_name;
mod guard;
mod lists;
mod options;
mod parser;
mod pods;
mod record;
mod result;
mod str;
mod taken;
mod value;
mod version;
mod waiting;

pub use cgroup::{oomparse_cgroup, oomparse_cgroup_parse};
pub use event::*;
pub use field::{oomparse_field, oomparse_kind};
pub use field_name::{oomparse_field_kind, oomparse_field_name};
pub use lists::*;
pub use options::*;
pub use parser::*;
pub use pods::*;
pub use record::*;
pub use result::{oomparse_result, oomparse_result_str};
pub use str::oomparse_str;
pub use taken::*;
pub use version::{oomparse_version, oomparse_version_number};
pub use waiting::*;
