//! The prefixes of `dmesg` and consoles.
//!
//! ```text
//! [ 1149.087276] oom-kill:constraint=CONSTRAINT_MEMCG,…      plain
//! [   37.123371][ T9185] java invoked oom-killer: …          with the caller's id
//! <6>[ 1149.087276] oom-kill:…                               dmesg -r, consoles
//! [Wed Feb 19 06:41:03 2025] Task in /ecs/…                  dmesg -T, in any locale
//! kern  :err   : [ 1149.087289] Memory cgroup out of …       dmesg -x
//! kern:     err: [2026-07-25T14:23:17.527285605Z]: …         talosctl dmesg
//! [Apr18 00:37] …   [Apr 8 00:37] …   [  +0.000010] …       dmesg -H
//! [ 1149.087276 <    0.000010>] …                            dmesg -d
//! 5193605.506728] Task in /kubepods/…                        pasted without its first bracket
//! ```
//!
//! `2026-11-21T19:48:47,699112+00:00 …` (`--time-format iso`) is read with the other ISO prefixes.
//!
//! With `-r`, util-linux prints text that a program wrote to `/dev/kmsg` with the kernel's priority, so a
//! priority below 8 proves nothing; `-x` and `-S -r` show the facility. It prints a byte that is neither
//! printable nor white space as `\xNN` and does not escape a backslash, so only codes that it would write are
//! decoded.

use super::scan::{facility_by_name, level_by_name, number, skip_blanks, skip_one_blank};
use super::{Frame, FrameKind, Provenance};
use super::{stamp, syslog, wrapper};
use crate::bytes::hex_digit;
use crate::line::{Line, parse_line};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use memchr::memchr;

/// Longest stamp between brackets that is read, in bytes: a weekday and a month in any script.
const MAX_STAMP_LEN: usize = 80;

/// The length of a date as ctime(3) writes it.
const CTIME_LEN: usize = 24;

/// A line after its printk stamp was removed: microseconds since boot, the caller, the message.
pub(super) type Stamped<'a> = (u64, Option<&'a [u8]>, &'a [u8]);

/// `[stamp] message`; `None` if there is no stamp.
#[inline]
pub(super) fn bracketed(line: &[u8]) -> Option<Frame<'_>> {
    match stamp::printk(line) {
        Some((micros, rest)) => stamped(micros, rest),
        None => human(line),
    }
}

/// Reads the text after a printk stamp.
#[inline(always)]
fn stamped(micros: u64, rest: &[u8]) -> Option<Frame<'_>> {
    let (caller, message) = caller_and_message(rest)?;
    Some(Frame {
        kind: FrameKind::Dmesg,
        kernel_time_us: Some(micros),
        caller: caller.map(Cow::Borrowed),
        message: text(message),
        ..Frame::default()
    })
}

/// The stamp at the start of a text from another carrier, with the caller and the message.
#[inline]
pub(super) fn stamp_in_front(text: &[u8]) -> Option<Stamped<'_>> {
    let (micros, rest) = stamp::printk(text)?;
    let (caller, message) = caller_and_message(rest)?;
    Some((micros, caller, message))
}

/// Reads the text after the bracket that ends a stamp: the caller and the message.
#[inline]
pub(super) fn caller_and_message(rest: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (caller, rest) = caller(rest);
    let message = match rest {
        [] => rest,
        [b' ', message @ ..] => message,
        // Printed by a program that writes `[12.345678]: text`.
        [b':', b' ', message @ ..] => message,
        _ if caller.is_some() => rest,
        [b'[', ..] => rest,
        _ => return None,
    };
    // Some copies have a blank before the caller.
    let (caller, message) = match message {
        [b'[', b' ' | b'T' | b'C', ..] if caller.is_none() => match self::caller(message) {
            (Some(found), [b' ', message @ ..]) => (Some(found), message),
            _ => (None, message),
        },
        _ => (caller, message),
    };
    Some((caller, cpu_and_comm(message)))
}

