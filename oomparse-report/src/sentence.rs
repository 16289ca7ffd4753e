//! The first sentence about an event: when, where, which process, of which pod, and why.

use crate::Lang;
use crate::facts::{clock, reached, resident, rows_by_size};
use crate::subject::{self, place, process};
use crate::units::{self, bytes, number};
use crate::words::Words;
use oomparse_core::{EventType, Evidence, LimitLevel, OomEvent, QosClass, Scope, Text};

/// The sentence: `2023-01-05T02:12:02+08:00 node-7: java (pid 4711) of pod shop/web-0, …`
#[must_use]
pub fn sentence(event: &OomEvent, lang: Lang) -> Words {
    let colon = lang.text("colon");
    let clauses = clauses(event, lang);
    let words = when_and_where(event, lang);
    let words = if words.is_empty() {
        words
    } else {
        words.mark(colon)
    };
    words.then(clauses).mark(lang.text("stop"))
}

/// What happened, without when and where: `java (pid 4711) of pod shop/web-0, container app, was killed …`
#[must_use]
pub fn what(event: &OomEvent, lang: Lang) -> Words {
    clauses(event, lang).mark(lang.text("stop"))
}

fn clauses(event: &OomEvent, lang: Lang) -> Words {
    let (colon, semicolon) = (lang.text("colon"), lang.text("semicolon"));
    match event.event_type {
        EventType::Kill => {
            let words = killed(event, lang);
            let words = match why(event, lang) {
                Some(why) => words.mark(colon).then(why),
                None => words,
            };
            [chosen(event, lang), asked(event, lang)]
                .into_iter()
                .flatten()
                .fold(words, |words, clause| words.mark(semicolon).then(clause))
        }
        EventType::NoVictim => not_killed(event, lang)
            .mark(semicolon)
            .say(lang.text("nobody_killed"))
            .mark(colon)
            .then(why_nobody(event, lang)),
        EventType::UserspaceKill | EventType::Eviction | EventType::Notice => {
            crate::testimony::of_others(event, lang)
        }
        _ => not_killed(event, lang)
            .mark(semicolon)
            .say(lang.text("not_shown_whom")),
    }
}

/// `java (pid 7) of pod shop/web-0, container app, was killed with 99.3 MiB resident`
fn killed(event: &OomEvent, lang: Lang) -> Words {
    let who = match &event.victim {
        Some(victim) => {
            Words::default().strong(process(victim.comm.as_ref(), Some(victim.pid), lang))
        }
        None => Words::default().say(lang.text("a_process")),
    };
    let mut values = vec![("who", who)];
    let key = match place(event, lang) {
        Some(place) => {
            values.push(("place", place));
            // A clause with a comma in it ends with one.
            if has_pod_and_container(event) {
                "killed_in_container"
            } else {
                "killed"
            }
        }
        None => "killed_unplaced",
    };
    let words = lang.say(key, &values);
    match held(event, lang) {
        Some(size) => {
            let size = Words::default().strong(size);
            words.then(lang.say("held", &[("size", size)]))
        }
        None => words,
    }
}

/// How much resident memory the victim had, in bytes or, if only the table shows it, in pages.
fn held(event: &OomEvent, lang: Lang) -> Option<String> {
    let victim = event.victim.as_ref()?;
    if let Some(size) = resident(victim) {
        return Some(bytes(size));
    }
    let row = event.tasks.iter().find(|row| row.pid == victim.pid)?;
    Some(lang.pages(row.rss_pages?))
}

/// Why this one: `it was chosen with score 1974 and oom_score_adj 968, the largest of 12 processes`.
fn chosen(event: &OomEvent, lang: Lang) -> Option<Words> {
    let victim = event.victim.as_ref()?;
    let mut facts = Vec::new();
    let said = |key, values: &[(&str, Words)]| lang.say(key, values).text();
    let value = |name, value: String| (name, Words::from(value));
    if event.oom_group {
        facts.push(said("chosen_group", &[]));
    }
    let score = victim
        .oom_score
        .map(|score| value("score", score.to_string()));
    let adj = victim
        .oom_score_adj
        .map(|adj| value("adj", adj.to_string()));
    match (score, adj) {
        (Some(score), Some(adj)) => facts.push(said("chosen_score_adj", &[score, adj])),
        (Some(score), None) => facts.push(said("chosen_score", &[score])),
        (None, Some(adj)) => facts.push(said("chosen_adj", &[adj])),
        (None, None) => {}
    }
    let rows = rows_by_size(&event.tasks);
    if rows.len() > 1
        && let Some(rank) = rows.iter().position(|(row, _)| row.pid == victim.pid)
    {
        let all = value("all", number(rows.len() as u64));
        facts.push(match rank {
            0 => said("chosen_largest", &[all]),
            _ => said("chosen_rank", &[all, value("rank", (rank + 1).to_string())]),
        });
    }
    if facts.is_empty() {
        return None;
    }
    let facts = Words::default().say(&lang.join(facts));
    Some(lang.say("chosen", &[("facts", facts)]))
}

