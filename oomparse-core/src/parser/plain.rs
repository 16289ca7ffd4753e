//! The short way of lines that differ from the line before them only in the clock's last digits and in
//! their text, as most lines of a report do.
//!
//! ```text
//! Jan  5 00:01:21 node-7 kernel: [198624.361628] anon 127506432
//! └─────────── the same, byte for byte ─┘└────┘ └─────────────┘
//! ```
//!
//! Such a line's frame is the last one's with another time and another message, so its prefix is not read
//! again. Lines whose kind shows at a glance need no frame at all: a figure, a row of the task table, a stack
//! dump's line. Whatever is in the least unusual goes the long way, to the same end.

use crate::bytes::words::{has, position, six_digits, starts_with};
use crate::frame::{Frame, FrameKind, Framer};
use crate::line::{self, Row};
use alloc::borrow::Cow;
use memchr::{memchr, memrchr};

/// A stamp of 35 bytes, a host name of the common kind, the tag and the seconds.
const HEAD_LEN: usize = 128;

/// `dddddd] `, which follows the head.
const MICROS_LEN: usize = 8;

/// No figure, row or stack line is longer; records that were glued together would be.
const LONGEST: usize = 160;

/// What the last line began with, up to the clock's decimal point.
#[derive(Clone, Debug)]
pub(super) struct Head {
    bytes: [u8; HEAD_LEN],
    len: usize,
    seconds_us: u64,
    /// Where the kernel's stamp begins.
    stamp_at: usize,
}

/// What stands behind the beginning that a line shares with the last one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain<'a> {
    pub(super) micros: u64,
    pub(super) message: &'a [u8],
}

/// What a line says whose kind shows at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glance<'a> {
    /// `key value`, and the message's length.
    Figure(&'a [u8], u64, usize),
    Row(Row<'a>),
    /// Nothing to a report.
    Noise,
}

impl Head {
    pub(super) const NONE: Self = Self {
        bytes: [0; HEAD_LEN],
        len: 0,
        seconds_us: 0,
        stamp_at: 0,
    };

    pub(super) fn forget(&mut self) {
        self.len = 0;
    }

    /// Remembers how a line began, if the next one may be read by it. Not where that is a blank: then the line
    /// before may have to be seen.
    pub(super) fn remember(&mut self, line: &[u8], frame: &Frame<'_>, framer: &Framer) {
        self.len = 0;
        let (FrameKind::Dmesg | FrameKind::Syslog, Some(micros), None, Cow::Borrowed(message)) = (
            frame.kind,
            frame.kernel_time_us,
            &frame.caller,
            &frame.message,
        ) else {
            return;
        };
        if !framer.is_settled(frame) {
            return;
        }
        let Some(before @ [b'!'..=b'~', ..]) = line.strip_suffix(*message) else {
            return;
        };
        let Some((head, decimals)) = before.split_last_chunk::<MICROS_LEN>() else {
            return;
        };
        let Some(micros_only) = micros_of(decimals) else {
            return;
        };
        let (Some(to), Some(seconds_us)) = (
            self.bytes.get_mut(..head.len()),
            micros.checked_sub(micros_only),
        ) else {
            return;
        };
        if let Some(stamp_at) = stamp_at(head) {
            to.copy_from_slice(head);
            self.stamp_at = stamp_at;
            self.len = head.len();
            self.seconds_us = seconds_us;
        }
    }

    /// How long the beginning is that such lines have in common with each other, to the message, if they are of
    /// one time.
    #[inline]
    pub(super) fn len_to_message(&self) -> usize {
        self.len.saturating_add(MICROS_LEN)
    }

    /// What a text's first line says, if it begins as the last line did, its kind, if that shows at a glance,
    /// and what follows that line.
    #[inline]
    pub(super) fn split_first<'a>(
        &self,
        text: &'a [u8],
    ) -> Option<(Plain<'a>, Option<Glance<'a>>, &'a [u8])> {
        let (micros, behind) = self.split_off(text)?;
        let found = match behind {
            [b'a'..=b'z', ..] => figure_line(behind),
            [b'[' | b'R', ..] => first_line_before(behind, CODES_OR_END)
                .map(|(message, tail)| (message, plain_glance(message), tail)),
            [b' ', ..] => first_line_before(behind, NO_STACK_OR_END).map(|(message, tail)| {
                let is_noise = ends_as_stack_line(message) || is_stack_mark(message);
                (message, is_noise.then_some(Glance::Noise), tail)
            }),
            _ => None,
        };
        let (message, glance, tail) = match found {
            Some(found) => found,
            None => {
                let (message, tail) = first_line(behind)?;
                (message, glance(message), tail)
            }
        };
        Some((Plain { micros, message }, glance, tail))
    }

    /// The same of a line.
    #[inline]
    pub(super) fn split<'a>(&self, line: &'a [u8]) -> Option<Plain<'a>> {
        let (micros, message) = self.split_off(line)?;
        Some(Plain { micros, message })
    }

    /// The frame of such a line.
    pub(super) fn frame<'a>(
        &self,
        line: &'a [u8],
        plain: Plain<'a>,
        framer: &Framer,
    ) -> Option<Frame<'a>> {
        framer.stamped(line, self.stamp_at, plain.micros, plain.message)
    }

    #[inline(always)]
    fn split_off<'a>(&self, text: &'a [u8]) -> Option<(u64, &'a [u8])> {
        let head = self.bytes.get(..self.len)?;
        if head.is_empty() {
            return None;
        }
        let behind = text.get(self.len..).filter(|_| starts_with(text, head))?;
        let (decimals, message) = behind.split_first_chunk::<MICROS_LEN>()?;
        let micros = self.seconds_us.checked_add(micros_of(decimals)?)?;
        Some((micros, message))
    }
}

