//! Puts a message together that the kernel printed in pieces, or a carrier broke.
//!
//! A report's long lines are built from several printk calls (`pr_cont`). When another CPU prints in
//! between, or the record grows past its limit (976 to 1,021 bytes), the rest comes as records of its
//! own: flag `c` (or `+` up to 4.8) in `/dev/kmsg`, and nothing to tell it by in other captures. And a
//! newline in a comm breaks a line in every capture that is text.

use super::figures::RECORD_LIMIT;
use super::stamp::Stamp;
use crate::frame::{Fragment, Frame, FrameKind};
use crate::limits::{MAX_COMM_LEN, MAX_JOIN_GAP, MAX_JOINED_LEN, MAX_JOINED_PIECES};
use crate::line::{Line, parse_line};
use alloc::vec::Vec;

/// The narrowest that a paste is wrapped; a Killed line that breaks off earlier has a newline in its comm.
const MIN_WRAP_WIDTH: usize = 60;

/// The kinds of message that are printed in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Invoked,
    Cpuset,
    TaskIn,
    Group,
    Stats,
    Summary,
    /// `Killed process N (` without the rest: a newline in the comm.
    Killed,
    /// `CPU: … Comm: ` without the rest: a newline in the comm.
    TaskInfo,
}

/// A message whose end has not come yet.
#[derive(Debug)]
pub(super) struct Pending {
    kind: Kind,
    bytes: Vec<u8>,
    pub(super) stamp: Stamp,
    /// A piece was as long as a record can be: what follows it in its path is lost.
    pub(super) cut: bool,
    gap: u32,
    /// How many pieces it has, and how many of them stand behind a newline.
    pieces: u32,
    newlines: usize,
    last: Stamp,
    /// It began behind a carrier's prefix: a line without one is what a narrow paste broke off.
    has_prefix: bool,
}

/// What became of a record.
pub(super) enum Joined {
    /// It went into the pending message, which is not whole yet.
    Taken,
    /// It completed the pending message.
    Whole(Pending),
    /// It has nothing to do with the pending message.
    Unrelated,
    /// The pending message gets no more: read it as it is, then this record.
    Flush(Pending),
}

impl Pending {
    /// A message that begins a kind that may be continued, and is not whole.
    pub(super) fn start(frame: &Frame<'_>, line: &Line<'_>, stamp: Stamp) -> Option<Self> {
        let message = frame.message.as_ref();
        let kind = unfinished(message, line)?;
        let mut bytes = without_padding(kind, frame).to_vec();
        if kind == Kind::TaskInfo && bytes.ends_with(b":") {
            // Carriers drop the blank at the end of a line.
            bytes.push(b' ');
        }
        Some(Self {
            kind,
            bytes,
            stamp,
            cut: false,
            gap: 0,
            pieces: 1,
            newlines: 0,
            last: stamp,
            has_prefix: frame.kind != FrameKind::Bare,
        })
    }

    /// The message as far as it has come.
    pub(super) fn message(&self) -> &[u8] {
        &self.bytes
    }

    /// Offers the next record to `pending`.
    pub(super) fn offer(pending: &mut Option<Self>, frame: &Frame<'_>, stamp: Stamp) -> Joined {
        let Some(this) = pending else {
            return Joined::Unrelated;
        };
        let message = without_padding(this.kind, frame);
        let near = stamp.follows_within(&this.last, 2_000_000);
        let separator: &[&[u8]] = match (frame.fragment, frame.kind) {
            _ if !near => &[],
            (Fragment::Piece, _) if same_caller(&stamp, &this.stamp) => &[b""],
            (Fragment::Whole | Fragment::Piece, _) => &[],
            (_, FrameKind::Indented) => &[b"\n", b""],
            // syslog(2) repeats the prefix, with the record's own stamp, behind a newline.
            _ if is_known(message) => &[],
            _ if stamp.kernel_time_us.is_some()
                && stamp.kernel_time_us == this.last.kernel_time_us
                && !this.continues(message) =>
            {
                &[b"\n"]
            }
            _ if this.kind == Kind::Killed && this.is_in_comm() => match frame.kind {
                // A paste is not wrapped before it has this width.
                FrameKind::Bare if this.bytes.len() >= MIN_WRAP_WIDTH => &[b"", b" ", b"\n"],
                FrameKind::Bare => &[b"\n", b"", b" "],
                _ => &[b"\n", b""],
            },
            (_, FrameKind::Bare) => &[b"", b" "],
            // These are printed whole: only a newline in the comm breaks them behind a head of its own.
            _ if matches!(this.kind, Kind::Killed | Kind::TaskInfo) => &[b"\n", b""],
            _ => &[b""],
        };
        if let Some((bytes, separator)) = this.append(frame, message, separator) {
            this.pieces = this.pieces.saturating_add(1);
            this.newlines = this
                .newlines
                .saturating_add(usize::from(separator == b"\n"));
            // A path that fills a record was cut; one that others follow in the record was not.
            this.cut |= message.len() >= RECORD_LIMIT
                && message.first() == Some(&b'/')
                && crate::bytes::memmem::find(message, b",task").is_none();
            this.bytes = bytes;
            this.last = stamp;
            this.gap = 0;
            let line = parse_line(&this.bytes);
            // The cpuset's name may be followed by anything: only the line that ends knows its kind.
            let wants_mems = this.kind == Kind::Cpuset && !matches!(line, Line::Cpuset(_));
            if wants_mems || unfinished(&this.bytes, &line).is_some() {
                return Joined::Taken;
            }
            return pending.take().map_or(Joined::Taken, Joined::Whole);
        }
        this.gap = this.gap.saturating_add(1);
        if this.gap > MAX_JOIN_GAP || !near || is_known(message) {
            return pending.take().map_or(Joined::Unrelated, Joined::Flush);
        }
        Joined::Unrelated
    }

