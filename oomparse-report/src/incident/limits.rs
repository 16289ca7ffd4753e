//! The bounds of what is correlated, each with its reason.

/// Voices that are held at a time. One takes about three kilobytes with what is noted of it, so that these stay below
/// 64 MiB; a node on which a container dies each minute, and five voices report it, says as many in three days.
pub const MAX_VOICES: usize = 20_000;

/// How much older than the newest voice an incident's last one may be before the incident is emitted, in microseconds: 31 days.
///
/// Voices of one death are a minute apart at most; what comes late is another file's, or the status of a pod that
/// still shows its last end. Events live an hour, a journal weeks, and a pod that has run on for a month has no
/// death to explain.
pub const MAX_AGE_US: u64 = 31 * 86_400 * 1_000_000;

/// Voices among which none is too old: they take 12 MiB, and one with a wrong clock shall not make all others old.
pub const MAX_FRESH: usize = 4_096;

/// Ids that are remembered, to know what is reported again; past them all are forgotten. 16 MiB, and each event of a year
/// with a death a minute.
pub(super) const MAX_REPORTED: usize = 1 << 20;

/// Incidents of one name that are looked at, the latest first: a container that is killed again and again has
/// its last ones near in time.
pub(super) const MAX_TRIED: usize = 256;
