//! What people and tools put before a log line: quotes, comments, line numbers, file names.
//!
//! ```text
//! > [   52.836625] Killed process 1221 (allocate) …                       a quoted mail
//! # [21013.577527] Task in /kubepods/…                                    a comment
//!     // oom-kill:constraint=CONSTRAINT_MEMCG,…                           another, indented
//! 166255 Apr 18 00:37:34   kernel: [14049899.298773] Task in …            an editor's line number
//! /var/log/messages-20230105:Jan  5 02:12:02 host kernel: …               grep
//! messages-20230105-Jan  5 02:12:02 host kernel: …                        grep -A, a line of context
//! 10.1.1.2: kern: warning: [2022-01-25T10:35:59.109647566Z]: …            talosctl's node
//!   | Jun 25, 2021 @ 12:42:11.916 | kernel | [115559.166744] Memory …     a row copied from Kibana
//! ESC[32m[   12.345678] ESC[0mESC[33msub: ESC[0mtext                      dmesg --color=always
//! #033[32m[   12.345678] #033[0m#033[33msub: #033[0mtext                  the same, written out
//! <p>Jan  5 02:12:02 host kernel: …</p>                                   a web page
//! host kernel: Killed process 4021 (mysqld)                               the date was cut off
//! vcpu-5 - Guest: <6>[   12.345678] text                                  a serial console
//! ```
//!
//! Marks that only a person writes are removed from any text. Names and numbers are removed only if a known
//! format follows. As a last resort, a printk stamp within the line begins the message. A line in a known format
//! never gets here, so text of a program stays a program's text.

use super::identifier::{self, Identifier};
use super::scan::{number, skip_blanks, skip_one_blank, without_colours, without_written_colours};
use super::{
    Author, Frame, FrameKind, cell, known_format, localized, markup, program, stamp, syslog,
};
use crate::bytes::memmem;
use crate::line::common::find_after_comm;
use crate::line::{Line, parse_line};
use crate::source::is_containers_log;
use alloc::borrow::Cow;
use memchr::{memchr, memchr2};

/// How many marks and labels before one line are removed.
const MAX_STEPS: usize = 24;

/// How many names and numbers may precede one line: `file:12:` and one more.
const MAX_LABELS: usize = 3;

/// How many hyphens in a file's name are tried for a stamp after them.
const MAX_FILE_NAME_MARKS: usize = 16;

/// Longest name before a line, in bytes: a path.
const MAX_LABEL_LEN: usize = 256;

/// Frames a line whose first bytes match no known format.
///
/// Within a record, a program may have put such a prefix before any text: there it proves nothing.
pub(super) fn unwrap(line: &[u8], nested: u8) -> Frame<'_> {
    let mut frame = unwrapped(line, nested);
    if nested > 0 {
        frame.author = frame.author.doubted();
    }
    frame
}

fn unwrapped(line: &[u8], nested: u8) -> Frame<'_> {
    if memchr(0x1b, line).is_some()
        && let Cow::Owned(plain) = without_colours(line)
        && let Some(frame) = known_format(&plain, nested)
    {
        return frame.into_owned();
    }
    if let Some(plain) = without_written_colours(line) {
        let frame = known_format(&plain, nested).unwrap_or_else(|| bare(&plain, &plain));
        return frame.into_owned();
    }
    let text = after_marks(line);
    // A record nested too deep in others: its keys are not part of a message.
    if text.starts_with(b"{") && nested > 0 {
        return Frame::default();
    }
    if text.len() < line.len()
        && let Some(frame) = known_format(text, nested)
    {
        return without_end_marks(without_quote(frame, line, text));
    }
    if holds_path(text) || program::is_klogs(text) {
        return bare(line, text);
    }
    if program::is_programs(text) {
        return bare(line, text).by(Author::PROGRAM);
    }
    let (in_front, after) = at_object(text);
    if is_containers_log(in_front) {
        return Frame::default().by(Author::PROGRAM);
    }
    if in_front.is_empty() && !after.is_empty() {
        // A record without a known text key.
        return syslog::stamp_in_record(text).unwrap_or_else(|| bare(line, text));
    }
    listed(text, nested)
        .or_else(|| localized::frame(text))
        .or_else(|| after_labels(text, nested))
        .or_else(|| embedded(text, nested))
        .or_else(|| after_kernel_tag(text))
        .or_else(|| cell::frame(line))
        .or_else(|| after_prose(text, nested))
        .or_else(|| syslog::stamp_within(text))
        .map_or_else(
            || bare(line, markup::after_grep(text).unwrap_or(text)),
            without_end_marks,
        )
}

