//! TKE's OOM-Guard: kills a process or a container before its cgroup's limit is reached.
//!
//! It reports this in a Kubernetes Event on the Node, whose message is one JSON object:
//!
//! ```text
//! 14s         14s          1         172.21.16.23.158b732d352bcc31   Node                                 Warning   OomGuardKillContainer    oom-guard, 172.21.16.23   {"hostname":"172.21.16.23","timestamp":"2019-03-13T07:12:14.561650646Z","oomcgroup":"/sys/fs/cgroup/memory/kubepods/burstable/pod…/…","proccgroup":"/sys/fs/cgroup/memory/kubepods/burstable/pod…/…","threshold":205520896,"usage":206483456,"killed":"16481(fakeOOM) ","stats":"cache 20480|…|hierarchical_memory_limit 209715200|…","policy":"Container"}
//! 14s   Warning   OomGuardKillProcess   node/172.21.16.23   {"hostname":…}
//! {"kind":"Event","reason":"OomGuardKillContainer","source":{"component":"oom-guard"},"involvedObject":{"kind":"Node",…},"message":"{\"hostname\":…}",…}
//! ```
//!
//! Whoever may write Events may forge one, and a listing does not show the author: the origin is `unknown`.

use super::envelope::Envelope;
use super::text::{below_mount, pid, rfc3339};
use super::{Reader, Statement};
use crate::bytes::Text;
use crate::event::{
    Cause, CauseKind, Counter, EventType, KilledProcess, Killer, KubernetesEvent, KubernetesObject,
    OomEvent, Stage, Victim,
};
use crate::limits::{MAX_COMM_LEN, MAX_DAEMON_VICTIMS};
use crate::source::Daemon;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

/// Reads listings of Events.
#[derive(Debug, Default)]
pub(super) struct OomGuard;

impl Reader for OomGuard {
    const OF: &'static [Daemon] = &[Daemon::OomGuard];
    const WORDS: &'static [&'static str] = &["OomGuardKill"];
    const ENVELOPES: &'static [Envelope] = &[Envelope::OomGuard];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        let Ok(text) = core::str::from_utf8(said.text) else {
            return;
        };
        if text.starts_with('{') {
            if let Ok(root) = serde_json::from_str::<Value>(text) {
                of_objects(said, &root, out);
            }
            return;
        }
        let Some((row, _)) = text.split_once(" {\"") else {
            return;
        };
        let message = text.get(row.len()..).unwrap_or_default().trim();
        let mut words = row.split_whitespace();
        let reason = words.find(|word| is_reason(word));
        let is_its = row.contains(" oom-guard,") || row.contains(" node/");
        if let Some(reason) = reason.filter(|_| is_its) {
            out.extend(event(said, message, reason));
        }
    }
}

/// Whether it is the reason of an Event that reports a kill.
pub(super) fn is_reason(reason: &str) -> bool {
    matches!(reason, "OomGuardKillContainer" | "OomGuardKillProcess")
}

/// The Events of a listing or a stream, or a single one.
fn of_objects(said: &Statement<'_>, root: &Value, out: &mut VecDeque<OomEvent>) {
    let items = root.get("items").and_then(Value::as_array);
    let alone = [root.get("event").unwrap_or(root)];
    let items = items.map_or(Vec::from(alone), |items| items.iter().collect());
    for item in items {
        let text = |path: &str| item.pointer(path).and_then(Value::as_str);
        let component = text("/source/component").or_else(|| text("/reportingController"));
        let kind = text("/involvedObject/kind").or_else(|| text("/regarding/kind"));
        let message = text("/message").or_else(|| text("/note"));
        if let (Some("oom-guard"), Some("Node"), Some(message), Some(reason)) =
            (component, kind, message, text("/reason"))
            && is_reason(reason)
        {
            let testimony = event(said, message, reason);
            out.extend(testimony.map(|mut testimony| {
                if let Some(event) = &mut testimony.testimony_mut().event {
                    event.uid = text("/metadata/uid").map(String::from);
                }
                testimony
            }));
        }
    }
}

