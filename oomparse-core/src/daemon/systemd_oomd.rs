//! systemd-oomd: kills a cgroup when its memory pressure or the machine's swap use stays too high.
//!
//! | versions | line |
//! |---|---|
//! | 248 | `Killed VICTIM due to swap used (B) / total (B) being more than N.NN%` |
//! | 248 to 259 | `Killed VICTIM due to memory pressure for MONITORED being N.NN% > N.NN% for > 20s with reclaim activity` |
//! | 249 to 259 | `Killed VICTIM due to memory used (B) / total (B) and swap used (B) / total (B) being more than N.NN%` |
//! | 260 and later | `Marked VICTIM for killing due to …`, with the same ends: the kill is queued |
//!
//! ```text
//! systemd-oomd[840]: Killed /user.slice/user-1001.slice/user@1001.service/app.slice/vte-spawn-b167911d.scope due to memory pressure for /user.slice/user-1001.slice/user@1001.service being 51.07% > 50.00% for > 20s with reclaim activity
//! systemd-oomd[709]: Killed /user.slice/a.scope due to memory used (22240563200) / total (24681861120) and swap used (8589836288) / total (8589930496) being more than 90.00%
//! systemd-oomd[901]: Marked /system.slice/nix-daemon.service for killing due to memory pressure for /system.slice being 65.15% > 50.00% for > 20s with reclaim activity
//! ```
//!
//! These make no event: 247's `Memory pressure for … is greater than …` and 261's `Rule … conditions met …`,
//! which only announce a kill and name the monitored cgroup; the candidates below `Considered N cgroups for
//! killing`; dry runs.
//!
//! Units and delegated cgroups may have any name, including ` due to memory pressure for `. The ends of the line
//! are fixed, and the victim is the monitored cgroup or below it: this shows where the first path ends.

use super::text::{rsplit_once, split_once, whole_number};
use super::{Reader, Statement};
use crate::bytes::Text;
use crate::event::{Cause, CauseKind, EventType, Killer, OomEvent, Percent, Stage, System};
use crate::source::Daemon;
use alloc::collections::VecDeque;

/// Reads systemd-oomd's lines; one line is one kill.
#[derive(Debug, Default)]
pub(super) struct SystemdOomd;

impl Reader for SystemdOomd {
    const OF: &'static [Daemon] = &[Daemon::SystemdOomd];
    const WORDS: &'static [&'static str] = &["oomd"];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        let Some(kill) = kill(said.text) else {
            return;
        };
        let mut event = said.event(EventType::UserspaceKill);
        if let Some(victim) = kill.victim {
            said.set_cgroup(&mut event, victim);
        }
        let testimony = event.testimony_mut();
        testimony.killer = Some(Killer::SystemdOomd);
        testimony.stage = Some(kill.stage);
        testimony.cause = Some(kill.cause);
        testimony.system = Some(kill.system).filter(|it| *it != System::default());
        testimony.words = Some(match kill.stage {
            Stage::Marked => "Marked ",
            _ => "Killed ",
        });
        out.push_back(event);
    }
}

struct Kill<'t> {
    victim: Option<&'t [u8]>,
    stage: Stage,
    cause: Cause,
    system: System,
}

fn kill(text: &[u8]) -> Option<Kill<'_>> {
    let (rest, stage, due) = match text.strip_prefix(b"Killed ") {
        Some(rest) => (rest, Stage::Sent, &b" due to "[..]),
        None => {
            let rest = text.strip_prefix(b"Marked ")?;
            (rest, Stage::Marked, &b" for killing due to "[..])
        }
    };
    if !rest.starts_with(b"/") {
        return None;
    }
    by_pressure(rest, stage, due).or_else(|| by_swap(rest, stage, due))
}

/// `VICTIM due to memory pressure for MONITORED being N.NN% > N.NN% for > 20s with reclaim activity`
fn by_pressure<'t>(text: &'t [u8], stage: Stage, due: &[u8]) -> Option<Kill<'t>> {
    let rest = text.strip_suffix(b" with reclaim activity")?;
    let (rest, duration) = rsplit_once(rest, b" for > ")?;
    let (paths, percents) = rsplit_once(rest, b" being ")?;
    let (pressure, limit) = split_once(percents, b" > ")?;
    let word = [due, b"memory pressure for "].concat();
    let splits = memchr::memmem::find_iter(paths, &word).filter_map(|at| {
        let (victim, rest) = paths.split_at_checked(at)?;
        Some((victim, rest.get(word.len()..)?))
    });
    let mut sound = splits.filter(|(victim, monitored)| is_in(victim, monitored));
    // If two readings are valid, neither is proven.
    let found = sound.next().filter(|_| sound.next().is_none());
    if found.is_none() && memchr::memmem::find(paths, &word).is_none() {
        return None;
    }
    let cause = Cause {
        kind: Some(CauseKind::MemoryPressure),
        pressure_percent: Some(percent(pressure)?),
        limit_percent: Some(percent(limit)?),
        duration_us: span(duration),
        monitored_cgroup: found.map(|(_, monitored)| Text::from(monitored)),
    };
    Some(Kill {
        victim: found.map(|(victim, _)| victim),
        stage,
        cause,
        system: System::default(),
    })
}

