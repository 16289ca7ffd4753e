//! The time stamps in prefixes.
//!
//! ```text
//! [12345.678901]                     printk, seconds since boot
//! 2026-11-21T19:48:47,699112+00:00   ISO 8601, as rsyslog, journalctl and dmesg write it
//! Jan  5 02:12:02                    RFC 3164
//! Wed Feb 19 06:41:03 2025           ctime(3), as dmesg -T writes it, in any locale
//! 1672884722.123456                  seconds since 1970
//! ```

mod local;

pub(super) use self::local::local;

use self::local::local_ctime;
use super::scan::{number, short_number, skip_blanks, word};
use crate::time::WallTime;

/// A time of day: hour, minute, second, and the fraction in nanoseconds with its printed digits.
type Clock = ((u8, u8, u8), (u32, u8));

/// A wall-clock stamp, and the text after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp<'a> {
    /// The time, if its fields are in range.
    pub(super) wall: Option<WallTime>,
    /// Whether the fraction follows a comma, as only dmesg writes it.
    pub(super) comma: bool,
    /// Whether only `journalctl` writes such a stamp: `Jan 05`, a fraction after it, a time zone without a colon.
    pub(super) is_journals: bool,
    /// The text after the stamp.
    pub(super) rest: &'a [u8],
}

impl Stamp<'_> {
    /// Removes the zone's name after a blank: `journalctl -o short-full` prints ` CST`.
    pub(super) fn skip_named_zone(&mut self) {
        let (name, rest) = word(skip_blanks(self.rest));
        let is_name = (2..=5).contains(&name.len()) && name.iter().all(u8::is_ascii_uppercase);
        if is_name && self.wall.is_none_or(|wall| wall.offset_minutes.is_none()) {
            self.rest = rest;
        }
    }
}

/// `[12345.678901]` to microseconds since boot; 1 to 9 decimals.
#[inline]
pub(super) fn printk(input: &[u8]) -> Option<(u64, &[u8])> {
    let (micros, rest) = uptime(skip_blanks(input.strip_prefix(b"[")?))?;
    Some((micros, rest.strip_prefix(b"]")?))
}

/// `12345.678901` to microseconds.
#[inline]
pub(super) fn uptime(input: &[u8]) -> Option<(u64, &[u8])> {
    // As all kernels print it.
    if let Some(point) = input.iter().take(11).position(|byte| *byte == b'.')
        && let (Some(seconds), Some(after)) =
            (input.get(..point), input.get(point.saturating_add(1)..))
        && let Some((decimals, rest)) = after.split_first_chunk::<6>()
        && !rest.first().is_some_and(u8::is_ascii_digit)
        && let (Some(seconds), Some(micros)) = (digits(seconds), digits(decimals))
    {
        return Some((seconds.wrapping_mul(1_000_000).wrapping_add(micros), rest));
    }
    let (seconds, rest) = number(input)?;
    let ((nanos, digits), rest) = fraction(rest.strip_prefix(b".")?);
    if digits == 0 {
        return None;
    }
    let micros = seconds
        .checked_mul(1_000_000)?
        .checked_add(u64::from(nanos / 1000))?;
    Some((micros, rest))
}

/// One to eleven digits as a number.
#[inline]
fn digits(bytes: &[u8]) -> Option<u64> {
    let (value, sound) = bytes.iter().fold((0u64, true), |(value, sound), byte| {
        let digit = byte.wrapping_sub(b'0');
        let value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        (value, sound & (digit < 10))
    });
    (sound && !bytes.is_empty()).then_some(value)
}

/// Digits after the decimal sign as nanoseconds; digits after the ninth are skipped.
#[inline]
fn fraction(input: &[u8]) -> ((u32, u8), &[u8]) {
    // printk's six.
    if let [a, b, c, d, e, f, rest @ ..] = input
        && !rest.first().is_some_and(u8::is_ascii_digit)
        && [a, b, c, d, e, f].into_iter().all(u8::is_ascii_digit)
    {
        let micros = [a, b, c, d, e, f].into_iter().fold(0u32, |value, digit| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            value.wrapping_mul(10).wrapping_add(digit)
        });
        return ((micros.wrapping_mul(1000), 6), rest);
    }
    let (mut nanos, mut digits, mut unit) = (0u32, 0u8, 100_000_000u32);
    let mut rest = input;
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        let digit = u32::from(digit.wrapping_sub(b'0'));
        nanos = nanos.saturating_add(digit.saturating_mul(unit));
        if unit > 0 {
            digits = digits.saturating_add(1);
        }
        unit /= 10;
        rest = tail;
    }
    ((nanos, digits), rest)
}

