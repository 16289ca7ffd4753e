//! The closed sets of words that only a record has.

use crate::words::words;

words! {
    /// What an event says.
    #[derive(Default)]
    EventType {
        /// One process was killed.
        Kill = "kill",
        /// The killer ran and killed nobody.
        NoVictim = "no_victim",
        /// An OOM report that does not show whom the killer killed. Never counted as a kill.
        #[default]
        Report = "report",
        /// Another killer than the kernel killed a process, a group of them or a cgroup, or gave the order.
        UserspaceKill = "userspace_kill",
        /// The kubelet ended a pod because the node was short of memory.
        Eviction = "eviction",
        /// A bystander says that something of its own was killed for want of memory. Never counted as a kill.
        Notice = "notice",
    }
}

words! {
    /// Where the memory was short.
    Scope {
        /// A memory cgroup reached its limit.
        Memcg = "memcg",
        /// A container's beancounter did (OpenVZ 6).
        Beancounter = "beancounter",
        /// The nodes of a cpuset were full.
        Cpuset = "cpuset",
        /// The nodes of a memory policy (`mbind`, `set_mempolicy`) were full.
        MemoryPolicy = "memory_policy",
        /// The whole machine.
        Global = "global",
    }
}

words! {
    /// Where a pod's names came from, least trusted first.
    #[derive(PartialOrd, Ord)]
    PodSource {
        /// Learned from a container runtime's log.
        RuntimeLog = "runtime-log",
        /// Learned from the kubelet's log.
        KubeletLog = "kubelet-log",
        /// A file that the user wrote.
        File = "file",
        /// Names of directories and files below `/var/log/pods` and `/var/log/containers`.
        PodLogsDir = "pod-logs-dir",
        /// `crictl`.
        Crictl = "crictl",
        /// The API server or the kubelet's `/pods`.
        Kubernetes = "kubernetes",
    }
}

words! {
    /// Whose hand killed.
    Killer {
        /// The kernel's OOM killer.
        Kernel = "kernel",
        /// systemd-oomd.
        SystemdOomd = "systemd-oomd",
        /// earlyoom.
        EarlyOom = "earlyoom",
        /// nohang.
        Nohang = "nohang",
        /// Meta's oomd.
        Oomd = "oomd",
        /// The OOM controller of Talos Linux.
        Talos = "talos",
        /// TKE's OOM-Guard.
        OomGuard = "tke-oom-guard",
        /// The kubelet, by eviction.
        Kubelet = "kubelet",
    }
}

words! {
    /// Who tells of a kill that was another's.
    Reporter {
        /// systemd, as PID 1 or as a user's manager.
        Systemd = "systemd",
        /// The kubelet's OOM watcher.
        Kubelet = "kubelet",
        /// cAdvisor.
        Cadvisor = "cadvisor",
        /// containerd.
        Containerd = "containerd",
        /// CRI-O.
        Crio = "cri-o",
        /// conmon.
        Conmon = "conmon",
        /// Docker.
        Docker = "docker",
        /// Podman.
        Podman = "podman",
        /// runc or crun.
        Runc = "runc",
        /// node-problem-detector.
        NodeProblemDetector = "node-problem-detector",
        /// An Event of Kubernetes.
        KubernetesEvent = "kubernetes-event",
        /// The status of a pod in Kubernetes.
        KubernetesStatus = "kubernetes-status",
        /// A runtime's status of a container, as `crictl` shows it.
        Cri = "cri",
    }
}

words! {
    /// How far a kill is known to have gone.
    Stage {
        /// The order was given.
        Marked = "marked",
        /// The signal was sent.
        Sent = "sent",
        /// The victim was seen dead.
        Confirmed = "confirmed",
    }
}

words! {
    /// What was done instead of sending a signal.
    Action {
        /// A command of the administrator's was run.
        Command = "command",
        /// A service was restarted.
        Restart = "restart",
    }
}

words! {
    /// What became of the victim.
    Outcome {
        /// It is gone.
        Exited = "exited",
        /// It is dead, and its parent has not noticed.
        Zombie = "zombie",
        /// It was still there when the killer stopped waiting.
        Survived = "survived",
        /// The signal could not be sent.
        Failed = "failed",
    }
}

words! {
    /// Why a killer acted.
    CauseKind {
        /// Processes waited for memory too long (PSI).
        MemoryPressure = "memory-pressure",
        /// Swap was nearly full.
        SwapUsed = "swap-used",
        /// The machine had little memory left.
        LowMemory = "low-memory",
        /// A cgroup was near its limit.
        NearLimit = "near-limit",
        /// A limit was passed.
        MemoryLimit = "memory-limit",
    }
}

words! {
    /// What was short when the kubelet evicted a pod.
    Resource {
        /// Memory.
        Memory = "memory",
    }
}
