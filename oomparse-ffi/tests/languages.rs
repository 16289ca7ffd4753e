//! Python and Lua return the same events as the Rust core, through the shared library.

mod support;

use oomparse_core::Options;
use oomparse_tests::{cases, negatives, parse_records, to_values};
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

/// The Fluent Bit script where the kernel prints nothing but `Killed process` lines, and how it is given the place where the
/// text is, from when on events count, and where names are.
#[test]
fn storms_keys_and_names_in_lua() {
    let pods = scratch("lua-pods");
    _ = std::fs::remove_dir_all(&pods);
    std::fs::create_dir_all(&pods).unwrap();
    let run_with = |key: &str, since: &str| {
        let mut lua = Command::new("luajit");
        lua.env("OOMPARSE_LIB", shared())
            .env("OOMPARSE_TRUST", "any")
            .env("OOMPARSE_PODS", &pods)
            .env("OOMPARSE_SINCE", since)
            .arg(root().join("tests/languages/fluent_bit.lua"))
            .arg(root().join("../integrations/fluent-bit/oomparse.lua"))
            .arg(&pods);
        if !key.is_empty() {
            lua.env("OOMPARSE_KEY", key);
        }
        lua
    };
    for key in [
        "",
        "j.message",
        "$j['message']",
        "$j[\"message\"]",
        "j.a.b",
        "a.b",
    ] {
        let output = run(&mut run_with(key, "all"));
        assert_eq!(output.stdout, b"all right\n", "{key}");
    }
    run(&mut run_with("", "start"));
    for (key, since, said) in [
        (
            "$j[message]",
            "all",
            "OOMPARSE_KEY is written `log`, `a.b` or `$a['b']`, not `$j[message]`",
        ),
        ("$", "all", "not `$`"),
        ("$['a']", "all", "not `$['a']`"),
        ("$a['']", "all", "not `$a['']`"),
        ("", "boot", "OOMPARSE_SINCE is `all` or `start`"),
    ] {
        let output = run_with(key, since).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && errors.contains(said),
            "{errors}"
        );
    }
}

#[test]
fn corpus_gives_the_cores_keys_and_values_in_lua() {
    corpus_through_lua(false, 300);
}

#[test]
fn corpus_of_daemons_gives_the_cores_keys_and_values_in_lua() {
    corpus_through_lua(true, 100);
}

fn corpus_through_lua(of_daemons: bool, at_least: usize) {
    let mut options = Options::default();
    if of_daemons {
        options.accept = options.accept.and_all_daemons();
    }
    let folders = [cases().unwrap(), negatives().unwrap()].concat();
    let plain: Vec<_> = folders
        .into_iter()
        .filter(|case| {
            // One script has one set of options, and no listing; each line is a separate record.
            let options = &case.options;
            !options.tasks
                && options.year.is_none()
                && options.utc_offset_minutes.is_none()
                && options.host.is_none()
                && options.boot_id.is_none()
                && case.pods.is_none()
                && options.origin.is_none()
                && case.reads_others() == of_daemons
                && !case.needs_line_above()
        })
        .collect();
    let rows: String = plain
        .iter()
        .map(|case| format!("{}\n", case.dir.join("input.log").display()))
        .collect();
    let list = scratch(if of_daemons {
        "lua-daemons.list"
    } else {
        "lua.list"
    });
    std::fs::write(&list, rows).unwrap();
    let mut lua = Command::new("luajit");
    lua.env("OOMPARSE_LIB", shared())
        .env("OOMPARSE_TRUST", "any")
        .env("OOMPARSE_SOURCES", if of_daemons { "all" } else { "" });
    lua.arg(root().join("tests/languages/corpus.lua"));
    lua.arg(root().join("../integrations/fluent-bit/oomparse.lua"))
        .arg(&list);
    let output = run(&mut lua);
    let text = String::from_utf8(output.stdout).unwrap();
    let mut logs = text.split("== ").skip(1);
    let mut compared = 0;
    for case in &plain {
        let log = logs.next().unwrap();
        let found: Vec<Value> = log
            .lines()
            .skip(1)
            .map(|event| serde_json::from_str(event).unwrap())
            .collect();
        let events = parse_records(&options, &case.input);
        let mut expected = to_values(&events).unwrap();
        expected.iter_mut().for_each(as_lua_counts);
        assert_eq!(found, expected, "{}", case.name);
        compared += found.len();
    }
    assert!(
        logs.next().is_none() && compared > at_least,
        "{compared} events compared"
    );
}

/// A value in Lua syntax; a key without a value does not exist.
fn lua(value: &Value) -> String {
    let text = |text: &str| {
        let bytes = text.bytes().map(|byte| format!("\\{byte:03}"));
        format!("\"{}\"", bytes.collect::<String>())
    };
    match value {
        Value::Null => "nil".to_owned(),
        Value::String(value) => text(value),
        Value::Array(items) => {
            format!(
                "{{{}}}",
                items.iter().map(lua).collect::<Vec<_>>().join(",")
            )
        }
        Value::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| format!("[{}]={}", text(key), lua(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// What every host of the parser must do.
#[test]
fn the_scripts_give_the_events_that_they_must_in_lua() {
    let mut tried = 0;
    for script in oomparse_tests::scripts().unwrap() {
        // Fluent Bit's inputs do not convert numbers to text.
        if script.is_json_only {
            continue;
        }
        let pairs = script.records.iter().map(|record| {
            let tag = Value::from(script.stream_of(record));
            format!("{{tag={},record={}}}", lua(&tag), lua(record))
        });
        let records = scratch(&format!("script-{}.lua", script.name));
        let text = format!("return {{{}}}", pairs.collect::<Vec<_>>().join(",\n"));
        std::fs::write(&records, text).unwrap();
        let mut command = Command::new("luajit");
        command
            .env("OOMPARSE_LIB", shared())
            .env(
                "OOMPARSE_TRUST",
                if script.trusts_any { "any" } else { "kernel" },
            )
            .env("OOMPARSE_SOURCES", script.sources.join(","))
            .env("OOMPARSE_ORIGIN", script.origin.as_deref().unwrap_or(""))
            .env("OOMPARSE_CGROUP_ROOTS", script.cgroup_roots.join(","))
            .arg(root().join("tests/languages/scripts.lua"))
            .arg(root().join("../integrations/fluent-bit/oomparse.lua"))
            .arg(&records);
        if let Some(pods) = &script.pods {
            let path = scratch(&format!("script-{}.csv", script.name));
            std::fs::write(&path, pods).unwrap();
            command.env("OOMPARSE_PODS", path);
        }
        let output = run(&mut command);
        let text = String::from_utf8(output.stdout).unwrap();
        let given: Vec<(usize, Value)> = text
            .lines()
            .map(|line| {
                let (at, event) = line.split_once('\t').unwrap();
                (at.parse().unwrap(), serde_json::from_str(event).unwrap())
            })
            .collect();
        script.check(&given, None).unwrap();
        tried += 1;
    }
    assert!(tried > 30, "{tried} scripts");
}

/// Lua has one kind of number: 50.0 is 50.
fn as_lua_counts(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(as_lua_counts),
        Value::Array(items) => items.iter_mut().for_each(as_lua_counts),
        Value::Number(number) if number.is_f64() => {
            let text = number.to_string();
            if let Some(whole) = text.strip_suffix(".0") {
                *value = whole.parse::<u64>().map_or(Value::Null, Value::from);
            }
        }
        _ => {}
    }
}
