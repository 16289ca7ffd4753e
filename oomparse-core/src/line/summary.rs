//! `oom-kill:constraint=…`: one line with the victim and its cgroup, since 5.0.
//!
//! `dump_oom_summary` and `mem_cgroup_print_oom_context` (mm/oom_kill.c, mm/memcontrol.c), level 6,
//! rate limited with the report. Built from these printk pieces, so it may arrive in several records:
//!
//! ```text
//! oom-kill:constraint=%s,nodemask=%*pbl + ,cpuset= + NAME + ,mems_allowed=%*pbl
//!   + ,oom_memcg= + PATH  (or ,global_oom)  + ,task_memcg= + PATH + ,task=%s,pid=%d,uid=%d
//! ```
//! Samples: `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,global_oom,task_memcg=/system.slice/a.service,task=entry,pid=19227,uid=0` (5.15) and
//! `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=x,mems_allowed=0,task=java,pid=7,uid=0` (openEuler 4.19, no memcg part).
//!
//! Owners choose the names freely: a cpuset name (one path component, so without `/`), two paths, a comm. They
//! are read from the fixed ends that the kernel prints.

use super::Line;
use super::common::{
    Parsed, find, is_at_or_below, is_comm, node_list, pid, rsplit_once, split_once, split_paths,
    uid,
};
use crate::bytes::memmem;
use crate::event::Field;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;

/// A summary line: a view over the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary<'a> {
    /// `CONSTRAINT_MEMCG` and so on, as printed.
    pub constraint: &'a [u8],
    /// Nodes of a memory policy; `(null)` becomes `None`.
    pub nodemask: Option<&'a [u8]>,
    /// The invoker's cpuset, last component.
    pub cpuset: Option<&'a [u8]>,
    /// The nodes it may use.
    pub mems_allowed: Option<&'a [u8]>,
    /// The line contains `global_oom`: no memory cgroup was at its limit.
    pub global_oom: bool,
    /// The cgroup whose limit was hit.
    pub oom_memcg: Option<&'a [u8]>,
    /// The victim's cgroup.
    pub task_memcg: Option<&'a [u8]>,
    /// The victim's name.
    pub comm: Option<&'a [u8]>,
    /// The victim.
    pub pid: Option<u32>,
    /// Its user id.
    pub uid: Option<u32>,
    /// Path and comm together, if it is ambiguous where the path ends and the comm begins (one of them contains
    /// `,task=`). [`resolve`](Self::resolve) decides it with the name from the Killed line.
    pub path_and_comm: Option<&'a [u8]>,
    /// The first field whose text was cut or is ambiguous.
    pub cut: Option<Field>,
}

pub(crate) const TASK_MEMCG: Field = Field::TaskMemcg;
pub(crate) const OOM_MEMCG: Field = Field::OomMemcg;
const PID: Field = Field::VictimPid;
const UID: Field = Field::VictimUid;

impl<'a> Summary<'a> {
    /// The path of an ambiguous line, given the comm that the Killed line shows.
    #[must_use]
    pub fn resolve(path_and_comm: &'a [u8], comm: &[u8]) -> Option<&'a [u8]> {
        path_and_comm.strip_suffix(comm)?.strip_suffix(b",task=")
    }

    /// Removes what was read from its end: that was cut, or is part of a path.
    pub(crate) fn let_go_of_task(&mut self) {
        (self.pid, self.uid) = (None, None);
        (self.comm, self.task_memcg, self.path_and_comm) = (None, None, None);
        self.cut = Some(TASK_MEMCG);
    }

    /// Whether the line ends as the kernel ends it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.pid.is_some() && self.uid.is_some()
    }
}

