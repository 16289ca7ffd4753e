//! The logs in an archive, in a journal, and in compressed files within these, one after the other.
//!
//! An archive is read as a stream: only one member is open at a time, and none is kept. Formats that need random
//! access, a zip archive's directory and a journal, are copied to a file if they are not one already.

mod journal;
mod spool;
mod tape;
mod zipped;

use super::budget::{Budget, MAX_LAYERS, MAX_MEMBERS};
use super::content::{Content, HEAD_LEN, is_binary};
use std::fs::File;
use std::io::{self, Cursor, Read};

/// How much of a member is passed on at a time.
const PIECE_LEN: usize = 128 << 10;

/// Receives the logs.
pub trait TakeLogs {
    /// A log begins: the member with this name, or the input itself.
    fn begin(&mut self, path: Option<&[u8]>) -> io::Result<bool>;

    /// Its next bytes.
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<bool>;

    /// The log has ended.
    fn end(&mut self) -> io::Result<bool>;

    /// What is at this path could not be read, or not completely.
    fn lost(&mut self, path: &[u8], error: io::Error) -> io::Result<bool>;
}

/// Why reading stops: the output failed, or enough was read.
#[derive(Debug)]
enum Stop {
    Output(io::Error),
    Enough,
}

/// `false`: stop reading.
fn go_on(more: io::Result<bool>) -> Result<(), Stop> {
    match more {
        Ok(true) => Ok(()),
        Ok(false) => Err(Stop::Enough),
        Err(error) => Err(Stop::Output(error)),
    }
}

/// An input that contains other logs.
pub struct Archive {
    pub(super) content: Content,
    /// From its first byte.
    pub(super) reader: Box<dyn Read>,
    /// The same input, if it is a file with random access.
    pub(super) file: Option<File>,
    pub(super) budget: Budget,
    /// How many layers were already unpacked.
    pub(super) layers: usize,
    /// Only the kernel's entries of a journal are requested.
    pub(super) kernel_only: bool,
}

/// The position of a log: the input, then each member within the one before.
#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p [u8],
    layers: usize,
    /// It is a member, not the input itself.
    is_member: bool,
}

impl Place<'_> {
    fn below<T>(self, name: &[u8], then: impl FnOnce(Place<'_>) -> T) -> T {
        let path = [self.path, b": ", name].concat();
        then(Place {
            path: &path,
            layers: self.layers + 1,
            is_member: true,
        })
    }
}

impl Archive {
    /// For a journal: also read what programs logged.
    pub fn with_programs(&mut self) {
        self.kernel_only = false;
    }

    /// Reads all logs in it; `name` is the input's. An error is the output's.
    pub fn read(self, name: &[u8], to: &mut dyn TakeLogs) -> io::Result<()> {
        let mut walk = Walk {
            to,
            budget: self.budget,
            members: 0,
            kernel_only: self.kernel_only,
        };
        let place = Place {
            path: name,
            layers: self.layers,
            is_member: false,
        };
        let read = match (self.content, self.file) {
            (Content::Zip, Some(file)) => walk.zip(place, &file),
            (Content::Journal, Some(file)) => walk.journal(place, &file),
            (content, _) => walk.content(place, content, self.reader),
        };
        match read {
            Err(Stop::Output(error)) => Err(error),
            Ok(()) | Err(Stop::Enough) => Ok(()),
        }
    }
}

struct Walk<'t> {
    to: &'t mut dyn TakeLogs,
    budget: Budget,
    members: u64,
    kernel_only: bool,
}

