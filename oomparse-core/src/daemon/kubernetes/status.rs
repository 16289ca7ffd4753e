//! The status of a pod's containers, and a container's status as printed by `crictl inspect`.
//!
//! The killed container is in `lastState.terminated`, or in `state.terminated` while no other one runs; the
//! status' own `containerID` is that of the next container. `OOMKilled` does not prove that the first process was
//! killed: exit codes 0 and 143 do occur. 137 with another reason is a SIGKILL from anybody, and makes no event.

use super::{Context, Told, begin, number, text, time};
use crate::bytes::Text;
use crate::cgroup::{QosClass, Runtime};
use crate::daemon::birth::killed_at_birth;
use crate::daemon::go::container_id;
use crate::daemon::names;
use crate::daemon::text::after_low_on_memory;
use crate::event::{Container, Init, Killer, OomEvent, Pod, Reporter, Resource};
use crate::hash::stable_hash;
use alloc::collections::VecDeque;
use serde_json::Value;

const LISTS: [&str; 3] = [
    "/status/containerStatuses",
    "/status/initContainerStatuses",
    "/status/ephemeralContainerStatuses",
];

/// Whether an object is a pod.
pub(super) fn is_pod(value: &Value) -> bool {
    let is_kind = value.get("kind").is_some_and(|kind| kind == "Pod");
    let is_without = value.get("kind").is_none() && value.get("metadata").is_some();
    is_kind || is_without && value.pointer("/status/containerStatuses").is_some()
}

/// Whether an object is a container's status, without its pod.
pub(super) fn is_containers(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some_and(Value::is_object);
    let is_named = value.get("name").is_some_and(Value::is_string);
    is_named && (has("lastState") || has("state")) && value.get("restartCount").is_some()
}

/// Whether an object is `crictl`'s output about one container or all.
pub(super) fn is_cri(value: &Value) -> bool {
    let state = text(value, "/status/state").or_else(|| text(value, "/containers/0/state"));
    state.is_some_and(|state| state.starts_with("CONTAINER_"))
}

/// Reports a pod's status.
pub(super) fn pod(value: &Value, ctx: Context<'_>, told: &mut Told, out: &mut VecDeque<OomEvent>) {
    let lists = LISTS
        .iter()
        .filter_map(|path| value.pointer(path)?.as_array());
    for status in lists.flatten() {
        container(status, Some(value), ctx, told, out);
    }
    let is_evicted = text(value, "/status/reason") == Some("Evicted");
    let message = text(value, "/status/message").unwrap_or_default();
    if is_evicted && after_low_on_memory(message).is_some() {
        let own = [b"evicted", identity(value).as_slice()].concat();
        if told.is_new(stable_hash(&[&own])) {
            let mut event = begin(ctx, Reporter::KubernetesStatus, None, None, Some(&own));
            put_pod(value, &mut event);
            let told = event.told();
            told.killer = Some(Killer::Kubelet);
            told.resource = Some(Resource::Memory);
            told.told = Some("Evicted");
            out.push_back(event);
        }
    }
}

/// Reports one container's status.
pub(super) fn container(
    status: &Value,
    of: Option<&Value>,
    ctx: Context<'_>,
    told: &mut Told,
    out: &mut VecDeque<OomEvent>,
) {
    for place in ["/lastState/terminated", "/state/terminated"] {
        let Some(ended) = status.pointer(place).filter(|it| it.is_object()) else {
            continue;
        };
        if !is_killed(ended) {
            continue;
        }
        let finished = text(ended, "/finishedAt").unwrap_or_default();
        let name = text(status, "/name");
        let id = text(ended, "/containerID").and_then(runtime_and_id);
        let own = [
            identity(of.unwrap_or(&Value::Null)).as_slice(),
            name.unwrap_or_default().as_bytes(),
            b"/",
            id.as_ref().map_or("", |(_, id)| id.as_str()).as_bytes(),
            b"/",
            finished.as_bytes(),
        ]
        .concat();
        if !told.is_new(stable_hash(&[&own])) {
            continue;
        }
        let at = time(ended, "/finishedAt");
        let has_own = id.is_some() || at.is_some();
        let mut event = begin(
            ctx,
            Reporter::KubernetesStatus,
            at,
            None,
            has_own.then_some(own.as_slice()),
        );
        if let Some(pod) = of {
            put_pod(pod, &mut event);
        }
        let (runtime, id) = id.map_or((None, None), |(runtime, id)| (runtime, Some(id)));
        event.container = Some(Container {
            id,
            runtime,
            name: name.and_then(|name| names::name(name.as_bytes())),
            ..Container::default()
        });
        let told = event.told();
        told.told = Some("OOM");
        told.init = Some(Init {
            pid: None,
            exit_code: number(ended, "/exitCode").and_then(|it| i32::try_from(it).ok()),
            time: at,
        });
        out.push_back(event);
    }
}

