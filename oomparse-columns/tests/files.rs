//! Tables that were written are read back: each row is the event's JSON.
#![allow(clippy::unwrap_used, clippy::panic)]

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_ipc::reader::StreamReader;
use arrow_schema::DataType;
use oomparse_columns::{Kind, Row, Table, schema, set_file, trouble};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use serde_json::{Map, Value, json};

/// What a column has in a row; nothing if it is null.
fn value(array: &dyn Array, row: usize) -> Option<Value> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into(),
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Timestamp(..) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            jiff::Timestamp::from_microsecond(micros)
                .unwrap()
                .to_string()
                .into()
        }
        DataType::Struct(_) => object(array.as_struct(), row).into(),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let items = (0..items.len()).map(|at| value(&items, at));
            items.map(Option::unwrap_or_default).collect()
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let entry = |at| {
                let key = entries.column(0).as_string::<i32>().value(at).to_owned();
                Some((key, value(entries.column(1), at)?))
            };
            (0..entries.len())
                .filter_map(entry)
                .collect::<Map<_, _>>()
                .into()
        }
        other => panic!("no column is {other}"),
    })
}

fn object(columns: &StructArray, row: usize) -> Map<String, Value> {
    let named = columns.fields().iter().zip(columns.columns());
    let field = |(field, column)| {
        Some((
            arrow_schema::Field::name(field).clone(),
            value(column, row)?,
        ))
    };
    named
        .filter_map(|(it, column)| field((it.as_ref(), column)))
        .collect()
}

fn rows(batches: impl IntoIterator<Item = RecordBatch>) -> Vec<Value> {
    let mut rows = Vec::new();
    for batch in batches {
        assert_eq!(&batch.schema(), schema());
        let columns = StructArray::from(batch);
        rows.extend((0..columns.len()).map(|row| Value::Object(object(&columns, row))));
    }
    rows
}

fn read(kind: Kind, bytes: Vec<u8>) -> Vec<Value> {
    match kind {
        Kind::Arrow => rows(
            StreamReader::try_new(&*bytes, None)
                .unwrap()
                .map(Result::unwrap),
        ),
        Kind::Parquet => {
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes));
            rows(reader.unwrap().build().unwrap().map(Result::unwrap))
        }
    }
}

fn written(kind: Kind, rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut table = Table::new(kind, &mut bytes).unwrap();
    for row in rows {
        table.push(row.clone()).unwrap();
    }
    table.finish().unwrap();
    drop(table);
    bytes
}

/// The JSON as a column holds it: the time in UTC and in microseconds, and no number beyond 64 bits with a sign.
fn held(value: Value) -> Option<Value> {
    Some(match value {
        Value::Object(fields) => {
            let field = |(key, value): (String, Value)| {
                if key != "time" {
                    return Some((key, held(value)?));
                }
                let time: jiff::Timestamp = value.as_str()?.parse().ok()?;
                let time = jiff::Timestamp::from_microsecond(time.as_microsecond()).ok()?;
                Some((key, time.to_string().into()))
            };
            Value::Object(fields.into_iter().filter_map(field).collect())
        }
        Value::Array(items) => items.into_iter().filter_map(held).collect(),
        Value::Number(number) if number.is_u64() && !number.is_i64() => return None,
        value => value,
    })
}

#[test]
fn tables_of_the_corpus_are_its_json() {
    let mut texts = Vec::new();
    for case in oomparse_tests::cases().unwrap() {
        let mut options = case.options.clone();
        options.tasks = true;
        options.accept = options.accept.and_all_daemons();
        texts.extend(oomparse_tests::parse_whole(&options, &case.input));
    }
    assert!(texts.len() > 400);
    assert!(texts.iter().any(|it| it.contains("pressure_percent")));
    let mut events: Vec<Row> = texts
        .iter()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    for (at, event) in events.iter_mut().enumerate() {
        set_file(event, Some(format!("{at}.log")));
    }
    let wanted: Vec<Value> = events
        .iter()
        .cloned()
        .filter_map(|it| held(it.into()))
        .collect();
    for kind in [Kind::Arrow, Kind::Parquet] {
        let found = read(kind, written(kind, &events));
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!(found, wanted, "{kind:?}");
        }
    }
}

#[test]
fn a_log_that_could_not_be_read_is_a_row() {
    let row = trouble(Some("a.gz".to_owned()), "the gzip data is cut".to_owned());
    for kind in [Kind::Arrow, Kind::Parquet] {
        let found = read(kind, written(kind, std::slice::from_ref(&row)));
        assert_eq!(
            found,
            [json!({"file": "a.gz", "error": "the gzip data is cut"})]
        );
    }
}

#[test]
fn a_table_without_rows_has_its_columns() {
    for kind in [Kind::Arrow, Kind::Parquet] {
        assert_eq!(read(kind, written(kind, &[])), [] as [Value; 0]);
    }
}

#[test]
fn a_stream_is_readable_up_to_where_it_was_flushed() {
    let mut bytes = Vec::new();
    let mut table = Table::new(Kind::Arrow, &mut bytes).unwrap();
    table.push(trouble(None, "gone".to_owned())).unwrap();
    table.flush().unwrap();
    // Not finished.
    drop(table);
    let batch = StreamReader::try_new(&*bytes, None)
        .unwrap()
        .next()
        .unwrap();
    assert_eq!(rows([batch.unwrap()]), [json!({"error": "gone"})]);
}

#[test]
fn row_groups_are_bounded_and_packed() {
    let row = trouble(None, "gone".to_owned());
    let bytes = written(Kind::Parquet, &vec![row; 70_000]);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
    let groups = reader.metadata().row_groups();
    let counts: Vec<i64> = groups.iter().map(|group| group.num_rows()).collect();
    assert_eq!(counts, [65_536, 4_464]);
    let packed = groups.iter().flat_map(|group| group.columns());
    assert!(packed.clone().count() > 100);
    for column in packed {
        assert!(matches!(column.compression(), Compression::GZIP(_)));
    }
}