/// `02:12:02`, followed by `.123456` or `,123456` if printed; the flag says whether it is a comma.
fn clock(input: &[u8]) -> Option<(Clock, bool, &[u8])> {
    let (hour, rest) = two_digits(input)?;
    let (minute, rest) = two_digits(rest.strip_prefix(b":")?)?;
    let (second, rest) = two_digits(rest.strip_prefix(b":")?)?;
    let of_day = (hour, minute, second);
    match rest {
        [sign @ (b'.' | b','), tail @ ..] if tail.first().is_some_and(u8::is_ascii_digit) => {
            let (fraction, rest) = fraction(tail);
            Some(((of_day, fraction), *sign == b',', rest))
        }
        [b'0'..=b'9', ..] => None,
        _ => Some(((of_day, (0, 0)), false, rest)),
    }
}

#[inline]
fn two_digits(input: &[u8]) -> Option<(u8, &[u8])> {
    match input {
        [ten @ b'0'..=b'9', one @ b'0'..=b'9', rest @ ..] => {
            let tens = ten.wrapping_sub(b'0').wrapping_mul(10);
            Some((tens.wrapping_add(one.wrapping_sub(b'0')), rest))
        }
        _ => None,
    }
}

/// `2023-01-05T02:12:02.123+08:00`, also with a blank instead of the `T`, with `/`, and without a time zone.
pub(super) fn iso(input: &[u8]) -> Option<Stamp<'_>> {
    let (year, rest) = number(input)?;
    let [sign @ (b'-' | b'/'), rest @ ..] = rest else {
        return None;
    };
    let (month, rest) = two_digits(rest)?;
    let [second_sign, rest @ ..] = rest else {
        return None;
    };
    let (day, rest) = two_digits(rest)?;
    let [b'T' | b't' | b' ', rest @ ..] = rest else {
        return None;
    };
    if sign != second_sign {
        return None;
    }
    let ((of_day, fraction), comma, rest) = clock(rest)?;
    let zoned = rest;
    let (offset, rest) = zone(rest);
    let year = u16::try_from(year).ok()?;
    let wall = WallTime::new(Some(year), (month, day), of_day, fraction, offset);
    let is_journals = matches!(zoned, [b'+' | b'-', _, _, b'0'..=b'9', ..]);
    Some(Stamp {
        wall,
        comma,
        is_journals,
        rest,
    })
}

/// `Z`, `+08:00`, `+0800`, `+08`, or, after a blank, one of these, `UTC` or another name.
///
/// A name other than `UTC` and `GMT` is removed only if a caller requests it ([`Stamp::skip_named_zone`]): it
/// could be a host.
fn zone(input: &[u8]) -> (Option<i16>, &[u8]) {
    if let [b'Z' | b'z', rest @ ..] = input {
        return (Some(0), rest);
    }
    let text = input.strip_prefix(b" ").unwrap_or(input);
    if let Some((offset, rest)) = numeric_zone(text) {
        return (Some(offset), rest);
    }
    for name in [&b"UTC "[..], b"GMT "] {
        if text.starts_with(name) {
            return (Some(0), text.get(3..).unwrap_or(&[]));
        }
    }
    (None, input)
}

fn numeric_zone(input: &[u8]) -> Option<(i16, &[u8])> {
    let [sign @ (b'+' | b'-'), rest @ ..] = input else {
        return None;
    };
    let (hours, rest) = two_digits(rest)?;
    let (minutes, rest) = match rest.strip_prefix(b":") {
        Some(tail) => two_digits(tail)?,
        None => two_digits(rest).unwrap_or((0, rest)),
    };
    if matches!(rest, [b'0'..=b'9', ..]) || hours > 14 || minutes > 59 {
        return None;
    }
    let offset = i16::from(hours)
        .saturating_mul(60)
        .saturating_add(i16::from(minutes));
    let offset = if *sign == b'-' {
        offset.saturating_neg()
    } else {
        offset
    };
    Some((offset, rest))
}

