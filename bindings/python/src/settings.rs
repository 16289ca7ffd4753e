//! The caller's options, checked: an error names the wrong value.

use crate::bytes::bytes_of;
use crate::pods::Pods;
use oomparse_core::{Accept, Daemon, OomEvent, Options, Source, Trust};
use oomparse_input::zone::{self, Zone};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::PathBuf;
use std::sync::Arc;

/// How logs are read.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) options: Options,
    /// A time zone whose offset depends on the event's own time; a fixed offset is in `options`.
    zone: Option<Arc<jiff::tz::TimeZone>>,
    pods: Option<Arc<Pods>>,
}

impl Settings {
    /// From keyword arguments; `function` is the function that was called.
    pub(crate) fn of(function: &str, given: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        Self::read(function, given, false)
    }

    /// The same for logs that go on: sources of names are read again when they look different.
    pub(crate) fn following(function: &str, given: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        Self::read(function, given, true)
    }

    fn read(function: &str, given: Option<&Bound<'_, PyDict>>, follows: bool) -> PyResult<Self> {
        let mut settings = Self::default();
        for (key, value) in given.into_iter().flatten() {
            if !value.is_none() {
                match key.to_string().as_str() {
                    "pods" => settings.pods = Some(pods_of(&value, follows)?),
                    key => settings.set(function, key, &value)?,
                }
            }
        }
        Ok(settings)
    }

    fn set(&mut self, function: &str, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let options = &mut self.options;
        match key {
            "year" => {
                let year = value.extract::<u16>().ok();
                let year = year.filter(|year| (1970..=9999).contains(year));
                options.year = Some(year.ok_or_else(|| wrong(key, "a year, 1970 to 9999", value))?);
            }
            "timezone" => match zone_of(value)? {
                Zone::Fixed(minutes) => options.utc_offset_minutes = Some(minutes),
                Zone::Named(zone) => self.zone = Some(Arc::new(zone)),
            },
            "node_name" => options.host = Some(bytes_of(value)?).filter(|name| !name.is_empty()),
            "boot_id" => options.boot_id = Some(bytes_of(value)?).filter(|id| !id.is_empty()),
            "tasks" => options.tasks = value.is_truthy()?,
            "max_report_len" => {
                let bytes = value.extract::<u64>().ok().filter(|bytes| *bytes > 0);
                let bytes = bytes.ok_or_else(|| wrong(key, "a number of bytes above 0", value))?;
                options.max_report_len = Some(bytes);
            }
            "trust" => options.accept = accept_of(value)?.and_daemons_of(options.accept),
            "sources" => options.accept = with_sources(options.accept, value)?,
            "origin" => options.origin = Some(daemon_of(key, value)?),
            "cgroup_roots" => {
                for root in value.try_iter()? {
                    let root = root?;
                    if !options.cgroup_roots.add(&bytes_of(&root)?) {
                        return Err(wrong(key, "paths that begin with `/`", &root));
                    }
                }
            }
            _ => {
                let sentence = format!("{function}() got an unexpected keyword argument '{key}'");
                return Err(PyTypeError::new_err(sentence));
            }
        }
        Ok(())
    }

    /// Adds further data: the offset of its time, the pod's names.
    pub(crate) fn complete(&self, event: &mut OomEvent) {
        if let (Some(time), Some(zone)) = (event.time, &self.zone) {
            event.time = Some(zone::complete(time, zone));
        }
        if let Some(pods) = &self.pods {
            pods.name(event);
        }
    }
}

fn wrong(key: &str, wanted: &str, value: &Bound<'_, PyAny>) -> PyErr {
    PyValueError::new_err(format!("{key} is {wanted}, not {value}"))
}

/// A time zone by its name, an offset, `datetime.timezone` or `zoneinfo.ZoneInfo`.
fn zone_of(value: &Bound<'_, PyAny>) -> PyResult<Zone> {
    let text = value.str()?.to_string();
    // `datetime.timezone` prints itself as `UTC+08:00`.
    let name = match text.strip_prefix("UTC") {
        Some(offset) if offset.starts_with(['+', '-']) => offset,
        _ => &text,
    };
    name.parse()
        .map_err(|error| PyValueError::new_err(format!("timezone {text}: {error}")))
}

fn accept_of(value: &Bound<'_, PyAny>) -> PyResult<Accept> {
    match value.str()?.to_string().as_str() {
        "any" => Ok(Accept::ANY),
        "kernel" => Ok(Accept::KERNEL),
        "proven" => Ok(Accept::of(&[Source::Kernel], Trust::Proven)),
        _ => Err(wrong("trust", "'any', 'kernel' or 'proven'", value)),
    }
}

/// The daemons whose lines are read besides: their names, or `all`.
fn with_sources(accept: Accept, value: &Bound<'_, PyAny>) -> PyResult<Accept> {
    if value.str()? == "all" {
        return Ok(accept.and_all_daemons());
    }
    if value.extract::<String>().is_ok() {
        return Ok(accept.and(daemon_of("sources", value)?));
    }
    value.try_iter()?.try_fold(accept, |accept, name| {
        Ok(accept.and(daemon_of("sources", &name?)?))
    })
}

fn daemon_of(key: &str, value: &Bound<'_, PyAny>) -> PyResult<Daemon> {
    let name = value.str()?.to_string();
    Daemon::from_name(&name)
        .ok_or_else(|| wrong(key, "the name of a daemon whose lines are read", value))
}

/// `Pods`, or the paths of their sources.
fn pods_of(value: &Bound<'_, PyAny>, follows: bool) -> PyResult<Arc<Pods>> {
    if let Ok(pods) = value.extract::<Pods>() {
        return Ok(Arc::new(pods));
    }
    let paths = match value.extract::<PathBuf>() {
        Ok(path) => vec![path],
        Err(_) => value.extract()?,
    };
    let pods = Pods::default();
    for path in paths {
        if follows {
            pods.follow(&path)?;
        } else {
            pods.load_path(&path)?;
        }
    }
    Ok(Arc::new(pods))
}
