//! The loop of `watch`: lines in, events out, without waiting for anything.

mod end;

use super::feed::{Feed, Next, Start};
use super::open::{open_feed, options};
use super::outbox::Outbox;
use super::signals::Signals;
use super::state::{Anchor, State};
use super::{PAUSE_MS, WatchArgs};
use crate::infer::Storm;
use crate::metrics::Metrics;
use crate::pods::Keeper;
use crate::replace::cannot_write;
use crate::sink::outlets::{Outlets, Source};
use crate::{Failure, Found, sentence, warn};
use memchr::memmem;
use oomparse_core::{OomEvent, Parser};
use std::io;
use std::time::{Duration, Instant};

/// A report whose last line is this old is emitted with what it has: within a second of the kill.
const REPORT_PATIENCE: Duration = Duration::from_millis(700);

/// This long after its last line, nothing can follow in a report: a restart need not read it again.
const REPORT_MEMORY: Duration = Duration::from_secs(60);

/// How often the state is written if nothing happens.
const SAVE_PAUSE: Duration = Duration::from_secs(5);

/// How many lines are read before output and signals are checked again.
const BATCH: usize = 1024;

/// A running `watch`.
pub(crate) struct Watch {
    feed: Box<dyn Feed>,
    parser: Parser,
    names: Keeper,
    storm: Option<Storm>,
    outbox: Outbox,
    signals: Signals,
    state: Option<State>,
    figures: Source,
    outlets: Outlets,
    line: Vec<u8>,
    /// The start of the last report.
    anchor: Option<Anchor>,
    anchors: u64,
    /// When the last line of a report was read.
    last_line: Option<Instant>,
    saved: Instant,
    /// No line was read since the state was read: it still says where to start.
    state_stands: bool,
    /// The file of the last warning, and its text.
    warned: Option<(String, String)>,
}

impl Watch {
    /// Opens everything.
    ///
    /// # Errors What cannot be opened, and why.
    pub(crate) fn open(args: WatchArgs) -> Result<Self, Failure> {
        let signals = Signals::catch().map_err(|error| ("signals".to_owned(), error))?;
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .ok()
            .map(|id| id.trim().replace('-', ""));
        let (state, start) = match &args.state {
            Some(path) => {
                let of_boot = boot_id.as_deref().filter(|_| args.file.is_none());
                let (state, start) = State::open(path, of_boot)
                    .map_err(|error| (path.display().to_string(), error))?;
                (Some(state), start)
            }
            None => (None, None),
        };
        let resumed = start.is_some();
        let first = if args.since_boot {
            Start::Beginning
        } else {
            Start::Now
        };
        let storm = match args.infer {
            true => Some(Storm::open(
                &args.cgroup_fs,
                args.cgroups.roots(),
                args.node_name.as_deref(),
            )?),
            false => None,
        };
        let feed = open_feed(&args, start.unwrap_or(first))?;
        let metrics = match &args.textfile {
            Some(path) => {
                Metrics::open(path).map_err(|error| (path.display().to_string(), error))?
            }
            None => Metrics::default(),
        };
        let node = args.node_name.as_ref().and_then(|name| name.to_str());
        let mut figures = Source::new(metrics, node);
        let outlets = Outlets::start(&args.outlets, args.tasks, node, &mut figures)?;
        let options = options(&args, boot_id);
        Ok(Self {
            feed,
            parser: Parser::with_options(options),
            names: Keeper::start(&args.pods),
            storm,
            outbox: Outbox::new(args.format),
            signals,
            state,
            figures,
            outlets,
            line: Vec::new(),
            anchor: None,
            anchors: 0,
            last_line: None,
            saved: Instant::now(),
            state_stands: resumed,
            warned: None,
        })
    }

    /// Runs until a signal, or until it cannot continue.
    ///
    /// # Errors Any error from writing events.
    pub(crate) fn run(mut self) -> io::Result<Found> {
        // The counters exist from the start, with their last values.
        self.save(true);
        loop {
            self.figures.turn();
            let more = match self.read() {
                Ok(more) => more,
                Err(error) => {
                    self.end()?;
                    warn(&self.feed.name(), &sentence(&error));
                    return Ok(Found::Trouble);
                }
            };
            self.close_silent_report()?;
            self.notices()?;
            self.write()?;
            let asked = self.signals.take();
            if asked.to_reload {
                self.names.reload();
            }
            if asked.to_end {
                self.read_rest()?;
                self.end()?;
                return Ok(Found::Some);
            }
            if !more {
                self.wait()?;
            }
        }
    }

    /// Reads a batch of lines; returns whether there may be more right now.
    fn read(&mut self) -> io::Result<bool> {
        for _ in 0..BATCH {
            if self.outbox.is_full() {
                return Ok(false);
            }
            match self.feed.next(&mut self.line)? {
                Next::Empty => {
                    self.storm.iter().for_each(Storm::drained);
                    return Ok(false);
                }
                Next::Note(note) => warn(&self.feed.name(), &note),
                Next::Gap(sentence) => {
                    warn(&self.feed.name(), &sentence);
                    self.figures.lock().gap();
                }
                Next::Line { lost } => {
                    self.state_stands = false;
                    if lost > 0 {
                        self.lost(lost);
                    }
                    self.take_line()?;
                }
            }
        }
        Ok(true)
    }

