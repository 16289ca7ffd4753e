//! Converts OTLP/JSON to protobuf: both are the same tree, and these tables contain the numbers of its fields.
//!
//! From opentelemetry-proto 1.x, `common`, `resource`, `logs` and `metrics`. Fields that are in no table are not
//! written.

use prost::encoding::{WireType, encode_key, encode_varint};
use serde_json::{Map, Value};

/// How a field is written.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Bool,
    /// Also for an enumeration.
    Int,
    /// `fixed64` and `sfixed64`.
    Fixed,
    Double,
    /// One, or a list of them.
    Message(&'static Message),
}

/// Its fields: name in JSON, number, kind.
#[derive(Debug)]
struct Message(&'static [(&'static str, u32, Kind)]);

static ANY: Message = Message(&[
    ("stringValue", 1, Kind::Text),
    ("boolValue", 2, Kind::Bool),
    ("intValue", 3, Kind::Int),
    ("doubleValue", 4, Kind::Double),
    ("arrayValue", 5, Kind::Message(&ARRAY)),
    ("kvlistValue", 6, Kind::Message(&PAIRS)),
]);
static ARRAY: Message = Message(&[("values", 1, Kind::Message(&ANY))]);
static PAIRS: Message = Message(&[("values", 1, Kind::Message(&PAIR))]);
static PAIR: Message = Message(&[("key", 1, Kind::Text), ("value", 2, Kind::Message(&ANY))]);
static RESOURCE: Message = Message(&[("attributes", 1, Kind::Message(&PAIR))]);
static SCOPE: Message = Message(&[("name", 1, Kind::Text), ("version", 2, Kind::Text)]);
static LOG_RECORD: Message = Message(&[
    ("timeUnixNano", 1, Kind::Fixed),
    ("severityNumber", 2, Kind::Int),
    ("severityText", 3, Kind::Text),
    ("body", 5, Kind::Message(&ANY)),
    ("attributes", 6, Kind::Message(&PAIR)),
    ("observedTimeUnixNano", 11, Kind::Fixed),
    ("eventName", 12, Kind::Text),
]);
static SCOPE_LOGS: Message = Message(&[
    ("scope", 1, Kind::Message(&SCOPE)),
    ("logRecords", 2, Kind::Message(&LOG_RECORD)),
]);
static RESOURCE_LOGS: Message = Message(&[
    ("resource", 1, Kind::Message(&RESOURCE)),
    ("scopeLogs", 2, Kind::Message(&SCOPE_LOGS)),
]);
static POINT: Message = Message(&[
    ("startTimeUnixNano", 2, Kind::Fixed),
    ("timeUnixNano", 3, Kind::Fixed),
    ("asDouble", 4, Kind::Double),
    ("asInt", 6, Kind::Fixed),
    ("attributes", 7, Kind::Message(&PAIR)),
]);
static GAUGE: Message = Message(&[("dataPoints", 1, Kind::Message(&POINT))]);
static SUM: Message = Message(&[
    ("dataPoints", 1, Kind::Message(&POINT)),
    ("aggregationTemporality", 2, Kind::Int),
    ("isMonotonic", 3, Kind::Bool),
]);
static METRIC: Message = Message(&[
    ("name", 1, Kind::Text),
    ("description", 2, Kind::Text),
    ("unit", 3, Kind::Text),
    ("gauge", 5, Kind::Message(&GAUGE)),
    ("sum", 7, Kind::Message(&SUM)),
]);
static SCOPE_METRICS: Message = Message(&[
    ("scope", 1, Kind::Message(&SCOPE)),
    ("metrics", 2, Kind::Message(&METRIC)),
]);
static RESOURCE_METRICS: Message = Message(&[
    ("resource", 1, Kind::Message(&RESOURCE)),
    ("scopeMetrics", 2, Kind::Message(&SCOPE_METRICS)),
]);

/// A request of either kind; their first fields have the same number and different names.
static REQUEST: Message = Message(&[
    ("resourceLogs", 1, Kind::Message(&RESOURCE_LOGS)),
    ("resourceMetrics", 1, Kind::Message(&RESOURCE_METRICS)),
]);

/// The bytes of an export request.
pub(super) fn request(json: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    if let Value::Object(object) = json {
        message(&REQUEST, object, &mut out);
    }
    out
}

fn message(fields: &Message, object: &Map<String, Value>, out: &mut Vec<u8>) {
    for (name, number, kind) in fields.0 {
        match object.get(*name) {
            Some(Value::Array(all)) => all.iter().for_each(|one| field(*number, *kind, one, out)),
            Some(one) => field(*number, *kind, one, out),
            None => {}
        }
    }
}

fn field(number: u32, kind: Kind, value: &Value, out: &mut Vec<u8>) {
    match (kind, value) {
        (Kind::Text, Value::String(text)) => bytes(number, text.as_bytes(), out),
        (Kind::Bool, Value::Bool(value)) => {
            encode_key(number, WireType::Varint, out);
            encode_varint(u64::from(*value), out);
        }
        (Kind::Int, value) => {
            encode_key(number, WireType::Varint, out);
            encode_varint(whole(value), out);
        }
        (Kind::Fixed, value) => {
            encode_key(number, WireType::SixtyFourBit, out);
            out.extend(whole(value).to_le_bytes());
        }
        (Kind::Double, value) => {
            encode_key(number, WireType::SixtyFourBit, out);
            out.extend(value.as_f64().unwrap_or_default().to_le_bytes());
        }
        (Kind::Message(fields), Value::Object(object)) => {
            let mut inner = Vec::new();
            message(fields, object, &mut inner);
            bytes(number, &inner, out);
        }
        _ => {}
    }
}

fn bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend(bytes);
}

/// A number, or its text, as two's complement, which protobuf uses for negative numbers.
fn whole(value: &Value) -> u64 {
    let of_text = |text: &str| {
        let signed = text.parse::<i64>().map(i64::cast_unsigned);
        signed.or_else(|_| text.parse::<u64>()).ok()
    };
    match value {
        Value::String(text) => of_text(text).unwrap_or_default(),
        value => value
            .as_u64()
            .or_else(|| value.as_i64().map(i64::cast_unsigned))
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_texts_and_messages_as_protobuf_has_them() {
        let log = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{
            "timeUnixNano": "1", "severityNumber": 17,
            "attributes": [{"key": "a", "value": {"intValue": "-1"}}],
        }]}]}]});
        let record = [
            &[0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0x10, 17][..],
            &[0x32, 16, 0x0a, 1, b'a', 0x12, 11, 0x18],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        ]
        .concat();
        let len = u8::try_from(record.len()).unwrap();
        let mut expected = vec![0x0a, len + 4, 0x12, len + 2, 0x12, len];
        expected.extend(record);
        assert_eq!(request(&log), expected);
    }

    #[test]
    fn what_is_nothing_is_an_empty_value() {
        let log = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {}}]}]}]});
        assert_eq!(request(&log), [0x0a, 6, 0x12, 4, 0x12, 2, 0x2a, 0]);
        assert_eq!(request(&json!({"unknown": 1})), Vec::<u8>::new());
    }
}
