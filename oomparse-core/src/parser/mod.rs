//! The whole parser, from bytes to events.

mod all;
#[cfg(feature = "daemons")]
mod documents;
mod frames;
mod pasted;
mod taken;
#[cfg(feature = "carriers")]
mod unread;

pub use all::parse_all;
pub use frames::FrameParser;
pub use taken::Taken;

use crate::bytes::{len_of, split_line};
use crate::event::OomEvent;
use crate::frame::{Cut, Frame, Framer};
use crate::limits::MAX_LINE_LEN;
use crate::lines::{Above, Lines};
use crate::options::Options;
use crate::paste::Paste;
use memchr::memrchr;

/// Reads log lines and returns [`OomEvent`]s.
///
/// Lines of several hosts may be mixed: each host that a prefix names is a separate stream. The same lines
/// produce the same events, whether pushed one by one, in chunks cut anywhere, or as one buffer.
/// [`limits`](crate::limits) bounds its memory. It does no I/O and has no clock.
///
/// # Example
/// ```
/// use oomparse_core::Parser;
///
/// let log = b"\
/// [9.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task_memcg=/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101,task=memc,pid=7,uid=0
/// [9.2] Memory cgroup out of memory: Killed process 7 (memc) total-vm:8kB, anon-rss:4kB, file-rss:0kB
/// ";
/// let mut parser = Parser::new();
/// parser.push_chunk(log);
/// parser.finish();
/// let event = parser.next_event().unwrap();
/// assert_eq!(event.pod.unwrap().uid.unwrap(), "3962896b-ab69-4572-8f1d-ee756f9f3589");
/// assert_eq!(event.victim.unwrap().pid, 7);
/// ```
#[derive(Debug)]
pub struct Parser {
    paste: Paste,
    framer: Framer,
    frames: FrameParser,
    lines: Lines,
    /// The last line that the sieve refused.
    above: Above,
    /// How many bytes were pushed.
    taken: u64,
    /// Lines that were not read, if they are requested.
    #[cfg(feature = "carriers")]
    unread: Option<alloc::boxed::Box<unread::Unread>>,
}

impl Default for Parser {
    fn default() -> Self {
        Self::with_options(Options::default())
    }
}

impl Parser {
    /// A parser with default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A parser with these options.
    #[must_use]
    pub fn with_options(options: Options) -> Self {
        Self {
            paste: Paste::default(),
            framer: Framer::new(),
            frames: FrameParser::with_options(options),
            lines: Lines::default(),
            above: Above::NONE,
            taken: 0,
            #[cfg(feature = "carriers")]
            unread: None,
        }
    }

    /// Takes one line, without its line end; returns what became of it. First ends the line that a chunk left open.
    pub fn push_line(&mut self, line: &[u8]) -> Taken {
        let given = self.frames.begin();
        if self.lines.is_open() {
            self.end_line();
        }
        self.taken = self.taken.saturating_add(len_of(line)).saturating_add(1);
        self.frames.reach(self.taken);
        self.line(line, 0);
        self.frames.taken(given)
    }

    /// Takes lines in which the caller found no [candidates](Self::is_candidate) while not [every
    /// line](Self::wants_every_line) mattered: an indented line after them continues the last of them.
    pub fn pass_over(&mut self, lines: &[u8]) {
        self.above.note_last(lines);
    }

    /// Takes the next bytes of a log, cut anywhere; returns what became of the lines that end in them.
    pub fn push_chunk(&mut self, chunk: &[u8]) -> Taken {
        let given = self.frames.begin();
        self.chunk(chunk);
        self.frames.taken(given)
    }

    fn chunk(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        self.taken = self.taken.saturating_add(len_of(chunk));
        if self.lines.is_open() {
            let Some(tail) = self.lines.fill(rest) else {
                self.frames.reach(self.taken);
                return;
            };
            self.frames.reach(self.taken_before(tail));
            self.end_line();
            rest = tail;
        }
        loop {
            if self.wants_every_line() {
                let Some((cut, tail)) = self.framer.first_line(rest) else {
                    break;
                };
                if self.frames.reach(self.taken_before(tail)) {
                    // Perhaps only candidates matter from here on.
                    continue;
                }
                self.take_line(cut);
                rest = tail;
                continue;
            }
            let at = self.frames.sieve.find(rest);
            let before = at.map_or(rest, |at| rest.get(..at).unwrap_or_default());
            if let Some(end) = memrchr(b'\n', before) {
                self.above.note_last(before.get(..end).unwrap_or_default());
                rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
            }
            if at.is_none() {
                break;
            }
            let Some((line, tail)) = split_line(rest) else {
                break;
            };
            self.frames.reach(self.taken_before(tail));
            self.take_candidate(line);
            rest = tail;
        }
        self.frames.reach(self.taken);
        self.lines.keep(rest);
    }

