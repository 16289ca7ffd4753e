//! What is kept of an event, and the keys by which it is found.

use super::clock::{self, Clocks, Moment};
use oomparse_core::{EventType, Killer, OomEvent, Reporter, Testimony, Text};

/// An event with its moment.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) event: Box<OomEvent>,
    pub(super) moment: Moment,
}

/// A key that two reports of one death may share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key<'e> {
    /// A container's id, with as many digits as all reporters show.
    Container(&'e str),
    /// A process on a host.
    Pid(Option<&'e [u8]>, u32),
    /// A unit, or one of the cgroup's names.
    Unit(&'e str),
    PodUid(&'e str),
    PodName(&'e str, &'e str),
    Report(&'e str),
}

/// How many digits of a container's id conmon shows, and all others at least.
const ID_DIGITS: usize = 12;

/// Without the tables and figures, which do not show who reports it.
pub(super) fn slim(mut event: OomEvent) -> OomEvent {
    event.tasks = Default::default();
    event.memcg_stats = Default::default();
    event.meminfo = None;
    event.others = Vec::new();
    event
}

/// When it spoke, in microseconds since 1970, where it shows a whole time.
pub(super) fn wall_us(event: &OomEvent) -> Option<i64> {
    event.time.as_ref().and_then(clock::wall_us)
}

/// What a bystander said of one process: by whom, of whom, and of when.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Said {
    reporter: Reporter,
    host: Option<String>,
    pid: u32,
    comm: Option<String>,
    at: (Option<i64>, Option<u64>),
}

/// The same report again is not a second testimony.
pub(super) fn said(event: &OomEvent) -> Option<Said> {
    let victim = event.victim.as_ref()?;
    let at = (wall_us(event), event.kernel_time_us);
    (at != (None, None)).then_some(())?;
    Some(Said {
        reporter: reporter(event)?,
        host: event.host.as_ref().map(ToString::to_string),
        pid: victim.pid,
        comm: victim.comm.as_ref().map(ToString::to_string),
        at,
    })
}

impl Voice {
    pub(super) fn new(event: Box<OomEvent>, clocks: &Clocks) -> Self {
        let mut moment = clocks.moment(&event);
        // A status is about the container's end, whenever it was requested.
        if let Some(end) = event.testimony.as_deref().and_then(|it| it.init)
            && matches!(
                reporter(&event),
                Some(Reporter::KubernetesStatus | Reporter::Cri)
            )
        {
            moment.wall_us = end
                .time
                .as_ref()
                .and_then(clock::wall_us)
                .or(moment.wall_us);
        }
        Self { event, moment }
    }

    /// By time; events without a time come last, by the clocks of their machines.
    pub(super) fn order(&self) -> [i64; 3] {
        let Moment {
            wall_us,
            local_us,
            boot_us,
        } = self.moment;
        [wall_us, local_us, boot_us].map(|at| at.unwrap_or(i64::MAX))
    }

    pub(super) fn wall_us(&self) -> Option<i64> {
        self.moment.wall_us
    }

    pub(super) fn testimony(&self) -> Option<&Testimony> {
        self.event.testimony.as_deref()
    }

    pub(super) fn reporter(&self) -> Option<Reporter> {
        reporter(&self.event)
    }

    /// Whether the killer itself reports it.
    pub(super) fn is_hand(&self) -> bool {
        self.event.event_type != EventType::Notice
    }

    /// Who killed, if this event shows it.
    pub(super) fn killer(&self) -> Option<Killer> {
        match self.event.event_type {
            EventType::Kill => Some(Killer::Kernel),
            _ => self.testimony()?.killer,
        }
    }

    /// Whether both come from one machine, as far as they show.
    pub(super) fn is_on_hosts_of(&self, other: &Self) -> bool {
        match (&self.event.host, &other.event.host) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        }
    }

    /// The processes that it reports as killed.
    pub(super) fn pids(&self) -> impl Iterator<Item = (u32, Option<&Text>)> {
        let own = self.event.victim.iter();
        let list = self
            .testimony()
            .map(|it| it.victims.as_slice())
            .unwrap_or_default();
        own.map(|victim| (victim.pid, victim.comm.as_ref()))
            .chain(list.iter().map(|victim| (victim.pid, victim.comm.as_ref())))
    }

    /// The container's id, or the part that is shown; a scope's unit also contains it.
    pub(super) fn container(&self) -> Option<&str> {
        let container = self.event.container.as_ref();
        let id = container.and_then(|it| it.id.as_deref().or(it.id_prefix.as_deref()));
        id.or_else(|| self.unit().and_then(id_in_unit))
            .filter(|id| id.len() >= ID_DIGITS)
    }

    pub(super) fn unit(&self) -> Option<&str> {
        self.testimony()?.unit.as_ref()?.as_str()
    }

    /// The killed cgroup, or the victim's.
    pub(super) fn path(&self) -> Option<&str> {
        self.event.cgroup.as_ref()?.task_memcg.as_ref()?.as_str()
    }

    pub(super) fn pod_uid(&self) -> Option<&str> {
        self.event.pod.as_ref()?.uid.as_deref()
    }

    pub(super) fn pod_name(&self) -> Option<(&str, &str)> {
        let pod = self.event.pod.as_ref()?;
        Some((pod.namespace.as_deref()?, pod.name.as_deref()?))
    }

    /// The keys by which it can be found.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        let host = self.event.host.as_ref().map(Text::as_bytes);
        let id = self.container().and_then(|id| id.get(..ID_DIGITS));
        let init = self.testimony().and_then(|it| it.init?.pid);
        let pids = self.pids().map(|(pid, _)| pid).chain(init);
        let names = self.path().into_iter().flat_map(|path| path.split('/'));
        // What all slices of a tree have in their paths finds too many.
        let units = names.filter(|name| name.contains('.') && !name.ends_with(".slice"));
        let pod_name = self.pod_name();
        id.map(Key::Container)
            .into_iter()
            .chain(pids.map(move |pid| Key::Pid(host, pid)))
            .chain(self.unit().into_iter().chain(units).map(Key::Unit))
            .chain(self.pod_uid().map(Key::PodUid))
            .chain(pod_name.map(|(namespace, name)| Key::PodName(namespace, name)))
            .chain(self.event.report_id.as_deref().map(Key::Report))
    }
}

fn reporter(event: &OomEvent) -> Option<Reporter> {
    event.testimony.as_deref()?.reporter
}

/// `cri-containerd-<64 digits>.scope`
fn id_in_unit(unit: &str) -> Option<&str> {
    let name = unit.strip_suffix(".scope")?;
    let id = name.rsplit('-').next()?;
    (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}
