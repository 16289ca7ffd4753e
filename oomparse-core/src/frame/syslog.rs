//! What syslog daemons and `journalctl` print before a message. (RFC 5424 has a file of its own.)
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
//! The tag says who wrote a line: `kernel` alone is the kernel, another is a program. What stands
//! behind `host tag: ` is the message, whatever it looks like. A facility of 1 or more outweighs the
//! tag, for any program may call itself `kernel`; but busybox's klogd sends the kernel's text with
//! facility `user`, so there the tag `kernel` with that word leaves the origin open.

use super::identifier::{self, Amid};
use super::scan::{
    facility_by_name, level_by_name, number, skip_blanks, skip_one_blank, split_once,
    without_colours, word,
};
use super::stamp::{self, Stamp};
use super::{Author, Frame, FrameKind, Provenance, dmesg, syslog5424, wrapper};
use crate::bytes::memmem;
use crate::bytes::words::has;
use crate::source::{Parent, is_kernels_tag};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use memchr::{memchr, memchr_iter};

/// The kernel's own name for a machine that was given none.
const NO_NAME: &[u8] = b"(none)";

/// `<N>` and what follows; 191 is the highest priority there is.
pub(super) fn priority(line: &[u8]) -> Option<(u8, &[u8])> {
    let (priority, rest) = number(line.strip_prefix(b"<")?)?;
    let priority = u8::try_from(priority).ok().filter(|p| *p <= 191)?;
    Some((priority, rest.strip_prefix(b">")?))
}

/// A line that begins with `<N>`: RFC 5424, RFC 3164 on the wire, or `dmesg -r`.
pub(super) fn prioritised(line: &[u8]) -> Option<Frame<'_>> {
    let (priority, rest) = priority(line)?;
    if let Some(text) = rest.strip_prefix(b"1 ")
        && let Some(frame) = syslog5424::behind_version(priority, text)
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

/// What follows a wall-clock stamp.
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
    Some(tagged(skip_blanks(rest), stamp, priority))
}

/// ` {label="value", …} text` as `logcli` prints it.
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
        super::known(text, super::MOST_NESTED).unwrap_or_else(|| Frame {
            message: undo_control_codes(text),
            ..Frame::default()
        }),
    )
}

/// Who wrote a line with these labels, `name="value", name="value"`.
fn by_labels(labels: &[u8]) -> Author {
    let mut seen = Provenance::default();
    let mut rest = labels;
    while let Some(at) = memmem::find(rest, b"=\"")
        && let Some((name, behind)) = rest.split_at_checked(at)
        && let Some(behind) = behind.get(2..)
    {
        let (value, tail) = split_once(behind, b'"').unwrap_or((behind, &[]));
        let name = name.trim_ascii_start();
        let name = name.strip_prefix(b",").unwrap_or(name).trim_ascii_start();
        seen.text(Parent::Any.place(name).0, value);
        rest = tail;
    }
    seen.decide()
}

/// Whether a stamp is of `dmesg --time-format iso`, which alone has a comma and a zone.
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

/// Who wrote a line, as `host tag: ` tells.
#[derive(Clone, Copy, Default)]
struct Tag<'a> {
    host: Option<&'a [u8]>,
    facility: Option<u8>,
    level: Option<u8>,
    name: Option<&'a [u8]>,
    text: &'a [u8],
}

/// `host tag: message` behind a stamp.
fn tagged<'a>(rest: &'a [u8], stamp: Stamp<'a>, priority: Option<u8>) -> Frame<'a> {
    let tag = split_tag(rest);
    let mut frame = Frame {
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
        return Frame {
            kind: FrameKind::Record,
            wall: inner.wall.or(frame.wall),
            host: inner.host.or(frame.host),
            ..inner
        };
    }
    let mut text = tag.text;
    if !frame.author.is_program()
        && let Some((micros, caller, message)) = kernel_stamp(text, tag.name.is_some())
    {
        frame.kernel_time_us = Some(micros);
        frame.caller = caller.map(Cow::Borrowed);
        text = message;
    }
    // A journal has no codes: what looks like one stands in a name.
    frame.message = if stamp.is_journals && frame.kernel_time_us.is_none() {
        undo_colours(text)
    } else {
        undo_control_codes(text)
    };
    frame
}

