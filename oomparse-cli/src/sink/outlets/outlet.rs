//! One output besides standard output: a separate thread with a bounded queue.
//!
//! Sending an event never waits. An event that finds the queue full is dropped and counted, and this is reported
//! once.

use crate::warn;
use oomparse_core::OomEvent;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Events that wait for one outlet: a storm of a node's pods, a few MB.
const MAX_WAITING: usize = 1024;

/// How many events wait with their task tables, which are the largest part of an event; further ones wait
/// without.
const MAX_WHOLE: u64 = 64;

/// How long an output may take to abort what it has begun.
const LAST: Duration = Duration::from_millis(500);

/// What an output has done, for `/metrics`.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sent: AtomicU64,
    /// Events that found the queue full.
    pub(crate) dropped: AtomicU64,
    /// Events that were given up: refused permanently, or tried for too long.
    pub(crate) failed: AtomicU64,
    pub(crate) waiting: AtomicU64,
    /// Failed attempts, by their result: a status, or a word.
    errors: Mutex<BTreeMap<String, u64>>,
}

/// How many different words for errors are kept; the rest count as `other`.
const MAX_ERRORS: usize = 32;

impl Counts {
    /// Counts a failed attempt.
    pub(crate) fn error(&self, code: &str) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = errors.contains_key(code) || errors.len() < MAX_ERRORS;
        let code = if is_known { code } else { "other" };
        *errors.entry(code.to_owned()).or_default() += 1;
    }

    /// The failed attempts.
    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        errors.clone()
    }
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// An error, reported once until it is over or another one occurs.
#[derive(Debug)]
pub(crate) struct Said {
    about: String,
    last: Mutex<Option<String>>,
}

impl Said {
    pub(crate) fn new(about: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            last: Mutex::new(None),
        }
    }

    pub(crate) fn say(&self, sentence: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_deref() != Some(sentence) {
            warn(&self.about, sentence);
            *last = Some(sentence.to_owned());
        }
    }

    /// It is over: the same error would be reported again.
    pub(crate) fn is_well(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The sending end for events.
#[derive(Debug)]
pub(crate) struct Outlet {
    name: &'static str,
    queue: Option<SyncSender<Arc<OomEvent>>>,
    counts: Arc<Counts>,
    /// The queue was full at the last attempt.
    is_full: AtomicBool,
    stop: Arc<AtomicBool>,
    done: Receiver<()>,
}

/// The receiving end, for the output's thread.
#[derive(Debug)]
pub(crate) struct Inbox {
    queue: Receiver<Arc<OomEvent>>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) said: Arc<Said>,
    /// Time is up: unfinished work is aborted.
    pub(crate) stop: Arc<AtomicBool>,
}

/// The result of waiting for an event.
#[derive(Debug)]
pub(crate) enum Came {
    Event(Arc<OomEvent>),
    /// None in this time.
    Nothing,
    /// There will be no more events.
    End,
}

impl Inbox {
    /// Waits for an event.
    pub(crate) fn wait(&self, time: Duration) -> Came {
        if self.stop.load(Ordering::Relaxed) {
            return Came::End;
        }
        match self.queue.recv_timeout(time) {
            Ok(event) => {
                self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
                Came::Event(event)
            }
            Err(RecvTimeoutError::Timeout) => Came::Nothing,
            Err(RecvTimeoutError::Disconnected) => Came::End,
        }
    }
}

impl Outlet {
    /// Starts the thread; `work` returns at the end of the inbox.
    pub(crate) fn start(name: &'static str, work: impl FnOnce(Inbox) + Send + 'static) -> Self {
        let (queue, events) = sync_channel(MAX_WAITING);
        let counts = Arc::new(Counts::default());
        let stop = Arc::new(AtomicBool::new(false));
        let inbox = Inbox {
            stop: Arc::clone(&stop),
            queue: events,
            counts: Arc::clone(&counts),
            said: Arc::new(Said::new(format!("--{name}"))),
        };
        let (over, done) = sync_channel(1);
        thread::spawn(move || {
            work(inbox);
            let _ = over.send(());
        });
        Self {
            name,
            queue: Some(queue),
            counts,
            is_full: AtomicBool::new(false),
            stop,
            done,
        }
    }

    /// Sends an event; never waits.
    pub(crate) fn give(&self, event: &Arc<OomEvent>) {
        let Some(queue) = &self.queue else {
            return;
        };
        let mut event = Arc::clone(event);
        // Counted before it is in the queue, so that the receiver never counts below zero.
        let waiting = self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        if waiting >= MAX_WHOLE && !event.tasks.is_empty() {
            Arc::make_mut(&mut event).tasks = Default::default();
        }
        let Err(error) = queue.try_send(event) else {
            self.is_full.store(false, Ordering::Relaxed);
            return;
        };
        self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
        count(&self.counts.dropped);
        let was_full = self.is_full.swap(true, Ordering::Relaxed);
        if !was_full && matches!(error, TrySendError::Full(_)) {
            warn(
                &format!("--{}", self.name),
                &format!("{MAX_WAITING} events wait already; further ones are dropped"),
            );
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Lets it send what is waiting until then; reports what is left.
    pub(crate) fn end(mut self, until: Instant) {
        self.queue = None;
        let time = until.saturating_duration_since(Instant::now());
        if self.done.recv_timeout(time).is_err() {
            let left = self.counts.waiting.load(Ordering::Relaxed);
            warn(
                &format!("--{}", self.name),
                &format!("it was not done in time; at least {left} events are left unsent"),
            );
            self.stop.store(true, Ordering::Relaxed);
            // The thread ends with the program, if not before.
            let _ = self.done.recv_timeout(LAST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_drops_and_counts_and_holds_nobody_up() {
        let (go, gate) = sync_channel::<()>(0);
        let outlet = Outlet::start("exec", move |inbox| {
            let _ = gate.recv();
            while let Came::Event(_) = inbox.wait(Duration::from_secs(60)) {
                count(&inbox.counts.sent);
            }
        });
        let event = Arc::new(OomEvent::default());
        for _ in 0..MAX_WAITING + 10 {
            outlet.give(&event);
        }
        let counts = Arc::clone(outlet.counts());
        assert_eq!(counts.dropped.load(Ordering::Relaxed), 10);
        go.send(()).unwrap();
        outlet.end(Instant::now() + Duration::from_secs(60));
        assert_eq!(counts.sent.load(Ordering::Relaxed), MAX_WAITING as u64);
        assert_eq!(counts.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn words_for_what_went_wrong_are_bounded() {
        let counts = Counts::default();
        for code in 0..2 * MAX_ERRORS {
            counts.error(&code.to_string());
        }
        let errors = counts.errors();
        assert_eq!(errors.len(), MAX_ERRORS + 1);
        assert_eq!(errors["other"], MAX_ERRORS as u64);
    }
}
