//! Decides what happens to a record.
//!
//! ```text
//! record ─► sieve ─► frame: whose text? ─► parser of the tag ─► an event of this record? ─► record + event
//!            no └──────── no ┴──────────────────────────────────────── no ┴─► the record as it is
//! ```
//!
//! In any doubt the record stays unchanged. An event goes only into the record that completes it; an event that
//! another record completes is counted and dropped, because this host accepts exactly one record for each record.

mod reader;

use self::reader::{Line, Reader};
#[cfg(feature = "pods")]
use crate::pods::{Pods, Sources, kubernetes};
#[cfg(feature = "sources")]
use crate::settings::Settings;
use alloc::vec::Vec;
use oomparse_core::limits::MAX_LINE_LEN;
use oomparse_core::{Accept, FrameParser, OomEvent, Options, RecordFramer, with_member};
use oomparse_host::KEYS;

/// How many tags' reports are kept apart; beyond that, the tag that was silent longest is dropped. Kernel text
/// comes under one or two tags, so this is for users whose filter matches everything.
const MAX_TAGS: usize = 64;

/// Seconds of the records' own time after which a report is over. The kernel prints one within a few seconds,
/// even to a serial console.
const PATIENCE: u32 = 60;

/// What the user requested, by the name of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Text that its record proves to be the kernel's.
    Kernel,
    /// Also text whose record shows no author.
    Any,
    /// Like [`Mode::Kernel`]; the lines of reports are dropped, except those with an event.
    Events,
    /// Like [`Mode::Any`], each line by itself: for hosts that keep no state.
    Lines,
}

impl Mode {
    /// Whose lines it reads.
    fn accepts(self) -> Accept {
        match self {
            Self::Kernel | Self::Events => Accept::KERNEL,
            Self::Any | Self::Lines => Accept::ANY,
        }
    }
}

/// The answer to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The unchanged record.
    Keep,
    /// The record in [`Filter::answer`].
    Replaced,
    /// No record.
    Drop,
}

/// The open reports, by mode and tag.
#[derive(Debug, Default)]
pub struct Filter {
    sieve: FrameParser,
    /// What the records of a report have in common.
    records: RecordFramer,
    streams: Vec<Stream>,
    /// How many streams are in a report, so that every line of them matters.
    in_report: usize,
    answer: Vec<u8>,
    lost: u32,
    clock: u64,
    #[cfg(feature = "pods")]
    pods: Option<Pods>,
    #[cfg(feature = "sources")]
    settings: Settings,
}

#[derive(Debug)]
struct Stream {
    mode: Mode,
    tag: Vec<u8>,
    parser: Reader,
    used: u64,
    /// The time of the record that opened the current report.
    opened_at: u32,
}

impl Stream {
    /// Closes what is open; returns how many events resulted, for which there is no record any more.
    fn end(&mut self) -> u32 {
        self.parser.finish();
        core::iter::from_fn(|| self.parser.next_event()).fold(0, |count, _| count.saturating_add(1))
    }
}

impl Filter {
    /// A filter that has seen no records yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A filter that reads pod names from these sources.
    #[cfg(feature = "pods")]
    #[must_use]
    pub fn with_pods(sources: Sources) -> Self {
        Self {
            pods: Some(Pods::new(sources)),
            ..Self::default()
        }
    }

