//! Which kind of object a JSON text is, and which function reads it.

use super::{Context, Repeats, docker, event, has_word, inspect, status};
use crate::daemon::go::klog_text;
use crate::event::OomEvent;
use crate::source::Daemon;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use serde_json::Value;

/// How deep objects are nested: a list in a record of a shipper of Events.
const MAX_DEPTH: u8 = 3;

/// The object on a line: alone, or after klog's prefix, as eventrouter's glog sink writes it.
pub(super) fn on_line(line: &[u8]) -> Option<&[u8]> {
    let text = line.trim_ascii_end();
    match text.first()? {
        b'{' => Some(text),
        b'[' => text.starts_with(b"[{\"Id\":").then_some(text),
        b'I' => {
            let (_, text) = klog_text(text);
            text.starts_with(b"{\"verb\":").then_some(text)
        }
        _ => None,
    }
}

/// Reads an object; returns whether it is one of these kinds. Other items of a list are appended to `again`, one
/// per line, because they may still quote the kernel.
pub(super) fn read(
    value: &Value,
    ctx: Context<'_>,
    repeats: &mut Repeats,
    out: &mut VecDeque<OomEvent>,
    again: &mut Vec<u8>,
) -> bool {
    let is_read = within(value, None, ctx, repeats, out, MAX_DEPTH);
    if is_read && let Some(items) = value.get("items").and_then(Value::as_array) {
        for item in items.iter().filter(|item| !is_known(item, ctx)) {
            if let Ok(text) = serde_json::to_vec(item) {
                again.extend_from_slice(&text);
                again.push(b'\n');
            }
        }
    }
    is_read
}

/// Whether an item of a list is of a kind that is read, or has any other kind.
fn is_known(item: &Value, ctx: Context<'_>) -> bool {
    let is_kubernetes = event::is_event(item)
        || status::is_pod(item)
        || status::is_containers(item)
        || item.get("items").is_some();
    event::is_oom_guards(item)
        || is_kubernetes && ctx.accept.has_daemon(Daemon::Kubernetes)
        || !serde_json::to_vec(item).is_ok_and(|text| has_word(&text))
}

/// An object whose kind does not matter yet, within at most `depth` others.
fn within(
    value: &Value,
    verb: Option<&str>,
    ctx: Context<'_>,
    repeats: &mut Repeats,
    out: &mut VecDeque<OomEvent>,
    depth: u8,
) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    if let Some(is_read) = of_runtime(value, ctx, repeats, out) {
        return is_read;
    }
    if !ctx.accept.has_daemon(Daemon::Kubernetes) {
        return of_oom_guard(value, ctx, repeats, out);
    }
    if let Some((verb, inner)) = carried(value) {
        return within(inner, Some(verb), ctx, repeats, out, depth);
    }
    let word = |key: &str| value.get(key).and_then(Value::as_str);
    // A record of kube-eventer.
    if let Some(text) = word("EventValue") {
        let inner = serde_json::from_str::<Value>(text);
        return inner.is_ok_and(|inner| within(&inner, Some("ADDED"), ctx, repeats, out, depth));
    }
    if let Some(items) = value.get("items").and_then(Value::as_array) {
        let mut is_read = word("kind").is_some_and(|kind| kind.ends_with("List"));
        for item in items {
            is_read |= within(item, None, ctx, repeats, out, depth);
        }
        return is_read;
    }
    if event::is_event(value) {
        event::report(value, verb, ctx, repeats, out);
        return true;
    }
    if status::is_pod(value) {
        status::pod(value, ctx, repeats, out);
        return true;
    }
    if status::is_containers(value) {
        status::container(value, None, ctx, repeats, out);
        return true;
    }
    // eventrouter may put its record under a name.
    let members = value.as_object().filter(|object| object.len() == 1);
    let inner = members.and_then(|object| object.values().next());
    inner.is_some_and(|inner| {
        inner.get("verb").is_some() && within(inner, None, ctx, repeats, out, depth)
    })
}

