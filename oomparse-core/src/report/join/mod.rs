//! Joins a message that the kernel printed in pieces, or that a carrier broke.
//!
//! A report's long lines are built from several printk calls (`pr_cont`). When another CPU prints in between, or
//! the record grows past its limit (976 to 1,021 bytes), the rest comes as separate records: with flag `c` (or
//! `+` up to 4.8) in `/dev/kmsg`, and without any mark in other captures. And in every text capture, a newline in
//! a comm breaks the line.

mod held;
mod shape;

pub(super) use self::shape::may_start;

use self::held::{Tail, is_cut_len};
use self::shape::{is_component, is_known, is_sound, progress};
use crate::frame::{Fragment, Frame, FrameKind};
use crate::limits::{MAX_COMM_LEN, MAX_JOIN_GAP, MAX_JOINED_LEN, MAX_JOINED_PIECES};
use crate::line::{Joinable, Line, PATH_STEMS, ends_in, parse_line};
use crate::stamp::Stamp;
use alloc::vec::Vec;

/// The narrowest width at which a paste is wrapped; a Killed line that breaks off earlier has a newline in its
/// comm.
const MIN_WRAP_WIDTH: usize = 60;

/// How long after a piece the next one may come, in microseconds: a serial console may be in between.
const MAX_PIECE_GAP_US: u64 = 2_000_000;

/// Which paths of a summary were cut: the limit's, the victim's.
pub(super) type Cut = [bool; 2];

/// A message whose end has not come yet.
#[derive(Debug)]
pub(super) struct Pending {
    kind: Joinable,
    bytes: Vec<u8>,
    pub(super) stamp: Stamp,
    /// A piece was as long as a record can be: the rest of its path is lost.
    cut: Cut,
    /// It looks complete, and waits for one more record.
    is_held: bool,
    /// What is known about its end, if it has one.
    tail: Tail,
    /// The length of the record that contained its last bytes.
    record_len: usize,
    /// The number of the last record that was offered.
    seen: Option<u64>,
    gap: u32,
    /// How many pieces it has, and how many of them follow a newline.
    pieces: u32,
    newlines: usize,
    last: Stamp,
    /// It began with a carrier's prefix: a line without one is a part that a narrow paste broke off.
    has_prefix: bool,
}

/// What became of a record.
pub(super) enum Joined {
    /// It was added to the pending message, which is still incomplete.
    Taken,
    /// It completed the pending message.
    Whole(Pending),
    /// It has nothing to do with the pending message.
    Unrelated,
    /// The pending message gets no more pieces: read it as it is, and then this record.
    Flush(Pending),
}

impl Pending {
    /// A message of a kind that may be continued, and that is incomplete or may be.
    pub(super) fn start(frame: &Frame<'_>, line: &Line<'_>, stamp: Stamp) -> Option<Self> {
        let message = frame.message.as_ref();
        let joinable = line.joinable(message);
        let is_held = joinable.is_none() && matches!(line, Line::Summary(_));
        let kind = joinable.or(is_held.then_some(Joinable::Summary))?;
        let mut bytes = without_padding(kind, frame).to_vec();
        if kind == Joinable::TaskInfo && bytes.ends_with(b":") {
            // Carriers drop a blank at the end of a line.
            bytes.push(b' ');
        }
        Some(Self {
            kind,
            bytes,
            stamp,
            cut: [false; 2],
            is_held,
            tail: Tail::of(frame, message.len()),
            record_len: message.len(),
            seen: frame.sequence,
            gap: 0,
            pieces: 1,
            newlines: 0,
            last: stamp,
            has_prefix: frame.kind != FrameKind::Bare,
        })
    }

