//! Removes what a log carrier puts around a kernel message.
//!
//! [`Framer::frame`] takes one line of a log and returns the kernel's own text with the data of the prefix: the
//! clock, the host, the level, and who wrote the text. The format is detected line by line and never configured;
//! a line in an unknown format is all message.

#[cfg(all(feature = "carriers", feature = "serde"))]
mod array;
mod cell;
mod detect;
mod dmesg;
#[cfg(feature = "carriers")]
mod dmesg_json;
mod framer;
mod identifier;
#[cfg_attr(
    not(feature = "carriers"),
    expect(dead_code, reason = "entries over several lines")
)]
mod journal;
#[cfg(any(feature = "carriers", feature = "serde"))]
mod json_escape;
#[cfg(feature = "carriers")]
mod json_text;
mod kmsg;
#[cfg(all(feature = "carriers", feature = "serde"))]
mod listing;
mod localized;
mod markup;
mod part;
mod prefix;
mod program;
#[cfg(feature = "carriers")]
mod prose;
#[cfg(feature = "serde")]
mod record;
mod scan;
mod stamp;
mod syslog;
mod syslog5424;
#[cfg(test)]
mod tests;
mod wrapper;
#[cfg(all(feature = "carriers", feature = "serde"))]
mod yaml_text;

#[cfg(feature = "serde")]
pub use record::with_member;

pub use framer::Framer;
#[cfg(feature = "serde")]
pub use prefix::record::RecordFramer;

#[cfg(feature = "serde")]
pub(crate) use detect::wall_time;
#[cfg(feature = "carriers")]
pub(crate) use detect::{has_head, is_programs, message_after_head, printk_stamp};
pub(crate) use markup::{may_be_emphasised, without_emphasis};
pub(crate) use part::{Part, part, part_of_line};
pub(crate) use prefix::Cut;
#[cfg(feature = "carriers")]
pub(crate) use program::is_klogs;

use self::detect::{MOST_NESTED, find, known_format};
use self::framer::without_return;
use crate::source::{Author, Origin, Provenance};
use crate::time::WallTime;
use alloc::borrow::Cow;

/// The format of a log line's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum FrameKind {
    /// No known prefix: the line is the message.
    #[default]
    Bare,
    /// A `/dev/kmsg` record: `6,5452,1149087276,-;message`.
    Kmsg,
    /// A ` KEY=value` line that belongs to the `/dev/kmsg` record before it.
    KmsgDictionary,
    /// dmesg's own stamp, in any of its forms: `[12345.678901] message`, `-T`, `-x`, `-r`, iso.
    Dmesg,
    /// An indented line without a stamp, after a stamped line: the text after a newline in the record before it,
    /// as `dmesg` and `journalctl` print it. It never begins a message.
    Indented,
    /// RFC 3164: `Jan  5 02:12:02 host kernel: message`, also as `journalctl -o short` prints it.
    Syslog,
    /// RFC 5424: `<6>1 2023-01-05T02:12:02+08:00 host kernel - - - message`.
    Syslog5424,
    /// One journal entry as JSON, export or verbose text.
    Journal,
    /// One record of `dmesg --json`.
    DmesgJson,
    /// A record of a log shipper, or a container runtime's log line.
    Record,
}

/// Whether a record is a whole printk or a piece of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Fragment {
    /// The format does not show it.
    #[default]
    Unknown,
    /// `/dev/kmsg` flag `-`.
    Whole,
    /// `/dev/kmsg` flag `c` or `+`: a piece of a continued line.
    Piece,
    /// A text of several lines in one value of a JSON record: the message is the whole text, including each
    /// line's prefix. [`FrameParser`](crate::FrameParser) splits it.
    Several,
}

/// The parts of one log line: a view over the line's bytes.
///
/// The message borrows from the line unless it had to be unescaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The format of the line.
    pub kind: FrameKind,
    /// Who wrote it, as far as the format shows it.
    pub author: Author,
    /// syslog level, 0 (emergency) to 7 (debug).
    pub level: Option<u8>,
    /// printk's clock in microseconds since boot.
    pub kernel_time_us: Option<u64>,
    /// The prefix's wall-clock time.
    pub wall: Option<WallTime>,
    /// printk's record number, as `/dev/kmsg` shows it.
    pub sequence: Option<u64>,
    /// Whether it is a whole printk or a piece of one.
    pub fragment: Fragment,
    /// Who printed: `T123` (thread) or `C1` (CPU, from an interrupt), with `CONFIG_PRINTK_CALLER`.
    pub caller: Option<Cow<'a, [u8]>>,
    /// The host's name.
    pub host: Option<Cow<'a, [u8]>>,
    /// journald's boot id, 32 hex digits.
    pub boot_id: Option<Cow<'a, [u8]>>,
    /// For a syslog line, its length including the prefix, in bytes; otherwise 0. A syslog carrier may cut its
    /// lines.
    pub line_len: usize,
    /// The kernel's text, unescaped. Contains newlines if the record had them.
    pub message: Cow<'a, [u8]>,
}

impl Frame<'_> {
    /// The author of the text, as an event names it.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.author.origin()
    }

    /// Sets the author.
    #[inline]
    fn by(mut self, author: Author) -> Self {
        self.author = author;
        self
    }

    /// Notes the length of the line from which it was read, if that is a syslog line.
    #[inline]
    fn note_len(&mut self, line: &[u8]) {
        if matches!(self.kind, FrameKind::Syslog | FrameKind::Syslog5424) && self.line_len == 0 {
            self.line_len = line.len();
        }
    }

    /// The same frame, with its own copy of the bytes.
    #[must_use]
    pub fn into_owned(self) -> Frame<'static> {
        fn own(bytes: Cow<'_, [u8]>) -> Cow<'static, [u8]> {
            Cow::Owned(bytes.into_owned())
        }
        Frame {
            kind: self.kind,
            author: self.author,
            level: self.level,
            kernel_time_us: self.kernel_time_us,
            wall: self.wall,
            sequence: self.sequence,
            fragment: self.fragment,
            caller: self.caller.map(own),
            host: self.host.map(own),
            boot_id: self.boot_id.map(own),
            line_len: self.line_len,
            message: own(self.message),
        }
    }
}