/// Whether the OOM killer is reported to have caused an end, before the container ran or later.
fn is_killed(ended: &Value) -> bool {
    match text(ended, "/reason") {
        Some("OOMKilled") => true,
        Some("StartError" | "RunContainerError" | "ContainerCannotRun") => {
            let message = text(ended, "/message").unwrap_or_default();
            killed_at_birth(message.as_bytes()).is_some()
        }
        _ => false,
    }
}

/// The identity of a pod.
fn identity(pod: &Value) -> alloc::vec::Vec<u8> {
    let part = |path: &str| text(pod, path).unwrap_or_default();
    let parts = [
        part("/metadata/uid"),
        part("/metadata/namespace"),
        part("/metadata/name"),
        "",
    ];
    parts.join("/").into_bytes()
}

fn put_pod(value: &Value, event: &mut OomEvent) {
    let name = |path: &str| text(value, path).and_then(|it| names::name(it.as_bytes()));
    let node = name("/spec/nodeName");
    event.host = node.as_deref().map(Text::from).or(event.host.take());
    event.pod = Some(Pod {
        uid: text(value, "/metadata/uid").and_then(|it| names::uid(it.as_bytes())),
        qos_class: text(value, "/status/qosClass").and_then(qos_class),
        namespace: name("/metadata/namespace"),
        name: name("/metadata/name"),
        node,
        ..Pod::default()
    });
}

fn qos_class(word: &str) -> Option<QosClass> {
    let all = [
        QosClass::Guaranteed,
        QosClass::Burstable,
        QosClass::BestEffort,
    ];
    all.into_iter().find(|class| class.as_str() == word)
}

/// `containerd://3b22…`
fn runtime_and_id(text: &str) -> Option<(Option<Runtime>, alloc::string::String)> {
    let (runtime, id) = text.split_once("://")?;
    let runtime = match runtime {
        "containerd" => Some(Runtime::Containerd),
        "cri-o" => Some(Runtime::CriO),
        "docker" => Some(Runtime::Docker),
        _ => None,
    };
    Some((runtime, container_id(id.as_bytes())?.into()))
}

/// Reports the output of `crictl inspect`.
pub(super) fn cri(value: &Value, ctx: Context<'_>, told: &mut Told, out: &mut VecDeque<OomEvent>) {
    let Some(status) = value.get("status") else {
        return;
    };
    let id = text(status, "/id").and_then(|id| container_id(id.as_bytes()));
    let Some(id) = id.filter(|_| is_killed(status)) else {
        return;
    };
    let finished = text(status, "/finishedAt").unwrap_or_default();
    let own = [id, "/", finished].concat();
    if !told.is_new(stable_hash(&[b"cri", own.as_bytes()])) {
        return;
    }
    let at = time(status, "/finishedAt");
    let mut event = begin(ctx, Reporter::Cri, at, None, Some(own.as_bytes()));
    let label = |name: &str| {
        let label = status.get("labels")?.get(name)?.as_str()?;
        Some(label.as_bytes())
    };
    let pod = Pod {
        uid: label("io.kubernetes.pod.uid").and_then(names::uid),
        namespace: label("io.kubernetes.pod.namespace").and_then(names::name),
        name: label("io.kubernetes.pod.name").and_then(names::name),
        ..Pod::default()
    };
    event.pod = Some(pod).filter(|pod| *pod != Pod::default());
    let name = text(status, "/metadata/name").map(str::as_bytes);
    event.container = Some(Container {
        id: Some(id.into()),
        name: name
            .or_else(|| label("io.kubernetes.container.name"))
            .and_then(names::name),
        ..Container::default()
    });
    let told = event.told();
    told.told = Some("OOM");
    told.init = Some(Init {
        pid: None,
        exit_code: number(status, "/exitCode").and_then(|it| i32::try_from(it).ok()),
        time: at,
    });
    out.push_back(event);
}
