//! `docs/schema.md` against what the parser writes and what the corpus proves, in both directions.

use oomparse_core::line::Line;
use oomparse_core::{Evidence, OomEvent, PodSource, Text};
use oomparse_tests::{Case, cases, corpus_dir, leaf_paths};
use serde_json::Value;
use std::collections::BTreeSet;

/// Fields that a live reader, an archive or a filter gives: no log alone shows them, so no case does.
const PENDING: &[&str] = &[
    "time_estimated",
    "others",
    "source.path",
    "source.path_hex",
    "inferred",
];

/// The first column of the table of fields.
fn documented() -> BTreeSet<String> {
    let path = corpus_dir().join("../docs/schema.md");
    let text = std::fs::read_to_string(path).expect("docs/schema.md");
    let rows: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(field, _)| field.to_owned())
        .collect();
    assert!(
        rows.len() > 80,
        "only {} rows read from docs/schema.md",
        rows.len()
    );
    rows
}

fn all_cases() -> Vec<Case> {
    let cases = cases().expect("corpus");
    assert!(!cases.is_empty(), "no cases found");
    cases
}

fn asserted() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for case in all_cases() {
        let (events, _) = case.truth().expect("truth.json");
        for event in events {
            found.extend(leaf_paths(&event));
        }
    }
    found
}

fn written() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for case in all_cases() {
        let snapshot = case
            .snapshot()
            .unwrap_or_else(|| panic!("{}: no snapshot.json: run `cargo xtask bless`", case.name));
        for line in snapshot.lines() {
            let event: Value = serde_json::from_str(line).expect("snapshot line");
            found.extend(leaf_paths(&event));
        }
    }
    found
}

/// What is in `left` and not in `right`.
fn missing(left: &BTreeSet<String>, right: &BTreeSet<String>) -> Vec<String> {
    let there = |field: &String| right.contains(field) || PENDING.contains(&field.as_str());
    left.iter().filter(|field| !there(field)).cloned().collect()
}

#[test]
fn every_field_of_the_schema_is_asserted_by_a_truth() {
    let left = missing(&documented(), &asserted());
    assert!(
        left.is_empty(),
        "in docs/schema.md, in no truth.json: {left:#?}"
    );
}

#[test]
fn every_field_of_a_truth_is_in_the_schema() {
    let left = missing(&asserted(), &documented());
    assert!(
        left.is_empty(),
        "in a truth.json, not in docs/schema.md: {left:#?}"
    );
}

#[test]
fn every_field_written_is_in_the_schema() {
    let left = missing(&written(), &documented());
    assert!(left.is_empty(), "written, not in docs/schema.md: {left:#?}");
}

#[test]
fn every_field_of_the_schema_is_written() {
    let left = missing(&documented(), &written());
    assert!(
        left.is_empty(),
        "in docs/schema.md, never written: {left:#?}"
    );
}

#[test]
fn pending_fields_are_in_the_schema() {
    let documented = documented();
    for field in PENDING {
        assert!(
            documented.contains(*field),
            "{field} is not in docs/schema.md"
        );
    }
}

/// The words after "`evidence` words:".
#[test]
fn every_evidence_word_written_is_in_the_schema() {
    let path = corpus_dir().join("../docs/schema.md");
    let text = std::fs::read_to_string(path).expect("docs/schema.md");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("`evidence` words:"))
        .expect("the list of evidence words");
    let known: BTreeSet<&str> = line.split('`').skip(1).step_by(2).collect();
    assert!(known.len() > 15, "only {} words read", known.len());
    let events = all_cases().into_iter().flat_map(|case| case.events());
    for event in events {
        let event: Value = serde_json::from_str(&event).expect("an event is JSON");
        let words = event.get("evidence").and_then(Value::as_array);
        for word in words.into_iter().flatten().filter_map(Value::as_str) {
            assert!(known.contains(word), "`{word}` is not in docs/schema.md");
        }
    }
}

