//! Markup of a web page, a ticket or a terminal around one line: HTML tags and entities, wiki braces, bold type,
//! colours.

use super::scan::{colour, number, skip_blanks};
use crate::line::{Line, parse_line};
use memchr::memchr;

/// Tags that may surround a log line.
const TAGS: [&[u8]; 25] = [
    b"b",
    b"blockquote",
    b"br",
    b"code",
    b"div",
    b"em",
    b"font",
    b"i",
    b"kbd",
    b"li",
    b"ol",
    b"p",
    b"pre",
    b"q",
    b"samp",
    b"small",
    b"span",
    b"strong",
    b"table",
    b"tbody",
    b"td",
    b"th",
    b"tr",
    b"tt",
    b"ul",
];

/// Longest tag, including its attributes.
const MAX_TAG_LEN: usize = 128;

/// Marks that a wiki, a ticket or a forum puts before preformatted text, the longer ones first.
const WIKI_FRONT: [&[u8]; 10] = [
    b"{noformat}",
    b"{code}",
    b"{quote}",
    b"[code]",
    b"[quote]",
    b"[pre]",
    b"{{{",
    b"{{",
    // Instead of a stamp.
    b"[...] ",
    b"[\xe2\x80\xa6] ",
];

/// The same marks after it.
const WIKI_END: [&[u8]; 8] = [
    b"{noformat}",
    b"{code}",
    b"{quote}",
    b"[/code]",
    b"[/quote]",
    b"[/pre]",
    b"}}}",
    b"}}",
];

/// Labels before a text that somebody quotes; no program has such a name.
const LABELS: [&[u8]; 3] = [b"Message: ", b"message: ", b"MESSAGE: "];

/// The text after one mark at the start of a line; `None` if there is no mark.
pub(super) fn after_one(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'<', ..] => tag_len(text).and_then(|len| text.get(len..)),
        [b'&', ..] => {
            let quote = text.strip_prefix(b"&gt;").map(skip_blanks);
            quote.or_else(|| text.strip_prefix(b"&nbsp;"))
        }
        [b'*', b'*', tail @ ..] => Some(tail),
        [b'{', b'c', b'o', b'd', b'e', b':', tail @ ..] => {
            let end = memchr(b'}', tail.get(..MAX_TAG_LEN).unwrap_or(tail))?;
            tail.get(end.checked_add(1)?..)
        }
        [b'{' | b'[', ..] => WIKI_FRONT.iter().find_map(|mark| text.strip_prefix(*mark)),
        // A zero-width space.
        [0xe2, 0x80, 0x8b, tail @ ..] => Some(tail),
        // A typographic quotation mark.
        [0xe2, 0x80, 0x9c, tail @ ..] => Some(tail),
        [0x1b, ..] => colour(text),
        _ => None,
    }
}

/// Whether a message begins as no line of the killer's does, but as a text in which somebody emphasised it, or put
/// a blank too many before it.
#[inline]
pub(crate) fn may_be_emphasised(message: &[u8]) -> bool {
    match message {
        [b'*' | b'<', ..] => true,
        // A stack trace's lines begin with a blank, too.
        [b' ', b'K' | b'M' | b'O' | b'T', ..] | [b' ', b'o', b'o', b'm', b'-', ..] => true,
        _ => false,
    }
}

/// The message without the marks of emphasis around it: `**Out of memory: …**`, `<b>Out of memory: …</b>`.
pub(crate) fn without_emphasis(message: &[u8]) -> Option<&[u8]> {
    let (mut inner, mut end) = (message, message.trim_ascii_end());
    inner = inner.strip_prefix(b" ").unwrap_or(inner);
    for mark in [&b"<b>"[..], b"<strong>", b"<mark>", b"***", b"**", b"*"] {
        if let Some(rest) = inner.strip_prefix(mark) {
            inner = rest;
            let close = match mark {
                b"<b>" => &b"</b>"[..],
                b"<strong>" => b"</strong>",
                b"<mark>" => b"</mark>",
                _ => mark,
            };
            end = end.strip_suffix(close).unwrap_or(end);
        }
    }
    let begin = message.len().checked_sub(inner.len())?;
    message.get(begin..end.len()).filter(|_| begin > 0)
}

