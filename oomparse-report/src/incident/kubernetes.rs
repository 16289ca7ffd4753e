//! Whether Kubernetes reported a death, only repeated the kernel's line, or did not notice it.

use super::rules::Joined;
use super::voice::Voice;
use oomparse_core::Reporter;
use std::collections::HashMap;

/// What Kubernetes knew about a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kubernetes {
    /// An Event on the pod, or the container's status, reports it.
    Reported,
    /// Only the kernel's line was repeated: on the node, or in the kubelet's log.
    Echo,
    /// It did not notice it, and that is proven.
    Silent(Silence),
    /// The logs do not show it.
    Unknown,
}

/// What proves that Kubernetes cannot have known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Silence {
    /// The container's first process, which has this pid, is not among the victims.
    OtherInit(u32),
    /// The container was alive afterwards.
    Lived,
}

impl Kubernetes {
    /// The word in the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Echo => "echo",
            Self::Silent(_) => "silent",
            Self::Unknown => "unknown",
        }
    }
}

/// How long after a kill a sign of life of the container is no longer an echo of the kill.
const ALIVE_AFTER_US: i64 = 5_000_000;

/// When containers were last seen alive, or ended.
#[derive(Debug, Default)]
pub(super) struct Lives {
    last: HashMap<String, i64>,
}

impl Lives {
    pub(super) fn of(groups: &[Vec<(Voice, Joined)>]) -> Self {
        let mut last: HashMap<String, i64> = HashMap::new();
        for (voice, _) in groups.iter().flatten() {
            let whole = voice.container().filter(|id| id.len() == 64);
            if let (Some(id), Some(at)) = (whole, voice.wall_us()) {
                let known = last.entry(id.to_owned()).or_insert(at);
                *known = at.max(*known);
            }
        }
        Self { last }
    }

    fn lived_after(&self, id: &str, at: i64) -> bool {
        let last = self.last.get(id);
        last.is_some_and(|last| last.saturating_sub(at) > ALIVE_AFTER_US)
    }
}

pub(super) fn judge(group: &[(Voice, Joined)], lives: &Lives) -> Kubernetes {
    let proven = || {
        group
            .iter()
            .filter(|(_, joined)| joined.is_proof())
            .map(|(voice, _)| voice)
    };
    if proven().any(tells_of_the_pod) {
        return Kubernetes::Reported;
    }
    if proven().any(echoes) {
        return Kubernetes::Echo;
    }
    match silence(&proven, lives) {
        Some(silence) => Kubernetes::Silent(silence),
        None => Kubernetes::Unknown,
    }
}

fn tells_of_the_pod(voice: &Voice) -> bool {
    match voice.reporter() {
        Some(Reporter::KubernetesStatus) => true,
        Some(Reporter::KubernetesEvent) => !is_of_node(voice),
        _ => false,
    }
}

fn echoes(voice: &Voice) -> bool {
    match voice.reporter() {
        Some(Reporter::Kubelet | Reporter::Cadvisor | Reporter::NodeProblemDetector) => true,
        Some(Reporter::KubernetesEvent) => is_of_node(voice),
        _ => false,
    }
}

fn is_of_node(voice: &Voice) -> bool {
    let event = voice.testimony().and_then(|it| it.event.as_ref());
    let object = event.and_then(|event| event.object.as_ref());
    object.and_then(|object| object.kind.as_deref()) == Some("Node")
}

/// Kubernetes reports only the end of a container. If its first process was not killed, or the container
/// continued, there was nothing to report.
fn silence<'v, I>(proven: &impl Fn() -> I, lives: &Lives) -> Option<Silence>
where
    I: Iterator<Item = &'v Voice>,
{
    // Kubernetes is not expected to report a process outside of all pods.
    let is_pods = |voice: &Voice| voice.pod_uid().is_some() || voice.pod_name().is_some();
    if !proven().any(is_pods) {
        return None;
    }
    let killed: Vec<u32> = proven().flat_map(Voice::pids).map(|(pid, _)| pid).collect();
    if killed.is_empty() {
        return None;
    }
    let init = proven().find_map(|voice| voice.testimony()?.init?.pid);
    if let Some(init) = init.filter(|init| !killed.contains(init)) {
        return Some(Silence::OtherInit(init));
    }
    let id = proven().find_map(|voice| voice.container().filter(|id| id.len() == 64))?;
    let at = proven().filter_map(Voice::wall_us).max()?;
    let ended_now = proven().any(|voice| voice.testimony().is_some_and(|it| it.init.is_some()));
    (!ended_now && lives.lived_after(id, at)).then_some(Silence::Lived)
}
