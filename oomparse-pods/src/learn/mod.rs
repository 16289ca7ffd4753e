//! Names learned from the log lines of the kubelet and of container runtimes.
//!
//! | daemon | line | teaches |
//! |---|---|---|
//! | kubelet | `"Error syncing pod, skipping" err="…" pod="default/web-0" podUID="3962896b-…"` | uid, namespace, pod |
//! | kubelet | `"SyncLoop (PLEG): event for pod" pod="default/web-0" event={"ID":"3962896b-…",…,"Data":"a2172e8d…"}` | and a container's id |
//! | kubelet, up to 1.18 | `Error syncing pod 0f5eb28f-… ("web-0_default(0f5eb28f-…)"), skipping: …` | uid, namespace, pod |
//! | containerd | `RunPodSandbox for &PodSandboxMetadata{Name:web-0,Uid:…,Namespace:default,…} returns sandbox id "…"` | uid, namespace, pod, sandbox |
//! | containerd | `CreateContainer within sandbox "…" for &ContainerMetadata{Name:app,…} returns container id "…"` | container |
//! | CRI-O | `Created container a2172e8d…: default/web-0/app` | container, namespace, pod |
//! | dockerd, cri-dockerd | `k8s_app_web-0_default_3962896b-…_0` | uid, namespace, pod, container |
//!
//! Anybody may write such text to a log. So a line is read only if its author is that daemon (its
//! [`Author`](oomparse_core::Author) says so) and if it begins like that daemon's lines, and the values that are
//! read come before any text that a workload could have put there.

mod kubelet;
mod log;
mod runtime;

pub use log::Learner;

#[cfg(doc)]
use super::record::PodRecord;
use super::table::PodTable;
use crate::limits::MAX_LEARN_LEN;
use oomparse_core::Daemon;

/// Every line that can teach a name contains one of these.
pub const LEARN_LITERALS: &[&str] = &[
    "podUID",
    "(PLEG)",
    "Error syncing pod",
    "(UID: ",
    "Event(v1.ObjectReference",
    "RunPodSandbox for ",
    "CreateContainer within sandbox",
    "Created container ",
    "Ran pod sandbox ",
    "k8s_",
];

/// Learns from a daemon's line; returns whether it taught anything.
///
/// It never names a nested pod, because the user did not name this log as a source, see
/// [`PodRecord::is_default`].
///
/// `tag` is the daemon's name without its pid: `kubelet`, `containerd`, `crio`, `dockerd`, `cri-dockerd`, `k3s`,
/// `rke2`. Lines of other programs teach nothing.
pub fn learn(table: &mut PodTable, tag: &[u8], message: &[u8]) -> bool {
    let daemon = core::str::from_utf8(tag).ok().and_then(Daemon::from_name);
    daemon.is_some_and(|daemon| learn_from(table, daemon, message, true))
}

/// The same for a known daemon; `is_default` unless the user named the log as a source of names.
fn learn_from(table: &mut PodTable, daemon: Daemon, message: &[u8], is_default: bool) -> bool {
    let (kubelet, runtime) = match daemon {
        Daemon::Kubelet => (true, false),
        Daemon::Containerd | Daemon::Crio | Daemon::Dockerd | Daemon::CriDockerd => (false, true),
        Daemon::K3s | Daemon::Rke2 => (true, true),
        _ => return false,
    };
    let holds = |literal: &&str| memchr::memmem::find(message, literal.as_bytes()).is_some();
    if message.len() > MAX_LEARN_LEN || !LEARN_LITERALS.iter().any(holds) {
        return false;
    }
    let Ok(message) = core::str::from_utf8(message) else {
        return false;
    };
    let record = kubelet.then(|| kubelet::record(message)).flatten();
    let by_runtime = || runtime.then(|| runtime::record(message, daemon, table));
    match record.or_else(|| by_runtime().flatten()) {
        Some(mut record) => {
            record.is_default = is_default;
            table.insert(record)
        }
        None => false,
    }
}

/// The text between two other texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

#[cfg(test)]
mod tests;
