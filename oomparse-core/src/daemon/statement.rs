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
pub(super) struct Statement<'a> {
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

impl Statement<'_> {
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
    pub(super) fn testimony_mut(&mut self) -> &mut Testimony {
        self.testimony.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::stamp::Stamp;
    use crate::{Accept, Daemon, OomEvent, Options, Parser};
    use alloc::vec::Vec;

    fn events(accept: Accept, line: &str) -> Vec<OomEvent> {
        let options = Options {
            accept,
            ..Options::default()
        };
        let mut parser = Parser::with_options(options);
        parser.push_line(line.as_bytes());
        parser.finish();
        parser.events().collect()
    }

    #[test]
    fn a_line_is_for_the_readers_of_its_author() {
        let klog = "I0203 10:10:10.123456    1422 a.go:83] \"Got sys oom event\" event={\"Pid\":7,\"ProcessName\":\"a\"}";
        let kmsg = "12,8125,88123456999,-;oomd kill: 81.28 80.05 42.78 a/b 4096 ruleset:[r] detectorgroup:[d] killer:k v2";
        let tagged = alloc::format!("Feb  3 10:10:10 n1 kubelet[7]: {klog}");
        let others = alloc::format!("Feb  3 10:10:10 n1 containerd[7]: {klog}");
        for (line, daemon, all) in [
            (klog, Daemon::Kubelet, 1),
            (klog, Daemon::Containerd, 0),
            (kmsg, Daemon::Oomd, 1),
            (kmsg, Daemon::EarlyOom, 0),
            (&*tagged, Daemon::Kubelet, 1),
            (&*tagged, Daemon::Containerd, 0),
            (&*others, Daemon::Containerd, 0),
        ] {
            assert_eq!(
                events(Accept::ANY.and(daemon), line).len(),
                all,
                "{daemon:?} {line}"
            );
        }
        // earlyoom does not write to the buffer.
        let kill = "12,8125,88123456999,-;sending SIGTERM to process 9 uid 0 \"a\": badness 1, VmRSS 2 MiB";
        assert!(events(Accept::ANY.and(Daemon::EarlyOom), kill).is_empty());
    }

    #[test]
    fn what_a_cgroups_path_proves() {
        let of = |path: &str| {
            let line = alloc::format!(
                "Feb  3 10:10:10 n1 oomd[7]: oomd kill: 81.28 80.05 42.78 {path} 4096 ruleset:[r] detectorgroup:[d] killer:k v2"
            );
            let event = events(Accept::ANY.and(Daemon::Oomd), &line).remove(0);
            let cgroup = event.cgroup.unwrap();
            assert_eq!(
                cgroup.task_memcg.unwrap().as_bytes(),
                [b"/", path.as_bytes()].concat()
            );
            (event.pod, event.container, cgroup.driver)
        };
        let uid = "8d2f976c-ad2c-4c48-a087-c88dcc18efb8";
        let id = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        let (pod, container, driver) = of(&alloc::format!("kubepods/burstable/pod{uid}"));
        let pod = pod.unwrap();
        assert_eq!(
            (
                pod.uid.as_deref(),
                pod.qos_class.is_some(),
                driver.is_some()
            ),
            (Some(uid), true, true)
        );
        assert!(container.is_none());
        let (pod, container, _) = of(&alloc::format!("kubepods/burstable/pod{uid}/{id}"));
        assert!(pod.is_some() && container.unwrap().id.as_deref() == Some(id));
        let (pod, ..) = of(&alloc::format!("kubends/pod{uid}"));
        let pod = pod.unwrap();
        assert_eq!(
            (pod.uid.as_deref(), pod.qos_class, pod.nested),
            (Some(uid), None, false)
        );
        let (pod, ..) = of(&alloc::format!("docker/{id}/kubepods/pod{uid}"));
        assert!(pod.unwrap().nested, "in a node that is a container");
        let (pod, container, _) = of(&alloc::format!("docker/{id}"));
        assert!(pod.is_none() && container.unwrap().runtime.is_some());
        // A user's own container.
        let own = "user.slice/user-1000.slice/user@1000.service/app.slice";
        let (_, container, _) = of(&alloc::format!("{own}/docker-{id}.scope"));
        assert!(container.unwrap().delegated);
        let (pod, container, _) = of("system.slice/a.service");
        assert!(pod.is_none() && container.is_none());
    }

    /// With whole seconds nobody knows what came together.
    #[test]
    fn how_far_apart_two_lines_are() {
        let roots = crate::cgroup::CgroupRoots::default();
        let frame = |micros: u64, digits: u8| {
            let mut wall = crate::time::WallTime::from_unix_micros(micros).unwrap();
            wall.fraction_digits = digits;
            crate::frame::Frame {
                wall: Some(wall),
                ..crate::frame::Frame::default()
            }
        };
        let kernel = |micros: u64| crate::frame::Frame {
            kernel_time_us: Some(micros),
            ..crate::frame::Frame::default()
        };
        let at = 1_748_772_400_000_000;
        let both = |micros: u64| crate::frame::Frame {
            kernel_time_us: Some(micros),
            ..frame(at, 0)
        };
        for (first, then, found) in [
            (frame(at, 6), frame(at + 50, 6), Some(true)),
            (frame(at + 50, 6), frame(at, 6), Some(true)),
            (frame(at, 6), frame(at + 51, 6), Some(false)),
            (frame(at, 3), frame(at, 3), Some(true)),
            (frame(at, 2), frame(at, 6), None),
            (frame(at, 6), frame(at, 2), None),
            (frame(at, 0), frame(at, 0), None),
            (kernel(1_000), kernel(1_050), Some(true)),
            (kernel(1_000), kernel(1_051), Some(false)),
            (kernel(1_000), frame(at, 6), None),
            (frame(at, 6), kernel(1_000), None),
            (frame(at, 0), both(1_000), None),
            (both(1_000), frame(at, 0), None),
            (both(1_000), both(1_050), Some(true)),
        ] {
            let said = super::Statement {
                by: super::By::Kmsg,
                origin: crate::Origin::User,
                frame: &then,
                at: 0,
                text: b"",
                accept: Accept::ANY,
                host: None,
                roots: &roots,
            };
            assert_eq!(
                said.is_within(50, &Stamp::of(&first, 0, 0)),
                found,
                "{first:?} {then:?}"
            );
        }
    }
}
