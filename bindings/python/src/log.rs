//! One log, read and decompressed by a separate thread, so that some bytes are read while others are searched.

use crate::log_error::{LogError, sentence};
use crate::py_reader::PyReader;
use memchr::memchr_iter;
use oomparse_input::{Got, Part, Source, TakeLogs};
use pyo3::prelude::*;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How much is read at a time.
const PIECE_LEN: usize = 1 << 20;

/// Pieces in flight: one being searched, one being read, one that waits.
const PIECES: usize = 3;

thread_local! {
    /// For which reading this thread reads a log; none has the number 0.
    static READS_FOR: Cell<u64> = const { Cell::new(0) };
}

/// For which reading this thread reads a log.
pub(crate) fn reads_for() -> u64 {
    READS_FOR.get()
}

/// How to open a log.
pub(crate) enum Opener {
    File(PathBuf),
    Part(PathBuf, Range<u64>, u64),
    Python(PyReader),
    PythonPart(PyReader, Range<u64>, u64),
}

/// A message from the reading thread.
enum Message {
    /// A log begins: a member of an archive has its own name.
    Begin(Option<Vec<u8>>),
    /// Its bytes, and whether the events that they complete are wanted.
    Bytes(Piece, bool),
    /// Its end, and whether reports that are open there are wanted.
    End(bool),
    /// It could not be read, or not completely; another name means a member that has not begun.
    Failed(Option<String>, io::Error),
    /// There are no more.
    Done,
}

#[derive(Default)]
struct Piece {
    bytes: Box<[u8]>,
    len: usize,
}

/// The result of [`Log::read`].
pub(crate) enum Given<'b> {
    /// Another log begins.
    Begin,
    Bytes(&'b [u8], bool),
    /// It has ended; reports that are open there may not be wanted.
    End(bool),
    /// It could not be read, or not completely.
    Failed(Box<LogError>),
    /// There are no more.
    Done,
    /// Nothing yet.
    Nothing,
}

/// A log that is being read, or the logs in an archive, one after the other.
pub(crate) struct Log {
    full: Receiver<Message>,
    empty: SyncSender<Piece>,
    piece: Piece,
    pub(crate) name: Option<String>,
    /// The name of a member of an archive.
    pub(crate) member: Option<Vec<u8>>,
    /// How many bytes were read, and lines of logs that cannot be read again.
    taken: u64,
    lines: Option<u64>,
    again: Option<PathBuf>,
    raised: Option<Arc<Mutex<Option<PyErr>>>>,
}

impl Log {
    /// Opens a log for the reading of this number.
    pub(crate) fn open(name: Option<String>, opener: Opener, reading: u64) -> io::Result<Self> {
        let (full_sender, full) = sync_channel(PIECES);
        let (empty, empty_receiver) = sync_channel(PIECES);
        let (again, raised) = match &opener {
            Opener::File(path) => (Some(path.clone()), None),
            Opener::Part(..) => (None, None),
            Opener::Python(reader) | Opener::PythonPart(reader, ..) => {
                (None, Some(reader.raised()))
            }
        };
        let input = name.clone();
        thread::Builder::new()
            .name("read a log".to_owned())
            .spawn(move || {
                READS_FOR.set(reading);
                let send = |message| full_sender.send(message).is_ok();
                if let Err(error) = fill(opener, input.as_deref(), &empty_receiver, &send) {
                    send(Message::Failed(None, error));
                }
                send(Message::Done);
            })?;
        Ok(Self {
            full,
            empty,
            piece: Piece::default(),
            name,
            member: None,
            taken: 0,
            lines: again.is_none().then_some(0),
            again,
            raised,
        })
    }

