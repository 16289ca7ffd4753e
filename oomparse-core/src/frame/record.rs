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

use super::scan::{facility_by_name, level_by_name, number};
use super::{Frame, FrameKind, Origin, dmesg, known, stamp, syslog};
use crate::bytes::unescape;
use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// How deep objects are looked into: `_source.log.message` and one more.
const MAX_DEPTH: u8 = 4;

/// How often a record's text may be a record again (a shipper's record of a container's record).
pub(super) const MAX_NESTED_RECORDS: u8 = 2;

/// Reads a line that begins with `{`; nothing if it is no object with a text in it.
pub(super) fn object(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    if nested > MAX_NESTED_RECORDS {
        return None;
    }
    if let Ok(text) = core::str::from_utf8(line) {
        return read(text)?.into_frame(nested);
    }
    // JSON must be UTF-8: each byte that is not becomes a private character and goes back after.
    let text = with_private_characters(line);
    let mut frame = read(&text)?.into_frame(nested)?.into_owned();
    for part in [
        Some(&mut frame.message),
        frame.host.as_mut(),
        frame.caller.as_mut(),
        frame.boot_id.as_mut(),
    ] {
        if let Some(part) = part {
            *part = Cow::Owned(without_private_characters(part));
        }
    }
    Some(frame)
}

fn read(text: &str) -> Option<Fields<'_>> {
    let mut fields = Fields::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let object = Object {
        fields: &mut fields,
        depth: 0,
        about_host: false,
    };
    object.deserialize(&mut reader).ok()?;
    // A comma or blanks may follow: an element of an array, one a line.
    Some(fields)
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
    /// A container printed the text.
    contained: bool,
    /// A key that only journald writes was there.
    journal: bool,
}

/// What a key means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Text(u8),
    Transport,
    Identifier,
    Facility,
    Priority,
    Host,
    BootId,
    Caller,
    Monotonic,
    Realtime,
    Time,
    Sequence,
    Seconds,
    Micros,
    Contained,
    /// An object that shippers put the record in.
    Nest,
    Other,
}

impl Key {
    fn of(name: &str, about_host: bool) -> Self {
        let name = name.trim_start_matches(['_', '@']);
        let mut lower = [0u8; 32];
        let Some(lower) = lower.get_mut(..name.len()) else {
            return Self::Other;
        };
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        match &*lower {
            b"name" | b"hostname" if about_host => Self::Host,
            _ if about_host => Self::Other,
            b"message" => Self::Text(1),
            b"msg" => Self::Text(2),
            b"log" => Self::Text(3),
            b"log.message" | b"textpayload" | b"short_message" | b"body" | b"line" | b"event"
            | b"text" | b"logline" => Self::Text(4),
            b"original" | b"event.original" | b"raw" => Self::Text(5),
            b"transport" => Self::Transport,
            b"syslog_identifier" | b"ident" | b"identifier" | b"tag" | b"syslogtag"
            | b"appname" | b"app_name" | b"programname" | b"program" => Self::Identifier,
            b"syslog_facility" | b"facility" | b"fac" | b"syslogfacility" => Self::Facility,
            b"priority" | b"pri" | b"severity" => Self::Priority,
            b"hostname" | b"host" | b"host.name" | b"host.hostname" => Self::Host,
            b"boot_id" => Self::BootId,
            b"caller" => Self::Caller,
            b"source_monotonic_timestamp" => Self::Monotonic,
            b"realtime_timestamp" => Self::Realtime,
            b"time" | b"timestamp" | b"talos-time" | b"date" => Self::Time,
            b"sequence" => Self::Sequence,
            b"sec" => Self::Seconds,
            b"usec" => Self::Micros,
            b"stream" | b"logtag" | b"kubernetes" => Self::Contained,
            b"source" | b"fields" | b"jsonpayload" | b"journald" | b"record" | b"data"
            | b"attributes" | b"result" | b"syslog" | b"journal" => Self::Nest,
            _ => Self::Other,
        }
    }
}

/// A value, as far as one can matter.
enum Value<'a> {
    Text(Cow<'a, [u8]>),
    Whole(u64),
    Decimal(f64),
    Other,
}

impl Value<'_> {
    fn whole(&self) -> Option<u64> {
        match self {
            Self::Whole(value) => Some(*value),
            Self::Text(text) => match number(text.trim_ascii())? {
                (value, []) => Some(value),
                _ => None,
            },
            Self::Decimal(_) | Self::Other => None,
        }
    }
}

