//! The OOM watchers of the kubelet and of cAdvisor: they read the kernel's log and report what it says.
//!
//! | versions | text, after klog's prefix |
//! |---|---|
//! | kubelet to 1.13 | `Got sys oom event from cadvisor: &{/ 2018-02-03 10:10:10 +0000 UTC oom {<nil>}}`: no victim |
//! | 1.16 to 1.20 | `Got sys oom event: &{19227 entry 2020-02-03 10:10:10.1 +0000 UTC m=+99.5 / / }` |
//! | 1.21 to 1.27 | `"Got sys oom event" event=&{Pid:19227 ProcessName:entry TimeOfDeath:2023-02-03 10:10:10.1 +0000 UTC m=+99.5 ContainerName:/ VictimContainerName:/ Constraint:}` |
//! | 1.28 and later | `"Got sys oom event" event={"Pid":19227,"ProcessName":"entry","TimeOfDeath":"2025-02-03T10:10:10.1Z","ContainerName":"/","VictimContainerName":"/","Constraint":""}` |
//! | 1.33 and later | the same, with `logger="…"` between the words and the event |
//! | cAdvisor | `Created an OOM event in container "/kubepods/…" at 2021-03-10 11:21:19.308776449 +0800 CST m=+150332.7` |
//!
//! ```text
//! kubelet[1422]: I0203 10:10:10.123456    1422 oom_watcher_linux.go:83] "Got sys oom event" event={"Pid":19227,"ProcessName":"entry",…}
//! kubelet[4991]: I1010 17:41:57.858757    4991 manager.go:1126] Created an OOM event in container "/" at 2017-10-10 17:41:57.858 +0000 UTC
//! ```
//!
//! `ContainerName` is the victim's cgroup and `VictimContainerName` the one whose limit was hit, contrary to
//! their names; `/` in both means that the kernel's line was not understood, and proves nothing. A restarted
//! kubelet reports the kills again that are still in the kernel's buffer. cAdvisor computes its time from the
//! kernel's clock and the boot time: it drifts.
//!
//! The process name is at most 15 bytes of any kind.

use super::envelope::Envelope;
use super::go::{klog_json_time, klog_text, pair};
use super::statement::By;
use super::text::{pid, rfc3339, rsplit_once, split_once};
use super::{Reader, Statement};
use crate::bytes::Text;
use crate::event::{Cgroup, EventType, Killer, OomEvent, Reporter, Victim};
use crate::limits::{MAX_COMM_LEN, MAX_JOINED_LEN, MAX_PATH_LEN};
use crate::source::Daemon;
use crate::time::WallTime;
use alloc::collections::VecDeque;
use serde_json::Value;

/// Reads the lines of both watchers; one line is one event.
#[derive(Debug, Default)]
pub(super) struct OomWatcher;

/// The contents of a line.
#[derive(Debug, Default)]
struct Seen {
    pid: Option<u32>,
    comm: Option<Text>,
    time: Option<WallTime>,
    task_memcg: Option<Text>,
    oom_memcg: Option<Text>,
    is_cadvisors: bool,
}

impl Reader for OomWatcher {
    const OF: &'static [Daemon] = &[Daemon::Kubelet, Daemon::K3s, Daemon::Rke2, Daemon::Cadvisor];
    const WORDS: &'static [&'static str] = &["sys oom event", "an OOM event in"];
    const ENVELOPES: &'static [Envelope] = &[Envelope::Klog, Envelope::KlogJson];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        if said.text.len() > MAX_JOINED_LEN {
            return;
        }
        let (head, text) = klog_text(said.text);
        let seen = if text.starts_with(b"{") {
            json(text)
        } else {
            by_its_words(text).map(|seen| (head, seen))
        };
        let Some((head, seen)) = seen else {
            return;
        };
        let reporter = match said.by {
            By::Daemon(Daemon::Cadvisor) => Reporter::Cadvisor,
            By::Daemon(_) => Reporter::Kubelet,
            _ if seen.is_cadvisors => Reporter::Cadvisor,
            _ => Reporter::Kubelet,
        };
        let mut event = said.event_at(EventType::Notice, seen.time.or(head));
        if let Some(path) = &seen.task_memcg {
            said.set_cgroup(&mut event, path.as_bytes());
        }
        if let Some(path) = seen.oom_memcg {
            let cgroup = event.cgroup.get_or_insert_with(Cgroup::default);
            cgroup.oom_memcg = Some(path);
        }
        event.victim = seen.pid.map(|pid| Victim {
            pid,
            comm: seen.comm,
            ..Victim::default()
        });
        let testimony = event.testimony_mut();
        testimony.reporter = Some(reporter);
        testimony.killer = Some(Killer::Kernel);
        testimony.words = Some(if seen.is_cadvisors {
            "an OOM event in"
        } else {
            "sys oom event"
        });
        out.push_back(event);
    }
}

