//! nohang: signals one process, or runs a command, when memory, swap or pressure pass a threshold.
//!
//! | versions | lines |
//! |---|---|
//! | 0.1 | `Victim is tail, pid: 12, badness: 3, VmRSS: 4 MiB, VmSwap: 0 MiB`, `Sending SIGTERM to the victim; OK; response time: 5 ms` |
//! | 0.1-dev, 2019 | `PID: 12297, Name: tail, badness: 727`, `Send SIGTERM to the victim` or `Run the command: …` |
//! | 0.2, 0.3 | below |
//!
//! ```text
//! nohang-desktop[5225]: >>=== STARTING implement_corrective_action() ====>>
//! nohang-desktop[5225]: Memory status that requires corrective actions:
//! nohang-desktop[5225]:   MemAvailable [63 MiB, 0.7 %] <= hard_threshold_min_mem [98 MiB, 1.0 %]
//! nohang-desktop[5225]:   PID:       24044, name: tail, state: R (running), EUID: 1000, SID: 23900 (bash), lifetime: 21s
//! nohang-desktop[5225]:   badness:   830, oom_score:  830, oom_score_adj:  0
//! nohang-desktop[5225]:   Vm, MiB:   Size: 7330, RSS: 7320 (Anon: 7318, File: 2, Shmem: 0), Swap: 310
//! nohang-desktop[5225]:   cgroup_v2: /user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope
//! nohang-desktop[5225]:   cmdline:   tail /dev/zero
//! nohang-desktop[5225]: Implementing a corrective action:
//! nohang-desktop[5225]:   Sending SIGKILL to the victim
//! nohang-desktop[5225]: OK; total response time: 19ms
//! nohang-desktop[5225]: The victim died in 0.211s
//! ```
//!
//! In its own file, only the first line of a message has the date. It repeats the kernel's lines as `kmsg: Out of
//! memory: …`: a copy. The action's line has no pid: it belongs to the first victim since the action began,
//! because the command line may contain a line end and imitate another victim.

use super::envelope::Envelope;
use super::said::By;
use super::text::{mib, number, pid, rsplit_once, signal, split_once, whole_number};
use super::{Patience, Reader, Said};
use crate::bytes::Text;
use crate::event::{Action, Cause, CauseKind, EventType, Killer, OomEvent, Outcome, Stage, Victim};
use crate::limits::{MAX_COMM_LEN, MAX_DAEMON_WAIT_S};
use crate::source::Daemon;
use crate::stamp::Second;
use crate::time::WallTime;
use alloc::boxed::Box;
use alloc::collections::VecDeque;

/// Lines of one action in its own file, where they have no prefix.
const MAX_LINES: u32 = 64;

/// Reads nohang's lines.
#[derive(Debug, Default)]
pub(super) struct Nohang {
    action: Option<Box<Corrective>>,
    last: Option<(u32, Option<Second>)>,
}

/// A corrective action, from its announcement to its outcome.
#[derive(Debug, Default)]
struct Corrective {
    victim: Option<Victim>,
    cgroup: Option<Text>,
    is_pressure: bool,
    /// The time of the last line with a date.
    wall: Option<WallTime>,
    /// Its event, once something was done.
    done: Option<OomEvent>,
    patience: Patience,
    /// In a file whose lines have no prefix: how many lines there were.
    bare: Option<u32>,
}

impl Reader for Nohang {
    const OF: &'static [Daemon] = &[Daemon::Nohang];
    const WORDS: &'static [&'static str] = &["nohang", "Memory status that requires"];
    const ENVELOPES: &'static [Envelope] = &[Envelope::Nohang];

    fn line(&mut self, said: &Said<'_>, out: &mut VecDeque<OomEvent>) {
        let text = match super::text::is_nohang_stamp(said.text) {
            true => said.text.get(25..).unwrap_or_default(),
            false => said.text,
        };
        let text = text.trim_ascii();
        let begins = text.starts_with(b">>=== STARTING ")
            || text.starts_with(b"Memory status that requires corrective action")
            || text.starts_with(b"Victim is ") && self.is_over();
        // The announcement and the status after it are one action.
        let is_same = self.action.as_ref().is_some_and(|it| it.is_new());
        if begins && !is_same {
            self.give(out);
            self.action = Some(Box::new(Corrective {
                patience: Patience::from(said),
                bare: matches!(said.by, By::Envelope(_)).then_some(0),
                ..Corrective::default()
            }));
        }
        let Some(action) = &mut self.action else {
            return;
        };
        action.wall = said.frame.wall.or(action.wall);
        if let Some(lines) = &mut action.bare {
            *lines = lines.saturating_add(1);
        }
        if action.done.is_some() {
            if action.ends(text) {
                self.give(out);
            }
        } else if action.note(text) {
            self.act(said, text);
        }
        let is_long = |it: &Corrective| it.bare.is_some_and(|lines| lines > MAX_LINES);
        if self.action.as_deref().is_some_and(is_long) {
            self.give(out);
        }
    }

    fn give(&mut self, out: &mut VecDeque<OomEvent>) {
        out.extend(self.action.take().and_then(|action| action.done));
    }

    fn patience(&mut self) -> Option<&mut Patience> {
        let action = self.action.as_mut()?;
        (action.done.is_some() || action.bare.is_some()).then_some(&mut action.patience)
    }

    fn goes_on(&self) -> bool {
        self.action
            .as_ref()
            .is_some_and(|action| action.bare.is_some())
    }

    fn weight(&self) -> usize {
        self.action.as_ref().map_or(0, |action| {
            let victim = action.victim.as_ref();
            let texts = [
                victim.and_then(|it| it.cmdline.as_ref()),
                action.cgroup.as_ref(),
            ];
            let texts = texts.into_iter().flatten().map(|it| it.as_bytes().len());
            let done = action.done.as_ref().map_or(0, OomEvent::texts_weight);
            texts
                .fold(done, usize::saturating_add)
                .saturating_add(core::mem::size_of::<Corrective>())
        })
    }
}

