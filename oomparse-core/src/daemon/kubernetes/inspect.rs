//! `docker inspect`, and `podman inspect`: the state of a container.
//!
//! ```text
//! [
//!     {
//!         "Id": "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0",
//!         "State": {"Status": "exited", "OOMKilled": true, "ExitCode": 137, "FinishedAt": "2024-08-08T20:10:14.1Z"},
//!         "Name": "/k8s_app_web-0_shop_6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9_0"
//! ```
//!
//! `OOMKilled` counts for any process of the container; of another killer's kill it is `false`. A container that
//! runs on has no end. Both print the same keys; only Podman shows the version of its runtime's specification.

use super::docker::pod;
use super::{Context, Repeats, begin, number, text, time};
use crate::cgroup::Runtime;
use crate::daemon::go::container_id;
use crate::event::{Container, Init, OomEvent, Reporter};
use crate::hash::stable_hash;
use crate::source::Daemon;
use alloc::collections::VecDeque;
use serde_json::Value;

/// Whether an object is a container as these print it.
pub(super) fn is_container(value: &Value) -> bool {
    let id = text(value, "/Id").and_then(|id| container_id(id.as_bytes()));
    let killed = value.pointer("/State/OOMKilled");
    id.is_some() && killed.is_some_and(Value::is_boolean)
}

/// Reports what a container's state shows, if its printer is asked for; returns whether it is.
pub(super) fn container(
    value: &Value,
    ctx: Context<'_>,
    repeats: &mut Repeats,
    out: &mut VecDeque<OomEvent>,
) -> bool {
    let is_podmans = value.pointer("/State/OciVersion").is_some();
    let (daemon, reporter, runtime) = match is_podmans {
        true => (Daemon::Podman, Reporter::Podman, Runtime::Podman),
        false => (Daemon::Dockerd, Reporter::Docker, Runtime::Docker),
    };
    if !ctx.accept.has_daemon(daemon) {
        return false;
    }
    let is_killed = value.pointer("/State/OOMKilled") == Some(&Value::Bool(true));
    let id = text(value, "/Id").and_then(|id| container_id(id.as_bytes()));
    let Some(id) = id.filter(|_| is_killed) else {
        return true;
    };
    let is_running = value.pointer("/State/Running") == Some(&Value::Bool(true));
    // The time of one that has not ended is that of the end before, or the year 1.
    let finished = text(value, "/State/FinishedAt").filter(|_| !is_running);
    let own = [id, "/", finished.unwrap_or_default()].concat();
    if !repeats.is_new(stable_hash(&[b"inspect", own.as_bytes()])) {
        return true;
    }
    let at = time(value, "/State/FinishedAt").filter(|_| finished.is_some());
    let mut event = begin(ctx, reporter, at, None, Some(own.as_bytes()));
    let label = |key: &str| value.pointer("/Config/Labels")?.get(key)?.as_str();
    let name = text(value, "/Name").map(|name| name.trim_start_matches('/'));
    let found = name.and_then(|name| pod(name, |key, value| label(key) == Some(value)));
    let (found, name) = found.map_or((None, None), |(pod, name)| (Some(pod), Some(name)));
    event.pod = found;
    event.container = Some(Container {
        id: Some(id.into()),
        runtime: Some(runtime),
        name,
        ..Container::default()
    });
    let testimony = event.testimony_mut();
    testimony.words = Some("OOM");
    testimony.init = (!is_running).then(|| Init {
        pid: None,
        exit_code: number(value, "/State/ExitCode").and_then(|it| i32::try_from(it).ok()),
        time: at,
    });
    out.push_back(event);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroup::CgroupRoots;
    use crate::source::{Accept, Origin};
    use serde_json::json;

    const ID: &str = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
    const UID: &str = "6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9";

    fn value() -> Value {
        json!({
            "Id": ID, "Name": "/k8s_app_web-0_shop_6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9_0",
            "State": {"OOMKilled": true, "ExitCode": 137, "FinishedAt": "2024-08-08T20:10:14.1Z"},
            "Config": {"Labels": {
                "io.kubernetes.container.name": "app", "io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.namespace": "shop",
                "io.kubernetes.pod.uid": UID,
            }},
        })
    }

    /// The events of these objects, of which each is read.
    fn events(values: &[Value]) -> VecDeque<OomEvent> {
        let roots = CgroupRoots::default();
        let ctx = Context {
            accept: Accept::ANY.and(Daemon::Dockerd).and(Daemon::Podman),
            origin: Origin::Unknown,
            host: None,
            roots: &roots,
        };
        let (mut repeats, mut out) = (Repeats::default(), VecDeque::new());
        for value in values {
            assert!(container(value, ctx, &mut repeats, &mut out));
        }
        out
    }

    #[test]
    fn the_state_of_a_container() {
        let event = events(&[value(), value()]).remove(0).unwrap();
        assert_eq!(event.time.unwrap().second, 14);
        let (pod, container) = (event.pod.unwrap(), event.container.unwrap());
        let names = [
            &pod.uid,
            &pod.namespace,
            &pod.name,
            &container.name,
            &container.id,
        ]
        .map(|it| it.as_deref());
        assert_eq!(
            names,
            [
                Some(UID),
                Some("shop"),
                Some("web-0"),
                Some("app"),
                Some(ID)
            ]
        );
        assert_eq!(container.runtime, Some(Runtime::Docker));
        let testimony = event.testimony.unwrap();
        assert_eq!(
            (testimony.reporter, testimony.words),
            (Some(Reporter::Docker), Some("OOM"))
        );
        assert_eq!(
            testimony.init.map(|init| (init.exit_code, init.time)),
            Some((Some(137), event.time))
        );
        assert_eq!(events(&[value(), value()]).len(), 1);
        // One that runs on has no end, and the same container may end again.
        let mut running = value();
        running["State"]["Running"] = json!(true);
        let event = events(&[running.clone()]).remove(0).unwrap();
        assert!(event.time.is_none() && event.testimony.unwrap().init.is_none());
        assert_eq!(events(&[value(), running]).len(), 2);
        let mut podman = value();
        podman["State"]["OciVersion"] = json!("1.2.0");
        let event = events(&[podman]).remove(0).unwrap();
        assert_eq!(event.container.unwrap().runtime, Some(Runtime::Podman));
        let mut alive = value();
        alive["State"]["OOMKilled"] = json!(false);
        assert!(events(&[alive]).is_empty());
        // A label that does not agree leaves the container's id alone.
        let mut other = value();
        other["Config"]["Labels"]["io.kubernetes.pod.name"] = json!("web-1");
        let event = events(&[other]).remove(0).unwrap();
        assert!(event.pod.is_none() && event.container.unwrap().name.is_none());
    }

    #[test]
    fn what_is_a_container() {
        for (value, is_one) in [
            (value(), true),
            (json!({"Id": "x", "State": {"OOMKilled": true}}), false),
            (json!({"Id": ID, "State": {"OOMKilled": 1}}), false),
            (json!({"Id": ID}), false),
            (json!({"State": {"OOMKilled": true}}), false),
        ] {
            assert_eq!(is_container(&value), is_one, "{value}");
        }
    }
}
