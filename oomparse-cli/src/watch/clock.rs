//! Converts printk's clock to wall-clock time, while a record is being read.
//!
//! printk's clock and `CLOCK_MONOTONIC` both stop while the machine is suspended, but they start at different
//! times and drift. So their distance is measured at records that were just written: poll wakes up within
//! milliseconds. For records that are read late (a backlog) it is an estimate: nobody knows how long the machine
//! was suspended in between.

use oomparse_core::WallTime;
use rustix::time::{ClockId, clock_gettime};

/// A record that is older than this when it is read was not read live.
const LIVE_US: i64 = 1_000_000;

/// A smaller change of the suspend time is not a suspend: the clocks are read one after the other.
const NO_SLEEP_US: i64 = 10_000;

/// The machine's clocks at one moment, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) real: i64,
    pub(crate) monotonic: i64,
    pub(crate) boot: i64,
}

impl Moment {
    pub(crate) fn now() -> Self {
        let micros = |clock| {
            let time = clock_gettime(clock);
            time.tv_sec * 1_000_000 + time.tv_nsec / 1000
        };
        Self {
            real: micros(ClockId::Realtime),
            monotonic: micros(ClockId::Monotonic),
            boot: micros(ClockId::Boottime),
        }
    }

    fn asleep(self) -> i64 {
        self.boot - self.monotonic
    }
}

/// What is known about the clocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// `CLOCK_MONOTONIC` minus printk's clock, measured live.
    distance: Option<i64>,
    /// Everything was read: the next record is live.
    drained: bool,
    /// Suspend time since boot, when everything was read.
    asleep: Option<i64>,
    anchor: Option<Anchor>,
}

/// A record and its time.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    kernel: i64,
    real: i64,
    estimated: bool,
}

impl Clock {
    /// Notes that everything was read.
    pub(crate) fn drained(&mut self, now: Moment) {
        self.drained = true;
        self.asleep = Some(now.asleep());
    }

    /// Notes that a record with this time was read.
    pub(crate) fn read(&mut self, kernel_us: u64, now: Moment) {
        let kernel = i64::try_from(kernel_us).unwrap_or(i64::MAX);
        let distance = now.monotonic.saturating_sub(kernel);
        if self.drained {
            // The first one after silence. Late ones change it only a little: the reader may have been slow.
            self.distance = Some(match self.distance {
                Some(known) if distance > known => known + (distance - known).min(LIVE_US) / 8,
                _ => distance,
            });
        }
        let age = distance.saturating_sub(self.distance.unwrap_or(0)).max(0);
        let slept = self
            .asleep
            .is_none_or(|asleep| (now.asleep() - asleep).abs() > NO_SLEEP_US);
        self.drained = false;
        self.anchor = Some(Anchor {
            kernel,
            real: now.real.saturating_sub(age),
            estimated: age > LIVE_US || slept,
        });
    }

    /// The time of a record near the last one that was read, and whether it is an estimate.
    pub(crate) fn wall(&self, kernel_us: u64) -> Option<(WallTime, bool)> {
        let anchor = self.anchor?;
        let back = anchor.kernel.saturating_sub(i64::try_from(kernel_us).ok()?);
        let real = u64::try_from(anchor.real.saturating_sub(back)).ok()?;
        Some((WallTime::from_unix_micros(real)?, anchor.estimated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    /// 1,000 s after boot at 2023-01-05T02:12:02Z, printk's clock 5 s ahead of none.
    fn at(seconds: i64, asleep: i64) -> Moment {
        Moment {
            real: 1_672_884_722 * SECOND + (seconds - 1000 + asleep) * SECOND,
            monotonic: seconds * SECOND,
            boot: (seconds + asleep) * SECOND,
        }
    }

    fn told(clock: &Clock, kernel_us: u64) -> (String, bool) {
        let (wall, estimated) = clock.wall(kernel_us).unwrap();
        (wall.to_string(), estimated)
    }

    #[test]
    fn a_live_record_has_the_time_of_reading() {
        let mut clock = Clock::default();
        clock.drained(at(999, 0));
        clock.read(995_000_000, at(1000, 0));
        assert_eq!(
            told(&clock, 995_000_000),
            ("2023-01-05T02:12:02.000000Z".into(), false)
        );
        assert_eq!(
            told(&clock, 994_500_000),
            ("2023-01-05T02:12:01.500000Z".into(), false)
        );
    }

    #[test]
    fn sleep_is_in_the_time_of_what_comes_after_it() {
        let mut clock = Clock::default();
        clock.drained(at(999, 0));
        clock.read(999_000_000, at(1000, 0));
        clock.drained(at(1000, 0));
        // An hour suspended; the first record may have been written before it.
        clock.read(1_000_000_000, at(1001, 3600));
        assert!(told(&clock, 1_000_000_000).1);
        clock.drained(at(1001, 3600));
        clock.read(1_001_000_000, at(1002, 3600));
        assert_eq!(
            told(&clock, 1_001_000_000),
            ("2023-01-05T03:12:04.000000Z".into(), false)
        );
    }

    #[test]
    fn a_backlog_is_an_estimate() {
        let mut clock = Clock::default();
        clock.read(400_000_000, at(1000, 0));
        assert_eq!(
            told(&clock, 400_000_000),
            ("2023-01-05T02:02:02.000000Z".into(), true)
        );
        clock.drained(at(1000, 0));
        clock.read(1_000_000_000, at(1001, 0));
        clock.read(1_000_000_000, at(1031, 0));
        assert_eq!(
            told(&clock, 1_000_000_000),
            ("2023-01-05T02:12:03.000000Z".into(), true)
        );
    }
}
