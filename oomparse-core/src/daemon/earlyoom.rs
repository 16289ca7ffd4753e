//! earlyoom: signals one process, or its group, when memory and swap run low.
//!
//! | versions | line |
//! |---|---|
//! | to 1.0 | `Killing process 1234 chrome` |
//! | 1.1 | `Killing process: chrome, pid: 1234, badness: 300, VmRSS: 512 MiB` |
//! | 1.2 | `Killing process 'chrome' with signal 15, pid: 1234, badness: 300, VmRSS: 512 MiB` |
//! | 1.3-rc1 | `killing process 1234 "chrome" with signal 15: badness 300, VmRSS 512 MiB` |
//! | 1.3 | `sending SIGTERM to process 1234 "chrome": badness 300, VmRSS 512 MiB` |
//! | 1.4 to 1.7 | `sending SIGTERM to process 1234 uid 1000 "chrome": badness 300, VmRSS 512 MiB` |
//! | 1.8 | `…: oom_score 300, VmRSS 512 MiB, cmdline "…"` |
//! | 1.9 | `…: oom_score 300, oom_score_adj 0, VmRSS 512 MiB, cmdline "…"` |
//!
//! ```text
//! earlyoom[1233]: sending SIGTERM to process 29410 uid 1000 "cluster": badness 1264, VmRSS 23964 MiB
//! earlyoom[1233]: process exited after 0.1 seconds
//! earlyoom[77]: sending SIGTERM to process 3112 uid 33 "php-fpm": oom_score 820, oom_score_adj 0, VmRSS 2048 MiB, cmdline "php-fpm: pool www"
//! earlyoom[77]: escalating to SIGKILL after 1.104 seconds
//! earlyoom[77]: process 3112 exited after 1.305 seconds
//! earlyoom[500]: dryrun, not actually sending any signal
//! ```
//!
//! A dry run prints the kill first and says on the next line that it was a dry run, so a kill waits for that
//! line; since 1.3 there always is one. A comm has at most 15 bytes and a command line ends with the line, so
//! both are read completely whatever they contain. A command line may contain a line end, and so imitate any line. If
//! the journal shows fractions of a second, lines that come together with the kill's are read only for a dry run and
//! the outcome, because the next kill comes later; else earlyoom prints the outcome of a kill before it kills again.

use super::text::{mib, number, pid, rsplit_once, signal, signed, split_once, whole_number};
use super::{Patience, Reader, Statement};
use crate::bytes::Text;
use crate::event::{Cause, CauseKind, EventType, Killer, OomEvent, Outcome, Stage, Victim};
use crate::limits::{MAX_COMM_LEN, MAX_DAEMON_WAIT_S};
use crate::source::Daemon;
use crate::stamp::{Second, Stamp};
use alloc::boxed::Box;
use alloc::collections::VecDeque;

/// How far apart the lines of one text are at most. earlyoom sleeps for a tenth of a second between two kills.
const MAX_AT_ONCE_US: i64 = 50_000;

/// The kill that waits for its end, and the process of the last kill.
#[derive(Debug, Default)]
pub(super) struct EarlyOom {
    waiting: Option<Box<Waiting>>,
    last: Option<(u32, Option<Second>)>,
}

#[derive(Debug)]
struct Waiting {
    event: OomEvent,
    patience: Patience,
    /// Nothing has followed the kill's own line yet.
    is_new: bool,
    /// Its command line was not closed.
    is_open: bool,
    /// It has a command line.
    has_cmdline: bool,
    /// When the kill was printed.
    stamp: Stamp,
    /// A line says that no signal was sent: earlyoom's, or a part of the command line.
    is_dry: bool,
}

