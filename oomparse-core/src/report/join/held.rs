//! A summary that looks complete is held until the next record shows that it is.
//!
//! Its last piece is `,task=COMM,pid=N,uid=N`, and such text can also be in a path: whoever may make cgroups can
//! choose names and depth so that a path ends in it, exactly where the kernel cuts the path, or where the record
//! has no room left for the real piece. The real piece then comes as a separate record:
//!
//! ```text
//! 6,417,1,-;oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/kubepods/pod…,task_memcg=
//! 4,418,1,c;/kubepods/pod…/…/ppp,task=init,pid=1,uid=0        1,021 bytes: cut
//! 4,419,1,c;,task=tail,pid=2416,uid=0
//! ```
//!
//! So each summary waits for one more record. If none comes, it is accepted, unless a record of its length has
//! certainly lost its end.

use super::{Joined, MAX_PIECE_GAP_US, Pending};
use crate::frame::{Fragment, Frame, FrameKind};
use crate::limits::{
    CUT_RECORD_LENS, CUT_SYSLOG_LENS, MAX_COMM_LEN, MAX_JOIN_GAP, MAX_JOINED_LEN,
    MAX_JOINED_PIECES, MAX_TAIL_LEN,
};
use crate::line::common::{is_comm, pid, rsplit_once, uid};
use crate::line::{Line, parse_line};
use crate::stamp::Stamp;
use core::ops::RangeInclusive;

/// How certain it is that the apparent last piece of a summary is the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Tail {
    /// Certain: it begins its own record.
    Proven,
    /// The record has room for a real piece after it, which the kernel would have put there.
    Likely,
    /// The real piece may not have fitted.
    Doubtful,
    /// The record lost its end: the piece is not real, or the real one is missing.
    Cut,
}

impl Tail {
    /// Judges by the record that contains it: that of a message in one piece, or of its last piece.
    pub(super) fn of(frame: &Frame<'_>, len: usize) -> Self {
        let message = frame.message.as_ref();
        // A line of a paste may have been broken anywhere.
        if frame.kind != FrameKind::Bare && is_tail(message) {
            return Self::Proven;
        }
        let padding = message.len().saturating_sub(message.trim_ascii_end().len());
        // The kernel ends the line after the digits, and such a record shows this unchanged.
        let is_exact = frame.kind == FrameKind::Kmsg;
        let runs_on = after_name(message).is_none() || is_exact && padding > 0;
        // A line may be a whole record, or a part of one that a paste broke off.
        let lens = [len, len.saturating_sub(padding), message.len()];
        if runs_on && is_exact || lens.into_iter().any(is_cut_len) || is_cut_line(frame) {
            return Self::Cut;
        }
        let (Some(least), Some(most)) = (CUT_RECORD_LENS.first(), CUT_RECORD_LENS.last()) else {
            return Self::Likely;
        };
        let full = least.start().saturating_sub(MAX_TAIL_LEN)..=*most.end();
        if runs_on || lens.iter().any(|len| full.contains(len)) {
            Self::Doubtful
        } else {
            Self::Likely
        }
    }
}

/// Whether the kernel cut the end of a record of this many bytes, as far as its length can show.
pub(super) fn is_cut_len(len: usize) -> bool {
    is_in(&CUT_RECORD_LENS, len)
}

/// Whether the line's carrier cut it.
fn is_cut_line(frame: &Frame<'_>) -> bool {
    is_in(&CUT_SYSLOG_LENS, frame.line_len)
}

fn is_in(ranges: &[RangeInclusive<usize>], len: usize) -> bool {
    ranges.iter().any(|range| range.contains(&len))
}

/// `,task=COMM,pid=N,uid=N` and nothing else.
fn is_tail(text: &[u8]) -> bool {
    text.strip_prefix(b",task=")
        .is_some_and(|rest| after_name(rest).is_some_and(is_comm))
}

