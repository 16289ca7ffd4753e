//! `Parser`, for who has the bytes.

use crate::bytes::bytes_of;
use crate::record::dict;
use crate::settings::Settings;
use oomparse_columns::fields;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict};
use std::sync::{Mutex, PoisonError};

/// Reads log lines and gives events: bytes of one log in, dicts out.
#[pyclass(module = "oomparse", frozen)]
pub(crate) struct Parser {
    parser: Mutex<oomparse_core::Parser>,
    settings: Settings,
}

#[pymethods]
impl Parser {
    #[new]
    #[pyo3(signature = (**options))]
    fn new(options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let settings = Settings::following("Parser", options)?;
        let parser = oomparse_core::Parser::with_options(settings.options.clone());
        Ok(Self {
            parser: Mutex::new(parser),
            settings,
        })
    }

    /// Takes the next bytes of the log, cut anywhere; returns the events that they complete.
    fn push<'py>(
        &self,
        py: Python<'py>,
        chunk: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        match chunk.cast::<PyBytes>() {
            // Nobody changes them while Python's lock is let go.
            Ok(bytes) => {
                let bytes = bytes.as_bytes();
                self.with(py, |parser| _ = parser.push_chunk(bytes))
            }
            Err(_) => {
                let bytes = bytes_of(chunk)?;
                self.with(py, |parser| _ = parser.push_chunk(&bytes))
            }
        }
    }

    /// Takes one line, a str or bytes without its line end; returns the events that it completes.
    fn push_line<'py>(
        &self,
        py: Python<'py>,
        line: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let line = bytes_of(line)?;
        self.with(py, |parser| _ = parser.push_line(&line))
    }

    /// Gives the kills that wait for one further line, without it: no line has come for a while.
    fn flush<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.with(py, oomparse_core::Parser::give_all_waiting)
    }

    /// Says that no more lines come; returns what is open. The parser can then be used anew.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.with(py, oomparse_core::Parser::finish)
    }
}

impl Parser {
    /// Does something without Python's lock; returns the events that it completes.
    fn with<'py>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(&mut oomparse_core::Parser) + Send,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let locked = self.parser.lock_py_attached(py);
        let mut parser = locked.unwrap_or_else(PoisonError::into_inner);
        let parser = &mut *parser;
        let events = py.detach(|| {
            work(parser);
            let complete = |mut event| {
                self.settings.complete(&mut event);
                fields(&event)
            };
            let events = std::iter::from_fn(|| parser.next_event());
            events.map(complete).collect::<Vec<_>>()
        });
        events.iter().map(|event| dict(py, event)).collect()
    }
}
