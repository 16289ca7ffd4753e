//! What proves that two events report one death, and what only suggests it.
//!
//! | shared | within | proof |
//! |---|---|---|
//! | the report of a `memory.oom.group` kill | - | yes |
//! | a container's whole id, or the part of it that conmon shows, on one host | 5 s; 30 s where the whole machine was short | yes |
//! | the unit that the cgroup is of | the same; 2 s for systemd-oomd and PID 1 | yes |
//! | host, pid and comm | 5 s | yes |
//! | host and pid, of another killer and the kernel | 15 s | yes |
//! | the victim is the container's first process, which ended with 137 | 5 s | yes |
//! | a status: the container's id, an end with 137 | 2 s of its end | yes |
//! | the pod's uid, both of an eviction | 60 s | yes |
//! | a status that ended with another code; cAdvisor's and node-problem-detector's own times; a pod's name without a uid; an id without a clock in common | as above | no |

use super::voice::Voice;
use crate::Lang;
use oomparse_core::{EventType, Killer, Reporter, Scope};

/// What joins an event to its incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Joined {
    /// It is the event to which the others were joined.
    First,
    /// One kernel report.
    Report,
    /// The container's id.
    Container,
    /// systemd's unit.
    Unit,
    /// Host, pid and comm.
    Process,
    /// The end of the container's first process, which was the victim.
    Init,
    /// The end that a status shows.
    Status,
    /// The pod's uid.
    PodUid,
    /// Possible: a status with an exit code other than 137.
    OtherExitCode,
    /// Possible: the process, at the reporter's own time.
    OwnTime,
    /// Possible: the pod's name, without a uid.
    PodName,
    /// Possible: the container, without a common clock.
    NoClock,
}

impl Joined {
    /// Whether it is proof. Events without proof are listed, but never joined.
    #[must_use]
    pub fn is_proof(self) -> bool {
        !matches!(
            self,
            Self::OtherExitCode | Self::OwnTime | Self::PodName | Self::NoClock
        )
    }

    /// The word in the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Report => "report",
            Self::Container => "container",
            Self::Unit => "unit",
            Self::Process => "process",
            Self::Init => "init",
            Self::Status => "status",
            Self::PodUid => "pod_uid",
            Self::OtherExitCode => "other_exit_code",
            Self::OwnTime => "own_time",
            Self::PodName => "pod_name",
            Self::NoClock => "no_clock",
        }
    }

    /// The same for people; `None` for the first.
    #[must_use]
    pub fn says(self, lang: Lang) -> &'static str {
        lang.text(match self {
            Self::First => return "",
            Self::Report => "joined_report",
            Self::Container => "joined_container",
            Self::Unit => "joined_unit",
            Self::Process => "joined_process",
            Self::Init => "joined_init",
            Self::Status => "joined_status",
            Self::PodUid => "joined_pod_uid",
            Self::OtherExitCode => "joined_other_exit_code",
            Self::OwnTime => "joined_own_time",
            Self::PodName => "joined_pod_name",
            Self::NoClock => "joined_no_clock",
        })
    }
}

const SECOND: u64 = 1_000_000;
const NEAR: u64 = 5 * SECOND;
/// While the whole machine is short of memory its daemons are late.
const THRASHING: u64 = 30 * SECOND;
const SYSTEMD: u64 = 2 * SECOND;
const STATUS: u64 = 2 * SECOND;
const TWO_KILLERS: u64 = 15 * SECOND;
/// The kubelet's verdict comes when the pod is gone; its Event comes when the pod was chosen.
const EVICTION: u64 = 60 * SECOND;

/// The exit code of a process that was killed by SIGKILL.
const KILLED: i32 = 137;

/// What joins two events, and how far apart they are in microseconds.
pub(super) fn joins(one: &Voice, two: &Voice) -> Option<(Joined, u64)> {
    if !one.is_on_hosts_of(two) {
        return None;
    }
    // The first victim's event may have been emitted before the kernel said that it kills the group.
    let (report, group) = (
        &one.event.report_id,
        one.event.oom_group || two.event.oom_group,
    );
    if group && report.is_some() && *report == two.event.report_id {
        return Some((Joined::Report, 0));
    }
    if is_kill(one) && is_kill(two) {
        return None;
    }
    let is_one_host = one.event.host == two.event.host;
    let distance = one.moment.distance(two.moment, is_one_host);
    process(one, two, distance)
        .or_else(|| init(one, two, distance))
        .or_else(|| container(one, two, distance))
        .or_else(|| unit(one, two, distance))
        .or_else(|| pod(one, two, distance))
}

fn is_kill(voice: &Voice) -> bool {
    voice.event.event_type == EventType::Kill
}

fn is_by(voice: &Voice, reporters: &[Reporter]) -> bool {
    voice.reporter().is_some_and(|by| reporters.contains(&by))
}