    /// How many bytes were pushed before the last ones.
    #[inline]
    fn taken_before(&self, last: &[u8]) -> u64 {
        self.taken.saturating_sub(len_of(last))
    }

    /// Takes the line above the first line, which was refused before this parser existed.
    pub(crate) fn stands_below(&mut self, above: Above) {
        self.above = above;
    }

    /// Ends the log: emits what is open. The parser can then be used for another log.
    pub fn finish(&mut self) {
        if self.lines.is_open() {
            self.end_line();
        }
        #[cfg(feature = "daemons")]
        {
            let text = self.frames.end_documents();
            self.again(&text);
        }
        self.give_held();
        if let Some(frame) = self.framer.finish() {
            self.take_record(&frame, &[]);
        }
        self.frames.finish();
        self.framer = Framer::new();
        self.above = Above::NONE;
    }

    /// Emits every open report, after no line has come for so long that none is expected.
    ///
    /// The log may still continue: a victim that is printed again later makes no second event.
    ///
    /// # Example
    /// ```
    /// let mut parser = oomparse_core::Parser::new();
    /// let line = b"[9.5] Memory cgroup out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
    /// parser.push_line(line);
    /// parser.close_reports();
    /// assert_eq!(parser.next_event().unwrap().victim.unwrap().pid, 7);
    /// parser.push_line(line);
    /// parser.finish();
    /// assert!(parser.next_event().is_none());
    /// ```
    pub fn close_reports(&mut self) {
        self.give_held();
        self.frames.close_reports();
    }

    /// Emits kills that wait for one further line of their stream, without that line.
    ///
    /// For callers that must answer on the line that names the victim. What is still undecided stays open, and a
    /// victim that is printed again is still one event. A line that looks broken, as in a paste, still waits for
    /// its other half, which may be the very next line.
    pub fn give_waiting(&mut self) {
        self.frames.give_waiting();
    }

    /// Like [`give_waiting`](Self::give_waiting), after no line has come for so long that no line can be half of
    /// another.
    pub fn give_all_waiting(&mut self) {
        self.give_held();
        self.frames.give_all_waiting();
    }

    /// Reads lines that were held until their rest comes as they are.
    fn give_held(&mut self) {
        let mut paste = core::mem::take(&mut self.paste);
        paste.finish(&mut |line| self.frame_line(Cut::new(line)));
    }

    /// The next complete event, in the order of completion.
    pub fn next_event(&mut self) -> Option<OomEvent> {
        self.frames.next_event()
    }

    /// The complete events, in the order of completion; ends when there are no more for now.
    ///
    /// # Example
    /// ```
    /// let mut parser = oomparse_core::Parser::new();
    /// parser.push_chunk(b"[9.1] Killed process 7 (java)\n[9.2] Killed process 8 (java)\n");
    /// parser.finish();
    /// assert_eq!(parser.events().filter_map(|event| event.victim).map(|victim| victim.pid).sum::<u32>(), 15);
    /// ```
    pub fn events(&mut self) -> impl Iterator<Item = OomEvent> {
        core::iter::from_fn(|| self.next_event())
    }

    /// Whether the last pushed line reports this event: it names the victim, or says why there is none.
    ///
    /// An event may also be completed by a later line that has nothing to do with it. A filter that adds events
    /// to records must call this before it pushes the next record, so that no event goes into another kill's
    /// record.
    ///
    /// # Example
    /// ```
    /// let mut parser = oomparse_core::Parser::new();
    /// parser.push_line(b"[9.1] Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB");
    /// // The next kill says that the first one's cgroup does not follow.
    /// parser.push_line(b"[9.2] Killed process 8 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB");
    /// parser.give_waiting();
    /// let (first, second) = (parser.next_event().unwrap(), parser.next_event().unwrap());
    /// assert!(!parser.last_line_reports(&first) && parser.last_line_reports(&second));
    /// ```
    #[must_use]
    pub fn last_line_reports(&self, event: &OomEvent) -> bool {
        self.frames.last_frame_reports(event)
    }