/// Who wrote a line, by its tag, its facility and what stands behind the tag.
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

/// Notes the program's identifier that the text behind the kernel's tag holds.
#[inline]
fn note_identifier(seen: &mut Provenance, text: &[u8]) {
    match identifier::behind_kernel_tag(text) {
        Amid::Nothing => {}
        Amid::Doubtful => seen.doubt(),
        Amid::Program => seen.process(),
    }
}

/// The printk stamp in front of the text, or anywhere in it when no tag told where the text begins.
pub(super) fn kernel_stamp(text: &[u8], has_tag: bool) -> Option<dmesg::Stamped<'_>> {
    let found = dmesg::stamp_in_front(text);
    if found.is_some() || has_tag {
        return found;
    }
    dmesg::stamp_in_front(at_stamp_within(text)?)
}

/// The text behind the first printk stamp in a line of unknown form.
pub(super) fn stamp_within(text: &[u8]) -> Option<Frame<'_>> {
    stamped(at_stamp_within(text)?)
}

/// The same in a record without a text that is known.
pub(super) fn stamp_in_record(text: &[u8]) -> Option<Frame<'_>> {
    stamped(at_stamp(text)?)
}

/// `[12345.678901] text` that another carrier than dmesg brought, which writes no `\xNN`.
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

/// The text from the first printk stamp on; what stands in a record amid the line is that record's.
fn at_stamp_within(text: &[u8]) -> Option<&[u8]> {
    let (in_front, _) = wrapper::at_object(text);
    let from = at_stamp(text)?;
    (text.len().saturating_sub(from.len()) < in_front.len()).then_some(from)
}

/// The text from the first printk stamp on, with six decimals as printk has.
fn at_stamp(text: &[u8]) -> Option<&[u8]> {
    memchr_iter(b'[', text).find_map(|at| {
        let from = text.get(at..)?;
        let (_, rest) = stamp::printk(from)?;
        let point = from.len().checked_sub(rest.len())?.checked_sub(8)?;
        let is_printks = from.get(point) == Some(&b'.') && matches!(rest, [b' ' | b'[', ..]);
        is_printks.then_some(from)
    })
}

fn split_tag(rest: &[u8]) -> Tag<'_> {
    // A record behind a date: what looks like a host and a tag is its own.
    if wrapper::looks_like_one(rest) {
        return Tag {
            text: rest,
            ..Tag::default()
        };
    }
    // Without a host.
    if let Some(tag) = tag_at(rest) {
        return tag;
    }
    if let Some(tag) = tag_behind_facility(rest) {
        return tag;
    }
    let (host, behind_host) = word(rest);
    let behind_host = skip_blanks(behind_host);
    // No host ends in a colon: that is a program's name, whatever letters are in it.
    if let [name @ .., b':'] = host
        && !name.is_empty()
        && identifier::first(host).is_some()
    {
        return Tag {
            name: Some(name),
            text: behind_host,
            ..Tag::default()
        };
    }
    let found = tag_at(behind_host).or_else(|| tag_behind_facility(behind_host));
    if let Some(tag) = found {
        return Tag {
            host: Some(host),
            ..tag
        };
    }
    if !host.starts_with(b"[") && stamp::printk(behind_host).is_some() {
        return Tag {
            host: Some(host),
            text: behind_host,
            ..Tag::default()
        };
    }
    if let Some(tag) = tag_behind_zone(rest) {
        return tag;
    }
    odd_tag(rest).unwrap_or(Tag {
        text: rest,
        ..Tag::default()
    })
}

