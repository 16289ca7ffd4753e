//! Records in, and the events that they report out.

use crate::names::Names;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use oomparse_core::{KeyedParser, OomEvent, Options, Taken, WallTime};

/// The parser for a host of records: each stream of records has its own parser, every record is answered before
/// the next one comes, and an event that is too late for its record goes into no other record.
///
/// A host first calls [`wants`](Self::wants), which costs a search and allocates nothing; it rejects most
/// records. For each accepted record the host makes the line that the parser reads ([`Places`](crate::Places))
/// and calls [`take`](Self::take), whose event it puts into the record; or, if events are separate records,
/// [`push`](Self::push) and [`next_event`](Self::next_event).
///
/// # Example
/// ```
/// use oomparse_core::Options;
/// use oomparse_host::Host;
///
/// let mut host = Host::new(Options::default(), ());
/// let record = b"[9.1] Out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
/// assert!(host.wants(b"tag", record) && !host.wants(b"tag", b"GET / 200"));
/// let event = host.take(b"tag", None, record).unwrap();
/// assert_eq!(event.victim.unwrap().pid, 7);
/// ```
#[derive(Debug)]
pub struct Host<N> {
    parsers: KeyedParser,
    names: N,
    /// A report is being printed in one of the streams.
    in_report: bool,
    /// Lines of daemons are read, which another value of a record than its text may name.
    reads_daemons: bool,
    /// Kills whose records are older than this are not emitted; seconds since 1970.
    since: u64,
    counts: Counts,
    late: VecDeque<(Arc<[u8]>, OomEvent)>,
    keep_late: usize,
}

/// What a host has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that were put into their records, or emitted alone.
    pub events: u64,
    /// How many of them name a killed process.
    pub kills: u64,
    /// Events that no record carried: another record completed them, or their own record had no free key.
    pub late: u64,
    /// Events from before the start that were not emitted, as requested.
    pub old: u64,
    /// Late events that were kept, and dropped because nobody took them before there were too many.
    pub dropped: u64,
}

impl Counts {
    /// Counts an event and its others as emitted.
    pub fn gave(&mut self, event: &OomEvent) {
        for event in core::iter::once(event).chain(&event.others) {
            self.events = self.events.saturating_add(1);
            let is_kill = u64::from(event.victim.is_some());
            self.kills = self.kills.saturating_add(is_kill);
        }
    }

    /// Counts an event and its others as having no record.
    pub fn lost(&mut self, event: &OomEvent) {
        let all = u64::try_from(event.others.len()).unwrap_or(u64::MAX);
        self.late = self.late.saturating_add(all).saturating_add(1);
    }
}

impl<N: Names> Host<N> {
    /// A host that has seen no records yet.
    pub fn new(options: Options, names: N) -> Self {
        Self {
            reads_daemons: options.accept.has_daemons(),
            parsers: KeyedParser::with_options(options),
            names,
            in_report: false,
            since: 0,
            counts: Counts::default(),
            late: VecDeque::new(),
            keep_late: 0,
        }
    }

    /// Suppresses kills whose records are older: an input may read again what an earlier run read. Seconds since
    /// 1970.
    pub fn set_since(&mut self, seconds: u64) {
        self.since = seconds;
    }

    /// Keeps this many late events for [`next_event`](Self::next_event); beyond that, the oldest is dropped. With
    /// 0, late events are only counted.
    pub fn keep_late(&mut self, events: usize) {
        self.keep_late = events;
    }

    /// Limits the number of streams; beyond that, the stream that was silent longest is finished.
    pub fn set_max_streams(&mut self, max: usize) {
        self.parsers.set_max_streams(max);
    }

    /// The source of names.
    #[must_use]
    pub fn names(&self) -> &N {
        &self.names
    }

