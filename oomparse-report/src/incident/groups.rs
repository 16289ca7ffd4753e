//! Voices put together, one after the other.

use super::limits::MAX_TRIED;
use super::voice::{Key, Voice};
use super::{Incident, Joined, Testified, kubernetes, rules};
use std::collections::HashMap;

/// Incidents under construction.
#[derive(Debug, Default)]
pub(super) struct Groups {
    all: Vec<Vec<(Voice, Joined)>>,
    /// Which incidents have a voice that can be found by this.
    by_key: HashMap<Key, Vec<usize>>,
}

impl Groups {
    /// Puts a voice to the incident that it is proven to tell of, or begins one.
    pub(super) fn add(&mut self, voice: Voice) {
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
            // Another hand that may be of one death with this is a death of its own.
            Some((at, joined, _)) if joined.is_proof() || !voice.is_hand() => {
                if let Some(group) = self.all.get_mut(at) {
                    group.push((voice, joined));
                }
                // What may be another death's lends no names.
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
