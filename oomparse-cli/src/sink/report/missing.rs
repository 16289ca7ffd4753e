//! What the log does not show of a kill, though a whole report has it.

use oomparse_core::{EventType, Evidence, OomEvent, Scope};

/// The missing parts, in the words of the report.
pub(crate) fn missing(event: &OomEvent) -> Vec<String> {
    if event.event_type == EventType::NoVictim {
        return Vec::new();
    }
    let shows = |evidence| event.evidence.contains(&evidence);
    let is_memcg = event.scope == Some(Scope::Memcg);
    let has_cgroup = event
        .cgroup
        .as_ref()
        .is_some_and(|cgroup| cgroup.task_memcg.is_some());
    // Before 5.0 a report of the whole machine names no cgroup at all.
    let told_cgroup = has_cgroup || event.pod.is_some() || !is_memcg && !shows(Evidence::Summary);
    let parts = [
        (told_cgroup, "the victim's cgroup (and so its pod)"),
        (event.scope.is_some(), "where memory was short"),
        (!is_memcg || event.memory.is_some(), "usage and limit"),
        (
            !is_memcg || shows(Evidence::MemcgStats),
            "what the memory was",
        ),
        (
            event.scope != Some(Scope::Global) || shows(Evidence::Meminfo),
            "the machine's memory",
        ),
        (shows(Evidence::Tasks), "the other processes"),
        (event.invoker.is_some(), "who asked for memory"),
    ];
    parts
        .into_iter()
        .filter(|(shown, _)| !shown)
        .map(|(_, part)| part.to_owned())
        .collect()
}
