//! Whether the lines of a stream are one kernel's: what came mixed and without names, as two machines' lines in
//! one file, shows by clocks that step back and forth. There a line's place proves nothing.

use super::stamp::Stamp;
use crate::limits::{MAX_DOUBTED_LINES, MAX_DOUBTED_LINES_ONCE, MAX_MIXED_LINES};

/// What the clocks and numbers of a stream's lines make doubtful.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// So many lines about kills still.
    lines: u32,
    is_mixed: bool,
    /// The number of the line that stepped back last.
    stepped_back: Option<u64>,
}

impl Doubt {
    /// Looks at a line's stamp and the one of the line before.
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

    /// Whether that a line stands behind another does not make them one kill's.
    pub(super) fn is_any(&self) -> bool {
        self.lines > 0
    }

    /// Whether two kernels' lines are mixed for certain.
    pub(super) fn is_mixed(&self) -> bool {
        self.is_mixed
    }
}
