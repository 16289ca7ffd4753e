//! What is kept for each of several mixed logs or hosts, within bounds on their number and size.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A value of a [`Bounded`].
pub(crate) trait Weigh {
    /// The memory that it holds, in bytes.
    fn weight(&self) -> usize;
}

/// Values by name. The one that was used last is found without a search. If there are too many, or the others are
/// too large together, those that were silent longest leave.
#[derive(Debug)]
pub(crate) struct Bounded<V> {
    /// The entry that was used last.
    last: Option<Box<Entry<V>>>,
    /// The others, sorted by name; boxed, because they move with every turn from one to another.
    others: Vec<Box<Entry<V>>>,
    /// When each of the others was last used, and its name, in that order: the first is the one to leave.
    order: Vec<(u64, Arc<[u8]>)>,
    /// The size of the others; that of the last one is added when it becomes one of them.
    weight: usize,
    clock: u64,
}

/// A value with its name.
#[derive(Debug)]
pub(crate) struct Entry<V> {
    pub(crate) name: Arc<[u8]>,
    pub(crate) value: V,
    used: u64,
    /// Its size when it was last computed.
    weighed: usize,
}

impl<V> Default for Bounded<V> {
    fn default() -> Self {
        Self {
            last: None,
            others: Vec::new(),
            order: Vec::new(),
            weight: 0,
            clock: 0,
        }
    }
}

impl<V: Weigh> Bounded<V> {
    pub(crate) fn len(&self) -> usize {
        let last = usize::from(self.last.is_some());
        self.others.len().saturating_add(last)
    }

    /// The memory that all of them hold, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let last = self.last.as_ref().map_or(0, |last| last.weight());
        self.weight.saturating_add(last)
    }

    #[inline]
    pub(crate) fn last(&self) -> Option<&Entry<V>> {
        self.last.as_deref()
    }

    #[inline]
    pub(crate) fn last_mut(&mut self) -> Option<&mut Entry<V>> {
        self.last.as_deref_mut()
    }

    #[inline]
    pub(crate) fn is_last(&self, name: &[u8]) -> bool {
        self.last().is_some_and(|last| *last.name == *name)
    }

    pub(crate) fn get(&self, name: &[u8]) -> Option<&Entry<V>> {
        if self.is_last(name) {
            return self.last();
        }
        let at = self.place(name).ok()?;
        self.others.get(at).map(|entry| &**entry)
    }

    pub(crate) fn get_mut(&mut self, name: &[u8]) -> Option<&mut Entry<V>> {
        if self.is_last(name) {
            return self.last_mut();
        }
        let at = self.place(name).ok()?;
        self.others.get_mut(at).map(|entry| &mut **entry)
    }

    /// All entries, the last one at the end.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry<V>> {
        self.others.iter().chain(&self.last).map(|entry| &**entry)
    }

    /// All entries, the last one at the end.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry<V>> {
        let all = self.others.iter_mut().chain(&mut self.last);
        all.map(|entry| &mut **entry)
    }

    /// Makes the entry of this name the last one, and makes it if there is none. `left` gets those that make room:
    /// at most `most` stay, and together the others hold at most `most_bytes`.
    pub(crate) fn turn_to(
        &mut self,
        name: &[u8],
        (most, most_bytes): (usize, usize),
        make: impl FnOnce() -> V,
        mut left: impl FnMut(Box<Entry<V>>),
    ) -> &mut Entry<V> {
        if !self.is_last(name) {
            self.put_back();
            match self.place(name) {
                Ok(at) => self.last = Some(self.take_out(at)),
                Err(_) => {
                    while self.others.len() >= most.max(1)
                        && let Some(quietest) = self.take_quietest()
                    {
                        left(quietest);
                    }
                }
            }
            while self.weight > most_bytes
                && let Some(quietest) = self.take_quietest()
            {
                left(quietest);
            }
        }
        self.clock = self.clock.wrapping_add(1);
        let entry = self.last.get_or_insert_with(|| {
            Box::new(Entry {
                name: Arc::from(name),
                value: make(),
                used: 0,
                weighed: 0,
            })
        });
        entry.used = self.clock;
        entry
    }

    pub(crate) fn remove(&mut self, name: &[u8]) -> Option<Box<Entry<V>>> {
        if self.is_last(name) {
            return self.last.take();
        }
        let at = self.place(name).ok()?;
        Some(self.take_out(at))
    }

    /// Removes all, in the order in which they were last used.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Box<Entry<V>>> + use<V> {
        self.weight = 0;
        self.order.clear();
        let mut all = core::mem::take(&mut self.others);
        all.extend(self.last.take());
        all.sort_by_key(|entry| entry.used);
        all.into_iter()
    }

    /// The index of a name among the others, or where it would be.
    fn place(&self, name: &[u8]) -> Result<usize, usize> {
        self.others
            .binary_search_by(|entry| (*entry.name).cmp(name))
    }

    /// Makes the last entry one of the others.
    fn put_back(&mut self) {
        if let Some(mut last) = self.last.take() {
            last.weighed = last.weight();
            self.weight = self.weight.saturating_add(last.weighed);
            let at = self.place(&last.name).unwrap_or_else(|at| at);
            // It was used after all others.
            self.order.push((last.used, Arc::clone(&last.name)));
            self.others.insert(at, last);
        }
    }

    fn take_out(&mut self, at: usize) -> Box<Entry<V>> {
        let entry = self.others.remove(at);
        let used = |(used, _): &(u64, Arc<[u8]>)| used.cmp(&entry.used);
        if let Ok(at) = self.order.binary_search_by(used) {
            self.order.remove(at);
        }
        self.weight = self.weight.saturating_sub(entry.weighed);
        entry
    }

    /// Removes the one of the others that was silent longest.
    fn take_quietest(&mut self) -> Option<Box<Entry<V>>> {
        let (_, name) = self.order.first()?;
        let at = self.place(name).ok()?;
        Some(self.take_out(at))
    }
}

