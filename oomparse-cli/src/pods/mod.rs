//! Names for pods: their sources, and when these are read again.
//!
//! ```text
//! listing.rs     files, standard input: kubectl, kubelet, crictl, CSV, NDJSON, a node's log
//! loader.rs      all sources of one run: reads what is new, one warning for each that is broken
//! notify.rs      a pod's directory appears: its name is known at once (inotify)
//! keeper.rs      `watch`: reads in a separate thread, so that no event waits for a disk
//! held.rs        `scan`: events that wait for a name further down in the log
//! ```
//!
//! `oomparse-host` reads /var/log/pods; `oomparse-pods` interprets the bytes (`PodTable`, `Learner`).

mod held;
mod keeper;
mod listing;
mod loader;
mod lock;
mod notify;

pub(crate) use held::Held;
pub(crate) use keeper::Keeper;
pub(crate) use loader::{Loader, Which};
pub(crate) use oomparse_host::lacks_a_name;

use oomparse_pods::PodTable;
use std::path::{Path, PathBuf};

/// Where a node keeps its pods' logs: read by default, no credentials needed.
pub(crate) const NODE_DIRECTORIES: [&str; 2] = ["/var/log/pods", "/var/log/containers"];

/// Where to look for the names of pods.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct PodArgs {
    /// Where the names of pods are found; may be given again [default: /var/log/pods]
    ///
    /// A directory as /var/log/pods or /var/log/containers; a file with `kubectl get pods -A -o
    /// json`, its custom-columns, `crictl pods -o json`, `crictl ps -a -o json`, the kubelet's
    /// /pods, CSV or NDJSON of `oomparse pods`, or a node's log with the kubelet's lines in it;
    /// `-` is standard input. The form is found by its content.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) pods: Vec<PathBuf>,

    /// Look for no names
    #[arg(long, conflicts_with = "pods")]
    pub(crate) no_pods: bool,

    /// Keep this label of pods; may be given again, `*` keeps all
    #[arg(long, value_name = "KEY")]
    pub(crate) pod_label: Vec<String>,
}

impl PodArgs {
    /// The sources to read.
    pub(crate) fn loader(&self) -> Loader {
        if self.no_pods {
            return Loader::new(&[]);
        }
        if !self.pods.is_empty() {
            return Loader::new(&self.pods);
        }
        Loader::of_the_node()
    }

    /// Whether names are to be read from standard input.
    pub(crate) fn read_stdin(&self) -> bool {
        self.pods.iter().any(|path| path.as_os_str() == "-")
    }

    /// A table that keeps the requested labels.
    pub(crate) fn table(&self) -> PodTable {
        let mut table = PodTable::new();
        table.keep_labels(&self.pod_label);
        table
    }
}

/// A source's name in a warning.
fn about(path: &Path) -> String {
    if path.as_os_str() == "-" {
        "pods from standard input".to_owned()
    } else {
        format!("pods from {}", path.display())
    }
}
