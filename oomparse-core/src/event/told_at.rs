//! Which line tells an event.

/// The place in its log where the line ends that tells the event: that names the victim, or says why there is none.
/// Nothing of a report that shows no victim.
///
/// It is no part of what the event says: the same event has another place in another log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ToldAt(Option<u64>);

impl ToldAt {
    /// The line that ends so many bytes behind the beginning of the log.
    pub(crate) fn line(end: u64) -> Self {
        Self(Some(end))
    }

    /// Whether it is that line.
    pub(crate) fn is(self, end: u64) -> bool {
        self.0 == Some(end)
    }
}

impl PartialEq for ToldAt {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ToldAt {}
