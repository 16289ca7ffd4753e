//! The whole way from bytes to events.

pub(crate) mod plain;

use crate::bytes::Text;
use crate::event::OomEvent;
use crate::frame::{Frame, FrameKind, Framer, Origin};
use crate::limits::{MAX_LINE_LEN, MAX_STREAMS};
use crate::paste::Paste;
use crate::report::Assembler;
use crate::sieve::Sieve;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use memchr::{memchr, memrchr};
use plain::Head;

/// What a [`Parser`] is told beforehand.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Keep the task table in the events.
    pub tasks: bool,
    /// The year of prefixes that show none.
    pub year: Option<u16>,
    /// Minutes east of UTC of prefixes that show no zone.
    pub utc_offset_minutes: Option<i16>,
    /// The machine's name where the prefix shows none.
    pub host: Option<Vec<u8>>,
    /// The boot id where the carrier shows none.
    pub boot_id: Option<Vec<u8>>,
    /// Take only text that its frame proves to be the kernel's.
    pub proven_only: bool,
}

/// Reads log lines and gives [`OomEvent`]s.
///
/// Lines of several hosts may come mixed: each host named by a prefix is a stream of its own. The same
/// lines give the same events, pushed one by one, in chunks cut anywhere, or as one buffer.
///
/// Memory is bounded by [`limits`](crate::limits), whatever the log says; nothing is read, written or
/// asked of a clock.
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
    options: Options,
    sieve: Sieve,
    paste: Paste,
    framer: Framer,
    streams: Streams,
    events: VecDeque<OomEvent>,
    /// The beginning of a line whose end has not come yet.
    carry: Vec<u8>,
    /// The line was longer than its bound: the rest of it is let go.
    skips_rest: bool,
    refused: Refused,
    head: Head,
}

/// The beginning of the last line that the sieve refused.
///
/// An indented line may stand behind a newline in the record before it, which only that line's prefix
/// tells; so the framer is shown it after all.
#[derive(Clone, Copy, Debug)]
struct Refused {
    start: [u8; REFUSED_LEN],
    len: usize,
}

/// Enough of a line to find its prefix.
pub(crate) const REFUSED_LEN: usize = 64;

impl Refused {
    const NONE: Self = Self {
        start: [0; REFUSED_LEN],
        len: 0,
    };

    fn set(&mut self, line: &[u8]) {
        if let Some(whole) = line.first_chunk::<REFUSED_LEN>() {
            self.start = *whole;
            self.len = REFUSED_LEN;
        } else if let Some(start) = self.start.get_mut(..line.len()) {
            start.copy_from_slice(line);
            self.len = line.len();
        }
    }

