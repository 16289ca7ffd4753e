//! From frames to events: the parser without its first stages, for callers that read frames themselves.

mod due;
mod reported;
mod streams;

use self::streams::Streams;
use super::{Options, Taken};
#[cfg(feature = "daemons")]
use crate::daemon::{Daemons, Step};
use crate::event::OomEvent;
#[cfg(feature = "daemons")]
use crate::frame::Cut;
use crate::frame::{Frame, FrameKind};
use crate::limits::MAX_LINE_LEN;
use crate::report::Next;
use crate::sieve::Sieve;
use crate::split;
use alloc::borrow::Cow;
#[cfg(feature = "daemons")]
use alloc::boxed::Box;
use alloc::collections::VecDeque;
#[cfg(any(test, feature = "daemons"))]
use alloc::vec::Vec;

/// Returns [`OomEvent`]s like a [`Parser`](super::Parser), from frames that the caller read.
///
/// For callers that need the frame themselves, to see whose text it is or to keep it: no line is framed twice.
/// Frame the lines of a log with one [`Framer`](crate::Framer); if each line is a separate record, as with a log
/// shipper, a new framer for each will do. The caller also runs the sieve: while
/// [`wants_every_line`](Self::wants_every_line) is false, only frames of [candidates](Self::is_candidate) matter.
/// But the framer must see the line before an indented one, whatever that line is, because its text may continue
/// there. Changes that a mail program or a terminal made to lines are not undone, because that happens before the
/// frame.
///
/// # Example
/// ```
/// use oomparse_core::{FrameParser, Framer};
///
/// // `journalctl -o verbose`: an entry ends where the next one begins, and the last one at the end.
/// let log = "Thu 2023-01-05 02:12:02.100000 CST [s=a;i=1;b=b;m=8ade60;t=1;x=1]\n    \
///            _TRANSPORT=syslog\n    SYSLOG_IDENTIFIER=sh\n    MESSAGE=Killed process 1 (a)\n\
///            Thu 2023-01-05 02:12:02.200000 CST [s=a;i=2;b=b;m=8c6500;t=2;x=2]\n    \
///            _TRANSPORT=kernel\n    SYSLOG_FACILITY=0\n    MESSAGE=Killed process 4021 (mysqld)\n";
/// let (mut framer, mut parser) = (Framer::new(), FrameParser::new());
/// let mut kernels = 0;
/// for line in log.lines().map(str::as_bytes) {
///     // A frame that this line ends, and the one that it is.
///     if let Some(frame) = framer.end_before(line) {
///         kernels += u32::from(frame.author.is_kernel());
///         parser.push(&frame);
///     }
///     if let Some(frame) = framer.frame(line) {
///         kernels += u32::from(frame.author.is_kernel());
///         parser.push(&frame);
///     }
/// }
/// if let Some(frame) = framer.finish() {
///     kernels += u32::from(frame.author.is_kernel());
///     parser.push(&frame);
/// }
/// parser.finish();
/// let victims: Vec<u32> = parser.events().map(|event| event.victim.unwrap().pid).collect();
/// assert_eq!((kernels, victims), (1, vec![4021]));
/// ```
#[derive(Debug)]
pub struct FrameParser {
    options: Options,
    pub(super) sieve: Sieve,
    streams: Streams,
    events: VecDeque<OomEvent>,
    /// The last frame went to the last stream as a whole.
    was_taken: bool,
    /// A line since [`begin`](Self::begin) belonged to a report.
    is_of_report: bool,
    /// Reads daemons' lines, if they are requested.
    #[cfg(feature = "daemons")]
    daemons: Option<Box<Daemons>>,
    /// How many bytes after the start of the log the current line ends.
    at: u64,
    /// Past this position something is to be emitted or forgotten; the largest value means none.
    due: u64,
}

impl Default for FrameParser {
    fn default() -> Self {
        Self::with_options(Options::default())
    }
}

impl FrameParser {
    /// A parser with default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A parser with these options.
    #[must_use]
    pub fn with_options(options: Options) -> Self {
        Self {
            sieve: Sieve::of(&options),
            streams: Streams::default(),
            events: VecDeque::new(),
            was_taken: false,
            is_of_report: false,
            at: 0,
            due: u64::MAX,
            #[cfg(feature = "daemons")]
            daemons: Daemons::new(&options),
            options,
        }
    }