/// Takes figures off a text that stand in lines that begin all the same; gives the rest of it.
#[inline]
pub(super) fn figures_alike<'a>(
    start: &[u8],
    text: &'a [u8],
    mut take: impl FnMut(&[u8], u64, usize),
) -> &'a [u8] {
    let mut rest = text;
    while let Some(behind @ [b'a'..=b'z', ..]) =
        rest.get(start.len()..).filter(|_| starts_with(rest, start))
        && let Some((_, Some(Glance::Figure(key, value, len)), tail)) = figure_line(behind)
    {
        take(key, value, len);
        rest = tail;
    }
    rest
}

/// A figure's line, given that it begins with a letter: its own end is the line's, which need not be looked for.
#[inline]
fn figure_line(text: &[u8]) -> Option<(&[u8], Option<Glance<'_>>, &[u8])> {
    let (key, value, [b'\n', tail @ ..]) = line::stats::entry_in_front(text)? else {
        return None;
    };
    let len = text.len().saturating_sub(tail.len()).saturating_sub(1);
    let message = text.get(..len).filter(|_| len <= LONGEST)?;
    Some((message, Some(Glance::Figure(key, value, len)), tail))
}

/// The first line without its end, and what follows that.
#[inline]
fn first_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end =
        position(text.get(..LONGEST).unwrap_or(text), [b'\n']).or_else(|| memchr(b'\n', text))?;
    line_to(text, end)
}

/// The same, if the line is short and its end is the first of these signs, which it is one of.
#[inline(always)]
fn first_line_before<const N: usize>(text: &[u8], signs: [u8; N]) -> Option<(&[u8], &[u8])> {
    let end = position(text.get(..LONGEST).unwrap_or(text), signs)?;
    (text.get(end) == Some(&b'\n')).then(|| line_to(text, end))?
}

#[inline]
fn line_to(text: &[u8], end: usize) -> Option<(&[u8], &[u8])> {
    let (line, tail) = (text.get(..end)?, text.get(end.checked_add(1)?..)?);
    Some((line.strip_suffix(b"\r").unwrap_or(line), tail))
}

/// Where `[   12.` begins, if the head ends so.
fn stamp_at(head: &[u8]) -> Option<usize> {
    let seconds = head.strip_suffix(b".")?;
    let at = memrchr(b'[', seconds)?;
    let digits = seconds.get(at.checked_add(1)?..)?.trim_ascii_start();
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then_some(at)
}

/// `dddddd] ` as a number.
#[inline]
fn micros_of(decimals: &[u8; MICROS_LEN]) -> Option<u64> {
    let (micros, behind) = six_digits(decimals)?;
    (behind == *b"] ").then_some(micros)
}

/// What the message says, if that shows at a glance.
#[inline]
pub(super) fn glance(message: &[u8]) -> Option<Glance<'_>> {
    let is_plain = match message {
        _ if message.len() > LONGEST => false,
        [b'[' | b'R', ..] => !has_code(message),
        _ => true,
    };
    is_plain.then(|| plain_glance(message))?
}

