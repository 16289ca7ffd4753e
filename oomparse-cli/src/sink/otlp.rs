//! OpenTelemetry log records in OTLP/JSON: one export request per line, as the collector's `otlp_json_file`
//! receiver and the file exporter use them. `watch --otlp` sends the same.
//!
//! The machine is the resource. The pod is an attribute of the record, because it is the subject of the record,
//! not its origin. The body is the whole event.

use super::Sink;
use crate::filter::{Names, pairs};
use crate::unix_time::{nanos_of, now};
use oomparse_core::{EventType, OomEvent};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

pub(crate) struct Otlp<W> {
    out: W,
}

impl<W: Write> Otlp<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Sink for Otlp<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, &request([event], now)?)?;
        self.out.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The export request of these events, in their order.
pub(crate) fn request<'a>(
    events: impl IntoIterator<Item = &'a OomEvent>,
    now: impl Fn() -> i128,
) -> serde_json::Result<Value> {
    // Consecutive events of one machine share its resource.
    let mut machines: Vec<(Vec<Value>, Vec<Value>)> = Vec::new();
    for event in events {
        let (resource, record) = (resource(event), record(event, &now)?);
        match machines.last_mut() {
            Some((last, records)) if *last == resource => records.push(record),
            _ => machines.push((resource, vec![record])),
        }
    }
    let machines: Vec<Value> = machines
        .into_iter()
        .map(|(resource, records)| {
            json!({
                "resource": {"attributes": resource},
                "scopeLogs": [{"scope": scope(), "logRecords": records}],
            })
        })
        .collect();
    Ok(json!({"resourceLogs": machines}))
}

/// The instrumentation scope.
pub(crate) fn scope() -> Value {
    json!({"name": "oomparse", "version": env!("CARGO_PKG_VERSION")})
}

fn resource(event: &OomEvent) -> Vec<Value> {
    let host = event.host.iter();
    host.map(|host| attribute("host.name", &Value::from(host.to_display().as_ref())))
        .collect()
}

fn record(event: &OomEvent, now: impl Fn() -> i128) -> serde_json::Result<Value> {
    let body = serde_json::to_value(event)?;
    let mut attributes: Vec<Value> = pairs(event, Names::Otel)
        .iter()
        .map(|(key, value)| attribute(key, value))
        .collect();
    let mut add = |key, value: &str| attributes.push(attribute(key, &Value::from(value)));
    let victim = event.victim.as_ref();
    if let Some(comm) = victim.and_then(|victim| victim.comm.as_ref()) {
        add("process.executable.name", &comm.to_display());
    }
    if let Some(id) = &event.id {
        add("log.record.uid", id);
    }
    // The record's own field is newer than the attribute, which many programs still use.
    let name = format!("oom.{}", event.event_type.as_str());
    add("event.name", &name);
    // A kill is an error of the workload; the other types are warnings about the machine.
    let (number, text) = match event.event_type {
        EventType::Kill | EventType::UserspaceKill => (17, "ERROR"),
        _ => (13, "WARN"),
    };
    let mut record = Map::new();
    // Programs that store records date one without any time to 1970.
    let (key, nanos) = match event.time.and_then(nanos_of) {
        Some(nanos) => ("timeUnixNano", nanos),
        None => ("observedTimeUnixNano", now()),
    };
    record.insert(key.to_owned(), Value::from(nanos.to_string()));
    record.insert("severityNumber".to_owned(), Value::from(number));
    record.insert("severityText".to_owned(), Value::from(text));
    record.insert("eventName".to_owned(), Value::from(name));
    record.insert("body".to_owned(), any(&body));
    record.insert("attributes".to_owned(), Value::from(attributes));
    Ok(Value::from(record))
}

pub(crate) fn attribute(key: &str, value: &Value) -> Value {
    json!({"key": key, "value": any(value)})
}

/// OTLP's AnyValue, in which 64-bit numbers are strings.
fn any(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(value) => json!({"boolValue": value}),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => json!({"intValue": whole.to_string()}),
            None => json!({"doubleValue": number}),
        },
        Value::String(text) => json!({"stringValue": text}),
        Value::Array(values) => {
            let values: Vec<Value> = values.iter().map(any).collect();
            json!({"arrayValue": {"values": values}})
        }
        Value::Object(object) => {
            let values: Vec<Value> = object
                .iter()
                .map(|(key, value)| attribute(key, value))
                .collect();
            json!({"kvlistValue": {"values": values}})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(log: &str) -> Value {
        let event = oomparse_core::parse_all(log.as_bytes(), &oomparse_core::Options::new())
            .next()
            .unwrap();
        let mut sink = Otlp::new(Vec::new());
        sink.event(&event).unwrap();
        assert_eq!(sink.out.pop(), Some(b'\n'));
        serde_json::from_slice(&sink.out).unwrap()
    }

    const KILLED: &str = "kernel: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB";

    #[test]
    fn a_kill_is_a_log_record() {
        let request = first(&format!("2023-01-05T02:12:02.5+08:00 node-7 {KILLED}"));
        let resource = &request["resourceLogs"][0]["resource"]["attributes"][0];
        assert_eq!(
            *resource,
            json!({"key": "host.name", "value": {"stringValue": "node-7"}})
        );
        let scope = &request["resourceLogs"][0]["scopeLogs"][0];
        assert_eq!(scope["scope"]["name"], "oomparse");
        let record = &scope["logRecords"][0];
        assert_eq!(record["timeUnixNano"], "1672855922500000000");
        assert_eq!(record.get("observedTimeUnixNano"), None);
        assert_eq!(record["severityNumber"], 17);
        assert_eq!(record["eventName"], "oom.kill");
        let attributes = record["attributes"].as_array().unwrap();
        let pid = json!({"key": "process.pid", "value": {"intValue": "7"}});
        assert!(attributes.contains(&pid), "{record}");
        let name = json!({"key": "event.name", "value": {"stringValue": "oom.kill"}});
        assert!(attributes.contains(&name), "{record}");
        let body = record["body"]["kvlistValue"]["values"].as_array().unwrap();
        let schema = json!({"key": "schema", "value": {"stringValue": "oomparse.event/1"}});
        assert!(body.contains(&schema), "{record}");
    }

    #[test]
    fn events_of_one_machine_share_its_resource() {
        let events: Vec<OomEvent> = ["node-7", "node-7", "node-8"]
            .iter()
            .flat_map(|host| {
                let log = format!("2023-01-05T02:12:02Z {host} {KILLED}");
                oomparse_core::parse_all(log.as_bytes(), &oomparse_core::Options::new())
                    .collect::<Vec<_>>()
            })
            .collect();
        let request = request(&events, now).unwrap();
        let machines = request["resourceLogs"].as_array().unwrap();
        let records = |at: usize| &machines[at]["scopeLogs"][0]["logRecords"];
        assert_eq!(machines.len(), 2, "{request}");
        assert_eq!(records(0).as_array().unwrap().len(), 2);
        assert_eq!(records(1).as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_time_that_is_not_whole_is_left_out() {
        let request = first(&format!("Jan  5 02:12:02 node-7 {KILLED}"));
        let record = &request["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
        assert_eq!(record.get("timeUnixNano"), None);
        let observed: i128 = record["observedTimeUnixNano"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((0..60_000_000_000).contains(&(now() - observed)));
    }
}
