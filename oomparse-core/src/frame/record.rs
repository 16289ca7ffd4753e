//! One JSON object on one line: a journal entry, or a record of a log shipper or a runtime.
//!
//! ```text
//! {"_TRANSPORT":"kernel","SYSLOG_FACILITY":"0","MESSAGE":"oom-kill:…","_HOSTNAME":"n1",…}
//! {"_TRANSPORT":"kernel","SYSLOG_FACILITY":"1","MESSAGE":[117,255,254],…}   journald: bytes
//! {"priority":6,"sequence":5452,"sec":1149,"usec":87276,"msg":"oom-kill:…"}  Fluent Bit, kmsg
//! {"log":"text\n","stream":"stdout","time":"2024-01-01T00:00:00.000000000Z"} json-file
//! {"message":"Jan  5 02:12:02 host kernel: [606280.177800] oom-kill:…"}      a shipped line
//! {"pri":4,"time":1064.699112,"msg":"oom-kill:…"}                            dmesg --json, jq -c
//! ```
//!
//! Shippers rename keys: they are compared without case and leading underscores, and looked for in
//! the objects that shippers nest them in. journald keeps `_TRANSPORT=kernel` for text that a program
//! wrote to `/dev/kmsg`: only the facility tells. `stream`, `logtag` and `kubernetes` say that a
//! container printed the text.

mod json;
mod reader;

pub use reader::with_member;

use self::json::{Key, Value};
use super::journal::{Provenance, is_kernels_name, is_outside_services};
use super::scan::{facility_by_name, level_by_name, skip_one_blank};
use super::{Fragment, Frame, FrameKind, Origin, dmesg, find, stamp};
use crate::bytes::unescape;
use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use memchr::memchr;

/// How often a record's text may be a record again (a shipper's record of a container's record).
pub(super) const MAX_NESTED_RECORDS: u8 = 2;

/// Reads a line that begins with `{`; nothing if it is no object with a text in it.
pub(super) fn object(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    if nested > MAX_NESTED_RECORDS {
        return None;
    }
    if let Ok(text) = core::str::from_utf8(line) {
        return json::read(text)?.into_frame(nested);
    }
    // JSON must be UTF-8: each byte that is not becomes a private character and goes back after.
    let text = with_private_characters(line);
    let mut frame = json::read(&text)?.into_frame(nested)?.into_owned();
    let names = [
        &mut frame.host,
        &mut frame.tag,
        &mut frame.caller,
        &mut frame.boot_id,
    ];
    for part in names.into_iter().flatten().chain([&mut frame.message]) {
        *part = Cow::Owned(without_private_characters(part));
    }
    Some(frame)
}

/// What a record tells, under whatever names.
#[derive(Default)]
struct Fields<'a> {
    text: Option<Cow<'a, [u8]>>,
    /// How good the key of `text` is; smaller is better.
    text_rank: u8,
    transport: Option<Cow<'a, [u8]>>,
    identifier: Option<Cow<'a, [u8]>>,
    host: Option<Cow<'a, [u8]>>,
    boot_id: Option<Cow<'a, [u8]>>,
    caller: Option<Cow<'a, [u8]>>,
    facility: Option<u8>,
    priority: Option<u8>,
    monotonic: Option<u64>,
    uptime: Option<u64>,
    sequence: Option<u64>,
    seconds: Option<u64>,
    micros: Option<u64>,
    wall: Option<WallTime>,
    /// journald says that what wrote it is no service.
    outside_services: bool,
    /// A container printed the text.
    contained: bool,
    /// A key that only journald writes was there.
    journal: bool,
}

impl<'a> Fields<'a> {
    fn set(&mut self, key: Key, value: Value<'a>) {
        match (key, value) {
            (Key::Text(rank), Value::Text(text))
                if self.text.is_none() || rank < self.text_rank =>
            {
                self.text = Some(text);
                self.text_rank = rank;
            }
            // Docker's fluentd driver.
            (Key::Nest, Value::Text(text)) if matches!(&*text, b"stdout" | b"stderr") => {
                self.contained = true;
            }
            // Said more than once, a word against the kernel stays.
            (Key::Transport, Value::Text(text))
                if self
                    .transport
                    .as_deref()
                    .is_none_or(|told| told == b"kernel") =>
            {
                self.transport = Some(text);
            }
            (Key::Identifier, Value::Text(text))
                if self.identifier.as_deref().is_none_or(is_kernels_name) =>
            {
                self.identifier = Some(text);
            }
            (Key::Unit, Value::Text(text)) => {
                self.outside_services |= is_outside_services(&text);
            }
            (Key::Host, Value::Text(text)) => self.host = Some(text),
            (Key::BootId, Value::Text(text)) => self.boot_id = Some(text),
            (Key::Caller, Value::Text(text)) => self.caller = Some(text),
            (Key::Facility, value) => self.set_facility(&value),
            (Key::Priority, value) => self.set_priority(&value),
            (Key::Monotonic, value) => self.monotonic = value.whole(),
            (Key::Realtime, value) => {
                self.wall = value.whole().and_then(WallTime::from_unix_micros);
            }
            (Key::Time, value) => self.set_time(&value),
            (Key::Sequence, value) => self.sequence = value.whole(),
            (Key::Seconds, value) => self.seconds = value.whole(),
            (Key::Micros, value) => self.micros = value.whole(),
            _ => {}
        }
    }