/// The list after the words: the parser's registry of lines, form by form.
#[test]
fn every_kind_of_line_is_in_the_schema_with_its_word() {
    let path = corpus_dir().join("../docs/schema.md");
    let text = std::fs::read_to_string(path).expect("docs/schema.md");
    let row = |word: &str| {
        let begin = format!("* `{word}`: ");
        text.lines().find_map(|line| line.strip_prefix(&begin))
    };
    for kind in Line::KINDS {
        let Some(evidence) = kind.evidence else {
            continue;
        };
        let forms = row(evidence.as_str()).unwrap_or_default();
        let form = kind.form.trim();
        assert!(
            forms
                .split("; ")
                .any(|known| known.eq_ignore_ascii_case(form)),
            "{}: `{}` has no {form:?} in docs/schema.md",
            kind.name,
            evidence.as_str(),
        );
    }
    let forms = Line::KINDS
        .iter()
        .filter(|kind| kind.evidence.is_some())
        .count();
    let documented: usize = Evidence::ALL
        .iter()
        .filter_map(|evidence| row(evidence.as_str()))
        .map(|forms| forms.split("; ").count())
        .sum();
    // A panic is a kind of its own only in its word.
    assert_eq!(documented, forms + 1, "docs/schema.md has a form too many");
}

/// The words themselves, in both directions.
#[test]
fn the_evidence_words_of_the_schema_are_all_there_are() {
    let path = corpus_dir().join("../docs/schema.md");
    let text = std::fs::read_to_string(path).expect("docs/schema.md");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("`evidence` words:"))
        .expect("the list of evidence words");
    let documented: BTreeSet<&str> = line.split('`').skip(1).step_by(2).collect();
    let known: BTreeSet<&str> = Evidence::ALL.iter().map(|word| word.as_str()).collect();
    assert_eq!(documented, known);
}

/// `Deserialize` gives back what was written, to the last byte.
#[test]
fn every_event_comes_back_from_its_json() {
    let mut count = 0;
    for case in all_cases() {
        for line in case.snapshot().expect("a snapshot").lines() {
            let event: OomEvent = serde_json::from_str(line).expect(line);
            assert_eq!(event.to_json(), line, "{}", case.name);
            let value: Value = serde_json::to_value(&event).expect("a value");
            let again: OomEvent = serde_json::from_value(value).expect(line);
            assert_eq!((again.victim, again.cgroup), (event.victim, event.cgroup));
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
}

/// What no case of the corpus shows comes back, too.
#[test]
fn fields_of_hosts_come_back_from_their_json() {
    let line = concat!(
        r#"{"schema":"oomparse.event/1","type":"kill","id":"7","origin":"kernel","time":"2026-11-29T02:03:04.050607Z","#,
        r#""time_estimated":true,"source":{"path":"a.tar: b\\x0a","path_hex":"612e7461723a20620a"},"#,
        r#""victim":{"pid":7,"oom_score_adj":-1000},"#,
        r#""pod":{"uid":"u","labels":{"tier":"db","app":"web"},"source":"crictl"},"truncated":["victim.comm","tasks"],"#,
        r#""others":[{"schema":"oomparse.event/1","type":"report","origin":"unknown"}]}"#
    );
    let event: OomEvent = serde_json::from_str(line).expect("an event");
    assert_eq!(event.to_json(), line);
    let source = event.source.as_ref().expect("a source");
    assert_eq!(source.path, Text::from("a.tar: b\n"));
    let pod = event.pod.as_ref().expect("a pod");
    assert_eq!(pod.source, Some(PodSource::Crictl));
    assert_eq!(event.others.len(), 1);
}

#[test]
fn what_is_no_event_does_not_come_back() {
    for text in [
        "{}",
        "[]",
        "7",
        r#"{"schema":"oomparse.event/2","type":"kill"}"#,
        r#"{"schema":"oomparse.event/1","type":"murder"}"#,
        r#"{"schema":"oomparse.event/1"}"#,
    ] {
        assert!(serde_json::from_str::<OomEvent>(text).is_err(), "{text}");
    }
    // What a later release adds is passed over.
    let later = r#"{"schema":"oomparse.event/1","type":"kill","new":[1.5],"scope":"new","victim":{"pid":7,"new":null}}"#;
    let event: OomEvent = serde_json::from_str(later).expect("an event");
    assert_eq!(event.victim.map(|victim| victim.pid), Some(7));
}
