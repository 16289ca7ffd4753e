//! `oomparse scan`: logs in, events out.

mod part;
mod progress;
mod streams;
mod threads;

use crate::args::{Format, Output, ScanOptions};
use crate::input::{self, BUFFER_LEN, Input};
use crate::pods::Held;
use crate::sink::{self, Sink, lock};
use crate::{Found, complain, zone};
use oomparse_core::OomEvent;
use progress::Progress;
use std::io;
use std::sync::Arc;
use streams::Reading;

pub(crate) use part::ByteRange;
pub(crate) use streams::StreamBy;

/// Reads every input to its end and writes what it finds.
///
/// # Errors
/// Only what writing fails with; trouble with an input is told on stderr and in the answer.
pub(crate) fn run(mut options: ScanOptions) -> io::Result<Found> {
    // Whichever came second would wait for ever for the first one to let go.
    if options.pods.read_stdin() && options.inputs.contains(&Input::Stdin) {
        crate::warn(
            "--pods -",
            "standard input is the log already; name a file for one of the two",
        );
        return Ok(Found::Trouble);
    }
    options.inputs = input::files_of(std::mem::take(&mut options.inputs));
    if options.range.is_some() && !part::is_of(&options.inputs) {
        crate::warn(
            "--range",
            "is of one file; name one, and not standard input",
        );
        return Ok(Found::Trouble);
    }
    let sink = match options.output {
        Output::Events(Format::Report) => sink::report(options.explain),
        Output::Events(format) => sink::open(format),
        Output::Page => match sink::page(options.page.as_deref()) {
            Ok(page) => {
                let lines = options.lines.insert(Arc::default());
                sink::html(&page, &title(&options.inputs), Arc::clone(lines))
            }
            Err(sentence) => {
                crate::warn("--html", &sentence);
                return Ok(Found::Trouble);
            }
        },
        Output::Count => sink::count(),
        Output::Nothing => sink::nothing(),
    };
    let files = options.inputs.iter().filter_map(Input::path_to_read_again);
    let held = Held::new(&options.pods, files.collect(), options.learn);
    let mut writer = Writer {
        sink,
        held,
        progress: Progress::new(&options),
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

/// What a page of these logs is called.
fn title(inputs: &[Input]) -> String {
    match inputs {
        [input] => input.name().into_owned(),
        inputs => format!("{} logs", inputs.len()),
    }
}

/// What comes out of an input.
pub(crate) enum Piece {
    /// Bytes of a log that cannot be read twice, to learn names from.
    Passing(Vec<u8>),
    Event(Box<OomEvent>),
    /// More may be long in coming: what was written should be seen.
    Pause,
}

/// Writes events in the order of the inputs.
struct Writer {
    sink: Box<dyn Sink>,
    held: Held,
    progress: Progress,
    events: u64,
    /// The first event is enough.
    only_one: bool,
    trouble: bool,
}

impl Writer {
    /// Writes a piece; says whether more are wanted.
    fn take(&mut self, piece: Piece) -> io::Result<bool> {
        match piece {
            Piece::Passing(bytes) => self.held.learn(&bytes),
            Piece::Event(event) => {
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

    /// Writes the events that wait for no name.
    fn write(&mut self) -> io::Result<()> {
        let Self {
            sink,
            progress,
            held,
            ..
        } = self;
        while let Some(event) = held.pop() {
            self.events += 1;
            progress.aside(|| sink.event(&event))?;
        }
        Ok(())
    }

    fn wants_no_more(&self) -> bool {
        self.only_one && self.events > 0
    }

    /// Notes how an input ended; says whether more are wanted.
    fn end_of(&mut self, input: &Input, read: io::Result<()>) -> io::Result<bool> {
        if let Err(error) = read {
            self.trouble = true;
            let Self { sink, progress, .. } = self;
            // What was found so far comes before the complaint.
            progress.aside(|| {
                let flushed = sink.flush();
                complain(&input.name(), &error);
                flushed
            })?;
        }
        Ok(!self.wants_no_more())
    }

    fn finish(mut self) -> io::Result<Found> {
        self.held.end();
        self.held.resolve();
        self.write()?;
        self.progress.end();
        self.sink.finish()?;
        Ok(match (self.trouble, self.events) {
            // As with `grep -q`: the answer is known, whatever else went wrong.
            (_, 1..) if self.only_one => Found::Some,
            (true, _) => Found::Trouble,
            (false, 0) => Found::Nothing,
            (false, _) => Found::Some,
        })
    }
}

/// Takes what an input gives; says whether more is wanted.
type Take<'t> = dyn FnMut(Piece) -> io::Result<bool> + 't;

/// Reads one input. The outer result is the output's, the inner one the input's.
fn read(
    options: &ScanOptions,
    input: &Input,
    progress: &Progress,
    buffer: &mut [u8],
    take: &mut Take<'_>,
) -> io::Result<io::Result<()>> {
    if let Some(range) = &options.range {
        return part::read(options, input, range, buffer, take);
    }
    let mut source = match input.open() {
        Ok(source) => source,
        Err(error) => return Ok(Err(error)),
    };
    if options.threads > 1 {
        source.read_only_when_asked();
    }
    let mut reading = Reading::new(options);
    let mut taken = source.taken();
    if let Some(lines) = &options.lines {
        lock(lines).begin();
    }
    let passes = input.path_to_read_again().is_none();
    let read = loop {
        match source.read(buffer) {
            Ok([]) => break Ok(()),
            Ok(bytes) => {
                if options.learn && passes && !take(Piece::Passing(bytes.to_vec()))? {
                    return Ok(Ok(()));
                }
                if let Some(lines) = &options.lines {
                    lock(lines).push(bytes);
                }
                reading.push_chunk(bytes);
            }
            Err(error) => break Err(error),
        }
        let now = source.taken();
        progress.advance(now - taken);
        taken = now;
        let (some, more) = drain(options, &mut reading, take)?;
        if !more || some && source.live && !take(Piece::Pause)? {
            return Ok(Ok(()));
        }
    };
    reading.finish();
    drain(options, &mut reading, take)?;
    Ok(read)
}

/// Hands on the events that are complete; says whether there were any, and whether more are wanted.
fn drain(
    options: &ScanOptions,
    reading: &mut Reading,
    take: &mut Take<'_>,
) -> io::Result<(bool, bool)> {
    let mut some = false;
    while let Some(mut event) = reading.next_event() {
        if let (Some(time), Some(zone)) = (event.time, &options.zone) {
            event.time = Some(zone::complete(time, zone));
        }
        if let Some(lines) = &options.lines {
            lock(lines).find(&event);
        }
        some = true;
        if !take(Piece::Event(Box::new(event)))? {
            return Ok((some, false));
        }
    }
    Ok((some, true))
}
