//! Meta's oomd: kills a cgroup, by rules.
//!
//! | versions | line |
//! |---|---|
//! | before `v2` | `oomd kill: P10 P60 P600 CGROUP BYTES detector:… killer:PLUGIN` |
//! | 0.1 to 0.3 | `oomd kill: P10 P60 P600 CGROUP BYTES ruleset:[…] detectorgroup:[…] killer:PLUGIN v2` |
//! | 0.4 and later | the same; the third pressure is for 300 seconds |
//!
//! ```text
//! 12,8123,88123456789,-;oomd kill: 81.28 80.05 42.78 system.slice/chef.service 4294967296 ruleset:[system pressure] detectorgroup:[mem pressure] killer:kill_by_memory_size_or_growth v2
//! oomd[911]: 0605 12:00:00 [BaseKillPlugin.cpp:562] 81.28 80.05 42.78 system.slice/chef.service 4294967296 ruleset:[system pressure] detectorgroup:[mem pressure] killer:kill_by_swap_usage v2
//! oomd[911]: 0605 12:00:00 [BaseKillPlugin.cpp:120] Killed 2: 4711(java) 4712(sh)
//! 12,8124,88123456789,-;oomd kill: restarted systemd service=chef.service
//! ```
//!
//! Each kill is written to `/dev/kmsg` and again to standard error: that is one event. A dry run prints the line
//! too, with `killer:(dry)…`. The cgroup's path is relative and may contain blanks; it is read between the
//! numbers before and after it.

use super::text::{pid, rsplit_once, split_once, whole_number};
use super::{Reader, Statement};
use crate::bytes::Text;
use crate::event::{
    Action, Cause, CauseKind, Counter, EventType, KilledProcess, Killer, OomEvent, Percent, Stage,
};
use crate::hash::stable_hash;
use crate::limits::{MAX_COMM_LEN, MAX_DAEMON_VICTIMS};
use crate::source::Daemon;
use crate::stamp::Second;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// How many seconds the two copies of a kill may be apart.
const MOST_APART_S: u32 = 5;

/// Reads oomd's lines.
#[derive(Debug, Default)]
pub(super) struct Oomd {
    /// The last kill's text and time.
    last: Option<(u64, Option<Second>)>,
    /// Processes killed since the last try began.
    killed: Vec<KilledProcess>,
}

impl Reader for Oomd {
    const OF: &'static [Daemon] = &[Daemon::Oomd];
    const WORDS: &'static [&'static str] = &["oomd"];
    const IN_KMSG: bool = true;

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        let text = match said.text.strip_prefix(b"oomd kill: ") {
            Some(text) => text,
            // Only standard error has lines without these words.
            None if said.is_in_kmsg() => return,
            None => after_head(said.text),
        };
        let text = text.strip_prefix(b"oomd kill: ").unwrap_or(text);
        if text.starts_with(b"Trying to kill ") {
            self.killed.clear();
        } else if let Some(list) = text.strip_prefix(b"Killed ") {
            self.note_killed(list);
        } else if let Some(event) = event(said, text)
            && self.is_new(said, text)
        {
            let mut event = event;
            event.testimony_mut().victims = core::mem::take(&mut self.killed);
            out.push_back(event);
        }
    }

    fn weight(&self) -> usize {
        self.killed
            .capacity()
            .saturating_mul(core::mem::size_of::<KilledProcess>())
    }
}

impl Oomd {
    /// Whether it is not the second copy of the last kill.
    fn is_new(&mut self, said: &Statement<'_>, text: &[u8]) -> bool {
        let now = (stable_hash(&[text]), said.second());
        let last = self.last.replace(now);
        !last.is_some_and(|(hash, second)| {
            let gap = now.1.zip(second).and_then(|(now, then)| now.since(then));
            hash == now.0 && gap.is_none_or(|gap| gap <= MOST_APART_S)
        })
    }

    /// `2: 4711(java) 4712(sh)[E3]`
    fn note_killed(&mut self, list: &[u8]) {
        let Some((count, list)) = split_once(list, b": ") else {
            return;
        };
        // A comm may contain the text that separates two processes: then more are found than were counted.
        let found = processes(list);
        if whole_number(count) == u64::try_from(found.len()).ok() {
            let room = MAX_DAEMON_VICTIMS.saturating_sub(self.killed.len());
            self.killed.extend(found.into_iter().take(room));
        }
    }
}

/// The killed processes of a list, as many as can be read.
fn processes(list: &[u8]) -> Vec<KilledProcess> {
    let (mut found, mut rest) = (Vec::new(), list);
    while found.len() < MAX_DAEMON_VICTIMS
        && let Some((killed, tail)) = process(rest)
    {
        found.extend(killed);
        rest = tail;
    }
    found
}

