//! Which process is in which memory cgroup, and how many were killed in it.

use oomparse_core::Evidence;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Cgroups that are looked at: 250 pods have about a thousand.
const MAX_CGROUPS: usize = 1 << 14;

/// How deep: a pod's container is four levels down, one in a machine in it ten.
const MAX_DEPTH: usize = 32;

/// The memory controller's hierarchy.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    root: PathBuf,
    /// The file that counts a cgroup's kills; then the one that counts those below it, too.
    counts: &'static [&'static str],
}

/// What the kernel counted in a cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) path: Arc<[u8]>,
    /// Kills in it.
    pub(super) own: Option<u64>,
    /// Kills in it and in all that are, or were, below it.
    pub(super) with_below: Option<u64>,
}

/// A cgroup with processes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// As the kernel prints it: from the hierarchy's root.
    pub(super) path: Arc<[u8]>,
    pub(super) pids: Vec<u32>,
    /// A process of another pid namespace than ours is there, without a number.
    pub(super) has_foreign: bool,
}

impl Tree {
    /// The hierarchy mounted here: version 2, or version 1's `memory`.
    ///
    /// # Errors
    /// Says what is there instead.
    pub(super) fn open(mount: &Path) -> Result<Self, String> {
        if mount.join("memory/cgroup.procs").is_file() {
            return Ok(Self {
                root: mount.join("memory"),
                counts: &["memory.oom_control"],
            });
        }
        // The root alone has no type.
        if mount.join("cgroup.controllers").is_file() && !mount.join("cgroup.type").exists() {
            return Ok(Self {
                root: mount.to_owned(),
                counts: &["memory.events.local", "memory.events"],
            });
        }
        Err(if mount.join("cgroup.type").exists() {
            "is only a part of the cgroups: mount the machine's /sys/fs/cgroup and name it with --cgroup-fs"
                .to_owned()
        } else {
            "is not a cgroup file system; name the machine's with --cgroup-fs".to_owned()
        })
    }

    /// Shows each cgroup in turn, by its directory; what vanishes meanwhile is passed over.
    ///
    /// # Errors
    /// When the root cannot be read.
    pub(super) fn visit(&self, mut each: impl FnMut(&Path)) -> io::Result<()> {
        fs::read_dir(&self.root)?;
        let mut open = vec![(self.root.clone(), 0)];
        let mut seen = 0;
        while let Some((dir, depth)) = open.pop() {
            seen += 1;
            if seen > MAX_CGROUPS {
                break;
            }
            each(&dir);
            if depth < MAX_DEPTH {
                let below = fs::read_dir(&dir).into_iter().flatten().flatten();
                let below = below.filter(|entry| entry.file_type().is_ok_and(|it| it.is_dir()));
                open.extend(below.map(|entry| (entry.path(), depth + 1)));
            }
        }
        Ok(())
    }

    /// The cgroup of a process.
    pub(super) fn cgroup_of(&self, pid: u32) -> Option<Arc<[u8]>> {
        let mut found = None;
        let visited = self.visit(|dir| {
            let has = |member: &Member| member.pids.contains(&pid);
            if found.is_none() {
                found = self.member(dir).filter(has).map(|member| member.path);
            }
        });
        visited.ok().and(found)
    }

    /// The cgroup's processes, if it has any.
    pub(super) fn member(&self, dir: &Path) -> Option<Member> {
        let procs = fs::read_to_string(dir.join("cgroup.procs")).ok()?;
        let all: Vec<u32> = procs.lines().filter_map(|pid| pid.parse().ok()).collect();
        if all.is_empty() {
            return None;
        }
        Some(Member {
            path: self.path_of(dir)?,
            has_foreign: all.contains(&0),
            pids: all.into_iter().filter(|pid| *pid != 0).collect(),
        })
    }

    /// As the kernel prints it.
    fn path_of(&self, dir: &Path) -> Option<Arc<[u8]>> {
        let below = dir.strip_prefix(&self.root).ok()?;
        let mut path = vec![b'/'];
        path.extend_from_slice(below.as_os_str().as_encoded_bytes());
        Some(path.into())
    }

    /// How many processes the kernel killed in this cgroup; `None` when it is gone, or the kernel does not
    /// count (version 1 before 4.13).
    pub(super) fn kills(&self, path: &[u8]) -> Option<u64> {
        let below = std::str::from_utf8(path.strip_prefix(b"/")?).ok()?;
        let dir = self.root.join(below);
        (self.counts.iter()).find_map(|name| kills_in(&dir.join(name)))
    }

    /// What the kernel counted in all cgroups; those where it counted nothing are left out. Nothing where it
    /// counts only with what is below (version 2 before 5.3).
    pub(super) fn counted(&self) -> Vec<Counted> {
        let mut all = Vec::new();
        let (own, with_below) = (self.counts.first(), self.counts.get(1));
        let visited = self.visit(|dir| {
            let kills = |name: &&str| kills_in(&dir.join(name));
            let counted = (own.and_then(kills), with_below.and_then(kills));
            if let (Some(own), with_below) = counted
                && own.max(with_below.unwrap_or(0)) > 0
                && let Some(path) = self.path_of(dir)
            {
                all.push(Counted {
                    path,
                    own: Some(own),
                    with_below,
                });
            }
        });
        visited.map(|()| all).unwrap_or_default()
    }

    /// The evidence word for the file that counts.
    pub(super) fn counter(&self) -> Evidence {
        match self.counts {
            ["memory.oom_control"] => Evidence::OomControl,
            _ => Evidence::MemoryEvents,
        }
    }
}

/// After the word `oom_kill`.
fn kills_in(file: &Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let mut lines = text.lines();
    let count = lines.find_map(|line| line.strip_prefix("oom_kill "))?;
    count.trim().parse().ok()
}
