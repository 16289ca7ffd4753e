//! `Tasks in PATH are going to be killed due to memory.oom.group set`: every member dies.
//!
//! `oom_kill_process` → `mem_cgroup_print_oom_group` (mm/memcontrol.c), level 6, cgroup v2 since 4.19, in
//! pieces: `Tasks in ` + PATH + ` are going to be killed due to memory.oom.group set`. It follows the
//! first victim's Killed line; then come the Killed lines of all members, the first victim's again.
//! Samples: `Tasks in /A1 are going to be killed due to memory.oom.group set` (4.19) and
//! `Tasks in /kubepods.slice/kubepods-pod9e.slice/cri-containerd-46.scope are going to be killed due to memory.oom.group set` (6.6).

use super::Line;

/// Reads the line; returns the group's cgroup.
pub(super) fn group(message: &[u8]) -> Option<&[u8]> {
    let path = message
        .trim_ascii_end()
        .strip_prefix(b"Tasks in ")?
        .strip_suffix(b" are going to be killed due to memory.oom.group set")?;
    (path.first() == Some(&b'/')).then_some(path)
}

pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    group(message).map(Line::Group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_path_with_the_words_in_it() {
        let text = b"Tasks in /a are going to be killed/b are going to be killed due to memory.oom.group set";
        assert_eq!(group(text), Some(&b"/a are going to be killed/b"[..]));
        assert_eq!(group(b"Tasks in total: 12"), None);
    }
}
