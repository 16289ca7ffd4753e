//! Keeps the names fresh while `watch` runs.
//!
//! A separate thread reads the sources: on change, when a name is missing, on SIGHUP, and never more than once a
//! second. An event waits for that thread at most a quarter of a second, and not at all while it is busy. Where
//! inotify works, a new pod is known without reading anything.

use super::loader::{Loader, Which};
use super::lock::lock;
use super::notify::{News, Notify};
use super::{PodArgs, lacks_a_name};
use oomparse_core::{OomEvent, enrich};
use oomparse_host::Names;
use oomparse_pods::PodTable;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The sources are read at most this often.
const PAUSE: Duration = Duration::from_secs(1);

/// How long an event waits for a name.
const PATIENCE: Duration = Duration::from_millis(250);

/// The names, and the thread that reads them.
#[derive(Debug)]
pub(crate) struct Keeper {
    table: Arc<Mutex<PodTable>>,
    notify: Option<Notify>,
    orders: Sender<Which>,
    done: Receiver<()>,
    /// Requests that were not answered yet.
    open: usize,
    has_sources: bool,
}

impl Keeper {
    /// Reads the sources for the first time and starts the thread.
    pub(crate) fn start(args: &PodArgs) -> Self {
        Self::read(args, args.loader())
    }

    /// The same, without any output on stderr.
    pub(crate) fn start_silent(args: &PodArgs) -> Self {
        Self::read(args, args.loader().silent())
    }

    fn read(args: &PodArgs, mut loader: Loader) -> Self {
        let table = Arc::new(Mutex::new(args.table()));
        // The watch begins before the first read, so that nothing in between is missed.
        let notify = Notify::new(loader.directories(), loader.is_default());
        let has_sources = !loader.is_empty();
        loader.load(Which::All, &table);
        let (orders, inbox) = channel();
        let (answers, done) = channel();
        if has_sources {
            let shared = Arc::clone(&table);
            thread::spawn(move || read_on(loader, &shared, &inbox, &answers));
        }
        Self {
            table,
            notify,
            orders,
            done,
            open: 0,
            has_sources,
        }
    }

    /// Adds known names to an event.
    pub(crate) fn name(&mut self, event: &mut OomEvent) {
        let news = self.look(event);
        if !self.has_sources || !(lacks_a_name(event) || news == News::Lost) {
            return;
        }
        while self.done.try_recv().is_ok() {
            self.open = self.open.saturating_sub(1);
        }
        if self.open > 0 || self.orders.send(Which::Missed).is_err() {
            return;
        }
        self.open += 1;
        if self.done.recv_timeout(PATIENCE).is_ok() {
            self.open -= 1;
            self.look(event);
        }
    }

    fn look(&self, event: &mut OomEvent) -> News {
        let mut table = lock(&self.table);
        let news = match &self.notify {
            Some(notify) => notify.take(&mut table),
            None => News::Whole,
        };
        enrich(event, &mut *table);
        news
    }

    /// Takes pending inotify events, so that their queue stays short.
    pub(crate) fn tidy(&self) {
        if let Some(notify) = &self.notify {
            notify.take(&mut lock(&self.table));
        }
    }

    /// Requests that everything is read again.
    pub(crate) fn reload(&mut self) {
        if self.orders.send(Which::All).is_ok() {
            self.open += 1;
        }
    }

    /// How many pods are known.
    pub(crate) fn pods(&self) -> usize {
        lock(&self.table).pods()
    }
}

impl Names for Keeper {
    fn name(&mut self, event: &mut OomEvent) {
        Keeper::name(self, event);
    }
}

/// The thread: ends when the keeper is gone.
fn read_on(
    mut loader: Loader,
    table: &Mutex<PodTable>,
    orders: &Receiver<Which>,
    answers: &Sender<()>,
) {
    let mut read = Instant::now();
    loop {
        let which = match orders.recv_timeout(PAUSE) {
            Ok(which) => Some(which),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if which == Some(Which::All) || read.elapsed() >= PAUSE {
            loader.load(which.unwrap_or(Which::Changed), table);
            read = Instant::now();
        }
        if which.is_some() && answers.send(()).is_err() {
            return;
        }
    }
}
