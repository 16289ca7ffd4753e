//! The table that several threads use.

use oomparse_pods::PodTable;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The table; it stays usable after a thread that held it panicked.
pub(crate) fn lock(table: &Mutex<PodTable>) -> MutexGuard<'_, PodTable> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}
