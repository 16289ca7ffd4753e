//! The rows below the sentence: limit, victim, memory by kind, the machine, who asked.

use super::layout::{Page, Words, list};
use super::sentence::process;
use crate::units::{bytes, count, number, pages};
use oomparse_core::{Counter, MemcgStats, Meminfo, OomEvent, TaskRow, Victim};

/// How many processes of the task table are shown.
const LARGEST: usize = 5;

/// Writes every row that the event has figures for.
pub(crate) fn rows(page: &mut Page, event: &OomEvent) {
    if let Some(memory) = &event.memory {
        page.row("limit", &list(&limit(memory)));
    }
    page.row("swap", &list(&swap(event)));
    if let Some(path) = event
        .cgroup
        .as_ref()
        .and_then(|cgroup| cgroup.oom_memcg.as_ref())
    {
        page.row("cgroup", &Words::default().path(&path.to_display()));
    }
    if let Some(victim) = &event.victim {
        page.row("victim", &list(&self::victim(victim)));
    }
    page.row("chosen", &chosen(event));
    if event.oom_group {
        let text = "every process of the cgroup was to be killed (memory.oom.group)";
        page.row("group", &Words::default().say(text));
    }
    page.row("memory", &list(&by_kind(&event.memcg_stats, event)));
    if let Some(meminfo) = &event.meminfo {
        page.row("machine", &list(&machine(meminfo)));
    }
    page.row("asked by", &list(&asked_by(event)));
    page.row("largest", &list(&largest(&event.tasks)));
    if let Some(reports) = event.suppressed_reports {
        let text = format!(
            "the kernel left out {} before this one",
            count(reports, "report")
        );
        page.row("before", &Words::default().say(&text));
    }
    if !event.truncated.is_empty() {
        let fields: Vec<String> = event
            .truncated
            .iter()
            .map(|field| field.as_str().to_owned())
            .collect();
        page.row("cut short", &list(&fields));
    }
}

/// Which counter reached its limit, and the limit: `memory` or `memory+swap`.
///
/// cgroup v1 has both; the kernel does not say which of them was hit, its figures do.
pub(crate) fn reached(event: &OomEvent) -> Option<(&'static str, Option<u64>)> {
    let full = |counter: &&Counter| match (counter.usage_bytes, counter.limit_bytes) {
        (Some(usage), Some(limit)) => usage >= limit,
        _ => false,
    };
    let memory = event.memory.as_ref();
    let memory_swap = event.memory_swap.as_ref();
    if memory.filter(full).is_none()
        && let Some(counter) = memory_swap.filter(full)
    {
        return Some(("memory+swap", counter.limit_bytes));
    }
    memory.map(|counter| ("memory", counter.limit_bytes))
}

fn limit(memory: &Counter) -> Vec<String> {
    let mut items = Vec::new();
    match memory.limit_bytes {
        Some(limit) => items.push(bytes(limit)),
        None => items.push("none on memory alone".to_owned()),
    }
    if let Some(usage) = memory.usage_bytes {
        items.push(format!("used {}", bytes(usage)));
    }
    // cgroup v1 counts a limit on memory and swap elsewhere and shows 0 here.
    if let Some(failcnt) = memory.failcnt.filter(|&failcnt| failcnt > 0) {
        items.push(format!("hit {}", count(failcnt, "time")));
    }
    items
}

/// cgroup v1 counts memory and swap together, v2 swap alone.
fn swap(event: &OomEvent) -> Vec<String> {
    let mut items = Vec::new();
    if let Some(swap) = &event.swap {
        if swap.limit_bytes == Some(0) {
            items.push("not allowed".to_owned());
        } else {
            items.extend(
                swap.usage_bytes
                    .map(|usage| format!("used {}", bytes(usage))),
            );
            items.extend(
                swap.limit_bytes
                    .map(|limit| format!("limit {}", bytes(limit))),
            );
        }
    }
    if let Some(both) = &event.memory_swap
        && let Some(limit) = both.limit_bytes.filter(|&limit| limit > 0)
    {
        items.push(format!("memory and swap together: limit {}", bytes(limit)));
        items.extend(
            both.usage_bytes
                .map(|usage| format!("used {}", bytes(usage))),
        );
    }
    items
}

fn victim(victim: &Victim) -> Vec<String> {
    let sizes = [
        ("anon", victim.anon_rss_bytes),
        ("file", victim.file_rss_bytes),
        ("shmem", victim.shmem_rss_bytes),
        ("page tables", victim.pgtables_bytes),
    ];
    let mut items: Vec<String> = sizes
        .into_iter()
        .filter_map(|(name, size)| Some(format!("{name} {}", bytes(size?))))
        .collect();
    items.extend(
        victim
            .oom_score_adj
            .map(|adj| format!("oom_score_adj {adj}")),
    );
    items.extend(victim.oom_score.map(|score| format!("score {score}")));
    items.extend(victim.uid.map(|uid| format!("uid {uid}")));
    items
}

