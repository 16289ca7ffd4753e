//! Names for pod uids and container ids: [`PodTable`], what fills it, and how it is written out.
//!
//! ```text
//! source/   bytes of a listing ─► PodRecord ─┐
//! learn/    a daemon's log line ─► PodRecord ├─► table.rs (PodTable) ─► enrich, write.rs
//! names of log directories and files ────────┘
//! ```
//!
//! Nothing here reads files or sockets: callers hand in bytes.
//!
//! # Whom to believe
//! A listing (the API, crictl, the kubelet's directories, a file of the user's) outranks a name
//! learned from a log line, for such a line may quote what a workload wrote. Two log lines that
//! name one uid differently leave it without a name.

mod error;
pub(crate) mod hex;
mod learn;
mod record;
mod source;
mod spelling;
mod table;
mod write;

pub use error::{PodSourceError, PodSourceErrorKind};
pub use learn::{LEARN_LITERALS, Learner, learn};
pub use record::{ContainerRecord, PodRecord, PodSource};
pub use source::{PodFormat, add_log_name, container_log_file, pod_log_dir};
pub use table::{Loaded, PodTable, read_pods};
