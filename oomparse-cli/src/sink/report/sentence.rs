//! The first sentence of an event: when, where, who, of which pod, and why.

use super::figures::{self, rows_by_size};
use super::layout::{Words, cut};
use crate::units::{self, bytes, number, pages};
use oomparse_core::{EventType, Evidence, LimitLevel, OomEvent, QosClass, Scope, Text, WallTime};

/// The sentence.
pub(crate) fn sentence(event: &OomEvent) -> Words {
    let words = when_and_where(event);
    let why = why(event);
    match event.event_type {
        EventType::Kill => {
            let words = match &event.victim {
                Some(victim) => words.strong(process(victim.comm.as_ref(), Some(victim.pid))),
                None => words.say("a process"),
            };
            let words = match place(event) {
                // A clause with a comma in it ends with one.
                Some(place) if has_pod_and_container(event) => {
                    words.say("of").then(place).mark(",")
                }
                Some(place) => words.say("of").then(place),
                None => words.say("(the log does not show its cgroup)"),
            };
            let words = words.say("was killed").then(held(event));
            let words = match why {
                Some(why) => words.mark(":").then(why),
                None => words,
            };
            let words = match chosen(event) {
                Some(chosen) => words.mark(";").then(chosen),
                None => words,
            };
            match asked(event) {
                Some(asked) => words.mark(";").then(asked),
                None => words,
            }
        }
        EventType::NoVictim => not_killed(words, event)
            .mark(";")
            .say("nobody was killed:")
            .then(why_nobody(event)),
        _ => not_killed(words, event)
            .mark(";")
            .say("the log does not show whom it killed"),
    }
    .mark(".")
}

/// `with 99.3 MiB resident`
fn held(event: &OomEvent) -> Words {
    let words = Words::default();
    let Some(victim) = &event.victim else {
        return words;
    };
    if let Some(size) = figures::resident(victim) {
        return words.say("with").strong(bytes(size)).say("resident");
    }
    let row = event.tasks.iter().find(|row| row.pid == victim.pid);
    match row.and_then(|row| row.rss_pages) {
        Some(size) => words.say("with").strong(pages(size)).say("resident"),
        None => words,
    }
}

/// Why this one: `it was chosen with score 1974, oom_score_adj 968, as the largest of 12 processes`.
fn chosen(event: &OomEvent) -> Option<Words> {
    let victim = event.victim.as_ref()?;
    let mut facts = Vec::new();
    if event.oom_group {
        facts.push("as one of a cgroup that is killed whole".to_owned());
    }
    match (victim.oom_score, victim.oom_score_adj) {
        (Some(score), Some(adj)) => {
            facts.push(format!("with score {score} and oom_score_adj {adj}"));
        }
        (Some(score), None) => facts.push(format!("with score {score}")),
        (None, Some(adj)) => facts.push(format!("with oom_score_adj {adj}")),
        (None, None) => {}
    }
    let rows = rows_by_size(&event.tasks);
    if rows.len() > 1
        && let Some(rank) = rows.iter().position(|(row, _)| row.pid == victim.pid)
    {
        let all = number(rows.len() as u64);
        facts.push(match rank {
            0 => format!("the largest of {all} processes"),
            _ => format!("number {} by size of {all} processes", rank + 1),
        });
    }
    if facts.is_empty() {
        return None;
    }
    Some(Words::default().say("it was chosen").say(&facts.join(", ")))
}

/// Who asked for memory, and for how much.
fn asked(event: &OomEvent) -> Option<Words> {
    let invoker = event.invoker.as_ref()?;
    if invoker.order == Some(-1) || invoker.comm.is_none() && invoker.pid.is_none() {
        return None;
    }
    // Without a thread id the same name proves nothing.
    let victim = event.victim.as_ref().map(|victim| victim.pid);
    let same = invoker.pid.is_some() && invoker.pid == victim;
    let words = Words::default();
    let words = match same {
        true => words.say("it asked for"),
        false => words
            .glued(process(invoker.comm.as_ref(), invoker.pid))
            .say("asked for"),
    };
    Some(match invoker.order {
        Some(order @ 1..=20) => {
            words.say(&format!("{} in a row (order {order})", pages(1 << order)))
        }
        _ if same => words.say("the memory itself"),
        _ => words.say("the memory"),
    })
}

/// The comm, else the pid.
pub(crate) fn name_of(comm: Option<&Text>, pid: u32) -> String {
    comm.map_or_else(|| format!("pid {pid}"), Text::to_string)
}

/// `java (pid 387602)`
pub(crate) fn process(comm: Option<&Text>, pid: Option<u32>) -> String {
    match (comm, pid) {
        (Some(comm), Some(pid)) => format!("{comm} (pid {pid})"),
        (Some(comm), None) => comm.to_string(),
        (None, Some(pid)) => format!("pid {pid}"),
        (None, None) => "a process".to_owned(),
    }
}

/// `2023-01-05T02:12:02+08:00 node-7:`, with as much of it as the log shows.
fn when_and_where(event: &OomEvent) -> Words {
    let mut words = Words::default();
    if let Some(time) = event.time {
        words = words.glued(clock(&time));
    } else if let Some(micros) = event.kernel_time_us {
        words = words.glued(format!("{} after boot", units::uptime(micros)));
    }
    if let Some(host) = &event.host {
        words = words.glued(host.to_string());
    }
    if words.is_empty() {
        words
    } else {
        words.mark(":")
    }
}

