//! What Kubernetes, `crictl` and `docker events` print themselves: recognised by content, in lines without a
//! frame.
//!
//! | format | file |
//! |---|---|
//! | Events, core/v1 and events.k8s.io/v1: one, a list, a watch's stream, eventrouter's and kube-eventer's records | `event.rs` |
//! | kube-eventer's log | `eventer.rs` |
//! | pods, their lists, a container's status; `crictl inspect` | `status.rs` |
//! | all of them as JSON, on one line or on many | `json.rs`, `object.rs` |
//! | the same as YAML | `yaml.rs` |
//! | `kubectl get events`, the Events below `kubectl describe` | `table.rs` |
//! | `kubectl describe pod` | `describe.rs` |
//! | `docker events`, as text and as JSON | `docker.rs` |
//! | `docker inspect`, `podman inspect` | `inspect.rs` |
//!
//! ```text
//! {"verb":"ADDED","event":{"metadata":{"uid":"0c2b…"},"involvedObject":{"kind":"Node","name":"n1"},"reason":"SystemOOM",…}}
//! 2m   Warning   OOMKilling   node/n1   Memory cgroup out of memory: Killed process 11 (php) …
//! 2019-05-04T18:05:45.011072877-05:00 container oom e350… (io.kubernetes.pod.name=web-0, …, name=k8s_app_web-0_shop_7313…_0)
//! ```
//!
//! Whoever may write Events may forge one, and a listing does not show the author: the origin is `unknown`, or
//! `claimed` if the caller names the log's author. Events that this program itself wrote are ignored.

mod describe;
mod docker;
mod event;
mod eventer;
mod inspect;
mod json;
mod object;
mod repeats;
mod status;
mod table;
mod yaml;

use super::text::rfc3339;
use crate::bytes::{Text, hex};
use crate::cgroup::CgroupRoots;
use crate::event::{EventType, Killer, OomEvent, Reporter};
use crate::frame::{Frame, FrameKind};
use crate::hash::stable_hash;
use crate::source::{Accept, Daemon, Origin};
use crate::time::WallTime;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use repeats::Repeats;
use serde_json::Value;

/// The context of a reader.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) accept: Accept,
    pub(super) origin: Origin,
    pub(super) host: Option<&'a [u8]>,
    pub(super) roots: &'a CgroupRoots,
}

/// What became of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It has none of these formats.
    NotTaken,
    /// It was read, or is part of an open object.
    Taken,
    /// These lines have none of these formats after all, and the current one was not read.
    Again(Vec<u8>),
    /// The same, but the current one was read.
    AgainTaken(Vec<u8>),
}

/// Reads such lines.
#[derive(Debug, Default)]
pub(super) struct Documents {
    json: Option<Box<json::Json>>,
    yaml: Option<Box<yaml::Yaml>>,
    described: Option<Box<describe::Described>>,
    repeats: Repeats,
}

/// A line that matters contains one of these words.
pub(super) const WORDS: &[&str] = &[
    "OOMKill",
    "SystemOOM",
    "OOM-killed",
    "OOM: the memory",
    "Evicted",
    "\"apiVersion\": \"",
    "apiVersion: ",
    "\"status\": {",
    "\"Id\": \"",
    "Name:  ",
    "container oom ",
    "oom\"",
    ") oom",
];

/// Whether a text contains a word of an Event or a status.
pub(super) fn has_word(text: &[u8]) -> bool {
    const TOLD: [&[u8]; 7] = [
        b"OOM",
        b"Evicted",
        b"OomGuardKill",
        b"\"oom\"",
        b"container oom ",
        b") oom",
        b"oom-kill",
    ];
    TOLD.iter()
        .any(|word| memchr::memmem::find(text, word).is_some())
}

impl Documents {
    /// Whether the next lines matter, whatever they contain.
    pub(super) fn is_waiting(&self) -> bool {
        self.json.is_some()
            || self.yaml.is_some()
            || self.described.is_some()
            || self.repeats.is_waiting()
    }

