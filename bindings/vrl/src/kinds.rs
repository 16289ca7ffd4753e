//! The types of an event that are known at compile time.

use std::collections::BTreeMap;
use vrl::value::kind::{Collection, Field, Kind};

/// The types of an event's fields: only `schema`, `type`, `origin` and `evidence` always exist.
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
        "source",
        "victim",
        "cgroup",
        "pod",
        "container",
        "openvz",
        "memory",
        "memory_swap",
        "swap",
        "kmem",
        "meminfo",
        "reaped",
    ] {
        fields.insert(key.into(), object());
    }
    for key in ["memcg_stats", "tasks", "truncated", "evidence", "others"] {
        fields.insert(key.into(), list());
    }
    for key in ["kernel_time_us", "suppressed_reports"] {
        fields.insert(key.into(), Kind::integer().or_undefined());
    }
    for key in ["oom_group", "inferred"] {
        fields.insert(key.into(), Kind::boolean().or_undefined());
    }
    let mut kind = Collection::from(fields);
    // There may be new fields.
    kind.set_unknown(Kind::any());
    kind
}
