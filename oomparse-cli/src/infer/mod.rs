//! `--infer`: the cgroup of a kill that the kernel left bare.
//!
//! The kernel prints at most ten reports in five seconds. Of the other kills of a storm it prints one line
//! with a process and no cgroup.
//!
//! ```text
//! scan:  tables.rs                       an earlier report's task table has the process
//! watch: storm.rs                        names a kill by what was seen
//!        reader.rs ─► tree.rs            which process is in which cgroup, while a storm lasts
//!             │   ├─► connector.rs       the kernel reports processes that begin
//!             │   └─► process.rs         what /proc says of one process
//!             └► seen.rs ─► ledger.rs    what the kernel counted, and what lines reported
//! ```
//!
//! Either names a kill only where everything that the line prints of the process agrees and nothing else
//! contradicts. The event is marked `inferred`.

mod connector;
mod ledger;
mod places;
mod process;
mod reader;
mod seen;
mod storm;
mod tables;
mod tree;

pub(crate) use storm::Storm;
pub(crate) use tables::Tables;

use oomparse_core::OomEvent;

/// What a kill's line prints of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Printed {
    pub(crate) pid: u32,
    pub(crate) comm: Vec<u8>,
    /// Printed by 5.4 and later.
    pub(crate) oom_score_adj: Option<i64>,
}

impl Printed {
    /// Of a kill whose line prints at least pid and name.
    pub(crate) fn of(event: &OomEvent) -> Option<Self> {
        let victim = event.victim.as_ref()?;
        let is_cut = event
            .truncated
            .iter()
            .any(|field| field.as_str() == "victim.comm");
        let comm = victim.comm.as_ref().filter(|_| !is_cut)?;
        Some(Self {
            pid: victim.pid,
            comm: comm.as_bytes().to_vec(),
            oom_score_adj: victim.oom_score_adj.map(i64::from),
        })
    }
}
