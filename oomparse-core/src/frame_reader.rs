//! From bytes to the frames of lines that contain one of some words, whoever wrote them.

use crate::bytes::split_line;
use crate::frame::{Frame, Framer};
use crate::lines::{Above, Lines};
use crate::sieve::WordSearch;
use memchr::memrchr;

/// Reads a log in any format that a [`Parser`](crate::Parser) reads, and passes on the frames of lines that
/// contain one of the caller's words.
///
/// For callers that read lines of others than the kernel: [`Frame::author`] says who wrote each line. Lines
/// without these words are only searched, not framed. Within a carrier's record of several lines, every line is
/// read.
///
/// # Example
/// ```
/// use oomparse_core::{Daemon, FrameReader, Source};
///
/// let log = b"Dec 11 17:29:21 n1 app[12]: Created container x\n\
///             Dec 11 17:29:22 n1 crio[34]: Created container a2172e8d1101: default/web-0/app\n";
/// let mut reader = FrameReader::new(&["Created container "]);
/// let mut found = Vec::new();
/// let mut take = |frame: &oomparse_core::Frame<'_>| found.push((frame.author.source, frame.message.len()));
/// reader.push_chunk(log, &mut take);
/// reader.finish(&mut take);
/// assert_eq!(found, [(Source::Program, 19), (Source::Daemon(Daemon::Crio), 49)]);
/// ```
#[derive(Debug)]
pub struct FrameReader {
    words: WordSearch,
    framer: Framer,
    lines: Lines,
    /// The last line that contains none of the words.
    above: Above,
}

impl FrameReader {
    /// A reader of lines that contain one of these words.
    #[must_use]
    pub fn new(words: &'static [&'static str]) -> Self {
        Self {
            words: WordSearch::new(words),
            framer: Framer::new(),
            lines: Lines::default(),
            above: Above::NONE,
        }
    }

    /// Takes the next bytes of a log, cut anywhere.
    pub fn push_chunk(&mut self, chunk: &[u8], take: &mut impl FnMut(&Frame<'_>)) {
        let mut rest = chunk;
        if self.lines.is_open() {
            let Some(tail) = self.lines.fill(rest) else {
                return;
            };
            self.end_line(take);
            rest = tail;
        }
        loop {
            if !self.framer.wants_every_line() {
                let at = self.words.find(rest);
                let before = at.and_then(|at| rest.get(..at)).unwrap_or(rest);
                if let Some(end) = memrchr(b'\n', before) {
                    self.above.note_last(before.get(..end).unwrap_or_default());
                    rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
                }
                if at.is_none() {
                    break;
                }
            }
            let Some((line, tail)) = split_line(rest) else {
                break;
            };
            self.line(line, take);
            rest = tail;
        }
        self.lines.keep(rest);
    }

    /// Takes one line, without its line end.
    pub fn push_line(&mut self, line: &[u8], take: &mut impl FnMut(&Frame<'_>)) {
        if self.framer.wants_every_line() || self.words.find(line).is_some() {
            self.line(line, take);
        } else {
            self.above.note(line);
        }
    }

    /// Ends the log: takes the last line, if it had no line end. The reader can then be used for another log.
    pub fn finish(&mut self, take: &mut impl FnMut(&Frame<'_>)) {
        if self.lines.is_open() {
            self.end_line(take);
        }
        if let Some(frame) = self.framer.finish() {
            take(&frame);
        }
        self.framer = Framer::new();
        self.above = Above::NONE;
    }

    fn end_line(&mut self, take: &mut impl FnMut(&Frame<'_>)) {
        let (line, dropped) = self.lines.end();
        self.framer.drop_bytes(dropped);
        self.push_line(&line, take);
        self.framer.drop_bytes(0);
        self.lines.reuse(line);
    }

    fn line(&mut self, line: &[u8], take: &mut impl FnMut(&Frame<'_>)) {
        if matches!(line, [b' ' | b'\t', ..]) {
            self.above.show(&mut self.framer);
        }
        self.above.forget();
        if let Some(frame) = self.framer.end_before(line) {
            take(&frame);
        }
        if let Some(frame) = self.framer.frame(line) {
            take(&frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    const LOG: &[u8] = b"[1.0] nothing\n[2.0] first word\n[3.0] nothing\n[4.0] second word";

    #[test]
    fn a_log_cut_anywhere_gives_the_same_frames() {
        for cut in 0..=LOG.len() {
            let mut reader = FrameReader::new(&["word"]);
            let mut found: Vec<String> = Vec::new();
            let mut take = |frame: &Frame<'_>| {
                found.push(String::from_utf8_lossy(&frame.message).into_owned());
            };
            reader.push_chunk(&LOG[..cut], &mut take);
            reader.push_chunk(&LOG[cut..], &mut take);
            reader.finish(&mut take);
            assert_eq!(found, ["first word", "second word"], "{cut}");
        }
    }
}
