//! Only the number of kills, or nothing at all.

use super::Sink;
use oomparse_core::{EventType, OomEvent};
use std::io::{self, Write};

/// Writes how many processes were killed.
pub(crate) struct Count<W> {
    pub(crate) out: W,
    pub(crate) kills: u64,
}

impl<W: Write> Sink for Count<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        self.kills += u64::from(event.event_type == EventType::Kill);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        writeln!(self.out, "{}", self.kills)?;
        self.out.flush()
    }
}

/// Writes nothing: the exit status is the answer.
pub(crate) struct Nothing;

impl Sink for Nothing {
    fn event(&mut self, _: &OomEvent) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