impl Reader for EarlyOom {
    const OF: &'static [Daemon] = &[Daemon::EarlyOom];
    const WORDS: &'static [&'static str] = &["earlyoom"];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        if self.is_cmdlines(said) {
            return;
        }
        let is_at_once = self.waiting.as_ref().and_then(|it| it.is_at_once(said));
        if is_at_once != Some(true)
            && let Some(kill) = kill(said.text)
        {
            return self.begin(said, kill, out);
        }
        if let Some(waiting) = &mut self.waiting {
            waiting.is_new = false;
            match waiting.goes_on(said.text, is_at_once == Some(true)) {
                Next::Dry => waiting.is_dry = true,
                // Where a command line may say so, the next line decides.
                Next::End if is_at_once != Some(true) => {
                    waiting.is_dry &= is_at_once.is_none();
                    self.emit_waiting(out);
                }
                Next::Over if is_at_once != Some(true) => self.emit_waiting(out),
                Next::Escalated => waiting.is_dry &= is_at_once != Some(false),
                Next::End | Next::Over | Next::More => {}
            }
        }
    }

    fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        let waiting = self.waiting.take().filter(|waiting| !waiting.is_dry);
        out.extend(waiting.map(|waiting| waiting.event));
    }

    fn emit_ready(&mut self, out: &mut VecDeque<OomEvent>) {
        let is_ended = |it: &mut Waiting| it.event.testimony_mut().outcome.is_some();
        if self.waiting.as_mut().is_some_and(|it| is_ended(it)) {
            self.emit_waiting(out);
        }
    }

    fn patience(&mut self) -> Option<&mut Patience> {
        self.waiting.as_mut().map(|waiting| &mut waiting.patience)
    }

    fn weight(&self) -> usize {
        self.waiting
            .as_ref()
            .map_or(0, |waiting| waiting.event.texts_weight())
    }
}

impl EarlyOom {
    /// Whether the line is a piece of the command line above, which contained a line end.
    fn is_cmdlines(&mut self, said: &Statement<'_>) -> bool {
        let Some(waiting) = self.waiting.as_mut().filter(|waiting| waiting.is_new) else {
            return false;
        };
        if waiting.is_open {
            waiting.is_open = !said.text.ends_with(b"\"");
            return true;
        }
        // In the same second; if the lines between were removed from a log, it is another kill.
        let gap = said.second().zip(waiting.patience.since);
        waiting.has_cmdline
            && kill(said.text).is_some()
            && gap.is_some_and(|(now, then)| now.since(then) == Some(0))
    }

    fn begin(&mut self, said: &Statement<'_>, kill: Kill, out: &mut VecDeque<OomEvent>) {
        self.emit_waiting(out);
        let second = said.second();
        let is_again = self.last.is_some_and(|(pid, then)| {
            let gap = second.zip(then).and_then(|(now, then)| now.since(then));
            pid == kill.victim.pid && gap.is_none_or(|gap| gap <= MAX_DAEMON_WAIT_S)
        });
        self.last = Some((kill.victim.pid, second));
        // A process that does not react is killed again and again.
        if is_again {
            return;
        }
        let has_cmdline = kill.is_open || kill.victim.cmdline.is_some();
        let mut event = said.event(EventType::UserspaceKill);
        event.victim = Some(kill.victim);
        let testimony = event.testimony_mut();
        testimony.killer = Some(Killer::EarlyOom);
        testimony.stage = Some(Stage::Sent);
        testimony.signal = kill.signal;
        testimony.cause = Some(Cause {
            kind: Some(CauseKind::LowMemory),
            ..Cause::default()
        });
        self.waiting = Some(Box::new(Waiting {
            event,
            patience: Patience::from(said),
            is_new: true,
            is_open: kill.is_open,
            has_cmdline,
            stamp: Stamp::of(said.frame, 0, 0),
            is_dry: false,
        }));
    }
}

/// What a line means for the kill before it.
enum Next {
    /// No signal was sent.
    Dry,
    /// It says what became of the victim.
    End,
    /// The next round has begun.
    Over,
    /// A stronger signal was sent.
    Escalated,
    More,
}

impl Waiting {
    /// Whether a line came at once with the kill's, so that it may be of its command line; not known without fractions
    /// of seconds.
    fn is_at_once(&self, said: &Statement<'_>) -> Option<bool> {
        let gap = said.is_within(MAX_AT_ONCE_US, &self.stamp);
        gap.filter(|_| self.has_cmdline)
    }

