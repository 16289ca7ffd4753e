//! The C interface, called by C and C++ programs: under sanitizers, under valgrind, over the corpus.

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Write;
use std::process::Command;
use support::corpus::{corpus, expected, list};
use support::{C, CXX, PLAIN, program, root, run, valgrind};

#[track_caller]
fn same(found: &[u8], expected: &str) {
    if found == expected.as_bytes() {
        return;
    }
    let found = String::from_utf8_lossy(found);
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    panic!(
        "{} lines came, {} expected",
        found.lines().count(),
        expected.lines().count()
    );
}

#[test]
fn corpus_is_byte_equal_in_c_and_cxx() {
    let logs = corpus();
    let (list, expected) = (
        list(&logs, "c"),
        expected(&logs, |text, event| _ = writeln!(text, "{event}")),
    );
    // The ways to push are the library's, so they are the same for both languages.
    let all = &["chunk", "bytes", "line", "callback", "keyed"][..];
    for (build, modes) in [(C, all), (CXX, &["callback"])] {
        let program = program("tests/c/corpus.c", build);
        for mode in modes {
            let output = run(Command::new(&program).arg(mode).arg(&list));
            same(&output.stdout, &expected);
        }
    }
}

/// Valgrind is slow: every tenth log, and every third of those with options or pods.
/// The sanitizers run every log, and look for leaks as well; valgrind also finds reads of uninitialised memory,
/// which do not depend on the log.
#[test]
fn corpus_is_byte_equal_under_valgrind() {
    let mut logs = corpus();
    let whole = logs.len();
    let mut index = 0;
    logs.retain(|log| {
        index += 1;
        let has_options = log
            .row
            .split('\t')
            .skip(1)
            .any(|word| !matches!(word, "" | "0"));
        index % 10 == 0 || (has_options && index % 3 == 0)
    });
    assert!(logs.len() * 12 > whole, "{} of {whole} logs", logs.len());
    let (list, expected) = (
        list(&logs, "valgrind"),
        expected(&logs, |text, event| _ = writeln!(text, "{event}")),
    );
    let program = program("tests/c/corpus.c", PLAIN);
    let output = valgrind(&program, &[OsStr::new("callback"), list.as_os_str()]);
    same(&output.stdout, &expected);
}

#[test]
fn every_value_has_its_function() {
    let logs = corpus();
    let list = list(&logs, "fields");
    let program = program("tests/c/corpus.c", C);
    let output = run(Command::new(program).arg("fields").arg(&list));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found = Vec::new();
    let mut values = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with("== ")) {
        if line == "." {
            found.push(std::mem::take(&mut values));
        } else {
            values.insert(line.to_owned());
        }
    }
    let events: Vec<&String> = logs.iter().flat_map(|log| &log.events).collect();
    assert_eq!(found.len(), events.len());
    for (found, event) in found.iter().zip(events) {
        let event: Value = serde_json::from_str(event).unwrap();
        let mut wanted = BTreeSet::new();
        values_of(&mut wanted, "", &event);
        assert_eq!(found, &wanted);
    }
}

/// A record's values as the C program prints them: texts in hex, or raw if the record has raw bytes.
fn values_of(out: &mut BTreeSet<String>, path: &str, value: &Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let inner = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                if inner == "schema"
                    || key.ends_with("_hex") && map.contains_key(key.trim_end_matches("_hex"))
                {
                    continue;
                }
                match map.get(&format!("{key}_hex")) {
                    Some(raw) => {
                        _ = out.insert(format!("{} {}", moved(&inner), raw.as_str().unwrap()))
                    }
                    None => values_of(out, &inner, value),
                }
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                values_of(out, &format!("{path}.{index}"), value);
            }
        }
        Value::String(text) => {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            out.insert(format!("{} {hex}", moved(path)));
        }
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap();
            out.insert(format!("{path} {number:.2}"));
        }
        other => _ = out.insert(format!("{path} {other}")),
    }
}

/// The paths of stats blocks are a separate list.
fn moved(path: &str) -> String {
    match path
        .strip_prefix("memcg_stats.")
        .and_then(|rest| rest.strip_suffix(".path"))
    {
        Some(index) => format!("memcg_stats.path.{index}"),
        None => path.to_owned(),
    }
}

#[test]
fn null_and_nonsense() {
    for build in [C, CXX] {
        run(&mut Command::new(program("tests/c/null_args.c", build)));
    }
    valgrind(&program("tests/c/null_args.c", PLAIN), &[]);
}

#[test]
fn lifetimes() {
    for build in [C, CXX] {
        run(&mut Command::new(program("tests/c/lifetimes.c", build)));
    }
    valgrind(&program("tests/c/lifetimes.c", PLAIN), &[]);
}

#[test]
fn kills_that_wait() {
    let dir = support::scratch("waiting-pods");
    for (at, build) in [C, CXX, PLAIN].into_iter().enumerate() {
        let dir = dir.with_extension(at.to_string());
        _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let program = program("tests/c/waiting.c", build);
        if !build.sanitized {
            valgrind(&program, &[dir.as_os_str(), OsStr::new("20")]);
        } else {
            run(Command::new(program).arg(&dir).arg("1000"));
        }
    }
}

#[test]
fn ten_million_lines_from_two_threads() {
    let release = support::Build {
        profile: "release",
        ..C
    };
    let program = program("tests/c/hostile.c", release);
    run(Command::new(program).args(["10000000", "40960"]));
}

#[test]
fn two_threads_under_valgrind() {
    // Not optimised: valgrind reports reads in optimised code that have no effect.
    let program = program("tests/c/hostile.c", PLAIN);
    valgrind(&program, &[OsStr::new("4000"), OsStr::new("256")]);
}

#[test]
fn versions_and_numbers_agree() {
    for build in [C, CXX] {
        run(Command::new(program("tests/c/version.c", build)).arg(env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn readme_program() {
    for build in [C, CXX] {
        let program = program("examples/dmesg.c", build);
        let log = oomparse_tests::corpus_dir().join("cases/005-user-summary-containerd/input.log");
        let output = run(Command::new(&program).arg(&log));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.starts_with("killed: ") && text.contains("\n  pod: "),
            "{text}"
        );
        let none = Command::new(&program).arg("/dev/null").status().unwrap();
        assert_eq!(none.code(), Some(1));
    }
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let example = std::fs::read_to_string(root().join("examples/dmesg.c")).unwrap();
    assert!(
        readme.contains(&example),
        "README.md shows another examples/dmesg.c"
    );
}