    fn take(&mut self) -> ([u8; REFUSED_LEN], usize) {
        (self.start, core::mem::take(&mut self.len))
    }
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
            options,
            sieve: Sieve::new(),
            paste: Paste::default(),
            framer: Framer::new(),
            streams: Streams::default(),
            events: VecDeque::new(),
            carry: Vec::new(),
            skips_rest: false,
            refused: Refused::NONE,
            head: Head::NONE,
        }
    }

    /// Takes one line, without its line end. What a chunk left unfinished is ended first.
    pub fn push_line(&mut self, line: &[u8]) {
        if !self.carry.is_empty() {
            self.end_line();
        }
        self.line(line);
    }

    /// Takes the next bytes of a log, cut anywhere.
    pub fn push_chunk(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        if !self.carry.is_empty() || self.skips_rest {
            let Some((head, tail)) = split_line(rest) else {
                return self.keep(rest);
            };
            self.keep(head);
            self.end_line();
            rest = tail;
        }
        loop {
            if self.wants_every_line() {
                if let Some((micros, message, tail)) = self.head.split_first(rest)
                    && self.glance(micros, message)
                {
                    rest = tail;
                    continue;
                }
                let Some((line, tail)) = split_line(rest) else {
                    break;
                };
                self.candidate(line);
                rest = tail;
                continue;
            }
            let at = self.sieve.find(rest);
            let before = at.map_or(rest, |at| rest.get(..at).unwrap_or_default());
            if let Some(end) = memrchr(b'\n', before) {
                let lines = before.get(..end).unwrap_or_default();
                let last = memrchr(b'\n', lines).map_or(0, |at| at.saturating_add(1));
                self.refused.set(lines.get(last..).unwrap_or_default());
                rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
            }
            if at.is_none() {
                break;
            }
            let Some((line, tail)) = split_line(rest) else {
                break;
            };
            self.candidate(line);
            rest = tail;
        }
        self.keep(rest);
    }

    /// Says that no more lines come: gives out what is open. The parser can then be used anew.
    pub fn finish(&mut self) {
        if !self.carry.is_empty() {
            self.end_line();
        }
        let mut paste = core::mem::take(&mut self.paste);
        paste.finish(&mut |line| self.whole(line));
        if let Some(frame) = self.framer.finish() {
            self.framed(&frame, &[]);
        }
        let mut out = VecDeque::new();
        for stream in self.streams.drain() {
            let mut assembler = stream;
            assembler.finish(&mut out);
        }
        self.give(out);
        self.framer = Framer::new();
        self.skips_rest = false;
        self.refused = Refused::NONE;
        self.head.forget();
    }

    /// Gives out kills that wait for one further line of their stream, without it.
    ///
    /// For callers that must answer on the line that names the victim. What is not decided yet stays
    /// open, and a victim printed once more is still one event.
    pub fn give_waiting(&mut self) {
        let mut out = VecDeque::new();
        self.streams.give_waiting(&mut out);
        self.give(out);
    }

    /// The next event that is complete, in the order of completion.
    pub fn next_event(&mut self) -> Option<OomEvent> {
        self.events.pop_front()
    }

    /// Whether an ordinary line matters now, since a report is being printed.
    ///
    /// While it does not, [`is_candidate`](Self::is_candidate) tells which lines to hand in.
    #[must_use]
    pub fn wants_every_line(&self) -> bool {
        self.streams.hungry > 0 || self.framer.wants_every_line() || self.paste.is_holding()
    }

    /// Whether a line can open a report or make an event alone. Allocates nothing.
    #[must_use]
    pub fn is_candidate(&self, line: &[u8]) -> bool {
        self.sieve.is_candidate(line)
    }

    fn line(&mut self, line: &[u8]) {
        if self.wants_every_line() || self.sieve.is_candidate(line) {
            let end = line.len().min(MAX_LINE_LEN);
            self.candidate(line.get(..end).unwrap_or_default());
        } else {
            self.refused.set(line);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.skips_rest {
            return;
        }
        let room = MAX_LINE_LEN.saturating_sub(self.carry.len());
        self.carry
            .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.skips_rest = bytes.len() > room;
    }

    fn end_line(&mut self) {
        let mut line = core::mem::take(&mut self.carry);
        self.skips_rest = false;
        self.line(&line);
        if line.capacity() <= 4096 {
            line.clear();
            self.carry = line;
        }
    }

    /// A line that holds one of the words, or any line while a report is open.
    fn candidate(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.plain(line) {
            return;
        }
        let (start, len) = self.refused.take();
        if len > 0 && matches!(line.first(), Some(b' ' | b'\t')) {
            self.framer.frame(start.get(..len).unwrap_or_default());
        }
        // Inside a carrier's own structure a line is what it is.
        let is_within = self.framer.wants_every_line() && !self.paste.is_holding();
        if is_within || !self.paste.wants(line, || self.sieve.is_candidate(line)) {
            return self.whole(line);
        }
        let mut paste = core::mem::take(&mut self.paste);
        paste.line(line, &mut |line| self.whole(line));
        self.paste = paste;
    }

    /// A line that begins as the last one did and whose kind shows at a glance; says whether it was one.
    #[inline]
    fn plain(&mut self, line: &[u8]) -> bool {
        // A filter without std sees a record at a time, and is as small as can be.
        if cfg!(not(feature = "std")) {
            return false;
        }
        let split = self.head.split(line);
        split.is_some_and(|(micros, message)| self.glance(micros, message))
    }

    #[inline]
    fn glance(&mut self, micros: u64, message: &[u8]) -> bool {
        // A line that the sieve refused tells the next one's place only where that is indented.
        match (plain::glance(message), &mut self.streams.last) {
            (Some(glance), Some(last)) if self.paste.is_idle() => {
                self.refused.len = 0;
                last.assembler.glance(glance, micros)
            }
            _ => false,
        }
    }

    /// A line as its carrier wrote it.
    fn whole(&mut self, line: &[u8]) {
        self.head.forget();
        if let Some(frame) = self.framer.end_before(line) {
            self.framed(&frame, &[]);
        }
        let Some(frame) = self.framer.frame(line) else {
            return;
        };
        self.framed(&frame, line);
    }

    /// A record, and the line that it stands in.
    fn framed(&mut self, frame: &Frame<'_>, line: &[u8]) {
        let proven = frame.origin == Origin::Kernel;
        if frame.origin == Origin::UserSpace || self.options.proven_only && !proven {
            return;
        }
        let host = frame.host.as_deref().unwrap_or_default();
        // What stands behind a line break belongs to the line before it, whose host is not repeated.
        let is_behind =
            frame.host.is_none() && matches!(frame.kind, FrameKind::Bare | FrameKind::Indented);
        let is_last = self.streams.is_last(host, is_behind);
        // A host with nothing open sees only candidates, whatever other hosts have open.
        if self.streams.hungry > 0
            && !self.streams.is_hungry(host, is_last)
            && !self.framer.wants_every_line()
            && !line.is_empty()
            && !self.sieve.is_candidate(line)
        {
            return;
        }
        let mut out = VecDeque::new();
        let stream = self.streams.turn_to(host, is_last, &self.options, &mut out);
        let was_hungry = stream.is_hungry();
        stream.push(frame, &mut out);
        let is_hungry = stream.is_hungry();
        self.streams.count(was_hungry, is_hungry);
        if cfg!(feature = "std") {
            self.head.remember(line, frame);
        }
        if !out.is_empty() {
            self.give(out);
        }
    }

    fn give(&mut self, out: VecDeque<OomEvent>) {
        for mut event in out {
            event.time = event
                .time
                .map(|time| time.or(self.options.year, self.options.utc_offset_minutes));
            self.events.push_back(event);
        }
    }
}

