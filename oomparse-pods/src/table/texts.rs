//! [`Texts`]: one copy of each text that many entries share.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use hashbrown::{DefaultHashBuilder, HashTable};

/// With so few texts it is not worth searching for unused ones.
const FEW: usize = 256;

/// A text's number, or none: four bytes in an entry, instead of sixteen and a separate text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct TextId([u8; 4]);

impl TextId {
    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }

    pub(super) fn or(self, other: Self) -> Self {
        if self.is_none() { other } else { self }
    }

    /// Whether both exist and differ.
    pub(super) fn differs(self, other: Self) -> bool {
        !self.is_none() && !other.is_none() && self != other
    }

    /// Counted from one: zero is none.
    fn at(place: usize) -> Option<Self> {
        let number = u32::try_from(place).ok()?.checked_add(1)?;
        Some(Self(number.to_ne_bytes()))
    }

    fn place(self) -> Option<usize> {
        usize::try_from(u32::from_ne_bytes(self.0).checked_sub(1)?).ok()
    }
}

/// Namespaces, nodes, owners and container names: a hundred thousand pods share a few of them.
#[derive(Debug, Default)]
pub(in super::super) struct Texts {
    texts: Vec<Option<Box<str>>>,
    index: HashTable<TextId>,
    free: Vec<TextId>,
    hasher: DefaultHashBuilder,
    enough: usize,
}

impl Texts {
    pub(super) fn share(&mut self, text: Option<&str>) -> TextId {
        let Some(text) = text else {
            return TextId::default();
        };
        let Self {
            texts,
            index,
            hasher,
            ..
        } = self;
        let hash = hasher.hash_one(text);
        if let Some(found) = index.find(hash, |id| text_at(texts, *id) == Some(text)) {
            return *found;
        }
        let id = self.free.pop().or_else(|| TextId::at(texts.len()));
        let Some((id, place)) = id.and_then(|id| Some((id, id.place()?))) else {
            // Four thousand million texts: the table's bounds are far lower.
            return TextId::default();
        };
        if place == texts.len() {
            texts.push(None);
        }
        if let Some(place) = texts.get_mut(place) {
            *place = Some(text.into());
        }
        index.insert_unique(hash, id, |id| {
            hasher.hash_one(text_at(texts, *id).unwrap_or_default())
        });
        id
    }

    /// A pod's namespace and name as one text: neither has a slash in it.
    pub(super) fn share_pod(&mut self, namespace: Option<&str>, name: Option<&str>) -> TextId {
        if namespace.is_none() && name.is_none() {
            return TextId::default();
        }
        let (namespace, name) = (namespace.unwrap_or_default(), name.unwrap_or_default());
        self.share(Some(&[namespace, name].join("/")))
    }

    #[inline]
    pub(in super::super) fn pod(&self, id: TextId) -> (Option<&str>, Option<&str>) {
        if id.is_none() {
            return (None, None);
        }
        let named = |text: &'_ str| !text.is_empty();
        let pod = self.get(id).and_then(|text| text.split_once('/'));
        let (namespace, name) = pod.unwrap_or_default();
        (
            Some(namespace).filter(|text| named(text)),
            Some(name).filter(|text| named(text)),
        )
    }

    /// The combination of two values for a pod's namespace and name; `None` if they contradict each other.
    pub(super) fn same_pod(&mut self, one: TextId, other: TextId) -> Option<TextId> {
        if !one.differs(other) {
            return Some(one.or(other));
        }
        let ((namespace, name), (others, other_name)) = (self.pod(one), self.pod(other));
        let differ = |one: Option<&str>, other: Option<&str>| {
            one.is_some() && other.is_some() && one != other
        };
        if differ(namespace, others) || differ(name, other_name) {
            return None;
        }
        let owned = |text: Option<&str>| text.map(String::from);
        let (namespace, name) = (owned(namespace.or(others)), owned(name.or(other_name)));
        Some(self.share_pod(namespace.as_deref(), name.as_deref()))
    }

    #[inline]
    pub(in super::super) fn get(&self, id: TextId) -> Option<&str> {
        text_at(&self.texts, id)
    }

    pub(super) fn len(&self, id: TextId) -> usize {
        self.get(id).map_or(0, str::len)
    }

    /// Whether there are twice as many as at the last call of [`keep`](Self::keep).
    pub(super) fn are_many(&self) -> bool {
        self.index.len() >= self.enough.max(FEW)
    }

    /// Removes all others.
    pub(super) fn keep(&mut self, held: impl Iterator<Item = TextId>) {
        let mut in_use = alloc::vec![false; self.texts.len()];
        for place in held.filter_map(TextId::place) {
            if let Some(in_use) = in_use.get_mut(place) {
                *in_use = true;
            }
        }
        let Self {
            texts, index, free, ..
        } = self;
        index.retain(|id| {
            let Some(place) = id.place() else {
                return false;
            };
            if in_use.get(place) == Some(&true) {
                return true;
            }
            if let Some(text) = texts.get_mut(place) {
                *text = None;
            }
            free.push(*id);
            false
        });
        self.enough = self.index.len().saturating_mul(2);
    }
}

fn text_at(texts: &[Option<Box<str>>], id: TextId) -> Option<&str> {
    texts.get(id.place()?)?.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::VecDeque;
    use std::format;

    #[test]
    fn one_number_for_one_text_while_it_is_held() {
        let mut texts = Texts::default();
        let mut held = VecDeque::new();
        for number in 0..50_000 {
            if texts.are_many() {
                texts.keep(held.iter().map(|(id, _)| *id));
            }
            let text = format!("owner-{number}");
            let id = texts.share(Some(&text));
            assert_eq!(texts.share(Some(&text)), id);
            held.push_back((id, text));
            if held.len() > 1000 {
                held.pop_front();
            }
            assert!(texts.texts.len() <= 2 * 1000 + FEW, "room is used again");
        }
        for (id, text) in &held {
            assert_eq!(texts.get(*id), Some(text.as_str()));
            assert_eq!(texts.share(Some(text)), *id);
        }
        assert!(texts.share(None).is_none());
        assert_eq!(texts.get(TextId::default()), None);
    }

    #[test]
    fn pods_that_agree_are_told_together() {
        let mut texts = Texts::default();
        let whole = texts.share_pod(Some("shop"), Some("web-0"));
        let name = texts.share_pod(None, Some("web-0"));
        let namespace = texts.share_pod(Some("shop"), None);
        let other = texts.share_pod(Some("bank"), None);
        let none = texts.share_pod(None, None);
        assert_eq!(texts.pod(whole), (Some("shop"), Some("web-0")));
        assert_eq!(texts.pod(name), (None, Some("web-0")));
        assert_eq!(texts.pod(namespace), (Some("shop"), None));
        assert_eq!(texts.pod(none), (None, None));
        for (one, another) in [(name, namespace), (whole, name), (none, whole)] {
            assert_eq!(texts.same_pod(one, another), Some(whole));
            assert_eq!(texts.same_pod(another, one), Some(whole));
        }
        assert_eq!(texts.same_pod(whole, other), None);
        assert_eq!(texts.same_pod(none, none), Some(none));
    }
}
