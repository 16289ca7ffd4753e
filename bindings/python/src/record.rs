//! An event as Python objects, with the same keys and values as its JSON.

use oomparse_columns::Row;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use pyo3::{IntoPyObjectExt, intern};
use serde_json::Value;

/// A dict of fields.
pub(crate) fn dict<'py>(py: Python<'py>, fields: &Row) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in fields {
        dict.set_item(PyString::intern(py, key), object(py, value)?)?;
    }
    Ok(dict)
}

/// Adds a log's name.
pub(crate) fn set_file(dict: &Bound<'_, PyDict>, file: Option<&str>) -> PyResult<()> {
    match file {
        Some(file) => dict.set_item(intern!(dict.py(), "file"), file),
        None => Ok(()),
    }
}

fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(value) => value.into_bound_py_any(py),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => number.into_bound_py_any(py),
            (None, Some(number)) => number.into_bound_py_any(py),
            (None, None) => number.as_f64().into_bound_py_any(py),
        },
        Value::String(text) => text.into_bound_py_any(py),
        Value::Array(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(object(py, value)?)?;
            }
            Ok(list.into_any())
        }
        Value::Object(fields) => Ok(dict(py, fields)?.into_any()),
    }
}
