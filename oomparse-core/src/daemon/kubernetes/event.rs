//! A Kubernetes Event: core/v1 and events.k8s.io/v1 are two views of one object.
//!
//! | reason | about | by | means |
//! |---|---|---|---|
//! | `SystemOOM` | Node | kubelet | `System OOM encountered, victim process: entry, pid: 19227`; up to 1.15 without a victim |
//! | `Evicted` | Pod | kubelet | `The node was low on resource: memory. …`; with `The node had condition` nobody was killed |
//! | `OOMKilling` | Node | kernel-monitor | the kernel's line, quoted |
//! | `PodOOMKilling` | Node, Pod | kernel-monitor | `pod was OOM killed. node:N pod:P namespace:NS uuid:UID` |
//! | `PreviousContainerWasOOMKilled` | Pod | oom-event-generator | the container; the id in its message is the next one's |
//! | `Failed`, `FailedCreatePodSandBox` | Pod | kubelet | a container that was killed before it ran |
//! | `OomGuardKill…` | Node | oom-guard | OOM-Guard's kill, read by its own reader |
//!
//! The count counts equal texts, not victims. The uid of a Node's Event may be the node's name.

use super::{Context, Repeats, begin, number, text, time};
use crate::bytes::Text;
use crate::daemon::birth::killed_at_birth;
use crate::daemon::names;
use crate::daemon::npd::Quoted;
use crate::daemon::oom_guard;
use crate::daemon::statement::{By, Statement};
use crate::daemon::text::{after_low_on_memory, quantity, split_once, whole_number};
use crate::event::{
    Container, Counter, Killer, KubernetesEvent, KubernetesObject, OomEvent, Pod, Reporter,
    Resource, Victim,
};
use crate::hash::stable_hash;
use crate::limits::MAX_COMM_LEN;
use crate::source::Daemon;
use crate::time::WallTime;
use alloc::collections::VecDeque;
use alloc::string::String;
use serde_json::Value;

/// The component of Events that this program writes.
const OURSELVES: &str = "oomparse";

/// Whether an object is an Event.
pub(super) fn is_event(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some_and(Value::is_object);
    (has("involvedObject") || has("regarding")) && value.get("reason").is_some()
}

/// Whether an object is an Event of OOM-Guard.
pub(super) fn is_oom_guards(value: &Value) -> bool {
    is_event(value) && text(value, "/reason").is_some_and(oom_guard::is_reason)
}

/// Reports an Event; an Event from a stream may be reported again with a higher count.
pub(super) fn report(
    value: &Value,
    verb: Option<&str>,
    ctx: Context<'_>,
    repeats: &mut Repeats,
    out: &mut VecDeque<OomEvent>,
) {
    let Some((uid, event)) = notice(value, verb, ctx) else {
        return;
    };
    match (uid, verb) {
        (Some(uid), Some(_)) => repeats.hold(uid, event, out),
        (Some(uid), None) if !repeats.is_new(uid) => {}
        _ => out.push_back(event),
    }
}

/// The notice of an Event, and a hash of its uid.
pub(super) fn notice(
    value: &Value,
    verb: Option<&str>,
    ctx: Context<'_>,
) -> Option<(Option<u64>, OomEvent)> {
    let reason = text(value, "/reason")?;
    let message = text(value, "/message").or_else(|| text(value, "/note"));
    let message = message.unwrap_or_default();
    let component = component(value);
    if component.is_some_and(|it| it.eq_ignore_ascii_case(OURSELVES)) {
        return None;
    }
    let uid = text(value, "/metadata/uid");
    let key = uid.map(|uid| stable_hash(&[uid.as_bytes()]));
    if oom_guard::is_reason(reason) {
        return Some((key, oom_guards(value, reason, message, ctx)?));
    }
    let uid_bytes = uid.map(str::as_bytes);
    let by = Reporter::KubernetesEvent;
    let mut event = begin(ctx, by, time_of(value), None, uid_bytes);
    let about = About::of(value);
    let kind = about.text("/kind");
    Kind::of(reason, kind, component)?.put_into(&mut event, message, about)?;
    if kind == Some("Pod") {
        event.pod = event.pod.take().or_else(|| Some(about.pod()));
    }
    event.host = host(value, component, kind.zip(about.text("/name")))
        .map(Text::from)
        .or(event.host);
    let testimony = event.testimony_mut();
    testimony.count = count(value);
    testimony.words = Some("OOM");
    if testimony.killer == Some(Killer::Kubelet) {
        testimony.words = Some("Evicted");
    }
    testimony.event = Some(KubernetesEvent {
        uid: uid.and_then(names::word),
        reason: names::word(reason),
        object: Some(about.object()),
        component: component.and_then(names::word),
        verb: verb.and_then(names::word),
    });
    Some((key, event))
}

