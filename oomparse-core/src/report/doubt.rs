//! Whether the lines of a stream come from one kernel. If two machines' lines are mixed without host names, for
//! example in one file, their clocks step back and forth. Then a line's position proves nothing.

use crate::limits::{MAX_DOUBTED_LINES, MAX_DOUBTED_LINES_ONCE, MAX_MIXED_LINES};
use crate::stamp::Stamp;

/// Doubts that come from the clocks and record numbers of a stream's lines.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// For how many more lines about kills.
    lines: u32,
    is_mixed: bool,
    /// The index of the line that last stepped back.
    stepped_back: Option<u64>,
}

impl Doubt {
    /// Compares a line's stamp with the one of the line before.
    pub(super) fn see(&mut self, stamp: &Stamp, before: &Stamp) {
        if !stamp.steps_back_from(before) {
            return;
        }
        self.is_mixed = self
            .stepped_back
            .is_some_and(|line| stamp.line.wrapping_sub(line) <= MAX_MIXED_LINES);
        self.stepped_back = Some(stamp.line);
        let lines = if self.is_mixed {
            MAX_DOUBTED_LINES
        } else {
            MAX_DOUBTED_LINES_ONCE
        };
        self.lines = self.lines.max(lines);
    }

    /// Counts a line about a kill.
    pub(super) fn count(&mut self) {
        self.lines = self.lines.saturating_sub(1);
        self.is_mixed &= self.lines > 0;
    }

    /// Whether two lines may belong to different kills although one comes right after the other.
    pub(super) fn is_any(&self) -> bool {
        self.lines > 0
    }

    /// Whether the lines of two kernels are certainly mixed.
    pub(super) fn is_mixed(&self) -> bool {
        self.is_mixed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(line: u64, seconds: u64) -> Stamp {
        Stamp {
            kernel_time_us: Some(seconds * 1_000_000),
            line,
            ..Stamp::default()
        }
    }

    #[test]
    fn one_step_back_is_a_doubt_and_two_near_each_other_are_mixed_logs() {
        let mut doubt = Doubt::default();
        doubt.see(&stamp(1, 100), &stamp(0, 5000));
        doubt.count();
        assert!(!doubt.is_mixed());
        doubt.see(&stamp(3, 101), &stamp(2, 5001));
        doubt.count();
        assert!(doubt.is_mixed() && doubt.is_any());
        for _ in 1..MAX_DOUBTED_LINES {
            assert!(doubt.is_mixed());
            doubt.count();
        }
        assert!(!doubt.is_mixed() && !doubt.is_any());
        // Far from the last, it is the first again.
        let far = 4 + MAX_MIXED_LINES;
        doubt.see(&stamp(far, 102), &stamp(far - 1, 5002));
        assert!(!doubt.is_mixed() && doubt.is_any());
    }
}
