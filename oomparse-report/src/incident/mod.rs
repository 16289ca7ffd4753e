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
//! ```
//!
//! Events come in any order: from one journal with all sources, or from one file for each. So all are kept until
//! the end, up to a bound. A death that is reported again, as a restarted kubelet does, is a repetition.

mod clock;
mod json;
mod kubernetes;
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
use names::Names;
use oomparse_core::{EventType, Killer, OomEvent};
use std::collections::{HashMap, HashSet, VecDeque};
use voice::{Key, Said, Voice};

/// How many events are kept: about a kilobyte each. Beyond that, the oldest are dropped.
pub const MAX_VOICES: usize = 60_000;

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
    voices: VecDeque<OomEvent>,
    ids: HashSet<String>,
    /// What bystanders reported about processes: a restarted kubelet reads the kernel's log again.
    said: HashSet<Said>,
    dropped: u64,
    repeated: u64,
}

/// One death, or the deaths of one group, with everything that reports it.
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
    /// The event.
    pub event: OomEvent,
    /// Microseconds since 1970, if known; converted from the kernel's clock.
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
        if let Some(id) = &event.id
            && !self.ids.insert(id.clone())
        {
            self.repeated += 1;
            return;
        }
        if let Some(said) = voice::said(&event)
            && !self.said.insert(said)
        {
            self.repeated += 1;
            return;
        }
        if self.voices.len() >= MAX_VOICES
            && let Some(first) = self.voices.pop_front()
        {
            self.dropped += 1;
            if let Some(said) = voice::said(&first) {
                self.said.remove(&said);
            }
            if let Some(id) = first.id {
                self.ids.remove(&id);
            }
        }
        self.voices.push_back(voice::slim(event));
    }

    /// Events that were dropped: earlier incidents may lack a testimony.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Events that were repeated.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// All incidents, in the order of time.
    #[must_use]
    pub fn finish(self) -> Vec<Incident> {
        let clocks = Clocks::of(self.voices.iter());
        let names = Names::of(self.voices.iter());
        let mut voices: Vec<Voice> = self
            .voices
            .into_iter()
            .map(|mut event| {
                names.give(&mut event);
                Voice::new(event, &clocks)
            })
            .collect();
        voices.sort_by_key(Voice::order);
        let mut groups = Groups::default();
        // First the killers' own reports, then those of bystanders.
        let (hands, bystanders): (Vec<_>, Vec<_>) = voices.into_iter().partition(Voice::is_hand);
        for voice in hands.into_iter().chain(bystanders) {
            groups.add(voice);
        }
        groups.into_incidents()
    }
}

/// Incidents under construction.
#[derive(Debug, Default)]
struct Groups {
    all: Vec<Vec<(Voice, Joined)>>,
    /// Which incidents have an event with this key.
    by_key: HashMap<Key, Vec<usize>>,
}

/// How many incidents with one key are checked, the latest first: a container that is killed again and again has
/// its last incidents near in time.
const MAX_TRIED: usize = 256;

impl Groups {
    fn add(&mut self, voice: Voice) {
        let keys = voice.keys();
        let mut best: Option<(usize, Joined, u64)> = None;
        for key in &keys {
            let known = self.by_key.get(key).map(Vec::as_slice).unwrap_or_default();
            for at in known.iter().rev().take(MAX_TRIED) {
                let members = self.all.get(*at).map(Vec::as_slice).unwrap_or_default();
                for (member, joined) in members {
                    if !joined.is_proof() {
                        continue;
                    }
                    let Some((joined, distance)) = rules::joins(member, &voice) else {
                        continue;
                    };
                    let is_better = best.is_none_or(|(_, by, away)| {
                        (joined.is_proof(), std::cmp::Reverse(distance))
                            > (by.is_proof(), std::cmp::Reverse(away))
                    });
                    if is_better {
                        best = Some((*at, joined, distance));
                    }
                }
            }
        }
        let at = match best {
            // A report by another killer that may belong to this death is a death of its own.
            Some((at, joined, _)) if joined.is_proof() || !voice.is_hand() => {
                if let Some(group) = self.all.get_mut(at) {
                    group.push((voice, joined));
                }
                // An event that may belong to another death provides no names.
                if !joined.is_proof() {
                    return;
                }
                at
            }
            _ => {
                self.all.push(vec![(voice, Joined::First)]);
                self.all.len() - 1
            }
        };
        for key in keys {
            let known = self.by_key.entry(key).or_default();
            if known.last() != Some(&at) {
                known.push(at);
            }
        }
    }

    fn into_incidents(self) -> Vec<Incident> {
        let lives = kubernetes::Lives::of(&self.all);
        let mut incidents: Vec<(_, Incident)> = self
            .all
            .into_iter()
            .map(|mut group| {
                let kubernetes = kubernetes::judge(&group, &lives);
                group.sort_by_key(|(voice, _)| voice.order());
                let order = group.first().map(|(voice, _)| voice.order());
                let killer = group
                    .iter()
                    .filter(|(_, joined)| joined.is_proof())
                    .find_map(|(voice, _)| voice.killer());
                let testimonies = group.into_iter().map(|(voice, joined_by)| Testified {
                    time_us: voice.wall_us(),
                    event: voice.event,
                    joined_by,
                });
                let incident = Incident {
                    killer,
                    kubernetes,
                    testimonies: testimonies.collect(),
                };
                (order, incident)
            })
            .collect();
        incidents.sort_by_key(|(order, _)| *order);
        incidents
            .into_iter()
            .map(|(_, incident)| incident)
            .collect()
    }
}

impl Incident {
    /// The event that reports the death itself: the killer's own report, else the first.
    #[must_use]
    pub fn told_best(&self) -> Option<&OomEvent> {
        let proven = || {
            self.testimonies
                .iter()
                .filter(|testified| testified.joined_by.is_proof())
                .map(|testified| &testified.event)
        };
        let is_hand = |event: &&OomEvent| event.event_type != EventType::Notice;
        proven().find(is_hand).or_else(|| proven().next())
    }

    /// The events that are proven to report it.
    pub fn proven(&self) -> impl Iterator<Item = &OomEvent> {
        let proven = self.testimonies.iter().filter(|it| it.joined_by.is_proof());
        proven.map(|testified| &testified.event)
    }
}
