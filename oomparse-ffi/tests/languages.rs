//! Python and Lua give what the Rust core gives, through the shared library.

mod support;

use oomparse_tests::{cases, negatives};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use support::corpus::{corpus, expected, list};
use support::{library, root, run, scratch};

fn shared() -> PathBuf {
    library("dev").join("liboomparse.so")
}

#[test]
fn corpus_is_byte_equal_in_python() {
    let logs = corpus();
    let expected = expected(&logs, |text, event| text.extend([event, "\n"]));
    let mut python = Command::new("python3");
    python.env("OOMPARSE_LIB", shared());
    python
        .env("PYTHONPATH", root().join("examples"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    python
        .arg(root().join("tests/languages/corpus.py"))
        .arg(list(&logs, "python"));
    let output = run(&mut python);
    assert!(
        output.stdout == expected.as_bytes(),
        "the events differ from the core's"
    );
}

#[test]
fn python_program_reads_files() {
    let case = cases()
        .unwrap()
        .into_iter()
        .find(|case| case.name.starts_with("005-"))
        .unwrap();
    let mut python = Command::new("python3");
    python
        .env("OOMPARSE_LIB", shared())
        .arg(root().join("examples/oomparse.py"));
    let output = run(python.arg(case.dir.join("input.log")));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        oomparse_tests::to_snapshot(&case.events())
    );
}

#[test]
fn corpus_gives_the_cores_keys_and_values_in_lua() {
    let folders = [cases().unwrap(), negatives().unwrap()].concat();
    let plain: Vec<_> = folders
        .into_iter()
        .filter(|case| {
            // One script has one set of options, and no listing.
            let options = &case.options;
            !options.tasks
                && options.year.is_none()
                && options.utc_offset_minutes.is_none()
                && options.host.is_none()
                && options.boot_id.is_none()
                && case.pods.is_none()
        })
        .collect();
    let rows: String = plain
        .iter()
        .map(|case| format!("{}\n", case.dir.join("input.log").display()))
        .collect();
    let list = scratch("lua.list");
    std::fs::write(&list, rows).unwrap();
    let mut lua = Command::new("luajit");
    lua.env("OOMPARSE_LIB", shared())
        .env("OOMPARSE_TRUST", "any");
    lua.arg(root().join("tests/languages/corpus.lua"));
    lua.arg(root().join("../integrations/fluent-bit/oomparse.lua"))
        .arg(&list);
    let output = run(&mut lua);
    let text = String::from_utf8(output.stdout).unwrap();
    let mut events = Vec::new();
    let mut cases = plain.iter();
    let mut compared = 0;
    for line in text.lines() {
        if line.starts_with("== ") {
            let case = cases.next().unwrap();
            events = case
                .events()
                .iter()
                .map(|event| serde_json::from_str::<Value>(event).unwrap())
                .collect();
            continue;
        }
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(events.contains(&event), "{line}");
        compared += 1;
    }
    assert!(
        cases.next().is_none() && compared > 150,
        "{compared} events compared"
    );
}
