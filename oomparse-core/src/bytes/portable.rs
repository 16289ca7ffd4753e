//! `memchr::memmem` for short words in one line, without the preparation that makes it fast on long texts.
//!
//! Used without `std`, where that preparation takes longer than the search, and where the program's size matters.

/// The first position of the needle.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    find_iter(haystack, needle).next()
}

/// Every position of the needle, without overlaps.
pub(crate) fn find_iter<'h>(
    haystack: &'h [u8],
    needle: &'h [u8],
) -> impl Iterator<Item = usize> + 'h {
    let mut at = 0usize;
    core::iter::from_fn(move || {
        let first = needle.first()?;
        loop {
            let rest = haystack.get(at..)?;
            let start = at.checked_add(memchr::memchr(*first, rest)?)?;
            if haystack.get(start..)?.starts_with(needle) {
                at = start.checked_add(needle.len())?;
                return Some(start);
            }
            at = start.checked_add(1)?;
        }
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    #[test]
    fn same_as_the_other() {
        let text = b"a,task=b,,task=c,task,task=,tas,task=task=";
        for needle in [
            &b",task="[..],
            b"task",
            b",",
            b"k=",
            b"x",
            b"a",
            b",,",
            b"task=task=",
        ] {
            let other: Vec<_> = memchr::memmem::find_iter(text, needle).collect();
            assert_eq!(super::find_iter(text, needle).collect::<Vec<_>>(), other);
            assert_eq!(
                super::find(text, needle),
                memchr::memmem::find(text, needle)
            );
        }
    }
}
