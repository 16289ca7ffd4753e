//! tar.

use super::{Place, Stop, Walk};
use std::cell::Cell;
use std::io::{self, Read};

/// How much may be read between two members: headers, a long name, extended attributes. The tar reader keeps all
/// of these in memory.
const MAX_HEADERS_LEN: u64 = 1 << 20;

/// The source of the archive's bytes.
struct Tape<'a, R> {
    reader: R,
    state: &'a State,
}

#[derive(Default)]
struct State {
    /// Reading has failed: nothing that follows can be found.
    is_broken: Cell<bool>,
    /// How many bytes may be read; `None` for no limit.
    left: Cell<Option<u64>>,
}

impl<R: Read> Read for Tape<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.state;
        let room = match state.left.get() {
            Some(0) => return Err(state.breaks(damaged("its headers are longer than 1 MiB"))),
            Some(left) => buffer
                .len()
                .min(usize::try_from(left).unwrap_or(usize::MAX)),
            None => buffer.len(),
        };
        let len = self
            .reader
            .read(buffer.get_mut(..room).unwrap_or_default())
            .map_err(|error| match error.kind() {
                io::ErrorKind::Interrupted => error,
                _ => state.breaks(error),
            })?;
        let left = state.left.get();
        state
            .left
            .set(left.map(|left| left.saturating_sub(len as u64)));
        Ok(len)
    }
}

impl State {
    fn breaks(&self, error: io::Error) -> io::Error {
        self.is_broken.set(true);
        error
    }
}

fn damaged(what: &str) -> io::Error {
    let sentence =
        format!("the tar archive is cut or damaged: {what}; the members before that were read");
    io::Error::new(io::ErrorKind::InvalidData, sentence)
}

/// A member, which must not end before its length.
struct Member<'s, R> {
    reader: R,
    left: u64,
    state: &'s State,
}

impl<R: Read> Read for Member<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.reader.read(buffer)?;
        self.left = self.left.saturating_sub(len as u64);
        if len == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(self.state.breaks(damaged("it ends within this member")));
        }
        Ok(len)
    }
}

impl Walk<'_> {
    pub(super) fn tar(&mut self, place: Place<'_>, reader: impl Read) -> Result<(), Stop> {
        let state = State::default();
        let mut archive = tar::Archive::new(Tape {
            reader,
            state: &state,
        });
        state.left.set(Some(MAX_HEADERS_LEN));
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.failed(place, error),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if state.is_broken.get() => return self.failed(place, error),
                Err(_) => return self.failed(place, damaged("a header makes no sense")),
            };
            state.left.set(None);
            let kind = entry.header().entry_type();
            let name = entry.path_bytes().into_owned();
            let mut member = Member {
                left: entry.size(),
                reader: entry,
                state: &state,
            };
            place.below(&name, |place| {
                if kind.is_file() || kind.is_contiguous() {
                    self.member(place, &mut member)?;
                } else if kind.is_gnu_sparse() {
                    // It unpacks to zeros that are not in the archive.
                    let mut unpacked = self.budget.watch(&mut member);
                    self.member(place, &mut unpacked)?;
                }
                if state.is_broken.get() {
                    return Ok(());
                }
                // The part that nobody read; an error here is reported with what follows.
                match io::copy(&mut member, &mut io::sink()) {
                    Err(error) if state.is_broken.get() => self.failed(place, error),
                    _ => Ok(()),
                }
            })?;
            if state.is_broken.get() {
                return Ok(());
            }
            state.left.set(Some(MAX_HEADERS_LEN));
        }
        Ok(())
    }
}
