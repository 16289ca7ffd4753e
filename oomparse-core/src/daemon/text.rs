//! Splits the daemons' lines: from the start, word by word, and from the end.

pub(super) use crate::line::common::{decimal as number, rsplit_once, split_once};
use crate::time::WallTime;

/// Removes a number that may be negative from the front.
pub(super) fn signed(text: &[u8]) -> Option<(i64, &[u8])> {
    let (is_negative, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (value, rest) = number(text)?;
    let value = i64::try_from(value).ok()?;
    Some((
        if is_negative {
            value.checked_neg()?
        } else {
            value
        },
        rest,
    ))
}

/// A whole text as a number.
pub(super) fn whole_number<N: TryFrom<u64>>(text: &[u8]) -> Option<N> {
    match number(text)? {
        (value, []) => N::try_from(value).ok(),
        _ => None,
    }
}

/// Removes a leading process id.
pub(super) fn pid(text: &[u8]) -> Option<(u32, &[u8])> {
    let (pid, rest) = number(text)?;
    Some((u32::try_from(pid).ok().filter(|pid| *pid > 0)?, rest))
}

/// Whole MiB as bytes.
pub(super) fn mib(count: u64) -> Option<u64> {
    count.checked_mul(1 << 20)
}

/// The name of a signal that a daemon sends.
pub(super) fn signal(text: &[u8]) -> Option<&'static str> {
    match text {
        b"SIGTERM" | b"15" => Some("SIGTERM"),
        b"SIGKILL" | b"9" => Some("SIGKILL"),
        _ => None,
    }
}

/// The prefix of a klog line: its time, without year and time zone, the file and the text.
pub(super) fn klog(line: &[u8]) -> Option<(Option<WallTime>, &[u8], &[u8])> {
    // `I1012 19:34:44.310022    2480 eviction_manager.go:345] `
    let (head, text) = split_once(line.get(..256).unwrap_or(line), b"] ")
        .and_then(|(head, _)| Some((head, line.get(head.len().checked_add(2)?..)?)))?;
    let mut words = head
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let (date, clock, thread, place) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let [b'I' | b'W' | b'E' | b'F', month @ .., d1, d2] = date else {
        return None;
    };
    whole_number::<u32>(thread)?;
    let (file, number) = split_once(place, b":")?;
    whole_number::<u32>(number)?;
    if !file.ends_with(b".go") || words.next().is_some() {
        return None;
    }
    let day: u8 = whole_number(&[*d1, *d2])?;
    let wall = clock_of(clock).and_then(|(clock, fraction)| {
        WallTime::new(None, (whole_number(month)?, day), clock, fraction, None)
    });
    Some((wall, file, text))
}

/// A clock and its fraction.
type Clock = ((u8, u8, u8), (u32, u8));

/// `19:34:44.310022`
fn clock_of(text: &[u8]) -> Option<Clock> {
    let (clock, fraction) = split_once(text, b".").unwrap_or((text, b""));
    let mut parts = clock.split(|byte| *byte == b':');
    let mut part = || whole_number::<u8>(parts.next()?);
    let clock = (part()?, part()?, part()?);
    let digits = u8::try_from(fraction.len()).ok().filter(|len| *len <= 9)?;
    let mut nanos = if digits > 0 {
        whole_number::<u32>(fraction)?
    } else {
        0
    };
    for _ in digits..9 {
        nanos = nanos.checked_mul(10)?;
    }
    Some((clock, (nanos, digits)))
}

/// `2023-10-12T19:00:20.879932879Z`, `2021-03-03 03:03:04.100200300Z`, `… +0800 …`: a time with its time zone,
/// and the text after it.
pub(super) fn rfc3339(text: &[u8]) -> Option<(WallTime, &[u8])> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = date.split(|byte| *byte == b'-');
    let year = whole_number::<u16>(parts.next()?)?;
    let (month, day) = (whole_number(parts.next()?)?, whole_number(parts.next()?)?);
    let rest = rest
        .strip_prefix(b"T")
        .or_else(|| rest.strip_prefix(b" "))?;
    let is_clocks = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b':' | b'.');
    let len = rest.iter().take_while(is_clocks).count();
    let (clock, rest) = rest.split_at_checked(len)?;
    let (clock, fraction) = clock_of(clock)?;
    let (offset, rest) = zone(rest)?;
    let wall = WallTime::new(Some(year), (month, day), clock, fraction, Some(offset))?;
    Some((wall, rest))
}

