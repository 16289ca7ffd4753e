//! What the page calls for packed logs, a module of its own: most logs are plain, and this need not be loaded.
#![allow(
    unsafe_code,
    unreachable_pub,
    reason = "the functions that wasm-bindgen's macro writes are called from outside"
)]

mod layers;
mod tar;
#[cfg(test)]
mod tests;
mod whole;
mod zipped;

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use layers::{Piece, Unpacked};
use std::io;
use wasm_bindgen::prelude::wasm_bindgen;
use whole::Whole;

/// How much is unpacked at a time.
const PIECE: usize = 256 << 10;

#[wasm_bindgen]
extern "C" {
    /// A file of the browser's, which can be read at any place.
    pub type Source;

    /// At most so many bytes of a place; none at the end.
    #[wasm_bindgen(method, structural)]
    fn bytes(this: &Source, at: f64, most: u32) -> Vec<u8>;

    /// Its length in bytes.
    #[wasm_bindgen(method, structural, getter)]
    fn size(this: &Source) -> f64;
}

impl Whole for Source {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a file's length"
    )]
    fn len(&self) -> u64 {
        self.size() as u64
    }

    #[expect(clippy::cast_precision_loss, reason = "no file has 2^53 bytes")]
    fn bytes(&self, at: u64, most: usize) -> Vec<u8> {
        Self::bytes(self, at as f64, u32::try_from(most).unwrap_or(u32::MAX))
    }
}

/// A packed log, or the files of an archive one after another.
#[wasm_bindgen]
pub struct Unpacker {
    input: Unpacked,
    more: bool,
}

#[wasm_bindgen]
impl Unpacker {
    /// A file that nothing was read of yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self::of(Rc::new(source))
    }

    fn of(whole: Rc<dyn Whole>) -> Self {
        Self::reading(Unpacked::new(whole))
    }

    fn reading(input: Unpacked) -> Self {
        Self { input, more: true }
    }

    /// The next bytes of the file that is being read; none at its end.
    pub fn read(&mut self) -> Vec<u8> {
        let mut buffer = alloc::vec![0; PIECE];
        let len = match self.input.read(&mut buffer) {
            Piece::Bytes(len) => len,
            Piece::NextFile => 0,
            Piece::End => {
                self.more = false;
                0
            }
        };
        buffer.truncate(len);
        buffer
    }

    /// Whether another file may follow the one that has ended.
    #[must_use]
    pub fn more(&self) -> bool {
        self.more
    }

    /// What could not be read, or not to its end: of each the word that the page has a sentence for, and after a
    /// tabulator the file's path in the archive.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let lost = self.input.lost.iter();
        lost.map(|lost| format!("{}\t{}", lost.error, lost.path))
            .collect()
    }
}

/// Why a file was not read to its end, as a word.
fn problem(word: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, word)
}

/// What an unpacker says, as a word: `damaged:gzip`.
fn damaged(packing: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged:{packing}"))
}

/// An unpacker would need more memory than is allowed, as a word.
fn needs_memory(packing: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::OutOfMemory, format!("memory:{packing}"))
}
