//! The status of a pod's containers, and a container's status as printed by `crictl inspect`.
//!
//! The killed container is in `lastState.terminated`, or in `state.terminated` while no other one runs; the
//! status' own `containerID` is that of the next container. `OOMKilled` does not prove that the first process was
//! killed: exit codes 0 and 143 do occur. 137 with another reason is a SIGKILL from anybody, and makes no event.

use super::{Context, Repeats, begin, number, text, time};
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
pub(super) fn pod(
    value: &Value,
    ctx: Context<'_>,
    repeats: &mut Repeats,
    out: &mut VecDeque<OomEvent>,
) {
    let lists = LISTS
        .iter()
        .filter_map(|path| value.pointer(path)?.as_array());
    for status in lists.flatten() {
        container(status, Some(value), ctx, repeats, out);
    }
    let is_evicted = text(value, "/status/reason") == Some("Evicted");
    let message = text(value, "/status/message").unwrap_or_default();
    if is_evicted && after_low_on_memory(message).is_some() {
        let own = [b"evicted", identity(value).as_slice()].concat();
        if repeats.is_new(stable_hash(&[&own])) {
            let mut event = begin(ctx, Reporter::KubernetesStatus, None, None, Some(&own));
            put_pod(value, &mut event);
            let testimony = event.testimony_mut();
            testimony.killer = Some(Killer::Kubelet);
            testimony.resource = Some(Resource::Memory);
            testimony.words = Some("Evicted");
            out.push_back(event);
        }
    }
}

