//! The open reports of a stream, each with an id that stays its own until it is closed.

use super::state::Report;
use alloc::vec::Vec;

/// An open report. No two reports of a stream that are open at the same time have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ReportId(u32);

/// The open reports, oldest first; a few at most.
#[derive(Debug, Default)]
pub(super) struct Reports {
    list: Vec<Report>,
    /// The report whose block is being printed. If there is any report, it is one of them.
    owner: ReportId,
    /// The id of the newest report.
    newest: ReportId,
}

impl Reports {
    /// Adds a report. It becomes the owner if it is the only one.
    pub(super) fn push(&mut self, mut report: Report) -> ReportId {
        let id = ReportId(self.newest.0.wrapping_add(1));
        self.newest = id;
        report.id = id;
        if self.list.is_empty() {
            self.owner = id;
        }
        self.list.push(report);
        id
    }

    /// Removes a report. If it was the owner, the one before it is, or else the oldest.
    pub(super) fn remove(&mut self, id: ReportId) -> Option<Report> {
        let at = self.list.iter().position(|report| report.id == id)?;
        let removed = self.list.remove(at);
        if self.owner == id {
            let before = self.list.iter().take(at).next_back();
            if let Some(heir) = before.or_else(|| self.list.first()) {
                self.owner = heir.id;
            }
        }
        Some(removed)
    }

    #[cfg_attr(all(feature = "perf", not(target_family = "wasm")), inline(always))]
    pub(super) fn get(&self, id: ReportId) -> Option<&Report> {
        // Nearly always there is only one.
        let (first, others) = self.list.split_first()?;
        if first.id == id {
            return Some(first);
        }
        others.iter().find(|report| report.id == id)
    }

    #[cfg_attr(all(feature = "perf", not(target_family = "wasm")), inline(always))]
    pub(super) fn get_mut(&mut self, id: ReportId) -> Option<&mut Report> {
        let (first, others) = self.list.split_first_mut()?;
        if first.id == id {
            return Some(first);
        }
        others.iter_mut().find(|report| report.id == id)
    }

    /// The report whose block is being printed.
    #[cfg_attr(all(feature = "perf", not(target_family = "wasm")), inline(always))]
    pub(super) fn owner(&self) -> Option<&Report> {
        self.get(self.owner)
    }

    #[cfg_attr(all(feature = "perf", not(target_family = "wasm")), inline(always))]
    pub(super) fn owner_mut(&mut self) -> Option<&mut Report> {
        self.get_mut(self.owner)
    }

    pub(super) fn set_owner(&mut self, id: ReportId) {
        self.owner = id;
    }

    /// The oldest report of which this is true.
    pub(super) fn oldest(&self, test: impl Fn(&Report) -> bool) -> Option<ReportId> {
        self.iter().find(|report| test(report)).map(Report::id)
    }

    /// The newest report of which this is true.
    pub(super) fn newest(&self, test: impl Fn(&Report) -> bool) -> Option<ReportId> {
        self.iter()
            .rev()
            .find(|report| test(report))
            .map(Report::id)
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut Report> {
        self.list.last_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.list.capacity()
    }

    #[cfg_attr(all(feature = "perf", not(target_family = "wasm")), inline(always))]
    pub(super) fn iter(&self) -> core::slice::Iter<'_, Report> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> core::slice::IterMut<'_, Report> {
        self.list.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(count: usize) -> (Reports, Vec<ReportId>) {
        let mut reports = Reports::default();
        let ids = (0..count)
            .map(|_| reports.push(Report::default()))
            .collect();
        (reports, ids)
    }

    fn owner(reports: &Reports) -> Option<ReportId> {
        reports.owner().map(Report::id)
    }

    #[test]
    fn an_id_stays_a_reports_own() {
        let (mut reports, ids) = open(3);
        assert_eq!(reports.remove(ids[0]).map(|report| report.id), Some(ids[0]));
        assert!(reports.get(ids[0]).is_none());
        assert!(reports.remove(ids[0]).is_none());
        assert_eq!(reports.get(ids[2]).map(Report::id), Some(ids[2]));
        let new = reports.push(Report::default());
        assert!(!ids.contains(&new));
        assert_eq!(reports.oldest(|_| true), Some(ids[1]));
        assert_eq!(reports.newest(|_| true), Some(new));
        assert_eq!(reports.newest(|report| report.id != new), Some(ids[2]));
        assert_eq!(reports.len(), 3);
    }

    #[test]
    fn the_only_report_owns_the_block() {
        let (mut reports, ids) = open(1);
        assert_eq!(owner(&reports), Some(ids[0]));
        reports.push(Report::default());
        assert_eq!(owner(&reports), Some(ids[0]));
        let (mut reports, ids) = open(1);
        reports.remove(ids[0]);
        assert_eq!(owner(&reports), None);
        let new = reports.push(Report::default());
        assert_eq!(owner(&reports), Some(new));
    }

    #[test]
    fn the_owner_leaves_the_block_to_the_one_before_it() {
        for (of, gone, heir) in [(1, 1, 0), (2, 1, 2), (0, 0, 1), (1, 0, 1), (2, 2, 1)] {
            let (mut reports, ids) = open(3);
            reports.set_owner(ids[of]);
            reports.remove(ids[gone]);
            assert_eq!(owner(&reports), Some(ids[heir]), "{of}, without {gone}");
        }
    }

    #[test]
    fn open_reports_take_room() {
        for count in 0..5 {
            let (reports, _) = open(count);
            assert!(reports.capacity() >= count && (reports.capacity() > 0) == (count > 0));
        }
    }
}