    /// The message with the piece, and what parts them, if the piece continues it in one of these ways.
    ///
    /// With each piece all is read anew, so that their number is bounded and not only their length.
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
            // All newlines stand in the comm.
            if separator == b"\n" && self.newlines >= MAX_COMM_LEN {
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
            let whole = unfinished(&bytes, &line).is_none();
            // A flag proves the piece; without one it must be a known piece, or stand right behind
            // and complete the message: with a piece of a path missing it could do so too.
            if frame.fragment == Fragment::Piece
                || self.gap == 0 && whole && is_sound(&line)
                || separator.is_empty() && (self.continues(piece) || self.is_wrapped(frame, piece))
                // A comm may hold several newlines one behind the other.
                || piece.is_empty() && separator == b"\n"
                || frame.kind == FrameKind::Bare
                    && progress(&line) > 0
                    && progress(&line) > progress(&parse_line(&self.bytes))
            {
                return Some((bytes, separator));
            }
        }
        None
    }

    /// Whether the piece is what a narrow paste broke off a summary.
    fn is_wrapped(&self, frame: &Frame<'_>, piece: &[u8]) -> bool {
        self.kind == Kind::Summary
            && self.has_prefix
            && self.gap == 0
            && frame.kind == FrameKind::Bare
            && !piece.is_empty()
            && !piece.contains(&b' ')
    }

    /// Whether a Killed line breaks off before its comm ends.
    fn is_in_comm(&self) -> bool {
        matches!(parse_line(&self.bytes), Line::Killed(line) if line.comm.is_none())
    }

    /// Whether the kernel could have printed this piece next.
    fn continues(&self, piece: &[u8]) -> bool {
        let begins = |starts: &[&[u8]]| starts.iter().any(|start| piece.starts_with(start));
        match self.kind {
            Kind::Summary => {
                if self.bytes.ends_with(b",cpuset=") {
                    return is_component(piece);
                }
                if ends_in(&self.bytes, &[b",oom_memcg=", b",task_memcg="]) {
                    begins(&[b"/"])
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
            Kind::TaskIn => {
                if ends_in(&self.bytes, &[b"Task in ", b"limit of "]) {
                    begins(&[b"/"])
                } else {
                    begins(&[
                        b" killed as a result of limit of ",
                        b" as a result of limit of ",
                    ])
                }
            }
            Kind::Group => begins(&[b"/", b" are going to be killed"]),
            Kind::Stats => begins(&[b"/", b": ", b" "]) && piece.ends_with(b"KB"),
            Kind::Cpuset if self.bytes.ends_with(b" cpuset=") => is_component(piece),
            Kind::Cpuset => begins(&[b" mems_allowed="]),
            Kind::Invoked | Kind::Killed | Kind::TaskInfo => false,
        }
    }
}

/// The text of a summary's piece without the blanks that a terminal or a console put behind it.
fn without_padding<'a>(kind: Kind, frame: &'a Frame<'_>) -> &'a [u8] {
    match frame.kind {
        FrameKind::Kmsg => &frame.message,
        _ if kind == Kind::Summary => frame.message.trim_ascii_end(),
        _ => frame.message.strip_suffix(b"\r").unwrap_or(&frame.message),
    }
}

fn same_caller(one: &Stamp, other: &Stamp) -> bool {
    one.caller.is_none() || other.caller.is_none() || one.caller == other.caller
}

fn ends_in(bytes: &[u8], ends: &[&[u8]]) -> bool {
    ends.iter().any(|end| bytes.ends_with(end))
}

/// Whether a record is a line of its own that could not be a piece of another.
fn is_known(message: &[u8]) -> bool {
    !matches!(
        parse_line(message),
        Line::Other | Line::Malformed | Line::Meminfo(_)
    ) || message.starts_with(b"Memory cgroup ")
        || beginning(message).is_some()
}

/// Whether a piece can be one component of a path: anything but a slash, or the root.
fn is_component(piece: &[u8]) -> bool {
    piece == b"/" || piece.len() <= 255 && !piece.contains(&b'/')
}

/// Whether a message that was put together reads as one line of its kind.
fn is_sound(line: &Line<'_>) -> bool {
    match line {
        Line::Killed(line) => line.comm.is_some() && line.cut.is_none(),
        Line::Summary(line) => line.is_whole() && line.cut.is_none(),
        Line::TaskIn(line) => line.cut.is_none(),
        Line::StatsHeading(line) => !line.cut && !line.inline.is_empty(),
        Line::Invoked(line) => line.oom_score_adj.is_some(),
        Line::TaskInfo(line) => line.release.is_some(),
        Line::Cpuset(_) | Line::Group(_) => true,
        _ => false,
    }
}

/// How far a Killed line goes: a line break is mended only where what follows reads on.
fn progress(line: &Line<'_>) -> usize {
    match line {
        Line::Killed(line) => [
            true,
            line.comm.is_some(),
            line.total_vm_kib.is_some(),
            line.anon_rss_kib.is_some(),
            line.file_rss_kib.is_some(),
            line.shmem_rss_kib.is_some(),
            line.pgtables_kib.is_some(),
            line.oom_score_adj.is_some(),
        ]
        .iter()
        .filter(|is_there| **is_there)
        .count(),
        _ => 0,
    }
}

/// The kind of a message that is not whole, given how it reads.
fn unfinished(message: &[u8], line: &Line<'_>) -> Option<Kind> {
    match line {
        Line::Summary(line) => (!line.is_whole()).then_some(Kind::Summary),
        Line::TaskIn(line) => line.cut.is_some().then_some(Kind::TaskIn),
        // With words in front (5.1) figures follow; before 2.6.32 a full stop.
        Line::Killed(line) => {
            let stops_early = line.message.is_some()
                && line.total_vm_kib.is_none()
                && message.trim_ascii_end().ends_with(b")");
            (line.comm.is_none() || line.cut.is_some() || stops_early).then_some(Kind::Killed)
        }
        Line::StatsHeading(line) => {
            let whole =
                line.inline.is_empty() || message.ends_with(b"KB") && ends_the_list(message);
            (!whole).then_some(Kind::Stats)
        }
        Line::TaskInfo(line) => line.comm.is_none().then_some(Kind::TaskInfo),
        Line::Invoked(_) => (message.ends_with(b"nodemask=")
            || message.ends_with(b"nodemask=(null)"))
        .then_some(Kind::Invoked),
        Line::Malformed | Line::Other => beginning(message),
        _ => None,
    }
}

/// The kind of a message that says too little to be read.
fn beginning(message: &[u8]) -> Option<Kind> {
    let starts = |start: &[u8]| message.starts_with(start);
    match message.first()? {
        b'o' if starts(b"oom-kill:constraint=") => Some(Kind::Summary),
        b'T' if starts(b"Task in ") => Some(Kind::TaskIn),
        b'T' if starts(b"Tasks in /") || message == b"Tasks in " => Some(Kind::Group),
        b'M' if starts(b"Memory cgroup stats for ") => Some(Kind::Stats),
        b'M' | b'O'
            if ends_in(
                message.trim_ascii_end(),
                &[b": Killed", b": Killed process"],
            ) =>
        {
            Some(Kind::Killed)
        }
        b'C' if starts(b"CPU: ") && message.ends_with(b" Comm:") => Some(Kind::TaskInfo),
        _ if message.ends_with(b" cpuset=") => Some(Kind::Cpuset),
        _ => None,
    }
}

/// Whether the one-line stats go on to their last key.
fn ends_the_list(message: &[u8]) -> bool {
    let start = message.len().saturating_sub(40);
    message
        .get(start..)
        .is_some_and(|tail| crate::bytes::memmem::find(tail, b" unevictable:").is_some())
}