/// Reads the line.
pub(super) fn summary(input: &[u8]) -> Parsed<'_, Summary<'_>> {
    let (rest, _) = tag(&b"oom-kill:constraint="[..]).parse(input)?;
    let (constraint, rest) = split_once(rest, ",nodemask=").ok_or_else(|| {
        nom::Err::Error(nom::error::Error::new(
            rest,
            nom::error::ErrorKind::TakeUntil,
        ))
    })?;
    let (rest, mask) = alt((tag(&b"(null)"[..]), node_list)).parse(rest)?;
    let mut line = Summary {
        constraint,
        ..Summary::default()
    };
    // The list includes the comma before `cpuset=`.
    let (mask, rest) = match mask.strip_suffix(b",") {
        Some(mask) => (
            mask,
            input.get(input.len().saturating_sub(rest.len()).saturating_sub(1)..),
        ),
        None => (mask, Some(rest)),
    };
    line.nodemask = Some(mask).filter(|mask| *mask != b"(null)" && !mask.is_empty());
    let rest = rest.unwrap_or_default().trim_ascii_end();
    if !rest.is_empty() && rest.first() != Some(&b',') {
        // A text about the line, such as its format, is not the line.
        return Err(nom::Err::Error(nom::error::Error::new(
            rest,
            nom::error::ErrorKind::Tag,
        )));
    }
    read_middle(rest, &mut line);
    Ok((&b""[..], line))
}

/// Reads from after the nodemask to the end of the line.
fn read_middle<'a>(rest: &'a [u8], line: &mut Summary<'a>) {
    // A cpuset name contains no `/`, so the first match with one is the kernel's own.
    let memcg = find(rest, ",oom_memcg=/");
    let global = find(rest, ",global_oom,task_memcg=/");
    match (memcg, global) {
        (Some(at), global) if global.is_none_or(|global| at < global) => {
            let (head, tail) = rest.split_at_checked(at).unwrap_or_default();
            read_cpuset(head, line);
            let body = read_end(tail.get(",oom_memcg=".len()..).unwrap_or_default(), line);
            read_memcgs(body, line);
        }
        (_, Some(at)) => {
            let (head, tail) = rest.split_at_checked(at).unwrap_or_default();
            line.global_oom = true;
            read_cpuset(head, line);
            let body = read_end(
                tail.get(",global_oom,task_memcg=".len()..)
                    .unwrap_or_default(),
                line,
            );
            read_task(body, line);
        }
        _ => read_without_memcg(rest, line),
    }
}

/// `,cpuset=NAME,mems_allowed=LIST`, or nothing on kernels without cpusets.
fn read_cpuset<'a>(head: &'a [u8], line: &mut Summary<'a>) {
    if let Some(named) = head.strip_prefix(b",cpuset=")
        && let Some((name, mems)) = rsplit_once(named, ",mems_allowed=")
    {
        line.cpuset = Some(name);
        line.mems_allowed = Some(mems);
    }
}

/// openEuler 4.19, CONFIG_MEMCG=n, or a line that ends before its memcg part.
fn read_without_memcg<'a>(rest: &'a [u8], line: &mut Summary<'a>) {
    let body = read_end(rest, line);
    if line.pid.is_none() {
        line.cut = Some(TASK_MEMCG);
        let head = split_once(body, ",oom_memcg=").map_or(body, |(head, _)| head);
        read_cpuset(head, line);
        return;
    }
    let head = split_task(body, line);
    line.path_and_comm = None;
    let (head, global) = match head.strip_suffix(b",global_oom") {
        Some(head) => (head, true),
        None => (head, false),
    };
    line.global_oom = global;
    read_cpuset(head, line);
}

/// Removes `,pid=N,uid=N` at the end; returns the text before it. Further words of a paste are dropped.
fn read_end<'a>(body: &'a [u8], line: &mut Summary<'a>) -> &'a [u8] {
    let Some((before, numbers)) = rsplit_once(body, ",pid=") else {
        line.cut = Some(PID);
        return body;
    };
    let Ok((rest, found)) = pid(numbers) else {
        line.cut = Some(PID);
        return before;
    };
    if rest.is_empty() {
        // Digits may be missing.
        line.cut = Some(PID);
        return before;
    }
    line.pid = Some(found);
    match nom::sequence::preceded(tag(&b",uid="[..]), uid).parse(rest) {
        // If a record ran on into the next one, it may have gained digits from it.
        Ok(([b',', b'0'..=b'9', ..], _)) => line.cut = Some(UID),
        // The path continues: the line does not end here.
        Ok(([b',' | b'/', ..], _)) => {
            line.pid = None;
            line.cut = Some(PID);
        }
        Ok((_, value)) => line.uid = Some(value),
        Err(_) => line.cut = Some(UID),
    }
    before
}

