//! The Arrow schema of a row: the fields from the table in docs/schema.md, and two columns about the log.
//!
//! | type in the table | column |
//! |---|---|
//! | string | utf8 |
//! | string, RFC 3339 | timestamp in microseconds, UTC |
//! | number | int64, which engines and Spark support; a larger number is null |
//! | bool, true | boolean |
//! | array of string | list of utf8 |
//! | `a.b`, `a[].b` | a struct, a list of structs |
//! | object | a map of utf8; of int64 if the table has a unit for its values |

use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, Fields, SchemaRef, TimeUnit};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::{Arc, LazyLock};

/// The document that defines the record. The file beside `src` is a link to it.
const DOCUMENT: &str = include_str!("../schema.md");

/// Fields that occur only in a filter's record.
const LEFT_OUT: [&str; 1] = ["others"];

/// All columns.
static WHOLE: LazyLock<SchemaRef> = LazyLock::new(|| Arc::new(made_of(DOCUMENT)));

/// The schema, or some of its columns in their order.
pub(crate) fn schema(columns: Option<&[String]>) -> PyResult<SchemaRef> {
    let Some(columns) = columns else {
        return Ok(Arc::clone(&WHOLE));
    };
    let mut fields = Vec::new();
    for name in columns {
        let Ok(field) = WHOLE.field_with_name(name) else {
            let sentence = format!("there is no column {name}; oomparse.SCHEMA.names has them");
            return Err(PyValueError::new_err(sentence));
        };
        fields.push(field.clone());
    }
    Ok(Arc::new(arrow_schema::Schema::new(fields)))
}

/// What is known about a column while the table is read.
enum Node {
    Leaf(DataType),
    Struct(Vec<(String, Node)>),
    List(Vec<(String, Node)>),
}

fn made_of(document: &str) -> arrow_schema::Schema {
    let mut columns = Vec::new();
    for line in document.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [path, kind, unit, ..] = cells.as_slice() else {
            continue;
        };
        let path = path.trim_matches('`');
        let first = path.split(['.', '[']).next().unwrap_or_default();
        if !LEFT_OUT.contains(&first) {
            put(&mut columns, path, type_of(kind.trim_matches('`'), unit));
        }
    }
    columns.push(("file".to_owned(), Node::Leaf(DataType::Utf8)));
    columns.push(("error".to_owned(), Node::Leaf(DataType::Utf8)));
    arrow_schema::Schema::new(fields(columns))
}

fn put(columns: &mut Vec<(String, Node)>, path: &str, kind: DataType) {
    let Some((name, rest)) = path.split_once('.') else {
        return columns.push((path.to_owned(), Node::Leaf(kind)));
    };
    let is_list = name.ends_with("[]");
    let name = name.trim_end_matches("[]");
    let at = columns.iter().position(|(it, _)| it == name);
    let at = at.unwrap_or_else(|| {
        let node = if is_list { Node::List } else { Node::Struct };
        columns.push((name.to_owned(), node(Vec::new())));
        columns.len() - 1
    });
    if let Some((_, Node::Struct(within) | Node::List(within))) = columns.get_mut(at) {
        put(within, rest, kind);
    }
}

fn type_of(kind: &str, unit: &str) -> DataType {
    match (kind, unit) {
        ("string", "RFC 3339") => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ("number", _) => DataType::Int64,
        ("bool" | "true", _) => DataType::Boolean,
        ("array of string", _) => {
            DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)))
        }
        ("object", "") => map_of(DataType::Utf8),
        ("object", _) => map_of(DataType::Int64),
        _ => DataType::Utf8,
    }
}

fn map_of(value: DataType) -> DataType {
    let entry = [
        Field::new("key", DataType::Utf8, false),
        Field::new("value", value, true),
    ];
    let entries = Field::new("entries", DataType::Struct(Fields::from_iter(entry)), false);
    DataType::Map(Arc::new(entries), false)
}

fn fields(columns: Vec<(String, Node)>) -> Fields {
    let field = |(name, node)| {
        let kind = match node {
            Node::Leaf(kind) => kind,
            Node::Struct(within) => DataType::Struct(fields(within)),
            Node::List(within) => {
                let item = Field::new("item", DataType::Struct(fields(within)), true);
                DataType::List(Arc::new(item))
            }
        };
        Field::new(name, kind, true)
    };
    columns.into_iter().map(field).collect()
}

/// The schema of `Scan`'s stream, for whoever takes Arrow's capsules: `pyarrow.schema(oomparse.SCHEMA)`.
#[pyclass(module = "oomparse", frozen)]
pub(crate) struct Schema;

#[pymethods]
impl Schema {
    /// The columns, in their order.
    #[getter]
    fn names(&self) -> Vec<&'static str> {
        let fields = WHOLE.fields().iter();
        fields.map(|field| field.name().as_str()).collect()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule(py, &WHOLE)
    }

    fn __repr__(&self) -> String {
        let field = |field: &Arc<Field>| format!("{}: {}", field.name(), field.data_type());
        let all: Vec<String> = WHOLE.fields().iter().map(field).collect();
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
