//! The prefixes of syslog daemons and `journalctl`. (RFC 5424 has a separate file.)
//!
//! ```text
//! Dec 30 18:08:17 front kernel: [606280.177828] Out of memory: Killed process …   RFC 3164
//! Apr 18 00:37:34   kernel: [14049899.298773] Task in /docker/…                    host taken out
//! <4>Jan  5 02:12:02 host kernel: java invoked oom-killer: …                       on the wire
//! Jan  1 00:00:00 host kern.warn kernel: java invoked …                            busybox syslogd
//! Thu Jan  5 02:12:02 2023 kern.warn kernel: [ 12.345678] java invoked …           OpenWrt
//! 2023-01-05T02:12:02.123+08:00 host kernel: java invoked …                        ISO 8601
//! Thu 2023-01-05 02:12:02 CST host kernel: java invoked …                          short-full
//! 1672884722.123456 host kernel: java invoked …                                    short-unix
//! [ 1234.567890] host kernel: java invoked …                                       short-monotonic
//! 2026-11-21T19:49:22,789301+00:00 java invoked …                                  dmesg, iso
//! 2024-01-01T00:00:00.000000000Z stdout F text                                     CRI log
//! 2023-01-05T02:12:02Z {hostname="n1", transport="kernel"} text                    logcli (Loki)
//! ```
//!
//! The tag shows who wrote a line: `kernel` alone is the kernel, any other tag is a program. The text after `host
//! tag: ` is the message, whatever it looks like. A facility of 1 or more outweighs the tag, because any program
//! may call itself `kernel`; but busybox's klogd sends the kernel's text with facility `user`, so there the tag
//! `kernel` with that facility name leaves the origin open.

mod control;
mod monotonic;
mod tag;

pub(super) use self::control::undo_control_codes;
pub(super) use self::monotonic::{may_name_host, short_monotonic};

use self::control::undo_colours;
use self::tag::{Tag, split_tag};
use super::identifier::{self, Identifier};
use super::scan::{number, skip_blanks, skip_one_blank, split_once, without_written_colours, word};
use super::stamp::{self, Stamp};
use super::{Author, Frame, FrameKind, Provenance, cell, dmesg, syslog5424, wrapper};
use crate::bytes::memmem;
use crate::source::{Parent, is_kernels_tag};
use alloc::borrow::Cow;
use memchr::{memchr, memchr_iter};

/// The kernel's own name for a machine without a name.
const NO_NAME: &[u8] = b"(none)";

/// `<N>` and the text after it; 191 is the highest priority.
pub(super) fn priority(line: &[u8]) -> Option<(u8, &[u8])> {
    let (priority, rest) = number(line.strip_prefix(b"<")?)?;
    let priority = u8::try_from(priority).ok().filter(|p| *p <= 191)?;
    Some((priority, rest.strip_prefix(b">")?))
}

/// A line that begins with `<N>`: RFC 5424, RFC 3164 on the wire, or `dmesg -r`.
pub(super) fn prioritised(line: &[u8]) -> Option<Frame<'_>> {
    let (priority, rest) = priority(line)?;
    if let Some(text) = rest.strip_prefix(b"1 ")
        && let Some(frame) = syslog5424::after_version(priority, text)
    {
        return Some(frame);
    }
    let stamp = match rest.first() {
        Some(b'0'..=b'9') => stamp::rfc3164(rest).or_else(|| stamp::iso(rest)),
        Some(b'A'..=b'Z') => stamp::rfc3164(rest),
        _ => None,
    };
    match stamp {
        Some(stamp) => after_stamp(stamp, Some(priority)),
        None => Some(dmesg::prioritised(priority, rest)),
    }
}

/// A line that begins with a month or a weekday.
#[inline]
pub(super) fn named_date(line: &[u8]) -> Option<Frame<'_>> {
    if let Some(stamp) = stamp::rfc3164(line) {
        return after_stamp(stamp, None);
    }
    let mut stamp = stamp::iso(stamp::after_weekday(line)?)?;
    stamp.skip_named_zone();
    stamp.is_journals = true;
    after_stamp(stamp, None)
}

/// A line that begins with a digit: ISO 8601, seconds since 1970, or a year before RFC 3164.
pub(super) fn numbered_date(line: &[u8]) -> Option<Frame<'_>> {
    let stamp = stamp::iso(line)
        .or_else(|| stamp::rfc3164(line))
        .or_else(|| stamp::epoch(line))?;
    after_stamp(stamp, None)
}

