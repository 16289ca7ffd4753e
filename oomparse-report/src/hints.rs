//! What the figures suggest, said only where they show it, and said as what was seen.

use crate::Lang;
use crate::facts::{percent, resident, rows_by_size};
use crate::memory::CgroupMemory;
use crate::sentence::name_of;
use crate::units::{bytes, number};
use crate::words::Words;
use oomparse_core::{OomEvent, Scope, Victim};

/// More than this many hints are not read.
const MOST: usize = 2;

/// The hints of one event, most telling first.
#[must_use]
pub fn hints(event: &OomEvent, lang: Lang) -> Vec<String> {
    let all = match event.scope {
        Some(Scope::Memcg) => cgroup(event, lang),
        Some(Scope::Global) => machine(event, lang),
        _ => Vec::new(),
    };
    let mut hints: Vec<String> = all.into_iter().flatten().collect();
    hints.truncate(MOST);
    hints
}

/// Values of a text: sizes in bytes, counts, names.
fn said<const N: usize>(lang: Lang, key: &'static str, values: [(&str, String); N]) -> String {
    let values = values.map(|(name, value)| (name, Words::from(value)));
    lang.say(key, &values).text()
}

fn cgroup(event: &OomEvent, lang: Lang) -> Vec<Option<String>> {
    let memory = CgroupMemory::of(event).unwrap_or_default();
    let usage = event.memory.as_ref().and_then(|memory| memory.usage_bytes);
    let usage = usage.filter(|&usage| usage > 0);
    vec![
        tmpfs(&memory, usage, lang),
        stuck(&memory, usage, lang),
        kernel(&memory, usage, lang),
        swap_of_cgroup(event, lang),
        others_need(event, &memory, lang),
        outgrew(event, lang),
        many_small(event, lang),
    ]
}

fn tmpfs(memory: &CgroupMemory, usage: Option<u64>, lang: Lang) -> Option<String> {
    let (shmem, usage) = (memory.shmem?, usage?);
    let values = [("part", bytes(shmem)), ("whole", bytes(usage))];
    (percent(shmem, usage) >= 40).then(|| said(lang, "hint_tmpfs", values))
}

fn stuck(memory: &CgroupMemory, usage: Option<u64>, lang: Lang) -> Option<String> {
    let (dirty, usage) = (
        memory.dirty?.saturating_add(memory.writeback.unwrap_or(0)),
        usage?,
    );
    let values = [("part", bytes(dirty)), ("whole", bytes(usage))];
    (percent(dirty, usage) >= 25).then(|| said(lang, "hint_stuck", values))
}

fn kernel(memory: &CgroupMemory, usage: Option<u64>, lang: Lang) -> Option<String> {
    let (kernel, usage) = (memory.kernel?, usage?);
    let slab = memory.slab.filter(|&slab| slab > kernel / 2);
    let values = [("part", bytes(kernel)), ("whole", bytes(usage))];
    (percent(kernel, usage) >= 40).then(|| match slab {
        Some(slab) => {
            let [part, whole] = values;
            said(
                lang,
                "hint_kernel_slab",
                [part, whole, ("slab", bytes(slab))],
            )
        }
        None => said(lang, "hint_kernel", values),
    })
}

fn swap_of_cgroup(event: &OomEvent, lang: Lang) -> Option<String> {
    let swap = event.swap.as_ref()?;
    let (usage, limit) = (swap.usage_bytes?, swap.limit_bytes?);
    let values = [("part", bytes(usage)), ("whole", bytes(limit))];
    (limit > 0 && percent(usage, limit) >= 95).then(|| said(lang, "hint_swap", values))
}

fn limit_and_victim(event: &OomEvent) -> Option<(u64, &Victim)> {
    let limit = event.memory.as_ref()?.limit_bytes?;
    Some((limit, event.victim.as_ref()?)).filter(|_| limit > 0)
}

/// What stays without the victim and cannot be dropped is near the limit.
fn others_need(event: &OomEvent, memory: &CgroupMemory, lang: Lang) -> Option<String> {
    let (limit, victim) = limit_and_victim(event)?;
    let held = memory
        .anon?
        .saturating_add(memory.shmem.unwrap_or(0))
        .saturating_add(memory.kernel.unwrap_or(0));
    let left = held.saturating_sub(resident(victim)?);
    let share = percent(left, limit);
    let values = [
        ("who", name_of(victim.comm.as_ref(), victim.pid)),
        ("left", bytes(left)),
        ("share", share.to_string()),
    ];
    (75..=100)
        .contains(&share)
        .then(|| said(lang, "hint_others_need", values))
}

fn outgrew(event: &OomEvent, lang: Lang) -> Option<String> {
    let (limit, victim) = limit_and_victim(event)?;
    let held = victim.anon_rss_bytes?;
    let share = percent(held, limit);
    let values = [
        ("who", name_of(victim.comm.as_ref(), victim.pid)),
        ("held", bytes(held)),
        ("share", share.to_string()),
    ];
    (80..=110)
        .contains(&share)
        .then(|| said(lang, "hint_outgrew", values))
}

fn many_small(event: &OomEvent, lang: Lang) -> Option<String> {
    let rows = rows_by_size(&event.tasks);
    let sum = rows
        .iter()
        .fold(0u64, |sum, (_, pages)| sum.saturating_add(*pages));
    let (_, largest) = rows.first()?;
    let share = percent(*largest, sum);
    let values = [
        ("all", number(rows.len() as u64)),
        ("share", share.to_string()),
    ];
    (rows.len() >= 20 && share <= 10).then(|| said(lang, "hint_many_small", values))
}

fn machine(event: &OomEvent, lang: Lang) -> Vec<Option<String>> {
    let Some(meminfo) = &event.meminfo else {
        return Vec::new();
    };
    let ram = meminfo.ram_pages.filter(|&ram| ram > 0);
    let of_ram = |pages: Option<u64>, least: u64, key: &'static str| {
        let share = percent(pages?, ram?);
        (share >= least).then(|| said(lang, key, [("share", share.to_string())]))
    };
    let swap = || {
        let (free, total) = (meminfo.free_swap_bytes?, meminfo.total_swap_bytes?);
        let used = total.saturating_sub(free);
        let values = [("part", bytes(used)), ("whole", bytes(total))];
        (total > 0 && percent(used, total) >= 95).then(|| said(lang, "hint_swap", values))
    };
    let stuck = meminfo
        .dirty_pages
        .map(|dirty| dirty.saturating_add(meminfo.writeback_pages.unwrap_or(0)));
    vec![
        of_ram(meminfo.slab_unreclaimable_pages, 25, "hint_machine_slab"),
        of_ram(meminfo.shmem_pages, 40, "hint_machine_shmem"),
        of_ram(stuck, 20, "hint_machine_stuck"),
        swap(),
        many_small(event, lang),
    ]
}
