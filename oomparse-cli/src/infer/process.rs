//! What `/proc` says of one process.

use std::fs;
use std::path::Path;

/// `PF_EXITING` of the kernel's `sched.h`.
const PF_EXITING: u64 = 0x4;

/// The machine's own pid namespace (`PROC_PID_INIT_INO`).
const MACHINES_PIDS: &str = "pid:[4026531836]";

/// Bit of SIGKILL in a mask of signals.
const SIGKILL: u64 = 1 << 8;

/// A process, by what does not change while it lives, and what exec and prctl change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    /// Clock ticks from boot to its start: with the number it is this process and no other.
    pub(super) started: u64,
    pub(super) comm: Vec<u8>,
    pub(super) oom_score_adj: i64,
}

impl Process {
    /// The process with this number; `None` when it is gone.
    pub(super) fn read(proc: &Path, pid: u32) -> Option<Self> {
        let dir = proc.join(pid.to_string());
        let stat = fs::read(dir.join("stat")).ok()?;
        // `stat` escapes a newline in the name; `comm` ends with one of its own.
        let mut comm = fs::read(dir.join("comm")).ok()?;
        if comm.last() == Some(&b'\n') {
            comm.pop();
        }
        let adj = fs::read_to_string(dir.join("oom_score_adj")).ok()?;
        Some(Self {
            started: Stat::parse(&stat)?.started,
            comm,
            oom_score_adj: adj.trim().parse().ok()?,
        })
    }
}

/// What is left of a process that was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dying {
    pub(super) started: u64,
    /// It is about to end, or has ended: SIGKILL waits for it, it is in `exit`, or a zombie.
    pub(super) is_dying: bool,
}

impl Dying {
    /// Of the process with this number; `None` when it is gone.
    pub(super) fn read(proc: &Path, pid: u32) -> Option<Self> {
        let dir = proc.join(pid.to_string());
        let stat = Stat::parse(&fs::read(dir.join("stat")).ok()?)?;
        let is_dying = stat.is_over || {
            let status = fs::read(dir.join("status")).unwrap_or_default();
            [&b"SigPnd:"[..], b"ShdPnd:"].iter().any(|key| {
                let mask = status.split(|byte| *byte == b'\n');
                let mask = mask.filter_map(|line| line.strip_prefix(*key));
                mask.filter_map(|text| std::str::from_utf8(text).ok())
                    .filter_map(|text| u64::from_str_radix(text.trim(), 16).ok())
                    .any(|mask| mask & SIGKILL != 0)
            })
        };
        Some(Self {
            started: stat.started,
            is_dying,
        })
    }
}

/// The process's memory cgroup as `/proc/PID/cgroup` has it.
///
/// Seen from a cgroup namespace the path begins with `/..`, once for each level up from the namespace's root.
fn memory_cgroup(proc: &Path, pid: &str) -> Option<Vec<u8>> {
    let text = fs::read(proc.join(pid).join("cgroup")).ok()?;
    let lines = || text.split(|byte| *byte == b'\n');
    // `4:memory:/path`, `5:cpu,memory:/path`, and version 2's `0::/path`.
    let of_memory = lines().find_map(|line| {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let mut names = controllers.split(|byte| *byte == b',');
        names.any(|name| name == b"memory").then_some(path)
    });
    let path = of_memory.or_else(|| lines().find_map(|line| line.strip_prefix(b"0::")))?;
    Some(path.to_vec())
}

/// Whether `/proc/PID/cgroup` has the process in this memory cgroup.
pub(super) fn is_in(proc: &Path, pid: u32, path: &[u8]) -> bool {
    let Some(own) = memory_cgroup(proc, &pid.to_string()) else {
        return false;
    };
    let mut own = own.as_slice();
    let mut is_below = false;
    while let Some(rest) = own.strip_prefix(b"/..") {
        (own, is_below) = (rest, true);
    }
    own == path || is_below && own.len() > 1 && path.ends_with(own)
}

/// The root of our cgroup namespace, as the kernel prints it: `/`, or our container's cgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Namespace(Vec<u8>);

impl Namespace {
    /// `own` is the cgroup of this process in the whole tree. `None` outside the machine's pid namespace, where
    /// the connector's numbers are not those of `/proc`.
    pub(super) fn of(proc: &Path, own: &[u8]) -> Option<Self> {
        let pids = fs::read_link(proc.join("self/ns/pid")).ok()?;
        if pids.as_os_str() != MACHINES_PIDS {
            return None;
        }
        let seen = memory_cgroup(proc, "self")?;
        let root = own.strip_suffix(seen.strip_prefix(b"/")?)?;
        Some(Self(root.strip_suffix(b"/").unwrap_or(root).to_vec()))
    }

    /// The memory cgroup of a process, as the kernel prints it.
    pub(super) fn cgroup(&self, proc: &Path, pid: u32) -> Option<Vec<u8>> {
        let seen = memory_cgroup(proc, &pid.to_string())?;
        let (mut root, mut rest) = (self.0.as_slice(), seen.as_slice());
        while let Some(below) = rest.strip_prefix(b"/..")
            && matches!(below.first(), None | Some(b'/'))
        {
            root = root.get(..root.iter().rposition(|byte| *byte == b'/')?)?;
            rest = below;
        }
        let rest = rest.strip_suffix(b"/").unwrap_or(rest);
        let path = [root, rest].concat();
        Some(if path.is_empty() { vec![b'/'] } else { path })
    }
}

