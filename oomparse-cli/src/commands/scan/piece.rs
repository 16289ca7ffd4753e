//! What reading an input yields, piece by piece.

use super::options::ScanOptions;
use super::streams::Reading;
use crate::sink::lock;
use crate::zone;
use oomparse_core::{OomEvent, SourceFile, Text};
use std::io;

/// One result.
pub(super) enum Piece {
    /// Bytes of a log that cannot be read twice, to learn names from them.
    Passing(Vec<u8>),
    /// Such a log has ended; another one may follow.
    Passed,
    Event(Box<OomEvent>),
    /// A line that looks like a report's but has no known format.
    Unread(Vec<u8>),
    /// It may take long until more comes: the output should be flushed.
    Pause,
    /// What is at this path could not be read, or not to its end.
    Lost(String, io::Error),
}

/// Receives the pieces of an input; returns whether more are wanted.
pub(super) type Take<'t> = dyn FnMut(Piece) -> io::Result<bool> + 't;

/// Passes on the complete events; returns whether there were any, and whether more are wanted.
pub(super) fn drain(
    options: &ScanOptions,
    reading: &mut Reading,
    path: Option<&Text>,
    take: &mut Take<'_>,
) -> io::Result<(bool, bool)> {
    let mut some = false;
    while let Some(mut event) = reading.next_event() {
        complete(&mut event, options, path);
        some = true;
        if !take(Piece::Event(Box::new(event)))? {
            return Ok((some, false));
        }
    }
    while let Some(line) = reading.next_unread() {
        take(Piece::Unread(line))?;
    }
    Ok((some, true))
}

/// Adds data that the log itself does not show.
fn complete(event: &mut OomEvent, options: &ScanOptions, path: Option<&Text>) {
    if let (Some(time), Some(zone)) = (event.time, &options.zone) {
        event.time = Some(zone::complete(time, zone));
    }
    if let Some(lines) = &options.lines {
        lock(lines).find(event);
    }
    event.source = path.map(|path| SourceFile::new(path.clone()).into());
}
