//! The output record: one [`OomEvent`] per killed process.

mod evidence;
mod identity;
mod memory;
mod process;
mod reported_at;
mod shared;
mod testimony;
mod words;

pub use evidence::{Evidence, Field};
pub use memory::{Counter, MemcgStats, Meminfo, Reaped, StatValues};
pub use process::{Invoker, Selected, TaskRow, Victim};
pub(crate) use reported_at::ReportedAt;
pub use shared::Shared;
pub use testimony::{
    Cause, Init, KilledProcess, KubernetesEvent, KubernetesObject, Percent, System, Testimony,
};
pub use words::{
    Action, CauseKind, EventType, Killer, Outcome, PodSource, Reporter, Resource, Scope, Stage,
};

use crate::bytes::Text;
use crate::cgroup::{CgroupDriver, LimitLevel, QosClass, Runtime};
use crate::source::Origin;
use crate::time::WallTime;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The value of `schema` in every event. It changes only when a field changes meaning.
pub const SCHEMA: &str = "oomparse.event/1";

/// Everything a log shows about one kill.
///
/// A field that the log does not show is `None` or empty; nothing is guessed. Sizes are in bytes if the name ends
/// in `_bytes`, and in pages if it ends in `_pages`. See `docs/schema.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OomEvent {
    /// What it reports: a kill, a report without a victim, or another daemon's report.
    pub event_type: EventType,
    /// Equal if the same kill is read again from the same kind of capture.
    pub id: Option<String>,
    /// Joins the victims of one report.
    pub report_id: Option<String>,
    /// Whether the frame proves that the kernel wrote the line.
    pub origin: Origin,
    /// Wall-clock time of the line that names the victim; written only if it is complete.
    pub time: Option<WallTime>,
    /// `time` was computed from printk's clock for a line that was read long after it was written: time that the
    /// machine was suspended since then is missing.
    pub time_estimated: bool,
    /// printk's clock at that line, microseconds since boot.
    pub kernel_time_us: Option<u64>,
    /// The machine's name.
    pub host: Option<Text>,
    /// `uname -r`, from the CPU line.
    pub kernel_release: Option<Text>,
    /// The file from which the caller read it. A parser leaves it `None`.
    pub source: Option<Box<SourceFile>>,
    /// What was short of memory.
    pub scope: Option<Scope>,
    /// The summary's `constraint=` as printed.
    pub constraint: Option<Text>,
    /// The kill was known to be a `memory.oom.group` kill when the event was emitted.
    pub oom_group: bool,
    /// The thread that asked for memory and started the killer.
    pub invoker: Option<Invoker>,
    /// The process that was chosen first, if another one was killed.
    pub selected: Option<Selected>,
    /// The process that was killed.
    pub victim: Option<Victim>,
    /// The victim's cgroup, pod and container are of no line of this report: [`infer_cgroup`](Self::infer_cgroup).
    pub inferred: bool,
    /// The victim's and the limit's cgroup.
    pub cgroup: Option<Cgroup>,
    /// The victim's pod.
    pub pod: Option<Pod>,
    /// The victim's container.
    pub container: Option<Container>,
    /// OpenVZ's name for the victim's container.
    pub openvz: Option<OpenVz>,
    /// The additional data of a daemon's event; `None` in a kernel's event.
    pub testimony: Option<Box<Testimony>>,
    /// The `memory:` counter of the cgroup at its limit.
    pub memory: Option<Counter>,
    /// The `memory+swap:` counter (cgroup v1).
    pub memory_swap: Option<Counter>,
    /// The `swap:` counter (cgroup v2).
    pub swap: Option<Counter>,
    /// The `kmem:` counter (cgroup v1).
    pub kmem: Option<Counter>,
    /// Every "Memory cgroup stats for" block.
    pub memcg_stats: Shared<MemcgStats>,
    /// The main figures of a global OOM's Mem-Info block.
    pub meminfo: Option<Arc<Meminfo>>,
    /// The task table, if requested.
    pub tasks: Shared<TaskRow>,
    /// What the reaper left of the victim.
    pub reaped: Option<Reaped>,
    /// Reports that the kernel's rate limit suppressed since the stream's last event.
    pub suppressed_reports: Option<u64>,
    /// The kinds of line on which the event is based, in the order seen.
    pub evidence: Vec<Evidence>,
    /// Fields whose text was cut.
    pub truncated: Vec<Field>,
    /// The other events of the same log-pipeline record: see [`of_record`](Self::of_record). A parser leaves this
    /// empty.
    pub others: Vec<OomEvent>,
    /// The parser's line that reports the event.
    pub(crate) reported_at: ReportedAt,
}

