//! Remembers the last line's prefix: the lines of a report share it, byte for byte, up to the clock's decimal
//! point.
//!
//! ```text
//! Jan  5 00:01:21 node-7 kernel: [198624.361628] anon 127506432
//! └──────────── remembered ─────────────┘└────┘ └─────────────┘
//! ```
//!
//! Comparing it costs a fraction of parsing it. A prefix is remembered only if it alone decides everything that
//! is read before the message. What the message may still show about its author, host or caller is read by the
//! same functions as for any other line.

#[cfg(feature = "serde")]
pub(super) mod record;
#[cfg(all(test, feature = "perf"))]
mod tests;

use super::{Author, Frame, FrameKind, dmesg, syslog};
use crate::bytes::words::{has, has_pair, position, six_digits, starts_with};
use crate::line::tasks::begins_row;
use crate::time::WallTime;
use alloc::borrow::Cow;
use memchr::{memchr, memrchr};

/// A priority, a stamp of 35 bytes, a host name of usual length, the tag and the seconds.
const MAX_LEN: usize = 128;

/// `dddddd] `, which follows.
const MICROS_LEN: usize = 8;

/// The same without the blank.
const BRACKET_LEN: usize = 7;

/// Most lines of a report have no more than this after their prefix.
const COMMON_LEN: usize = 128;

/// The first byte of each quoted-printable code: `=3D`.
const MAILS_SIGN: u8 = b'=';

/// The first byte of each code of a web page: `&lt;`, a non-breaking space.
const PAGES_SIGNS: [u8; 2] = [b'&', 0xc2];

/// A line, and what was noticed during the search for its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut<'a> {
    pub(crate) line: &'a [u8],
    /// It begins like the last line.
    is_alike: bool,
    /// The same, and its message is not escaped and shows nothing about its author.
    is_plain: bool,
    /// It may contain a `:` or a `=`, or a code of a mail or of a web page.
    #[cfg_attr(
        not(feature = "carriers"),
        expect(dead_code, reason = "mails and pages are a carrier's")
    )]
    pub(crate) may_hold_signs: bool,
}

impl<'a> Cut<'a> {
    /// A line about which nothing is known.
    pub(crate) fn new(line: &'a [u8]) -> Self {
        Self {
            line,
            is_alike: false,
            is_plain: false,
            may_hold_signs: true,
        }
    }

    /// Whether it begins like the last line, with a time, a host or a tag.
    #[cfg(feature = "daemons")]
    pub(crate) fn is_alike(&self) -> bool {
        self.is_alike
    }
}

/// The prefix of the last line, if the next line may be read by comparing it, and its contents.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    bytes: [u8; MAX_LEN],
    len: usize,
    /// The position of the host; empty if there is no host.
    host: (usize, usize),
    seconds_us: u64,
    kind: FrameKind,
    author: Author,
    level: Option<u8>,
    wall: Option<WallTime>,
    /// The first byte of the carrier's escapes: `#012`, `\x0a`.
    sign: u8,
}

impl Default for Prefix {
    fn default() -> Self {
        Self {
            bytes: [0; MAX_LEN],
            len: 0,
            host: (0, 0),
            seconds_us: 0,
            kind: FrameKind::Bare,
            author: Author::UNKNOWN,
            level: None,
            wall: None,
            sign: b'#',
        }
    }
}

impl Prefix {
    /// Makes the next line be parsed in full.
    pub(super) fn forget(&mut self) {
        self.len = 0;
    }

    /// Remembers the prefix of a line whose first bytes decided its format, if the next line may be read by
    /// comparing it.
    pub(super) fn remember(&mut self, line: &[u8], frame: &Frame<'_>) {
        self.len = 0;
        let (Some(micros), None, Cow::Borrowed(message)) =
            (frame.kernel_time_us, &frame.caller, &frame.message)
        else {
            return;
        };
        let Some(before) = line.strip_suffix(*message) else {
            return;
        };
        let Some((head, decimals)) = before.split_last_chunk::<MICROS_LEN>() else {
            return;
        };
        let (Some(decimals), Some(in_front), Some(to)) = (
            micros_of(decimals),
            before_stamp(head),
            self.bytes.get_mut(..head.len()),
        ) else {
            return;
        };
        let sign = match frame.kind {
            FrameKind::Dmesg => b'\\',
            // If no tag marks the start of the text, the message may contain one.
            FrameKind::Syslog if frame.author.is_kernel() && in_front.ends_with(b" kernel: ") => {
                b'#'
            }
            _ => return,
        };
        let host = match &frame.host {
            None => Some((0, 0)),
            Some(host) => place_of(host, head),
        };
        let [reference, blank] = PAGES_SIGNS;
        let is_coded = has(head, [MAILS_SIGN, reference, blank]);
        if let (Some(host), Some(seconds_us), false) =
            (host, micros.checked_sub(decimals), is_coded)
        {
            to.copy_from_slice(head);
            self.len = head.len();
            self.host = host;
            self.seconds_us = seconds_us;
            self.kind = frame.kind;
            self.author = frame.author;
            self.level = frame.level;
            self.wall = frame.wall;
            self.sign = sign;
        }
    }

    /// Whether a text begins like the last line.
    #[inline]
    fn begins(&self, text: &[u8]) -> bool {
        let head = self.bytes.get(..self.len).unwrap_or_default();
        !head.is_empty() && starts_with(text, head)
    }

