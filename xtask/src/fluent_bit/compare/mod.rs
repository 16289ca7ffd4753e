//! Checks that every record comes out unchanged, and that each kill has its event and its pod's names.
//!
//! The output without a filter serves as the input, byte by byte in the host's format. Around a wasm filter the
//! host converts each record to JSON and back, so there the output of a module that does nothing is used instead.

use super::chunk::{self, Pairs, bodies, get, pairs, start};
use super::host::{Filter, Host};
use super::input::{Input, Kill, NAMESPACE, find, pod_name};
use rmpv::Value;
use std::collections::BTreeMap;
use std::fs;
use std::iter::{Enumerate, Peekable};
use std::slice::Iter;

/// What a filter may do to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The event is appended to the record's own keys.
    Appended,
    /// Lua's tables have no order.
    Anywhere,
    /// The event is a separate record.
    Alone,
    /// As `Appended`; the other lines of a report are left out.
    Dropped,
    /// Each line that reports a kill gets an event with that line's data.
    EachLine,
}

/// A filter, and what it may do.
#[derive(Debug)]
struct Case {
    filter: Filter,
    way: Way,
    /// Looks up the pods' names.
    names: bool,
    /// The host converts the records to JSON.
    through_json: bool,
    /// Accepts text that shows no author.
    takes_any: bool,
}

/// The result of one filter.
#[derive(Debug, Default)]
struct Found {
    records: usize,
    events: usize,
    named: usize,
    /// Lines of reports that were left out.
    dropped: usize,
}

/// Compares each filter's output with its input; prints a table.
pub(super) fn run(host: &Host, input: &Input) -> Result<(), String> {
    let plain = chunk::output(host, input, &Filter::default())?;
    let plain = bodies(&plain)?;
    let identity = chunk::output(host, input, &host.wasm_identity_with_malloc())?;
    let identity = bodies(&identity)?;
    for (records, through) in [(&plain, "without a filter"), (&identity, "through JSON")] {
        if records.len() as u64 != input.lines {
            let (lines, records) = (input.lines, records.len());
            return Err(format!("{lines} lines, but {records} records {through}"));
        }
    }
    if !input.is_json {
        is_the_log(input, &plain)?;
    }
    let with_pod = input.kills.values().filter(|kill| kill.uid.is_some());
    let mut changed = 0;
    for (a, b) in plain.iter().zip(&identity) {
        changed += usize::from(pairs(a)? != pairs(b)?);
    }
    println!(
        "\n{}: {} records, {} kills, {} of them in pods; the host itself changes {} records on their way \
         through JSON\n\n\
         | filter | records in | records out | lost or changed | lines of reports left out | events | \
         with the right pod |\n|---|---|---|---|---|---|---|",
        input.name,
        input.lines,
        input.kills.len(),
        with_pod.count(),
        changed
    );
    for case in cases(host, input) {
        let before = if case.through_json { &identity } else { &plain };
        let after = chunk::output(host, input, &case.filter)?;
        let found = check(input, before, &bodies(&after)?, &case)
            .map_err(|error| format!("{}: {error}", case.filter.name))?;
        println!(
            "| {} | {} | {} | 0 | {} | {} | {} |",
            case.filter.name,
            before.len(),
            found.records,
            found.dropped,
            found.events,
            found.named
        );
    }
    Ok(())
}

/// The filters that an input is for.
fn cases(host: &Host, input: &Input) -> Vec<Case> {
    let own = |filter, way| Case {
        filter,
        way,
        names: true,
        through_json: false,
        takes_any: false,
    };
    let wasm = |function, way| Case {
        filter: host.oomparse_wasm(function),
        way,
        names: false,
        through_json: true,
        takes_any: matches!(function, "oomparse_filter_any" | "oomparse_lines"),
    };
    let with_names = |function, way| Case {
        filter: host.oomparse_pods_wasm(function),
        names: true,
        ..wasm(function, way)
    };
    let mut cases = vec![
        own(host.oomparse("enrich"), Way::Appended),
        own(host.oomparse("events"), Way::Alone),
        wasm("oomparse_filter", Way::Appended),
        wasm("oomparse_filter_any", Way::Appended),
        wasm("oomparse_events", Way::Dropped),
        wasm("oomparse_lines", Way::EachLine),
        with_names("oomparse_filter", Way::Appended),
        with_names("oomparse_events", Way::Dropped),
    ];
    if input.is_proven {
        // The script takes what its user points it at.
        cases.push(own(host.oomparse_lua(), Way::Anywhere));
    }
    cases
}

