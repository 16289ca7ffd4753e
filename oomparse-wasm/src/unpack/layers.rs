//! Packed logs: what a file's first bytes say it is, and its bytes unpacked, layer by layer.

use super::tar::Tar;
use super::{damaged, problem};
use alloc::boxed::Box;
use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use std::io::{self, BufRead as _, BufReader, Read};

/// A file within a packed file within … is read this deep.
const DEEPEST: usize = 4;

/// Enough of a file to know it by: tar's mark stands at 257.
const HEAD: usize = 512;

/// What one read gave.
pub(super) enum Piece {
    /// So many bytes of a log.
    Bytes(usize),
    /// The next bytes are of another file.
    NextFile,
    End,
}

/// A file's bytes, unpacked.
pub(super) struct Unpacked {
    layer: Layer,
    /// How many layers were taken off.
    depth: usize,
}

enum Layer {
    /// Not looked at yet.
    New(Box<dyn Read>),
    Plain(Box<dyn Read>),
    /// An archive, and the file of it that is being read.
    Archive(Box<Tar>, Option<Box<Unpacked>>),
    Over,
}

impl Unpacked {
    pub(super) fn new(file: Box<dyn Read>) -> Self {
        Self {
            layer: Layer::New(file),
            depth: 0,
        }
    }

    /// Reads on.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Piece> {
        loop {
            match &mut self.layer {
                Layer::New(_) => self.open()?,
                Layer::Plain(reader) => {
                    let len = full(reader.as_mut(), buffer)?;
                    if len > 0 {
                        return Ok(Piece::Bytes(len));
                    }
                    self.layer = Layer::Over;
                }
                Layer::Archive(archive, file) => {
                    if let Some(open) = file {
                        match open.read(buffer)? {
                            Piece::End => *file = None,
                            piece => return Ok(piece),
                        }
                        return Ok(Piece::NextFile);
                    }
                    match archive.next_file()? {
                        Some(next) => *file = Some(Box::new(Self::new(next))),
                        None => self.layer = Layer::Over,
                    }
                }
                Layer::Over => return Ok(Piece::End),
            }
        }
    }

    /// Takes the next layer off, if there is one.
    fn open(&mut self) -> io::Result<()> {
        let Layer::New(mut reader) = core::mem::replace(&mut self.layer, Layer::Over) else {
            return Ok(());
        };
        let mut head = alloc::vec![0; HEAD];
        let len = full(reader.as_mut(), &mut head)?;
        head.truncate(len);
        let kind = Kind::of(&head)?;
        let whole: Box<dyn Read> = Box::new(io::Cursor::new(head).chain(reader));
        if kind != Kind::Plain {
            if self.depth >= DEEPEST {
                return Err(problem("too_deep"));
            }
            self.depth = self.depth.saturating_add(1);
        }
        self.layer = match kind {
            Kind::Plain => Layer::Plain(whole),
            Kind::Gzip => Layer::New(said(MultiGzDecoder::new(whole), kind)),
            Kind::Zstd => Layer::New(said(
                Zstd(Some(Frames::Between(BufReader::new(whole)))),
                kind,
            )),
            Kind::Xz => Layer::New(said(XzReader::new(whole, true), kind)),
            Kind::Tar => Layer::Archive(Box::new(Tar::new(whole)), None),
        };
        Ok(())
    }
}

/// Fills the buffer as far as there are bytes.
fn full(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0usize;
    while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(more) => len = len.saturating_add(more),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What stands before the damage is read first; the next call meets it again.
            Err(_) if len > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

/// What a file is, as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Gzip,
    Zstd,
    Xz,
    Tar,
}

impl Kind {
    fn of(head: &[u8]) -> io::Result<Self> {
        Ok(match head {
            [0x1f, 0x8b, 0x08, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => return Err(problem("bzip2")),
            [0x04, 0x22, 0x4d, 0x18, ..] => return Err(problem("lz4")),
            [b'P', b'K', 3, 4, ..] => return Err(problem("zip")),
            [b'L', b'P', b'K', b'S', b'H', b'H', b'R', b'H', ..] => return Err(problem("journal")),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(problem("utf16")),
            _ if head.get(257..262) == Some(b"ustar") => Self::Tar,
            _ => Self::Plain,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Tar => "tar",
        }
    }
}

/// Says in a word what an unpacker says in its own.
struct Said<R> {
    reader: R,
    kind: Kind,
    failed: bool,
}

fn said(reader: impl Read + 'static, kind: Kind) -> Box<dyn Read> {
    Box::new(Said {
        reader,
        kind,
        failed: false,
    })
}

impl<R: Read> Read for Said<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Err(damaged(self.kind.word()));
        }
        self.reader.read(buffer).map_err(|_| {
            self.failed = true;
            damaged(self.kind.word())
        })
    }
}

/// zstd's frames one after the other, as `zstd` and `cat a.zst b.zst` write them.
struct Zstd<R: Read>(Option<Frames<R>>);

enum Frames<R: Read> {
    Between(BufReader<R>),
    Within(Box<StreamingDecoder<BufReader<R>, FrameDecoder>>),
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.take() {
                None => return Ok(0),
                Some(Frames::Between(mut packed)) => {
                    if packed.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let decoder = StreamingDecoder::new(packed).map_err(io::Error::other)?;
                    self.0 = Some(Frames::Within(Box::new(decoder)));
                }
                Some(Frames::Within(mut decoder)) => {
                    let len = decoder.read(buffer)?;
                    if len > 0 || buffer.is_empty() {
                        self.0 = Some(Frames::Within(decoder));
                        return Ok(len);
                    }
                    self.0 = Some(Frames::Between(decoder.into_inner()));
                }
            }
        }
    }
}