/// `[ T9185]` or `[    C1]` after a stamp.
#[inline]
fn caller(rest: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let Some(inner) = rest.strip_prefix(b"[") else {
        return (None, rest);
    };
    let id = skip_blanks(inner);
    if let [b'T' | b'C', digits @ ..] = id
        && let Some((_, after)) = number(digits)
        && let Some(after) = after.strip_prefix(b"]")
    {
        let len = id.len().saturating_sub(after.len()).saturating_sub(1);
        return (id.get(..len), after);
    }
    (None, rest)
}

/// The text after the `[1:           comm:  123] ` that some Android kernels print after the stamp.
fn cpu_and_comm(message: &[u8]) -> &[u8] {
    let found = || {
        let (_, rest) = number(message.strip_prefix(b"[")?)?;
        let (inner, after) = super::scan::split_once(rest.strip_prefix(b":")?, b']')?;
        let digits = inner.get(inner.iter().rposition(|byte| *byte == b':')?..)?;
        let (_, end) = number(skip_blanks(digits.get(1..)?))?;
        end.is_empty().then(|| skip_one_blank(after))
    };
    match message {
        [b'[', b'0'..=b'9', ..] => found().unwrap_or(message),
        _ => message,
    }
}

/// `[Wed Feb 19 06:41:03 2025] message` and other human-readable stamps.
fn human(line: &[u8]) -> Option<Frame<'_>> {
    after_bracket(line.strip_prefix(b"[")?)
}

fn after_bracket(inner: &[u8]) -> Option<Frame<'_>> {
    let end = memchr(b']', inner.get(..MAX_STAMP_LEN).unwrap_or(inner))?;
    let (inner, rest) = inner.split_at_checked(end)?;
    let message = match rest.get(1..)? {
        [] => &[],
        [b' ', message @ ..] | [b':', b' ', message @ ..] => message,
        // The caller's id.
        message @ [b'[', ..] => message,
        _ => return None,
    };
    let mut frame = Frame {
        kind: FrameKind::Dmesg,
        ..Frame::default()
    };
    // `-d` prints ` <    0.000010>` after any stamp, or alone.
    let stamp = match memchr(b'<', inner).and_then(|at| inner.split_at_checked(at)) {
        Some((stamp, delta)) if delta.ends_with(b">") => {
            stamp::uptime(skip_blanks(delta.get(1..)?))?;
            stamp
        }
        Some(_) => return None,
        None => inner,
    };
    if !stamp.is_empty() {
        read_human(stamp.trim_ascii_end(), &mut frame)?;
    }
    if let Some(inner) = within_stamped(message).or_else(|| tagged(inner, message)) {
        return Some(Frame {
            wall: inner.wall.or(frame.wall),
            ..inner
        });
    }
    let (caller, message) = match caller(message) {
        (Some(caller), rest) => (Some(caller), skip_one_blank(rest)),
        (None, rest) => (None, rest),
    };
    frame.caller = caller.map(Cow::Borrowed);
    frame.message = text(message);
    Some(frame)
}

/// `[2026-09-12 10:14:02 UTC] kernel: message`, as no dmesg prints it.
fn tagged<'a>(stamp: &[u8], message: &'a [u8]) -> Option<Frame<'a>> {
    let frame = matches!(stamp.first(), Some(b'0'..=b'9'))
        .then(|| wrapper::after_kernel_tag(message))
        .flatten()?;
    let is_sure = frame.author.is_program()
        || !matches!(parse_line(&frame.message), Line::Other | Line::Malformed);
    is_sure.then_some(Frame {
        kind: FrameKind::Dmesg,
        ..frame
    })
}

/// A line of a known format after the stamp of a tool that stamps each line.
fn within_stamped(message: &[u8]) -> Option<Frame<'_>> {
    match message.first()? {
        b'[' => stamp::printk(message).and_then(|(micros, rest)| stamped(micros, rest)),
        b'A'..=b'Z' => syslog::named_date(message).filter(|frame| frame.author.is_known()),
        _ => None,
    }
}

