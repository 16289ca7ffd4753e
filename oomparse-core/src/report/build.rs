//! From a report to its event.

use super::state::{Identity, Kill, Named, Report};
use crate::bytes::Text;
use crate::cgroup::{CgroupRoots, LimitLevel};
use crate::event::{
    Cgroup, EventType, Evidence, Field, MemcgStats, Meminfo, OomEvent, OpenVz, Reaped, ReportedAt,
    Scope, Selected, Shared, TaskRow, Victim,
};
use crate::line::common::kib_to_bytes;
use crate::line::{Killed, Message, Summary, TASK_MEMCG};
use crate::stamp::Stamp;
use alloc::sync::Arc;

/// The data that all lines of a stream share.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// The host of the prefix, or the one that the caller named.
    pub(super) host: Option<Text>,
    /// The boot id of the last line that showed one, or the one that the caller named.
    pub(super) boot_id: Option<Text>,
    /// Cgroups in which the caller says that a cluster runs.
    pub(super) roots: CgroupRoots,
}

/// The blocks that the victims of one report share without copies.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    pub(super) stats: Shared<MemcgStats>,
    pub(super) meminfo: Option<Arc<Meminfo>>,
    pub(super) tasks: Shared<TaskRow>,
}

impl Blocks {
    pub(super) fn of(report: &mut Report) -> Self {
        report.end_stats();
        Self {
            stats: core::mem::take(&mut report.stats).into(),
            meminfo: report.meminfo.take().map(|info| Arc::new(*info)),
            tasks: core::mem::take(&mut report.tasks).into(),
        }
    }
}

/// The victim of a Killed line.
pub(super) fn victim(line: &Killed<'_>, release: Option<&Text>) -> (Victim, Option<Field>) {
    let mut cut = line.cut;
    let pgtables = match (line.pgtables_kib, pgtables_unit(release, line.pgtables_kib)) {
        (Some(value), Some(unit)) => Some(value.saturating_mul(unit)),
        (Some(_), None) => {
            cut = cut.or(Some(Field::VictimPgtables));
            None
        }
        (None, _) => None,
    };
    let victim = Victim {
        pid: line.pid,
        comm: line.comm.map(Text::from),
        uid: line.uid,
        total_vm_bytes: line.total_vm_kib.map(kib_to_bytes),
        rss_bytes: line.rss_kib.map(kib_to_bytes),
        swap_bytes: line.swap_kib.map(kib_to_bytes),
        anon_rss_bytes: line.anon_rss_kib.map(kib_to_bytes),
        file_rss_bytes: line.file_rss_kib.map(kib_to_bytes),
        shmem_rss_bytes: line.shmem_rss_kib.map(kib_to_bytes),
        pgtables_bytes: pgtables,
        oom_score_adj: line.oom_score_adj,
        oom_score: line.oom_score,
        cmdline: None,
    };
    (victim, cut)
}

/// The same for a quoted line, if the kernel's release is unknown.
#[cfg(feature = "daemons")]
pub(crate) fn killed_victim(line: &Killed<'_>) -> Victim {
    victim(line, None).0
}

/// Bytes per unit of `pgtables:NkB`: kernels 5.4.0 to 5.4.8 and 5.5-rc label bytes as kB, and so does some of
/// RHEL 8.
///
/// A size in bytes is a whole number of pages, so a number that is not a multiple of 4,096 is in KiB. A multiple
/// may be either on kernels whose release does not decide it (RHEL 8; Ubuntu calls all of 5.4 `5.4.0-N`):
/// unknown.
fn pgtables_unit(release: Option<&Text>, value: Option<u64>) -> Option<u64> {
    const KIB: Option<u64> = Some(1024);
    let (Some(release), Some(value)) = (release, value) else {
        return KIB;
    };
    let release = release.as_bytes();
    if value == 0 || value % 4096 != 0 {
        return KIB;
    }
    if release.starts_with(b"4.18.0-") && crate::bytes::memmem::find(release, b"el8").is_some()
        || release.starts_with(b"5.4.0-")
    {
        return None;
    }
    let early = matches!(
        release,
        [b'5', b'.', b'4', b'.', b'0'..=b'8']
            | [b'5', b'.', b'4', b'.', b'0'..=b'8', b'-' | b'+', ..]
    );
    if early || release == b"5.4.0" || release.starts_with(b"5.5.0-rc") {
        Some(1)
    } else {
        KIB
    }
}

