//! Writes only the number of kills, or nothing at all.

use super::Sink;
use super::seen::Seen;
use oomparse_core::{EventType, OomEvent};
use std::io::{self, Write};

/// Writes how many processes were killed.
pub(crate) struct Count<W> {
    out: W,
    kills: u64,
    seen: Seen,
}

impl<W> Count<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            kills: 0,
            seen: Seen::default(),
        }
    }
}

impl<W: Write> Sink for Count<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        if event.event_type == EventType::Kill && self.seen.is_new(event) {
            self.kills += 1;
        }
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
