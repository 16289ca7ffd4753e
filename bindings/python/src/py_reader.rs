//! Bytes that Python code supplies.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes are requested from a file object at a time.
const ASK: usize = 256 << 10;

/// Bytes from a file object or an iterator.
pub(crate) struct PyReader {
    from: Py<PyAny>,
    is_file: bool,
    /// The bytes that were supplied, and how many of them were read.
    given: Vec<u8>,
    at: usize,
    /// The exception that it raised.
    raised: Arc<Mutex<Option<PyErr>>>,
}

impl PyReader {
    pub(crate) fn new(from: Py<PyAny>, is_file: bool) -> Self {
        Self {
            from,
            is_file,
            given: Vec::new(),
            at: 0,
            raised: Arc::default(),
        }
    }

    /// Access to the exception that it raised.
    pub(crate) fn raised(&self) -> Arc<Mutex<Option<PyErr>>> {
        Arc::clone(&self.raised)
    }

    /// The next bytes; `None` at the end.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Vec<u8>>> {
        let from = self.from.bind(py);
        if self.is_file {
            let bytes = bytes(&from.call_method1("read", (ASK,))?)?;
            return Ok(Some(bytes).filter(|bytes| !bytes.is_empty()));
        }
        loop {
            let Some(chunk) = from.try_iter()?.next() else {
                return Ok(None);
            };
            let chunk = bytes(&chunk?)?;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }
}

fn bytes(chunk: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = chunk.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    if let Ok(bytes) = chunk.cast::<PyByteArray>() {
        return Ok(bytes.to_vec());
    }
    let kind = chunk.get_type();
    let sentence = format!("a log is bytes, not {kind}; open its file with mode 'rb'");
    Err(PyTypeError::new_err(sentence))
}

impl PyReader {
    /// Asks Python, which may have ended meanwhile; keeps the exception that it raises.
    fn ask<T>(&self, ask: impl FnOnce(&Self, Python<'_>) -> PyResult<T>) -> io::Result<T> {
        let answer = Python::try_attach(|py| ask(self, py));
        let answer = answer.ok_or_else(|| io::Error::other("Python has ended"))?;
        answer.map_err(|error| {
            let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
            let said = error.to_string();
            *raised = Some(error);
            io::Error::other(said)
        })
    }
}

impl Seek for PyReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // What was given and not read yet is asked for again.
        let unread = i64::try_from(self.given.len() - self.at).unwrap_or_default();
        (self.given, self.at) = (Vec::new(), 0);
        let (offset, whence) = match to {
            SeekFrom::Start(at) => (i64::try_from(at).unwrap_or(i64::MAX), 0),
            SeekFrom::Current(by) => (by - unread, 1),
            SeekFrom::End(by) => (by, 2),
        };
        self.ask(|this, py| {
            let from = this.from.bind(py);
            // `seek` of some file objects returns nothing.
            from.call_method1("seek", (offset, whence))?;
            from.call_method0("tell")?.extract()
        })
    }
}

impl Read for PyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.given.len() {
            self.given = self.ask(Self::next)?.unwrap_or_default();
            self.at = 0;
        }
        let rest = self.given.get(self.at..).unwrap_or_default();
        let len = { rest }.read(buffer)?;
        self.at += len;
        Ok(len)
    }
}
