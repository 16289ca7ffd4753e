//! Events of OOM kills as columns: one Arrow schema for everyone who writes a table of them.
//!
//! ```text
//! schema.rs   the schema, made from the table of docs/schema.md
//! row.rs      an event, or the error of a log, as a row
//! batch.rs    rows to a batch
//! table.rs    rows to an Arrow stream or a Parquet file (feature `files`)
//! ```

mod batch;
mod row;
mod schema;
#[cfg(feature = "files")]
mod table;

pub use batch::batch;
pub use row::{Row, fields, set_file, trouble};
pub use schema::{schema, some_columns};
#[cfg(feature = "files")]
pub use table::{Kind, Table};
