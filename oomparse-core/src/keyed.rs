//! Several mixed logs, each with its own parser.

use crate::bounded::{Bounded, Entry, Weigh};
use crate::event::OomEvent;
use crate::limits::{MAX_OPEN_BYTES, MAX_REFUSED, MAX_STREAMS};
use crate::lines::Above;
use crate::options::Options;
use crate::parser::{Parser, Taken};
use crate::sieve::Sieve;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A [`Parser`] for each of several mixed logs: files, tags, connections.
///
/// The caller names each log by a key; a line of one log never completes a report of another. Within each log,
/// hosts that the lines' prefixes name are also kept apart.
///
/// # Example
/// ```
/// use oomparse_core::{KeyedParser, Options};
///
/// let mut parsers = KeyedParser::with_options(Options::default());
/// parsers.push_line(b"a", b"Task in /docker/0123456789ab killed as a result of limit of /docker");
/// parsers.push_line(b"b", b"Killed process 4021 (mysqld)");
/// parsers.finish();
/// let (key, event) = parsers.next_event().unwrap();
/// assert_eq!((key.as_ref(), event.victim), (&b"a"[..], None));
/// ```
#[derive(Debug)]
pub struct KeyedParser {
    options: Options,
    max_streams: usize,
    sieve: Sieve,
    streams: Bounded<Parser>,
    events: Keyed,
    /// The log of the last line that was refused without a parser, and the line above its next line.
    refused: (Vec<u8>, Above),
    /// The same of others, and the place of the one that makes room next.
    others_refused: Vec<(Vec<u8>, Above)>,
    leaves_next: usize,
}

impl Weigh for Parser {
    fn weight(&self) -> usize {
        self.open_bytes()
    }
}

impl KeyedParser {
    /// Parsers with these options, for at most [`MAX_STREAMS`] logs.
    #[must_use]
    pub fn with_options(options: Options) -> Self {
        Self {
            sieve: Sieve::of(&options),
            options,
            max_streams: MAX_STREAMS,
            streams: Bounded::default(),
            events: VecDeque::new(),
            refused: (Vec::new(), Above::NONE),
            others_refused: Vec::new(),
            leaves_next: 0,
        }
    }

    /// Limits the number of logs; beyond that, the log that was silent longest is finished.
    pub fn set_max_streams(&mut self, max: usize) {
        self.max_streams = max.clamp(1, MAX_STREAMS);
    }

    /// How many logs have a parser.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Takes one line of a log, without its line end.
    ///
    /// Returns what became of it; this does not include what other logs emitted to make room. A line that cannot
    /// matter costs a search and a lookup, and allocates nothing.
    pub fn push_line(&mut self, key: &[u8], line: &[u8]) -> Taken {
        let is_known = self.streams.get(key).is_some();
        if !is_known && !self.sieve.is_candidate(line) {
            self.above(key).note(line);
            return Taken::default();
        }
        let above = (!is_known).then(|| core::mem::replace(self.above(key), Above::NONE));
        let parser = self.parser(key);
        if let Some(above) = above {
            parser.stands_below(above);
        }
        let taken = parser.push_line(line);
        self.collect(key);
        taken
    }

    /// Takes lines of a log in which the caller found no candidates, like [`Parser::pass_over`].
    pub fn pass_over(&mut self, key: &[u8], lines: &[u8]) {
        match self.streams.get_mut(key) {
            Some(stream) => stream.value.pass_over(lines),
            None => self.above(key).note_last(lines),
        }
    }

    /// The line above the next line of a log that has no parser.
    fn above(&mut self, key: &[u8]) -> &mut Above {
        if self.refused.0 != key {
            self.turn_to_refused(key);
        }
        &mut self.refused.1
    }

