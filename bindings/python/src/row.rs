//! What a log gives.

use crate::log_error::LogError;

/// A row from a log.
pub(crate) enum Row {
    /// An event's fields, and its log's name.
    Event(oomparse_columns::Row, Option<String>),
    Error(LogError),
}