    /// The message as received so far.
    pub(super) fn message(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the limit's path and the victim's path were cut.
    pub(super) fn cut(&self) -> Cut {
        let [oom, task] = self.cut;
        let is_cut = self.kind == Joinable::Summary && self.tail == Tail::Cut;
        [oom || is_cut, task || self.has_no_end()]
    }

    /// Whether it looks complete, and waits for one more record.
    pub(super) fn is_held(&self) -> bool {
        self.is_held
    }

    /// Whether the apparent end of the message is not its end, or may not be.
    pub(super) fn has_no_end(&self) -> bool {
        self.kind == Joinable::Summary
            && (self.tail == Tail::Cut || ends_in(&self.bytes, &PATH_STEMS))
    }

    /// Offers the next record to `pending`. `is_thread` knows the threads of processes.
    pub(super) fn offer(
        pending: &mut Option<Self>,
        frame: &Frame<'_>,
        stamp: Stamp,
        is_thread: &dyn Fn(u32, u32) -> bool,
    ) -> Joined {
        let Some(this) = pending else {
            return Joined::Unrelated;
        };
        if this.is_held {
            return Self::offer_held(pending, frame, stamp, is_thread);
        }
        let message = without_padding(this.kind, frame);
        let near = stamp.follows_within(&this.last, MAX_PIECE_GAP_US);
        let separator: &[&[u8]] = match (frame.fragment, frame.kind) {
            _ if !near => &[],
            (Fragment::Piece, _) if this.may_go_on(message, &stamp) => &[b""],
            (Fragment::Whole | Fragment::Piece, _) => &[],
            // After a figure no comm goes on.
            (_, FrameKind::Indented) if this.bytes.ends_with(b"kB,") => &[b"", b" "],
            (_, FrameKind::Indented) => &[b"\n", b"", b" "],
            // syslog(2) repeats the prefix, with the record's own stamp, after a newline.
            _ if is_known(message) => &[],
            _ if stamp.kernel_time_us.is_some()
                && stamp.kernel_time_us == this.last.kernel_time_us
                && !this.continues(message) =>
            {
                &[b"\n"]
            }
            _ if this.kind == Joinable::Killed && this.is_in_comm() => match frame.kind {
                // A paste is not wrapped at a smaller width.
                FrameKind::Bare if this.bytes.len() >= MIN_WRAP_WIDTH => &[b"", b" ", b"\n"],
                FrameKind::Bare => &[b"\n", b"", b" "],
                _ => &[b"\n", b""],
            },
            (_, FrameKind::Bare) => &[b"", b" "],
            // These are printed in one piece: after a prefix of its own, only a newline in the comm breaks them.
            _ if matches!(this.kind, Joinable::Killed | Joinable::TaskInfo) => &[b"\n", b""],
            _ => &[b""],
        };
        if let Some((bytes, separator)) = this.append(frame, message, separator) {
            this.add(frame, bytes, separator, stamp);
            let line = parse_line(&this.bytes);
            // Any text may follow the cpuset's name: only the last piece of the line shows its kind.
            let wants_mems = this.kind == Joinable::Cpuset && !matches!(line, Line::Cpuset(_));
            if wants_mems || line.joinable(&this.bytes).is_some() {
                return Joined::Taken;
            }
            this.is_held = this.kind == Joinable::Summary && this.tail != Tail::Proven;
            if this.is_held {
                return Joined::Taken;
            }
            return pending.take().map_or(Joined::Taken, Joined::Whole);
        }
        this.seen = frame.sequence;
        this.gap = this.gap.saturating_add(1);
        if this.gap > MAX_JOIN_GAP || !near || is_known(message) {
            this.doubt(frame, is_thread);
            return pending.take().map_or(Joined::Unrelated, Joined::Flush);
        }
        Joined::Unrelated
    }

    /// Replaces the message by the one with another piece, and notes the separator.
    fn add(&mut self, frame: &Frame<'_>, bytes: Vec<u8>, separator: &[u8], stamp: Stamp) {
        let message = &frame.message;
        self.pieces = self.pieces.saturating_add(1);
        self.newlines = self
            .newlines
            .saturating_add(usize::from(separator == b"\n"));
        // After a line break, the record continues.
        let goes_on = frame.kind == FrameKind::Bare || !separator.is_empty();
        self.record_len = if goes_on {
            let before = self.record_len.saturating_add(separator.len());
            before.saturating_add(message.len())
        } else {
            message.len()
        };
        self.tail = Tail::of(frame, self.record_len);
        // A path that fills a record was cut, whatever it seems to end in.
        if is_cut_len(message.len()) && message.first() == Some(&b'/') {
            let [oom, task] = &mut self.cut;
            let cut = if self.bytes.ends_with(b",oom_memcg=") {
                oom
            } else {
                task
            };
            *cut = true;
        }
        self.bytes = bytes;
        self.last = stamp;
        self.seen = frame.sequence;
        self.gap = 0;
    }

    /// The message with the piece, and the separator between them, if the piece continues it in one of these
    /// ways.
    ///
    /// Each piece causes the whole message to be parsed again, so the number of pieces is bounded, not only their
    /// length.
    fn append<'s>(
        &self,
        frame: &Frame<'_>,
        piece: &[u8],
        separators: &[&'s [u8]],
    ) -> Option<(Vec<u8>, &'s [u8])> {
        if self.pieces >= MAX_JOINED_PIECES {
            return None;
        }
        for &separator in separators {
            // All newlines are in the comm.
            if separator == b"\n" && self.newlines >= MAX_COMM_LEN {
                continue;
            }
            // The kernel prints a blank there: copies that lost it are read, too.
            if separator.is_empty() && lacks_blank(&self.bytes, piece) {
                continue;
            }
            let len = self
                .bytes
                .len()
                .checked_add(separator.len())?
                .checked_add(piece.len())?;
            if len > MAX_JOINED_LEN {
                return None;
            }
            let mut bytes = Vec::with_capacity(len);
            bytes.extend_from_slice(&self.bytes);
            bytes.extend_from_slice(separator);
            bytes.extend_from_slice(piece);
            let line = parse_line(&bytes);
            // A flag proves the piece. Without one, it must be a known piece, or come right after the message and
            // complete it: without this rule, it could also do so if a piece of a path were missing.
            if frame.fragment == Fragment::Piece
                || self.gap == 0 && is_sound(&bytes, &line)
                || separator.is_empty() && (self.continues(piece) || self.is_wrapped(frame, piece))
                // A comm may contain several newlines in a row.
                || piece.is_empty() && separator == b"\n"
                || (frame.kind == FrameKind::Bare || is_broken_by_hand(frame, piece))
                    && progress(&line) > progress(&parse_line(&self.bytes))
            {
                return Some((bytes, separator));
            }
        }
        None
    }

    /// Whether a flagged piece can belong to this message. For a summary, every piece is recognised.
    fn may_go_on(&self, piece: &[u8], stamp: &Stamp) -> bool {
        let is_known = self.kind != Joinable::Summary || self.continues(piece);
        is_known && stamp.same_caller(&self.stamp)
    }

    /// Whether the piece was broken off a summary by a narrow paste.
    fn is_wrapped(&self, frame: &Frame<'_>, piece: &[u8]) -> bool {
        self.kind == Joinable::Summary
            && self.has_prefix
            && self.gap == 0
            && frame.kind == FrameKind::Bare
            && !piece.is_empty()
            && !piece.contains(&b' ')
    }

    /// Whether a Killed line breaks off before the end of its comm.
    fn is_in_comm(&self) -> bool {
        matches!(parse_line(&self.bytes), Line::Killed(line) if line.comm.is_none())
    }

    /// Whether the kernel could have printed this piece next.
    fn continues(&self, piece: &[u8]) -> bool {
        let begins = |starts: &[&[u8]]| starts.iter().any(|start| piece.starts_with(start));
        match self.kind {
            Joinable::Summary => {
                if self.bytes.ends_with(b",cpuset=") {
                    return is_component(piece);
                }
                if ends_in(&self.bytes, &PATH_STEMS) {
                    begins(&[b"/", b"(name too long)", b"(error)"])
                } else {
                    begins(&[
                        b",cpuset=",
                        b",mems_allowed=",
                        b",oom_memcg=/",
                        b",global_oom",
                        b",task",
                    ])
                }
            }
            Joinable::TaskIn => {
                if ends_in(&self.bytes, &[b"Task in ", b"limit of "]) {
                    begins(&[b"/"])
                } else {
                    begins(&[
                        b" killed as a result of limit of ",
                        b" as a result of limit of ",
                    ])
                }
            }
            Joinable::Group => begins(&[b"/", b" are going to be killed"]),
            Joinable::Stats => begins(&[b"/", b": ", b" "]) && piece.ends_with(b"KB"),
            Joinable::Cpuset if self.bytes.ends_with(b" cpuset=") => is_component(piece),
            Joinable::Cpuset => begins(&[b" mems_allowed="]),
            Joinable::Invoked | Joinable::Killed | Joinable::TaskInfo | Joinable::Selected => false,
        }
    }
}

/// Whether a Killed line's blank before the name or after a comma is missing between two of its pieces.
fn lacks_blank(bytes: &[u8], piece: &[u8]) -> bool {
    match (bytes.last(), piece.first()) {
        (Some(b'0'..=b'9'), Some(b'(')) => true,
        (Some(b','), Some(b'f' | b's' | b'U')) => bytes.ends_with(b"kB,"),
        _ => false,
    }
}

/// Whether somebody broke a line after a comma, and indented its rest. No comm with a newline in it has room for a
/// figure with a comma after a name.
fn is_broken_by_hand(frame: &Frame<'_>, piece: &[u8]) -> bool {
    frame.kind == FrameKind::Indented && piece.trim_ascii_end().ends_with(b"kB,")
}

/// The text of a summary's piece without the blanks that a terminal or a console put after it.
fn without_padding<'a>(kind: Joinable, frame: &'a Frame<'_>) -> &'a [u8] {
    match frame.kind {
        FrameKind::Kmsg => &frame.message,
        _ if kind == Joinable::Summary => frame.message.trim_ascii_end(),
        _ => frame.message.strip_suffix(b"\r").unwrap_or(&frame.message),
    }
}

#[cfg(test)]
mod tests;
