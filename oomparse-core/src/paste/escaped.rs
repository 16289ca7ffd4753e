//! Lines in which a Markdown writer put a backslash before each special character: `total\-vm:8kB`,
//! `oom\_memcg=/a`.
//!
//! The kernel writes no backslash within its own words. If one is there, those before other characters are
//! removed too.

use alloc::vec::Vec;
use memchr::{memchr_iter, memmem};

/// The kernel's words with a backslash in them.
const WORDS: [&[u8]; 8] = [
    b"total\\-vm:",
    b"anon\\-rss:",
    b"oom\\-kill:constraint=",
    b"oom\\-killer: gfp",
    b"oom\\_memcg=",
    b"task\\_memcg=",
    b"gfp\\_mask=",
    b"oom\\_reaper: ",
];

/// The line without those backslashes, if it has them.
pub(super) fn mended(line: &[u8]) -> Option<Vec<u8>> {
    let mut escapes = memchr_iter(b'\\', line);
    let is_escaped = escapes.any(|at| matches!(line.get(at..), Some([_, b'-' | b'_', ..])));
    if !is_escaped || !WORDS.iter().any(|word| memmem::find(line, word).is_some()) {
        return None;
    }
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((byte, tail)) = rest.split_first() {
        rest = match tail {
            [sign, after @ ..] if *byte == b'\\' && sign.is_ascii_punctuation() => {
                out.push(*sign);
                after
            }
            _ => {
                out.push(*byte);
                tail
            }
        };
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backslashes_of_markdown_go_and_others_stay() {
        let line = br"\[12.3\] Killed process 7 (a\_b) total\-vm:8kB, anon\-rss:4kB\.";
        let mended = mended(line).unwrap();
        assert_eq!(
            mended,
            b"[12.3] Killed process 7 (a_b) total-vm:8kB, anon-rss:4kB."
        );
        for other in [
            &br"Killed process 7 (a\-b) total-vm:8kB"[..],
            br"oom-kill:constraint=x,task_memcg=/machine-a\x2db.scope,task=x",
            br"total\vm:",
        ] {
            assert_eq!(super::mended(other), None);
        }
    }
}
