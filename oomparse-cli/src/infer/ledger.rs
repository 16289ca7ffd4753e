//! How many kills the kernel counted in each cgroup, and how many of them a line reported.

use super::tree::Counted;
use std::collections::HashMap;
use std::sync::Arc;

/// Kills of a cgroup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    /// That the kernel had counted when the ledger was settled. A cgroup that was not there then has none.
    before: u64,
    /// Kills that lines reported since.
    reported: u64,
}

impl Count {
    /// Kills that no line reported, where the kernel counts so many now.
    fn untold(self, kills: u64) -> u64 {
        kills.saturating_sub(self.before.saturating_add(self.reported))
    }
}

/// Kills that no line reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Untold {
    /// The cgroup in which they were, or, where `is_below`, one above it that outlived it.
    pub(super) path: Arc<[u8]>,
    pub(super) is_below: bool,
    pub(super) count: u64,
}

/// Of all cgroups.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// In the cgroup itself.
    own: HashMap<Arc<[u8]>, Count>,
    /// In it and in all below it; version 2 alone counts these.
    with_below: HashMap<Arc<[u8]>, Count>,
}

impl Ledger {
    /// Begins with what the kernel counts now: lines have reported all that is in it, or never will.
    pub(super) fn settle(&mut self, counted: &[Counted]) {
        let begin = |of: fn(&Counted) -> Option<u64>| {
            let counts = counted.iter().filter_map(move |it| Some((it, of(it)?)));
            let counts = counts.filter(|(_, kills)| *kills > 0);
            let counts = counts.map(|(it, before)| (Arc::clone(&it.path), before));
            counts.map(|(path, before)| {
                (
                    path,
                    Count {
                        before,
                        reported: 0,
                    },
                )
            })
        };
        self.own = begin(|it| it.own).collect();
        self.with_below = begin(|it| it.with_below).collect();
    }

    /// A line reported a kill in this cgroup.
    pub(super) fn reported(&mut self, path: &[u8]) {
        let raise = |counts: &mut HashMap<Arc<[u8]>, Count>, path: &[u8]| {
            let count = match counts.get_mut(path) {
                Some(count) => count,
                None => counts.entry(path.into()).or_default(),
            };
            count.reported = count.reported.saturating_add(1);
        };
        raise(&mut self.own, path);
        let ends = (1..path.len()).filter(|at| path.get(*at) == Some(&b'/'));
        for end in ends.chain([path.len()]) {
            raise(&mut self.with_below, path.get(..end).unwrap_or(path));
        }
    }

    /// Whether the kernel counted a kill in this cgroup, of so many now, that no line reported.
    pub(super) fn has_untold(&self, path: &[u8], kills: u64) -> bool {
        let count = self.own.get(path).copied().unwrap_or_default();
        count.untold(kills) > 0
    }

    /// All kills that no line reported.
    pub(super) fn untold(&self, counted: &[Counted]) -> Vec<Untold> {
        let count = |counts: &HashMap<Arc<[u8]>, Count>, path: &[u8]| {
            counts.get(path).copied().unwrap_or_default()
        };
        let own = |it: &Counted| {
            it.own
                .map_or(0, |now| count(&self.own, &it.path).untold(now))
        };
        let with_below = |it: &Counted| {
            let now = it.with_below?;
            Some(count(&self.with_below, &it.path).untold(now))
        };
        // What the cgroups directly below a cgroup explain of its figure.
        let mut explained: HashMap<&[u8], u64> = HashMap::new();
        for it in counted {
            if let Some(count) = with_below(it).filter(|count| *count > 0) {
                let above = it.path.iter().rposition(|byte| *byte == b'/');
                let above = it.path.get(..above.unwrap_or(0)).unwrap_or_default();
                *explained.entry(above).or_default() += count;
            }
        }
        let mut all = Vec::new();
        for it in counted {
            let (own, path) = (own(it), &it.path);
            let mut push = |is_below, count| {
                if count > 0 {
                    let path = Arc::clone(path);
                    all.push(Untold {
                        path,
                        is_below,
                        count,
                    });
                }
            };
            push(false, own);
            if let Some(sum) = with_below(it) {
                let below = explained.get(&**path).copied().unwrap_or(0);
                push(true, sum.saturating_sub(own.saturating_add(below)));
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2(path: &str, own: u64, with_below: u64) -> Counted {
        Counted {
            path: path.as_bytes().into(),
            own: Some(own),
            with_below: Some(with_below),
        }
    }

    fn untold(ledger: &Ledger, counted: &[Counted]) -> Vec<(String, bool, u64)> {
        let all = ledger.untold(counted).into_iter();
        all.map(|it| {
            let path = String::from_utf8(it.path.to_vec()).unwrap();
            (path, it.is_below, it.count)
        })
        .collect()
    }

    #[test]
    fn a_count_that_no_line_explains() {
        let mut ledger = Ledger::default();
        ledger.settle(&[v2("/p", 0, 3), v2("/p/c", 3, 3)]);
        assert!(!ledger.has_untold(b"/p/c", 3));
        assert!(ledger.has_untold(b"/p/c", 4));
        ledger.reported(b"/p/c");
        assert!(!ledger.has_untold(b"/p/c", 4));
        assert_eq!(untold(&ledger, &[v2("/p", 0, 4), v2("/p/c", 4, 4)]), []);
        let now = [v2("/p", 0, 6), v2("/p/c", 6, 6)];
        assert_eq!(untold(&ledger, &now), [("/p/c".to_owned(), false, 2)]);
        ledger.settle(&now);
        assert_eq!(untold(&ledger, &now), []);
    }

    #[test]
    fn a_cgroup_that_is_gone_is_counted_above() {
        let mut ledger = Ledger::default();
        ledger.settle(&[v2("/k", 0, 0), v2("/k/p", 0, 0)]);
        ledger.reported(b"/k/p/c");
        let now = [v2("/k", 0, 3), v2("/k/p", 0, 2), v2("/k/q", 1, 1)];
        assert_eq!(
            untold(&ledger, &now),
            [("/k/p".to_owned(), true, 1), ("/k/q".to_owned(), false, 1)]
        );
    }

    #[test]
    fn a_cgroup_that_came_again_begins_anew() {
        let mut ledger = Ledger::default();
        ledger.settle(&[v2("/c", 5, 5)]);
        assert_eq!(untold(&ledger, &[v2("/c", 1, 1)]), []);
        ledger.settle(&[v2("/c", 1, 1)]);
        assert_eq!(
            untold(&ledger, &[v2("/c", 2, 2)]),
            [("/c".to_owned(), false, 1)]
        );
    }

    #[test]
    fn version_1_counts_each_cgroup_alone() {
        let v1 = |own| Counted {
            path: b"/p/c"[..].into(),
            own: Some(own),
            with_below: None,
        };
        let mut ledger = Ledger::default();
        ledger.settle(&[v1(1)]);
        ledger.reported(b"/p/c");
        assert_eq!(untold(&ledger, &[v1(2)]), []);
        assert_eq!(untold(&ledger, &[v1(3)]), [("/p/c".to_owned(), false, 1)]);
    }
}