/// `Jan  5 02:12:02`, also with a fraction, with the year before, within or after it, and with a weekday.
pub(super) fn rfc3164(input: &[u8]) -> Option<Stamp<'_>> {
    let (early_year, rest) = match year_and_blank(input) {
        Some((year, rest)) => (Some(year), rest),
        None => (None, input),
    };
    let (month, rest) = match english_month(rest) {
        Some(found) => found,
        None => english_month(after_weekday(rest)?)?,
    };
    let [b' ', rest @ ..] = rest else {
        return None;
    };
    let is_padded = matches!(rest, [b'0', ..]);
    let (day, rest) = short_number(skip_blanks(rest), 2)?;
    let [b' ', rest @ ..] = rest else {
        return None;
    };
    let (amid_year, rest) = match year_and_blank(rest) {
        Some((year, rest)) => (Some(year), rest),
        None => (None, rest),
    };
    let ((of_day, fraction), comma, rest) = clock(rest)?;
    let (offset, rest) = zone(rest);
    let (late_year, rest) = match rest.strip_prefix(b" ").and_then(year_and_blank) {
        Some((year, _)) => (Some(year), rest.get(5..)?),
        None => (None, rest),
    };
    let wall = WallTime::new(
        early_year.or(amid_year).or(late_year),
        (month, u8::try_from(day).ok()?),
        of_day,
        fraction,
        offset,
    );
    Some(Stamp {
        wall,
        comma,
        is_journals: is_padded || fraction.1 > 0,
        rest,
    })
}

/// `2023 `: four digits and a blank, or the end.
fn year_and_blank(input: &[u8]) -> Option<(u16, &[u8])> {
    let (year, rest) = short_number(input, 4)?;
    let rest = match rest {
        [] => rest,
        _ => rest.strip_prefix(b" ")?,
    };
    (1970..=2199).contains(&year).then_some((year, rest))
}

/// The text after `Thu ` or `Thu, `.
pub(super) fn after_weekday(input: &[u8]) -> Option<&[u8]> {
    let (day, rest) = input.split_at_checked(3)?;
    let known: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    known.contains(&day).then_some(rest.strip_prefix(b" ")?)
}

#[inline]
pub(super) fn english_month(input: &[u8]) -> Option<(u8, &[u8])> {
    let (name, rest) = input.split_at_checked(3)?;
    let month = match name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    };
    Some((month, rest))
}

/// `1672884722.123456` or `1672884722`, and a blank after it.
pub(super) fn epoch(input: &[u8]) -> Option<Stamp<'_>> {
    let (seconds, rest) = number(input)?;
    // Numbers of nine digits started in 1973, those of eleven start in 5138: shorter numbers are something else.
    if !(100_000_000..100_000_000_000).contains(&seconds) {
        return None;
    }
    let ((nanos, digits), rest) = match rest.strip_prefix(b".") {
        Some(tail) => fraction(tail),
        None => ((0, 0), rest),
    };
    if !rest.starts_with(b" ") {
        return None;
    }
    let wall = WallTime::from_unix_micros(seconds.saturating_mul(1_000_000)).and_then(|wall| {
        WallTime::new(
            wall.year,
            (wall.month, wall.day),
            (wall.hour, wall.minute, wall.second),
            (nanos, digits),
            Some(0),
        )
    });
    Some(Stamp {
        wall,
        comma: false,
        is_journals: true,
        rest,
    })
}

/// `Jun 25, 2021 @ 12:42:11.916`, as Kibana shows a time.
pub(super) fn kibana(input: &[u8]) -> Option<Stamp<'_>> {
    let (month, rest) = english_month(input)?;
    let (day, rest) = short_number(rest.strip_prefix(b" ")?, 2)?;
    let (year, rest) = short_number(rest.strip_prefix(b", ")?, 4)?;
    let ((of_day, fraction), comma, rest) = clock(rest.strip_prefix(b" @ ")?)?;
    let date = (month, u8::try_from(day).ok()?);
    let wall = WallTime::new(Some(year), date, of_day, fraction, None);
    Some(Stamp {
        wall,
        comma,
        is_journals: false,
        rest,
    })
}

/// `四 4月 17 22:43:41 2025`, complete: weekday, month, day, time and year in any locale. English may omit the
/// year.
///
/// Returns the time if the month and the half of the day can be read; `None` if this is not such a stamp.
pub(super) fn ctime(input: &[u8]) -> Option<Option<WallTime>> {
    if let Some(stamp) = after_weekday(input).and_then(rfc3164)
        && stamp.rest.is_empty()
    {
        return Some(stamp.wall);
    }
    local_ctime(input)
}

/// `2026-09-12 10:14:02 UTC`, whole: a date in numbers and a zone, as programs put between brackets.
pub(super) fn iso_in_brackets(input: &[u8]) -> Option<Option<WallTime>> {
    let mut stamp = iso(input)?;
    if let b"UTC" | b"GMT" = skip_blanks(stamp.rest) {
        let wall = stamp.wall.map(|wall| WallTime {
            offset_minutes: wall.offset_minutes.or(Some(0)),
            ..wall
        });
        return Some(wall);
    }
    stamp.skip_named_zone();
    stamp.rest.is_empty().then_some(stamp.wall)
}

