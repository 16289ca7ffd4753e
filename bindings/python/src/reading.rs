//! Reads logs into rows: events, and the errors of a log.

use crate::log::{Given, Log, Opener};
use crate::log_error::{LogError, sentence};
use crate::row::Row;
use crate::settings::Settings;
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long to read before the caller checks its signals.
const PATIENCE: Duration = Duration::from_millis(50);

/// Logs being read, one after the other.
pub(crate) struct Reading {
    /// Its number, by which the threads that read for it are recognised.
    pub(crate) number: u64,
    settings: Settings,
    logs: VecDeque<(Option<String>, Opener)>,
    log: Option<Log>,
    rows: VecDeque<Row>,
}

impl Reading {
    pub(crate) fn new(settings: Settings, logs: Vec<(Option<String>, Opener)>) -> Self {
        static READINGS: AtomicU64 = AtomicU64::new(1);
        Self {
            number: READINGS.fetch_add(1, Ordering::Relaxed),
            settings,
            logs: logs.into(),
            log: None,
            rows: VecDeque::new(),
        }
    }

    /// The next available row.
    pub(crate) fn pop(&mut self) -> Option<Row> {
        self.rows.pop_front()
    }

    /// Reads no more.
    pub(crate) fn close(&mut self) {
        self.logs.clear();
        self.log = None;
        self.rows.clear();
    }

    /// Reads until there is a row, or for a moment; returns whether there may be more.
    pub(crate) fn advance(&mut self) -> bool {
        let end = Instant::now() + PATIENCE;
        while self.rows.is_empty() {
            if self.log.is_none() && !self.open() {
                return !self.rows.is_empty();
            }
            self.read();
            if Instant::now() >= end {
                break;
            }
        }
        true
    }

    /// Opens the next log; returns whether there is one.
    fn open(&mut self) -> bool {
        let Some((name, opener)) = self.logs.pop_front() else {
            return false;
        };
        match Log::open(name.clone(), opener, self.settings.clone(), self.number) {
            Ok(log) => self.log = Some(log),
            Err(error) => self.fail(name, &error),
        }
        true
    }

    /// Takes what the log gives next.
    fn read(&mut self) {
        let Some(log) = &mut self.log else {
            return;
        };
        match log.read(PATIENCE) {
            Given::Nothing => {}
            Given::Rows(rows) => self.rows.extend(rows),
            Given::Done => self.log = None,
            Given::Lost(error) => {
                let name = log.name.take();
                self.log = None;
                self.fail(name, &error);
            }
        }
    }

    /// A log that gives nothing more.
    fn fail(&mut self, file: Option<String>, error: &io::Error) {
        self.rows.push_back(Row::Error(LogError {
            file,
            byte: 0,
            line: 1,
            sentence: sentence(error),
            errno: error.raw_os_error(),
            raised: None,
        }));
    }
}
