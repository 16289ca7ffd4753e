//! A kernel line in a cell of a table, or after the words of an event.
//!
//! ```text
//!   Warning  OOMKilling  2m  kernel-monitor, n1  Memory cgroup out of memory: Killed process …    kubectl describe
//! 2m   Warning   OOMKilling   node/n1   Memory cgroup out of memory: Killed process …              kubectl get events
//! 2023-06-13,n1,"Memory cgroup out of memory: Killed process …",warning                            CSV
//! n1⇥[    5.200000] Killed process …⇥kernel                                                        TSV
//! 2023-06-13;n1;Memory cgroup out of memory: Killed process …                                      with semicolons
//! 2023-06-13,n1,Memory cgroup out of memory: Kill process … or sacrifice child                     CSV, no comma in it
//! time=14:35 level=warn msg="Memory cgroup out of memory: Killed process …" node=n1                logfmt
//! ["Memory cgroup out of memory: Killed process …","…"]                                            an array
//! … Message:(combined from similar events): Memory cgroup out of memory: Kill process …
//! ```
//!
//! The text must be a whole line that names a process or its cgroup, from one delimiter to the next. If the other
//! cells show that a container or a program with an id wrote it, it is ignored.

use super::{Frame, FrameKind, dmesg};
use crate::bytes::memmem;
use crate::limits::MAX_COMM_LEN;
use crate::line::{Line, parse_line};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Tables with bars are pasted.
const IS_PASTED: bool = cfg!(feature = "carriers");

/// What Kubernetes puts before the last of many similar events.
const COMBINED: &[u8] = b"(combined from similar events): ";

/// The reason of events that report kills.
const REASON: &[u8] = b"OOMKilling";

/// How the kernel's text in a cell may begin.
const BEGINNINGS: [&[u8]; 15] = [
    b"Memory cgroup out of memory: ",
    b"Out of memory: ",
    b"Out of memory in UB ",
    b"Killed process ",
    b"oom-kill:constraint=",
    b"Task in /",
    b"Tasks in /",
    b"oom_reaper: reaped process ",
    b"kernel: ",
    b"[",
    b"memory: usage ",
    b"memory+swap: usage ",
    b"swap: usage ",
    b"kmem: usage ",
    b"CPU: ",
];

/// The text after the comm at the start of a report's first line.
const INVOKED: &[u8] = b" invoked oom-killer: gfp_mask=0x";

/// Words in other cells that show that a container wrote the text, or a program with its id.
const DENIALS: [&[u8]; 6] = [b"stdout", b"stderr", b"container", b"pod", b"]: ", b" | "];

/// How many cells are read: few cells of a table line begin like the kernel's text.
const MAX_CELLS: usize = 16;

/// Frames a line of unknown format that contains such a cell.
pub(super) fn frame(text: &[u8]) -> Option<Frame<'_>> {
    if IS_PASTED && let Some(row) = row(text) {
        return of_row(row);
    }
    let end_of = |word: &[u8]| memmem::find(text, word).and_then(|at| at.checked_add(word.len()));
    let denied = DENIALS.iter().filter_map(|word| end_of(word)).min();
    // The text after such a word is not read.
    let denied = denied.unwrap_or(text.len());
    if let Some(at) = end_of(COMBINED) {
        let is_denied = at.saturating_sub(COMBINED.len()) >= denied;
        let text = text.get(at..).filter(|_| !is_denied)?;
        let begins = BEGINNINGS.iter().any(|start| text.starts_with(start));
        return if begins { cell(text, b' ') } else { None };
    }
    let reason = end_of(REASON).unwrap_or(text.len());
    let invoked = memmem::find(text, INVOKED);
    let bytes = text.get(..denied).unwrap_or(text).iter().enumerate();
    bytes
        .filter(|(_, byte)| {
            matches!(byte, b'"' | b'\t' | b' ' | b';' | b',') || IS_PASTED && **byte == b'|'
        })
        .filter_map(|(at, delimiter)| {
            let (before, rest) = text.split_at_checked(at)?;
            let rest = rest.get(1..)?;
            let is_comm = || {
                let comm = text.get(at.checked_add(1)?..invoked?)?;
                let is_one =
                    (1..=MAX_COMM_LEN).contains(&comm.len()) && !before.trim_ascii().is_empty();
                (is_one
                    && !comm.starts_with(b" ")
                    && !comm.iter().any(|byte| b"\"\t;,".contains(byte)))
                .then_some(())
            };
            // A report's first line contains commas itself.
            let begins = BEGINNINGS.iter().any(|start| rest.starts_with(start))
                || !matches!(delimiter, b' ' | b',') && is_comm().is_some();
            let is_cell = begins
                && match delimiter {
                    // In prose and in a shell command, a word comes before a quotation.
                    b'"' => {
                        before.ends_with(b"\t")
                            || matches!(
                                before.trim_ascii_end(),
                                [] | [.., b'=' | b',' | b';' | b'|' | b'[' | b':']
                            )
                    }
                    // kubectl's columns are at least two blanks apart, in a document often one.
                    b' ' => at >= reason && (before.ends_with(b" ") || at == reason),
                    // Only the last one: a semicolon may be part of a name.
                    b';' | b',' | b'|' => !rest.contains(delimiter),
                    _ => true,
                };
            is_cell.then_some((rest, *delimiter))
        })
        .take(MAX_CELLS)
        .find_map(|(rest, delimiter)| cell(rest, delimiter))
}

