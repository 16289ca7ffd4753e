//! Incidents: what belongs to one death, once its voices are read.

mod report;
mod table;

use super::Sink;
use super::screen::Screen;
use crate::format::Format;
use oomparse_core::OomEvent;
use oomparse_report::Lang;
use oomparse_report::incident::{Correlator, Incident};
use report::Report;
use std::io::{self, Write};

/// Holds events until their incidents are at their end, at the latest that of the log, then writes those.
pub(crate) struct Incidents<W> {
    out: W,
    format: Format,
    screen: Screen,
    correlator: Correlator,
    /// For a person; what Kubernetes never reported comes first, so it waits for the end.
    report: Report,
    /// A table's head was written, or an incident as markdown.
    has_head: bool,
}

impl<W: Write> Incidents<W> {
    pub(crate) fn new(out: W, format: Format, screen: Screen) -> Self {
        Self {
            out,
            format,
            screen,
            correlator: Correlator::default(),
            report: Report::new(screen),
            has_head: false,
        }
    }

    fn write(&mut self, incidents: &[Incident]) -> io::Result<()> {
        for incident in incidents {
            match self.format {
                Format::Json => writeln!(self.out, "{}", incident.to_json())?,
                Format::Markdown => {
                    if std::mem::replace(&mut self.has_head, true) {
                        self.out.write_all(b"\n---\n\n")?;
                    }
                    self.out
                        .write_all(incident.to_markdown(Lang::En).as_bytes())?;
                }
                Format::Table => {
                    if !std::mem::replace(&mut self.has_head, true) {
                        table::head(&mut self.out, self.screen)?;
                    }
                    table::write(&mut self.out, self.screen, incident)?;
                }
                _ => self.report.add(incident),
            }
        }
        Ok(())
    }
}

impl<W: Write> Sink for Incidents<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        self.correlator.push(event.clone());
        let settled = self.correlator.settled();
        self.write(&settled)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        let correlator = std::mem::take(&mut self.correlator);
        let (late, repeated) = (correlator.late(), correlator.repeated());
        if late > 0 {
            let sentence = format!(
                "{late} events came when the incidents of their time had been written, and may belong to one of those; correlate a shorter time"
            );
            crate::warn("correlate", &sentence);
        }
        self.write(&correlator.finish())?;
        if !matches!(self.format, Format::Json | Format::Markdown | Format::Table) {
            let report = std::mem::replace(&mut self.report, Report::new(self.screen));
            let text = report.finish(repeated);
            self.out.write_all(text.as_bytes())?;
        }
        self.out.flush()
    }
}
