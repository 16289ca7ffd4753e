//! Several frames, with skippable ones in between, for decoders that read only one frame.

use super::SKIPPABLE;
use std::io::{self, BufReader, Read};

/// Compressed bytes, of which the last four can be put back.
pub(super) struct Packed<R> {
    reader: BufReader<R>,
    magic: [u8; 4],
    /// How many of them are to be read again.
    back: usize,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.back == 0 {
            return self.reader.read(buffer);
        }
        let rest = self.magic.get(4 - self.back..).unwrap_or_default();
        let len = { rest }.read(buffer)?;
        self.back -= len;
        Ok(len)
    }
}

impl<R: Read> Packed<R> {
    fn new(reader: BufReader<R>) -> Self {
        Self {
            reader,
            magic: [0; 4],
            back: 0,
        }
    }

    /// Skips skippable frames; returns whether there is another frame.
    fn find_frame(&mut self) -> io::Result<bool> {
        loop {
            let mut magic = [0; 4];
            if self.reader.read(&mut magic[..1])? == 0 {
                return Ok(false);
            }
            self.reader.read_exact(&mut magic[1..])?;
            if !(matches!(magic, [0x50..=0x5f, ..]) && magic.ends_with(&SKIPPABLE)) {
                (self.magic, self.back) = (magic, 4);
                return Ok(true);
            }
            let mut len = [0; 4];
            self.reader.read_exact(&mut len)?;
            let len = u64::from(u32::from_le_bytes(len));
            if io::copy(&mut (&mut self.reader).take(len), &mut io::sink())? < len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Reads one frame of one format.
pub(super) trait Frame<R>: Sized {
    /// Begins the frame at the position of `packed`.
    fn begin(packed: Packed<R>) -> io::Result<Self>;

    /// The frame's next bytes; 0 at its end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// The bytes after the frame.
    fn end(self) -> Packed<R>;
}

/// Reads all frames, and skips the skippable ones.
pub(super) struct Frames<R, F> {
    at: At<R, F>,
}

enum At<R, F> {
    Between(Packed<R>),
    Within(F),
    /// At the end, or after an error: there is no way to continue.
    End,
}

impl<R: Read, F: Frame<R>> Frames<R, F> {
    pub(super) fn new(packed: BufReader<R>) -> Self {
        Self {
            at: At::Between(Packed::new(packed)),
        }
    }
}

impl<R: Read, F: Frame<R>> Read for Frames<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.at, At::End) {
                At::End => return Ok(0),
                At::Between(mut packed) => {
                    if !packed.find_frame()? {
                        return Ok(0);
                    }
                    self.at = At::Within(F::begin(packed)?);
                }
                At::Within(mut frame) => {
                    let len = frame.read(buffer)?;
                    if len > 0 || buffer.is_empty() {
                        self.at = At::Within(frame);
                        return Ok(len);
                    }
                    self.at = At::Between(frame.end());
                }
            }
        }
    }
}

/// An lz4 frame.
pub(super) type Lz4<R> = lz4_flex::frame::FrameDecoder<Packed<R>>;

impl<R: Read> Frame<R> for Lz4<R> {
    fn begin(packed: Packed<R>) -> io::Result<Self> {
        Ok(Self::new(packed))
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Read::read(self, buffer)
    }

    fn end(self) -> Packed<R> {
        self.into_inner()
    }
}

/// A zstd frame, for builds without the C library.
#[cfg(any(test, not(feature = "zstd-c")))]
pub(super) struct Zstd<R: Read>(
    ruzstd::decoding::StreamingDecoder<Packed<R>, ruzstd::decoding::FrameDecoder>,
);

#[cfg(any(test, not(feature = "zstd-c")))]
impl<R: Read> Frame<R> for Zstd<R> {
    fn begin(packed: Packed<R>) -> io::Result<Self> {
        ruzstd::decoding::StreamingDecoder::new_with_max_window_size(packed, super::MAX_WINDOW_LEN)
            .map(Self)
            .map_err(io::Error::other)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    fn end(self) -> Packed<R> {
        self.0.into_inner()
    }
}