    /// The source of names, mutable.
    pub fn names_mut(&mut self) -> &mut N {
        &mut self.names
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The same, for callers that emit events or find no free key for one.
    pub fn counts_mut(&mut self) -> &mut Counts {
        &mut self.counts
    }

    /// Whether a report is being printed in one of the streams, so that ordinary records matter.
    #[must_use]
    #[inline]
    pub fn is_in_report(&self) -> bool {
        self.in_report
    }

    /// Whether bytes of a stream matter: one record in any format, or several. Other records are [passed
    /// over](Self::pass_over).
    #[must_use]
    #[inline]
    pub fn wants(&self, stream: &[u8], bytes: &[u8]) -> bool {
        (self.in_report && self.parsers.wants_every_line(stream))
            || self.parsers.is_candidate(bytes)
    }

    /// The same for many records of a stream: those that end before this position do not matter, until one that does
    /// is taken. `None` if none of them does.
    #[must_use]
    pub fn next_wanted(&self, stream: &[u8], records: &[u8]) -> Option<usize> {
        if self.in_report && self.parsers.wants_every_line(stream) {
            return Some(0);
        }
        self.parsers.next_candidate(records)
    }

    /// The same for a record of which the caller has only the text at hand: where daemons' lines are read,
    /// the author may be named beside it, so every record matters and the parser searches it as a whole.
    #[must_use]
    #[inline]
    pub fn wants_text(&self, stream: &[u8], text: &[u8]) -> bool {
        self.reads_daemons || self.wants(stream, text)
    }

    /// The same as [`wants`](Self::wants) for bytes whose streams are not known yet.
    #[must_use]
    #[inline]
    pub fn wants_of_any(&self, bytes: &[u8]) -> bool {
        self.in_report || self.parsers.is_candidate(bytes)
    }

    /// Takes the text of records that were rejected, as far as it is available: an indented line continues the
    /// line before it, and has its author.
    pub fn pass_over(&mut self, stream: &[u8], text: &[u8]) {
        self.parsers.pass_over(stream, text);
    }

    /// Takes a record of a stream as the line that the parser reads; returns the event that this record reports,
    /// with its further events in [others](OomEvent::others).
    ///
    /// `seconds` is the record's own time since 1970. It completes dates without a year, and decides whether the
    /// record is from before the [start](Self::set_since).
    pub fn take(&mut self, stream: &[u8], seconds: Option<u64>, line: &[u8]) -> Option<OomEvent> {
        let Self {
            parsers,
            counts,
            late,
            keep_late,
            ..
        } = self;
        let own = parsers.push_record(stream, line, |of, mut event| {
            counts.lost(&event);
            if *keep_late == 0 {
                return;
            }
            if late.len() >= *keep_late {
                late.pop_front();
                counts.dropped = counts.dropped.saturating_add(1);
            }
            set_year(&mut event, seconds);
            late.push_back((of, event));
        });
        self.note_open_reports();
        self.complete(own?, seconds)
    }

    /// Takes a record of a stream whose events are separate records; returns what became of it.
    pub fn push(&mut self, stream: &[u8], line: &[u8]) -> Taken {
        let taken = self.parsers.push_line(stream, line);
        self.note_open_reports();
        taken
    }

    /// Takes the next bytes of a stream, cut anywhere; returns what became of the lines that end in them.
    pub fn push_chunk(&mut self, stream: &[u8], chunk: &[u8]) -> Taken {
        let taken = self.parsers.push_chunk(stream, chunk);
        self.note_open_reports();
        taken
    }

    /// Emits kills of one stream that wait for a further line.
    pub fn give_waiting(&mut self, stream: &[u8]) {
        self.parsers.give_waiting(stream);
        self.note_open_reports();
    }

    /// Emits kills of all streams that wait for a further line, because none has come for a while.
    pub fn give_all_waiting(&mut self) {
        self.parsers.give_all_waiting();
        self.note_open_reports();
    }

    /// Ends one stream: no more of its records come.
    pub fn finish_stream(&mut self, stream: &[u8]) {
        self.parsers.finish_stream(stream);
        self.note_open_reports();
    }

    /// Ends all streams.
    pub fn finish(&mut self) {
        self.parsers.finish();
        self.in_report = false;
    }

    /// Whether [`next_event`](Self::next_event) may return an event.
    #[must_use]
    #[inline]
    pub fn has_events(&self) -> bool {
        !self.late.is_empty() || self.parsers.waiting_events() > 0
    }

    /// The next event that was not returned for a record, and its stream: late events that were kept, then those
    /// of [pushed](Self::push) records, and reports that were open at the end. `seconds` is the time of the last
    /// pushed record.
    pub fn next_event(&mut self, seconds: Option<u64>) -> Option<(Arc<[u8]>, OomEvent)> {
        if let Some((stream, mut event)) = self.late.pop_front() {
            self.names.name(&mut event);
            return Some((stream, event));
        }
        while let Some((stream, event)) = self.parsers.next_event() {
            if let Some(event) = self.complete(event, seconds) {
                return Some((stream, event));
            }
        }
        None
    }

    /// Counts what [`next_event`](Self::next_event) would return as late, without looking for names.
    pub fn lose_rest(&mut self) {
        self.late.clear();
        while let Some((_, event)) = self.parsers.next_event() {
            self.counts.lost(&event);
        }
    }

    /// Whether the last line of a stream reports this event of that stream.
    #[must_use]
    pub fn last_line_reports(&self, stream: &[u8], event: &OomEvent) -> bool {
        self.parsers.last_line_reports(stream, event)
    }

    /// Whether a record with this time is from before the start.
    #[must_use]
    pub fn is_old(&self, seconds: Option<u64>) -> bool {
        seconds.is_some_and(|seconds| seconds < self.since)
    }

    fn note_open_reports(&mut self) {
        self.in_report = self.parsers.any_wants_every_line();
    }

    /// An event with names, and with the year from its record's time; `None` if it is too old.
    fn complete(&mut self, mut event: OomEvent, seconds: Option<u64>) -> Option<OomEvent> {
        if self.is_old(seconds) {
            self.counts.old = self.counts.old.saturating_add(1);
            return None;
        }
        set_year(&mut event, seconds);
        self.names.name(&mut event);
        for other in &mut event.others {
            set_year(other, seconds);
            self.names.name(other);
        }
        Some(event)
    }
}

/// Adds the year of a record's time to a date without one.
fn set_year(event: &mut OomEvent, seconds: Option<u64>) {
    let Some(time) = event.time else { return };
    let of_record = seconds.and_then(|seconds| seconds.checked_mul(1_000_000));
    let Some(of_record) = of_record.and_then(WallTime::from_unix_micros) else {
        return;
    };
    // A line from December in a record from January.
    let is_before = time.month > of_record.month.saturating_add(6);
    let year = of_record
        .year
        .map(|year| year.saturating_sub(u16::from(is_before)));
    event.time = Some(time.or(year, None));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;
    use alloc::{format, vec};

    const INVOKED: &str = "a invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0";

    fn killed(pid: u32) -> String {
        format!("Killed process {pid} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB")
    }

    /// Names every event, and counts.
    struct Named(u32);

    impl Names for Named {
        fn name(&mut self, event: &mut OomEvent) {
            self.0 += 1;
            event.host = Some(self.0.to_string().as_bytes().into());
        }
    }

    fn late(host: &mut Host<impl Names>) -> Vec<(Vec<u8>, Option<u32>)> {
        let events = core::iter::from_fn(|| host.next_event(None));
        events
            .map(|(stream, event)| (stream.to_vec(), event.victim.map(|victim| victim.pid)))
            .collect()
    }

    #[test]
    fn every_record_of_a_storm_tells_its_own_kill_and_no_other() {
        let mut host = Host::new(Options::default(), ());
        host.keep_late(8);
        for pid in 1000..2000 {
            let event = host.take(b"a", None, killed(pid).as_bytes()).unwrap();
            assert_eq!(event.victim.as_ref().unwrap().pid, pid);
            host.counts_mut().gave(&event);
            assert!(host.take(b"a", None, b"eth0: link is up").is_none());
        }
        host.finish();
        assert_eq!(late(&mut host), []);
        assert_eq!((host.counts().events, host.counts().kills), (1000, 1000));
    }

    #[test]
    fn where_daemons_are_read_the_text_alone_decides_nothing() {
        let text = b"Killed /a.slice/b.service due to memory pressure for /a.slice being 65.15% > 50.00% for > 20s with reclaim activity";
        let options = |accept| Options::default().accept(accept);
        let accept = oomparse_core::Accept::KERNEL;
        let kernels = Host::new(options(accept), ());
        assert!(!kernels.wants_text(b"a", text) && kernels.wants_text(b"a", killed(7).as_bytes()));
        let mut host = Host::new(options(accept.and(oomparse_core::Daemon::SystemdOomd)), ());
        assert!(host.wants_text(b"a", text) && !host.wants(b"a", text));
        let record = format!(
            "{{\"SYSLOG_IDENTIFIER\":\"systemd-oomd\",\"_SYSTEMD_UNIT\":\"systemd-oomd.service\",\"_COMM\":\"systemd-oomd\",\"MESSAGE\":\"{}\"}}",
            String::from_utf8_lossy(text)
        );
        assert!(host.take(b"a", None, record.as_bytes()).is_some());
    }

    #[test]
    fn what_comes_too_late_is_kept_as_far_as_was_asked_for() {
        for (keep, kept, dropped) in [(0, 0, 0), (1, 1, 1), (8, 2, 0)] {
            let mut host = Host::new(Options::default(), ());
            host.keep_late(keep);
            for _ in 0..3 {
                assert!(host.take(b"a", None, INVOKED.as_bytes()).is_none());
            }
            assert_eq!(late(&mut host), vec![(b"a".to_vec(), None); kept], "{keep}");
            assert_eq!((host.counts().late, host.counts().dropped), (2, dropped));
            host.finish();
            assert_eq!(late(&mut host).len(), 1);
        }
    }

    #[test]
    fn streams_are_apart() {
        let mut host = Host::new(Options::default(), ());
        let task = b"Task in /docker/0123456789ab killed as a result of limit of /docker";
        assert!(host.take(b"a", None, task).is_none());
        assert!(host.is_in_report());
        assert!(host.wants(b"a", b"anon") && !host.wants(b"b", b"anon"));
        assert!(host.wants_of_any(b"anon"));
        let other = host.take(b"b", None, killed(7).as_bytes()).unwrap();
        assert!(other.container.is_none());
        let own = host.take(b"a", None, killed(8).as_bytes()).unwrap();
        assert!(own.container.is_some());
    }

    #[test]
    fn all_events_of_a_record_have_their_names_and_the_records_year() {
        let mut host = Host::new(Options::default(), Named(0));
        let both = format!(
            "Dec 31 23:59:59 n1 kernel: [9.1] {}\nDec 31 23:59:59 n1 kernel: [9.2] {}",
            killed(7),
            killed(8)
        );
        let record = format!("{{\"message\":{both:?}}}");
        // The first seconds of 2024.
        let event = host.take(b"a", Some(1_704_067_203), record.as_bytes());
        let event = event.unwrap();
        let all = [&event, &event.others[0]];
        for (number, event) in (1..).zip(all) {
            let name: String = event.host.as_ref().unwrap().to_display().into();
            assert_eq!(
                (name, event.time.unwrap().year),
                (format!("{number}"), Some(2023))
            );
        }
    }

    #[test]
    fn kills_of_before_the_start_are_counted_and_not_given() {
        let mut host = Host::new(Options::default(), ());
        host.set_since(1000);
        assert!(host.take(b"a", Some(999), killed(7).as_bytes()).is_none());
        assert!(host.take(b"a", Some(1000), killed(8).as_bytes()).is_some());
        assert!(host.take(b"a", None, killed(9).as_bytes()).is_some());
        for (pid, seconds) in [(17, 999), (18, 1000)] {
            host.push(b"b", killed(pid).as_bytes());
            host.give_waiting(b"b");
            let events = core::iter::from_fn(|| host.next_event(Some(seconds))).count();
            assert_eq!(events, usize::from(seconds == 1000));
        }
        assert_eq!(host.counts().old, 2);
    }

    #[test]
    fn an_indented_line_goes_on_with_a_record_that_was_not_wanted() {
        let log = [
            "Jan  5 02:12:02 n1 sh[7]: listing",
            "  Killed process 1 (a) total-vm:8kB",
        ];
        for is_told in [true, false] {
            let mut host = Host::new(Options::default(), ());
            assert!(!host.wants(b"a", log[0].as_bytes()));
            if is_told {
                host.pass_over(b"a", log[0].as_bytes());
            }
            host.push(b"a", log[1].as_bytes());
            host.finish();
            assert_eq!(host.next_event(None).is_none(), is_told);
        }
    }
}
