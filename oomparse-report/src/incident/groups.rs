//! Voices put together, one after the other.

use super::limits::MAX_TRIED;
use super::voice::Voice;
use super::{Incident, Joined, Testified, kubernetes, rules};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

/// Incidents under construction.
#[derive(Debug, Default)]
pub(super) struct Groups {
    all: Vec<Vec<(Voice, Joined)>>,
    /// Which incidents have a voice that can be found by a key with this number. Two keys may have one: the rules look at
    /// what is found anyway, and the keys' own texts would take as much as the voices.
    by_key: HashMap<u64, Vec<u32>>,
    hasher: RandomState,
}

impl Groups {
    /// Puts a voice to the incident that it is proven to report, or begins one.
    pub(super) fn add(&mut self, voice: Voice) {
        let mut keys: Vec<u64> = voice.keys().map(|key| self.hasher.hash_one(key)).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut best: Option<(u32, Joined, u64)> = None;
        for key in &keys {
            let known = self.by_key.get(key).map(Vec::as_slice).unwrap_or_default();
            for at in known.iter().rev().take(MAX_TRIED) {
                let members = self.group(*at).map(Vec::as_slice).unwrap_or_default();
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
            // Another hand that may be of one death with this is a death of its own.
            Some((at, joined, _)) if joined.is_proof() || !voice.is_hand() => {
                let group = usize::try_from(at).ok();
                if let Some(group) = group.and_then(|at| self.all.get_mut(at)) {
                    group.push((voice, joined));
                }
                // What may be another death's lends no names.
                if !joined.is_proof() {
                    return;
                }
                at
            }
            _ => {
                let at = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
                self.all.push(vec![(voice, Joined::First)]);
                at
            }
        };
        for key in keys {
            let known = self.by_key.entry(key).or_default();
            if known.last() != Some(&at) {
                known.push(at);
            }
        }
    }

    fn group(&self, at: u32) -> Option<&Vec<(Voice, Joined)>> {
        self.all.get(usize::try_from(at).ok()?)
    }

    /// The incidents, in the order of time.
    pub(super) fn into_incidents(self) -> Vec<Incident> {
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