/// Reads the stamp between the brackets; `None` if it is not a stamp.
fn read_human(stamp: &[u8], frame: &mut Frame<'_>) -> Option<()> {
    let trimmed = skip_blanks(stamp);
    if let Some((micros, [])) = stamp::uptime(trimmed) {
        frame.kernel_time_us = Some(micros);
    } else if let Some(delta) = trimmed.strip_prefix(b"+") {
        let (_, end) = stamp::uptime(delta)?;
        end.is_empty().then_some(())?;
    } else if let Some(wall) = stamp::iso_in_brackets(trimmed) {
        frame.wall = wall;
    } else if let Some(wall) = stamp::ctime(trimmed) {
        frame.wall = wall;
    } else {
        // `Apr18 00:37` shows no seconds; before the tenth the date contains a blank: `Apr 8 00:37`.
        let (date, clock) = trimmed.split_at_checked(memchr::memrchr(b' ', trimmed)?)?;
        date.last()?.is_ascii_digit().then_some(())?;
        let clock = skip_blanks(clock);
        let sound = clock.len() == 5
            && clock.get(2) == Some(&b':')
            && clock.iter().filter(|byte| byte.is_ascii_digit()).count() == 4;
        sound.then_some(())?;
        let digits = date.iter().rev().take_while(|byte| byte.is_ascii_digit());
        let (month, day) = date.split_at_checked(date.len().saturating_sub(digits.count()))?;
        frame.wall = stamp::local(&[month, b" ", day, b" ", clock, b":00"].concat());
    }
    Some(())
}

/// Whether the line's stamp only shows the time since the line before: `[  +0.000004]`. Then both are in the same
/// minute, because `dmesg -H` prints the time again with each new minute.
pub(super) fn is_of_same_minute(line: &[u8]) -> bool {
    let inner = line.strip_prefix(b"[").map(skip_blanks);
    inner.is_some_and(|inner| inner.starts_with(b"+"))
}

/// `Thu Jan  5 02:12:02 2023] message`: a copy that lost the first bracket of `dmesg -T`.
pub(super) fn lost_bracket_of_date(line: &[u8]) -> Option<Frame<'_>> {
    let (date, rest) = line.split_at_checked(CTIME_LEN)?;
    rest.starts_with(b"] ").then_some(())?;
    stamp::ctime(date)??;
    after_bracket(line)
}

/// `5193605.506728] message`: a copy that lost the first bracket.
pub(super) fn lost_bracket(line: &[u8]) -> Option<Frame<'_>> {
    let (micros, rest) = stamp::uptime(line)?;
    stamped(micros, rest.strip_prefix(b"]")?)
}

/// `<6>[stamp] message` or `<6>message`, if no syslog prefix follows the priority.
pub(super) fn prioritised(priority: u8, rest: &[u8]) -> Frame<'_> {
    let mut frame = bracketed(rest).unwrap_or_else(|| Frame {
        kind: FrameKind::Dmesg,
        message: text(rest),
        ..Frame::default()
    });
    frame.level = Some(priority & 7);
    let mut seen = Provenance::default();
    seen.priority(u64::from(priority));
    frame.author = seen.decide();
    frame
}

/// `kern  :info  : [stamp] message` and `kern: info: [stamp]: message`, also without the stamp.
pub(super) fn decoded(line: &[u8]) -> Option<Frame<'_>> {
    let (facility, rest) = name_and_colon(line)?;
    let facility = facility_by_name(facility)?;
    let (level, rest) = name_and_colon(skip_blanks(rest))?;
    let level = level_by_name(level)?;
    let rest = match rest {
        [] => rest,
        [b' ', rest @ ..] => rest,
        _ => return None,
    };
    if rest.starts_with(b"\x1b") {
        // Coloured: the caller removes the colours and tries again.
        return None;
    }
    let mut frame = bracketed(rest).unwrap_or_else(|| Frame {
        kind: FrameKind::Dmesg,
        message: text(rest),
        ..Frame::default()
    });
    frame.level = Some(level);
    frame.author = Provenance::kmsg(facility).decide();
    Some(frame)
}

