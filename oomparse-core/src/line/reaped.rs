//! `oom_reaper: reaped process …`: the memory that was left of a victim.
//!
//! `oom_reap_task_mm` (mm/oom_kill.c), level 6, since 4.6; rare since 5.18, where the reaper waits 2 s.
//! `oom_reaper: reaped process %d (%s), now anon-rss:%lukB, file-rss:%lukB, shmem-rss:%lukB`; 4.6-rc
//! printed `reaped process :%d (%s) anon-rss:%lukB, file-rss:%lukB, shmem-rss:%lulB`. When it gives up:
//! `oom_reaper: unable to reap pid:%d (%s)`.
//! Samples: `oom_reaper: reaped process 3477 (trinity-c159), now anon-rss:0kB, file-rss:0kB, shmem-rss:444kB` (4.7) and
//! `oom_reaper: unable to reap pid:91 (postgres)` (5.4).

use super::Line;
use super::common::{Parsed, before_name, is_comm, kib_after, pid, rsplit_once};
use nom::Parser;
use nom::bytes::complete::tag;
use nom::combinator::opt;

/// A reaper line: a view over the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReapedLine<'a> {
    /// The victim (a thread of it).
    pub pid: u32,
    /// Its name.
    pub comm: Option<&'a [u8]>,
    /// The remaining memory, KiB; `None` if the reaper gave up.
    pub left: Option<Left>,
}

/// The memory that the reaper left, KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Left {
    /// Anonymous memory.
    pub anon_rss_kib: Option<u64>,
    /// File pages.
    pub file_rss_kib: Option<u64>,
    /// Shared memory.
    pub shmem_rss_kib: Option<u64>,
}

/// Reads the line.
pub(super) fn reaped(input: &[u8]) -> Parsed<'_, ReapedLine<'_>> {
    let (rest, _) = tag(&b"oom_reaper: "[..]).parse(input)?;
    if let Ok((rest, pid)) = unable(rest) {
        let comm = rest
            .trim_ascii_end()
            .strip_suffix(b")")
            .filter(|comm| is_comm(comm));
        return Ok((
            &b""[..],
            ReapedLine {
                pid,
                comm,
                left: None,
            },
        ));
    }
    let (rest, _) = (tag(&b"reaped process "[..]), opt(tag(&b":"[..]))).parse(rest)?;
    let (rest, pid) = pid(rest)?;
    let (rest, _) = before_name(rest)?;
    let mut line = ReapedLine {
        pid,
        comm: None,
        left: Some(Left::default()),
    };
    let split = rsplit_once(rest, "), now anon-rss:").or_else(|| rsplit_once(rest, ") anon-rss:"));
    if let Some((comm, sizes)) = split
        && is_comm(comm)
    {
        line.comm = Some(comm);
        line.left = Some(left(sizes));
    }
    Ok((&b""[..], line))
}

fn unable(input: &[u8]) -> Parsed<'_, u32> {
    let (rest, _) = tag(&b"unable to reap pid:"[..]).parse(input)?;
    let (rest, pid) = pid(rest)?;
    let (rest, _) = tag(&b" ("[..]).parse(rest)?;
    Ok((rest, pid))
}

fn left(sizes: &[u8]) -> Left {
    let mut left = Left::default();
    let Ok((rest, anon)) = kib_after("", sizes) else {
        return left;
    };
    left.anon_rss_kib = Some(anon);
    let Ok((rest, file)) = kib_after(", file-rss:", rest) else {
        return left;
    };
    left.file_rss_kib = Some(file);
    if let Ok((_, shmem)) = kib_after(", shmem-rss:", rest) {
        left.shmem_rss_kib = Some(shmem);
    }
    left
}

/// The line; `Malformed` if it only begins like one.
pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    message
        .starts_with(b"oom_reaper: ")
        .then(|| reaped(message).map_or(Line::Malformed, |(_, line)| Line::Reaped(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reaped_of_every_kernel() {
        let line = reaped(b"oom_reaper: reaped process 3477 (a), now), now anon-rss:0kB, file-rss:1kB, shmem-rss:444kB").unwrap().1;
        assert_eq!((line.pid, line.comm), (3477, Some(&b"a), now"[..])));
        assert_eq!(line.left.unwrap().shmem_rss_kib, Some(444));
        let line =
            reaped(b"oom_reaper: reaped process :7 (a) anon-rss:0kB, file-rss:1kB, shmem-rss:0lB")
                .unwrap()
                .1;
        assert_eq!(
            (
                line.left.unwrap().file_rss_kib,
                line.left.unwrap().shmem_rss_kib
            ),
            (Some(1), None)
        );
        let line = reaped(b"oom_reaper: unable to reap pid:91 (postgres)")
            .unwrap()
            .1;
        assert_eq!(
            (line.pid, line.comm, line.left),
            (91, Some(&b"postgres"[..]), None)
        );
    }
}
