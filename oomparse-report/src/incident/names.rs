//! Names that one event has and another lacks: of a pod by its uid, of a container by its id.

use oomparse_core::{OomEvent, PodSource, Reporter};
use std::collections::HashMap;

/// The names in the events of Kubernetes and the runtimes.
#[derive(Debug, Default)]
pub(super) struct Names {
    pods: HashMap<String, (Option<String>, String)>,
    containers: HashMap<String, String>,
}

impl Names {
    pub(super) fn of<'e>(events: impl Iterator<Item = &'e OomEvent>) -> Self {
        let mut names = Self::default();
        for event in events.filter(|event| knows_names(event)) {
            if let Some(pod) = &event.pod
                && let (Some(uid), Some(name)) = (&pod.uid, &pod.name)
            {
                let name = (pod.namespace.clone(), name.clone());
                names.pods.insert(uid.clone(), name);
            }
            if let Some(container) = &event.container
                && let (Some(id), Some(name)) = (&container.id, &container.name)
            {
                names.containers.insert(id.clone(), name.clone());
            }
        }
        names
    }

    /// Adds the names that an event lacks. A pod of another cluster keeps its own.
    pub(super) fn give(&self, event: &mut OomEvent) {
        if let Some(pod) = &mut event.pod
            && pod.name.is_none()
            && !pod.nested
            && let Some((namespace, name)) = pod.uid.as_ref().and_then(|uid| self.pods.get(uid))
        {
            pod.namespace.clone_from(namespace);
            pod.name = Some(name.clone());
            pod.source = Some(PodSource::Kubernetes);
        }
        if let Some(container) = &mut event.container
            && container.name.is_none()
            && let Some(id) = &container.id
        {
            container.name = self.containers.get(id).cloned();
        }
    }
}

/// Whether the names are its reporter's own, and not a workload's labels.
fn knows_names(event: &OomEvent) -> bool {
    let reporter = event.testimony.as_deref().and_then(|it| it.reporter);
    matches!(
        reporter,
        Some(Reporter::KubernetesEvent | Reporter::KubernetesStatus | Reporter::Cri)
    )
}
