//! Reads a log line by line: remembers what the lines above have shown of the carrier.

mod host;
mod open;
#[cfg(all(test, feature = "carriers", feature = "serde"))]
mod tests;

use self::open::Open;
use super::detect::{known_format, unknown};
use super::wrapper::after_quotes;
use super::{Frame, FrameKind, dmesg, identifier, kmsg, prefix, prefix::Cut};
use crate::bytes::split_line;
use crate::line::{Line, parse_line};
use crate::source::Author;
use crate::time::WallTime;
use alloc::borrow::Cow;

/// The shortest text before a message: `[    0.000000] `, minus what a short clock omits.
const SHORTEST_STAMP: usize = 12;

/// Detects the format of each line, and remembers the formats of the lines before it.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    /// The format of the last line.
    last: FrameKind,
    /// How many bytes preceded the message of the last stamped line.
    prefix_len: usize,
    /// The indentation of the last line with a prefix.
    indent: usize,
    /// Who wrote it.
    above: Author,
    /// An empty line follows it.
    gap: bool,
    /// Whether `host tag:` follows `[stamp]`, once a line has shown it.
    is_short_monotonic: Option<bool>,
    /// The open record over several lines.
    open: Open,
    /// How many bytes of the next line are missing.
    dropped: usize,
    /// The prefix of the last line, if the next line may be read by comparing it.
    prefix: prefix::Prefix,
    /// The last time that `dmesg -H` showed.
    minute: Option<WallTime>,
}

