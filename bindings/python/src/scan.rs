//! `Scan`: events of logs, one after the other or as a stream of batches.

use crate::reading::Reading;
use crate::row::Row;
use crate::settings::Settings;
use crate::source::Source;
use crate::{log, record, schema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use oomparse_columns::{batch, set_file, trouble};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyCapsule, PyDict};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

/// Rows of a batch.
const BATCH_ROWS: usize = 4096;

/// Logs to be read: as often as one asks for their events, where they can be read again.
#[pyclass(module = "oomparse", frozen)]
pub(crate) struct Scan {
    source: Arc<Source>,
    settings: Settings,
    schema: SchemaRef,
    /// An error of a log becomes a row.
    keeps_errors: bool,
}

#[pymethods]
impl Scan {
    #[new]
    #[pyo3(signature = (source, *, part=None, columns=None, on_error="raise", **options))]
    fn new(
        source: &Bound<'_, PyAny>,
        part: Option<(u64, u64, u64)>,
        columns: Option<Vec<String>>,
        on_error: &str,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let keeps_errors = match on_error {
            "raise" => false,
            "row" => true,
            _ => {
                let sentence = format!("on_error is 'raise' or 'row', not '{on_error}'");
                return Err(PyValueError::new_err(sentence));
            }
        };
        let source = match part {
            Some((start, end, warmup)) => Source::part(source, start..end, warmup)?,
            None => Source::of(source)?,
        };
        Ok(Self {
            source: Arc::new(source),
            settings: Settings::of("scan", options)?,
            schema: schema::schema(columns.as_deref())?,
            keeps_errors,
        })
    }

    fn __iter__(&self) -> PyResult<Events> {
        let logs = self.source.logs()?;
        let reading = Reading::new(self.settings.clone(), logs);
        Ok(Events {
            number: reading.number,
            reading: Mutex::new(reading),
            keeps_errors: self.keeps_errors,
        })
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema::capsule(py, &self.schema)
    }

    /// The batches, as Arrow's C stream has them. Another schema that is asked for is not made.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let batches = Batches {
            source: Arc::clone(&self.source),
            settings: self.settings.clone(),
            reading: None,
            schema: Arc::clone(&self.schema),
            keeps_errors: self.keeps_errors,
            asker: thread::current().id(),
            is_over: false,
        };
        let stream = FFI_ArrowArrayStream::new(Box::new(batches));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}

/// The events of logs, each a dict.
#[pyclass(module = "oomparse", frozen)]
pub(crate) struct Events {
    reading: Mutex<Reading>,
    number: u64,
    keeps_errors: bool,
}

#[pymethods]
impl Events {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        if log::reads_for() == self.number {
            let sentence = "these events wait for the bytes that are to be given";
            return Err(PyRuntimeError::new_err(sentence));
        }
        let locked = self.reading.lock_py_attached(py);
        let mut reading = locked.unwrap_or_else(PoisonError::into_inner);
        let row = next_row(py, &mut reading);
        match row? {
            None => Ok(None),
            Some(Row::Event(fields, file)) => {
                let dict = record::dict(py, &fields)?;
                record::set_file(&dict, file.as_deref())?;
                Ok(Some(dict))
            }
            Some(Row::Error(trouble)) if self.keeps_errors && trouble.raised.is_none() => {
                let dict = PyDict::new(py);
                record::set_file(&dict, trouble.file.as_deref())?;
                dict.set_item("error", trouble.text())?;
                Ok(Some(dict))
            }
            Some(Row::Error(trouble)) => {
                reading.close();
                Err(trouble.into_err(py))
            }
        }
    }
}

/// The next row; checks the signals now and then.
fn next_row(py: Python<'_>, reading: &mut Reading) -> PyResult<Option<Row>> {
    loop {
        if let Some(row) = reading.pop() {
            return Ok(Some(row));
        }
        let may_be_more = py.detach(|| reading.advance());
        py.check_signals()?;
        if !may_be_more {
            return Ok(None);
        }
    }
}

/// The events of logs in batches.
struct Batches {
    source: Arc<Source>,
    settings: Settings,
    reading: Option<Reading>,
    schema: SchemaRef,
    keeps_errors: bool,
    /// The thread that requested them.
    asker: ThreadId,
    is_over: bool,
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let batch = self.batch();
        self.is_over = !matches!(batch, Ok(Some(_)));
        batch.transpose()
    }
}

impl Batches {
    fn batch(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let mut rows = Vec::new();
        while rows.len() < BATCH_ROWS {
            if let Some(row) = self.reading()?.pop() {
                rows.push(self.fields_of(row)?);
            } else if !self.advance()? {
                break;
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
        batch(&self.schema, &rows).map(Some)
    }

    /// The reading, which begins with the first request for data, so that a request for the schema alone reads
    /// nothing.
    fn reading(&mut self) -> Result<&mut Reading, ArrowError> {
        if self.reading.is_none() {
            let logs = self.source.logs().map_err(external)?;
            self.reading = Some(Reading::new(self.settings.clone(), logs));
        }
        self.reading
            .as_mut()
            .ok_or_else(|| ArrowError::CDataInterface("nothing is read".to_owned()))
    }

    fn fields_of(&self, row: Row) -> Result<oomparse_columns::Row, ArrowError> {
        match row {
            Row::Event(mut fields, file) => {
                set_file(&mut fields, file);
                Ok(fields)
            }
            Row::Error(mut found) => {
                if let Some(raised) = found.raised.take() {
                    return Err(external(raised));
                }
                let error = found.text();
                if !self.keeps_errors {
                    let file = found.file.as_deref().unwrap_or("the log");
                    let sentence = format!("{file}: {error}");
                    return Err(ArrowError::ExternalError(sentence.into()));
                }
                Ok(trouble(found.file, error))
            }
        }
    }

    /// Reads for a moment. The engine may or may not hold Python's lock in this thread; if Python code supplies
    /// the bytes, it must not be held meanwhile.
    fn advance(&mut self) -> Result<bool, ArrowError> {
        let is_python = self.source.is_python();
        let is_askers = thread::current().id() == self.asker;
        let reading = self.reading()?;
        if !is_python && !is_askers {
            return Ok(reading.advance());
        }
        let read = Python::try_attach(|py| {
            let may_be_more = py.detach(|| reading.advance());
            // Signals are handled by the main thread; elsewhere this does nothing.
            py.check_signals().map(|()| may_be_more)
        });
        match read {
            Some(Ok(may_be_more)) => Ok(may_be_more),
            Some(Err(interrupt)) => {
                interrupt_again();
                Err(external(interrupt))
            }
            None => Ok(false),
        }
    }
}

/// The engine turns an interruption into its own error, so the next Python code is interrupted too.
#[allow(unsafe_code, reason = "Python's own interface")]
fn interrupt_again() {
    // SAFETY: it only records a signal, and may be called from anywhere.
    unsafe { pyo3::ffi::PyErr_SetInterrupt() };
}

fn external(error: PyErr) -> ArrowError {
    ArrowError::ExternalError(error.to_string().into())
}