    #[cold]
    fn turn_to_refused(&mut self, key: &[u8]) {
        let mut others = self.others_refused.iter_mut();
        if let Some(other) = others.find(|(of, _)| of == key) {
            return core::mem::swap(other, &mut self.refused);
        }
        let next = (key.to_vec(), Above::NONE);
        let last = core::mem::replace(&mut self.refused, next);
        if self.others_refused.len() < MAX_REFUSED {
            return self.others_refused.push(last);
        }
        if let Some(other) = self.others_refused.get_mut(self.leaves_next) {
            *other = last;
        }
        self.leaves_next = self
            .leaves_next
            .wrapping_add(1)
            .checked_rem(MAX_REFUSED)
            .unwrap_or(0);
    }

    /// Takes one record of a log; returns the event that this record reports, as far as it is known by now, with
    /// its [others](OomEvent::others).
    ///
    /// For hosts that must answer a record before they get the next one. No kill waits for a further line: a
    /// `Killed process` line without a report around it, as the kernel prints them in a storm, makes an event at
    /// once, without a cgroup. `late` gets the events that this record completes but does not report, and those
    /// of logs that were closed to make room: they must not be put into this record.
    ///
    /// # Example
    /// ```
    /// use oomparse_core::{KeyedParser, Options};
    ///
    /// let mut parsers = KeyedParser::with_options(Options::default());
    /// let line = b"Out of memory: Killed process 4021 (mysqld) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
    /// let event = parsers.push_record(b"a", line, |_, _| unreachable!()).unwrap();
    /// assert_eq!(event.victim.unwrap().pid, 4021);
    /// assert!(parsers.push_record(b"a", line, |_, _| unreachable!()).is_none());
    /// ```
    pub fn push_record(
        &mut self,
        key: &[u8],
        record: &[u8],
        mut late: impl FnMut(Arc<[u8]>, OomEvent),
    ) -> Option<OomEvent> {
        self.push_line(key, record);
        self.give_waiting(key);
        let mut reported = Vec::new();
        while let Some((of, event)) = self.next_event() {
            if *of == *key && self.last_line_reports(key, &event) {
                reported.push(event);
            } else {
                late(of, event);
            }
        }
        OomEvent::of_record(reported)
    }

    /// Whether the last line of a log reports this event of that log, as [`Parser::last_line_reports`] defines it.
    #[must_use]
    pub fn last_line_reports(&self, key: &[u8], event: &OomEvent) -> bool {
        let stream = self.streams.get(key);
        stream.is_some_and(|stream| stream.value.last_line_reports(event))
    }

    /// Takes the next bytes of a log, cut anywhere; returns what became of the lines that end in them.
    pub fn push_chunk(&mut self, key: &[u8], chunk: &[u8]) -> Taken {
        let taken = self.parser(key).push_chunk(chunk);
        self.collect(key);
        taken
    }

    /// Ends one log: no more of its lines come.
    pub fn finish_stream(&mut self, key: &[u8]) {
        if let Some(stream) = self.streams.remove(key) {
            end(stream, &mut self.events);
        }
    }

    /// Ends all logs: emits what is open, in the order of their last lines.
    pub fn finish(&mut self) {
        for stream in self.streams.drain() {
            end(stream, &mut self.events);
        }
    }

    /// Emits kills of one log that wait for a further line, like [`Parser::give_waiting`].
    pub fn give_waiting(&mut self, key: &[u8]) {
        if let Some(stream) = self.streams.get_mut(key) {
            stream.value.give_waiting();
            self.collect(key);
        }
    }

    /// Emits kills of all logs that wait for a further line, if none has come for a while. A line that looked
    /// like the first half of a broken line is then read as it is.
    pub fn give_all_waiting(&mut self) {
        for stream in self.streams.iter_mut() {
            if stream.value.wants_every_line() {
                stream.value.give_all_waiting();
                collect(stream, &mut self.events);
            }
        }
    }

    /// The next complete event, with the key of its log.
    pub fn next_event(&mut self) -> Option<(Arc<[u8]>, OomEvent)> {
        self.events.pop_front()
    }

