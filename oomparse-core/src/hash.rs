//! The hash that is in the ids of events.

/// A hash that is the same on every machine and in every release, for its numbers are in the ids: FNV-1a's steps, over
/// words of eight bytes, each part followed by its length. It may never change; one of a crate's could.
pub(crate) fn stable_hash(parts: &[&[u8]]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut mix = |word: u64| {
        hash = (hash ^ word).wrapping_mul(PRIME);
        hash ^= hash >> 32;
    };
    for part in parts {
        let (words, rest) = part.as_chunks::<8>();
        for word in words {
            mix(u64::from_le_bytes(*word));
        }
        let mut last = [0u8; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        mix(u64::from_le_bytes(last));
        mix(u64::try_from(part.len()).unwrap_or(u64::MAX));
    }
    hash
}
