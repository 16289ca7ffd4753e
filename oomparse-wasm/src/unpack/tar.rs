//! The files of a tar archive, one after the other: of each only where it begins and ends matters.

use super::damaged;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::io::{self, Read};

const BLOCK: usize = 512;

/// An archive, read from its beginning.
pub(super) struct Tar {
    shared: Rc<RefCell<Shared>>,
}

struct Shared {
    reader: Box<dyn Read>,
    /// What is left of the file, without what fills its last block.
    left: u64,
    /// What fills the last block.
    padding: u64,
    /// It ended within a file: nothing follows, and that was said.
    is_cut: bool,
}

/// A file that was found: its name and its bytes.
pub(super) type Found = (Vec<u8>, Box<dyn Read>);

/// One file of the archive.
struct Member(Rc<RefCell<Shared>>);

impl Read for Member {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}

impl Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let len = self.reader.read(buffer)?;
        if len == 0 {
            self.is_cut = true;
            return Err(damaged("tar"));
        }
        self.left = self.left.saturating_sub(len as u64);
        Ok(len)
    }

    /// Passes over so many bytes.
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.reader.by_ref().take(bytes), &mut io::sink())?;
        if passed < bytes {
            return Err(damaged("tar"));
        }
        Ok(())
    }

    /// The next header; none at the end.
    fn header(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut header = [0; BLOCK];
        let mut len = 0;
        while let Some(rest) = header.get_mut(len..).filter(|rest| !rest.is_empty()) {
            match self.reader.read(rest)? {
                0 if len == 0 => return Ok(None),
                0 => return Err(damaged("tar")),
                more => len = len.saturating_add(more),
            }
        }
        Ok(header.iter().any(|byte| *byte != 0).then_some(header))
    }
}

impl Tar {
    pub(super) fn new(reader: Box<dyn Read>) -> Self {
        Self {
            shared: Rc::new(RefCell::new(Shared {
                reader,
                left: 0,
                padding: 0,
                is_cut: false,
            })),
        }
    }

    /// The next regular file and its name; what was not read of the last one is passed over.
    pub(super) fn next_file(&mut self) -> io::Result<Option<Found>> {
        let mut shared = self.shared.borrow_mut();
        let name = loop {
            if shared.is_cut {
                return Ok(None);
            }
            let rest = shared.left.saturating_add(shared.padding);
            (shared.left, shared.padding) = (0, 0);
            shared.skip(rest)?;
            let Some(header) = shared.header()? else {
                return Ok(None);
            };
            let size = size(&header).ok_or_else(|| damaged("tar"))?;
            shared.left = size;
            let blocks = size.checked_next_multiple_of(BLOCK as u64);
            shared.padding = blocks.unwrap_or(size).saturating_sub(size);
            // Directories, links, devices, and headers that go on in another block are not logs.
            if matches!(header.get(156), Some(b'0' | 0 | b'7')) && size > 0 {
                break name(&header);
            }
        };
        drop(shared);
        Ok(Some((name, Box::new(Member(Rc::clone(&self.shared))))))
    }
}

/// The name of a file, as far as it stands in its own header.
fn name(header: &[u8; BLOCK]) -> Vec<u8> {
    let field = header.get(..100).unwrap_or_default();
    let end = field.iter().position(|byte| *byte == 0);
    let name = end.and_then(|end| field.get(..end));
    name.unwrap_or(field).to_vec()
}

/// The size of a file: octal digits, or with the first bit set a number of bytes.
fn size(header: &[u8; BLOCK]) -> Option<u64> {
    let field = header.get(124..136)?;
    if field.first()? & 0x80 != 0 {
        let number = field.get(4..)?.first_chunk::<8>()?;
        return Some(u64::from_be_bytes(*number) & (u64::MAX >> 1));
    }
    let text = core::str::from_utf8(field).ok()?;
    let digits = text.trim_matches(['\0', ' ']);
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(digits, 8).ok()
}
