//! Reads logs into rows: events, and the errors of a log.

use crate::log::{Given, Log, Opener};
use crate::log_error::{LogError, sentence};
use crate::record::value_of;
use crate::settings::Settings;
use oomparse_core::{Parser, SourceFile, Text};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long to read before the caller checks its signals.
const PATIENCE: Duration = Duration::from_millis(50);

/// A row from a log.
pub(crate) enum Row {
    /// An event's fields, and its log's name.
    Event(Map<String, Value>, Option<String>),
    Error(LogError),
}

/// Logs being read, one after the other.
pub(crate) struct Reading {
    /// Its number, by which the threads that read for it are recognised.
    pub(crate) number: u64,
    settings: Settings,
    logs: VecDeque<(Option<String>, Opener)>,
    log: Option<(Log, Parser)>,
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
        match Log::open(name.clone(), opener, self.number) {
            Ok(log) => {
                let parser = Parser::with_options(self.settings.options.clone());
                self.log = Some((log, parser));
            }
            Err(error) => self.rows.push_back(Row::Error(LogError {
                file: name,
                byte: 0,
                line: 1,
                sentence: sentence(&error),
                errno: error.raw_os_error(),
                raised: None,
            })),
        }
        true
    }

    /// Takes the next result of the log.
    fn read(&mut self) {
        let Some((log, parser)) = &mut self.log else {
            return;
        };
        let mut trouble = None;
        let is_kept = match log.read(PATIENCE) {
            Given::Nothing => return,
            Given::Done => {
                self.log = None;
                return;
            }
            Given::Begin => {
                *parser = Parser::with_options(self.settings.options.clone());
                return;
            }
            Given::Bytes(bytes, is_kept) => {
                parser.push_chunk(bytes);
                is_kept
            }
            Given::End(is_kept) => {
                parser.finish();
                is_kept
            }
            Given::Failed(found) => {
                parser.finish();
                trouble = Some(found);
                true
            }
        };
        while let Some(mut event) = parser.next_event() {
            if is_kept {
                let member = log.member.clone().map(Text::from);
                event.source = member.map(|path| SourceFile::new(path).into());
                self.settings.complete(&mut event);
                let row = Row::Event(value_of(&event), log.name.clone());
                self.rows.push_back(row);
            }
        }
        if let Some(trouble) = trouble {
            self.rows.push_back(Row::Error(*trouble));
        }
    }
}
