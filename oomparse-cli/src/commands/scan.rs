//! `oomparse scan`: logs in, events out.

use crate::args::ScanOptions;
use crate::input::{BUFFER_LEN, Input};
use crate::sink::{self, Sink};
use crate::{Found, complain, zone};
use jiff::tz::TimeZone;
use oomparse_core::{Options, Parser};
use std::io;

/// Reads every input to its end and writes what it finds.
///
/// # Errors
/// Only what writing fails with; trouble with an input is told on stderr and in the answer.
pub(crate) fn run(options: ScanOptions) -> io::Result<Found> {
    let mut sink = sink::open(options.format);
    let mut scan = Scan {
        options: options.parser,
        zone: options.zone,
        sink: sink.as_mut(),
        buffer: vec![0; BUFFER_LEN],
        events: 0,
    };
    let mut trouble = false;
    for input in &options.inputs {
        if let Err(error) = scan.input(input)? {
            trouble = true;
            // What was found so far comes before the complaint.
            scan.sink.flush()?;
            complain(&input.name(), &error);
        }
    }
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
        let read = loop {
            match source.read(&mut self.buffer) {
                Ok([]) => break Ok(()),
                Ok(bytes) => parser.push_chunk(bytes),
                Err(error) => break Err(error),
            }
            if self.drain(&mut parser)? && source.live {
                self.sink.flush()?;
            }
        };
        parser.finish();
        self.drain(&mut parser)?;
        Ok(read)
    }

    /// Writes the events that are complete; says whether there were any.
    fn drain(&mut self, parser: &mut Parser) -> io::Result<bool> {
        let before = self.events;
        while let Some(mut event) = parser.next_event() {
            if let (Some(time), Some(zone)) = (event.time, &self.zone) {
                event.time = Some(zone::complete(time, zone));
            }
            self.events += 1;
            self.sink.event(&event)?;
        }
        Ok(self.events > before)
    }
}
