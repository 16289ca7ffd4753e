//! The corpus as the programs of other languages read it.

use super::scratch;
use oomparse_tests::{Case, cases, crashers, negatives, parse_whole};
use std::fmt::Write;
use std::path::PathBuf;

/// A log of the corpus, its options as the C program reads them, and the core's events.
pub(crate) struct Log {
    pub(crate) row: String,
    pub(crate) events: Vec<String>,
}

pub(crate) fn corpus() -> Vec<Log> {
    let folders = [cases().unwrap(), negatives().unwrap()].concat();
    let mut logs: Vec<Log> = folders
        .iter()
        .map(|case| {
            let options = &case.options;
            let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
            let text = |text: &Option<Vec<u8>>| {
                String::from_utf8(text.clone().unwrap_or_default()).unwrap()
            };
            let row = format!(
                "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                case.dir.join("input.log").display(),
                u8::from(options.tasks),
                number(options.year.map(i64::from)),
                number(options.utc_offset_minutes.map(i64::from)),
                text(&options.host),
                text(&options.boot_id),
                listing(case),
                option(case, "sources"),
                option(case, "origin"),
            );
            Log {
                row,
                events: case.events(),
            }
        })
        .collect();
    let dir = oomparse_tests::corpus_dir().join("crashers");
    for (name, input) in crashers().unwrap() {
        logs.push(Log {
            row: format!("{}\t\t\t\t\t\t\t\t", dir.join(name).display()),
            events: parse_whole(&oomparse_core::Options::default(), &input),
        });
    }
    assert!(logs.len() > 280, "{} logs", logs.len());
    logs
}

pub(crate) fn list(logs: &[Log], name: &str) -> PathBuf {
    let path = scratch(&format!("{name}.list"));
    let rows: String = logs.iter().map(|log| format!("{}\n", log.row)).collect();
    std::fs::write(&path, rows).unwrap();
    path
}

pub(crate) fn expected(logs: &[Log], print: impl Fn(&mut String, &str)) -> String {
    logs.iter().fold(String::new(), |mut text, log| {
        let _ = writeln!(text, "== {}", log.row.split('\t').next().unwrap());
        for event in &log.events {
            print(&mut text, event);
        }
        text
    })
}

/// The file with the case's pods, if it has one.
fn listing(case: &Case) -> String {
    let name = case.pods.as_ref().and_then(|_| case.word("pods"));
    name.map(|name| case.dir.join(name).display().to_string())
        .unwrap_or_default()
}

/// A word of the case's options, as it is written.
fn option<'c>(case: &'c Case, key: &str) -> &'c str {
    let options = case.about.get("options");
    let word = options.and_then(|of| of.get(key)?.as_str());
    word.unwrap_or_default()
}
