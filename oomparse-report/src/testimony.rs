//! The sentence about what anything other than the kernel did or reports.

use crate::Lang;
use crate::facts::printable;
use crate::subject::{place, process};
use crate::words::Words;
use oomparse_core::{EventType, Killer, OomEvent, Reporter};

/// `java (pid 7) was killed by earlyoom`, `containerd reports an OOM kill in …`
pub(crate) fn of_others(event: &OomEvent, lang: Lang) -> Words {
    let testimony = event.testimony.as_deref();
    let word = |word: Option<&'static str>| Words::default().say(word.unwrap_or("?"));
    let place = place(event, lang).or_else(|| {
        let unit = testimony?.unit.as_ref()?.to_string();
        Some(Words::default().strong(printable(&unit)))
    });
    if event.event_type == EventType::Eviction {
        let place = place.unwrap_or_else(|| Words::default().say("?"));
        return lang.say("evicted", &[("place", place)]);
    }
    if event.event_type == EventType::Notice {
        let reporter = word(testimony.and_then(|it| it.reporter).map(Reporter::as_str));
        return match place {
            Some(place) => lang.say("noticed_in", &[("reporter", reporter), ("place", place)]),
            None => lang.say("noticed", &[("reporter", reporter)]),
        };
    }
    let killer = word(testimony.and_then(|it| it.killer).map(Killer::as_str));
    let who = event.victim.as_ref().map(|victim| {
        Words::default().strong(process(victim.comm.as_ref(), Some(victim.pid), lang))
    });
    match (who, place) {
        (Some(who), Some(place)) => lang.say(
            "daemon_killed_in",
            &[("who", who), ("place", place), ("killer", killer)],
        ),
        (None, Some(place)) => {
            lang.say("daemon_killed_all", &[("place", place), ("killer", killer)])
        }
        (who, None) => {
            let who = who.unwrap_or_else(|| Words::default().say(lang.text("a_process")));
            lang.say("daemon_killed", &[("who", who), ("killer", killer)])
        }
    }
}