/// Reports one container's status.
pub(super) fn container(
    status: &Value,
    of: Option<&Value>,
    ctx: Context<'_>,
    repeats: &mut Repeats,
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
        if !repeats.is_new(stable_hash(&[&own])) {
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
        let testimony = event.testimony_mut();
        testimony.words = Some("OOM");
        testimony.init = Some(Init {
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
pub(super) fn cri(
    value: &Value,
    ctx: Context<'_>,
    repeats: &mut Repeats,
    out: &mut VecDeque<OomEvent>,
) {
    let Some(status) = value.get("status") else {
        return;
    };
    let id = text(status, "/id").and_then(|id| container_id(id.as_bytes()));
    let Some(id) = id.filter(|_| is_killed(status)) else {
        return;
    };
    let finished = text(status, "/finishedAt").unwrap_or_default();
    let own = [id, "/", finished].concat();
    if !repeats.is_new(stable_hash(&[b"cri", own.as_bytes()])) {
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
    let testimony = event.testimony_mut();
    testimony.words = Some("OOM");
    testimony.init = Some(Init {
        pid: None,
        exit_code: number(status, "/exitCode").and_then(|it| i32::try_from(it).ok()),
        time: at,
    });
    out.push_back(event);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_by_their_keys() {
        for (value, found) in [
            (json!({"kind": "Pod"}), [true, false, false]),
            (
                json!({"kind": "Node", "metadata": {}, "status": {"containerStatuses": []}}),
                [false; 3],
            ),
            (
                json!({"metadata": {}, "status": {"containerStatuses": []}}),
                [true, false, false],
            ),
            (json!({"metadata": {}}), [false; 3]),
            (json!({"status": {"containerStatuses": []}}), [false; 3]),
            (
                json!({"name": "a", "lastState": {}, "restartCount": 1}),
                [false, true, false],
            ),
            (
                json!({"name": "a", "state": {}, "restartCount": 1}),
                [false, true, false],
            ),
            (json!({"name": "a", "state": {}}), [false; 3]),
            (json!({"name": "a", "restartCount": 1}), [false; 3]),
            (
                json!({"name": 1, "state": {}, "restartCount": 1}),
                [false; 3],
            ),
            (
                json!({"status": {"state": "CONTAINER_EXITED"}}),
                [false, false, true],
            ),
            (
                json!({"containers": [{"state": "CONTAINER_EXITED"}]}),
                [false, false, true],
            ),
            (json!({"status": {"state": "exited"}}), [false; 3]),
        ] {
            assert_eq!(
                [is_pod(&value), is_containers(&value), is_cri(&value)],
                found,
                "{value}"
            );
        }
    }

    #[test]
    fn runtimes_and_classes() {
        let id = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        for (name, runtime) in [
            ("containerd", Some(Runtime::Containerd)),
            ("cri-o", Some(Runtime::CriO)),
            ("docker", Some(Runtime::Docker)),
            ("x", None),
        ] {
            let found = runtime_and_id(&[name, "://", id].concat()).unwrap();
            assert_eq!(found, (runtime, id.into()));
        }
        assert!(runtime_and_id(id).is_none() && runtime_and_id("docker://x").is_none());
        assert_eq!(qos_class("Burstable"), Some(QosClass::Burstable));
        assert_eq!(qos_class("x"), None);
    }

    /// The events of a pod that is listed so often.
    fn events(value: &Value, times: usize) -> alloc::vec::Vec<OomEvent> {
        let roots = crate::cgroup::CgroupRoots::default();
        let ctx = Context {
            accept: crate::Accept::ANY.and_all_daemons(),
            origin: crate::Origin::Unknown,
            host: None,
            roots: &roots,
        };
        let (mut repeats, mut out) = (Repeats::default(), VecDeque::new());
        (0..times).for_each(|_| pod(value, ctx, &mut repeats, &mut out));
        out.into()
    }

    #[test]
    fn an_end_is_reported_once_and_by_its_reason() {
        let of = |ended: Value| {
            json!({
                "kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop"}, "spec": {"nodeName": "n1"},
                "status": {"qosClass": "Burstable", "containerStatuses": [{"name": "app", "lastState": {"terminated": ended}}]},
            })
        };
        let killed =
            json!({"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2025-06-01T10:00:05Z"});
        let found = events(&of(killed.clone()), 2);
        let [event] = &found[..] else {
            panic!("{found:?}");
        };
        assert!(event.id.is_some());
        assert_eq!(event.time.unwrap().second, 5);
        assert_eq!(event.host, Some("n1".into()));
        let found = event.pod.as_ref().unwrap();
        assert_eq!(
            (
                found.name.as_deref(),
                found.namespace.as_deref(),
                found.node.as_deref()
            ),
            (Some("web-0"), Some("shop"), Some("n1"))
        );
        assert_eq!(found.qos_class, Some(QosClass::Burstable));
        let testimony = event.testimony.as_ref().unwrap();
        let init = testimony.init.as_ref().unwrap();
        assert_eq!((init.exit_code, init.time), (Some(137), event.time));
        let by = (testimony.words, testimony.killer);
        assert_eq!(by, (Some("OOM"), Some(Killer::Kernel)));
        // Without a time and an id nothing distinguishes it from the next one's.
        let timeless = events(&of(json!({"reason": "OOMKilled"})), 1);
        assert!(timeless[0].id.is_none());
        let id = "docker://2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        let named = events(&of(json!({"reason": "OOMKilled", "containerID": id})), 1);
        assert!(named[0].id.is_some());
        let birth = "failed: container init was OOM-killed (memory limit too low?): unknown";
        for (ended, all) in [
            (json!({"reason": "Error", "exitCode": 137}), 0),
            (json!({"reason": "StartError", "message": birth}), 1),
            (json!({"reason": "RunContainerError", "message": birth}), 1),
            (json!({"reason": "ContainerCannotRun", "message": birth}), 1),
            (json!({"reason": "StartError", "message": "x"}), 0),
            (json!({"reason": "Completed", "message": birth}), 0),
            (json!("OOMKilled"), 0),
        ] {
            assert_eq!(events(&of(ended.clone()), 1).len(), all, "{ended}");
        }
        // Another end of the same container is another event.
        let mut later = of(killed.clone());
        later["status"]["containerStatuses"][0]["state"] =
            json!({"terminated": {"reason": "OOMKilled", "finishedAt": "2025-06-01T10:00:06Z"}});
        assert_eq!(events(&later, 1).len(), 2);
        for list in ["initContainerStatuses", "ephemeralContainerStatuses"] {
            let mut other = of(killed.clone());
            other["status"][list] = other["status"]["containerStatuses"].take();
            assert_eq!(events(&other, 1).len(), 1, "{list}");
        }
    }

    #[test]
    fn an_evicted_pod_is_reported_once() {
        let of = |name: &str, reason: &str, message: &str| json!({"kind": "Pod", "metadata": {"name": name, "uid": "3962896b-ab69-4572-8f1d-ee756f9f3589"}, "status": {"reason": reason, "message": message}});
        let low = "The node was low on resource: memory. ";
        let found = events(&of("web-0", "Evicted", low), 2);
        let [event] = &found[..] else {
            panic!("{found:?}");
        };
        let testimony = event.testimony.as_ref().unwrap();
        assert_eq!(
            (testimony.killer, testimony.resource, testimony.words),
            (
                Some(Killer::Kubelet),
                Some(Resource::Memory),
                Some("Evicted")
            )
        );
        assert!(event.pod.is_some() && event.id.is_some());
        for (reason, message) in [
            ("Evicted", "The node had condition: [MemoryPressure]. "),
            ("Failed", low),
        ] {
            assert!(
                events(&of("web-0", reason, message), 1).is_empty(),
                "{reason}"
            );
        }
    }

    #[test]
    fn a_runtimes_own_word_is_reported_once() {
        let id = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        let uid = "3962896b-ab69-4572-8f1d-ee756f9f3589";
        let value = json!({"status": {
            "id": id, "state": "CONTAINER_EXITED", "reason": "OOMKilled", "exitCode": 137, "finishedAt": "2025-06-01T10:00:05Z",
            "metadata": {"name": "app"},
            "labels": {"io.kubernetes.pod.uid": uid, "io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.name": "web-0"},
        }});
        let roots = crate::cgroup::CgroupRoots::default();
        let ctx = Context {
            accept: crate::Accept::ANY.and_all_daemons(),
            origin: crate::Origin::Unknown,
            host: None,
            roots: &roots,
        };
        let (mut repeats, mut out) = (Repeats::default(), VecDeque::new());
        (0..2).for_each(|_| cri(&value, ctx, &mut repeats, &mut out));
        assert_eq!(out.len(), 1);
        let event = out.pop_front().unwrap();
        let (pod, container) = (event.pod.unwrap(), event.container.unwrap());
        let names = [
            pod.uid,
            pod.namespace,
            pod.name,
            container.id,
            container.name,
        ];
        assert_eq!(names.map(Option::unwrap), [uid, "shop", "web-0", id, "app"]);
        let init = event.testimony.unwrap().init.unwrap();
        assert_eq!((init.exit_code, init.time), (Some(137), event.time));
    }
}
