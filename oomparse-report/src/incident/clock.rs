//! When a report of a death was made.

use crate::unix_seconds;
use oomparse_core::{OomEvent, WallTime};
use std::collections::HashMap;

/// A moment on the clocks that an event shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Microseconds since 1970.
    pub(super) wall_us: Option<i64>,
    /// Microseconds on the clock of its machine, if year or time zone are unknown.
    pub(super) local_us: Option<i64>,
    /// Microseconds since boot.
    pub(super) boot_us: Option<i64>,
}

impl Moment {
    /// Microseconds between two events; on a machine's own clocks only if both come from it.
    pub(super) fn distance(self, other: Self, is_one_host: bool) -> Option<u64> {
        if let (Some(one), Some(two)) = (self.wall_us, other.wall_us) {
            return Some(one.abs_diff(two));
        }
        let own = [
            (self.local_us, other.local_us),
            (self.boot_us, other.boot_us),
        ];
        let mut own = own.into_iter().filter(|_| is_one_host);
        own.find_map(|(one, two)| Some(one?.abs_diff(two?)))
    }
}

/// Microseconds since 1970, for a complete time.
pub(super) fn wall_us(time: &WallTime) -> Option<i64> {
    time.is_complete().then(|| micros(time))?
}

/// Microseconds on a clock whose year or time zone is unknown; without a year, as in a leap year.
fn local_us(time: &WallTime) -> Option<i64> {
    const LEAP_YEAR: u16 = 2000;
    (!time.is_complete()).then(|| micros(&time.or(Some(LEAP_YEAR), Some(0))))?
}

fn micros(time: &WallTime) -> Option<i64> {
    let micros = i64::from(time.nanos / 1000);
    unix_seconds(time)?
        .checked_mul(1_000_000)?
        .checked_add(micros)
}

/// Pairs of both clocks, for each host.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    pairs: HashMap<Option<String>, Vec<(i64, i64)>>,
}

impl Clocks {
    pub(super) fn of<'e>(events: impl Iterator<Item = &'e OomEvent>) -> Self {
        let mut pairs: HashMap<Option<String>, Vec<(i64, i64)>> = HashMap::new();
        for event in events {
            let wall = event
                .time
                .as_ref()
                .filter(|_| !event.time_estimated)
                .and_then(wall_us);
            if let (Some(boot), Some(wall)) = (boot_us(event), wall) {
                let host = event.host.as_ref().map(ToString::to_string);
                pairs.entry(host).or_default().push((boot, wall));
            }
        }
        for list in pairs.values_mut() {
            list.sort_unstable();
        }
        Self { pairs }
    }

    /// An event's moment; the time since boot is converted by the nearest pair of its host.
    pub(super) fn moment(&self, event: &OomEvent) -> Moment {
        let boot_us = boot_us(event);
        let wall_us = event.time.as_ref().and_then(wall_us).or_else(|| {
            let host = event.host.as_ref().map(ToString::to_string);
            let (boot, wall) = nearest(self.pairs.get(&host)?, boot_us?)?;
            wall.checked_add(boot_us?.checked_sub(boot)?)
        });
        Moment {
            wall_us,
            local_us: event.time.as_ref().and_then(local_us),
            boot_us,
        }
    }
}

fn boot_us(event: &OomEvent) -> Option<i64> {
    i64::try_from(event.kernel_time_us?).ok()
}

fn nearest(pairs: &[(i64, i64)], boot: i64) -> Option<(i64, i64)> {
    let at = pairs.partition_point(|(known, _)| *known < boot);
    let around = [at.checked_sub(1), Some(at)];
    let known = around.into_iter().flatten().filter_map(|at| pairs.get(at));
    known.min_by_key(|(known, _)| known.abs_diff(boot)).copied()
}
