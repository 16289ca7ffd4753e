//! An error of a log: as a row, or as an exception.

use pyo3::create_exception;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::io;

create_exception!(
    oomparse,
    ScanError,
    PyOSError,
    "A log could not be read to its end.\n\n\
     `file` is its name, or None; `byte` says how many bytes of it were read, unpacked, before that, and `line`\n\
     in which line that is. What stands before it was read, and its events were given."
);

/// An error of a log.
pub(crate) struct LogError {
    pub(crate) file: Option<String>,
    /// How many bytes of the log were read, after decompression.
    pub(crate) byte: u64,
    /// The line of the error, from 1.
    pub(crate) line: u64,
    pub(crate) sentence: String,
    pub(crate) errno: Option<i32>,
    /// The exception of the Python code that supplied the bytes.
    pub(crate) raised: Option<PyErr>,
}

impl LogError {
    /// The text for the `error` column.
    pub(crate) fn text(&self) -> String {
        if self.byte == 0 {
            return self.sentence.clone();
        }
        let Self {
            sentence,
            line,
            byte,
            ..
        } = self;
        format!("{sentence} (line {line}, byte {byte})")
    }

    /// As an exception.
    pub(crate) fn into_err(self, py: Python<'_>) -> PyErr {
        if let Some(raised) = self.raised {
            return raised;
        }
        let sentence = self.text();
        let args = (self.errno, sentence, self.file.clone());
        let error = PyErr::new::<ScanError, _>(args);
        let value = error.value(py);
        let set = value
            .setattr("file", self.file)
            .and_then(|()| value.setattr("line", self.line))
            .and_then(|()| value.setattr("byte", self.byte));
        set.err().unwrap_or(error)
    }
}

/// The error in plain words.
pub(crate) fn sentence(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "reading it is not permitted".to_owned(),
        _ => error.to_string(),
    }
}
