//! node-problem-detector: what it reads in the kernel's log.
//!
//! | versions | message |
//! |---|---|
//! | to 0.8.4 | `Kill process 9811 (java) score 1974 or sacrifice child`, a line end, `Killed process 9811 (java) total-vm:…` |
//! | 0.8.5 and later | `Memory cgroup out of memory: Killed process 183960 (stress-ng-vm) total-vm:…` |
//! | Aliyun's, besides | `pod was OOM killed. node:N pod:P namespace:NS uuid:UID`, reason `PodOOMKilling` |
//!
//! ```text
//! node-problem-detector-startup.sh[3240]: I1012 19:00:20.884452    3240 log_monitor.go:160] New status generated: &{Source:kernel-monitor Events:[{Severity:warn Timestamp:2023-10-12 19:00:20.43504385 +0000 UTC m=+8477.4 Reason:OOMKilling Message:Memory cgroup out of memory: Killed process 183960 (stress-ng-vm) total-vm:299192kB, …}] Conditions:[…]}
//! ```
//!
//! It does not check the facility, so a root process may make it report anything; and it computes its time from
//! the kernel's clock and the boot time. A message ends where the kernel's line is complete: a name in it may
//! imitate the end.

use super::envelope::Envelope;
use super::go::klog_text;
use super::oom_watcher::go_time;
use super::text::split_once;
use super::{Patience, Reader, Statement};
use crate::event::{EventType, Killer, KubernetesEvent, OomEvent, Pod, Reporter, Victim};
use crate::limits::MAX_JOINED_LEN;
use crate::line::{Line, parse_line};
use crate::report::killed_victim;
use crate::source::Daemon;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Reads its status lines; each event in one is a separate event.
#[derive(Debug, Default)]
pub(super) struct NodeProblemDetector {
    /// A line whose message contains a line end.
    begun: Option<(Vec<u8>, Patience)>,
}

const STATUS: &[u8] = b"New status generated";

impl Reader for NodeProblemDetector {
    const OF: &'static [Daemon] = &[Daemon::NodeProblemDetector];
    const WORDS: &'static [&'static str] = &["Reason:OOMKilling", "Reason:PodOOMKilling"];
    const ENVELOPES: &'static [Envelope] = &[Envelope::Klog];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        let (_, text) = klog_text(said.text);
        let is_new = text.starts_with(STATUS);
        let whole;
        let text = match self.begun.take() {
            Some((mut begun, _)) if !is_new => {
                begun.push(b'\n');
                begun.extend_from_slice(said.text);
                whole = begun;
                &whole
            }
            _ if is_new => text,
            _ => return,
        };
        if text.len() > MAX_JOINED_LEN {
            return;
        }
        // The source and its conditions are printed last.
        if !text.ends_with(b"]}") && is_new {
            self.begun = Some((text.to_vec(), Patience::from(said)));
            return;
        }
        status(said, text, out);
    }

    fn emit_waiting(&mut self, _out: &mut VecDeque<OomEvent>) {
        self.begun = None;
    }

    fn patience(&mut self) -> Option<&mut Patience> {
        self.begun.as_mut().map(|(_, patience)| patience)
    }

    fn goes_on(&self) -> bool {
        self.begun.is_some()
    }

    fn weight(&self) -> usize {
        self.begun.as_ref().map_or(0, |(begun, _)| begun.len())
    }
}

/// The events of a status.
fn status(said: &Statement<'_>, text: &[u8], out: &mut VecDeque<OomEvent>) -> Option<()> {
    let (_, rest) = split_once(text, b"&{Source:")?;
    let (source, rest) = split_once(rest, b" Events:[")?;
    let source = core::str::from_utf8(source).ok()?;
    let mut rest = rest;
    while let Some((_, tail)) = split_once(rest, b"{Severity:") {
        rest = tail;
        let Some((_, tail)) = split_once(rest, b" Timestamp:") else {
            break;
        };
        let Some((time, tail)) = go_time(tail) else {
            continue;
        };
        let Some((reason, tail)) = tail
            .strip_prefix(b" Reason:")
            .and_then(|tail| split_once(tail, b" Message:"))
        else {
            continue;
        };
        let Some((reason, quoted, after)) = message(reason, tail) else {
            continue;
        };
        rest = after;
        let mut event = said.event_at(EventType::Notice, Some(time));
        quoted.put_into(&mut event);
        let testimony = event.testimony_mut();
        testimony.reporter = Some(Reporter::NodeProblemDetector);
        testimony.killer = Some(Killer::Kernel);
        testimony.words = Some(reason);
        testimony.event = Some(KubernetesEvent {
            reason: Some(reason.into()),
            component: super::names::word(source),
            ..KubernetesEvent::default()
        });
        out.push_back(event);
    }
    Some(())
}

/// The message after a reason, up to the first position at which it is complete.
fn message<'t>(reason: &[u8], text: &'t [u8]) -> Option<(&'static str, Quoted, &'t [u8])> {
    let reason = match reason {
        b"OOMKilling" => "OOMKilling",
        b"PodOOMKilling" => "PodOOMKilling",
        _ => return None,
    };
    memchr::memchr_iter(b'}', text).find_map(|at| {
        let (message, rest) = text.split_at_checked(at)?;
        let is_end = rest.starts_with(b"}]") || rest.starts_with(b"} {Severity:");
        let quoted = is_end.then(|| Quoted::read(message))??;
        Some((reason, quoted, rest))
    })
}

