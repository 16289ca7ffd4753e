//! `oom_kill_process: N callbacks suppressed`: reports that the rate limit suppressed.
//!
//! `___ratelimit` (lib/ratelimit.c), level 4, right before the next report that is allowed. The name is that of
//! the limiting function; others (`warn_alloc`) have nothing to do with OOM kills.
//! Samples: `oom_kill_process: 20 callbacks suppressed` (6.18) and `oom_kill_process: 1520 callbacks suppressed` (4.19).

use super::Line;
use super::common::number;

/// Reads the line; returns the count.
pub(super) fn suppressed(message: &[u8]) -> Option<u64> {
    let rest = message.strip_prefix(b"oom_kill_process: ")?;
    let (rest, count) = number(rest).ok()?;
    rest.starts_with(b" callbacks suppressed").then_some(count)
}

pub(super) fn line(message: &[u8]) -> Option<Line<'_>> {
    suppressed(message).map(Line::Suppressed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suppressed_count() {
        assert_eq!(
            suppressed(b"oom_kill_process: 1520 callbacks suppressed"),
            Some(1520)
        );
        assert_eq!(suppressed(b"warn_alloc: 47 callbacks suppressed"), None);
    }
}
