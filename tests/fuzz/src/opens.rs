//! The lines that the sieve must never refuse; the tests of the corpus use this too.

use oomparse_core::line::Line;

/// Whether a line opens a report, or makes an event alone.
#[must_use]
pub fn opens(line: &Line<'_>) -> bool {
    matches!(
        line,
        Line::Invoked(_)
            | Line::TaskIn(_)
            | Line::LimitReached(_)
            | Line::StatsHeading(_)
            | Line::TasksState
            | Line::TasksHeading(_)
            | Line::Selected(_)
            | Line::Summary(_)
            | Line::Killed(_)
            | Line::SharingMm(_)
            | Line::Group(_)
            | Line::Exiting(_)
            | Line::Reaped(_)
            | Line::Fatal(_)
            | Line::Suppressed(_)
    )
}
