//! The line that reports an event.

/// Where in its log the line ends that reports the event: the line that names the victim, or says why there is
/// none. `None` for a report that shows no victim.
///
/// It does not take part in comparisons: the same event has another position in another log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReportedAt(Option<u64>);

impl ReportedAt {
    /// The line that ends this many bytes after the start of the log.
    pub(crate) fn line(end: u64) -> Self {
        Self(Some(end))
    }

    /// Whether it is that line.
    pub(crate) fn is(self, end: u64) -> bool {
        self.0 == Some(end)
    }
}

impl PartialEq for ReportedAt {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ReportedAt {}
