//! `journalctl -o short-monotonic`, which has the same stamp as dmesg.

use super::author;
use super::tag::Tag;
use crate::frame::scan::{number, skip_one_blank, split_once, word};
use crate::frame::{Author, identifier};

/// What `journalctl -o short-monotonic` prints after the stamp.
pub(in crate::frame) struct ShortMonotonic<'a> {
    pub(in crate::frame) host: &'a [u8],
    pub(in crate::frame) author: Author,
    /// The name is unusual for a program.
    pub(in crate::frame) is_odd: bool,
    pub(in crate::frame) text: &'a [u8],
}

/// `host kernel: text` or `host name[pid]: text`: only these are sufficient proof of a host.
pub(in crate::frame) fn short_monotonic(text: &[u8]) -> Option<ShortMonotonic<'_>> {
    let (host, rest) = word(text);
    let rest = rest.strip_prefix(b" ")?;
    if let Some(text) = rest.strip_prefix(b"kernel: ") {
        let tag = Tag {
            name: Some(b"kernel"),
            text,
            ..Tag::default()
        };
        return Some(ShortMonotonic {
            host,
            author: author(&tag, None),
            is_odd: false,
            text,
        });
    }
    let (token, after) = word(rest);
    let plain = || {
        let (_, pid) = split_once(token.strip_suffix(b"]:")?, b'[')?;
        let (_, end) = number(pid)?;
        // With its pid: the kernel has none, whatever a program calls itself.
        end.is_empty().then_some((token, after))
    };
    let odd = || {
        let (name, after) = rest.split_at_checked(identifier::first(rest)?)?;
        Some((name, split_once(after, b':')?.1))
    };
    let plain = plain();
    let (name, text) = plain.or_else(odd)?;
    let tag = Tag {
        name: Some(name),
        ..Tag::default()
    };
    Some(ShortMonotonic {
        host,
        author: author(&tag, None),
        is_odd: plain.is_none(),
        text: skip_one_blank(text),
    })
}

/// Whether `kernel:` is the second word of a text after a stamp.
#[inline]
pub(in crate::frame) fn may_name_host(text: &[u8]) -> bool {
    let (_, rest) = word(text);
    rest.starts_with(b" kernel: ")
}
