//! Who may name the cgroups below a component: the machine's administrator, a container engine, or anybody.
//!
//! ```text
//! /kubepods/…, /kubelet.slice/…, /system.slice, /any/name                         the administrator
//! /user.slice/…, /system.slice/app.service/…, /system.slice/run-r7.scope/…        anybody who runs there
//! /machine.slice/…, /libpod_parent/…, /ecs/…, /garden/…                           an engine
//! /docker/<id>/…, /system.slice/docker-<id>.scope/…, /machine.slice/libpod-<id>.scope/…,
//! /lxc/<name>/…, /lxc.payload.<name>/…, /machine.slice/machine-<name>.scope/…,
//! /machine.slice/systemd-nspawn@<name>.service/payload/…                          a machine or container
//! ```
//!
//! A pod counts where the administrator names cgroups, because nobody else can make one there. The contents of a
//! container's or a machine's cgroup were named inside it: a pod there belongs to that machine (kind, minikube,
//! k3d, LXC), whoever runs it. Nothing else is a pod, whatever its name is.

use super::{Runtime, all_hex, is_container_id, systemd};

/// Who names the cgroups below, as the walk continues.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zone {
    named_by: NamedBy,
    /// The walk entered a container's or a machine's cgroup.
    in_machine: bool,
    parent: Parent,
    depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NamedBy {
    /// The administrator of the host, or of the machine that the walk is in.
    Admin,
    /// A container engine; only its containers matter.
    Engine,
    /// Anybody who runs there.
    Anybody,
}

/// The last component of the walk, if it affects the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parent {
    /// `docker`, and other directories that have a subdirectory for each container.
    Docker,
    /// `lxc`, `lxc.payload`.
    Lxc,
    /// `systemd-nspawn@<name>.service`.
    Nspawn,
    /// `system.slice` at the root.
    SystemSlice,
    /// A runtime's own service there.
    RuntimesService(Runtime),
    /// Anything else.
    Other,
}

impl Zone {
    pub(super) const ROOT: Self = Self {
        named_by: NamedBy::Admin,
        in_machine: false,
        parent: Parent::Other,
        depth: 0,
    };

    /// Enters a component; returns whether it is a border, after which the walk starts again.
    pub(super) fn step(&mut self, component: &[u8], last: bool) -> bool {
        let before = (self.named_by, self.in_machine);
        if self.is_machine(component, last) {
            self.in_machine = true;
            self.named_by = NamedBy::Admin;
            self.parent = Parent::Other;
            self.depth = self.depth.saturating_add(1);
            return true;
        }
        if is_anybodys(component) {
            self.named_by = NamedBy::Anybody;
        } else if self.named_by == NamedBy::Admin && is_engines(component) {
            self.named_by = NamedBy::Engine;
        }
        self.parent = self.parent_of(component);
        self.depth = self.depth.saturating_add(1);
        before != (self.named_by, self.in_machine)
    }

    /// Whether a pod here counts.
    pub(super) fn has_pods(self) -> bool {
        self.named_by == NamedBy::Admin
    }

    /// Whether a container runtime with the wrong cgroup driver put a pod's container into its own service: the
    /// container's directory then has the pod's slice in its name.
    pub(super) fn is_service_of(self, runtime: Runtime) -> bool {
        self.parent == Parent::RuntimesService(runtime)
    }

    /// Whether names here were chosen inside a container or a machine.
    pub(super) fn is_nested(self) -> bool {
        self.in_machine
    }

    /// Whether anybody may have chosen a container's id here.
    pub(super) fn is_anybodys(self) -> bool {
        self.named_by == NamedBy::Anybody
    }

