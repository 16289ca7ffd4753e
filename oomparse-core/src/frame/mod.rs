//! Removes what a log carrier puts around a kernel message.
//!
//! [`Framer::frame`] takes one line of a log and returns the kernel's own text with the data of the prefix: the
//! clock, the host, the level, and who wrote the text. The format is detected line by line and never configured;
//! a line in an unknown format is all message.

#[cfg(all(feature = "carriers", feature = "serde"))]
mod array;
mod cell;
mod dmesg;
#[cfg(feature = "carriers")]
mod dmesg_json;
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

pub(crate) use markup::{may_be_emphasised, without_emphasis};
pub(crate) use part::{Part, part, part_of_line};
pub(crate) use prefix::Cut;

use crate::bytes::{memmem, split_line};
use crate::line::{Line, parse_line};
use crate::source::{Author, Origin, Provenance};
use crate::time::WallTime;
use alloc::borrow::Cow;
#[cfg(feature = "carriers")]
use alloc::boxed::Box;

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

/// Detects the format of each line, and remembers the formats of the lines before it.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    /// The format of the last line.
    last: FrameKind,
    /// How many bytes preceded the message of the last stamped line.
    prefix_len: usize,
    /// The indentation of the last line with a prefix.
    indent: usize,
    /// Who wrote it.
    above: Author,
    /// An empty line follows it.
    gap: bool,
    /// Whether `host tag:` follows `[stamp]`, once a line has shown it.
    is_short_monotonic: Option<bool>,
    /// The open record over several lines.
    open: Open,
    /// How many bytes of the next line are missing.
    dropped: usize,
    /// The prefix of the last line, if the next line may be read by comparing it.
    prefix: prefix::Prefix,
    /// The last time that `dmesg -H` showed.
    minute: Option<WallTime>,
}

/// A carrier's record over several lines.
#[derive(Clone, Debug, Default)]
enum Open {
    #[default]
    Nothing,
    #[cfg(feature = "carriers")]
    DmesgJson(Box<dmesg_json::Record>),
    #[cfg(feature = "carriers")]
    Entry(Box<journal::Entry>),
    #[cfg(all(feature = "carriers", feature = "serde"))]
    Listing(Box<listing::Listing>),
}

