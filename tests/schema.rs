//! `docs/schema.md` against what the parser writes and what the corpus proves, in both directions.

use oomparse_tests::{Case, cases, corpus_dir, leaf_paths};
use serde_json::Value;
use std::collections::BTreeSet;

/// Fields that a live reader, an archive or a filter gives: no log alone shows them, so no case does.
const PENDING: &[&str] = &["time_estimated", "others", "source.path", "source.path_hex"];

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

/// The words behind "`evidence` words:".
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
