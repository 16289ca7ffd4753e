//! `Filter`, for who has records.

use crate::bytes::bytes_of;
use crate::record::dict;
use crate::settings::Settings;
use oomparse_columns::fields;
use oomparse_core::{Accept, OomEvent};
use oomparse_host::{Host, Key, Names, Places, Value, text_to_json};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Late events that are kept for `late`; older ones go.
const MAX_LATE: usize = 1024;

/// Objects in objects, at most; what is deeper proves nothing.
const MAX_DEPTH: u8 = 16;

/// Records of a log pipeline in, one by one; the event that each reports out.
#[pyclass(module = "oomparse", frozen)]
pub(crate) struct Filter {
    host: Mutex<Host<Completes>>,
    places: Places,
}

/// Adds to an event what the settings know.
struct Completes(Settings);

impl Names for Completes {
    fn name(&mut self, event: &mut OomEvent) {
        self.0.complete(event);
    }
}

#[pymethods]
impl Filter {
    #[new]
    #[pyo3(signature = (*, key=None, stream_key=None, since=None, **options))]
    fn new(
        key: Option<&Bound<'_, PyAny>>,
        stream_key: Option<&str>,
        since: Option<f64>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let mut settings = Settings::following("Filter", options)?;
        let trust = match options {
            Some(options) => options.get_item("trust")?,
            None => None,
        };
        if trust.is_none_or(|trust| trust.is_none()) {
            settings.options.accept = Accept::KERNEL;
        }
        let texts = match key {
            None => Vec::new(),
            Some(key) if key.is_instance_of::<PyString>() => vec![key.extract::<String>()?],
            Some(keys) => keys.extract()?,
        };
        let texts = texts.iter().map(|text| key_of("key", text));
        let places = Places {
            text: texts.collect::<PyResult<_>>()?,
            stream: stream_key
                .map(|text| key_of("stream_key", text))
                .transpose()?,
        };
        let mut host = Host::new(settings.options.clone(), Completes(settings));
        host.keep_late(MAX_LATE);
        // From the future or before 1970: a number all the same.
        host.set_since(since.unwrap_or_default() as u64);
        Ok(Self {
            host: Mutex::new(host),
            places,
        })
    }

    /// Takes a record, a dict or one line of text; returns the event that it reports, or None. `stream` says which log
    /// it is of, `time` is its own in seconds since 1970.
    #[pyo3(signature = (record, *, stream=None, time=None))]
    fn process<'py>(
        &self,
        py: Python<'py>,
        record: &Bound<'py, PyAny>,
        stream: Option<&Bound<'py, PyAny>>,
        time: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let named = stream.map(bytes_of).transpose()?;
        let (stream, line) = if record.is_instance_of::<PyDict>() {
            let record = Given(record.clone(), 0);
            let Some(text) = self.places.text(&record) else {
                return Ok(None);
            };
            let stream = named.unwrap_or_else(|| self.places.stream(&record));
            if let Some(text) = text.text()
                && !self.wants(py, &stream, &text)
            {
                return Ok(None);
            }
            // Nothing is locked meanwhile: a value may be of a class that says in Python what its text is.
            let line = self.places.line(&record).map(Cow::into_owned);
            (stream, line.unwrap_or_default())
        } else {
            (named.unwrap_or_default(), bytes_of(record)?)
        };
        let time = time.filter(|time| *time >= 0.0).map(|time| time as u64);
        let told = self.lock(py).take(&stream, time, &line);
        told.map(|event| dict(py, &fields(&event))).transpose()
    }

    /// Gives the events that no record was given: another one than their own completed them.
    fn late<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let mut host = self.lock(py);
        let events = std::iter::from_fn(|| host.next_event(None));
        let events: Vec<_> = events.map(|(_, event)| fields(&event)).collect();
        drop(host);
        events.iter().map(|event| dict(py, event)).collect()
    }

    /// Says that no more records come; returns what is open, and late events. The filter can then be used anew.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.lock(py).finish();
        self.late(py)
    }

    /// How many late events were dropped since nobody took them.
    #[getter]
    fn dropped(&self, py: Python<'_>) -> u64 {
        self.lock(py).counts().dropped
    }
}

