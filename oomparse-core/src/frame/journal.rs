//! journald's own text forms whose entries span lines. (`-o short` and its kin are syslog lines,
//! `-o json` is a record, `-o cat` has no prefix at all.)
//!
//! ```text
//! __CURSOR=s=bf0d84…;i=928;b=00abde…                 journalctl -o export
//! _TRANSPORT=kernel
//! SYSLOG_FACILITY=1
//! MESSAGE=oom-kill:constraint=CONSTRAINT_MEMCG,…
//!                                                    (an empty line ends the entry)
//! Thu 2023-01-05 02:12:02.123456 CST [s=bf0d84…]     journalctl -o verbose
//!     _TRANSPORT=kernel
//!     MESSAGE=oom-kill:constraint=CONSTRAINT_MEMCG,…
//! ```
//!
//! Fields come in any order. An export entry is kept until its end, so that a facility behind the
//! message still counts; a value that is not plain text stands there as the key alone, then eight
//! bytes of length (little endian), then the bytes. A verbose entry ends where the next one begins, or
//! the log does; a value's further lines are indented by the width of its key.
//! `MESSAGE=` without an entry begun is a message of unknown origin.

use super::scan::{facility_by_name, number, split_once};
use super::{Frame, FrameKind, Origin, stamp, syslog};
use crate::bytes::memmem;
use crate::limits::MAX_LINE_LEN;
use crate::time::WallTime;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Lines of one entry; a kernel's entry has about 20, any other is let go.
const MAX_ENTRY_LINES: u32 = 512;

/// What journald's fields, or a shipper's copies of them, tell about who wrote a text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Provenance {
    /// `_TRANSPORT` is `kernel`, or another.
    pub(super) kernels_transport: Option<bool>,
    /// `SYSLOG_IDENTIFIER` is `kernel`, or another.
    pub(super) kernels_name: Option<bool>,
    /// The trusted `_SYSTEMD_UNIT` or `_SYSTEMD_CGROUP` is not a service's.
    pub(super) outside_services: bool,
    /// `SYSLOG_FACILITY`: journald keeps the transport for text that a program wrote to `/dev/kmsg`.
    pub(super) facility: Option<u8>,
}

impl Provenance {
    pub(super) fn origin(&self) -> Origin {
        let denied = self.facility.is_some_and(|facility| facility > 0)
            || self.kernels_transport == Some(false)
            || self.kernels_name == Some(false);
        let told = self.facility.is_some()
            || self.kernels_transport.is_some()
            || self.kernels_name.is_some();
        match (denied, told) {
            (true, _) => Origin::UserSpace,
            (false, true) => Origin::Kernel,
            (false, false) => Origin::Unknown,
        }
    }
}

/// Whether a unit or cgroup that journald vouches for is not a service's: a container's scope, a user's
/// session, a pod. What runs there may call itself by any name.
pub(super) fn is_outside_services(unit: &[u8]) -> bool {
    let last = unit.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    !last.ends_with(b".service")
        || last.starts_with(b"user@")
        || memmem::find(unit, b"kubepods").is_some()
        || memmem::find(unit, b"user.slice").is_some()
}

/// Whether a tag, with or without its colon, is the kernel's.
pub(super) fn is_kernels_name(name: &[u8]) -> bool {
    let name = name.trim_ascii();
    syslog::is_kernel(name.strip_suffix(b":").unwrap_or(name))
}

/// An entry that is being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    is_verbose: bool,
    lines: u32,
    provenance: Provenance,
    level: Option<u8>,
    kernel_time_us: Option<u64>,
    wall: Option<WallTime>,
    host: Option<Vec<u8>>,
    boot_id: Option<Vec<u8>>,
    tag: Option<Vec<u8>>,
    message: Option<Vec<u8>>,
    /// The value that is being read by its length: whether it is the message, and its bytes.
    binary: Option<(bool, Vec<u8>)>,
    /// The verbose field of the last line: whether it is the message, and how far its value is in.
    field: (bool, usize),
}

/// What a line is to an open entry.
pub(super) enum Step<'a> {
    /// The entry goes on.
    Field,
    /// The entry is whole; there may have been no message in it.
    End(Option<Frame<'a>>),
    /// No line of an entry, or the first one behind it.
    Foreign,
}

/// The entry that the line begins.
pub(super) fn opens(line: &[u8]) -> Option<Entry> {
    if line.starts_with(b"__CURSOR=") {
        return Some(Entry::default());
    }
    if !line.ends_with(b"]") || memmem::find(line, b" [s=").is_none() {
        return None;
    }
    let mut stamp = stamp::iso(stamp::after_weekday(line)?)?;
    stamp.skip_named_zone();
    stamp.rest.starts_with(b" [s=").then(|| Entry {
        is_verbose: true,
        wall: stamp.wall,
        ..Entry::default()
    })
}

/// `MESSAGE=text` of an entry whose beginning was not seen.
pub(super) fn lone_message(line: &[u8]) -> Option<Frame<'_>> {
    Some(Frame {
        kind: FrameKind::Journal,
        message: Cow::Borrowed(line.strip_prefix(b"MESSAGE=")?),
        ..Frame::default()
    })
}