    /// The first line of a text without its line end, and the text after that.
    #[inline]
    pub(super) fn first_line<'a>(&self, text: &'a [u8]) -> Option<(Cut<'a>, &'a [u8])> {
        let is_alike = self.begins(text);
        let start = if is_alike { self.len } else { 0 };
        let rest = text.get(start..)?;
        // Almost always the line end comes first.
        let [reference, blank] = PAGES_SIGNS;
        let signs = [b'\n', b':', self.sign, MAILS_SIGN, reference, blank];
        let found = position(rest.get(..COMMON_LEN).unwrap_or(rest), signs);
        let is_bare = found.is_some_and(|at| rest.get(at) == Some(&b'\n'));
        let len = match found {
            Some(len) if is_bare => len,
            _ => memchr(b'\n', rest)?,
        };
        let (line, tail) = text.split_at_checked(start.checked_add(len)?)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // A line with a second carriage return is parsed in full: it ends before that carriage return.
        let is_alike = is_alike && !line.ends_with(b"\r");
        let cut = Cut {
            line,
            is_alike,
            is_plain: is_alike && (is_bare || self.is_plain(line)),
            may_hold_signs: !is_bare,
        };
        Some((cut, tail.get(1..)?))
    }

    /// A line whose end is already known, without its line end.
    #[inline]
    pub(super) fn look<'a>(&self, line: &'a [u8]) -> Cut<'a> {
        let is_alike = self.begins(line) && !line.ends_with(b"\r");
        Cut {
            line,
            is_alike,
            is_plain: is_alike && self.is_plain(line),
            may_hold_signs: true,
        }
    }

    /// Whether a line that begins like the last one continues with a message that is not escaped and shows
    /// nothing about its author.
    fn is_plain(&self, line: &[u8]) -> bool {
        let message = line.get(self.len.saturating_add(MICROS_LEN)..);
        let message = message.unwrap_or_default();
        !has(message, [self.sign]) && self.is_of_same_author(message)
    }

    /// Whether a message shows nothing about its author: no program's identifier, no host.
    fn is_of_same_author(&self, message: &[u8]) -> bool {
        match self.kind {
            FrameKind::Dmesg => self.level.is_some() || !syslog::may_name_host(message),
            _ => !has_pair(message, *b"]:"),
        }
    }

    /// The clock and the message of a line that begins like the last one, if nothing else is between the two and
    /// the message is not escaped.
    #[inline(always)]
    pub(super) fn next<'a>(&self, cut: Cut<'a>) -> Option<(u64, &'a [u8])> {
        if !cut.is_plain {
            return None;
        }
        match self.stamped(cut)? {
            (micros, None, message) if message.first() != Some(&0x1b) => Some((micros, message)),
            _ => None,
        }
    }

    /// The clock, the caller and the message of a line that begins like the last one.
    #[inline(always)]
    fn stamped<'a>(&self, cut: Cut<'a>) -> Option<dmesg::Stamped<'a>> {
        // The prefix may have been forgotten since.
        let after = cut
            .line
            .get(self.len..)
            .filter(|_| cut.is_alike && self.len > 0)?;
        let (decimals, message) = after.split_first_chunk::<MICROS_LEN>()?;
        let micros = self.seconds_us.checked_add(micros_of(decimals)?)?;
        if message.first() != Some(&b'[') || begins_row(message) {
            return Some((micros, None, message));
        }
        // The blank after the bracket shows that the stamp ended.
        let (caller, message) = dmesg::caller_and_message(after.get(BRACKET_LEN..)?)?;
        Some((micros, caller, message))
    }

    /// The frame of a line that begins like the last one.
    pub(super) fn frame<'a>(&self, cut: Cut<'a>) -> Option<Frame<'a>> {
        let (micros, caller, message) = self.stamped(cut)?;
        if !cut.is_plain && !self.is_of_same_author(message) {
            return None;
        }
        let (start, end) = self.host;
        let host = cut.line.get(start..end).filter(|host| !host.is_empty());
        let mut frame = Frame {
            kind: self.kind,
            author: self.author,
            level: self.level,
            kernel_time_us: Some(micros),
            wall: self.wall,
            caller: caller.map(Cow::Borrowed),
            host: host.map(Cow::Borrowed),
            message: match self.kind {
                FrameKind::Dmesg => dmesg::text(message),
                _ => syslog::undo_control_codes(message),
            },
            ..Frame::default()
        };
        frame.note_len(cut.line);
        Some(frame)
    }
}

/// The position of a part within the text.
fn place_of(part: &[u8], text: &[u8]) -> Option<(usize, usize)> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (text.get(start..end)? == part).then_some((start, end))
}

/// The text before the stamp at the end of a prefix, up to its decimal point: `[   12.`.
fn before_stamp(head: &[u8]) -> Option<&[u8]> {
    let seconds = head.strip_suffix(b".")?;
    let (before, stamp) = seconds.split_at_checked(memrchr(b'[', seconds)?)?;
    let digits = stamp.get(1..)?.trim_ascii_start();
    let is_stamp = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_stamp.then_some(before)
}

/// `dddddd] ` as a number.
#[inline]
fn micros_of(decimals: &[u8; MICROS_LEN]) -> Option<u64> {
    let (micros, after) = six_digits(decimals)?;
    (after == *b"] ").then_some(micros)
}