/// The event of a kill.
pub(super) fn kill(report: &Report, blocks: &Blocks, stream: &Stream, kill: &Kill) -> OomEvent {
    let mut event = common(report, blocks, stream, &kill.stamp);
    event.event_type = EventType::Kill;
    event.reported_at = ReportedAt::line(kill.stamp.at);
    let mut victim = kill.victim.clone();
    if let Some(summary) = report
        .summary
        .as_ref()
        .filter(|summary| summary.pid == victim.pid)
    {
        victim.uid = victim.uid.or(summary.uid);
        if victim.comm.is_none() && kill.cut.is_none() {
            victim.comm.clone_from(&summary.comm);
        }
    }
    // The selection is about the first victim; the other members of a group were not chosen one by one.
    let is_first = report.group.is_none()
        || report
            .killed
            .first()
            .is_none_or(|first| *first == victim.pid);
    if is_first && let Some(selected) = &report.selected {
        if selected.pid == victim.pid {
            victim.oom_score = selected.oom_score;
        } else {
            event.selected = Some(Selected {
                pid: selected.pid,
                comm: selected.comm.clone(),
                oom_score: selected.oom_score,
            });
        }
    }
    if let Some(field) = kill.cut
        && !event.truncated.contains(&field)
    {
        event.truncated.push(field);
    }
    event.reaped = kill.reaped;
    set_cgroup(
        &mut event,
        report,
        &stream.roots,
        kill,
        victim.pid,
        victim.comm.as_ref(),
    );
    event.victim = Some(victim);
    event
}

/// The event of a report that shows no victim, or that killed nobody.
pub(super) fn without_victim(report: &Report, blocks: &Blocks, stream: &Stream) -> OomEvent {
    let mut event = common(report, blocks, stream, &report.first);
    event.event_type = if report.no_victim {
        EventType::NoVictim
    } else {
        EventType::Report
    };
    if report.no_victim {
        event.reported_at = ReportedAt::line(report.last.at);
    }
    if let Some(selected) = &report.selected {
        event.selected = Some(Selected {
            pid: selected.pid,
            comm: selected.comm.clone(),
            oom_score: selected.oom_score,
        });
    }
    let kill = Kill {
        victim: Victim::default(),
        stamp: report.first,
        cut: None,
        identity: Identity::Task,
        saw_reaper: false,
        reaped: None,
    };
    let invoker = report
        .invoker
        .as_ref()
        .and_then(|invoker| invoker.pid)
        .unwrap_or(0);
    set_cgroup(&mut event, report, &stream.roots, &kill, invoker, None);
    event
}

fn common(report: &Report, blocks: &Blocks, stream: &Stream, stamp: &Stamp) -> OomEvent {
    let boot_id = stream.boot_id.as_ref().map(Text::as_bytes);
    let host = stream.host.as_ref().map(Text::as_bytes).unwrap_or_default();
    OomEvent {
        id: stamp.id(boot_id, host),
        report_id: report.first.id(boot_id, host),
        origin: stamp.origin,
        time: stamp.wall,
        kernel_time_us: stamp.kernel_time_us,
        host: stream.host.clone(),
        kernel_release: report.release.clone(),
        scope: scope(report),
        constraint: report.constraint.clone(),
        oom_group: report.group.is_some(),
        invoker: report.invoker.clone().filter(|_| !report.ambiguous_head),
        openvz: report.ctid.clone().map(|ctid| OpenVz { ctid }),
        memory: report.memory,
        memory_swap: report.memory_swap,
        swap: report.swap,
        kmem: report.kmem,
        memcg_stats: blocks.stats.clone(),
        // 2.6.32 prints the block for memory cgroups too, where it shows nothing about them.
        meminfo: blocks.meminfo.clone().filter(|_| !report.is_memcg()),
        tasks: blocks.tasks.clone(),
        evidence: report.evidence.clone(),
        truncated: report.truncated.clone(),
        ..OomEvent::default()
    }
}

/// Kernels 5.0 to 5.1.18 print a wrong constraint, and print `global_oom` for cpusets and policies too: the
/// limit's cgroup and the message take precedence.
fn scope(report: &Report) -> Option<Scope> {
    if report.is_memcg() {
        return Some(Scope::Memcg);
    }
    match report.constraint.as_ref().map(Text::as_bytes) {
        Some(b"CONSTRAINT_CPUSET") => return Some(Scope::Cpuset),
        Some(b"CONSTRAINT_MEMORY_POLICY") => return Some(Scope::MemoryPolicy),
        Some(b"CONSTRAINT_MEMCG") => return Some(Scope::Memcg),
        _ => {}
    }
    match report.message {
        Some(Message::MemoryPolicy) => Some(Scope::MemoryPolicy),
        Some(Message::Cpuset) => Some(Scope::Cpuset),
        Some(Message::Memcg) => Some(Scope::Memcg),
        Some(Message::Beancounter) => Some(Scope::Beancounter),
        Some(Message::Global) => Some(Scope::Global),
        None => {
            let global = report.global_oom || report.constraint.is_some() || report.meminfo_seen();
            global.then_some(Scope::Global)
        }
    }
}

