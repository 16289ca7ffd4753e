//! `docker events`, and `podman events`.
//!
//! ```text
//! 2019-05-04T18:05:45.011072877-05:00 container oom e350… (io.kubernetes.pod.name=web-0, …, name=k8s_app_web-0_shop_7313…_0)
//! {"status":"oom","id":"e350…","from":"nginx","Type":"container","Action":"oom","Actor":{"ID":"e350…","Attributes":{…}},"time":1557011145,"timeNano":1557011145011072877}
//! 2014-05-10T17:42:14.999999999Z e350…: (from nginx:1.7) oom                  up to 1.9
//! ```
//!
//! The image's author or the user chooses the labels freely. The pod is read from the container's own name, which
//! the kubelet's runtime sets, if the labels agree with it. Podman has no such event; its `died` with 137 only
//! shows that somebody sent SIGKILL.

use super::{Context, begin, number};
use crate::cgroup::Runtime;
use crate::daemon::go::container_id;
use crate::daemon::names;
use crate::daemon::text::{rfc3339, split_once};
use crate::event::{Container, OomEvent, Pod, Reporter};
use crate::hash::stable_hash;
use crate::time::WallTime;
use serde_json::Value;

/// A container's event as a line of text, and a hash that identifies the container.
pub(super) fn line(line: &[u8], ctx: Context<'_>) -> Option<(u64, OomEvent)> {
    if !line.first()?.is_ascii_digit() {
        return None;
    }
    let (time, rest) = rfc3339(line)?;
    let rest = rest.strip_prefix(b" ")?.trim_ascii_end();
    if let Some(rest) = rest.strip_prefix(b"container oom ") {
        let (id, rest) = split_once(rest, b" ").unwrap_or((rest, b""));
        let attributes = rest.strip_prefix(b"(").and_then(|it| it.strip_suffix(b")"));
        let attributes = core::str::from_utf8(attributes.unwrap_or_default()).ok()?;
        let name = own_name(attributes);
        let has = |label: &str, value: &str| {
            let label = [label, "=", value].concat();
            attributes.split(", ").any(|it| it == label)
        };
        return event(
            container_id(id)?,
            time,
            name.and_then(|name| pod(name, has)),
            ctx,
        );
    }
    let (id, rest) = split_once(rest, b": (from ")?;
    rest.ends_with(b") oom")
        .then(|| event(container_id(id)?, time, None, ctx))?
}

/// The same as JSON.
pub(super) fn object(value: &Value, ctx: Context<'_>) -> Option<(u64, OomEvent)> {
    let word = |key: &str| value.get(key).and_then(Value::as_str);
    let is_containers = word("Type").is_none_or(|it| it == "container");
    let action = word("Action").or_else(|| word("status"))?;
    if action != "oom" || !is_containers {
        return None;
    }
    let actor = value.pointer("/Actor/ID").and_then(Value::as_str);
    let id = container_id(actor.or_else(|| word("id"))?.as_bytes())?;
    let micros = number(value, "/timeNano").and_then(|nanos| u64::try_from(nanos / 1000).ok());
    let seconds = || {
        u64::try_from(number(value, "/time")?)
            .ok()?
            .checked_mul(1_000_000)
    };
    let time = WallTime::from_unix_micros(micros.or_else(seconds)?)?;
    let attributes = value.pointer("/Actor/Attributes");
    let label = |name: &str| attributes?.get(name)?.as_str();
    let pod = label("name").and_then(|name| pod(name, |key, value| label(key) == Some(value)));
    event(id, time, pod, ctx)
}

fn event(
    id: &str,
    time: WallTime,
    pod: Option<(Pod, alloc::string::String)>,
    ctx: Context<'_>,
) -> Option<(u64, OomEvent)> {
    let own = alloc::format!("{id}{time}");
    let mut event = begin(
        ctx,
        Reporter::Docker,
        Some(time),
        None,
        Some(own.as_bytes()),
    );
    let (pod, name) = pod.map_or((None, None), |(pod, name)| (Some(pod), Some(name)));
    event.pod = pod;
    event.container = Some(Container {
        id: Some(id.into()),
        runtime: Some(Runtime::Docker),
        name,
        ..Container::default()
    });
    event.testimony_mut().words = Some("oom");
    Some((stable_hash(&[id.as_bytes()]), event))
}

/// The container's name among the attributes. A label may imitate another one: then there is no name.
fn own_name(attributes: &str) -> Option<&str> {
    let mut names = attributes
        .split(", ")
        .filter_map(|it| it.strip_prefix("name="));
    let name = names.next()?;
    names.next().is_none().then_some(name)
}

