//! `X cpuset=NAME mems_allowed=LIST`: the invoker's cpuset, in a separate line until 4.20.
//!
//! `cpuset_print_task_mems_allowed` (kernel/cgroup/cpuset.c), level 6. In pieces since 3.18:
//! `%s cpuset=` + NAME + ` mems_allowed=%*pbl`.
//! Samples: `node cpuset=d96a8ea034f0 mems_allowed=0-1` (3.10) and `a.out cpuset=/ mems_allowed=0` (4.5).
//!
//! The name is the last component of the invoker's cpuset cgroup, and shows nothing about the victim.

use super::Line;
use super::common::{find_after_comm, rsplit_once};

/// A cpuset line: a view over the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpusetLine<'a> {
    /// The invoker's name.
    pub comm: &'a [u8],
    /// Its cpuset, last component.
    pub cpuset: &'a [u8],
    /// The nodes it may use.
    pub mems_allowed: &'a [u8],
}

const WORDS: &[u8] = b" cpuset=";

/// Reads the line.
pub(super) fn cpuset(message: &[u8]) -> Option<CpusetLine<'_>> {
    let (comm, rest) = message.split_at_checked(find_after_comm(message, WORDS)?)?;
    let (cpuset, mems) = rsplit_once(rest.get(WORDS.len()..)?, " mems_allowed=")?;
    let mems_allowed = mems.trim_ascii_end();
    let is_list = mems_allowed
        .iter()
        .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b','));
    is_list.then_some(CpusetLine {
        comm,
        cpuset,
        mems_allowed,
    })
}

pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    cpuset(message).map(Line::Cpuset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpuset_line() {
        let line = cpuset(b"CPU 2/KVM cpuset=vcpu2 mems_allowed=0-1,3").unwrap();
        assert_eq!(
            (line.comm, line.cpuset, line.mems_allowed),
            (&b"CPU 2/KVM"[..], &b"vcpu2"[..], &b"0-1,3"[..])
        );
        assert!(cpuset(b"a cpuset=/ mems_allowed=none").is_none());
        assert!(cpuset(b"app: order of job x cpuset=/ mems_allowed=0").is_none());
    }
}
