//! Runs named steps one after the other and reports their results at the end.

use crate::lack::{self, Lack};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

/// Steps that ran, and what they counted.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    passed: u64,
    failed: u64,
    /// Tests that are marked `#[ignore]`.
    ignored: u64,
    failures: Vec<String>,
    not_run: Vec<(String, Lack)>,
}

impl Steps {
    /// Runs a command; it passes when its exit code is 0.
    pub(crate) fn command(&mut self, name: &str, command: &mut Command) {
        self.task(name, || run(command));
    }

    /// Runs a task in this process.
    pub(crate) fn task(&mut self, name: &str, task: impl FnOnce() -> Result<(), String>) {
        let started = announce(name);
        match task() {
            Ok(()) => {
                self.passed += 1;
                println!("    ok, {:.1} s", started.elapsed().as_secs_f32());
            }
            Err(sentence) => self.fail(name, &sentence),
        }
    }

    /// Runs a command that prints `test result:` lines as cargo test does, and adds them up.
    pub(crate) fn tests(&mut self, name: &str, command: &mut Command) {
        self.counted(name, || run_tests(command));
    }

    /// Runs tests that are counted by whoever runs them.
    pub(crate) fn counted(&mut self, name: &str, tests: impl FnOnce() -> Result<Counts, String>) {
        let started = announce(name);
        match tests() {
            Ok(counts) => {
                self.passed += counts.passed;
                self.ignored += counts.ignored;
                if counts.failed > 0 {
                    self.failed += counts.failed;
                    let sentence = format!("{} tests failed", counts.failed);
                    self.failures.push(format!("{name}: {sentence}"));
                    self.failures.extend(counts.names);
                } else if !counts.success {
                    self.fail(name, "ended with an error");
                } else if counts.passed == 0 {
                    self.fail(name, "no test ran");
                } else {
                    println!("    ok, {:.1} s", started.elapsed().as_secs_f32());
                }
            }
            Err(sentence) => self.fail(name, &sentence),
        }
    }

    /// Notes a step that cannot run here.
    pub(crate) fn not_run(&mut self, name: &str, lack: impl Into<Lack>) {
        let lack = lack.into();
        println!("\n==> {name}\n!!! NOT RUN: {lack}");
        self.not_run.push((name.to_owned(), lack));
    }

    /// Notes a trial that this machine does not allow, as tests do that say so themselves: no failure, also in CI.
    pub(crate) fn passed_over(&mut self, name: &str, why: &str) {
        println!("\n==> {name}\n!!! NOT RUN: {why}");
        self.ignored += 1;
    }

    /// Runs a task, or notes that what it needs could not be brought. Says whether it could.
    pub(crate) fn with_tool(
        &mut self,
        name: &str,
        bring: impl FnOnce() -> Result<(), Lack>,
        task: impl FnOnce() -> Result<(), String>,
    ) -> bool {
        let brought = self.brought(name, bring);
        if brought {
            self.task(name, task);
        }
        brought
    }

    /// Whether what a step needs is there, or could be brought; else it is noted as not run.
    pub(crate) fn brought(&mut self, name: &str, bring: impl FnOnce() -> Result<(), Lack>) -> bool {
        match bring() {
            Ok(()) => true,
            Err(lack) => {
                self.not_run(name, lack);
                false
            }
        }
    }

    fn fail(&mut self, name: &str, sentence: &str) {
        println!("!!! FAILED: {name}: {sentence}");
        self.failed += 1;
        self.failures.push(format!("{name}: {sentence}"));
    }

