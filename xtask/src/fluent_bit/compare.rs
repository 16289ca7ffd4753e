//! Everything that goes in comes out as it was, and each kill has its event and its pod's names.
//!
//! What comes out without a filter is what went in, byte by byte as the host holds it.

use super::host::{Filter, Host};
use super::input::{Input, Kill, NAMESPACE, pod_name};
use rmpv::Value;
use std::collections::BTreeMap;
use std::fs;

/// What a filter may do to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The event is put behind the record's own keys.
    Behind,
    /// Lua's tables have no order.
    Anywhere,
    /// The event is a record of its own.
    Alone,
}

/// What came of one filter.
#[derive(Debug, Default)]
struct Found {
    records: usize,
    events: usize,
    named: usize,
    /// Kills without an event: none of them has a pod.
    without: usize,
}

/// Compares each filter's output with what went in; prints a table.
pub(super) fn run(host: &Host, input: &Input) -> Result<(), String> {
    let (before, _) = output(host, input, &Filter::default())?;
    let before = bodies(&before)?;
    if before.len() as u64 != input.lines {
        return Err(format!(
            "{} lines, but {} records without a filter",
            input.lines,
            before.len()
        ));
    }
    if !input.is_json {
        is_the_log(input, &before)?;
    }
    let with_pod = input.kills.values().filter(|kill| kill.uid.is_some());
    println!(
        "\n{}: {} kills, {} of them in pods\n\n\
         | filter | records in | records out | lost or changed | events | with the right pod |\n|---|---|---|---|---|---|",
        input.name,
        input.kills.len(),
        with_pod.count()
    );
    for (filter, way) in [
        (host.oomparse("enrich"), Way::Behind),
        (host.oomparse("events"), Way::Alone),
        (host.oomparse_lua(), Way::Anywhere),
    ] {
        let (after, _) = output(host, input, &filter)?;
        let found = check(input, &before, &bodies(&after)?, way)
            .map_err(|error| format!("{}: {error}", filter.name))?;
        println!(
            "| {} | {} | {} | 0 | {} | {} |",
            filter.name,
            before.len(),
            found.records,
            found.events,
            found.named
        );
    }
    Ok(())
}

/// What a filter gives out, as the host holds it.
fn output(host: &Host, input: &Input, filter: &Filter) -> Result<(Vec<u8>, String), String> {
    let out = host.dir.join("out.msgpack");
    _ = fs::remove_file(&out);
    let section = format!(
        "[OUTPUT]\n    Name file\n    Match *\n    Path {}\n    File out.msgpack\n    \
         Format msgpack\n    Workers 1\n",
        host.dir.display()
    );
    let (_, said) = host.run(input, filter, &section)?;
    let bytes = fs::read(&out).map_err(|error| format!("{}: {error}\n{said}", out.display()))?;
    Ok((bytes, said))
}

/// The records' bodies; time and metadata are those of each run.
fn bodies(chunk: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut bodies = Vec::new();
    let mut rest = chunk;
    while let Some((&first, mut at)) = rest.split_first() {
        if first != 0x92 {
            return Err(format!("record {} is no array of two", bodies.len()));
        }
        let trouble = |error| format!("record {}: {error}", bodies.len());
        rmpv::decode::read_value_ref(&mut at).map_err(trouble)?;
        let body = at;
        rmpv::decode::read_value_ref(&mut at).map_err(trouble)?;
        bodies.push(body.get(..body.len() - at.len()).unwrap_or_default());
        rest = at;
    }
    Ok(bodies)
}

/// Without a filter each record is its line.
fn is_the_log(input: &Input, before: &[&[u8]]) -> Result<(), String> {
    let log =
        fs::read(&input.path).map_err(|error| format!("{}: {error}", input.path.display()))?;
    for (number, (line, body)) in log.split(|byte| *byte == b'\n').zip(before).enumerate() {
        if !body.ends_with(line) {
            return Err(format!("record {number} is another without a filter"));
        }
    }
    Ok(())
}

fn check(input: &Input, before: &[&[u8]], after: &[&[u8]], way: Way) -> Result<Found, String> {
    let mut found = Found {
        records: after.len(),
        ..Found::default()
    };
    let mut kills: BTreeMap<u64, (usize, &Kill)> = input
        .kills
        .iter()
        .map(|(line, kill)| (kill.pid, (*line, kill)))
        .collect();
    let mut before = before.iter().enumerate().peekable();
    for body in after {
        if let Some((_, old)) = before.peek()
            && old == &body
        {
            before.next();
            continue;
        }
        let new = pairs(body)?;
        let pid = get(&new, &["oom", "victim", "pid"]).and_then(Value::as_u64);
        let of = pid.and_then(|pid| kills.remove(&pid));
        let (line, kill) = of.ok_or_else(|| format!("not one of the kills: {}", start(&new)))?;
        let is_sound = if way == Way::Alone {
            new.iter().all(|(key, _)| is_added(key))
        } else {
            let (at, old) = before.next().ok_or("more records than went in")?;
            // The line that tells the kill, or the reaper's behind it.
            at >= line && is_enriched(&pairs(old)?, &new, way, kill.pid)
        };
        if !is_sound {
            return Err(format!("line {line}: another record: {}", start(&new)));
        }
        found.events += 1;
        found.named += usize::from(is_right(kill, &new)?);
    }
    if before.next().is_some() {
        return Err("records are lost".to_owned());
    }
    found.without = kills.len();
    // Where no cgroup is shown the event may come too late for a record.
    if let Some(lost) = kills.values().find(|(_, kill)| kill.uid.is_some()) {
        return Err(format!("no event for the kill in a line: {lost:?}"));
    }
    if way == Way::Alone && found.without > 1 {
        return Err(format!("{} kills without an event", found.without));
    }
    Ok(found)
}