    /// How many events wait to be taken.
    #[must_use]
    pub fn waiting_events(&self) -> usize {
        self.events.len()
    }

    /// Whether ordinary lines of this log matter now, because a report is being printed.
    #[must_use]
    pub fn wants_every_line(&self, key: &[u8]) -> bool {
        let stream = self.streams.get(key);
        stream.is_some_and(|stream| stream.value.wants_every_line())
    }

    /// Whether ordinary lines of any log matter now.
    #[must_use]
    pub fn any_wants_every_line(&self) -> bool {
        let mut streams = self.streams.iter();
        streams.any(|stream| stream.value.wants_every_line())
    }

    /// Whether a line can open a report or make an event alone. Allocates nothing.
    #[must_use]
    pub fn is_candidate(&self, line: &[u8]) -> bool {
        self.sieve.is_candidate(line)
    }

    /// Where the first [candidate](Self::is_candidate) of these lines has what makes it one: lines that end before this
    /// position are none. Allocates nothing.
    #[must_use]
    pub fn next_candidate(&self, lines: &[u8]) -> Option<usize> {
        self.sieve.find(lines)
    }

    /// The log's parser, which becomes the current one. Keeps all others within their bounds.
    fn parser(&mut self, key: &[u8]) -> &mut Parser {
        let most = (self.max_streams, MAX_OPEN_BYTES);
        let new = || Parser::with_options(self.options.clone());
        let leave = |stream| end(stream, &mut self.events);
        &mut self.streams.turn_to(key, most, new, leave).value
    }

    fn collect(&mut self, key: &[u8]) {
        if let Some(stream) = self.streams.get_mut(key) {
            collect(stream, &mut self.events);
        }
    }
}

/// The events of one log, with its key.
type Keyed = VecDeque<(Arc<[u8]>, OomEvent)>;

fn collect(stream: &mut Entry<Parser>, events: &mut Keyed) {
    while let Some(event) = stream.value.next_event() {
        events.push_back((Arc::clone(&stream.name), event));
    }
}

