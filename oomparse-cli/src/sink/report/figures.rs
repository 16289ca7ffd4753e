//! The rows below the sentence: usage against limit, how the memory was used, the largest processes, and what the
//! log did not show.

use super::bar::Bars;
use super::layout::{Page, path};
use crate::sink::wide;
use oomparse_core::{Counter, EventType, Meminfo, OomEvent, Victim};
use oomparse_report::units::{bytes, count, number};
use oomparse_report::{
    Breakdown, CgroupMemory, Lang, Words, hints, list, missing, percent, process, resident,
    rows_by_size,
};

/// The program speaks English.
const LANG: Lang = Lang::En;

/// How many processes of the task table are shown.
const LARGEST: usize = 5;

/// Writes every row for which the event has figures.
pub(crate) fn rows(page: &mut Page, bars: Bars, event: &OomEvent) {
    limits(page, bars, event);
    if let Some(limited) = event
        .cgroup
        .as_ref()
        .and_then(|cgroup| cgroup.oom_memcg.as_ref())
    {
        page.row("cgroup", &path(&limited.to_display()));
    }
    if let Some(memory) = CgroupMemory::of(event) {
        let usage = event.memory.as_ref().and_then(|memory| memory.usage_bytes);
        stacked(page, bars, "memory", &memory.breakdown(usage), bytes);
    }
    if let Some(meminfo) = &event.meminfo {
        machine(page, bars, meminfo);
    }
    if let Some(victim) = &event.victim {
        page.row("victim", &list(&self::victim(victim)));
    }
    page.row("chosen", &chosen(event));
    if event.oom_group {
        page.row("group", &whole_group());
    }
    largest(page, bars, event);
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
    page.row("not shown", &list(&missing(event, LANG)));
    for hint in hints(event, LANG) {
        page.row("hint", &Words::default().say(&hint));
    }
}

/// Another victim of the report that was shown last.
pub(crate) fn member(page: &mut Page, event: &OomEvent) {
    let Some(victim) = &event.victim else {
        return;
    };
    let words = Words::default().strong(process(victim.comm.as_ref(), Some(victim.pid), LANG));
    let words = match resident(victim) {
        Some(size) => words.say(&format!("with {} resident", bytes(size))),
        None => words,
    };
    let words = if event.oom_group {
        words.say("was killed with it (memory.oom.group)")
    } else {
        words.say("was killed too")
    };
    page.row("and", &words);
}

/// A bar for each counter with a limit.
fn limits(page: &mut Page, bars: Bars, event: &OomEvent) {
    if let Some(memory) = &event.memory {
        page.row("limit", &usage(bars, memory));
    }
    // cgroup v1 counts memory and swap together, v2 swap alone.
    if let Some(both) = event
        .memory_swap
        .as_ref()
        .filter(|both| both.limit_bytes > Some(0))
    {
        page.row("with swap", &usage(bars, both));
    }
    match &event.swap {
        Some(swap) if swap.limit_bytes == Some(0) => {
            page.row("swap", &Words::default().say("not allowed"));
        }
        Some(swap) if swap.limit_bytes.is_some() || swap.usage_bytes > Some(0) => {
            page.row("swap", &usage(bars, swap));
        }
        _ => {}
    }
}

/// `████████ 120.0 MiB of 120.0 MiB, hit 83 times`
fn usage(bars: Bars, counter: &Counter) -> Words {
    let words = match (counter.usage_bytes, counter.limit_bytes) {
        (Some(usage), Some(limit)) => Words::default()
            .part(bars.usage(usage, limit), 0, false)
            .glued(format!("{} of {}", bytes(usage), bytes(limit))),
        (Some(usage), None) => Words::default().glued(format!("{}, no limit", bytes(usage))),
        (None, Some(limit)) => Words::default().glued(bytes(limit)),
        (None, None) => Words::default(),
    };
    // cgroup v1 counts the limit on memory and swap elsewhere and shows 0 here.
    match counter.failcnt.filter(|&failcnt| failcnt > 0) {
        Some(failcnt) if !words.is_empty() => words
            .mark(",")
            .glued(format!("hit {}", count(failcnt, "time"))),
        _ => words,
    }
}