/// Whether one cgroup is the other or below it.
fn is_in(path: &[u8], above: &[u8]) -> bool {
    let rest = path.strip_prefix(above.strip_suffix(b"/").unwrap_or(above));
    above.starts_with(b"/") && rest.is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
}

/// `VICTIM due to [memory used (B) / total (B) and ]swap used (B) / total (B) being more than N.NN%`
fn by_swap<'t>(text: &'t [u8], stage: Stage, due: &[u8]) -> Option<Kill<'t>> {
    let (rest, limit) = rsplit_once(text, b" being more than ")?;
    let limit = percent(limit)?;
    let (rest, swap) = rsplit_once(rest, b"swap used (")?;
    let mut system = System::default();
    (system.swap_used_bytes, system.swap_total_bytes) = used_of(swap.strip_suffix(b")")?)?;
    let rest = match rest.strip_suffix(b") and ") {
        Some(rest) => {
            let (rest, memory) = rsplit_once(rest, b"memory used (")?;
            (system.memory_used_bytes, system.memory_total_bytes) = used_of(memory)?;
            rest
        }
        None => rest,
    };
    Some(Kill {
        victim: Some(rest.strip_suffix(due)?),
        stage,
        cause: Cause {
            kind: Some(CauseKind::SwapUsed),
            limit_percent: Some(limit),
            ..Cause::default()
        },
        system,
    })
}

/// `8589910016) / total (8589930496`
fn used_of(text: &[u8]) -> Option<(Option<u64>, Option<u64>)> {
    let (used, total) = split_once(text, b") / total (")?;
    Some((Some(whole_number(used)?), Some(whole_number(total)?)))
}

/// `51.07%`
fn percent(text: &[u8]) -> Option<Percent> {
    Percent::parse(text.strip_suffix(b"%")?)
}

