//! The inputs: paths, a part of a file, a file object, an iterable of bytes.

use crate::log::Opener;
use crate::py_reader::PyReader;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyTuple};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

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
