//! `Killed process N (comm) …`: the one line that every kill prints.
//!
//! `__oom_kill_process` (mm/oom_kill.c), level 3, not rate limited upstream. Shapes:
//!
//! ```text
//! <=2.6.20   %s: Killed process %d (%s).
//! 2.6.32     Killed process %d (%s)
//! 2.6.34     Killed process %d (%s) vsz:%lukB, anon-rss:%lukB, file-rss:%lukB
//! 2.6.36     Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB
//! RHEL 6     Killed process %d, UID %d, (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB
//! RHEL 7.5   Killed process %d (%s), UID %d, total-vm:%lukB, …, shmem-rss:%lukB
//! 4.5        Killed process %d (%s) total-vm:%lukB, …, shmem-rss:%lukB
//! 5.1        %s: Killed process …
//! 5.4        …, shmem-rss:%lukB, UID:%u pgtables:%lukB oom_score_adj:%hd
//! OpenVZ 9   %s: Killed process %d (%s) VE "%s" total-vm:…
//! ```
//! Samples: `Killed process 8120, UID 0, (java) total-vm:1314832kB, anon-rss:572096kB, file-rss:80kB` (RHEL 6) and
//! `Memory cgroup out of memory: Killed process 68061 (stress) total-vm:4195088kB, anon-rss:2884696kB, file-rss:288kB, shmem-rss:0kB, UID:0 pgtables:5704kB oom_score_adj:968` (6.1).

use super::Line;
mod beancounter;

use super::common::{
    Message, Parsed, before_name, is_comm, kib_after, message, pid, rsplit_once, uid,
};
use crate::event::Field;
use crate::limits::MAX_COMM_LEN;
use nom::Parser;
use nom::bytes::complete::tag;
use nom::combinator::opt;
use nom::sequence::preceded;

/// A `Killed process` line: a view over the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Killed<'a> {
    /// The words before `Killed process`, since 5.1.
    pub message: Option<Message>,
    /// The victim; one of its threads if the leader was already dead.
    pub pid: u32,
    /// Its name.
    pub comm: Option<&'a [u8]>,
    /// User id in the init namespace.
    pub uid: Option<u32>,
    /// OpenVZ's container: `VE "N"`, or the beancounter of `Out of memory in UB N`.
    pub ve: Option<&'a [u8]>,
    /// Badness, if this line shows it (OpenVZ 6).
    pub oom_score: Option<i64>,
    /// Virtual size in KiB.
    pub total_vm_kib: Option<u64>,
    /// Anonymous memory in KiB.
    pub anon_rss_kib: Option<u64>,
    /// File pages in KiB.
    pub file_rss_kib: Option<u64>,
    /// Shared memory in KiB.
    pub shmem_rss_kib: Option<u64>,
    /// Resident memory in KiB, if there is only one figure (OpenVZ 6).
    pub rss_kib: Option<u64>,
    /// Swapped memory in KiB (OpenVZ 6).
    pub swap_kib: Option<u64>,
    /// Page tables, in the unit that the kernel labels kB; 5.4.0 to 5.4.8 and some of RHEL 8 print bytes.
    pub pgtables_kib: Option<u64>,
    /// -1000 to 1000.
    pub oom_score_adj: Option<i32>,
    /// The first field whose text was cut, if the line does not end as the kernel ends it.
    pub cut: Option<Field>,
}

pub(super) const COMM: Field = Field::VictimComm;
const UID: Field = Field::VictimUid;
pub(super) const TOTAL_VM: Field = Field::VictimTotalVm;
const ANON: Field = Field::VictimAnonRss;
const FILE: Field = Field::VictimFileRss;
const SHMEM: Field = Field::VictimShmemRss;
const PGTABLES: Field = Field::VictimPgtables;
const ADJ: Field = Field::VictimOomScoreAdj;