/// `CEST host kernel: text`, `[kern.warning] host kernel: text`: a zone's name, a selector, or both.
fn tag_behind_zone(rest: &[u8]) -> Option<Tag<'_>> {
    let (first, behind) = word(rest);
    let is_zone = (2..=5).contains(&first.len()) && first.iter().all(u8::is_ascii_uppercase);
    let selector = first
        .strip_prefix(b"[")
        .and_then(|inner| split_once(inner.strip_suffix(b"]")?, b'.'))
        .and_then(|(facility, level)| Some((facility_by_name(facility)?, level_by_name(level)?)));
    if !is_zone && selector.is_none() {
        return None;
    }
    let behind = skip_blanks(behind);
    if is_zone && behind.starts_with(b"[") {
        return tag_behind_zone(behind).filter(|tag| tag.facility.is_some());
    }
    let (host, text) = word(behind);
    let tag = tag_at(behind).or_else(|| {
        let tag = tag_at(skip_blanks(text))?;
        Some(Tag {
            host: Some(host),
            ..tag
        })
    })?;
    Some(Tag {
        facility: selector.map(|(facility, _)| facility),
        level: selector.map(|(_, level)| level),
        ..tag
    })
}

/// What follows a stamp that only a clock makes one: nothing without a tag, for then it may be any words.
pub(super) fn behind_local_stamp(stamp: Stamp<'_>) -> Option<Frame<'_>> {
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

/// Words of a host and an odd tag. A console in another machine's log has more before its text.
const MOST_TAG_WORDS: usize = 4;

/// `a b[12]: text`, `é[12]: text` and what else programs call themselves: it ends in a process id, or stands
/// with its colon before a stamp of the kernel's.
fn odd_tag(rest: &[u8]) -> Option<Tag<'_>> {
    let stamp_at = at_stamp_within(rest).map(|from| rest.len().saturating_sub(from.len()));
    let before = rest.get(..stamp_at.unwrap_or(rest.len()))?;
    let name = match identifier::first(before) {
        Some(at) => before.get(..at)?,
        None if stamp_at.is_some() => {
            let name = before.trim_ascii_end().strip_suffix(b":")?;
            let words = name.split(|byte| *byte == b' ');
            let words = words.filter(|word| !word.is_empty()).count();
            (words <= MOST_TAG_WORDS && !name.ends_with(b" kernel")).then_some(name)?
        }
        None => return None,
    };
    Some(Tag {
        name: Some(name),
        text: rest,
        ..Tag::default()
    })
}

/// `kern.warn kernel: text`.
fn tag_behind_facility(input: &[u8]) -> Option<Tag<'_>> {
    let (selector, rest) = word(input);
    let (facility, level) = split_once(selector, b'.')?;
    let facility = Some(facility_by_name(facility)?);
    let level = Some(level_by_name(level)?);
    let rest = skip_blanks(rest);
    let tag = tag_at(rest).unwrap_or(Tag {
        text: rest,
        ..Tag::default()
    });
    Some(Tag {
        facility,
        level,
        ..tag
    })
}

/// `kernel: text`, `sshd[812]: text` or `kernel:[12.345678] text`.
#[inline]
fn tag_at(input: &[u8]) -> Option<Tag<'_>> {
    if let Some(text) = input.strip_prefix(b"kernel:") {
        return Some(Tag {
            name: Some(b"kernel"),
            text: skip_one_blank(text),
            ..Tag::default()
        });
    }
    let (token, rest) = word(input);
    let (name, text) = match token {
        [name @ .., b':'] => (name, skip_one_blank(rest)),
        _ => {
            let at = memchr(b':', token)?;
            let (name, text) = input.split_at_checked(at)?;
            let text = text.strip_prefix(b":")?;
            stamp::printk(text)?;
            (name, text)
        }
    };
    let is_name = !name.is_empty()
        && !name.starts_with(b"[")
        && name
            .iter()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b'=' | b':'));
    is_name.then_some(Tag {
        name: Some(name),
        text,
        ..Tag::default()
    })
}

