//! A remembered prefix is used, and says what the whole line says.

use super::*;
use crate::frame::Framer;
use std::format;
use std::string::String;

const SYSLOG: &[&str] = &["Jan  5 00:01:21 n1 kernel: [198624.361628] anon 1"];
const LEVEL: &[&str] = &["<6>[   12.345678] anon 1"];
const HUMBLE: &[&str] = &["[   12.345678] x"];
/// The killer's own line shows that no host follows the stamp.
const DMESG: &[&str] = &["[   12.345678] Out of memory: Killed process 7 (java) total-vm:8kB"];

fn after(lines: &[&str]) -> Framer {
    let mut framer = Framer::new();
    for line in lines {
        framer.frame(line.as_bytes()).unwrap();
    }
    framer
}

/// How much of a line was read by comparing it.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    /// Nothing.
    InFull,
    /// Its prefix.
    Compared,
    /// The clock and the message are all that is new.
    Plain,
}
use Read::{Compared, InFull, Plain};

const AFTER_ANOTHER: &[(&[&str], &str, Read)] = &[
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.361631] file 0",
        Plain,
    ),
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.361631] a: b=c",
        Plain,
    ),
    (SYSLOG, "Jan  5 00:01:21 n1 kernel: [198624.361631] ", Plain),
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.361631] [x] y",
        Plain,
    ),
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.361631] [  184]     0   184    35965 a",
        Plain,
    ),
    // Who printed it.
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.361631] [ T12] x",
        Compared,
    ),
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.361631][ T12] x",
        InFull,
    ),
    // What was escaped, and coloured.
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.361631] a#012b",
        Compared,
    ),
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.361631] \x1b[33mx\x1b[0m",
        Compared,
    ),
    // A program's identifier.
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.361631] app[7]: x",
        InFull,
    ),
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198625.361631] x",
        InFull,
    ),
    (
        SYSLOG,
        "Jan  5 00:01:21 n2 kernel: [198624.361631] x",
        InFull,
    ),
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.3616310] x",
        InFull,
    ),
    (
        SYSLOG,
        "Jan  5 00:01:21 n1 kernel: [198624.36163] x",
        InFull,
    ),
    (SYSLOG, "Jan  5 00:01:21 n1 kernel: [198624.", InFull),
    (SYSLOG, "x", InFull),
    (SYSLOG, "", InFull),
    (LEVEL, "<6>[   12.345680] x", Plain),
    (LEVEL, "<6>[   12.345680] n1 kernel: x", Plain),
    (LEVEL, r"<6>[   12.345680] a\xffb", Compared),
    (LEVEL, "<4>[   12.345680] x", InFull),
    (DMESG, "[   12.345680] x", Plain),
    (DMESG, "[   12.345680] a#012b", Plain),
    (DMESG, r"[   12.345680] a\xffb", Compared),
    (DMESG, "[   12.345680] app[7]: x", Plain),
    (
        DMESG,
        "[   12.345680] n1 kernel: Out of memory: Killed process 7 (java)",
        InFull,
    ),
    (DMESG, "[   13.345680] x", InFull),
    // A host may follow.
    (HUMBLE, "[   12.345680] x", InFull),
    (
        &["[   12.345678] n1 kernel: Out of memory: Killed process 7 (java) total-vm:8kB"],
        "[   12.345680] x y",
        InFull,
    ),
    // The first bytes do not decide what these are.
    (&["> <6>[   12.345678] x"], "> <6>[   12.345680] x", InFull),
    (
        &["Jan  5 00:01:21 n1 [198624.361628] x"],
        "Jan  5 00:01:21 n1 [198624.361631] x",
        InFull,
    ),
    (
        &["Jan  5 00:01:21 n1 app[7]: [198624.361628] x"],
        "Jan  5 00:01:21 n1 app[7]: [198624.361631] x",
        InFull,
    ),
    (
        &["Jan  5 00:01:21 n1 kernel:[198624.361628] x"],
        "Jan  5 00:01:21 n1 kernel:[198624.361631] x",
        InFull,
    ),
    (
        &["<13>Jan  5 00:01:21 n1 kernel: [198624.361628] x"],
        "<13>Jan  5 00:01:21 n1 kernel: [198624.361631] x",
        InFull,
    ),
    // A mail's or a page's codes.
    (
        &["Jan  5 00:01:21 n=3D1 kernel: [198624.361628] x"],
        "Jan  5 00:01:21 n=3D1 kernel: [198624.361631] x",
        InFull,
    ),
    (
        &["<6>[   12.345678][ T12] x"],
        "<6>[   12.345680][ T12] x",
        InFull,
    ),
    (&["<6>[   12.3456] x"], "<6>[   12.3457] x", InFull),
];