/// Reads the line; fails if the pid itself is incomplete.
pub(super) fn killed(input: &[u8]) -> Parsed<'_, Killed<'_>> {
    let (rest, message) = message(input)?;
    let (rest, _) = tag(&b"Killed process "[..]).parse(rest)?;
    let (rest, pid) = pid(rest)?;
    // On RHEL 6, `, UID 0,` comes before the name.
    let (rest, uid_before) = opt(nom::sequence::delimited(
        tag(&b", UID "[..]),
        uid,
        tag(&b","[..]),
    ))
    .parse(rest)?;
    let (rest, _) = before_name(rest)?;
    let mut line = Killed {
        message,
        pid,
        uid: uid_before,
        ..Killed::default()
    };
    sizes_and_name(rest, &mut line);
    Ok((&b""[..], line))
}

/// Reads the text after `(`: the name up to its closing parenthesis, found from the right, and then the sizes.
fn sizes_and_name<'a>(rest: &'a [u8], line: &mut Killed<'a>) {
    // No line with sizes ends like this: apparent sizes are part of the name.
    if let Some(comm) = rest.strip_suffix(b")")
        && comm.len() <= MAX_COMM_LEN
    {
        line.comm = Some(comm);
        return;
    }
    if let Some((head, sizes)) = rsplit_once(rest, " total-vm:")
        && let Some((comm, uid, ve)) = name_before_sizes(head)
    {
        line.comm = Some(comm);
        line.uid = line.uid.or(uid);
        line.ve = ve;
        return read_sizes(sizes, line);
    }
    if let Some((comm, sizes)) = rsplit_once(rest, ") vsz:")
        && is_comm(comm)
    {
        line.comm = Some(comm);
        return read_sizes(sizes, line);
    }
    // Somebody left out the first figure, and others perhaps.
    if let Some((comm, sizes)) = rsplit_once(rest, ") anon-rss:")
        && is_comm(comm)
        && let Ok((tail, anon)) = kib_after("", sizes)
    {
        line.comm = Some(comm);
        line.anon_rss_kib = Some(anon);
        return read_files(tail, line);
    }
    let rest = rest.trim_ascii_end();
    let whole = rest.strip_suffix(b").").or_else(|| rest.strip_suffix(b")"));
    if let Some(comm) = whole.filter(|comm| is_comm(comm)) {
        line.comm = Some(comm);
        return;
    }
    // Cut after the name, or within it.
    match rsplit_once(rest, ") ").or_else(|| rsplit_once(rest, "), ")) {
        Some((comm, tail)) if is_comm(comm) && is_start_of_sizes(tail) => {
            line.comm = Some(comm);
            line.cut = Some(if tail.first() == Some(&b'U') {
                UID
            } else {
                TOTAL_VM
            });
        }
        _ => line.cut = Some(COMM),
    }
}

fn is_start_of_sizes(tail: &[u8]) -> bool {
    b"total-vm:".starts_with(tail) || b"vsz:".starts_with(tail) || tail.starts_with(b"UID")
}

/// The text between `(` and the sizes: the comm, RHEL 7's user id, OpenVZ's container.
type NameUidVe<'a> = (&'a [u8], Option<u32>, Option<&'a [u8]>);

/// `comm)`, `comm), UID 0,` or `comm) VE "101"`.
fn name_before_sizes(head: &[u8]) -> Option<NameUidVe<'_>> {
    let found = if let Some(comm) = head.strip_suffix(b")") {
        (comm, None, None)
    } else if let Some(quoted) = head.strip_suffix(b"\"") {
        let (comm, ve) = rsplit_once(quoted, ") VE \"")?;
        (comm, None, Some(ve))
    } else {
        let (comm, number) = rsplit_once(head.strip_suffix(b",")?, "), UID ")?;
        let (rest, uid) = uid(number).ok()?;
        if !rest.is_empty() {
            return None;
        }
        (comm, Some(uid), None)
    };
    is_comm(found.0).then_some(found)
}

/// `1kB, anon-rss:2kB, …`: reads as many fields as there are; a missing unit means that the line was cut.
fn read_sizes<'a>(sizes: &'a [u8], line: &mut Killed<'a>) {
    let Ok((rest, total)) = kib_after("", sizes) else {
        line.cut = Some(TOTAL_VM);
        return;
    };
    line.total_vm_kib = Some(total);
    match kib_after(", anon-rss:", rest) {
        Ok((rest, anon)) => {
            line.anon_rss_kib = Some(anon);
            read_files(rest, line);
        }
        Err(_) if is_tail(rest) => read_tail(rest, line),
        Err(_) => line.cut = Some(ANON),
    }
}

