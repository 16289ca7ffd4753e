//! Notices that wait for the lines that complete them.

use super::{Patience, Statement};
use crate::event::OomEvent;
use crate::limits::{MAX_HELD_NOTICES, MAX_SAME_NOTICE_S};
use crate::stamp::Second;
use alloc::collections::VecDeque;

/// The waiting notices of one reader, each with a key.
#[derive(Debug)]
pub(super) struct Held<K> {
    waiting: VecDeque<One<K>>,
}

/// A waiting notice.
#[derive(Debug)]
pub(super) struct One<K> {
    key: K,
    pub(super) event: OomEvent,
    patience: Patience,
    second: Option<Second>,
}

impl<K> One<K> {
    /// Whether a line comes from the same moment, as far as it shows a time.
    pub(super) fn is_now(&self, said: &Statement<'_>) -> bool {
        let gap = said.second().zip(self.second);
        gap.and_then(|(now, then)| now.since(then))
            .is_none_or(|gap| gap <= MAX_SAME_NOTICE_S)
    }

    /// Counts one more notice of the same kill.
    pub(super) fn count(&mut self) {
        let count = &mut self.event.testimony_mut().count;
        *count = Some(count.unwrap_or(1).saturating_add(1));
    }
}

impl<K> Default for Held<K> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
        }
    }
}

impl<K: PartialEq> Held<K> {
    /// The last notice with this key.
    pub(super) fn get(&mut self, key: &K) -> Option<&mut One<K>> {
        self.waiting.iter_mut().rev().find(|one| one.key == *key)
    }

    /// Holds a notice back; emits the oldest if there are too many.
    pub(super) fn hold(
        &mut self,
        key: K,
        event: OomEvent,
        said: &Statement<'_>,
        out: &mut VecDeque<OomEvent>,
    ) {
        if self.waiting.len() >= MAX_HELD_NOTICES
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.push_back(oldest.event);
        }
        self.waiting.push_back(One {
            key,
            event,
            patience: Patience::from(said),
            second: said.second(),
        });
    }

    /// Emits all notices with this key: they are complete.
    pub(super) fn end(&mut self, key: &K, out: &mut VecDeque<OomEvent>) {
        let all = core::mem::take(&mut self.waiting);
        for one in all {
            if one.key == *key {
                out.push_back(one.event);
            } else {
                self.waiting.push_back(one);
            }
        }
    }

    /// Emits all notices.
    pub(super) fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        out.extend(self.waiting.drain(..).map(|one| one.event));
    }

    /// How long the first one has waited.
    pub(super) fn patience(&mut self) -> Option<&mut Patience> {
        self.waiting.front_mut().map(|one| &mut one.patience)
    }

    pub(super) fn weight(&self) -> usize {
        self.waiting.iter().fold(0, |sum, one| {
            sum.saturating_add(one.event.texts_weight())
                .saturating_add(core::mem::size_of::<One<K>>())
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Options, Parser};
    use alloc::format;
    use alloc::vec::Vec;

    fn parser() -> Parser {
        let mut options = Options::default();
        options.accept = options.accept.and_all_daemons();
        Parser::with_options(options)
    }

    #[test]
    fn only_words_of_one_moment_are_one_notice() {
        let id = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        let mut parser = parser();
        for second in ["00", "00", "02", "03", "40"] {
            let line = format!(
                "Jun 01 10:00:{second} n1 containerd[7]: time=\"2025-06-01T10:00:{second}.1Z\" level=info \
                 msg=\"TaskOOM event container_id:\\\"{id}\\\"\""
            );
            parser.push_line(line.as_bytes());
        }
        parser.finish();
        let counts: Vec<_> = parser
            .events()
            .map(|event| event.testimony.unwrap().count)
            .collect();
        // Three seconds after the first it is another one.
        assert_eq!(counts, [Some(3), None, None]);
    }

    #[test]
    fn any_line_of_its_host_ends_the_wait() {
        let mut parser = parser();
        parser.push_line(b"Jun 01 10:00:00 n1 earlyoom[7]: sending SIGTERM to process 9 uid 0 \"a\": badness 1, VmRSS 2 MiB");
        parser.push_line(b"Jun 01 10:00:05 n1 cron[3]: x");
        assert!(parser.next_event().is_none());
        parser.push_line(b"Jun 01 10:05:00 n1 cron[3]: x");
        assert_eq!(parser.next_event().unwrap().victim.unwrap().pid, 9);
    }
}