/// The first line and what follows its line end.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr(b'\n', bytes)?;
    Some((bytes.get(..at)?, bytes.get(at.checked_add(1)?..)?))
}

/// One assembler for each host.
#[derive(Debug, Default)]
struct Streams {
    /// The stream of the last line, which the next line is most often of.
    last: Option<Box<Stream>>,
    /// The others, by host.
    #[expect(
        clippy::vec_box,
        reason = "they are moved with every turn from host to host"
    )]
    others: Vec<Box<Stream>>,
    /// How many have a report open.
    hungry: usize,
    clock: u64,
}

#[derive(Debug)]
struct Stream {
    host: Vec<u8>,
    assembler: Assembler,
    used: u64,
}

impl Stream {
    fn new(host: &[u8], options: &Options) -> Self {
        let named = options.host.clone().map(Text::from);
        let boot_id = options.boot_id.clone().map(Text::from);
        let mut assembler = Assembler::new(options.tasks, named, boot_id);
        if !host.is_empty() {
            assembler.set_host(host);
        }
        Self {
            host: host.to_vec(),
            assembler,
            used: 0,
        }
    }
}

impl Streams {
    /// Whether the last line's stream is this line's too.
    fn is_last(&self, host: &[u8], is_behind: bool) -> bool {
        self.last
            .as_ref()
            .is_some_and(|last| is_behind || last.host == host)
    }

    fn is_hungry(&self, host: &[u8], is_last: bool) -> bool {
        let stream = if is_last {
            self.last.as_ref()
        } else {
            self.place(host).ok().and_then(|at| self.others.get(at))
        };
        stream.is_some_and(|stream| stream.assembler.is_hungry())
    }

