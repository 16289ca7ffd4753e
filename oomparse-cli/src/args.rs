//! The command line: flags as typed, then as meant.

use crate::filter::FilterArgs;
use crate::input::Input;
use crate::zone::Zone;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Parser, Subcommand, ValueEnum};
use oomparse_core::Options;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

/// Reads what the Linux OOM killer left in a log: who was killed, in which pod, at which limit.
#[derive(Debug, Parser)]
#[command(name = "oomparse", version, max_term_width = 90)]
#[command(
    after_help = "Exit status: 0 something was found, 1 nothing, 2 trouble.\n\
    `oomparse scan --help` shows examples."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Scan(ScanArgs),
    Filter(FilterArgs),
    Who(WhoArgs),
}

const SCAN_EXAMPLES: &str = "\
Examples:
  dmesg | oomparse scan                      a report at the terminal
  oomparse scan /var/log/messages*           several files, one after the other
  journalctl -k -o json | oomparse scan --format json > kills.ndjson
  tail -F /var/log/kern.log | oomparse scan | while read -r event; do ...; done
  oomparse scan --year 2023 --timezone Europe/Berlin old-messages.log

Exit status: 0 events were found, 1 none, 2 trouble (a file could not be read).";

/// Find OOM kills in logs.
///
/// Reads dmesg output, /dev/kmsg, syslog files, journalctl output in any of its forms, and the
/// records of log shippers; the form is found line by line. Each FILE is a log of its own: a report
/// does not go on in the next one.
#[derive(Debug, clap::Args)]
#[command(after_help = SCAN_EXAMPLES)]
pub(crate) struct ScanArgs {
    /// Logs to read; `-` is standard input, and so is none
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// How to write events: `json` is one event a line; `otlp` an OpenTelemetry log record a line;
    /// `report` is for people
    ///
    /// Default: `report` at a terminal, `json` into a pipe or a file.
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Keep the table of all processes of a report
    #[arg(long)]
    tasks: bool,

    /// The year of lines that show none, as in `Jan  5 02:12:02`
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1970..=9999))]
    year: Option<u16>,

    /// The zone of lines that show none: `+08:00`, `UTC`, `Asia/Shanghai`, or `local`
    #[arg(long, value_name = "ZONE")]
    timezone: Option<Zone>,

    /// The machine's name where the lines show none
    #[arg(long, value_name = "NAME", env = "NODE_NAME")]
    node_name: Option<OsString>,
}

/// What `scan` is to do.
#[derive(Debug)]
pub(crate) struct ScanOptions {
    pub(crate) inputs: Vec<Input>,
    pub(crate) format: Format,
    pub(crate) parser: Options,
    /// A zone whose offset depends on the event's own time; a fixed one is in `parser`.
    pub(crate) zone: Option<jiff::tz::TimeZone>,
}

impl ScanArgs {
    pub(crate) fn into_options(self) -> ScanOptions {
        let mut inputs: Vec<Input> = self.files.into_iter().map(Input::from).collect();
        if inputs.is_empty() {
            inputs.push(Input::Stdin);
        }
        let mut parser = Options::default();
        parser.tasks = self.tasks;
        parser.year = self.year;
        // An empty $NODE_NAME is none.
        parser.host = self
            .node_name
            .map(OsString::into_encoded_bytes)
            .filter(|name| !name.is_empty());
        let zone = match self.timezone {
            Some(Zone::Fixed(minutes)) => {
                parser.utc_offset_minutes = Some(minutes);
                None
            }
            Some(Zone::Named(zone)) => Some(zone),
            None => None,
        };
        ScanOptions {
            inputs,
            format: self.format.unwrap_or_else(Format::of_stdout),
            parser,
            zone,
        }
    }
}

/// Say whom a cgroup path belongs to: pod, class, container, runtime.
///
/// Takes paths as the kernel prints them in a report (`oom_memcg=`, `task_memcg=`) and as
/// /proc/PID/cgroup shows them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 something is known of a path, 1 nothing of any.")]
pub(crate) struct WhoArgs {
    /// Cgroup paths, as `/kubepods/burstable/pod.../...`
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<OsString>,

    /// How to write: `report` is for people, `json` one object a line [default: report]
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "report",
        hide_default_value = true,
        value_parser = PossibleValuesParser::new(["report", "json"]).map(|word| Format::of_word(&word))
    )]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Json,
    Otlp,
    Report,
}

impl Format {
    /// For commands that do not write log records.
    fn of_word(word: &str) -> Self {
        if word == "json" {
            Self::Json
        } else {
            Self::Report
        }
    }

    fn of_stdout() -> Self {
        if io::stdout().is_terminal() {
            Self::Report
        } else {
            Self::Json
        }
    }
}
