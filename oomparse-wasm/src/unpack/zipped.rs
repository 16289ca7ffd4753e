//! The files of a zip archive: by the directory at its end, and where that is cut off one after the other.

use super::whole::{Part, Whole};
use super::{damaged, problem};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use deflate64::Deflate64Decoder;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use oomparse_input::packed::Packing;
use std::io::{self, Read};
use zip::{CompressionMethod, ZipArchive};

/// What stands in front of each file's bytes, without its name.
const LOCAL_LEN: usize = 30;

/// A bit of a file's flags: its length follows it.
const LENGTH_BEHIND: u16 = 1 << 3;

/// A bit of a file's flags: it is encrypted.
const ENCRYPTED: u16 = 1;

/// An archive.
pub(super) struct Zip {
    whole: Rc<dyn Whole>,
    find: Find,
}

enum Find {
    /// The next file of the directory.
    Listed(Box<ZipArchive<Part>>, usize),
    /// Where the next file begins.
    InOrder(u64),
}

/// A file that was found.
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    /// Its bytes, or why they cannot be read.
    pub(super) reader: io::Result<Box<dyn Read>>,
}

/// How a file stands in the archive.
struct Entry {
    at: u64,
    len: u64,
    method: CompressionMethod,
    is_encrypted: bool,
    crc: u32,
}

impl Zip {
    pub(super) fn new(whole: Rc<dyn Whole>) -> Self {
        let find = match ZipArchive::new(Part::all(Rc::clone(&whole))) {
            Ok(archive) => Find::Listed(Box::new(archive), 0),
            Err(_) => Find::InOrder(0),
        };
        Self { whole, find }
    }

    /// The next file; the error ends the archive.
    pub(super) fn next_file(&mut self) -> io::Result<Option<Member>> {
        match &mut self.find {
            Find::Listed(archive, next) => {
                while *next < archive.len() {
                    let index = *next;
                    *next = next.saturating_add(1);
                    if let Some(member) = listed(&self.whole, archive, index) {
                        return Ok(Some(member));
                    }
                }
                Ok(None)
            }
            Find::InOrder(at) => {
                let (member, after) = in_order(&self.whole, *at)?;
                *at = after;
                Ok(Some(member))
            }
        }
    }
}

/// A file of the directory; `None` where it is a folder.
fn listed(whole: &Rc<dyn Whole>, archive: &mut ZipArchive<Part>, index: usize) -> Option<Member> {
    let Ok(file) = archive.by_index_raw(index) else {
        let name = archive.name_for_index(index).and_then(Result::ok);
        return Some(Member {
            name: name.unwrap_or_default().as_bytes().to_vec(),
            reader: Err(damaged("zip")),
        });
    };
    if !file.is_file() {
        return None;
    }
    let entry = file.data_start().map(|at| Entry {
        at,
        len: file.compressed_size(),
        method: file.compression(),
        is_encrypted: file.encrypted(),
        crc: file.crc32(),
    });
    Some(Member {
        name: file.name_raw().to_vec(),
        reader: entry.map_or_else(|| Err(damaged("zip")), |entry| entry.open(whole)),
    })
}

/// The file whose local header stands here, and what is after it. Without the directory nothing else shows where
/// files are.
fn in_order(whole: &Rc<dyn Whole>, at: u64) -> io::Result<(Member, u64)> {
    let header = whole.bytes(at, LOCAL_LEN);
    let two = |from: usize| Some(u16::from_le_bytes(*header.get(from..)?.first_chunk()?));
    let four = |from: usize| Some(u32::from_le_bytes(*header.get(from..)?.first_chunk()?));
    let read = || {
        let name_len = usize::from(two(26)?);
        let name = whole.bytes(at.checked_add(LOCAL_LEN as u64)?, name_len);
        let head_len = LOCAL_LEN
            .checked_add(name_len)?
            .checked_add(usize::from(two(28)?))?;
        #[expect(deprecated, reason = "the number as it stands in the archive")]
        let entry = Entry {
            at: at.checked_add(head_len as u64)?,
            len: u64::from(four(18)?),
            method: CompressionMethod::from_u16(two(8)?),
            is_encrypted: two(6)? & ENCRYPTED != 0,
            crc: four(14)?,
        };
        (header.starts_with(b"PK\x03\x04") && two(6)? & LENGTH_BEHIND == 0).then_some((name, entry))
    };
    let (name, entry) = read().ok_or_else(|| damaged("zip"))?;
    let after = entry.at.saturating_add(entry.len);
    let reader = entry.open(whole);
    Ok((Member { name, reader }, after))
}

impl Entry {
    fn open(self, whole: &Rc<dyn Whole>) -> io::Result<Box<dyn Read>> {
        if self.is_encrypted {
            return Err(problem("encrypted"));
        }
        let part = Part::of(Rc::clone(whole), self.at, self.len);
        let reader: Box<dyn Read> = match self.method {
            CompressionMethod::Stored => Box::new(part),
            CompressionMethod::Deflated => Box::new(DeflateDecoder::new(part)),
            CompressionMethod::Deflate64 => Box::new(Deflate64Decoder::new(part)),
            CompressionMethod::Bzip2 => Packing::Bzip2.unpack(part),
            _ => return Err(problem("zip_method")),
        };
        Ok(Box::new(Checked {
            reader,
            sum: Crc::new(),
            crc: self.crc,
        }))
    }
}

/// What must have the sum that the archive says.
struct Checked {
    reader: Box<dyn Read>,
    sum: Crc,
    crc: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.reader.read(buffer).map_err(|_| damaged("zip"))?;
        self.sum.update(buffer.get(..len).unwrap_or_default());
        if len == 0 && !buffer.is_empty() && self.sum.sum() != self.crc {
            return Err(damaged("zip"));
        }
        Ok(len)
    }
}
