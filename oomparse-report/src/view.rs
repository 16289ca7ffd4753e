//! What a page shows about an event, as JSON: texts in the reader's language next to the event's own figures.

use crate::words::{Look, Words};
use crate::{
    Advice, CgroupMemory, Lang, advice, clock, gfp_flags, hints, machine, missing, pod_name,
    process, resident, sentence, units, what,
};
use oomparse_core::{EventType, LimitLevel, OomEvent, Scope};
use serde_json::{Map, Value, json};

/// One line in a list of events: who, when, where, how much.
#[must_use]
pub fn row(event: &OomEvent) -> Value {
    let mut row = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            row.insert(key.to_owned(), value);
        }
    };
    let victim = event.victim.as_ref();
    let memory = event.memory.as_ref();
    put("type", event.event_type.as_str().into());
    let seconds = event.time.as_ref().and_then(crate::course::unix_seconds);
    put("at", seconds.into());
    put(
        "zone",
        event.time.map(|time| time.offset_minutes.is_some()).into(),
    );
    put("clock", event.time.map(|time| clock(&time)).into());
    put("boot_us", event.kernel_time_us.into());
    put("host", event.host.as_ref().map(ToString::to_string).into());
    put(
        "comm",
        victim
            .and_then(|it| it.comm.as_ref())
            .map(ToString::to_string)
            .into(),
    );
    put("pid", victim.map(|it| it.pid).into());
    put("rss", victim.and_then(resident).into());
    put("limit", memory.and_then(|it| it.limit_bytes).into());
    put("scope", event.scope.map(Scope::as_str).into());
    put("level", level(event).into());
    put("pod", pod_name(event).into());
    let qos = event.pod.as_ref().and_then(|it| it.qos_class);
    put("qos", qos.map(|it| it.as_str()).into());
    put("container", container(event).into());
    let cgroup = event.cgroup.as_ref();
    put(
        "cgroup",
        cgroup
            .and_then(|it| it.task_memcg.as_ref())
            .map(ToString::to_string)
            .into(),
    );
    put("voice", crate::incident::voice(event).into());
    put("report", event.report_id.clone().into());
    put("group", event.oom_group.then_some(true).into());
    put("suppressed", event.suppressed_reports.into());
    Value::Object(row)
}

/// The container's name, or the first part of its id.
fn container(event: &OomEvent) -> Option<String> {
    let container = event.container.as_ref()?;
    let name = container.name.as_deref().map(crate::printable);
    name.or_else(|| Some(crate::cut_id(container.id.as_deref()?).to_owned()))
}

fn level(event: &OomEvent) -> Option<&'static str> {
    let level = event.cgroup.as_ref()?.limit_level?;
    (event.scope == Some(Scope::Memcg)).then(|| LimitLevel::as_str(level))
}

/// Everything that is said about one event in a language.
#[must_use]
pub fn view(event: &OomEvent, lang: Lang) -> Value {
    let memory = CgroupMemory::of(event);
    let usage = event.memory.as_ref().and_then(|memory| memory.usage_bytes);
    let cgroup = memory.map(|memory| memory.breakdown(usage));
    let parts = |unit: &str, breakdown: &crate::Breakdown| {
        let parts = breakdown.parts.iter();
        let parts: Vec<Value> = parts
            .map(|(key, size)| json!({"key": key, "label": lang.label(key), "size": size}))
            .collect();
        json!({"unit": unit, "whole": breakdown.whole, "parts": parts})
    };
    let victim = event.victim.as_ref();
    json!({
        "sentence": spans(&what(event, lang)),
        "text": sentence(event, lang).text(),
        "who": victim.map(|it| process(it.comm.as_ref(), Some(it.pid), lang)),
        "when": event.time.map(|time| clock(&time)),
        "after_boot": event.kernel_time_us.map(units::uptime),
        "hints": hints(event, lang),
        "advice": advice(event, lang).as_ref().map(advised),
        "missing": missing(event, lang),
        "cgroup_memory": cgroup.filter(|it| !it.parts.is_empty()).map(|it| parts("bytes", &it)),
        "machine_memory": event.meminfo.as_deref().map(machine).filter(|it| it.parts.len() > 1).map(|it| parts("pages", &it)),
        "gfp": gfp(event, lang),
        "killed": event.event_type == EventType::Kill,
    })
}

/// The flags of a mask that the kernel prints without names.
fn gfp(event: &OomEvent, lang: Lang) -> Option<Value> {
    let invoker = event.invoker.as_ref()?;
    if invoker.gfp_flags.is_some() {
        return None;
    }
    let mask = invoker.gfp_mask.as_ref()?.as_str()?;
    let release = event.kernel_release.as_ref().map(ToString::to_string);
    let flags = gfp_flags(mask, release.as_deref())?;
    Some(json!({"names": flags.names, "says": flags.says(lang)}))
}

/// `[["java (pid 7)", "strong"], [" of pod "], …]`, with the spaces between words; a punctuation mark after a
/// strong word is not strong itself.
fn spans(words: &Words) -> Value {
    let mut spans: Vec<(String, bool)> = Vec::new();
    for word in words.iter() {
        let strong = word.look == Look::Strong;
        let said = match strong {
            true => word
                .text
                .trim_end_matches([',', ';', ':', '，', '；', '：']),
            false => word.text.as_str(),
        };
        let mark = word.text.get(said.len()..).unwrap_or_default();
        let space = if word.tight || spans.is_empty() {
            ""
        } else {
            " "
        };
        match spans.last_mut() {
            Some((text, last)) if *last == strong && !strong => {
                text.push_str(space);
                text.push_str(said);
            }
            Some((text, false)) => {
                text.push_str(space);
                spans.push((said.to_owned(), strong));
            }
            Some(_) => spans.push((format!("{space}{said}"), strong)),
            None => spans.push((said.to_owned(), strong)),
        }
        if !mark.is_empty() {
            spans.push((mark.to_owned(), false));
        }
    }
    let spans = spans.into_iter();
    spans
        .map(|(text, strong)| {
            if strong {
                json!([text, "strong"])
            } else {
                json!([text])
            }
        })
        .collect()
}

fn advised(advice: &Advice) -> Value {
    let changes = advice.changes.iter();
    let changes: Vec<Value> = changes
        .map(|it| json!({"language": it.language, "title": it.title, "text": it.text}))
        .collect();
    json!({
        "cause": advice.cause.as_str(),
        "says": advice.sentences().collect::<Vec<_>>(),
        "limit": advice.limit.as_ref().map(|it| json!({"bytes": it.bytes, "reckoned": it.reckoned})),
        "changes": changes,
    })
}