    /// Prints the summary: failures, what did not run with the line that brings it, and the counts in the
    /// last line.
    ///
    /// In CI, which brings what it needs, a step that did not run is not a success.
    pub(crate) fn finish(self) -> ExitCode {
        println!();
        for failure in &self.failures {
            println!("FAILED   {failure}");
        }
        for (step, lack) in &self.not_run {
            println!("NOT RUN  {step}: {lack}");
        }
        if self.ignored > 0 {
            let ignored = self.ignored;
            println!("NOT RUN  {ignored} tests that said so above: `!!! NOT RUN`");
        }
        if let Some(said) = said_of(&self.not_run) {
            println!("{said}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed > 0 || (crate::in_ci() && !self.not_run.is_empty()) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

/// How many steps did not run, and what brings what they need.
fn said_of(not_run: &[(String, Lack)]) -> Option<String> {
    let steps = match not_run.len() {
        0 => return None,
        1 => "1 step".to_owned(),
        count => format!("{count} steps"),
    };
    let line = lack::line(not_run.iter().map(|(_, lack)| lack));
    Some(if line.is_empty() {
        format!("{steps} not run")
    } else {
        format!("{steps} not run: {line}")
    })
}

/// Resident memory of a program that runs, in KiB.
pub(crate) fn resident(program: &Child) -> Result<u64, String> {
    let path = format!("/proc/{}/status", program.id());
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}: it ended"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| format!("{path} has no VmRSS: it ended"))
}

/// cargo in the repository's root, the same cargo that runs this program.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(crate::root());
    command
}

/// The command as one would type it.
pub(crate) fn typed(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let args = command
        .get_args()
        .map(|arg| arg.to_string_lossy().into_owned());
    [program]
        .into_iter()
        .chain(args)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    println!("    {}", typed(command));
    let status = command
        .status()
        .map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}`: {status}", typed(command)))
    }
}

fn announce(name: &str) -> Instant {
    println!("\n==> {name}");
    Instant::now()
}

pub(crate) fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start `{}`: {error}", typed(command))
}

/// What test programs said of themselves.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: u64,
    pub(crate) failed: u64,
    ignored: u64,
    /// The tests that failed.
    pub(crate) names: Vec<String>,
    /// Whether all that ran ended with exit code 0.
    pub(crate) success: bool,
}

/// Runs tests, passing on what they print, and adds up their results.
pub(crate) fn run_tests(command: &mut Command) -> Result<Counts, String> {
    println!("    {}", typed(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_start(command, &error))?;
    let mut counts = Counts::default();
    if let Some(stdout) = child.stdout.take() {
        // A test may print any bytes.
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.map_err(|error| error.to_string())?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            counts.add(&line);
        }
    }
    counts.success = child.wait().map_err(|error| error.to_string())?.success();
    Ok(counts)
}

impl Counts {
    /// The sum of two runs.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.names.extend(other.names);
        self.success &= other.success;
        self
    }

    /// Adds `test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; …`, and `test a::b ... FAILED`.
    pub(crate) fn add(&mut self, line: &str) {
        if let Some(name) = line.strip_suffix(" ... FAILED") {
            self.names.push(name.to_owned());
        }
        let Some((_, counts)) = line.split_once("test result: ") else {
            return;
        };
        for part in counts.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, said_of};
    use crate::lack::Lack;

    #[test]
    fn what_did_not_run_is_counted_and_what_brings_it_is_said() {
        assert_eq!(said_of(&[]), None);
        let long = ("VRL".to_owned(), Lack::from("a long build"));
        assert_eq!(
            said_of(std::slice::from_ref(&long)).unwrap(),
            "1 step not run"
        );
        let lints = ("lints".to_owned(), Lack::component("clippy"));
        let said = said_of(&[long, lints]).unwrap();
        assert_eq!(said, "2 steps not run: rustup component add clippy");
    }

    #[test]
    fn result_lines_are_added_up() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test a::b ... ok",
            "test a::c ... FAILED",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
        ] {
            counts.add(line);
        }
        let expected = Counts {
            passed: 13,
            failed: 2,
            ignored: 1,
            names: vec!["test a::c".to_owned()],
            success: false,
        };
        assert_eq!(counts, expected);
    }
}