/// What `journalctl -o short-monotonic` prints behind the stamp.
pub(super) struct ShortMonotonic<'a> {
    pub(super) host: &'a [u8],
    pub(super) author: Author,
    /// The name is not as programs are mostly called.
    pub(super) is_odd: bool,
    pub(super) text: &'a [u8],
}

/// `host kernel: text` or `host name[pid]: text`: only these are proof enough that a host stands there.
pub(super) fn short_monotonic(text: &[u8]) -> Option<ShortMonotonic<'_>> {
    let (host, rest) = word(text);
    let rest = rest.strip_prefix(b" ")?;
    if let Some(text) = rest.strip_prefix(b"kernel: ") {
        let tag = Tag {
            name: Some(b"kernel"),
            text,
            ..Tag::default()
        };
        return Some(ShortMonotonic {
            host,
            author: author(&tag, None),
            is_odd: false,
            text,
        });
    }
    let (token, behind) = word(rest);
    let plain = || {
        let (_, pid) = split_once(token.strip_suffix(b"]:")?, b'[')?;
        let (_, end) = number(pid)?;
        // With its pid: the kernel has none, whatever a program calls itself.
        end.is_empty().then_some((token, behind))
    };
    let odd = || {
        let (name, behind) = rest.split_at_checked(identifier::first(rest)?)?;
        Some((name, split_once(behind, b':')?.1))
    };
    let plain = plain();
    let (name, text) = plain.or_else(odd)?;
    let tag = Tag {
        name: Some(name),
        ..Tag::default()
    };
    Some(ShortMonotonic {
        host,
        author: author(&tag, None),
        is_odd: plain.is_none(),
        text: skip_one_blank(text),
    })
}

/// Whether a text behind a stamp has `kernel:` for its second word.
#[inline]
pub(super) fn may_name_host(text: &[u8]) -> bool {
    let (_, rest) = word(text);
    rest.starts_with(b" kernel: ")
}

/// rsyslog writes a control character as `#012`, in octal; a journal in colour wraps the message.
pub(super) fn undo_control_codes(message: &[u8]) -> Cow<'_, [u8]> {
    if let plain @ Cow::Owned(_) = undo_colours(message) {
        return plain;
    }
    if !has(message, [b'#']) || !has_control_code(message) {
        return Cow::Borrowed(message);
    }
    let mut out = Vec::with_capacity(message.len());
    let mut rest = message;
    while let [byte, tail @ ..] = rest {
        if let Some((code, after)) = control_code(Some(rest), out.last()) {
            out.push(code);
            rest = after;
        } else {
            out.push(*byte);
            rest = tail;
        }
    }
    Cow::Owned(out)
}

/// A journal in colour wraps the message.
fn undo_colours(message: &[u8]) -> Cow<'_, [u8]> {
    if message.starts_with(b"\x1b[") && message.ends_with(b"\x1b[0m") {
        return without_colours(message);
    }
    Cow::Borrowed(message)
}

#[inline]
fn has_control_code(message: &[u8]) -> bool {
    memchr_iter(b'#', message).any(|at| {
        let before = at.checked_sub(1).and_then(|at| message.get(at));
        control_code(message.get(at..), before).is_some()
    })
}

/// `#000` to `#037`, and `#177` except behind a blank, where kernels are built as `#177-Ubuntu`.
fn control_code<'a>(input: Option<&'a [u8]>, before: Option<&u8>) -> Option<(u8, &'a [u8])> {
    match input? {
        [b'#', b'1', b'7', b'7', rest @ ..] if before != Some(&b' ') => Some((0x7f, rest)),
        [
            b'#',
            b'0',
            eights @ b'0'..=b'3',
            ones @ b'0'..=b'7',
            rest @ ..,
        ] => {
            let eights = eights.wrapping_sub(b'0').wrapping_mul(8);
            Some((eights.wrapping_add(ones.wrapping_sub(b'0')), rest))
        }
        _ => None,
    }
}