    /// The same, which reads the lines of these daemons too.
    #[cfg(feature = "sources")]
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self {
            sieve: FrameParser::with_options(settings.options(Accept::ANY)),
            settings,
            ..self
        }
    }

    /// The options of a mode's parser.
    fn options(&self, mode: Mode) -> Options {
        #[cfg(feature = "sources")]
        return self.settings.options(mode.accepts());
        #[cfg(not(feature = "sources"))]
        {
            let mut options = Options::default();
            options.accept = mode.accepts();
            options
        }
    }

    /// Whether a record must be passed to [`take`](Self::take); all others are kept, and need not be passed.
    #[must_use]
    pub fn wants(&self, record: &[u8]) -> bool {
        self.wants_every_record() || self.sieve.is_candidate(record)
    }

    /// Whether ordinary records matter too: a report is open, or the user said whose log it is.
    #[must_use]
    pub fn wants_every_record(&self) -> bool {
        #[cfg(feature = "sources")]
        if self.settings.names_an_origin() {
            return true;
        }
        self.in_report > 0
    }

    /// The record with its event, NUL-terminated, after [`Answer::Replaced`].
    #[must_use]
    pub fn answer(&self) -> &[u8] {
        &self.answer
    }

    /// Events that no record could carry.
    #[must_use]
    pub fn lost(&self) -> u32 {
        self.lost
    }

    /// Decides about a record that is [wanted](Self::wants); `seconds` is its own time.
    pub fn take(&mut self, mode: Mode, tag: &[u8], seconds: u32, record: &[u8]) -> Answer {
        // With no open report, the sieve has accepted it.
        let is_sieved = !self.wants_every_record();
        self.close_old(seconds);
        let was_open = self.is_open(mode, tag);
        if !is_object(record) || !(is_sieved || was_open || self.sieve.is_candidate(record)) {
            return Answer::Keep;
        }
        // The host has copied the last one.
        self.answer = Vec::new();
        // In a log, a leading blank means that a line continues.
        let text = record.trim_ascii();
        let Some(line) = Line::of(&mut self.records, text, mode.accepts()) else {
            return Answer::Keep;
        };
        if mode == Mode::Lines {
            #[cfg(feature = "sources")]
            let own = line.alone(self.options(mode));
            #[cfg(not(feature = "sources"))]
            let own = line.alone();
            return self.with(own, seconds, record);
        }
        let (is_of_report, own) = self.push(mode, tag, seconds, &line);
        if !own.is_empty() {
            return self.with(own, seconds, record);
        }
        if mode == Mode::Events && is_of_report {
            return Answer::Drop;
        }
        Answer::Keep
    }

    /// Passes the record to its stream's parser; returns whether it belongs to a report, and the events that it
    /// reports.
    fn push(
        &mut self,
        mode: Mode,
        tag: &[u8],
        seconds: u32,
        line: &Line<'_>,
    ) -> (bool, Vec<OomEvent>) {
        let mut own = Vec::new();
        let Some(stream) = self.stream(mode, tag) else {
            return (false, own);
        };
        let was_in_report = stream.parser.wants_every_line();
        if !was_in_report {
            stream.opened_at = seconds;
        }
        let is_of_report = stream.parser.push(line);
        stream.parser.give_waiting();
        let is_in_report = stream.parser.wants_every_line();
        let mut lost = 0u32;
        while let Some(event) = stream.parser.next_event() {
            if stream.parser.last_tells(&event) {
                own.push(event);
            } else {
                lost = lost.saturating_add(1);
            }
        }
        self.lost = self.lost.saturating_add(lost);
        match (was_in_report, is_in_report) {
            (false, true) => self.in_report = self.in_report.saturating_add(1),
            (true, false) => self.in_report = self.in_report.saturating_sub(1),
            _ => {}
        }
        (is_of_report, own)
    }

    /// Closes reports that have been open for longer than the kernel takes to print one: while one is open, every
    /// record of every tag is parsed.
    fn close_old(&mut self, seconds: u32) {
        if self.in_report == 0 {
            return;
        }
        for stream in &mut self.streams {
            let is_old = stream.opened_at.abs_diff(seconds) > PATIENCE;
            if is_old && stream.parser.wants_every_line() {
                self.in_report = self.in_report.saturating_sub(1);
                self.lost = self.lost.saturating_add(stream.end());
            }
        }
    }

    #[cfg_attr(
        not(feature = "pods"),
        expect(unused_mut, unused_variables, reason = "names are added to it")
    )]
    fn with(&mut self, mut own: Vec<OomEvent>, seconds: u32, record: &[u8]) -> Answer {
        #[cfg(feature = "pods")]
        if let Some(pods) = &mut self.pods {
            for event in &mut own {
                pods.enrich(event, seconds);
            }
        }
        let count = u32::try_from(own.len()).unwrap_or(u32::MAX);
        let Some(event) = OomEvent::of_record(own) else {
            return Answer::Keep;
        };
        let json = event.to_json();
        // An event that could not be written is dropped.
        let answer = (!json.is_empty()).then(|| with_member(record, &KEYS, &json));
        let Some(mut answer) = answer.flatten() else {
            self.lost = self.lost.saturating_add(count);
            return Answer::Keep;
        };
        #[cfg(feature = "pods")]
        if let Some(named) = kubernetes(&event)
            && let Some(both) = with_member(&answer, &["kubernetes"], &named)
        {
            answer = both;
        }
        answer.push(0);
        self.answer = answer;
        Answer::Replaced
    }

    fn is_open(&self, mode: Mode, tag: &[u8]) -> bool {
        self.in_report > 0
            && self.streams.iter().any(|stream| {
                stream.mode == mode && stream.tag == tag && stream.parser.wants_every_line()
            })
    }

    fn stream(&mut self, mode: Mode, tag: &[u8]) -> Option<&mut Stream> {
        self.clock = self.clock.saturating_add(1);
        let known = |stream: &Stream| stream.mode == mode && stream.tag == tag;
        let at = match self.streams.iter().position(known) {
            Some(at) => at,
            None => {
                self.make_room();
                let options = self.options(mode);
                self.streams.push(Stream {
                    mode,
                    tag: tag.to_vec(),
                    parser: Reader::new(options),
                    used: 0,
                    opened_at: 0,
                });
                self.streams.len().checked_sub(1)?
            }
        };
        let stream = self.streams.get_mut(at)?;
        stream.used = self.clock;
        Some(stream)
    }

    fn make_room(&mut self) {
        if self.streams.len() < MAX_TAGS {
            return;
        }
        let oldest = self
            .streams
            .iter()
            .enumerate()
            .min_by_key(|(_, stream)| stream.used)
            .map(|(at, _)| at);
        if let Some(at) = oldest {
            let mut stream = self.streams.swap_remove(at);
            if stream.parser.wants_every_line() {
                self.in_report = self.in_report.saturating_sub(1);
            }
            self.lost = self.lost.saturating_add(stream.end());
        }
    }
}

/// Whether the text can be a record at all: an object, no longer than the longest line.
fn is_object(record: &[u8]) -> bool {
    record.len() <= MAX_LINE_LEN
        && record.trim_ascii_start().first() == Some(&b'{')
        && record.trim_ascii_end().last() == Some(&b'}')
}

#[cfg(test)]
mod tests;