    fn goes_on(&mut self, text: &[u8], is_at_once: bool) -> Next {
        if text.starts_with(b"dryrun, not actually sending") {
            return Next::Dry;
        }
        let victim = self.event.victim.as_mut();
        let killed = victim.as_ref().map_or(0, |victim| victim.pid);
        if let Some(rest) = text.strip_prefix(b"process ") {
            // `-g` shows the group as a negative number.
            let rest = rest.strip_prefix(b"-").unwrap_or(rest);
            let rest = match pid(rest) {
                Some((pid, rest)) if pid == killed => rest.strip_prefix(b" ").unwrap_or(rest),
                Some(_) => return Next::More,
                None => rest,
            };
            if let (Some(cmdline), Some(victim)) = (rest.strip_prefix(b"cmdline \""), victim) {
                victim.cmdline = cmdline.strip_suffix(b"\"").map(Text::from);
                return Next::More;
            }
            if rest.starts_with(b"exited after ") {
                self.end(Outcome::Exited, Stage::Confirmed, "exited after ");
                return Next::End;
            }
            if rest.starts_with(b"did not exit") {
                self.end(Outcome::Survived, Stage::Sent, "did not exit");
                return Next::End;
            }
            return Next::More;
        }
        if let Some(rest) = text.strip_prefix(b"escalating to ") {
            // That takes longer.
            if is_at_once {
                return Next::More;
            }
            let to = split_once(rest, b" ").and_then(|(word, _)| signal(word));
            let testimony = self.event.testimony_mut();
            if to.is_some() && to != testimony.signal {
                testimony.first_signal = core::mem::replace(&mut testimony.signal, to);
            }
            return Next::Escalated;
        }
        if text.starts_with(b"kill failed: Timer expired") {
            self.end(Outcome::Survived, Stage::Sent, "kill failed: ");
            return Next::End;
        }
        if text.starts_with(b"kill failed: ") {
            self.end(Outcome::Failed, Stage::Marked, "kill failed: ");
            return Next::End;
        }
        let is_next = [&b"mem avail: "[..], b"low memory! ", b"Low Memory! "]
            .iter()
            .any(|start| text.starts_with(start));
        if is_next { Next::Over } else { Next::More }
    }

    fn end(&mut self, outcome: Outcome, stage: Stage, words: &'static str) {
        let testimony = self.event.testimony_mut();
        (testimony.outcome, testimony.stage) = (Some(outcome), Some(stage));
        testimony.words = Some(words);
    }
}

#[derive(Debug)]
struct Kill {
    victim: Victim,
    signal: Option<&'static str>,
    /// The command line does not end with the line.
    is_open: bool,
}

fn kill(text: &[u8]) -> Option<Kill> {
    match text.split_first()? {
        (b's', _) => sending(text.strip_prefix(b"sending ")?),
        (b'k', _) => killing(text.strip_prefix(b"killing process ")?),
        (b'K', _) => old(text.strip_prefix(b"Killing process")?),
        _ => None,
    }
}

/// `SIGTERM to process 1234[ uid 1000] "chrome": …`
fn sending(text: &[u8]) -> Option<Kill> {
    let (word, rest) = split_once(text, b" to process ")?;
    let signal = Some(signal(word)?);
    let (pid, rest) = pid(rest)?;
    let (uid, rest) = match rest.strip_prefix(b" uid ") {
        Some(rest) => {
            let (uid, rest) = number(rest)?;
            (Some(u32::try_from(uid).ok()?), rest)
        }
        None => (None, rest),
    };
    let rest = rest.strip_prefix(b" \"")?;
    let mut victim = Victim {
        pid,
        uid,
        ..Victim::default()
    };
    // The comm ends at the last position within its length after which all the rest can be read.
    let ends = (0..=MAX_COMM_LEN.min(rest.len())).rev();
    let is_open = ends
        .filter_map(|len| {
            let (comm, rest) = rest.split_at_checked(len)?;
            let rest = rest.strip_prefix(b"\": ")?;
            let mut found = victim.clone();
            let is_open = figures(rest, &mut found)?;
            found.comm = Some(Text::from(comm));
            Some((found, is_open))
        })
        .next();
    let is_open = is_open.map(|(found, is_open)| {
        victim = found;
        is_open
    })?;
    Some(Kill {
        victim,
        signal,
        is_open,
    })
}

