//! Whose cgroup a path is: the pod and the container of an event.

use super::{
    Cgroup, Container, EventType, Evidence, Killer, OomEvent, Origin, Pod, Reporter, Testimony,
};
use crate::bytes::Text;
use crate::cgroup::{CgroupPath, CgroupRoots};
use alloc::boxed::Box;

impl OomEvent {
    /// Sets the pod and, where `of_container`, the container that a path shows.
    pub(crate) fn set_identity(&mut self, path: &CgroupPath<'_>, of_container: bool) {
        if path.pod_uid.is_some() || path.qos_class.is_some() {
            self.pod = Some(Pod {
                uid: path.pod_uid_text(),
                qos_class: path.qos_class,
                nested: path.nested,
                ..Pod::default()
            });
        }
        if of_container && (path.container_id.is_some() || path.runtime.is_some()) {
            self.container = Some(Container {
                id: path.container_id_text(),
                runtime: path.runtime,
                delegated: path.delegated,
                ..Container::default()
            });
        }
    }

    /// Whether it is a kill of which no line shows the cgroup: the kernel prints at most ten reports in
    /// five seconds, and of the other kills the `Killed process` line alone.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        let cut = |field: &super::Field| field.as_str() == "cgroup.task_memcg";
        self.event_type == EventType::Kill
            && self.victim.is_some()
            && self.pod.is_none()
            && self.container.is_none()
            && self.openvz.is_none()
            && (self.cgroup.as_ref()).is_none_or(|cgroup| cgroup.task_memcg.is_none())
            && !self.truncated.iter().any(cut)
    }

    /// Gives a [bare](Self::is_bare) kill the cgroup that the caller knows the victim was in, with the pod
    /// and the container of its path. The event is marked [`inferred`](Self::inferred), and `evidence` says
    /// how the caller knows. Any other event stays as it is; the answer says whether this one was bare.
    ///
    /// # Example
    /// ```
    /// use oomparse_core::{CgroupRoots, Evidence, Options, parse_all};
    ///
    /// let log = b"[9.1] Memory cgroup out of memory: Killed process 7 (java) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n";
    /// let mut event = parse_all(log, &Options::default()).next().unwrap();
    /// let path = b"/kubepods/besteffort/podeb9ef7c3-df91-f119-9af4-7c687b576479";
    /// assert!(event.infer_cgroup(path, &CgroupRoots::new(), Evidence::Proc));
    /// assert!(event.inferred);
    /// let uid = event.pod.unwrap().uid;
    /// assert_eq!(uid.as_deref(), Some("eb9ef7c3-df91-f119-9af4-7c687b576479"));
    /// ```
    pub fn infer_cgroup(
        &mut self,
        task_memcg: &[u8],
        roots: &CgroupRoots,
        evidence: Evidence,
    ) -> bool {
        let is_bare = self.infer_cgroup_above(task_memcg, roots, evidence);
        if is_bare {
            let cgroup = self.cgroup.get_or_insert_with(Cgroup::default);
            cgroup.task_memcg = Some(Text::from(task_memcg));
        }
        is_bare
    }

    /// The same where the caller knows a cgroup that the victim was in or below: the event gets its pod and its
    /// container, and no `cgroup.task_memcg`.
    pub fn infer_cgroup_above(
        &mut self,
        above: &[u8],
        roots: &CgroupRoots,
        evidence: Evidence,
    ) -> bool {
        if !self.is_bare() {
            return false;
        }
        let path = roots.parse(above);
        if path.driver.is_some() {
            self.cgroup.get_or_insert_with(Cgroup::default).driver = path.driver;
        }
        self.set_identity(&path, true);
        self.inferred = true;
        self.evidence.push(evidence);
        true
    }

    /// The notice that the kernel counted so many kills in a cgroup without a line for them: the log was overwritten or
    /// lost. The caller read the counter that `counter` names; time and host are the caller's, too.
    ///
    /// # Example
    /// ```
    /// use oomparse_core::{CgroupRoots, EventType, Evidence, OomEvent};
    ///
    /// let path = b"/kubepods/besteffort/podeb9ef7c3-df91-f119-9af4-7c687b576479";
    /// let event = OomEvent::of_count(2, Evidence::MemoryEvents, path, &CgroupRoots::new());
    /// assert_eq!(event.event_type, EventType::Notice);
    /// assert!(event.to_json().contains(r#""count":2"#));
    /// ```
    #[must_use]
    pub fn of_count(count: u64, counter: Evidence, path: &[u8], roots: &CgroupRoots) -> Self {
        let read = roots.parse(path);
        let mut event = Self {
            event_type: EventType::Notice,
            origin: Origin::Kernel,
            cgroup: Some(Cgroup {
                task_memcg: Some(Text::from(path)),
                driver: read.driver,
                ..Cgroup::default()
            }),
            testimony: Some(Box::new(Testimony {
                killer: Some(Killer::Kernel),
                reporter: Some(Reporter::Memcg),
                count: Some(count),
                ..Testimony::default()
            })),
            ..Self::default()
        };
        event.set_identity(&read, true);
        event.evidence.push(counter);
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use crate::cgroup::CgroupDriver;
    use crate::event::Field;

    const PATH: &[u8] = b"/kubepods/besteffort/podeb9ef7c3-df91-f119-9af4-7c687b576479";
    const UID: &str = "eb9ef7c3-df91-f119-9af4-7c687b576479";

    fn uid(event: &OomEvent) -> Option<&str> {
        event.pod.as_ref()?.uid.as_deref()
    }

    /// A kill as in a storm, when the rate limit suppresses all lines but one.
    fn bare() -> OomEvent {
        let log = b"[9.1] Memory cgroup out of memory: Killed process 7 (java) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB";
        crate::parse_all(log, &Options::new()).next().unwrap()
    }

    #[test]
    fn only_a_kill_without_any_cgroup_is_bare() {
        assert!(bare().is_bare());
        let changes: [fn(&mut OomEvent); 7] = [
            |event| event.event_type = EventType::Report,
            |event| event.victim = None,
            |event| event.pod = Some(Pod::default()),
            |event| event.container = Some(Container::default()),
            |event| event.openvz = Some(crate::event::OpenVz { ctid: "101".into() }),
            |event| {
                event.cgroup = Some(Cgroup {
                    task_memcg: Some(Text::from(&b"/a"[..])),
                    ..Cgroup::default()
                });
            },
            |event| event.truncated.push(Field::TaskMemcg),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut event = bare();
            change(&mut event);
            assert!(!event.is_bare(), "{at}");
            let before = event.clone();
            assert!(!event.infer_cgroup(PATH, &CgroupRoots::new(), Evidence::Proc));
            assert_eq!(event, before);
        }
        // Neither the limit's cgroup nor another cut field shows the victim's.
        let mut event = bare();
        event.cgroup = Some(Cgroup::default());
        event.truncated.push(Field::VictimPgtables);
        assert!(event.is_bare());
    }

    #[test]
    fn a_bare_kill_gets_the_cgroup_that_the_caller_knows() {
        let mut event = bare();
        assert!(event.infer_cgroup_above(PATH, &CgroupRoots::new(), Evidence::Proc));
        assert!(event.inferred && event.evidence.contains(&Evidence::Proc));
        assert_eq!(uid(&event), Some(UID));
        let cgroup = event.cgroup.unwrap();
        assert_eq!(
            (cgroup.task_memcg, cgroup.driver),
            (None, Some(CgroupDriver::Cgroupfs))
        );
        let mut event = bare();
        assert!(event.infer_cgroup(PATH, &CgroupRoots::new(), Evidence::Proc));
        assert_eq!(uid(&event), Some(UID));
        assert_eq!(event.cgroup.unwrap().task_memcg.unwrap().as_bytes(), PATH);
    }

    #[test]
    fn a_count_is_a_notice_about_a_cgroup() {
        let event = OomEvent::of_count(2, Evidence::MemoryEvents, PATH, &CgroupRoots::new());
        assert_eq!(
            (event.event_type, event.origin),
            (EventType::Notice, Origin::Kernel)
        );
        assert_eq!(uid(&event), Some(UID));
        assert_eq!(event.evidence, [Evidence::MemoryEvents]);
        let cgroup = event.cgroup.unwrap();
        assert_eq!(cgroup.task_memcg.unwrap().as_bytes(), PATH);
        assert_eq!(cgroup.driver, Some(CgroupDriver::Cgroupfs));
        let testimony = event.testimony.unwrap();
        assert_eq!(testimony.count, Some(2));
        assert_eq!(testimony.killer, Some(Killer::Kernel));
        assert_eq!(testimony.reporter, Some(Reporter::Memcg));
        assert_eq!(testimony.words(), None);
    }

    #[test]
    fn a_container_where_users_name_cgroups_is_marked() {
        let id = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";
        for (path, delegated) in [
            (alloc::format!("/system.slice/docker-{id}.scope"), false),
            (
                alloc::format!(
                    "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{id}.scope"
                ),
                true,
            ),
        ] {
            let mut event = bare();
            assert!(event.infer_cgroup(path.as_bytes(), &CgroupRoots::new(), Evidence::Proc));
            let container = event.container.unwrap();
            assert_eq!(
                (container.id.as_deref(), container.delegated),
                (Some(id), delegated),
                "{path}"
            );
        }
    }
}
