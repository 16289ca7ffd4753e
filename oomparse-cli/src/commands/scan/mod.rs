//! `oomparse scan`: logs in, events out.

mod args;
mod byte_range;
mod logs;
mod options;
mod part;
mod piece;
mod progress;
mod stream_by;
mod streams;
mod threads;
mod unread;

use crate::format::{AnyFormat, Format};
use crate::infer::Tables;
use crate::input::{self, BUFFER_LEN, Input};
use crate::pods::Held;
use crate::sink::{self, Sink};
use crate::{Found, complain};
use logs::read;
use oomparse_core::Shared;
use options::{Output, ScanOptions};
use piece::Piece;
use progress::Progress;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use unread::Unread;

pub(crate) use args::{CorrelateArgs, ReportArgs, ScanArgs};

/// Reads every input to its end and writes what it finds.
///
/// # Errors Only errors from writing; errors of an input are reported on stderr and in the result.
pub(crate) fn run(mut options: ScanOptions) -> io::Result<Found> {
    let sink = match prepare(&mut options) {
        Ok(sink) => sink,
        Err((option, sentence)) => {
            crate::warn(option, &sentence);
            return Ok(Found::Trouble);
        }
    };
    let unread = match Unread::open(options.unread.take()) {
        Ok(unread) => unread,
        Err((path, error)) => {
            complain(&path.to_string_lossy(), &error);
            return Ok(Found::Trouble);
        }
    };
    let files = options.inputs.iter().filter_map(Input::path_to_read_again);
    let held = Held::new(&options.pods, files.collect(), options.learn);
    let tables = (options.infer).then(|| Tables::new(options.parser.cgroup_roots.clone()));
    let mut writer = Writer {
        sink,
        held,
        file: None,
        files: VecDeque::new(),
        tables,
        tasks: options.tasks,
        progress: Progress::new(&options),
        unread,
        events: 0,
        only_one: options.output == Output::Nothing,
        trouble: false,
    };
    if options.threads > 1 && options.inputs.len() > 1 {
        threads::run(&options, &mut writer)?;
    } else {
        let mut buffer = vec![0; BUFFER_LEN];
        let progress = writer.progress.clone();
        for input in &options.inputs {
            writer.begin(input);
            let read = read(&options, input, &progress, &mut buffer, &mut |found| {
                writer.take(found)
            })?;
            if !writer.end_of(input, read)? {
                break;
            }
        }
    }
    writer.finish()
}

/// Lists the files to read, and opens what is written to.
///
/// # Errors
/// The option that cannot be met, and a sentence about it.
fn prepare(options: &mut ScanOptions) -> Result<Box<dyn Sink>, (&'static str, String)> {
    // Otherwise the second reader would wait for ever for the first one's lock.
    if options.pods.read_stdin() && options.inputs.contains(&Input::Stdin) {
        let sentence = "standard input is the log already; name a file for one of the two";
        return Err(("--pods -", sentence.to_owned()));
    }
    options.inputs = input::files_of(std::mem::take(&mut options.inputs));
    if options.range.is_some() && !part::is_of(&options.inputs) {
        let sentence = "is of one file; name one, and not standard input";
        return Err(("--range", sentence.to_owned()));
    }
    Ok(match options.output {
        Output::Events(Format::Report) => sink::report(options.explain),
        Output::Events(format) => sink::open(format),
        Output::Page => {
            let page = sink::page(options.page.as_deref());
            let page = page.map_err(|sentence| ("--html", sentence))?;
            let lines = options.lines.insert(Arc::default());
            sink::html(&page, &title(&options.inputs), Arc::clone(lines))
        }
        Output::Columns(format) => {
            let sink = sink::columns(format);
            sink.map_err(|sentence| ("--format", sentence))?
        }
        Output::Incidents(AnyFormat::Events(Format::Otlp) | AnyFormat::Columns(_)) => {
            let sentence = "incidents are written as `json`, `markdown`, `table` or `report`";
            return Err(("--correlate", sentence.to_owned()));
        }
        Output::Incidents(AnyFormat::Events(format)) => sink::incidents(format),
        Output::Count => sink::count(),
        Output::Nothing => sink::nothing(),
    })
}

