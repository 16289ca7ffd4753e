//! What else the figures suggest, stated only if the figures show it, as an observation. What filled the memory
//! is stated by [`advice`](crate::advice()), and not repeated here.

use crate::Lang;
use crate::advice;
use crate::cause::{Cause, Filling};
use crate::facts::{percent, resident};
use crate::memory::CgroupMemory;
use crate::sentence::name_of;
use crate::units::{bytes, number};
use crate::words::Words;
use oomparse_core::{OomEvent, Scope, Victim};

/// Nobody reads more than this many hints.
const MOST: usize = 2;

/// The hints of one event, the strongest first, without what the advice on it says.
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
    let filling = Filling::of(event);
    let told = advice(event, lang).map(|advice| advice.cause);
    let untold = |cause: Cause, hint: Option<String>| hint.filter(|_| told != Some(cause));
    vec![
        untold(Cause::Tmpfs, tmpfs(&filling, lang)),
        untold(Cause::PageCache, stuck(&filling, lang)),
        untold(Cause::Kernel, kernel(&filling, lang)),
        swap_of_cgroup(event, lang),
        others_need(event, &filling.memory, lang),
        untold(Cause::OneProcess, outgrew(event, lang)),
        untold(Cause::ManyProcesses, many_small(&filling, lang)),
    ]
}

fn tmpfs(filling: &Filling, lang: Lang) -> Option<String> {
    let (part, whole) = filling.shmem()?;
    let values = [("part", bytes(part)), ("whole", bytes(whole))];
    Some(said(lang, "hint_tmpfs", values))
}

fn stuck(filling: &Filling, lang: Lang) -> Option<String> {
    let (part, whole) = filling.stuck()?;
    let values = [("part", bytes(part)), ("whole", bytes(whole))];
    Some(said(lang, "hint_stuck", values))
}

fn kernel(filling: &Filling, lang: Lang) -> Option<String> {
    let (kernel, whole) = filling.kernel()?;
    let [part, whole] = [("part", bytes(kernel)), ("whole", bytes(whole))];
    Some(match filling.mostly_slab() {
        Some(slab) => said(
            lang,
            "hint_kernel_slab",
            [part, whole, ("slab", bytes(slab))],
        ),
        None => said(lang, "hint_kernel", [part, whole]),
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

/// The memory that stays without the victim, and cannot be dropped, is near the limit.
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

fn many_small(filling: &Filling, lang: Lang) -> Option<String> {
    let many = filling.many()?;
    let values = [
        ("all", number(many.all as u64)),
        ("share", many.share.to_string()),
    ];
    Some(said(lang, "hint_many_small", values))
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
        many_small(&Filling::of(event), lang),
    ]
}
