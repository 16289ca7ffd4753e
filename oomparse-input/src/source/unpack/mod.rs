//! Decompresses gzip, zstd, xz, bzip2 and lz4, recognised by their first bytes.
//!
//! Each decoder reads a stream, accepts several concatenated ones (`cat a.gz b.gz`), and keeps at most
//! [`MAX_WINDOW_LEN`] of its output.

mod frames;

use super::budget::Bomb;
use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use frames::{Frames, Lz4};
use lzma_rust2::XzReader;
use std::error::Error;
use std::io::{self, BufReader, Read};

/// Maximum window of a decoder, the limit of the `zstd` tool.
const MAX_WINDOW_LEN: u64 = 128 << 20;

/// A skippable frame, of zstd and of lz4 (RFC 8878, 3.1.2): its magic number without the last four bits.
const SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];

/// The compression format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// gzip.
    Gzip,
    /// zstd.
    Zstd,
    /// xz.
    Xz,
    /// bzip2.
    Bzip2,
    /// lz4's frame format.
    Lz4,
}

impl Packing {
    /// From the first bytes.
    #[must_use]
    pub fn of(first: &[u8]) -> Option<Self> {
        match first {
            [0x1f, 0x8b, 0x08, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            // The magic number of a block, or of the end of an empty file.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, ..] => Some(Self::Bzip2),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            [0x50..=0x5f, magic @ ..] if magic.starts_with(&SKIPPABLE) => Some(skipped(first)),
            _ => None,
        }
    }

    /// The decompressed bytes as a stream. An error of kind `OutOfMemory` means that it would need too much
    /// memory.
    #[must_use]
    pub fn unpack<'r>(self, packed: impl Read + 'r) -> Box<dyn Read + 'r> {
        let packed = BufReader::with_capacity(128 << 10, packed);
        let reader: Box<dyn Read + 'r> = match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Self::Zstd => zstd(packed),
            Self::Xz => {
                let most_kib = (MAX_WINDOW_LEN >> 10) as u32 + 1024;
                Box::new(XzReader::new_mem_limit(packed, true, most_kib))
            }
            Self::Bzip2 => Box::new(MultiBzDecoder::new(packed)),
            Self::Lz4 => Box::new(Frames::<_, Lz4<_>>::new(packed)),
        };
        Box::new(Unpacked {
            reader,
            packing: self,
        })
    }

    /// Its name: `gzip`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "lz4",
        }
    }
}

/// The format of the frames after skippable ones, which both formats have; zstd if it is not visible.
fn skipped(first: &[u8]) -> Packing {
    let mut rest = first;
    while let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, tail @ ..] = rest {
        let len = u32::from_le_bytes([*a, *b, *c, *d]);
        rest = usize::try_from(len)
            .ok()
            .and_then(|len| tail.get(len..))
            .unwrap_or_default();
    }
    match Packing::of(rest) {
        Some(Packing::Lz4) => Packing::Lz4,
        _ => Packing::Zstd,
    }
}

#[cfg(feature = "zstd-c")]
fn zstd<'r>(packed: BufReader<impl Read + 'r>) -> Box<dyn Read + 'r> {
    let opened = zstd::Decoder::with_buffer(packed).and_then(|mut decoder| {
        decoder.window_log_max(MAX_WINDOW_LEN.ilog2())?;
        Ok(decoder)
    });
    match opened {
        Ok(decoder) => Box::new(decoder),
        Err(error) => Box::new(Failed(Some(error))),
    }
}

#[cfg(not(feature = "zstd-c"))]
fn zstd<'r>(packed: BufReader<impl Read + 'r>) -> Box<dyn Read + 'r> {
    Box::new(Frames::<_, frames::Zstd<_>>::new(packed))
}

/// A decoder that could not start.
#[cfg(feature = "zstd-c")]
struct Failed(Option<io::Error>);

#[cfg(feature = "zstd-c")]
impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Translates a decoder's error messages.
struct Unpacked<R> {
    reader: R,
    packing: Packing,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| {
            if is_of_the_system(&error) {
                return error;
            }
            let packing = self.packing.name();
            if needs_too_much(&error) {
                let tool = match self.packing {
                    Packing::Zstd => "zstd -d --long=31 -c",
                    _ => "xz -d -c",
                };
                let sentence = format!(
                    "the {packing} data needs more than {} MiB to be unpacked; unpack it: `{tool} FILE | oomparse scan`",
                    MAX_WINDOW_LEN >> 20
                );
                return io::Error::new(io::ErrorKind::OutOfMemory, sentence);
            }
            let sentence =
                format!("the {packing} data is cut or damaged; what stands before that was read");
            io::Error::new(io::ErrorKind::InvalidData, sentence)
        })
    }
}

/// Whether the length of the window was refused.
fn needs_too_much(error: &io::Error) -> bool {
    use ruzstd::decoding::errors::FrameDecoderError;
    let inner = error.get_ref();
    let of_rust = inner.and_then(|inner| inner.downcast_ref::<FrameDecoderError>());
    error.kind() == io::ErrorKind::OutOfMemory
        || matches!(of_rust, Some(FrameDecoderError::WindowSizeTooBig { .. }))
        // The C library's words for ZSTD_error_frameParameter_windowTooLarge.
        || error.to_string().contains("requires too much memory")
}

/// Whether reading the compressed bytes failed, and not decompressing: such an error has its message already.
fn is_of_the_system(error: &io::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        cause = match error.downcast_ref::<io::Error>() {
            Some(error) if error.raw_os_error().is_some() => return true,
            // The data is a decompression bomb, one layer further in.
            Some(error) if error.get_ref().is_some_and(|held| held.is::<Bomb>()) => return true,
            // Its source() is not the inner error, but the source of that error.
            Some(error) => error
                .get_ref()
                .map(|held| -> &(dyn Error + 'static) { held }),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests;
