//! What a parser returns about the bytes that were pushed.

/// What became of lines that were pushed.
///
/// A host that must answer each line does not need to look at it itself: [`Parser::last_line_reports`] says whether
/// a completed event belongs to that line.
///
/// # Example
/// ```
/// use oomparse_core::{Parser, Taken};
///
/// let mut parser = Parser::new();
/// let taken = parser.push_line(b"[9.1] Task in /a killed as a result of limit of /a");
/// assert!(taken.is_of_report && taken.events == 0);
/// assert_eq!(parser.push_line(b"[9.2] eth0: link is up"), Taken::default());
/// let taken = parser.push_line(b"[9.3] Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB");
/// assert_eq!((taken.is_of_report, taken.events), (true, 1));
/// let event = parser.next_event().unwrap();
/// assert!(parser.last_line_reports(&event));
/// ```
///
/// [`Parser::last_line_reports`]: crate::Parser::last_line_reports
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Taken {
    /// One of the lines is the OOM killer's own: it opened a report, belongs to an open report, or repeats an
    /// earlier line. Figures count only while a report is open, and only if the frame shows the kernel or its
    /// clock: anyone may write `file 0`.
    pub is_of_report: bool,
    /// How many events were completed. [`next_event`](crate::Parser::next_event) returns them; they may belong to
    /// earlier lines.
    pub events: usize,
}
