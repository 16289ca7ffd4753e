//! Events as VRL values, and what is known of their types beforehand.

use oomparse_core::OomEvent;
use std::collections::BTreeMap;
use vrl::value::Value;
use vrl::value::kind::{Collection, Field, Kind};

/// An event as VRL has it.
pub(crate) fn event(event: &OomEvent) -> Value {
    // Names, numbers and lists: nothing that could fail.
    serde_json::to_value(event).map_or(Value::Null, Value::from)
}

/// The types of an event's fields: only `schema`, `type`, `origin` and `evidence` are always there.
pub(crate) fn event_kind() -> Collection<Field> {
    let text = || Kind::bytes().or_undefined();
    let object = || Kind::object(Collection::any()).or_undefined();
    let list = || Kind::array(Collection::any()).or_undefined();
    let mut fields: BTreeMap<Field, Kind> = BTreeMap::new();
    for key in ["schema", "type", "origin"] {
        fields.insert(key.into(), Kind::bytes());
    }
    for key in [
        "id",
        "report_id",
        "time",
        "host",
        "host_hex",
        "kernel_release",
        "scope",
        "constraint",
    ] {
        fields.insert(key.into(), text());
    }
    for key in [
        "invoker",
        "selected",
        "victim",
        "cgroup",
        "pod",
        "container",
        "memory",
        "memory_swap",
        "swap",
        "kmem",
        "meminfo",
        "reaped",
    ] {
        fields.insert(key.into(), object());
    }
    for key in ["memcg_stats", "tasks", "truncated", "evidence"] {
        fields.insert(key.into(), list());
    }
    for key in ["kernel_time_us", "suppressed_reports"] {
        fields.insert(key.into(), Kind::integer().or_undefined());
    }
    fields.insert("oom_group".into(), Kind::boolean().or_undefined());
    let mut kind = Collection::from(fields);
    // New fields may come.
    kind.set_unknown(Kind::any());
    kind
}
