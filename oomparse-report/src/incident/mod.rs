//! One death, reported by many sources: what belongs together, by proof.
//!
//! ```text
//! clock.rs       when each source reported it, on a clock that it shares with another
//! voice.rs       what is kept of an event, and the keys by which it is found
//! rules.rs       what proves that two events report one death, and what only suggests it
//! names.rs       names that one event has and another lacks
//! kubernetes.rs  whether Kubernetes reported it, only repeated the kernel's line, or did not notice it
//! said.rs        the testimonies in words
//! ticket.rs      the incident as Markdown
//! json.rs        the record, `oomparse.incident/1`
//! groups.rs      voices put together
//! limits.rs      how many are held, and how long
//! ```
//!
//! Voices come in any order: a journal with all of them, or one file each. So all are held to the end, up to a
//! bound: past it the incidents that stand first in time are emitted. A death reported again, as a kubelet that starts
//! anew does, is a repetition.

mod clock;
mod groups;
mod json;
mod kubernetes;
pub mod limits;
mod names;
mod rules;
mod said;
#[cfg(test)]
mod tests;
mod ticket;
mod voice;

pub use kubernetes::{Kubernetes, Silence};
pub use rules::Joined;
pub use said::{because, says, victims, voice};

use clock::Clocks;
use groups::Groups;
use names::Names;
use oomparse_core::{EventType, Killer, OomEvent};
use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use voice::Voice;

/// Takes events in any order, and returns incidents.
///
/// # Example
/// ```
/// use oomparse_report::incident::{Correlator, Kubernetes};
///
/// let mut correlator = Correlator::default();
/// let log = b"Jan  5 02:12:02 n1 kernel: Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB";
/// for event in oomparse_core::parse_all(log, &oomparse_core::Options::new()) {
///     correlator.push(event);
/// }
/// let incidents = correlator.finish();
/// assert_eq!(incidents.len(), 1);
/// assert_eq!(incidents[0].kubernetes, Kubernetes::Unknown);
/// ```
#[derive(Debug, Default)]
pub struct Correlator {
    limits: Limits,
    #[expect(
        clippy::vec_box,
        reason = "they are large: a vector that grows would hold them twice"
    )]
    voices: Vec<Box<OomEvent>>,
    /// What was reported: the ids of events, and what bystanders said of processes, as a number each. A kubelet that
    /// starts anew reads the kernel's log again.
    reported: HashSet<u64>,
    hasher: RandomState,
    /// The first and the last time that a voice shows, of those that are held.
    span_us: Option<(i64, i64)>,
    /// Incidents that are to be emitted before the end.
    settled: Vec<Incident>,
    /// The last time of all those.
    settled_to_us: Option<i64>,
    late: u64,
    repeated: u64,
}

/// How much is held.
#[derive(Clone, Copy, Debug)]
struct Limits {
    voices: usize,
    age_us: u64,
    fresh: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            voices: limits::MAX_VOICES,
            age_us: limits::MAX_AGE_US,
            fresh: limits::MAX_FRESH,
        }
    }
}

/// One death, or the deaths of one group, with everybody who reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Who killed; `None` if only bystanders report it who cannot know.
    pub killer: Option<Killer>,
    /// What Kubernetes knew.
    pub kubernetes: Kubernetes,
    /// The events that report it, in the order of time; the first is the one to which the others were joined.
    pub testimonies: Vec<Testified>,
}

/// An event of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Testified {
    /// What it says.
    pub event: Box<OomEvent>,
    /// Microseconds since 1970, where that is known; the kernel's clock is mapped to it.
    pub time_us: Option<i64>,
    /// What joins it to the incident.
    pub joined_by: Joined,
}

impl Correlator {
    /// Takes an event. Reports that do not show whom they killed belong to no death.
    pub fn push(&mut self, event: OomEvent) {
        if matches!(event.event_type, EventType::NoVictim | EventType::Report) {
            return;
        }
        let id = event.id.as_ref().map(|id| self.hasher.hash_one(id));
        let said = voice::said(&event).map(|said| self.hasher.hash_one(said));
        if id.is_some_and(|it| !self.is_new(it)) || said.is_some_and(|it| !self.is_new(it)) {
            self.repeated += 1;
            return;
        }
        if let Some(at) = voice::wall_us(&event) {
            self.late += u64::from(self.settled_to_us.is_some_and(|settled| at <= settled));
            let (first, last) = self.span_us.unwrap_or((at, at));
            self.span_us = Some((first.min(at), last.max(at)));
        }
        self.voices.push(Box::new(voice::slim(event)));
        if self.voices.len() >= self.limits.voices || self.is_too_old() {
            self.settle();
        }
    }