    /// Takes one frame; returns what became of it. A frame that contains more than [`MAX_LINE_LEN`] bytes cannot
    /// be the kernel's, and is skipped.
    pub fn push(&mut self, frame: &Frame<'_>) -> Taken {
        let len = |name: &Option<Cow<'_, [u8]>>| name.as_deref().map_or(0, <[u8]>::len);
        let names = len(&frame.host).max(len(&frame.boot_id));
        if names.max(frame.message.len()) > MAX_LINE_LEN {
            return Taken::default();
        }
        let given = self.begin();
        let at = self.at.saturating_add(1);
        self.reach(at.saturating_add(crate::bytes::len_of(&frame.message)));
        self.take(frame, Some(&frame.message));
        self.taken(given)
    }

    /// Ends the log: emits what is open. The parser can then be used for another log.
    pub fn finish(&mut self) {
        let given = self.events.len();
        for mut assembler in self.streams.drain() {
            assembler.finish();
            assembler.move_events(&mut self.events);
        }
        #[cfg(feature = "daemons")]
        if let Some(daemons) = &mut self.daemons {
            daemons.finish(&mut self.events);
        }
        self.due = u64::MAX;
        self.complete(given);
    }

    /// Emits every open report, like [`Parser::close_reports`](super::Parser::close_reports).
    pub fn close_reports(&mut self) {
        let given = self.events.len();
        self.streams.close_reports(&mut self.events);
        #[cfg(feature = "daemons")]
        if let Some(daemons) = &mut self.daemons {
            daemons.emit_waiting(&mut self.events);
        }
        self.was_taken = false;
        self.complete(given);
    }

    /// Emits kills that wait for one further line of their stream, like
    /// [`Parser::give_waiting`](super::Parser::give_waiting).
    pub fn give_waiting(&mut self) {
        let given = self.events.len();
        self.streams.give_waiting(&mut self.events);
        #[cfg(feature = "daemons")]
        if let Some(daemons) = &mut self.daemons {
            daemons.emit_ready(&mut self.events);
        }
        self.complete(given);
    }

    /// The same, and also emits daemons' events that wait for a further line, because none has come for a while.
    pub fn give_all_waiting(&mut self) {
        self.give_waiting();
        #[cfg(feature = "daemons")]
        if let Some(daemons) = &mut self.daemons {
            let given = self.events.len();
            daemons.emit_waiting(&mut self.events);
            self.complete(given);
        }
    }

    /// The next complete event, in the order of completion.
    pub fn next_event(&mut self) -> Option<OomEvent> {
        self.events.pop_front()
    }

    /// The complete events, like [`Parser::events`](super::Parser::events).
    pub fn events(&mut self) -> impl Iterator<Item = OomEvent> {
        core::iter::from_fn(|| self.next_event())
    }

    /// About how many bytes its streams hold: open reports, incomplete lines, names.
    ///
    /// At most [`MAX_OPEN_BYTES`](crate::limits::MAX_OPEN_BYTES) plus the stream of the last frame.
    #[must_use]
    pub fn open_bytes(&self) -> usize {
        let held = self.streams.by_host.weight();
        #[cfg(feature = "daemons")]
        let held = held.saturating_add(self.daemons.as_ref().map_or(0, |it| it.weight()));
        held
    }

    /// Whether ordinary lines matter now, because a report is being printed.
    #[must_use]
    #[inline]
    pub fn wants_every_line(&self) -> bool {
        self.streams.wanting > 0 || self.is_daemon_waiting()
    }

    #[inline]
    fn is_daemon_waiting(&self) -> bool {
        #[cfg(feature = "daemons")]
        if let Some(daemons) = &self.daemons {
            return daemons.is_waiting();
        }
        false
    }

    /// Whether a line can open a report or make an event alone. Allocates nothing.
    #[must_use]
    #[inline]
    pub fn is_candidate(&self, line: &[u8]) -> bool {
        self.sieve.is_candidate(line)
    }

    /// Whether no Kubernetes object is open and one may begin with this line, if those are read.
    ///
    /// The first line of one contains one of the words, and its prefix differs from the prefix of the log's line
    /// before: so few lines need a closer look.
    #[cfg(feature = "daemons")]
    pub(super) fn may_begin_document(&self, cut: Cut<'_>) -> bool {
        let is_closed = |daemons: &Daemons| !daemons.is_in_document();
        self.daemons.as_deref().is_some_and(is_closed)
            && !cut.is_alike()
            && self.sieve.finds_daemons(cut.line)
    }

    /// Takes a line that may be part of a Kubernetes object, if those are read.
    #[cfg(feature = "daemons")]
    pub(super) fn document(&mut self, cut: Cut<'_>) -> Step {
        let may_begin = self.may_begin_document(cut);
        let Some(daemons) = &mut self.daemons else {
            return Step::NotTaken;
        };
        if !daemons.is_in_document() && !may_begin {
            return Step::NotTaken;
        }
        let given = self.events.len();
        let step = daemons.document(cut.line, &mut self.events);
        self.note_reported(given, cut.line, None);
        self.complete(given);
        step
    }

