//! Events on their way to standard output, which may be a pipe that nobody reads.
//!
//! Bytes are written only if they fit, so that a full pipe blocks neither reading the kernel's ring buffer nor
//! signals. Written events are reported one by one.

use super::state::Anchor;
use crate::format::Format;
use crate::sink::{self, Sink};
use oomparse_core::OomEvent;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::rc::Rc;

/// A pipe that poll reports as writable accepts this much without blocking (`PIPE_BUF`).
const PIECE: usize = 4096;

/// If this much is waiting, nothing more is read: the kernel's ring buffer keeps it.
const MAX_WAITING: usize = 8 << 20;

/// An event that was written completely.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) event: Box<OomEvent>,
    /// Where reading must start to read it again.
    pub(crate) anchor: Option<Anchor>,
}

/// Bytes that wait to be written.
pub(crate) struct Outbox {
    sink: Box<dyn Sink>,
    buffer: Shared,
    /// Bytes written since the start.
    written: u64,
    /// Each event with the number of bytes after which it is written.
    events: VecDeque<(u64, Given)>,
}

/// The bytes between the sink and standard output.
#[derive(Clone, Debug, Default)]
struct Shared(Rc<RefCell<VecDeque<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Outbox {
    pub(crate) fn new(format: Format) -> Self {
        let buffer = Shared::default();
        Self {
            sink: sink::open_on(format, buffer.clone()),
            buffer,
            written: 0,
            events: VecDeque::new(),
        }
    }

    /// Takes an event.
    pub(crate) fn push(&mut self, event: OomEvent, anchor: Option<Anchor>) -> io::Result<()> {
        self.sink.event(&event)?;
        let end = self.written + self.len() as u64;
        let event = Box::new(event);
        self.events.push_back((end, Given { event, anchor }));
        Ok(())
    }

    /// Takes the output after the last event.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.sink.finish()
    }

    fn len(&self) -> usize {
        self.buffer.0.borrow().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() > MAX_WAITING
    }

    /// Where reading must start to read the first unwritten event again.
    pub(crate) fn anchor(&self) -> Option<&Anchor> {
        self.events.front()?.1.anchor.as_ref()
    }

    /// Writes as much as fits; returns the events that were written.
    pub(crate) fn write(&mut self) -> io::Result<Vec<Given>> {
        let stdout = rustix::stdio::stdout();
        while !self.is_empty() {
            let mut fds = [PollFd::new(&stdout, PollFlags::OUT)];
            match poll(&mut fds, Some(&Timespec::default())) {
                Ok(0) => break,
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let mut waiting = self.buffer.0.borrow_mut();
            let piece = whole_lines(waiting.make_contiguous());
            match rustix::io::write(stdout, piece) {
                Ok(len) => {
                    waiting.drain(..len);
                    self.written += len as u64;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        let mut given = Vec::new();
        while self
            .events
            .front()
            .is_some_and(|(end, _)| *end <= self.written)
        {
            given.extend(self.events.pop_front().map(|(_, given)| given));
        }
        Ok(given)
    }
}

/// As many lines as fit in a piece, so that a reader gets complete lines if the program is killed; a part of a
/// line that is longer than that.
fn whole_lines(waiting: &[u8]) -> &[u8] {
    let piece = waiting.get(..PIECE).unwrap_or(waiting);
    let end = memchr::memrchr(b'\n', piece).map_or(piece.len(), |at| at + 1);
    piece.get(..end).unwrap_or(piece)
}