/// Whether a line is the kernel's as it is and contains a cgroup's name, or is a piece of such a line: an
/// apparent prefix in it may be part of that name.
fn holds_path(text: &[u8]) -> bool {
    let is_piece = || memchr2(b':', b' ', text).is_none_or(|at| text.get(at) == Some(&b' '));
    match parse_line(text) {
        Line::TaskIn(_)
        | Line::LimitReached(_)
        | Line::StatsHeading(_)
        | Line::Summary(_)
        | Line::Group(_)
        | Line::Malformed => true,
        _ if find_after_comm(text, b" cpuset=").is_some() => memchr(b'[', text).is_some(),
        _ => text.starts_with(b"Tasks in /") || text.starts_with(b"/") && is_piece(),
    }
}

/// A line after a person's words; no shipper's record holds one.
#[cfg(feature = "carriers")]
fn after_prose(text: &[u8], nested: u8) -> Option<Frame<'_>> {
    super::prose::frame(text, nested)
}

#[cfg(not(feature = "carriers"))]
fn after_prose(_text: &[u8], _nested: u8) -> Option<Frame<'_>> {
    None
}

/// A list of records or texts.
#[cfg(all(feature = "carriers", feature = "serde"))]
fn listed(line: &[u8], nested: u8) -> Option<Frame<'_>> {
    let is_list = nested == 0 && matches!(line, [b'[', b'{' | b'"' | b'[', ..]);
    is_list.then(|| super::array::frame(line)).flatten()
}

#[cfg(not(all(feature = "carriers", feature = "serde")))]
fn listed(_: &[u8], _: u8) -> Option<Frame<'_>> {
    None
}

fn bare<'a>(line: &'a [u8], text: &'a [u8]) -> Frame<'a> {
    let message = if text.len() < line.len() {
        without_string_end(line, without_back_ticks(text))
    } else {
        text
    };
    Frame {
        message: Cow::Borrowed(message),
        ..Frame::default()
    }
}

/// A Killed line that ends in its name, without the end of the string that it was in.
fn without_string_end<'a>(line: &[u8], text: &'a [u8]) -> &'a [u8] {
    let quote = line.trim_ascii_start().first().copied();
    let is_cut = || matches!(parse_line(text), Line::Killed(line) if line.comm.is_none());
    match quote {
        Some(quote @ (b'"' | b'\'')) if is_cut() => markup::before_quote(text, quote),
        _ => text,
    }
}

/// The text after the marks of quoting, comments, lists, tables and code.
fn after_marks(line: &[u8]) -> &[u8] {
    let mut text = line;
    for _ in 0..MAX_STEPS {
        text = match text {
            [b' ' | b'\t', ..] => skip_blanks(text),
            [b'>' | b'|' | b'`', tail @ ..] => tail,
            [b'/', b'/', tail @ ..] => tail,
            [b'*' | b'-' | b'+', b' ', tail @ ..] => tail,
            // Emphasis in a wiki or a mail; an added line of a patch.
            [b'*' | b'+', b'A'..=b'Z' | b'0'..=b'9' | b'[', ..] | [b'_', b'[', ..] => {
                text.get(1..).unwrap_or_default()
            }
            [b'#', b' ' | b'\t', tail @ ..] => tail,
            [b'#', b'#', ..] => text.get(1..).unwrap_or_default(),
            [b'"' | b'\'', tail @ ..] => tail,
            // A byte order mark; a non-breaking space.
            [0xef, 0xbb, 0xbf, tail @ ..] | [0xc2, 0xa0, tail @ ..] => tail,
            _ => match markup::after_one(text) {
                Some(tail) => tail,
                None => return text,
            },
        };
    }
    text
}

/// The text after the marks of a quotation or a comment, with its own indentation.
pub(super) fn after_quotes(line: &[u8]) -> &[u8] {
    let mut text = line;
    for _ in 0..MAX_STEPS {
        text = match text {
            [b'>' | b'#', b' ', tail @ ..] | [b'>', tail @ ..] => tail,
            [b'/', b'/', b' ', tail @ ..] => tail,
            _ => return text,
        };
    }
    text
}

