//! Lists that are shared by the events of one report.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;

/// A list that the events of one report share, so that a report with many victims stores its blocks once.
///
/// It derefs to a slice.
///
/// # Example
/// ```
/// use oomparse_core::Shared;
/// let list = Shared::from(vec![1, 2]);
/// assert_eq!((list.len(), list.clone()), (2, list));
/// ```
#[derive(Debug)]
pub struct Shared<T>(Option<Arc<Vec<T>>>);

impl<T> From<Vec<T>> for Shared<T> {
    /// Takes the list as it is. An empty list allocates nothing.
    fn from(list: Vec<T>) -> Self {
        Self((!list.is_empty()).then(|| Arc::new(list)))
    }
}

impl<T> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Shared<T> {}

impl<T> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<'a, T> IntoIterator for &'a Shared<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Shared;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn a_shared_list_is_a_list() {
        let list: Shared<u32> = [7, 8].into_iter().collect();
        assert_eq!(&list[..], [7, 8]);
        let again: Vec<u32> = (&list).into_iter().copied().collect();
        assert_eq!(again, [7, 8]);
        assert_eq!(list, Shared::from(vec![7, 8]));
        assert_ne!(list, Shared::from(vec![7]));
        assert_ne!(list, Shared::default());
        assert_eq!(Shared::<u32>::default(), Shared::from(vec![]));
    }
}
