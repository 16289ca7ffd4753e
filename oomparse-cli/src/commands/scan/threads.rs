//! Several files at a time, written in the order in which they were named.
//!
//! Each worker takes the next file and gives its events to a short queue of that file; the writer
//! empties the queues one after the other. The first file that is not finished is always being read,
//! so nobody waits for ever.

use super::{Piece, Writer, read};
use crate::args::ScanOptions;
use crate::input::BUFFER_LEN;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Events of one file that wait for their turn, and files that do.
const WAITING: usize = 64;

enum Message {
    Piece(Piece),
    End(io::Result<()>),
}

/// The files that nobody has taken, and where to put the queues of those that are.
struct Work<'o> {
    next: std::slice::Iter<'o, crate::input::Input>,
    queues: SyncSender<Receiver<Message>>,
}

/// Reads all inputs.
pub(super) fn run(options: &ScanOptions, writer: &mut Writer) -> io::Result<()> {
    let (queues, in_order) = sync_channel(WAITING);
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
                    let mut give = |piece| Ok(queue.send(Message::Piece(piece)).is_ok());
                    let ended = read(options, input, progress, &mut buffer, &mut give);
                    let _ = queue.send(Message::End(ended.and_then(|read| read)));
                }
            });
        }
        // Returning drops the queues, and with them goes every worker's wish to go on.
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
    // Nobody takes it any more: the output is closed.
    work.queues.send(receiver).ok()?;
    Some((input, queue))
}

/// Writes what one file gives; says whether more files are wanted.
fn write(
    queue: &Receiver<Message>,
    input: &crate::input::Input,
    writer: &mut Writer,
) -> io::Result<bool> {
    loop {
        match queue.recv() {
            Ok(Message::Piece(piece)) => {
                if !writer.take(piece)? {
                    return Ok(false);
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
