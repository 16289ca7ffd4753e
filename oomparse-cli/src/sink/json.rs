//! One JSON object per line.

use super::Sink;
use oomparse_core::OomEvent;
use std::io::{self, Write};

pub(crate) struct Json<W> {
    out: W,
}

impl<W: Write> Json<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Sink for Json<W> {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        let mut line = event.to_json();
        line.push('\n');
        self.out.write_all(line.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
