//! When and where a line was printed, and the ids made from that.

use crate::bytes::{hex, push_number};
use crate::frame::Frame;
use crate::hash::stable_hash;
use crate::limits::{MAX_KILL_BACKSTEP_US, MAX_REPORT_BACKSTEP_US, MAX_REPORT_GAP_US, MAX_WAIT_US};
use crate::source::Origin;
use crate::time::WallTime;
use alloc::string::String;

/// The data of a line's frame besides its text, of which there is only a hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stamp {
    pub(crate) kernel_time_us: Option<u64>,
    pub(crate) wall: Option<WallTime>,
    pub(crate) sequence: Option<u64>,
    pub(crate) origin: Origin,
    /// Hash of the text, for ids; 0 if the line is none of the killer's, or its report has other lines before it.
    pub(crate) hash: u64,
    /// Hash of `caller=`.
    pub(crate) caller: Option<u64>,
    /// The line's number in its stream.
    pub(crate) line: u64,
    /// How many bytes after the start of the log it ends.
    pub(crate) at: u64,
}

/// The second of a stamp, on the kernel's clock or the wall clock, in few bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Second {
    number: u32,
    is_wall: bool,
}

impl Second {
    /// The time between the two, if they are on the same clock.
    pub(crate) fn since(self, other: Self) -> Option<u32> {
        let gap = self.number.wrapping_sub(other.number);
        (self.is_wall == other.is_wall).then(|| gap.min(gap.wrapping_neg()))
    }
}

impl Stamp {
    pub(crate) fn second(&self) -> Option<Second> {
        let (micros, is_wall) = match (self.kernel_time_us, &self.wall) {
            (Some(micros), _) => (micros, false),
            (None, Some(wall)) => (wall_us(wall)?.cast_unsigned(), true),
            (None, None) => return None,
        };
        // Only differences matter, so the lowest digits are enough.
        let number = u32::try_from((micros / 1_000_000) & 0xffff_ffff).ok()?;
        Some(Second { number, is_wall })
    }

    pub(crate) fn of(frame: &Frame<'_>, line: u64, at: u64) -> Self {
        Self {
            kernel_time_us: frame.kernel_time_us,
            wall: frame.wall,
            sequence: frame.sequence,
            origin: frame.origin(),
            hash: 0,
            caller: frame.caller.as_deref().map(|caller| stable_hash(&[caller])),
            line,
            at,
        }
    }

    /// Microseconds from `earlier` to this stamp, if both show the same kind of clock.
    pub(crate) fn since(&self, earlier: &Self) -> Option<i64> {
        if let (Some(now), Some(then)) = (self.kernel_time_us, earlier.kernel_time_us) {
            return i64::try_from(now)
                .ok()?
                .checked_sub(i64::try_from(then).ok()?);
        }
        let (now, then) = (
            wall_us(self.wall.as_ref()?)?,
            wall_us(earlier.wall.as_ref()?)?,
        );
        now.checked_sub(then)
    }

    /// Whether a line with this stamp can belong to a report whose last line has `earlier`.
    pub(crate) fn follows(&self, earlier: &Self) -> bool {
        self.follows_within(earlier, MAX_REPORT_GAP_US)
    }

    /// The same with a different limit for the gap.
    #[inline]
    pub(crate) fn follows_within(&self, earlier: &Self, max_us: u64) -> bool {
        if let (Some(now), Some(then)) = (self.kernel_time_us, earlier.kernel_time_us)
            && (now | then) >> (u64::BITS - 1) == 0
        {
            let gap = now.wrapping_sub(then);
            return gap <= max_us || gap.wrapping_neg() <= MAX_REPORT_BACKSTEP_US;
        }
        self.is_within_us(earlier, MAX_REPORT_BACKSTEP_US, max_us)
    }