/// Without a filter, each record is its line.
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

fn check(input: &Input, before: &[&[u8]], after: &[&[u8]], case: &Case) -> Result<Found, String> {
    let kills = input
        .kills
        .iter()
        .filter(|_| input.is_proven || case.takes_any);
    if case.way == Way::EachLine {
        return each_line(input, kills.collect(), before, after);
    }
    let mut kills: BTreeMap<u64, (usize, &Kill)> = kills
        .map(|(line, kill)| (kill.pid, (*line, kill)))
        .collect();
    let mut found = Found {
        records: after.len(),
        ..Found::default()
    };
    let mut before = before.iter().enumerate().peekable();
    for body in after {
        let is_next = |before: &mut Peekable<Enumerate<Iter<'_, _>>>| {
            before.next_if(|(_, old)| *old == body).is_some()
        };
        let mut is_same = is_next(&mut before);
        while case.way == Way::Dropped
            && !is_same
            && let Some((_, old)) = before.peek()
            && is_reports(input, old)
            && !is_kept(old, body)?
        {
            before.next();
            found.dropped += 1;
            is_same = is_next(&mut before);
        }
        if is_same {
            continue;
        }
        let new = pairs(body)?;
        let pid = event(&new).and_then(|event| get(event, &["victim", "pid"])?.as_u64());
        let of = pid.and_then(|pid| kills.remove(&pid));
        let (line, kill) = of.ok_or_else(|| format!("not one of the kills: {}", start(&new)))?;
        let is_sound = if case.way == Way::Alone {
            new.iter().all(|(key, _)| is_added(key))
        } else {
            let (at, old) = before.next().ok_or("more records than went in")?;
            // The line that reports the kill, or the reaper's line after it.
            at >= line && is_enriched(&pairs(old)?, &new, case.way, kill.pid)
        };
        if !is_sound {
            return Err(format!("line {line}: another record: {}", start(&new)));
        }
        found.events += 1;
        found.named += usize::from(is_right(kill, &new, case.names)?);
    }
    for (_, old) in before {
        if case.way != Way::Dropped || !is_reports(input, old) {
            return Err("records are lost".to_owned());
        }
        found.dropped += 1;
    }
    none_lost(&kills)?;
    Ok(found)
}

fn none_lost(kills: &BTreeMap<u64, (usize, &Kill)>) -> Result<(), String> {
    match kills.values().next() {
        Some(lost) => Err(format!(
            "no event for {} kills; the first: {lost:?}",
            kills.len()
        )),
        None => Ok(()),
    }
}

/// Each line by itself: the line that reports a kill has an event, and no event contains more than its line.
fn each_line(
    input: &Input,
    kills: Vec<(&usize, &Kill)>,
    before: &[&[u8]],
    after: &[&[u8]],
) -> Result<Found, String> {
    let mut found = Found {
        records: after.len(),
        ..Found::default()
    };
    if before.len() != after.len() {
        return Err("records are lost, or too many".to_owned());
    }
    let mut kills: BTreeMap<usize, &Kill> = kills
        .into_iter()
        .map(|(line, kill)| (*line, kill))
        .collect();
    for (line, (old, body)) in before.iter().zip(after).enumerate() {
        let kill = kills.remove(&line);
        if old == body {
            if let Some(kill) = kill {
                return Err(format!("line {line}: no event of {kill:?}"));
            }
            continue;
        }
        let (old_pairs, new) = (pairs(old)?, pairs(body)?);
        let event = event(&new).ok_or_else(|| format!("line {line}: {}", start(&new)))?;
        let says = |text: &str| find(old, text.as_bytes()).is_some();
        let pid = get(event, &["victim", "pid"]).and_then(Value::as_u64);
        let uid = get(event, &["pod", "uid"]).and_then(Value::as_str);
        let is_sound = is_reports(input, old)
            && new.len() == old_pairs.len() + 1
            && new.starts_with(&old_pairs)
            && pid.is_none_or(|pid| {
                says(&format!("process {pid} (")) || says(&format!(",pid={pid},"))
            })
            && uid.is_none_or(|uid| says(uid) || says(&uid.replace('-', "_")))
            && kill.is_none_or(|kill| pid == Some(kill.pid));
        if !is_sound {
            return Err(format!("line {line}: another record: {}", start(&new)));
        }
        found.events += 1;
        found.named += usize::from(uid.is_some());
    }
    Ok(found)
}