/// A bar of parts, and below it the name and size of each part after its mark.
fn stacked(
    page: &mut Page,
    bars: Bars,
    label: &str,
    breakdown: &Breakdown,
    size_of: fn(u64) -> String,
) {
    let (mut bar, mut before) = (Words::default(), 0u64);
    let mut names = Words::default();
    let last = breakdown.parts.len().saturating_sub(1);
    for (index, (name, size)) in breakdown.parts.iter().enumerate() {
        let piece = bars.piece(index, before, *size, breakdown.whole);
        before = before.saturating_add(*size);
        bar = bar.part(piece, index, index > 0);
        let comma = if index < last { "," } else { "" };
        let text = format!(
            "{} {} {}{comma}",
            bars.mark(index),
            LANG.label(name),
            size_of(*size)
        );
        names = names.part(text, index, false);
    }
    page.row(label, &bar);
    page.row(if bar.is_empty() { label } else { "" }, &names);
}

/// The machine's memory in pages, its swap in bytes: the size of a page is not in the log.
fn machine(page: &mut Page, bars: Bars, meminfo: &Meminfo) {
    let mut items = Vec::new();
    items.extend(meminfo.ram_pages.map(|n| format!("RAM {}", LANG.pages(n))));
    items.extend(
        meminfo
            .free_pages
            .map(|n| format!("free {}", LANG.pages(n))),
    );
    items.extend(
        meminfo
            .slab_unreclaimable_pages
            .map(|n| format!("unreclaimable slab {}", LANG.pages(n))),
    );
    page.row("machine", &list(&items));
    let breakdown = oomparse_report::machine(meminfo);
    if breakdown.parts.len() > 1 {
        stacked(page, bars, "pages", &breakdown, number);
    }
    match (meminfo.free_swap_bytes, meminfo.total_swap_bytes) {
        (_, Some(0)) => page.row("swap", &Words::default().say("none")),
        (Some(free), Some(total)) => {
            let mut used = Counter::default();
            used.usage_bytes = Some(total.saturating_sub(free));
            used.limit_bytes = Some(total);
            page.row("swap", &usage(bars, &used));
        }
        _ => {}
    }
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
    items.extend(victim.uid.map(|uid| format!("uid {uid}")));
    items
}

/// Old kernels choose a process and then kill its child.
fn chosen(event: &OomEvent) -> Words {
    let Some(selected) = &event.selected else {
        return Words::default();
    };
    let words = Words::default().glued(process(selected.comm.as_ref(), Some(selected.pid), LANG));
    let words = match selected.oom_score {
        Some(score) => words.mark(",").glued(format!("score {score}")),
        None => words,
    };
    match event.event_type {
        EventType::Kill => words.mark("; its child was killed instead"),
        _ => words,
    }
}

fn whole_group() -> Words {
    Words::default().say("every process of the cgroup was to be killed (memory.oom.group)")
}

/// The largest processes of the task table, in pages as the kernel prints them, and their share of the pages of
/// all listed processes.
fn largest(page: &mut Page, bars: Bars, event: &OomEvent) {
    let rows = rows_by_size(&event.tasks);
    let sum = rows
        .iter()
        .fold(0u64, |sum, (_, pages)| sum.saturating_add(*pages));
    let shown = rows.get(..LARGEST.min(rows.len())).unwrap_or_default();
    let names: Vec<String> = shown
        .iter()
        .map(|(row, _)| wide::cut(&process(row.comm.as_ref(), Some(row.pid), LANG), 30))
        .collect();
    let sizes: Vec<String> = shown.iter().map(|(_, size)| LANG.pages(*size)).collect();
    let width = |texts: &[String]| texts.iter().map(|text| wide::width(text)).max();
    let (broad, long) = (width(&names).unwrap_or(0), width(&sizes).unwrap_or(0));
    let room = bars.width.saturating_sub(10);
    for (index, (name, size)) in names.iter().zip(&sizes).enumerate() {
        let own = shown.get(index).map_or(0, |(_, pages)| *pages);
        let text = format!(
            "{}  {size:>long$}  {:>3} % {}",
            wide::pad(name, broad),
            percent(own, sum),
            bars.length(own, sum, room)
        );
        let label = if index == 0 { "largest" } else { "" };
        page.row(label, &Words::default().glued(text.trim_end()));
    }
    let others = rows.get(shown.len()..).unwrap_or_default();
    if !others.is_empty() {
        let rest = others
            .iter()
            .fold(0u64, |sum, (_, pages)| sum.saturating_add(*pages));
        let text = format!(
            "{} more with {}",
            number(others.len() as u64),
            LANG.pages(rest)
        );
        page.row("", &Words::default().say(&text));
    }
}
