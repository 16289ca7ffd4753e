//! What every host of the parser is held to: `corpus/scripts`, record by record, as chunks of one.

use flb_filter_oomparse::{Filter, Settings};
use oomparse_tests::{Script, events_in, scripts};
use rmpv::Value;
use serde_json::Value as Json;

fn packed(value: &Json) -> Value {
    match value {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(value) => match value.as_i64() {
            Some(value) => value.into(),
            None => value.as_f64().unwrap().into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::Array(items.iter().map(packed).collect()),
        Json::Object(map) => Value::Map(
            map.iter()
                .map(|(key, value)| (key.as_str().into(), packed(value)))
                .collect(),
        ),
    }
}

fn unpacked(value: &Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) if value.is_u64() => value.as_u64().into(),
        Value::Integer(value) => value.as_i64().into(),
        Value::F32(value) => (*value).into(),
        Value::F64(value) => (*value).into(),
        Value::String(text) => String::from_utf8_lossy(text.as_bytes()).into(),
        Value::Binary(bytes) | Value::Ext(_, bytes) => String::from_utf8_lossy(bytes).into(),
        Value::Array(items) => items.iter().map(unpacked).collect(),
        Value::Map(pairs) => Json::Object(
            pairs
                .iter()
                .map(|(key, value)| (key.as_str().unwrap().to_owned(), unpacked(value)))
                .collect(),
        ),
    }
}

fn filter(script: &Script) -> Filter {
    let pods = script.pods.as_ref().map_or("none".to_owned(), |pods| {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = path.join(format!("script-{}.csv", script.name));
        std::fs::write(&path, pods).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let settings = Settings::read(|name| match name {
        "Trust" => Some(if script.trusts_any { "any" } else { "kernel" }.to_owned()),
        "Sources" => Some(script.sources.join(",")),
        "Origin" => script.origin.clone(),
        "Pods" => Some(pods.clone()),
        "Cgroup_Roots" => Some(script.cgroup_roots.join(",")),
        _ => None,
    });
    Filter::new(settings.unwrap()).0
}

#[test]
fn the_scripts_give_the_events_that_they_must() {
    let mut tried = 0;
    for script in scripts().unwrap() {
        // Fluent Bit's inputs make no text of numbers.
        if script.is_json_only {
            continue;
        }
        let mut filter = filter(&script);
        let mut given = Vec::new();
        for (at, record) in script.records.iter().enumerate() {
            let stamp = Value::Ext(0, vec![0; 8]);
            let head = Value::Array(vec![stamp, Value::Map(Vec::new())]);
            let mut bytes = Vec::new();
            let entry = Value::Array(vec![head, packed(record)]);
            rmpv::encode::write_value(&mut bytes, &entry).unwrap();
            let Some(output) = filter.chunk(&bytes, script.stream_of(record).as_bytes()) else {
                continue;
            };
            let after = rmpv::decode::read_value(&mut output.as_slice()).unwrap();
            let events = events_in(record, &unpacked(&after[1])).unwrap();
            given.extend(events.into_iter().map(|event| (at, event)));
        }
        script.check(&given, None).unwrap();
        tried += 1;
    }
    assert!(tried > 30, "{tried} scripts");
}