/// The text before the final `,pid=N,uid=N` of a text.
fn after_name(text: &[u8]) -> Option<&[u8]> {
    let (before, numbers) = rsplit_once(text.trim_ascii_end(), ",pid=")?;
    let (rest, _) = pid(numbers).ok()?;
    let (rest, _) = uid(rest.strip_prefix(b",uid=")?).ok()?;
    rest.is_empty().then_some(before)
}

impl Pending {
    /// Offers the next record to a summary that looks complete.
    pub(super) fn offer_held(
        pending: &mut Option<Self>,
        frame: &Frame<'_>,
        stamp: Stamp,
        is_thread: &dyn Fn(u32, u32) -> bool,
    ) -> Joined {
        let Some(this) = pending else {
            return Joined::Unrelated;
        };
        let near = stamp.follows_within(&this.last, MAX_PIECE_GAP_US);
        if let Some(separator) = this.goes_on(frame, &stamp).filter(|_| near) {
            let bytes = [this.bytes.as_slice(), separator, &frame.message].concat();
            this.add(frame, bytes, separator, stamp);
            this.is_held = parse_line(&this.bytes).joinable(&this.bytes).is_none();
            if this.is_held && this.tail == Tail::Proven {
                return pending.take().map_or(Joined::Taken, Joined::Whole);
            }
            return Joined::Taken;
        }
        this.gap = this.gap.saturating_add(1);
        if this.gap > MAX_JOIN_GAP || !near || this.is_over_at(&frame.message) {
            this.doubt(frame, is_thread);
            return pending.take().map_or(Joined::Unrelated, Joined::Flush);
        }
        this.seen = frame.sequence;
        Joined::Unrelated
    }

