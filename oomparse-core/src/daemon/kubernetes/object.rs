//! Which kind of object a JSON text is, and which function reads it.

use super::{Context, Told, docker, event, has_word, inspect, status};
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
    told: &mut Told,
    out: &mut VecDeque<OomEvent>,
    again: &mut Vec<u8>,
) -> bool {
    let is_read = within(value, None, ctx, told, out, MAX_DEPTH);
    if is_read && let Some(items) = value.get("items").and_then(Value::as_array) {
        for item in items.iter().filter(|item| !is_known(item)) {
            if let Ok(text) = serde_json::to_vec(item) {
                again.extend_from_slice(&text);
                again.push(b'\n');
            }
        }
    }
    is_read
}

/// Whether an item of a list is of a kind that is read, or has any other kind.
fn is_known(item: &Value) -> bool {
    event::is_event(item)
        || status::is_pod(item)
        || status::is_containers(item)
        || item.get("items").is_some()
        || !serde_json::to_vec(item).is_ok_and(|text| has_word(&text))
}

/// An object whose kind does not matter yet, within at most `depth` others.
fn within(
    value: &Value,
    verb: Option<&str>,
    ctx: Context<'_>,
    told: &mut Told,
    out: &mut VecDeque<OomEvent>,
    depth: u8,
) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    if let Some(is_read) = of_runtime(value, ctx, told, out) {
        return is_read;
    }
    if !ctx.accept.has_daemon(Daemon::Kubernetes) {
        return false;
    }
    if let Some((verb, inner)) = carried(value) {
        return within(inner, Some(verb), ctx, told, out, depth);
    }
    let word = |key: &str| value.get(key).and_then(Value::as_str);
    // A record of kube-eventer.
    if let Some(text) = word("EventValue") {
        let inner = serde_json::from_str::<Value>(text);
        return inner.is_ok_and(|inner| within(&inner, Some("ADDED"), ctx, told, out, depth));
    }
    if let Some(items) = value.get("items").and_then(Value::as_array) {
        let mut is_read = word("kind").is_some_and(|kind| kind.ends_with("List"));
        for item in items {
            is_read |= within(item, None, ctx, told, out, depth);
        }
        return is_read;
    }
    if event::is_event(value) {
        event::tell(value, verb, ctx, told, out);
        return true;
    }
    if status::is_pod(value) {
        status::pod(value, ctx, told, out);
        return true;
    }
    if status::is_containers(value) {
        status::container(value, None, ctx, told, out);
        return true;
    }
    // eventrouter may put its record under a name.
    let members = value.as_object().filter(|object| object.len() == 1);
    let inner = members.and_then(|object| object.values().next());
    inner.is_some_and(|inner| {
        inner.get("verb").is_some() && within(inner, None, ctx, told, out, depth)
    })
}

/// An object of a container runtime, and whether it was read; None if it is Kubernetes' own.
fn of_runtime(
    value: &Value,
    ctx: Context<'_>,
    told: &mut Told,
    out: &mut VecDeque<OomEvent>,
) -> Option<bool> {
    if ctx.accept.has_daemon(Daemon::Dockerd)
        && let Some((key, event)) = docker::object(value, ctx)
    {
        told.count(key, event, out);
        return Some(true);
    }
    if inspect::is_container(value) {
        return Some(inspect::container(value, ctx, told, out));
    }
    if let Some(all) = value.as_array() {
        let mut is_read = false;
        for one in all {
            is_read |= inspect::is_container(one) && inspect::container(one, ctx, told, out);
        }
        return Some(is_read);
    }
    if !status::is_cri(value) {
        return None;
    }
    let is_heard = ctx.accept.has_daemon(Daemon::Crictl);
    if is_heard {
        status::cri(value, ctx, told, out);
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