/// A list of Events of which only OOM-Guard's are asked for; returns whether it has any.
fn of_oom_guard(
    value: &Value,
    ctx: Context<'_>,
    repeats: &mut Repeats,
    out: &mut VecDeque<OomEvent>,
) -> bool {
    let items = value.get("items").and_then(Value::as_array);
    let all = items.into_iter().flatten();
    let its = all.filter(|item| event::is_oom_guards(item));
    let mut is_read = false;
    if ctx.accept.has_daemon(Daemon::OomGuard) {
        for item in its {
            event::report(item, None, ctx, repeats, out);
            is_read = true;
        }
    }
    is_read
}

/// An object of a container runtime, and whether it was read; None if it is Kubernetes' own.
fn of_runtime(
    value: &Value,
    ctx: Context<'_>,
    repeats: &mut Repeats,
    out: &mut VecDeque<OomEvent>,
) -> Option<bool> {
    if ctx.accept.has_daemon(Daemon::Dockerd)
        && let Some((key, event)) = docker::object(value, ctx)
    {
        repeats.count(key, event, out);
        return Some(true);
    }
    if inspect::is_container(value) {
        return Some(inspect::container(value, ctx, repeats, out));
    }
    if let Some(all) = value.as_array() {
        let mut is_read = false;
        for one in all {
            is_read |= inspect::is_container(one) && inspect::container(one, ctx, repeats, out);
        }
        return Some(is_read);
    }
    if !status::is_cri(value) {
        return None;
    }
    let is_heard = ctx.accept.has_daemon(Daemon::Crictl);
    if is_heard {
        status::cri(value, ctx, repeats, out);
    }
    Some(is_heard)
}