impl Nohang {
    fn is_over(&self) -> bool {
        self.action
            .as_ref()
            .is_none_or(|action| action.done.is_some())
    }

    /// Takes the line that says what is done.
    fn act(&mut self, said: &Said<'_>, text: &[u8]) {
        let Some(action) = &mut self.action else {
            return;
        };
        let Some(victim) = action.victim.take() else {
            return;
        };
        let now = said.second();
        let is_again = self.last.is_some_and(|(pid, then)| {
            let gap = now.zip(then).and_then(|(now, then)| now.since(then));
            pid == victim.pid && gap.is_none_or(|gap| gap <= MAX_DAEMON_WAIT_S)
        });
        self.last = Some((victim.pid, now));
        if is_again {
            self.action = None;
            return;
        }
        let mut event = said.event_at(EventType::UserspaceKill, action.wall);
        if let Some(path) = &action.cgroup {
            said.set_cgroup(&mut event, path.as_bytes());
        }
        event.victim = Some(victim);
        let told = event.told();
        told.killer = Some(Killer::Nohang);
        told.stage = Some(Stage::Sent);
        told.signal = signal_of(text);
        told.action = told.signal.is_none().then_some(Action::Command);
        told.cause = Some(Cause {
            kind: Some(match action.is_pressure {
                true => CauseKind::MemoryPressure,
                false => CauseKind::LowMemory,
            }),
            ..Cause::default()
        });
        action.patience = Patience::from(said);
        action.done = Some(event);
    }
}

/// The signal of `Sending SIGKILL to the victim`.
fn signal_of(text: &[u8]) -> Option<&'static str> {
    let rest = text
        .strip_prefix(b"Sending ")
        .or_else(|| text.strip_prefix(b"Send "))?;
    let (word, rest) = split_once(rest, b" ")?;
    signal(word).filter(|_| rest.starts_with(b"to the victim"))
}

impl Corrective {
    /// Whether only its announcement was read.
    fn is_new(&self) -> bool {
        self.victim.is_none() && self.done.is_none()
    }

    /// Takes a line before the action; returns whether it belongs to the action.
    fn note(&mut self, text: &[u8]) -> bool {
        let is_command =
            text.starts_with(b"Executing the command: ") || text.starts_with(b"Run the command: ");
        if is_command || signal_of(text).is_some() {
            return true;
        }
        if text.starts_with(b"PSI ") || text.starts_with(b"MemPressure") {
            self.is_pressure = true;
        }
        let Some(victim) = &mut self.victim else {
            self.victim = victim_of(text);
            return false;
        };
        if let Some(cmdline) = text.strip_prefix(b"cmdline:") {
            if victim.cmdline.is_none() {
                victim.cmdline = Some(Text::from(cmdline.trim_ascii()));
            }
        } else if let Some(path) = text.strip_prefix(b"cgroup_v2:") {
            self.note_cgroup(path);
        } else if let Some(path) = text.strip_prefix(b"cgroup_v1:") {
            self.note_cgroup(path);
        } else if victim.oom_score.is_none() && text.starts_with(b"badness:") {
            scores(text, victim);
        } else if victim.rss_bytes.is_none() && text.starts_with(b"Vm, MiB:") {
            sizes(text, victim);
        }
        false
    }

    /// Of both hierarchies, the path that is more than the root.
    fn note_cgroup(&mut self, path: &[u8]) {
        let path = path.trim_ascii();
        let is_root = |path: &[u8]| path == b"/";
        let is_better = match &self.cgroup {
            None => true,
            Some(known) => is_root(known.as_bytes()) && !is_root(path),
        };
        if path.starts_with(b"/") && is_better {
            self.cgroup = Some(Text::from(path));
        }
    }

    /// Takes a line after the action; returns whether it ends the action.
    fn ends(&mut self, text: &[u8]) -> bool {
        let found = if text.starts_with(b"The victim died in ") {
            Some((Outcome::Exited, Stage::Confirmed, "The victim died in "))
        } else if text.starts_with(b"The victim became a zombie in ") {
            Some((Outcome::Zombie, Stage::Confirmed, "became a zombie in "))
        } else if text.starts_with(b"The victim doesn't respond on corrective action") {
            Some((
                Outcome::Survived,
                Stage::Sent,
                "doesn't respond on corrective action",
            ))
        } else if text.starts_with(b"No such process") || text.starts_with(b"Permission denied") {
            Some((Outcome::Failed, Stage::Marked, "response time"))
        } else {
            None
        };
        let (Some((outcome, stage, words)), Some(event)) = (found, &mut self.done) else {
            return false;
        };
        let told = event.told();
        (told.outcome, told.stage, told.told) = (Some(outcome), Some(stage), Some(words));
        true
    }
}

/// The victim, from a line that names it in any version.
fn victim_of(text: &[u8]) -> Option<Victim> {
    if let Some(rest) = text.strip_prefix(b"PID:") {
        let (pid, rest) = pid(rest.trim_ascii_start())?;
        let rest = match rest.strip_prefix(b", name: ") {
            Some(rest) => return status(pid, rest),
            None => rest.strip_prefix(b", Name: ")?,
        };
        let (comm, badness) = rsplit_once(rest, b", badness: ")?;
        return Some(Victim {
            pid,
            comm: comm_of(comm),
            oom_score: Some(whole_number::<u32>(badness)?.into()),
            ..Victim::default()
        });
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
fn scores(text: &[u8], victim: &mut Victim) {
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
fn sizes(text: &[u8], victim: &mut Victim) {
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
    }
}