/// Removes a leading process from the list: `None` in place of one that could not be killed.
fn process(text: &[u8]) -> Option<(Option<KilledProcess>, &[u8])> {
    let (pid, rest) = pid(text)?;
    let rest = rest.strip_prefix(b"(")?;
    let cut = |len: usize| {
        let (comm, rest) = rest.split_at_checked(len)?;
        let rest = rest.strip_prefix(b")")?;
        matches!(rest, [] | [b' ' | b'[', ..]).then_some((comm, rest))
    };
    let (comm, rest) = (0..=MAX_COMM_LEN.min(rest.len())).find_map(cut)?;
    let (failed, rest) = match rest.strip_prefix(b"[") {
        Some(rest) => (true, split_once(rest, b"]")?.1),
        None => (false, rest),
    };
    let killed = (!failed).then(|| KilledProcess {
        pid,
        comm: Some(Text::from(comm)),
    });
    Some((killed, rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// The text after `0605 12:00:00 [BaseKillPlugin.cpp:97] `, if there is such a prefix.
fn after_head(text: &[u8]) -> &[u8] {
    let is_headed = text.first().is_some_and(u8::is_ascii_digit);
    let head = text.get(..96).unwrap_or(text);
    match split_once(head, b".cpp:").filter(|(before, _)| before.contains(&b'[')) {
        Some((before, rest)) if is_headed => {
            let line = split_once(rest, b"] ").map(|(line, _)| line.len());
            let skipped = line.map(|line| before.len().saturating_add(line).saturating_add(7));
            skipped.and_then(|at| text.get(at..)).unwrap_or(text)
        }
        _ => text,
    }
}

/// The event of a kill; `None` for a dry run.
fn event(said: &Statement<'_>, text: &[u8]) -> Option<OomEvent> {
    let mut event = said.event(EventType::UserspaceKill);
    event.testimony_mut().killer = Some(Killer::Oomd);
    event.testimony_mut().stage = Some(Stage::Sent);
    event.testimony_mut().words = Some(" killer:");
    if let Some(service) = text.strip_prefix(b"restarted systemd service=") {
        if service.is_empty() || service.ends_with(b" (dry)") {
            return None;
        }
        let testimony = event.testimony_mut();
        testimony.action = Some(Action::Restart);
        testimony.unit = Some(Text::from(service));
        testimony.words = Some("restarted systemd service=");
        return Some(event);
    }
    let (rest, plugin) = rsplit_once(text, b" killer:")?;
    if plugin.starts_with(b"(dry)") {
        return None;
    }
    let rest = match rsplit_once(rest, b" ruleset:[") {
        Some((rest, _)) => rest,
        None => rsplit_once(rest, b" detector:")?.0,
    };
    let mut pressures = [Percent::default(); 3];
    let mut rest = rest;
    for pressure in &mut pressures {
        let (number, tail) = split_once(rest, b" ")?;
        *pressure = Percent::parse(number)?;
        rest = tail;
    }
    let (path, usage) = rsplit_once(rest.trim_ascii_end(), b" ")?;
    let path = path.trim_ascii();
    if path.is_empty() {
        return None;
    }
    event.memory = Some(Counter {
        usage_bytes: Some(whole_number(usage)?),
        ..Counter::default()
    });
    let path = match path.strip_prefix(b"/") {
        Some(_) => path.to_vec(),
        None => [b"/", path].concat(),
    };
    said.set_cgroup(&mut event, &path);
    let is_swap = crate::bytes::memmem::find(plugin, b"swap").is_some();
    event.testimony_mut().cause = Some(Cause {
        kind: Some(match is_swap {
            true => CauseKind::SwapUsed,
            false => CauseKind::MemoryPressure,
        }),
        pressure_percent: pressures.first().copied(),
        ..Cause::default()
    });
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oomd_heads_are_taken_off() {
        for (text, rest) in [
            ("0605 12:00:00 [BaseKillPlugin.cpp:97] OOMD: In", "OOMD: In"),
            ("0605 12:00:00.123456 4711 [a/b/Log.cpp:9] x", "x"),
            ("81.28 80.05", "81.28 80.05"),
            ("x [a.cpp:9] y", "x [a.cpp:9] y"),
        ] {
            assert_eq!(after_head(text.as_bytes()), rest.as_bytes(), "{text}");
        }
    }

    #[test]
    fn oomd_lists_of_processes() {
        for (list, pids) in [
            ("2: 4711(java) 4712(sh)[E3] 4713(a)", &[4711, 4713][..]),
            ("1: 4711(java) 4712(sh)", &[]),
            ("1: 4711(java)", &[4711]),
            ("0: ", &[]),
        ] {
            let mut oomd = Oomd::default();
            oomd.note_killed(list.as_bytes());
            let found: Vec<_> = oomd.killed.iter().map(|it| it.pid).collect();
            assert_eq!(found, pids, "{list}");
        }
    }

    #[test]
    fn no_list_of_processes_is_longer_than_its_bound() {
        let list = "4711(java) ".repeat(MAX_DAEMON_VICTIMS + 1);
        assert_eq!(processes(list.as_bytes()).len(), MAX_DAEMON_VICTIMS);
    }

    fn events(line: &str) -> Vec<OomEvent> {
        let options = crate::Options {
            accept: crate::Accept::ANY.and(Daemon::Oomd),
            ..crate::Options::default()
        };
        let mut parser = crate::Parser::with_options(options);
        for line in line.lines() {
            parser.push_line(line.as_bytes());
        }
        parser.finish();
        parser.events().collect()
    }

    const KILL: &str =
        "81.28 80.05 42.78 a/b 4096 ruleset:[r] detectorgroup:[d] killer:kill_by_swap_usage v2";

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn oomd_kills_and_restarts() {
        let line = |front: &str, text: &str| alloc::format!("{front}{text}");
        let (kmsg, own) = ("12,8123,88123456789,-;", "Jun  5 12:00:00 n1 oomd[911]: ");
        for (front, text, count) in [
            (kmsg, line("oomd kill: ", KILL), 1),
            (kmsg, KILL.into(), 0),
            (own, line("oomd kill: ", KILL), 1),
            (own, KILL.into(), 1),
            (
                own,
                line("0605 12:00:00 [BaseKillPlugin.cpp:562] ", KILL),
                1,
            ),
            (
                own,
                line("0605 12:00:00 [BaseKillPlugin.cpp:562] oomd kill: ", KILL),
                1,
            ),
            (
                kmsg,
                "oomd kill: restarted systemd service=a.service".into(),
                1,
            ),
            (
                kmsg,
                "oomd kill: restarted systemd service=a.service (dry)".into(),
                0,
            ),
            (kmsg, "oomd kill: restarted systemd service=".into(), 0),
            (
                kmsg,
                line("oomd kill: ", &KILL.replace("killer:", "killer:(dry)")),
                0,
            ),
            (kmsg, line("oomd kill: ", &KILL.replace("a/b ", "")), 0),
            (kmsg, line("oomd kill: ", &KILL.replace("4096", "x")), 0),
            (kmsg, line("oomd kill: ", &KILL.replace("80.05", "x")), 0),
            (
                kmsg,
                "oomd kill: 10.00 60.00 600.00 a  1999 detector:swap,12345MB killer:x".into(),
                1,
            ),
        ] {
            assert_eq!(events(&line(front, &text)).len(), count, "{front}{text}");
        }
        let found = events(&line(own, KILL));
        let testimony = found[0].testimony.as_ref().unwrap();
        let cause = testimony.cause.as_ref().unwrap();
        assert_eq!(
            (cause.kind, cause.pressure_percent),
            (Some(CauseKind::SwapUsed), Percent::parse(b"81.28"))
        );
        assert_eq!(found[0].memory.as_ref().unwrap().usage_bytes, Some(4096));
        assert_eq!(
            (testimony.killer, testimony.stage),
            (Some(Killer::Oomd), Some(Stage::Sent))
        );
        let pressed = events(&line(
            own,
            &KILL.replace("kill_by_swap_usage", "kill_by_pressure"),
        ));
        let cause = pressed[0]
            .testimony
            .as_ref()
            .unwrap()
            .cause
            .clone()
            .unwrap();
        assert_eq!(cause.kind, Some(CauseKind::MemoryPressure));
        let restarted = events(&line(own, "oomd kill: restarted systemd service=a.service"));
        let testimony = restarted[0].testimony.as_ref().unwrap();
        assert_eq!(
            (testimony.action, testimony.unit.clone()),
            (Some(Action::Restart), Some("a.service".into()))
        );
    }

    #[test]
    fn oomds_list_is_the_kills_after_it() {
        let own = "Jun  5 12:00:00 n1 oomd[911]: ";
        let log = alloc::format!(
            "{own}Killed 1: 6(a)\n{own}Trying to kill oomd/b\n{own}Killed 2: 7(a) 8(b)\n{own}{KILL}\n{own}{}",
            KILL.replace("a/b", "a/c")
        );
        let found: Vec<_> = events(&log)
            .into_iter()
            .map(|event| event.testimony.unwrap().victims.len())
            .collect();
        assert_eq!(found, [2, 0]);
        let mut oomd = Oomd::default();
        for _ in 0..MAX_DAEMON_VICTIMS {
            oomd.note_killed(b"2: 7(a) 8(b)");
        }
        assert_eq!(oomd.killed.len(), MAX_DAEMON_VICTIMS);
        for (text, found) in [
            ("7(a) 8(b)", Some((true, "8(b)"))),
            ("7(a)[E3] 8(b)", Some((false, "8(b)"))),
            ("7(a)b)", Some((true, ""))),
            ("0(a)", None),
            ("7 (a)", None),
            ("7(aaaaaaaaaaaaaaaa)", None),
            ("7(aaaaaaaaaaaaaaa)", Some((true, ""))),
            ("7(a)[E3", None),
        ] {
            let one = process(text.as_bytes());
            let one = one.as_ref().map(|(killed, rest)| (killed.is_some(), *rest));
            assert_eq!(
                one,
                found.map(|(is_killed, rest)| (is_killed, rest.as_bytes())),
                "{text}"
            );
        }
        assert_eq!(
            process(b"7(a)b)").unwrap().0.unwrap().comm,
            Some(Text::from("a)b"))
        );
    }
}