/// The title of a page about these logs.
fn title(inputs: &[Input]) -> String {
    match inputs {
        [input] => input.name().into_owned(),
        inputs => format!("{} logs", inputs.len()),
    }
}

/// Writes events in the order of the inputs.
struct Writer {
    sink: Box<dyn Sink>,
    held: Held,
    /// The file that is being read, and those of the held events.
    file: Option<Rc<str>>,
    files: VecDeque<Option<Rc<str>>>,
    /// Earlier tables, to name bare kills from.
    tables: Option<Tables>,
    /// The table stays in the events.
    tasks: bool,
    progress: Progress,
    unread: Unread,
    events: u64,
    /// The first event is enough.
    only_one: bool,
    trouble: bool,
}

impl Writer {
    /// Notes which input the next pieces are from.
    fn begin(&mut self, input: &Input) {
        self.file = match input {
            Input::Stdin => None,
            Input::File(_) => Some(input.name().into()),
        };
    }

    /// Writes a piece; returns whether more are wanted.
    fn take(&mut self, piece: Piece) -> io::Result<bool> {
        match piece {
            Piece::Passing(bytes) => self.held.learn(&bytes),
            Piece::Passed => self.held.end(),
            Piece::Lost(about, error) => self.lost(&about, &error)?,
            Piece::Unread(line) => {
                if let Err((path, error)) = self.unread.line(&line) {
                    self.complain(&path.to_string_lossy(), &error)?;
                }
            }
            Piece::Event(mut event) => {
                if let Some(tables) = &mut self.tables {
                    tables.take(&mut event);
                    if !self.tasks {
                        event.tasks = Shared::default();
                    }
                }
                self.files.push_back(self.file.clone());
                self.held.push(*event, true);
                self.write()?;
            }
            Piece::Pause => {
                let Self { sink, progress, .. } = self;
                progress.aside(|| sink.flush())?;
            }
        }
        Ok(!self.wants_no_more())
    }

    /// Writes the events that do not wait for a name.
    fn write(&mut self) -> io::Result<()> {
        let Self {
            sink,
            progress,
            held,
            files,
            ..
        } = self;
        while let Some(event) = held.pop() {
            self.events += 1;
            let file = files.pop_front().flatten();
            progress.aside(|| sink.event_of(&event, file.as_deref()))?;
        }
        Ok(())
    }

    fn wants_no_more(&self) -> bool {
        self.only_one && self.events > 0
    }

    /// Notes how an input ended; returns whether more are wanted.
    fn end_of(&mut self, input: &Input, read: io::Result<()>) -> io::Result<bool> {
        if let Some(tables) = &mut self.tables {
            tables.clear();
        }
        if let Err(error) = read {
            self.lost(&input.name(), &error)?;
        }
        Ok(!self.wants_no_more())
    }

    /// Reports a log that could not be read, or not to its end.
    fn lost(&mut self, about: &str, error: &io::Error) -> io::Result<()> {
        self.complain(about, error)?;
        self.sink.lost(about, error)
    }

    /// Reports an error, after what was found so far.
    fn complain(&mut self, about: &str, error: &io::Error) -> io::Result<()> {
        self.trouble = true;
        let Self { sink, progress, .. } = self;
        progress.aside(|| {
            let flushed = sink.flush();
            complain(about, error);
            flushed
        })
    }

    fn finish(mut self) -> io::Result<Found> {
        self.held.end();
        self.held.resolve();
        self.write()?;
        self.progress.end();
        self.sink.finish()?;
        match self.unread.finish() {
            Ok(Some(sentence)) if !self.only_one => {
                // A closed stderr is not a reason to stop.
                let _ = crate::write_line(io::stderr(), &format!("oomparse: {sentence}"));
            }
            Ok(_) => {}
            Err((path, error)) => {
                self.trouble = true;
                complain(&path.to_string_lossy(), &error);
            }
        }
        Ok(match (self.trouble, self.events) {
            // Like `grep -q`: the answer is known, whatever else went wrong.
            (_, 1..) if self.only_one => Found::Some,
            (true, _) => Found::Trouble,
            (false, 0) => Found::Nothing,
            (false, _) => Found::Some,
        })
    }
}
