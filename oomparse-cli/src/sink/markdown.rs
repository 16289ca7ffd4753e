//! Kills for a ticket.

use super::Sink;
use oomparse_core::OomEvent;
use oomparse_report::{Lang, markdown};
use std::io::{self, Write};

pub(crate) struct Markdown<W> {
    pub(crate) out: W,
    pub(crate) begun: bool,
}

impl<W: Write> Sink for Markdown<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        if self.begun {
            self.out.write_all(b"\n---\n\n")?;
        }
        self.begun = true;
        self.out.write_all(markdown(event, Lang::En).as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
