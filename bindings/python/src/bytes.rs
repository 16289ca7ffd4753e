//! Arguments that are a text or bytes.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// The bytes of a text or of bytes.
pub(crate) fn bytes_of(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    text_or_bytes(value).ok_or_else(|| {
        let kind = value.get_type();
        PyTypeError::new_err(format!("a str or bytes is wanted, not {kind}"))
    })
}

fn text_or_bytes(value: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Some(text.to_string_lossy().as_bytes().to_vec());
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Some(bytes.as_bytes().to_vec());
    }
    value.extract::<Vec<u8>>().ok()
}
