//! Puts a message together that the kernel printed in pieces, or a carrier broke.
//!
//! A report's long lines are built from several printk calls (`pr_cont`). When another CPU prints in
//! between, or the record grows past its limit (976 to 1,021 bytes), the rest comes as records of its
//! own: flag `c` (or `+` up to 4.8) in `/dev/kmsg`, and nothing to tell it by in other captures. And a
//! newline in a comm breaks a line in every capture that is text.

use super::stamp::Stamp;
use super::state::RECORD_LIMIT;
use crate::frame::{Fragment, Frame, FrameKind};
use crate::limits::{MAX_JOIN_GAP, MAX_JOINED_LEN};
use crate::line::{Line, parse_line};
use alloc::vec::Vec;

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
    last: Stamp,
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
    pub(super) fn start(message: &[u8], stamp: Stamp) -> Option<Self> {
        let kind = unfinished(message)?;
        let mut bytes = message.to_vec();
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
            last: stamp,
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
        let message = frame.message.as_ref();
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
            (_, FrameKind::Bare) => &[b"", b" "],
            // These are printed whole: only a newline in the comm breaks them behind a head of its own.
            _ if matches!(this.kind, Kind::Killed | Kind::TaskInfo) => &[b"\n", b""],
            _ => &[b""],
        };
        if let Some(bytes) = this.append(frame, message, separator) {
            // A path that fills a record was cut; one that others follow in the record was not.
            this.cut |= message.len() >= RECORD_LIMIT
                && message.first() == Some(&b'/')
                && memchr::memmem::find(message, b",task").is_none();
            this.bytes = bytes;
            this.last = stamp;
            this.gap = 0;
            if unfinished(&this.bytes).is_some() {
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

    /// The message with the piece, if the piece continues it in one of these ways.
    fn append(&self, frame: &Frame<'_>, piece: &[u8], separators: &[&[u8]]) -> Option<Vec<u8>> {
        for separator in separators {
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
            let whole = unfinished(&bytes).is_none();
            // A flag proves the piece; without one it must complete the message or be a known piece.
            if frame.fragment == Fragment::Piece
                || whole && is_sound(&bytes)
                || separator.is_empty() && self.continues(piece)
                // A comm may hold several newlines one behind the other.
                || piece.is_empty() && *separator == b"\n"
                || frame.kind == FrameKind::Bare && progress(&bytes) > progress(&self.bytes)
            {
                return Some(bytes);
            }
        }
        None
    }

    /// Whether the kernel could have printed this piece next.
    fn continues(&self, piece: &[u8]) -> bool {
        let begins = |starts: &[&[u8]]| starts.iter().any(|start| piece.starts_with(start));
        match self.kind {
            Kind::Summary => {
                if self.bytes.ends_with(b",cpuset=") {
                    // One component of a path: anything but a slash, or the root.
                    return piece == b"/" || piece.len() <= 255 && !piece.contains(&b'/');
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
            Kind::Invoked | Kind::Cpuset | Kind::Killed | Kind::TaskInfo => false,
        }
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
        || message.starts_with(b"oom-kill:constraint=")
}

/// Whether a message that was put together reads as one line of its kind.
fn is_sound(bytes: &[u8]) -> bool {
    match parse_line(bytes) {
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
fn progress(bytes: &[u8]) -> usize {
    match parse_line(bytes) {
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

/// The kind of a message that is not whole.
fn unfinished(message: &[u8]) -> Option<Kind> {
    match message.first()? {
        b'o' if message.starts_with(b"oom-kill:constraint=") => match parse_line(message) {
            Line::Summary(line) if line.is_whole() => None,
            _ => Some(Kind::Summary),
        },
        b'T' if message.starts_with(b"Task in ") => match parse_line(message) {
            Line::TaskIn(line) if line.cut.is_none() => None,
            _ => Some(Kind::TaskIn),
        },
        b'T' if message.starts_with(b"Tasks in /") || message == b"Tasks in " => {
            (!message.ends_with(b"memory.oom.group set")).then_some(Kind::Group)
        }
        b'M' if message.starts_with(b"Memory cgroup stats for ") => match parse_line(message) {
            Line::StatsHeading(line)
                if line.inline.is_empty() || message.ends_with(b"KB") && ends_the_list(message) =>
            {
                None
            }
            _ => Some(Kind::Stats),
        },
        b'K' | b'M' | b'O' => match parse_line(message) {
            Line::Killed(line) if line.comm.is_none() || line.cut.is_some() => Some(Kind::Killed),
            _ if ends_in(
                message.trim_ascii_end(),
                &[b": Killed", b": Killed process"],
            ) =>
            {
                Some(Kind::Killed)
            }
            _ => None,
        },
        b'C' if message.starts_with(b"CPU: ") => match parse_line(message) {
            Line::TaskInfo(line) if line.comm.is_none() => Some(Kind::TaskInfo),
            _ => message.ends_with(b" Comm:").then_some(Kind::TaskInfo),
        },
        _ if message.ends_with(b"nodemask=") || message.ends_with(b"nodemask=(null)") => {
            Some(Kind::Invoked)
        }
        _ if message.ends_with(b" cpuset=") => Some(Kind::Cpuset),
        _ => None,
    }
}

/// Whether the one-line stats go on to their last key.
fn ends_the_list(message: &[u8]) -> bool {
    let start = message.len().saturating_sub(40);
    message
        .get(start..)
        .is_some_and(|tail| memchr::memmem::find(tail, b" unevictable:").is_some())
}
