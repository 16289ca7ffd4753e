//! What a log carrier puts around a kernel message.
//!
//! [`Framer::frame`] takes one line of a log and gives the kernel's own text with what the prefix
//! tells: the clock, the host, the level, and where the text came from. The form is found line by
//! line and never configured; a line in no known form is all message.

mod dmesg;
mod kmsg;
#[cfg(feature = "serde")]
mod record;
mod scan;
mod stamp;
mod syslog;

use crate::time::WallTime;
use alloc::borrow::Cow;

/// Where a line's text came from, as far as its frame proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Origin {
    /// The kernel wrote it: kmsg facility 0, a `kernel` tag, `_TRANSPORT=kernel` with facility 0.
    Kernel,
    /// A program wrote it: kmsg facility 1 or more, another syslog tag. Never becomes an event.
    UserSpace,
    /// The form does not tell: plain dmesg text, a paste.
    #[default]
    Unknown,
}

/// The form of a log line's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum FrameKind {
    /// No prefix known: the line is the message.
    #[default]
    Bare,
    /// A `/dev/kmsg` record: `6,5452,1149087276,-;message`.
    Kmsg,
    /// A ` KEY=value` line that belongs to the `/dev/kmsg` record before it.
    KmsgDictionary,
    /// dmesg's own stamp, in any of its forms: `[12345.678901] message`, `-T`, `-x`, `-r`, iso.
    Dmesg,
    /// An indented line without a stamp after a stamped one: what stands behind a newline in the
    /// record before it (`dmesg` and `journalctl` print it so). It starts no message of its own.
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
    /// The form does not tell.
    #[default]
    Unknown,
    /// `/dev/kmsg` flag `-`.
    Whole,
    /// `/dev/kmsg` flag `c` or `+`: a piece of a continued line.
    Piece,
}

/// One log line, taken apart: a view over the line's bytes.
///
/// The message borrows from the line unless it had to be unescaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The form the line was found in.
    pub kind: FrameKind,
    /// Where the text came from, as far as the form proves it.
    pub origin: Origin,
    /// syslog level, 0 (emergency) to 7 (debug).
    pub level: Option<u8>,
    /// printk's clock in microseconds since boot.
    pub kernel_time_us: Option<u64>,
    /// The prefix's wall-clock time.
    pub wall: Option<WallTime>,
    /// printk's record number, as `/dev/kmsg` shows it.
    pub sequence: Option<u64>,
    /// Whole printk or piece of one.
    pub fragment: Fragment,
    /// Who printed: `T123` (thread) or `C1` (CPU, from an interrupt), with `CONFIG_PRINTK_CALLER`.
    pub caller: Option<Cow<'a, [u8]>>,
    /// The host's name.
    pub host: Option<Cow<'a, [u8]>>,
    /// journald's boot id, 32 hex digits.
    pub boot_id: Option<Cow<'a, [u8]>>,
    /// The kernel's text, unescaped. May hold newlines where one record had them.
    pub message: Cow<'a, [u8]>,
}

impl Frame<'_> {
    /// The same frame with bytes of its own.
    #[must_use]
    pub fn into_owned(self) -> Frame<'static> {
        fn own(bytes: Cow<'_, [u8]>) -> Cow<'static, [u8]> {
            Cow::Owned(bytes.into_owned())
        }
        Frame {
            kind: self.kind,
            origin: self.origin,
            level: self.level,
            kernel_time_us: self.kernel_time_us,
            wall: self.wall,
            sequence: self.sequence,
            fragment: self.fragment,
            caller: self.caller.map(own),
            host: self.host.map(own),
            boot_id: self.boot_id.map(own),
            message: own(self.message),
        }
    }
}

/// Finds the form of each line; remembers what the lines before it looked like.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    /// The form of the last line that had one.
    last: FrameKind,
}

impl Framer {
    /// A framer that has seen no line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one line apart, without its line end.
    ///
    /// Gives nothing for a line that is only a carrier's own structure (a bracket of
    /// `dmesg --json`, a field of a journal export entry that is not yet whole).
    pub fn frame<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if matches!(self.last, FrameKind::Kmsg | FrameKind::KmsgDictionary)
            && let Some(frame) = kmsg::dictionary(line)
        {
            return Some(frame);
        }
        let frame = known(line, 0).unwrap_or_else(|| Frame {
            message: Cow::Borrowed(line),
            ..Frame::default()
        });
        self.last = frame.kind;
        Some(frame)
    }

    /// Whether the carrier's records span lines, so that no line may be skipped for now.
    #[must_use]
    pub fn wants_every_line(&self) -> bool {
        false
    }
}

/// The frame of a line whose form its own bytes tell, by the first of them.
#[inline]
fn known(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    match line.first()? {
        b'0'..=b'9' => kmsg::record(line)
            .or_else(|| syslog::numbered_date(line))
            .or_else(|| dmesg::lost_bracket(line)),
        b'[' => dmesg::bracketed(line),
        b'A'..=b'Z' => syslog::named_date(line),
        b'<' => syslog::prioritised(line),
        b'a'..=b'z' => dmesg::decoded(line),
        #[cfg(feature = "serde")]
        b'{' => record::object(line, nested),
        _ => {
            let _ = nested;
            None
        }
    }
}
