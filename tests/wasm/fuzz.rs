//! Records made at random, sound and broken: the answer is the same pointer, or the record with a key more.

use crate::Kind;
use crate::corpus::event_of;
use crate::hazards::FUNCTIONS;
use crate::host::{Host, Outcome};
use crate::records::{self, REPORT};
use libtest_mimic::{Failed, Trial};
use oomparse_tests::{cases, lines};
use serde_json::{Map, Value, json};

const RECORDS: u32 = 60_000;

pub(crate) fn trials(kind: Kind, wasm: &'static [u8]) -> Vec<Trial> {
    vec![Trial::test(kind.named("fuzzed_records"), move || {
        fuzz(kind, wasm)
    })]
}

/// A small generator: the same records on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides.max(1)
    }

    fn of<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.below(things.len())]
    }
}

const KEYS: [&str; 24] = [
    "log",
    "message",
    "msg",
    "MESSAGE",
    "Message",
    "_MESSAGE",
    "kubernetes",
    "stream",
    "logtag",
    "ident",
    "host",
    "_HOSTNAME",
    "_TRANSPORT",
    "SYSLOG_FACILITY",
    "priority",
    "sequence",
    "sec",
    "usec",
    "time",
    "oom",
    "oom_event",
    "é\"\\",
    "",
    "nested",
];

fn value(dice: &mut Dice, texts: &[String], depth: u32) -> Value {
    match dice.below(if depth > 2 { 7 } else { 9 }) {
        0..=2 => Value::from(dice.of(texts).as_str()),
        3 => Value::from(*dice.of(&[
            "kernel",
            "stdout",
            "0",
            "1",
            "6",
            "node-7",
            "\u{1f600}\u{e0ff}\n",
        ])),
        4 => json!(dice.below(10_000)),
        5 => json!(-1.5e-3),
        6 => dice
            .of(&[json!(null), json!(true), json!(u64::MAX), json!([])])
            .clone(),
        7 => Value::Array(
            (0..dice.below(4))
                .map(|_| value(dice, texts, depth + 1))
                .collect(),
        ),
        _ => Value::Object(object(dice, texts, depth + 1)),
    }
}

fn object(dice: &mut Dice, texts: &[String], depth: u32) -> Map<String, Value> {
    let mut map = Map::new();
    for _ in 0..dice.below(7) {
        let key = *dice.of(&KEYS);
        let value = value(dice, texts, depth);
        map.insert(key.to_owned(), value);
    }
    map
}

fn damage(dice: &mut Dice, record: &mut Vec<u8>) {
    for _ in 0..=dice.below(4) {
        if record.is_empty() {
            return;
        }
        let at = dice.below(record.len());
        match dice.below(5) {
            0 => record[at] = *dice.of(b"{}[]\",:\\u0 \n"),
            1 => record.truncate(at),
            2 => drop(record.remove(at)),
            3 => record.insert(at, *dice.of(b"{}[]\",:\\u0 \n")),
            _ => record[at] = u8::try_from(1 + dice.below(254)).unwrap_or(1),
        }
    }
}

fn fuzz(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let mut texts: Vec<String> = REPORT.iter().map(|line| (*line).to_owned()).collect();
    for case in cases()? {
        texts.extend(lines(&case.input).map(records::lossless).take(400));
    }
    let mut engine = kind.start(wasm)?;
    let mut host = Host::new(&mut *engine);
    let mut dice = Dice(20_240_229);
    let (mut events, mut broken) = (0u32, 0u32);
    for _ in 0..RECORDS {
        let record = object(&mut dice, &texts, 0);
        let mut record = if dice.below(2) == 0 {
            records::text(&Value::Object(record))
        } else {
            Value::Object(record).to_string().into_bytes()
        };
        if dice.below(3) == 0 {
            damage(&mut dice, &mut record);
            broken += 1;
        }
        // The host's records end at the first NUL.
        record.retain(|byte| *byte != 0);
        let function = *dice.of(&FUNCTIONS);
        let tag = *dice.of(&["kernel", "kube.a", ""]);
        match host.record(function, tag, &record) {
            Outcome::Same => {}
            Outcome::Other(answer) => {
                // Half a surrogate is sound by the grammar and refused by serde; then it is the bytes alone.
                if serde_json::from_slice::<Value>(&record).is_ok() {
                    event_of(&record, &answer)?;
                }
                let text = String::from_utf8_lossy(&record);
                let body = text.trim_ascii_end().strip_suffix('}').unwrap_or_default();
                if !answer.starts_with(body) {
                    return Err(format!("{text} became {answer}").into());
                }
                events += 1;
            }
            Outcome::Dropped if function == "oomparse_events" => {}
            other => {
                return Err(format!("{other:?} for {}", String::from_utf8_lossy(&record)).into());
            }
        }
    }
    println!("{RECORDS} records, {broken} of them damaged, {events} events");
    if events < 100 {
        return Err(format!("only {events} events: the records are too dull").into());
    }
    Ok(())
}
