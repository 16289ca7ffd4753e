//! The pod's names under the keys of other programs. The table is in `docs/filter.md`.

use clap::ValueEnum;
use oomparse_core::OomEvent;
use oomparse_host::kubernetes;
use serde_json::{Map, Value};

/// Whose names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Names {
    /// Only those in the event itself
    Native,
    /// OpenTelemetry's semantic conventions
    Otel,
    /// Elastic Common Schema, as Beats and the Elastic Agent write it
    Ecs,
    /// Fluent Bit's kubernetes filter
    FluentBit,
    /// Vector's kubernetes_logs source
    Vector,
}

/// The keys to add next to the event, and their values; unknown values are omitted.
pub(crate) fn pairs(event: &OomEvent, names: Names) -> Vec<(String, Value)> {
    match names {
        Names::Native => Vec::new(),
        Names::Otel => otel(event),
        Names::Ecs => ecs(event),
        Names::FluentBit => in_kubernetes(fluent_bit(event)),
        Names::Vector => in_kubernetes(vector(event)),
    }
}

/// The event's data, borrowed.
#[derive(Default)]
struct Known<'a> {
    uid: Option<&'a str>,
    pod: Option<&'a str>,
    namespace: Option<&'a str>,
    node: Option<&'a str>,
    owner: Option<&'a str>,
    labels: &'a [(String, String)],
    container: Option<&'a str>,
    container_id: Option<&'a str>,
    runtime: Option<&'static str>,
    pid: Option<u32>,
    comm: Option<String>,
}

impl<'a> Known<'a> {
    fn of(event: &'a OomEvent) -> Self {
        let mut known = Self::default();
        if let Some(pod) = &event.pod {
            known.uid = pod.uid.as_deref();
            known.pod = pod.name.as_deref();
            known.namespace = pod.namespace.as_deref();
            known.node = pod.node.as_deref();
            known.owner = pod.owner.as_deref();
            known.labels = &pod.labels;
        }
        if let Some(container) = &event.container {
            known.container = container.name.as_deref();
            known.container_id = container.id.as_deref();
            known.runtime = container.runtime.map(|runtime| runtime.as_str());
        }
        if let Some(victim) = &event.victim {
            known.pid = Some(victim.pid);
            known.comm = victim.comm.as_ref().map(|comm| comm.to_display().into());
        }
        known
    }
}

/// Keys with values, in order.
#[derive(Default)]
struct Pairs(Vec<(String, Value)>);

impl Pairs {
    fn put(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.push((key.to_owned(), value.into()));
        }
    }

    fn put_object(&mut self, key: &str, object: Pairs) {
        let object: Map<String, Value> = object.0.into_iter().collect();
        self.put(key, (!object.is_empty()).then_some(object));
    }
}

fn otel(event: &OomEvent) -> Vec<(String, Value)> {
    let known = Known::of(event);
    let mut out = Pairs::default();
    out.put("k8s.pod.uid", known.uid);
    out.put("k8s.pod.name", known.pod);
    out.put("k8s.namespace.name", known.namespace);
    out.put("k8s.node.name", known.node);
    if let Some((kind, name)) = known.owner.and_then(|owner| owner.split_once('/')) {
        let kind = match kind {
            "ReplicaSet" => Some("k8s.replicaset.name"),
            "Deployment" => Some("k8s.deployment.name"),
            "StatefulSet" => Some("k8s.statefulset.name"),
            "DaemonSet" => Some("k8s.daemonset.name"),
            "Job" => Some("k8s.job.name"),
            "CronJob" => Some("k8s.cronjob.name"),
            _ => None,
        };
        if let Some(key) = kind {
            out.put(key, Some(name));
        }
    }
    for (key, value) in known.labels {
        out.put(&format!("k8s.pod.label.{key}"), Some(value.as_str()));
    }
    out.put("k8s.container.name", known.container);
    out.put("container.id", known.container_id);
    out.put("container.runtime.name", known.runtime);
    out.put("process.pid", known.pid);
    out.0
}

fn ecs(event: &OomEvent) -> Vec<(String, Value)> {
    let known = Known::of(event);
    let (mut pod, mut node, mut named) = (Pairs::default(), Pairs::default(), Pairs::default());
    pod.put("uid", known.uid);
    pod.put("name", known.pod);
    node.put("name", known.node);
    named.put("name", known.container);
    let mut kubernetes = Pairs::default();
    kubernetes.put_object("pod", pod);
    kubernetes.put("namespace", known.namespace);
    kubernetes.put_object("node", node);
    kubernetes.put_object("container", named);
    let mut labels = Pairs::default();
    for (key, value) in known.labels {
        // Like Beats (`labels.dedot`): a dot would make an object.
        labels.put(&key.replace('.', "_"), Some(value.as_str()));
    }
    kubernetes.put_object("labels", labels);
    let (mut container, mut process) = (Pairs::default(), Pairs::default());
    container.put("id", known.container_id);
    container.put("runtime", known.runtime);
    process.put("pid", known.pid);
    process.put("name", known.comm);
    let mut out = Pairs::default();
    out.put_object("kubernetes", kubernetes);
    out.put_object("container", container);
    out.put_object("process", process);
    out.0
}

fn fluent_bit(event: &OomEvent) -> Pairs {
    let known = Known::of(event);
    let mut out = Pairs::default();
    for (key, value) in kubernetes(event) {
        out.put(key, Some(value));
    }
    out.put_object("labels", labels(&known));
    out
}

fn vector(event: &OomEvent) -> Pairs {
    let known = Known::of(event);
    let mut out = Pairs::default();
    out.put("pod_name", known.pod);
    out.put("pod_namespace", known.namespace);
    out.put("pod_uid", known.uid);
    out.put("pod_node_name", known.node);
    out.put("pod_owner", known.owner);
    out.put("container_name", known.container);
    out.put("container_id", known.container_id);
    out.put_object("pod_labels", labels(&known));
    out
}

fn labels(known: &Known<'_>) -> Pairs {
    let mut out = Pairs::default();
    for (key, value) in known.labels {
        out.put(key, Some(value.as_str()));
    }
    out
}

fn in_kubernetes(object: Pairs) -> Vec<(String, Value)> {
    let mut out = Pairs::default();
    out.put_object("kubernetes", object);
    out.0
}

#[cfg(test)]
mod tests;