fn is_added(key: &Value) -> bool {
    matches!(key.as_str(), Some("oom" | "oomparse_event" | "kubernetes"))
}

/// The record's own pairs are there still, one of them names the process, and nothing but the event and
/// its names was added.
fn is_enriched(old: &[(Value, Value)], new: &[(Value, Value)], way: Way, pid: u64) -> bool {
    let is_kept = match way {
        Way::Behind => new.starts_with(old),
        Way::Anywhere | Way::Alone => old.iter().all(|pair| new.contains(pair)),
    };
    let mut added = new.iter().filter(|pair| !old.contains(pair));
    let process = format!(" process {pid} (");
    let names_it = |(_, value): &(Value, Value)| {
        let text = value.as_str();
        text.is_some_and(|text| text.contains(&process))
    };
    is_kept && old.iter().any(names_it) && added.all(|(key, _)| is_added(key))
}

/// The beginning of a record, to show.
fn start(body: &[(Value, Value)]) -> String {
    format!("{body:?}").chars().take(1000).collect()
}

/// Whether the event names the pod; an error if it is another's.
fn is_right(kill: &Kill, body: &[(Value, Value)]) -> Result<bool, String> {
    let text = |path: &[&str]| get(body, path).and_then(Value::as_str).map(str::to_owned);
    let pid = get(body, &["oom", "victim", "pid"]).and_then(Value::as_u64);
    let wanted = kill.uid.as_ref().map(|uid| {
        let name = pod_name(uid);
        (uid.clone(), name, NAMESPACE.to_owned())
    });
    let names = |keys: [&[&str]; 3]| {
        let [uid, name, namespace] = keys.map(text);
        Some((uid?, name?, namespace?))
    };
    let in_event = names([
        &["oom", "pod", "uid"],
        &["oom", "pod", "name"],
        &["oom", "pod", "namespace"],
    ]);
    let in_names = names([
        &["kubernetes", "pod_id"],
        &["kubernetes", "pod_name"],
        &["kubernetes", "namespace_name"],
    ]);
    if pid != Some(kill.pid) || in_event != wanted || in_names != wanted {
        return Err(format!("{kill:?} has the event {}", start(body)));
    }
    Ok(wanted.is_some())
}

fn pairs(mut body: &[u8]) -> Result<Vec<(Value, Value)>, String> {
    match rmpv::decode::read_value(&mut body) {
        Ok(Value::Map(pairs)) => Ok(pairs),
        other => Err(format!("no map: {other:?}")),
    }
}

fn get<'v>(pairs: &'v [(Value, Value)], path: &[&str]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    let (_, value) = pairs.iter().find(|(key, _)| key.as_str() == Some(*first))?;
    match rest {
        [] => Some(value),
        _ => get(value.as_map()?, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(pairs: Vec<(&str, Value)>) -> Vec<u8> {
        let map = pairs.into_iter().map(|(key, value)| (key.into(), value));
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &Value::Map(map.collect())).unwrap();
        bytes
    }

    fn event(pid: u64) -> Value {
        let victim = Value::Map(vec![("pid".into(), pid.into())]);
        Value::Map(vec![("victim".into(), victim)])
    }

    #[test]
    fn what_is_lost_changed_or_made_up_is_found() {
        let input = Input {
            name: "",
            path: "".into(),
            is_json: false,
            lines: 2,
            kills: BTreeMap::from([(1, Kill { pid: 7, uid: None })]),
        };
        let log = |text: &str| ("log", Value::from(text));
        let killed = || log("Killed process 7 (b)");
        let (a, b) = (body(vec![log("a")]), body(vec![killed()]));
        let enriched = body(vec![killed(), ("oom", event(7))]);
        let alone = body(vec![("oom", event(7))]);
        let of = |after: &[&[u8]], way| check(&input, &[&a, &b], after, way);
        assert_eq!(of(&[&a, &enriched], Way::Behind).unwrap().events, 1);
        assert_eq!(of(&[&a, &b], Way::Behind).unwrap().without, 1);
        assert_eq!(of(&[&a, &b, &alone], Way::Alone).unwrap().events, 1);
        let changed = body(vec![log(" process 7 ("), ("oom", event(7))]);
        let other = body(vec![killed(), ("oom", event(8))]);
        let early = body(vec![log("a"), ("oom", event(7))]);
        let more = body(vec![killed(), ("oom", event(7)), ("x", event(7))]);
        for after in [
            &[&a[..]][..],
            &[&b],
            &[&a, &changed],
            &[&a, &other],
            &[&a, &more],
            &[&early, &b],
            &[&a, &b, &b],
        ] {
            for way in [Way::Behind, Way::Alone, Way::Anywhere] {
                assert!(of(after, way).is_err());
            }
        }
        let uid = Some("3962896b-ab69-4572-8f1d-ee756f9f3589".to_owned());
        let mut in_pod = input;
        in_pod.kills.insert(1, Kill { pid: 7, uid });
        assert!(check(&in_pod, &[&a, &b], &[&a, &b], Way::Behind).is_err());
        assert!(check(&in_pod, &[&a, &b], &[&a, &enriched], Way::Behind).is_err());
    }
}
