//! Figures of the last kill of each container, for a limited number of containers.

use oomparse_core::{EventType, LimitLevel, OomEvent};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many containers are kept: three series each. The one with the oldest kill is removed first.
const MAX_CONTAINERS: usize = 500;

/// The figures of a container's last kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastKill {
    pub(crate) limit_bytes: Option<u64>,
    pub(crate) usage_bytes: Option<u64>,
    /// Since 1970.
    pub(crate) at: Duration,
}

/// By namespace, pod and container.
#[derive(Clone, Debug, Default)]
pub(super) struct Containers(BTreeMap<[String; 3], LastKill>);

impl Containers {
    /// Notes a kill, if the names of its container are known.
    pub(super) fn note(&mut self, event: &OomEvent, at: Duration) {
        let names = names(event).filter(|_| event.event_type == EventType::Kill);
        let Some(names) = names else { return };
        // The counter belongs to the limit: the container's, or that of its pod.
        let level = event.cgroup.as_ref().and_then(|cgroup| cgroup.limit_level);
        let is_its = matches!(level, Some(LimitLevel::Container | LimitLevel::Pod));
        let memory = event.memory.as_ref().filter(|_| is_its);
        let last = LastKill {
            limit_bytes: memory.and_then(|memory| memory.limit_bytes),
            usage_bytes: memory.and_then(|memory| memory.usage_bytes),
            at,
        };
        if self.0.len() >= MAX_CONTAINERS && !self.0.contains_key(&names) {
            let oldest = self.0.iter().min_by_key(|(_, last)| last.at);
            if let Some(names) = oldest.map(|(names, _)| names.clone()) {
                self.0.remove(&names);
            }
        }
        self.0.insert(names, last);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (Vec<(&'static str, String)>, &LastKill)> {
        self.0.iter().map(|(names, last)| {
            let keys = ["namespace", "pod", "container"];
            let labels = keys.into_iter().zip(names.iter().cloned()).collect();
            (labels, last)
        })
    }
}

fn names(event: &OomEvent) -> Option<[String; 3]> {
    let pod = event.pod.as_ref()?;
    let container = event.container.as_ref();
    let container = container.and_then(|container| container.name.clone());
    Some([
        pod.namespace.clone()?,
        pod.name.clone()?,
        container.unwrap_or_default(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kill(pod: &str) -> OomEvent {
        let mut event = oomparse_core::parse_all(
            b"[1.1] Killed process 2 (a)\n",
            &oomparse_core::Options::new(),
        )
        .next()
        .unwrap();
        let of = event.pod.get_or_insert_default();
        of.namespace = Some("default".into());
        of.name = Some(pod.into());
        event
    }

    #[test]
    fn the_oldest_leaves_first() {
        let mut containers = Containers::default();
        for at in 0..2 * MAX_CONTAINERS {
            let at = Duration::from_secs(at as u64);
            containers.note(&kill(&format!("web-{}", at.as_secs())), at);
        }
        assert_eq!(containers.0.len(), MAX_CONTAINERS);
        let first = containers.all().map(|(_, last)| last.at).min();
        assert_eq!(first, Some(Duration::from_secs(MAX_CONTAINERS as u64)));
        let mut unnamed = OomEvent::default();
        unnamed.event_type = EventType::Kill;
        containers.note(&unnamed, Duration::MAX);
        assert_eq!(containers.0.len(), MAX_CONTAINERS);
    }
}
