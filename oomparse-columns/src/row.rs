//! A row: an event of a log, or what was wrong with a log.

use oomparse_core::OomEvent;
use serde_json::{Map, Value};

/// The values of a row, by their columns.
pub type Row = Map<String, Value>;

/// The fields of an event, with the keys and values of its JSON.
#[must_use]
pub fn fields(event: &OomEvent) -> Row {
    // Every event can be converted: its keys are texts.
    match serde_json::to_value(event) {
        Ok(Value::Object(fields)) => fields,
        _ => Row::new(),
    }
}

/// Adds the name of the row's log, if it has one.
pub fn set_file(row: &mut Row, file: Option<String>) {
    if let Some(file) = file {
        row.insert("file".to_owned(), Value::String(file));
    }
}

/// The row of a log that could not be read, or not to its end.
#[must_use]
pub fn trouble(file: Option<String>, error: String) -> Row {
    let mut row = Row::new();
    row.insert("error".to_owned(), Value::String(error));
    set_file(&mut row, file);
    row
}