impl Filter {
    /// Whether a record with this text matters.
    fn wants(&self, py: Python<'_>, stream: &[u8], text: &[u8]) -> bool {
        let mut host = self.lock(py);
        let wants = host.wants_text(stream, text);
        if !wants {
            host.pass_over(stream, text);
        }
        wants
    }

    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Host<Completes>> {
        let locked = self.host.lock_py_attached(py);
        locked.unwrap_or_else(PoisonError::into_inner)
    }
}

fn key_of(option: &str, text: &str) -> PyResult<Key> {
    text.parse()
        .map_err(|error| PyValueError::new_err(format!("{option}: {error}")))
}

/// A record, or a value in it, and how many objects it is in.
#[derive(Clone)]
struct Given<'py>(Bound<'py, PyAny>, u8);

impl<'py> Value<'py> for Given<'py> {
    fn get(&self, key: &str) -> Option<Self> {
        let value = self.0.cast::<PyDict>().ok()?.get_item(key).ok()?;
        Some(Self(value?, self.1 + 1))
    }

    fn is_text(&self) -> bool {
        let is_list = || self.0.is_instance_of::<PyList>();
        self.0.is_instance_of::<PyString>() || self.0.is_instance_of::<PyBytes>() || is_list()
    }

    fn text(&self) -> Option<Cow<'py, [u8]>> {
        if let Ok(text) = self.0.cast::<PyString>() {
            return Some(Cow::Owned(text.to_string_lossy().as_bytes().to_vec()));
        }
        let bytes = self.0.cast::<PyBytes>().ok()?;
        Some(Cow::Owned(bytes.as_bytes().to_vec()))
    }

    fn all(&self, take: &mut dyn FnMut(&[u8], &Self) -> bool) -> bool {
        let Ok(dict) = self.0.cast::<PyDict>() else {
            return true;
        };
        dict.iter()
            .all(|(key, value)| match key.cast::<PyString>() {
                Ok(key) => take(key.to_string_lossy().as_bytes(), &Self(value, self.1 + 1)),
                Err(_) => true,
            })
    }

    fn write_json(&self, out: &mut Vec<u8>) -> bool {
        let value = &self.0;
        if let Some(text) = self.text() {
            text_to_json(&text, out);
        } else if value.is_none() || self.1 >= MAX_DEPTH {
            out.extend_from_slice(b"null");
        } else if value.is_instance_of::<PyDict>() {
            out.push(b'{');
            let start = out.len();
            self.all(&mut |key, value| {
                if out.len() > start {
                    out.push(b',');
                }
                text_to_json(key, out);
                out.push(b':');
                value.write_json(out)
            });
            out.push(b'}');
        } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
            self.write_list(out);
        } else {
            self.write_other(out);
        }
        true
    }
}

impl Given<'_> {
    fn write_list(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        let start = out.len();
        for item in self.0.try_iter().into_iter().flatten().flatten() {
            if out.len() > start {
                out.push(b',');
            }
            Self(item, self.1 + 1).write_json(out);
        }
        out.push(b']');
    }

    /// A number or a truth value; whatever JSON has no word for is its text.
    fn write_other(&self, out: &mut Vec<u8>) {
        let value = &self.0;
        let text = value.str().map(|text| text.to_string());
        let text = text.unwrap_or_default();
        let is_finite = |value: f64| value.is_finite();
        if let Ok(truth) = value.cast::<PyBool>() {
            let word: &[u8] = if truth.is_true() { b"true" } else { b"false" };
            out.extend_from_slice(word);
        } else if value.is_exact_instance_of::<PyInt>()
            || value.is_exact_instance_of::<PyFloat>() && value.extract().is_ok_and(is_finite)
        {
            out.extend_from_slice(text.as_bytes());
        } else {
            text_to_json(text.as_bytes(), out);
        }
    }
}