fn by_its_words(text: &[u8]) -> Option<Seen> {
    if let Some(rest) = text.strip_prefix(b"Created an OOM event in container \"") {
        let (path, time) = rsplit_once(rest, b"\" at ")?;
        return Some(Seen {
            time: go_time(time).map(|(time, _)| time),
            task_memcg: path_of(path),
            is_cadvisors: true,
            ..Seen::default()
        });
    }
    if let Some(rest) = text.strip_prefix(b"Got sys oom event from cadvisor: &{") {
        let (_, time) = split_once(rest, b" ")?;
        return Some(Seen {
            time: go_time(time).map(|(time, _)| time),
            ..Seen::default()
        });
    }
    if let Some(rest) = text.strip_prefix(b"Got sys oom event: &{") {
        return unnamed(rest.strip_suffix(b"}")?);
    }
    let event = event_of(text)?;
    match event.strip_prefix(b"&{") {
        Some(rest) => named(rest.strip_suffix(b"}")?),
        None => of_value(&serde_json::from_slice(event).ok()?),
    }
}

/// The event of `"Got sys oom event" logger="oom-watcher" event=…`: a contextual logger's name may stand between
/// them, or in front of the words.
fn event_of(text: &[u8]) -> Option<&[u8]> {
    const WORDS: &[u8] = b"Got sys oom event\"";
    let (front, mut rest) = split_once(text.strip_prefix(b"\"")?, WORDS)?;
    let is_logger = |front: &[u8]| {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./".contains(byte);
        front.is_empty()
            || front
                .strip_suffix(b": ")
                .is_some_and(|name| name.iter().all(is_part))
    };
    if !is_logger(front) {
        return None;
    }
    loop {
        if let Some(event) = rest.strip_prefix(b" event=") {
            return Some(event);
        }
        let (key, _, after) = pair(rest)?;
        rest = (key == b"logger").then_some(after)?;
    }
}

/// `19227 entry 2020-02-03 10:10:10.1 +0000 UTC m=+99.5 / / CONSTRAINT_NONE`
fn unnamed(text: &[u8]) -> Option<Seen> {
    let (pid, rest) = pid(text)?;
    let rest = rest.strip_prefix(b" ")?;
    // No comm is as long as a time, so only one position fits.
    (0..=MAX_COMM_LEN.min(rest.len())).find_map(|len| {
        let (comm, rest) = rest.split_at_checked(len)?;
        let (time, rest) = go_time(rest.strip_prefix(b" ")?)?;
        let mut paths = rest.strip_prefix(b" ")?.split(|byte| *byte == b' ');
        Some(Seen {
            pid: Some(pid),
            comm: Some(Text::from(comm)),
            time: Some(time),
            task_memcg: paths.next().and_then(own_path),
            oom_memcg: paths.next().and_then(own_path),
            is_cadvisors: false,
        })
    })
}

/// `Pid:19227 ProcessName:entry TimeOfDeath:… ContainerName:/ VictimContainerName:/ Constraint:`
fn named(text: &[u8]) -> Option<Seen> {
    let (pid, rest) = pid(text.strip_prefix(b"Pid:")?)?;
    let rest = rest.strip_prefix(b" ProcessName:")?;
    let (comm, time, rest) = (0..=MAX_COMM_LEN.min(rest.len())).find_map(|len| {
        let (comm, rest) = rest.split_at_checked(len)?;
        let (time, rest) = go_time(rest.strip_prefix(b" TimeOfDeath:")?)?;
        Some((comm, time, rest))
    })?;
    let rest = rest.strip_prefix(b" ContainerName:")?;
    let (rest, _) = rsplit_once(rest, b" Constraint:").unwrap_or((rest, b""));
    let (task, oom) = rsplit_once(rest, b" VictimContainerName:")?;
    Some(Seen {
        pid: Some(pid),
        comm: Some(Text::from(comm)),
        time: Some(time),
        task_memcg: own_path(task),
        oom_memcg: own_path(oom),
        is_cadvisors: false,
    })
}

