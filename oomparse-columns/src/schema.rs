//! The schema of a row: the fields from the table in docs/schema.md, and two columns about the log.
//!
//! | type in the table | column |
//! |---|---|
//! | string | utf8 |
//! | string, RFC 3339 | timestamp in microseconds, UTC |
//! | number | int64, which engines and Spark support; a larger number is null |
//! | number, in percent | float64 |
//! | bool, true | boolean |
//! | array of string | list of utf8 |
//! | `a.b`, `a[].b` | a struct, a list of structs |
//! | object | a map of utf8; of int64 if the table has a unit for its values |

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use std::sync::{Arc, LazyLock};

/// The document that defines the record. The file beside `src` is a link to it.
const DOCUMENT: &str = include_str!("../schema.md");

/// Fields that occur only in a filter's record.
const LEFT_OUT: [&str; 1] = ["others"];

static WHOLE: LazyLock<SchemaRef> = LazyLock::new(|| Arc::new(made_of(DOCUMENT)));

/// All columns.
#[must_use]
pub fn schema() -> &'static SchemaRef {
    &WHOLE
}

/// Some columns, in this order.
///
/// # Errors
/// The name of the first that there is not.
pub fn some_columns(names: &[String]) -> Result<SchemaRef, &str> {
    let field = |name| match WHOLE.field_with_name(name) {
        Ok(field) => Ok(field.clone()),
        Err(_) => Err(name),
    };
    let fields: Result<Vec<Field>, &str> = names.iter().map(|name| field(name.as_str())).collect();
    Ok(Arc::new(Schema::new(fields?)))
}

/// What is known about a column while the table is read.
enum Node {
    Leaf(DataType),
    Struct(Vec<(String, Node)>),
    List(Vec<(String, Node)>),
}

fn made_of(document: &str) -> Schema {
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
    Schema::new(fields(columns))
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
        ("number", "%") => DataType::Float64,
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