/// Whether a word is a clock with seconds and nothing else.
pub(super) fn is_clock(word: &[u8]) -> bool {
    clock(word).is_some_and(|(_, _, rest)| rest.is_empty())
}

/// `06/Dec/2022:14:58:14 +0100`, as written by web servers.
pub(super) fn common_log(input: &[u8]) -> Option<Stamp<'_>> {
    let (day, rest) = two_digits(input)?;
    let (month, rest) = english_month(rest.strip_prefix(b"/")?)?;
    let (year, rest) = short_number(rest.strip_prefix(b"/")?, 4)?;
    let ((of_day, fraction), comma, rest) = clock(rest.strip_prefix(b":")?)?;
    let (offset, rest) = zone(rest);
    let wall = WallTime::new(Some(year), (month, day), of_day, fraction, offset);
    Some(Stamp {
        wall,
        comma,
        is_journals: false,
        rest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn shown(stamp: Option<Stamp<'_>>) -> alloc::string::String {
        stamp
            .unwrap()
            .wall
            .unwrap()
            .or(Some(2023), Some(0))
            .to_string()
    }

    #[test]
    fn iso_keeps_fraction_and_offset() {
        for (text, expected) in [
            (
                "2023-01-05T02:12:02.123+08:00 h",
                "2023-01-05T02:12:02.123+08:00",
            ),
            ("2023-01-05T02:12:02+0800 h", "2023-01-05T02:12:02+08:00"),
            (
                "2023-01-05 02:12:02,000001-03:30 h",
                "2023-01-05T02:12:02.000001-03:30",
            ),
            (
                "2022-01-25T10:35:59.109647566Z]",
                "2022-01-25T10:35:59.109647566Z",
            ),
            ("2023/01/05 02:12:02 UTC h", "2023-01-05T02:12:02Z"),
        ] {
            assert_eq!(shown(iso(text.as_bytes())), expected, "{text}");
        }
        assert!(iso(b"2023-13-05T02:12:02Z").unwrap().wall.is_none());
        assert!(iso(b"2023-01/05T02:12:02Z").is_none());
    }

    #[test]
    fn rfc3164_year_anywhere() {
        for text in [
            "Jan  5 02:12:02 host",
            "Jan 5 02:12:02 host",
            "2023 Jan  5 02:12:02 host",
            "Jan  5 2023 02:12:02 host",
            "Jan  5 02:12:02 2023 host",
            "Thu Jan  5 02:12:02 2023 host",
        ] {
            let stamp = rfc3164(text.as_bytes());
            assert_eq!(stamp.unwrap().rest, b" host", "{text}");
            assert_eq!(shown(stamp), "2023-01-05T02:12:02Z", "{text}");
        }
    }

    #[test]
    fn ctime_in_other_locales() {
        for text in [
            "Thu Apr 17 22:43:41 2025",
            "四 4月 17 22:43:41 2025",
            "목  4월 17 22:43:41 2025",
            "Do Apr 17 22:43:41 2025",
            "jeu. avril 17 22:43:41 2025",
            "Чт апр 17 22:43:41 2025",
            "qui 17 abr 22:43:41 2025",
            "2025年 04月 17日 22:43:41",
        ] {
            let wall = ctime(text.as_bytes()).unwrap().unwrap();
            assert_eq!(
                wall.or(None, Some(0)).to_string(),
                "2025-04-17T22:43:41Z",
                "{text}"
            );
        }
        assert_eq!(ctime("X Y 17 22:43:41 2025".as_bytes()), Some(None));
        // Many languages name the half of the day by words: no time is better than a wrong one.
        assert_eq!(ctime(b"Thu 17 Apr 2025 10:43:41 PM CST"), Some(None));
        assert_eq!(ctime(b"not a stamp"), None);
    }

    #[test]
    fn uptime_that_does_not_fit() {
        assert_eq!(printk(b"[18446744073709551615.000000]"), None);
        assert_eq!(printk(b"[    0.000010] x"), Some((10, &b" x"[..])));
        assert_eq!(printk(b"[12345]"), None);
    }

    #[test]
    fn epoch_with_milliseconds() {
        assert_eq!(
            shown(epoch(b"1672884722.123 host")),
            "2023-01-05T02:12:02.123Z"
        );
        assert!(epoch(b"166255 Apr").is_none());
    }

    #[test]
    fn uptimes_of_all_lengths() {
        for (text, micros, rest) in [
            ("12.345678] x", 12_345_678, "] x"),
            ("12.3456] x", 12_345_600, "] x"),
            ("12.3456789] x", 12_345_678, "] x"),
            ("12.34567:] x", 12_345_670, ":] x"),
            ("123456789012.000001] x", 123_456_789_012_000_001, "] x"),
        ] {
            assert_eq!(uptime(text.as_bytes()), Some((micros, rest.as_bytes())));
        }
        for text in [
            "",
            ".345678] x",
            "ab.cdefgh",
            "::.::::::",
            "12. x",
            "12:345678",
        ] {
            assert_eq!(uptime(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn clocks_and_what_follows_them() {
        for (text, rest, fraction) in [
            ("2023-01-05T02:12:02 h", " h", (0, 0)),
            ("2023-01-05T02:12:02.5 h", " h", (500_000_000, 1)),
            ("2023-01-05T02:12:02. h", ". h", (0, 0)),
            ("2023-01-05T02:12:02.1234567891Z h", " h", (123_456_789, 9)),
        ] {
            let stamp = iso(text.as_bytes()).unwrap();
            assert_eq!(stamp.rest, rest.as_bytes(), "{text}");
            let wall = WallTime::new(Some(2023), (1, 5), (2, 12, 2), fraction, None);
            let found = stamp.wall.map(|wall| WallTime {
                offset_minutes: None,
                ..wall
            });
            assert_eq!(found, wall, "{text}");
        }
        assert!(iso(b"2023-01-05T02:12:021 h").is_none());
        assert!(is_clock(b"02:12:02.5") && !is_clock(b"02:12:021") && !is_clock(b"02:12"));
    }

    #[test]
    fn zones_in_numbers() {
        for (zone, offset) in [
            ("+08:00", Some(480)),
            ("+0800", Some(480)),
            ("-0330", Some(-210)),
            ("+14:00", Some(840)),
            ("+08:59", Some(539)),
            ("+15:00", None),
            ("+08:60", None),
            ("+08000", None),
            ("Z", Some(0)),
            ("", None),
        ] {
            let text = std::format!("2023-01-05T02:12:02{zone} h");
            let stamp = iso(text.as_bytes()).unwrap();
            assert_eq!(stamp.wall.unwrap().offset_minutes, offset, "{zone}");
            let rest = if offset.is_some() { "" } else { zone };
            assert_eq!(stamp.rest, std::format!("{rest} h").as_bytes(), "{zone}");
        }
    }

    #[test]
    fn zones_by_name() {
        for (text, rest) in [
            ("2023-01-05 02:12:02 CST h", " h"),
            ("2023-01-05 02:12:02 CEST h", " h"),
            ("2023-01-05 02:12:02 C h", " C h"),
            ("2023-01-05 02:12:02 HOSTNAME h", " HOSTNAME h"),
            ("2023-01-05 02:12:02 host h", " host h"),
            ("2023-01-05 02:12:02 h1 h", " h1 h"),
            // It has one already.
            ("2023-01-05 02:12:02+01:00 CST h", " CST h"),
        ] {
            let mut stamp = iso(text.as_bytes()).unwrap();
            stamp.skip_named_zone();
            assert_eq!(stamp.rest, rest.as_bytes(), "{text}");
        }
        for (text, offset) in [
            ("2026-09-12 10:14:02 UTC", Some(0)),
            ("2026-09-12 10:14:02 GMT", Some(0)),
            ("2026-09-12 10:14:02 +0100", Some(60)),
            ("2026-09-12 10:14:02 CST", None),
            ("2026-09-12 10:14:02", None),
        ] {
            let wall = iso_in_brackets(text.as_bytes()).unwrap().unwrap();
            assert_eq!(wall.offset_minutes, offset, "{text}");
        }
        assert_eq!(iso_in_brackets(b"2026-09-12 10:14:02 x"), None);
    }

    #[test]
    fn who_writes_such_a_date() {
        for (text, is_journals) in [
            ("Jan 05 02:12:02 h", true),
            ("Jan  5 02:12:02.5 h", true),
            ("Jan  5 02:12:02 h", false),
            ("Jan 15 02:12:02 h", false),
        ] {
            assert_eq!(rfc3164(text.as_bytes()).unwrap().is_journals, is_journals);
        }
        let stamp = rfc3164(b"Thu Jan  5 02:12:02 2023").unwrap();
        assert_eq!(
            (stamp.rest, stamp.wall.unwrap().year),
            (&b""[..], Some(2023))
        );
        let names = "JanFebMarAprMayJunJulAugSepOctNovDec".as_bytes();
        for (at, name) in names.chunks(3).enumerate() {
            let month = english_month(name).map(|(month, _)| usize::from(month));
            assert_eq!(month, Some(at + 1));
        }
    }
}
