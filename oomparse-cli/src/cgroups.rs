//! `--cgroup-root`: the place of a cluster that is not the machine's own.

use oomparse_core::CgroupRoots;
use std::str::FromStr;

/// Cgroups in which pods are pods.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct CgroupArgs {
    /// A cluster lives below this cgroup, as one without root does; may be given again
    ///
    /// Below a user's slice or a service anybody may call a cgroup after a pod, so there is none there
    /// unless this names the place: `/user.slice/user-1000.slice/user@1000.service`. In a container or
    /// another machine a pod is marked as nested; below this it is not.
    #[arg(long, value_name = "PREFIX")]
    cgroup_root: Vec<CgroupRoot>,
}

/// A cgroup's path.
#[derive(Clone, Debug)]
struct CgroupRoot(String);

impl FromStr for CgroupRoot {
    type Err = &'static str;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        if path.starts_with('/') {
            Ok(Self(path.to_owned()))
        } else {
            Err("a cgroup's path begins with `/`, as in /proc/PID/cgroup")
        }
    }
}

impl CgroupArgs {
    /// The roots for the parser.
    pub(crate) fn roots(&self) -> CgroupRoots {
        let mut roots = CgroupRoots::new();
        for CgroupRoot(path) in &self.cgroup_root {
            roots.add(path.as_bytes());
        }
        roots
    }
}
