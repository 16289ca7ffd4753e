//! The prefix of the last line, remembered: the lines of a report share it, byte for byte, up to the clock's
//! decimal point.
//!
//! ```text
//! Jan  5 00:01:21 node-7 kernel: [198624.361628] anon 127506432
//! └──────────── remembered ─────────────┘└────┘ └─────────────┘
//! ```
//!
//! Comparing it costs a fraction of reading it. Only prefixes are remembered that alone decide what is read
//! before the message. What a message may still say of its author, its host or its caller is asked by the same
//! functions as of any other line.

use super::{Author, Frame, FrameKind, dmesg, syslog};
use crate::bytes::words::{has, has_pair, position, six_digits, starts_with};
use crate::line::tasks::begins_row;
use crate::time::WallTime;
use alloc::borrow::Cow;
use memchr::{memchr, memrchr};

/// A priority, a stamp of 35 bytes, a host name of the common kind, the tag and the seconds.
const MAX_LEN: usize = 128;

/// `dddddd] `, which follows.
const MICROS_LEN: usize = 8;

/// The same without the blank.
const BRACKET_LEN: usize = 7;

/// Most of a report's lines are no longer, behind what they begin with.
const COMMON_LEN: usize = 128;

/// What each code of a mail begins with: `=3D`.
const MAILS_SIGN: u8 = b'=';

/// A line, and what showed while its end was looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut<'a> {
    pub(crate) line: &'a [u8],
    /// It begins as the last one did.
    is_alike: bool,
    /// So it does, and its message is as it was printed and says nothing of who wrote it.
    is_plain: bool,
    /// It may hold a code of a mail.
    #[cfg_attr(
        not(feature = "carriers"),
        expect(dead_code, reason = "mails are a carrier's")
    )]
    pub(crate) may_be_mail: bool,
}

impl<'a> Cut<'a> {
    /// A line of which nothing is known.
    pub(crate) fn new(line: &'a [u8]) -> Self {
        Self {
            line,
            is_alike: false,
            is_plain: false,
            may_be_mail: true,
        }
    }

    /// Whether it begins as the last one did, with a time or a host or a tag.
    #[cfg(feature = "daemons")]
    pub(crate) fn is_alike(&self) -> bool {
        self.is_alike
    }
}

/// What the last line began with, if the next one may be read by it, and what that says.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    bytes: [u8; MAX_LEN],
    len: usize,
    /// Where the host stands; it is none where it has no length.
    host: (usize, usize),
    seconds_us: u64,
    kind: FrameKind,
    author: Author,
    level: Option<u8>,
    wall: Option<WallTime>,
    /// How the carrier's codes begin: `#012`, `\x0a`.
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
    /// The next line is not read by this one.
    pub(super) fn forget(&mut self) {
        self.len = 0;
    }

    /// Remembers how a line began whose form its first bytes told, if the next one may be read by it.
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
            // Where no tag tells where the text begins, the message may hold one.
            FrameKind::Syslog if frame.author.is_kernel() && in_front.ends_with(b" kernel: ") => {
                b'#'
            }
            _ => return,
        };
        let host = match &frame.host {
            None => Some((0, 0)),
            Some(host) => place_of(host, head),
        };
        if let (Some(host), Some(seconds_us), false) =
            (host, micros.checked_sub(decimals), has(head, [MAILS_SIGN]))
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

    /// Whether a text begins as the last line did.
    #[inline]
    fn begins(&self, text: &[u8]) -> bool {
        let head = self.bytes.get(..self.len).unwrap_or_default();
        !head.is_empty() && starts_with(text, head)
    }

    /// The first line of a text without its line end, and what follows that.
    #[inline]
    pub(super) fn first_line<'a>(&self, text: &'a [u8]) -> Option<(Cut<'a>, &'a [u8])> {
        let is_alike = self.begins(text);
        let start = if is_alike { self.len } else { 0 };
        let rest = text.get(start..)?;
        // Nearly always it is the line's end that comes first.
        let signs = [b'\n', b':', self.sign, MAILS_SIGN];
        let found = position(rest.get(..COMMON_LEN).unwrap_or(rest), signs);
        let is_bare = found.is_some_and(|at| rest.get(at) == Some(&b'\n'));
        let len = match found {
            Some(len) if is_bare => len,
            _ => memchr(b'\n', rest)?,
        };
        let (line, tail) = text.split_at_checked(start.checked_add(len)?)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // A second carriage return goes with the prefix: what stands before it is the line.
        let is_alike = is_alike && !line.ends_with(b"\r");
        let cut = Cut {
            line,
            is_alike,
            is_plain: is_alike && (is_bare || self.is_plain(line)),
            may_be_mail: !is_bare,
        };
        Some((cut, tail.get(1..)?))
    }

    /// A line that was found already, without its line end.
    #[inline]
    pub(super) fn look<'a>(&self, line: &'a [u8]) -> Cut<'a> {
        let is_alike = self.begins(line) && !line.ends_with(b"\r");
        Cut {
            line,
            is_alike,
            is_plain: is_alike && self.is_plain(line),
            may_be_mail: true,
        }
    }

    /// Whether a line that begins as the last one did goes on with a message that is as it was printed and says
    /// nothing of its author.
    fn is_plain(&self, line: &[u8]) -> bool {
        let behind = line.get(self.len..).unwrap_or_default();
        !has(behind, [self.sign]) && self.is_of_same_author(behind)
    }

    /// Whether a message says nothing of its author: no program's identifier, no host.
    fn is_of_same_author(&self, message: &[u8]) -> bool {
        match self.kind {
            FrameKind::Dmesg => self.level.is_some() || !syslog::may_name_host(message),
            _ => !has_pair(message, *b"]:"),
        }
    }

    /// The clock and the message of a line that begins as the last one did, where nothing else stands between
    /// the two and the message is as it was printed.
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

    /// The clock, the caller and the message of a line that begins as the last one did.
    #[inline(always)]
    fn stamped<'a>(&self, cut: Cut<'a>) -> Option<dmesg::Stamped<'a>> {
        // It may have been forgotten since.
        let behind = cut
            .line
            .get(self.len..)
            .filter(|_| cut.is_alike && self.len > 0)?;
        let (decimals, message) = behind.split_first_chunk::<MICROS_LEN>()?;
        let micros = self.seconds_us.checked_add(micros_of(decimals)?)?;
        if message.first() != Some(&b'[') || begins_row(message) {
            return Some((micros, None, message));
        }
        // The blank behind the bracket tells that it ended.
        let (caller, message) = dmesg::caller_and_message(behind.get(BRACKET_LEN..)?)?;
        Some((micros, caller, message))
    }

    /// The frame of a line that begins as the last one did.
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

/// Where a part of the text stands in it.
fn place_of(part: &[u8], text: &[u8]) -> Option<(usize, usize)> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (text.get(start..end)? == part).then_some((start, end))
}

/// What stands before the stamp that a text ends with, up to its decimal point: `[   12.`.
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
    let (micros, behind) = six_digits(decimals)?;
    (behind == *b"] ").then_some(micros)
}
