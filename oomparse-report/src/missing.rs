//! What the log does not show about a kill, although a complete report has it.

use crate::Lang;
use oomparse_core::{EventType, Evidence, OomEvent, Scope};

/// The missing parts, in the words of the report.
#[must_use]
pub fn missing(event: &OomEvent, lang: Lang) -> Vec<String> {
    // Others than the kernel print no report of which a part could be missing.
    if event.event_type == EventType::NoVictim || event.testimony.is_some() {
        return Vec::new();
    }
    let shows = |evidence| event.evidence.contains(&evidence);
    let is_memcg = event.scope == Some(Scope::Memcg);
    let has_cgroup = event
        .cgroup
        .as_ref()
        .is_some_and(|cgroup| cgroup.task_memcg.is_some());
    // Before 5.0 a report about the whole machine names no cgroup at all.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bystander_leaves_nothing_out() {
        let of = |log: &str| {
            let mut options = oomparse_core::Options::default();
            options.accept = options.accept.and_all_daemons();
            let mut parser = oomparse_core::Parser::with_options(options);
            parser.push_chunk(log.as_bytes());
            parser.finish();
            missing(&parser.next_event().unwrap(), Lang::En)
        };
        let kernel = "Jan  5 02:12:02 h kernel: [1.1] Out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB\n";
        assert!(of(kernel).contains(&"the other processes".to_owned()));
        let earlyoom = "Jan  5 02:12:02 h earlyoom[611]: sending SIGTERM to process 7 uid 1000 \"a\": badness 900, VmRSS 5 MiB\n";
        assert_eq!(of(earlyoom), [] as [String; 0]);
    }
}
