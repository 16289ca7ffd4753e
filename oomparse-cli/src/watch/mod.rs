//! The parts of `oomparse watch`.
//!
//! ```text
//! kmsg.rs, journal.rs, file.rs ─► feed.rs ─► engine/ ──► outbox.rs ─► standard output
//!            clock.rs: wall time ─────┘        │  ├─► state.rs, ../metrics/ (../replace.rs)
//!                                              │  └─► ../sink/outlets/: HTTP, programs, OTLP, Kubernetes
//!                                              └ names: ../pods/keeper.rs
//! open.rs: which of the three; signals.rs: SIGTERM, SIGINT, SIGHUP as bytes in a pipe
//! ```

mod clock;
mod engine;
mod feed;
mod file;
mod identity;
mod journal;
mod kmsg;
mod open;
mod outbox;
mod siblings;
mod signals;
mod state;

pub(crate) use engine::Watch;
pub(crate) use feed::{Feed, Next, Start};
pub(crate) use kmsg::Kmsg;

use crate::cgroups::CgroupArgs;
use crate::format::Format;
use crate::pods::PodArgs;
use crate::sink::outlets::OutletArgs;
use crate::sources::SourceArgs;
use std::ffi::OsString;
use std::path::PathBuf;

/// How often a feed without a file descriptor is polled, in milliseconds.
pub(crate) const PAUSE_MS: u64 = 100;

const EXAMPLES: &str = "\
Examples:
  oomparse watch                                        this node, with pods' names
  oomparse watch --state /var/lib/oomparse/state --since-boot
  oomparse watch --textfile /var/lib/node_exporter/textfile/oomparse.prom > /dev/null
  oomparse watch --file /var/log/kern.log --format report
  oomparse watch --listen 127.0.0.1:9104                /metrics and /healthz

SIGHUP reads the sources of names again; SIGTERM writes what is open and ends with 0.

Exit status: 0 it was asked to end, 2 trouble.";

/// Follow the kernel's messages and emit each kill as it happens.
///
/// Reads /dev/kmsg, or the journal where that may not be read. One event is one line of JSON,
/// written at once.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WatchArgs {
    /// Follow the journal (`journalctl --follow -k -o json`; with --sources all of it, not the kernel's alone)
    #[arg(long, conflicts_with = "file")]
    journal: bool,

    /// Follow a log file; it may be rotated, truncated, or copied and truncated
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,

    /// Begin with what the kernel still holds since it booted (a file: at its beginning)
    #[arg(long)]
    since_boot: bool,

    /// Remember here what was emitted: after a restart no kill is lost that is still held
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Keep counters here for node_exporter's textfile collector
    #[arg(long, value_name = "PATH")]
    textfile: Option<PathBuf>,

    /// How to write events: `json` is one event a line; `report` is for people
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "json",
        hide_default_value = true
    )]
    format: Format,

    /// Keep the table of all processes of a report
    #[arg(long)]
    tasks: bool,

    /// Name the pods of kills whose line shows no cgroup, by what /proc and the cgroups show while a storm lasts
    ///
    /// The kernel prints ten reports in five seconds, and of the other kills one line. Nothing is looked at before it
    /// prints one. A kill is named only where it is certain, and marked `inferred`. Needs the machine's pid
    /// namespace and its cgroup file system.
    #[arg(long, conflicts_with = "file")]
    infer: bool,

    /// Where the machine's cgroup file system is mounted
    #[arg(
        long,
        value_name = "DIR",
        requires = "infer",
        default_value = "/sys/fs/cgroup"
    )]
    cgroup_fs: PathBuf,

    /// The machine's name
    #[arg(long, value_name = "NAME", env = "NODE_NAME")]
    node_name: Option<OsString>,

    #[command(flatten)]
    sources: SourceArgs,

    #[command(flatten)]
    cgroups: CgroupArgs,

    #[command(flatten)]
    pods: PodArgs,

    #[command(flatten)]
    outlets: OutletArgs,
}
