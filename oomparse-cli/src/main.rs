//! `oomparse`: typed events from OOM killer reports in a log.

mod args;
mod cgroups;
mod commands;
mod filter;
mod format;
mod infer;
mod input;
mod metrics;
mod pods;
mod replace;
mod sink;
mod sources;
mod unix_time;
mod watch;

use clap::{CommandFactory as _, Parser as _};
use oomparse_input::zone;
use std::io;
use std::process::ExitCode;

/// The result of a command; becomes the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// 0: at least one.
    Some,
    /// 1: none.
    Nothing,
    /// 1, for node-problem-detector: kills.
    Problem,
    /// 2: some input could not be read; the error is on stderr.
    Trouble,
}

fn main() -> ExitCode {
    let args = args::Args::parse_from(args::typed(std::env::args_os()));
    let outcome = match args.command {
        args::Command::Scan(args) => commands::scan::run(args.into_options()),
        args::Command::Report(args) => commands::scan::run(args.into_options()),
        args::Command::Correlate(args) => commands::scan::run(args.into_options()),
        args::Command::Filter(args) => commands::filter::run(&args),
        args::Command::Watch(args) => commands::watch::run(args),
        args::Command::Pods(args) => commands::pods::run(&args),
        args::Command::Who(args) => commands::who::run(&args),
        args::Command::Npd(args) => commands::npd::run(&args),
        args::Command::Kubectl(args) => commands::kubectl::run(&args),
        args::Command::Explain(args) => commands::explain::run(&args),
        args::Command::Completions(args) => {
            commands::shell::completions(&args, args::Args::command())
        }
        args::Command::Man(args) => commands::shell::man(&args, args::Args::command()),
    };
    match outcome {
        Ok(Found::Some) => ExitCode::SUCCESS,
        Ok(Found::Nothing | Found::Problem) => ExitCode::from(1),
        Ok(Found::Trouble) => ExitCode::from(2),
        // The reader of our output has seen enough, for example `head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain("output", &error);
            ExitCode::from(2)
        }
    }
}

/// A file, program or address that failed, and its error.
type Failure = (String, io::Error);

/// One line on stderr: `oomparse: FILE: sentence`.
fn complain(about: &str, error: &io::Error) {
    warn(about, &sentence(error));
}

/// The error in plain words.
fn sentence(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "reading it is not permitted".to_owned(),
        _ => error.to_string(),
    }
}

/// One line on stderr: `oomparse: ABOUT: sentence`.
fn warn(about: &str, sentence: &str) {
    // A closed stderr is not a reason to stop.
    let _ = write_line(io::stderr(), &format!("oomparse: {about}: {sentence}"));
}

/// One line for a person, without characters that a terminal would interpret.
fn write_line(mut out: impl io::Write, line: &str) -> io::Result<()> {
    writeln!(out, "{}", oomparse_report::on_screen(line))
}