/// The cells of a row of Markdown's: `| 02:12:02 | Memory cgroup out of memory: … |`.
fn row(text: &[u8]) -> Option<&[u8]> {
    text.trim_ascii().strip_prefix(b"| ")?.strip_suffix(b" |")
}

/// The one cell with a line of the kernel's, if no other shows that a program wrote it.
fn of_row(row: &[u8]) -> Option<Frame<'_>> {
    let (mut found, mut others) = (None, 0usize);
    for cell in row.split(|byte| *byte == b'|') {
        let cell = cell.trim_ascii();
        let inner = cell.strip_prefix(b"`").unwrap_or(cell);
        let inner = inner.strip_suffix(b"`").unwrap_or(inner);
        if let Some(frame) = of(inner) {
            others = others.saturating_add(usize::from(found.replace(frame).is_some()));
        } else if DENIALS
            .iter()
            .any(|word| memmem::find(cell, word).is_some())
        {
            return None;
        }
    }
    found.filter(|_| others == 0)
}

/// The text of the cell that begins here, up to the delimiter.
fn cell(text: &[u8], delimiter: u8) -> Option<Frame<'_>> {
    let text = match delimiter {
        b'"' => quoted(text)?,
        b'\t' => Cow::Borrowed(text.split(|byte| *byte == b'\t').next()?),
        _ => Cow::Borrowed(text),
    };
    match text {
        Cow::Borrowed(text) => of(text),
        Cow::Owned(text) => of(&text).map(Frame::into_owned),
    }
}

fn of(text: &[u8]) -> Option<Frame<'_>> {
    let text = text.trim_ascii_end();
    let text = text.strip_prefix(b"kernel: ").unwrap_or(text);
    let frame = match text.first()? {
        b'[' => dmesg::bracketed(text).filter(|frame| frame.kernel_time_us.is_some())?,
        _ => Frame {
            message: Cow::Borrowed(text),
            ..Frame::default()
        },
    };
    let is_whole = is_whole(&frame.message);
    is_whole.then_some(Frame {
        kind: FrameKind::Record,
        ..frame
    })
}

/// Whether the line contains everything that its kind of line contains, and nothing else.
pub(super) fn is_whole(message: &[u8]) -> bool {
    let line = parse_line(message);
    match line {
        // Old kernels end the one otherwise; tables cut the other at its score.
        Line::Invoked(_) | Line::Selected(_) => line.completeness(message).has_first(),
        Line::Killed(_)
        | Line::Summary(_)
        | Line::TaskIn(_)
        | Line::Reaped(_)
        | Line::Counter(_)
        | Line::Group(_)
        | Line::Exiting(_)
        | Line::TaskInfo(_) => line.completeness(message).is_whole(),
        _ => false,
    }
}

/// The text up to the closing quote: JSON's `\"` and CSV's `""` are quotes within it.
fn quoted(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let end = text.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    let (plain, rest) = text.split_at_checked(end)?;
    if matches!(
        rest,
        [b'"'] | [b'"', b',' | b']' | b'}' | b' ' | b'\t' | b';' | b'|', ..]
    ) {
        return Some(Cow::Borrowed(plain));
    }
    let mut out = plain.to_vec();
    unescape(rest, &mut out).then_some(Cow::Owned(out))
}

