//! The daemons whose lines are read, and their names.
//!
//! A new daemon needs an entry in the table below, a file in `daemon/` that reads its lines, and a case in the
//! corpus.

/// Makes the enum and its names from one table.
macro_rules! daemons {
    ($($(#[$doc:meta])* $daemon:ident: tags $tags:expr, units $units:expr, comms $comms:expr;)*) => {
        /// A daemon whose lines are read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Daemon {
            $($(#[$doc])* $daemon,)*
        }

        impl Daemon {
            /// All daemons.
            pub const ALL: &[Self] = &[$(Self::$daemon),*];
        }

        /// The names of each daemon.
        const NAMES: &[(Daemon, Names)] = &[
            $((Daemon::$daemon, Names { tags: $tags, units: $units, comms: $comms }),)*
        ];
    };
}

/// The names of a daemon.
struct Names {
    /// Its syslog tags; the first one is its name.
    tags: &'static [&'static str],
    /// Its units, without `.service` and without an instance name after `@`.
    units: &'static [&'static str],
    /// Its executables, cut to 15 bytes.
    comms: &'static [&'static str],
}

daemons! {
    /// The kubelet; OpenShift's, and those of Canonical's snaps, have names of their own.
    Kubelet: tags &["kubelet", "hyperkube", "kubenswrapper", "microk8s.daemon-kubelite", "microk8s.daemon-kubelet", "k8s.kubelet"],
        units &["kubelet", "snap.microk8s.daemon-kubelite", "snap.microk8s.daemon-kubelet", "snap.k8s.kubelet"],
        comms &["kubelet", "hyperkube", "kubenswrapper", "kubelite"];
    /// containerd.
    Containerd: tags &["containerd", "microk8s.daemon-containerd", "k8s.containerd"],
        units &["containerd", "snap.microk8s.daemon-containerd", "snap.k8s.containerd"], comms &["containerd"];
    /// CRI-O.
    Crio: tags &["crio"], units &["crio", "cri-o"], comms &["crio"];
    /// Docker's daemon.
    Dockerd: tags &["dockerd"], units &["docker", "dockerd"], comms &["dockerd"];
    /// Docker as a runtime of Kubernetes.
    CriDockerd: tags &["cri-dockerd"], units &["cri-docker", "cri-dockerd"], comms &["cri-dockerd"];
    /// k3s: kubelet and containerd in one.
    K3s: tags &["k3s"], units &["k3s", "k3s-agent"], comms &["k3s", "k3s-server", "k3s-agent"];
    /// RKE2, the same.
    Rke2: tags &["rke2"], units &["rke2-server", "rke2-agent"], comms &["rke2"];
    /// systemd-oomd.
    SystemdOomd: tags &["systemd-oomd"], units &["systemd-oomd"], comms &["systemd-oomd"];
    /// earlyoom.
    EarlyOom: tags &["earlyoom"], units &["earlyoom"], comms &["earlyoom"];
    /// nohang.
    Nohang: tags &["nohang", "nohang-desktop"], units &["nohang", "nohang-desktop"], comms &["nohang", "nohang-desktop"];
    /// Meta's oomd.
    Oomd: tags &["oomd"], units &["oomd"], comms &["oomd"];
    /// Talos Linux' machined, which writes to the kernel's buffer.
    Talos: tags &["talos"], units &[], comms &["machined"];
    /// TKE's OOM-Guard, which writes Kubernetes Events.
    OomGuard: tags &["oom-guard"], units &[], comms &["oom-guard"];
    /// systemd, as PID 1 or as a user's manager.
    Systemd: tags &["systemd"], units &["init.scope"], comms &["systemd"];
    /// A standalone cAdvisor; the kubelet contains another one.
    Cadvisor: tags &["cadvisor"], units &["cadvisor"], comms &["cadvisor"];
    /// conmon, which monitors the containers of CRI-O and Podman.
    Conmon: tags &["conmon"], units &["crio-conmon", "libpod-conmon"], comms &["conmon"];
    /// Podman.
    Podman: tags &["podman"], units &["podman"], comms &["podman"];
    /// runc and crun.
    Runc: tags &["runc", "crun"], units &[], comms &["runc", "crun"];
    /// node-problem-detector.
    NodeProblemDetector: tags &["node-problem-detector", "node-problem-detector-startup.sh"], units &["node-problem-detector"], comms &["node-problem-de"];
    /// Kubernetes itself: its Events and the status of its pods, as kubectl and the exporters of Events print them.
    Kubernetes: tags &["kubernetes", "eventrouter", "kube-eventer"], units &[], comms &["eventrouter", "kube-eventer"];
    /// A container's status, as `crictl` prints it.
    Crictl: tags &["crictl"], units &[], comms &["crictl"];
}

impl Daemon {
    /// Its name in a syslog.
    #[must_use]
    pub fn name(self) -> &'static str {
        let names = NAMES.iter().find(|(daemon, _)| *daemon == self);
        names
            .and_then(|(_, names)| names.tags.first())
            .copied()
            .unwrap_or_default()
    }

    /// The daemon with this name in a syslog: `kubelet`, `systemd-oomd`.
    ///
    /// # Example
    /// ```
    /// use oomparse_core::Daemon;
    /// assert_eq!(Daemon::from_name("earlyoom"), Some(Daemon::EarlyOom));
    /// assert_eq!(Daemon::from_name("sh"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::of_tag(name.as_bytes())
    }

    /// The daemon with this tag, from which the process id was removed.
    pub(crate) fn of_tag(tag: &[u8]) -> Option<Self> {
        find(|names| holds(names.tags, tag))
    }

    /// The daemon with this unit, without `.service`.
    pub(crate) fn of_unit(unit: &[u8]) -> Option<Self> {
        find(|names| {
            names.units.iter().any(|known| {
                let rest = unit.strip_prefix(known.as_bytes());
                rest.is_some_and(|rest| matches!(rest, [] | [b'@', ..]))
            })
        })
    }

    /// The daemon with this executable.
    pub(crate) fn of_comm(comm: &[u8]) -> Option<Self> {
        find(|names| holds(names.comms, comm))
    }
}

fn holds(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|known| known.as_bytes() == name)
}

fn find(is_it: impl Fn(&Names) -> bool) -> Option<Daemon> {
    let found = NAMES.iter().find(|(_, names)| is_it(names));
    found.map(|(daemon, _)| *daemon)
}
