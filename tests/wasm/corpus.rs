//! Every case of the corpus, line by line, each line a record.

use crate::Kind;
use crate::host::{Host, Outcome};
use crate::records;
use libtest_mimic::{Failed, Trial};
use oomparse_core::{OomEvent, Parser};
use oomparse_tests::{Case, cases, lines, negatives};
use serde_json::Value;

pub(crate) fn trials(kind: Kind, wasm: &'static [u8]) -> Vec<Trial> {
    vec![
        Trial::test(kind.named("corpus_equals_core"), move || corpus(kind, wasm)),
        Trial::test(kind.named("negative_cases_give_no_kill"), move || {
            negative(kind, wasm)
        }),
        Trial::test(kind.named("corpus_lines_alone"), move || {
            lines_alone(kind, wasm)
        }),
    ]
}

/// The event in an answer, and a complaint if anything else of the record changed.
pub(crate) fn event_of(record: &[u8], answer: &str) -> Result<Value, String> {
    let before: Value = serde_json::from_slice(record).map_err(|e| e.to_string())?;
    let mut after: Value = serde_json::from_str(answer).map_err(|e| format!("{e}: {answer}"))?;
    let object = after.as_object_mut().ok_or("no object")?;
    let key = ["oom_event", "oom"]
        .into_iter()
        .find(|key| object.contains_key(*key) && before.get(*key).is_none())
        .ok_or("no event")?;
    let event = object.remove(key).unwrap_or_default();
    // A pod's names are also added where shippers look for them.
    if before.get("kubernetes").is_none() && event["pod"]["name"].is_string() {
        object.remove("kubernetes");
    }
    if after != before {
        return Err(format!("the record changed: {before} became {after}"));
    }
    Ok(event)
}

/// An event, and the others that its record reports.
pub(crate) fn each(mut event: Value) -> Vec<Value> {
    let others = event
        .as_object_mut()
        .and_then(|event| event.remove("others"));
    let mut all = vec![event];
    if let Some(Value::Array(others)) = others {
        all.extend(others);
    }
    all
}

/// The events that the module puts into a log's records.
pub(crate) fn through(
    host: &mut Host<'_>,
    function: &str,
    input: &[u8],
) -> Result<Vec<Value>, String> {
    let mut events = Vec::new();
    for line in lines(input) {
        let record = records::tail(line);
        match host.record(function, "kernel", &record) {
            Outcome::Same => {}
            Outcome::Other(answer) => {
                events.extend(each(event_of(&record, &answer)?));
            }
            other => {
                return Err(format!(
                    "{other:?} for {}",
                    String::from_utf8_lossy(&record)
                ));
            }
        }
    }
    Ok(events)
}

/// What the core makes of the same records when it must answer on each of them; and without the records.
fn core(input: &[u8]) -> (Vec<Value>, usize) {
    let mut parser = Parser::new();
    let mut events = Vec::new();
    for line in lines(input) {
        parser.push_line(&records::tail(line));
        parser.give_waiting();
        while let Some(event) = parser.next_event() {
            events.push(serde_json::from_str(&event.to_json()).expect("the core writes JSON"));
        }
    }
    (
        events,
        oomparse_core::parse_all(input, &oomparse_core::Options::new())
            .filter(is_kill)
            .count(),
    )
}

fn is_kill(event: &oomparse_core::OomEvent) -> bool {
    event.event_type == oomparse_core::EventType::Kill
}

fn corpus(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let mut all = cases()?;
    all.extend(negatives()?);
    let (mut events, mut kills, mut of_text) = (0, 0, 0);
    for case in all.iter().filter(|case| !case.needs_carriers()) {
        let mut engine = kind.start(wasm)?;
        let mut host = Host::new(&mut *engine);
        let given = through(&mut host, "oomparse_filter_any", &case.input)
            .map_err(|e| format!("{}: {e}", case.name))?;
        let lost = host.engine().number("oomparse_lost")?;
        let (expected, text_kills) = core(&case.input);
        events += given.len();
        of_text += text_kills;
        kills += given.iter().filter(|event| event["type"] == "kill").count();
        check(case, &given, lost, &expected)?;
    }
    println!(
        "{} cases, {events} events in records, {kills} kills; the logs as text give {of_text} kills",
        all.len()
    );
    // An entry over several lines is not a record, and reports whose last line does not name the victim have
    // none to go into.
    if kills * 100 < of_text * 85 {
        return Err(format!("{kills} kills of {of_text}").into());
    }
    Ok(())
}

/// Every event of the core's is in a record or counted as lost, and is the same.
fn check(case: &Case, given: &[Value], lost: i32, expected: &[Value]) -> Result<(), Failed> {
    let mut rest = expected.iter();
    for event in given {
        if !rest.any(|other| other == event) {
            return Err(format!("{}: the core does not give {event}", case.name).into());
        }
    }
    if given.len() + usize::try_from(lost)? != expected.len() {
        return Err(format!(
            "{}: {} events of the core's, {} given, {lost} lost",
            case.name,
            expected.len(),
            given.len()
        )
        .into());
    }
    Ok(())
}

fn negative(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    for case in negatives()? {
        for function in ["oomparse_filter", "oomparse_filter_any", "oomparse_lines"] {
            // Who wrote it shows the line above alone, which is another record; nobody is trusted with that.
            if function != "oomparse_filter" && case.needs_line_above() {
                continue;
            }
            let mut engine = kind.start(wasm)?;
            let events = through(&mut Host::new(&mut *engine), function, &case.input)
                .map_err(|e| format!("{}: {e}", case.name))?;
            if let Some(event) = events.iter().find(|event| event["type"] == "kill") {
                return Err(format!("{}: {function}: {event}", case.name).into());
            }
        }
    }
    Ok(())
}

/// Without state: what each line says is what the core says of that line alone.
fn lines_alone(kind: Kind, wasm: &[u8]) -> Result<(), Failed> {
    let mut engine = kind.start(wasm)?;
    let mut host = Host::new(&mut *engine);
    let mut events = 0;
    let mut complaints = Vec::new();
    for case in cases()?.iter().filter(|case| !case.needs_carriers()) {
        for line in lines(&case.input) {
            let record = records::tail(line);
            let mut parser = Parser::new();
            parser.push_line(&record);
            parser.finish();
            let events_alone = std::iter::from_fn(|| parser.next_event());
            let expected = OomEvent::of_record(events_alone).map(|event| event.to_json());
            let answer = match host.record("oomparse_lines", "t", &record) {
                Outcome::Same => None,
                Outcome::Other(answer) => Some(event_of(&record, &answer)?),
                other => return Err(format!("{}: {other:?}", case.name).into()),
            };
            let expected: Option<Value> = expected
                .map(|json| serde_json::from_str(&json))
                .transpose()?;
            if answer != expected {
                let line = String::from_utf8_lossy(line);
                complaints.push(format!("{}: {line}: {answer:?}", case.name));
            }
            events += usize::from(answer.is_some());
        }
    }
    println!("{events} lines say something by themselves");
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(complaints.join("\n").into())
    }
}