impl<V: Weigh> Entry<V> {
    fn weight(&self) -> usize {
        let own = core::mem::size_of::<Self>().saturating_add(self.name.len());
        own.saturating_add(self.value.weight())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weigh for usize {
        fn weight(&self) -> usize {
            *self
        }
    }

    /// Turns to each of these names; returns the names that left.
    fn turned(map: &mut Bounded<usize>, names: &[&str], most: (usize, usize)) -> Vec<u8> {
        let mut left = Vec::new();
        for name in names {
            let leaves = |entry: Box<Entry<usize>>| left.extend_from_slice(&entry.name);
            map.turn_to(name.as_bytes(), most, || 100, leaves);
            assert!(map.is_last(name.as_bytes()));
        }
        left
    }

    #[test]
    fn beyond_the_bound_on_their_number_the_quietest_leaves() {
        let mut map = Bounded::default();
        let most = (2, usize::MAX);
        assert_eq!(turned(&mut map, &["a", "b", "a", "c", "d"], most), b"ba");
        assert_eq!(map.len(), 2);
        assert!(map.get(b"c").is_some() && map.get(b"a").is_none());
    }

    #[test]
    fn beyond_the_bound_on_their_size_the_quietest_leaves() {
        let mut map = Bounded::default();
        let one = 100 + core::mem::size_of::<Entry<usize>>() + 1;
        let most = (9, 2 * one);
        assert_eq!(turned(&mut map, &["a", "b", "c", "b", "d"], most), b"a");
        assert_eq!(map.weight(), 3 * one);
        assert!(map.remove(b"b").is_some() && map.remove(b"b").is_none());
        assert_eq!((map.weight(), map.len()), (2 * one, 2));
    }

    #[test]
    fn they_leave_in_the_order_of_their_last_use() {
        let mut map = Bounded::default();
        turned(&mut map, &["a", "b", "c", "a", "b"], (9, usize::MAX));
        map.get_mut(b"c").unwrap().value = 7;
        let names: Vec<_> = map.drain().map(|entry| entry.name[0]).collect();
        assert_eq!((names.as_slice(), map.weight()), (&b"cab"[..], 0));
    }
}
