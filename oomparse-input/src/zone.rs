//! `--timezone`: a fixed offset, or a zone whose offset depends on the date.

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};
use oomparse_core::WallTime;
use std::str::FromStr;

/// A time zone as the user names it.
#[derive(Clone, Debug)]
pub enum Zone {
    /// Minutes east of UTC.
    Fixed(i16),
    /// A zone with rules, by its IANA name or the machine's own.
    Named(TimeZone),
}

impl FromStr for Zone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if matches!(text, "Z" | "z") || text.eq_ignore_ascii_case("utc") {
            return Ok(Self::Fixed(0));
        }
        if text.starts_with(['+', '-']) {
            return fixed(text)
                .map(Self::Fixed)
                .ok_or_else(|| "an offset looks like +08:00".to_owned());
        }
        if text == "local" {
            return TimeZone::try_system()
                .map(Self::Named)
                .map_err(|error| format!("this machine's zone is not known: {error}"));
        }
        TimeZone::get(text).map(Self::Named).map_err(|_| {
            "no such zone; write +08:00, UTC, local, or a name such as Asia/Shanghai".to_owned()
        })
    }
}

/// `+08:00`, `+0800`, `+08` as minutes east of UTC.
fn fixed(text: &str) -> Option<i16> {
    let (sign, digits) = (text.get(..1)?, text.get(1..)?);
    let digits = digits.replacen(':', "", 1);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i16>().ok()?, 0),
        4 => (
            digits.get(..2)?.parse().ok()?,
            digits.get(2..)?.parse().ok()?,
        ),
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let east = hours * 60 + minutes;
    Some(if sign == "-" { -east } else { east })
}

/// Adds to a time without a time zone the offset that `zone` had then.
///
/// In the hour that a clock change repeats or skips, the offset is unknown, and the time stays without one.
#[must_use]
pub fn complete(time: WallTime, zone: &TimeZone) -> WallTime {
    if time.offset_minutes.is_some() {
        return time;
    }
    time.or(None, offset_minutes(time, zone))
}

/// The date and time of day without the time zone; `None` if the year is unknown.
#[must_use]
pub fn civil(time: WallTime) -> Option<civil::DateTime> {
    let small = |value: u8| i8::try_from(value).ok();
    civil::DateTime::new(
        i16::try_from(time.year?).ok()?,
        small(time.month)?,
        small(time.day)?,
        small(time.hour)?,
        small(time.minute)?,
        // A leap second cannot be represented: the second before is used.
        small(time.second.min(59))?,
        i32::try_from(time.nanos).ok()?,
    )
    .ok()
}

fn offset_minutes(time: WallTime, zone: &TimeZone) -> Option<i16> {
    match zone.to_ambiguous_timestamp(civil(time)?).offset() {
        // Offsets of before 1900 had seconds; RFC 3339 cannot write them.
        AmbiguousOffset::Unambiguous { offset } if offset.seconds() % 60 == 0 => {
            i16::try_from(offset.seconds() / 60).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: &str, (month, day): (u8, u8), hour: u8) -> String {
        let Ok(Zone::Named(zone)) = zone.parse() else {
            panic!("{zone} is a name");
        };
        let time = WallTime::new(Some(2023), (month, day), (hour, 30, 0), (0, 0), None).unwrap();
        complete(time, &zone).to_string()
    }

    #[test]
    fn fixed_offsets() {
        for (text, minutes) in [
            ("+08:00", 480),
            ("-0330", -210),
            ("+05", 300),
            ("Z", 0),
            ("utc", 0),
            ("-00:30", -30),
        ] {
            assert!(
                matches!(text.parse(), Ok(Zone::Fixed(m)) if m == minutes),
                "{text}"
            );
        }
        for text in [
            "+8",
            "+08:0",
            "+24:00",
            "+08:60",
            "+",
            "+aa:bb",
            "Mars/Olympus",
            "",
            "+é1",
        ] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_date_decides_the_offset() {
        assert_eq!(at("Europe/Berlin", (1, 5), 2), "2023-01-05T02:30:00+01:00");
        assert_eq!(at("Europe/Berlin", (7, 5), 2), "2023-07-05T02:30:00+02:00");
        assert_eq!(at("Asia/Kolkata", (7, 5), 2), "2023-07-05T02:30:00+05:30");
    }

    #[test]
    fn a_repeated_or_missing_hour_has_no_offset() {
        assert_eq!(at("Europe/Berlin", (10, 29), 2), "");
        assert_eq!(at("Europe/Berlin", (3, 26), 2), "");
    }

    #[test]
    fn a_zone_in_the_log_wins() {
        let time = WallTime::new(Some(2023), (1, 5), (2, 0, 0), (0, 0), Some(-60)).unwrap();
        assert_eq!(complete(time, &TimeZone::get("Asia/Tokyo").unwrap()), time);
    }
}
