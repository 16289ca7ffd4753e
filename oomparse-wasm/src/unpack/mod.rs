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

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use layers::{Piece, Unpacked};
use std::io::{self, Read};
use wasm_bindgen::prelude::wasm_bindgen;

/// How much is unpacked at a time.
const PIECE: usize = 256 << 10;

/// How much of a file is asked for at a time.
const ASKED: u32 = 1 << 20;

#[wasm_bindgen]
extern "C" {
    /// A file of the browser's, read from its beginning.
    pub type Source;

    /// The next bytes, at most so many; none at the end.
    #[wasm_bindgen(method, structural)]
    fn read(this: &Source, most: u32) -> Vec<u8>;
}

/// A file as a reader of Rust's.
struct File {
    source: Source,
    held: Vec<u8>,
    at: usize,
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.held.len() {
            self.held = self.source.read(ASKED);
            self.at = 0;
        }
        let rest = self.held.get(self.at..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(from);
        }
        self.at = self.at.saturating_add(len);
        Ok(len)
    }
}

/// A packed log, or the files of an archive one after another.
#[wasm_bindgen]
pub struct Unpacker {
    input: Unpacked,
    problem: Option<String>,
    more: bool,
}

#[wasm_bindgen]
impl Unpacker {
    /// A file that nothing was read of yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self::of(Box::new(File {
            source,
            held: Vec::new(),
            at: 0,
        }))
    }

    fn of(file: Box<dyn Read>) -> Self {
        Self {
            input: Unpacked::new(file),
            problem: None,
            more: true,
        }
    }

    /// The next bytes of the file that is being read; none at its end.
    pub fn read(&mut self) -> Vec<u8> {
        let mut buffer = alloc::vec![0; PIECE];
        let len = match self.input.read(&mut buffer) {
            Ok(Piece::Bytes(len)) => len,
            Ok(Piece::NextFile) => 0,
            Ok(Piece::End) => {
                self.more = false;
                0
            }
            Err(error) => {
                self.problem = Some(error.to_string());
                self.more = false;
                0
            }
        };
        buffer.truncate(len);
        buffer
    }

    /// Whether another file follows the one that has ended.
    #[must_use]
    pub fn more(&self) -> bool {
        self.more
    }

    /// What kept it from being read to its end, in a word that the page has a sentence for.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.problem.clone()
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
