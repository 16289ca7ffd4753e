//! Containers that Kubernetes did not start, and paths without a container.
//!
//! ```text
//! /docker/61aeeb83469a004f88656f40c2c404ba9ad0286dcb130d8d0db3846cd22b51a6          docker, cgroupfs
//! /docker-ce/docker/<id>                                                        Docker Desktop
//! /system.slice/docker-<id>.scope                                               docker, systemd
//! /machine.slice/libpod-<id>.scope                                              podman
//! /user.slice/user-1000.slice/user@1000.service/user.slice/libpod-<id>.scope/container
//! /libpod_parent/libpod-<id>                                                    podman, cgroupfs
//! /ecs/<task>/<id>                                                              Amazon ECS
//! /lxc/107/ns/system.slice/x.service, /garden/good/db315859-…, /mesos/<uuid>     none of them
//! ```
//!
//! The outermost container counts, because everything below it was named inside it.

use super::{CgroupDriver, CgroupPath, LimitLevel, Runtime, all_hex, is_container_id, systemd};

/// Looks for a container while the path is walked.
pub(super) struct Search<'a> {
    found: Option<CgroupPath<'a>>,
    parent: Parent,
}

/// The last relevant component, if a bare id below it would be a container.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    /// Nothing yet.
    Root,
    /// `docker`, if Docker itself may have made it.
    Docker,
    /// `libpod_parent`.
    Libpod,
    /// `/ecs`: the task or cluster comes next.
    Ecs,
    /// `/ecs/<task>`, `/ecs/<cluster>/<task>`.
    EcsTask,
    /// Any place in which others than the container engine name cgroups.
    Delegated,
    /// Anything else.
    Other,
}

impl<'a> Search<'a> {
    pub(super) const START: Self = Self {
        found: None,
        parent: Parent::Root,
    };

    /// Starts again, because the caller vouches for the path so far; a container that was found stays.
    pub(super) fn forget_the_way(&mut self) {
        self.parent = Parent::Root;
    }

    /// Takes the next component; `is_claimed` if anybody may have named it.
    pub(super) fn step(&mut self, component: &'a [u8], last: bool, is_claimed: bool) {
        if let Some(found) = &mut self.found {
            let crun = found.driver == Some(CgroupDriver::Systemd)
                && found.runtime == Some(Runtime::Podman)
                && found.level == LimitLevel::Container
                && last
                && component == b"container";
            if !crun {
                found.level = LimitLevel::Other;
            }
            return;
        }
        self.found = match self.parent {
            Parent::Docker => Some(bare(component, Some(Runtime::Docker))),
            Parent::EcsTask if component.len() == 64 && all_hex(component) => {
                Some(bare(component, None))
            }
            Parent::Libpod => libpod(component),
            _ => scope(component, last),
        };
        if let Some(found) = &mut self.found {
            found.delegated = is_claimed;
        }
        self.parent = self.parent.step(component);
    }

    /// The container that was found, if any.
    pub(super) fn found(self) -> CgroupPath<'a> {
        self.found.unwrap_or(CgroupPath::NOTHING)
    }
}

impl Parent {
    fn step(self, component: &[u8]) -> Self {
        match (self, component) {
            (Self::Delegated, _) | (_, b"user.slice") => Self::Delegated,
            (_, b"docker") => Self::Docker,
            (_, b"libpod_parent") => Self::Libpod,
            (Self::Root, b"ecs") => Self::Ecs,
            (Self::Ecs | Self::EcsTask, _) => Self::EcsTask,
            (_, name) if name.ends_with(b".service") || name.ends_with(b".scope") => {
                Self::Delegated
            }
            _ => Self::Other,
        }
    }
}

/// A component in the place of a bare id. Docker's other names (`buildkit`) are not containers.
fn bare(component: &[u8], runtime: Option<Runtime>) -> CgroupPath<'_> {
    let sound = is_container_id(component);
    CgroupPath {
        driver: Some(CgroupDriver::Cgroupfs),
        runtime,
        container_id: sound.then_some(component),
        level: if sound {
            LimitLevel::Container
        } else {
            LimitLevel::Other
        },
        ..CgroupPath::NOTHING
    }
}

fn libpod(component: &[u8]) -> Option<CgroupPath<'_>> {
    match systemd::runtime_prefix(component)? {
        (runtime @ Runtime::Podman, id) if is_container_id(id) => Some(bare(id, Some(runtime))),
        _ => None,
    }
}

/// A runtime's scope. If there are too few digits for an id, it still shows the runtime.
fn scope(component: &[u8], last: bool) -> Option<CgroupPath<'_>> {
    let (runtime, id) = systemd::scope(component, last)?;
    Some(CgroupPath {
        driver: Some(CgroupDriver::Systemd),
        runtime: Some(runtime),
        container_id: is_container_id(id).then_some(id),
        level: LimitLevel::Container,
        ..CgroupPath::NOTHING
    })
}

#[cfg(test)]
mod tests {
    use super::super::parse_cgroup_path;
    use super::*;

    const ID: &str = "61aeeb83469a004f88656f40c2c404ba9ad0286dcb130d8d0db3846cd22b51a6";