/// The kill that a message reports.
pub(super) fn event(said: &Statement<'_>, message: &str, reason: &str) -> Option<OomEvent> {
    let message: Value = serde_json::from_str(message).ok()?;
    let text = |key: &str| message.get(key).and_then(Value::as_str);
    let number = |key: &str| message.get(key).and_then(Value::as_u64);
    if text("policy").is_some_and(|policy| policy.eq_ignore_ascii_case("noop")) {
        return None;
    }
    let killed = processes(text("killed")?.trim_ascii().as_bytes());
    let first = killed.first()?.clone();
    let time = text("timestamp").and_then(|time| Some(rfc3339(time.as_bytes())?.0));
    let mut event = said.event_at(EventType::UserspaceKill, time);
    event.host = text("hostname").map(Text::from).or(event.host);
    let path = below_mount(text("proccgroup")?.as_bytes());
    said.set_cgroup(&mut event, path);
    if let (Some(limited), Some(cgroup)) = (text("oomcgroup"), &mut event.cgroup) {
        let limited = below_mount(limited.as_bytes());
        cgroup.oom_memcg = Some(Text::from(limited));
        cgroup.limit_level = Some(said.roots.parse(limited).level);
    }
    event.memory = Some(Counter {
        usage_bytes: number("usage"),
        limit_bytes: text("stats").and_then(limit),
        threshold_bytes: number("threshold"),
        ..Counter::default()
    });
    if let [_] = killed.as_slice() {
        event.victim = Some(Victim {
            pid: first.pid,
            comm: first.comm,
            ..Victim::default()
        });
    }
    let object = KubernetesObject {
        kind: Some("Node".into()),
        name: text("hostname").map(String::from),
        ..KubernetesObject::default()
    };
    let testimony = event.testimony_mut();
    testimony.killer = Some(Killer::OomGuard);
    testimony.stage = Some(Stage::Sent);
    testimony.cause = Some(Cause {
        kind: Some(CauseKind::NearLimit),
        ..Cause::default()
    });
    testimony.event = Some(KubernetesEvent {
        reason: Some(reason.into()),
        component: Some("oom-guard".into()),
        object: Some(object),
        ..KubernetesEvent::default()
    });
    if event.victim.is_none() {
        event.testimony_mut().victims = killed;
    }
    event.testimony_mut().words = Some("OomGuardKill");
    Some(event)
}

/// `16481(fakeOOM)`, or several with a blank between them. A name may imitate the start of another process: a
/// text that is short enough to be one name is one name.
fn processes(text: &[u8]) -> Vec<KilledProcess> {
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < MAX_DAEMON_VICTIMS
        && let Some((pid, tail)) = pid(rest)
        && let Some(tail) = tail.strip_prefix(b"(")
    {
        let lens = (0..=MAX_COMM_LEN.min(tail.len())).rev();
        let end = lens
            .filter_map(|len| {
                let (comm, rest) = tail.split_at_checked(len)?;
                let rest = rest.strip_prefix(b")")?;
                matches!(rest, [] | [b' ', ..]).then_some((comm, rest))
            })
            .next();
        let Some((comm, tail)) = end else {
            return Vec::new();
        };
        found.push(KilledProcess {
            pid,
            comm: Some(Text::from(comm)),
        });
        rest = tail.trim_ascii_start();
    }
    if rest.is_empty() { found } else { Vec::new() }
}

