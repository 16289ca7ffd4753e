//! systemd, as PID 1 or as a user's manager: reports that processes of its units were killed.
//!
//! | versions | line, after `UNIT: ` |
//! |---|---|
//! | 243 to 258 | `A process of this unit has been killed by the OOM killer.` |
//! | 259 and later | `The kernel OOM killer killed some processes in this unit.` |
//! | 247 and later | `systemd-oomd killed 12 process(es) in this unit.` |
//! | 251 and later | `systemd-oomd killed some process(es) in this unit.`: the count could not be read |
//! | 243 and later | `Failed with result 'oom-kill'.` |
//!
//! ```text
//! systemd[1]: mariadb.service: A process of this unit has been killed by the OOM killer.
//! systemd[1]: mariadb.service: Main process exited, code=killed, status=9/KILL
//! systemd[1]: mariadb.service: Failed with result 'oom-kill'.
//! systemd[1]: system.slice: A process of this unit has been killed by the OOM killer.
//! systemd[1837]: vte-spawn-b167911d.scope: systemd-oomd killed 12 process(es) in this unit.
//! ```
//!
//! The counter that it reads includes everything below: a slice reports the kills in its units too, so its line
//! is not an event. How the unit ended comes later and completes the event; alone it is an event only if nothing
//! was reported about the unit before, and then the killer is unknown. `status=9/KILL` and results other than
//! `oom-kill` prove nothing. systemd-oomd's count is a running total of the unit.
//!
//! journald's entry has the message's id and the unit in separate fields: like the text they come from the
//! sender, and prove no more.

use super::held::Held;
use super::text::{rsplit_once, split_once, whole_number};
use super::{Patience, Reader, Statement};
use crate::bytes::Text;
use crate::cgroup::Runtime;
use crate::event::{Container, EventType, Killer, OomEvent, Reporter};
use crate::hash::stable_hash;
use crate::limits::{MAX_RECENT_UNITS, MAX_UNIT_END_S};
use crate::source::Daemon;
use crate::stamp::Second;
use alloc::collections::VecDeque;

/// The notices that wait for the end of their unit, and the units that were reported.
#[derive(Debug, Default)]
pub(super) struct Systemd {
    held: Held<u64>,
    recent: VecDeque<(u64, Option<Second>)>,
}

/// What a line reports about a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'t> {
    /// The kernel killed; which of the two texts it was.
    Kernel(&'static str),
    /// systemd-oomd killed this many processes.
    Oomd(Option<u64>),
    /// It ended with this result.
    Result(&'t [u8]),
}

impl Reader for Systemd {
    const OF: &'static [Daemon] = &[Daemon::Systemd];
    const WORDS: &'static [&'static str] =
        &["OOM killer", "systemd-oomd killed", "result 'oom-kill'"];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        let Some((unit, word)) = read(said.text) else {
            return;
        };
        let key = stable_hash(&[unit]);
        match word {
            Word::Result(result) => self.ended(said, unit, key, result, out),
            Word::Kernel(words) => {
                let is_twin = self.held.get(&key).is_some_and(|one| {
                    let is_now = one.is_now(said);
                    let testimony = one.event.testimony_mut();
                    let is_kernels = testimony.killer == Some(Killer::Kernel);
                    is_now && is_kernels && testimony.words != Some(words)
                });
                if !is_twin {
                    let event = event(said, unit, Some(Killer::Kernel), words);
                    self.hold(said, key, event, out);
                }
            }
            Word::Oomd(count) => {
                let mut event = event(said, unit, Some(Killer::SystemdOomd), "systemd-oomd killed");
                event.testimony_mut().process_count = count;
                self.hold(said, key, event, out);
            }
        }
    }

    fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        self.held.emit_waiting(out);
    }

    fn patience(&mut self) -> Option<&mut Patience> {
        self.held.patience()
    }

    fn weight(&self) -> usize {
        let one = core::mem::size_of::<(u64, Option<Second>)>();
        let recent = self.recent.len().saturating_mul(one);
        self.held.weight().saturating_add(recent)
    }
}

impl Systemd {
    fn hold(
        &mut self,
        said: &Statement<'_>,
        key: u64,
        event: OomEvent,
        out: &mut VecDeque<OomEvent>,
    ) {
        self.remember(key, said);
        self.held.hold(key, event, said, out);
    }

    fn remember(&mut self, key: u64, said: &Statement<'_>) {
        self.recent.retain(|(known, _)| *known != key);
        if self.recent.len() >= MAX_RECENT_UNITS {
            self.recent.pop_front();
        }
        self.recent.push_back((key, said.second()));
    }

    /// A unit ended, and with it what is known about the kill.
    fn ended(
        &mut self,
        said: &Statement<'_>,
        unit: &[u8],
        key: u64,
        result: &[u8],
        out: &mut VecDeque<OomEvent>,
    ) {
        if let Some(one) = self.held.get(&key) {
            one.event.testimony_mut().unit_result = Some(Text::from(result));
            return self.held.end(&key, out);
        }
        let is_known = self.recent.iter().any(|(known, then)| {
            let gap = said.second().zip(*then);
            let gap = gap.and_then(|(now, then)| now.since(then));
            *known == key && gap.is_none_or(|gap| gap <= MAX_UNIT_END_S)
        });
        if result != b"oom-kill" || is_known {
            return;
        }
        self.remember(key, said);
        let mut event = event(said, unit, None, "result 'oom-kill'");
        event.testimony_mut().unit_result = Some(Text::from(result));
        out.push_back(event);
    }
}