/// The line without one mark at its end; `None` if there is no mark.
pub(super) fn before_one(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii_end();
    if let Some(rest) = WIKI_END.iter().find_map(|mark| text.strip_suffix(*mark)) {
        return Some(rest);
    }
    for end in [
        &b"**"[..],
        b"&nbsp;",
        b"\xe2\x80\x9d",
        b"\x1b[0m",
        b"\x1b[m",
    ] {
        if let Some(rest) = text.strip_suffix(end) {
            return Some(rest);
        }
    }
    let from = text.len().saturating_sub(MAX_TAG_LEN);
    let at = memchr::memrchr(b'<', text.get(from..)?)?.saturating_add(from);
    let is_last = tag_len(text.get(at..)?)? == text.len().saturating_sub(at);
    text.get(..at).filter(|_| is_last)
}

/// The text up to the quotation mark that ends it, if but a comma, a semicolon or a plus sign stands after that and
/// no other one before it. The code of a line end goes too.
pub(super) fn before_quote(text: &[u8], quote: u8) -> &[u8] {
    let end = text.trim_ascii_end();
    let end = end
        .strip_suffix(b",")
        .or_else(|| end.strip_suffix(b";"))
        .or_else(|| end.strip_suffix(b" +"))
        .or_else(|| end.strip_suffix(b" \\"))
        .unwrap_or(end);
    match end.split_last() {
        Some((last, inner)) if *last == quote && memchr(quote, inner).is_none() => {
            inner.strip_suffix(b"\\n").unwrap_or(inner)
        }
        _ => text,
    }
}

/// The length of the tag at the start.
fn tag_len(text: &[u8]) -> Option<usize> {
    let inner = text.get(..MAX_TAG_LEN).unwrap_or(text).strip_prefix(b"<")?;
    let end = memchr(b'>', inner)?;
    let inner = inner.get(..end)?;
    let inner = inner.strip_prefix(b"/").unwrap_or(inner);
    let name = inner.split(|byte| matches!(byte, b' ' | b'/')).next()?;
    let is_known = TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(name));
    (is_known && memchr(b'<', inner).is_none()).then_some(())?;
    end.checked_add(2)
}

/// A kernel line with only a number or a file's path before it, as `grep -n` and `grep` over several files print
/// it, or with the marks that people put before list items.
pub(super) fn after_grep(text: &[u8]) -> Option<&[u8]> {
    let text = match text {
        [b'/' | b'.', ..] => {
            let at = memchr(b':', text)?;
            let (path, rest) = text.split_at_checked(at)?;
            let is_path = memchr(b'/', path).is_some() && memchr(b' ', path).is_none();
            rest.get(1..).filter(|_| is_path)?
        }
        _ => text,
    };
    let text = match number(text) {
        Some((_, [b':', rest @ ..])) => rest,
        Some((_, [b'.' | b')', b' ', rest @ ..] | [b' ', b' ', rest @ ..])) => skip_blanks(rest),
        _ => text,
    };
    let text = after_sign(text);
    let line = parse_line(text);
    let is_kernels = match line {
        Line::Killed(_) | Line::Summary(_) | Line::Invoked(_) => {
            line.completeness(text).has_first()
        }
        Line::Selected(_) | Line::Counter(_) | Line::TaskIn(_) | Line::TaskInfo(_) => {
            line.completeness(text).has_all()
        }
        _ => false,
    };
    is_kernels.then_some(text)
}

