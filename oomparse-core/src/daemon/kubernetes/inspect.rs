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
use super::{Context, Told, begin, number, text, time};
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

/// Tells what a container's state tells, if its printer is asked for; says whether it is.
pub(super) fn container(
    value: &Value,
    ctx: Context<'_>,
    told: &mut Told,
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
    if !told.is_new(stable_hash(&[b"inspect", own.as_bytes()])) {
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
    let told = event.told();
    told.told = Some("OOM");
    told.init = (!is_running).then(|| Init {
        pid: None,
        exit_code: number(value, "/State/ExitCode").and_then(|it| i32::try_from(it).ok()),
        time: at,
    });
    out.push_back(event);
    true
}