    pub(super) fn weight(&self) -> usize {
        let open = self.json.as_ref().map_or(0, |it| it.weight());
        let open = open.saturating_add(self.yaml.as_ref().map_or(0, |it| it.weight()));
        open.saturating_add(self.repeats.weight())
    }

    /// Takes a line that is not part of a carrier's structure.
    pub(super) fn line(
        &mut self,
        line: &[u8],
        ctx: Context<'_>,
        out: &mut VecDeque<OomEvent>,
    ) -> Step {
        self.repeats.pass(out);
        if let Some(json) = &mut self.json {
            let mut items = Vec::new();
            let is_open = json.line(line, &mut items);
            let again = self.take_items(&items, ctx, out);
            return match is_open {
                json::Next::More => Self::taken(again),
                json::Next::End => {
                    self.json = None;
                    Self::taken(again)
                }
                json::Next::Foreign => {
                    let rest = self.json.take().map(|it| it.into_text());
                    Step::Again([again, rest.unwrap_or_default()].concat())
                }
            };
        }
        if let Some(yaml) = &mut self.yaml {
            let (is_mine, item) = yaml.line(line);
            let again = item.map(|item| self.take_yaml(&item, ctx, out));
            let again = again.unwrap_or_default();
            if is_mine {
                return Self::taken(again);
            }
            self.yaml = None;
            return Step::Again(again);
        }
        self.begin(line, ctx, out)
    }

    fn taken(again: Vec<u8>) -> Step {
        if again.is_empty() {
            Step::Taken
        } else {
            Step::AgainTaken(again)
        }
    }

    /// Takes a line while no object over several lines is open, except a description.
    fn begin(&mut self, line: &[u8], ctx: Context<'_>, out: &mut VecDeque<OomEvent>) -> Step {
        let has_kubernetes = ctx.accept.has_daemon(Daemon::Kubernetes);
        const PRINTERS: [Daemon; 4] = [
            Daemon::Kubernetes,
            Daemon::Crictl,
            Daemon::Dockerd,
            Daemon::Podman,
        ];
        let has_objects = PRINTERS.iter().any(|it| ctx.accept.has_daemon(*it));
        if let Some(object) = object::on_line(line)
            && has_word(object)
        {
            let value = serde_json::from_slice::<Value>(object).ok();
            let (repeats, mut again) = (&mut self.repeats, Vec::new());
            let is_read = value.is_some_and(|it| object::read(&it, ctx, repeats, out, &mut again));
            return if is_read {
                Self::taken(again)
            } else {
                Step::NotTaken
            };
        }
        if ctx.accept.has_daemon(Daemon::Dockerd)
            && let Some((key, event)) = docker::line(line, ctx)
        {
            self.repeats.count(key, event, out);
            return Step::Taken;
        }
        if has_objects && let Some(json) = json::opens(line) {
            self.json = Some(Box::new(json));
            return Step::Taken;
        }
        if has_kubernetes && let Some(yaml) = yaml::opens(line) {
            self.yaml = Some(Box::new(yaml));
            return Step::Taken;
        }
        if !has_kubernetes {
            return Step::NotTaken;
        }
        if line.starts_with(b"&Event{")
            && let Some(value) = eventer::event(line)
        {
            event::report(&value, None, ctx, &mut self.repeats, out);
            return Step::Taken;
        }
        if let Some(row) = table::row(line, self.described.as_deref()) {
            let event = event::notice(&row, None, ctx);
            out.extend(event.map(|(_, event)| event));
            return Step::Taken;
        }
        self.describe(line, ctx, out);
        Step::NotTaken
    }

    /// Follows a description, whose lines are also read by others.
    fn describe(&mut self, line: &[u8], ctx: Context<'_>, out: &mut VecDeque<OomEvent>) {
        if let Some(mut described) = self.described.take() {
            let goes_on = described.line(line);
            if let Some(pod) = described.pod() {
                status::pod(&pod, ctx, &mut self.repeats, out);
            }
            if goes_on {
                self.described = Some(described);
            }
        }
        if let Some(described) = describe::opens(line) {
            self.described = Some(Box::new(described));
        }
    }