/// Reads the text after a wall-clock stamp.
fn after_stamp(stamp: Stamp<'_>, priority: Option<u8>) -> Option<Frame<'_>> {
    let rest = match stamp.rest {
        [] | [b' ' | b'\t', ..] => stamp.rest,
        [b':', rest @ ..] if rest.starts_with(b" ") => rest,
        _ => return None,
    };
    if priority.is_none() && is_dmesgs(&stamp) {
        return Some(dmesg_iso(&stamp, skip_one_blank(rest)));
    }
    if let Some(text) = container_log(rest) {
        let frame = Frame {
            kind: FrameKind::Record,
            wall: stamp.wall,
            message: Cow::Borrowed(text),
            ..Frame::default()
        };
        return Some(frame.by(Provenance::of_container().decide()));
    }
    if let Some(frame) = lokis(rest) {
        return Some(Frame {
            kind: FrameKind::Record,
            wall: frame.wall.or(stamp.wall),
            ..frame
        });
    }
    // The first cell of a table.
    if rest.starts_with(b"\t")
        && let Some(frame) = cell::frame(rest)
    {
        return Some(Frame {
            wall: frame.wall.or(stamp.wall),
            ..frame
        });
    }
    Some(tagged(skip_blanks(rest), stamp, priority))
}

/// ` {label="value", …} text`, as `logcli` prints it.
fn lokis(rest: &[u8]) -> Option<Frame<'_>> {
    let labels = skip_blanks(rest).strip_prefix(b"{")?;
    let end = memmem::find(labels, b"\"} ").or_else(|| memmem::find(labels, b"\"}\t"))?;
    let (labels, text) = labels.split_at_checked(end.checked_add(1)?)?;
    memmem::find(labels, b"=\"")?;
    let text = skip_blanks(text.strip_prefix(b"}")?);
    let author = by_labels(labels);
    if author.is_program() {
        let frame = Frame {
            message: Cow::Borrowed(text),
            ..Frame::default()
        };
        return Some(frame.by(author));
    }
    Some(
        super::known_format(text, super::MOST_NESTED)
            .or_else(|| wrapper::after_kernel_tag(text))
            .unwrap_or_else(|| Frame {
                message: undo_control_codes(text),
                ..Frame::default()
            }),
    )
}

/// The author of a line with these labels, `name="value", name="value"`.
fn by_labels(labels: &[u8]) -> Author {
    let mut seen = Provenance::default();
    let mut rest = labels;
    while let Some(at) = memmem::find(rest, b"=\"")
        && let Some((name, after)) = rest.split_at_checked(at)
        && let Some(after) = after.get(2..)
    {
        let (value, tail) = split_once(after, b'"').unwrap_or((after, &[]));
        let name = name.trim_ascii_start();
        let name = name.strip_prefix(b",").unwrap_or(name).trim_ascii_start();
        seen.text(Parent::Any.place(name).0, value);
        rest = tail;
    }
    seen.decide()
}

/// Whether a stamp comes from `dmesg --time-format iso`, the only format with a comma and a time zone.
fn is_dmesgs(stamp: &Stamp<'_>) -> bool {
    stamp.comma && stamp.wall.is_some_and(|wall| wall.is_complete())
}

fn dmesg_iso<'a>(stamp: &Stamp<'a>, message: &'a [u8]) -> Frame<'a> {
    Frame {
        kind: FrameKind::Dmesg,
        wall: stamp.wall,
        message: dmesg::text(message),
        ..Frame::default()
    }
}

/// ` stdout F text` of a container runtime.
fn container_log(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b" std")?;
    let rest = rest.strip_prefix(b"out ").or(rest.strip_prefix(b"err "))?;
    let (tags, text) = word(rest);
    matches!(tags, [b'F' | b'P'] | [b'F' | b'P', b':', ..]).then(|| skip_one_blank(text))
}

/// `host tag: message` after a stamp.
fn tagged<'a>(rest: &'a [u8], stamp: Stamp<'a>, priority: Option<u8>) -> Frame<'a> {
    let tag = split_tag(rest);
    let frame = Frame {
        kind: FrameKind::Syslog,
        level: priority.map(|priority| priority & 7).or(tag.level),
        wall: stamp.wall,
        host: tag.host.filter(|host| *host != NO_NAME).map(Cow::Borrowed),
        ..Frame::default()
    }
    .by(author(&tag, priority));
    if tag.name.is_none()
        && let Some(inner) = wrapper::embedded(tag.text, 1)
    {
        let inner = Frame {
            kind: FrameKind::Record,
            wall: inner.wall.or(frame.wall),
            host: inner.host.or(frame.host),
            ..inner
        };
        let (in_front, _) = wrapper::at_object(tag.text);
        return if is_programs(in_front) {
            inner.by(Author::PROGRAM)
        } else {
            inner
        };
    }
    if tag.text.starts_with(b"#033[")
        && let Some(plain) = without_written_colours(tag.text)
    {
        return with_text(frame, &plain, &tag, stamp.is_journals).into_owned();
    }
    with_text(frame, tag.text, &tag, stamp.is_journals)
}