/// Old kernels choose a process and then kill its child.
fn chosen(event: &OomEvent) -> Words {
    let Some(selected) = &event.selected else {
        return Words::default();
    };
    let words = Words::default().glued(process(selected.comm.as_ref(), Some(selected.pid)));
    let words = match selected.oom_score {
        Some(score) => words.mark(",").glued(format!("score {score}")),
        None => words,
    };
    words.mark("; its child was killed instead")
}

/// What the memory of the cgroup at its limit was.
fn by_kind(blocks: &[MemcgStats], event: &OomEvent) -> Vec<String> {
    let limit_path = event
        .cgroup
        .as_ref()
        .and_then(|cgroup| cgroup.oom_memcg.as_ref());
    let of_limit = blocks.iter().find(|block| Some(&block.path) == limit_path);
    let Some(block) = of_limit.or(blocks.first()) else {
        return Vec::new();
    };
    let whole = |key: &str| block.values.get(key);
    // Up to 5.2 each cgroup below the limit has a block of its own, and the whole is their sum.
    let sum = |key: &str| {
        let values = blocks.iter().filter_map(|block| block.values.get(key));
        values.reduce(u64::saturating_add)
    };
    if whole("anon").is_some() {
        kinds(V2, whole)
    } else if whole("total_rss").is_some() {
        kinds(V1_TOTAL, whole)
    } else if V1.iter().any(|kind| sum(kind.1) > Some(0)) {
        kinds(V1, sum)
    } else {
        // The blocks that hold the memory are not in the log.
        Vec::new()
    }
}

/// A kind of memory: the word shown, the kernel's key, whether it is shown when it is 0.
type Kind = (&'static str, &'static str, bool);

const V2: &[Kind] = &[
    ("anon", "anon", true),
    ("file", "file", true),
    ("shmem", "shmem", false),
    ("kernel", "kernel", false),
    ("slab", "slab", false),
    ("page tables", "pagetables", false),
    ("sockets", "sock", false),
];

const V1_TOTAL: &[Kind] = &[
    ("anon", "total_rss", true),
    ("file", "total_cache", true),
    ("shmem", "total_shmem", false),
    ("mapped", "total_mapped_file", false),
    ("swap", "total_swap", false),
];

const V1: &[Kind] = &[
    ("anon", "rss", true),
    ("file", "cache", true),
    ("shmem", "shmem", false),
    ("mapped", "mapped_file", false),
    ("swap", "swap", false),
];

fn kinds(kinds: &[Kind], value: impl Fn(&str) -> Option<u64>) -> Vec<String> {
    kinds
        .iter()
        .filter_map(|&(name, key, also_zero)| {
            let size = value(key).filter(|&size| size > 0 || also_zero)?;
            Some(format!("{name} {}", bytes(size)))
        })
        .collect()
}

fn machine(meminfo: &Meminfo) -> Vec<String> {
    let mut items = Vec::new();
    items.extend(meminfo.ram_pages.map(|n| format!("RAM {}", pages(n))));
    items.extend(meminfo.free_pages.map(|n| format!("free {}", pages(n))));
    let anon = [meminfo.active_anon_pages, meminfo.inactive_anon_pages];
    if let [Some(active), Some(inactive)] = anon {
        items.push(format!("anon {}", pages(active.saturating_add(inactive))));
    }
    items.extend(
        meminfo
            .slab_unreclaimable_pages
            .map(|n| format!("slab {}", pages(n))),
    );
    match (meminfo.free_swap_bytes, meminfo.total_swap_bytes) {
        (_, Some(0)) => items.push("no swap".to_owned()),
        (Some(free), Some(total)) => {
            items.push(format!("swap {}", bytes(total)));
            items.push(format!("of it free {}", bytes(free)));
        }
        _ => {}
    }
    items
}

/// The thread that ran out, when it is not the victim.
fn asked_by(event: &OomEvent) -> Vec<String> {
    let Some(invoker) = &event.invoker else {
        return Vec::new();
    };
    let same = event
        .victim
        .as_ref()
        .is_some_and(|victim| match invoker.pid {
            Some(pid) => pid == victim.pid,
            None => invoker.comm == victim.comm,
        });
    let mut items = Vec::new();
    if !same && (invoker.comm.is_some() || invoker.pid.is_some()) {
        items.push(process(invoker.comm.as_ref(), invoker.pid));
    }
    if let Some(order @ 1..=20) = invoker.order {
        items.push(format!(
            "for {} in a row (order {order})",
            pages(1 << order)
        ));
    }
    items
}

/// The largest processes of the task table, in pages as the kernel prints them.
fn largest(tasks: &[TaskRow]) -> Vec<String> {
    let mut by_size: Vec<&TaskRow> = tasks.iter().filter(|row| row.rss_pages.is_some()).collect();
    by_size.sort_by_key(|row| std::cmp::Reverse(row.rss_pages));
    let mut items: Vec<String> = by_size
        .iter()
        .take(LARGEST)
        .map(|row| {
            let size = row.rss_pages.map(pages).unwrap_or_default();
            format!("{} {size}", process(row.comm.as_ref(), Some(row.pid)))
        })
        .collect();
    let others = by_size.len().saturating_sub(LARGEST);
    if others > 0 {
        items.push(format!("{} more", number(others as u64)));
    }
    items
}
