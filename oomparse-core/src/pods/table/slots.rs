//! [`Slots`]: entries by key, in the order in which they leave.
//!
//! The entries lie in one piece, each behind its key, and are found by an index of their places that
//! is small enough for a processor's cache: a lookup waits for main memory once, not for a bucket, a
//! node and a key in turn. The `lru` crate keeps the order of leaving, which no lookup touches.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash};
use hashbrown::{DefaultHashBuilder, HashTable};
use lru::LruCache;

/// Entries by key, in the order in which they leave.
#[derive(Debug)]
pub(in super::super) struct Slots<K, V> {
    nodes: Vec<Node<K, V>>,
    /// Places in `nodes` that hold nothing.
    free: Vec<u32>,
    index: HashTable<u32>,
    order: LruCache<u32, ()>,
    hasher: DefaultHashBuilder,
}

/// The key next to what a lookup reads first.
#[derive(Debug, Default)]
#[repr(C)]
struct Node<K, V> {
    key: K,
    value: V,
}

impl<K: Copy + Default + Eq + Hash, V: Default> Slots<K, V> {
    pub(super) fn new() -> Self {
        Self {
            nodes: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            order: LruCache::unbounded(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    pub(in super::super) fn get(&self, key: &K) -> Option<&V> {
        let slot = self.find(key)?;
        self.node(slot).map(|node| &node.value)
    }

    pub(in super::super) fn contains(&self, key: &K) -> bool {
        self.find(key).is_some()
    }

    /// Entries whose key has the same hash as this one, and perhaps a few others.
    pub(super) fn alike(&self, key: &K) -> impl Iterator<Item = (&K, &V)> {
        self.index
            .iter_hash(self.hasher.hash_one(key))
            .filter_map(|slot| self.pair(*slot))
    }

    /// All entries, the one that leaves next first.
    pub(in super::super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.order
            .iter()
            .rev()
            .filter_map(|(slot, ())| self.pair(*slot))
    }

    /// The entry that leaves next.
    pub(super) fn oldest(&self) -> Option<&V> {
        let (slot, ()) = self.order.peek_lru()?;
        self.node(*slot).map(|node| &node.value)
    }

    /// Puts what `merge` makes of the key's entry in its place, as the one that leaves last. An equal
    /// key that is spelled otherwise takes the old one's place.
    pub(super) fn put(&mut self, key: K, merge: impl FnOnce(Option<V>) -> V) {
        if let Some(slot) = self.find(&key) {
            self.order.promote(&slot);
            if let Some(node) = self.nodes.get_mut(slot as usize) {
                node.value = merge(Some(core::mem::take(&mut node.value)));
                node.key = key;
            }
            return;
        }
        let node = Node {
            key,
            value: merge(None),
        };
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                // The table's bounds are far below.
                let Ok(slot) = u32::try_from(self.nodes.len()) else {
                    return;
                };
                self.nodes.push(Node::default());
                slot
            }
        };
        if let Some(place) = self.nodes.get_mut(slot as usize) {
            *place = node;
        }
        let Self {
            nodes,
            index,
            hasher,
            ..
        } = self;
        index.insert_unique(hasher.hash_one(key), slot, |slot| {
            let key = nodes.get(*slot as usize).map(|node| &node.key);
            key.map_or(0, |key| hasher.hash_one(key))
        });
        self.order.put(slot, ());
    }

    /// Takes the entry out that leaves next.
    pub(super) fn pop_oldest(&mut self) -> Option<V> {
        let (slot, ()) = self.order.pop_lru()?;
        let node = core::mem::take(self.nodes.get_mut(slot as usize)?);
        let hash = self.hasher.hash_one(node.key);
        if let Ok(found) = self.index.find_entry(hash, |other| *other == slot) {
            found.remove();
        }
        self.free.push(slot);
        Some(node.value)
    }

    fn find(&self, key: &K) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        let same = |slot: &u32| self.node(*slot).is_some_and(|node| node.key == *key);
        self.index.find(hash, same).copied()
    }

    fn node(&self, slot: u32) -> Option<&Node<K, V>> {
        self.nodes.get(slot as usize)
    }

    fn pair(&self, slot: u32) -> Option<(&K, &V)> {
        self.node(slot).map(|node| (&node.key, &node.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a plain list, through putting, refreshing and leaving.
    #[test]
    fn as_a_plain_list_does() {
        let mut slots = Slots::<u64, u64>::new();
        let mut list: Vec<(u64, u64)> = Vec::new();
        let mut random = 7u64;
        for round in 0..20_000u64 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let key = (random >> 40) % 300;
            if (random >> 20).is_multiple_of(5) {
                let leaves = (!list.is_empty()).then(|| list.remove(0).1);
                assert_eq!(slots.oldest().copied(), leaves);
                assert_eq!(slots.pop_oldest(), leaves);
            } else {
                let place = list.iter().position(|(other, _)| *other == key);
                let old = place.map(|place| list.remove(place).1);
                slots.put(key, |found| {
                    assert_eq!(found, old);
                    round
                });
                list.push((key, round));
            }
            assert_eq!(slots.len(), list.len());
            assert_eq!(
                slots.get(&key).copied(),
                list.iter()
                    .find(|(other, _)| *other == key)
                    .map(|found| found.1)
            );
        }
        assert!(list.len() > 50);
        assert!(slots.iter().map(|(key, value)| (*key, *value)).eq(list));
    }
}
