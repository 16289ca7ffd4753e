//! An incident's testimonies in words: who reports, what, and what Kubernetes knew.

use super::{Kubernetes, Silence};
use crate::Lang;
use crate::words::Words;
use oomparse_core::{EventType, Killer, OomEvent, Reporter, Text};

/// Who reports it: a reporter's or a killer's name, `kernel`.
#[must_use]
pub fn voice(event: &OomEvent) -> &'static str {
    let testimony = event.testimony.as_deref();
    let reporter = testimony.and_then(|it| it.reporter).map(Reporter::as_str);
    let killer = testimony.and_then(|it| it.killer).map(Killer::as_str);
    reporter.or(killer).unwrap_or("kernel")
}

/// `java 4711`, or `java 4711, …` for several; `None` if no process is named.
#[must_use]
pub fn victims(event: &OomEvent) -> Option<String> {
    let comm = |comm: Option<&Text>| comm.map_or_else(|| "?".to_owned(), ToString::to_string);
    let list = event.testimony.as_deref().map(|it| it.victims.as_slice());
    match (&event.victim, list.unwrap_or_default()) {
        (Some(victim), _) => Some(format!("{} {}", comm(victim.comm.as_ref()), victim.pid)),
        (None, [first]) => Some(format!("{} {}", comm(first.comm.as_ref()), first.pid)),
        (None, [first, ..]) => Some(format!("{} {}, …", comm(first.comm.as_ref()), first.pid)),
        (None, []) => None,
    }
}

/// What it reports, in a few words.
#[must_use]
pub fn says(event: &OomEvent, lang: Lang) -> String {
    let who = victims(event);
    let (some, none) = match event.event_type {
        EventType::Kill | EventType::UserspaceKill => ("voice_killed", "voice_killed_some"),
        EventType::Eviction => return lang.text("voice_evicted").to_owned(),
        _ => ("voice_saw", "voice_saw_some"),
    };
    match who {
        Some(who) => {
            let who = Words::default().say(&who);
            lang.say(some, &[("who", who)]).text()
        }
        None => lang.text(none).to_owned(),
    }
}

/// What Kubernetes reported about it, or why it cannot have known.
#[must_use]
pub fn because(kubernetes: Kubernetes, lang: Lang) -> String {
    let key = match kubernetes {
        Kubernetes::Reported => "kubernetes_reported",
        Kubernetes::Echo => "kubernetes_echo",
        Kubernetes::Silent(Silence::OtherInit(pid)) => {
            let pid = Words::default().say(&pid.to_string());
            return lang.say("kubernetes_other_init", &[("pid", pid)]).text();
        }
        Kubernetes::Silent(Silence::Lived) => "kubernetes_lived",
        Kubernetes::Unknown => "kubernetes_unknown",
    };
    lang.text(key).to_owned()
}