#[test]
fn a_line_after_another_reads_as_by_itself() {
    for &(above, line, ref read) in AFTER_ANOTHER {
        let mut framer = after(above);
        let fresh = || {
            let mut framer = framer.clone();
            framer.forget_prefix();
            framer
        };
        let expected = fresh().frame(line.as_bytes());
        let text = format!("{line}\nrest");
        let (cut, rest) = framer.first_line(text.as_bytes()).unwrap();
        assert_eq!((cut.line, rest), (line.as_bytes(), &b"rest"[..]));
        for cut in [cut, framer.look(line.as_bytes())] {
            let next = framer.next_of(cut);
            let found = match (next, framer.prefix_frame(cut)) {
                (Some((micros, message)), Some(frame)) => {
                    assert_eq!(frame.kernel_time_us, Some(micros), "{line}");
                    assert_eq!(&*frame.message, message, "{line}");
                    Plain
                }
                (None, Some(_)) => Compared,
                (None, None) => InFull,
                (Some(_), None) => panic!("{line}"),
            };
            assert_eq!(&found, read, "{above:?} {line}");
            if found != InFull {
                assert_eq!(framer.prefix_frame(cut), expected, "{line}");
            }
            assert_eq!(fresh().next_of(cut), None, "{line}");
        }
        assert_eq!(framer.frame_of(cut), expected, "{line}");
        framer = after(above);
        assert_eq!(framer.frame(line.as_bytes()), expected, "{line}");
    }
}

#[test]
fn ends_of_lines_after_a_remembered_prefix() {
    let framer = after(SYSLOG);
    let head = "Jan  5 00:01:21 n1 kernel: [198624.361631] ";
    for (message, end, is_bare) in [
        ("file 0", "\n", true),
        ("file 0", "\r\n", true),
        ("a: b", "\n", false),
        ("a=3D", "\r\n", false),
        ("a &lt; b", "\n", false),
        ("a\u{a0}b", "\n", false),
        (&"x".repeat(COMMON_LEN + 1), "\n", false),
    ] {
        let text = format!("{head}{message}{end}rest");
        let (cut, rest) = framer.first_line(text.as_bytes()).unwrap();
        assert_eq!(cut.line, format!("{head}{message}").as_bytes());
        assert_eq!(rest, b"rest");
        assert_eq!((cut.is_alike, cut.is_plain), (true, true), "{message}");
        assert_eq!(cut.may_hold_signs, !is_bare, "{message}");
        assert_eq!(framer.next_of(cut).unwrap().1, message.as_bytes());
    }
    // A second carriage return is the carrier's, too.
    let text = format!("{head}x\r\r\n");
    let (cut, _) = framer.first_line(text.as_bytes()).unwrap();
    assert_eq!(framer.next_of(cut), None);
    let line: String = format!("{head}x\r");
    assert_eq!(framer.next_of(framer.look(line.as_bytes())), None);
    assert!(framer.first_line(b"no end").is_none());
    let (cut, _) = framer.first_line(b"Jan  5 00:01:21\n").unwrap();
    assert_eq!(cut.line, b"Jan  5 00:01:21");
}

#[test]
fn what_a_long_prefix_holds_is_not_remembered() {
    for (len, remembered) in [(90, true), (120, false)] {
        let head = format!("Jan  5 00:01:21 {} kernel: [198624.", "n".repeat(len));
        let first = format!("{head}361628] x");
        let framer = after(&[&first]);
        let next = format!("{head}361631] x");
        let cut = framer.look(next.as_bytes());
        assert_eq!(framer.next_of(cut).is_some(), remembered, "{len}");
    }
}

#[test]
fn where_a_part_is() {
    let text = b"one two";
    assert_eq!(place_of(&text[4..], text), Some((4, 7)));
    assert_eq!(place_of(&text[..3], text), Some((0, 3)));
    assert_eq!(place_of(b"two", &text[4..5]), None);
    for (head, before) in [
        ("n1 kernel: [   12.", Some("n1 kernel: ")),
        ("[12.", Some("")),
        ("[   12", None),
        ("[.", None),
        ("[   .", None),
        ("[  1x.", None),
        ("12.", None),
    ] {
        assert_eq!(
            before_stamp(head.as_bytes()),
            before.map(str::as_bytes),
            "{head}"
        );
    }
    for (decimals, micros) in [
        (b"345678] ", Some(345_678)),
        (b"000001] ", Some(1)),
        (b"345678]x", None),
        (b"345678: ", None),
        (b"34567x] ", None),
    ] {
        assert_eq!(micros_of(decimals), micros);
    }
}