/// `Z`, `+08:00`, ` +0800`: minutes east of UTC.
fn zone(text: &[u8]) -> Option<(i16, &[u8])> {
    if let Some(rest) = text.strip_prefix(b"Z") {
        return Some((0, rest));
    }
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let (sign, rest) = text.split_first()?;
    let (hours, rest) = rest.split_at_checked(2)?;
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let (minutes, rest) = rest.split_at_checked(2)?;
    let minutes = whole_number::<i16>(hours.len().eq(&2).then_some(hours)?)?
        .checked_mul(60)?
        .checked_add(whole_number(minutes)?)?;
    match sign {
        b'+' => Some((minutes, rest)),
        b'-' => Some((minutes.checked_neg()?, rest)),
        _ => None,
    }
}

/// A cgroup path as the kernel prints it, for a path below the mount point of its hierarchy.
pub(super) fn below_mount(path: &[u8]) -> &[u8] {
    let rest = path
        .strip_prefix(b"/sys/fs/cgroup/memory")
        .filter(|rest| rest.starts_with(b"/"))
        .or_else(|| path.strip_prefix(b"/sys/fs/cgroup"));
    match rest {
        Some(rest) if rest.starts_with(b"/") => rest,
        Some([]) => b"/",
        _ => path,
    }
}

