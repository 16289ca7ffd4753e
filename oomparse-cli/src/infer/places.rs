//! What the storm and its reader must agree on: where processes are, and from when on one keeps its program.

use std::path::PathBuf;
use std::time::Duration;

/// A process that is younger may still become another program.
pub(super) const YOUNG: Duration = Duration::from_secs(1);

/// Where things are; tests have places of their own.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) proc: PathBuf,
    pub(super) cgroups: PathBuf,
}
