//! Reads several files at a time, and writes in the order in which they were named.
//!
//! Each worker takes the next file and puts its events into that file's queue, several at a time; the writer
//! empties the queues one after the other. The first unfinished file is always being read, so nobody waits for
//! ever.
//!
//! A file that is read before its turn keeps its events until then, so a queue must have room for those of a
//! whole log if the worker is to continue; only logs of back-to-back reports fill it. Then a waiting file takes
//! about 20 MiB, and no more files wait than there are workers.

use super::Writer;
use super::logs::read;
use super::options::ScanOptions;
use super::piece::Piece;
use crate::input::BUFFER_LEN;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Batches of one file that wait for their turn.
const WAITING: usize = 64;

/// Events per batch; an event of a report takes about 5 KiB.
const BATCH: usize = 64;

/// An event waits at most this long for others.
const PATIENCE: Duration = Duration::from_millis(100);

/// This many rows of a task table count as one event.
const ROWS: usize = 16;

enum Message {
    Pieces(Vec<Piece>),
    End(io::Result<()>),
}

/// What a worker has found since it last added to its file's queue.
struct Batch {
    queue: SyncSender<Message>,
    pieces: Vec<Piece>,
    size: usize,
    /// When the last batch was sent; the first event is sent at once.
    given: Option<Instant>,
}

impl Batch {
    /// Adds a piece; returns whether anybody receives it.
    fn add(&mut self, piece: Piece) -> bool {
        let is_full = match &piece {
            Piece::Event(event) => {
                self.size += 1 + event.tasks.len() / ROWS;
                let is_late = self.given.is_none_or(|at| at.elapsed() > PATIENCE);
                is_late || self.size >= BATCH
            }
            Piece::Unread(_) => {
                self.size += 1;
                self.size >= BATCH
            }
            // The events before it should be seen, and bytes are large.
            Piece::Pause | Piece::Passing(_) | Piece::Passed | Piece::Lost(..) => true,
        };
        self.pieces.push(piece);
        !is_full || self.give()
    }

    fn give(&mut self) -> bool {
        self.size = 0;
        self.given = Some(Instant::now());
        let pieces = std::mem::take(&mut self.pieces);
        pieces.is_empty() || self.queue.send(Message::Pieces(pieces)).is_ok()
    }
}

/// The files that were not taken yet, and where to put the queues of those that were.
struct Work<'o> {
    next: std::slice::Iter<'o, crate::input::Input>,
    queues: SyncSender<Receiver<Message>>,
}

/// Reads all inputs.
pub(super) fn run(options: &ScanOptions, writer: &mut Writer) -> io::Result<()> {
    let (queues, in_order) = sync_channel(options.threads);
    let work = Mutex::new(Work {
        next: options.inputs.iter(),
        queues,
    });
    let progress = writer.progress.clone();
    std::thread::scope(|scope| {
        let work = &work;
        for _ in 0..options.threads.min(options.inputs.len()) {
            let progress = &progress;
            scope.spawn(move || {
                let mut buffer = vec![0; BUFFER_LEN];
                while let Some((input, queue)) = take_next(work) {
                    let mut batch = Batch {
                        queue,
                        pieces: Vec::new(),
                        size: 0,
                        given: None,
                    };
                    let mut give = |piece| Ok(batch.add(piece));
                    let ended = read(options, input, progress, &mut buffer, &mut give);
                    if batch.give() {
                        let end = Message::End(ended.and_then(|read| read));
                        let _ = batch.queue.send(end);
                    }
                }
            });
        }
        // Returning drops the queues, and with them every worker stops.
        let in_order = in_order;
        for input in &options.inputs {
            let Ok(queue) = in_order.recv() else {
                break;
            };
            if !write(&queue, input, writer)? {
                break;
            }
        }
        Ok(())
    })
}

/// The next file and the queue for its events. The lock keeps queues in the order of the files.
fn take_next<'o>(work: &Mutex<Work<'o>>) -> Option<(&'o crate::input::Input, SyncSender<Message>)> {
    let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
    let input = work.next.next()?;
    let (queue, receiver) = sync_channel(WAITING);
    // Nobody receives it any more: the output is closed.
    work.queues.send(receiver).ok()?;
    Some((input, queue))
}

/// Writes the events of one file; returns whether more files are wanted.
fn write(
    queue: &Receiver<Message>,
    input: &crate::input::Input,
    writer: &mut Writer,
) -> io::Result<bool> {
    writer.begin(input);
    loop {
        match queue.recv() {
            Ok(Message::Pieces(pieces)) => {
                for piece in pieces {
                    if !writer.take(piece)? {
                        return Ok(false);
                    }
                }
            }
            Ok(Message::End(read)) => return writer.end_of(input, read),
            Err(_) => {
                let lost = io::Error::other("its reader ended before it did");
                return writer.end_of(input, Err(lost));
            }
        }
    }
}
