//! What could be done about a kill, as far as its figures go: what filled the memory, the limit that would
//! have held then, and how to set it (`advice/changes.rs`).
//!
//! A report is a picture of one moment. It shows that a limit was too low for what was there, never how much
//! more would have come: nothing here says that it does.

mod changes;

use self::changes::changes;
use crate::Lang;
use crate::facts::{percent, reached, resident, rows_by_size};
use crate::memory::CgroupMemory;
use crate::sentence::name_of;
use crate::units::{bytes, number};
use crate::words::Words;
use oomparse_core::{EventType, LimitLevel, OomEvent, QosClass, Scope};

/// What the memory that ran out was, as the figures of one report show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Files in tmpfs, or memfds.
    Tmpfs,
    /// Page cache that was not written back in time.
    PageCache,
    /// The kernel's own memory.
    Kernel,
    /// Many processes, none of them large.
    ManyProcesses,
    /// One process that held most of the limit.
    OneProcess,
    /// The victim is small beside what the others hold.
    Others,
    /// The machine's memory; no limit was reached.
    Machine,
    /// The figures do not tell.
    Unknown,
}

impl Cause {
    /// The word for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tmpfs => "tmpfs",
            Self::PageCache => "page_cache",
            Self::Kernel => "kernel",
            Self::ManyProcesses => "many_processes",
            Self::OneProcess => "one_process",
            Self::Others => "others",
            Self::Machine => "machine",
            Self::Unknown => "unknown",
        }
    }
}

/// A limit that would have held at the moment of the kill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The limit in bytes, a round number.
    pub bytes: u64,
    /// How it was reckoned, for people.
    pub reckoned: String,
}

/// Text to copy: lines of YAML, or a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `yaml` or `shell`.
    pub language: &'static str,
    /// What it does, for people.
    pub title: String,
    /// The text.
    pub text: String,
}

/// What could be done about one kill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What the memory was.
    pub cause: Cause,
    /// Sentences: what the figures show, what follows, and what they do not show.
    pub says: Vec<String>,
    /// A limit that would have held then.
    pub limit: Option<Limit>,
    /// How to set it.
    pub changes: Vec<Change>,
}

/// Advice on a kill; nothing for what was none, or shows no figure to rest on.
#[must_use]
pub fn advice(event: &OomEvent, lang: Lang) -> Option<Advice> {
    if event.event_type != EventType::Kill {
        return None;
    }
    let cause = cause(event);
    let mut says = vec![said(lang, of_cause(cause), &values(event, lang))];
    if event.scope == Some(Scope::Global) {
        says.extend(of_machine(event, lang));
        return Some(Advice {
            cause,
            says,
            limit: None,
            changes: Vec::new(),
        });
    }
    let limit = limit(event, lang)?;
    says.push(said(lang, "advice_not_shown", &[]));
    if level(event) == Some(LimitLevel::Qos) || level(event) == Some(LimitLevel::Kubepods) {
        says.push(said(lang, "advice_node_allocatable", &[]));
    }
    let changes = changes(event, limit.bytes, lang);
    if is_guaranteed(event) && !changes.is_empty() {
        says.push(said(lang, "advice_guaranteed", &[]));
    }
    Some(Advice {
        cause,
        says,
        limit: Some(limit),
        changes,
    })
}

type Values = Vec<(&'static str, Words)>;

fn said(lang: Lang, key: &'static str, values: &[(&'static str, Words)]) -> String {
    lang.say(key, values).text()
}

fn cause(event: &OomEvent) -> Cause {
    match event.scope {
        Some(Scope::Memcg) => of_cgroup(event),
        Some(Scope::Global) => Cause::Machine,
        _ => Cause::Unknown,
    }
}

fn of_cgroup(event: &OomEvent) -> Cause {
    let memory = CgroupMemory::of(event).unwrap_or_default();
    let usage = event.memory.as_ref().and_then(|memory| memory.usage_bytes);
    let limit = event.memory.as_ref().and_then(|memory| memory.limit_bytes);
    let share = |part: Option<u64>| {
        let whole = usage.or(limit).filter(|&whole| whole > 0);
        part.zip(whole)
            .map_or(0, |(part, whole)| percent(part, whole))
    };
    let dirty = memory
        .dirty
        .map(|dirty| dirty.saturating_add(memory.writeback.unwrap_or(0)));
    let rows = rows_by_size(&event.tasks);
    let sum = rows.iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
    let largest = rows.first().map_or(0, |(_, pages)| percent(*pages, sum));
    let held = event.victim.as_ref().and_then(resident);
    if share(memory.shmem) >= 40 {
        Cause::Tmpfs
    } else if share(dirty) >= 25 {
        Cause::PageCache
    } else if share(memory.kernel) >= 40 {
        Cause::Kernel
    } else if rows.len() >= 20 && largest <= 10 {
        Cause::ManyProcesses
    } else if share(held) >= 60 {
        Cause::OneProcess
    } else if held.is_some() && share(memory.anon) >= 50 {
        Cause::Others
    } else {
        Cause::Unknown
    }
}

