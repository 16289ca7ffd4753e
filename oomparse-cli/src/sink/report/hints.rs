//! What the figures suggest, said only where they show it, and said as what was seen.

use super::bar::percent;
use super::figures::{resident, rows_by_size};
use super::memory::CgroupMemory;
use super::sentence::name_of;
use crate::units::{bytes, number};
use oomparse_core::{OomEvent, Scope, Victim};

/// More than this many hints are not read.
const MOST: usize = 2;

/// The hints of one event, most telling first.
pub(crate) fn hints(event: &OomEvent) -> Vec<String> {
    let all = match event.scope {
        Some(Scope::Memcg) => cgroup(event),
        Some(Scope::Global) => machine(event),
        _ => Vec::new(),
    };
    let mut hints: Vec<String> = all.into_iter().flatten().collect();
    hints.truncate(MOST);
    hints
}

fn cgroup(event: &OomEvent) -> Vec<Option<String>> {
    let memory = CgroupMemory::of(event).unwrap_or_default();
    let usage = event.memory.as_ref().and_then(|memory| memory.usage_bytes);
    let usage = usage.filter(|&usage| usage > 0);
    vec![
        tmpfs(&memory, usage),
        stuck(&memory, usage),
        kernel(&memory, usage),
        swap_of_cgroup(event),
        others_need(event, &memory),
        outgrew(event),
        many_small(event),
    ]
}

fn tmpfs(memory: &CgroupMemory, usage: Option<u64>) -> Option<String> {
    let (shmem, usage) = (memory.shmem?, usage?);
    (percent(shmem, usage) >= 40).then(|| {
        format!(
            "{} of {} was shared memory: files in tmpfs (/dev/shm, emptyDir in memory) and memfds \
             count as memory",
            bytes(shmem),
            bytes(usage)
        )
    })
}

fn stuck(memory: &CgroupMemory, usage: Option<u64>) -> Option<String> {
    let (dirty, usage) = (
        memory.dirty?.saturating_add(memory.writeback.unwrap_or(0)),
        usage?,
    );
    (percent(dirty, usage) >= 25).then(|| {
        format!(
            "{} of {} was page cache that was dirty or being written back: it could not be dropped \
             in time",
            bytes(dirty),
            bytes(usage)
        )
    })
}

fn kernel(memory: &CgroupMemory, usage: Option<u64>) -> Option<String> {
    let (kernel, usage) = (memory.kernel?, usage?);
    let slab = memory.slab.filter(|&slab| slab > kernel / 2);
    let slab = slab.map_or_else(String::new, |slab| format!(", {} of it slab", bytes(slab)));
    (percent(kernel, usage) >= 40).then(|| {
        format!(
            "{} of {} was the kernel's own memory{slab}: no process shows it as resident",
            bytes(kernel),
            bytes(usage)
        )
    })
}

fn swap_of_cgroup(event: &OomEvent) -> Option<String> {
    let swap = event.swap.as_ref()?;
    let (usage, limit) = (swap.usage_bytes?, swap.limit_bytes?);
    (limit > 0 && percent(usage, limit) >= 95)
        .then(|| format!("swap was full too: {} of {}", bytes(usage), bytes(limit)))
}

fn limit_and_victim(event: &OomEvent) -> Option<(u64, &Victim)> {
    let limit = event.memory.as_ref()?.limit_bytes?;
    Some((limit, event.victim.as_ref()?)).filter(|_| limit > 0)
}

/// What stays without the victim and cannot be dropped is near the limit.
fn others_need(event: &OomEvent, memory: &CgroupMemory) -> Option<String> {
    let (limit, victim) = limit_and_victim(event)?;
    let held = memory
        .anon?
        .saturating_add(memory.shmem.unwrap_or(0))
        .saturating_add(memory.kernel.unwrap_or(0));
    let left = held.saturating_sub(resident(victim)?);
    let share = percent(left, limit);
    (75..=100).contains(&share).then(|| {
        format!(
            "without {} there stay {} that cannot be dropped, {share} % of the limit: the others \
             need that much",
            name_of(victim.comm.as_ref(), victim.pid),
            bytes(left)
        )
    })
}

fn outgrew(event: &OomEvent) -> Option<String> {
    let (limit, victim) = limit_and_victim(event)?;
    let held = victim.anon_rss_bytes?;
    let share = percent(held, limit);
    (80..=110).contains(&share).then(|| {
        format!(
            "{} alone held {} of its own (anon), {share} % of the limit",
            name_of(victim.comm.as_ref(), victim.pid),
            bytes(held)
        )
    })
}

fn many_small(event: &OomEvent) -> Option<String> {
    let rows = rows_by_size(&event.tasks);
    let sum = rows
        .iter()
        .fold(0u64, |sum, (_, pages)| sum.saturating_add(*pages));
    let (_, largest) = rows.first()?;
    let share = percent(*largest, sum);
    (rows.len() >= 20 && share <= 10).then(|| {
        format!(
            "no process was large: of the {} listed the largest had {share} % of the resident pages",
            number(rows.len() as u64)
        )
    })
}

fn machine(event: &OomEvent) -> Vec<Option<String>> {
    let Some(meminfo) = &event.meminfo else {
        return Vec::new();
    };
    let ram = meminfo.ram_pages.filter(|&ram| ram > 0);
    let of_ram = |pages: Option<u64>, least: u64, what: &str| {
        let share = percent(pages?, ram?);
        (share >= least).then(|| format!("{share} % of RAM was {what}"))
    };
    let swap = || {
        let (free, total) = (meminfo.free_swap_bytes?, meminfo.total_swap_bytes?);
        let used = total.saturating_sub(free);
        (total > 0 && percent(used, total) >= 95)
            .then(|| format!("swap was full too: {} of {}", bytes(used), bytes(total)))
    };
    let stuck = meminfo
        .dirty_pages
        .map(|dirty| dirty.saturating_add(meminfo.writeback_pages.unwrap_or(0)));
    vec![
        of_ram(
            meminfo.slab_unreclaimable_pages,
            25,
            "slab that cannot be reclaimed: the kernel's own memory, of no process",
        ),
        of_ram(
            meminfo.shmem_pages,
            40,
            "shared memory: files in tmpfs and memfds count as memory",
        ),
        of_ram(
            stuck,
            20,
            "page cache that was dirty or being written back: it could not be dropped in time",
        ),
        swap(),
        many_small(event),
    ]
}