impl Framer {
    /// A framer that has seen no lines yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Splits one line, without its line end, into its parts.
    ///
    /// Returns `None` for a line that is only part of a carrier's structure (a bracket of `dmesg --json`, or a
    /// field of a journal export entry that is not complete yet).
    #[inline]
    pub fn frame<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        if self.wants_every_line() {
            return self.within_open(line);
        }
        let line = without_return(line);
        let known = self.prefix.frame(self.look(line));
        known.or_else(|| self.single(line))
    }

    /// The same for a line that was cut from a text.
    pub(crate) fn frame_of<'a>(&mut self, cut: Cut<'a>) -> Option<Frame<'a>> {
        if self.wants_every_line() {
            return self.within_open(cut.line);
        }
        let known = self.prefix.frame(cut);
        known.or_else(|| self.single(without_return(cut.line)))
    }

    /// The clock and the message of a line that differs from the last one in nothing else.
    #[inline(always)]
    pub(crate) fn next_of<'a>(&self, cut: Cut<'a>) -> Option<(u64, &'a [u8])> {
        self.prefix.next(cut).filter(|_| !self.wants_every_line())
    }

    /// Makes the next line be read without comparing it with the last line's prefix.
    pub(crate) fn forget_prefix(&mut self) {
        self.prefix.forget();
    }

    /// Checks whether a line begins like the last one.
    ///
    /// In small builds every prefix is parsed, with the same result.
    #[inline]
    pub(crate) fn look<'a>(&self, line: &'a [u8]) -> Cut<'a> {
        if cfg!(feature = "std") {
            self.prefix.look(line)
        } else {
            Cut::new(line)
        }
    }

    /// The first line of a text, and the text after its line end.
    #[inline]
    pub(crate) fn first_line<'a>(&self, text: &'a [u8]) -> Option<(Cut<'a>, &'a [u8])> {
        if cfg!(feature = "std") && !self.wants_every_line() {
            return self.prefix.first_line(text);
        }
        let (line, tail) = split_line(text)?;
        // Within a journal entry, every byte counts.
        let is_within = self.wants_every_line();
        let line = if is_within {
            line
        } else {
            without_return(line)
        };
        Some((Cut::new(line), tail))
    }

    /// Notes that the next line has this many bytes more than are passed in: only their number shows where a
    /// journal entry ends.
    pub(crate) fn drop_bytes(&mut self, bytes: usize) {
        self.dropped = bytes;
    }

    /// Takes the indented line above a line with one of the kernel's words: a text may begin on it.
    #[cfg(feature = "carriers")]
    pub(crate) fn show_above(&mut self, line: &[u8]) {
        #[cfg(all(feature = "carriers", feature = "serde"))]
        if let (Open::Nothing, Some(listing)) = (&self.open, listing::opens_above(line)) {
            self.open = Open::Listing(Box::new(listing));
        }
        #[cfg(not(all(feature = "carriers", feature = "serde")))]
        let _ = line;
    }

    /// Whether the carrier's records span lines, so that no line may be skipped for now.
    #[must_use]
    #[inline]
    pub fn wants_every_line(&self) -> bool {
        !matches!(self.open, Open::Nothing)
    }

    /// The entry that ends before this line, which is to be passed in afterwards: only the next line shows where
    /// an entry of `journalctl -o verbose` ends.
    pub fn end_before(&mut self, line: &[u8]) -> Option<Frame<'static>> {
        #[cfg(feature = "carriers")]
        if let Open::Entry(entry) = &self.open
            && entry.ends_before(line)
        {
            return self.finish();
        }
        #[cfg(all(feature = "carriers", feature = "serde"))]
        if let Open::Listing(listing) = &self.open
            && !listing.goes_on(line)
        {
            return self.finish();
        }
        #[cfg(not(feature = "carriers"))]
        let _ = line;
        None
    }

    /// Ends the log: the open record over several lines, if it contains a message.
    pub fn finish(&mut self) -> Option<Frame<'static>> {
        self.prefix.forget();
        match core::mem::take(&mut self.open) {
            #[cfg(feature = "carriers")]
            Open::Entry(mut entry) => entry.take_frame(),
            #[cfg(all(feature = "carriers", feature = "serde"))]
            Open::Listing(mut listing) => listing.take_frame(),
            _ => None,
        }
    }

    /// Reads a line while a record over several lines is open, including a carriage return at its end.
    fn within_open<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        self.prefix.forget();
        match &mut self.open {
            Open::Nothing => {}
            #[cfg(feature = "carriers")]
            Open::DmesgJson(record) => match record.line(without_return(line)) {
                dmesg_json::Step::Message(frame) => return Some(frame),
                dmesg_json::Step::Structure => return None,
                dmesg_json::Step::End => {
                    self.open = Open::Nothing;
                    return None;
                }
                dmesg_json::Step::Foreign => {}
            },
            #[cfg(feature = "carriers")]
            Open::Entry(entry) => match entry.line(line, core::mem::take(&mut self.dropped)) {
                journal::Step::Field => return None,
                journal::Step::End(frame) => {
                    self.open = Open::Nothing;
                    return frame;
                }
                journal::Step::Foreign => {}
                journal::Step::Amid => return self.single_amid(without_return(line)),
            },
            #[cfg(all(feature = "carriers", feature = "serde"))]
            Open::Listing(listing) => {
                if listing.goes_on(line) {
                    listing.line(line);
                    return None;
                }
            }
        }
        self.open = Open::Nothing;
        self.single(without_return(line))
    }

    /// Reads a line of another log within an entry, which continues after it.
    #[cfg(feature = "carriers")]
    fn single_amid<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        let open = core::mem::take(&mut self.open);
        let frame = self.single(line);
        if !self.wants_every_line() {
            self.open = open;
        }
        frame
    }

    /// Reads a line that is a separate record, or begins a record of several lines.
    fn single<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        self.prefix.forget();
        match line {
            _ if line.trim_ascii().is_empty() => {
                // The line below may continue the line above.
                self.gap = true;
                return Some(Frame {
                    message: Cow::Borrowed(line),
                    ..Frame::default()
                });
            }
            [b' ' | b'\t', ..] => {
                if let Some(frame) = self.continued(line) {
                    self.last = frame.kind;
                    return Some(frame);
                }
            }
            #[cfg(feature = "carriers")]
            [b'_' | b'M' | b'T' | b'W' | b'F' | b'S', ..] => {
                if let Some(entry) = journal::opens(line) {
                    self.open = Open::Entry(Box::new(entry));
                    return None;
                }
            }
            _ => {}
        }
        #[cfg(feature = "carriers")]
        if matches!(line, [b' ' | b'\t' | b'"' | b'{', ..]) && dmesg_json::opens(line) {
            self.open = Open::DmesgJson(Box::default());
            return None;
        }
        #[cfg(all(feature = "carriers", feature = "serde"))]
        if matches!(
            line,
            [b' ' | b'\t' | b'"' | b'-' | b'a'..=b'z' | b'M' | b'@', ..]
        ) && let Some(listing) = listing::opens(line)
        {
            self.open = Open::Listing(Box::new(listing));
            return None;
        }
        let known = known(line, 0);
        let is_known = known.is_some();
        let mut frame = known.unwrap_or_else(|| unknown(line, 0));
        if frame.kind == FrameKind::Dmesg {
            if frame.wall.is_some() {
                self.minute = frame.wall;
            } else if dmesg::is_of_same_minute(line) {
                frame.wall = self.minute;
            }
            self.look_for_host(line, &mut frame);
        }
        if cfg!(feature = "std") && is_known && self.is_settled(&frame) {
            self.prefix.remember(line, &frame);
        }
        if frame.kind == FrameKind::Bare {
            // A quotation keeps its own indentation after the quote marks.
            let text = behind_quotes(line);
            if self.is_indented(text) {
                frame.kind = FrameKind::Indented;
                frame.message = Cow::Borrowed(text.trim_ascii_start());
                self.last = FrameKind::Indented;
                return Some(frame.by(self.above));
            }
            if self.is_behind_program() && frame.message.len() == line.len() && !stands_alone(line)
            {
                return Some(frame.by(self.above));
            }
        }
        self.note_head(line, &mut frame);
        Some(frame)
    }

    /// Whether all lines with this frame's prefix have the same frame, whatever their messages are: no host may
    /// still be found in them.
    fn is_settled(&self, frame: &Frame<'_>) -> bool {
        let may_be_short = frame.kind == FrameKind::Dmesg && frame.level.is_none();
        !may_be_short || self.is_short_monotonic == Some(false)
    }

    /// Notes what the following lines may continue.
    fn note_head(&mut self, line: &[u8], frame: &mut Frame<'_>) {
        frame.note_len(line);
        self.last = frame.kind;
        self.gap = false;
        self.above = match frame.kind {
            // If a program's name may be in a line, text that continues below it is not the kernel's.
            FrameKind::Syslog
                if !frame.author.is_known()
                    && identifier::behind_kernel_tag(&frame.message)
                        != identifier::Amid::Nothing =>
            {
                Author::PROGRAM
            }
            _ => frame.author,
        };
        if matches!(frame.kind, FrameKind::Dmesg | FrameKind::Syslog) {
            self.indent = blanks_in_front(line);
            // Unescaped text is shorter than the original.
            self.prefix_len = match frame.message {
                Cow::Borrowed(message) => line.len().saturating_sub(message.len()),
                Cow::Owned(_) => self.indent.saturating_add(SHORTEST_STAMP),
            };
        }
    }

    /// Whether the last line with a prefix is a program's.
    fn is_behind_program(&self) -> bool {
        self.above.is_program() && is_headed(self.last)
    }

    /// A line that certainly continues the record before it, because of its leading blanks.
    ///
    /// dmesg and journalctl indent the text after a newline by the width of their own prefix. Such a line is
    /// never a line of its own, even if it looks like one: a process's name may contain a newline and a stamp.
    fn continued<'a>(&self, line: &'a [u8]) -> Option<Frame<'a>> {
        if matches!(self.last, FrameKind::Kmsg | FrameKind::KmsgDictionary) {
            return kmsg::dictionary(line);
        }
        let blanks = blanks_in_front(line);
        // After an empty line, only with the indentation that follows a prefix.
        let least = if self.gap { SHORTEST_STAMP } else { 1 };
        let is_programs = self.is_behind_program() && blanks >= self.indent.saturating_add(least);
        let message = if is_programs {
            line
        } else if self.is_indented(line) && self.prefix_len > 0 {
            let (indent, message) = line.split_at_checked(self.prefix_len)?;
            indent.iter().all(|byte| *byte == b' ').then_some(message)?
        } else {
            return None;
        };
        let frame = Frame {
            kind: FrameKind::Indented,
            message: Cow::Borrowed(message.trim_ascii_start()),
            ..Frame::default()
        };
        Some(frame.by(self.above))
    }

    fn is_indented(&self, line: &[u8]) -> bool {
        line.starts_with(b"  ") && is_headed(self.last)
    }

    /// Distinguishes `journalctl -o short-monotonic` from dmesg, which has the same stamp.
    ///
    /// There is certainly a host if `host kernel: `, at a place where no comm can be, precedes a line of the
    /// killer. Otherwise the first line that begins with the kernel's text or a host's tag decides; a later
    /// process whose name looks like `host kernel:` changes nothing. The tag proves a program's text but not the
    /// kernel's, because dmesg shows text of programs in the same place.
    fn look_for_host<'a>(&mut self, line: &'a [u8], frame: &mut Frame<'a>) {
        let told = frame.level.is_some() || frame.kernel_time_us.is_none();
        if told {
            return;
        }
        let text = match frame.message {
            Cow::Borrowed(text) => text,
            // dmesg's escapes were decoded, which journalctl does not write.
            Cow::Owned(_) => match memmem::find(line, b"] ").and_then(|at| line.get(at..)) {
                Some(text) => text.get(2..).unwrap_or_default(),
                None => return,
            },
        };
        let is_dmesg = self.is_short_monotonic == Some(false);
        if is_dmesg && !syslog::may_name_host(text) {
            return;
        }
        let Some(found) = syslog::short_monotonic(text) else {
            // `[  638.104526] kernel: text`: somebody removed the host.
            if let Some(text) = text.strip_prefix(b"kernel: ")
                && !matches!(parse_line(text), Line::Other | Line::Malformed)
            {
                frame.message = Cow::Borrowed(text);
                return;
            }
            if self.is_short_monotonic.is_none() && parse_line(text) != Line::Other {
                self.is_short_monotonic = Some(false);
            }
            return;
        };
        let is_certain = !found.author.is_program()
            && !matches!(
                parse_line(found.text),
                Line::Other | Line::Malformed | Line::Invoked(_) | Line::Cpuset(_)
            );
        if is_dmesg && !is_certain {
            return;
        }
        if found.is_odd && !matches!(parse_line(text), Line::Other | Line::Invoked(_)) {
            // A line of the killer that contains a name that looks like a program's.
            return;
        }
        if !found.is_odd {
            self.is_short_monotonic = Some(true);
        }
        frame.kind = FrameKind::Syslog;
        frame.host = Some(Cow::Borrowed(found.host));
        frame.message = Cow::Borrowed(found.text);
        if found.author.is_program() {
            *frame = core::mem::take(frame).by(found.author);
        }
    }
}