/// klog's JSON: `{"ts":…,"caller":"oom/oom_watcher_linux.go:83","msg":"Got sys oom event","v":1,"event":{…}}`.
fn json(text: &[u8]) -> Option<(Option<WallTime>, Seen)> {
    let value: Value = serde_json::from_slice(text).ok()?;
    let msg = value.get("msg")?.as_str()?;
    let seen = match value.get("event") {
        Some(event) if msg == "Got sys oom event" => of_value(event)?,
        _ => by_its_words(msg.as_bytes())?,
    };
    Some((klog_json_time(&value), seen))
}

fn of_value(event: &Value) -> Option<Seen> {
    let text = |key| event.get(key).and_then(Value::as_str).map(str::as_bytes);
    let pid = event.get("Pid").and_then(Value::as_u64);
    let pid = u32::try_from(pid?).ok().filter(|pid| *pid > 0)?;
    Some(Seen {
        pid: Some(pid),
        comm: text("ProcessName")
            .filter(|it| it.len() <= 4 * MAX_COMM_LEN)
            .map(Text::from),
        time: text("TimeOfDeath").and_then(rfc3339).map(|(time, _)| time),
        task_memcg: text("ContainerName").and_then(own_path),
        oom_memcg: text("VictimContainerName").and_then(own_path),
        is_cadvisors: false,
    })
}

fn path_of(path: &[u8]) -> Option<Text> {
    (path.starts_with(b"/") && path.len() <= MAX_PATH_LEN).then(|| Text::from(path))
}

/// A path, unless it is only the placeholder for a missing one.
fn own_path(path: &[u8]) -> Option<Text> {
    path_of(path).filter(|path| path.as_bytes() != b"/")
}