    /// Reads the objects that ended; returns the text of those of another kind.
    fn take_items(
        &mut self,
        items: &[Vec<u8>],
        ctx: Context<'_>,
        out: &mut VecDeque<OomEvent>,
    ) -> Vec<u8> {
        let mut again = Vec::new();
        for item in items.iter().filter(|item| has_word(item)) {
            let value = serde_json::from_slice::<Value>(item);
            let repeats = &mut self.repeats;
            let is_read = value.is_ok_and(|it| object::read(&it, ctx, repeats, out, &mut again));
            if !is_read {
                again.extend_from_slice(item);
            }
        }
        again
    }

    /// The same for one in YAML.
    fn take_yaml(
        &mut self,
        item: &[u8],
        ctx: Context<'_>,
        out: &mut VecDeque<OomEvent>,
    ) -> Vec<u8> {
        let (repeats, mut again) = (&mut self.repeats, Vec::new());
        let is_read = !has_word(item)
            || yaml::read(item).is_some_and(|it| object::read(&it, ctx, repeats, out, &mut again));
        if is_read { again } else { item.to_vec() }
    }

    /// No more lines come, or none for a while: emits waiting events, and returns the text of incomplete objects.
    pub(super) fn finish(&mut self, ctx: Context<'_>, out: &mut VecDeque<OomEvent>) -> Vec<u8> {
        let mut again = self
            .json
            .take()
            .map(|it| it.into_text())
            .unwrap_or_default();
        if let Some(item) = self.yaml.take().and_then(|it| it.into_item()) {
            again.extend(self.take_yaml(&item, ctx, out));
        }
        if let Some(mut described) = self.described.take() {
            described.end();
            if let Some(pod) = described.pod() {
                status::pod(&pod, ctx, &mut self.repeats, out);
            }
        }
        self.repeats.emit_waiting(out);
        again
    }

    /// Emits events that wait for a further line.
    pub(super) fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        self.repeats.emit_waiting(out);
    }

    /// Reads one object that a known daemon printed.
    pub(super) fn object(&mut self, text: &[u8], ctx: Context<'_>, out: &mut VecDeque<OomEvent>) {
        if let Some(object) = object::on_line(text)
            && let Ok(value) = serde_json::from_slice::<Value>(object)
        {
            // It is a daemon's own text: it is not searched for the kernel's words.
            object::read(&value, ctx, &mut self.repeats, out, &mut Vec::new());
        }
    }
}

/// A notice from one of these formats. Its id is made from the object's own identity.
fn begin(
    ctx: Context<'_>,
    reporter: Reporter,
    time: Option<WallTime>,
    host: Option<&str>,
    own: Option<&[u8]>,
) -> OomEvent {
    let mut event = OomEvent {
        event_type: EventType::Notice,
        id: own.map(|own| hex(&stable_hash(&[reporter.as_str().as_bytes(), own]).to_be_bytes())),
        origin: ctx.origin,
        time,
        host: host.map(Text::from).or_else(|| ctx.host.map(Text::from)),
        ..OomEvent::default()
    };
    let testimony = event.testimony_mut();
    testimony.reporter = Some(reporter);
    testimony.killer = Some(Killer::Kernel);
    event
}

/// The text at a path in an object, if it exists and is not empty.
fn text<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    let text = value.pointer(path)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// The number at a path; in YAML it is a text.
fn number(value: &Value, path: &str) -> Option<i64> {
    let found = value.pointer(path)?;
    found.as_i64().or_else(|| found.as_str()?.parse().ok())
}

/// A time at a path.
fn time(value: &Value, path: &str) -> Option<WallTime> {
    let (time, rest) = rfc3339(text(value, path)?.as_bytes())?;
    rest.is_empty().then_some(time)
}

