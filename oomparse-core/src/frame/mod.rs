//! What a log carrier puts around a kernel message.
//!
//! [`Framer::frame`] takes one line of a log and gives the kernel's own text with what the prefix
//! tells: the clock, the host, the level, and where the text came from. The form is found line by
//! line and never configured; a line in no known form is all message.

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
#[cfg(feature = "carriers")]
mod json_text;
mod kmsg;
#[cfg(all(feature = "carriers", feature = "serde"))]
mod listing;
mod localized;
mod markup;
mod part;
mod prefix;
#[cfg(feature = "serde")]
mod record;
mod scan;
mod stamp;
mod syslog;
mod syslog5424;
#[cfg(test)]
mod tests;
mod wrapper;

#[cfg(feature = "serde")]
pub use record::with_member;

pub(crate) use part::{Part, part, part_of_line};
pub(crate) use prefix::Cut;

use crate::bytes::{memmem, split_line};
use crate::line::{Line, parse_line};
use crate::source::{Author, Origin, Provenance};
use crate::time::WallTime;
use alloc::borrow::Cow;
#[cfg(feature = "carriers")]
use alloc::boxed::Box;

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
    /// A text of several lines that came as one value of a JSON record: the message is the whole of it, with
    /// what each line begins with. [`FrameParser`](crate::FrameParser) takes it apart.
    Several,
}

/// One log line, taken apart: a view over the line's bytes.
///
/// The message borrows from the line unless it had to be unescaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The form the line was found in.
    pub kind: FrameKind,
    /// Who wrote it, as far as the form shows it.
    pub author: Author,
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
    /// Of a syslog's line, its length with the prefix, in bytes; else 0. A carrier of such lines may cut them.
    pub line_len: usize,
    /// The kernel's text, unescaped. May hold newlines where one record had them.
    pub message: Cow<'a, [u8]>,
}

impl Frame<'_> {
    /// Where the text came from, as an event says it.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.author.origin()
    }

    /// Puts in who wrote it.
    #[inline]
    fn by(mut self, author: Author) -> Self {
        self.author = author;
        self
    }

    /// Notes how long the line is that it was found in, if that is a syslog's.
    #[inline]
    fn note_len(&mut self, line: &[u8]) {
        if matches!(self.kind, FrameKind::Syslog | FrameKind::Syslog5424) && self.line_len == 0 {
            self.line_len = line.len();
        }
    }

    /// The same frame with bytes of its own.
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

/// Finds the form of each line; remembers what the lines before it looked like.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    /// The form of the last line.
    last: FrameKind,
    /// How many bytes stood before the last stamped line's message.
    prefix_len: usize,
    /// How far the last line with a head was indented.
    indent: usize,
    /// Who wrote it.
    above: Author,
    /// An empty line stood behind it.
    gap: bool,
    /// Whether `[stamp]` lines go on with `host tag:`, once one of them told.
    is_short_monotonic: Option<bool>,
    /// The record over several lines that is open.
    open: Open,
    /// How many bytes of the next line are not handed in.
    dropped: usize,
    /// How the last line began, if the next one may be read by it.
    prefix: prefix::Prefix,
    /// The time that `dmesg -H` showed last.
    minute: Option<WallTime>,
}