    /// Ends such an object; returns the text of one that was incomplete.
    #[cfg(feature = "daemons")]
    pub(super) fn end_documents(&mut self) -> Vec<u8> {
        let Some(daemons) = &mut self.daemons else {
            return Vec::new();
        };
        let given = self.events.len();
        let text = daemons.end_documents(&mut self.events);
        self.complete(given);
        text
    }

    /// Takes a frame, and the text that must contain one of the sieve's words while its host has nothing open, if
    /// there is such a text.
    pub(super) fn take(&mut self, frame: &Frame<'_>, text: Option<&[u8]>) {
        if !split::may_be_several(frame) {
            return self.take_record(frame, text);
        }
        let mut records = 0u32;
        split::each(frame, &mut |record| {
            records = records.saturating_add(1);
            // One that is all there is keeps its line, which a daemon's is known by.
            let is_whole = record.message.len() == frame.message.len();
            let text = text.filter(|_| is_whole).unwrap_or(&record.message);
            if self.wants_every_line() || self.is_candidate(text) {
                self.take_record(record, Some(text));
            } else {
                self.was_taken = false;
            }
        });
        // If there were several records, the last one's prefix may not be the line's.
        self.was_taken &= records == 1;
    }

    /// Takes one record.
    fn take_record(&mut self, frame: &Frame<'_>, text: Option<&[u8]>) {
        self.was_taken = false;
        #[cfg(feature = "daemons")]
        if self.daemons.is_some() && self.is_daemons(frame, text) {
            return;
        }
        if frame.author.is_program() || !self.options.accept.takes(frame.author) {
            return;
        }
        let host = frame.host.as_deref().unwrap_or_default();
        // Text after a line break belongs to the line before it, whose host is not repeated.
        let is_after =
            frame.host.is_none() && matches!(frame.kind, FrameKind::Bare | FrameKind::Indented);
        let is_last = self.streams.is_last(host, is_after);
        // A host with nothing open gets only candidates, whatever other hosts have open.
        if self.streams.wanting > 0
            && !self.streams.wants_every_line(host, is_last)
            && text.is_some_and(|text| !self.sieve.is_kernel_candidate(text))
        {
            return;
        }
        let given = self.events.len();
        self.streams
            .turn_to(host, is_last, &self.options, &mut self.events);
        self.streams.is_of_record |=
            host.is_empty() && matches!(frame.kind, FrameKind::Record | FrameKind::Journal);
        self.feed(frame, given);
        self.was_taken = true;
    }

    /// Shows a record to the readers of daemons' lines; returns whether it is not for the kernel's reader.
    #[cfg(feature = "daemons")]
    #[inline(never)]
    fn is_daemons(&mut self, frame: &Frame<'_>, text: Option<&[u8]>) -> bool {
        let Some(daemons) = &mut self.daemons else {
            return false;
        };
        let given = self.events.len();
        if daemons.is_waiting() {
            daemons.pass(frame, &mut self.events);
        }
        let passed = self.events.len();
        let is_daemons = daemons.take(frame, text, self.at, &mut self.events);
        self.note_reported(passed, &frame.message, text);
        self.complete(given);
        // Without one of the kernel's words it cannot be the kernel's while nothing is open.
        is_daemons
            || self.streams.wanting == 0
                && text.is_some_and(|text| !self.sieve.is_kernel_candidate(text))
    }

    /// Takes a line that differs from the frame before it only in the clock and the message; returns whether it
    /// was taken. If not, it is to be read like any other line.
    #[inline(always)]
    pub(super) fn take_next(&mut self, micros: u64, message: &[u8]) -> bool {
        if !self.was_taken || split::may_hold_several(message) {
            return false;
        }
        let Some(assembler) = self.streams.last_mut() else {
            return false;
        };
        let given = self.events.len();
        let next = assembler.push_next(micros, message, self.at);
        assembler.move_events(&mut self.events);
        match next {
            Next::NotTaken => return false,
            Next::Within => self.is_of_report = true,
            Next::Open | Next::Other => {
                self.is_of_report |= next == Next::Open;
                let wants = assembler.wants_every_line();
                self.streams.count(true, wants);
                self.note_due();
                self.complete(given);
            }
        }
        true
    }