/// The same of a short message, which holds no carrier's code where it begins as a row or a register does.
#[inline(always)]
fn plain_glance(message: &[u8]) -> Option<Glance<'_>> {
    match message {
        [b'a'..=b'z', ..] => match line::stats::entry_in_front(message) {
            Some((key, value, [])) => Some(Glance::Figure(key, value, message.len())),
            Some(_) => None,
            None => is_zones_line(message).then_some(Glance::Noise),
        },
        [b'[', ..] => row(message),
        [b' ', ..] => (is_stack_line(message) || is_stack_mark(message)).then_some(Glance::Noise),
        [b'R', ..] if is_register_line(message) => Some(Glance::Noise),
        [b'C', ..] if is_stack_mark(message) => Some(Glance::Noise),
        [b'R' | b'C' | b'H', ..] => is_machines_line(message).then_some(Glance::Noise),
        [b'N', ..] => is_zones_line(message).then_some(Glance::Noise),
        _ => None,
    }
}

/// A row of the task table. Its first 17 bytes leave no room for a comm that looks like one.
fn row(message: &[u8]) -> Option<Glance<'_>> {
    let start = message.get(1..)?.first_chunk::<16>()?;
    let plain = start.iter().fold(true, |plain, byte| {
        plain & (byte.is_ascii_digit() | (*byte == b' ') | (*byte == b']'))
    });
    let row = plain.then(|| line::tasks::row(message))?;
    row.map(Glance::Row)
}

/// ` ? name+0x182/0xf37`
fn is_stack_line(message: &[u8]) -> bool {
    ends_as_stack_line(message) && !has(message, NOT_IN_A_STACK)
}

/// Another kind of line holds a colon or an equals sign, a carrier's code a sign of its own.
const NOT_IN_A_STACK: [u8; 4] = [b':', b'=', b'#', b'\\'];
const NO_STACK_OR_END: [u8; 5] = [b':', b'=', b'#', b'\\', b'\n'];

fn ends_as_stack_line(message: &[u8]) -> bool {
    let mut before = message;
    for _ in 0..8 {
        let [rest @ .., digit] = before else {
            return false;
        };
        if !digit.is_ascii_hexdigit() {
            break;
        }
        before = rest;
    }
    before.len() < message.len() && before.ends_with(b"/0x")
}

/// What stands around a stack.
fn is_stack_mark(message: &[u8]) -> bool {
    matches!(message, b"Call Trace:" | b" <TASK>" | b" </TASK>")
}

/// `RAX: 3321d98abeb036f1 RBX: 6b36cd59e1b96d14 …`: no comm is so long without another sign.
fn is_register_line(message: &[u8]) -> bool {
    let [
        b'R',
        b'A'..=b'Z' | b'0'..=b'9',
        b'A'..=b'Z' | b'0'..=b'9',
        b':',
        b' ',
        rest @ ..,
    ] = message
    else {
        return false;
    };
    rest.first_chunk::<16>().is_some_and(|value| {
        value
            .iter()
            .fold(true, |hex, byte| hex & byte.is_ascii_hexdigit())
    })
}

/// What stands between a report's header and its stack.
fn is_machines_line(message: &[u8]) -> bool {
    let starts = [&b"Hardware name: "[..], b"RIP: ", b"Code: "];
    starts.iter().any(|start| message.starts_with(start)) && is_noise(message)
}

/// A line of a Mem-Info block about a node or a zone.
fn is_zones_line(message: &[u8]) -> bool {
    let starts = [&b"Node "[..], b"lowmem_reserve[]: "];
    starts.iter().any(|start| message.starts_with(start)) && is_noise(message)
}

/// Whether a line with such a beginning is no comm's: the header holds a hyphen and the cpuset line an equals
/// sign. A carrier's code has a sign of its own.
fn is_noise(message: &[u8]) -> bool {
    !has(message, [b'#', b'\\', b'=', b'-'])
}

/// Whether a carrier may have written a byte as a code: `#012`, `\x0a`, `=3D`.
fn has_code(message: &[u8]) -> bool {
    has(message, CODES)
}

/// How a carrier's code begins.
const CODES: [u8; 3] = [b'#', b'\\', b'='];
const CODES_OR_END: [u8; 4] = [b'#', b'\\', b'=', b'\n'];
