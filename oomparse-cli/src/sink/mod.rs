//! Where events go.

mod json;
mod otlp;
mod report;

use crate::args::Format;
use oomparse_core::OomEvent;
use std::io::{self, BufWriter, StdoutLock};

/// Takes events in the order they complete.
pub(crate) trait Sink {
    /// Writes one event.
    fn event(&mut self, event: &OomEvent) -> io::Result<()>;

    /// Makes what was written visible.
    fn flush(&mut self) -> io::Result<()>;

    /// Writes what comes after the last event, and flushes.
    fn finish(&mut self) -> io::Result<()>;
}

/// Standard output, written in large pieces.
pub(crate) type Stdout = BufWriter<StdoutLock<'static>>;

/// Locks standard output for the rest of the run.
pub(crate) fn stdout() -> Stdout {
    BufWriter::with_capacity(64 << 10, io::stdout().lock())
}

/// The sink for a format, on standard output.
pub(crate) fn open(format: Format) -> Box<dyn Sink> {
    match format {
        Format::Json => Box::new(json::Json::new(stdout())),
        Format::Otlp => Box::new(otlp::Otlp::new(stdout())),
        Format::Report => Box::new(report::Report::new(stdout(), wants_colour())),
    }
}

/// Only at a terminal, and only where neither NO_COLOR nor TERM=dumb speaks against it.
fn wants_colour() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}