fn both(one: &Voice, two: &Voice, is: impl Fn(&Voice, &Voice) -> bool) -> bool {
    is(one, two) || is(two, one)
}

/// How far apart two events may be.
fn window(one: &Voice, two: &Voice) -> u64 {
    let is_short = |voice: &Voice| voice.event.scope == Some(Scope::Global);
    match is_short(one) || is_short(two) {
        true => THRASHING,
        false => NEAR,
    }
}

fn within(distance: Option<u64>, most: u64) -> Option<u64> {
    distance.filter(|distance| *distance <= most)
}

fn process(one: &Voice, two: &Voice, distance: Option<u64>) -> Option<(Joined, u64)> {
    // Processes of two machines may have one pid.
    if one.event.host != two.event.host {
        return None;
    }
    let shared = one.pids().any(|(pid, comm)| {
        two.pids().any(|(other, name)| {
            let both_named = comm.is_some() && comm == name;
            let is_named = comm.is_none() || name.is_none();
            pid == other && (both_named || is_named && one.is_hand() && two.is_hand())
        })
    });
    if !shared {
        return None;
    }
    const OWN_TIME: [Reporter; 2] = [Reporter::Cadvisor, Reporter::NodeProblemDetector];
    let most = match one.is_hand() && two.is_hand() {
        true => TWO_KILLERS,
        false => NEAR,
    };
    if is_by(one, &OWN_TIME) || is_by(two, &OWN_TIME) {
        return within(distance, THRASHING).map(|distance| (Joined::OwnTime, distance));
    }
    within(distance, most).map(|distance| (Joined::Process, distance))
}

/// The victim was the container's first process.
fn init(one: &Voice, two: &Voice, distance: Option<u64>) -> Option<(Joined, u64)> {
    let ended = |one: &Voice, two: &Voice| {
        let init = one.testimony().and_then(|it| it.init);
        init.is_some_and(|init| {
            init.exit_code == Some(KILLED)
                && init
                    .pid
                    .is_some_and(|pid| two.pids().any(|(killed, _)| killed == pid))
        })
    };
    if one.event.host != two.event.host || !both(one, two, ended) {
        return None;
    }
    within(distance, NEAR).map(|distance| (Joined::Init, distance))
}

fn container(one: &Voice, two: &Voice, distance: Option<u64>) -> Option<(Joined, u64)> {
    let (id, other) = (one.container()?, two.container()?);
    if !(id.starts_with(other) || other.starts_with(id)) {
        return None;
    }
    const STATUSES: [Reporter; 2] = [Reporter::KubernetesStatus, Reporter::Cri];
    let status = [one, two].into_iter().find(|voice| is_by(voice, &STATUSES));
    if let Some(status) = status {
        let code = status.testimony().and_then(|it| it.init?.exit_code);
        return match (code, within(distance, STATUS)) {
            (Some(KILLED), Some(distance)) => Some((Joined::Status, distance)),
            (_, Some(distance)) => Some((Joined::OtherExitCode, distance)),
            (_, None) if distance.is_none() => Some((Joined::NoClock, u64::MAX)),
            _ => None,
        };
    }
    match distance {
        Some(_) => within(distance, window(one, two)).map(|away| (Joined::Container, away)),
        None => Some((Joined::NoClock, u64::MAX)),
    }
}

fn unit(one: &Voice, two: &Voice, distance: Option<u64>) -> Option<(Joined, u64)> {
    let is_of = |one: &Voice, two: &Voice| {
        let names = two.path().unwrap_or_default().split('/');
        one.unit().is_some_and(|unit| {
            two.unit() == Some(unit) || names.into_iter().any(|name| name == unit)
        })
    };
    if one.event.host != two.event.host || !both(one, two, is_of) {
        return None;
    }
    let is_oomd = |voice: &Voice| voice.killer() == Some(Killer::SystemdOomd);
    let most = match is_oomd(one) || is_oomd(two) {
        true => SYSTEMD,
        false => window(one, two),
    };
    within(distance, most).map(|distance| (Joined::Unit, distance))
}

fn pod(one: &Voice, two: &Voice, distance: Option<u64>) -> Option<(Joined, u64)> {
    let is_eviction = |voice: &Voice| voice.killer() == Some(Killer::Kubelet);
    if !(is_eviction(one) && is_eviction(two)) {
        return None;
    }
    if let (Some(uid), Some(other)) = (one.pod_uid(), two.pod_uid()) {
        let away = within(distance, EVICTION).filter(|_| uid == other)?;
        return Some((Joined::PodUid, away));
    }
    let is_named = one.pod_name().is_some() && one.pod_name() == two.pod_name();
    let away = within(distance, EVICTION).filter(|_| is_named)?;
    Some((Joined::PodName, away))
}