/// Whether a text begins like a JSON object, or like one of another language: `{"key"`, `{'key'`.
pub(super) fn looks_like_one(text: &[u8]) -> bool {
    let inner = text.strip_prefix(b"{").map(skip_blanks);
    matches!(inner, Some([b'"' | b'\'', ..] | [b'\\', b'"', ..]))
}

/// The text before the first object in it, and the rest.
pub(super) fn at_object(text: &[u8]) -> (&[u8], &[u8]) {
    let mut braces = memchr::memchr_iter(b'{', text);
    let at = braces.find(|at| text.get(*at..).is_some_and(looks_like_one));
    text.split_at_checked(at.unwrap_or(text.len()))
        .unwrap_or((text, &[]))
}

/// A record within a line: its contents are its own, including its author.
///
/// Whoever put the text before the record may also have written the record.
pub(super) fn embedded(text: &[u8], nested: u8) -> Option<Frame<'_>> {
    let (_, record) = at_object(text);
    // A cgroup's name may look like a record. A comm comes first, where the record may begin.
    let is_name = || {
        !matches!(
            parse_line(text),
            Line::Other | Line::Malformed | Line::Invoked(_) | Line::Cpuset(_)
        )
    };
    if record.is_empty() || is_name() {
        return None;
    }
    let mut frame = known_format(record, nested).unwrap_or_default();
    frame.author = frame.author.doubted();
    Some(frame)
}

/// A known format after names and numbers.
fn after_labels(text: &[u8], nested: u8) -> Option<Frame<'_>> {
    let line = text;
    let (_, record) = at_object(line);
    let mut text = text;
    for _ in 0..MAX_LABELS {
        let rest = after_label(text).filter(|rest| rest.len() >= record.len());
        let Some(rest) = rest else {
            break;
        };
        text = after_marks(rest);
        if let Some(frame) = clear(text, nested) {
            return Some(without_quote(frame, rest, text));
        }
    }
    after_file_name(line, nested)
}

/// A known format that shows more than the message: after a word, `<6>` alone or a brace is not enough.
fn clear(text: &[u8], nested: u8) -> Option<Frame<'_>> {
    known_format(text, nested).filter(|frame| {
        frame.kernel_time_us.is_some() || frame.wall.is_some() || frame.author.is_known()
    })
}

/// A known format after `messages-20230105-` or `kern.log-123-`, as grep prints lines of context.
fn after_file_name(text: &[u8], nested: u8) -> Option<Frame<'_>> {
    let (name, _) = at_object(text.get(..MAX_LABEL_LEN).unwrap_or(text));
    let name = name.split(|byte| *byte == b' ').next()?;
    // A stamp may begin with a bracket and a blank.
    let places = memchr::memchr_iter(b'-', name).take(MAX_FILE_NAME_MARKS);
    places
        .filter_map(|at| text.get(at.checked_add(1)?..))
        .find_map(|rest| clear(rest, nested))
}

/// `kernel: text`, `host kernel: text` or `<kern.warning> kernel:text`: the rest of a syslog line whose date was
/// cut off. Without the date, anybody may have written it.
pub(super) fn after_kernel_tag(text: &[u8]) -> Option<Frame<'_>> {
    fn after(text: &[u8]) -> Option<&[u8]> {
        text.strip_prefix(b"kernel:").map(skip_one_blank)
    }
    let message = after(text).or_else(|| {
        let (first, rest) = text.split_at_checked(memchr(b' ', text)?)?;
        let is_host = first.len() <= 255
            && first
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._<>".contains(byte));
        if is_host { after(rest.get(1..)?) } else { None }
    })?;
    let mut frame = syslog::stamped(message).unwrap_or_else(|| Frame {
        message: Cow::Borrowed(message),
        ..Frame::default()
    });
    if identifier::after_kernel_tag(message) == Identifier::Program {
        frame = frame.by(Author::PROGRAM);
    }
    Some(frame)
}

/// The text after `166255 `, `12:`, `12-`, `messages:` or `10.1.1.2: `.
fn after_label(text: &[u8]) -> Option<&[u8]> {
    if let Some((_, [b' ' | b'\t' | b':' | b'|' | b')' | b'-' | b',', tail @ ..])) = number(text) {
        return Some(tail);
    }
    let window = text.get(..MAX_LABEL_LEN).unwrap_or(text);
    let at = memchr2(b':', b' ', window)?;
    text.get(at..)?.strip_prefix(b":")
}