/// Who asked for memory, and for how much.
fn asked(event: &OomEvent, lang: Lang) -> Option<Words> {
    let invoker = event.invoker.as_ref()?;
    if invoker.order == Some(-1) || invoker.comm.is_none() && invoker.pid.is_none() {
        return None;
    }
    // Without a thread id, an equal name proves nothing.
    let victim = event.victim.as_ref().map(|victim| victim.pid);
    let same = invoker.pid.is_some() && invoker.pid == victim;
    let who = (
        "who",
        process(invoker.comm.as_ref(), invoker.pid, lang).into(),
    );
    Some(match (invoker.order, same) {
        (Some(order @ 1..=20), same) => {
            let pages = ("pages", Words::default().say(&lang.pages(1 << order)));
            let order = ("order", order.to_string().into());
            match same {
                true => lang.say("asked_row_itself", &[pages, order]),
                false => lang.say("asked_row", &[who, pages, order]),
            }
        }
        (_, true) => lang.say("asked_itself", &[]),
        (_, false) => lang.say("asked", &[who]),
    })
}

/// The comm, else the pid.
#[must_use]
pub fn name_of(comm: Option<&Text>, pid: u32) -> String {
    comm.map_or_else(|| format!("pid {pid}"), Text::to_string)
}

/// `2023-01-05T02:12:02+08:00 node-7`, as much of it as the log shows.
#[must_use]
pub fn when_and_where(event: &OomEvent, lang: Lang) -> Words {
    let mut words = Words::default();
    if let Some(time) = event.time {
        words = words.glued(clock(&time));
    } else if let Some(micros) = event.kernel_time_us {
        let time = Words::from(units::uptime(micros));
        words = words.glued(lang.say("after_boot", &[("time", time)]).text());
    }
    match &event.host {
        Some(host) => words.glued(host.to_string()),
        None => words,
    }
}

fn has_pod_and_container(event: &OomEvent) -> bool {
    event.pod.is_some()
        && event
            .container
            .as_ref()
            .is_some_and(|container| container.id.is_some() || container.name.is_some())
}

/// Why the killer ran.
fn why(event: &OomEvent, lang: Lang) -> Option<Words> {
    let said = |key| Some(Words::default().say(lang.text(key)));
    if event.invoker.as_ref().and_then(|invoker| invoker.order) == Some(-1) {
        return said("why_sysrq");
    }
    match event.scope? {
        Scope::Memcg => Some(limit(event, lang)),
        Scope::Beancounter => said("why_beancounter"),
        Scope::Cpuset => said("why_cpuset"),
        Scope::MemoryPolicy => said("why_policy"),
        Scope::Global if event.pod.is_some() => said("why_machine_no_limit"),
        _ => said("why_machine"),
    }
}

/// `the pod reached its memory limit of 120.0 MiB`
fn limit(event: &OomEvent, lang: Lang) -> Words {
    let (who, many) = who_reached(event, lang);
    let (what, size) = match reached(event) {
        Some((what, size)) => (what, size),
        None => ("memory", None),
    };
    let what = match what {
        "memory+swap" => lang.text("limit_memory_swap"),
        _ => lang.text("limit_memory"),
    };
    let what = ("what", Words::from(what.to_owned()));
    match size {
        Some(size) => {
            let size = ("size", Words::default().strong(bytes(size)));
            let key = if many { "reached_all_of" } else { "reached_of" };
            lang.say(key, &[("who", who), what, size])
        }
        None => {
            let key = if many { "reached_all" } else { "reached" };
            lang.say(key, &[("who", who), what])
        }
    }
}

/// Whose limit was reached, and whether that is many pods.
fn who_reached(event: &OomEvent, lang: Lang) -> (Words, bool) {
    let cgroup = event.cgroup.as_ref();
    let said = |key| Words::default().say(lang.text(key));
    match cgroup.and_then(|cgroup| cgroup.limit_level) {
        Some(LimitLevel::Container) => (said("the_container"), false),
        Some(LimitLevel::Pod) => (said("the_pod"), false),
        Some(LimitLevel::Qos) => {
            let class = event.pod.as_ref().and_then(|pod| pod.qos_class);
            match class.map(QosClass::as_str) {
                Some(class) => {
                    let class = ("class", class.to_owned().into());
                    (lang.say("all_pods_of_class", &[class]), true)
                }
                None => (said("all_pods"), true),
            }
        }
        Some(LimitLevel::Kubepods) => (said("all_pods"), true),
        Some(LimitLevel::Root) => (said("root_cgroup"), false),
        _ => match cgroup.and_then(|cgroup| cgroup.oom_memcg.as_ref()) {
            Some(path) => (subject::cgroup(path, lang), false),
            None => (said("its_cgroup"), false),
        },
    }
}

/// The start of an event without a victim.
fn not_killed(event: &OomEvent, lang: Lang) -> Words {
    let words = match place(event, lang) {
        Some(place) => place.mark(lang.text("colon")),
        None => Words::default(),
    };
    match why(event, lang) {
        Some(why) => words.then(why),
        None => words.say(lang.text("killer_ran")),
    }
}

fn why_nobody(event: &OomEvent, lang: Lang) -> Words {
    let said = |key| Words::default().say(lang.text(key));
    let shows = |evidence| event.evidence.contains(&evidence);
    if shows(Evidence::Panic) {
        return said("nobody_panic");
    }
    if shows(Evidence::Exiting) {
        let victim = event.victim.as_ref();
        let victim = victim.map(|victim| (victim.comm.as_ref(), victim.pid));
        let selected = event.selected.as_ref();
        let chosen = victim.or(selected.map(|chosen| (chosen.comm.as_ref(), chosen.pid)));
        return match chosen {
            Some((comm, pid)) => {
                let who = process(comm, Some(pid), lang).into();
                lang.say("nobody_exiting", &[("who", who)])
            }
            None => said("nobody_exiting_unknown"),
        };
    }
    if shows(Evidence::NoKillable) {
        return said("nobody_killable");
    }
    said("nobody_unknown")
}