impl Framer {
    /// A framer that has seen no lines yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Splits one line, without its line end, into its parts.
    ///
    /// Returns `None` for a line that is only part of a carrier's structure (a bracket of `dmesg --json`, or a
    /// field of a journal export entry that is not complete yet).
    #[inline]
    pub fn frame<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        if self.wants_every_line() {
            return self.within_open(line);
        }
        let line = without_return(line);
        let known = self.prefix.frame(self.look(line));
        known.or_else(|| self.single(line))
    }

    /// The same for a line that was cut from a text.
    pub(crate) fn frame_of<'a>(&mut self, cut: Cut<'a>) -> Option<Frame<'a>> {
        if self.wants_every_line() {
            return self.within_open(cut.line);
        }
        let known = self.prefix.frame(cut);
        known.or_else(|| self.single(without_return(cut.line)))
    }

    /// The clock and the message of a line that differs from the last one in nothing else.
    #[inline(always)]
    pub(crate) fn next_of<'a>(&self, cut: Cut<'a>) -> Option<(u64, &'a [u8])> {
        self.prefix.next(cut).filter(|_| !self.wants_every_line())
    }

    /// The frame of a line whose prefix was remembered.
    #[cfg(all(test, feature = "perf"))]
    pub(super) fn prefix_frame<'a>(&self, cut: Cut<'a>) -> Option<Frame<'a>> {
        self.prefix.frame(cut)
    }

    /// Makes the next line be read without comparing it with the last line's prefix.
    pub(crate) fn forget_prefix(&mut self) {
        self.prefix.forget();
    }

    /// Checks whether a line begins like the last one.
    ///
    /// In small builds every prefix is parsed, with the same result.
    #[inline]
    pub(crate) fn look<'a>(&self, line: &'a [u8]) -> Cut<'a> {
        if cfg!(feature = "perf") {
            self.prefix.look(line)
        } else {
            Cut::new(line)
        }
    }

    /// The first line of a text, and the text after its line end.
    #[inline]
    pub(crate) fn first_line<'a>(&self, text: &'a [u8]) -> Option<(Cut<'a>, &'a [u8])> {
        if cfg!(feature = "perf") && !self.wants_every_line() {
            return self.prefix.first_line(text);
        }
        let (line, tail) = split_line(text)?;
        // Within a journal entry, every byte counts.
        let is_within = self.wants_every_line();
        let line = if is_within {
            line
        } else {
            without_return(line)
        };
        Some((Cut::new(line), tail))
    }

    /// Notes that the next line has this many bytes more than are passed in: only their number shows where a
    /// journal entry ends.
    pub(crate) fn drop_bytes(&mut self, bytes: usize) {
        self.dropped = bytes;
    }

    /// Reads a line that is a separate record, or begins a record of several lines.
    fn single<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        self.prefix.forget();
        match line {
            _ if line.trim_ascii().is_empty() => {
                // The line below may continue the line above.
                self.gap = true;
                return Some(Frame {
                    message: Cow::Borrowed(line),
                    ..Frame::default()
                });
            }
            [b' ' | b'\t', ..] => {
                if let Some(frame) = self.continued(line) {
                    self.last = frame.kind;
                    return Some(frame);
                }
            }
            _ => {}
        }
        #[cfg(feature = "carriers")]
        if let Some(open) = Open::by(line) {
            self.open = open;
            return None;
        }
        let known = known_format(line, 0);
        let is_known = known.is_some();
        let mut frame = known.unwrap_or_else(|| unknown(line, 0));
        if frame.kind == FrameKind::Dmesg {
            if frame.wall.is_some() {
                self.minute = frame.wall;
            } else if dmesg::is_of_same_minute(line) {
                frame.wall = self.minute;
            }
            self.look_for_host(line, &mut frame);
        }
        if cfg!(feature = "perf") && is_known && self.is_settled(&frame) {
            self.prefix.remember(line, &frame);
        }
        if frame.kind == FrameKind::Bare {
            // A quotation keeps its own indentation after the quote marks.
            let text = after_quotes(line);
            if self.is_indented(text) {
                frame.kind = FrameKind::Indented;
                frame.message = Cow::Borrowed(text.trim_ascii_start());
                self.last = FrameKind::Indented;
                return Some(frame.by(self.above));
            }
            if self.is_after_program() && frame.message.len() == line.len() && !stands_alone(line) {
                return Some(frame.by(self.above));
            }
        }
        self.note_head(line, &mut frame);
        Some(frame)
    }

    /// Whether all lines with this frame's prefix have the same frame, whatever their messages are: no host may
    /// still be found in them.
    fn is_settled(&self, frame: &Frame<'_>) -> bool {
        let may_be_short = frame.kind == FrameKind::Dmesg && frame.level.is_none();
        !may_be_short || self.is_short_monotonic == Some(false)
    }

    /// Notes what the following lines may continue.
    fn note_head(&mut self, line: &[u8], frame: &mut Frame<'_>) {
        frame.note_len(line);
        self.last = frame.kind;
        self.gap = false;
        self.above = match frame.kind {
            // If a program's name may be in a line, text that continues below it is not the kernel's.
            FrameKind::Syslog
                if !frame.author.is_known()
                    && identifier::after_kernel_tag(&frame.message)
                        != identifier::Identifier::Absent =>
            {
                Author::PROGRAM
            }
            _ => frame.author,
        };
        if matches!(frame.kind, FrameKind::Dmesg | FrameKind::Syslog) {
            self.indent = blanks_in_front(line);
            // Unescaped text is shorter than the original.
            self.prefix_len = match frame.message {
                Cow::Borrowed(message) => line.len().saturating_sub(message.len()),
                Cow::Owned(_) => self.indent.saturating_add(SHORTEST_STAMP),
            };
        }
    }

    /// Whether the last line with a prefix is a program's.
    fn is_after_program(&self) -> bool {
        self.above.is_program() && is_headed(self.last)
    }

    /// Whether a line certainly continues a program's.
    #[cfg(feature = "daemons")]
    pub(crate) fn continues_program(&self, line: &[u8]) -> bool {
        self.is_after_program() && self.continued(line).is_some()
    }

    /// A line that certainly continues the record before it, because of its leading blanks.
    ///
    /// dmesg and journalctl indent the text after a newline by the width of their own prefix. Such a line is
    /// never a line of its own, even if it looks like one: a process's name may contain a newline and a stamp.
    fn continued<'a>(&self, line: &'a [u8]) -> Option<Frame<'a>> {
        if matches!(self.last, FrameKind::Kmsg | FrameKind::KmsgDictionary) {
            return kmsg::dictionary(line);
        }
        let blanks = blanks_in_front(line);
        // After an empty line, only with the indentation that follows a prefix.
        let least = if self.gap { SHORTEST_STAMP } else { 1 };
        let is_programs = self.is_after_program() && blanks >= self.indent.saturating_add(least);
        let message = if is_programs {
            line
        } else if self.is_indented(line) && self.prefix_len > 0 {
            let (indent, message) = line.split_at_checked(self.prefix_len)?;
            indent.iter().all(|byte| *byte == b' ').then_some(message)?
        } else {
            return None;
        };
        let frame = Frame {
            kind: FrameKind::Indented,
            message: Cow::Borrowed(message.trim_ascii_start()),
            ..Frame::default()
        };
        Some(frame.by(self.above))
    }

    fn is_indented(&self, line: &[u8]) -> bool {
        line.starts_with(b"  ") && is_headed(self.last)
    }
}

/// Whether a line of this format has a prefix.
fn is_headed(kind: FrameKind) -> bool {
    matches!(
        kind,
        FrameKind::Dmesg | FrameKind::Syslog | FrameKind::Syslog5424 | FrameKind::Indented
    )
}

fn blanks_in_front(line: &[u8]) -> usize {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    line.iter().take_while(is_blank).count()
}

pub(super) fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether a line without a prefix may be the kernel's although the line above is a program's: not for figures,
/// or for the rest of a broken line.
fn stands_alone(text: &[u8]) -> bool {
    matches!(
        parse_line(text),
        Line::Invoked(_)
            | Line::TaskIn(_)
            | Line::Selected(_)
            | Line::Summary(_)
            | Line::Killed(_)
            | Line::SharingMm(_)
            | Line::Group(_)
            | Line::Exiting(_)
            | Line::Reaped(_)
            | Line::Fatal(_)
    )
}
