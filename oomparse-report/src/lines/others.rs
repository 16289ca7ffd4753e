//! The line in which anything other than the kernel reports an event.

use super::Backward;
use crate::naming::seems_to_tell;
use oomparse_core::{OomEvent, Options, Parser, WallTime};
use std::ops::Range;

/// How many lines are parsed again at most.
const TRIED: usize = 2000;

/// The line after a position that reports the event when it is read alone or, if none does, as within an object
/// over several lines, one that contains the words.
pub(super) fn line_of(text: &[u8], start: usize, event: &OomEvent) -> Option<Range<usize>> {
    let holds = |line: &Range<usize>| seems_to_tell(event, &text[line.clone()]);
    let gives = |line: &Range<usize>| gives(&text[line.clone()], event);
    let after = forward(text, start).filter(holds).take(TRIED);
    let before = Backward { text, end: start }.filter(holds).take(TRIED);
    let alone = after.chain(before).find(gives);
    alone
        .or_else(|| forward(text, start).find(holds))
        .or_else(|| Backward { text, end: start }.find(holds))
}

/// Lines from a position on, without their ends.
fn forward(text: &[u8], start: usize) -> impl Iterator<Item = Range<usize>> {
    let mut at = start;
    let rest = text.get(start..).unwrap_or_default();
    rest.split_inclusive(|byte| *byte == b'\n')
        .map(move |line| {
            let from = at;
            at += line.len();
            from..from + line.strip_suffix(b"\n").unwrap_or(line).len()
        })
}

/// Whether this line alone produces the event.
fn gives(line: &[u8], event: &OomEvent) -> bool {
    let mut options = Options::default();
    options.accept = options.accept.and_all_daemons();
    let mut parser = Parser::with_options(options);
    parser.push_chunk(line);
    parser.finish();
    std::iter::from_fn(|| parser.next_event()).any(|again| {
        again.event_type == event.event_type
            && again.victim == event.victim
            && again.testimony == event.testimony
            && again.kernel_time_us == event.kernel_time_us
            && again.time.as_ref().map(clock) == event.time.as_ref().map(clock)
    })
}

/// The part of a line's time that is always shown.
fn clock(time: &WallTime) -> (u8, u8, u8, u8, u8) {
    (time.month, time.day, time.hour, time.minute, time.second)
}

#[cfg(test)]
mod tests {
    use crate::Tail;
    use oomparse_core::{Options, Parser};

    #[test]
    fn each_voice_has_its_own_line() {
        const LOG: &str = "Aug 12 20:01:09 n1 app[7]: Killed nothing due to memory pressure\n\
            Aug 12 20:01:10 n1 systemd-oomd[901]: Killed /a.slice/b.service due to memory pressure for /a.slice \
            being 65.15% > 50.00% for > 20s with reclaim activity\n\
            Aug 12 20:01:11 n1 app[7]: Killed nothing due to memory pressure\n\
            Aug 12 20:01:20 n1 systemd-oomd[901]: Killed /a.slice/b.service due to memory pressure for /a.slice \
            being 65.15% > 50.00% for > 20s with reclaim activity\n";
        let mut options = Options::default();
        options.accept = options.accept.and_all_daemons();
        let mut parser = Parser::with_options(options);
        let mut tail = Tail::default();
        tail.push(LOG.as_bytes());
        parser.push_chunk(LOG.as_bytes());
        parser.finish();
        for wanted in [1, 3] {
            let event = parser.next_event().unwrap();
            let range = tail.find(&event).unwrap();
            let line = LOG.lines().nth(wanted).unwrap();
            assert_eq!(tail.text(&range), Some(line.as_bytes()));
        }
        assert_eq!(parser.next_event(), None);
    }
}