/// The pod and the container from `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`, if the labels agree.
pub(super) fn pod(
    name: &str,
    has: impl Fn(&str, &str) -> bool,
) -> Option<(Pod, alloc::string::String)> {
    let mut parts = name.strip_prefix("k8s_")?.split('_');
    let mut part = || parts.next();
    let (container, pod, namespace, uid, _) = (part()?, part()?, part()?, part()?, part()?);
    let agrees = part().is_none()
        && has("io.kubernetes.container.name", container)
        && has("io.kubernetes.pod.name", pod)
        && has("io.kubernetes.pod.namespace", namespace)
        && has("io.kubernetes.pod.uid", uid);
    let pod = Pod {
        uid: Some(names::uid(uid.as_bytes())?),
        namespace: Some(names::name(namespace.as_bytes())?),
        name: Some(names::name(pod.as_bytes())?),
        ..Pod::default()
    };
    let container = names::name(container.as_bytes())?;
    agrees.then_some((pod, container))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_counts_if_every_label_agrees() {
        const NAME: &str = "k8s_app_web-1_prod_3962896b-ab69-4572-8f1d-ee756f9f3589_0";
        let labels = [
            ("io.kubernetes.container.name", "app"),
            ("io.kubernetes.pod.name", "web-1"),
            ("io.kubernetes.pod.namespace", "prod"),
            (
                "io.kubernetes.pod.uid",
                "3962896b-ab69-4572-8f1d-ee756f9f3589",
            ),
        ];
        let found = pod(NAME, |key, value| labels.contains(&(key, value)));
        assert_eq!(
            found.map(|(_, container)| container).as_deref(),
            Some("app")
        );
        for missing in labels {
            let has = |key: &str, value: &str| key != missing.0 && labels.contains(&(key, value));
            assert!(pod(NAME, has).is_none(), "{missing:?}");
        }
        let longer = [NAME, "_1"].concat();
        assert!(pod(&longer, |key, value| labels.contains(&(key, value))).is_none());
    }

    const ID: &str = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";

    fn events_of(
        read: impl FnOnce(Context<'_>) -> Option<(u64, OomEvent)>,
    ) -> Option<(bool, Option<WallTime>)> {
        let roots = crate::cgroup::CgroupRoots::default();
        let (_, event) = read(Context {
            accept: crate::Accept::ANY,
            origin: crate::Origin::Unknown,
            host: None,
            roots: &roots,
        })?;
        let container = event.container.unwrap();
        assert_eq!(
            (container.id.as_deref(), container.runtime),
            (Some(ID), Some(Runtime::Docker))
        );
        assert_eq!(event.testimony.unwrap().words, Some("oom"));
        assert_eq!(event.pod.is_some(), container.name.is_some());
        Some((event.pod.is_some(), event.time))
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn events_as_text_and_as_json() {
        let uid = "3962896b-ab69-4572-8f1d-ee756f9f3589";
        let name = alloc::format!("k8s_app_web-1_prod_{uid}_0");
        let labels = alloc::format!(
            "io.kubernetes.container.name=app, io.kubernetes.pod.name=web-1, io.kubernetes.pod.namespace=prod, io.kubernetes.pod.uid={uid}"
        );
        let begin = "2019-05-04T18:05:45.5-05:00";
        for (text, has_pod) in [
            (
                alloc::format!("{begin} container oom {ID} ({labels}, name={name})"),
                Some(true),
            ),
            (
                alloc::format!("{begin} container oom {ID} ({labels}, name=x, name={name})"),
                Some(false),
            ),
            (
                alloc::format!("{begin} container oom {ID} ({labels}, other=x)"),
                Some(false),
            ),
            (alloc::format!("{begin} container oom {ID}"), Some(false)),
            (
                alloc::format!("{begin} {ID}: (from nginx:1.7) oom   "),
                Some(false),
            ),
            (alloc::format!("{begin} {ID}: (from nginx:1.7) die"), None),
            (
                alloc::format!("{begin} container die {ID} ({labels}, name={name})"),
                None,
            ),
            (alloc::format!("{begin} container oom x"), None),
            (alloc::format!("x container oom {ID}"), None),
        ] {
            let found = events_of(|ctx| line(text.as_bytes(), ctx));
            assert_eq!(found.map(|it| it.0), has_pod, "{text}");
            assert!(found.is_none_or(|(_, time)| time.is_some_and(|it| it.second == 45)));
        }
        let whole = serde_json::json!({
            "status": "oom", "id": ID, "Type": "container", "Action": "oom", "time": 1_557_011_144, "timeNano": 1_557_011_145_500_000_000_i64,
            "Actor": {"ID": ID, "Attributes": {
                "name": name, "io.kubernetes.container.name": "app", "io.kubernetes.pod.name": "web-1", "io.kubernetes.pod.namespace": "prod",
                "io.kubernetes.pod.uid": uid,
            }},
        });
        let micros = WallTime::from_unix_micros;
        assert_eq!(
            events_of(|ctx| object(&whole, ctx)),
            Some((true, micros(1_557_011_145_500_000)))
        );
        for (key, value, found) in [
            (
                "timeNano",
                Value::Null,
                Some((true, micros(1_557_011_144_000_000))),
            ),
            (
                "Type",
                Value::Null,
                Some((true, micros(1_557_011_145_500_000))),
            ),
            ("Type", "image".into(), None),
            ("Action", "die".into(), None),
            (
                "Action",
                Value::Null,
                Some((true, micros(1_557_011_145_500_000))),
            ),
            (
                "Actor",
                Value::Null,
                Some((false, micros(1_557_011_145_500_000))),
            ),
        ] {
            let mut changed = whole.clone();
            changed[key] = value;
            if changed[key].is_null() {
                changed.as_object_mut().unwrap().remove(key);
            }
            assert_eq!(
                events_of(|ctx| object(&changed, ctx)),
                found,
                "{key} {changed}"
            );
        }
    }
}
