//! Which terms the report of an event uses, to be explained below it.

use oomparse_core::{EventType, OomEvent, Scope};

/// The terms in the order of the report; [`term`](crate::term) explains each.
#[must_use]
pub fn terms_of(event: &OomEvent) -> Vec<&'static str> {
    let counters = [event.memory, event.memory_swap, event.swap, event.kmem];
    let failcnt = counters
        .iter()
        .flatten()
        .any(|counter| counter.failcnt.is_some());
    let invoker = event.invoker.as_ref();
    let victim = event.victim.as_ref();
    let has_adj = victim.is_some_and(|victim| victim.oom_score_adj.is_some());
    let class = event.pod.as_ref().and_then(|pod| pod.qos_class);
    let order = invoker.and_then(|invoker| invoker.order);
    let constraint = event.constraint.as_ref().and_then(|text| text.as_str());
    let constraint = [
        "CONSTRAINT_MEMCG",
        "CONSTRAINT_NONE",
        "CONSTRAINT_CPUSET",
        "CONSTRAINT_MEMORY_POLICY",
    ]
    .into_iter()
    .find(|word| Some(*word) == constraint);
    let terms = [
        class.map(|class| class.as_str()),
        invoker.is_some().then_some("invoker"),
        constraint,
        (event.scope == Some(Scope::Memcg)).then_some("memcg"),
        failcnt.then_some("failcnt"),
        (!event.memcg_stats.is_empty()).then_some("anon"),
        (!event.memcg_stats.is_empty()).then_some("page cache"),
        (!event.memcg_stats.is_empty()).then_some("shmem"),
        has_adj.then_some("oom_score_adj"),
        victim
            .and_then(|victim| victim.oom_score)
            .map(|_| "oom_score"),
        victim
            .and_then(|victim| victim.pgtables_bytes)
            .map(|_| "pgtables"),
        event.oom_group.then_some("memory.oom.group"),
        order.filter(|order| *order != 0).map(|_| "order"),
        (!event.tasks.is_empty()).then_some("rss"),
        event.suppressed_reports.map(|_| "suppressed_reports"),
        (event.event_type == EventType::Kill).then_some("victim"),
        crate::advice(event, crate::Lang::En)
            .and_then(|advice| advice.limit)
            .map(|_| "would hold"),
    ];
    terms.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lang, term};

    #[test]
    fn every_term_is_explained() {
        let log = b"[1.0] a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=2, oom_score_adj=0\n\
            [1.0] memory: usage 1kB, limit 1kB, failcnt 83\n\
            [1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=j,pid=7,uid=0\n\
            [1.1] Memory cgroup out of memory: Killed process 7 (j) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:0\n";
        let event = oomparse_core::parse_all(log, &oomparse_core::Options::new())
            .next()
            .unwrap();
        let terms = terms_of(&event);
        for wanted in [
            "invoker",
            "CONSTRAINT_MEMCG",
            "failcnt",
            "oom_score_adj",
            "order",
            "pgtables",
        ] {
            assert!(terms.contains(&wanted), "{terms:?}");
        }
        for name in terms {
            assert!(term(name, Lang::En).is_some(), "{name}");
        }
    }
}