/// `badness 1264, VmRSS 23964 MiB` or `oom_score 820, oom_score_adj 0, VmRSS 2048 MiB, cmdline "…"`; returns
/// whether the command line is not closed.
fn figures(text: &[u8], victim: &mut Victim) -> Option<bool> {
    let rest = text
        .strip_prefix(b"badness ")
        .or_else(|| text.strip_prefix(b"oom_score "))?;
    let (score, rest) = signed(rest)?;
    victim.oom_score = Some(score);
    let mut rest = rest.strip_prefix(b", ")?;
    if let Some(adj) = rest.strip_prefix(b"oom_score_adj ") {
        let (adj, tail) = signed(adj)?;
        victim.oom_score_adj = Some(i32::try_from(adj).ok()?);
        rest = tail.strip_prefix(b", ")?;
    }
    let (rss, rest) = number(rest.strip_prefix(b"VmRSS ")?)?;
    victim.rss_bytes = Some(mib(rss)?);
    let rest = rest.strip_prefix(b" MiB")?;
    if rest.is_empty() {
        return Some(false);
    }
    let cmdline = rest.strip_prefix(b", cmdline \"")?;
    victim.cmdline = cmdline.strip_suffix(b"\"").map(Text::from);
    Some(victim.cmdline.is_none())
}

/// `1234 "chrome" with signal 15: badness 300, VmRSS 512 MiB`
fn killing(text: &[u8]) -> Option<Kill> {
    let (pid, rest) = pid(text)?;
    let (rest, figures_text) = rsplit_once(rest.strip_prefix(b" \"")?, b": badness ")?;
    let (comm, number) = rsplit_once(rest, b"\" with signal ")?;
    let mut victim = Victim {
        pid,
        comm: comm_of(comm),
        ..Victim::default()
    };
    let (score, rest) = signed(figures_text)?;
    victim.oom_score = Some(score);
    let rss = rest.strip_prefix(b", VmRSS ")?.strip_suffix(b" MiB")?;
    victim.rss_bytes = mib(whole_number(rss)?);
    Some(Kill {
        victim,
        signal: Some(signal(number)?),
        is_open: false,
    })
}

/// The text after `Killing process` up to 1.2.
fn old(text: &[u8]) -> Option<Kill> {
    let mut victim = Victim::default();
    let mut sent = None;
    if let Some((rest, rss)) = rsplit_once(text, b", VmRSS: ") {
        victim.rss_bytes = mib(whole_number(rss.strip_suffix(b" MiB")?)?);
        let (rest, badness) = rsplit_once(rest, b", badness: ")?;
        victim.oom_score = Some(signed(badness).filter(|(_, rest)| rest.is_empty())?.0);
        let (rest, pid) = rsplit_once(rest, b", pid: ")?;
        victim.pid = whole_number(pid)?;
        let comm = match rest.strip_prefix(b" '") {
            Some(rest) => {
                let (comm, number) = rsplit_once(rest, b"' with signal ")?;
                sent = Some(signal(number)?);
                comm
            }
            None => rest.strip_prefix(b": ")?,
        };
        victim.comm = comm_of(comm);
    } else {
        let (pid, comm) = pid(text.strip_prefix(b" ")?)?;
        victim.pid = pid;
        victim.comm = Some(comm_of(comm.strip_prefix(b" ")?)?);
    }
    Some(Kill {
        victim,
        signal: sent,
        is_open: false,
    })
}

