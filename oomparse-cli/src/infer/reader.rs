//! The thread that looks: at all cgroups, at each process that changes, and now and then at what was counted.

use super::connector::{Came, Connector};
use super::ledger::Untold;
use super::places::{Places, YOUNG};
use super::process::{self, Dying, Namespace, Process};
use super::seen::{Shared, Sighting};
use super::tree::Tree;
use crate::warn;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks while a storm lasts.
const PAUSE: Duration = Duration::from_millis(50);

/// The same where the connector reports processes that begin: looks only find those that were moved.
const PAUSE_BESIDE_CONNECTOR: Duration = Duration::from_millis(250);

/// Looks take at most this part of a processor: on a large machine one takes long.
const SHARE: u32 = 3;

/// Between two looks at what was counted, while nothing else happens.
const CHECK: Duration = Duration::from_secs(10);

/// The kernel counts a kill before it prints it.
const PRINTING: Duration = Duration::from_secs(2);

/// What to do next.
enum Due {
    Storm,
    Check,
    End,
}

/// The thread's part.
pub(super) struct Reader {
    pub(super) shared: Arc<Shared>,
    pub(super) places: Places,
    pub(super) tree: Tree,
    pub(super) namespace: Option<Namespace>,
    /// The machine's count when the ledger was settled.
    pub(super) settled_at: Option<u64>,
    /// Counts for which there was no line, and when they were first seen.
    pub(super) asked: Option<(Instant, Vec<Untold>)>,
}

impl Reader {
    pub(super) fn run(mut self) {
        loop {
            match self.wait() {
                Due::Storm => {
                    self.storm();
                    self.check(true);
                }
                Due::Check => self.check(false),
                Due::End => return,
            }
        }
    }

    fn wait(&self) -> Due {
        let mut seen = self.shared.lock();
        let due = Instant::now() + CHECK;
        loop {
            if seen.is_over {
                return Due::End;
            }
            if seen.is_storm() {
                return Due::Storm;
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Due::Check;
            }
            let woken = self.shared.woken.wait_timeout(seen, left);
            seen = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Looks again and again until it is over.
    fn storm(&self) {
        // Before the first look: what begins after it is reported.
        let connector = self.namespace.as_ref().and_then(|_| Connector::open().ok());
        loop {
            let begun = Instant::now();
            self.look(connector.as_ref());
            let least = match connector {
                Some(_) => PAUSE_BESIDE_CONNECTOR,
                None => PAUSE,
            };
            let pause = least.max(begun.elapsed().saturating_mul(SHARE));
            match &connector {
                Some(connector) => self.follow(connector, pause),
                None => thread::sleep(pause),
            }
            let mut seen = self.shared.lock();
            if seen.is_over || !seen.is_storm() {
                seen.processes.clear();
                seen.processes.shrink_to_fit();
                return;
            }
        }
    }

    /// Looks at each process that the connector reports, for so long.
    fn follow(&self, connector: &Connector, time: Duration) {
        let until = Instant::now() + time;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || connector.wait(left).is_err() || !self.changed(connector) {
                return;
            }
        }
    }

    /// Looks at the processes that the connector reports right now; `false` where some were lost.
    fn changed(&self, connector: &Connector) -> bool {
        let mut changed = Vec::new();
        let came = connector.read(&mut changed);
        for pid in changed {
            let Some(namespace) = &self.namespace else {
                return true;
            };
            let Some(path) = namespace.cgroup(&self.places.proc, pid) else {
                continue;
            };
            if path != b"/" {
                self.sight(pid, &path.into(), true);
            }
        }
        matches!(came, Ok(Came::Some))
    }

    /// Looks at all processes of all cgroups.
    pub(super) fn look(&self, connector: Option<&Connector>) {
        let (mut any, mut has_foreign) = (false, false);
        let visited = self.tree.visit(|dir| {
            if let Some(connector) = connector {
                self.changed(connector);
            }
            let Some(member) = self.tree.member(dir) else {
                return;
            };
            any |= !member.pids.is_empty();
            has_foreign |= member.has_foreign;
            // The root reports nothing.
            if *member.path != *b"/" {
                for pid in member.pids {
                    self.sight(pid, &member.path, false);
                }
            }
        });
        if let Err(error) = visited {
            self.complain(&crate::sentence(&error));
        } else if !any && has_foreign {
            self.complain("has no numbers for the processes: watch needs the machine's pid namespace (hostPID)");
        }
    }

    /// Looks at one process that is in this cgroup; `is_changed`: it may be another program, or have another name.
    fn sight(&self, pid: u32, path: &Arc<[u8]>, is_changed: bool) {
        let now = Instant::now();
        let known = {
            let mut seen = self.shared.lock();
            let is_full = seen.is_full();
            match seen.processes.get_mut(&pid) {
                Some(old) if old.cgroup == *path => {
                    old.last = now;
                    if old.was_dying || !is_changed && old.first + YOUNG < now {
                        return;
                    }
                    Some((old.first, old.was_alive, old.kills_before))
                }
                None if is_full => return,
                _ => None,
            }
        };
        let (first, was_alive, kills_before) =
            known.unwrap_or_else(|| (now, false, self.tree.kills(path)));
        // Read without the lock: events need not wait for it.
        let Some(process) = Process::read(&self.places.proc, pid) else {
            // Gone since, or out of reach: what was seen before stays.
            return;
        };
        let dying = Dying::read(&self.places.proc, pid);
        // It may have been moved since the cgroup was read, but not since it is dying.
        let is_dying = dying.is_none_or(|it| it.is_dying || it.started != process.started);
        let was_dying = is_dying && process::is_in(&self.places.proc, pid, path);
        let sighting = Sighting {
            process,
            was_alive: was_alive || !is_dying,
            was_dying,
            cgroup: Arc::clone(path),
            first,
            last: now,
            kills_before,
        };
        self.shared.lock().processes.insert(pid, sighting);
    }

    /// Compares what the kernel counted with what lines reported; after a storm, or where the machine's count rose.
    ///
    /// A difference is reported when it is found a second time, and the log was read to its end in between.
    pub(super) fn check(&mut self, after_storm: bool) {
        let now = process::machine_kills(&self.places.proc);
        if now.is_none() || now == self.settled_at && !after_storm && self.asked.is_none() {
            return;
        }
        let begun = Instant::now();
        let counted = self.tree.counted();
        let mut seen = self.shared.lock();
        if seen.is_storm() {
            return;
        }
        let untold = seen.ledger.untold(&counted);
        if !untold.is_empty() {
            let (asked, before) = self.asked.get_or_insert_with(|| (begun, untold.clone()));
            let read_until = *asked + PRINTING;
            if seen.drained.is_none_or(|at| at < read_until) {
                return;
            }
            seen.note(both(before, untold));
        }
        seen.unnamed = 0;
        seen.ledger.settle(&counted);
        self.asked = None;
        self.settled_at = now;
    }

    /// Once.
    fn complain(&self, sentence: &str) {
        let mut seen = self.shared.lock();
        if !std::mem::replace(&mut seen.has_complained, true) {
            warn(&self.places.cgroups.display().to_string(), sentence);
        }
    }
}

/// What was there both times: the line of what came since may not be read yet.
fn both(before: &[Untold], mut now: Vec<Untold>) -> Vec<Untold> {
    for it in &mut now {
        let same = before
            .iter()
            .find(|old| old.path == it.path && old.is_below == it.is_below);
        it.count = it.count.min(same.map_or(0, |old| old.count));
    }
    now
}