/// Returns whether the quote was closed.
fn unescape(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return false,
            [b'"', b'"', tail @ ..] | [b'\\', b'"', tail @ ..] => {
                out.push(b'"');
                tail
            }
            [b'"', ..] => return true,
            [b'\\', b'\\', tail @ ..] => {
                out.push(b'\\');
                tail
            }
            [b'\\', ..] => return false,
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    const KILLED: &str = "Memory cgroup out of memory: Killed process 11 (php) total-vm:512kB, anon-rss:203kB, file-rss:100kB, shmem-rss:0kB, UID:0 pgtables:288kB oom_score_adj:999";

    fn message(line: &str) -> Option<std::string::String> {
        let frame = frame(line.as_bytes())?;
        assert_eq!(frame.kind, FrameKind::Record, "{line}");
        Some(std::string::String::from_utf8(frame.message.into_owned()).unwrap())
    }

    #[test]
    fn cells_of_every_table() {
        for (before, after) in [
            ("  Warning  OOMKilling  2m  kernel-monitor, n1  ", ""),
            ("2m          Warning   OOMKilling   node/n1      ", ""),
            ("2023-06-13,n1,\"", "\",warning"),
            ("\"2023-06-13\";\"", "\";\"n1\""),
            ("n1\t", "\tkernel"),
            ("n1\t[    5.200000] ", "\tkernel"),
            ("n1\tkernel: [    5.200000] ", ""),
            ("time=14:35 level=warn msg=\"", "\" node=n1"),
            ("2023-06-13;n1;", ""),
            ("\"2023-06-13\"\t\"n1\"\t\"", "\""),
            ("[\"", "\",\"x\"]"),
            ("[\"x\",\"", "\"]"),
            ("x Message:(combined from similar events): ", ""),
        ] {
            let line = format!("{before}{KILLED}{after}");
            assert_eq!(message(&line).as_deref(), Some(KILLED), "{line}");
        }
        let others = [
            "php invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=992",
            "memory: usage 51200kB, limit 51200kB, failcnt 125",
            "memory+swap: usage 51200kB, limit 51200kB, failcnt 125",
        ];
        for text in others {
            for (before, after) in [("n1,\"", "\",x"), ("n1\t", "\tx"), ("msg=\"", "\"")] {
                let line = format!("{before}{text}{after}");
                assert_eq!(message(&line).as_deref(), Some(text), "{line}");
            }
        }
        let selected =
            "Memory cgroup out of memory: Kill process 10 (sh) score 3 or sacrifice child";
        assert_eq!(
            message(&format!("2023-06-13,n1,{selected}")).as_deref(),
            Some(selected)
        );
        assert_eq!(message(&format!("2023-06-13,n1,{selected},x")), None);
        assert_eq!(message(&format!("he said, {selected}")), None);
        let comm = KILLED.replace("php", "a\"b");
        for escape in ["\\\"", "\"\""] {
            let line = format!("n1,\"{}\",x", comm.replace('"', escape));
            assert_eq!(message(&line).as_deref(), Some(comm.as_str()), "{line}");
        }
    }

    #[cfg(feature = "carriers")]
    #[test]
    fn tables_with_bars() {
        for (before, after) in [
            ("| 02:12:02 | ", " |"),
            ("| n1 | `", "` | warning |"),
            ("  | ", " | "),
            ("node n1|", ""),
        ] {
            let line = format!("{before}{KILLED}{after}");
            assert_eq!(message(&line).as_deref(), Some(KILLED), "{line}");
        }
        for (before, after) in [
            ("| pod/web-0 | ", " |"),
            ("| 02:12:02 | ", " | stdout |"),
            ("| seen: ", " |"),
            ("node n1|", "|x"),
        ] {
            let line = format!("{before}{KILLED}{after}");
            assert_eq!(message(&line), None, "{line}");
        }
        // Which of the two it was nobody can say.
        assert_eq!(message(&format!("| {KILLED} | {KILLED} |")), None);
        assert_eq!(message(&format!("| {KILLED} | x | {KILLED} |")), None);
    }

    #[test]
    fn other_cells_deny_it() {
        for (before, after) in [
            ("app[7]: 10:00:00  ", ""),
            ("web-1  | x  ", ""),
            ("time=14:35 stream=stdout msg=\"", "\""),
            ("container=x msg=\"", "\""),
            ("pod/web-0\tx\t", ""),
            ("he said ", ""),
            ("he said  ", ""),
            ("echo \"", "\" > /dev/kmsg"),
            ("he said \"", ""),
            ("he said \"", " is bad\""),
            ("2023-06-13;n1;", ";x"),
            ("app[7]: x;", ""),
        ] {
            let line = format!("{before}{KILLED}{after}");
            assert_eq!(message(&line), None, "{line}");
        }
        assert_eq!(message("x \"Killed process 1234\" is an example"), None);
        assert_eq!(message("x  Killed process 1234 (a) is an example"), None);
    }
}