/// `kern  :`: the name, and the text after the colon.
fn name_and_colon(input: &[u8]) -> Option<(&[u8], &[u8])> {
    // The longest name has eight letters.
    let end = input
        .iter()
        .take(9)
        .position(|byte| !byte.is_ascii_lowercase() && !byte.is_ascii_digit())?;
    let (name, rest) = input.split_at_checked(end)?;
    Some((name, skip_blanks(rest).strip_prefix(b":")?))
}

/// The message with the `\xNN` of util-linux decoded.
#[inline]
pub(super) fn text(message: &[u8]) -> Cow<'_, [u8]> {
    match memchr(b'\\', message) {
        None => Cow::Borrowed(message),
        Some(first) => unescape_unprintable(message, first),
    }
}

/// Whether util-linux writes a byte as a code. `\x2d` stays, because it is printable and comes from systemd's
/// paths; `\x0a` stays too, because white space is printed as it is.
fn is_written_as_code(byte: u8) -> bool {
    !matches!(byte, 0x09..=0x0d | 0x20..=0x7e)
}

fn unescape_unprintable(message: &[u8], first: usize) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let mut changed = false;
    let Some((head, mut rest)) = message.split_at_checked(first) else {
        return Cow::Borrowed(message);
    };
    out.extend_from_slice(head);
    while let [byte, tail @ ..] = rest {
        if let [b'\\', b'x', high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
            && let value = high.wrapping_mul(16).wrapping_add(low)
            && is_written_as_code(value)
        {
            out.push(value);
            changed = true;
            rest = after;
        } else {
            out.push(*byte);
            rest = tail;
        }
    }
    if changed {
        Cow::Owned(out)
    } else {
        Cow::Borrowed(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Origin;
    use alloc::string::ToString;

    fn wall(frame: &Frame<'_>) -> alloc::string::String {
        frame.wall.unwrap().or(None, Some(0)).to_string()
    }

    #[test]
    fn plain_stamp() {
        let frame = bracketed(b"[12345678.000001]  dump_stack+0x41/0x60").unwrap();
        assert_eq!(frame.kernel_time_us, Some(12_345_678_000_001));
        assert_eq!(frame.message.as_ref(), b" dump_stack+0x41/0x60");
        assert_eq!(frame.origin(), Origin::Unknown);
        assert_eq!(bracketed(b"[ 1.5]").unwrap().message.as_ref(), b"");
    }

    #[test]
    fn task_rows_are_no_stamps() {
        for row in [
            "[ 184245]     0 184245    35965      583   176128        0         -1000 conmon",
            "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
            "[<ffffffff947f9cf8>] ? page_fault+0x28/0x30",
        ] {
            assert_eq!(bracketed(row.as_bytes()), None, "{row}");
            let line = alloc::format!("[ 7753.023634] {row}");
            assert_eq!(
                bracketed(line.as_bytes()).unwrap().message.as_ref(),
                row.as_bytes()
            );
        }
    }

    #[test]
    fn callers_id() {
        for (line, expected) in [
            ("[   37.123371][ T9185] java invoked", "T9185"),
            ("[    0.784433][    C1] java invoked", "C1"),
            ("[Wed Feb 19 06:41:03 2025][ T9185] java invoked", "T9185"),
        ] {
            let frame = bracketed(line.as_bytes()).unwrap();
            assert_eq!(frame.caller.as_deref(), Some(expected.as_bytes()));
            assert_eq!(frame.message.as_ref(), b"java invoked");
        }
        let frame = bracketed(b"[  12.345678] [0:      swapper/0:    1] java invoked").unwrap();
        assert_eq!(frame.message.as_ref(), b"java invoked");
    }

    #[test]
    fn stamps_for_people() {
        let frame = bracketed(b"[Wed Feb 19 06:41:03 2025] Task in /ecs").unwrap();
        assert_eq!(wall(&frame), "2025-02-19T06:41:03Z");
        let frame = bracketed("[四 4月 17 22:43:41 2025] Task in /x".as_bytes()).unwrap();
        assert_eq!(wall(&frame), "2025-04-17T22:43:41Z");
        let frame = bracketed("[?? ?? 17 22:43:41 2025] Task in /x".as_bytes()).unwrap();
        assert_eq!(frame.wall, None);
        assert_eq!(frame.message.as_ref(), b"Task in /x");
        for line in [
            "[Apr18 00:37] Task in /x",
            "[  +0.000010] Task in /x",
            "[<    0.000010>] Task in /x",
            "[Thu Apr 17 22:43:41 2025 <    0.000001>] Task in /x",
        ] {
            let frame = bracketed(line.as_bytes()).unwrap();
            assert_eq!(frame.message.as_ref(), b"Task in /x", "{line}");
        }
        let frame = bracketed(b"[   12.300000 <    0.000001>] Task in /x").unwrap();
        assert_eq!(frame.kernel_time_us, Some(12_300_000));
    }

    #[test]
    fn what_follows_the_bracket() {
        for (line, message) in [
            ("[   12.345678]: x", Some("x")),
            ("[   12.345678][x] y", Some("[x] y")),
            ("[   12.345678][ T12]x", Some("x")),
            ("[   12.345678][ T12] x", Some("x")),
            ("[   12.345678]x", None),
            ("[   12.345678]:x", None),
            ("[Wed Feb 19 06:41:03 2025]", Some("")),
            ("[Wed Feb 19 06:41:03 2025]: x", Some("x")),
            ("[Wed Feb 19 06:41:03 2025]x", None),
            ("[Wed Feb 19 06:41:03 2025][ T12] x", Some("x")),
            ("[   12.345678 <    0.000010] x", None),
            ("[   12.345678 <        0x>] x", None),
        ] {
            let frame = bracketed(line.as_bytes());
            let found = frame.as_ref().map(|frame| &*frame.message);
            assert_eq!(found, message.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn lines_that_a_tool_stamped_again() {
        let line = b"[Wed Feb 19 06:41:03 2025] [   12.345678] x";
        let frame = bracketed(line).unwrap();
        assert_eq!(frame.kernel_time_us, Some(12_345_678));
        assert_eq!(wall(&frame), "2025-02-19T06:41:03Z");
        let line = b"[Wed Feb 19 06:41:03 2025] Feb 19 06:41:01 n1 kernel: x";
        let frame = bracketed(line).unwrap();
        assert_eq!(frame.origin(), Origin::Kernel);
        assert_eq!(frame.wall.unwrap().second, 1);
        assert_eq!(frame.message.as_ref(), b"x");
        let frame = bracketed(b"[Wed Feb 19 06:41:03 2025] Feb 19 06:41:01 x").unwrap();
        assert_eq!(frame.message.as_ref(), b"Feb 19 06:41:01 x");

        let killed = b"Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB";
        let line = [b"[2026-09-12 10:14:02 UTC] kernel: ", &killed[..]].concat();
        let frame = bracketed(&line).unwrap();
        assert_eq!(
            (frame.kind, &*frame.message),
            (FrameKind::Dmesg, &killed[..])
        );
        assert_eq!(wall(&frame), "2026-09-12T10:14:02Z");
        assert_eq!(frame.origin(), Origin::Unknown);
        // What calls itself the kernel and says nothing of the killer's stays as it is.
        let frame = bracketed(b"[2026-09-12 10:14:02 UTC] kernel: x").unwrap();
        assert_eq!(frame.message.as_ref(), b"kernel: x");
        let line = [b"[2026-09-12 10:14:02 UTC] kernel: ", &killed[..], b"[7]: "].concat();
        assert_eq!(bracketed(&line).unwrap().origin(), Origin::UserSpace);
        let line = [b"[Wed Feb 19 06:41:03 2025] kernel: ", &killed[..]].concat();
        let frame = bracketed(&line).unwrap();
        assert!(frame.message.starts_with(b"kernel: "));
    }

    #[test]
    fn priorities() {
        let frame = prioritised(4, b"[ 1099.789301] java invoked");
        assert_eq!((frame.origin(), frame.level), (Origin::Unknown, Some(4)));
        let frame = prioritised(14, b"[ 1099.789301] realoom-begin");
        assert_eq!((frame.origin(), frame.level), (Origin::UserSpace, Some(6)));
        assert_eq!(prioritised(6, b"text").message.as_ref(), b"text");
    }

    #[test]
    fn facility_and_level() {
        let frame = decoded(b"kern  :err   : [ 1099.789672] Memory cgroup out").unwrap();
        assert_eq!((frame.origin(), frame.level), (Origin::Kernel, Some(3)));
        assert_eq!(frame.kernel_time_us, Some(1_099_789_672));
        let frame = decoded(b"user  :info  : [ 1099.752078] realoom-begin").unwrap();
        assert_eq!(frame.origin(), Origin::UserSpace);
        let frame =
            decoded(b"kern:    info: [2026-07-25T09:19:58.802464523Z]: cni0: port").unwrap();
        assert_eq!(
            frame.wall.unwrap().to_string(),
            "2026-07-25T09:19:58.802464523Z"
        );
        assert_eq!(frame.message.as_ref(), b"cni0: port");
        assert_eq!(frame.origin(), Origin::Kernel);
        let frame = decoded(b"user: warning: [2026-07-25T23:18:55.766105743Z]: [talos] time");
        assert_eq!(frame.unwrap().origin(), Origin::UserSpace);
        assert_eq!(decoded(b"kern: what: [ 1.0] x"), None);
        assert_eq!(decoded(b"memory: usage 104857600kB, limit 1"), None);
    }

    #[test]
    fn unprintable_bytes_and_systemd_paths() {
        let frame = bracketed(br"[ 1099.789301] u\xff\xfe\x80\xc3z invoked oom-killer: ").unwrap();
        assert_eq!(
            frame.message.as_ref(),
            b"u\xff\xfe\x80\xc3z invoked oom-killer: "
        );
        let frame = bracketed(br"[ 1.000000] Task in /machine-oom\x2d9706 \").unwrap();
        assert!(matches!(
            frame.message,
            Cow::Borrowed(br"Task in /machine-oom\x2d9706 \")
        ));
    }

    #[test]
    fn first_bracket_lost() {
        let frame = lost_bracket(b"5193605.506728] Task in /kubepods").unwrap();
        assert_eq!(frame.kernel_time_us, Some(5_193_605_506_728));
        assert_eq!(frame.message.as_ref(), b"Task in /kubepods");
        assert_eq!(lost_bracket(b"5193605.506728 host"), None);
    }

    #[test]
    fn lines_without_a_stamp_or_a_bracket() {
        for (line, message) in [
            ("kern  :info  : x", Some("x")),
            ("kern  :info  :", Some("")),
            ("kern  :info  :x", None),
        ] {
            let frame = decoded(line.as_bytes());
            let found = frame.as_ref().map(|frame| (frame.kind, &*frame.message));
            let message = message.map(|text| (FrameKind::Dmesg, text.as_bytes()));
            assert_eq!(found, message, "{line}");
        }
        let frame = lost_bracket_of_date(b"Thu Jan  5 02:12:02 2023] x").unwrap();
        assert_eq!(
            (wall(&frame).as_str(), &*frame.message),
            ("2023-01-05T02:12:02Z", &b"x"[..])
        );
        assert_eq!(lost_bracket_of_date(b"Thu Jan  5 02:12:02 2023 x"), None);
        assert!(is_of_same_minute(b"[  +0.000004] x"));
        for line in ["[   12.345678] x", "[Apr18 00:37] x", "+0.000004] x"] {
            assert!(!is_of_same_minute(line.as_bytes()), "{line}");
        }
    }
}
