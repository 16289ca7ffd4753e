//! The process that nohang chose, as it prints it.

use crate::bytes::Text;
use crate::daemon::text::{mib, number, pid, rsplit_once, split_once, whole_number};
use crate::event::Victim;
use crate::limits::MAX_COMM_LEN;

/// The victim, from a line that names it in any version.
pub(super) fn victim_of(text: &[u8]) -> Option<Victim> {
    if let Some(rest) = text.strip_prefix(b"PID:") {
        let (pid, rest) = pid(rest.trim_ascii_start())?;
        // A name that holds a line end takes the rest of its line away.
        let alone = || Victim {
            pid,
            ..Victim::default()
        };
        let rest = match rest.strip_prefix(b", name: ") {
            Some(rest) => return Some(status(pid, rest).unwrap_or_else(alone)),
            None => rest.strip_prefix(b", Name: ")?,
        };
        let named = |(comm, badness)| {
            Some(Victim {
                pid,
                comm: comm_of(comm),
                oom_score: Some(whole_number::<u32>(badness)?.into()),
                ..Victim::default()
            })
        };
        let found = rsplit_once(rest, b", badness: ").and_then(named);
        return Some(found.unwrap_or_else(alone));
    }
    let rest = text.strip_prefix(b"Victim is ")?;
    let (rest, swap) = rsplit_once(rest, b", VmSwap: ")?;
    let (rest, rss) = rsplit_once(rest, b", VmRSS: ")?;
    let (rest, badness) = rsplit_once(rest, b", badness: ")?;
    let (comm, pid) = rsplit_once(rest, b", pid: ")?;
    let size = |text: &[u8]| mib(whole_number(text.strip_suffix(b" MiB")?)?);
    Some(Victim {
        pid: whole_number::<u32>(pid).filter(|pid| *pid > 0)?,
        comm: comm_of(comm),
        oom_score: Some(whole_number::<u32>(badness)?.into()),
        rss_bytes: Some(size(rss)?),
        swap_bytes: Some(size(swap)?),
        ..Victim::default()
    })
}

/// `tail, state: R (running), EUID: 1000, SID: 23900 (bash), lifetime: 21s`
fn status(pid: u32, text: &[u8]) -> Option<Victim> {
    // The comm ends at the last position within its length that the state follows.
    let lens = (0..=MAX_COMM_LEN.min(text.len())).rev();
    lens.filter_map(|len| {
        let (comm, rest) = text.split_at_checked(len)?;
        let rest = rest.strip_prefix(b", state: ")?;
        let (state, rest) = split_once(rest, b", EUID: ")?;
        let is_state = state.len() <= 24 && state.ends_with(b")");
        let (uid, _) = number(rest)?;
        is_state.then(|| Victim {
            pid,
            comm: Some(Text::from(comm)),
            uid: u32::try_from(uid).ok(),
            ..Victim::default()
        })
    })
    .next()
}

/// `badness:   830, oom_score:  830, oom_score_adj:  0`
pub(super) fn scores(text: &[u8], victim: &mut Victim) {
    for part in text.split(|byte| *byte == b',') {
        let Some((key, value)) = split_once(part.trim_ascii(), b":") else {
            continue;
        };
        let value = core::str::from_utf8(value.trim_ascii()).ok();
        let value = value.and_then(|value| value.parse::<i64>().ok());
        match key {
            b"badness" => victim.oom_score = value,
            b"oom_score_adj" => {
                victim.oom_score_adj = value.and_then(|value| i32::try_from(value).ok());
            }
            _ => {}
        }
    }
}

/// `Vm, MiB:   Size: 7330, RSS: 7320 (Anon: 7318, File: 2, Shmem: 0), Swap: 310`
pub(super) fn sizes(text: &[u8], victim: &mut Victim) {
    let size = |key: &[u8]| {
        let (_, rest) = split_once(text, key)?;
        mib(number(rest.trim_ascii_start())?.0)
    };
    victim.total_vm_bytes = size(b" Size:");
    victim.rss_bytes = size(b" RSS:");
    victim.anon_rss_bytes = size(b"(Anon:");
    victim.file_rss_bytes = size(b" File:");
    victim.shmem_rss_bytes = size(b" Shmem:");
    victim.swap_bytes = size(b" Swap:");
}

fn comm_of(text: &[u8]) -> Option<Text> {
    (text.len() <= MAX_COMM_LEN).then(|| Text::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nohang_victims_of_all_versions() {
        for text in [
            "PID: 12, Name: a, b, badness: 3",
            "PID:       12, name: a, b, state: R (running), EUID: 1000, SID: 23900 (a, state: R (b), EUID: 7), lifetime: 21s",
            "Victim is a, b, pid: 12, badness: 3, VmRSS: 4 MiB, VmSwap: 0 MiB",
        ] {
            let victim = victim_of(text.as_bytes()).unwrap();
            assert_eq!(
                (victim.pid, victim.comm),
                (12, Some(Text::from("a, b"))),
                "{text}"
            );
        }
        let text = b"PID: 12, name: a, state: R (b, state: S (sleeping), EUID: 5, SID: 1 (x), lifetime: 1s";
        assert_eq!(
            victim_of(text).unwrap().comm,
            Some(Text::from("a, state: R (b"))
        );
        for text in ["PID: 0, Name: a, badness: 3", "PID: x", "Victim is a", ""] {
            assert!(victim_of(text.as_bytes()).is_none(), "{text}");
        }
        // A name with a line end leaves the pid.
        for text in ["PID: 12, name: a", "PID: 12, Name: a"] {
            let victim = victim_of(text.as_bytes()).unwrap();
            assert_eq!((victim.pid, victim.comm), (12, None), "{text}");
        }
    }

    #[test]
    fn nohang_victims_that_are_none_or_not_shown_whole() {
        let size = "badness: 3, VmRSS: 4 MiB, VmSwap: 0 MiB";
        let of = |text: &str| victim_of(text.as_bytes());
        assert!(of(&alloc::format!("Victim is a, pid: 0, {size}")).is_none());
        assert!(of(&alloc::format!("Victim is a, pid: 7, {size}")).is_some());
        let shown = "PID: 12, name: a, state: R (running), EUID: 1000, SID: 1 (a), lifetime: 2s";
        assert_eq!(of(shown).unwrap().uid, Some(1000));
        let other = shown.replace(" (running)", "");
        assert_eq!(of(&other).unwrap().uid, None);
    }
}