/// The event in a record, whichever key it is under.
fn event(body: &Pairs) -> Option<&Pairs> {
    ["oom", "oom_event"]
        .into_iter()
        .filter_map(|key| get(body, &[key])?.as_map())
        .find(|event| get(event, &["schema"]).is_some())
        .map(Vec::as_slice)
}

/// The kernel's lines in a generated log that are not about OOM.
const ORDINARY: [&[u8]; 4] = [
    b"] cni0: port ",
    b"] IPv6: ADDRCONF(",
    b"] eth0: renamed from ",
    b"] audit: type=",
];

/// Whether a record is a line of a report: all of the kernel's but the ordinary ones.
fn is_reports(input: &Input, body: &[u8]) -> bool {
    let has = |mark: &[u8]| find(body, mark).is_some();
    let is_kernels = match (input.is_json, input.is_proven) {
        (true, _) => has(b"sequence"),
        (false, true) => has(b" node-7 kernel: ["),
        (false, false) => !has(b" node-7 "),
    };
    is_kernels && !ORDINARY.into_iter().any(has)
}

/// Whether one record is another with more keys, or with no more.
fn is_kept(old: &[u8], new: &[u8]) -> Result<bool, String> {
    Ok(old == new || pairs(new)?.starts_with(&pairs(old)?))
}

fn is_added(key: &Value) -> bool {
    matches!(key.as_str(), Some("oom" | "oom_event" | "kubernetes"))
}

/// The record's own pairs still exist, one of them names the process, and only the event and its names were
/// added.
fn is_enriched(old: &Pairs, new: &Pairs, way: Way, pid: u64) -> bool {
    let is_kept = match way {
        Way::Anywhere => old.iter().all(|pair| new.contains(pair)),
        _ => new.starts_with(old),
    };
    let mut added = new.iter().filter(|pair| !old.contains(pair));
    let process = format!(" process {pid} (");
    let names_it = |(_, value): &(Value, Value)| {
        let text = value.as_str();
        text.is_some_and(|text| text.contains(&process))
    };
    is_kept && old.iter().any(names_it) && added.all(|(key, _)| is_added(key))
}

/// Whether the event names the pod; an error if it names another one.
fn is_right(kill: &Kill, body: &Pairs, names: bool) -> Result<bool, String> {
    let event = event(body).unwrap_or_default();
    let text = |of: &Pairs, path: &[&str]| get(of, path)?.as_str().map(str::to_owned);
    let all = |of: &Pairs, keys: [&[&str]; 3]| keys.map(|path| text(of, path));
    let wanted = |named: bool| match &kill.uid {
        Some(uid) if named => [
            Some(uid.clone()),
            Some(pod_name(uid)),
            Some(NAMESPACE.to_owned()),
        ],
        _ => [None, None, None],
    };
    let in_event = all(
        event,
        [&["pod", "uid"], &["pod", "name"], &["pod", "namespace"]],
    );
    let in_names = all(
        body,
        [
            &["kubernetes", "pod_id"],
            &["kubernetes", "pod_name"],
            &["kubernetes", "namespace_name"],
        ],
    );
    let mut wanted_in_event = wanted(names);
    wanted_in_event[0] = kill.uid.clone();
    let pid = get(event, &["victim", "pid"]).and_then(Value::as_u64);
    if pid != Some(kill.pid) || in_event != wanted_in_event || in_names != wanted(names) {
        return Err(format!("{kill:?} has the event {}", start(body)));
    }
    Ok(kill.uid.is_some())
}

#[cfg(test)]
mod tests;