/// `OOM,task_memcg=TASK,task=COMM`: the victim's cgroup is at or below the one at its limit.
fn read_memcgs<'a>(body: &'a [u8], line: &mut Summary<'a>) {
    match split_paths(body, ",task_memcg=", |oom, task| is_at_or_below(task, oom)) {
        Some((oom, task)) if is_at_or_below(task, oom) => {
            line.oom_memcg = Some(oom);
            read_task(task, line);
        }
        // Cut within the second path.
        Some((oom, task)) if line.pid.is_none() && oom.starts_with(task) => {
            line.oom_memcg = Some(oom);
            line.cut = Some(TASK_MEMCG);
        }
        Some((oom, task)) if is_elided(oom, task) => {
            line.cut = Some(OOM_MEMCG);
            read_task(task, line);
        }
        // Cut in or after the first path: its end is unknown, whatever the text shows.
        _ if find(body, ",task_memcg=").is_none() => {
            (line.pid, line.uid) = (None, None);
            line.cut = Some(OOM_MEMCG);
        }
        // A line that contradicts this rule lost a piece of one of the paths, and it is unknown of which.
        _ => {
            line.cut = Some(TASK_MEMCG);
            split_task(body, line);
            line.path_and_comm = None;
        }
    }
}

/// Whether `ancestor` is a path at or above `path` from which somebody left out parts: `/lxc.payload....-lxc/a`.
///
/// Everything that it shows must be in the other path, in order, so that dots in a name do not lead to another's
/// path.
fn is_elided(ancestor: &[u8], path: &[u8]) -> bool {
    let Some((first, mut shown)) = split_elision(ancestor) else {
        return false;
    };
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    loop {
        let (part, more) = match split_elision(shown) {
            Some((part, more)) => (part, Some(more)),
            None => (shown, None),
        };
        if part.is_empty() && more.is_none() {
            return true;
        }
        let Some(at) = memmem::find(rest, part) else {
            return false;
        };
        let found = rest.get(at..).unwrap_or_default();
        match more {
            Some(more) => {
                rest = found.get(part.len()..).unwrap_or_default();
                shown = more;
            }
            None if is_at_or_below(found, part) => return true,
            // It must end where a name ends.
            None => rest = found.get(1..).unwrap_or_default(),
        }
    }
}

/// The text before and after the first `...` or `…`. Dots next to it may be part of a name, or of the mark.
fn split_elision(path: &[u8]) -> Option<(&[u8], &[u8])> {
    const MARKS: [&[u8]; 2] = [b"...", "…".as_bytes()];
    let found = MARKS.map(|mark| Some((memmem::find(path, mark)?, mark.len())));
    let (at, len) = found.into_iter().flatten().min()?;
    let (before, mark) = path.split_at_checked(at)?;
    let after = mark.get(len..)?;
    let own = after.iter().take_while(|byte| **byte == b'.').count();
    Some((before, after.get(own..)?))
}

/// `TASK,task=COMM`.
fn read_task<'a>(body: &'a [u8], line: &mut Summary<'a>) {
    if line.pid.is_none() {
        // If the line was cut, the path is complete only if `,task=` follows it.
        match split_once(body, ",task=") {
            Some((path, _)) => line.task_memcg = Some(path),
            None => line.cut = Some(TASK_MEMCG),
        }
        return;
    }
    let path = split_task(body, line);
    if path.first() == Some(&b'/') {
        line.task_memcg = Some(path);
    }
}

/// Splits `PATH,task=COMM` from the right, where the comm has at most 15 bytes; returns the path.
fn split_task<'a>(body: &'a [u8], line: &mut Summary<'a>) -> &'a [u8] {
    let mut found: Option<(&[u8], &[u8])> = None;
    let mut end = body.len();
    while let Some((path, _)) = body.get(..end).and_then(|head| rsplit_once(head, ",task=")) {
        let comm = body
            .get(path.len().saturating_add(",task=".len())..)
            .unwrap_or_default();
        if !is_comm(comm) {
            break;
        }
        if found.is_some() {
            // The leftmost position that fits: the text to its left is path in any reading.
            line.path_and_comm = Some(body);
        }
        found = Some((path, comm));
        end = path.len();
    }
    let Some((path, comm)) = found else {
        line.cut = Some(TASK_MEMCG);
        return &[];
    };
    if line.path_and_comm.is_some() {
        line.cut = Some(TASK_MEMCG);
    } else {
        line.comm = Some(comm);
    }
    path
}

