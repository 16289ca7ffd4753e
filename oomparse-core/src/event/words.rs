//! The fixed sets of words that only a record has.

use crate::words::words;

words! {
    /// What an event reports.
    #[derive(Default)]
    EventType {
        /// One process was killed.
        Kill = "kill",
        /// The killer ran and killed nobody.
        NoVictim = "no_victim",
        /// An OOM report that does not show whom the killer killed. Never counted as a kill.
        #[default]
        Report = "report",
        /// A killer other than the kernel killed a process, several processes or a cgroup, or ordered the kill.
        UserspaceKill = "userspace_kill",
        /// The kubelet ended a pod because the node was short of memory.
        Eviction = "eviction",
        /// A bystander reports that something of its own was killed for lack of memory. Never counted as a kill.
        Notice = "notice",
    }
}

words! {
    /// What was short of memory.
    Scope {
        /// A memory cgroup reached its limit.
        Memcg = "memcg",
        /// A container's beancounter reached its limit (OpenVZ 6).
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
    /// The source of a pod's names, least trusted first.
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
    /// Who killed.
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
    /// Who reports a kill by someone else.
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
        /// The kernel's count of kills in a memory cgroup, read by the caller.
        Memcg = "memcg",
    }
}

words! {
    /// How far a kill is known to have gone.
    Stage {
        /// The kill was ordered.
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
        /// The administrator's command was run.
        Command = "command",
        /// A service was restarted.
        Restart = "restart",
    }
}

words! {
    /// What became of the victim.
    Outcome {
        /// It exited.
        Exited = "exited",
        /// It is dead, but its parent has not reaped it yet.
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
        /// A limit was exceeded.
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