    fn set_facility(&mut self, value: &Value<'_>) {
        let by_name = match value {
            Value::Text(text) => match text.trim_ascii() {
                b"kernel" => Some(0),
                name => facility_by_name(name),
            },
            _ => None,
        };
        let facility = value
            .whole()
            .map(|value| u8::try_from(value).unwrap_or(u8::MAX))
            .or(by_name);
        self.facility = self.facility.max(facility);
    }

    fn set_priority(&mut self, value: &Value<'_>) {
        let by_name = match value {
            Value::Text(text) => level_by_name(text.trim_ascii()),
            _ => None,
        };
        let Some(value) = value.whole() else {
            self.priority = self.priority.or(by_name);
            return;
        };
        self.priority = u8::try_from(value & 7).ok();
        if value >= 8 {
            let facility = u8::try_from(value >> 3).unwrap_or(u8::MAX);
            self.facility = self.facility.max(Some(facility));
        }
    }

    fn set_time(&mut self, value: &Value<'_>) {
        match value {
            Value::Text(text) => {
                let text = text.trim_ascii();
                if let Some((micros, [])) = stamp::uptime(text) {
                    self.uptime = Some(micros);
                } else if let Some(stamp) = stamp::iso(text).filter(|stamp| stamp.rest.is_empty()) {
                    self.wall = self.wall.or(stamp.wall);
                } else if let Some(wall) = stamp::ctime(text) {
                    self.wall = self.wall.or(wall);
                }
            }
            Value::Millionths(micros) => self.set_seconds(*micros),
            Value::Whole(seconds) => self.set_seconds(seconds.saturating_mul(1_000_000)),
        }
    }

    /// dmesg's time since boot or a shipper's since 1970: the latter passed 1e8 seconds in 1973, the
    /// former takes three years for it.
    fn set_seconds(&mut self, micros: u64) {
        if micros < 100_000_000_000_000 {
            self.uptime = Some(micros);
        } else {
            self.wall = self.wall.or_else(|| WallTime::from_unix_micros(micros));
        }
    }

    fn origin(&self) -> Origin {
        let provenance = Provenance {
            kernels_transport: self.transport.as_deref().map(|name| name == b"kernel"),
            kernels_name: self.identifier.as_deref().map(is_kernels_name),
            facility: self.facility,
            outside_services: self.outside_services,
        };
        match provenance.origin() {
            _ if self.contained => Origin::UserSpace,
            // Fluent Bit drops the facility, so this is its word and not printk's.
            Origin::Unknown if self.is_kmsg() => Origin::Kernel,
            origin => origin,
        }
    }