impl<'a> Fields<'a> {
    fn set(&mut self, key: Key, value: Value<'a>) {
        match (key, value) {
            (Key::Text(rank), Value::Text(text)) => {
                if self.text.is_none() || rank < self.text_rank {
                    self.text = Some(text);
                    self.text_rank = rank;
                }
            }
            (Key::Transport, Value::Text(text)) => self.transport = Some(text),
            (Key::Identifier, Value::Text(text)) => {
                // Of several names one that is not the kernel's decides.
                if self.identifier.as_deref().is_none_or(is_kernels_name) {
                    self.identifier = Some(text);
                }
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
            Value::Text(text) => facility_by_name(text.trim_ascii()),
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
            // Whole microseconds: `as` rounds to zero and holds out-of-range values at the ends.
            Value::Decimal(seconds) => self.uptime = Some((seconds * 1e6 + 0.5) as u64),
            Value::Whole(_) | Value::Other => {}
        }
    }

    fn origin(&self) -> Origin {
        let kernels_transport = self.transport.as_deref().map(|name| name == b"kernel");
        let kernels_name = self.identifier.as_deref().map(is_kernels_name);
        if self.contained
            || self.facility.is_some_and(|facility| facility > 0)
            || kernels_transport == Some(false)
            || kernels_name == Some(false)
        {
            return Origin::UserSpace;
        }
        let proven = kernels_transport.is_some()
            || kernels_name.is_some()
            || self.facility.is_some()
            || self.is_kmsg();
        if proven {
            Origin::Kernel
        } else {
            Origin::Unknown
        }
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
        let is_final = frame.origin == Origin::UserSpace
            || is_dmesg
            || (frame.kind == FrameKind::Journal && frame.origin == Origin::Kernel);
        if is_final {
            frame.message = text;
            return Some(frame);
        }
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(without_line_end(text)),
            Cow::Owned(text) => Cow::Owned(without_line_end(&text).to_vec()),
        };
        Some(match text {
            Cow::Borrowed(text) => within(frame, text, nested),
            Cow::Owned(text) => within(frame.into_owned(), &text, nested).into_owned(),
        })
    }
}

/// Frames the record's text again and puts what it tells under what the record tells.
fn within<'a>(outer: Frame<'a>, text: &'a [u8], nested: u8) -> Frame<'a> {
    let inner = if outer.origin == Origin::Kernel {
        // Only the stamp may stand there: the rest is the kernel's text.
        text.starts_with(b"[")
            .then(|| dmesg::bracketed(text))
            .flatten()
    } else {
        known(text, nested.saturating_add(1))
    };
    let Some(inner) = inner else {
        return Frame {
            message: Cow::Borrowed(text),
            ..outer
        };
    };
    Frame {
        kind: outer.kind,
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
        boot_id: inner.boot_id.or(outer.boot_id),
        message: inner.message,
    }
}

fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

fn is_kernels_name(name: &[u8]) -> bool {
    let name = name.trim_ascii();
    syslog::is_kernel(name.strip_suffix(b":").unwrap_or(name))
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

/// Reads one object into the fields.
struct Object<'f, 'a> {
    fields: &'f mut Fields<'a>,
    depth: u8,
    about_host: bool,
}

impl<'a> DeserializeSeed<'a> for Object<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Object<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name {
            about_host: self.about_host,
        })? {
            let Name2 { key, is_journals } = name;
            self.fields.journal |= is_journals;
            if key == Key::Contained {
                self.fields.contained = true;
            }
            if matches!(key, Key::Other | Key::Contained) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let slot = Slot {
                fields: &mut *self.fields,
                key,
                depth: self.depth,
            };
            map.next_value_seed(slot)?;
        }
        Ok(())
    }
}

/// Reads a key without keeping it.
struct Name {
    about_host: bool,
}

/// A key that was read.
struct Name2 {
    key: Key,
    is_journals: bool,
}

impl<'a> DeserializeSeed<'a> for Name {
    type Value = Name2;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Name2, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Name2;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name2, E> {
        Ok(Name2 {
            key: Key::of(name, self.about_host),
            is_journals: matches!(
                name,
                "MESSAGE" | "__CURSOR" | "_TRANSPORT" | "_BOOT_ID" | "__REALTIME_TIMESTAMP"
            ),
        })
    }
}

/// Reads the value of one key into the fields.
struct Slot<'f, 'a> {
    fields: &'f mut Fields<'a>,
    key: Key,
    depth: u8,
}

impl<'a> DeserializeSeed<'a> for Slot<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Slot<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<(), E> {
        let text = Value::Text(Cow::Borrowed(text.as_bytes()));
        self.fields.set(self.key, text);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let text = Value::Text(Cow::Owned(text.as_bytes().to_vec()));
        self.fields.set(self.key, text);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.fields.set(self.key, Value::Whole(value));
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.fields.set(self.key, Value::Decimal(value));
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    /// journald writes a text that is not UTF-8, or holds control characters, as its bytes.
    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<(), A::Error> {
        if !matches!(self.key, Key::Text(_) | Key::Host | Key::Identifier) {
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(elements.size_hint().unwrap_or(0).min(1024));
        let mut sound = true;
        while let Some(element) = elements.next_element_seed(Element)? {
            match element {
                Some(byte) => bytes.push(byte),
                None => sound = false,
            }
        }
        if sound && !bytes.is_empty() {
            self.fields.set(self.key, Value::Text(Cow::Owned(bytes)));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<(), A::Error> {
        let depth = self.depth.saturating_add(1);
        let holds_fields = matches!(self.key, Key::Text(_) | Key::Nest | Key::Host);
        if depth >= MAX_DEPTH || !holds_fields {
            let mut map = map;
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let object = Object {
            fields: self.fields,
            depth,
            about_host: self.key == Key::Host,
        };
        object.visit_map(map)
    }
}

/// An array's element as a byte, or nothing if it is something else.
struct Element;

impl<'a> DeserializeSeed<'a> for Element {
    type Value = Option<u8>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Option<u8>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Element {
    type Value = Option<u8>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a byte")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<u8>, E> {
        Ok(u8::try_from(value).ok())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Option<u8>, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Option<u8>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<u8>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<u8>, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Option<u8>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<Option<u8>, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Option<u8>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