/// What stands after the anonymous memory.
fn read_files<'a>(sizes: &'a [u8], line: &mut Killed<'a>) {
    let mut rest = sizes;
    let fields: [(&'static str, Field, &mut Option<u64>); 2] = [
        (", file-rss:", FILE, &mut line.file_rss_kib),
        (", shmem-rss:", SHMEM, &mut line.shmem_rss_kib),
    ];
    for (name, field, slot) in fields {
        match kib_after(name, rest).or_else(|_| after_comma(name, rest)) {
            Ok((tail, value)) => {
                *slot = Some(value);
                rest = tail;
            }
            // Kernels before 4.5 end after file-rss; people leave out what they do not need.
            Err(_) if field == SHMEM && !is_shmem(rest) || is_tail(rest) => break,
            Err(_) => {
                line.cut = Some(field);
                return;
            }
        }
    }
    read_tail(rest, line);
}

/// A size after a comma whose blank was lost, where a line was broken.
fn after_comma<'a>(name: &'static str, rest: &'a [u8]) -> Parsed<'a, u64> {
    let (rest, _) = tag(&b","[..]).parse(rest)?;
    kib_after(name.strip_prefix(", ").unwrap_or(name), rest)
}

fn is_shmem(rest: &[u8]) -> bool {
    rest.starts_with(b", s") || rest.starts_with(b",s")
}

/// The keys after the sizes, as the kernel writes them and as people do who leave out some.
const TAIL_KEYS: [&[u8]; 5] = [
    b", UID:",
    b", UID ",
    b", uid:",
    b", oom_score_adj:",
    b" oom_score_adj:",
];

/// Whether what follows the sizes begins here.
fn is_tail(rest: &[u8]) -> bool {
    TAIL_KEYS.iter().any(|key| rest.starts_with(key))
}

/// `, UID:0 pgtables:4kB oom_score_adj:968` of 5.4 and later.
fn read_tail<'a>(sizes: &'a [u8], line: &mut Killed<'a>) {
    let keys = (
        tag(&b", UID:"[..]),
        tag(&b", UID "[..]),
        tag(&b", uid:"[..]),
        tag(&b",UID:"[..]),
    );
    let read = preceded(nom::branch::alt(keys), uid).parse(sizes);
    // Without its blank only with what must follow it.
    let read = read
        .ok()
        .filter(|(rest, _)| !sizes.starts_with(b",U") || rest.starts_with(b" pgtables:"));
    let Some((rest, found)) = read else {
        if adjustment(sizes, line) {
            return;
        }
        // Where a blank is missing a line was broken.
        let rest = sizes.trim_ascii_end();
        if !rest.is_empty() && b", UID:".starts_with(rest) || rest.starts_with(b",U") {
            line.cut = Some(UID);
        }
        return;
    };
    // The intermediate forms of 5.4-next end here; a cut number cannot be distinguished from them.
    line.uid = Some(found);
    if rest.is_empty() || adjustment(rest, line) {
        return;
    }
    match kib_after(" pgtables:", rest) {
        Ok((rest, value)) => {
            line.pgtables_kib = Some(value);
            if !adjustment(rest, line) {
                line.cut = Some(ADJ);
            }
        }
        // RHEL 8 and 5.4.0 to 5.4.8 label bytes as kB; a number without any unit was cut.
        Err(_) if rest.starts_with(b" p") => line.cut = Some(PGTABLES),
        Err(_) => {}
    }
}

/// Reads ` oom_score_adj:968`; says whether it is there.
fn adjustment(rest: &[u8], line: &mut Killed<'_>) -> bool {
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let adj = preceded(tag(&b" oom_score_adj:"[..]), super::common::small_signed).parse(rest);
    line.oom_score_adj = adj.ok().map(|(_, adj)| adj);
    line.oom_score_adj.is_some()
}

