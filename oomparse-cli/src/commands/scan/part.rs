//! `--range`: a part of one large file.

use super::byte_range::ByteRange;
use super::options::ScanOptions;
use super::piece::{Take, drain};
use super::streams::Reading;
use crate::input::Input;
use oomparse_input::{Part, WARMUP};
use std::fs::File;
use std::io;

/// Whether a range can apply to these inputs.
pub(super) fn is_of(inputs: &[Input]) -> bool {
    matches!(inputs, [Input::File(_)])
}

/// Reads a part of an input. The outer result is the output's, the inner one the input's.
pub(super) fn read(
    options: &ScanOptions,
    input: &Input,
    range: &ByteRange,
    buffer: &mut [u8],
    take: &mut Take<'_>,
) -> io::Result<io::Result<()>> {
    let Input::File(path) = input else {
        return Ok(Ok(()));
    };
    let opened = File::open(path).and_then(|file| Part::open(file, range.0.clone(), WARMUP));
    let mut part = match opened {
        Ok(part) => part,
        Err(error) => return Ok(Err(error)),
    };
    let mut reading = Reading::new(options);
    let read = loop {
        match part.read(buffer) {
            Ok(None) => break Ok(()),
            Ok(Some((bytes, true))) => reading.push_chunk(bytes),
            Ok(Some((bytes, false))) => {
                reading.push_chunk(bytes);
                while reading.next_event().is_some() {}
                while reading.next_unread().is_some() {}
            }
            Err(error) => break Err(error),
        }
        if !drain(options, &mut reading, None, take)?.1 {
            return Ok(Ok(()));
        }
    };
    if part.is_last() {
        reading.finish();
        drain(options, &mut reading, None, take)?;
    }
    Ok(read)
}
