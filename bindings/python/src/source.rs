//! The inputs: paths, a part of a file, a file object, an iterable of bytes.

use crate::log::Opener;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyTuple};
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes are requested from a file object at a time.
const ASK: usize = 256 << 10;

/// An input, which can perhaps be read again.
pub(crate) enum Source {
    Paths(Vec<PathBuf>),
    /// Bytes of a file, and how many bytes before them are read for reports that are open there.
    Part(PathBuf, Range<u64>, u64),
    /// The same of a file object that can seek, once.
    PartOnce(Mutex<Option<PyReader>>, Range<u64>, u64),
    /// Python code supplies the bytes, once.
    Once(Mutex<Option<PyReader>>),
}

impl Source {
    /// From the caller's argument.
    pub(crate) fn of(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
            let sentence = "a log in memory is an iterable of bytes: scan([log])";
            return Err(PyTypeError::new_err(sentence));
        }
        if let Ok(path) = value.extract::<PathBuf>() {
            return Ok(Self::Paths(vec![path]));
        }
        let is_sequence = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
        if is_sequence
            && value.len()? > 0
            && let Ok(paths) = value.extract::<Vec<PathBuf>>()
        {
            return Ok(Self::Paths(paths));
        }
        let reader = if value.hasattr("read")? {
            PyReader::new(value.clone().unbind(), true)
        } else if let Ok(chunks) = value.try_iter() {
            PyReader::new(chunks.into_any().unbind(), false)
        } else {
            let kind = value.get_type();
            let sentence = format!("a path, a file or an iterable of bytes is wanted, not {kind}");
            return Err(PyTypeError::new_err(sentence));
        };
        Ok(Self::Once(Mutex::new(Some(reader))))
    }

    /// Bytes of one file: of a path, or of a file object that can seek.
    pub(crate) fn part(value: &Bound<'_, PyAny>, range: Range<u64>, warmup: u64) -> PyResult<Self> {
        if range.end < range.start {
            return Err(PyValueError::new_err("the part ends before it begins"));
        }
        if value.hasattr("read")? && value.hasattr("seek")? {
            let reader = PyReader::new(value.clone().unbind(), true);
            return Ok(Self::PartOnce(Mutex::new(Some(reader)), range, warmup));
        }
        Ok(Self::Part(value.extract()?, range, warmup))
    }

    /// Whether Python code supplies the bytes.
    pub(crate) fn is_python(&self) -> bool {
        matches!(self, Self::Once(_) | Self::PartOnce(..))
    }

    /// The logs, each with its name.
    pub(crate) fn logs(&self) -> PyResult<Vec<(Option<String>, Opener)>> {
        match self {
            Self::Paths(paths) => Ok(paths.iter().flat_map(|path| files(path)).collect()),
            Self::Part(path, range, warmup) => {
                let opener = Opener::Part(path.clone(), range.clone(), *warmup);
                Ok(vec![(name(path), opener)])
            }
            Self::PartOnce(reader, range, warmup) => {
                let opener = Opener::PythonPart(taken(reader)?, range.clone(), *warmup);
                Ok(vec![(None, opener)])
            }
            Self::Once(reader) => Ok(vec![(None, Opener::Python(taken(reader)?))]),
        }
    }
}

/// The reader, the first time.
fn taken(reader: &Mutex<Option<PyReader>>) -> PyResult<PyReader> {
    let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
    reader.take().ok_or_else(|| {
        PyValueError::new_err("its bytes were read already; scan a path to read a log again")
    })
}

fn name(path: &Path) -> Option<String> {
    Some(path.to_string_lossy().into_owned())
}

/// A file, or those of a directory by name. If it cannot be listed, the error is reported when it is opened.
fn files(path: &Path) -> Vec<(Option<String>, Opener)> {
    let mut paths = vec![path.to_owned()];
    if path.is_dir()
        && let Ok(entries) = fs::read_dir(path)
    {
        let entries = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        paths = entries.filter(|path| path.is_file()).collect();
        paths.sort();
    }
    let opener = |path: PathBuf| (name(&path), Opener::File(path));
    paths.into_iter().map(opener).collect()
}

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
    fn new(from: Py<PyAny>, is_file: bool) -> Self {
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