/// A carrier's record that spans lines.
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
    /// A framer that has seen no line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one line apart, without its line end.
    ///
    /// Gives nothing for a line that is only a carrier's own structure (a bracket of
    /// `dmesg --json`, a field of a journal export entry that is not yet whole).
    #[inline]
    pub fn frame<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        if self.wants_every_line() {
            return self.within_open(line);
        }
        let line = without_return(line);
        let known = self.prefix.frame(self.look(line));
        known.or_else(|| self.single(line))
    }

    /// The same of a line that was cut off a text.
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

    /// Says that the next line is read without regard to how the last one began.
    pub(crate) fn forget_prefix(&mut self) {
        self.prefix.forget();
    }

    /// Sees whether a line begins as the last one did.
    ///
    /// Where code must be small each prefix is read: that gives the same.
    #[inline]
    pub(crate) fn look<'a>(&self, line: &'a [u8]) -> Cut<'a> {
        if cfg!(feature = "std") {
            self.prefix.look(line)
        } else {
            Cut::new(line)
        }
    }

    /// The first line of a text, and what follows its line end.
    #[inline]
    pub(crate) fn first_line<'a>(&self, text: &'a [u8]) -> Option<(Cut<'a>, &'a [u8])> {
        if cfg!(feature = "std") && !self.wants_every_line() {
            return self.prefix.first_line(text);
        }
        let (line, tail) = split_line(text)?;
        // Within a journal's entry every byte counts.
        let is_within = self.wants_every_line();
        let line = if is_within {
            line
        } else {
            without_return(line)
        };
        Some((Cut::new(line), tail))
    }

    /// Says that the next line has so many bytes more than are handed in: a journal's entry shows only by their
    /// number where it ends.
    pub(crate) fn drop_bytes(&mut self, bytes: usize) {
        self.dropped = bytes;
    }

    /// Whether the carrier's records span lines, so that no line may be skipped for now.
    #[must_use]
    #[inline]
    pub fn wants_every_line(&self) -> bool {
        !matches!(self.open, Open::Nothing)
    }

    /// The entry that ends before this line, which is to be handed in after it: the end of an entry of
    /// `journalctl -o verbose` shows only in what comes next.
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

    /// The record over several lines that is open, if it holds a message: no more lines come.
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

    /// A line while a record over several lines is open, with the carriage return that may end it.
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

    /// A line of another log amid an entry, which goes on behind it.
    #[cfg(feature = "carriers")]
    fn single_amid<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        let open = core::mem::take(&mut self.open);
        let frame = self.single(line);
        if !self.wants_every_line() {
            self.open = open;
        }
        frame
    }

    /// A line that is a record of its own, or begins one of several lines.
    fn single<'a>(&mut self, line: &'a [u8]) -> Option<Frame<'a>> {
        self.prefix.forget();
        match line {
            _ if line.trim_ascii().is_empty() => {
                // The line below may go on with the one above.
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
            // A quotation keeps the indentation behind its own marks.
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

    /// Whether lines that begin as this frame's did have such frames too, whatever their messages are: no
    /// host may still be found there.
    fn is_settled(&self, frame: &Frame<'_>) -> bool {
        let may_be_short = frame.kind == FrameKind::Dmesg && frame.level.is_none();
        !may_be_short || self.is_short_monotonic == Some(false)
    }

    /// Notes what the lines behind this one may go on with.
    fn note_head(&mut self, line: &[u8], frame: &mut Frame<'_>) {
        frame.note_len(line);
        self.last = frame.kind;
        self.gap = false;
        self.above = match frame.kind {
            // Where a program's name may stand in a line, what goes on below it is not the kernel's.
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
            // Text that was unescaped is shorter than it stands there.
            self.prefix_len = match frame.message {
                Cow::Borrowed(message) => line.len().saturating_sub(message.len()),
                Cow::Owned(_) => self.indent.saturating_add(SHORTEST_STAMP),
            };
        }
    }

    /// Whether the last line with a head is a program's.
    fn is_behind_program(&self) -> bool {
        self.above.is_program() && is_headed(self.last)
    }

    /// A line that goes on with the record before it, as its blanks in front tell for certain.
    ///
    /// dmesg and journalctl indent what follows a newline by the width of their own prefix, so it is
    /// no line of its own even if it looks like one: a process's name may hold a newline and a stamp.
    fn continued<'a>(&self, line: &'a [u8]) -> Option<Frame<'a>> {
        if matches!(self.last, FrameKind::Kmsg | FrameKind::KmsgDictionary) {
            return kmsg::dictionary(line);
        }
        let blanks = blanks_in_front(line);
        // Behind an empty line only as far in as behind a head.
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

    /// Tells `journalctl -o short-monotonic` from dmesg, whose stamp is the same.
    ///
    /// A host is there for certain where a line of the killer's stands behind `host kernel: ` that no comm
    /// begins. Elsewhere the first line decides that a kernel or a host's tag begins: afterwards a process whose
    /// name looks like `host kernel:` changes nothing. The tag proves a program's text but not the kernel's,
    /// since dmesg shows what a program wrote in the same place.
    fn look_for_host<'a>(&mut self, line: &'a [u8], frame: &mut Frame<'a>) {
        let told = frame.level.is_some() || frame.kernel_time_us.is_none();
        if told {
            return;
        }
        let text = match frame.message {
            Cow::Borrowed(text) => text,
            // dmesg's escapes were undone, which journalctl does not write.
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
            // `[  638.104526] kernel: text`: the host was taken out.
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
            // A line of the killer's, with a name in it that looks like a program's.
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

/// Whether a line of this form has a head.
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

/// Whether a line without a head may be the kernel's though one of a program's stands above it: figures and
/// the rest of a broken line are not.
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

/// How many bytes stand at least before a message: `[    0.000000] `, less what a short clock leaves out.
const SHORTEST_STAMP: usize = 12;

/// A depth at which no record is looked for in a text.
const MOST_NESTED: u8 = u8::MAX;

/// The frame of a line whose form its own bytes tell, by the first of them.
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
        // `journalctl -o json-seq` (RFC 7464) puts a record separator in front.
        0x1e => object(line.get(1..)?, nested),
        _ => None,
    }
}

/// An object as `journalctl -o json-sse` and the journal's gateway send it: `data: {…}`.
fn server_sent(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    let text = line.strip_prefix(b"data: ")?;
    text.starts_with(b"{").then(|| object(text, nested))?
}

/// A line that begins as a word does.
fn marked(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    // Of a journal's entry that came as a record for each line only the line is there: who wrote it stands
    // in another.
    let lone = (nested == 0).then(|| journal::lone_message(line));
    lone.flatten().or_else(|| wrapper::kibana_row(line))
}

use wrapper::behind_quotes;

/// The frame of a line whose first bytes are of no known form.
fn unknown(line: &[u8], nested: u8) -> Frame<'_> {
    wrapper::unwrap(line, nested)
}

#[cfg(feature = "serde")]
fn object(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    record::object(line, nested)
}

/// Whose text it is stands in the record, which is not read.
#[cfg(not(feature = "serde"))]
fn object(line: &[u8], _nested: u8) -> Option<Frame<'_>> {
    wrapper::looks_like_one(line).then(Frame::default)
}

/// The stamp that the text begins with, in microseconds, if it is as printk writes it: six decimals and
/// a blank behind it.
#[cfg(feature = "carriers")]
pub(crate) fn printk_stamp(text: &[u8]) -> Option<u64> {
    let (micros, rest) = stamp::printk(text)?;
    let inside = text.get(..text.len().checked_sub(rest.len())?)?;
    let point = inside.len().checked_sub(8)?;
    (inside.get(point) == Some(&b'.') && rest.starts_with(b" ")).then_some(micros)
}

/// A time as the record has it.
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

/// Whether a line begins as a log's line does: with a clock or a tag that belongs to a known form.
#[cfg(feature = "carriers")]
pub(crate) fn has_head(line: &[u8]) -> bool {
    known(line, 0).is_some_and(|frame| {
        frame.kernel_time_us.is_some() || frame.wall.is_some() || frame.level.is_some()
    })
}

/// The message of a line with a head, if the kernel may have written it and it stands there as it is.
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