/// Whether a line of this format has a prefix.
fn is_headed(kind: FrameKind) -> bool {
    matches!(
        kind,
        FrameKind::Dmesg | FrameKind::Syslog | FrameKind::Syslog5424 | FrameKind::Indented
    )
}

fn blanks_in_front(line: &[u8]) -> usize {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    line.iter().take_while(is_blank).count()
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether a line without a prefix may be the kernel's although the line above is a program's: not for figures,
/// or for the rest of a broken line.
fn stands_alone(text: &[u8]) -> bool {
    matches!(
        parse_line(text),
        Line::Invoked(_)
            | Line::TaskIn(_)
            | Line::Selected(_)
            | Line::Summary(_)
            | Line::Killed(_)
            | Line::SharingMm(_)
            | Line::Group(_)
            | Line::Exiting(_)
            | Line::Reaped(_)
            | Line::Fatal(_)
    )
}

/// The shortest text before a message: `[    0.000000] `, minus what a short clock omits.
const SHORTEST_STAMP: usize = 12;

/// At this depth a text is not searched for records.
const MOST_NESTED: u8 = u8::MAX;

/// The frame of a line whose first byte selects its format.
#[inline]
fn known(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    match line.first()? {
        b'0'..=b'9' => kmsg::record(line)
            .or_else(|| syslog::numbered_date(line))
            .or_else(|| dmesg::lost_bracket(line)),
        b'[' => dmesg::bracketed(line),
        b'A'..=b'Z' => syslog::named_date(line).or_else(|| marked(line, nested)),
        b'<' => syslog::prioritised(line),
        b'a'..=b'z' => server_sent(line, nested).or_else(|| dmesg::decoded(line)),
        b'{' => object(line, nested),
        // `journalctl -o json-seq` (RFC 7464) begins each record with a record separator.
        0x1e => object(line.get(1..)?, nested),
        _ => None,
    }
}

/// An object as sent by `journalctl -o json-sse` and the journal's gateway: `data: {…}`.
fn server_sent(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    let text = line.strip_prefix(b"data: ")?;
    text.starts_with(b"{").then(|| object(text, nested))?
}

/// A line that begins with a word.
fn marked(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    // If a journal entry came as one record per line, this record has only the line: its author is in another
    // one.
    let lone = (nested == 0).then(|| journal::lone_message(line));
    lone.flatten().or_else(|| wrapper::kibana_row(line))
}

use wrapper::behind_quotes;

/// The frame of a line whose first bytes match no known format.
fn unknown(line: &[u8], nested: u8) -> Frame<'_> {
    wrapper::unwrap(line, nested)
}

