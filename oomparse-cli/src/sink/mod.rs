//! The outputs of events.

#[cfg(feature = "columns")]
mod columns;
mod count;
mod html;
mod incidents;
mod json;
mod markdown;
pub(crate) mod otlp;
pub(crate) mod outlets;
mod report;
mod screen;
mod seen;
mod table;
pub(crate) mod wide;

use crate::format::{ColumnFormat, Format};
use oomparse_core::OomEvent;
use screen::Screen;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::sync::{Arc, Mutex};

/// Receives events in the order in which they complete.
pub(crate) trait Sink {
    /// Writes one event.
    fn event(&mut self, event: &OomEvent) -> io::Result<()>;

    /// Writes one event of a log whose name is known.
    fn event_of(&mut self, event: &OomEvent, _file: Option<&str>) -> io::Result<()> {
        self.event(event)
    }

    /// Notes a log that could not be read, or not to its end; it was reported.
    fn lost(&mut self, _file: &str, _error: &io::Error) -> io::Result<()> {
        Ok(())
    }

    /// Flushes what was written.
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
    open_on(format, stdout())
}

/// The sink for a format, on a writer whose bytes go to standard output.
pub(crate) fn open_on<W: Write + 'static>(format: Format, out: W) -> Box<dyn Sink> {
    match format {
        Format::Json => Box::new(json::Json::new(out)),
        Format::Markdown => Box::new(markdown::Markdown { out, begun: false }),
        Format::Otlp => Box::new(otlp::Otlp::new(out)),
        Format::Report => Box::new(report::Report::new(out, Screen::of_stdout())),
        Format::Table => Box::new(table::Table::new(out, Screen::of_stdout())),
    }
}

/// The sink that writes a report on standard output, with or without an explanation of its terms.
pub(crate) fn report(explain: bool) -> Box<dyn Sink> {
    let mut report = report::Report::new(stdout(), Screen::of_stdout());
    report.explain = explain;
    Box::new(report)
}

/// Writes a report about existing events on standard output.
pub(crate) fn report_of(events: impl Iterator<Item = OomEvent>) -> io::Result<()> {
    let mut report = report(false);
    for event in events {
        report.event(&event)?;
    }
    report.finish()
}

pub(crate) use html::{Lines, lock, page};

/// The sink that writes a page with the events in it, on standard output.
pub(crate) fn html(page: &str, name: &str, lines: Arc<Mutex<Lines>>) -> Box<dyn Sink> {
    Box::new(html::Html::new(stdout(), page, name, lines))
}

/// The sink that writes a table, on standard output.
///
/// # Errors
/// A sentence that says why it cannot be written.
#[cfg(feature = "columns")]
pub(crate) fn columns(format: ColumnFormat) -> Result<Box<dyn Sink>, String> {
    columns::open(format)
}

#[cfg(not(feature = "columns"))]
pub(crate) fn columns(_: ColumnFormat) -> Result<Box<dyn Sink>, String> {
    let sentence = "this program was built without the feature `columns`; \
                    `cargo install oomparse-cli --features columns` builds it with it";
    Err(sentence.to_owned())
}

/// The sink that writes incidents, on standard output.
pub(crate) fn incidents(format: Format) -> Box<dyn Sink> {
    Box::new(incidents::Incidents::new(
        stdout(),
        format,
        Screen::of_stdout(),
    ))
}

/// The sink that writes only the number of kills.
pub(crate) fn count() -> Box<dyn Sink> {
    let out = stdout();
    Box::new(count::Count::new(out))
}

/// The sink that writes nothing.
pub(crate) fn nothing() -> Box<dyn Sink> {
    Box::new(count::Nothing)
}
