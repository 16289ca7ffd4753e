//! One line of a daemon, and the event that it begins.

use super::Reader;
use super::envelope::Envelope;
use crate::bytes::Text;
use crate::cgroup::CgroupRoots;
use crate::event::{Cgroup, Container, EventType, OomEvent, Pod, Testimony};
use crate::frame::Frame;
use crate::hash::stable_hash;
use crate::source::{Accept, Daemon, Origin};
use crate::stamp::{Second, Stamp};
use crate::time::WallTime;
use alloc::boxed::Box;

/// How a line's author is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The frame or the caller names the daemon.
    Daemon(Daemon),
    /// It is in the kernel's buffer and is not the kernel's: anybody who may write there.
    Kmsg,
    /// Its only prefix is the one that this daemon itself prints.
    Envelope(Envelope),
    /// It continues such a line.
    Below,
}

/// A line of a daemon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) by: By,
    pub(super) origin: Origin,
    pub(super) frame: &'a Frame<'a>,
    /// Where in the log it ends.
    pub(super) at: u64,
    /// The daemon's text, from its first byte.
    pub(super) text: &'a [u8],
    pub(super) accept: Accept,
    /// The machine's name, if the frame shows none.
    pub(super) host: Option<&'a [u8]>,
    pub(super) roots: &'a CgroupRoots,
}

impl Said<'_> {
    /// Whether this reader gets it.
    pub(super) fn is_for<R: Reader>(&self, goes_on: bool) -> bool {
        let is_asked_for = || R::OF.iter().any(|daemon| self.accept.has_daemon(*daemon));
        match self.by {
            By::Daemon(daemon) => R::OF.contains(&daemon),
            By::Kmsg => R::IN_KMSG && is_asked_for(),
            By::Envelope(envelope) => R::ENVELOPES.contains(&envelope) && is_asked_for(),
            By::Below => goes_on,
        }
    }

    /// Whether it is in the kernel's buffer, where only the text shows the author.
    pub(super) fn is_in_kmsg(&self) -> bool {
        self.by == By::Kmsg
    }

    /// The second shown by its frame.
    pub(super) fn second(&self) -> Option<Second> {
        Stamp::of(self.frame, 0, 0).second()
    }

    /// Whether at most so many microseconds lie between an earlier line and this one; unknown if one of them shows only
    /// whole seconds. A text that contains line ends reaches the journal in one piece and is split there.
    pub(super) fn is_within(&self, most_us: i64, earlier: &Stamp) -> Option<bool> {
        let has_fraction = |time: Option<WallTime>| time.is_some_and(|it| it.fraction_digits >= 3);
        let has_kernels = self.frame.kernel_time_us.is_some() && earlier.kernel_time_us.is_some();
        let is_known = has_kernels || has_fraction(self.frame.wall) && has_fraction(earlier.wall);
        let gap = Stamp::of(self.frame, 0, 0)
            .since(earlier)
            .filter(|_| is_known);
        gap.map(|gap| gap.abs() <= most_us)
    }

    /// An event of this type, with its time, place and origin.
    pub(super) fn event(&self, event_type: EventType) -> OomEvent {
        self.event_at(event_type, None)
    }

    /// The same, if the line itself shows a time. A complete time takes precedence over the frame's.
    pub(super) fn event_at(&self, event_type: EventType, own: Option<WallTime>) -> OomEvent {
        let frame = self.frame;
        let complete = own.filter(WallTime::is_complete);
        let wall = complete.or(frame.wall).or(own);
        let mut stamp = Stamp::of(frame, 0, 0);
        stamp.wall = stamp.wall.or(own);
        let host = frame.host.as_deref();
        stamp.hash = stable_hash(&[self.text]);
        let id = stamp.id(frame.boot_id.as_deref(), host.unwrap_or_default());
        OomEvent {
            event_type,
            id,
            origin: self.origin,
            time: wall,
            kernel_time_us: frame.kernel_time_us,
            host: host.or(self.host).map(Text::from),
            testimony: Some(Box::default()),
            ..OomEvent::default()
        }
    }

    /// Sets the victim's cgroup, and the pod and container that its path proves.
    pub(super) fn set_cgroup(&self, event: &mut OomEvent, path: &[u8]) {
        let known = self.roots.parse(path);
        event.cgroup = Some(Cgroup {
            task_memcg: Some(Text::from(path)),
            driver: known.driver,
            ..Cgroup::default()
        });
        if known.pod_uid.is_some() || known.qos_class.is_some() {
            event.pod = Some(Pod {
                uid: known.pod_uid_text(),
                qos_class: known.qos_class,
                nested: known.nested,
                ..Pod::default()
            });
        }
        if known.container_id.is_some() || known.runtime.is_some() {
            event.container = Some(Container {
                id: known.container_id_text(),
                runtime: known.runtime,
                delegated: known.delegated,
                ..Container::default()
            });
        }
    }
}

impl OomEvent {
    /// The data that a daemon adds.
    pub(super) fn told(&mut self) -> &mut Testimony {
        self.testimony.get_or_insert_default()
    }
}
