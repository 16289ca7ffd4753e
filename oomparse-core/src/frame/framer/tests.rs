//! What the lines above say about a line.

use super::*;
use crate::source::Origin;
use std::format;

/// The kind and the author of the last line, after the lines before it.
fn last(lines: &[&str]) -> (FrameKind, Origin) {
    let mut framer = Framer::new();
    let mut found = None;
    for line in lines {
        let frame = framer.frame(line.as_bytes()).unwrap();
        found = Some((frame.kind, frame.origin()));
    }
    found.unwrap()
}

const KERNELS: &str = "Jan  5 02:12:02 n1 kernel: x";
const PROGRAMS: &str = "Jan  5 02:12:02 n1 app[7]: x";
const KILLED: &str = "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB";

#[test]
fn what_continues_a_programs_line_is_the_programs() {
    use FrameKind::{Bare, Dmesg, Indented};
    use Origin::{Kernel, Unknown, UserSpace};
    let quoted = format!("> {KILLED}");
    for (above, line, expected) in [
        (&[PROGRAMS][..], "anon-rss: 4kB", (Bare, UserSpace)),
        (&[PROGRAMS], "  x", (Indented, UserSpace)),
        (&[PROGRAMS], " x", (Indented, UserSpace)),
        (&[PROGRAMS], "\tx", (Indented, UserSpace)),
        (&[PROGRAMS, "  y"], "  x", (Indented, UserSpace)),
        // A line of the killer's that nobody framed, as it may stand between two programs' lines.
        (&[PROGRAMS], KILLED, (Bare, Unknown)),
        (&[PROGRAMS], "> x", (Bare, Unknown)),
        (&[PROGRAMS], &quoted, (Bare, Unknown)),
        (&[KERNELS], "anon-rss: 4kB", (Bare, Unknown)),
        (&[KERNELS], "  x", (Indented, Kernel)),
        (&[KERNELS], " x", (Bare, Unknown)),
        // An empty line ends a text, unless the next is indented like one of many lines.
        (&[PROGRAMS, ""], "  x", (Indented, UserSpace)),
        (&[PROGRAMS, ""], "    [   12.345678] x", (Dmesg, Unknown)),
        (
            &[PROGRAMS, ""],
            "              [   12.345678] x",
            (Indented, UserSpace),
        ),
        (
            &[PROGRAMS, "", PROGRAMS],
            "    [   12.345678] x",
            (Indented, UserSpace),
        ),
        // Below a line that is itself indented, deeper.
        (
            &["  [   12.345678] n1 app[7]: x"],
            "  [   12.345678] x",
            (Dmesg, Unknown),
        ),
        (
            &["  [   12.345678] n1 app[7]: x"],
            "   [   12.345678] x",
            (Indented, UserSpace),
        ),
        // A record is a text of its own.
        (&[r#"{"log":"x","stream":"stdout"}"#], "x", (Bare, Unknown)),
        (
            &[r#"{"log":"x","stream":"stdout"}"#],
            "  x",
            (Bare, Unknown),
        ),
        // There may be a program's name in it.
        (
            &["Jan  5 02:12:02 n1 kernel: java[4021]: segfault at 0"],
            "  x",
            (Indented, UserSpace),
        ),
        (
            &["Jan  5 02:12:02 n1 [  12.345678] x"],
            "  x",
            (Indented, Unknown),
        ),
    ] {
        let lines = [above, &[line]].concat();
        assert_eq!(last(&lines), expected, "{lines:?}");
    }
}

#[test]
fn a_stamp_below_a_line_without_one_begins_a_line() {
    use FrameKind::{Dmesg, Indented};
    use Origin::{Kernel, Unknown};
    let stamped = "[   12.345678] x";
    let far = format!("               {stamped}");
    for (above, line, expected) in [
        // As wide as the stamp above.
        (&[stamped][..], &*far, (Indented, Unknown)),
        (&[stamped, "text"], &far, (Dmesg, Unknown)),
        (&[stamped], "    [   12.345678] x", (Dmesg, Unknown)),
        // Nothing shows how wide its prefix would be.
        (
            &["<4>1 - n1 kernel - - - x"],
            "    [   12.345678] x",
            (Dmesg, Unknown),
        ),
        (&["<4>1 - n1 kernel - - - x"], "    x", (Indented, Kernel)),
    ] {
        let lines = [above, &[line]].concat();
        assert_eq!(last(&lines), expected, "{lines:?}");
    }
}

#[test]
fn a_line_without_text_is_itself() {
    for line in ["", "  ", "\t "] {
        let mut framer = Framer::new();
        let frame = framer.frame(line.as_bytes()).unwrap();
        assert_eq!(
            (frame.kind, &*frame.message),
            (FrameKind::Bare, line.as_bytes())
        );
    }
}

#[cfg(feature = "daemons")]
#[test]
fn lines_that_certainly_continue_a_programs() {
    for (above, line, continues) in [
        (PROGRAMS, "    x", true),
        (PROGRAMS, "x", false),
        (PROGRAMS, "", false),
        (KERNELS, "    x", false),
        ("x", "    x", false),
    ] {
        let mut framer = Framer::new();
        framer.frame(above.as_bytes()).unwrap();
        let found = framer.continues_program(line.as_bytes());
        assert_eq!(found, continues, "{above} / {line}");
    }
}

#[test]
fn bytes_that_were_dropped_count_within_an_entry() {
    let mut framer = Framer::new();
    assert!(framer.frame(b"__CURSOR=s=1").is_none());
    // A carriage return is a byte of the value.
    let (cut, tail) = framer.first_line(b"MESSAGE\r\nx").unwrap();
    assert_eq!((cut.line, tail), (&b"MESSAGE\r"[..], &b"x"[..]));
    assert!(framer.frame(b"MESSAGE").is_none());
    framer.drop_bytes(5);
    assert!(
        framer
            .frame(b"\x14\0\0\0\0\0\0\0fifteen bytes ..")
            .is_none()
    );
    assert!(framer.frame(b"_TRANSPORT=kernel").is_none());
    assert!(framer.wants_every_line());
    // What is not complete is not a message.
    assert_eq!(framer.frame(b""), None);
    assert!(!framer.wants_every_line());
}

/// The line above, the line, its host, its message, and whether a program wrote it.
type AfterAStamp<'l> = (Option<&'l str>, &'l str, Option<&'l str>, &'l str, bool);

const AFTER_A_STAMP: &[AfterAStamp<'_>] = &[
    (
        None,
        "[   12.345678] n1 kernel: KILLED",
        Some("n1"),
        "KILLED",
        false,
    ),
    (None, "[   12.345678] kernel: KILLED", None, "KILLED", false),
    (None, "[   12.345678] kernel: x", None, "kernel: x", false),
    (None, "[   12.345678] n1 app[7]: x", Some("n1"), "x", true),
    (
        None,
        "[   12.345678] n1 my app[7]: x",
        Some("n1"),
        "x",
        true,
    ),
    (
        None,
        "[   12.345678] n1 kernel: KILLED[7]: x",
        Some("n1"),
        "KILLED[7]: x",
        true,
    ),
    // Where its own level or clock shows dmesg.
    (
        None,
        "<6>[   12.345678] n1 kernel: KILLED",
        None,
        "n1 kernel: KILLED",
        false,
    ),
    (
        None,
        "[Wed Feb 19 06:41:03 2025] n1 kernel: KILLED",
        None,
        "n1 kernel: KILLED",
        false,
    ),
    // The name of a cgroup.
    (
        None,
        "[   12.345678] Task in /a b[7]: x killed as a result of limit of /",
        None,
        "Task in /a b[7]: x killed as a result of limit of /",
        false,
    ),
    // After a line of dmesg's only the killer's own line has a host.
    (
        Some("[   12.345677] KILLED"),
        "[   12.345678] n1 kernel: KILLED",
        Some("n1"),
        "KILLED",
        false,
    ),
    (
        Some("[   12.345677] KILLED"),
        "[   12.345678] n1 kernel: x",
        None,
        "n1 kernel: x",
        false,
    ),
    (
        Some("[   12.345677] KILLED"),
        "[   12.345678] n1 app[7]: x",
        None,
        "n1 app[7]: x",
        false,
    ),
    (
        Some("[   12.345677] n1 my app[7]: x"),
        "[   12.345678] KILLED",
        None,
        "KILLED",
        false,
    ),
];

#[test]
fn hosts_after_a_stamp() {
    let whole = "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";
    for &(above, line, host, message, is_program) in AFTER_A_STAMP {
        let mut framer = Framer::new();
        if let Some(above) = above {
            framer
                .frame(above.replace("KILLED", whole).as_bytes())
                .unwrap();
        }
        let line = line.replace("KILLED", whole);
        let frame = framer.frame(line.as_bytes()).unwrap();
        let found = frame.host.as_deref();
        assert_eq!(found, host.map(str::as_bytes), "{line}");
        assert_eq!(
            &*frame.message,
            message.replace("KILLED", whole).as_bytes(),
            "{line}"
        );
        assert_eq!(frame.origin() == Origin::UserSpace, is_program, "{line}");
    }
}

#[test]
fn a_line_of_another_log_within_an_entry() {
    let mut framer = Framer::new();
    assert!(framer.frame(b"__CURSOR=s=1").is_none());
    let frame = framer.frame(KERNELS.as_bytes()).unwrap();
    assert_eq!(
        (&*frame.message, frame.origin()),
        (&b"x"[..], Origin::Kernel)
    );
    assert!(framer.wants_every_line());
    assert_eq!(framer.frame(b"MESSAGE=x"), None);
    assert_eq!(framer.frame(b""), None);
    assert!(!framer.wants_every_line());
}

#[test]
fn records_over_several_lines_end_with_the_log() {
    let mut framer = Framer::new();
    framer.show_above(b"message: >-");
    let text = format!("  {KILLED}");
    assert!(framer.end_before(text.as_bytes()).is_none());
    assert!(framer.frame(text.as_bytes()).is_none());
    assert!(framer.end_before(b"source: x").is_none());
    assert!(framer.frame(b"source: x").is_none());
    let frame = framer.end_before(b"text").unwrap();
    assert_eq!(&*frame.message, KILLED.as_bytes());
    assert!(!framer.wants_every_line());
    let line = format!("\"log\": \"{KILLED}\",");
    assert!(framer.frame(line.as_bytes()).is_none());
    let frame = framer.finish().unwrap();
    assert_eq!(&*frame.message, KILLED.as_bytes());
    // Below a program's line its text goes on.
    let mut framer = Framer::new();
    framer.frame(PROGRAMS.as_bytes()).unwrap();
    framer.show_above(b"  message: >-");
    assert!(!framer.wants_every_line());
}

/// `journalctl -o short-monotonic` has a host in every line, also where the text alone would not show it.
#[test]
fn a_host_in_one_line_is_one_in_the_next() {
    let mut framer = Framer::new();
    let mut host_of = |line: &str| {
        let frame = framer.frame(line.as_bytes()).unwrap();
        frame
            .host
            .map(|host| std::string::String::from_utf8(host.into_owned()).unwrap())
    };
    for (line, host) in [
        ("[   12.345678] n1 kernel: x", Some("n1")),
        (&*format!("[   12.345679] {KILLED}"), None),
        ("[   12.345680] n1 kernel: eth0: link is up", Some("n1")),
    ] {
        assert_eq!(host_of(line).as_deref(), host, "{line}");
    }
}