    /// Whether a component is a container's or a machine's.
    fn is_machine(self, component: &[u8], last: bool) -> bool {
        let by_place = match self.parent {
            // In a service anybody may choose such a directory name, so it must be an id there.
            Parent::Docker => self.named_by != NamedBy::Anybody || is_container_id(component),
            Parent::Lxc => true,
            Parent::Nspawn => component == b"payload",
            Parent::SystemSlice | Parent::RuntimesService(_) | Parent::Other => false,
        };
        let has_id = || {
            let prefixed = systemd::runtime_prefix(component);
            component.len() == 64 && all_hex(component)
                || prefixed.is_some_and(|(_, id)| is_container_id(id))
        };
        by_place
            || has_id()
            || systemd::scope(component, last).is_some()
            || component.starts_with(b"lxc.payload.")
            || component.starts_with(b"machine-") && component.ends_with(b".scope")
    }

    fn parent_of(self, component: &[u8]) -> Parent {
        match component {
            b"docker" | b"moby" | b"default" | b"k8s.io" | b"buildkit" => Parent::Docker,
            b"lxc" | b"lxc.payload" => Parent::Lxc,
            b"system.slice" if self.depth == 0 => Parent::SystemSlice,
            _ if component.starts_with(b"systemd-nspawn@") => Parent::Nspawn,
            _ if self.parent == Parent::SystemSlice => match component {
                b"containerd.service" => Parent::RuntimesService(Runtime::Containerd),
                b"crio.service" => Parent::RuntimesService(Runtime::CriO),
                b"docker.service" => Parent::RuntimesService(Runtime::Docker),
                _ => Parent::Other,
            },
            _ => Parent::Other,
        }
    }
}

/// A user's slice, a service, or a scope that is not a container's: processes there may be allowed to make
/// cgroups.
fn is_anybodys(component: &[u8]) -> bool {
    component == b"user.slice" || component.ends_with(b".service") || component.ends_with(b".scope")
}

/// A directory in which an engine keeps its containers.
fn is_engines(component: &[u8]) -> bool {
    matches!(
        component,
        b"machine.slice"
            | b"libpod_parent"
            | b"ecs"
            | b"garden"
            | b"mesos"
            | b"nomad"
            | b"nomad.slice"
    )
}

#[cfg(test)]
mod tests {
    use super::super::{CgroupPath, LimitLevel, Runtime, parse_cgroup_path};
    use std::format;
    use std::string::String;

    const UID: &str = "3fd077bb-5603-0128-c94b-ba5472a65740";
    const ID: &str = "ef60632c49ac15ed12cdb39574591242259cb77a70f3d020b93f9392fe1b74dc";

    /// The names of pods.
    fn pods() -> [String; 5] {
        let under = UID.replace('-', "_");
        [
            format!("kubepods/burstable/pod{UID}/{ID}"),
            format!("kubelet/kubepods/pod{UID}/crio-{ID}"),
            format!(
                "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{under}.slice/cri-containerd-{ID}.scope"
            ),
            format!("kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{under}.slice"),
            format!("kubepods-burstable-pod{under}.slice:cri-containerd:{ID}"),
        ]
    }

    fn pod_below(place: &str) -> [Option<bool>; 5] {
        pods().map(|pod| {
            let path = format!("{}/{pod}", place.replace("ID", ID));
            let parsed = parse_cgroup_path(path.as_bytes());
            assert!(
                parsed.pod_uid.is_some() || parsed.qos_class.is_none(),
                "{path}"
            );
            assert!(parsed.pod_uid.is_some() || !parsed.nested, "{path}");
            parsed.pod_uid.map(|_| parsed.nested)
        })
    }

    #[test]
    fn where_an_administrator_names_cgroups_a_pod_is_one() {
        for place in ["", "/cluster", "/system.slice", "/podruntime/runtime"] {
            assert_eq!(pod_below(place), [Some(false); 5], "{place}");
        }
    }

