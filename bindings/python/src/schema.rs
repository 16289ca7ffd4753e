//! The schema of the stream, for Python. `oomparse-columns` makes it from the table in docs/schema.md.

use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{Field, SchemaRef};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::Arc;

/// The schema, or some of its columns in their order.
pub(crate) fn schema(columns: Option<&[String]>) -> PyResult<SchemaRef> {
    let Some(columns) = columns else {
        return Ok(Arc::clone(oomparse_columns::schema()));
    };
    oomparse_columns::some_columns(columns).map_err(|name| {
        let sentence = format!("there is no column {name}; oomparse.SCHEMA.names has them");
        PyValueError::new_err(sentence)
    })
}

/// The schema of `Scan`'s stream, for whoever takes Arrow's capsules: `pyarrow.schema(oomparse.SCHEMA)`.
#[pyclass(module = "oomparse", frozen)]
pub(crate) struct Schema;

#[pymethods]
impl Schema {
    /// The columns, in their order.
    #[getter]
    fn names(&self) -> Vec<&'static str> {
        let fields = oomparse_columns::schema().fields().iter();
        fields.map(|field| field.name().as_str()).collect()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule(py, oomparse_columns::schema())
    }

    fn __repr__(&self) -> String {
        let field = |field: &Arc<Field>| format!("{}: {}", field.name(), field.data_type());
        let all: Vec<String> = oomparse_columns::schema()
            .fields()
            .iter()
            .map(field)
            .collect();
        all.join("\n")
    }
}

/// A schema as Arrow's C interface has it.
pub(crate) fn capsule<'py>(
    py: Python<'py>,
    schema: &arrow_schema::Schema,
) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}