/// How many processes the kernel killed for want of memory since it booted, in all cgroups and outside of
/// them; since 4.13.
pub(super) fn machine_kills(proc: &Path) -> Option<u64> {
    let text = fs::read_to_string(proc.join("vmstat")).ok()?;
    let mut lines = text.lines();
    let count = lines.find_map(|line| line.strip_prefix("oom_kill "))?;
    count.trim().parse().ok()
}

/// What is of use in `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    is_over: bool,
    started: u64,
}

impl Stat {
    /// `pid (comm) state ppid … flags … starttime …`. The name may hold anything, the rest no parenthesis.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let close = bytes.iter().rposition(|byte| *byte == b')')?;
        let rest = std::str::from_utf8(bytes.get(close + 1..)?).ok()?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let state = *words.first()?;
        // proc(5) counts from 1 and with pid and name: flags is field 9, starttime 22.
        let flags: u64 = words.get(9 - 3)?.parse().ok()?;
        Some(Self {
            is_over: matches!(state, "Z" | "X" | "x") || flags & PF_EXITING != 0,
            started: words.get(22 - 3)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_hides_nothing() {
        let line = b"7 (a) Z 1 (b)) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.is_over, stat.started), (false, 4711));
        let line = b"7 (x) R 1 7 7 0 -1 4194564 1 0 0 0 0 0 0 0 20 0 1 0 4711 0 0\n";
        assert!(Stat::parse(line).unwrap().is_over);
        assert_eq!(Stat::parse(b"7 (x) R 1 7"), None);
        assert_eq!(Stat::parse(b""), None);
    }

    #[test]
    fn the_memory_cgroup_in_both_versions_and_from_a_namespace() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("7")).unwrap();
        let is_in = |text: &str, path: &[u8]| {
            fs::write(dir.path().join("7/cgroup"), text).unwrap();
            super::is_in(dir.path(), 7, path)
        };
        assert!(is_in("0::/a/b\n", b"/a/b"));
        assert!(!is_in("0::/a/b\n", b"/a") && !is_in("0::/a/b\n", b"/x/a/b"));
        assert!(is_in(
            "5:cpu,memory:/a/b\n1:name=systemd:/x\n0::/y\n",
            b"/a/b"
        ));
        assert!(!is_in("5:cpu,memory:/a/b\n0::/y\n", b"/y"));
        assert!(is_in("0::/../../pods/c\n", b"/kubepods/pods/c"));
        assert!(!is_in("0::/../..\n", b"/kubepods") && !is_in("0::/../../\n", b"/kubepods/"));
        assert!(!is_in("", b"/a") && !super::is_in(dir.path(), 8, b"/a"));
    }

    #[test]
    fn a_cgroup_namespace() {
        let dir = tempfile::tempdir().unwrap();
        let write = |pid: &str, text: &str| {
            fs::create_dir_all(dir.path().join(pid)).unwrap();
            fs::write(dir.path().join(pid).join("cgroup"), text).unwrap();
        };
        fs::create_dir_all(dir.path().join("self/ns")).unwrap();
        let pids = dir.path().join("self/ns/pid");
        std::os::unix::fs::symlink(MACHINES_PIDS, &pids).unwrap();
        let seen = |own: &str, own_in: &[u8], text: &str| {
            write("self", own);
            write("7", text);
            let path = Namespace::of(dir.path(), own_in)?.cgroup(dir.path(), 7)?;
            Some(String::from_utf8(path).unwrap())
        };
        let is = |path: &str| Some(path.to_owned());
        assert_eq!(seen("0::/", b"/", "0::/"), is("/"));
        assert_eq!(seen("0::/a/b", b"/a/b", "0::/a/c"), is("/a/c"));
        assert_eq!(seen("4:memory:/", b"/p/own", "4:memory:/../../q"), is("/q"));
        assert_eq!(seen("0::/", b"/p/own", "0::/../other/c"), is("/p/other/c"));
        assert_eq!(seen("0::/", b"/p/own", "0::/"), is("/p/own"));
        assert_eq!(seen("0::/", b"/p/own", "0::/../.."), is("/"));
        assert_eq!(seen("0::/init", b"/p/own/init", "0::/x"), is("/p/own/x"));
        assert_eq!(seen("0::/", b"/p/own", "0::/..a"), is("/p/own/..a"));
        assert_eq!(seen("0::/x", b"/p/own", "0::/"), None);
        assert_eq!(seen("0::/", b"/p", "0::/../../.."), None);
        fs::remove_file(&pids).unwrap();
        std::os::unix::fs::symlink("pid:[4026532001]", &pids).unwrap();
        assert_eq!(seen("0::/", b"/", "0::/"), None, "numbers of a container");
    }

    #[test]
    fn this_process() {
        let own = Process::read(Path::new("/proc"), std::process::id()).unwrap();
        assert!(own.started > 0 && !own.comm.is_empty());
        let state = Dying::read(Path::new("/proc"), std::process::id()).unwrap();
        assert_eq!((state.started, state.is_dying), (own.started, false));
    }
}