/// RFC 3339, or what the prefix shows of it.
pub(crate) fn clock(time: &WallTime) -> String {
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

/// The pod and container, else the service or cgroup.
fn place(event: &OomEvent) -> Option<Words> {
    let pod = event.pod.as_ref().and_then(|pod| {
        let class = pod.qos_class.map(QosClass::as_str);
        let name = match (&pod.namespace, &pod.name) {
            (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
            (None, Some(name)) => Some(name.clone()),
            _ => pod.uid.clone(),
        };
        match (name, class) {
            (Some(name), Some(class)) => Some(
                Words::default()
                    .say("pod")
                    .strong(plain(&name))
                    .glued(format!("({class})")),
            ),
            (Some(name), None) => Some(Words::default().say("pod").strong(plain(&name))),
            (None, Some(class)) => Some(Words::default().say(&format!("a {class} pod"))),
            (None, None) => None,
        }
    });
    let container = event.container.as_ref().and_then(|container| {
        let id = container.id.as_deref().map(|id| cut_id(id).to_owned());
        let name = container.name.as_deref().map(plain);
        let words = Words::default().say("container");
        match (name, id) {
            (Some(name), Some(id)) => Some(words.strong(name).glued(format!("({id})"))),
            (Some(name), None) => Some(words.strong(name)),
            (None, Some(id)) => Some(words.strong(id)),
            (None, None) => None,
        }
    });
    match (pod, container) {
        (Some(pod), Some(container)) => Some(pod.mark(",").then(container)),
        (Some(pod), None) => Some(pod),
        (None, Some(container)) => Some(container),
        (None, None) => {
            let path = event.cgroup.as_ref()?.task_memcg.as_ref()?;
            Some(cgroup(path))
        }
    }
}

fn has_pod_and_container(event: &OomEvent) -> bool {
    event.pod.is_some()
        && event
            .container
            .as_ref()
            .is_some_and(|container| container.id.is_some() || container.name.is_some())
}

/// `mysql.service`, `cgroup /some/where`, `the root cgroup`
fn cgroup(path: &Text) -> Words {
    if path.as_bytes() == b"/" {
        return Words::default().say("the root cgroup");
    }
    let text = path.to_display();
    let last = text.rsplit('/').next().unwrap_or(&text);
    if [".service", ".scope", ".slice"]
        .iter()
        .any(|end| last.ends_with(end))
    {
        return Words::default().strong(cut(last, 60));
    }
    Words::default().say("cgroup").strong(cut(&text, 60))
}

/// Why the killer ran.
fn why(event: &OomEvent) -> Option<Words> {
    let words = Words::default();
    if event.invoker.as_ref().and_then(|invoker| invoker.order) == Some(-1) {
        return Some(words.say("a person asked the kernel for it (SysRq-f)"));
    }
    Some(match event.scope? {
        Scope::Memcg => limit(event),
        Scope::Cpuset => words.say("the memory nodes of its cpuset were full"),
        Scope::MemoryPolicy => words.say("the memory nodes of its memory policy were full"),
        Scope::Global if event.pod.is_some() => {
            words.say("the machine ran out of memory (no pod's limit was reached)")
        }
        _ => words.say("the machine ran out of memory"),
    })
}

/// `the pod reached its memory limit of 120.0 MiB`
fn limit(event: &OomEvent) -> Words {
    let words = Words::default();
    let cgroup = event.cgroup.as_ref();
    let class = event.pod.as_ref().and_then(|pod| pod.qos_class);
    let words = match cgroup.and_then(|cgroup| cgroup.limit_level) {
        Some(LimitLevel::Container) => words.say("the container reached its"),
        Some(LimitLevel::Pod) => words.say("the pod reached its"),
        Some(LimitLevel::Qos) => {
            let class = class.map_or("", QosClass::as_str);
            words.say(&format!(
                "all {class} pods of the node together reached their"
            ))
        }
        Some(LimitLevel::Kubepods) => words.say("all pods of the node together reached their"),
        Some(LimitLevel::Root) => words.say("the root cgroup reached its"),
        _ => match cgroup.and_then(|cgroup| cgroup.oom_memcg.as_ref()) {
            Some(path) => self::cgroup(path).say("reached its"),
            None => words.say("its cgroup, or one above it, reached its"),
        },
    };
    match figures::reached(event) {
        Some((what, Some(bytes))) => words
            .say(&format!("{what} limit of"))
            .strong(units::bytes(bytes)),
        Some((what, None)) => words.say(&format!("{what} limit")),
        None => words.say("memory limit"),
    }
}

/// The start of an event without a victim.
fn not_killed(words: Words, event: &OomEvent) -> Words {
    let words = match place(event) {
        Some(place) => words.then(place.mark(":")),
        None => words,
    };
    match why(event) {
        Some(why) => words.then(why),
        None => words.say("the OOM killer ran"),
    }
}

fn why_nobody(event: &OomEvent) -> Words {
    let words = Words::default();
    let shows = |evidence| event.evidence.contains(&evidence);
    if shows(Evidence::Panic) {
        return words.say("the kernel is set to panic instead (panic_on_oom)");
    }
    if shows(Evidence::Exiting) {
        let victim = event.victim.as_ref();
        let victim = victim.map(|victim| (victim.comm.as_ref(), victim.pid));
        let selected = event.selected.as_ref();
        let chosen = victim.or(selected.map(|chosen| (chosen.comm.as_ref(), chosen.pid)));
        let victim = chosen.map(|(comm, pid)| format!("{},", process(comm, Some(pid))));
        return match victim {
            Some(victim) => words
                .glued(victim)
                .say("which was chosen, was already exiting"),
            None => words.say("the process that was chosen was already exiting"),
        };
    }
    if shows(Evidence::NoKillable) {
        return words.say("there was no process that may be killed");
    }
    words.say("the log does not show why")
}

/// The 12 digits by which container tools know an id.
pub(crate) fn cut_id(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// A name from a lookup table, with nothing in it that a terminal would obey.
pub(crate) fn plain(name: &str) -> String {
    Text::from(name).to_string()
}
