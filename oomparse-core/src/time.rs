//! The time in a log line's prefix. This crate has no clock.

use crate::bytes::push_number;
use alloc::string::String;
use core::fmt;

/// A wall-clock time as a prefix printed it; year and time zone may be missing.
///
/// [`Display`](fmt::Display) writes RFC 3339 if both are known, and nothing otherwise.
///
/// # Example
/// ```
/// use oomparse_core::WallTime;
/// let time = WallTime::from_unix_micros(1_672_884_722_000_000).unwrap();
/// assert_eq!(time.to_string(), "2023-01-05T02:12:02.000000Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WallTime {
    /// Year (AD), if the prefix shows it.
    pub year: Option<u16>,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
    /// Nanoseconds; only the first [`fraction_digits`](Self::fraction_digits) digits were printed.
    pub nanos: u32,
    /// How many digits of the second's fraction the prefix shows, 0 to 9.
    pub fraction_digits: u8,
    /// Minutes east of UTC, if the prefix shows a time zone.
    pub offset_minutes: Option<i16>,
}

impl WallTime {
    /// A time whose fields are in range, else `None`.
    #[must_use]
    pub fn new(
        year: Option<u16>,
        (month, day): (u8, u8),
        (hour, minute, second): (u8, u8, u8),
        (nanos, fraction_digits): (u32, u8),
        offset_minutes: Option<i16>,
    ) -> Option<Self> {
        let sound = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour <= 23
            && minute <= 59
            && second <= 60
            && nanos < 1_000_000_000
            && fraction_digits <= 9
            && year.is_none_or(|year| (1970..=9999).contains(&year))
            && offset_minutes.is_none_or(|offset| (-1439..=1439).contains(&offset));
        sound.then_some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanos,
            fraction_digits,
            offset_minutes,
        })
    }

    /// From microseconds since 1970 in UTC, like journald's `__REALTIME_TIMESTAMP`.
    #[must_use]
    pub fn from_unix_micros(micros: u64) -> Option<Self> {
        let seconds = micros / 1_000_000;
        let nanos = u32::try_from(micros % 1_000_000).ok()?.checked_mul(1000)?;
        let (year, month, day) = civil_from_days(i64::try_from(seconds / 86_400).ok()?)?;
        let of_day = u32::try_from(seconds % 86_400).ok()?;
        let part = |value: u32| u8::try_from(value).ok();
        Self::new(
            Some(year),
            (month, day),
            (
                part(of_day / 3600)?,
                part(of_day / 60 % 60)?,
                part(of_day % 60)?,
            ),
            (nanos, 6),
            Some(0),
        )
    }

    /// Whether year and time zone are known, so that the time can be written.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.year.is_some() && self.offset_minutes.is_some()
    }

    /// Fills in what the prefix did not show.
    #[must_use]
    pub fn or(mut self, year: Option<u16>, offset_minutes: Option<i16>) -> Self {
        self.year = self.year.or(year);
        self.offset_minutes = self.offset_minutes.or(offset_minutes);
        self
    }
}

impl WallTime {
    /// The output of `Display`: empty unless year and zone are known.
    pub(crate) fn text(self) -> String {
        let mut out = String::new();
        let (Some(year), Some(offset)) = (self.year, self.offset_minutes) else {
            return out;
        };
        push_number(&mut out, u64::from(year), 4);
        for (mark, part) in [
            ('-', self.month),
            ('-', self.day),
            ('T', self.hour),
            (':', self.minute),
            (':', self.second),
        ] {
            out.push(mark);
            push_number(&mut out, u64::from(part), 2);
        }
        if self.fraction_digits > 0 {
            let drop = u32::from(9u8.saturating_sub(self.fraction_digits));
            let shown = self
                .nanos
                .checked_div(10u32.saturating_pow(drop))
                .unwrap_or(0);
            out.push('.');
            push_number(
                &mut out,
                u64::from(shown),
                usize::from(self.fraction_digits),
            );
        }
        if offset == 0 {
            out.push('Z');
            return out;
        }
        let minutes = offset.unsigned_abs();
        for (mark, part) in [
            (if offset < 0 { '-' } else { '+' }, minutes / 60),
            (':', minutes % 60),
        ] {
            out.push(mark);
            push_number(&mut out, u64::from(part), 2);
        }
        out
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// Days since 1970-01-01 to year, month, day (proleptic Gregorian calendar).
fn civil_from_days(days: i64) -> Option<(u16, u8, u8)> {
    // Counted in eras of 400 years that begin on 1 March, so that the leap day is the last day of a year.
    let shifted = days.checked_add(719_468)?;
    let era = shifted.checked_div_euclid(146_097)?;
    let of_era = shifted.checked_rem_euclid(146_097)?;
    let year_of_era = of_era
        .checked_sub(of_era / 1460)?
        .checked_add(of_era / 36_524)?
        .checked_sub(of_era / 146_096)?
        / 365;
    let leap_days = (year_of_era / 4).checked_sub(year_of_era / 100)?;
    let of_year = of_era.checked_sub(year_of_era.checked_mul(365)?.checked_add(leap_days)?)?;
    let march_month = of_year.checked_mul(5)?.checked_add(2)? / 153;
    let month_start = march_month.checked_mul(153)?.checked_add(2)? / 5;
    let day = of_year.checked_sub(month_start)?.checked_add(1)?;
    let month = if march_month < 10 {
        march_month.checked_add(3)?
    } else {
        march_month.checked_sub(9)?
    };
    let year = year_of_era
        .checked_add(era.checked_mul(400)?)?
        .checked_add(i64::from(month <= 2))?;
    Some((
        u16::try_from(year).ok()?,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn unix_time_over_leap_days() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_709_251_199_999_999, "2024-02-29T23:59:59.999999Z"),
            (4_102_444_800_000_000, "2100-01-01T00:00:00.000000Z"),
        ] {
            assert_eq!(
                WallTime::from_unix_micros(micros).unwrap().to_string(),
                text
            );
        }
    }

    #[test]
    fn without_year_or_zone_nothing_is_written() {
        let time = WallTime::new(None, (4, 18), (0, 37, 34), (0, 0), None).unwrap();
        assert_eq!(time.to_string(), "");
        assert_eq!(
            time.or(Some(2015), Some(-210)).to_string(),
            "2015-04-18T00:37:34-03:30"
        );
    }

    #[test]
    fn the_fraction_keeps_its_digits() {
        let time = WallTime::new(Some(2023), (1, 5), (2, 12, 2), (50_000_000, 3), Some(480));
        assert_eq!(time.unwrap().to_string(), "2023-01-05T02:12:02.050+08:00");
    }
}