    #[test]
    fn where_anybody_names_cgroups_it_is_none() {
        for place in [
            "/user.slice",
            "/user.slice/user-1000.slice/user@1000.service",
            "/user.slice/user-1000.slice/session-4.scope",
            "/user.slice/user-1000.slice/user@1000.service/app.slice/k3s-rootless.service",
            "/system.slice/app.service",
            "/system.slice/containerd.service/x",
            "/x/containerd.service",
            "/containerd.service",
            "/app.slice/system.slice/containerd.service",
            "/system.slice/run-r7.scope",
            "/init.scope",
            // Engines, outside of their containers.
            "/machine.slice",
            "/libpod_parent",
            "/ecs",
            "/ecs/f209da7f990b45b585488946f0eec404",
            "/garden/good/db315859-a870-4d77-50f9-02b6",
            "/system.slice/garden.service/garden/good/x",
            "/machine.slice/systemd-nspawn@web.service/supervisor",
        ] {
            assert_eq!(pod_below(place), [None; 5], "{place}");
        }
    }

    #[test]
    fn inside_a_container_or_a_machine_it_is_nested() {
        for place in [
            "/docker/ID",
            "/docker/ID/kubelet.slice",
            "/docker/buildkit",
            "/docker-ce/docker/ID",
            "/default/ID",
            "/system.slice/docker-ID.scope",
            "/system.slice/docker-93f0eb72.scope",
            "/system.slice/nerdctl-ID.scope",
            "/machine.slice/libpod-ID.scope/container",
            "/libpod_parent/libpod-ID",
            "/ecs/f209da7f990b45b585488946f0eec404/ID",
            "/lxc/107/ns",
            "/lxc.payload.k3s",
            "/lxc.payload/k3s",
            "/machine.slice/machine-web.scope/payload",
            "/machine.slice/systemd-nspawn@web.service/payload",
            // Also if it is in a service, and has its own administrator.
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope/container",
            "/system.slice/docker.service/docker/ID",
            "/system.slice/lxc@a.service/lxc.payload.a",
            "/system.slice/app.service/ID",
            "/lxc/107/ns/system.slice/docker-ID.scope",
        ] {
            assert_eq!(pod_below(place), [Some(true); 5], "{place}");
        }
        // Inside it too, users and services have no pods.
        for place in [
            "/docker/ID/user.slice/user-1000.slice",
            "/lxc/107/ns/system.slice/app.service",
            "/lxc.payload.a/machine.slice",
            "/system.slice/app.service/docker/mine",
        ] {
            assert_eq!(pod_below(place), [None; 5], "{place}");
        }
    }

    #[test]
    fn a_runtimes_own_service_holds_what_it_made() {
        let [.., inline] = pods();
        let has_pod = |service: &str| {
            let path = format!("/system.slice/{service}/{inline}/x");
            parse_cgroup_path(path.as_bytes()).pod_uid.is_some()
        };
        assert!(has_pod("containerd.service"));
        assert!(!has_pod("crio.service"), "another's name");
        assert!(!has_pod("docker.service"), "another's name");
        assert!(!has_pod("containerd@x.service"));
    }

    #[test]
    fn a_container_without_a_pod_keeps_its_id() {
        let found = |path: &str| -> (Option<bool>, Option<Runtime>, LimitLevel) {
            let path = path.replace("ID", ID);
            let CgroupPath {
                container_id,
                delegated,
                runtime,
                level,
                ..
            } = parse_cgroup_path(path.as_bytes());
            (container_id.map(|_| delegated), runtime, level)
        };
        let users = "/user.slice/user-1000.slice/user@1000.service/kubepods.slice";
        let containerd = Some(Runtime::Containerd);
        assert_eq!(
            found(&format!("{users}/cri-containerd-ID.scope")),
            (Some(true), containerd, LimitLevel::Container)
        );
        assert_eq!(
            found("/machine.slice/libpod-ID.scope").0,
            Some(false),
            "an engine's"
        );
        assert_eq!(found("/lxc/107/ns/docker/ID").0, Some(true), "a machine's");
        assert_eq!(found("/docker/ID").0, Some(false));
    }
}
