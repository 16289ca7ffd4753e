//! Finds the log lines on which an event is based in the text that was just read.

mod others;

use crate::naming::seems_to_tell;
use oomparse_core::line::{Line, parse_line};
use oomparse_core::{Evidence, Frame, Framer, OomEvent, Parser};
use serde::Serialize;
use std::ops::Range;

/// How much of a log's text is kept for this: reports of thousands of processes are this long.
const KEPT: usize = 2 << 20;

/// The last part of the text that was read from a log.
#[derive(Debug, Default)]
pub struct Tail {
    text: Vec<u8>,
    /// The position of the text in the log.
    start: u64,
    /// Where the line ends, in the text, that reports the last event: the next event's line usually follows.
    searched: usize,
}

impl Tail {
    /// Takes the next bytes of the log; the oldest are dropped to make room.
    pub fn push(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        if self.text.len() > 2 * KEPT {
            let gone = self.text.len() - KEPT;
            self.text.drain(..gone);
            self.start += gone as u64;
            self.searched = self.searched.saturating_sub(gone);
        }
    }

    /// The position of the event's lines in the log, from its report's first line to the line that reports it.
    ///
    /// Lines of others may be in between: [`marks`] says which lines are the event's.
    #[must_use]
    pub fn find(&mut self, event: &OomEvent) -> Option<Range<u64>> {
        // A report by anything other than the kernel is on one line.
        if event.testimony.is_some() {
            let found = others::line_of(&self.text, self.searched, event)?;
            self.searched = found.end;
            return Some(self.start + found.start as u64..self.start + found.end as u64);
        }
        let found = line_of_kill_after(&self.text, self.searched, event)
            .or_else(|| line_of_kill(&self.text, event))?;
        self.searched = found.end;
        let range = find(&self.text, found, event);
        Some(self.start + range.start as u64..self.start + range.end as u64)
    }

    /// The text of a range, if it is still kept.
    #[must_use]
    pub fn text(&self, range: &Range<u64>) -> Option<&[u8]> {
        let at = |offset: u64| usize::try_from(offset.checked_sub(self.start)?).ok();
        self.text.get(at(range.start)?..at(range.end)?)
    }
}

/// How many more lines are included before and after, if the event's own lines alone do not produce it: a record
/// over several lines begins and ends elsewhere than its text.
const WIDER: [(usize, usize); 9] = [
    (0, 0),
    (0, 1),
    (0, 4),
    (1, 1),
    (4, 4),
    (16, 4),
    (16, 16),
    (64, 64),
    (256, 64),
];

/// The position of an event's lines in a text, for the last report of this kind: if possible, lines that produce
/// the same event when they are read alone.
fn find(text: &[u8], found: Range<usize>, event: &OomEvent) -> Range<usize> {
    let before = Backward {
        text,
        end: found.start,
    };
    let begins = if event.evidence.contains(&Evidence::Invoked) {
        before
            .clone()
            .find(|line| begins(&text[line.clone()], event))
    } else {
        None
    };
    let start = begins.map_or_else(
        || first_of_run(before, text, event, found.start),
        |line| line.start,
    );
    let wider = |(before, after)| back(text, start, before)..forth(text, found.end, after);
    let ranges = WIDER.into_iter().map(wider);
    let given = ranges
        .into_iter()
        .find(|range| gives(&text[range.clone()], event));
    given.unwrap_or(start..found.end)
}

/// How many lines are checked after one that seems to report the event.
const NEARBY: usize = 2000;

/// The last line that reports the event or, if none certainly does, as within a carrier's own structure, the last
/// that seems to.
fn line_of_kill(text: &[u8], event: &OomEvent) -> Option<Range<usize>> {
    let (mut loose, mut looked) = (None, 0);
    let end = text.len();
    for line in (Backward { text, end }) {
        let bytes = text.get(line.clone())?;
        if tells(bytes, event) {
            return Some(line);
        }
        if loose.is_none() && seems_to_tell(event, bytes) {
            loose = Some(line);
        }
        looked += usize::from(loose.is_some());
        if looked > NEARBY {
            break;
        }
    }
    loose
}

/// The first line after a position that reports the event, if it is near.
fn line_of_kill_after(text: &[u8], start: usize, event: &OomEvent) -> Option<Range<usize>> {
    let mut at = start;
    let lines = text.get(start..)?.split_inclusive(|byte| *byte == b'\n');
    let mut lines = lines.take(NEARBY).map(|line| {
        let len = line.strip_suffix(b"\n").unwrap_or(line).len();
        at += line.len();
        let from = at - line.len();
        from..from + len
    });
    lines.find(|line| tells(&text[line.clone()], event))
}

/// Whether these lines alone produce the event.
fn gives(lines: &[u8], event: &OomEvent) -> bool {
    let mut parser = Parser::new();
    parser.push_chunk(lines);
    parser.finish();
    std::iter::from_fn(|| parser.next_event()).any(|again| {
        again.event_type == event.event_type
            && again.victim == event.victim
            && again.memory == event.memory
            && again.memory_swap == event.memory_swap
            && again.cgroup == event.cgroup
            && again.invoker == event.invoker
            && again.memcg_stats == event.memcg_stats
            && again.oom_group == event.oom_group
    })
}

/// The start of the line this many lines before.
fn back(text: &[u8], start: usize, lines: usize) -> usize {
    let before = Backward { text, end: start };
    before.take(lines).last().map_or(start, |line| line.start)
}

/// The end of the line this many lines after.
fn forth(text: &[u8], end: usize, lines: usize) -> usize {
    let ends = text.iter().enumerate().skip(end + 1);
    let mut ends = ends.filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    match lines {
        0 => end,
        lines => ends.nth(lines - 1).unwrap_or(text.len()),
    }
}

