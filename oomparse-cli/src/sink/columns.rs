//! A table of all events, and of the logs that could not be read.

use super::Sink;
use crate::format::ColumnFormat;
use oomparse_columns::{Kind, Table, fields, set_file, trouble};
use oomparse_core::OomEvent;
use std::io::{self, BufWriter, IsTerminal as _, Stdout};

/// The sink, on standard output.
///
/// # Errors
/// A sentence that says why not.
pub(super) fn open(format: ColumnFormat) -> Result<Box<dyn Sink>, String> {
    let out = io::stdout();
    if out.is_terminal() {
        return Err("this format is binary, not text for a terminal; add `> FILE`".to_owned());
    }
    let kind = match format {
        ColumnFormat::Arrow => Kind::Arrow,
        ColumnFormat::Parquet => Kind::Parquet,
    };
    // Its first bytes wait in the buffer.
    let out = BufWriter::with_capacity(256 << 10, out);
    let table = Table::new(kind, out).map_err(|error| error.to_string())?;
    Ok(Box::new(Columns { table }))
}

struct Columns {
    table: Table<BufWriter<Stdout>>,
}

impl Sink for Columns {
    fn event(&mut self, event: &OomEvent) -> io::Result<()> {
        self.event_of(event, None)
    }

    fn event_of(&mut self, event: &OomEvent, file: Option<&str>) -> io::Result<()> {
        let mut row = fields(event);
        let member = event.source.as_ref().map(|source| source.path.to_string());
        set_file(&mut row, member.or_else(|| file.map(str::to_owned)));
        self.table.push(row)
    }

    fn lost(&mut self, file: &str, error: &io::Error) -> io::Result<()> {
        self.table
            .push(trouble(Some(file.to_owned()), crate::sentence(error)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.table.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.table.finish()
    }
}
