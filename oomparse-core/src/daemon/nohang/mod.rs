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
//! because the command line may contain a line end and imitate another victim. A line that comes together with the
//! command line does not end an action, and an executable's path after an action shows that the command line contained it.

mod victim;

use super::envelope::Envelope;
use super::statement::By;
use super::text::{signal, split_once};
use super::{Patience, Reader, Statement};
use crate::bytes::Text;
use crate::event::{Action, Cause, CauseKind, EventType, Killer, OomEvent, Outcome, Stage, Victim};
use crate::limits::MAX_DAEMON_WAIT_S;
use crate::source::Daemon;
use crate::stamp::{Second, Stamp};
use crate::time::WallTime;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use victim::{scores, sizes, victim_of};

/// Lines of one action in its own file, where they have no prefix.
const MAX_LINES: u32 = 64;

/// How far apart the lines of one text are at most; nohang itself needs longer to kill.
const MAX_AT_ONCE_US: i64 = 1_000;

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
    /// The outcome is known.
    has_ended: bool,
    /// When the command line was printed, and in which second the last line.
    cmdline_at: Option<Stamp>,
    second: Option<Second>,
    patience: Patience,
    /// In a file whose lines have no prefix: how many lines there were.
    bare: Option<u32>,
}

impl Reader for Nohang {
    const OF: &'static [Daemon] = &[Daemon::Nohang];
    const WORDS: &'static [&'static str] = &["nohang", "Memory status that requires"];
    const ENVELOPES: &'static [Envelope] = &[Envelope::Nohang];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
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
        let is_shown = self.action.as_ref().is_some_and(|it| it.is_shown(said));
        if begins && !is_same && !is_shown {
            self.emit_waiting(out);
            self.action = Some(Box::new(Corrective {
                patience: Patience::from(said),
                bare: matches!(said.by, By::Envelope(_)).then_some(0),
                ..Corrective::default()
            }));
        }
        let Some(action) = &mut self.action else {
            return;
        };
        action.second = said.second().or(action.second);
        action.wall = said.frame.wall.or(action.wall);
        if let Some(lines) = &mut action.bare {
            *lines = lines.saturating_add(1);
        }
        if action.done.is_some() {
            self.go_on(said, text, out);
        } else if action.note(text) {
            self.act(said, text);
        } else if text.starts_with(b"cmdline:") {
            action.cmdline_at = Some(Stamp::of(said.frame, 0, 0));
        }
        let is_long = |it: &Corrective| it.bare.is_some_and(|lines| lines > MAX_LINES);
        if self.action.as_deref().is_some_and(is_long) {
            self.emit_waiting(out);
        }
    }

    fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        out.extend(self.action.take().and_then(|action| action.done));
    }

    fn emit_ready(&mut self, out: &mut VecDeque<OomEvent>) {
        if self.action.as_ref().is_some_and(|action| action.has_ended) {
            self.emit_waiting(out);
        }
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

    /// Takes a line after the action's.
    fn go_on(&mut self, said: &Statement<'_>, text: &[u8], out: &mut VecDeque<OomEvent>) {
        let Some(action) = &mut self.action else {
            return;
        };
        if text.starts_with(b"exe realpath:") && action.cmdline_at.is_some() {
            // It follows the command line, and nothing was done before it.
            action.victim = action.done.take().and_then(|event| event.victim);
            action.has_ended = false;
            self.last = None;
            return;
        }
        action.has_ended |= action.ends(text);
        if action.has_ended && action.is_at_once(said) != Some(true) {
            self.emit_waiting(out);
        }
    }

    /// Takes the line that says what is done.
    fn act(&mut self, said: &Statement<'_>, text: &[u8]) {
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
        let testimony = event.testimony_mut();
        testimony.killer = Some(Killer::Nohang);
        testimony.stage = Some(Stage::Sent);
        testimony.signal = signal_of(text);
        testimony.action = testimony.signal.is_none().then_some(Action::Command);
        testimony.cause = Some(Cause {
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
    /// Whether a line came together with the command line, so that it may be a part of it; unknown without fractions of
    /// seconds.
    fn is_at_once(&self, said: &Statement<'_>) -> Option<bool> {
        said.is_within(MAX_AT_ONCE_US, self.cmdline_at.as_ref()?)
    }

    /// Whether the victim is being shown, so that what looks like another action may be a part of its command line.
    fn is_shown(&self, said: &Statement<'_>) -> bool {
        let gap = said.second().zip(self.second);
        let is_now = gap.is_none_or(|(now, then)| now.since(then) == Some(0));
        match self.done {
            None => self.cmdline_at.is_some() && is_now,
            Some(_) => self.is_at_once(said) == Some(true),
        }
    }

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
        // 0.2 names the one with the highest badness first, then shows it at length.
        if victim.uid.is_none() && victim.cmdline.is_none() && victim.rss_bytes.is_none() {
            let at_length = victim_of(text).filter(|it| it.uid.is_some());
            let is_same = |it: &Victim| (it.pid, &it.comm) == (victim.pid, &victim.comm);
            if let Some(whole) = at_length.filter(is_same) {
                *victim = whole;
                return false;
            }
        }
        // What follows may be the command line's own: it is the last of what is shown but for the executable.
        if victim.cmdline.is_some() {
            return false;
        }
        if let Some(cmdline) = text.strip_prefix(b"cmdline:") {
            victim.cmdline = Some(Text::from(cmdline.trim_ascii()));
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
        let testimony = event.testimony_mut();
        (testimony.outcome, testimony.stage, testimony.words) =
            (Some(outcome), Some(stage), Some(words));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Accept, Options, Parser};
    use alloc::vec::Vec;

    const FIRST: &[u8] = b"PID: 12, Name: a, badness: 3";
    const LONG: &[u8] =
        b"PID:       12, name: a, state: R (running), EUID: 1000, SID: 23900 (a), lifetime: 21s";
    const SIZES: &[u8] =
        b"Vm, MiB:   Size: 7330, RSS: 7320 (Anon: 7318, File: 2, Shmem: 0), Swap: 310";

    fn noted(lines: &[&[u8]]) -> Victim {
        let mut action = Corrective::default();
        for line in lines {
            assert!(!action.note(line));
        }
        action.victim.unwrap()
    }

    #[test]
    fn a_victim_is_shown_at_length_once_and_before_anything_else_of_it() {
        let victim = noted(&[FIRST, LONG]);
        assert_eq!((victim.pid, victim.uid), (12, Some(1000)));
        // Another process, and one that was shown already.
        let other = LONG.to_ascii_lowercase();
        assert_eq!(noted(&[FIRST, &other]).uid, None);
        let another: &[u8] =
            b"PID:       13, name: a, state: R (running), EUID: 1000, SID: 1 (a), lifetime: 21s";
        assert_eq!(noted(&[FIRST, another]).uid, None);
        let sized = noted(&[FIRST, SIZES, LONG]);
        assert_eq!((sized.uid, sized.rss_bytes), (None, Some(7320 << 20)));
        let commanded = noted(&[FIRST, b"cmdline: x", LONG, b"cmdline: y"]);
        assert_eq!(
            (commanded.uid, commanded.cmdline),
            (None, Some(Text::from("x")))
        );
        let first = noted(&[
            LONG,
            b"PID:       12, name: a, state: R (running), EUID: 7, SID: 1 (a), lifetime: 21s",
        ]);
        assert_eq!(first.uid, Some(1000));
    }

    #[test]
    fn the_cgroup_is_the_one_that_is_more_than_the_root() {
        for (lines, expected) in [
            (&["cgroup_v1: /", "cgroup_v2: /a"][..], "/a"),
            (&["cgroup_v1: /a", "cgroup_v2: /"], "/a"),
            (&["cgroup_v1: /a", "cgroup_v2: /b"], "/a"),
            (&["cgroup_v1: /"], "/"),
        ] {
            let mut action = Corrective::default();
            action.note(FIRST);
            lines.iter().for_each(|line| {
                action.note(line.as_bytes());
            });
            assert_eq!(action.cgroup, Some(Text::from(expected)), "{lines:?}");
        }
    }

    fn parser() -> Parser {
        let options = Options {
            accept: Accept::ANY.and(Daemon::Nohang),
            ..Options::default()
        };
        Parser::with_options(options)
    }

    fn push(parser: &mut Parser, clock: &str, text: &str) {
        parser.push_line(alloc::format!("Jan  5 02:12:{clock} n1 nohang[7]: {text}").as_bytes());
    }

    /// The events of its lines, each with its second and fraction.
    fn events(log: &[(&str, &str)]) -> Vec<OomEvent> {
        let mut parser = parser();
        for (clock, text) in log {
            push(&mut parser, clock, text);
        }
        parser.finish();
        parser.events().collect()
    }

    fn pids(log: &[(&str, &str)]) -> Vec<u32> {
        events(log)
            .into_iter()
            .filter_map(|event| event.victim)
            .map(|it| it.pid)
            .collect()
    }

    const BEGIN: &str = ">>=== STARTING implement_corrective_action() ====>>";
    const STATUS: &str = "Memory status that requires corrective actions:";
    const SHOWN: &str =
        "PID: 12, name: a, state: R (running), EUID: 1000, SID: 23900 (a), lifetime: 21s";
    const OTHER: &str =
        "PID: 13, name: b, state: R (running), EUID: 1000, SID: 23900 (a), lifetime: 21s";
    const KILL: &str = "Sending SIGKILL to the victim";
    const DIED: &str = "The victim died in 0.211s";

    #[test]
    fn each_announcement_or_status_is_an_action_of_its_own() {
        let both = [
            ("02", BEGIN),
            ("02", STATUS),
            ("02", SHOWN),
            ("02", KILL),
            ("02", DIED),
        ];
        assert_eq!(pids(&both), [12]);
        for begin in [BEGIN, STATUS] {
            let next = [("03", begin), ("03", OTHER), ("03", KILL), ("03", DIED)];
            assert_eq!(pids(&[&both[..], &next].concat()), [12, 13], "{begin}");
            // Without an outcome the next one ends it, and one in which nothing was done is none.
            assert_eq!(pids(&[&both[..4], &next].concat()), [12, 13], "{begin}");
            assert_eq!(pids(&[&both[..3], &next].concat()), [13], "{begin}");
        }
        assert_eq!(pids(&both[1..]), [12]);
        assert!(pids(&both[2..]).is_empty());
    }

    #[test]
    fn of_the_first_version_each_victim_is_an_action() {
        let victim = "Victim is a, pid: 12, badness: 3, VmRSS: 4 MiB, VmSwap: 0 MiB";
        let other = "Victim is b, pid: 13, badness: 3, VmRSS: 4 MiB, VmSwap: 0 MiB";
        let sent = "Sending SIGTERM to the victim; OK; response time: 5 ms";
        assert_eq!(
            pids(&[("02", victim), ("02", sent), ("03", other), ("03", sent)]),
            [12, 13]
        );
        // Another one before anything was done is none.
        assert_eq!(pids(&[("02", victim), ("02", other), ("02", sent)]), [12]);
    }

    #[test]
    fn what_is_done_is_a_signal_or_a_command() {
        for (done, signal, action) in [
            ("Sending SIGKILL to the victim", Some("SIGKILL"), None),
            ("Send SIGTERM to the victim", Some("SIGTERM"), None),
            (
                "Executing the command: systemctl stop a",
                None,
                Some(Action::Command),
            ),
            (
                "Run the command: systemctl stop a",
                None,
                Some(Action::Command),
            ),
        ] {
            let found = events(&[("02", BEGIN), ("02", SHOWN), ("02", done)]);
            let testimony = found[0].testimony.as_ref().unwrap();
            assert_eq!(
                (testimony.signal, testimony.action),
                (signal, action),
                "{done}"
            );
            assert_eq!(
                testimony.cause.as_ref().unwrap().kind,
                Some(CauseKind::LowMemory)
            );
        }
        for not in [
            "Sending SIGHUP to the victim",
            "Sending SIGKILL to all",
            "Sent",
            "The command: x",
        ] {
            let found = pids(&[("02", BEGIN), ("02", SHOWN), ("02", not)]);
            assert!(found.is_empty(), "{not}");
        }
        for pressure in ["PSI avg value: 90.0 > 60.0", "MemPressure: x"] {
            let found = events(&[("02", BEGIN), ("02", pressure), ("02", SHOWN), ("02", KILL)]);
            let cause = found[0].testimony.as_ref().unwrap().cause.as_ref().unwrap();
            assert_eq!(cause.kind, Some(CauseKind::MemoryPressure), "{pressure}");
        }
    }

    #[test]
    fn the_outcome_is_of_the_lines_after() {
        for (end, outcome, stage) in [
            (DIED, Outcome::Exited, Stage::Confirmed),
            (
                "The victim became a zombie in 0.2s",
                Outcome::Zombie,
                Stage::Confirmed,
            ),
            (
                "The victim doesn't respond on corrective action in 3.0 sec",
                Outcome::Survived,
                Stage::Sent,
            ),
            (
                "No such process; total response time: 1ms",
                Outcome::Failed,
                Stage::Marked,
            ),
            (
                "Permission denied; total response time: 1ms",
                Outcome::Failed,
                Stage::Marked,
            ),
        ] {
            let mut parser = parser();
            for text in [BEGIN, SHOWN, KILL, "OK; total response time: 19ms"] {
                push(&mut parser, "02", text);
                assert!(parser.next_event().is_none());
            }
            push(&mut parser, "02", end);
            let testimony = parser.next_event().unwrap().testimony.unwrap();
            assert_eq!(
                (testimony.outcome, testimony.stage),
                (Some(outcome), Some(stage)),
                "{end}"
            );
        }
    }

    /// A command line may hold any lines; the journal has them within the same moment.
    #[test]
    fn what_comes_at_once_with_the_command_line_ends_nothing() {
        let shown = [
            ("02.000100", BEGIN),
            ("02.000200", SHOWN),
            ("02.000300", "cmdline: a"),
        ];
        let done = [("02.100000", KILL), ("02.300000", DIED)];
        assert_eq!(pids(&[&shown[..], &done].concat()), [12]);
        for line in [
            BEGIN,
            STATUS,
            OTHER,
            "Victim is b, pid: 13, badness: 3, VmRSS: 4 MiB, VmSwap: 0 MiB",
        ] {
            let log = [
                &shown[..],
                &[("02.000310", line), ("02.000311", OTHER)],
                &done,
            ]
            .concat();
            assert_eq!(pids(&log), [12], "{line}");
        }
        // Its own action is none: the executable's path is shown before anything is done.
        let forged = [
            ("02.000310", KILL),
            ("02.000320", DIED),
            ("02.000330", "exe realpath: /bin/a"),
        ];
        let found = events(&[&shown[..], &forged, &done].concat());
        assert_eq!(found.len(), 1);
        let testimony = found[0].testimony.as_ref().unwrap();
        assert_eq!(
            (testimony.outcome, testimony.words),
            (Some(Outcome::Exited), Some("The victim died in "))
        );
        assert!(pids(&[&shown[..], &forged].concat()).is_empty());
        // For a caller who must know at once, the outcome is there.
        let mut parser = parser();
        for (clock, text) in [&shown[..], &forged[..2]].concat() {
            push(&mut parser, clock, text);
        }
        assert!(parser.next_event().is_none());
        parser.give_waiting();
        assert_eq!(parser.next_event().unwrap().victim.unwrap().pid, 12);
        // What comes in a later second is another action.
        let next = [
            ("03.100000", BEGIN),
            ("03.100001", OTHER),
            ("03.100002", KILL),
        ];
        assert_eq!(pids(&[&shown[..], &next].concat()), [13]);
        assert_eq!(pids(&[&shown[..], &done[..1], &next].concat()), [12, 13]);
    }

    #[test]
    fn in_its_own_file_an_action_has_so_many_lines() {
        let mut parser = parser();
        let begin = alloc::format!("2019-11-14 18:27:56,211: {STATUS}");
        let first = [&*begin, SHOWN, "  Sending SIGKILL to the victim"];
        let all = first.into_iter().chain(core::iter::repeat_n("x", 99));
        let mut taken = 0;
        let mut all = all.inspect(|_| taken += 1);
        let event = all.find_map(|line| {
            parser.push_line(line.as_bytes());
            parser.next_event()
        });
        assert_eq!(event.unwrap().time.unwrap().second, 56);
        assert_eq!(taken, MAX_LINES + 1);
    }
}
