//! What `/proc` says of one process.

use std::fs;
use std::path::Path;

/// `PF_EXITING` of the kernel's `sched.h`.
const PF_EXITING: u64 = 0x4;

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

/// Whether `/proc/PID/cgroup` has the process in this memory cgroup.
///
/// Seen from a cgroup namespace the path begins with `/..`, once for each level up from the namespace's root.
pub(super) fn is_in(proc: &Path, pid: u32, path: &[u8]) -> bool {
    let Ok(text) = fs::read(proc.join(pid.to_string()).join("cgroup")) else {
        return false;
    };
    let lines = || text.split(|byte| *byte == b'\n');
    // `4:memory:/path`, `5:cpu,memory:/path`, and version 2's `0::/path`.
    let of_memory = lines().find_map(|line| {
        let mut parts = line.splitn(3, |byte| *byte == b':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let mut names = controllers.split(|byte| *byte == b',');
        names.any(|name| name == b"memory").then_some(path)
    });
    let Some(mut own) = of_memory.or_else(|| lines().find_map(|line| line.strip_prefix(b"0::")))
    else {
        return false;
    };
    let mut is_below = false;
    while let Some(rest) = own.strip_prefix(b"/..") {
        (own, is_below) = (rest, true);
    }
    own == path || is_below && own.len() > 1 && path.ends_with(own)
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
    fn this_process() {
        let own = Process::read(Path::new("/proc"), std::process::id()).unwrap();
        assert!(own.started > 0 && !own.comm.is_empty());
        let state = Dying::read(Path::new("/proc"), std::process::id()).unwrap();
        assert_eq!((state.started, state.is_dying), (own.started, false));
    }
}
