//! The sieve's skip search with raw reads: what decides how fast ordinary records pass.
//!
//! Fluent Bit interprets the module, and each operation takes about a nanosecond. Three for each seven
//! bytes of a record are the least that the search can do with: read two bytes, look them up, step. To
//! ask each time whether the record has ended would double that, so up to [`SLACK`] bytes after its end
//! are read too, and what is found there is thrown away.
#![expect(unsafe_code, reason = "reads after the record's end")]

use oomparse_core::skip::{BEFORE, FIRST, SHORTER, STEP, ends_window};

/// How many bytes past a record's end must be readable.
pub(crate) const SLACK: usize = 64;

/// Whether the record holds one of the sieve's words. `AT_ONCE` looks are taken before the end is asked for.
///
/// # Safety
/// `start` is valid for reads of `length` + [`SLACK`] bytes, which nobody writes to meanwhile.
#[inline(always)]
pub(crate) unsafe fn holds_word<const AT_ONCE: usize>(start: *const u8, length: usize) -> bool {
    // From the last byte but one: all looks but the last at full step, and the two bytes read there.
    const { assert!(matches!(AT_ONCE, 4..=8) && AT_ONCE * STEP + 2 <= SLACK) };
    let last = start.wrapping_add(length).wrapping_sub(1);
    let mut at = start.wrapping_add(FIRST);
    while at < last {
        // Written out, since the module is compiled for size: the steps are in the addresses, and what a
        // pair shortens them by is taken off.
        let mut shorter = 0;
        let mut look = |number: usize| {
            // SAFETY: `at` is before the record's last byte, and goes on by at most STEP each time.
            let pair = unsafe { read_pair(at.add(number.wrapping_mul(STEP))) };
            shorter = usize::from(looked_up(&SHORTER, pair));
            at = at.wrapping_sub(shorter);
        };
        look(0);
        look(1);
        look(2);
        look(3);
        if AT_ONCE > 4 {
            look(4);
        }
        if AT_ONCE > 5 {
            look(5);
        }
        if AT_ONCE > 6 {
            look(6);
        }
        if AT_ONCE > 7 {
            look(7);
        }
        at = at.wrapping_add(const { AT_ONCE * STEP });
        if shorter != STEP {
            continue;
        }
        if at >= last {
            return false;
        }
        // A look that steps by nothing is repeated by all after it: a window may end here.
        // SAFETY: this is within the record.
        if unsafe { ends_like_a_window(start, at) } {
            // SAFETY: the record itself, as the caller says.
            let record = unsafe { core::slice::from_raw_parts(start, length) };
            if is_word(record, at.addr().wrapping_sub(start.addr())) {
                return true;
            }
        }
        at = at.wrapping_add(1);
    }
    false
}

/// Whether the pairs before this one are such as windows have there; most often the first one decides.
///
/// # Safety
/// `at` is [`FIRST`] or more after `start`, and all from there to `at` can be read.
#[inline(always)]
unsafe fn ends_like_a_window(start: *const u8, at: *const u8) -> bool {
    // SAFETY: four bytes back, as the caller says.
    unsafe {
        if looked_up(&BEFORE, read_pair(at.sub(2))) & 1 == 0
            || looked_up(&BEFORE, read_pair(at.sub(4))) & 2 == 0
        {
            return false;
        }
    }
    if at.addr().wrapping_sub(start.addr()) < 6 {
        return true;
    }
    // SAFETY: six bytes back, as seen above.
    looked_up(&BEFORE, unsafe { read_pair(at.sub(6)) }) & 4 != 0
}

/// Whether one of the words has its window's end here.
#[inline(never)]
fn is_word(record: &[u8], at: usize) -> bool {
    ends_window(record, at).is_some()
}

/// Two bytes as one number.
///
/// # Safety
/// They can be read.
#[inline(always)]
unsafe fn read_pair(at: *const u8) -> u16 {
    // SAFETY: as the caller says; any address will do.
    u16::from_le(unsafe { at.cast::<u16>().read_unaligned() })
}

#[inline(always)]
fn looked_up(table: &[u8; 1 << 16], pair: u16) -> u8 {
    // A table has an entry for each pair, so there is nothing to check.
    table.get(usize::from(pair)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oomparse_core::skip;

    /// The search over a record with all kinds of bytes after it, beside the core's.
    fn same(record: &[u8]) {
        let expected = skip::find(record).is_some();
        for after in [
            &b""[..],
            b"oom-kill:",
            b"m-kill:constraint",
            b" process 1",
            b"llllll",
        ] {
            let mut memory = record.to_vec();
            memory.extend_from_slice(after);
            memory.resize(record.len() + SLACK, 0);
            // SAFETY: the vector is that long.
            let found = unsafe { holds_word::<4>(memory.as_ptr(), record.len()) };
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(record));
        }
    }

    #[test]
    fn same_as_the_cores_search_at_every_place_and_length() {
        let words = [
            "oom-kill",
            "Killed process ",
            "Task in ",
            "Out of memory",
            "\"dmesg\":",
            ", failcnt ",
            "total_vm",
            "sill process",
        ];
        for word in words {
            for front in 0..60 {
                for filler in ["x", "l", "n ", "em", "led "] {
                    let text = format!("{}{word}", filler.repeat(front));
                    for cut in 0..12 {
                        same(&text.as_bytes()[..text.len().saturating_sub(cut)]);
                    }
                    same(format!("{text}{}", filler.repeat(9)).as_bytes());
                }
            }
        }
        for length in 0..20 {
            same(&b"oom-killed process i"[..length]);
        }
    }

    #[test]
    fn same_as_the_cores_search_on_the_sieves_letters() {
        let letters = b"oom-kill Killed process Task in memory cg, failcnt total_vm\"dmesg\":";
        let mut seed = 11u32;
        for _ in 0..20_000 {
            let mut text = Vec::new();
            while text.len() < 70 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let pick = (seed >> 8) as usize;
                let from = pick % letters.len();
                let length = 1 + (pick >> 8) % 7;
                text.extend(letters[from..].iter().take(length));
            }
            same(&text);
        }
    }
}
