//! `oomparse scan`: logs in, events out.

use crate::args::ScanOptions;
use crate::input::{BUFFER_LEN, Input};
use crate::pods::Held;
use crate::sink::{self, Sink};
use crate::{Found, complain, zone};
use jiff::tz::TimeZone;
use oomparse_core::{Options, Parser};
use std::io;
use std::time::Duration;

/// A stream that is silent for so long may have ended for now: its events go out.
const SILENCE: Duration = Duration::from_millis(300);

/// Reads every input to its end and writes what it finds.
///
/// # Errors
/// Only what writing fails with; trouble with an input is told on stderr and in the answer.
pub(crate) fn run(options: ScanOptions) -> io::Result<Found> {
    let mut sink = sink::open(options.format);
    let files = options.inputs.iter().filter_map(Input::path_to_read_again);
    let held = Held::new(&options.pods, files.collect(), options.learn);
    let mut scan = Scan {
        options: options.parser,
        zone: options.zone,
        sink: sink.as_mut(),
        held,
        buffer: vec![0; BUFFER_LEN],
        events: 0,
    };
    let mut trouble = false;
    for input in &options.inputs {
        if let Err(error) = scan.input(input)? {
            trouble = true;
            // What was found so far comes before the complaint.
            scan.release()?;
            scan.sink.flush()?;
            complain(&input.name(), &error);
        }
    }
    scan.release()?;
    let events = scan.events;
    sink.finish()?;
    Ok(match (trouble, events) {
        (true, _) => Found::Trouble,
        (false, 0) => Found::Nothing,
        (false, _) => Found::Some,
    })
}

struct Scan<'s> {
    options: Options,
    zone: Option<TimeZone>,
    sink: &'s mut dyn Sink,
    held: Held,
    buffer: Vec<u8>,
    events: u64,
}

impl Scan<'_> {
    /// Reads one input. The outer result is the output's, the inner one the input's.
    fn input(&mut self, input: &Input) -> io::Result<io::Result<()>> {
        let mut source = match input.open() {
            Ok(source) => source,
            Err(error) => return Ok(Err(error)),
        };
        let mut parser = Parser::with_options(self.options.clone());
        let passes = input.path_to_read_again().is_none();
        let read = loop {
            if source.live && self.held.is_waiting() && source.is_silent(SILENCE) {
                self.release()?;
                self.sink.flush()?;
            }
            match source.read(&mut self.buffer) {
                Ok([]) => break Ok(()),
                Ok(bytes) => {
                    if passes {
                        self.held.learn(bytes);
                    }
                    parser.push_chunk(bytes);
                }
                Err(error) => break Err(error),
            }
            if self.drain(&mut parser, passes)? && source.live {
                self.sink.flush()?;
            }
        };
        parser.finish();
        self.held.end();
        self.drain(&mut parser, passes)?;
        Ok(read)
    }

    /// Writes the events that are complete and named; says whether there were any.
    fn drain(&mut self, parser: &mut Parser, passes: bool) -> io::Result<bool> {
        let before = self.events;
        while let Some(mut event) = parser.next_event() {
            if let (Some(time), Some(zone)) = (event.time, &self.zone) {
                event.time = Some(zone::complete(time, zone));
            }
            self.held.push(event, passes);
        }
        self.write()?;
        Ok(self.events > before)
    }

    /// Writes all events, named or not.
    fn release(&mut self) -> io::Result<()> {
        self.held.resolve();
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        while let Some(event) = self.held.pop() {
            self.events += 1;
            self.sink.event(&event)?;
        }
        Ok(())
    }
}
