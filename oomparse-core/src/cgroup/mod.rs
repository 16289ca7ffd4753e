//! Who a cgroup path belongs to: pod, quality of service, container, runtime.

/// Who names the cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CgroupDriver {
    /// `/kubepods/burstable/pod<uid>/<id>`
    Cgroupfs,
    /// `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid>.slice/cri-containerd-<id>.scope`
    Systemd,
}

impl CgroupDriver {
    /// The word in the record: `cgroupfs`, `systemd`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cgroupfs => "cgroupfs",
            Self::Systemd => "systemd",
        }
    }
}

/// Kubernetes' quality of service class, in Kubernetes' own spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QosClass {
    /// Requests equal limits.
    Guaranteed,
    /// Some requests or limits.
    Burstable,
    /// None.
    BestEffort,
}

impl QosClass {
    /// The word in the record: `Guaranteed`, `Burstable`, `BestEffort`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

/// The container runtime that a path tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Runtime {
    /// `docker-<id>.scope`, `/docker/<id>`
    Docker,
    /// `cri-containerd-<id>.scope`
    Containerd,
    /// `crio-<id>.scope`
    CriO,
    /// `libpod-<id>.scope`
    Podman,
}

impl Runtime {
    /// The word in the record: `docker`, `containerd`, `cri-o`, `podman`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Containerd => "containerd",
            Self::CriO => "cri-o",
            Self::Podman => "podman",
        }
    }
}

/// What kind of cgroup a limit stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitLevel {
    /// A container's.
    Container,
    /// A pod's.
    Pod,
    /// A quality of service class's.
    Qos,
    /// All pods' (`kubepods`).
    Kubepods,
    /// The machine's.
    Root,
    /// Any other.
    Other,
}

impl LimitLevel {
    /// The word in the record: `container`, `pod`, `qos`, `kubepods`, `root`, `other`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Pod => "pod",
            Self::Qos => "qos",
            Self::Kubepods => "kubepods",
            Self::Root => "root",
            Self::Other => "other",
        }
    }
}

/// What a cgroup path says: a view over the path's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CgroupPath<'a> {
    /// Who named the cgroups, for Kubernetes and container paths.
    pub driver: Option<CgroupDriver>,
    /// The pod's class, where the path shows it.
    pub qos_class: Option<QosClass>,
    /// The outermost pod's uid as the path spells it (hyphens, underscores or 32 hex digits).
    pub pod_uid: Option<&'a [u8]>,
    /// The container's id, 12 to 64 hex digits.
    pub container_id: Option<&'a [u8]>,
    /// The runtime, where the path tells.
    pub runtime: Option<Runtime>,
    /// What kind of cgroup the path itself names.
    pub level: LimitLevel,
}

/// Reads a memory cgroup's path as the kernel prints it.
#[must_use]
pub fn parse_cgroup_path(_path: &[u8]) -> CgroupPath<'_> {
    CgroupPath {
        driver: None,
        qos_class: None,
        pod_uid: None,
        container_id: None,
        runtime: None,
        level: LimitLevel::Other,
    }
}
