//! What the thread saw, and what it shares with the loop of `watch`.

use super::Printed;
use super::ledger::{Ledger, Untold};
use super::process::Process;
use oomparse_core::OomEvent;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Processes that are kept: what a machine has by default, twice.
const MAX_PROCESSES: usize = 1 << 16;

/// Notices that wait for the loop of `watch`: it takes them every five seconds.
const MAX_NOTICES: usize = 1 << 10;

/// So long ago at most the process was seen: on a busy machine looks and lines come seconds late. A number that
/// is used again with the same name needs the count of a kill in its former cgroup, too.
const RECENT: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Shared {
    seen: Mutex<Seen>,
    pub(super) woken: Condvar,
}

/// What was seen since the storm began, and counted since the start.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// When the storm is over.
    pub(super) until: Option<Instant>,
    pub(super) is_over: bool,
    pub(super) processes: HashMap<u32, Sighting>,
    pub(super) ledger: Ledger,
    /// Kills since the ledger was settled whose cgroup stays unknown: any count may be theirs.
    pub(super) unnamed: u64,
    /// When the log was last read to its end.
    pub(super) drained: Option<Instant>,
    pub(super) notices: Vec<Untold>,
    pub(super) has_complained: bool,
}

/// A process in its cgroup.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) process: Process,
    pub(super) cgroup: Arc<[u8]>,
    pub(super) first: Instant,
    pub(super) last: Instant,
    /// Kills that the kernel had counted in the cgroup before the process was first seen there.
    pub(super) kills_before: Option<u64>,
    /// It was seen alive.
    pub(super) was_alive: bool,
    /// It was seen dying in this cgroup.
    pub(super) was_dying: bool,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    pub(super) fn is_storm(&self) -> bool {
        self.until.is_some_and(|until| until > Instant::now())
    }

    pub(super) fn is_full(&self) -> bool {
        self.processes.len() >= MAX_PROCESSES
    }

    /// A line reported this kill; in this cgroup, where that is known.
    pub(super) fn note_kill(&mut self, event: &OomEvent, cgroup: Option<&[u8]>) {
        match cgroup {
            Some(cgroup) => {
                self.ledger.reported(cgroup);
                // The number may be used again.
                if let Some(victim) = &event.victim {
                    self.processes.remove(&victim.pid);
                }
            }
            None => self.unnamed = self.unnamed.saturating_add(1),
        }
    }

    /// Keeps what is certain of kills without a line for the loop of `watch`.
    pub(super) fn note(&mut self, untold: Vec<Untold>) {
        for mut it in untold {
            // Each of the kills without a cgroup may have been here.
            it.count = it.count.saturating_sub(self.unnamed);
            if it.count > 0 && self.notices.len() < MAX_NOTICES {
                self.notices.push(it);
            }
        }
    }
}

impl Sighting {
    /// Whether it is what a kill's line prints.
    pub(super) fn agrees(&self, printed: &Printed) -> bool {
        self.last.elapsed() <= RECENT
            && self.process.comm == printed.comm
            && printed
                .oom_score_adj
                .is_none_or(|adj| adj == self.process.oom_score_adj)
    }
}