    /// Whether the clock went back and forward by at most this much, if both show one.
    fn is_within_us(&self, earlier: &Self, max_back_us: u64, max_us: u64) -> bool {
        let [back, on] = [max_back_us, max_us].map(|us| i64::try_from(us).unwrap_or(i64::MAX));
        self.since(earlier)
            .is_none_or(|gap| (back.wrapping_neg()..=on).contains(&gap))
    }

    /// Whether a line with this stamp can belong to a copy of a report that has a line with the other stamp.
    pub(crate) fn is_around(&self, other: &Self) -> bool {
        self.is_within_us(other, MAX_REPORT_GAP_US, MAX_REPORT_GAP_US)
    }

    /// Whether one task can have printed both: no line shows another one.
    pub(crate) fn same_caller(&self, other: &Self) -> bool {
        self.caller.is_none() || other.caller.is_none() || self.caller == other.caller
    }

    /// Whether the same task can have printed a line with this stamp after one with `earlier`.
    pub(crate) fn is_after(&self, earlier: &Self) -> bool {
        self.same_caller(earlier)
            && self.is_within_us(earlier, MAX_KILL_BACKSTEP_US, MAX_REPORT_GAP_US)
            && !self.is_earlier_record(earlier)
    }

    /// Whether the records are numbered, and this one comes before the other.
    pub(crate) fn is_earlier_record(&self, other: &Self) -> bool {
        self.sequence < other.sequence && self.sequence.is_some()
    }

    /// Whether the clock, or the record's number, is lower than that of the line before.
    pub(crate) fn steps_back_from(&self, before: &Self) -> bool {
        !self.is_within_us(before, MAX_KILL_BACKSTEP_US, u64::MAX) || self.is_earlier_record(before)
    }

    /// Whether it is too late to wait for what a line with `earlier` began.
    pub(crate) fn is_too_late_for(&self, earlier: &Self) -> bool {
        let most = i64::try_from(MAX_WAIT_US).unwrap_or(i64::MAX);
        self.since(earlier).is_some_and(|gap| gap > most)
    }

    /// Whether records between the two are missing, if they are numbered and all that came were counted.
    pub(crate) fn misses_records_since(&self, earlier: &Self) -> bool {
        match (self.sequence, earlier.sequence) {
            (Some(now), Some(then)) => {
                now.wrapping_sub(then) > self.line.wrapping_sub(earlier.line)
            }
            _ => false,
        }
    }

    /// Whether at most this many lines are between the two in their stream.
    pub(crate) fn is_within(&self, earlier: &Self, lines: u32) -> bool {
        self.line.wrapping_sub(earlier.line) <= u64::from(lines)
    }

    /// A key that a line and a copy of it have in common.
    pub(crate) fn key(&self) -> u64 {
        let time = match (self.kernel_time_us, self.wall.as_ref().and_then(wall_us)) {
            (Some(time), _) => time.to_le_bytes(),
            (None, Some(time)) => time.to_le_bytes(),
            (None, None) => [0; 8],
        };
        stable_hash(&[&time, &self.hash.to_le_bytes()])
    }

    /// An id for what this line says; `None` if it has nothing stable.
    pub(crate) fn id(&self, boot_id: Option<&[u8]>, host: &[u8]) -> Option<String> {
        let time = self.kernel_time_us.map(u64::to_le_bytes);
        if let Some(sequence) = self.sequence {
            let of = match boot_id {
                Some(boot_id) => stable_hash(&[boot_id]),
                None => stable_hash(&[host, &time.unwrap_or_default()]),
            };
            let mut id = hex(&of.to_be_bytes());
            id.push(':');
            push_number(&mut id, sequence, 1);
            return Some(id);
        }
        let of = if let Some(time) = time {
            stable_hash(&[
                boot_id.unwrap_or_default(),
                host,
                &time,
                &self.hash.to_le_bytes(),
            ])
        } else {
            let wall = self.wall?;
            let parts = [wall.month, wall.day, wall.hour, wall.minute, wall.second];
            let (year, nanos) = (
                wall.year.unwrap_or(0).to_le_bytes(),
                wall.nanos.to_le_bytes(),
            );
            stable_hash(&[host, &year, &parts, &nanos, &self.hash.to_le_bytes()])
        };
        Some(hex(&of.to_be_bytes()))
    }
}