    /// Whether a record continues a message that seemed complete, and the separator between the two.
    fn goes_on(&self, frame: &Frame<'_>, stamp: &Stamp) -> Option<&'static [u8]> {
        let message = frame.message.as_ref();
        let len = self.bytes.len().saturating_add(message.len());
        if len >= MAX_JOINED_LEN || self.pieces >= MAX_JOINED_PIECES {
            return None;
        }
        let is_piece = match frame.fragment {
            Fragment::Whole | Fragment::Several => false,
            Fragment::Piece => stamp.same_caller(&self.stamp),
            Fragment::Unknown => true,
        };
        let is_next = message == b",task_memcg="
            || is_tail(message)
            || message.starts_with(b",task_memcg=/")
                && (frame.fragment == Fragment::Piece || ends_in_tail(message));
        if is_piece && is_next {
            return Some(b"");
        }
        let begins_after = self.gap == 0 && parse_line(message) == Line::Other;
        if !begins_after || frame.fragment != Fragment::Unknown {
            return None;
        }
        // A paste that was broken at its width.
        if frame.kind == FrameKind::Bare && ends_in_tail(message) && !message.contains(&b' ') {
            return Some(b"");
        }
        // The comm contains a newline, and the line before it looks complete.
        let is_rest = after_name(message).is_some_and(|name| name.len() < MAX_COMM_LEN);
        let joined = || [self.bytes.as_slice(), b"\n", message].concat();
        (is_rest && is_named(&joined())).then_some(b"\n")
    }

    /// Whether no piece of the message can follow, because the kernel has gone on to the next lines.
    fn is_over_at(&self, message: &[u8]) -> bool {
        let line = parse_line(message);
        match &line {
            // Printed by a separate thread at any time.
            Line::Reaped(reaped) => self.names(reaped.pid),
            Line::Other
            | Line::Malformed
            | Line::StatEntry(..)
            | Line::StatEntries(_)
            | Line::Meminfo(_)
            | Line::MeminfoHeading
            | Line::Cpuset(_)
            | Line::TaskInfo(_)
            | Line::TaskRow(_) => line.joinable(message).is_some(),
            _ => true,
        }
    }

    fn names(&self, pid: u32) -> bool {
        matches!(parse_line(&self.bytes), Line::Summary(line) if line.pid == Some(pid))
    }

    /// If the real piece may be missing, the next line must be about the process that is named here, and no
    /// record may be missing between the two.
    pub(super) fn doubt(&mut self, next: &Frame<'_>, is_thread: &dyn Fn(u32, u32) -> bool) {
        let Line::Summary(line) = parse_line(&self.bytes) else {
            return;
        };
        let next_pid = match parse_line(&next.message) {
            Line::Killed(line) => Some(line.pid),
            Line::Selected(line) => Some(line.pid),
            _ => None,
        };
        let (Tail::Doubtful, Some(named), Some(pid)) = (self.tail, line.pid, next_pid) else {
            return;
        };
        let is_missing = match (self.seen, next.sequence) {
            (Some(seen), Some(next)) => next != seen.wrapping_add(1),
            _ => false,
        };
        if is_missing || pid != named && !is_thread(pid, named) {
            self.tail = Tail::Cut;
        }
    }
}

/// Whether a text ends like a summary.
fn ends_in_tail(text: &[u8]) -> bool {
    after_name(text)
        .and_then(|before| rsplit_once(before, ",task="))
        .is_some_and(|(_, comm)| is_comm(comm))
}

/// Whether a summary names its process readably.
fn is_named(message: &[u8]) -> bool {
    matches!(parse_line(message), Line::Summary(line) if line.is_whole() && line.comm.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    const LINE: &str = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/";
    const END: &str = ",task=java,pid=7,uid=0";

    /// A whole summary of so many bytes.
    fn summary(len: usize) -> String {
        let names = "p".repeat(len - LINE.len() - END.len());
        [LINE, &names, END].concat()
    }

    fn of(kind: FrameKind, message: &str) -> Frame<'_> {
        Frame {
            kind,
            message: message.as_bytes().into(),
            ..Frame::default()
        }
    }

    #[test]
    fn how_certain_the_end_of_a_summary_is() {
        use FrameKind::{Bare, Dmesg, Kmsg};
        let [short, roomy, tight, cut] = [200, 920, 921, 976].map(summary);
        let blank = [&short, " "].concat();
        for (kind, text, tail) in [
            (Kmsg, END, Tail::Proven),
            (Dmesg, END, Tail::Proven),
            // A paste may have been broken there.
            (Bare, END, Tail::Likely),
            (Kmsg, &short, Tail::Likely),
            (Kmsg, &roomy, Tail::Likely),
            (Kmsg, &tight, Tail::Doubtful),
            (Kmsg, &cut, Tail::Cut),
            (Dmesg, &cut, Tail::Cut),
            // The kernel puts nothing after the digits, a terminal may.
            (Kmsg, &blank, Tail::Cut),
            (Dmesg, &blank, Tail::Likely),
            // No end at all.
            (Kmsg, LINE, Tail::Cut),
            (Dmesg, LINE, Tail::Doubtful),
        ] {
            assert_eq!(
                Tail::of(&of(kind, text), text.len()),
                tail,
                "{kind:?} {text}"
            );
        }
    }

    #[test]
    fn a_doubtful_end_must_agree_with_the_next_line() {
        let text = summary(950);
        let tail = |next: &str, threads: &[(u32, u32)]| {
            let frame = of(FrameKind::Dmesg, &text);
            let line = parse_line(&frame.message);
            let mut pending = Pending::start(&frame, &line, Stamp::default()).unwrap();
            let is_thread = |thread, tgid| threads.contains(&(thread, tgid));
            pending.doubt(&of(FrameKind::Dmesg, next), &is_thread);
            pending.tail
        };
        for (kind, end) in [
            (
                "Killed process ",
                " (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
            ),
            ("Kill process ", " (java) score 900 or sacrifice child"),
        ] {
            let line = |pid: &str| ["Memory cgroup out of memory: ", kind, pid, end].concat();
            assert_eq!(tail(&line("7"), &[]), Tail::Doubtful);
            assert_eq!(tail(&line("8"), &[]), Tail::Cut);
            assert_eq!(tail(&line("8"), &[(8, 7)]), Tail::Doubtful);
            assert_eq!(tail(&line("8"), &[(8, 9)]), Tail::Cut);
        }
        assert_eq!(tail("eth0: link is up", &[]), Tail::Doubtful);
    }
}
