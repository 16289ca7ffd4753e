//! What the collector received, beside what the agent wrote to standard output.

use super::{Place, kills, start_collector, until};
use crate::steps;
use serde_json::{Map, Value};
use std::path::Path;

/// Attributes of a log record, and the event's fields that they are.
const ATTRIBUTES: [(&str, &str); 10] = [
    ("k8s.pod.uid", "/pod/uid"),
    ("k8s.pod.name", "/pod/name"),
    ("k8s.namespace.name", "/pod/namespace"),
    ("k8s.container.name", "/container/name"),
    ("container.id", "/container/id"),
    ("container.runtime", "/container/runtime"),
    ("process.pid", "/victim/pid"),
    ("process.executable.name", "/victim/comm"),
    ("process.command", "/victim/cmdline"),
    ("log.record.uid", "/id"),
];

/// Runs the agent with this form of OTLP.
pub(super) fn compare(program: &Path, form: &str, place: &Place) -> Result<(), String> {
    let (_collector, url) = start_collector(program, place)?;
    let agent = place.agent(&["--otlp", &url, "--otlp-protocol", form])?;
    let events = place.all_events()?;
    until("the collector writes every record", || {
        records(place).is_ok_and(|it| it.len() >= kills::COUNT)
    })?;
    let memory = steps::resident(&agent.0)?;
    // The last figures are sent at the end.
    agent.end()?;
    until("the collector writes the figures", || {
        place
            .read("metrics.json")
            .is_ok_and(|it| it.ends_with('\n'))
    })?;
    let records = records(place)?;
    if records.len() != events.len() {
        return Err(format!("{} records of {}", records.len(), events.len()));
    }
    let mut fields = 0;
    for (event, (resource, record)) in events.iter().zip(&records) {
        fields += same(event, resource, record).map_err(|e| format!("{e}: {event}\n{record}"))?;
    }
    let points = counted(place, &events)?;
    println!(
        "    {} records, {fields} fields of them; {points} counters; the agent has {memory} KiB",
        records.len()
    );
    Ok(())
}

/// The resource's attributes, and the log record.
type Record = (Map<String, Value>, Value);

/// Each log record with its resource's attributes.
fn records(place: &Place) -> Result<Vec<Record>, String> {
    let mut all = Vec::new();
    for line in place.read("logs.json")?.lines() {
        let request: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
        for machine in list(&request["resourceLogs"]) {
            let resource = attributes(&machine["resource"]["attributes"]);
            for scope in list(&machine["scopeLogs"]) {
                if scope["scope"]["name"] != "oomparse" {
                    return Err(format!("another scope: {}", scope["scope"]));
                }
                let records = list(&scope["logRecords"]).cloned();
                all.extend(records.map(|record| (resource.clone(), record)));
            }
        }
    }
    Ok(all)
}

/// Whether a record is the event; returns how many fields it has.
fn same(event: &Value, resource: &Map<String, Value>, record: &Value) -> Result<usize, String> {
    let body = plain(&record["body"]);
    if body != *event {
        return Err(format!("another body: {body}"));
    }
    if resource.get("host.name") != event.get("host") || resource.len() != 1 {
        return Err(format!("another resource: {resource:?}"));
    }
    let kind = event["type"].as_str().unwrap_or_default();
    let name = Value::from(format!("oom.{kind}"));
    let mut attributes = attributes(&record["attributes"]);
    if record["eventName"] != name || attributes.remove("event.name") != Some(name) {
        return Err("another event name".to_owned());
    }
    let severity = if kind == "kill" { "ERROR" } else { "WARN" };
    if record["severityText"] != severity {
        return Err("another severity".to_owned());
    }
    // To the second, by another's clock: date.
    let nanos = record["timeUnixNano"].as_str().unwrap_or_default();
    let seconds = nanos
        .get(..nanos.len().saturating_sub(9))
        .unwrap_or_default();
    if seconds.is_empty() || seconds != unix_seconds(event)? {
        return Err(format!("another time: {nanos}"));
    }
    let mut fields = count(event) + 4;
    for (key, pointer) in ATTRIBUTES {
        let (is, should) = (attributes.remove(key), event.pointer(pointer));
        if is.as_ref() != should {
            return Err(format!("{key} is {is:?}, and not {should:?}"));
        }
        fields += usize::from(should.is_some());
    }
    match attributes.keys().next() {
        Some(key) => Err(format!("{key} is not an attribute that is known here")),
        None => Ok(fields),
    }
}

/// The counters of kills, beside the events counted here.
fn counted(place: &Place, events: &[Value]) -> Result<usize, String> {
    let text = place.read("metrics.json")?;
    let last = text.lines().last().unwrap_or_default();
    let request: Value = serde_json::from_str(last).map_err(|e| e.to_string())?;
    let metrics = list(&request["resourceMetrics"])
        .flat_map(|machine| list(&machine["scopeMetrics"]))
        .flat_map(|scope| list(&scope["metrics"]));
    let mut kills = metrics.filter(|metric| metric["name"] == "oomparse.oom_kills");
    let kills = kills.next().ok_or("there is no oomparse.oom_kills")?;
    let points: Vec<&Value> = list(&kills["sum"]["dataPoints"]).collect();
    for point in &points {
        let labels = attributes(&point["attributes"]);
        let is_its = |event: &&Value| {
            let agrees = |key: &str, pointer: &str| {
                let label = labels.get(key).and_then(Value::as_str).unwrap_or_default();
                let field = event.pointer(pointer).and_then(Value::as_str);
                label == field.unwrap_or_default()
            };
            event["type"] == "kill"
                && agrees("k8s.namespace.name", "/pod/namespace")
                && agrees("k8s.pod.name", "/pod/name")
                && agrees("k8s.container.name", "/container/name")
                && agrees("scope", "/scope")
        };
        let should = events.iter().filter(is_its).count();
        if should == 0 || point["asInt"].as_str() != Some(&should.to_string()) {
            return Err(format!("{} of {should} kills: {point}", point["asInt"]));
        }
    }
    // Two containers with names, one without, and the machine.
    match points.len() {
        4 => Ok(4),
        other => Err(format!("{other} counters of kills: {points:?}")),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn attributes(pairs: &Value) -> Map<String, Value> {
    let pairs = list(pairs);
    let pair = |pair: &Value| Some((pair["key"].as_str()?.to_owned(), plain(&pair["value"])));
    pairs.filter_map(pair).collect()
}

/// OTLP's AnyValue as the value that it stands for.
fn plain(any: &Value) -> Value {
    let Some((kind, value)) = any.as_object().and_then(|it| it.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "intValue" => {
            let text = value.as_str().map(str::to_owned);
            let text = text.unwrap_or_else(|| value.to_string());
            text.parse::<i64>().map_or(Value::Null, Value::from)
        }
        "arrayValue" => list(&value["values"]).map(plain).collect(),
        "kvlistValue" => Value::Object(attributes(&value["values"])),
        _ => value.clone(),
    }
}

/// How many values are in it.
fn count(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Array(values) => values.iter().map(count).sum(),
        _ => 1,
    }
}

fn unix_seconds(event: &Value) -> Result<String, String> {
    let time = event["time"].as_str().ok_or("it has no time")?;
    let mut date = std::process::Command::new("date");
    let output = date.args(["+%s", "-d", time]).output();
    let output = output.map_err(|e| format!("date: {e}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