/// A time span as systemd prints it: `20s`, `1min 30s`, `500ms`; in microseconds.
fn span(text: &[u8]) -> Option<u64> {
    let mut sum = 0u64;
    for word in text.split(|byte| *byte == b' ') {
        let (count, unit) = super::text::number(word)?;
        let (fraction, unit) = match unit.strip_prefix(b".") {
            Some(rest) => {
                let (_, unit) = super::text::number(rest)?;
                let len = rest.len().checked_sub(unit.len())?;
                (rest.get(..len)?, unit)
            }
            None => (&[][..], unit),
        };
        let unit = match unit {
            b"us" => 1,
            b"ms" => 1_000,
            b"s" => 1_000_000,
            b"min" => 60_000_000,
            b"h" => 3_600_000_000u64,
            b"d" => 86_400_000_000,
            b"w" => 604_800_000_000,
            _ => return None,
        };
        sum = sum.checked_add(count.checked_mul(unit)?)?;
        let mut part = unit;
        for digit in fraction {
            part = part.checked_div(10)?;
            sum = sum.checked_add(part.checked_mul(u64::from(digit.checked_sub(b'0')?))?)?;
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oomd_spans() {
        for (text, us) in [
            ("20s", Some(20_000_000)),
            ("1min 30s", Some(90_000_000)),
            ("500ms", Some(500_000)),
            ("1.5s", Some(1_500_000)),
            ("20", None),
            ("", None),
        ] {
            assert_eq!(span(text.as_bytes()), us, "{text}");
        }
    }

    #[test]
    fn oomd_victims_are_below_what_is_watched() {
        let tail = "being 65.15% > 50.00% for > 20s with reclaim activity";
        for (paths, victim) in [
            ("/a/b due to memory pressure for /a", Some("/a/b")),
            ("/a due to memory pressure for /a", Some("/a")),
            ("/a/b due to memory pressure for /", Some("/a/b")),
            (
                "/a/b due to memory pressure for /a due to memory pressure for /a",
                Some("/a/b due to memory pressure for /a"),
            ),
            ("/a/b due to memory pressure for /c", None),
            ("/ab due to memory pressure for /a", None),
        ] {
            let text = alloc::format!("Killed {paths} {tail}");
            let kill = kill(text.as_bytes()).unwrap();
            assert_eq!(kill.victim, victim.map(str::as_bytes), "{paths}");
        }
    }

    #[test]
    fn oomd_lines_that_kill_nobody() {
        for text in [
            "Memory pressure for /a is greater than 50 for more than 20 seconds and there was reclaim activity",
            "Rule 'batch' conditions met for cgroup /system.slice/batch.service for 30s, taking action kill-all",
            "Considered 17 cgroups for killing, top candidates were:",
            "oomd dry-run: Would have tried to kill /sys/fs/cgroup/a with recurse=true",
            "Killed /a due to hunger",
            "Killed a due to swap used (1) / total (2) being more than 90.00%",
            "Killed /a due to swap used (1) / total (x) being more than 90.00%",
            "Failed to kill any cgroups under /a based on pressure",
        ] {
            assert!(kill(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn what_a_kill_is_due_to() {
        let swap = "Killed /a due to memory used (3) / total (4) and swap used (5) / total (6) being more than 90.00%";
        let found = kill(swap.as_bytes()).unwrap();
        let used = [
            found.system.memory_used_bytes,
            found.system.memory_total_bytes,
            found.system.swap_used_bytes,
            found.system.swap_total_bytes,
        ];
        assert_eq!(used, [Some(3), Some(4), Some(5), Some(6)]);
        assert_eq!(
            (found.cause.kind, found.cause.limit_percent),
            (Some(CauseKind::SwapUsed), Percent::parse(b"90.00"))
        );
        let alone =
            kill(b"Marked /a for killing due to swap used (5) / total (6) being more than 90.00%")
                .unwrap();
        assert_eq!(
            (
                alone.stage,
                alone.system.memory_used_bytes,
                alone.system.swap_used_bytes
            ),
            (Stage::Marked, None, Some(5))
        );
        let text = "Killed /a/b due to memory pressure for /a being 65.15% > 50.00% for > 1min 30s with reclaim activity";
        let cause = kill(text.as_bytes()).unwrap().cause;
        assert_eq!(
            (cause.kind, cause.duration_us),
            (Some(CauseKind::MemoryPressure), Some(90_000_000))
        );
        assert_eq!(
            (cause.pressure_percent, cause.limit_percent),
            (Percent::parse(b"65.15"), Percent::parse(b"50.00"))
        );
        assert_eq!(cause.monitored_cgroup, Some(Text::from("/a")));
        // Without the words between, and with a path that is none.
        assert!(kill(text.replace("pressure for ", "for ").as_bytes()).is_none());
        assert_eq!(
            kill(text.replace("for /a", "for a").as_bytes())
                .unwrap()
                .victim,
            None
        );
        // Two valid readings prove neither.
        let paths = ["/"; 4].join(" due to memory pressure for ");
        let two =
            alloc::format!("Killed {paths} being 65.15% > 50.00% for > 1s with reclaim activity");
        assert_eq!(kill(two.as_bytes()).unwrap().victim, None);
        for (text, us) in [
            ("7us", 7),
            ("1ms", 1_000),
            ("1h", 3_600_000_000),
            ("1d", 86_400_000_000),
            ("1w", 604_800_000_000),
            ("1.25s", 1_250_000),
            ("1s 1ms", 1_001_000),
        ] {
            assert_eq!(span(text.as_bytes()), Some(us), "{text}");
        }
    }

    #[test]
    fn oomd_says_what_it_did() {
        let why =
            "due to memory pressure for /a being 65.15% > 50.00% for > 20s with reclaim activity";
        for (text, stage, words) in [
            (alloc::format!("Killed /a/b {why}"), Stage::Sent, "Killed "),
            (
                alloc::format!("Marked /a/b for killing {why}"),
                Stage::Marked,
                "Marked ",
            ),
        ] {
            let mut parser = crate::Parser::with_options(crate::Options {
                accept: crate::Accept::ANY.and(Daemon::SystemdOomd),
                ..crate::Options::default()
            });
            parser
                .push_line(alloc::format!("Jun  1 10:00:00 n1 systemd-oomd[7]: {text}").as_bytes());
            let testimony = parser.next_event().unwrap().testimony.unwrap();
            assert_eq!(
                (testimony.stage, testimony.words),
                (Some(stage), Some(words))
            );
        }
    }
}
