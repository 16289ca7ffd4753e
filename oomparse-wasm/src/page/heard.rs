//! Whether a log holds words of others than the kernel: only then the module is loaded that reads them.

use alloc::vec::Vec;
use memchr::memmem;

/// Words around each `oom`, and how far into them that stands: those that the parser looks for.
const OOM: [(usize, &[u8]); 17] = [
    (0, b"oomd"),
    (5, b"earlyoom"),
    (0, b"oomcgroup"),
    (4, b"sys oom event"),
    (10, b"container oom "),
    (2, b") oom"),
    (0, b"oom\""),
    (0, b"OomGuard"),
    (0, b"OOMController"),
    (0, b"OOMKill"),
    (0, b"OOM killer"),
    (0, b"OOM-killed"),
    (0, b"OOM: the memory"),
    (0, b"OOM received"),
    (0, b"OOM event"),
    (4, b"TaskOOM"),
    (6, b"SystemOOM"),
];

/// The others.
const OTHERS: [&[u8]; 5] = [
    b"Evicted",
    b"evicted successfully",
    b"evict pod(s) to reclaim",
    b"nohang",
    b"Memory status that requires",
];

/// No word is longer.
const LONGEST: usize = 32;

/// Listens to a log that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Ear {
    heard: bool,
    /// The end of the last piece: a word may be cut.
    last: Vec<u8>,
}

impl Ear {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.heard {
            return;
        }
        self.last
            .extend_from_slice(bytes.get(..LONGEST).unwrap_or(bytes));
        self.heard = holds(&self.last) || holds(bytes);
        let tail = match bytes.len().checked_sub(LONGEST) {
            Some(from) => bytes.get(from..).unwrap_or_default(),
            None => {
                let from = self.last.len().saturating_sub(LONGEST);
                self.last.drain(..from);
                return;
            }
        };
        self.last.clear();
        self.last.extend_from_slice(tail);
    }

    pub(super) fn heard(&self) -> bool {
        self.heard
    }
}

fn holds(bytes: &[u8]) -> bool {
    holds_oom(bytes)
        || OTHERS
            .iter()
            .any(|word| memmem::find(bytes, word).is_some())
}

/// Of the two letters `oo` every second byte of a text is one.
fn holds_oom(bytes: &[u8]) -> bool {
    let every_second = bytes.iter().enumerate().step_by(2);
    every_second
        .filter(|(_, byte)| **byte | 0x20 == b'o')
        .any(|(at, _)| is_word(bytes, at) || at.checked_sub(1).is_some_and(|at| is_word(bytes, at)))
}

/// Whether `oom` stands here, in one of the words.
fn is_word(bytes: &[u8], at: usize) -> bool {
    let here = bytes.get(at..).unwrap_or_default();
    let is_oom = here
        .get(..3)
        .is_some_and(|three| three.eq_ignore_ascii_case(b"oom"));
    is_oom
        && OOM.iter().any(|(before, word)| {
            let text = at.checked_sub(*before).and_then(|from| bytes.get(from..));
            text.is_some_and(|text| text.starts_with(word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_log_in_which_others_speak_is_heard() {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/cases");
        let mut told = 0;
        for case in fs::read_dir(cases).unwrap() {
            let case = case.unwrap().path();
            let snapshot = fs::read_to_string(case.join("snapshot.json")).unwrap_or_default();
            let speaks = ["userspace_kill", "eviction", "notice"]
                .iter()
                .any(|kind| snapshot.contains(&format!("\"type\":\"{kind}\"")));
            // Where a person says whose log it is, its lines need not name anybody.
            let about = fs::read_to_string(case.join("case.toml")).unwrap();
            if !speaks || about.contains("\norigin = ") {
                continue;
            }
            told += 1;
            let log = fs::read(case.join("input.log")).unwrap();
            for piece_len in [7, 100, log.len()] {
                let mut ear = Ear::default();
                log.chunks(piece_len.max(1))
                    .for_each(|piece| ear.push(piece));
                assert!(ear.heard(), "{} by {piece_len}", case.display());
            }
        }
        assert!(told >= 20, "{told}");
    }

    #[test]
    fn the_kernels_own_words_are_no_others() {
        let log = b"[1.0] oom-kill:constraint=CONSTRAINT_NONE\n[1.0] oom_reaper: reaped\n[1.0] java invoked \
            oom-killer: gfp_mask\n[1.0] Killed process 7 (bloom)\na room, a zoom\n";
        let mut ear = Ear::default();
        ear.push(log);
        assert!(!ear.heard());
        for word in OOM.iter().map(|(_, word)| *word).chain(OTHERS) {
            for front in ["", "x", "xy"] {
                let mut ear = Ear::default();
                ear.push(&[front.as_bytes(), word].concat());
                assert!(ear.heard(), "{front}{}", word.escape_ascii());
            }
        }
    }
}
