//! Times as nanoseconds since 1970.

use crate::zone;
use jiff::tz::Offset;
use oomparse_core::WallTime;
use rustix::time::{ClockId, clock_gettime};

/// The machine's clock.
pub(crate) fn now() -> i128 {
    let now = clock_gettime(ClockId::Realtime);
    i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec)
}

/// A log's time; `None` if the log shows no full date with a time zone.
pub(crate) fn nanos_of(time: WallTime) -> Option<i128> {
    let civil = zone::civil(time)?;
    let offset = Offset::from_seconds(i32::from(time.offset_minutes?) * 60).ok()?;
    Some(offset.to_timestamp(civil).ok()?.as_nanosecond())
}
