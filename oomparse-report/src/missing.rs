//! What the log does not show of a kill, though a whole report has it.

use crate::Lang;
use oomparse_core::{EventType, Evidence, OomEvent, Scope};

/// The missing parts, in the words of the report.
#[must_use]
pub fn missing(event: &OomEvent, lang: Lang) -> Vec<String> {
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
        (told_cgroup, "missing_cgroup"),
        (event.scope.is_some(), "missing_scope"),
        (!is_memcg || event.memory.is_some(), "missing_usage"),
        (!is_memcg || shows(Evidence::MemcgStats), "missing_stats"),
        (
            event.scope != Some(Scope::Global) || shows(Evidence::Meminfo),
            "missing_meminfo",
        ),
        (shows(Evidence::Tasks), "missing_tasks"),
        (event.invoker.is_some(), "missing_invoker"),
    ];
    parts
        .into_iter()
        .filter(|(shown, _)| !shown)
        .map(|(_, part)| lang.label(part).to_owned())
        .collect()
}