/// `2021-03-10 11:21:19.308776449 +0800 CST m=+150332.715342256`: Go's time format, with the time zone twice.
pub(super) fn go_time(text: &[u8]) -> Option<(WallTime, &[u8])> {
    let (time, rest) = rfc3339(text)?;
    let mut rest = rest;
    // The time zone's name, or its offset again.
    if let Some(tail) = rest.strip_prefix(b" ") {
        let is_zone = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-');
        let len = tail.iter().take_while(is_zone).count();
        let (name, after) = tail.split_at_checked(len)?;
        if len > 0 && !name.starts_with(b"m=") && !matches!(after, [b'=', ..]) {
            rest = after;
        }
    }
    if let Some(tail) = rest.strip_prefix(b" m=") {
        let end = memchr::memchr(b' ', tail).unwrap_or(tail.len());
        rest = tail.get(end..)?;
    }
    Some((time, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn no_process_has_the_number_zero() {
        for (pid, is_seen) in [("0", false), ("1", true), ("4294967296", false)] {
            let text = alloc::format!("\"Got sys oom event\" event={{\"Pid\":{pid}}}");
            assert_eq!(by_its_words(text.as_bytes()).is_some(), is_seen, "{text}");
        }
    }

    #[test]
    fn watchers_of_all_versions() {
        for text in [
            "Got sys oom event: &{7 a b 2020-02-03 10:10:10.1 +0000 UTC m=+99.5 / / }",
            "Got sys oom event: &{7 a b 2020-02-03 10:10:10.1 +0000 UTC / /}",
            "\"Got sys oom event\" event=&{Pid:7 ProcessName:a b TimeOfDeath:2020-02-03 10:10:10.1 +0000 UTC m=+99.5 ContainerName:/ VictimContainerName:/ Constraint:}",
            "\"Got sys oom event\" event={\"Pid\":7,\"ProcessName\":\"a b\",\"TimeOfDeath\":\"2020-02-03T10:10:10.1Z\",\"ContainerName\":\"/\",\"VictimContainerName\":\"/\",\"Constraint\":\"\"}",
        ] {
            let seen = by_its_words(text.as_bytes()).unwrap();
            assert_eq!(seen.pid, Some(7), "{text}");
            assert_eq!(seen.comm.unwrap().as_bytes(), b"a b", "{text}");
            assert_eq!(
                seen.time.unwrap().to_string(),
                "2020-02-03T10:10:10.1Z",
                "{text}"
            );
            assert!(
                seen.task_memcg.is_none() && seen.oom_memcg.is_none(),
                "{text}"
            );
        }
        let seen = by_its_words(
            b"Got sys oom event from cadvisor: &{/ 2018-02-03 10:10:10 +0000 UTC oom {<nil>}}",
        );
        assert!(seen.unwrap().pid.is_none());
        let text = "\"Got sys oom event\" event=&{Pid:7 ProcessName:a TimeOfDeath:2020-02-03 10:10:10 +0000 UTC m=+9 ContainerName:/a VictimContainerName:/b Constraint:CONSTRAINT_MEMCG}";
        let seen = by_its_words(text.as_bytes()).unwrap();
        assert_eq!(seen.task_memcg.unwrap().as_bytes(), b"/a");
        assert_eq!(seen.oom_memcg.unwrap().as_bytes(), b"/b");
    }

    #[test]
    fn watchers_with_a_contextual_logger() {
        for text in [
            "\"Got sys oom event\" logger=\"oom-watcher\" event={\"Pid\":7,\"ProcessName\":\"a b\"}",
            "\"oom-watcher: Got sys oom event\" event={\"Pid\":7,\"ProcessName\":\"a b\"}",
        ] {
            let seen = by_its_words(text.as_bytes()).unwrap();
            assert_eq!(seen.pid, Some(7), "{text}");
            assert_eq!(seen.comm.unwrap().as_bytes(), b"a b", "{text}");
        }
    }

    #[test]
    fn what_is_no_watchers_line() {
        for text in [
            "\"x Got sys oom event\" event={\"Pid\":7}",
            "\"Got sys oom event\" output=\"x\" event={\"Pid\":7}",
            "\"Got sys oom event\" logger=\"x\"",
            "Got sys oom event: &{0 a 2020-02-03 10:10:10.1 +0000 UTC / /}",
            "Got sys oom event: &{7 a name of more than 15 2020-02-03 10:10:10.1 +0000 UTC / /}",
            "\"Got sys oom event\" event={\"Pid\":-7}",
            "Created an OOM event in container \"/",
            "\"Probe\" output=\"Got sys oom event\"",
            "",
        ] {
            assert!(by_its_words(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn times_of_go() {
        for (text, rest) in [
            ("2021-03-10 11:21:19.3 +0800 CST m=+150332.7 /", " /"),
            ("2021-03-10 11:21:19.3 +0800 +0800 m=+150332.7", ""),
            ("2021-03-10 11:21:19.3 +0000 UTC Reason:x", " Reason:x"),
            ("2021-03-10 11:21:19.3 +0000 UTC", ""),
        ] {
            let (_, after) = go_time(text.as_bytes()).unwrap();
            assert_eq!(after, rest.as_bytes(), "{text}");
        }
    }

    #[test]
    fn the_reporter_is_the_daemon_or_what_the_line_says() {
        let created = "Created an OOM event in container \"/a\" at 2021-03-10 11:21:19.3 +0800 CST m=+150332.7";
        let sys = "\"Got sys oom event\" event={\"Pid\":7,\"ProcessName\":\"a\",\"ContainerName\":\"/a\",\"VictimContainerName\":\"/b\"}";
        for (front, text, reporter) in [
            (
                "Feb  3 10:10:10 n1 cadvisor[7]: ",
                created,
                Reporter::Cadvisor,
            ),
            ("Feb  3 10:10:10 n1 cadvisor[7]: ", sys, Reporter::Cadvisor),
            (
                "Feb  3 10:10:10 n1 kubelet[7]: ",
                created,
                Reporter::Kubelet,
            ),
            ("Feb  3 10:10:10 n1 kubelet[7]: ", sys, Reporter::Kubelet),
            ("", created, Reporter::Cadvisor),
            ("", sys, Reporter::Kubelet),
        ] {
            let mut options = crate::Options::default();
            options.accept = options.accept.and_all_daemons();
            let mut parser = crate::Parser::with_options(options);
            parser.push_line(
                alloc::format!("{front}I0203 10:10:10.123456    1422 a.go:83] {text}").as_bytes(),
            );
            parser.finish();
            let event = parser.next_event().unwrap();
            let cgroup = event.cgroup.unwrap();
            assert_eq!(cgroup.task_memcg, Some(Text::from("/a")));
            let is_sys = text == sys;
            assert_eq!(
                (event.victim.map(|it| it.pid), cgroup.oom_memcg),
                (is_sys.then_some(7), is_sys.then(|| "/b".into()))
            );
            let testimony = event.testimony.unwrap();
            assert_eq!(
                (testimony.reporter, testimony.killer),
                (Some(reporter), Some(Killer::Kernel)),
                "{front}{text}"
            );
            assert_eq!(
                testimony.words,
                Some(if is_sys {
                    "sys oom event"
                } else {
                    "an OOM event in"
                })
            );
            assert_eq!(
                event.time.map(|it| it.second),
                Some(if is_sys { 10 } else { 19 })
            );
        }
    }

    #[test]
    fn klogs_json_and_its_event() {
        let whole = r#"{"ts":1697139284310.5,"msg":"Got sys oom event","event":{"Pid":7,"ProcessName":"a"}}"#;
        let (time, seen) = json(whole.as_bytes()).unwrap();
        assert_eq!((time.unwrap().second, seen.pid), (44, Some(7)));
        let text = r#"{"ts":1697139284310.5,"msg":"Got sys oom event: &{8 a 2020-02-03 10:10:10.1 +0000 UTC / / }","event":{"Pid":7}}"#;
        assert_eq!(json(text.as_bytes()).unwrap().1.pid, Some(8));
        for not in [
            whole.replace("Got sys", "Got no"),
            whole.replace("\"event\"", "\"other\""),
            whole.replace(":7", ":0"),
            "{}".into(),
        ] {
            assert!(json(not.as_bytes()).is_none(), "{not}");
        }
    }

    /// A name in JSON has an escape for each odd byte; a path has the kernel's length.
    #[test]
    fn names_and_paths_have_their_length() {
        let of = |comm: usize, path: usize| {
            let (comm, path) = ("c".repeat(comm), "p".repeat(path));
            let seen = of_value(
                &serde_json::json!({"Pid": 1, "ProcessName": comm, "ContainerName": alloc::format!("/{path}")}),
            );
            let seen = seen.unwrap();
            (seen.comm.is_some(), seen.task_memcg.is_some())
        };
        assert_eq!(of(4 * MAX_COMM_LEN, MAX_PATH_LEN - 1), (true, true));
        assert_eq!(of(4 * MAX_COMM_LEN + 1, MAX_PATH_LEN), (false, false));
        assert!(path_of(b"a").is_none() && own_path(b"/").is_none() && own_path(b"/a").is_some());
        assert_eq!(path_of(b"/"), Some(Text::from("/")));
    }

    #[test]
    fn loggers_and_zones() {
        for (text, is_event) in [
            ("\"a-b_c./D1: Got sys oom event\" event=x", true),
            ("\"a b: Got sys oom event\" event=x", false),
            ("\"a Got sys oom event\" event=x", false),
            ("\"Got sys oom event\" logger=\"a\" event=x", true),
            ("\"Got sys oom event\" other=\"a\" event=x", false),
            ("\"Got sys oom event\" event=x", true),
        ] {
            assert_eq!(
                event_of(text.as_bytes()),
                is_event.then_some(&b"x"[..]),
                "{text}"
            );
        }
        for (text, rest) in [
            ("2021-03-10 11:21:19.3 +0800 m=+1.5 x", " x"),
            ("2021-03-10 11:21:19.3 +0800 -0800 x", " x"),
            ("2021-03-10 11:21:19.3 +0800  x", "  x"),
            ("2021-03-10 11:21:19.3 +0800 key=x", " key=x"),
            ("2021-03-10 11:21:19.3 +0800 /a", " /a"),
        ] {
            assert_eq!(
                go_time(text.as_bytes()).unwrap().1,
                rest.as_bytes(),
                "{text}"
            );
        }
    }

    #[test]
    fn both_cgroups_of_a_kill() {
        let time = "2020-02-03 10:10:10.1 +0000 UTC m=+99.5";
        for (paths, victims, limits) in [
            ("/a /b CONSTRAINT_MEMCG", Some("/a"), Some("/b")),
            ("/ /b CONSTRAINT_MEMCG", None, Some("/b")),
            ("/ / CONSTRAINT_NONE", None, None),
        ] {
            let text = alloc::format!("7 a b {time} {paths}");
            let seen = unnamed(text.as_bytes()).unwrap();
            assert_eq!(seen.task_memcg, victims.map(Text::from), "{text}");
            assert_eq!(seen.oom_memcg, limits.map(Text::from), "{text}");
        }
    }
}
