//! What could be done about a kill, as far as its figures show: what filled the memory (`cause.rs`), the limit
//! that would have been enough then, and how to set it (`advice/changes.rs`).
//!
//! A report shows one moment. It shows that a limit was too low for the memory in use then, but never how much
//! more would have been needed, and no text here claims that.

mod changes;

use self::changes::changes;
use crate::Lang;
use crate::cause::{Cause, Filling};
use crate::facts::reached;
use crate::sentence::name_of;
use crate::units::{bytes, number};
use crate::words::Words;
use oomparse_core::{EventType, LimitLevel, OomEvent, QosClass, Scope};

/// A limit that would have been enough at the moment of the kill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The limit in bytes, a round number.
    pub bytes: u64,
    /// How it was computed, for people.
    pub reckoned: String,
}

impl Limit {
    /// The limit in Kubernetes' notation: `640Mi`.
    #[must_use]
    pub fn quantity(&self) -> String {
        quantity(self.bytes)
    }
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
    /// What filled the memory.
    pub cause: Cause,
    /// Sentences: what the figures show, and what follows from them. The first is about the cause.
    pub says: Vec<String>,
    /// What the figures do not show, and what to consider when the limit is changed.
    pub caveats: Vec<String>,
    /// A limit that would have been enough then.
    pub limit: Option<Limit>,
    /// How to set it.
    pub changes: Vec<Change>,
}

impl Advice {
    /// All sentences, the caveats last.
    pub fn sentences(&self) -> impl Iterator<Item = &String> {
        self.says.iter().chain(&self.caveats)
    }

    /// Whether the first sentence says more than the kill's own.
    #[must_use]
    pub fn knows_the_cause(&self) -> bool {
        !matches!(self.cause, Cause::Unknown | Cause::Machine)
    }
}

/// Advice on a kill; `None` for events that are not kills, or that show no figure to base it on.
#[must_use]
pub fn advice(event: &OomEvent, lang: Lang) -> Option<Advice> {
    if event.event_type != EventType::Kill {
        return None;
    }
    let filling = Filling::of(event);
    let cause = filling.cause();
    let mut says = vec![said(
        lang,
        text_of(&filling),
        &values(event, &filling, lang),
    )];
    if event.scope == Some(Scope::Global) {
        says.extend(of_machine(event, lang));
        return Some(Advice {
            cause,
            says,
            caveats: Vec::new(),
            limit: None,
            changes: Vec::new(),
        });
    }
    let limit = limit(event, lang)?;
    says.extend(at_the_limit(event, cause, lang));
    let mut caveats = vec![said(lang, "advice_not_shown", &[])];
    if matches!(level(event), Some(LimitLevel::Qos | LimitLevel::Kubepods)) {
        // Nobody sets this limit for a pod.
        says.push(said(lang, "advice_node_allocatable", &[]));
        return Some(Advice {
            cause,
            says,
            caveats,
            limit: None,
            changes: Vec::new(),
        });
    }
    let changes = changes(event, limit.bytes, lang);
    if !changes.is_empty() {
        caveats.extend(of_requests(event, lang));
    }
    Some(Advice {
        cause,
        says,
        caveats,
        limit: Some(limit),
        changes,
    })
}

/// The number of attempts that one allocation makes at a full limit; each attempt counts.
const TRIES_OF_ONE: u64 = 18;
/// If a limit was hit this often, it had been under pressure for long.
const OFTEN: u64 = 1_000;

/// Whether the limit was reached for the first time, or had been under pressure for long; only for memory of
/// processes, because page cache comes and goes at every limit.
fn at_the_limit(event: &OomEvent, cause: Cause, lang: Lang) -> Option<String> {
    if !matches!(
        cause,
        Cause::OneProcess | Cause::Others | Cause::ManyProcesses
    ) {
        return None;
    }
    let n = event.memory.as_ref()?.failcnt?;
    let key = match n {
        1..=TRIES_OF_ONE => "advice_first_time",
        OFTEN.. => "advice_hit_often",
        _ => return None,
    };
    Some(said(lang, key, &[("n", number(n).into())]))
}

/// What a higher limit means for the pod's requests.
fn of_requests(event: &OomEvent, lang: Lang) -> Option<String> {
    let key = match event.pod.as_ref()?.qos_class? {
        QosClass::Guaranteed => "advice_guaranteed",
        QosClass::Burstable => "advice_burstable",
        _ => return None,
    };
    Some(said(lang, key, &[]))
}

type Values = Vec<(&'static str, Words)>;

fn said(lang: Lang, key: &'static str, values: &[(&'static str, Words)]) -> String {
    lang.say(key, values).text()
}

fn text_of(filling: &Filling) -> &'static str {
    match filling.cause() {
        Cause::Tmpfs => "advice_tmpfs",
        Cause::PageCache => "advice_page_cache",
        Cause::Kernel if filling.mostly_slab().is_some() => "advice_kernel_slab",
        Cause::Kernel => "advice_kernel",
        Cause::ManyProcesses => "advice_many_processes",
        Cause::OneProcess => "advice_one_process",
        Cause::Others => "advice_others",
        Cause::Machine => "advice_machine",
        Cause::Unknown => "advice_unknown",
    }
}

/// Every value that a text of a cause may name.
fn values(event: &OomEvent, filling: &Filling, lang: Lang) -> Values {
    let memory = &filling.memory;
    let size = |size: Option<u64>| Words::from(size.map_or_else(String::new, bytes));
    let victim = event.victim.as_ref();
    let who = victim.map_or_else(
        || lang.label("a_process").to_owned(),
        |victim| name_of(victim.comm.as_ref(), victim.pid),
    );
    vec![
        ("who", who.into()),
        ("held", size(filling.held)),
        ("usage", size(filling.whole)),
        ("anon", size(memory.anon)),
        ("shmem", size(memory.shmem)),
        ("dirty", size(filling.stuck)),
        ("kernel", size(memory.kernel)),
        ("slab", size(memory.slab)),
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

/// The memory in use and the requested pages, plus a quarter as reserve; a round number.
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

/// The next larger size that people would write: a multiple of an eighth of its power of two, at least 1 MiB.
fn round(size: u64) -> u64 {
    const MIB: u64 = 1 << 20;
    let step = (size.checked_next_power_of_two().unwrap_or(1 << 63) / 16).max(MIB);
    size.div_ceil(step).saturating_mul(step)
}

/// Kubernetes' notation for a size: `640Mi`, `2Gi`.
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
