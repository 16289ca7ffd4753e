//! One log, read, decompressed and searched by a thread of its own: who waits for it can be interrupted, and Python
//! code can supply its bytes. One thread does it all, because bytes that another one has read are in another
//! processor's cache.

use crate::py_reader::PyReader;
use crate::row::Row;
use crate::search::{PIECE_LEN, Search};
use crate::settings::Settings;
use oomparse_input::{Got, Part, Source};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// Rows of so many pieces wait to be taken.
const WAITING: usize = 4;

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

/// A message from the thread.
enum Message {
    Rows(Vec<Row>),
    /// There are no more.
    Done,
}

/// The result of [`Log::read`].
pub(crate) enum Given {
    Rows(Vec<Row>),
    /// There are no more.
    Done,
    /// Nothing yet.
    Nothing,
    /// The thread is gone, and with it the rest of the log.
    Lost(io::Error),
}

/// A log that is being read, or the logs in an archive, one after the other.
pub(crate) struct Log {
    rows: Receiver<Message>,
    pub(crate) name: Option<String>,
    /// As long as it is there, somebody waits.
    _waits: Arc<()>,
}

impl Log {
    /// Opens a log for the reading of this number.
    pub(crate) fn open(
        name: Option<String>,
        opener: Opener,
        settings: Settings,
        reading: u64,
    ) -> io::Result<Self> {
        let (sender, rows) = sync_channel(WAITING);
        let (again, raised) = match &opener {
            Opener::File(path) => (Some(path.clone()), None),
            Opener::Part(..) => (None, None),
            Opener::Python(reader) | Opener::PythonPart(reader, ..) => {
                (None, Some(reader.raised()))
            }
        };
        let waits = Arc::new(());
        let waiting = Arc::downgrade(&waits);
        let input = name.clone();
        thread::Builder::new()
            .name("read a log".to_owned())
            .spawn(move || {
                READS_FOR.set(reading);
                let done = sender.clone();
                let give = move |rows: Vec<Row>| {
                    let is_told = rows.is_empty() || sender.send(Message::Rows(rows)).is_ok();
                    is_told && waiting.strong_count() > 0
                };
                let mut search =
                    Search::new(settings, input.clone(), again, raised, Box::new(give));
                if let Err(error) = fill(opener, input.as_deref(), &mut search) {
                    search.fail(&error);
                }
                // Nobody may wait for it any more.
                let _ = done.send(Message::Done);
            })?;
        Ok(Self {
            rows,
            name,
            _waits: waits,
        })
    }

    /// What comes next, if it comes within this time.
    pub(crate) fn read(&mut self, patience: Duration) -> Given {
        match self.rows.recv_timeout(patience) {
            Ok(Message::Rows(rows)) => Given::Rows(rows),
            Ok(Message::Done) => Given::Done,
            Err(RecvTimeoutError::Timeout) => Given::Nothing,
            Err(RecvTimeoutError::Disconnected) => {
                Given::Lost(io::Error::other("its reader ended before it did"))
            }
        }
    }
}

/// Reads to the end, or until no more is wanted. `name` is the input's.
fn fill(opener: Opener, name: Option<&str>, search: &mut Search) -> io::Result<()> {
    let mut source = match opener {
        Opener::Part(path, range, warmup) => {
            return fill_part(Part::open(File::open(path)?, range, warmup)?, search);
        }
        Opener::PythonPart(reader, range, warmup) => {
            return fill_part(Part::open(reader, range, warmup)?, search);
        }
        Opener::File(path) => Source::of_file(File::open(path)?)?,
        Opener::Python(reader) => Source::new(reader, false),
    };
    let mut buffer = vec![0; PIECE_LEN];
    loop {
        let more = match source.read(&mut buffer)? {
            Got::Bytes([]) => {
                search.finish(true);
                false
            }
            Got::Bytes(bytes) => search.push(bytes, true),
            Got::Archive(archive) => {
                let name = name.unwrap_or("the archive").as_bytes();
                return archive.read(name, search);
            }
        };
        if !more {
            return Ok(());
        }
    }
}

fn fill_part<F: Read + Seek>(mut part: Part<F>, search: &mut Search) -> io::Result<()> {
    let mut buffer = vec![0; PIECE_LEN];
    while let Some((bytes, is_kept)) = part.read(&mut buffer)? {
        if !search.push(bytes, is_kept) {
            return Ok(());
        }
    }
    search.finish(part.is_last());
    Ok(())
}
