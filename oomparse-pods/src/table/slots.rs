//! [`Slots`]: entries by key, in the order of their removal.
//!
//! An entry is stored with its key directly in the index: a lookup waits for main memory once, instead of for a
//! bucket, a node and a key in turn. The `lru` crate keeps the order of removal, which lookups do not change; it
//! knows an entry by a number.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash};
use hashbrown::{DefaultHashBuilder, HashTable};
use lru::LruCache;

/// Entries by key, in the order of their removal.
#[derive(Debug)]
pub(in super::super) struct Slots<K, V> {
    nodes: HashTable<Node<K, V>>,
    order: LruCache<u32, Place>,
    /// Numbers without an entry.
    free: Vec<u32>,
    hasher: DefaultHashBuilder,
}

/// One cache line, if the parts are small enough; without std, an allocator may not support such an alignment.
#[derive(Debug)]
#[cfg_attr(feature = "std", repr(align(64)))]
struct Node<K, V> {
    number: u32,
    key: K,
    value: V,
}

/// Where an entry is, and when it was refreshed.
#[derive(Debug)]
struct Place {
    hash: u64,
    seen: u64,
}

impl<K: Eq + Hash, V: Default> Slots<K, V> {
    pub(super) fn new() -> Self {
        Self {
            nodes: HashTable::new(),
            order: LruCache::unbounded(),
            free: Vec::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    #[inline]
    pub(in super::super) fn get(&self, key: &K) -> Option<&V> {
        let hash = self.hasher.hash_one(key);
        let node = self.nodes.find(hash, |node| node.key == *key)?;
        Some(&node.value)
    }

    pub(in super::super) fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Entries whose key has the same hash, and perhaps a few others.
    pub(super) fn alike(&self, key: &K) -> impl Iterator<Item = (&K, &V)> {
        self.nodes
            .iter_hash(self.hasher.hash_one(key))
            .map(|node| (&node.key, &node.value))
    }

    /// All entries, beginning with the one that is removed next.
    pub(in super::super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let node = |(number, place): (&u32, &Place)| {
            let node = self.nodes.find(place.hash, |node| node.number == *number)?;
            Some((&node.key, &node.value))
        };
        self.order.iter().rev().filter_map(node)
    }

    /// When the entry that is removed next was refreshed.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.order.peek_lru().map(|(_, place)| place.seen)
    }

    /// Replaces the key's entry by the result of `merge`, as the last one to be removed. An equal key with
    /// another spelling replaces the old one.
    pub(super) fn put(&mut self, key: K, seen: u64, merge: impl FnOnce(Option<V>) -> V) {
        let hash = self.hasher.hash_one(&key);
        if let Some(node) = self.nodes.find_mut(hash, |node| node.key == key) {
            node.value = merge(Some(core::mem::take(&mut node.value)));
            node.key = key;
            if let Some(place) = self.order.get_mut(&node.number) {
                place.seen = seen;
            }
            return;
        }
        // The table's bounds are far lower.
        let next = || u32::try_from(self.nodes.len()).ok();
        let Some(number) = self.free.pop().or_else(next) else {
            return;
        };
        let node = Node {
            number,
            key,
            value: merge(None),
        };
        let hasher = &self.hasher;
        self.nodes
            .insert_unique(hash, node, |node| hasher.hash_one(&node.key));
        self.order.put(number, Place { hash, seen });
    }

    /// Removes the entry that is next.
    pub(super) fn pop_oldest(&mut self) -> Option<V> {
        let (number, place) = self.order.pop_lru()?;
        let found = self
            .nodes
            .find_entry(place.hash, |node| node.number == number);
        let (node, _) = found.ok()?.remove();
        self.free.push(number);
        Some(node.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compared with a plain list, for inserting, refreshing and removing.
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
                assert_eq!(slots.oldest(), leaves);
                assert_eq!(slots.pop_oldest(), leaves);
            } else {
                let place = list.iter().position(|(other, _)| *other == key);
                let old = place.map(|place| list.remove(place).1);
                slots.put(key, round, |found| {
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
