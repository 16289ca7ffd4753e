//! `Out of memory in UB N: OOM killed process …`: a container of OpenVZ 6 (2.6.32) reached its beancounter's limit.
//!
//! `oom_kill_process` (mm/oom_kill.c) with the message of `out_of_memory_in_ub` (kernel/bc/oom_kill.c); for the
//! whole machine without the beancounter:
//!
//! ```text
//! %s %d: OOM killed process %d (%s) score %d vm:%lukB, rss:%lukB, swap:%lukB
//! ```
//! Samples: `Out of memory in UB 101: OOM killed process 24 (httpd) score 0 vm:100kB, rss:90kB, swap:10kB` and
//! `Out of memory: OOM killed process 24 (httpd) score 0 vm:100kB, rss:90kB, swap:10kB`.
//!
//! Lines around it that name no other process: `>>> 101 oom generation 5 starts`,
//! `OOM killer in rage, 16 tasks killed in ub 101`, `OOM killed process httpd (pid=24, ve=101) exited, free=90112.`
//! and `<<< 101 oom generation 5 ends (task died)`.

use super::{COMM, Killed, TOTAL_VM};
use crate::event::Field;
use crate::line::common::{
    Message, Parsed, is_comm, kib_after, pid, rsplit_once, signed, split_once,
};
use nom::Parser;
use nom::bytes::complete::tag;

const RSS: Field = Field::VictimRss;
const SWAP: Field = Field::VictimSwap;

/// Longest text that is accepted as a beancounter's name: ten digits, or a mask in their place.
const LONGEST_NAME: usize = 36;

/// Reads the line.
pub(super) fn killed(input: &[u8]) -> Option<Killed<'_>> {
    let (message, beancounter, rest) = message(input)?;
    let (rest, _) = named(rest).ok()?;
    let (rest, pid) = pid(rest).ok()?;
    let rest = rest.strip_prefix(b" (")?;
    let mut line = Killed {
        message: Some(message),
        ve: beancounter,
        pid,
        ..Killed::default()
    };
    let Some((comm, figures)) = rsplit_once(rest, ") score ").filter(|(comm, _)| is_comm(comm))
    else {
        line.cut = Some(COMM);
        return Some(line);
    };
    line.comm = Some(comm);
    match signed(figures) {
        // A number at the end of the line may have lost digits.
        Ok((figures @ [b' ', ..], score)) => {
            line.oom_score = Some(score);
            sizes(figures, &mut line);
        }
        _ => line.cut = Some(TOTAL_VM),
    }
    Some(line)
}

/// The message, the beancounter's name, and what follows them.
type Head<'a> = (Message, Option<&'a [u8]>, &'a [u8]);

/// The text before the process, and the beancounter.
fn message(input: &[u8]) -> Option<Head<'_>> {
    if let Some(rest) = input.strip_prefix(b"Out of memory: ") {
        return Some((Message::Global, None, rest));
    }
    let (name, rest) = split_once(input.strip_prefix(b"Out of memory in UB ")?, ": ")?;
    let is_name = (1..=LONGEST_NAME).contains(&name.len()) && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some((Message::Beancounter, Some(name), rest))
}

fn named(input: &[u8]) -> Parsed<'_, &[u8]> {
    tag(&b"OOM killed process "[..]).parse(input)
}

fn sizes(figures: &[u8], line: &mut Killed<'_>) {
    let mut rest = figures;
    let fields: [(&'static str, Field, &mut Option<u64>); 3] = [
        (" vm:", TOTAL_VM, &mut line.total_vm_kib),
        (", rss:", RSS, &mut line.rss_kib),
        (", swap:", SWAP, &mut line.swap_kib),
    ];
    for (name, field, slot) in fields {
        let Ok((tail, value)) = kib_after(name, rest) else {
            line.cut = Some(field);
            return;
        };
        *slot = Some(value);
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Line, parse_line};
    use std::format;

    fn read(text: &str) -> Killed<'_> {
        match parse_line(text.as_bytes()) {
            Line::Killed(line) => line,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn beancounter_line() {
        let text = "Out of memory in UB 101: OOM killed process 24 (httpd) score 7 vm:100kB, rss:90kB, swap:10kB";
        let line = read(text);
        assert_eq!(
            (line.message, line.ve),
            (Some(Message::Beancounter), Some(&b"101"[..]))
        );
        assert_eq!(
            (line.pid, line.comm, line.oom_score),
            (24, Some(&b"httpd"[..]), Some(7))
        );
        assert_eq!(
            (line.total_vm_kib, line.rss_kib, line.swap_kib),
            (Some(100), Some(90), Some(10))
        );
        assert_eq!(line.cut, None);
        let global = text.replace(" in UB 101", "");
        let line = read(&global);
        assert_eq!((line.message, line.ve), (Some(Message::Global), None));
        for end in text.find("24").unwrap() + 3..text.len() {
            let Line::Killed(line) = parse_line(&text.as_bytes()[..end]) else {
                continue;
            };
            assert!(line.cut.is_some(), "{end}: {line:?}");
            assert!(line.swap_kib.is_none() && line.comm.is_none_or(|comm| comm == b"httpd"));
        }
    }

    #[test]
    fn beancounter_comm_that_says_a_score() {
        let name = ") score 1 vm:9";
        let text = format!(
            "Out of memory in UB 1: OOM killed process 2 ({name}) score 0 vm:1kB, rss:2kB, swap:3kB"
        );
        let line = read(&text);
        assert_eq!(
            (line.comm, line.total_vm_kib),
            (Some(name.as_bytes()), Some(1))
        );
    }

    #[test]
    fn companions_name_no_victim() {
        for text in [
            ">>> 101 oom generation 5 starts",
            "<<< 101 oom generation 5 ends (task died)",
            "OOM killer in rage, 16 tasks killed in ub 101",
            "OOM killed process httpd (pid=24, ve=101) exited, free=90112.",
            "OOM selected worst BC 101 (overdraft 12):",
        ] {
            assert_eq!(parse_line(text.as_bytes()), Line::Other, "{text}");
        }
    }

    #[test]
    fn a_beancounters_name_is_one_short_word() {
        let long = "1".repeat(LONGEST_NAME);
        for (name, is_one) in [
            ("101", true),
            ("*****", true),
            (&long, true),
            (&format!("{long}1"), false),
            ("", false),
            ("101 of node-7", false),
            ("1\u{1}", false),
        ] {
            let line = format!(
                "Out of memory in UB {name}: OOM killed process 24 (httpd) score 0 vm:1kB, rss:1kB, swap:0kB"
            );
            let found = super::killed(line.as_bytes()).map(|line| line.ve);
            assert_eq!(found, is_one.then_some(Some(name.as_bytes())), "{name:?}");
        }
    }
}