/// The line; `Malformed` if it only begins like one.
pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    message
        .starts_with(b"oom-kill:")
        .then(|| summary(message).map_or(Line::Malformed, |(_, line)| Line::Summary(line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn read(line: &str) -> Summary<'_> {
        summary(line.as_bytes()).unwrap().1
    }

    fn text(bytes: Option<&[u8]>) -> Option<&str> {
        bytes.map(|bytes| core::str::from_utf8(bytes).unwrap())
    }

    #[test]
    fn summary_of_a_memcg() {
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a2,mems_allowed=0-1,oom_memcg=/kubepods/p,task_memcg=/kubepods/p/c,task=memc,pid=387602,uid=8",
        );
        assert_eq!(line.constraint, b"CONSTRAINT_MEMCG");
        assert_eq!(text(line.cpuset), Some("a2"));
        assert_eq!(text(line.mems_allowed), Some("0-1"));
        assert_eq!(text(line.oom_memcg), Some("/kubepods/p"));
        assert_eq!(text(line.task_memcg), Some("/kubepods/p/c"));
        assert_eq!(text(line.comm), Some("memc"));
        assert_eq!(
            (line.pid, line.uid, line.cut),
            (Some(387_602), Some(8), None)
        );
    }

    #[test]
    fn summary_of_a_memory_policy_with_lists() {
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=1,3,cpuset=db,mems_allowed=0-1,3,global_oom,task_memcg=/,task=postgres,pid=91,uid=26",
        );
        assert_eq!(text(line.nodemask), Some("1,3"));
        assert_eq!(text(line.mems_allowed), Some("0-1,3"));
        assert_eq!(text(line.task_memcg), Some("/"));
        assert!(line.global_oom);
        assert_eq!(line.pid, Some(91));
    }

    #[test]
    fn summary_without_cpusets_and_without_memcg() {
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/a,task_memcg=/a,task=b,pid=1,uid=2",
        );
        assert_eq!(
            (text(line.cpuset), text(line.oom_memcg)),
            (None, Some("/a"))
        );
        let line = read(
            "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=x,mems_allowed=0,task=java,pid=7,uid=0",
        );
        assert_eq!(
            (line.pid, text(line.comm), line.cut),
            (Some(7), Some("java"), None)
        );
        assert_eq!(text(line.cpuset), Some("x"));
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),task=bun,pid=109324,uid=1000",
        );
        assert_eq!((line.pid, text(line.comm)), (Some(109_324), Some("bun")));
    }

    #[test]
    fn summary_with_a_forged_tail_in_the_comm() {
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/k,task_memcg=/k/c,task=a,pid=1,uid=0,pid=3420,uid=1001",
        );
        assert_eq!((line.pid, line.uid), (Some(3420), Some(1001)));
        assert_eq!(text(line.comm), Some("a,pid=1,uid=0"));
        assert_eq!(text(line.task_memcg), Some("/k/c"));
    }

    #[test]
    fn summary_with_forged_paths() {
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/k/real,task_memcg=/k/real/c/x,task=init,pid=1,uid=0,task=evil,pid=7028,uid=1234",
        );
        assert_eq!(
            text(line.task_memcg),
            Some("/k/real/c/x,task=init,pid=1,uid=0")
        );
        assert_eq!((text(line.comm), line.pid), (Some("evil"), Some(7028)));
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,oom_memcg=b,mems_allowed=0,oom_memcg=/k/real/a,task_memcg=/fake,task_memcg=/k/real/a,task_memcg=/fake/b,task=evil,pid=7028,uid=1234",
        );
        assert_eq!(text(line.oom_memcg), Some("/k/real/a,task_memcg=/fake"));
        assert_eq!(text(line.task_memcg), Some("/k/real/a,task_memcg=/fake/b"));
    }

    #[test]
    fn summary_with_task_in_comm_or_path_is_left_open() {
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/k,task_memcg=/k/c,task=a,task=b,pid=5,uid=0",
        );
        assert_eq!((line.comm, text(line.task_memcg)), (None, Some("/k/c")));
        assert_eq!(line.cut, Some(TASK_MEMCG));
        let both = line.path_and_comm.unwrap();
        assert_eq!(text(Summary::resolve(both, b"b")), Some("/k/c,task=a"));
        assert_eq!(text(Summary::resolve(both, b"a,task=b")), Some("/k/c"));
    }

    #[test]
    fn a_limits_path_of_which_somebody_left_out_parts_leaves_the_victims() {
        let task = "/lxc.payload.node-7-lxc/kubepods.slice/kubepods-pod9.slice/crio-46.scope";
        for oom in [
            "/lxc.payload....-lxc/kubepods.slice/kubepods-pod9.slice",
            "/lxc.payload...-lxc/kubepods.slice",
            "/lxc.payload.…-lxc/…/kubepods-pod9.slice/crio-46.scope",
            "/lxc.payload....",
            "/...",
        ] {
            let printed = format!(
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={oom},task_memcg={task},task=a,pid=5,uid=0"
            );
            let line = read(&printed);
            assert_eq!(text(line.task_memcg), Some(task), "{oom}");
            assert_eq!((line.oom_memcg, line.cut), (None, Some(OOM_MEMCG)));
            assert_eq!(line.pid, Some(5));
        }
        // The other's path must contain everything that this one shows.
        for oom in [
            "/lxc.payload....-vm/kubepods.slice",
            "/lxc.payload.x....-lxc/kubepods.slice",
            "/lxc.payload....-lxc/kubepods.slice/kubepods-pod9.sl",
            "/lxc.payload....-lxc/kubepods-pod9.slice/…/kubepods.slice",
            "/kubepods/podA/....../x",
        ] {
            let printed = format!(
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={oom},task_memcg={task},task=a,pid=5,uid=0"
            );
            assert_eq!(read(&printed).task_memcg, None, "{oom}");
        }
    }

    #[test]
    fn a_cut_line_whose_paths_do_not_fit_names_neither() {
        // The victim's own path, cut before its end: all of it is in the first one.
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/k/podA/c/x,task_memcg=/k/podV/c,task=init/pppppp",
        );
        assert_eq!((line.oom_memcg, line.task_memcg), (None, None));
        let line = read(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/k/podA/c,task_memcg=/k/po",
        );
        assert_eq!(text(line.oom_memcg), Some("/k/podA/c"));
        assert_eq!((line.task_memcg, line.cut), (None, Some(TASK_MEMCG)));
    }

    #[test]
    fn summary_cut_anywhere_invents_nothing() {
        let whole = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a2,mems_allowed=0-1,oom_memcg=/kubepods/p,task_memcg=/kubepods/p/c,task=memc,pid=387602,uid=8";
        for end in 0..whole.len() {
            let Ok((_, line)) = summary(&whole.as_bytes()[..end]) else {
                continue;
            };
            assert!(line.pid.is_none_or(|pid| pid == 387_602), "{end}");
            assert!(
                line.task_memcg.is_none_or(|path| path == b"/kubepods/p/c"),
                "{end}"
            );
            assert!(
                line.oom_memcg.is_none_or(|path| path == b"/kubepods/p"),
                "{end}"
            );
            assert!(line.cut.is_some(), "{end}");
        }
    }

    #[test]
    fn summary_with_a_path_like_the_other_kind() {
        let start = "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0";
        let end = "task=evil,pid=7,uid=0";
        let printed = format!("{start},global_oom,task_memcg=/k/a,oom_memcg=/b,{end}");
        let line = read(&printed);
        assert!(line.global_oom);
        assert_eq!(line.oom_memcg, None);
        assert_eq!(text(line.task_memcg), Some("/k/a,oom_memcg=/b"));
        let own = "/k,global_oom,task_memcg=/b";
        let printed = format!("{start},oom_memcg={own},task_memcg={own}/c,{end}");
        let line = read(&printed);
        assert!(!line.global_oom);
        assert_eq!(text(line.oom_memcg), Some(own));
        assert_eq!(text(line.task_memcg), Some("/k,global_oom,task_memcg=/b/c"));
    }

    #[test]
    fn summary_cut_after_a_path_like_its_end() {
        let printed = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/k/x,task=init,pid=1,uid=0";
        let line = read(printed);
        assert_eq!((line.pid, line.uid, line.comm), (None, None, None));
        assert_eq!((line.oom_memcg, line.task_memcg), (None, None));
        assert_eq!(line.cut, Some(OOM_MEMCG));
    }
}