    /// Passes a frame to the last stream; events after the first `given` are new.
    fn feed(&mut self, frame: &Frame<'_>, given: usize) {
        let Some(assembler) = self.streams.last_mut() else {
            return;
        };
        let wanted = assembler.wants_every_line();
        self.is_of_report |= assembler.push(frame, self.at);
        assembler.move_events(&mut self.events);
        let wants = assembler.wants_every_line();
        self.streams.count(wanted, wants);
        self.note_due();
        self.complete(given);
    }

    /// Completes the times of the events after the first `given` from the options.
    #[inline]
    fn complete(&mut self, given: usize) {
        if self.events.len() == given {
            return;
        }
        for event in self.events.iter_mut().skip(given) {
            event.time = event
                .time
                .map(|time| time.or(self.options.year, self.options.utc_offset_minutes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Text;
    use crate::source::{Accept, Author, Source, Trust};
    use alloc::borrow::Cow;
    use alloc::format;
    use alloc::string::String;

    fn frame<'a>(host: &'a str, message: &'a str) -> Frame<'a> {
        Frame {
            kind: FrameKind::Record,
            host: Some(Cow::Borrowed(host.as_bytes())),
            message: Cow::Borrowed(message.as_bytes()),
            ..Frame::default()
        }
    }

    const TASK: &str = "Task in /docker/0123456789ab killed as a result of limit of /docker";

    #[test]
    fn a_host_with_nothing_open_is_not_fed_for_anothers_sake() {
        let mut parser = FrameParser::new();
        parser.push(&frame("a", TASK));
        assert!(parser.wants_every_line());
        parser.push(&frame("b", "anon 4096"));
        assert_eq!(parser.streams.by_host.len(), 1);
        parser.push(&frame("b", "Killed process 7 (b)"));
        parser.push(&frame("a", "Killed process 8 (a)"));
        parser.finish();
        let events: Vec<_> = core::iter::from_fn(|| parser.next_event()).collect();
        let of = |event: &OomEvent| (event.host.clone(), event.container.is_some());
        let found: Vec<_> = events.iter().map(of).collect();
        let [a, b] = ["a", "b"].map(|host| Some(Text::from(host.as_bytes())));
        assert_eq!(found, [(a, true), (b, false)]);
    }

    /// The next record's host is not theirs; a line that lost its prefix has the next line's host.
    #[test]
    fn a_record_without_a_host_gets_none_from_the_next() {
        let killed = "Memory cgroup out of memory: Killed process 8 (a)";
        let next = "Killed process 9 (b) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
        for (kind, host) in [(FrameKind::Record, None), (FrameKind::Bare, Some("n2"))] {
            let mut parser = FrameParser::new();
            parser.push(&Frame {
                kind,
                host: None,
                ..frame("", killed)
            });
            parser.push(&frame("n2", next));
            parser.finish();
            let hosts: Vec<_> = parser.events().map(|event| event.host).collect();
            let of = |host: &str| Text::from(host.as_bytes());
            assert_eq!(hosts, [host.map(of), Some(of("n2"))]);
        }
    }

    /// What the log before contained says nothing of the next one's hosts.
    #[test]
    fn after_the_end_of_a_log_a_parser_is_as_new() {
        let invoked = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
        let killed = "Killed process 9 (b) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
        let read = |parser: &mut FrameParser| -> Vec<_> {
            parser.push(&Frame {
                kind: FrameKind::Bare,
                host: None,
                ..frame("", invoked)
            });
            parser.push(&frame("n2", killed));
            parser.finish();
            parser.events().map(|event| event.to_json()).collect()
        };
        let mut parser = FrameParser::new();
        let new = read(&mut parser);
        parser.push(&Frame {
            kind: FrameKind::Record,
            host: None,
            ..frame("", killed)
        });
        parser.finish();
        assert_eq!(parser.events().count(), 1);
        assert_eq!(read(&mut parser), new);
    }

    #[test]
    fn a_frame_longer_than_any_line_is_passed_over() {
        let long = "x".repeat(MAX_LINE_LEN);
        let mut parser = FrameParser::new();
        parser.push(&frame("a", &[TASK, &long].concat()));
        parser.push(&frame(&[long.as_str(), "y"].concat(), TASK));
        assert!(!parser.wants_every_line());
        parser.push(&frame("a", TASK));
        assert!(parser.wants_every_line());
    }

    #[test]
    fn a_frame_as_long_as_a_line_may_be_is_read() {
        let rest = "x".repeat(MAX_LINE_LEN - TASK.len());
        let mut parser = FrameParser::new();
        parser.push(&frame("a", &[TASK, &rest].concat()));
        assert!(parser.wants_every_line());
    }

    /// Two hosts fall silent within a report: what they hold is emitted when so many bytes have followed, the
    /// oldest first.
    #[test]
    fn a_silent_host_holds_its_report_for_so_many_bytes() {
        const BOUND: u64 = 10_000;
        let mut parser = FrameParser::with_options(Options::new().max_report_len(BOUND));
        let end_of = |message: &str| u64::try_from(message.len()).unwrap() + 1;
        for host in ["a", "b"] {
            parser.push(&frame(host, TASK));
        }
        // Up to the last byte that may follow the first one's line.
        let filler = "x".repeat(usize::try_from(BOUND).unwrap() - TASK.len() - 2);
        parser.push(&frame("c", &filler));
        assert_eq!(parser.at - end_of(TASK), BOUND);
        assert!(parser.next_event().is_none());
        parser.push(&frame("c", ""));
        let host = |event: &OomEvent| event.host.as_ref().map(|host| host.as_bytes().to_vec());
        assert_eq!(
            parser.next_event().as_ref().and_then(host).as_deref(),
            Some(&b"a"[..])
        );
        assert!(parser.next_event().is_none() && parser.wants_every_line());
        parser.push(&frame("c", &"x".repeat(200)));
        assert_eq!(
            parser.next_event().as_ref().and_then(host).as_deref(),
            Some(&b"b"[..])
        );
        assert!(!parser.wants_every_line());
    }

    fn killed(pid: u32) -> String {
        format!("Killed process {pid} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB")
    }

    fn hosts(parser: &mut FrameParser) -> Vec<u8> {
        let hosts = parser.events().filter_map(|event| event.host);
        hosts.map(|host| host.as_bytes()[0]).collect()
    }

    #[test]
    fn what_is_due_at_once_is_emitted_oldest_first() {
        for order in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
            let mut parser = FrameParser::with_options(Options::new().max_report_len(10_000));
            for host in order {
                parser.push(&frame(host, TASK));
            }
            parser.push(&frame("d", &"x".repeat(20_000)));
            let names = order.map(|name| name.as_bytes()[0]);
            assert_eq!(hosts(&mut parser), names);
        }
    }

    #[test]
    fn at_the_last_byte_that_may_follow_nothing_is_due_yet() {
        let mut parser = FrameParser::with_options(Options::new().max_report_len(10_000));
        parser.push(&frame("a", TASK));
        let due = u64::try_from(TASK.len()).unwrap() + 1 + 10_000;
        assert!(!parser.reach(due - 1) && !parser.reach(due));
        assert!(parser.next_event().is_none());
        assert!(parser.reach(due + 1));
        assert!(parser.next_event().is_some());
    }

    /// A line that begins like the one before is read without its prefix only if that one was the kernel's, and
    /// one record.
    #[test]
    fn only_a_whole_kernel_record_has_a_prefix_for_the_next_line() {
        let program = Frame {
            author: Author::PROGRAM,
            ..frame("a", "hello")
        };
        let two = [killed(7), killed(8)].join(" ");
        for (last, is_taken) in [
            (frame("a", "anon 4096"), true),
            (program, false),
            (frame("a", &two), false),
        ] {
            let mut parser = FrameParser::new();
            parser.push(&frame("a", TASK));
            parser.push(&last);
            assert_eq!(parser.take_next(1, b"file 4096"), is_taken, "{last:?}");
        }
    }

    #[test]
    fn a_line_that_begins_like_the_one_before_may_belong_to_its_report() {
        let mut parser = FrameParser::new();
        parser.push(&frame("a", TASK));
        for (message, is_of_report) in [
            ("eth0: link is up", false),
            ("Memory cgroup stats for /docker:", true),
            ("memory: usage 8kB, limit 8kB, failcnt 3", true),
            ("eth0: link is up", false),
        ] {
            let given = parser.begin();
            if parser.take_next(1, message.as_bytes()) {
                assert_eq!(parser.taken(given).is_of_report, is_of_report, "{message}");
            } else {
                assert_eq!(message, "Memory cgroup stats for /docker:");
            }
        }
    }

    #[test]
    fn a_programs_record_is_no_kernels_whatever_is_accepted() {
        for (author, accept, count) in [
            (Author::PROGRAM, Accept::ANY, 0),
            (
                Author::PROGRAM,
                Accept::of(&[Source::Program], Trust::Claimed),
                0,
            ),
            (Author::UNKNOWN, Accept::ANY, 1),
            (Author::UNKNOWN, Accept::KERNEL, 0),
            (Author::KERNEL, Accept::KERNEL, 1),
        ] {
            let mut parser = FrameParser::with_options(Options::new().accept(accept));
            parser.push(&Frame {
                author,
                ..frame("a", &killed(7))
            });
            parser.finish();
            assert_eq!(parser.events().count(), count, "{author:?}");
        }
    }
}
