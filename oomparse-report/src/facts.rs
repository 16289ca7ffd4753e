//! Figures that several texts need, computed in one place.

use oomparse_core::{Counter, OomEvent, TaskRow, Text, Victim, WallTime};

/// Resident memory of every kind in bytes, as far as the Killed line shows it.
#[must_use]
pub fn resident(victim: &Victim) -> Option<u64> {
    let kinds = [
        victim.anon_rss_bytes,
        victim.file_rss_bytes,
        victim.shmem_rss_bytes,
    ];
    let sum = kinds.into_iter().flatten().reduce(u64::saturating_add);
    sum.or(victim.rss_bytes)
}

/// Which counter reached its limit, and the limit in bytes: `memory` or `memory+swap`.
///
/// cgroup v1 has both; the kernel does not say which of them was hit, its figures do.
#[must_use]
pub fn reached(event: &OomEvent) -> Option<(&'static str, Option<u64>)> {
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

/// The rows of the task table that show a size in pages, largest first.
#[must_use]
pub fn rows_by_size(tasks: &[TaskRow]) -> Vec<(&TaskRow, u64)> {
    let mut rows: Vec<(&TaskRow, u64)> = tasks
        .iter()
        .filter_map(|row| Some((row, row.rss_pages?)))
        .collect();
    rows.sort_by_key(|(_, pages)| std::cmp::Reverse(*pages));
    rows
}

/// Per cent, rounded; 0 if both are 0.
#[must_use]
pub fn percent(part: u64, whole: u64) -> u64 {
    let share = (u128::from(part) * 100 + u128::from(whole) / 2) / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// RFC 3339, or as much of it as the prefix shows.
#[must_use]
pub fn clock(time: &WallTime) -> String {
    if time.is_complete() {
        return time.to_string();
    }
    let year = time
        .year
        .map_or_else(String::new, |year| format!("{year:04}-"));
    format!(
        "{year}{:02}-{:02} {:02}:{:02}:{:02}",
        time.month, time.day, time.hour, time.minute, time.second
    )
}

/// The 12 digits that container tools show of an id.
#[must_use]
pub fn cut_id(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// A name from a lookup table, without characters that a terminal would interpret.
#[must_use]
pub fn printable(name: &str) -> String {
    Text::from(name).to_string()
}

/// `namespace/name` of the victim's pod, else its uid; `shop/web-0 (nested)` for a pod within a container's
/// cgroup, which another cluster named.
#[must_use]
pub fn pod_name(event: &OomEvent) -> Option<String> {
    let pod = event.pod.as_ref()?;
    let name = match (&pod.namespace, &pod.name) {
        (Some(namespace), Some(name)) => printable(&format!("{namespace}/{name}")),
        (None, Some(name)) => printable(name),
        _ => pod.uid.clone()?,
    };
    Some(match pod.nested {
        true => format!("{name} (nested)"),
        false => name,
    })
}
