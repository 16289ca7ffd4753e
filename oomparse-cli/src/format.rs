//! `--format`.

use clap::ValueEnum;
use std::io::{self, IsTerminal as _};

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One event a line
    Json,
    /// A few lines of markdown for each event
    Markdown,
    /// One OpenTelemetry log record a line
    Otlp,
    /// A sentence and the figures for each event
    Report,
    /// One line for each kill
    Table,
}

impl Format {
    pub(crate) fn of_stdout() -> Self {
        if io::stdout().is_terminal() {
            Self::Report
        } else {
            Self::Json
        }
    }
}