/// A line as a frame, for readers that take one.
fn frame(text: &[u8], time: Option<WallTime>) -> Frame<'_> {
    Frame {
        kind: FrameKind::Record,
        wall: time,
        message: text.into(),
        ..Frame::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Parser};

    const YAML: &str = "apiVersion: v1\nkind: Event\nmetadata:\n  name: a\n  namespace: shop\n  uid: 0a5b6c7d-ab69-4572-8f1d-ee756f9f3589\n\
        involvedObject:\n  kind: Pod\n  name: web-0\n  namespace: shop\n  uid: 3962896b-ab69-4572-8f1d-ee756f9f3589\n\
        reason: Evicted\nmessage: 'The node was low on resource: memory. '\nsource:\n  component: kubelet\n";

    fn count(daemon: Daemon, log: &str) -> usize {
        let options = Options {
            accept: Accept::ANY.and(daemon),
            ..Options::default()
        };
        let mut parser = Parser::with_options(options);
        parser.push_chunk(log.as_bytes());
        parser.finish();
        parser.events().count()
    }

    #[test]
    fn what_waits_for_a_repeat_leaves_when_the_host_asks_for_it() {
        let options = Options {
            accept: Accept::ANY.and(Daemon::Kubernetes),
            ..Options::default()
        };
        let mut parser = Parser::with_options(options);
        parser.push_line(
            br#"{"verb":"ADDED","event":{"metadata":{"uid":"a"},"involvedObject":{"kind":"Node","name":"n1"},"reason":"SystemOOM","message":"System OOM encountered, victim process: a, pid: 7","source":{"component":"kubelet"}}}"#,
        );
        assert_eq!(parser.events().count(), 0);
        parser.give_all_waiting();
        assert_eq!(parser.events().count(), 1);
    }

    #[test]
    fn yaml_is_read_where_kubernetes_is_among_the_sources() {
        assert_eq!(count(Daemon::Kubernetes, YAML), 1);
        assert_eq!(count(Daemon::Dockerd, YAML), 0);
        let pulled = YAML.replace("Evicted", "Pulled");
        assert_eq!(count(Daemon::Kubernetes, &pulled), 0);
    }

    #[test]
    fn a_notice_is_known_by_its_reporter_and_its_object() {
        let roots = CgroupRoots::default();
        let ctx = Context {
            accept: Accept::ANY,
            origin: Origin::Claimed,
            host: Some(b"n1"),
            roots: &roots,
        };
        let of = |reporter, host, own| begin(ctx, reporter, None, host, own);
        let event = of(Reporter::KubernetesEvent, None, Some(&b"a"[..]));
        assert_eq!(event.host, Some(Text::from("n1")));
        assert_eq!(event.origin, Origin::Claimed);
        assert_eq!(event.testimony.unwrap().killer, Some(Killer::Kernel));
        let named = of(Reporter::KubernetesEvent, Some("n2"), Some(b"a"));
        assert_eq!((named.host, &named.id), (Some(Text::from("n2")), &event.id));
        assert!(event.id.is_some());
        assert_ne!(of(Reporter::Cri, None, Some(b"a")).id, event.id);
        assert_ne!(of(Reporter::KubernetesEvent, None, Some(b"b")).id, event.id);
        assert!(of(Reporter::KubernetesEvent, None, None).id.is_none());
    }

    #[test]
    fn an_open_object_is_weighed() {
        for (first, member) in [
            ("    \"apiVersion\": \"v1\",", "    \"a\": \"@\","),
            ("apiVersion: v1", "message: @"),
        ] {
            let options = Options {
                accept: Accept::ANY.and(Daemon::Kubernetes),
                ..Options::default()
            };
            let mut parser = Parser::with_options(options);
            parser.push_line(first.as_bytes());
            assert!(parser.wants_every_line(), "{first}");
            parser.push_line(member.replace('@', &"x".repeat(3000)).as_bytes());
            let held = parser.open_bytes();
            assert!((3000..10_000).contains(&held), "{first}: {held}");
        }
    }
}
