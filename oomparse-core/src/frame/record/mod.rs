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
//! Shippers rename keys: they are compared without case and leading underscores, and searched for in the objects
//! in which shippers nest them. journald keeps `_TRANSPORT=kernel` for text that a program wrote to `/dev/kmsg`,
//! so only the facility decides. `stream`, `logtag` and `kubernetes` show that a container printed the text.

mod json;
#[cfg(feature = "carriers")]
pub(super) mod list;
mod reader;
#[cfg(feature = "carriers")]
mod unnamed_key;

pub use reader::with_member;

use self::json::{Key, Value};
use super::scan::{level_by_name, skip_one_blank};
use super::wrapper::looks_like_one;
use super::{Author, Fragment, Frame, FrameKind, Provenance, dmesg, find, stamp, syslog};
use crate::bytes::unescape;
use crate::line::{Line, parse_line};
use crate::time::WallTime;
use alloc::borrow::Cow;
use memchr::memchr;

/// How often a record's text may itself be a record (a shipper's record of a container's record).
pub(super) const MAX_NESTED_RECORDS: u8 = 2;

/// Reads a line that begins with `{`; `None` if it is not an object, or if it contains neither a text nor a sign
/// of its author.
pub(super) fn object(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    if nested > MAX_NESTED_RECORDS {
        return None;
    }
    match json::read(line) {
        #[cfg(feature = "carriers")]
        Some(fields) if nested == 0 && fields.text.is_none() && memchr(b'[', line).is_some() => {
            super::array::frame(line).or_else(|| {
                let mut fields = fields;
                fields.look_for_text(line);
                fields.into_frame(nested)
            })
        }
        #[cfg(feature = "carriers")]
        Some(mut fields) if fields.text.is_none() => {
            fields.look_for_text(line);
            fields.into_frame(nested)
        }
        Some(fields) => fields.into_frame(nested),
        // A truncated record shows nothing: the missing part may show the author.
        None => looks_like_one(line).then(Frame::default),
    }
}

/// Whether a record has a text under a key that shippers use for it: whatever the text says, it is the message.
#[cfg(feature = "carriers")]
pub(super) fn has_text_key(line: &[u8]) -> bool {
    json::read(line).is_some_and(|fields| fields.text.is_some())
}

