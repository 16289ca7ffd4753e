//! What `scan` is to do, without a word of its command line.

use super::byte_range::ByteRange;
use super::stream_by::StreamBy;
use crate::format::{AnyFormat, ColumnFormat, Format};
use crate::input::Input;
use crate::pods::PodArgs;
use crate::sink::Lines;
use oomparse_core::Options;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What `scan` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Events(Format),
    /// All events, as a table.
    Columns(ColumnFormat),
    /// Incidents, once all events are read.
    Incidents(AnyFormat),
    /// One page with all events in it.
    Page,
    Count,
    Nothing,
}

/// What `scan` is to do.
#[derive(Debug)]
pub(crate) struct ScanOptions {
    pub(crate) inputs: Vec<Input>,
    pub(crate) output: Output,
    /// Whether the report's terms are explained.
    pub(crate) explain: bool,
    /// The page that is written to, if not the program's own.
    pub(crate) page: Option<PathBuf>,
    /// The lines of each event, where they are wanted.
    pub(crate) lines: Option<Arc<Mutex<Lines>>>,
    pub(crate) threads: usize,
    /// The part of the only input that is read.
    pub(crate) range: Option<ByteRange>,
    pub(crate) stream_by: Option<StreamBy>,
    pub(crate) parser: Options,
    /// A zone whose offset depends on the event's own time; a fixed one is in `parser`.
    pub(crate) zone: Option<jiff::tz::TimeZone>,
    pub(crate) learn: bool,
    /// Bare kills are named from earlier tables.
    pub(crate) infer: bool,
    /// The table stays in the events.
    pub(crate) tasks: bool,
    /// Where lines are written that were not read.
    pub(crate) unread: Option<PathBuf>,
    pub(crate) pods: PodArgs,
}