#[cfg(feature = "serde")]
fn object(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    record::object(line, nested)
}

/// The author is shown in the record, which is not read.
#[cfg(not(feature = "serde"))]
fn object(line: &[u8], _nested: u8) -> Option<Frame<'_>> {
    wrapper::looks_like_one(line).then(Frame::default)
}

/// The stamp at the start of the text, in microseconds, if it is formatted by printk: six decimals, and a blank
/// after it.
#[cfg(feature = "carriers")]
pub(crate) fn printk_stamp(text: &[u8]) -> Option<u64> {
    let (micros, rest) = stamp::printk(text)?;
    let inside = text.get(..text.len().checked_sub(rest.len())?)?;
    let point = inside.len().checked_sub(8)?;
    (inside.get(point) == Some(&b'.') && rest.starts_with(b" ")).then_some(micros)
}

/// A time in the format of the record.
#[cfg(feature = "serde")]
pub(crate) fn wall_time(text: &[u8]) -> Option<WallTime> {
    let stamp = stamp::iso(text).filter(|stamp| stamp.rest.is_empty())?;
    stamp.wall
}

/// Whether a line shows that a program wrote it.
#[cfg(feature = "carriers")]
pub(crate) fn is_programs(line: &[u8]) -> bool {
    let frame = find(line, 0);
    let is_short = || {
        let found = syslog::short_monotonic(&frame.message)?;
        Some(!found.is_odd && found.author.is_program())
    };
    frame.author.is_program() || frame.kind == FrameKind::Dmesg && is_short().unwrap_or(false)
}

/// Whether a line begins like a log line: with a clock or a tag of a known format.
#[cfg(feature = "carriers")]
pub(crate) fn has_head(line: &[u8]) -> bool {
    known(line, 0).is_some_and(|frame| {
        frame.kernel_time_us.is_some() || frame.wall.is_some() || frame.level.is_some()
    })
}

/// The message of a line with a prefix, if the kernel may have written it and it is not escaped.
#[cfg(feature = "carriers")]
pub(crate) fn message_behind_head(line: &[u8]) -> Option<&[u8]> {
    let frame = known(line, 0)?;
    match (frame.kind, frame.message) {
        (FrameKind::Dmesg | FrameKind::Syslog, Cow::Borrowed(message))
            if !frame.author.is_program() =>
        {
            Some(message)
        }
        _ => None,
    }
}

/// The frame of any line.
fn find(line: &[u8], nested: u8) -> Frame<'_> {
    let mut frame = known(line, nested).unwrap_or_else(|| unknown(line, nested));
    frame.note_len(line);
    frame
}
