//! The tests of the workspace: those that mostly wait run beside those that calculate.
//!
//! cargo runs test programs one after another. Here it builds them and says where they are; what it would set for
//! them is set here.

use crate::steps::{Counts, cannot_start, cargo, run_tests, typed};
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// Programs that wait for the kernel, for a clock or for another program most of their time. They share the
/// kernel's log, so that they run one after another.
const WAITING: [&str; 5] = ["watch_live", "watch", "watch_outputs", "host", "trouble"];

/// A test program that cargo built.
#[derive(Debug, PartialEq, Eq)]
struct Program {
    /// The name of its target, as `cargo test --test` takes it.
    name: String,
    path: PathBuf,
    /// The folder of its package, in which it runs.
    dir: PathBuf,
}

/// Builds and runs all tests of the workspace; `args` are what each program takes.
pub(crate) fn run(args: &[String]) -> Result<Counts, String> {
    let programs = build()?;
    let is_waiting = |program: &Program| WAITING.contains(&program.name.as_str());
    let (waiting, calculating): (Vec<_>, Vec<_>) = programs.into_iter().partition(is_waiting);
    let counts = thread::scope(|scope| {
        let beside = scope.spawn(|| one_after_another(&waiting, args));
        let counts = one_after_another(&calculating, args);
        let beside = beside.join();
        let beside = beside.unwrap_or_else(|_| Err("the tests that wait: a panic".to_owned()));
        Ok::<_, String>(counts?.and(beside?))
    })?;
    let mut documents = cargo(&["test", "--workspace", "--doc", "--no-fail-fast", "--"]);
    documents.args(args);
    Ok(counts.and(run_tests(&mut documents)?))
}

fn build() -> Result<Vec<Program>, String> {
    let mut command = cargo(&["test", "--workspace", "--no-run"]);
    command.arg("--message-format=json-render-diagnostics");
    println!("    {}", typed(&command));
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| cannot_start(&command, &error))?;
    if !output.status.success() {
        return Err(format!("the tests cannot be built: {}", output.status));
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let programs: Vec<Program> = said.lines().filter_map(built).collect();
    if programs.is_empty() {
        return Err("cargo built no test".to_owned());
    }
    Ok(programs)
}

/// The test program that a message of cargo's is about.
fn built(message: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(message).ok()?;
    message["profile"]["test"].as_bool().filter(|&is| is)?;
    let manifest = Path::new(message["manifest_path"].as_str()?);
    Some(Program {
        name: message["target"]["name"].as_str()?.to_owned(),
        path: message["executable"].as_str()?.into(),
        dir: manifest.parent()?.to_owned(),
    })
}

fn one_after_another(programs: &[Program], args: &[String]) -> Result<Counts, String> {
    let mut counts = Counts::default();
    counts.success = true;
    for program in programs {
        let (of_one, said) = one(program, args)?;
        let head = format!("\n     Running {}\n", program.path.display());
        let printed = io::stdout().write_all(&[head.as_bytes(), &said].concat());
        printed.map_err(|error| error.to_string())?;
        counts = counts.and(of_one);
    }
    Ok(counts)
}

/// Runs a program to its end; returns what it counted, and all that it printed.
fn one(program: &Program, args: &[String]) -> Result<(Counts, Vec<u8>), String> {
    let mut command = Command::new(&program.path);
    command
        .args(args)
        .current_dir(&program.dir)
        .env("CARGO_MANIFEST_DIR", &program.dir);
    let cannot = |error| format!("{}: {error}", program.name);
    let (from, to) = io::pipe().map_err(cannot)?;
    command.stderr(to.try_clone().map_err(cannot)?).stdout(to);
    let child = command.spawn();
    let mut child = child.map_err(|error| cannot_start(&command, &error))?;
    // It holds the writing ends, with which the pipe would never end.
    drop(command);
    let mut counts = Counts::default();
    let mut said = Vec::new();
    // A test may print any bytes.
    for line in BufReader::new(from).split(b'\n') {
        let line = line.map_err(cannot)?;
        counts.add(&String::from_utf8_lossy(&line));
        said.extend(line);
        said.push(b'\n');
    }
    let status = child.wait().map_err(cannot)?;
    counts.success = status.success();
    if !counts.success && counts.failed == 0 {
        counts.failed = 1;
        counts.names.push(format!("{}: {status}", program.name));
    }
    Ok((counts, said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;
    use std::fs;

    #[test]
    fn of_cargos_messages_those_of_test_programs() {
        let library = r#"{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml",
            "target":{"name":"a"},"profile":{"test":false},"executable":null}"#;
        assert_eq!(built(library), None);
        let end = r#"{"reason":"build-finished","success":true}"#;
        assert_eq!(built(end), None);
        assert_eq!(built("warning: not JSON"), None);
        let test = r#"{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml",
            "target":{"name":"watch"},"profile":{"test":true},"executable":"/t/watch-12"}"#;
        let expected = Program {
            name: "watch".to_owned(),
            path: "/t/watch-12".into(),
            dir: "/a".into(),
        };
        assert_eq!(built(test), Some(expected));
    }

    #[test]
    fn what_a_program_prints_is_counted_and_so_is_its_end() {
        let shell = |said: &str| {
            let program = Program {
                name: "sh".to_owned(),
                path: "/bin/sh".into(),
                dir: root(),
            };
            one(&program, &["-c".to_owned(), said.to_owned()])
                .unwrap()
                .0
        };
        let passed = shell("echo 'test result: ok. 2 passed; 0 failed; 1 ignored'");
        assert!(passed.success, "{passed:?}");
        let failed = shell("echo 'test a::c ... FAILED' >&2; exit 101");
        assert!(!failed.success, "{failed:?}");
        let sum = format!("{:?}", passed.and(failed));
        let expected = "Counts { passed: 2, failed: 1, ignored: 1, names: [\"test a::c\", \
            \"sh: exit status: 101\"], success: false }";
        assert_eq!(sum, expected);
    }

    #[test]
    fn programs_that_wait_are_programs() {
        for name in WAITING {
            let places = ["oomparse-cli", "integrations/fluent-bit/native"];
            let is_there = |place: &str| {
                let file = root().join(place).join("tests").join(name);
                file.with_extension("rs").exists() || fs::exists(file).unwrap_or(false)
            };
            assert!(places.into_iter().any(is_there), "{name}");
        }
    }
}
