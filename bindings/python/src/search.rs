//! The search of one log, or of the logs in an archive, one after the other. What it finds is handed over at once.

use crate::log_error::{LogError, sentence};
use crate::row::Row;
use crate::settings::Settings;
use memchr::memchr_iter;
use oomparse_columns::fields;
use oomparse_core::{Parser, SourceFile, Text};
use oomparse_input::{Got, Source, TakeLogs};
use pyo3::prelude::*;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How much is read at a time: it stays in the processor's cache until it has been searched.
pub(crate) const PIECE_LEN: usize = 128 << 10;

/// Takes rows; returns whether more are wanted.
type Give = dyn Fn(Vec<Row>) -> bool;

/// A log's parser, and how far it came.
pub(crate) struct Search {
    settings: Settings,
    parser: Parser,
    name: Option<String>,
    /// The name of a member of an archive.
    member: Option<Text>,
    /// How many bytes were read, and lines of logs that cannot be read again.
    taken: u64,
    lines: Option<u64>,
    again: Option<PathBuf>,
    raised: Option<Arc<Mutex<Option<PyErr>>>>,
    give: Box<Give>,
}

impl Search {
    /// Of a log that can be read again at a path, or whose bytes come from code that may raise.
    pub(crate) fn new(
        settings: Settings,
        name: Option<String>,
        again: Option<PathBuf>,
        raised: Option<Arc<Mutex<Option<PyErr>>>>,
        give: Box<Give>,
    ) -> Self {
        Self {
            parser: Parser::with_options(settings.options.clone()),
            settings,
            name,
            member: None,
            taken: 0,
            lines: again.is_none().then_some(0),
            again,
            raised,
            give,
        }
    }

    /// Searches the next bytes; the events that they complete may not be wanted. Returns whether more is.
    pub(crate) fn push(&mut self, bytes: &[u8], is_kept: bool) -> bool {
        self.taken += bytes.len() as u64;
        if let Some(lines) = &mut self.lines {
            *lines += memchr_iter(b'\n', bytes).count() as u64;
        }
        self.parser.push_chunk(bytes);
        let rows = self.rows(is_kept);
        (self.give)(rows)
    }

    /// The log has ended; reports that are open there may not be wanted.
    pub(crate) fn finish(&mut self, is_kept: bool) -> bool {
        self.parser.finish();
        let rows = self.rows(is_kept);
        (self.give)(rows)
    }

    /// The log could not be read, or not completely.
    pub(crate) fn fail(&mut self, error: &io::Error) -> bool {
        self.parser.finish();
        let mut rows = self.rows(true);
        rows.push(Row::Error(self.trouble(error)));
        (self.give)(rows)
    }

    fn rows(&mut self, is_kept: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        while let Some(mut event) = self.parser.next_event() {
            if is_kept {
                let member = self.member.clone();
                event.source = member.map(|path| SourceFile::new(path).into());
                self.settings.complete(&mut event);
                rows.push(Row::Event(fields(&event), self.name.clone()));
            }
        }
        rows
    }

    fn trouble(&self, error: &io::Error) -> LogError {
        let raised = self.raised.as_ref().and_then(|raised| {
            let mut raised = raised.lock().unwrap_or_else(PoisonError::into_inner);
            raised.take()
        });
        let lines = self.lines.or_else(|| self.lines_again());
        LogError {
            file: self.name.clone(),
            byte: self.taken,
            line: lines.unwrap_or_default() + 1,
            sentence: sentence(error),
            errno: error.raw_os_error(),
            raised,
        }
    }

    /// How many lines precede the error: counted only on request.
    fn lines_again(&self) -> Option<u64> {
        let mut source = Source::of_file(File::open(self.again.as_ref()?).ok()?).ok()?;
        let (mut lines, mut left) = (0, self.taken);
        let mut buffer = vec![0; PIECE_LEN];
        while left > 0 {
            let Ok(Got::Bytes(bytes @ [_, ..])) = source.read(&mut buffer) else {
                return None;
            };
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let bytes = bytes.get(..most).unwrap_or(bytes);
            lines += memchr_iter(b'\n', bytes).count() as u64;
            left -= bytes.len() as u64;
        }
        Some(lines)
    }
}

impl TakeLogs for Search {
    fn begin(&mut self, path: Option<&[u8]>) -> io::Result<bool> {
        if let Some(path) = path {
            self.name = Some(text(path));
            self.again = None;
        }
        self.member = path.map(Text::from);
        self.taken = 0;
        self.lines = self.again.is_none().then_some(0);
        self.parser = Parser::with_options(self.settings.options.clone());
        Ok(true)
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<bool> {
        Ok(self.push(bytes, true))
    }

    fn end(&mut self) -> io::Result<bool> {
        Ok(self.finish(true))
    }

    fn lost(&mut self, path: &[u8], error: io::Error) -> io::Result<bool> {
        let name = Some(text(path));
        if name != self.name {
            // A member that has not begun.
            (self.name, self.taken, self.lines) = (name, 0, Some(0));
        }
        Ok(self.fail(&error))
    }
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
