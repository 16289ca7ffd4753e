//! The logs of one input: the input itself, or the members of an archive. Each has its own parser.

use super::options::ScanOptions;
use super::part;
use super::piece::{Piece, Take, drain};
use super::progress::Progress;
use super::streams::Reading;
use crate::input::{Got, Input, Source, TakeLogs};
use crate::sink::lock;
use oomparse_core::Text;
use std::cell::Cell;
use std::io;
use std::rc::Rc;

/// Reads one input. The outer result is the output's, the inner one the input's.
pub(super) fn read(
    options: &ScanOptions,
    input: &Input,
    progress: &Progress,
    buffer: &mut [u8],
    take: &mut Take<'_>,
) -> io::Result<io::Result<()>> {
    if let Some(range) = &options.range {
        return part::read(options, input, range, buffer, take);
    }
    let mut source = match input.open() {
        Ok(source) => source,
        Err(error) => return Ok(Err(error)),
    };
    let mut logs = Logs::new(options, &source, progress, take);
    if !logs.begin(None)? {
        return Ok(Ok(()));
    }
    logs.passes = input.path_to_read_again().is_none();
    let is_packed = source.is_packed();
    let read = loop {
        match source.read(buffer) {
            Ok(Got::Bytes([])) => break Ok(()),
            Ok(Got::Bytes(bytes)) => {
                // A second read would read the compressed bytes.
                logs.passes |= is_packed.get();
                let more = logs.bytes(bytes)?;
                if !more || logs.some && source.live && !(logs.take)(Piece::Pause)? {
                    return Ok(Ok(()));
                }
            }
            Ok(Got::Archive(mut archive)) => {
                logs.passes = true;
                if options.learn || options.parser.accept.has_daemons() {
                    archive.with_programs();
                }
                return archive.read(input.name().as_bytes(), &mut logs).map(Ok);
            }
            Err(error) => break Err(error),
        }
    };
    logs.end()?;
    Ok(read)
}

/// One log after the other.
struct Logs<'l, 't> {
    options: &'l ScanOptions,
    progress: &'l Progress,
    take: &'l mut Take<'t>,
    /// Bytes of the file that were read, and how many of them the bar shows.
    taken: Rc<Cell<u64>>,
    shown: u64,
    reading: Reading,
    /// The current member.
    path: Option<Text>,
    /// The bytes that were read cannot be read again, to learn names from them.
    passes: bool,
    /// The last bytes completed events.
    some: bool,
}

impl<'l, 't> Logs<'l, 't> {
    fn new(
        options: &'l ScanOptions,
        source: &Source,
        progress: &'l Progress,
        take: &'l mut Take<'t>,
    ) -> Self {
        let taken = source.count();
        Self {
            options,
            progress,
            take,
            shown: taken.get(),
            taken,
            reading: Reading::new(options),
            path: None,
            passes: false,
            some: false,
        }
    }

    /// Passes on the complete events; returns whether more are wanted.
    fn drain(&mut self) -> io::Result<bool> {
        let path = self.path.as_ref();
        let (some, more) = drain(self.options, &mut self.reading, path, self.take)?;
        self.some = some;
        Ok(more)
    }
}

impl TakeLogs for Logs<'_, '_> {
    fn begin(&mut self, path: Option<&[u8]>) -> io::Result<bool> {
        self.path = path.map(Text::from);
        self.reading = Reading::new(self.options);
        if let Some(lines) = &self.options.lines {
            lock(lines).begin();
        }
        Ok(true)
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<bool> {
        if self.options.learn && self.passes && !(self.take)(Piece::Passing(bytes.to_vec()))? {
            return Ok(false);
        }
        if let Some(lines) = &self.options.lines {
            lock(lines).push(bytes);
        }
        self.reading.push_chunk(bytes);
        let taken = self.taken.get();
        self.progress.advance(taken.saturating_sub(self.shown));
        self.shown = taken;
        self.drain()
    }

    fn end(&mut self) -> io::Result<bool> {
        self.reading.finish();
        let more = self.drain()?;
        if self.options.learn && self.passes {
            return Ok((self.take)(Piece::Passed)? && more);
        }
        Ok(more)
    }

    fn lost(&mut self, path: &[u8], error: io::Error) -> io::Result<bool> {
        (self.take)(Piece::Lost(
            String::from_utf8_lossy(path).into_owned(),
            error,
        ))
    }
}