/// Without the quotation mark that closes the one in front of the text, and what stands after that; without the
/// end of an emphasis.
fn without_quote<'a>(frame: Frame<'a>, line: &[u8], text: &[u8]) -> Frame<'a> {
    let before = line
        .get(..line.len().saturating_sub(text.len()))
        .unwrap_or_default();
    match (before.last(), frame.message) {
        (Some(quote @ (b'"' | b'\'')), Cow::Borrowed(message)) => Frame {
            message: Cow::Borrowed(markup::before_quote(message, *quote)),
            ..frame
        },
        (Some(mark @ (b'*' | b'_')), Cow::Borrowed(message)) if !before.ends_with(b"**") => {
            let end = message.trim_ascii_end().strip_suffix(&[*mark]);
            Frame {
                message: Cow::Borrowed(end.unwrap_or(message)),
                ..frame
            }
        }
        (_, message) => Frame { message, ..frame },
    }
}

/// Removes backticks and a table's last bar after the message.
fn without_end_marks(mut frame: Frame<'_>) -> Frame<'_> {
    if let Cow::Borrowed(message) = frame.message {
        frame.message = Cow::Borrowed(without_back_ticks(message));
    }
    frame
}

fn without_back_ticks(message: &[u8]) -> &[u8] {
    let mut message = message.strip_suffix(b" |").unwrap_or(message);
    for _ in 0..MAX_STEPS {
        let Some(shorter) = markup::before_one(message) else {
            break;
        };
        message = shorter;
    }
    let end = message.iter().rposition(|byte| *byte != b'`');
    end.and_then(|at| message.get(..=at)).unwrap_or(message)
}

/// `Jun 25, 2021 @ 12:42:11.916 | kernel | [115559.166744] text`.
pub(super) fn kibana_row(line: &[u8]) -> Option<Frame<'_>> {
    let stamp = stamp::kibana(line)?;
    let mut text = skip_blanks(stamp.rest).strip_prefix(b"|")?;
    let mut author = Author::UNKNOWN;
    for _ in 0..MAX_LABELS {
        text = skip_blanks(text);
        let cell = memmem::find(text, b" | ").and_then(|at| text.split_at_checked(at));
        match cell {
            Some((cell, rest)) if !text.starts_with(b"[") && cell.len() <= MAX_LABEL_LEN => {
                if cell.trim_ascii() == b"kernel" {
                    author = Author::KERNEL;
                }
                text = rest.get(3..)?;
            }
            _ => break,
        }
    }
    let inner = syslog::stamped(text).or_else(|| embedded(text, 1));
    let inner = inner.or_else(|| syslog::stamp_within(text));
    if let Some(inner) = &inner
        && inner.author.is_program()
    {
        author = inner.author;
    }
    let frame = inner.unwrap_or_else(|| Frame {
        message: Cow::Borrowed(text),
        ..Frame::default()
    });
    Some(without_end_marks(Frame {
        kind: FrameKind::Record,
        author,
        wall: stamp.wall,
        ..frame
    }))
}

