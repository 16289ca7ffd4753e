//! What a parser is told.

use crate::cgroup::CgroupRoots;
use crate::source::{Accept, Daemon};
use alloc::vec::Vec;

/// What a [`Parser`](crate::Parser) is told beforehand.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Keep the task table in the events.
    pub tasks: bool,
    /// The year of prefixes that show none.
    pub year: Option<u16>,
    /// Minutes east of UTC of prefixes that show no zone.
    pub utc_offset_minutes: Option<i16>,
    /// The machine's name where the prefix shows none.
    pub host: Option<Vec<u8>>,
    /// The boot id where the carrier shows none.
    pub boot_id: Option<Vec<u8>>,
    /// Whose lines make events. What is shown to be a program's never does.
    pub accept: Accept,
    /// Whose lines those are that show no author, where the caller knows: a daemon's own log.
    pub origin: Option<Daemon>,
    /// Cgroups of users or services in which a cluster lives: pods below them are pods.
    pub cgroup_roots: CgroupRoots,
    /// How many bytes of the log may stand behind a report's first line before it is given out with what it
    /// has; [`MAX_REPORT_LEN`](crate::limits::MAX_REPORT_LEN) if it is not said.
    pub max_report_len: Option<u64>,
}