/// Lines from the last to the first, without their ends.
#[derive(Clone)]
struct Backward<'a> {
    text: &'a [u8],
    end: usize,
}

impl Iterator for Backward<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if self.end == 0 {
            return None;
        }
        let end = match self.text.get(self.end - 1) {
            Some(b'\n') => self.end - 1,
            _ => self.end,
        };
        let start = self.text[..end]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        self.end = start;
        Some(start..end)
    }
}

/// Whether this line reports the event: it names the victim, or says why there is none.
fn tells(line: &[u8], event: &OomEvent) -> bool {
    let is_report = event.victim.is_none()
        && !matches!(
            event.evidence.last(),
            Some(Evidence::NoKillable | Evidence::Exiting | Evidence::Panic)
        );
    if !is_report && !seems_to_tell(event, line) {
        return false;
    }
    let Some(frame) = Framer::new().frame(line) else {
        return false;
    };
    if !is_of(&frame, event)
        || frame.kernel_time_us.is_some()
            && frame.kernel_time_us != event.kernel_time_us
            && !is_report
    {
        return false;
    }
    let found = parse_line(&frame.message).evidence();
    match found {
        // A reaper's line comes after the lines that it is about.
        Some(Evidence::Reaped) => {
            event.evidence.last() == Some(&Evidence::Reaped) && event.evidence.len() == 1
        }
        Some(Evidence::NoKillable) => true,
        Some(found) => event.evidence.contains(&found),
        None => false,
    }
}

fn begins(line: &[u8], event: &OomEvent) -> bool {
    const WORDS: &[u8] = b"invoked oom-killer";
    if !line.windows(WORDS.len()).any(|words| words == WORDS) {
        return false;
    }
    Framer::new()
        .frame(line)
        .is_none_or(|frame| is_of(&frame, event))
}

/// The first of the consecutive lines before it that are of the event's kinds.
fn first_of_run(before: Backward<'_>, text: &[u8], event: &OomEvent, end: usize) -> usize {
    let run = before.take_while(|line| {
        let frame = Framer::new().frame(&text[line.clone()]);
        frame.is_some_and(|frame| {
            let line = parse_line(&frame.message);
            let of_other = matches!(&line, Line::Killed(killed)
                if event.victim.as_ref().is_some_and(|victim| victim.pid != killed.pid));
            let found = line.evidence();
            let is_ours = found.is_some_and(|found| event.evidence.contains(&found));
            is_of(&frame, event) && is_ours && !of_other
        })
    });
    run.last().map_or(end, |line| line.start)
}

/// Whether a line may come from the event's machine.
fn is_of(frame: &Frame<'_>, event: &OomEvent) -> bool {
    match (&frame.host, &event.host) {
        (Some(host), Some(of)) => host.as_ref() == of.as_bytes(),
        _ => true,
    }
}

/// One line of an event's excerpt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The line as it is shown: escaped if it is not text.
    pub text: String,
    /// The evidence word of the line, as in the event; `None` if the line is not the event's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<&'static str>,
    /// The process that it is about: a row of the table, or the victim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The name of the counter: `memory`, `memory_swap`, `swap`, `kmem`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<&'static str>,
}

/// The lines of an excerpt, each with its meaning for the event.
#[must_use]
pub fn marks(excerpt: &[u8], event: &OomEvent) -> Vec<Mark> {
    let mut framer = Framer::new();
    let lines = excerpt.split(|byte| *byte == b'\n');
    let mut marks: Vec<Mark> = lines.map(|line| mark(line, &mut framer, event)).collect();
    if marks.last().is_some_and(|mark| mark.text.is_empty()) {
        marks.pop();
    }
    marks
}

fn mark(line: &[u8], framer: &mut Framer, event: &OomEvent) -> Mark {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut mark = Mark {
        text: shown(line),
        evidence: None,
        pid: None,
        counter: None,
    };
    if event.testimony.is_some() {
        mark.evidence = Some(crate::incident::voice(event));
        return mark;
    }
    let Some(frame) = framer.frame(line).filter(|frame| is_of(frame, event)) else {
        return mark;
    };
    let parsed = parse_line(&frame.message);
    let victim = event.victim.as_ref().map(|victim| victim.pid);
    let selected = event.selected.as_ref().map(|selected| selected.pid);
    let (pid, is_ours) = match &parsed {
        Line::TaskRow(row) => (Some(row.pid), true),
        Line::Killed(killed) => (Some(killed.pid), Some(killed.pid) == victim),
        Line::Summary(summary) => (summary.pid, summary.pid.is_none() || summary.pid == victim),
        Line::Selected(line) => (Some(line.pid), selected.is_none_or(|pid| pid == line.pid)),
        _ => (None, true),
    };
    mark.pid = pid;
    if let Line::Counter(counter) = &parsed {
        mark.counter = Some(counter_word(counter.kind));
    }
    mark.evidence = parsed
        .evidence()
        .filter(|found| is_ours && event.evidence.contains(found))
        .map(Evidence::as_str);
    mark
}

fn counter_word(kind: oomparse_core::line::CounterKind) -> &'static str {
    use oomparse_core::line::CounterKind;
    match kind {
        CounterKind::Memory => "memory",
        CounterKind::MemorySwap => "memory_swap",
        CounterKind::Swap => "swap",
        CounterKind::Kmem => "kmem",
        _ => "other",
    }
}

/// A line for display: unchanged, except that control characters and invalid UTF-8 are escaped.
fn shown(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\t' => text.push('\t'),
                letter if letter.is_control() => text.extend(letter.escape_unicode()),
                letter => text.push(letter),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}
