//! Counts each kill once, however often it is reported.

use oomparse_core::OomEvent;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// How many ids are remembered; events after that count each time.
const MAX_IDS: usize = 1 << 20;

/// The events that were counted, by a hash of their ids.
#[derive(Debug, Default)]
pub(super) struct Seen(HashSet<u64>);

impl Seen {
    /// Whether an event is to be counted: if the same log is in two files, each event comes twice with one id. An
    /// event without an id always counts.
    pub(super) fn is_new(&mut self, event: &OomEvent) -> bool {
        let Some(id) = event.id.as_deref() else {
            return true;
        };
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let id = hasher.finish();
        if self.0.len() < MAX_IDS {
            self.0.insert(id)
        } else {
            !self.0.contains(&id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_counts_once_and_none_each_time() {
        // From dmesg, and with record numbers.
        let dmesg: &[u8] = b"[9.1] Killed process 7 (a)\n[9.2] Killed process 8 (b)\n";
        counted(dmesg);
        counted(b"6,1,9100000,-;Killed process 7 (a)\n6,2,9200000,-;Killed process 8 (b)\n");
    }

    fn counted(log: &[u8]) {
        let mut events: Vec<OomEvent> =
            oomparse_core::parse_all(log, &oomparse_core::Options::new()).collect();
        assert_eq!(events.len(), 2);
        events.extend(events.clone());
        let mut seen = Seen::default();
        let new = |seen: &mut Seen, events: &[OomEvent]| {
            events.iter().filter(|event| seen.is_new(event)).count()
        };
        assert_eq!(new(&mut seen, &events), 2);
        for event in &mut events {
            event.id = None;
        }
        assert_eq!(new(&mut seen, &events), 4);
    }
}
