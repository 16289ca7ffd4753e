//! The Python package's module: logs in, events out, as dicts or as Arrow batches.
//!
//! ```text
//! settings.rs    the caller's options, checked
//! source.rs      the inputs: paths, a part of a file, a file object, an iterable of bytes
//! py_reader.rs   bytes that Python code supplies
//! bytes.rs       arguments that are a text or bytes
//! row.rs         what a log gives: events, and its errors
//! search.rs      the search of one log, or of the logs in an archive
//! log.rs         one log, read, decompressed and searched by a separate thread
//! reading.rs     logs, one after the other
//! schema.rs      the Arrow schema
//! record.rs      an event to a dict
//! scan.rs        `Scan`, its iterator and its stream
//! parser.rs      `Parser`, for callers that have the bytes
//! filter.rs      `Filter`, for callers that have records
//! pods.rs        `Pods`: names
//! ```
//!
//! The functions that people call, with their documentation, are in `python/oomparse/__init__.py`.

mod bytes;
mod filter;
mod log;
mod log_error;
mod parser;
mod pods;
mod py_reader;
mod reading;
mod record;
mod row;
mod scan;
mod schema;
mod search;
mod settings;
mod source;

use oomparse_core::{CgroupDriver, QosClass, Runtime, parse_cgroup_path};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What a cgroup path shows.
#[pyfunction]
fn parse_cgroup<'py>(py: Python<'py>, path: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let bytes = bytes::bytes_of(path)?;
    let path = parse_cgroup_path(&bytes);
    let told = PyDict::new(py);
    let words = [
        ("driver", path.driver.map(CgroupDriver::as_str)),
        ("qos_class", path.qos_class.map(QosClass::as_str)),
        ("runtime", path.runtime.map(Runtime::as_str)),
        ("level", Some(path.level.as_str())),
    ];
    for (key, word) in words {
        if let Some(word) = word {
            told.set_item(key, word)?;
        }
    }
    let ids = [
        ("pod_uid", path.pod_uid_text()),
        ("container_id", path.container_id_text()),
    ];
    for (key, id) in ids {
        if let Some(id) = id {
            told.set_item(key, id)?;
        }
    }
    if path.nested {
        told.set_item("nested", true)?;
    }
    Ok(told)
}

/// The module.
#[pymodule]
fn _oomparse(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("ScanError", module.py().get_type::<log_error::ScanError>())?;
    module.add("WARMUP", oomparse_input::WARMUP)?;
    module.add("SCHEMA", schema::Schema)?;
    module.add_class::<schema::Schema>()?;
    module.add_class::<scan::Scan>()?;
    module.add_class::<scan::Events>()?;
    module.add_class::<parser::Parser>()?;
    module.add_class::<filter::Filter>()?;
    module.add_class::<pods::Pods>()?;
    module.add_function(wrap_pyfunction!(parse_cgroup, module)?)
}