/// Ends a log that leaves.
fn end(mut stream: Box<Entry<Parser>>, events: &mut Keyed) {
    stream.value.finish();
    collect(&mut stream, events);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &[u8] = b"Task in /docker/0123456789ab killed as a result of limit of /docker";
    const KILLED: &[u8] = b"Killed process 4021 (mysqld)";

    #[test]
    fn a_parser_weighs_what_its_open_reports_hold() {
        let mut parser = Parser::new();
        let empty = parser.weight();
        parser.push_line(TASK);
        assert!(parser.weight() > empty);
    }

    #[test]
    fn a_kill_whose_line_is_cut_leaves_with_the_summary_that_names_its_victim() {
        let mut parsers = KeyedParser::with_options(Options::default());
        let mut push =
            |line: &[u8]| parsers.push_record(b"a", line, |_, event| panic!("{event:?}"));
        assert!(
            push(b"Memory cgroup out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB")
                .is_none()
        );
        let reported =
            push(b"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),task=a,pid=7,uid=0");
        assert_eq!(reported.unwrap().victim.unwrap().pid, 7);
    }

    #[test]
    fn reports_of_two_logs_are_kept_apart() {
        let mut parsers = KeyedParser::with_options(Options::default());
        parsers.push_line(b"a", TASK);
        assert!(parsers.wants_every_line(b"a") && !parsers.wants_every_line(b"b"));
        parsers.push_line(b"b", KILLED);
        parsers.push_line(b"a", KILLED);
        parsers.finish();
        assert_eq!(parsers.waiting_events(), 2);
        let mut found = Vec::new();
        while let Some((key, event)) = parsers.next_event() {
            found.push((key.to_vec(), event.container.is_some()));
        }
        assert_eq!(found, [(b"a".to_vec(), true), (b"b".to_vec(), false)]);
        assert_eq!(parsers.waiting_events(), 0);
    }

    /// As long as a terminal is wide, and without sizes: it may be half of a line.
    #[cfg(feature = "carriers")]
    #[test]
    fn what_may_be_half_a_line_waits_for_the_next_one_or_for_silence() {
        let line =
            "Jan  5 02:12:02 a-node-with-name kernel: [12345.678901] Killed process 4021 (mysq)";
        assert!((78..=82).contains(&line.len()), "{}", line.len());
        let mut parsers = KeyedParser::with_options(Options::default());
        parsers.push_line(b"a", line.as_bytes());
        parsers.give_waiting(b"a");
        assert!(parsers.next_event().is_none() && parsers.wants_every_line(b"a"));
        parsers.give_all_waiting();
        let (_, event) = parsers.next_event().unwrap();
        assert_eq!(event.victim.unwrap().pid, 4021);
        assert!(parsers.next_event().is_none());
    }

    /// Nothing that follows a kill in a real log gives it a second time.
    #[test]
    fn a_record_has_its_kill_at_once_and_no_other_has_it_again() {
        let killed = |pid: u32, uid: &str| {
            alloc::format!(
                "[{pid}.0] Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB{uid}"
            )
        };
        let mut parsers = KeyedParser::with_options(Options::default());
        let mut late = 0;
        let mut given = Vec::new();
        for pid in 100..400 {
            let uid = [", UID:0 pgtables:8kB oom_score_adj:0", ""][pid as usize % 2];
            let first = killed(pid, uid);
            let again = first.replace(".0]", ".2]");
            for line in [
                first.as_str(),
                &alloc::format!(
                    "[{pid}.1] Tasks in /kubepods/pod{pid} are going to be killed due to memory.oom.group set"
                ),
                &again,
                &alloc::format!(
                    "[{pid}.3] oom_reaper: reaped process {pid} (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"
                ),
                &alloc::format!("[{pid}.4] eth0: link is up"),
            ] {
                let event = parsers.push_record(b"a", line.as_bytes(), |_, _| late += 1);
                if let Some(event) = event {
                    assert_eq!(line, first);
                    given.push(event.victim.unwrap().pid);
                }
            }
        }
        parsers.finish();
        late += parsers.waiting_events();
        assert_eq!((given, late), ((100..400).collect(), 0));
    }

    #[test]
    fn an_event_of_another_log_or_another_line_is_late() {
        let mut parsers = KeyedParser::with_options(Options::default());
        parsers.set_max_streams(1);
        let mut late = Vec::new();
        for (key, line) in [
            (b"a", TASK),
            (
                b"a",
                b"a invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0",
            ),
            (
                b"b",
                b"b invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0",
            ),
        ] {
            let reported = parsers.push_record(key, line, |key, event| late.push((key, event)));
            assert!(reported.is_none());
        }
        let keys: Vec<_> = late.iter().map(|(key, _)| key.to_vec()).collect();
        assert_eq!(keys, [b"a", b"a"]);
    }

    /// Who answers each record must not put one's kill into the other.
    #[test]
    fn a_line_that_only_completes_an_event_does_not_tell_it() {
        let mut parsers = KeyedParser::with_options(Options::default());
        let killed = |pid: u32| {
            alloc::format!(
                "[{pid}.0] Killed process {pid} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
            )
        };
        assert_eq!(parsers.push_line(b"a", killed(7).as_bytes()).events, 0);
        let taken = parsers.push_line(b"a", killed(8).as_bytes());
        assert_eq!((taken.is_of_report, taken.events), (true, 1));
        let (key, seventh) = parsers.next_event().unwrap();
        assert!(!parsers.last_line_reports(&key, &seventh));
        // A line of another log does not belong to this one.
        parsers.push_line(b"b", killed(9).as_bytes());
        parsers.give_waiting(b"a");
        let (key, eighth) = parsers.next_event().unwrap();
        assert_eq!(eighth.victim.as_ref().unwrap().pid, 8);
        assert!(
            parsers.last_line_reports(&key, &eighth) && !parsers.last_line_reports(b"b", &eighth)
        );
        let ended = parsers.push_line(b"a", b"[20.0] eth0: link is up");
        assert!(!ended.is_of_report && !parsers.last_line_reports(&key, &eighth));
    }

    #[test]
    fn an_indented_line_goes_on_with_one_that_was_passed_over() {
        let log = [
            "Jan  5 02:12:02 n1 sh[7]: listing",
            "  Killed process 1 (a) total-vm:8kB",
        ];
        for is_passed in [true, false] {
            let mut parsers = KeyedParser::with_options(Options::default());
            if is_passed {
                parsers.pass_over(b"a", log[0].as_bytes());
            }
            parsers.push_line(b"a", log[1].as_bytes());
            parsers.finish();
            assert_eq!(parsers.next_event().is_none(), is_passed);
        }
    }

    #[test]
    fn so_it_does_where_records_of_other_logs_stand_between() {
        for (others, is_kept) in [(1, true), (MAX_REFUSED, true), (MAX_REFUSED + 1, false)] {
            let mut parsers = KeyedParser::with_options(Options::default());
            parsers.push_line(b"a", b"Jan  5 02:12:02 n1 sh[7]: listing");
            for other in 0..others {
                let key = alloc::format!("{other}");
                parsers.pass_over(key.as_bytes(), b"Jan  5 02:12:02 n1 kernel: [9.1] eth0");
            }
            parsers.push_line(b"a", b"  Killed process 1 (a) total-vm:8kB");
            parsers.finish();
            assert_eq!(parsers.next_event().is_none(), is_kept, "{others}");
        }
    }

    #[test]
    fn past_the_bound_the_quietest_log_is_finished() {
        let mut parsers = KeyedParser::with_options(Options::default());
        parsers.set_max_streams(2);
        for key in [b"a", b"b", b"c"] {
            parsers.push_line(key, TASK);
        }
        assert_eq!(parsers.streams(), 2);
        assert_eq!(parsers.next_event().unwrap().0.as_ref(), b"a");
        parsers.push_line(b"d", b"an ordinary line");
        assert_eq!(parsers.streams(), 2);
    }

    #[test]
    fn logs_in_chunks_end_one_by_one() {
        let mut parsers = KeyedParser::with_options(Options::default());
        let (task, killed) = ([TASK, b"\n"].concat(), [KILLED, b"\n"].concat());
        assert!(!parsers.any_wants_every_line());
        assert!(parsers.push_chunk(b"a", &task).is_of_report);
        assert!(parsers.any_wants_every_line() && parsers.wants_every_line(b"a"));
        assert_eq!(parsers.push_chunk(b"b", &killed[..9]), Taken::default());
        parsers.push_chunk(b"b", &killed[9..]);
        parsers.finish_stream(b"b");
        let (of, event) = parsers.next_event().unwrap();
        assert_eq!((&*of, event.victim.unwrap().pid), (&b"b"[..], 4021));
        assert!(parsers.next_event().is_none());
        parsers.finish_stream(b"a");
        assert_eq!(&*parsers.next_event().unwrap().0, b"a");
        assert!(!parsers.any_wants_every_line());
    }

    #[test]
    fn candidates_are_found_among_others() {
        let parsers = KeyedParser::with_options(Options::default());
        assert!(parsers.is_candidate(KILLED) && !parsers.is_candidate(b"eth0: link is up"));
        let lines = [b"eth0: link is up\n", KILLED, b"\n"].concat();
        let at = parsers.next_candidate(&lines).unwrap();
        assert!((17..17 + KILLED.len()).contains(&at), "{at}");
        assert_eq!(parsers.next_candidate(b"eth0: link is up\n"), None);
    }
}
