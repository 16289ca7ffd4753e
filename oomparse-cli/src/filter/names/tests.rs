//! One test for each name of the table in `docs/filter.md`.

use super::*;
use oomparse_core::{Options, enrich, parse_all};
use oomparse_pods::PodTable;

const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
const ID: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";

/// A kill with everything known about its pod.
fn event() -> OomEvent {
    let log = format!(
        "[1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,\
         oom_memcg=/kubepods.slice/kubepods-pod{uid}.slice,\
         task_memcg=/kubepods.slice/kubepods-pod{uid}.slice/cri-containerd-{ID}.scope,task=java,pid=77,uid=0\n\
         [1.1] Memory cgroup out of memory: Killed process 77 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n",
        uid = UID.replace('-', "_")
    );
    let mut event = parse_all(log.as_bytes(), &Options::new()).next().unwrap();
    let mut table = PodTable::new();
    table.keep_labels(&["*"]);
    let listing = format!(
        r#"{{"kind":"PodList","apiVersion":"v1","items":[{{"metadata":{{"name":"web-0","namespace":"shop","uid":"{UID}",
        "labels":{{"app.kubernetes.io/name":"web"}},"ownerReferences":[{{"kind":"StatefulSet","name":"web","controller":true}}]}},
        "spec":{{"nodeName":"node-7"}},
        "status":{{"containerStatuses":[{{"name":"app","containerID":"containerd://{ID}"}}]}}}}]}}"#
    );
    let loaded = table.load(listing.as_bytes());
    assert_eq!(loaded.error, None);
    assert!(enrich(&mut event, &mut table));
    event
}

fn value(names: Names, pointer: &str) -> Value {
    let all: Map<String, Value> = pairs(&event(), names).into_iter().collect();
    let all = Value::Object(all);
    match all.pointer(pointer) {
        Some(value) => value.clone(),
        None => panic!("{pointer} is not in {all}"),
    }
}

/// Every name of one kind, one test each.
macro_rules! names {
    ($names:expr; $($test:ident: $pointer:literal = $value:expr;)*) => {
        $(#[test] fn $test() { assert_eq!(value($names, $pointer), Value::from($value)); })*
    };
}

/// The event itself, as every record has it.
mod native {
    use super::*;

    fn value(_: Names, pointer: &str) -> Value {
        let event: Value = serde_json::from_str(&event().to_json()).unwrap();
        event.pointer(pointer).unwrap().clone()
    }

    names! { Names::Native;
        pod_uid: "/pod/uid" = UID;
        pod_name: "/pod/name" = "web-0";
        namespace: "/pod/namespace" = "shop";
        node: "/pod/node" = "node-7";
        owner: "/pod/owner" = "StatefulSet/web";
        label: "/pod/labels/app.kubernetes.io~1name" = "web";
        container: "/container/name" = "app";
        container_id: "/container/id" = ID;
        runtime: "/container/runtime" = "containerd";
        pid: "/victim/pid" = 77;
        comm: "/victim/comm" = "java";
    }
}

mod otel {
    use super::*;
    names! { Names::Otel;
        pod_uid: "/k8s.pod.uid" = UID;
        pod_name: "/k8s.pod.name" = "web-0";
        namespace: "/k8s.namespace.name" = "shop";
        node: "/k8s.node.name" = "node-7";
        owner: "/k8s.statefulset.name" = "web";
        label: "/k8s.pod.label.app.kubernetes.io~1name" = "web";
        container: "/k8s.container.name" = "app";
        container_id: "/container.id" = ID;
        runtime: "/container.runtime.name" = "containerd";
        pid: "/process.pid" = 77;
    }
}

mod ecs {
    use super::*;
    names! { Names::Ecs;
        pod_uid: "/kubernetes/pod/uid" = UID;
        pod_name: "/kubernetes/pod/name" = "web-0";
        namespace: "/kubernetes/namespace" = "shop";
        node: "/kubernetes/node/name" = "node-7";
        label: "/kubernetes/labels/app_kubernetes_io~1name" = "web";
        container: "/kubernetes/container/name" = "app";
        container_id: "/container/id" = ID;
        runtime: "/container/runtime" = "containerd";
        pid: "/process/pid" = 77;
        comm: "/process/name" = "java";
    }
}

mod fluent_bit {
    use super::*;
    names! { Names::FluentBit;
        pod_uid: "/kubernetes/pod_id" = UID;
        pod_name: "/kubernetes/pod_name" = "web-0";
        namespace: "/kubernetes/namespace_name" = "shop";
        node: "/kubernetes/host" = "node-7";
        label: "/kubernetes/labels/app.kubernetes.io~1name" = "web";
        container: "/kubernetes/container_name" = "app";
        container_id: "/kubernetes/docker_id" = ID;
    }
}

mod vector {
    use super::*;
    names! { Names::Vector;
        pod_uid: "/kubernetes/pod_uid" = UID;
        pod_name: "/kubernetes/pod_name" = "web-0";
        namespace: "/kubernetes/pod_namespace" = "shop";
        node: "/kubernetes/pod_node_name" = "node-7";
        owner: "/kubernetes/pod_owner" = "StatefulSet/web";
        label: "/kubernetes/pod_labels/app.kubernetes.io~1name" = "web";
        container: "/kubernetes/container_name" = "app";
        container_id: "/kubernetes/container_id" = ID;
    }
}

#[test]
fn native_adds_nothing() {
    assert_eq!(pairs(&event(), Names::Native), []);
}

#[test]
fn what_is_not_known_has_no_key() {
    let event = parse_all(
        b"[1.1] Killed process 77 (java) total-vm:8kB\n",
        &Options::new(),
    )
    .next()
    .unwrap();
    for names in [Names::FluentBit, Names::Vector] {
        assert_eq!(pairs(&event, names), []);
    }
    assert_eq!(
        pairs(&event, Names::Otel),
        [("process.pid".to_owned(), Value::from(77))]
    );
    let ecs = pairs(&event, Names::Ecs);
    assert_eq!(
        ecs,
        [(
            "process".to_owned(),
            serde_json::json!({"pid": 77, "name": "java"})
        )]
    );
}

#[test]
fn every_name_stands_in_the_table() {
    let table = include_str!("../../../../docs/filter.md");
    for names in [Names::Otel, Names::Ecs, Names::FluentBit, Names::Vector] {
        for (key, value) in pairs(&event(), names) {
            let mut paths = Vec::new();
            flatten(&key, &value, &mut paths);
            for path in paths {
                assert!(table.contains(&format!("`{path}")), "{names:?}: {path}");
            }
        }
    }
}

/// The paths of an object, down to labels, whose keys are the user's.
fn flatten(path: &str, value: &Value, out: &mut Vec<String>) {
    if let Some((labels, _)) = path.split_once("label.") {
        return out.push(format!("{labels}label."));
    }
    match value {
        Value::Object(object) if !path.ends_with("labels") => {
            for (key, value) in object {
                flatten(&format!("{path}.{key}"), value, out);
            }
        }
        _ => out.push(path.to_owned()),
    }
}