/// The contents of a record, whatever the keys are called.
#[derive(Default)]
struct Fields<'a> {
    text: Option<Cow<'a, [u8]>>,
    /// The rank of the key of `text`; smaller is better.
    text_rank: u8,
    host: Option<Cow<'a, [u8]>>,
    boot_id: Option<Cow<'a, [u8]>>,
    caller: Option<Cow<'a, [u8]>>,
    priority: Option<u8>,
    monotonic: Option<u64>,
    uptime: Option<u64>,
    sequence: Option<u64>,
    seconds: Option<u64>,
    micros: Option<u64>,
    wall: Option<WallTime>,
    /// What it shows about the author of the text.
    provenance: Provenance,
    /// It has a key that only journald writes.
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
            (Key::Host, Value::Text(text)) => self.host = Some(text),
            (Key::BootId, Value::Text(text)) => self.boot_id = Some(text),
            (Key::Caller, Value::Text(text)) => self.caller = Some(text),
            (Key::Priority, value) => self.set_priority(&value),
            (Key::Monotonic, value) => self.monotonic = value.whole_number(),
            (Key::Realtime, value) => {
                self.wall = value.whole_number().and_then(WallTime::from_unix_micros);
            }
            (Key::Time, value) => self.set_time(&value),
            (Key::Sequence, value) => self.sequence = value.whole_number(),
            (Key::Seconds, value) => self.seconds = value.whole_number(),
            (Key::Micros, value) => self.micros = value.whole_number(),
            _ => {}
        }
    }

    /// Takes a text of the kernel's under a key that nobody has named, from the object on this line.
    #[cfg(feature = "carriers")]
    fn look_for_text(&mut self, object: &'a [u8]) {
        if !self.author().is_program() {
            self.text = unnamed_key::text_of(object);
            self.text_rank = unnamed_key::RANK;
        }
    }

    fn set_priority(&mut self, value: &Value<'_>) {
        let by_name = match value {
            Value::Text(text) => level_by_name(text.trim_ascii()),
            _ => None,
        };
        let Some(value) = value.whole_number() else {
            self.priority = self.priority.or(by_name);
            return;
        };
        self.priority = u8::try_from(value & 7).ok();
        self.provenance.priority(value);
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

    /// dmesg's time since boot, or a shipper's time since 1970: the latter passed 1e8 seconds in 1973, the former
    /// takes three years to reach it.
    fn set_seconds(&mut self, micros: u64) {
        if micros < 100_000_000_000_000 {
            self.uptime = Some(micros);
        } else {
            self.wall = self.wall.or_else(|| WallTime::from_unix_micros(micros));
        }
    }

    fn author(&self) -> Author {
        let mut seen = self.provenance;
        if self.is_kmsg() {
            seen.kmsg_record();
        }
        seen.decide()
    }

    /// Whether it is a record of Fluent Bit's `kmsg` input.
    fn is_kmsg(&self) -> bool {
        self.priority.is_some()
            && self.sequence.is_some()
            && self.seconds.is_some()
            && self.micros.is_some()
            && self.text_rank == 2
    }

    fn into_frame(mut self, nested: u8) -> Option<Frame<'a>> {
        let Some(text) = self.text.take() else {
            let author = self.author();
            let is_programs = author.is_program();
            return is_programs.then(|| Frame::default().by(author));
        };
        let is_dmesg = self.priority.is_some() && self.uptime.is_some() && self.text_rank == 2;
        let mut frame = Frame {
            kind: match (self.journal, is_dmesg) {
                (true, _) => FrameKind::Journal,
                (false, true) => FrameKind::DmesgJson,
                (false, false) => FrameKind::Record,
            },
            level: self.priority,
            wall: self.wall,
            host: self.host.take(),
            boot_id: self.boot_id.take(),
            caller: self.caller.take(),
            ..Frame::default()
        }
        .by(self.author());
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
        if let Some(author) = author_of_several(frame.author, &text) {
            return Some(Frame {
                author,
                fragment: Fragment::Several,
                message: after_tags_blank(author, text),
                ..frame
            });
        }
        let is_stamped = frame.author.is_kernel() && self.monotonic.is_none() && is_stamped(&text);
        if self.journal && frame.author.is_known() && !is_stamped {
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

/// Whether a text is a stamp that somebody wrote, and a line of the kernel's that does not begin with a comm.
#[cfg(feature = "carriers")]
fn is_stamped(text: &[u8]) -> bool {
    stamp::printk(text).is_some_and(|(_, rest)| {
        matches!(
            parse_line(skip_one_blank(rest)),
            Line::Killed(_)
                | Line::Selected(_)
                | Line::Summary(_)
                | Line::TaskIn(_)
                | Line::StatsHeading(_)
                | Line::TaskInfo(_)
                | Line::TaskRow(_)
                | Line::TasksState
                | Line::Counter(_)
                | Line::Reaped(_)
        ) || super::printk_stamp(text).is_some()
            && matches!(
                parse_line(skip_one_blank(rest)),
                Line::Invoked(_) | Line::Cpuset(_)
            )
    })
}

#[cfg(not(feature = "carriers"))]
fn is_stamped(_text: &[u8]) -> bool {
    false
}

/// Frames the record's text again; the record's own values take precedence.
fn within<'a>(outer: Frame<'a>, text: &'a [u8], nested: u8) -> Frame<'a> {
    let (text, inner) = if outer.author.is_kernel() {
        // rsyslog keeps the blank after the tag. Only a stamp may follow: the rest is the kernel's text.
        let text = skip_one_blank(text);
        let stamped = syslog::stamped(text);
        (text, stamped.or_else(|| dmesg::bracketed(text)))
    } else if outer.author.is_program() {
        (text, None)
    } else {
        (text, Some(find(text, nested.saturating_add(1))))
    };
    let Some(inner) = inner else {
        return Frame {
            message: without_return(Cow::Borrowed(text)),
            ..outer
        };
    };
    // dmesg and journalctl indent the text after a newline: it is not a separate line, even if it looks like one.
    // But a shipper makes a record of each line.
    let is_after = inner.kind == FrameKind::Bare && text.starts_with(b"  ");
    Frame {
        kind: if is_after {
            FrameKind::Indented
        } else {
            outer.kind
        },
        author: if inner.author.is_known() {
            inner.author
        } else {
            outer.author
        },
        level: inner.level.or(outer.level),
        kernel_time_us: inner.kernel_time_us.or(outer.kernel_time_us),
        wall: inner.wall.or(outer.wall),
        sequence: inner.sequence,
        fragment: inner.fragment,
        caller: inner.caller.or(outer.caller),
        host: inner.host.or(outer.host),
        boot_id: inner.boot_id.or(outer.boot_id),
        line_len: inner.line_len,
        message: without_return(inner.message),
    }
}

/// The author of a text of several lines, if this is one: the author of the first line, if the record does not
/// show it. No line after a program's line is the kernel's, because a program may write such a line itself. Only
/// `/dev/kmsg` never shows a line end that a program wrote.
fn author_of_several(outer: Author, text: &[u8]) -> Option<Author> {
    let text = text.trim_ascii();
    let (first, _) = text.split_at_checked(memchr(b'\n', text)?)?;
    // A record within a record, over several lines: its keys are not part of a message.
    let is_record = text.starts_with(b"{\"") || first.trim_ascii_end() == b"{";
    if outer.is_kernel() {
        return Some(outer);
    }
    if outer.is_program() || is_record {
        return None;
    }
    let first = find(first, super::MOST_NESTED);
    match first.kind {
        FrameKind::Kmsg if first.author.is_program() => Some(outer),
        _ => (!first.author.is_program()).then_some(first.author),
    }
}

/// The kernel's text without the blank that rsyslog leaves after the tag.
fn after_tags_blank(author: Author, text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) if author.is_kernel() => Cow::Borrowed(skip_one_blank(text)),
        Cow::Owned(mut text) if author.is_kernel() && text.starts_with(b" ") => {
            text.remove(0);
            Cow::Owned(text)
        }
        text => text,
    }
}

fn without_line_end(text: &[u8]) -> &[u8] {
    match text.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => text,
    }
}

/// A message without the carriage return of its file's line ends: a row of the task table ends in a name.
fn without_return(message: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match message {
        Cow::Borrowed(text) if text.ends_with(b"\r") && !is_row(text) => {
            Cow::Borrowed(text.strip_suffix(b"\r").unwrap_or(text))
        }
        Cow::Owned(mut text) if text.ends_with(b"\r") && !is_row(&text) => {
            text.pop();
            Cow::Owned(text)
        }
        message => message,
    }
}

fn is_row(message: &[u8]) -> bool {
    matches!(parse_line(message), Line::TaskRow(_))
}

#[cfg(all(test, feature = "carriers"))]
mod tests;