    /// The program that wrote the text, where no container did and the kernel did not.
    fn program(&mut self) -> Option<Cow<'a, [u8]>> {
        let tag = self.identifier.take()?;
        (!self.contained && !self.outside_services && !is_kernels_name(&tag)).then_some(tag)
    }

    /// A record of Fluent Bit's `kmsg` input.
    fn is_kmsg(&self) -> bool {
        self.priority.is_some()
            && self.sequence.is_some()
            && self.seconds.is_some()
            && self.micros.is_some()
            && self.text_rank == 2
    }

    fn into_frame(mut self, nested: u8) -> Option<Frame<'a>> {
        let text = self.text.take()?;
        let is_dmesg = self.priority.is_some() && self.uptime.is_some() && self.text_rank == 2;
        let mut frame = Frame {
            kind: match (self.journal, is_dmesg) {
                (true, _) => FrameKind::Journal,
                (false, true) => FrameKind::DmesgJson,
                (false, false) => FrameKind::Record,
            },
            origin: self.origin(),
            level: self.priority,
            wall: self.wall,
            host: self.host.take(),
            tag: self.program(),
            boot_id: self.boot_id.take(),
            caller: self.caller.take(),
            ..Frame::default()
        };
        if self.is_kmsg() {
            frame.sequence = self.sequence;
            frame.kernel_time_us = self
                .seconds
                .and_then(|seconds| seconds.checked_mul(1_000_000))
                .and_then(|micros| micros.checked_add(self.micros?));
            frame.message = match text {
                Cow::Borrowed(text) => unescape(text),
                Cow::Owned(text) => Cow::Owned(unescape(&text).into_owned()),
            };
            return Some(frame);
        }
        frame.kernel_time_us = self.monotonic.or(if is_dmesg { self.uptime } else { None });
        if is_dmesg {
            frame.message = text;
            return Some(frame);
        }
        if let Some(origin) = author_of_several(frame.origin, &text) {
            return Some(Frame {
                origin,
                fragment: Fragment::Several,
                message: text,
                ..frame
            });
        }
        if self.journal && frame.origin != Origin::Unknown {
            frame.message = text;
            return Some(frame);
        }
        Some(match text {
            Cow::Borrowed(text) => within(frame, without_line_end(text), nested),
            Cow::Owned(text) => {
                within(frame.into_owned(), without_line_end(&text), nested).into_owned()
            }
        })
    }
}

/// Frames the record's text again and puts what it tells under what the record tells.
fn within<'a>(outer: Frame<'a>, text: &'a [u8], nested: u8) -> Frame<'a> {
    let (text, inner) = match outer.origin {
        Origin::UserSpace => (text, None),
        Origin::Kernel => {
            // rsyslog leaves the blank behind the tag. Only a stamp may follow: the rest is the
            // kernel's text.
            let text = skip_one_blank(text);
            let stamped = text.starts_with(b"[").then(|| dmesg::bracketed(text));
            (text, stamped.flatten())
        }
        Origin::Unknown => (text, Some(find(text, nested.saturating_add(1)))),
    };
    let Some(inner) = inner else {
        return Frame {
            message: Cow::Borrowed(text),
            ..outer
        };
    };
    // dmesg and journalctl indent what stands behind a newline: no line of its own, even if it looks like
    // one. A shipper makes a record of each line all the same.
    let is_behind = inner.kind == FrameKind::Bare && text.starts_with(b"  ");
    Frame {
        kind: if is_behind {
            FrameKind::Indented
        } else {
            outer.kind
        },
        origin: match inner.origin {
            Origin::Unknown => outer.origin,
            told => told,
        },
        level: inner.level.or(outer.level),
        kernel_time_us: inner.kernel_time_us.or(outer.kernel_time_us),
        wall: inner.wall.or(outer.wall),
        sequence: inner.sequence,
        fragment: inner.fragment,
        caller: inner.caller.or(outer.caller),
        host: inner.host.or(outer.host),
        tag: inner.tag.or(outer.tag),
        boot_id: inner.boot_id.or(outer.boot_id),
        message: inner.message,
    }
}

/// Who wrote a text of several lines, if this is one: whoever wrote the first, where the record does not tell.
/// None is the kernel's behind a program's: with what it writes a program may write that line too. Only
/// `/dev/kmsg` shows no line end that a program wrote.
fn author_of_several(outer: Origin, text: &[u8]) -> Option<Origin> {
    let text = text.trim_ascii();
    let (first, _) = text.split_at_checked(memchr(b'\n', text)?)?;
    // A record in a record, over several lines: its keys are no part of a message.
    let is_record = text.starts_with(b"{\"") || first.trim_ascii_end() == b"{";
    match outer {
        Origin::UserSpace => return None,
        Origin::Kernel => return Some(outer),
        Origin::Unknown if is_record => return None,
        Origin::Unknown => {}
    }
    let first = find(first, super::MOST_NESTED);
    match (first.origin, first.kind) {
        (Origin::UserSpace, FrameKind::Kmsg) => Some(outer),
        (Origin::UserSpace, _) => None,
        (origin, _) => Some(origin),
    }
}

fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

fn with_private_characters(line: &[u8]) -> String {
    let mut out = String::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let code = 0xe000u32.saturating_add(u32::from(*byte));
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
    out
}

/// U+E080 to U+E0FF, which are EE 82 80 to EE 83 BF, back to the bytes 80 to FF.
fn without_private_characters(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        if let [
            0xee,
            second @ (0x82 | 0x83),
            third @ 0x80..=0xbf,
            after @ ..,
        ] = rest
        {
            out.push(((second & 3) << 6) | (third & 0x3f));
            rest = after;
        } else {
            out.push(*byte);
            rest = tail;
        }
    }
    out
}