impl OomEvent {
    /// All events of one log-pipeline record as one event: the first kill, with the rest in its
    /// [`others`](Self::others), in the given order. A record may contain a whole report, or several.
    ///
    /// # Example
    /// ```
    /// use oomparse_core::{OomEvent, Options, parse_all};
    ///
    /// let record = br#"{"message":"[9.1] Killed process 7 (java)\n[9.2] Killed process 8 (sh)"}"#;
    /// let event = OomEvent::of_record(parse_all(record, &Options::new())).unwrap();
    /// assert_eq!(event.victim.unwrap().pid, 7);
    /// assert_eq!(event.others[0].victim.as_ref().unwrap().pid, 8);
    /// ```
    #[must_use]
    pub fn of_record(events: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut events: Vec<Self> = events.into_iter().collect();
        let is_kill = |event: &Self| event.event_type == EventType::Kill;
        let first = events.iter().position(is_kill).unwrap_or_default();
        if first >= events.len() {
            return None;
        }
        let mut event = events.remove(first);
        event.others = events;
        Some(event)
    }
}

/// The file from which a log was read, if the caller names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceFile {
    /// The archive, then the member that contains the log, separated by `: `.
    pub path: Text,
}

impl SourceFile {
    /// The file at this path.
    #[must_use]
    pub fn new(path: Text) -> Self {
        Self { path }
    }
}

/// The cgroups of a kill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cgroup {
    /// The victim's memory cgroup.
    pub task_memcg: Option<Text>,
    /// The cgroup whose limit was hit.
    pub oom_memcg: Option<Text>,
    /// What names the cgroups: the kubelet or the runtime itself, or systemd.
    pub driver: Option<CgroupDriver>,
    /// The level of the cgroup that has the limit.
    pub limit_level: Option<LimitLevel>,
}

/// The victim's container as OpenVZ names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenVz {
    /// The container's id: a number, in Virtuozzo 7 and later a UUID.
    pub ctid: String,
}

/// The victim's pod: the uid is from its cgroup path, the rest from a lookup table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pod {
    /// Lower case, 8-4-4-4-12 with hyphens; 32 hex digits for a static pod.
    pub uid: Option<String>,
    /// Quality of service class that the path shows.
    pub qos_class: Option<QosClass>,
    /// The pod is in the cgroup of a container or a machine (kind, minikube, k3d, LXC), whose owner chose this
    /// name.
    pub nested: bool,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Pod name.
    pub name: Option<String>,
    /// Node name.
    pub node: Option<String>,
    /// `Kind/name` of the controller.
    pub owner: Option<String>,
    /// Labels that the table was configured to keep.
    pub labels: Vec<(String, String)>,
    /// The source of the names.
    pub source: Option<PodSource>,
}

/// The victim's container: id and runtime from its cgroup path, the name from a lookup table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Container {
    /// Hex digits, 12 to 64 of them.
    pub id: Option<String>,
    /// The first digits of the id, if a line shows no more (conmon).
    pub id_prefix: Option<String>,
    /// The runtime, if the path shows it.
    pub runtime: Option<Runtime>,
    /// The container's name in its pod.
    pub name: Option<String>,
    /// It belongs to no pod, and others than its engine name cgroups there: anybody may have made up its id.
    pub(crate) delegated: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_its_first_kill() {
        let event = |event_type, pid| OomEvent {
            event_type,
            victim: Some(Victim {
                pid,
                ..Victim::default()
            }),
            ..OomEvent::default()
        };
        let record = OomEvent::of_record([
            event(EventType::Notice, 1),
            event(EventType::Kill, 2),
            event(EventType::Report, 3),
            event(EventType::Kill, 4),
        ]);
        let record = record.unwrap();
        let pids = |events: &[OomEvent]| {
            let pid = |event: &OomEvent| event.victim.as_ref().map(|it| it.pid);
            events.iter().filter_map(pid).collect::<Vec<_>>()
        };
        assert_eq!(pids(core::slice::from_ref(&record)), [2]);
        assert_eq!(pids(&record.others), [1, 3, 4]);
        let record =
            OomEvent::of_record([event(EventType::Notice, 1), event(EventType::Report, 3)]);
        let record = record.unwrap();
        assert_eq!(record.event_type, EventType::Notice, "there is no kill");
        assert_eq!(OomEvent::of_record([]), None);
    }
}