    fn check(path: &str, driver: CgroupDriver, runtime: Option<Runtime>, level: LimitLevel) {
        let path = path.replace("ID", ID);
        let parsed = parse_cgroup_path(path.as_bytes());
        assert_eq!(parsed.container_id, Some(ID.as_bytes()), "{path}");
        assert_eq!(parsed.pod_uid, None, "{path}");
        assert_eq!(parsed.qos_class, None, "{path}");
        assert_eq!(parsed.driver, Some(driver), "{path}");
        assert_eq!(parsed.runtime, runtime, "{path}");
        assert_eq!(parsed.level, level, "{path}");
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn plain_containers() {
        use CgroupDriver::{Cgroupfs, Systemd};
        use LimitLevel::{Container, Other};
        use Runtime::{Docker, Podman};
        check("/docker/ID", Cgroupfs, Some(Docker), Container);
        check("/docker/ID/init", Cgroupfs, Some(Docker), Other);
        check("/docker-ce/docker/ID", Cgroupfs, Some(Docker), Container);
        check(
            "/lxc.payload.a/docker/ID",
            Cgroupfs,
            Some(Docker),
            Container,
        );
        check(
            "/system.slice/docker-ID.scope",
            Systemd,
            Some(Docker),
            Container,
        );
        check("/system.slice/docker-ID", Systemd, Some(Docker), Container);
        check(
            "/machine.slice/libpod-ID.scope",
            Systemd,
            Some(Podman),
            Container,
        );
        check(
            "/machine.slice/libpod-ID.scope/container",
            Systemd,
            Some(Podman),
            Container,
        );
        // Only crun makes a cgroup of that name for the container's processes.
        check("/docker/ID/container", Cgroupfs, Some(Docker), Other);
        check(
            "/system.slice/docker-ID.scope/container",
            Systemd,
            Some(Docker),
            Other,
        );
        check(
            "/machine.slice/libpod-ID.scope/x",
            Systemd,
            Some(Podman),
            Other,
        );
        check(
            "/machine.slice/libpod-ID.scope/container/x",
            Systemd,
            Some(Podman),
            Other,
        );
        check(
            "/libpod_parent/libpod-ID",
            Cgroupfs,
            Some(Podman),
            Container,
        );
        check(
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope/container",
            Systemd,
            Some(Podman),
            Container,
        );
        check(
            "/ecs/f209da7f990b45b585488946f0eec404/ID",
            Cgroupfs,
            None,
            Container,
        );
        check(
            "/ecs/prod/f209da7f990b45b585488946f0eec404/ID",
            Cgroupfs,
            None,
            Container,
        );
    }

    #[test]
    fn outermost_container_counts() {
        let other = "/docker/de9d91dd8ee42dfd5e7465045afacea550ffb67315755584adbf8ff515eb0809";
        let inner = std::format!("/system.slice/docker-{ID}.scope{other}");
        let parsed = parse_cgroup_path(inner.as_bytes());
        assert_eq!(parsed.container_id, Some(ID.as_bytes()));
        assert_eq!(parsed.level, LimitLevel::Other);
    }

    #[test]
    fn docker_with_too_few_digits_tells_the_runtime_only() {
        let scope = parse_cgroup_path(b"/system.slice/docker-93f0eb72.scope");
        assert_eq!(scope.runtime, Some(Runtime::Docker));
        assert_eq!(scope.driver, Some(CgroupDriver::Systemd));
        assert_eq!(scope.container_id, None);
        let elided = parse_cgroup_path("/docker-ce/docker/5…3".as_bytes());
        assert_eq!(elided.runtime, Some(Runtime::Docker));
        assert_eq!(elided.driver, Some(CgroupDriver::Cgroupfs));
        assert_eq!(elided.container_id, None);
    }

    #[test]
    fn no_containers() {
        for path in [
            "/memory-limit",
            "/system.slice/nginx.service",
            "/system.slice/garden.service/garden/good/db315859-a870-4d77-50f9-02b6",
            "/machine.slice/machine-oom\\x2d9706e99d\\x2d0658\\x2d2cf0\\x2d7f06\\x2d4c339d36c355.scope/payload",
            "/machine.slice/machine-lxc\\x2d23527\\x2dfdp.libvirt\\x2dlxc.scope",
            "/user.slice/user-0.slice/session-4.scope",
            "/user.slice/user-1000.slice/user@1000.service/docker/61aeeb83469a004f88656f40c2c404ba",
            "/user.slice/user-1000.slice/61aeeb83469a004f88656f40c2c404ba9ad0286dcb130d8d0db3846cd22b51a6",
            "/lxc/107/ns/system.slice/paperless-task-queue.service",
            "/lxc/100102/ns/.lxc",
            "/nomad.slice/share.slice/8f2ae3c4-2e4b-4f6a-9f3e-0d4a2f2f4a11.redis.scope",
            "/mesos/5f3c1ba0-6c5a-4f35-8b7e-1c2d3e4f5a6b",
            "/ecs/f209da7f990b45b585488946f0eec404",
            "/libpod_parent/libpod-web",
            "/system.slice/app.service/docker/61aeeb83469a004f88656f40c2c404ba9ad0286dcb130d8d0db3846cd22b51a6",
            "/system.slice/run-r7.scope/docker/61aeeb83469a004f88656f40c2c404ba9ad0286dcb130d8d0db3846cd22b51a6",
            "/machine.slice/machine-libpod_pod_61aeeb83469a004f88656f40c2c404ba9ad0286dcb130d8d0db3846cd22b51a6.slice",
        ] {
            assert_eq!(
                parse_cgroup_path(path.as_bytes()),
                CgroupPath::NOTHING,
                "{path}"
            );
        }
    }
}
