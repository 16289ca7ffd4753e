//! zip. Its members are found through the directory at the file's end or, if that is cut off, one after the
//! other.

use super::{Place, Stop, Walk};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use zip::ZipArchive;
use zip::read::{ZipFile, read_zipfile_from_stream};
use zip::result::ZipError;

/// How much may be read to open an archive: its directory, which is kept in memory, of about 150,000 members.
const MAX_DIRECTORY_LEN: u64 = 16 << 20;

/// The file, and how much of it may still be read.
struct Metered<'f> {
    file: &'f File,
    left: &'f Cell<u64>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read(buffer)?;
        let Some(left) = self.left.get().checked_sub(len as u64) else {
            return Err(io::Error::other("the directory is too long"));
        };
        self.left.set(left);
        Ok(len)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Walk<'_> {
    pub(super) fn zip(&mut self, place: Place<'_>, file: &File) -> Result<(), Stop> {
        let left = Cell::new(MAX_DIRECTORY_LEN);
        let metered = Metered { file, left: &left };
        let Ok(mut archive) = ZipArchive::new(BufReader::new(metered)) else {
            return self.zip_in_order(place, file);
        };
        left.set(u64::MAX);
        for index in 0..archive.len() {
            let name = match archive.by_index_data(index) {
                Ok(entry) => entry.name_raw().to_vec(),
                Err(_) => continue,
            };
            match archive.by_index(index) {
                Ok(file) => self.zipped(place, file)?,
                Err(error) => {
                    place.below(&name, |place| self.failed(place, in_plain_words(error)))?;
                }
            }
        }
        Ok(())
    }

    /// Without the directory: reads the members before the place where the file is cut.
    fn zip_in_order(&mut self, place: Place<'_>, mut file: &File) -> Result<(), Stop> {
        if let Err(error) = file.rewind() {
            return self.failed(place, error);
        }
        let mut reader = BufReader::new(file);
        let sentence = loop {
            match read_zipfile_from_stream(&mut reader) {
                Ok(Some(file)) => self.zipped(place, file)?,
                Ok(None) => {
                    break "its directory is cut or damaged; its members were read in their order";
                }
                Err(ZipError::UnsupportedArchive(_)) => {
                    break "it is cut or damaged, and does not say how long its members are; those before that were read";
                }
                Err(_) => break "it is cut or damaged; the members before that were read",
            }
        };
        self.lost(place, &format!("is a zip archive: {sentence}"))
    }

    fn zipped(&mut self, place: Place<'_>, mut file: ZipFile<'_, impl Read>) -> Result<(), Stop> {
        if !file.is_file() {
            return Ok(());
        }
        let name = file.name_raw().to_vec();
        let budget = self.budget.clone();
        place.below(&name, |place| {
            let words = Words(&mut file);
            self.member(place, budget.watch(words))
        })
    }
}

/// Translates the error messages of the zip decoders.
struct Words<R>(R);

impl<R: Read> Read for Words<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ if error.raw_os_error().is_some() => error,
            _ => io::Error::new(
                io::ErrorKind::InvalidData,
                "the zip data is cut or damaged; what stands before that was read",
            ),
        })
    }
}

/// Why a member cannot be opened.
fn in_plain_words(error: ZipError) -> io::Error {
    let sentence = match error {
        ZipError::Io(error) if error.raw_os_error().is_some() => return error,
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            "is encrypted; unpack it: `unzip -p ARCHIVE FILE | oomparse scan`".to_owned()
        }
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => {
            "is packed in a way of zip that is not known; unpack it: `unzip -p ARCHIVE FILE | oomparse scan`".to_owned()
        }
        _ => "the zip archive is damaged here".to_owned(),
    };
    io::Error::new(io::ErrorKind::InvalidData, sentence)
}