impl Entry {
    /// Takes the next line of the entry.
    pub(super) fn line<'a>(&mut self, line: &'a [u8]) -> Step<'a> {
        self.lines = self.lines.saturating_add(1);
        if self.lines > MAX_ENTRY_LINES {
            return self.given_up();
        }
        if self.is_verbose {
            return self.verbose_line(line);
        }
        if let Some((is_message, mut bytes)) = self.binary.take() {
            bytes.extend_from_slice(line);
            return self.binary_line(is_message, bytes);
        }
        if line.is_empty() {
            return Step::End(self.take_frame());
        }
        match split_once(line, b'=') {
            Some((key, value)) if is_key(key) => {
                self.set(key, value);
                Step::Field
            }
            None if is_key(line) => {
                self.binary = Some((line == b"MESSAGE", Vec::new()));
                Step::Field
            }
            _ => self.given_up(),
        }
    }

    /// A message that was read is worth more than the line that did not fit.
    fn given_up<'a>(&mut self) -> Step<'a> {
        match self.take_frame() {
            Some(frame) => Step::End(Some(frame)),
            None => Step::Foreign,
        }
    }

    fn binary_line<'a>(&mut self, is_message: bool, mut bytes: Vec<u8>) -> Step<'a> {
        let length = bytes
            .first_chunk::<8>()
            .map(|length| u64::from_le_bytes(*length));
        let wanted = match length.map(usize::try_from) {
            Some(Ok(length)) if length <= MAX_LINE_LEN => length.checked_add(8),
            Some(_) => return self.given_up(),
            None => None,
        };
        if wanted.is_some_and(|wanted| bytes.len() >= wanted) {
            if is_message {
                let text = bytes.get(8..wanted.unwrap_or(8));
                self.message = text.map(<[u8]>::to_vec);
            }
        } else {
            bytes.push(b'\n');
            self.binary = Some((is_message, bytes));
        }
        Step::Field
    }

    fn verbose_line<'a>(&mut self, line: &'a [u8]) -> Step<'a> {
        let field = line
            .strip_prefix(b"    ")
            .and_then(|line| split_once(line, b'='));
        if let Some((key, value)) = field.filter(|(key, _)| is_key(key)) {
            // Four blanks, the key, the sign.
            self.field = (key == b"MESSAGE", key.len().saturating_add(5));
            self.set(key, value);
            return Step::Field;
        }
        let (is_message, indent) = self.field;
        let more = line
            .split_at_checked(indent)
            .filter(|(blanks, _)| indent > 0 && blanks.iter().all(|byte| *byte == b' '));
        let Some((_, more)) = more else {
            return Step::Foreign;
        };
        if is_message
            && let Some(message) = &mut self.message
            && message.len().saturating_add(more.len()) < MAX_LINE_LEN
        {
            message.push(b'\n');
            message.extend_from_slice(more);
        }
        Step::Field
    }

    /// Whether the line stands behind this entry, whose end nothing else tells.
    pub(super) fn ends_before(&self, line: &[u8]) -> bool {
        self.is_verbose && !line.starts_with(b"    ")
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        let whole = || match number(value)? {
            (value, []) => Some(value),
            _ => None,
        };
        match key {
            b"MESSAGE" => self.message = Some(value.to_vec()),
            b"_TRANSPORT" => self.provenance.kernels_transport = Some(value == b"kernel"),
            b"SYSLOG_IDENTIFIER" => {
                self.provenance.kernels_name = Some(is_kernels_name(value));
                self.tag = Some(value.to_vec());
            }
            b"_SYSTEMD_UNIT" | b"_SYSTEMD_CGROUP" => {
                self.provenance.outside_services |= is_outside_services(value);
            }
            b"SYSLOG_FACILITY" => {
                let facility = whole().map(|value| u8::try_from(value).unwrap_or(u8::MAX));
                self.provenance.facility = facility.or(facility_by_name(value));
            }
            b"PRIORITY" => {
                self.level = whole().and_then(|value| u8::try_from(value).ok());
                self.level = self.level.filter(|level| *level <= 7);
            }
            b"_HOSTNAME" => self.host = Some(value.to_vec()),
            b"_BOOT_ID" => self.boot_id = Some(value.to_vec()),
            b"_SOURCE_MONOTONIC_TIMESTAMP" => self.kernel_time_us = whole(),
            b"__REALTIME_TIMESTAMP" => {
                self.wall = whole().and_then(WallTime::from_unix_micros);
            }
            _ => {}
        }
    }

    pub(super) fn take_frame<'a>(&mut self) -> Option<Frame<'a>> {
        let message = self.message.take()?;
        Some(self.frame(Cow::Owned(message)))
    }

    fn frame<'a>(&mut self, message: Cow<'a, [u8]>) -> Frame<'a> {
        Frame {
            kind: FrameKind::Journal,
            origin: self.provenance.origin(),
            level: self.level,
            kernel_time_us: self.kernel_time_us,
            wall: self.wall,
            host: self.host.take().map(Cow::Owned),
            tag: self
                .tag
                .take()
                .filter(|tag| !is_kernels_name(tag) && !self.provenance.outside_services)
                .map(Cow::Owned),
            boot_id: self.boot_id.take().map(Cow::Owned),
            message,
            ..Frame::default()
        }
    }
}

fn is_key(key: &[u8]) -> bool {
    (1..=64).contains(&key.len())
        && key
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}
