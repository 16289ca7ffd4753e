//! `scan`: names from the sources and, with `--learn`, from the log itself, whichever side comes first.
//!
//! Names are looked up only when there is an event to name. With `--learn`, events that lack one are held, in
//! order, until the log has been read completely: a file is then read a second time, only for names; a stream is
//! learned from as it passes, and its events are written at its end, or when too much is held.

use super::loader::{Loader, Which};
use super::lock::lock;
use super::{PodArgs, lacks_a_name, listing};
use oomparse_core::{OomEvent, enrich};
use oomparse_pods::{Learner, PodTable};
use std::collections::VecDeque;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Mutex;

/// About how many bytes of events are held.
const MAX_HELD: usize = 64 << 20;

/// The names of a scan, and the events that wait for one.
#[derive(Debug)]
pub(crate) struct Held {
    loader: Loader,
    table: Mutex<PodTable>,
    is_loaded: bool,
    enabled: bool,
    /// Names are learned from the logs themselves.
    learns: bool,
    /// Logs that can be read twice, and were not yet.
    files: Vec<PathBuf>,
    /// Learns from logs that cannot be read twice.
    learner: Learner,
    events: VecDeque<OomEvent>,
    bytes: usize,
    /// How many of them, counted from the first, no longer wait.
    free: usize,
}

impl Held {
    /// `files` are the regular files among the logs, from which names are learned if `learns`.
    pub(crate) fn new(args: &PodArgs, files: Vec<PathBuf>, learns: bool) -> Self {
        Self {
            loader: args.loader(),
            table: Mutex::new(args.table()),
            is_loaded: false,
            enabled: !args.no_pods,
            learns,
            files: if learns { files } else { Vec::new() },
            learner: Learner::new(),
            events: VecDeque::new(),
            bytes: 0,
            free: 0,
        }
    }

    /// Learns from the next bytes of a log that cannot be read twice.
    pub(crate) fn learn(&mut self, chunk: &[u8]) {
        if self.learns {
            self.learner.push_chunk(chunk, &mut lock(&self.table));
        }
    }

    /// The log that cannot be read twice has ended.
    pub(crate) fn end(&mut self) {
        self.learner.finish(&mut lock(&self.table));
    }

    /// Takes an event; [`pop`](Self::pop) returns the events that can be written now.
    pub(crate) fn push(&mut self, mut event: OomEvent, may_learn_more: bool) {
        if self.enabled {
            if !self.is_loaded && lacks_a_name(&event) {
                self.is_loaded = true;
                self.loader.load(Which::All, &self.table);
            }
            enrich(&mut event, &mut *lock(&self.table));
        }
        self.bytes += weight(&event);
        self.events.push_back(event);
        let may_learn_more = self.learns && may_learn_more;
        if self.bytes > MAX_HELD || !(may_learn_more || self.has_files()) {
            self.resolve();
        }
    }

    /// The next event that does not wait for a name.
    pub(crate) fn pop(&mut self) -> Option<OomEvent> {
        let waits = self.learns && lacks_a_name(self.events.front()?);
        if self.free > 0 {
            self.free -= 1;
        } else if waits {
            return None;
        }
        let event = self.events.pop_front()?;
        self.bytes = self.bytes.saturating_sub(weight(&event));
        Some(event)
    }

    /// Looks for names wherever there may be some, and releases all held events.
    pub(crate) fn resolve(&mut self) {
        if self.events.iter().any(lacks_a_name) && self.enabled {
            for path in self.files.drain(..) {
                // Errors of the log were reported when it was read for events.
                if let Ok(file) = File::open(path) {
                    let _ = listing::learn_with(Learner::new(), file, &self.table);
                }
            }
            let mut table = lock(&self.table);
            for event in &mut self.events {
                enrich(event, &mut *table);
            }
        }
        self.free = self.events.len();
    }

    fn has_files(&self) -> bool {
        self.enabled && !self.files.is_empty()
    }
}

/// About how many bytes an event takes.
fn weight(event: &OomEvent) -> usize {
    2048 + event.tasks.len() * size_of::<oomparse_core::TaskRow>() + event.memcg_stats.len() * 2048
}