    /// About how many bytes its streams hold: open reports, incomplete lines, names.
    ///
    /// At most [`MAX_OPEN_BYTES`](crate::limits::MAX_OPEN_BYTES) plus the stream of the last line.
    #[must_use]
    pub fn open_bytes(&self) -> usize {
        let held = self.frames.open_bytes();
        #[cfg(feature = "carriers")]
        let held = held.saturating_add(self.unread.as_ref().map_or(0, |it| it.weight()));
        held.saturating_add(self.lines.capacity())
    }

    /// Whether ordinary lines matter now, because a report is being printed.
    ///
    /// While it is false, only lines for which [`is_candidate`](Self::is_candidate) is true need to be pushed.
    #[must_use]
    pub fn wants_every_line(&self) -> bool {
        self.frames.wants_every_line() || self.framer.wants_every_line() || self.paste.is_holding()
    }

    /// Whether a line can open a report or make an event alone. Allocates nothing.
    #[must_use]
    pub fn is_candidate(&self, line: &[u8]) -> bool {
        self.frames.is_candidate(line)
    }

    /// Reads a line, of which this many bytes were dropped.
    fn line(&mut self, line: &[u8], dropped: usize) {
        if self.wants_every_line() || self.frames.sieve.is_candidate(line) {
            let kept = line.get(..MAX_LINE_LEN).unwrap_or(line);
            let rest = line.len().saturating_sub(kept.len());
            self.framer.drop_bytes(dropped.saturating_add(rest));
            self.take_candidate(kept);
            self.framer.drop_bytes(0);
        } else {
            self.above.note(line);
        }
    }

    fn end_line(&mut self) {
        let (line, dropped) = self.lines.end();
        self.line(&line, dropped);
        self.lines.reuse(line);
    }

    /// The line without the carriage return at its end; within a journal entry every byte counts.
    fn without_return<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        if self.framer.wants_every_line() {
            return line;
        }
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// Reads a line that contains one of the words, or any line while a report is open.
    fn take_candidate(&mut self, line: &[u8]) {
        let cut = self.framer.look(self.without_return(line));
        self.take_line(cut);
    }

    /// The same, for a line without its line end.
    #[inline]
    fn take_line(&mut self, cut: Cut<'_>) {
        #[cfg(feature = "daemons")]
        if self.is_documents(cut) {
            self.above.forget();
            return;
        }
        self.line_of_log(cut);
    }

    /// The same, for a line of a log.
    #[inline]
    fn line_of_log(&mut self, cut: Cut<'_>) {
        let (mut cut, line) = (cut, cut.line);
        if matches!(line.first(), Some(b' ' | b'\t')) {
            self.above.show(&mut self.framer);
            self.framer.forget_prefix();
            cut = Cut::new(line);
        }
        self.above.forget();
        // Inside a carrier's own structure, a line is complete as it is.
        let is_within = self.framer.wants_every_line() && !self.paste.is_holding();
        if !is_within
            && self
                .paste
                .wants(&cut, || self.frames.sieve.is_candidate(line))
        {
            return self.pasted(line);
        }
        let is_taken = match self.framer.next_of(cut) {
            Some((micros, message)) => self.frames.take_next(micros, message),
            None => false,
        };
        if !is_taken {
            self.frame_line(cut);
        }
    }

    /// Reads a line as its carrier wrote it.
    fn frame_line(&mut self, cut: Cut<'_>) {
        if let Some(frame) = self.framer.end_before(cut.line) {
            self.take_record(&frame, &[]);
        }
        let frame = self.framer.frame_of(cut);
        #[cfg(feature = "carriers")]
        if let Some(unread) = &mut self.unread {
            unread.look(cut.line, frame.as_ref());
        }
        if let Some(frame) = &frame {
            self.take_record(frame, cut.line);
        }
    }

    /// Reads a record, and the line that contains it.
    fn take_record(&mut self, frame: &Frame<'_>, line: &[u8]) {
        // The last line of a record over several lines does not report an event.
        if !line.is_empty() && !self.framer.wants_every_line() {
            self.frames.take(frame, Some(line));
        } else {
            self.frames.above(true);
            self.frames.take(frame, None);
            self.frames.above(false);
        }
    }
}

#[cfg(test)]
mod tests;