/// A Kubernetes quantity in bytes: `100Mi`, `80912Ki`, `1G`, `1073741824`.
pub(super) fn quantity(text: &str) -> Option<u64> {
    let len = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(len)?;
    let unit = match unit {
        "" => 1,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000u64,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// What follows the sentence with which the kubelet evicts for memory. Tables of kubectl cut the blank at its end off.
pub(super) fn after_low_on_memory(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("The node was low on resource: memory.")?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim_start())
}

/// `2019-11-14 18:27:56,211: `
pub(super) fn is_nohang_stamp(line: &[u8]) -> bool {
    const SHAPE: &[u8] = b"0000-00-00 00:00:00,000: ";
    line.len() >= SHAPE.len()
        && line.iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn times_with_their_zones() {
        for (text, time) in [
            (
                "2023-10-12T19:00:20.879932879Z\" x",
                "2023-10-12T19:00:20.879932879Z",
            ),
            ("2021-03-03 03:03:04.1002Z", "2021-03-03T03:03:04.1002Z"),
            (
                "2021-03-10 11:21:19.308776449 +0800 CST m=+1",
                "2021-03-10T11:21:19.308776449+08:00",
            ),
            ("2019-05-04T18:05:45-05:00", "2019-05-04T18:05:45-05:00"),
        ] {
            let found = rfc3339(text.as_bytes()).map(|(wall, _)| wall.to_string());
            assert_eq!(found.as_deref(), Some(time), "{text}");
        }
        for text in [
            "2023-10-12",
            "2023-10-12T19:00:20",
            "2023-13-12T19:00:20Z",
            "",
        ] {
            assert!(rfc3339(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn klog_heads() {
        let (wall, file, text) =
            klog(b"W0412 09:28:14.744599   14260 eviction_manager.go:333] eviction manager: x")
                .unwrap();
        assert_eq!(
            (file, text),
            (&b"eviction_manager.go"[..], &b"eviction manager: x"[..])
        );
        let wall = wall.unwrap();
        assert_eq!((wall.month, wall.day, wall.nanos), (4, 12, 744_599_000));
        assert!(klog(b"W0412 09:28:14 x] y").is_none());
    }

    #[test]
    fn numbers_with_their_bounds() {
        assert_eq!(signed(b"-5 x"), Some((-5, &b" x"[..])));
        assert_eq!((signed(b"7"), signed(b"x")), (Some((7, &b""[..])), None));
        assert_eq!((pid(b"1 a"), pid(b"0 a")), (Some((1, &b" a"[..])), None));
        assert_eq!(
            (pid(b"4294967295"), pid(b"4294967296")),
            (Some((u32::MAX, &b""[..])), None)
        );
        assert_eq!(
            (whole_number::<u8>(b"255"), whole_number::<u8>(b"256")),
            (Some(255), None)
        );
        assert_eq!(whole_number::<u8>(b"7 "), None);
        assert_eq!((mib(3), mib(1 << 44)), (Some(3 << 20), None));
        for (text, name) in [
            ("SIGTERM", Some("SIGTERM")),
            ("15", Some("SIGTERM")),
            ("SIGKILL", Some("SIGKILL")),
            ("9", Some("SIGKILL")),
            ("1", None),
        ] {
            assert_eq!(signal(text.as_bytes()), name);
        }
        for (text, bytes) in [
            ("7", Some(7)),
            ("1Ki", Some(1 << 10)),
            ("1Mi", Some(1 << 20)),
            ("1Gi", Some(1 << 30)),
            ("1Ti", Some(1 << 40)),
            ("1k", Some(1_000)),
            ("1M", Some(1_000_000)),
            ("1G", Some(1_000_000_000)),
            ("1T", Some(1_000_000_000_000)),
            ("1K", None),
            ("Ki", None),
        ] {
            assert_eq!(quantity(text), bytes, "{text}");
        }
    }

    #[test]
    fn clocks_with_and_without_fractions() {
        for (text, clock) in [
            ("19:34:44.310022", Some(((19, 34, 44), (310_022_000, 6)))),
            ("19:34:44", Some(((19, 34, 44), (0, 0)))),
            ("19:34:44.123456789", Some(((19, 34, 44), (123_456_789, 9)))),
            ("19:34:44.1234567890", None),
            ("19:34", None),
            ("19:34:44.x", None),
            ("19:34:x", None),
        ] {
            assert_eq!(clock_of(text.as_bytes()), clock, "{text}");
        }
        for (text, found) in [
            ("Zx", Some((0, "x"))),
            ("+08:00x", Some((480, "x"))),
            (" -0530 x", Some((-330, " x"))),
            ("08:00", None),
            ("+0x00", None),
            ("", None),
        ] {
            assert_eq!(
                zone(text.as_bytes()),
                found.map(|(minutes, rest)| (minutes, rest.as_bytes())),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_klog_head() {
        for text in [
            "W0412 09:28:14.744599   14260 a.go:333] x",
            "I0412 09:28:14.744599   14260 a.go:333] x",
            "E0412 09:28:14.744599   14260 a.go:333] x",
            "F0412 09:28:14.744599   14260 a.go:333] x",
        ] {
            assert!(klog(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "X0412 09:28:14.744599   14260 a.go:333] x",
            "W0412 09:28:14.744599   x a.go:333] x",
            "W0412 09:28:14.744599   14260 a.rs:333] x",
            "W0412 09:28:14.744599   14260 a.go:x] x",
            "W0412 09:28:14.744599   14260 a.go:333 b] x",
            "W0412 09:28:14.744599   14260] x",
        ] {
            assert!(klog(text.as_bytes()).is_none(), "{text}");
        }
        let far = alloc::format!(
            "W0412 09:28:14.744599   14260 {}.go:333] x",
            "a".repeat(256)
        );
        assert!(klog(far.as_bytes()).is_none());
    }

    #[test]
    fn paths_stamps_and_sentences() {
        for (path, below) in [
            ("/sys/fs/cgroup/memory/a", "/a"),
            ("/sys/fs/cgroup/a", "/a"),
            ("/sys/fs/cgroup", "/"),
            ("/sys/fs/cgroup/memory", "/memory"),
            ("/sys/fs/cgroups/a", "/sys/fs/cgroups/a"),
            ("/a", "/a"),
            ("/sys/fs/cgroup/memoryx", "/memoryx"),
        ] {
            assert_eq!(below_mount(path.as_bytes()), below.as_bytes(), "{path}");
        }
        for (text, is_one) in [
            ("2019-11-14 18:27:56,211: ", true),
            ("2019-11-14 18:27:56,211: x", true),
            ("2019-11-14 18:27:56,211:", false),
            ("2019-11-14 18:27:56.211: ", false),
            ("2019-11-14 18:27:5x,211: ", false),
            ("", false),
        ] {
            assert_eq!(is_nohang_stamp(text.as_bytes()), is_one, "{text}");
        }
        let low = "The node was low on resource: memory.";
        for (tail, rest) in [
            ("", Some("")),
            (" ", Some("")),
            (" x", Some("x")),
            ("x", None),
        ] {
            assert_eq!(after_low_on_memory(&[low, tail].concat()), rest, "{tail}");
        }
    }
}
