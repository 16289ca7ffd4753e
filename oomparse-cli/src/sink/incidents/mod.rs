//! Incidents: the events of each death, once all logs are read.

mod report;
mod table;

use super::Sink;
use super::screen::Screen;
use crate::args::Format;
use oomparse_core::OomEvent;
use oomparse_report::Lang;
use oomparse_report::incident::{Correlator, Incident};
use std::io::{self, Write};

/// Holds every event until the end, then writes incidents.
pub(crate) struct Incidents<W> {
    out: W,
    format: Format,
    screen: Screen,
    correlator: Correlator,
}

impl<W: Write> Incidents<W> {
    pub(crate) fn new(out: W, format: Format, screen: Screen) -> Self {
        Self {
            out,
            format,
            screen,
            correlator: Correlator::default(),
        }
    }

    fn write(&mut self, incidents: &[Incident], repeated: u64) -> io::Result<()> {
        match self.format {
            Format::Json => {
                for incident in incidents {
                    writeln!(self.out, "{}", incident.to_json())?;
                }
                Ok(())
            }
            Format::Markdown => {
                let texts: Vec<String> = incidents
                    .iter()
                    .map(|incident| incident.to_markdown(Lang::En))
                    .collect();
                self.out.write_all(texts.join("\n---\n\n").as_bytes())
            }
            Format::Table => table::write(&mut self.out, self.screen, incidents),
            _ => report::write(&mut self.out, self.screen, incidents, repeated),
        }
    }
}

impl<W: Write> Sink for Incidents<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        self.correlator.push(event.clone());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        let correlator = std::mem::take(&mut self.correlator);
        let (dropped, repeated) = (correlator.dropped(), correlator.repeated());
        if dropped > 0 {
            let sentence = format!(
                "{dropped} events of the beginning found no room and are in no incident; correlate a shorter time"
            );
            crate::warn("correlate", &sentence);
        }
        let incidents = correlator.finish();
        self.write(&incidents, repeated)?;
        self.out.flush()
    }
}
