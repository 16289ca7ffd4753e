//! A table that is written row by row.

use crate::batch::batch;
use crate::row::Row;
use crate::schema::schema;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, GzipLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use std::io::{self, Write};
use std::sync::Arc;

/// Rows of a batch.
const BATCH_ROWS: usize = 4096;

/// This many rows of a task table count as one row.
const TASKS: usize = 16;

/// Rows of a row group of Parquet: a reader holds one, or skips it by its statistics.
const GROUP_ROWS: usize = 64 << 10;

/// Bytes of a row group that are held until it is written.
const GROUP_BYTES: usize = 64 << 20;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Arrow's IPC stream: each batch can be read when it is written.
    Arrow,
    /// One Parquet file, packed with gzip; its end says what is in it.
    Parquet,
}

/// A table that is being written.
pub struct Table<W: Write + Send> {
    rows: Vec<Row>,
    weight: usize,
    to: To<W>,
}

enum To<W: Write + Send> {
    Arrow(Box<StreamWriter<W>>),
    Parquet(Box<ArrowWriter<W>>),
}

impl<W: Write + Send> Table<W> {
    /// Begins a table.
    ///
    /// # Errors
    /// The writer's errors, here and below.
    pub fn new(kind: Kind, out: W) -> io::Result<Self> {
        let to = match kind {
            Kind::Arrow => {
                let writer = StreamWriter::try_new(out, schema());
                To::Arrow(Box::new(writer.map_err(of_arrow)?))
            }
            Kind::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::GZIP(GzipLevel::default()))
                    .set_max_row_group_row_count(Some(GROUP_ROWS))
                    .build();
                let writer = ArrowWriter::try_new(out, Arc::clone(schema()), Some(properties));
                To::Parquet(Box::new(writer.map_err(of_parquet)?))
            }
        };
        Ok(Self {
            rows: Vec::new(),
            weight: 0,
            to,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The writer's.
    pub fn push(&mut self, row: Row) -> io::Result<()> {
        let tasks = row.get("tasks").and_then(Value::as_array);
        self.weight += 1 + tasks.map_or(0, Vec::len) / TASKS;
        self.rows.push(row);
        if self.weight >= BATCH_ROWS {
            self.write()?;
        }
        Ok(())
    }

    /// Writes the rows so far, if a reader can read them before the end.
    ///
    /// # Errors
    /// The writer's.
    pub fn flush(&mut self) -> io::Result<()> {
        if matches!(self.to, To::Parquet(_)) {
            return Ok(());
        }
        self.write()?;
        match &mut self.to {
            To::Arrow(writer) => writer.flush().map_err(of_arrow),
            To::Parquet(_) => Ok(()),
        }
    }

    /// Writes the rest, and the end.
    ///
    /// # Errors
    /// The writer's.
    pub fn finish(&mut self) -> io::Result<()> {
        self.write()?;
        match &mut self.to {
            To::Arrow(writer) => {
                writer.finish().map_err(of_arrow)?;
                writer.flush().map_err(of_arrow)
            }
            To::Parquet(writer) => {
                writer.finish().map_err(of_parquet)?;
                writer.inner_mut().flush()
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let batch = batch(schema(), &self.rows).map_err(of_arrow)?;
        self.rows.clear();
        self.weight = 0;
        match &mut self.to {
            To::Arrow(writer) => writer.write(&batch).map_err(of_arrow),
            To::Parquet(writer) => {
                writer.write(&batch).map_err(of_parquet)?;
                if writer.in_progress_size() >= GROUP_BYTES {
                    writer.flush().map_err(of_parquet)?;
                }
                Ok(())
            }
        }
    }
}

/// The writer's own error, which says whether nobody reads any more.
fn of_arrow(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        error => io::Error::other(error),
    }
}

fn of_parquet(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    }
}