/// The contents of one of its messages: the kernel's victim, or a pod.
#[derive(Debug)]
pub(super) enum Quoted {
    Victim(Victim),
    Pod(Pod),
}

impl Quoted {
    /// Reads the text of an event, if it is one complete kernel line that names a victim, or Aliyun's text.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        // `(combined from similar events): ` precedes the last of many events.
        let message = message
            .strip_prefix(b"(combined from similar events): ")
            .unwrap_or(message);
        if let Some(rest) = message.strip_prefix(b"pod was OOM killed. node:") {
            return pod(rest).map(Self::Pod);
        }
        let line = message.trim_ascii_end();
        let (first, line) = match split_once(line, b"\n") {
            Some((first, line)) => (Some(first), line),
            None => (None, line),
        };
        let parsed = parse_line(line);
        let Line::Killed(killed) = parsed else {
            return None;
        };
        if !parsed.completeness(line).is_whole() {
            return None;
        }
        let mut victim = killed_victim(&killed);
        if let Some(first) = first {
            // The rule cut off the kernel's first words.
            let first = [b"Out of memory: ", first].concat();
            let Line::Selected(selected) = parse_line(&first) else {
                return None;
            };
            if selected.pid == victim.pid {
                victim.oom_score = selected.oom_score;
            }
        }
        Some(Self::Victim(victim))
    }

    pub(super) fn put_into(self, event: &mut OomEvent) {
        match self {
            Self::Victim(victim) => event.victim = Some(victim),
            Self::Pod(pod) => event.pod = Some(pod),
        }
    }
}

/// `N pod:P namespace:NS uuid:UID`
fn pod(text: &[u8]) -> Option<Pod> {
    let (node, rest) = split_once(text, b" pod:")?;
    let (name, rest) = split_once(rest, b" namespace:")?;
    let (namespace, uid) = split_once(rest, b" uuid:")?;
    Some(Pod {
        uid: Some(super::names::uid(uid.trim_ascii())?),
        namespace: super::names::name(namespace),
        name: super::names::name(name),
        node: super::names::name(node),
        ..Pod::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILLED: &str = "Memory cgroup out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";

    #[test]
    fn messages_end_where_the_line_is_whole() {
        for comm in ["a", "}] Conditions:[", "} {Severity:w", "}]"] {
            let line = KILLED.replace("(a)", &alloc::format!("({comm})"));
            let text = alloc::format!("{line}}}] Conditions:[{{Type:x}}]}}");
            let (_, quoted, rest) = message(b"OOMKilling", text.as_bytes()).unwrap();
            let Quoted::Victim(victim) = quoted else {
                panic!("no victim")
            };
            assert_eq!(victim.comm.unwrap().as_bytes(), comm.as_bytes());
            assert!(rest.starts_with(b"}] Conditions:"), "{comm}");
        }
        assert!(message(b"TaskHung", KILLED.as_bytes()).is_none());
        assert!(message(b"OOMKilling", b"task a blocked}]").is_none());
    }

    #[test]
    fn two_lines_and_aliyuns_pod() {
        let two = alloc::format!("Kill process 7 (a) score 9 or sacrifice child\n{KILLED}");
        let Some(Quoted::Victim(victim)) = Quoted::read(two.as_bytes()) else {
            panic!("no victim")
        };
        assert_eq!((victim.pid, victim.oom_score), (7, Some(9)));
        let pod = Quoted::read(b"pod was OOM killed. node:n1 pod:web-0 namespace:shop uuid:6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9");
        assert!(matches!(pod, Some(Quoted::Pod(pod)) if pod.name.as_deref() == Some("web-0")));
        assert!(
            Quoted::read(b"pod was OOM killed. node:n1 pod:web-0 namespace:shop uuid:x").is_none()
        );
        assert!(Quoted::read(b"x\nKilled process 7 (a)").is_none());
    }

    #[test]
    fn a_status_begins_a_line_and_ends_the_one_before_it() {
        let head = "I1012 19:00:20.884452    3240 log_monitor.go:160]";
        let status = |pid: u32| {
            let message = KILLED.replace("process 7", &alloc::format!("process {pid}"));
            alloc::format!(
                "New status generated: &{{Source:kernel-monitor Events:[{{Severity:warn Timestamp:2023-10-12 \
                 19:00:20.4 +0000 UTC Reason:OOMKilling Message:{message}}}] Conditions:[]}}"
            )
        };
        let cut = status(8).replace("] Conditions:[]}", "");
        for (lines, pids) in [
            (&[alloc::format!("{head} {}", status(7))][..], &[7][..]),
            (&[alloc::format!("{head} It said: {}", status(7))], &[]),
            (
                &[
                    alloc::format!("{head} {cut}"),
                    alloc::format!("{head} {}", status(7)),
                ],
                &[7],
            ),
        ] {
            let mut options = crate::Options::default();
            options.accept = options.accept.and(Daemon::NodeProblemDetector);
            let mut parser = crate::Parser::with_options(options);
            for line in lines {
                parser.push_line(line.as_bytes());
            }
            parser.finish();
            let found: Vec<u32> = parser
                .events()
                .filter_map(|event| event.victim)
                .map(|victim| victim.pid)
                .collect();
            assert_eq!(found, pids, "{lines:?}");
        }
    }
}