/// OOM-Guard's kill.
fn oom_guards(value: &Value, reason: &str, message: &str, ctx: Context<'_>) -> Option<OomEvent> {
    let is_its = component(value).is_none_or(|it| it == "oom-guard");
    if !is_its || !ctx.accept.has_daemon(Daemon::OomGuard) {
        return None;
    }
    let frame = super::frame(message.as_bytes(), time_of(value));
    let said = Statement {
        at: 0,
        by: By::Daemon(Daemon::OomGuard),
        origin: ctx.origin,
        frame: &frame,
        text: message.as_bytes(),
        accept: ctx.accept,
        host: ctx.host,
        roots: ctx.roots,
    };
    let mut event = oom_guard::event(&said, message, reason)?;
    if let Some(testimony) = &mut event.testimony_mut().event {
        testimony.uid = text(value, "/metadata/uid").and_then(names::word);
    }
    Some(event)
}

/// The object that an Event is about: `regarding` in events.k8s.io/v1, `involvedObject` in core/v1.
#[derive(Clone, Copy)]
struct About<'v>(Option<&'v Value>);

impl<'v> About<'v> {
    fn of(value: &'v Value) -> Self {
        Self(
            value
                .get("regarding")
                .or_else(|| value.get("involvedObject")),
        )
    }

    fn text(self, path: &str) -> Option<&'v str> {
        text(self.0?, path)
    }

    fn pod(self) -> Pod {
        let name = |path: &str| self.text(path).and_then(|it| names::name(it.as_bytes()));
        Pod {
            uid: self.text("/uid").and_then(|it| names::uid(it.as_bytes())),
            namespace: name("/namespace"),
            name: name("/name"),
            ..Pod::default()
        }
    }

    fn object(self) -> KubernetesObject {
        let word = |path: &str| self.text(path).and_then(names::word);
        KubernetesObject {
            kind: word("/kind"),
            name: word("/name"),
            namespace: word("/namespace"),
        }
    }
}

/// The kinds of Events that are reported.
enum Kind {
    SystemOom,
    /// The kernel's or Aliyun's line; whether the kernel's monitor is named as the reporter.
    Quoted(bool),
    Evicted,
    Previous,
    AtBirth,
}

impl Kind {
    /// The kind, from its reason, its object and its reporter, as far as the format shows them.
    fn of(reason: &str, kind: Option<&str>, component: Option<&str>) -> Option<Self> {
        let by = |name: &str| component.is_none_or(|it| it == name);
        let is_monitors = component == Some("kernel-monitor");
        let kind = kind.unwrap_or_default();
        Some(match reason {
            "SystemOOM" if kind == "Node" && by("kubelet") => Self::SystemOom,
            "Evicted" if kind == "Pod" && by("kubelet") => Self::Evicted,
            "OOMKilling" if kind == "Node" => Self::Quoted(is_monitors),
            "PodOOMKilling" if matches!(kind, "Node" | "Pod") => Self::Quoted(false),
            "PreviousContainerWasOOMKilled" if kind == "Pod" && by("oom-event-generator") => {
                Self::Previous
            }
            "Failed" | "FailedCreatePodSandBox" if kind == "Pod" && by("kubelet") => Self::AtBirth,
            _ => return None,
        })
    }