fn event(
    said: &Statement<'_>,
    unit: &[u8],
    killer: Option<Killer>,
    words: &'static str,
) -> OomEvent {
    let mut event = said.event(EventType::Notice);
    let testimony = event.testimony_mut();
    testimony.reporter = Some(Reporter::Systemd);
    testimony.killer = killer;
    testimony.unit = Some(Text::from(unit));
    testimony.words = Some(words);
    event.container = container(unit);
    event
}

/// The unit that a line is about, and what it reports.
fn read(text: &[u8]) -> Option<(&[u8], Word<'_>)> {
    const OLD: &str = "A process of this unit has been killed by the OOM killer.";
    const NEW: &str = "The kernel OOM killer killed some processes in this unit.";
    let (unit, words) = split_once(text, b": ")?;
    let word = if words == OLD.as_bytes() {
        Word::Kernel(OLD)
    } else if words == NEW.as_bytes() {
        Word::Kernel(NEW)
    } else if let Some(rest) = words.strip_prefix(b"Failed with result '") {
        Word::Result(rest.strip_suffix(b"'.")?)
    } else {
        let rest = words.strip_prefix(b"systemd-oomd killed ")?;
        match rest.strip_suffix(b" process(es) in this unit.")? {
            b"some" => Word::Oomd(None),
            count => Word::Oomd(Some(whole_number(count)?)),
        }
    };
    is_told_of(unit).then_some((unit, word))
}

/// Whether this is a unit's name, but not a slice's, which only repeats a unit's report.
fn is_told_of(unit: &[u8]) -> bool {
    const KINDS: [&[u8]; 10] = [
        b"service",
        b"scope",
        b"socket",
        b"mount",
        b"swap",
        b"device",
        b"path",
        b"timer",
        b"target",
        b"automount",
    ];
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b":_.\\@-".contains(byte);
    let kind = rsplit_once(unit, b".").map(|(_, kind)| kind);
    // The longest name that systemd allows for a unit.
    unit.len() < 256 && unit.iter().all(is_name) && kind.is_some_and(|kind| KINDS.contains(&kind))
}

