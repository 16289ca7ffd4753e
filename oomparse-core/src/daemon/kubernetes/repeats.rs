//! Which events were reported, and which wait for a repeat.

use crate::event::OomEvent;
use crate::frame::Frame;
use crate::limits::{
    MAX_DAEMON_WAIT_LINES, MAX_HELD_NOTICES, MAX_KNOWN_OBJECTS, MAX_SAME_NOTICE_S,
};
use crate::stamp::Stamp;
use alloc::collections::VecDeque;

/// Events that were reported, and events that wait for a repeat.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    known: VecDeque<u64>,
    held: VecDeque<Held>,
}

#[derive(Debug)]
struct Held {
    key: u64,
    event: OomEvent,
    lines: u32,
}

impl Repeats {
    /// Whether an event waits.
    pub(super) fn is_waiting(&self) -> bool {
        !self.held.is_empty()
    }

    pub(super) fn weight(&self) -> usize {
        let known = self.known.len().saturating_mul(8);
        self.held.iter().fold(known, |sum, held| {
            sum.saturating_add(held.event.texts_weight())
        })
    }

    /// Whether this is reported for the first time.
    pub(super) fn is_new(&mut self, key: u64) -> bool {
        if self.known.contains(&key) {
            return false;
        }
        if self.known.len() >= MAX_KNOWN_OBJECTS {
            self.known.pop_front();
        }
        self.known.push_back(key);
        true
    }

    /// Reports an event of a stream, which may be repeated with a higher count.
    pub(super) fn hold(&mut self, key: u64, event: OomEvent, out: &mut VecDeque<OomEvent>) {
        if let Some(held) = self.held.iter_mut().find(|held| held.key == key) {
            let is_later = event.count_or_one() >= held.event.count_or_one();
            if is_later {
                let verb = held
                    .event
                    .testimony
                    .as_ref()
                    .and_then(|it| it.event.clone());
                held.event = event;
                if let (Some(verb), Some(repeats)) = (verb, &mut held.event.testimony_mut().event) {
                    repeats.verb = verb.verb;
                }
            }
        } else if self.is_new(key) {
            self.push(key, event, out);
        }
    }

    /// Reports an event to whose count others of the same moment are added.
    pub(super) fn count(&mut self, key: u64, event: OomEvent, out: &mut VecDeque<OomEvent>) {
        let held = self.held.iter_mut().rev().find(|held| held.key == key);
        if let Some(held) = held.filter(|held| is_same_moment(&held.event, &event)) {
            let count = &mut held.event.testimony_mut().count;
            *count = Some(count.unwrap_or(1).saturating_add(1));
            return;
        }
        self.push(key, event, out);
    }

    fn push(&mut self, key: u64, event: OomEvent, out: &mut VecDeque<OomEvent>) {
        if self.held.len() >= MAX_HELD_NOTICES
            && let Some(oldest) = self.held.pop_front()
        {
            out.push_back(oldest.event);
        }
        self.held.push_back(Held {
            key,
            event,
            lines: 0,
        });
    }

    /// Counts a line; emits events that have waited too long.
    pub(super) fn pass(&mut self, out: &mut VecDeque<OomEvent>) {
        for held in &mut self.held {
            held.lines = held.lines.saturating_add(1);
        }
        while let Some(first) = self.held.front()
            && first.lines > MAX_DAEMON_WAIT_LINES
        {
            out.extend(self.held.pop_front().map(|held| held.event));
        }
    }

    pub(super) fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        out.extend(self.held.drain(..).map(|held| held.event));
    }
}

fn is_same_moment(one: &OomEvent, other: &OomEvent) -> bool {
    let second = |event: &OomEvent| {
        let frame = Frame {
            wall: event.time,
            ..Frame::default()
        };
        Stamp::of(&frame, 0, 0).second()
    };
    let gap = second(one).zip(second(other));
    gap.and_then(|(one, other)| other.since(one))
        .is_some_and(|gap| gap <= MAX_SAME_NOTICE_S)
}

impl OomEvent {
    fn count_or_one(&self) -> u64 {
        let count = self.testimony.as_ref().and_then(|it| it.count);
        count.unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_and_held_is_bounded() {
        let (mut repeats, mut out) = (Repeats::default(), VecDeque::new());
        for key in 0..u64::try_from(MAX_KNOWN_OBJECTS).unwrap() + 9 {
            repeats.hold(key, OomEvent::default(), &mut out);
        }
        assert!(repeats.known.len() <= MAX_KNOWN_OBJECTS && repeats.held.len() <= MAX_HELD_NOTICES);
        assert!(repeats.is_waiting() && repeats.weight() > 0);
        for _ in 0..=MAX_DAEMON_WAIT_LINES {
            repeats.pass(&mut out);
        }
        assert!(!repeats.is_waiting());
        let all = out.len();
        // The last one is known but no longer held.
        repeats.hold(
            u64::try_from(MAX_KNOWN_OBJECTS).unwrap(),
            OomEvent::default(),
            &mut out,
        );
        repeats.emit_waiting(&mut out);
        assert_eq!(out.len(), all);
    }

    #[test]
    fn what_is_remembered_is_the_last_and_what_waits_is_bounded() {
        let most = u64::try_from(MAX_KNOWN_OBJECTS).unwrap();
        let mut repeats = Repeats::default();
        for key in 0..most {
            assert!(repeats.is_new(key) && !repeats.is_new(key));
        }
        assert_eq!(repeats.weight(), 8 * MAX_KNOWN_OBJECTS);
        assert!(
            !repeats.is_new(0) && repeats.is_new(most) && repeats.is_new(0) && !repeats.is_new(2)
        );
        let (mut repeats, mut out) = (Repeats::default(), VecDeque::new());
        for key in 0..=u64::try_from(MAX_HELD_NOTICES).unwrap() {
            assert!(out.is_empty());
            repeats.hold(key, OomEvent::default(), &mut out);
        }
        assert_eq!(out.len(), 1);
        // One of them is there for so many lines.
        let (mut repeats, mut out) = (Repeats::default(), VecDeque::new());
        repeats.hold(1, OomEvent::default(), &mut out);
        assert!(repeats.is_waiting() && repeats.weight() >= 8 + core::mem::size_of::<OomEvent>());
        (0..MAX_DAEMON_WAIT_LINES).for_each(|_| repeats.pass(&mut out));
        assert!(repeats.is_waiting() && out.is_empty());
        repeats.pass(&mut out);
        assert!(!repeats.is_waiting() && out.len() == 1);
    }

    #[test]
    fn events_of_one_moment_are_counted() {
        let at = |second: u64| OomEvent {
            time: crate::time::WallTime::from_unix_micros(
                1_748_772_400_000_000 + second * 1_000_000,
            ),
            ..OomEvent::default()
        };
        let most = u64::from(MAX_SAME_NOTICE_S);
        for (key, event, counts) in [
            (1, at(most), &[Some(2)][..]),
            (1, at(most + 1), &[None, None]),
            (2, at(0), &[None, None]),
            (1, OomEvent::default(), &[None, None]),
        ] {
            let (mut repeats, mut out) = (Repeats::default(), VecDeque::new());
            repeats.count(1, at(0), &mut out);
            repeats.count(key, event, &mut out);
            repeats.emit_waiting(&mut out);
            let found: alloc::vec::Vec<_> = out
                .iter()
                .map(|it| it.testimony.as_ref().and_then(|it| it.count))
                .collect();
            assert_eq!(found, counts, "{key}");
        }
    }
}