#[cfg(all(feature = "carriers", feature = "serde"))]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_a_line_and_not_within_a_record() {
        let list = br#"["2023-01-05T02:12:02Z", "[12.5] Killed process 7 (a)"]"#;
        let lists = [&b"["[..], list, b"]"].concat();
        assert!(listed(&lists, 0).is_some());
        assert!(listed(&lists, 1).is_none());
        assert!(listed(b"[12.5] Killed process 7 (a)", 0).is_none());
    }

    const KILLED: &str = "Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";

    #[test]
    fn marks_that_go_and_marks_that_stay() {
        for text in [
            "* x",
            "- x",
            "+ x",
            "# x",
            "#\tx",
            "## x",
            "\u{feff}x",
            "\u{a0}x",
            "// x",
            "> x",
            "|x",
            "`x",
            "\"x",
            "'x",
            "  x",
            "\tx",
            "> > # x",
        ] {
            assert_eq!(after_marks(text.as_bytes()), b"x", "{text}");
        }
        for (text, rest) in [
            ("*Killed", "Killed"),
            ("+[1.0] x", "[1.0] x"),
            ("_[1.0] x", "[1.0] x"),
            ("*x", "*x"),
            ("_x", "_x"),
            ("#x", "#x"),
            ("-x", "-x"),
        ] {
            assert_eq!(after_marks(text.as_bytes()), rest.as_bytes(), "{text}");
        }
        for (text, rest) in [
            ("> x", "x"),
            (">> x", "x"),
            (">  x", " x"),
            ("# x", "x"),
            ("// x", "x"),
            ("#x", "#x"),
            ("//x", "//x"),
            ("x", "x"),
        ] {
            assert_eq!(after_quotes(text.as_bytes()), rest.as_bytes(), "{text}");
        }
    }

    #[test]
    fn ends_that_belong_to_a_mark_in_front() {
        for (line, message) in [
            ("x`", "x`"),
            ("> x`", "x"),
            ("*[   12.345678] x*", "x"),
            ("**[   12.345678] x**", "x"),
            ("\"[   12.345678] x\",", "x"),
            ("\"Killed process 7 (a\",", "Killed process 7 (a"),
            ("\"Killed process 7 (a\"b)", "Killed process 7 (a\"b)"),
        ] {
            let frame = unwrap(line.as_bytes(), 0);
            assert_eq!(&*frame.message, message.as_bytes(), "{line}");
        }
        let words = std::format!("Error message: `{KILLED}`");
        assert_eq!(&*unwrap(words.as_bytes(), 0).message, KILLED.as_bytes());
    }

    #[test]
    fn lines_whose_names_may_look_like_a_prefix() {
        for (text, holds) in [
            ("Task in /a[7]: b killed as a result of limit of /a", true),
            ("Tasks in /a b: [1.0] x", true),
            ("/kubepods/x", true),
            ("/kubepods x: y", true),
            ("/a: b", false),
            ("a[1] cpuset=/x mems_allowed=0", true),
            ("a cpuset=/x mems_allowed=0", false),
            ("x", false),
        ] {
            assert_eq!(holds_path(text.as_bytes()), holds, "{text}");
        }
        let line = b"Task in /app[7]: x killed as a result of limit of /app";
        let frame = unwrap(line, 0);
        assert_eq!(
            (&*frame.message, frame.author.is_known()),
            (&line[..], false)
        );
    }

    #[test]
    fn records_amid_a_line() {
        let frame = unwrap(b"x {\"log\":\"a\"}", 0);
        assert_eq!(&*frame.message, b"a");
        assert_eq!(&*embedded(b"x {\"log\":\"a\"}", 0).unwrap().message, b"a");
        for text in [
            "x",
            "Task in /{\"log\":\"a\"} killed as a result of limit of /",
        ] {
            assert_eq!(embedded(text.as_bytes(), 0), None, "{text}");
        }
        // A record in a record has keys of its own.
        assert_eq!(&*unwrap(b"> {\"log\":\"a\"}", MAX_NESTED).message, b"");
    }

    const MAX_NESTED: u8 = crate::frame::record::MAX_NESTED_RECORDS + 1;

    #[test]
    fn a_format_after_a_word_shows_more_than_a_message() {
        for (text, is_clear) in [
            ("[   12.345678] x", true),
            ("[Wed Feb 19 06:41:03 2025] x", true),
            ("{\"log\":\"x\",\"stream\":\"stdout\"}", true),
            ("<6>x", false),
            ("{\"log\":\"x\"}", false),
        ] {
            assert_eq!(clear(text.as_bytes(), 0).is_some(), is_clear, "{text}");
        }
        for (text, found) in [
            ("messages-20230105-Jan  5 02:12:02 n1 kernel: x", true),
            ("kern.log-123-[   12.345678] x", true),
            ("x y-[   12.345678] z", false),
            ("x[   12.345678] z", false),
        ] {
            assert_eq!(
                after_file_name(text.as_bytes(), 0).is_some(),
                found,
                "{text}"
            );
        }
        for (text, found) in [
            ("kernel: x", true),
            ("n1.example kernel: x", true),
            ("<kern.warning> kernel:x", true),
            ("a=b kernel: x", false),
            ("a b kernel: x", false),
        ] {
            assert_eq!(after_kernel_tag(text.as_bytes()).is_some(), found, "{text}");
        }
    }

    #[test]
    fn a_row_of_kibanas() {
        let line = b"Jun 25, 2021 @ 12:42:11.916 | kernel | [115559.166744] a | b";
        let frame = kibana_row(line).unwrap();
        assert_eq!(&*frame.message, b"a | b");
        assert!(frame.author.is_kernel());
        let line = std::format!("Jun 25, 2021 @ 12:42:11.916 | {} | x", "a".repeat(300));
        assert!(
            kibana_row(line.as_bytes())
                .unwrap()
                .message
                .starts_with(b"aaa")
        );
    }
}