fn of_cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Tmpfs => "advice_tmpfs",
        Cause::PageCache => "advice_page_cache",
        Cause::Kernel => "advice_kernel",
        Cause::ManyProcesses => "advice_many_processes",
        Cause::OneProcess => "advice_one_process",
        Cause::Others => "advice_others",
        Cause::Machine => "advice_machine",
        Cause::Unknown => "advice_unknown",
    }
}

/// Every value that a text of a cause may name.
fn values(event: &OomEvent, lang: Lang) -> Values {
    let memory = CgroupMemory::of(event).unwrap_or_default();
    let memory_counter = event.memory.as_ref();
    let usage = memory_counter.and_then(|memory| memory.usage_bytes.or(memory.limit_bytes));
    let size = |size: Option<u64>| Words::from(size.map_or_else(String::new, bytes));
    let victim = event.victim.as_ref();
    let who = victim.map_or_else(
        || lang.label("a_process").to_owned(),
        |victim| name_of(victim.comm.as_ref(), victim.pid),
    );
    let dirty = memory
        .dirty
        .map(|dirty| dirty.saturating_add(memory.writeback.unwrap_or(0)));
    vec![
        ("who", who.into()),
        ("held", size(victim.and_then(resident))),
        ("usage", size(usage)),
        ("anon", size(memory.anon)),
        ("shmem", size(memory.shmem)),
        ("dirty", size(dirty)),
        ("kernel", size(memory.kernel)),
        ("all", number(event.tasks.len() as u64).into()),
    ]
}

fn of_machine(event: &OomEvent, lang: Lang) -> Vec<String> {
    let mut says = Vec::new();
    let meminfo = event.meminfo.as_deref();
    if meminfo.and_then(|meminfo| meminfo.total_swap_bytes) == Some(0) {
        says.push(said(lang, "advice_no_swap", &[]));
    }
    if let Some(order @ 2..=20) = event.invoker.as_ref().and_then(|invoker| invoker.order) {
        let pages = Words::default().say(&lang.pages(1 << order));
        says.push(said(lang, "advice_order", &[("pages", pages)]));
    }
    match event.pod.as_ref().and_then(|pod| pod.qos_class) {
        Some(QosClass::BestEffort) => says.push(said(lang, "advice_best_effort", &[])),
        Some(_) => says.push(said(lang, "advice_node", &[])),
        None => {}
    }
    says
}

fn level(event: &OomEvent) -> Option<LimitLevel> {
    event.cgroup.as_ref()?.limit_level
}

fn is_guaranteed(event: &OomEvent) -> bool {
    event.pod.as_ref().and_then(|pod| pod.qos_class) == Some(QosClass::Guaranteed)
}

/// What was in use and the pages asked for, and a quarter more to breathe in; a round number.
fn limit(event: &OomEvent, lang: Lang) -> Option<Limit> {
    let (what, limit) = reached(event)?;
    let counter = match what {
        "memory+swap" => event.memory_swap.as_ref(),
        _ => event.memory.as_ref(),
    };
    let needed = counter.and_then(|counter| counter.usage_bytes).max(limit)?;
    if needed == 0 {
        return None;
    }
    let bytes = round(needed.saturating_add(needed / 4));
    let values = [
        ("usage", crate::units::bytes(needed).into()),
        ("limit", quantity(bytes).into()),
    ];
    Some(Limit {
        bytes,
        reckoned: said(lang, "advice_reckoned", &values),
    })
}

/// The next of the sizes that people write: an eighth of its power of two, at least 1 MiB.
fn round(size: u64) -> u64 {
    const MIB: u64 = 1 << 20;
    let step = (size.checked_next_power_of_two().unwrap_or(1 << 63) / 16).max(MIB);
    size.div_ceil(step).saturating_mul(step)
}

/// Kubernetes' way to write a size: `640Mi`, `2Gi`.
fn quantity(size: u64) -> String {
    match size {
        _ if size.is_multiple_of(1 << 30) => format!("{}Gi", size >> 30),
        _ => format!("{}Mi", size.div_ceil(1 << 20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_round_and_no_smaller() {
        for (size, rounded) in [
            (1, 1 << 20),
            (640 << 20, 640 << 20),
            ((640 << 20) + 1, 704 << 20),
            (150 << 20, 160 << 20),
            (5 << 30, 5 << 30),
        ] {
            assert_eq!(round(size), rounded, "{size}");
        }
        assert_eq!(quantity(640 << 20), "640Mi");
        assert_eq!(quantity(2 << 30), "2Gi");
    }
}