/// The line; `Malformed` if it only begins like one.
pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    if message.starts_with(b"Out of memory")
        && let Some(line) = beancounter::killed(message)
    {
        return Some(Line::Killed(line));
    }
    let (after, _) = self::message(message).ok()?;
    after
        .starts_with(b"Killed process ")
        .then(|| killed(message).map_or(Line::Malformed, |(_, line)| Line::Killed(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Killed<'_> {
        killed(line.as_bytes()).unwrap().1
    }

    #[test]
    fn killed_without_sizes_but_a_name_that_has_one() {
        let line = read("Killed process 7 () total-vm:1kB)");
        assert_eq!(
            (line.comm, line.total_vm_kib, line.cut),
            (Some(&b") total-vm:1kB"[..]), None, None)
        );
    }

    #[test]
    fn killed_of_every_kernel() {
        let old = read("Killed process 4021 (mysqld)");
        assert_eq!(
            (old.pid, old.comm, old.cut),
            (4021, Some(&b"mysqld"[..]), None)
        );
        let older = read("Out of memory: Killed process 4021 (mysqld).");
        assert_eq!(
            (older.message, older.comm),
            (Some(Message::Global), Some(&b"mysqld"[..]))
        );
        let vsz = read("Killed process 7 (a) vsz:10kB, anon-rss:2kB, file-rss:3kB");
        assert_eq!(
            (vsz.total_vm_kib, vsz.file_rss_kib, vsz.cut),
            (Some(10), Some(3), None)
        );
        let rhel6 = read(
            "Killed process 8120, UID 0, (java) total-vm:1314832kB, anon-rss:572096kB, file-rss:80kB",
        );
        assert_eq!(
            (rhel6.uid, rhel6.comm, rhel6.file_rss_kib),
            (Some(0), Some(&b"java"[..]), Some(80))
        );
        let rhel7 = read(
            "Killed process 18177 (palo_be), UID 5, total-vm:70347780kB, anon-rss:45563572kB, file-rss:0kB, shmem-rss:0kB",
        );
        assert_eq!(
            (rhel7.uid, rhel7.comm, rhel7.shmem_rss_kib),
            (Some(5), Some(&b"palo_be"[..]), Some(0))
        );
        let new = read(
            "Memory cgroup out of memory: Killed process 68061 (stress) total-vm:4195088kB, anon-rss:2884696kB, file-rss:288kB, shmem-rss:0kB, UID:0 pgtables:5704kB oom_score_adj:-997",
        );
        assert_eq!(new.message, Some(Message::Memcg));
        assert_eq!(
            (new.pgtables_kib, new.oom_score_adj, new.cut),
            (Some(5704), Some(-997), None)
        );
        let openvz = read(
            "Memory cgroup out of memory: Killed process 68061 (stress) VE \"101\" total-vm:4195088kB, anon-rss:1kB, file-rss:2kB, shmem-rss:0kB, UID:0 pgtables:5704kB oom_score_adj:968",
        );
        assert_eq!(
            (openvz.ve, openvz.comm),
            (Some(&b"101"[..]), Some(&b"stress"[..]))
        );
    }

    #[test]
    fn killed_comm_with_parentheses_and_forged_sizes() {
        let line = read(
            "Killed process 3482 (x) total-vm:0) total-vm:18916kB, anon-rss:1kB, file-rss:2kB",
        );
        assert_eq!(
            (line.comm, line.total_vm_kib),
            (Some(&b"x) total-vm:0"[..]), Some(18916))
        );
        let line =
            read("Killed process 3978 ((sd-pam)) total-vm:18916kB, anon-rss:1kB, file-rss:2kB");
        assert_eq!(line.comm, Some(&b"(sd-pam)"[..]));
        let line = read("Killed process 4386 () total-vm:18916kB, anon-rss:1kB, file-rss:2kB");
        assert_eq!(line.comm, Some(&b""[..]));
        let line = read("Killed process 1 (a), UID 7, b) total-vm:9kB, anon-rss:1kB, file-rss:2kB");
        assert_eq!((line.comm, line.uid), (Some(&b"a), UID 7, b"[..]), None));
    }

    #[test]
    fn killed_cut_anywhere_keeps_what_is_whole() {
        let whole = "Memory cgroup out of memory: Killed process 68061 (stress) total-vm:4195088kB, anon-rss:2884696kB, file-rss:288kB, shmem-rss:7kB, UID:0 pgtables:5704kB oom_score_adj:968";
        let all = read(whole);
        for end in 0..whole.len() {
            let Ok((_, line)) = killed(&whole.as_bytes()[..end]) else {
                continue;
            };
            assert_eq!(line.pid, 68061);
            for (got, want) in [
                (line.total_vm_kib, all.total_vm_kib),
                (line.anon_rss_kib, all.anon_rss_kib),
                (line.file_rss_kib, all.file_rss_kib),
                (line.shmem_rss_kib, all.shmem_rss_kib),
                (line.pgtables_kib, all.pgtables_kib),
            ] {
                assert!(got.is_none() || got == want, "{end}: {line:?}");
            }
            assert!(
                line.comm.is_none() || line.comm == all.comm,
                "{end}: {line:?}"
            );
        }
        assert_eq!(
            read("Killed process 62769 (").cut.unwrap().as_str(),
            "victim.comm"
        );
        assert!(killed(b"Killed process 627").is_err());
    }

    #[test]
    fn killed_with_other_words_after_the_name_has_none() {
        let line = read("Killed process 7 (java) zzz");
        assert_eq!((line.comm, line.cut), (None, Some(COMM)));
    }

    #[test]
    fn killed_with_figures_left_out() {
        let line = killed(b"Killed process 7 (a) total-vm:8kB, anon-rss:4kB, oom_score_adj:300")
            .unwrap()
            .1;
        assert_eq!(
            (line.anon_rss_kib, line.oom_score_adj),
            (Some(4), Some(300))
        );
        assert_eq!((line.file_rss_kib, line.cut), (None, None));
        let line = killed(b"Killed process 7 (a) anon-rss:4kB, file-rss:1kB, uid:48")
            .unwrap()
            .1;
        assert_eq!((line.comm, line.total_vm_kib), (Some(&b"a"[..]), None));
        assert_eq!((line.file_rss_kib, line.uid), (Some(1), Some(48)));
        let line =
            killed(b"Killed process 7 (a) total-vm:8kB, UID:48 pgtables:4kB oom_score_adj:300")
                .unwrap()
                .1;
        assert_eq!((line.total_vm_kib, line.uid), (Some(8), Some(48)));
        assert_eq!((line.oom_score_adj, line.cut), (Some(300), None));
        // A blank that is missing shows where a line was broken.
        let line = killed(
            b"Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:1kB, shmem-rss:0kB,UID:0",
        )
        .unwrap()
        .1;
        assert_eq!(line.cut, Some(UID));
    }

    #[test]
    fn killed_broken_before_the_user() {
        let sizes = "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB";
        for rest in [",", ", ", ", U", ", UID", ",UID:0", ",U"] {
            let text = std::format!("{sizes}{rest}");
            let line = killed(text.as_bytes()).unwrap().1;
            assert_eq!(line.cut, Some(UID), "{rest}");
        }
        for rest in ["", " ", ".", " x"] {
            let text = std::format!("{sizes}{rest}");
            let line = killed(text.as_bytes()).unwrap().1;
            assert_eq!(line.cut, None, "{rest}");
        }
    }

    #[test]
    fn killed_with_other_words_after_the_uid() {
        let whole =
            "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0";
        for (end, cut) in [
            ("", None),
            (" # the database", None),
            (" oom_score_adj:0", None),
            (" p", Some(PGTABLES)),
            (" pgtables:", Some(PGTABLES)),
            (" pgtables:4", Some(PGTABLES)),
            (" pgtables:4k", Some(PGTABLES)),
            (" pgtables:4kB", Some(ADJ)),
            (" pgtables:4kB oom_score_adj:0", None),
        ] {
            let text = std::format!("{whole}{end}");
            let line = read(&text);
            assert_eq!((line.uid, line.cut), (Some(0), cut), "{text}");
        }
    }
}
