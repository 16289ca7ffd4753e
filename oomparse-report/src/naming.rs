//! Whether a log line seems to report an event, judging by its text alone: for finding the lines of an event that
//! was read before. While a log is being read, the parser knows better.

use memchr::memmem;
use oomparse_core::{Evidence, Framer, OomEvent};

/// Whether a line names the victim, or says why there is none. If a line is a record, its text is read, which may
/// be escaped or, as journald writes it, a list of bytes.
pub(crate) fn seems_to_tell(event: &OomEvent, line: &[u8]) -> bool {
    let is_record = memchr::memchr(b'{', line).is_some();
    is_named_in(event, line)
        || is_record
            && Framer::new()
                .frame(line)
                .is_some_and(|frame| is_named_in(event, &frame.message))
}

fn is_named_in(event: &OomEvent, line: &[u8]) -> bool {
    if let Some(testimony) = &event.testimony {
        let words = testimony.words().unwrap_or_default();
        return !words.is_empty() && memmem::find(line, words.as_bytes()).is_some();
    }
    let Some(victim) = &event.victim else {
        let words: &[u8] = match event.evidence.last() {
            Some(Evidence::NoKillable) => b"no killable processes",
            Some(Evidence::Exiting) => b"already exiting",
            Some(Evidence::Panic) => b"panic_on_oom",
            _ => return false,
        };
        return memmem::find(line, words).is_some();
    };
    let mut rest = line;
    // "process 4021 (", "process 4021, UID", "Task 4021 (", "OOM victim 4021 (", ",pid=4021,"
    while let Some(at) = rest.iter().position(u8::is_ascii_digit) {
        let (before, number) = rest.split_at_checked(at).unwrap_or_default();
        let len = number
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, after) = number.split_at_checked(len).unwrap_or_default();
        let pid = core::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok());
        if pid == Some(victim.pid) && names_a_process(before) {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether a pid follows this text.
fn names_a_process(text: &[u8]) -> bool {
    let words: [&[u8]; 4] = [b"rocess ", b"victim ", b"Task ", b",pid="];
    words.iter().any(|word| text.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oomparse_core::{Options, Parser, parse_all};

    #[test]
    fn a_text_that_is_a_list_of_bytes_names_its_victim() {
        let text = b"Killed process 7 (a\xffb\n) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
        let bytes: Vec<_> = text.iter().map(u8::to_string).collect();
        let bytes = bytes.join(",");
        for key in ["MESSAGE", "message"] {
            let entry = format!("{{\"{key}\":[{bytes}],\"_TRANSPORT\":\"kernel\"}}");
            let spelt = format!("{{\"{key}\": [{bytes}],\"_TRANSPORT\":\"kernel\"}}");
            let mut parser = Parser::new();
            parser.push_line(b"Task in /x killed as a result of limit of /x");
            parser.push_line(entry.as_bytes());
            parser.finish();
            let event = parser.next_event().unwrap();
            assert_eq!(event.victim.as_ref().unwrap().pid, 7);
            assert!(seems_to_tell(&event, entry.as_bytes()));
            assert!(seems_to_tell(&event, spelt.as_bytes()));
            let other = entry.replace("32,55,32", "32,56,32");
            assert!(!seems_to_tell(&event, other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_number_alone_names_nobody() {
        let line = b"[1.0] Killed process 7 (java) total-vm:8kB";
        let event = parse_all(line, &Options::new()).next().unwrap();
        assert!(seems_to_tell(&event, line));
        let reaped = br#"{"log":"oom_reaper: reaped process 7 (java), now"}"#;
        assert!(seems_to_tell(&event, reaped));
        for line in ["Killed process 77 (java)", "7", "a process 17 ", "pid 7"] {
            assert!(!seems_to_tell(&event, line.as_bytes()), "{line}");
        }
    }
}