    /// Puts what the message says into an event; None if the message does not have the kind's format.
    fn put_into(self, event: &mut OomEvent, message: &str, about: About<'_>) -> Option<()> {
        match self {
            Self::SystemOom => event.victim = victim(message.as_bytes())?,
            Self::Quoted(is_monitors) => match Quoted::read(message.as_bytes()) {
                Some(quoted) => quoted.put_into(event),
                None if is_monitors => {}
                None => return None,
            },
            Self::Evicted => evicted(message, event)?,
            Self::Previous => {
                let (_, rest) = message.split_once("of the container '")?;
                let (name, _) = rest.split_once('\'')?;
                event.container = named(name);
            }
            Self::AtBirth => {
                killed_at_birth(message.as_bytes())?;
                event.container = about
                    .text("/fieldPath")
                    .and_then(field_path)
                    .and_then(named);
            }
        }
        Some(())
    }
}

fn component(value: &Value) -> Option<&str> {
    let paths = [
        "/source/component",
        "/reportingController",
        "/reportingComponent",
        "/deprecatedSource/component",
    ];
    paths.into_iter().find_map(|path| text(value, path))
}

/// When it was last seen.
fn time_of(value: &Value) -> Option<WallTime> {
    let paths = [
        "/series/lastObservedTime",
        "/lastTimestamp",
        "/eventTime",
        "/deprecatedLastTimestamp",
        "/firstTimestamp",
        "/metadata/creationTimestamp",
    ];
    paths.into_iter().find_map(|path| time(value, path))
}

fn count(value: &Value) -> Option<u64> {
    let paths = ["/series/count", "/count", "/deprecatedCount"];
    let count = paths.into_iter().find_map(|path| number(value, path))?;
    u64::try_from(count).ok().filter(|count| *count > 0)
}

/// The node: the one that the source names, or the node that the Event is about.
fn host<'v>(
    value: &'v Value,
    component: Option<&str>,
    object: Option<(&str, &'v str)>,
) -> Option<&'v str> {
    let of_source = text(value, "/source/host").or_else(|| text(value, "/deprecatedSource/host"));
    let instance = || {
        let is_kubelets = component == Some("kubelet");
        text(value, "/reportingInstance").filter(|_| is_kubelets)
    };
    let node = || {
        object
            .filter(|(kind, _)| *kind == "Node")
            .map(|(_, name)| name)
    };
    of_source.or_else(instance).or_else(node)
}

fn named(name: &str) -> Option<Container> {
    Some(Container {
        name: Some(names::name(name.as_bytes())?),
        ..Container::default()
    })
}

/// The container in `spec.containers{app}`.
fn field_path(path: &str) -> Option<&str> {
    path.split_once('{')?.1.strip_suffix('}')
}

/// The victim of a `SystemOOM`, if the message has the kubelet's format.
#[expect(
    clippy::option_option,
    reason = "no such Event; one without a victim; one with it"
)]
fn victim(message: &[u8]) -> Option<Option<Victim>> {
    let rest = message.strip_prefix(b"System OOM encountered")?;
    if rest.is_empty() {
        return Some(None);
    }
    let (comm, pid) = match rest.strip_prefix(b", victim process: ") {
        Some(rest) => crate::daemon::text::rsplit_once(rest, b", pid: ")?,
        None => {
            let rest = rest
                .trim_ascii_start()
                .strip_prefix(b":")?
                .trim_ascii_start();
            let (pid, comm) = split_once(rest.strip_prefix(b"process pid ")?, b", process name: ")?;
            (comm, pid)
        }
    };
    // A name with a percent sign was garbled on its way and may be longer.
    let comm = (comm.len() <= MAX_COMM_LEN).then(|| Text::from(comm));
    Some(Some(Victim {
        pid: whole_number(pid).filter(|pid| *pid > 0)?,
        comm,
        ..Victim::default()
    }))
}

/// Adds the data of `The node was low on resource: memory. …`.
fn evicted(message: &str, event: &mut OomEvent) -> Option<()> {
    let rest = after_low_on_memory(message)?;
    let testimony = event.testimony_mut();
    testimony.killer = Some(Killer::Kubelet);
    testimony.resource = Some(Resource::Memory);
    let threshold = rest
        .strip_prefix("Threshold quantity: ")
        .and_then(|rest| quantity(rest.split_once(',')?.0));
    event.memory = threshold.map(|bytes| Counter {
        threshold_bytes: Some(bytes),
        ..Counter::default()
    });
    Some(())
}