/// Whether the text before a record is the tag of the program that wrote it, without the blank that ends a tag.
fn is_programs(text: &[u8]) -> bool {
    text.trim_ascii_end().ends_with(b":") || memmem::find(text, b"]:").is_some()
}

/// The frame with the text after its tag, and the stamp before that text.
#[inline]
fn with_text<'a>(
    mut frame: Frame<'a>,
    text: &'a [u8],
    tag: &Tag<'_>,
    is_journals: bool,
) -> Frame<'a> {
    let mut text = text;
    if !frame.author.is_program()
        && let Some((micros, caller, message)) = kernel_stamp(text, tag.name.is_some())
    {
        frame.kernel_time_us = Some(micros);
        frame.caller = caller.map(Cow::Borrowed);
        text = message;
    }
    // A journal has no such codes: an apparent code is part of a name.
    frame.message = if is_journals && frame.kernel_time_us.is_none() {
        undo_colours(text)
    } else {
        undo_control_codes(text)
    };
    frame
}

/// The author of a line, from its tag, its facility and the text after the tag.
fn author(tag: &Tag<'_>, priority: Option<u8>) -> Author {
    let mut seen = Provenance::default();
    if let Some(priority) = priority {
        seen.priority(u64::from(priority));
    }
    if let Some(facility) = tag.facility {
        seen.priority(u64::from(facility) << 3);
    }
    if let Some(name) = tag.name {
        seen.tag(name);
        if is_kernels_tag(name) {
            note_identifier(&mut seen, tag.text);
        }
    }
    seen.decide()
}

/// Notes a program's identifier in the text after the kernel's tag.
#[inline]
fn note_identifier(seen: &mut Provenance, text: &[u8]) {
    match identifier::after_kernel_tag(text) {
        Identifier::Absent => {}
        Identifier::Doubtful => seen.doubt(),
        Identifier::Program => seen.process(),
    }
}

/// The printk stamp before the text, or anywhere in it if no tag marked where the text begins.
pub(super) fn kernel_stamp(text: &[u8], has_tag: bool) -> Option<dmesg::Stamped<'_>> {
    let found = dmesg::stamp_in_front(text);
    if found.is_some() || has_tag {
        return found;
    }
    dmesg::stamp_in_front(at_stamp_within(text)?)
}

/// The text after the first printk stamp in a line of unknown format.
pub(super) fn stamp_within(text: &[u8]) -> Option<Frame<'_>> {
    stamped(at_stamp_within(text)?)
}

/// The same in a record without a known text key.
pub(super) fn stamp_in_record(text: &[u8]) -> Option<Frame<'_>> {
    stamped(at_stamp(text)?)
}

/// `[12345.678901] text` from a carrier other than dmesg, which writes no `\xNN`.
pub(super) fn stamped(text: &[u8]) -> Option<Frame<'_>> {
    let (micros, caller, message) = dmesg::stamp_in_front(text)?;
    Some(Frame {
        kind: FrameKind::Dmesg,
        kernel_time_us: Some(micros),
        caller: caller.map(Cow::Borrowed),
        message: Cow::Borrowed(message),
        ..Frame::default()
    })
}

/// The text from the first printk stamp on; a stamp within a record inside the line belongs to that record.
fn at_stamp_within(text: &[u8]) -> Option<&[u8]> {
    let (in_front, _) = wrapper::at_object(text);
    let from = at_stamp(text)?;
    (text.len().saturating_sub(from.len()) < in_front.len()).then_some(from)
}

/// The text from the first printk stamp on, which has six decimals like printk's.
fn at_stamp(text: &[u8]) -> Option<&[u8]> {
    memchr_iter(b'[', text).find_map(|at| {
        let from = text.get(at..)?;
        let (_, rest) = stamp::printk(from)?;
        let point = from.len().checked_sub(rest.len())?.checked_sub(8)?;
        let is_printks = from.get(point) == Some(&b'.') && matches!(rest, [b' ' | b'[', ..]);
        is_printks.then_some(from)
    })
}

/// Reads the text after a stamp that is only recognised by its clock: `None` without a tag, because then it may
/// be any words.
pub(super) fn after_local_stamp(stamp: Stamp<'_>) -> Option<Frame<'_>> {
    let rest = skip_blanks(stamp.rest);
    let tag = split_tag(rest);
    let name = tag.name?;
    let is_odd = rest
        .strip_prefix(name)
        .is_some_and(|text| text.starts_with(b"["));
    let is_sure =
        tag.host.is_some() || is_kernels_tag(name) || memchr(b'[', name).is_some() || is_odd;
    is_sure.then(|| tagged(rest, stamp, None))
}

#[cfg(all(test, feature = "carriers", feature = "serde"))]
mod tests;
