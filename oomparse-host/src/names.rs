//! Pod names, and the keys for events.

use alloc::borrow::Cow;
use alloc::format;
use oomparse_core::OomEvent;

/// A source of pod names.
pub trait Names {
    /// Adds the names of the event's pod and container, if they are known. It does not add those of its
    /// [others](OomEvent::others).
    fn name(&mut self, event: &mut OomEvent);
}

/// No names.
impl Names for () {
    fn name(&mut self, _: &mut OomEvent) {}
}

impl<N: Names> Names for Option<N> {
    fn name(&mut self, event: &mut OomEvent) {
        if let Some(names) = self {
            names.name(event);
        }
    }
}

/// The key for an event, and the key to use if a record already has the first.
pub const KEYS: [&str; 2] = ["oom", "oom_event"];

/// The first of `key` and `KEY_event` that a record does not have; `None` for a record that has both.
///
/// # Example
/// ```
/// use oomparse_host::free_key;
///
/// assert_eq!(free_key("oom", |_| false).unwrap(), "oom");
/// assert_eq!(free_key("oom", |key| key == "oom").unwrap(), "oom_event");
/// assert!(free_key("oom", |_| true).is_none());
/// ```
pub fn free_key(key: &str, mut has: impl FnMut(&str) -> bool) -> Option<Cow<'_, str>> {
    if !has(key) {
        return Some(Cow::Borrowed(key));
    }
    let other = format!("{key}_event");
    (!has(&other)).then_some(Cow::Owned(other))
}

/// The data about an event's pod under the names of Fluent Bit's own `kubernetes` filter; its labels are
/// separate.
pub fn kubernetes(event: &OomEvent) -> impl Iterator<Item = (&'static str, &str)> {
    let pod = event.pod.as_ref();
    let container = event.container.as_ref();
    let pairs = [
        ("pod_name", pod.and_then(|pod| pod.name.as_deref())),
        (
            "namespace_name",
            pod.and_then(|pod| pod.namespace.as_deref()),
        ),
        ("pod_id", pod.and_then(|pod| pod.uid.as_deref())),
        ("host", pod.and_then(|pod| pod.node.as_deref())),
        (
            "container_name",
            container.and_then(|container| container.name.as_deref()),
        ),
        (
            "docker_id",
            container.and_then(|container| container.id.as_deref()),
        ),
    ];
    pairs
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
}
