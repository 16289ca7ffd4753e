//! `Task in A killed as a result of limit of B`: the victim's cgroup and the one at its limit, until 4.20.
//!
//! `mem_cgroup_print_oom_info` (mm/memcontrol.c), level 6, in pieces: `Task in ` + PATH +
//! ` killed as a result of limit of ` + PATH. Without a victim (panic, nobody to kill):
//! `Memory limit reached of cgroup ` + PATH.
//! Samples: `Task in /docker/4f0c killed as a result of limit of /docker/4f0c` (3.13) and
//! `Task in /kubepods/burstable/pod9/4f killed as a result of limit of /kubepods/burstable/pod9` (4.19).
//!
//! 2.6.32 passes the invoker, so there the first path may be the invoker's.

use super::Line;
use super::common::{is_at_or_below, split_paths, trim_end};
use crate::event::Field;

/// A `Task in` line: a view over the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskIn<'a> {
    /// The victim's cgroup.
    pub task_memcg: Option<&'a [u8]>,
    /// The cgroup whose limit was hit.
    pub oom_memcg: Option<&'a [u8]>,
    /// A path that was cut, or cannot be separated from the other.
    pub cut: Option<Field>,
}

const WORDS: &str = " killed as a result of limit of ";

/// Reads the line.
pub(super) fn task_in(message: &[u8]) -> Option<TaskIn<'_>> {
    let rest = message.strip_prefix(b"Task in ")?;
    if rest.first() != Some(&b'/') {
        return None;
    }
    let rest = trim_end(rest);
    let Some((task, oom)) = split_paths(rest, WORDS, is_at_or_below) else {
        let cut = Some(super::summary::TASK_MEMCG);
        return Some(TaskIn {
            task_memcg: None,
            oom_memcg: None,
            cut,
        });
    };
    let is_limit = |path: &&[u8]| path.first() == Some(&b'/') && is_at_or_below(task, path);
    // In a paste, other words may follow the path.
    let word = oom.split(|byte| *byte == b' ').next().unwrap_or_default();
    let oom_memcg = [oom, word].into_iter().find(is_limit);
    // The victim is always at or below the limit: a path that contradicts this was cut.
    let cut = oom_memcg.is_none().then_some(super::summary::OOM_MEMCG);
    Some(TaskIn {
        task_memcg: Some(task),
        oom_memcg,
        cut,
    })
}

/// Reads `Memory limit reached of cgroup PATH`; returns the path.
pub(super) fn limit_reached(message: &[u8]) -> Option<&[u8]> {
    let path = trim_end(message.strip_prefix(b"Memory limit reached of cgroup ")?);
    (path.first() == Some(&b'/')).then_some(path)
}

/// The line; `Malformed` if it only begins like one.
pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    let begins = message.starts_with(b"Task in ");
    begins.then(|| task_in(message).map_or(Line::Malformed, Line::TaskIn))
}

pub(super) fn limit_line(message: &[u8]) -> Option<Line<'_>> {
    limit_reached(message).map(Line::LimitReached)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_in_paths() {
        let line = task_in(b"Task in /k/p/c killed as a result of limit of /k/p").unwrap();
        assert_eq!(
            (line.task_memcg, line.oom_memcg),
            (Some(&b"/k/p/c"[..]), Some(&b"/k/p"[..]))
        );
        let line = task_in(b"Task in / killed as a result of limit of /").unwrap();
        assert_eq!(
            (line.task_memcg, line.oom_memcg),
            (Some(&b"/"[..]), Some(&b"/"[..]))
        );
    }

    #[test]
    fn task_in_forged_path() {
        let line = task_in(b"Task in /k/p/c/x killed as a result of limit of /f/y killed as a result of limit of /k/p").unwrap();
        assert_eq!(
            line.task_memcg,
            Some(&b"/k/p/c/x killed as a result of limit of /f/y"[..])
        );
        assert_eq!(line.oom_memcg, Some(&b"/k/p"[..]));
    }

    #[test]
    fn task_in_with_a_cut_limit() {
        let line = task_in(b"Task in /kubepods/p killed as a result of limit of /kubepo").unwrap();
        assert_eq!(
            (line.task_memcg, line.oom_memcg),
            (Some(&b"/kubepods/p"[..]), None)
        );
        assert!(line.cut.is_some());
        let line = task_in(b"Task in /k/p killed as a result of limit of /k  # lint").unwrap();
        assert_eq!(line.oom_memcg, Some(&b"/k"[..]));
    }

    #[test]
    fn limit_reached_path() {
        assert_eq!(
            limit_reached(b"Memory limit reached of cgroup /k/p"),
            Some(&b"/k/p"[..])
        );
    }

    #[test]
    fn words_after_a_limit_that_cannot_be_it_do_not_end_it() {
        for (limit, path) in [
            ("/k/p # lint", Some("/k/p")),
            ("/k # lint", Some("/k")),
            ("/k/ # lint", None),
            ("/k/other # lint", None),
            ("k # lint", None),
            (" # lint", None),
            ("the pod", None),
        ] {
            let line = std::format!("Task in /k/p killed as a result of limit of {limit}");
            let line = task_in(line.as_bytes()).unwrap();
            assert_eq!(line.task_memcg, Some(&b"/k/p"[..]), "{limit}");
            assert_eq!(line.oom_memcg, path.map(str::as_bytes), "{limit}");
            assert_eq!(line.cut.is_none(), path.is_some(), "{limit}");
        }
    }
}