impl Walk<'_> {
    /// Reads a member of any kind.
    fn member(&mut self, place: Place<'_>, mut reader: impl Read) -> Result<(), Stop> {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            let sentence =
                format!("more than {MAX_MEMBERS} files in one archive; the rest was not read");
            self.lost(place, &sentence)?;
            return Err(Stop::Enough);
        }
        self.unknown(place, &mut reader)
    }

    /// Reads content that is recognised by its first bytes.
    fn unknown(&mut self, place: Place<'_>, mut reader: &mut dyn Read) -> Result<(), Stop> {
        let mut head = Vec::with_capacity(HEAD_LEN);
        if let Err(error) = (&mut reader).take(HEAD_LEN as u64).read_to_end(&mut head) {
            // The part that could be read may contain a kill.
            if !is_binary(&head) {
                self.log(place, Cursor::new(head))?;
            }
            return self.failed(place, error);
        }
        let content = Content::of(&head);
        if content == Content::Log && is_binary(&head) {
            return Ok(());
        }
        self.content(place, content, Cursor::new(head).chain(reader))
    }

    fn content(
        &mut self,
        place: Place<'_>,
        content: Content,
        reader: impl Read,
    ) -> Result<(), Stop> {
        if place.layers >= MAX_LAYERS && content != Content::Log {
            let sentence = format!(
                "is packed in more than {MAX_LAYERS} layers; unpack it and scan what comes out"
            );
            return self.lost(place, &sentence);
        }
        match content {
            Content::Log => self.log(place, reader),
            Content::Unreadable(sentence) => self.lost(place, sentence),
            Content::Packed(packing) => {
                let mut unpacked = self.budget.watch(packing.unpack(reader));
                let layers = place.layers + 1;
                self.unknown(Place { layers, ..place }, &mut unpacked)
            }
            Content::Tar => self.tar(place, reader),
            Content::Zip | Content::Journal => match spool::copy(reader) {
                Ok(file) if content == Content::Zip => self.zip(place, file.as_file()),
                Ok(file) => self.journal(place, file.as_file()),
                Err(error) => self.failed(place, error),
            },
        }
    }

    fn log(&mut self, place: Place<'_>, mut reader: impl Read) -> Result<(), Stop> {
        go_on(self.to.begin(place.is_member.then_some(place.path)))?;
        let mut buffer = vec![0; PIECE_LEN];
        let read = loop {
            match reader.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(len) => go_on(self.to.bytes(buffer.get(..len).unwrap_or_default()))?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        go_on(self.to.end())?;
        match read {
            Ok(()) => Ok(()),
            Err(error) => self.failed(place, error),
        }
    }

    /// Reports that something could not be read. A decompression bomb is not read any further.
    fn failed(&mut self, place: Place<'_>, error: io::Error) -> Result<(), Stop> {
        go_on(self.to.lost(place.path, error))?;
        if self.budget.is_spent() {
            return Err(Stop::Enough);
        }
        Ok(())
    }

    fn lost(&mut self, place: Place<'_>, sentence: &str) -> Result<(), Stop> {
        let error = io::Error::new(io::ErrorKind::InvalidData, sentence);
        go_on(self.to.lost(place.path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    /// What was read and what was reported.
    #[derive(Default)]
    struct Told {
        read: Vec<String>,
        lost: Vec<String>,
    }

    impl TakeLogs for Told {
        fn begin(&mut self, path: Option<&[u8]>) -> io::Result<bool> {
            self.read
                .push(path.unwrap_or_default().escape_ascii().to_string());
            Ok(true)
        }

        fn bytes(&mut self, _: &[u8]) -> io::Result<bool> {
            Ok(true)
        }

        fn end(&mut self) -> io::Result<bool> {
            Ok(true)
        }

        fn lost(&mut self, path: &[u8], error: io::Error) -> io::Result<bool> {
            self.lost.push(format!("{}: {error}", path.escape_ascii()));
            Ok(true)
        }
    }

    #[test]
    fn members_are_bounded() {
        let mut archive = tar::Builder::new(Vec::new());
        for name in ["a", "b", "c", "d"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(2);
            archive.append_data(&mut header, name, &b"x\n"[..]).unwrap();
        }
        let bytes = archive.into_inner().unwrap();
        let mut told = Told::default();
        let mut walk = Walk {
            to: &mut told,
            budget: Budget::new(Rc::default()),
            members: MAX_MEMBERS - 2,
            kernel_only: true,
        };
        let place = Place {
            path: b"t",
            layers: 0,
            is_member: false,
        };
        let stop = walk.tar(place, &bytes[..]);
        assert!(matches!(stop, Err(Stop::Enough)));
        assert_eq!(told.read, ["t: a", "t: b"]);
        assert_eq!(
            told.lost,
            ["t: c: more than 1048576 files in one archive; the rest was not read"]
        );
    }
}