    /// What comes next, if it comes within this time.
    pub(crate) fn read(&mut self, patience: Duration) -> Given<'_> {
        let used = std::mem::take(&mut self.piece);
        if !used.bytes.is_empty() {
            // At the end nobody receives it any more.
            let _ = self.empty.try_send(used);
        }
        match self.full.recv_timeout(patience) {
            Ok(Message::Begin(name)) => {
                self.taken = 0;
                if let Some(name) = &name {
                    self.name = Some(text(name));
                    self.again = None;
                }
                self.member = name;
                self.lines = self.again.is_none().then_some(0);
                Given::Begin
            }
            Ok(Message::Bytes(piece, is_kept)) => {
                self.piece = piece;
                let bytes = self.piece.bytes.get(..self.piece.len).unwrap_or_default();
                self.taken += bytes.len() as u64;
                if let Some(lines) = &mut self.lines {
                    *lines += memchr_iter(b'\n', bytes).count() as u64;
                }
                Given::Bytes(bytes, is_kept)
            }
            Ok(Message::End(is_kept)) => Given::End(is_kept),
            Ok(Message::Failed(name, error)) => {
                if name.is_some() && name != self.name {
                    (self.name, self.taken, self.lines) = (name, 0, Some(0));
                }
                Given::Failed(self.trouble(&error))
            }
            Ok(Message::Done) => Given::Done,
            Err(RecvTimeoutError::Timeout) => Given::Nothing,
            Err(RecvTimeoutError::Disconnected) => {
                let lost = io::Error::other("its reader ended before it did");
                Given::Failed(self.trouble(&lost))
            }
        }
    }

    fn trouble(&self, error: &io::Error) -> Box<LogError> {
        let raised = self.raised.as_ref().and_then(|raised| {
            let mut raised = raised.lock().unwrap_or_else(PoisonError::into_inner);
            raised.take()
        });
        let lines = self.lines.or_else(|| self.lines_again());
        Box::new(LogError {
            file: self.name.clone(),
            byte: self.taken,
            line: lines.unwrap_or_default() + 1,
            sentence: sentence(error),
            errno: error.raw_os_error(),
            raised,
        })
    }

    /// How many lines precede the error: counted only on request.
    fn lines_again(&self) -> Option<u64> {
        let mut source = Source::of_file(File::open(self.again.as_ref()?).ok()?).ok()?;
        let (mut lines, mut left) = (0, self.taken);
        let mut buffer = vec![0; PIECE_LEN];
        while left > 0 {
            let Ok(Got::Bytes(bytes @ [_, ..])) = source.read(&mut buffer) else {
                return None;
            };
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let bytes = bytes.get(..most).unwrap_or(bytes);
            lines += memchr_iter(b'\n', bytes).count() as u64;
            left -= bytes.len() as u64;
        }
        Some(lines)
    }
}

/// Reads to the end, or until no more is wanted. `name` is the input's.
fn fill(
    opener: Opener,
    name: Option<&str>,
    empty: &Receiver<Piece>,
    send: &dyn Fn(Message) -> bool,
) -> io::Result<()> {
    let mut source = match opener {
        Opener::Part(path, range, warmup) => {
            return fill_part(Part::open(File::open(path)?, range, warmup)?, empty, send);
        }
        Opener::PythonPart(reader, range, warmup) => {
            return fill_part(Part::open(reader, range, warmup)?, empty, send);
        }
        Opener::File(path) => Source::of_file(File::open(path)?)?,
        Opener::Python(reader) => Source::new(reader, false),
    };
    send(Message::Begin(None));
    let mut made = 0;
    loop {
        let mut piece = next_piece(empty, &mut made);
        let len = match source.read(&mut piece.bytes)? {
            Got::Bytes(bytes) => bytes.len(),
            Got::Archive(archive) => {
                let name = name.unwrap_or("the archive").as_bytes();
                return archive.read(name, &mut Members { empty, send, made });
            }
        };
        if len == 0 {
            send(Message::End(true));
            return Ok(());
        }
        if !send(Message::Bytes(Piece { len, ..piece }, true)) {
            return Ok(());
        }
    }
}

/// The logs in an archive.
struct Members<'t> {
    empty: &'t Receiver<Piece>,
    send: &'t dyn Fn(Message) -> bool,
    made: usize,
}

impl TakeLogs for Members<'_> {
    fn begin(&mut self, path: Option<&[u8]>) -> io::Result<bool> {
        Ok((self.send)(Message::Begin(path.map(<[u8]>::to_vec))))
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<bool> {
        for bytes in bytes.chunks(PIECE_LEN) {
            let mut piece = next_piece(self.empty, &mut self.made);
            let room = piece.bytes.get_mut(..bytes.len()).unwrap_or_default();
            room.copy_from_slice(bytes);
            let len = bytes.len();
            if !(self.send)(Message::Bytes(Piece { len, ..piece }, true)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn end(&mut self) -> io::Result<bool> {
        Ok((self.send)(Message::End(true)))
    }

    fn lost(&mut self, path: &[u8], error: io::Error) -> io::Result<bool> {
        Ok((self.send)(Message::Failed(Some(text(path)), error)))
    }
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

fn fill_part<F: Read + Seek>(
    mut part: Part<F>,
    empty: &Receiver<Piece>,
    send: &dyn Fn(Message) -> bool,
) -> io::Result<()> {
    send(Message::Begin(None));
    let mut made = 0;
    loop {
        let mut piece = next_piece(empty, &mut made);
        let Some((bytes, is_kept)) = part.read(&mut piece.bytes)? else {
            send(Message::End(part.is_last()));
            return Ok(());
        };
        let len = bytes.len();
        if !send(Message::Bytes(Piece { len, ..piece }, is_kept)) {
            return Ok(());
        }
    }
}

/// A piece that was used, or a new one while there are few.
fn next_piece(empty: &Receiver<Piece>, made: &mut usize) -> Piece {
    if let Ok(piece) = empty.try_recv() {
        return piece;
    }
    if *made > PIECES
        && let Ok(piece) = empty.recv_timeout(Duration::from_millis(1))
    {
        return piece;
    }
    *made += 1;
    Piece {
        bytes: vec![0; PIECE_LEN].into_boxed_slice(),
        len: 0,
    }
}