/// The container after which a scope is named.
fn container(unit: &[u8]) -> Option<Container> {
    let name = unit.strip_suffix(b".scope")?;
    let runtimes = [
        (&b"cri-containerd-"[..], Runtime::Containerd),
        (b"crio-", Runtime::CriO),
        (b"docker-", Runtime::Docker),
        (b"libpod-", Runtime::Podman),
    ];
    runtimes.into_iter().find_map(|(start, runtime)| {
        let id = super::go::container_id(name.strip_prefix(start)?)?;
        Some(Container {
            id: Some(id.into()),
            runtime: Some(runtime),
            ..Container::default()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_says_of_units() {
        for (text, unit, word) in [
            (
                "a.service: A process of this unit has been killed by the OOM killer.",
                "a.service",
                "Kernel",
            ),
            (
                "dev-sda1.swap: The kernel OOM killer killed some processes in this unit.",
                "dev-sda1.swap",
                "Kernel",
            ),
            (
                "a@b\\x2dc.service: systemd-oomd killed 12 process(es) in this unit.",
                "a@b\\x2dc.service",
                "Oomd(Some(12))",
            ),
            (
                "a.scope: systemd-oomd killed some process(es) in this unit.",
                "a.scope",
                "Oomd(None)",
            ),
            (
                "a.scope: Failed with result 'timeout'.",
                "a.scope",
                "Result",
            ),
        ] {
            let (found, said) = read(text.as_bytes()).unwrap();
            assert_eq!(found, unit.as_bytes(), "{text}");
            assert!(alloc::format!("{said:?}").starts_with(word), "{text}");
        }
    }

    #[test]
    fn what_is_no_word_of_a_kill() {
        for text in [
            "system.slice: A process of this unit has been killed by the OOM killer.",
            "-.slice: The kernel OOM killer killed some processes in this unit.",
            "a.service: Main process exited, code=killed, status=9/KILL",
            "a.service: A process of this unit has been killed by the OOM killer. Not.",
            "sh: A process of this unit has been killed by the OOM killer.",
            "a b.service: A process of this unit has been killed by the OOM killer.",
            "x: a.service: A process of this unit has been killed by the OOM killer.",
            "a.service: systemd-oomd killed -1 process(es) in this unit.",
            "A process of this unit has been killed by the OOM killer.",
            "",
        ] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn scopes_of_containers() {
        let id = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        for (start, runtime) in [
            ("cri-containerd-", Some(Runtime::Containerd)),
            ("crio-", Some(Runtime::CriO)),
            ("docker-", Some(Runtime::Docker)),
            ("libpod-", Some(Runtime::Podman)),
            ("crio-conmon-", None),
            ("x-", None),
        ] {
            let unit = alloc::format!("{start}{id}.scope");
            let found = container(unit.as_bytes());
            assert!(found.as_ref().is_none_or(|it| it.id.as_deref() == Some(id)));
            assert_eq!(found.and_then(|it| it.runtime), runtime, "{unit}");
        }
        assert!(container(b"docker-12.scope").is_none());
    }

    /// What systemd reports: the unit, the killer, the result.
    fn events_of(
        log: &[(&str, &str)],
    ) -> alloc::vec::Vec<(alloc::string::String, Option<Killer>, Option<Text>)> {
        let mut options = crate::Options::default();
        options.accept = options.accept.and(Daemon::Systemd);
        let mut parser = crate::Parser::with_options(options);
        for (clock, text) in log {
            parser.push_line(alloc::format!("Jun  1 10:{clock} n1 systemd[1]: {text}").as_bytes());
        }
        parser.finish();
        let all = parser.events().filter_map(|event| event.testimony);
        all.map(|it| {
            (
                alloc::format!("{}", it.unit.unwrap()),
                it.killer,
                it.unit_result,
            )
        })
        .collect()
    }

    const KERNEL: &str = "a.service: A process of this unit has been killed by the OOM killer.";
    const TWIN: &str = "a.service: The kernel OOM killer killed some processes in this unit.";
    const OOMD: &str = "a.service: systemd-oomd killed 2 process(es) in this unit.";
    const END: &str = "a.service: Failed with result 'oom-kill'.";

    #[test]
    fn two_words_of_one_kill_are_one() {
        for (log, killers) in [
            (
                &[("00:00", KERNEL), ("00:01", TWIN)][..],
                &[Killer::Kernel][..],
            ),
            // The same words twice, another killer's, another moment's.
            (
                &[("00:00", KERNEL), ("00:01", KERNEL)],
                &[Killer::Kernel; 2],
            ),
            (
                &[("00:00", OOMD), ("00:01", KERNEL)],
                &[Killer::SystemdOomd, Killer::Kernel],
            ),
            (&[("00:00", KERNEL), ("00:03", TWIN)], &[Killer::Kernel; 2]),
        ] {
            let found: alloc::vec::Vec<_> = events_of(log)
                .into_iter()
                .filter_map(|(_, killer, _)| killer)
                .collect();
            assert_eq!(found, killers, "{log:?}");
        }
    }

    #[test]
    fn an_end_belongs_to_what_was_told_of_its_unit() {
        let result = Some(Text::from("oom-kill"));
        assert_eq!(
            events_of(&[("00:00", KERNEL), ("00:09", END)]),
            [("a.service".into(), Some(Killer::Kernel), result.clone())]
        );
        let own = [("a.service".into(), None, result.clone())];
        assert_eq!(events_of(&[("00:00", END)]), own);
        // Once, for so long.
        assert_eq!(events_of(&[("00:00", END), ("10:00", END)]), own);
        assert_eq!(
            events_of(&[("00:00", END), ("10:01", END)]),
            [own.clone(), own].concat()
        );
        let other = "b.service: Failed with result 'oom-kill'.";
        assert_eq!(events_of(&[("00:00", END), ("00:00", other)]).len(), 2);
        // Another result proves nothing of memory, but shows how a unit ended that was reported.
        let failed = "a.service: Failed with result 'signal'.";
        assert!(events_of(&[("00:00", failed)]).is_empty());
        let signal = Some(Text::from("signal"));
        assert_eq!(
            events_of(&[("00:00", KERNEL), ("00:09", failed)])[0].2,
            signal
        );
        // A kill that was given already.
        let late = [
            ("00:00", KERNEL),
            ("01:00", "c.service: Failed with result 'oom-kill'."),
            ("01:01", END),
        ];
        assert_eq!(events_of(&late).len(), 2);
    }

    #[test]
    fn so_many_units_are_remembered() {
        let mut reader = Systemd::default();
        let frame = crate::frame::Frame::default();
        let roots = crate::cgroup::CgroupRoots::default();
        let said = Statement {
            by: super::super::statement::By::Daemon(Daemon::Systemd),
            origin: crate::Origin::Claimed,
            frame: &frame,
            at: 0,
            text: b"",
            accept: crate::Accept::ANY,
            host: None,
            roots: &roots,
        };
        for key in (0..=u64::try_from(MAX_RECENT_UNITS).unwrap()).chain([5]) {
            reader.remember(key, &said);
        }
        let keys: alloc::vec::Vec<_> = reader.recent.iter().map(|(key, _)| *key).collect();
        assert_eq!(
            (keys.len(), keys[0], keys[MAX_RECENT_UNITS - 1]),
            (MAX_RECENT_UNITS, 1, 5)
        );
        let longest = [&"a".repeat(247)[..], ".service"].concat();
        assert!(is_told_of(longest.as_bytes()));
        assert!(!is_told_of(["a", &longest].concat().as_bytes()));
    }
}
