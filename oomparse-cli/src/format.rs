//! `--format`.

use clap::ValueEnum;
use clap::builder::PossibleValue;
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

/// How a table of all events is written, for query engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColumnFormat {
    /// A table as an Arrow stream (feature `columns`)
    Arrow,
    /// A table as one Parquet file (feature `columns`)
    Parquet,
}

/// How `scan` writes events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnyFormat {
    /// One after the other.
    Events(Format),
    /// As a table.
    Columns(ColumnFormat),
}

impl ValueEnum for AnyFormat {
    fn value_variants<'v>() -> &'v [Self] {
        &[
            Self::Columns(ColumnFormat::Arrow),
            Self::Events(Format::Json),
            Self::Events(Format::Markdown),
            Self::Events(Format::Otlp),
            Self::Columns(ColumnFormat::Parquet),
            Self::Events(Format::Report),
            Self::Events(Format::Table),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Events(format) => format.to_possible_value(),
            Self::Columns(format) => format.to_possible_value(),
        }
    }
}