/// Whether an Event with this reason can report a kill.
pub(super) fn is_reason(reason: &str) -> bool {
    matches!(
        reason,
        "SystemOOM"
            | "Evicted"
            | "OOMKilling"
            | "PodOOMKilling"
            | "PreviousContainerWasOOMKilled"
            | "Failed"
            | "FailedCreatePodSandBox"
    )
}

/// An Event from a row of a table.
pub(super) struct Row<'t> {
    pub(super) reason: &'t str,
    pub(super) message: &'t str,
    pub(super) kind: String,
    pub(super) name: &'t str,
    pub(super) namespace: Option<&'t str>,
    pub(super) component: Option<&'t str>,
    pub(super) host: Option<&'t str>,
    pub(super) count: Option<u64>,
    pub(super) field_path: Option<&'t str>,
}

impl Row<'_> {
    pub(super) fn into_value(self) -> Value {
        serde_json::json!({
            "reason": self.reason,
            "message": self.message,
            "involvedObject": {
                "kind": self.kind, "name": self.name, "namespace": self.namespace,
                "fieldPath": self.field_path,
            },
            "source": {"component": self.component, "host": self.host},
            "count": self.count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities() {
        for (text, bytes) in [
            ("750Mi", Some(786_432_000)),
            ("225800Ki", Some(231_219_200)),
            ("0", Some(0)),
            ("1G", Some(1_000_000_000)),
            ("1.5Gi", None),
            ("", None),
            ("99999999999999999999Mi", None),
        ] {
            assert_eq!(quantity(text), bytes, "{text}");
        }
    }

    #[test]
    fn victims_of_system_ooms() {
        for (text, found) in [
            ("System OOM encountered", Some(None)),
            (
                "System OOM encountered, victim process: a, pid: 7, pid: 8",
                Some(Some((8, "a, pid: 7"))),
            ),
            (
                "System OOM encountered:  process pid 7, process name: a b",
                Some(Some((7, "a b"))),
            ),
            ("System OOM encountered, victim process: a, pid: x", None),
            ("System OOM", None),
        ] {
            let victim = victim(text.as_bytes());
            let victim = victim.map(|it| it.map(|it| (it.pid, it.comm.unwrap_or_default())));
            let found = found.map(|it| it.map(|(pid, comm)| (pid, Text::from(comm))));
            assert_eq!(victim, found, "{text}");
        }
    }

    /// The notice of this Event, with all sources.
    fn notice_of(value: &Value) -> Option<(Option<u64>, OomEvent)> {
        let roots = crate::cgroup::CgroupRoots::default();
        let ctx = Context {
            accept: crate::Accept::ANY.and_all_daemons(),
            origin: crate::Origin::Unknown,
            host: None,
            roots: &roots,
        };
        notice(value, None, ctx)
    }

    fn value(reason: &str, kind: &str, component: Option<&str>, message: &str) -> Value {
        json!({
            "metadata": {"uid": "a"}, "reason": reason, "message": message,
            "involvedObject": {"kind": kind, "name": "n1", "namespace": "shop", "fieldPath": "spec.containers{app}"},
            "source": {"component": component},
        })
    }

    const KILLED: &str = "Memory cgroup out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, \
        shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";
    const AT_BIRTH: &str = "Error: container init was OOM-killed (memory limit too low?): unknown";
    const LOW: &str =
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 80912Ki. ";

    #[test]
    fn an_event_counts_by_its_reason_its_object_and_its_component() {
        for (reason, kind, component, message) in [
            ("SystemOOM", "Node", "kubelet", "System OOM encountered"),
            ("Evicted", "Pod", "kubelet", LOW),
            (
                "PreviousContainerWasOOMKilled",
                "Pod",
                "oom-event-generator",
                "The previous instance of the container 'app' (x) was OOMKilled",
            ),
            ("Failed", "Pod", "kubelet", AT_BIRTH),
            ("FailedCreatePodSandBox", "Pod", "kubelet", AT_BIRTH),
        ] {
            let is_reported = |kind, by| notice_of(&value(reason, kind, by, message)).is_some();
            let other = if kind == "Pod" { "Node" } else { "Pod" };
            let found = [
                (kind, Some(component)),
                (kind, None),
                (other, Some(component)),
                (kind, Some("x")),
                (other, None),
            ]
            .map(|(kind, by)| is_reported(kind, by));
            assert_eq!(found, [true, true, false, false, false], "{reason}");
            assert!(notice_of(&value(reason, kind, Some("oomparse"), message)).is_none());
            assert!(notice_of(&value("Pulled", kind, Some(component), message)).is_none());
            let (_, event) = notice_of(&value(reason, kind, Some(component), message)).unwrap();
            assert_eq!(event.pod.is_some(), kind == "Pod", "{reason}");
            let has_container = reason.starts_with("Failed") || reason.starts_with("Previous");
            assert_eq!(event.container.is_some(), has_container, "{reason}");
            let is_eviction = reason == "Evicted";
            let testimony = event.testimony.unwrap();
            assert_eq!(testimony.killer == Some(Killer::Kubelet), is_eviction);
            assert_eq!(
                testimony.words,
                Some(if is_eviction { "Evicted" } else { "OOM" })
            );
            let threshold = event.memory.and_then(|it| it.threshold_bytes);
            assert_eq!(threshold, is_eviction.then_some(100 << 20));
        }
        // What it quotes shows whether it is one; the kernel's monitor alone need not quote it whole.
        let pod = "pod was OOM killed. node:n1 pod:web-0 namespace:shop uuid:6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9";
        for (reason, kind, by, message, has_victim) in [
            ("OOMKilling", "Node", "kernel-monitor", KILLED, Some(true)),
            ("OOMKilling", "Node", "x", KILLED, Some(true)),
            ("OOMKilling", "Node", "kernel-monitor", "x", Some(false)),
            ("OOMKilling", "Node", "x", "x", None),
            ("OOMKilling", "Pod", "kernel-monitor", KILLED, None),
            ("PodOOMKilling", "Node", "kernel-monitor", pod, Some(false)),
            ("PodOOMKilling", "Pod", "kernel-monitor", pod, Some(false)),
            ("PodOOMKilling", "Pod", "kernel-monitor", "x", None),
            ("PodOOMKilling", "Job", "kernel-monitor", pod, None),
        ] {
            let found = notice_of(&value(reason, kind, Some(by), message));
            let found = found.map(|(_, event)| event.victim.is_some());
            assert_eq!(found, has_victim, "{reason} {kind} {by} {message}");
        }
    }

    #[test]
    fn a_guards_event_is_its_own_components() {
        let message = r#"{"hostname":"n1","proccgroup":"/a","threshold":1,"usage":2,"killed":"7(a) ","policy":"Process"}"#;
        for (by, is_reported) in [(Some("oom-guard"), true), (None, true), (Some("x"), false)] {
            let found = notice_of(&value("OomGuardKillProcess", "Node", by, message));
            assert_eq!(found.is_some(), is_reported, "{by:?}");
            let Some((key, event)) = found else { continue };
            let testimony = event.testimony.unwrap();
            assert_eq!(
                (testimony.killer, key.is_some()),
                (Some(Killer::OomGuard), true)
            );
            assert_eq!(testimony.event.unwrap().uid.as_deref(), Some("a"));
            assert_eq!(event.victim.unwrap().pid, 7);
        }
    }

    #[test]
    fn the_node_is_the_sources_or_the_object() {
        let mut event = value(
            "SystemOOM",
            "Node",
            Some("kubelet"),
            "System OOM encountered",
        );
        let host = |event: &Value| notice_of(event).unwrap().1.host;
        assert_eq!(host(&event), Some("n1".into()));
        event["reportingInstance"] = json!("n2");
        assert_eq!(host(&event), Some("n2".into()));
        event["source"]["host"] = json!("n3");
        assert_eq!(host(&event), Some("n3".into()));
        // A pod is not a node, and only the kubelet's instance is named after it.
        let mut event = value("PodOOMKilling", "Pod", Some("x"), KILLED);
        event["reportingInstance"] = json!("n2");
        assert_eq!(host(&event), None);
    }

    #[test]
    fn counts_times_and_places_of_an_event() {
        for (count, found) in [
            (json!(0), None),
            (json!(1), Some(1)),
            (json!(-1), None),
            (json!("3"), Some(3)),
            (json!("x"), None),
        ] {
            assert_eq!(super::count(&json!({ "count": count })), found, "{count}");
        }
        let series = json!({"count": 2, "series": {"count": 5, "lastObservedTime": "2025-06-01T10:00:05Z"}, "eventTime": "2025-06-01T10:00:01Z"});
        assert_eq!(
            (super::count(&series), time_of(&series).unwrap().second),
            (Some(5), 5)
        );
        assert_eq!(
            time_of(&json!({"firstTimestamp": "2025-06-01T10:00:07Z"}))
                .unwrap()
                .second,
            7
        );
        assert_eq!(
            time_of(&json!({"firstTimestamp": "2025-06-01T10:00:07Zx"})),
            None
        );
        assert_eq!(field_path("spec.containers{app}"), Some("app"));
        assert_eq!(
            (field_path("spec.containers{app"), field_path("app}")),
            (None, None)
        );
        for (event, is_one) in [
            (json!({"involvedObject": {}, "reason": "a"}), true),
            (json!({"regarding": {}, "reason": "a"}), true),
            (json!({"involvedObject": {}}), false),
            (json!({"reason": "a"}), false),
            (json!({"involvedObject": 1, "reason": "a"}), false),
        ] {
            assert_eq!(is_event(&event), is_one, "{event}");
        }
    }

    #[test]
    fn a_victim_has_a_number_and_perhaps_a_name() {
        for (comm, pid, found) in [
            ("a", "1", Some((1, true))),
            ("a", "0", None),
            ("abcdefghijklmno", "7", Some((7, true))),
            ("abcdefghijklmnop", "7", Some((7, false))),
        ] {
            let text = alloc::format!("System OOM encountered, victim process: {comm}, pid: {pid}");
            let victim = victim(text.as_bytes()).flatten();
            assert_eq!(
                victim.map(|it| (it.pid, it.comm.is_some())),
                found,
                "{text}"
            );
        }
    }

    /// One that is listed again is none; one of a stream waits for a repeat with a higher count.
    #[test]
    fn an_event_is_reported_once() {
        let roots = crate::cgroup::CgroupRoots::default();
        let ctx = Context {
            accept: crate::Accept::ANY.and_all_daemons(),
            origin: crate::Origin::Unknown,
            host: None,
            roots: &roots,
        };
        let event = |uid: Option<&str>, count: u64| {
            let mut event = value(
                "SystemOOM",
                "Node",
                Some("kubelet"),
                "System OOM encountered",
            );
            event["metadata"]["uid"] = json!(uid);
            event["count"] = json!(count);
            event
        };
        let (mut repeats, mut out) = (Repeats::default(), VecDeque::new());
        for (uid, all) in [
            (Some("a"), 1),
            (Some("a"), 1),
            (Some("b"), 2),
            (None, 3),
            (None, 4),
        ] {
            report(&event(uid, 1), None, ctx, &mut repeats, &mut out);
            assert_eq!(out.len(), all, "{uid:?}");
        }
        let (mut repeats, mut out) = (Repeats::default(), VecDeque::new());
        for (verb, count) in [("ADDED", 1), ("UPDATED", 3), ("UPDATED", 2)] {
            report(
                &event(Some("a"), count),
                Some(verb),
                ctx,
                &mut repeats,
                &mut out,
            );
            assert!(out.is_empty());
        }
        repeats.emit_waiting(&mut out);
        let one = out.pop_front().unwrap().testimony.unwrap();
        assert_eq!(one.count, Some(3));
        assert_eq!(one.event.unwrap().verb.as_deref(), Some("ADDED"));
        assert!(out.is_empty());
    }

    #[test]
    fn an_event_of_oom_guards() {
        let reason = "OomGuardKillProcess";
        for (object, found) in [
            (json!({"involvedObject": {}, "reason": reason}), true),
            (json!({"regarding": {}, "reason": reason}), true),
            (json!({"involvedObject": {}, "reason": "Killing"}), false),
            (json!({"reason": reason}), false),
        ] {
            assert_eq!(is_oom_guards(&object), found, "{object}");
        }
    }
}