    /// Where among the others a host is, or would be.
    fn place(&self, host: &[u8]) -> Result<usize, usize> {
        self.others
            .binary_search_by(|stream| stream.host.as_slice().cmp(host))
    }

    /// The stream of a host, which is the last one now.
    fn turn_to(
        &mut self,
        host: &[u8],
        is_last: bool,
        options: &Options,
        out: &mut VecDeque<OomEvent>,
    ) -> &mut Assembler {
        self.clock = self.clock.wrapping_add(1);
        if !is_last && !self.adopt(host) {
            if let Some(last) = self.last.take() {
                let at = self.place(&last.host).unwrap_or_else(|at| at);
                self.others.insert(at, last);
            }
            match self.place(host) {
                Ok(at) => self.last = Some(self.others.remove(at)),
                Err(_) => self.make_room(out),
            }
        }
        let stream = self
            .last
            .get_or_insert_with(|| Box::new(Stream::new(host, options)));
        stream.used = self.clock;
        &mut stream.assembler
    }

    fn count(&mut self, was_hungry: bool, is_hungry: bool) {
        match (was_hungry, is_hungry) {
            (false, true) => self.hungry = self.hungry.saturating_add(1),
            (true, false) => self.hungry = self.hungry.saturating_sub(1),
            _ => {}
        }
    }

    fn give_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        if self.hungry == 0 {
            return;
        }
        for stream in self.others.iter_mut().chain(&mut self.last) {
            let was = stream.assembler.is_hungry();
            stream.assembler.give_out_all_waiting(out);
            if was && !stream.assembler.is_hungry() {
                self.hungry = self.hungry.saturating_sub(1);
            }
        }
    }

    /// Lines without a host are of the first host that is named, while there is no other.
    fn adopt(&mut self, host: &[u8]) -> bool {
        match &mut self.last {
            Some(last) if last.host.is_empty() && self.others.is_empty() => {
                last.host = host.to_vec();
                last.assembler.set_host(host);
                true
            }
            _ => false,
        }
    }

    /// Closes the stream that was quiet longest, when there are as many as may be.
    fn make_room(&mut self, out: &mut VecDeque<OomEvent>) {
        if self.others.len() < MAX_STREAMS {
            return;
        }
        if let Some(at) = longest_quiet(&self.others) {
            let mut stream = self.others.remove(at);
            if stream.assembler.is_hungry() {
                self.hungry = self.hungry.saturating_sub(1);
            }
            stream.assembler.finish(out);
        }
    }

    /// Takes all streams out, in the order of their last lines.
    fn drain(&mut self) -> impl Iterator<Item = Assembler> + use<> {
        self.hungry = 0;
        let mut all = core::mem::take(&mut self.others);
        all.extend(self.last.take());
        core::iter::from_fn(move || {
            let oldest = longest_quiet(&all)?;
            Some(all.swap_remove(oldest).assembler)
        })
    }
}

/// Which of these streams had no line for longest.
fn longest_quiet(streams: &[Box<Stream>]) -> Option<usize> {
    (0..streams.len()).min_by_key(|at| streams.get(*at).map(|stream| stream.used))
}

/// The events of a whole log in memory.
///
/// # Example
/// ```
/// let log = b"Killed process 4021 (mysqld)\n";
/// let events: Vec<_> = oomparse_core::parse_all(log).collect();
/// assert_eq!(events.len(), 1);
/// ```
pub fn parse_all(log: &[u8]) -> impl Iterator<Item = OomEvent> {
    // Large enough that the search runs at full speed, small enough that events do not pile up.
    const CHUNK: usize = 256 << 10;
    let mut parser = Parser::new();
    let mut chunks = log.chunks(CHUNK);
    let mut finished = false;
    core::iter::from_fn(move || {
        loop {
            if let Some(event) = parser.next_event() {
                return Some(event);
            }
            match chunks.next() {
                Some(chunk) => parser.push_chunk(chunk),
                None if finished => return None,
                None => {
                    parser.finish();
                    finished = true;
                }
            }
        }
    })
}