/// The object in a record of eventrouter or of a watch, and what happened to it.
fn carried(value: &Value) -> Option<(&str, &Value)> {
    let word = |key: &str| value.get(key).and_then(Value::as_str);
    let (verb, inner) = match (word("verb"), word("type")) {
        (Some(verb), _) => (verb, value.get("event")?),
        (None, Some(verb)) => (verb, value.get("object")?),
        (None, None) => return None,
    };
    inner.is_object().then_some((verb, inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cgroup::CgroupRoots;
    use crate::source::{Accept, Origin};
    use serde_json::json;

    /// Whether an object is read, how many events it makes, and the text that is read again.
    fn read_of(accept: Accept, value: &Value) -> (bool, usize, Vec<u8>) {
        let roots = CgroupRoots::default();
        let ctx = Context {
            accept,
            origin: Origin::Unknown,
            host: None,
            roots: &roots,
        };
        let (mut repeats, mut out, mut again) = (Repeats::default(), VecDeque::new(), Vec::new());
        let is_read = read(value, ctx, &mut repeats, &mut out, &mut again);
        repeats.emit_waiting(&mut out);
        (is_read, out.len(), again)
    }

    fn event(uid: &str) -> Value {
        json!({
            "kind": "Event", "metadata": {"uid": uid}, "involvedObject": {"kind": "Node", "name": "n1"},
            "reason": "SystemOOM", "message": "System OOM encountered", "source": {"component": "kubelet"},
        })
    }

    #[test]
    fn objects_on_a_line() {
        for (line, found) in [
            ("{\"a\": 1} ", Some("{\"a\": 1}")),
            ("[{\"Id\":\"a\"}]", Some("[{\"Id\":\"a\"}]")),
            ("[{\"a\":1}]", None),
            (
                "I0203 10:10:10.123456       1 a.go:83] {\"verb\":\"ADDED\"}",
                Some("{\"verb\":\"ADDED\"}"),
            ),
            ("I0203 10:10:10.123456       1 a.go:83] {\"a\":1}", None),
            (
                "W0203 10:10:10.123456       1 a.go:83] {\"verb\":\"ADDED\"}",
                None,
            ),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(on_line(line.as_bytes()), found.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn records_that_hold_an_event() {
        let all = Accept::ANY.and(Daemon::Kubernetes);
        let pod = json!({"kind": "Pod", "metadata": {"name": "a"}, "status": {}});
        let status = json!({"name": "a", "restartCount": 1, "state": {"terminated": {"reason": "OOMKilled"}}});
        let text = serde_json::to_string(&event("a")).unwrap();
        for (value, is_read, count) in [
            (event("a"), true, 1),
            (json!({"verb": "ADDED", "event": event("a")}), true, 1),
            (json!({"type": "ADDED", "object": event("a")}), true, 1),
            (json!({"EventValue": text}), true, 1),
            (json!({"EventValue": "x"}), false, 0),
            (
                json!({"record": {"verb": "ADDED", "event": event("a")}}),
                true,
                1,
            ),
            (
                json!({"record": {"verb": "ADDED", "event": event("a")}, "b": 1}),
                false,
                0,
            ),
            (json!({"record": event("a")}), false, 0),
            (json!({"verb": "ADDED", "event": "x"}), false, 0),
            (json!({"items": [event("a"), event("b")]}), true, 2),
            (json!({"items": [event("a"), {"b": 1}]}), true, 1),
            (json!({"items": [{"b": 1}, event("a")]}), true, 1),
            (json!({"items": []}), false, 0),
            (json!({"kind": "EventList", "items": []}), true, 0),
            (pod, true, 0),
            (status, true, 1),
            (json!({"a": 1}), false, 0),
            (
                json!({"verb": "A", "event": {"verb": "A", "event": {"verb": "A", "event": event("a")}}}),
                false,
                0,
            ),
        ] {
            let found = read_of(all, &value);
            assert_eq!((found.0, found.1), (is_read, count), "{value}");
            assert_eq!(
                read_of(Accept::ANY.and(Daemon::EarlyOom), &value),
                (false, 0, Vec::new())
            );
        }
    }

    /// What a list holds beside is read again, if it has a word of a kill.
    #[test]
    fn other_items_of_a_list_are_read_again() {
        let all = Accept::ANY.and(Daemon::Kubernetes);
        let known = [
            event("a"),
            json!({"kind": "Pod", "message": "OOMKilled"}),
            json!({"name": "a", "restartCount": 1, "state": {"x": "OOMKilled"}}),
            json!({"items": ["OOMKilled"]}),
            json!({"kind": "Job"}),
        ];
        for item in known {
            assert!(
                read_of(all, &json!({"kind": "List", "items": [item]}))
                    .2
                    .is_empty(),
                "{item}"
            );
        }
        let other = json!({"kind": "Job", "message": "OOMKilled"});
        let (is_read, _, again) =
            read_of(all, &json!({"kind": "List", "items": [event("a"), other]}));
        assert_eq!(
            (is_read, again),
            (true, alloc::format!("{other}\n").into_bytes())
        );
        assert!(
            read_of(all, &json!({"kind": "x", "items": [other]}))
                .2
                .is_empty()
        );
    }

    #[test]
    fn each_printer_is_asked_for_by_itself() {
        let id = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        let docker = json!({"Type": "container", "Action": "oom", "id": id, "time": 1_557_011_145});
        let inspect = json!({"Id": id, "State": {"OOMKilled": true}});
        let podman = json!({"Id": id, "State": {"OOMKilled": true, "OciVersion": "1"}});
        let cri = json!({"status": {"id": id, "state": "CONTAINER_EXITED", "reason": "OOMKilled"}});
        for (value, daemon) in [
            (docker, Daemon::Dockerd),
            (inspect.clone(), Daemon::Dockerd),
            (json!([inspect]), Daemon::Dockerd),
            (json!([{"a": 1}, inspect]), Daemon::Dockerd),
            (json!([inspect, {"a": 1}]), Daemon::Dockerd),
            (podman.clone(), Daemon::Podman),
            (json!([podman]), Daemon::Podman),
            (cri, Daemon::Crictl),
        ] {
            for asked in [Daemon::Dockerd, Daemon::Podman, Daemon::Crictl] {
                let found = read_of(Accept::ANY.and(asked), &value);
                let is_its = asked == daemon;
                assert_eq!(
                    (found.0, found.1),
                    (is_its, usize::from(is_its)),
                    "{asked:?} {value}"
                );
            }
        }
    }
}