    /// Incidents that are at their end before all is read, in the order of time, each once: the first of them where
    /// there are more than [`MAX_VOICES`](limits::MAX_VOICES), and those that are older than
    /// [`MAX_AGE_US`](limits::MAX_AGE_US). Who does not ask finds them before the others in [`finish`](Self::finish).
    pub fn settled(&mut self) -> Vec<Incident> {
        std::mem::take(&mut self.settled)
    }

    /// Events that are of the time of incidents that had been emitted: they may have belonged to one.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Events that were repeated.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// All incidents that were not emitted, in the order of time.
    #[must_use]
    pub fn finish(mut self) -> Vec<Incident> {
        let mut incidents = self.settled();
        incidents.extend(incidents_of(self.voices));
        incidents
    }

    /// Whether this is reported for the first time.
    fn is_new(&mut self, what: u64) -> bool {
        if self.reported.len() >= limits::MAX_REPORTED {
            self.reported.clear();
        }
        self.reported.insert(what)
    }

    fn is_too_old(&self) -> bool {
        let span = self.span_us.map_or(0, |(first, last)| last.abs_diff(first));
        // Not at each event, where one alone stands apart.
        let is_due = self.voices.len().is_multiple_of(self.limits.fresh);
        is_due && span > self.limits.age_us
    }

    /// Gives out the incidents that stand first in time: those with half of the voices, where there are too many,
    /// else those that are too old.
    fn settle(&mut self) {
        let count = self.voices.len();
        let is_full = count >= self.limits.voices;
        let newest = self.span_us.map(|(_, last)| last);
        let mut room = match is_full {
            true => count.div_ceil(2),
            false => count.saturating_sub(self.limits.fresh / 2),
        };
        self.span_us = None;
        for incident in incidents_of(std::mem::take(&mut self.voices)) {
            let last = incident
                .testimonies
                .iter()
                .filter_map(|it| it.time_us)
                .max();
            let is_old = last
                .zip(newest)
                .is_some_and(|(last, newest)| newest.abs_diff(last) > self.limits.age_us);
            if room > 0 && (is_full || is_old) {
                room = room.saturating_sub(incident.testimonies.len());
                self.settled_to_us = self.settled_to_us.max(last);
                self.settled.push(incident);
                continue;
            }
            for testified in incident.testimonies {
                if let Some(at) = testified.time_us {
                    let (first, last) = self.span_us.unwrap_or((at, at));
                    self.span_us = Some((first.min(at), last.max(at)));
                }
                self.voices.push(testified.event);
            }
        }
    }
}

/// The incidents that voices report, in the order of time.
#[expect(clippy::vec_box, reason = "as they are held")]
fn incidents_of(voices: Vec<Box<OomEvent>>) -> Vec<Incident> {
    let clocks = Clocks::of(voices.iter().map(AsRef::as_ref));
    let names = Names::of(voices.iter().map(AsRef::as_ref));
    let mut voices: Vec<Voice> = voices
        .into_iter()
        .map(|mut event| {
            names.give(&mut event);
            Voice::new(event, &clocks)
        })
        .collect();
    voices.sort_by_key(Voice::order);
    let mut groups = Groups::default();
    // Whose hand it was, then those who only saw it.
    let (hands, bystanders): (Vec<_>, Vec<_>) = voices.into_iter().partition(Voice::is_hand);
    for voice in hands.into_iter().chain(bystanders) {
        groups.add(voice);
    }
    groups.into_incidents()
}

impl Incident {
    /// The event that reports the death itself: the killer's own report, else the first.
    #[must_use]
    pub fn best_event(&self) -> Option<&OomEvent> {
        let proven = || {
            self.testimonies
                .iter()
                .filter(|testified| testified.joined_by.is_proof())
                .map(|testified| &*testified.event)
        };
        let is_hand = |event: &&OomEvent| event.event_type != EventType::Notice;
        proven().find(is_hand).or_else(|| proven().next())
    }

    /// The events that are proven to report it.
    pub fn proven(&self) -> impl Iterator<Item = &OomEvent> {
        let proven = self.testimonies.iter().filter(|it| it.joined_by.is_proof());
        proven.map(|testified| &*testified.event)
    }
}