impl Frame<'_> {
    /// The `id` of an event that only this line reports; `None` if the line has nothing stable.
    ///
    /// # Example
    /// ```
    /// use oomparse_core::{Framer, Options, parse_all};
    /// let line = b"[12.5] Killed process 4021 (mysqld)";
    /// let frame = Framer::new().frame(line).unwrap();
    /// assert_eq!(frame.id(), parse_all(line, &Options::new()).next().unwrap().id);
    /// ```
    #[must_use]
    pub fn id(&self) -> Option<String> {
        let host = self.host.as_deref().unwrap_or_default();
        let stamp = Stamp {
            hash: stable_hash(&[&self.message]),
            ..Stamp::of(self, 0, 0)
        };
        stamp.id(self.boot_id.as_deref(), host)
    }
}

/// Microseconds since the start of an unknown year: for differences within one year.
fn wall_us(wall: &WallTime) -> Option<i64> {
    const DAYS_BEFORE: [i64; 12] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];
    let month = usize::from(wall.month).checked_sub(1)?;
    let days = DAYS_BEFORE.get(month)?.checked_add(i64::from(wall.day))?;
    let days = days.checked_add(i64::from(wall.year.unwrap_or(0)).checked_mul(366)?)?;
    let minutes = i64::from(wall.hour)
        .checked_mul(60)?
        .checked_add(i64::from(wall.minute))?
        .checked_sub(i64::from(wall.offset_minutes.unwrap_or(0)))?;
    days.checked_mul(86_400)?
        .checked_add(minutes.checked_mul(60)?)?
        .checked_add(i64::from(wall.second))?
        .checked_mul(1_000_000)?
        .checked_add(i64::from(wall.nanos / 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(
            stable_hash(&[b"Killed process 7 (java)", b""]),
            HASH_OF_SAMPLE
        );
        assert_ne!(stable_hash(&[b"ab", b"c"]), stable_hash(&[b"a", b"bc"]));
    }

    const HASH_OF_SAMPLE: u64 = 1_776_846_544_802_827_665;

    #[test]
    fn only_numbered_records_come_before_others() {
        let numbered = |sequence| Stamp {
            sequence,
            ..Stamp::default()
        };
        for (one, other, is_earlier) in [
            (Some(3), Some(4), true),
            (Some(4), Some(4), false),
            (Some(4), Some(3), false),
            (Some(4), None, false),
            (None, Some(4), false),
            (None, None, false),
        ] {
            let found = numbered(one).is_earlier_record(&numbered(other));
            assert_eq!(found, is_earlier, "{one:?} {other:?}");
        }
    }

    /// A numbered record on this line of its stream.
    fn record(sequence: Option<u64>, line: u64) -> Stamp {
        Stamp {
            sequence,
            line,
            ..Stamp::default()
        }
    }

    fn at(micros: u64) -> Stamp {
        Stamp {
            kernel_time_us: Some(micros),
            ..Stamp::default()
        }
    }

    #[test]
    fn records_are_missing_if_there_are_more_numbers_than_lines() {
        for (now, misses) in [
            (record(Some(12), 7), false),
            (record(Some(12), 6), true),
            (record(Some(11), 7), false),
            (record(None, 6), false),
        ] {
            let then = record(Some(10), 5);
            assert_eq!(now.misses_records_since(&then), misses, "{now:?}");
            assert!(!now.misses_records_since(&record(None, 5)));
        }
    }

    #[test]
    fn lines_between_two_are_counted() {
        let within = |lines: u64| record(None, 5 + lines).is_within(&record(None, 5), 3);
        assert_eq!([0, 3, 4].map(within), [true, true, false]);
    }

    #[test]
    fn how_far_clocks_may_go_within_a_report() {
        use crate::limits::MAX_REPORT_GAP_US as GAP;
        const THEN: u64 = 100_000_000;
        let then = at(THEN);
        let back = THEN - MAX_REPORT_BACKSTEP_US;
        for (now, follows) in [
            (THEN + GAP, true),
            (THEN + GAP + 1, false),
            (back, true),
            (back - 1, false),
        ] {
            assert_eq!(at(now).follows(&then), follows, "{now}");
        }
        for (now, is_around) in [
            (THEN + GAP, true),
            (THEN + GAP + 1, false),
            (THEN - GAP, true),
            (THEN - GAP - 1, false),
        ] {
            assert_eq!(at(now).is_around(&then), is_around, "{now}");
        }
        let back = THEN - MAX_KILL_BACKSTEP_US;
        for (now, is_back) in [(THEN + GAP + 1, false), (back, false), (back - 1, true)] {
            assert_eq!(at(now).steps_back_from(&then), is_back, "{now}");
        }
        for (now, is_after) in [
            (THEN + GAP, true),
            (THEN + GAP + 1, false),
            (back, true),
            (back - 1, false),
        ] {
            assert_eq!(at(now).is_after(&then), is_after, "{now}");
        }
        let late = |now: u64| at(now).is_too_late_for(&then);
        assert_eq!(
            [THEN + MAX_WAIT_US, THEN + MAX_WAIT_US + 1].map(late),
            [false, true]
        );
        // Without a clock nothing is excluded, and no clock reads so high.
        let none = Stamp::default();
        assert!(none.follows(&then) && none.is_around(&then) && !none.steps_back_from(&then));
        assert!(!none.is_too_late_for(&then));
        assert!(at(u64::MAX).follows(&at(1)));
    }

    #[test]
    fn a_stamp_of_another_task_is_another_tasks() {
        let of = |caller: Option<u64>| Stamp {
            caller,
            ..at(100_000_000)
        };
        for (one, other, same) in [
            (None, None, true),
            (Some(1), None, true),
            (None, Some(1), true),
            (Some(1), Some(1), true),
            (Some(1), Some(2), false),
        ] {
            assert_eq!(of(one).same_caller(&of(other)), same);
            assert_eq!(of(one).is_after(&of(other)), same);
        }
        let numbered = |sequence| Stamp {
            sequence: Some(sequence),
            ..at(100_000_000)
        };
        assert!(!numbered(3).is_after(&numbered(4)));
        assert!(numbered(3).steps_back_from(&numbered(4)));
    }

    #[test]
    fn wall_clocks_are_compared_across_zones_and_months() {
        let wall = |month: u8, day: u8, hour: u8, offset_minutes: Option<i16>| Stamp {
            wall: Some(WallTime {
                year: Some(2023),
                month,
                day,
                hour,
                minute: 30,
                second: 5,
                nanos: 250_000_000,
                fraction_digits: 3,
                offset_minutes,
            }),
            ..Stamp::default()
        };
        let hour = 3_600_000_000;
        let then = wall(1, 31, 23, Some(0));
        for (now, gap) in [
            (wall(2, 1, 0, Some(0)), hour),
            (wall(2, 1, 1, Some(60)), hour),
            (wall(1, 31, 22, Some(0)), -hour),
            (wall(1, 31, 23, None), 0),
        ] {
            assert_eq!(now.since(&then), Some(gap), "{now:?}");
        }
        let none = Stamp::default();
        assert_eq!(none.since(&then), None);
        // Seconds are of one clock or of the other.
        let second = |stamp: &Stamp| stamp.second().unwrap();
        assert_eq!(
            second(&wall(2, 1, 0, Some(0))).since(second(&then)),
            Some(3600)
        );
        assert_eq!(
            second(&then).since(second(&wall(2, 1, 0, Some(0)))),
            Some(3600)
        );
        assert_eq!(
            second(&at(9_999_999)).since(second(&at(5_000_000))),
            Some(4)
        );
        assert_eq!(second(&at(5_000_000)).since(second(&then)), None);
        assert!(none.second().is_none());
    }
}
