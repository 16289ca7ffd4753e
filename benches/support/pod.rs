//! Pods with their containers, and the cgroup paths that Kubernetes gives them.

use crate::rng::Rng;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Qos {
    Guaranteed,
    Burstable,
    BestEffort,
}

#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) qos: Qos,
    pub(crate) comm: &'static str,
    pub(crate) limit_kb: u64,
    /// The limit stands on the pod, not on the container.
    pub(crate) limit_on_pod: bool,
    pub(crate) pod_path: String,
    pub(crate) pause_path: String,
    pub(crate) container_path: String,
    /// The container's cgroup name: what `cpuset=` shows.
    pub(crate) container_name: String,
}

const COMMS: &[&str] = &[
    "java",
    "python3",
    "node",
    "mysqld",
    "postgres",
    "redis-server",
    "envoy",
    "prometheus",
    "dotnet",
    "ruby",
    "C2 CompilerThre",
    "tokio-runtime-w",
    "php-fpm",
    "stress-ng-vm",
    "(sd-pam)",
];

impl Pod {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let qos = rng.pick(&[
            Qos::Guaranteed,
            Qos::Burstable,
            Qos::Burstable,
            Qos::BestEffort,
        ]);
        let uid = [8, 4, 4, 4, 12].map(|digits| rng.hex(digits)).join("-");
        let (id, pause) = (rng.hex(64), rng.hex(64));
        let (pod_path, pause_path, container_path) = if rng.one_in(2) {
            let class = match qos {
                Qos::Guaranteed => "",
                Qos::Burstable => "/burstable",
                Qos::BestEffort => "/besteffort",
            };
            let pod = format!("/kubepods{class}/pod{uid}");
            let (pause, container) = (format!("{pod}/{pause}"), format!("{pod}/{id}"));
            (pod, pause, container)
        } else {
            let uid = uid.replace('-', "_");
            let runtime = rng.pick(&["cri-containerd", "crio", "docker"]);
            let pod = match qos {
                Qos::Guaranteed => format!("/kubepods.slice/kubepods-pod{uid}.slice"),
                Qos::Burstable => format!(
                    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice"
                ),
                Qos::BestEffort => format!(
                    "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{uid}.slice"
                ),
            };
            let pause = format!("{pod}/{runtime}-{pause}.scope");
            let container = format!("{pod}/{runtime}-{id}.scope");
            (pod, pause, container)
        };
        let container_name = container_path.rsplit('/').next().unwrap_or("/").to_owned();
        Self {
            qos,
            comm: rng.pick(COMMS),
            limit_kb: 1024 * rng.pick(&[64, 128, 256, 512, 1024, 2048, 4096, 8192]),
            limit_on_pod: rng.one_in(4),
            pod_path,
            pause_path,
            container_path,
            container_name,
        }
    }

    /// One of containerd's, below systemd.
    pub(crate) fn in_containerd(rng: &mut Rng) -> Self {
        loop {
            let pod = Self::random(rng);
            if pod.container_name.starts_with("cri-containerd-") {
                return pod;
            }
        }
    }

    /// The uid, as the API writes it.
    pub(crate) fn uid(&self) -> String {
        let (_, uid) = self.pod_path.rsplit_once("pod").unwrap_or_default();
        uid.trim_end_matches(".slice").replace('_', "-")
    }

    /// The container's id.
    pub(crate) fn container_id(&self) -> &str {
        let name = self.container_name.trim_end_matches(".scope");
        name.rsplit('-').next().unwrap_or(name)
    }

    pub(crate) fn oom_score_adj(&self) -> i32 {
        match self.qos {
            Qos::Guaranteed => -997,
            Qos::Burstable => 968,
            Qos::BestEffort => 1000,
        }
    }

    pub(crate) fn limit_path(&self) -> &str {
        if self.limit_on_pod {
            &self.pod_path
        } else {
            &self.container_path
        }
    }
}