    fn lost(&mut self, records: u64) {
        let were = if records == 1 {
            "record was"
        } else {
            "records were"
        };
        warn(
            &self.feed.name(),
            &format!("{records} {were} overwritten before being read; kills may be missing"),
        );
        self.figures.lock().lost(records);
    }

    fn take_line(&mut self) -> io::Result<()> {
        let was_open = self.parser.wants_every_line();
        let taken = self.parser.push_line(&self.line);
        let begins_or_ends = !was_open && self.parser.wants_every_line() || taken.events > 0;
        if taken.is_of_report || begins_or_ends {
            self.last_line = Some(Instant::now());
            if let Some(storm) = &self.storm {
                storm.wake();
            }
        } else if !was_open {
            return Ok(());
        }
        // To read a report's lines again, its first line is needed.
        let begins = memmem::find(&self.line, b"invoked oom-killer").is_some();
        if (begins || self.anchor.is_none())
            && let Some(position) = self.feed.position()
        {
            self.anchors += 1;
            self.anchor = Some(Anchor {
                number: self.anchors,
                position,
            });
        }
        self.drain()
    }

    /// Emits a report for which no more lines come.
    fn close_silent_report(&mut self) -> io::Result<()> {
        if self.parser.wants_every_line()
            && self
                .last_line
                .is_some_and(|at| at.elapsed() >= REPORT_PATIENCE)
        {
            self.parser.close_reports();
            self.drain()?;
        }
        Ok(())
    }

    /// Emits what the kernel counted and no line reported.
    fn notices(&mut self) -> io::Result<()> {
        let mut notices = self.storm.as_ref().map(Storm::notices).unwrap_or_default();
        notices.drain(..).try_for_each(|event| self.event(event))
    }

    fn drain(&mut self) -> io::Result<()> {
        while let Some(event) = self.parser.next_event() {
            self.event(event)?;
        }
        Ok(())
    }

    fn event(&mut self, mut event: OomEvent) -> io::Result<()> {
        let was_given = event
            .id
            .as_ref()
            .is_some_and(|id| self.state.as_ref().is_some_and(|state| state.has_given(id)));
        if was_given {
            let number = self.anchor.as_ref().map_or(0, |anchor| anchor.number);
            if let (Some(state), Some(id)) = (&mut self.state, event.id) {
                state.give(number, id);
            }
            return Ok(());
        }
        if event.time.is_none()
            && let Some(kernel_time_us) = event.kernel_time_us
            && let Some((time, estimated)) = self.feed.wall(kernel_time_us)
        {
            event.time = Some(time);
            event.time_estimated = estimated;
        }
        if let Some(storm) = &self.storm {
            storm.name(&mut event);
        }
        self.names.name(&mut event);
        self.figures.lock().came(&event);
        self.outlets.give(&mut event);
        self.outbox.push(event, self.anchor.clone())
    }

    /// Writes as much as fits, and records what was written.
    fn write(&mut self) -> io::Result<()> {
        let given = self.outbox.write()?;
        let any = !given.is_empty();
        for given in given {
            self.figures.lock().count(&given.event);
            if let (Some(state), Some(id)) = (&mut self.state, given.event.id) {
                let number = given.anchor.map_or(0, |anchor| anchor.number);
                state.give(number, id);
            }
        }
        if any || self.saved.elapsed() >= SAVE_PAUSE {
            self.save(any);
        }
        Ok(())
    }

    /// Writes the counters, then the state: a kill in between is still counted once.
    fn save(&mut self, urgent: bool) {
        self.saved = Instant::now();
        if !urgent {
            self.names.tidy();
        }
        let pods = self.names.pods();
        let mut metrics = self.figures.lock();
        metrics.set_pods(pods);
        let mut trouble = metrics.save().err();
        drop(metrics);
        let is_over = self
            .last_line
            .is_none_or(|at| at.elapsed() >= REPORT_MEMORY);
        if is_over && !self.parser.wants_every_line() && self.outbox.is_empty() {
            self.anchor = None;
        }
        if !self.state_stands
            && let (Some(state), Some(read)) = (&mut self.state, self.feed.end())
        {
            let resume = self.outbox.anchor().or(self.anchor.as_ref());
            if let Err(error) = state.save(read, resume) {
                trouble = Some((state.path().to_owned(), error));
            }
        }
        // The same error is reported only once.
        let sentence = trouble.map(|(path, error)| {
            let (path, sentence) = (path.display().to_string(), cannot_write(&error));
            if self.warned.as_ref() != Some(&(path.clone(), sentence.clone())) {
                warn(&path, &sentence);
            }
            (path, sentence)
        });
        self.warned = sentence;
    }

    /// Waits for a line, a signal, room in the output, or until something is due.
    fn wait(&self) -> io::Result<()> {
        let mut time = SAVE_PAUSE;
        if self.parser.wants_every_line()
            && let Some(at) = self.last_line
        {
            time = time.min(REPORT_PATIENCE.saturating_sub(at.elapsed()));
        }
        let feed = self.feed.fd().filter(|_| !self.outbox.is_full());
        if feed.is_none() {
            time = time.min(Duration::from_millis(PAUSE_MS));
        }
        // At least a millisecond: what is due will be handled in the next round.
        let time = time.max(Duration::from_millis(1));
        self.signals.wait(feed, !self.outbox.is_empty(), time)
    }
}