/// Sets the victim's cgroups, pod and container.
fn set_cgroup(
    event: &mut OomEvent,
    report: &Report,
    roots: &CgroupRoots,
    kill: &Kill,
    pid: u32,
    comm: Option<&Text>,
) {
    if kill.identity == Identity::Unproven {
        return;
    }
    let mut task = match kill.identity {
        Identity::Task => report.task_memcg.clone(),
        Identity::Group | Identity::None | Identity::Unproven => None,
    };
    // 2.6.32 passes the invoker to the line that names the victim's cgroup.
    if report.is_2_6_32()
        && report.summary.is_none()
        && report.invoker.as_ref().and_then(|invoker| invoker.pid) != Some(pid)
    {
        task = None;
    }
    if let (Some(both), Some(comm)) = (&report.path_and_comm, comm)
        && task.is_some()
        && let Some(path) = Summary::resolve(both.as_bytes(), comm.as_bytes())
    {
        task = Some(Text::from(path));
        event.truncated.retain(|field| *field != TASK_MEMCG);
    }
    let group = report
        .group
        .as_ref()
        .filter(|_| kill.identity == Identity::Group);
    let identity = task.as_ref().or(group);
    let mut cgroup = Cgroup {
        oom_memcg: report.oom_memcg.clone(),
        ..Cgroup::default()
    };
    if let Some(oom) = &report.oom_memcg {
        let path = roots.parse(oom.as_bytes());
        cgroup.driver = path.driver;
        let cut = event
            .truncated
            .iter()
            .any(|field| field.as_str() == "cgroup.oom_memcg");
        cgroup.limit_level = Some(path.level).filter(|_| !cut);
    }
    if let Some(path) = identity {
        let path = roots.parse(path.as_bytes());
        cgroup.driver = path.driver.or(cgroup.driver);
        // A group above the container does not prove its members' container.
        let proven =
            task.is_some() || path.level == LimitLevel::Container || path.container_id.is_some();
        event.set_identity(&path, proven);
    }
    cgroup.task_memcg = task;
    if cgroup != Cgroup::default() {
        event.cgroup = Some(cgroup);
    }
}

impl Report {
    fn meminfo_seen(&self) -> bool {
        self.evidence.contains(&Evidence::Meminfo)
    }

    /// 2.6.32 up to 2.6.35, mainline: the `Task in` line may name the invoker's cgroup.
    fn is_2_6_32(&self) -> bool {
        self.release.as_ref().map_or(self.old_adj, |release| {
            release.as_bytes().starts_with(b"2.6.32")
        })
    }
}

impl Named {
    /// The process as a victim.
    pub(super) fn to_kill(&self, identity: Identity, reaped: Option<Reaped>) -> Kill {
        Kill {
            victim: Victim {
                pid: self.pid,
                comm: self.comm.clone(),
                // Its user is only in the summary, where `kill` finds it.
                ..Victim::default()
            },
            stamp: self.stamp,
            cut: None,
            identity,
            saw_reaper: false,
            reaped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pgtables_counts() {
        for (release, value, expected) in [
            (Some("5.4.3"), Some(8192), Some(1)),
            (Some("5.4.8-1.el7.elrepo"), Some(8192), Some(1)),
            (Some("5.4.0"), Some(8192), Some(1)),
            (Some("5.5.0-rc2"), Some(8192), Some(1)),
            (Some("5.4.9"), Some(8192), Some(1024)),
            (Some("5.4.80"), Some(8192), Some(1024)),
            (Some("5.5.0"), Some(8192), Some(1024)),
            // No whole number of pages, and none at all.
            (Some("5.4.3"), Some(56), Some(1024)),
            (Some("5.4.3"), Some(0), Some(1024)),
            (Some("5.4.0-42-generic"), Some(8192), None),
            (Some("5.4.0-42-generic"), Some(56), Some(1024)),
            (Some("4.18.0-305.el8.x86_64"), Some(8192), None),
            (Some("4.18.0-25-generic"), Some(8192), Some(1024)),
            (Some("5.14.0-70.el8.x86_64"), Some(8192), Some(1024)),
            (Some("5.4.3"), None, Some(1024)),
            (None, Some(8192), Some(1024)),
        ] {
            let text = release.map(|it| Text::from(it.as_bytes()));
            let unit = pgtables_unit(text.as_ref(), value);
            assert_eq!(unit, expected, "{release:?} {value:?}");
        }
    }
}