fn comm_of(text: &[u8]) -> Option<Text> {
    (text.len() <= MAX_COMM_LEN).then(|| Text::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Parser};

    /// How many kills these lines report, each with its fraction of a second, if it has one.
    fn kills(log: &[(Option<u32>, &str)]) -> usize {
        let options = Options {
            accept: crate::Accept::ANY.and(Daemon::EarlyOom),
            ..Options::default()
        };
        let mut parser = Parser::with_options(options);
        for (micros, text) in log {
            let fraction = micros.map(|it| alloc::format!(".{it:06}"));
            let fraction = fraction.unwrap_or_default();
            let line = alloc::format!("Jan  5 02:12:02{fraction} n1 earlyoom[77]: {text}");
            parser.push_line(line.as_bytes());
        }
        parser.finish();
        parser.events().count()
    }

    /// A command line may hold the words of a dry run; then the outcome shows that it was none.
    #[test]
    fn a_dry_run_in_the_command_line_is_undone_by_the_outcome() {
        const KILL: &str =
            "sending SIGTERM to process 3112 uid 33 \"a\": oom_score 8, VmRSS 2 MiB, cmdline \"x\"";
        const DRY: &str = "dryrun, not actually sending any signal";
        const EXITED: &str = "process 3112 exited after 0.2 seconds";
        let at = |kill, dry, end| kills(&[(kill, KILL), (dry, DRY), (end, EXITED)]);
        assert_eq!(at(Some(100), Some(200), Some(200_000)), 1);
        // Without fractions nobody knows, and with a dry run of its own it was one.
        assert_eq!(at(None, None, None), 0);
        assert_eq!(kills(&[(Some(100), KILL), (Some(200), DRY)]), 0);
        assert_eq!(kills(&[(Some(100), KILL), (Some(200_000), EXITED)]), 1);
        // A stronger signal was sent, so that the first was none of a dry run.
        let stronger = (Some(500_000), "escalating to SIGKILL after 0.5 seconds");
        assert_eq!(kills(&[(Some(100), KILL), (Some(200), DRY), stronger]), 1);
    }

    /// What comes at once with a command line may be a part of it, and ends no wait.
    #[test]
    fn an_end_in_the_command_line_is_none() {
        const KILL: &str =
            "sending SIGTERM to process 3112 uid 33 \"a\": oom_score 8, VmRSS 2 MiB, cmdline \"x\"";
        const DRY: &str = "dryrun, not actually sending any signal";
        for end in [
            "process 3112 exited after 0.2 seconds",
            "low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%",
        ] {
            let at =
                |micros| kills(&[(Some(100), KILL), (Some(micros), end), (Some(300_000), DRY)]);
            assert_eq!((at(200), at(200_000)), (0, 1), "{end}");
        }
    }

    fn victim(text: &str) -> Option<(u32, alloc::string::String, Option<&'static str>)> {
        let kill = kill(text.as_bytes())?;
        let comm = kill.victim.comm.unwrap_or_default();
        Some((kill.victim.pid, alloc::format!("{comm}"), kill.signal))
    }

    #[test]
    fn earlyoom_lines_of_all_versions() {
        for (text, signal) in [
            ("Killing process 12 a b", None),
            (
                "Killing process: a b, pid: 12, badness: 3, VmRSS: 4 MiB",
                None,
            ),
            (
                "Killing process 'a b' with signal 9, pid: 12, badness: 3, VmRSS: 4 MiB",
                Some("SIGKILL"),
            ),
            (
                "killing process 12 \"a b\" with signal 15: badness 3, VmRSS 4 MiB",
                Some("SIGTERM"),
            ),
            (
                "sending SIGTERM to process 12 \"a b\": badness 3, VmRSS 4 MiB",
                Some("SIGTERM"),
            ),
            (
                "sending SIGKILL to process 12 uid 0 \"a b\": badness 3, VmRSS 4 MiB",
                Some("SIGKILL"),
            ),
            (
                "sending SIGKILL to process 12 uid 0 \"a b\": oom_score 3, VmRSS 4 MiB, cmdline \"a\"",
                Some("SIGKILL"),
            ),
            (
                "sending SIGKILL to process 12 uid 0 \"a b\": oom_score 3, oom_score_adj -5, VmRSS 4 MiB, cmdline \"\"",
                Some("SIGKILL"),
            ),
        ] {
            assert_eq!(victim(text), Some((12, "a b".into(), signal)), "{text}");
        }
        for text in [
            "sending SIGTERM to process 12",
            "sending SIGHUP to process 12 uid 0 \"a\": badness 3, VmRSS 4 MiB",
            "sending SIGTERM to process 12 uid 0 \"aaaaaaaaaaaaaaaa\": badness 3, VmRSS 4 MiB",
            "sending SIGTERM to process 0 uid 0 \"a\": badness 3, VmRSS 4 MiB",
            "Killing process group",
            "dryrun mode enabled, will not kill anything",
        ] {
            assert_eq!(victim(text), None, "{text}");
        }
    }

    #[test]
    fn earlyoom_comms_and_cmdlines_that_look_like_the_line() {
        let comm = "\": oom_score 1,";
        let cmdline = "a\": oom_score 9, VmRSS 9 MiB, cmdline \"b";
        let text = alloc::format!(
            "sending SIGTERM to process 12 uid 0 \"{comm}\": oom_score 3, oom_score_adj 0, VmRSS 4 MiB, cmdline \"{cmdline}\""
        );
        let victim = kill(text.as_bytes()).unwrap().victim;
        assert_eq!(
            (victim.comm, victim.oom_score),
            (Some(Text::from(comm)), Some(3))
        );
        assert_eq!(victim.cmdline, Some(Text::from(cmdline)));
    }

    /// The events of these lines, each in its second.
    fn events(log: &[(u32, &str)]) -> alloc::vec::Vec<OomEvent> {
        let options = Options {
            accept: crate::Accept::ANY.and(Daemon::EarlyOom),
            ..Options::default()
        };
        let mut parser = Parser::with_options(options);
        for (second, text) in log {
            parser.push_line(
                alloc::format!("Jan  5 02:12:{second:02} n1 earlyoom[77]: {text}").as_bytes(),
            );
        }
        parser.finish();
        parser.events().collect()
    }

    const OLD: &str = "sending SIGTERM to process 12 uid 33 \"a\": badness 8, VmRSS 2 MiB";
    const NEW: &str = "sending SIGTERM to process 12 uid 33 \"a\": oom_score 8, oom_score_adj -5, VmRSS 2 MiB, cmdline \"x\"";
    const NEXT: &str =
        "sending SIGTERM to process 13 uid 33 \"b\": oom_score 8, VmRSS 2 MiB, cmdline \"x\"";

    #[test]
    fn a_kill_is_told_with_all_that_its_line_has() {
        let found = events(&[(2, NEW)]);
        let victim = found[0].victim.as_ref().unwrap();
        assert_eq!(
            (
                victim.pid,
                victim.uid,
                victim.oom_score,
                victim.oom_score_adj
            ),
            (12, Some(33), Some(8), Some(-5))
        );
        assert_eq!(
            (
                victim.rss_bytes,
                victim.comm.clone(),
                victim.cmdline.clone()
            ),
            (Some(2 << 20), Some("a".into()), Some("x".into()))
        );
        let testimony = found[0].testimony.as_ref().unwrap();
        assert_eq!(
            (testimony.killer, testimony.stage, testimony.signal),
            (Some(Killer::EarlyOom), Some(Stage::Sent), Some("SIGTERM"))
        );
        assert_eq!(
            testimony.cause.as_ref().unwrap().kind,
            Some(CauseKind::LowMemory)
        );
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn outcomes_of_a_kill() {
        for (line, outcome, stage) in [
            (
                "process exited after 0.1 seconds",
                Some(Outcome::Exited),
                Stage::Confirmed,
            ),
            (
                "process 12 exited after 0.1 seconds",
                Some(Outcome::Exited),
                Stage::Confirmed,
            ),
            (
                "process -12 exited after 0.1 seconds",
                Some(Outcome::Exited),
                Stage::Confirmed,
            ),
            ("process 13 exited after 0.1 seconds", None, Stage::Sent),
            (
                "process 12 did not exit",
                Some(Outcome::Survived),
                Stage::Sent,
            ),
            ("process 12 x", None, Stage::Sent),
            (
                "kill failed: Timer expired",
                Some(Outcome::Survived),
                Stage::Sent,
            ),
            (
                "kill failed: Operation not permitted",
                Some(Outcome::Failed),
                Stage::Marked,
            ),
            ("x", None, Stage::Sent),
        ] {
            for kill in [OLD, NEW] {
                let found = events(&[(2, kill), (3, line)]);
                let testimony = found[0].testimony.as_ref().unwrap();
                assert_eq!(
                    (testimony.outcome, testimony.stage),
                    (outcome, Some(stage)),
                    "{line}"
                );
            }
        }
        for (line, first, signal) in [
            (
                "escalating to SIGKILL after 1.1 seconds",
                Some("SIGTERM"),
                "SIGKILL",
            ),
            ("escalating to SIGTERM after 1.1 seconds", None, "SIGTERM"),
            ("escalating to SIGHUP after 1.1 seconds", None, "SIGTERM"),
        ] {
            let found = events(&[(2, OLD), (3, line)]);
            let testimony = found[0].testimony.as_ref().unwrap();
            assert_eq!(
                (testimony.first_signal, testimony.signal),
                (first, Some(signal)),
                "{line}"
            );
        }
        let cmdline = events(&[(2, OLD), (2, "process 12 cmdline \"y\"")]);
        assert_eq!(
            cmdline[0].victim.as_ref().unwrap().cmdline,
            Some("y".into())
        );
    }

    /// The next round ends the wait for the one before.
    #[test]
    fn what_is_read_after_the_next_round_is_of_the_next_kill() {
        const DRY: &str = "dryrun, not actually sending any signal";
        for round in [
            "mem avail:     1 of     2 MiB",
            "low memory! at or below",
            "Low Memory! At or below",
            NEXT,
        ] {
            assert_eq!(
                events(&[(2, OLD), (3, round)]).len(),
                if round == NEXT { 2 } else { 1 },
                "{round}"
            );
            let found = events(&[(2, OLD), (3, round), (3, DRY)]);
            assert_eq!(found.len(), 1, "{round}");
            assert_eq!(found[0].victim.as_ref().unwrap().pid, 12);
        }
        assert!(events(&[(2, OLD), (2, DRY)]).is_empty());
        assert!(events(&[(2, NEW), (2, DRY), (2, "x")]).is_empty());
    }

    /// Without fractions of a second, a kill in the second of a command line may be a part of it.
    #[test]
    fn a_kill_after_a_command_line_is_another_in_another_second() {
        for (log, pids) in [
            (&[(2, NEW), (2, NEXT)][..], &[12][..]),
            (&[(2, NEW), (3, NEXT)], &[12, 13]),
            (&[(2, OLD), (2, NEXT)], &[12, 13]),
            (&[(2, NEW), (2, "x"), (2, NEXT)], &[12, 13]),
            // One that is open goes on to its end, whatever it holds.
            (
                &[
                    (2, &NEW[..NEW.len() - 1]),
                    (2, "a"),
                    (2, "dryrun, not actually sending any signal"),
                    (2, "b\""),
                    (3, "process 12 exited after 0.1 seconds"),
                ],
                &[12],
            ),
            (
                &[(2, &NEW[..NEW.len() - 1]), (3, NEXT), (4, NEXT)],
                &[12, 13],
            ),
        ] {
            let found: alloc::vec::Vec<_> = events(log)
                .into_iter()
                .map(|event| event.victim.unwrap().pid)
                .collect();
            assert_eq!(found, pids, "{log:?}");
        }
    }

    #[test]
    fn comms_have_their_length() {
        let longest = "c".repeat(MAX_COMM_LEN);
        for (comm, is_read) in [(longest.clone(), true), (longest + "c", false)] {
            let text = alloc::format!(
                "killing process 12 \"{comm}\" with signal 15: badness 3, VmRSS 4 MiB"
            );
            assert_eq!(
                kill(text.as_bytes()).unwrap().victim.comm.is_some(),
                is_read
            );
            let text = alloc::format!("Killing process 12 {comm}");
            assert_eq!(kill(text.as_bytes()).is_some(), is_read);
        }
    }
}