/// The cgroup's limit among its statistics; `None` if it is the largest number.
fn limit(stats: &str) -> Option<u64> {
    let entry = stats
        .split('|')
        .find_map(|entry| entry.strip_prefix("hierarchical_memory_limit "))?;
    entry.parse().ok().filter(|limit| *limit < 1 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oom_guard_lists_of_the_killed() {
        for (text, pids) in [
            ("16481(fakeOOM)", &[16481][..]),
            ("16481(a) 7(b)", &[16481]),
            ("16481(aaaaaaaaaaaa) 7(b)", &[16481, 7]),
            ("16481(aaaaaaaaaaaaaaaa)", &[]),
            ("x", &[]),
            ("1(a) x", &[]),
        ] {
            let found: Vec<u32> = processes(text.as_bytes()).iter().map(|it| it.pid).collect();
            assert_eq!(found, pids, "{text}");
        }
    }

    fn events(line: &str) -> Vec<OomEvent> {
        let options = crate::Options {
            accept: crate::Accept::ANY.and(Daemon::OomGuard),
            ..crate::Options::default()
        };
        let mut parser = crate::Parser::with_options(options);
        parser.push_line(line.as_bytes());
        parser.finish();
        parser.events().collect()
    }

    const MESSAGE: &str = r#"{"hostname":"n1","timestamp":"2019-03-13T07:12:14.5Z","oomcgroup":"/sys/fs/cgroup/memory/a","proccgroup":"/sys/fs/cgroup/memory/a/b","threshold":5,"usage":6,"killed":"7(a) ","stats":"cache 1|hierarchical_memory_limit 9|rss 2","policy":"Container"}"#;

    #[test]
    fn rows_that_are_the_guards() {
        for (row, is_its) in [
            (
                "14s   14s   1   n1.158b732d352bcc31   Node   Warning   OomGuardKillContainer   oom-guard, n1   ",
                true,
            ),
            ("14s   Warning   OomGuardKillProcess   node/n1   ", true),
            ("14s   Warning   OomGuardKillProcess   pod/n1   ", false),
            ("14s   Warning   OomGuardKillSomething   node/n1   ", false),
            ("OomGuardKillProcess node", false),
        ] {
            assert_eq!(
                events(&[row, MESSAGE].concat()).len(),
                usize::from(is_its),
                "{row}"
            );
        }
    }

    #[test]
    fn what_a_message_tells() {
        let row = [
            "14s   Warning   OomGuardKillContainer   node/n1   ",
            MESSAGE,
        ]
        .concat();
        let found = events(&row);
        let event = &found[0];
        let memory = event.memory.as_ref().unwrap();
        assert_eq!(
            (
                memory.usage_bytes,
                memory.limit_bytes,
                memory.threshold_bytes
            ),
            (Some(6), Some(9), Some(5))
        );
        let cgroup = event.cgroup.as_ref().unwrap();
        assert_eq!(
            (cgroup.task_memcg.clone(), cgroup.oom_memcg.clone()),
            (Some("/a/b".into()), Some("/a".into()))
        );
        assert!(cgroup.limit_level.is_some());
        assert_eq!(
            (event.victim.as_ref().unwrap().pid, event.host.clone()),
            (7, Some("n1".into()))
        );
        assert_eq!(event.time.unwrap().second, 14);
        let testimony = event.testimony.as_ref().unwrap();
        assert_eq!(
            (testimony.killer, testimony.stage, testimony.victims.len()),
            (Some(Killer::OomGuard), Some(Stage::Sent), 0)
        );
        assert_eq!(
            testimony.cause.as_ref().unwrap().kind,
            Some(CauseKind::NearLimit)
        );
        let of = testimony.event.as_ref().unwrap();
        assert_eq!(
            (of.reason.as_deref(), of.component.as_deref()),
            (Some("OomGuardKillContainer"), Some("oom-guard"))
        );
        let object = of.object.as_ref().unwrap();
        assert_eq!(
            (object.kind.as_deref(), object.name.as_deref()),
            (Some("Node"), Some("n1"))
        );
        // Several are listed; an empty list is not a kill, nor is a policy that kills nobody.
        let two = events(&row.replace("7(a) ", "7(aaaaaaaaaaaa) 8(b) "));
        assert!(two[0].victim.is_none());
        assert_eq!(two[0].testimony.as_ref().unwrap().victims.len(), 2);
        for (from, to) in [
            ("7(a) ", ""),
            ("\"Container\"", "\"NoOp\""),
            ("proccgroup", "x"),
            ("killed\"", "x\""),
        ] {
            assert!(events(&row.replace(from, to)).is_empty(), "{to}");
        }
    }

    #[test]
    fn objects_that_are_the_guards() {
        let event = |by: &str, kind: &str, reason: &str| {
            serde_json::json!({
                "kind": "Event", "metadata": {"uid": "a"}, "involvedObject": {"kind": kind}, "source": {"component": by}, "reason": reason, "message": MESSAGE,
            })
        };
        let all = event("oom-guard", "Node", "OomGuardKillProcess");
        let view = serde_json::json!({
            "metadata": {"uid": "a"}, "regarding": {"kind": "Node"}, "reportingController": "oom-guard", "reason": "OomGuardKillProcess", "note": MESSAGE,
        });
        for (value, count) in [
            (all.clone(), 1),
            (serde_json::json!({"event": all}), 1),
            (
                serde_json::json!({"apiVersion": "v1", "items": [all], "kind": "List"}),
                1,
            ),
            (
                serde_json::json!({"items": [event("x", "Node", "OomGuardKillProcess")]}),
                0,
            ),
            (view, 1),
            (event("x", "Node", "OomGuardKillProcess"), 0),
            (event("oom-guard", "Pod", "OomGuardKillProcess"), 0),
            (event("oom-guard", "Node", "OomGuardKill"), 0),
        ] {
            let found = events(&serde_json::to_string(&value).unwrap());
            assert_eq!(found.len(), count, "{value}");
            for event in found {
                assert_eq!(
                    event.testimony.unwrap().event.unwrap().uid.as_deref(),
                    Some("a")
                );
            }
        }
    }

    #[test]
    fn lists_and_limits_have_their_bounds() {
        let list = "7(aaaaaaaaaaaaaa) ".repeat(MAX_DAEMON_VICTIMS);
        assert_eq!(
            processes(list.trim_ascii_end().as_bytes()).len(),
            MAX_DAEMON_VICTIMS
        );
        assert!(processes([&list, "7(a)"].concat().as_bytes()).is_empty());
        for (stats, found) in [
            (
                "a 1|hierarchical_memory_limit 4611686018427387903|b 2",
                Some((1 << 62) - 1),
            ),
            ("hierarchical_memory_limit 4611686018427387904", None),
            ("hierarchical_memory_limit x", None),
            ("limit 7", None),
        ] {
            assert_eq!(limit(stats), found, "{stats}");
        }
    }
}
