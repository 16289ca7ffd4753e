//! Converts rows to a batch. Missing values, and values that a column cannot store, are null.

use crate::row::Row;
use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{
    ArrayRef, ListArray, MapArray, RecordBatch, RecordBatchOptions, StringArray, StructArray,
    new_null_array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, SchemaRef};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A batch of rows: the columns that the schema has.
///
/// # Errors
/// The schema has a column that no row can be converted to.
pub fn batch(schema: &SchemaRef, rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let columns: Result<Vec<ArrayRef>, ArrowError> = schema
        .fields()
        .iter()
        .map(|field| {
            let values: Vec<_> = rows.iter().map(|row| row.get(field.name())).collect();
            column(field, &values)
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns?, &options)
}

fn column(field: &Field, values: &[Option<&Value>]) -> Result<ArrayRef, ArrowError> {
    Ok(match field.data_type() {
        DataType::Int64 => {
            let mut builder = Int64Builder::with_capacity(values.len());
            builder.extend(values.iter().map(|value| (*value)?.as_i64()));
            Arc::new(builder.finish())
        }
        DataType::Float64 => {
            let mut builder = Float64Builder::with_capacity(values.len());
            builder.extend(values.iter().map(|value| (*value)?.as_f64()));
            Arc::new(builder.finish())
        }
        DataType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(values.len());
            builder.extend(values.iter().map(|value| (*value)?.as_bool()));
            Arc::new(builder.finish())
        }
        DataType::Timestamp(..) => {
            let mut builder = TimestampMicrosecondBuilder::with_capacity(values.len());
            builder.extend(values.iter().map(|value| micros((*value)?.as_str()?)));
            Arc::new(builder.finish().with_timezone("UTC"))
        }
        DataType::Utf8 => {
            let mut builder = StringBuilder::with_capacity(values.len(), values.len() * 16);
            builder.extend(values.iter().map(|value| (*value)?.as_str()));
            Arc::new(builder.finish())
        }
        DataType::Struct(fields) => Arc::new(structs(fields, values)?),
        DataType::List(item) => Arc::new(lists(item, values)?),
        DataType::Map(entries, _) => Arc::new(maps(entries, values)?),
        other => new_null_array(other, values.len()),
    })
}

fn structs(fields: &Fields, values: &[Option<&Value>]) -> Result<StructArray, ArrowError> {
    let objects: Vec<_> = values.iter().map(|value| (*value)?.as_object()).collect();
    let columns: Result<Vec<ArrayRef>, ArrowError> = fields
        .iter()
        .map(|field| {
            let within: Vec<_> = objects.iter().map(|it| (*it)?.get(field.name())).collect();
            column(field, &within)
        })
        .collect();
    let nulls = NullBuffer::from_iter(objects.iter().map(Option::is_some));
    StructArray::try_new(fields.clone(), columns?, Some(nulls))
}

fn lists(item: &FieldRef, values: &[Option<&Value>]) -> Result<ListArray, ArrowError> {
    let arrays: Vec<_> = values.iter().map(|value| (*value)?.as_array()).collect();
    let lengths = arrays.iter().map(|array| array.map_or(0, Vec::len));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let items: Vec<_> = arrays
        .iter()
        .copied()
        .flatten()
        .flatten()
        .map(Some)
        .collect();
    let nulls = NullBuffer::from_iter(arrays.iter().map(Option::is_some));
    ListArray::try_new(
        Arc::clone(item),
        offsets,
        column(item, &items)?,
        Some(nulls),
    )
}

fn maps(entries: &FieldRef, values: &[Option<&Value>]) -> Result<MapArray, ArrowError> {
    let objects: Vec<_> = values.iter().map(|value| (*value)?.as_object()).collect();
    let lengths = objects.iter().map(|object| object.map_or(0, Map::len));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let all = || objects.iter().copied().flatten().flatten();
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(ArrowError::SchemaError("a map has entries".to_owned()));
    };
    let keys: ArrayRef = Arc::new(StringArray::from_iter_values(all().map(|(key, _)| key)));
    let within: Vec<_> = all().map(|(_, value)| Some(value)).collect();
    let value = fields.get(1).map(|field| column(field, &within));
    let columns = std::iter::once(Ok(keys))
        .chain(value)
        .collect::<Result<_, _>>()?;
    let within = StructArray::try_new(fields.clone(), columns, None)?;
    let nulls = NullBuffer::from_iter(objects.iter().map(Option::is_some));
    MapArray::try_new(Arc::clone(entries), offsets, within, Some(nulls), false)
}

/// Microseconds since 1970 of a time as the record writes it.
fn micros(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.as_microsecond())
}
