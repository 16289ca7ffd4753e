//! Names of pods, and the keys that events go under.

use alloc::borrow::Cow;
use alloc::format;
use oomparse_core::OomEvent;

/// Who knows names of pods.
pub trait Names {
    /// Adds the names of the event's pod and container, as far as they are known. Not those of its
    /// [others](OomEvent::others).
    fn name(&mut self, event: &mut OomEvent);
}

/// Nobody does.
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

/// The key that an event goes under, and the one where a record has the first already.
pub const KEYS: [&str; 2] = ["oom", "oom_event"];

/// Of `key` and `KEY_event` the first that a record does not have; a record with both has no room.
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

/// What is known of an event's pod, as Fluent Bit's own `kubernetes` filter names it; its labels are beside it.
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