/// The text after an arrow, a bullet or a label.
fn after_sign(text: &[u8]) -> &[u8] {
    let signs = ["=> ", "--> ", "-> ", "→ ", "• ", "· ", "» ", "«", "+", "; "];
    let signs = signs.iter().map(|sign| sign.as_bytes());
    let found = signs.chain(LABELS).find_map(|mark| text.strip_prefix(mark));
    found.map_or(text, skip_blanks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_every_kind() {
        for front in [
            "<p>",
            "<TD class=\"x y\">",
            "</li>",
            "<br/>",
            "<br />",
            "&gt;",
            "**",
            "“",
            "\x1b[33m",
            "{{",
            "{{{",
            "{noformat}",
            "[code]",
            "{code:java}",
            "{code:title=dmesg|theme=x}",
            "\u{200b}",
        ] {
            let line = std::format!("{front}text");
            assert_eq!(after_one(line.as_bytes()), Some(&b"text"[..]), "{front}");
        }
        for end in [
            "</p>", "<br>", "<BR />", "**", "”", "\x1b[0m", "</code> ", "}}", "}}}", "{code}",
            "[/quote]",
        ] {
            let line = std::format!("text{end}");
            assert_eq!(before_one(line.as_bytes()), Some(&b"text"[..]), "{end}");
        }
        for other in [
            "<6>text",
            "<kern.warning>x",
            "<java>",
            "<p",
            "&lt;",
            "*x",
            "text<p>x",
            "< p>x",
        ] {
            assert_eq!(after_one(other.as_bytes()), None, "{other}");
            assert_eq!(before_one(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn marks_of_emphasis_around_a_message() {
        for (message, inner) in [
            ("**Out of memory: x**", Some("Out of memory: x")),
            ("*Out of memory: x*  ", Some("Out of memory: x")),
            ("***x***", Some("x")),
            ("**x", Some("x")),
            ("<b>x</b>", Some("x")),
            ("<strong>x</strong>", Some("x")),
            ("<mark>x</mark>", Some("x")),
            ("<b>**x**</b>", Some("x")),
            (" Out of memory: x", Some("Out of memory: x")),
            (" **x**", Some("x")),
            ("x**", None),
            ("x", None),
        ] {
            let found = without_emphasis(message.as_bytes());
            assert_eq!(found, inner.map(str::as_bytes), "{message}");
        }
        for (message, may) in [
            ("*x", true),
            ("<b>x", true),
            (" Killed process", true),
            (" Memory cgroup", true),
            (" Out of memory", true),
            (" Task in /", true),
            (" oom-kill:", true),
            // As in a stack trace, and as the kernel begins its lines.
            (" dump_stack", false),
            (" oom_kill_process", false),
            ("Killed process", false),
            ("  Killed process", false),
            ("", false),
        ] {
            assert_eq!(may_be_emphasised(message.as_bytes()), may, "{message}");
        }
    }

    #[test]
    fn the_end_of_a_string_of_a_program() {
        for (text, inner) in [
            ("a b\"", "a b"),
            ("a b\",", "a b"),
            ("a b\"; ", "a b"),
            ("a b\" +", "a b"),
            ("a b\" \\", "a b"),
            ("a b\\n\"", "a b"),
            ("a \"b\"", "a \"b\""),
            ("a b", "a b"),
            ("a b'", "a b'"),
            ("", ""),
        ] {
            let found = before_quote(text.as_bytes(), b'"');
            assert_eq!(found, inner.as_bytes(), "{text}");
        }
    }

    #[test]
    fn grep_prints_paths_and_numbers() {
        let killed = "Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
        for front in [
            "12:",
            "/var/log/messages:",
            "./x.log:12:",
            "1. ",
            "12) ",
            "12  ",
            "=> ",
            "• ",
            "+",
            "Message: ",
        ] {
            let line = std::format!("{front}{killed}");
            assert_eq!(
                after_grep(line.as_bytes()),
                Some(killed.as_bytes()),
                "{front}"
            );
        }
        for front in [
            "app:",
            "/usr/bin/app says: ",
            "12: x:",
            "/a b:",
            "Error: ",
            "12 ",
            "Message:x ",
        ] {
            let line = std::format!("{front}{killed}");
            assert_eq!(after_grep(line.as_bytes()), None, "{front}");
        }
    }
}
