//! Reads a large file on a thread of its own, so that its bytes are copied while others are searched.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// How much is read at a time; a searcher and a reader that take turns need no more.
const PIECE_LEN: usize = 1 << 20;

/// Pieces under way: one being searched, one being read, one that waits.
const PIECES: usize = 3;

/// A file below this length is read before a thread has begun.
pub(super) const WORTHWHILE_LEN: u64 = 4 << 20;

/// A file that is read ahead.
pub(super) struct Ahead {
    /// Filled pieces, or what reading failed with.
    full: Receiver<io::Result<Piece>>,
    /// Pieces to be filled anew.
    empty: SyncSender<Piece>,
    piece: Piece,
}

#[derive(Default)]
struct Piece {
    bytes: Box<[u8]>,
    len: usize,
}

impl Ahead {
    /// Begins where the file stands. Nothing where no thread is to be had.
    pub(super) fn start(file: File) -> Option<Self> {
        let (full_sender, full) = sync_channel(PIECES);
        let (empty, empty_receiver) = sync_channel::<Piece>(PIECES);
        for _ in 0..PIECES {
            let bytes = vec![0; PIECE_LEN].into_boxed_slice();
            empty.try_send(Piece { bytes, len: 0 }).ok()?;
        }
        let read = move || fill_pieces(file, &empty_receiver, &full_sender);
        thread::Builder::new()
            .name("read ahead".to_owned())
            .spawn(read)
            .ok()?;
        Some(Self {
            full,
            empty,
            piece: Piece::default(),
        })
    }

    /// The next bytes; none at the end.
    pub(super) fn read(&mut self) -> io::Result<&[u8]> {
        let used = std::mem::take(&mut self.piece);
        if !used.bytes.is_empty() {
            // After the end nobody takes it any more.
            let _ = self.empty.try_send(used);
        }
        if let Ok(piece) = self.full.recv() {
            self.piece = piece?;
        }
        Ok(self.piece.bytes.get(..self.piece.len).unwrap_or_default())
    }
}

/// Ends at the file's end, at an error, or when nobody wants more.
fn fill_pieces(mut file: File, empty: &Receiver<Piece>, full: &SyncSender<io::Result<Piece>>) {
    for mut piece in empty {
        let read = loop {
            match file.read(&mut piece.bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let is_last = !matches!(read, Ok(1..));
        let filled = read.map(|len| Piece { len, ..piece });
        if full.send(filled).is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek as _, SeekFrom, Write as _};

    #[test]
    fn gives_every_byte_once() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..3_000_001u32).map(|at| (at % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        file.seek(SeekFrom::Start(7)).unwrap();
        let mut ahead = Ahead::start(file).unwrap();
        let mut read = Vec::new();
        loop {
            match ahead.read().unwrap() {
                [] => break,
                piece => read.extend_from_slice(piece),
            }
        }
        assert!(read == bytes[7..]);
        assert!(ahead.read().unwrap().is_empty());
    }

    #[test]
    fn an_error_comes_out() {
        // A directory opens, and does not read.
        let directory = File::open(std::env::temp_dir()).unwrap();
        assert!(Ahead::start(directory).unwrap().read().is_err());
    }

    #[test]
    fn may_be_left_half_read() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![b'x'; 4_000_000]).unwrap();
        file.rewind().unwrap();
        let mut ahead = Ahead::start(file).unwrap();
        assert!(!ahead.read().unwrap().is_empty());
    }
}
