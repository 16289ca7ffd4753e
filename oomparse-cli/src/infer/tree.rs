//! Which process is in which memory cgroup, and how many were killed in it.

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
    /// The file that counts kills, and the word before the count.
    counts: &'static [&'static str],
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
            "is no cgroup file system; name the machine's with --cgroup-fs".to_owned()
        })
    }

    /// All cgroups with processes.
    ///
    /// # Errors
    /// When the root cannot be read; what vanishes below it is passed over.
    pub(super) fn members(&self) -> io::Result<Vec<Member>> {
        let mut members = Vec::new();
        let mut open = vec![(self.root.clone(), 0)];
        let mut seen = 0;
        fs::read_dir(&self.root)?;
        while let Some((dir, depth)) = open.pop() {
            seen += 1;
            if seen > MAX_CGROUPS {
                break;
            }
            if let Some(member) = self.member(&dir) {
                members.push(member);
            }
            if depth < MAX_DEPTH {
                let below = fs::read_dir(&dir).into_iter().flatten().flatten();
                let below = below.filter(|entry| entry.file_type().is_ok_and(|it| it.is_dir()));
                open.extend(below.map(|entry| (entry.path(), depth + 1)));
            }
        }
        Ok(members)
    }

    fn member(&self, dir: &Path) -> Option<Member> {
        let procs = fs::read_to_string(dir.join("cgroup.procs")).ok()?;
        let all: Vec<u32> = procs.lines().filter_map(|pid| pid.parse().ok()).collect();
        if all.is_empty() {
            return None;
        }
        let below = dir.strip_prefix(&self.root).ok()?;
        let mut path = vec![b'/'];
        path.extend_from_slice(below.as_os_str().as_encoded_bytes());
        Some(Member {
            path: path.into(),
            has_foreign: all.contains(&0),
            pids: all.into_iter().filter(|pid| *pid != 0).collect(),
        })
    }

    /// How many processes the kernel killed in this cgroup; `None` when it is gone, or the kernel does not
    /// count (version 1 before 4.13).
    pub(super) fn kills(&self, path: &[u8]) -> Option<u64> {
        let below = std::str::from_utf8(path.strip_prefix(b"/")?).ok()?;
        let dir = self.root.join(below);
        let text = (self.counts.iter()).find_map(|name| fs::read_to_string(dir.join(name)).ok())?;
        let count = text
            .lines()
            .find_map(|line| line.strip_prefix("oom_kill "))?;
        count.trim().parse().ok()
    }
}
