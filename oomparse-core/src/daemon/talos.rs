//! The OOM controller of Talos Linux (1.12 and later): kills a cgroup, usually a whole pod.
//!
//! ```text
//! user: warning: [2026-01-12T20:27:31.912975631Z]: [talos] OOM controller triggered {"component": "controller-runtime", "controller": "runtime.OOMController"}
//! user: warning: [2026-01-12T20:27:31.913975631Z]: [talos] Sending SIGKILL to cgroup {"component": "controller-runtime", "controller": "runtime.OOMController", "cgroup": "/sys/fs/cgroup/kubepods/burstable/pod8d2f976c-ad2c-4c48-a087-c88dcc18efb8"}
//! user: warning: [2026-01-12T20:27:31.915094631Z]: [talos] victim processes: {"component": "controller-runtime", "controller": "runtime.OOMController", "processes": [48211, 48290]}
//! ```
//!
//! machined's own stream (`talosctl logs machined`) has the same as objects, `{"msg":"Sending SIGKILL to cgroup",…}`. It
//! is read if the caller names the log's author.
//!
//! The list of processes may be empty: then nobody died. So the kill waits for the list, and then for an error
//! (`failed to send SIGKILL`). In a real dump the list came before the kill.

use super::{Patience, Reader, Statement};
use crate::event::{EventType, KilledProcess, Killer, OomEvent, Outcome, ReportedAt, Stage};
use crate::limits::MAX_DAEMON_VICTIMS;
use crate::source::Daemon;
use crate::stamp::Stamp;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// Reads the controller's lines.
#[derive(Debug, Default)]
pub(super) struct Talos {
    waiting: Option<Box<(OomEvent, Patience)>>,
    /// A list that came before its kill, and when it was printed.
    list: Option<(Vec<KilledProcess>, Stamp)>,
}

impl Reader for Talos {
    const OF: &'static [Daemon] = &[Daemon::Talos];
    const WORDS: &'static [&'static str] = &["OOMController"];
    const IN_KMSG: bool = true;

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        let text = match said.text.strip_prefix(b"[talos] ") {
            Some(text) => text,
            None if said.is_in_kmsg() => return,
            None => said.text,
        };
        let Some((message, fields)) = zap(text) else {
            return;
        };
        match &*message {
            "Sending SIGKILL to cgroup" => self.begin(said, &fields, out),
            "victim processes:" => {
                let Some(list) = processes(&fields) else {
                    return;
                };
                match self.waiting.take() {
                    Some(waiting) => self.killed(waiting.0, list, said),
                    None => self.list = Some((list, Stamp::of(said.frame, 0, 0))),
                }
            }
            "failed to send SIGKILL" | "cannot reap cgroup" => {
                if let Some(mut waiting) = self.waiting.take() {
                    waiting.0.testimony_mut().outcome = Some(Outcome::Failed);
                    waiting.0.testimony_mut().stage = Some(Stage::Marked);
                    out.push_back(waiting.0);
                }
            }
            // The signal was sent anyway.
            "failed to open pidfd" => {}
            _ => self.emit_waiting(out),
        }
    }

    fn emit_ready(&mut self, out: &mut VecDeque<OomEvent>) {
        let is_ready = |event: &mut OomEvent| event.testimony_mut().process_count.is_some();
        if self
            .waiting
            .as_mut()
            .is_some_and(|waiting| is_ready(&mut waiting.0))
        {
            self.emit_waiting(out);
        }
    }

    fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        out.extend(self.waiting.take().map(|waiting| waiting.0));
        self.list = None;
    }

    fn patience(&mut self) -> Option<&mut Patience> {
        self.waiting.as_mut().map(|waiting| &mut waiting.1)
    }

    fn weight(&self) -> usize {
        let waiting = self.waiting.as_ref().map_or(0, |it| it.0.texts_weight());
        let list = self.list.as_ref().map_or(0, |(list, _)| list.capacity());
        list.saturating_mul(core::mem::size_of::<KilledProcess>())
            .saturating_add(waiting)
    }
}

impl Talos {
    fn begin(
        &mut self,
        said: &Statement<'_>,
        fields: &Map<String, Value>,
        out: &mut VecDeque<OomEvent>,
    ) {
        let list = self.list.take();
        self.emit_waiting(out);
        let path = fields.get("cgroup").and_then(Value::as_str);
        let Some(path) = path.filter(|path| path.starts_with('/')) else {
            return;
        };
        let mut event = said.event(EventType::UserspaceKill);
        said.set_cgroup(&mut event, super::text::below_mount(path.as_bytes()));
        let testimony = event.testimony_mut();
        testimony.killer = Some(Killer::Talos);
        testimony.stage = Some(Stage::Sent);
        testimony.signal = Some("SIGKILL");
        // A list before the kill belongs to it if it was printed later.
        let now = Stamp::of(said.frame, 0, 0);
        match list.filter(|(_, printed)| printed.since(&now).is_some_and(|gap| gap >= 0)) {
            Some((list, _)) => self.killed(event, list, said),
            None => self.waiting = Some(Box::new((event, Patience::from(said)))),
        }
    }

    /// A kill whose processes are known waits for the error that may follow; without processes there is no kill.
    fn killed(&mut self, mut event: OomEvent, list: Vec<KilledProcess>, said: &Statement<'_>) {
        if list.is_empty() {
            return;
        }
        let testimony = event.testimony_mut();
        testimony.process_count = u64::try_from(list.len()).ok();
        testimony.victims = list;
        testimony.words = Some("victim processes:");
        event.reported_at = ReportedAt::line(said.at);
        self.waiting = Some(Box::new((event, Patience::from(said))));
    }
}

/// A zap line: the message, and the controller's fields after it; in machined's own stream all in one object.
fn zap(text: &[u8]) -> Option<(Cow<'_, str>, Map<String, Value>)> {
    let text = core::str::from_utf8(text).ok()?;
    let (message, mut fields) = match text.split_once(" {").filter(|_| !text.starts_with('{')) {
        Some((message, rest)) => {
            let fields = text.get(text.len().checked_sub(rest.len().checked_add(1)?)?..)?;
            (
                Some(Cow::Borrowed(message)),
                serde_json::from_str(fields).ok()?,
            )
        }
        None => (None, serde_json::from_str::<Map<String, Value>>(text).ok()?),
    };
    let message = match message {
        Some(message) => message,
        None => Cow::Owned(fields.remove("msg")?.as_str()?.into()),
    };
    let controller = fields.get("controller").and_then(Value::as_str)?;
    (controller == "runtime.OOMController").then_some((message, fields))
}

fn processes(fields: &Map<String, Value>) -> Option<Vec<KilledProcess>> {
    let list = fields.get("processes")?.as_array()?;
    let pids = list.iter().take(MAX_DAEMON_VICTIMS);
    pids.map(|pid| {
        let pid = u32::try_from(pid.as_u64()?).ok()?;
        Some(KilledProcess { pid, comm: None })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Accept, Options, Origin, Parser};
    use alloc::format;

    const OURS: &str =
        "\"component\": \"controller-runtime\", \"controller\": \"runtime.OOMController\"";

    fn kill() -> String {
        format!("[talos] Sending SIGKILL to cgroup {{{OURS}, \"cgroup\": \"/sys/fs/cgroup/a\"}}")
    }

    fn list(pids: &str) -> String {
        format!("[talos] victim processes: {{{OURS}, \"processes\": [{pids}]}}")
    }

    fn other(message: &str) -> String {
        format!("[talos] {message} {{{OURS}}}")
    }

    /// The events of records of the buffer, each with its time in microseconds.
    fn events(log: &[(u64, String)]) -> Vec<OomEvent> {
        let options = Options {
            accept: Accept::ANY.and(Daemon::Talos),
            ..Options::default()
        };
        let mut parser = Parser::with_options(options);
        for (at, text) in log {
            parser.push_line(format!("12,1,{at},-;{text}").as_bytes());
        }
        parser.finish();
        parser.events().collect()
    }

    #[test]
    fn a_kill_and_its_processes() {
        let found = events(&[(1, kill()), (2, list("7, 8"))]);
        let testimony = found[0].testimony.as_ref().unwrap();
        let pids: Vec<_> = testimony.victims.iter().map(|it| it.pid).collect();
        assert_eq!(
            (pids, testimony.process_count, found[0].origin),
            (Vec::from([7, 8]), Some(2), Origin::User)
        );
        assert_eq!(
            (testimony.killer, testimony.stage, testimony.signal),
            (Some(Killer::Talos), Some(Stage::Sent), Some("SIGKILL"))
        );
        assert_eq!(
            found[0].cgroup.as_ref().unwrap().task_memcg,
            Some("/a".into())
        );
        assert_eq!(found.len(), 1);
        // Nobody was there, and nobody knows who was.
        assert!(events(&[(1, kill()), (2, list(""))]).is_empty());
        assert_eq!(events(&[(1, kill()), (2, list("\"x\""))]).len(), 1);
        assert_eq!(events(&[(1, kill())]).len(), 1);
        assert_eq!(events(&[(1, kill()), (2, kill())]).len(), 2);
        // Another message begins something new.
        let found = events(&[
            (1, kill()),
            (2, other("OOM controller triggered")),
            (3, list("7")),
        ]);
        assert!(found.len() == 1 && found[0].testimony.as_ref().unwrap().victims.is_empty());
    }

    #[test]
    fn a_list_in_front_of_its_kill_was_printed_later() {
        for (at, count) in [(4, 1), (5, 1), (3, 0)] {
            let found = events(&[(at, list("7")), (4, kill())]);
            let victims = found[0].testimony.as_ref().unwrap().victims.len();
            assert_eq!((found.len(), victims), (1, count), "{at}");
        }
        assert!(events(&[(5, list("")), (4, kill())]).is_empty());
        let found = events(&[
            (5, list("7")),
            (6, other("OOM controller triggered")),
            (4, kill()),
        ]);
        assert!(found[0].testimony.as_ref().unwrap().victims.is_empty());
    }

    #[test]
    fn errors_after_a_kill() {
        for (error, outcome) in [
            ("failed to send SIGKILL", Some(Outcome::Failed)),
            ("cannot reap cgroup", Some(Outcome::Failed)),
            ("failed to open pidfd", None),
        ] {
            for front in [&[(1, kill())][..], &[(1, kill()), (2, list("7"))]] {
                let found = events(&[front, &[(3, other(error))]].concat());
                let testimony = found[0].testimony.as_ref().unwrap();
                let stage = if outcome.is_some() {
                    Stage::Marked
                } else {
                    Stage::Sent
                };
                assert_eq!(
                    (testimony.outcome, testimony.stage),
                    (outcome, Some(stage)),
                    "{error}"
                );
            }
        }
        let late = events(&[
            (1, kill()),
            (2, other("failed to open pidfd")),
            (3, list("7")),
        ]);
        assert_eq!(late[0].testimony.as_ref().unwrap().victims.len(), 1);
    }

    #[test]
    fn what_is_not_the_controllers() {
        for text in [
            kill().replace("runtime.OOMController", "runtime.Other"),
            kill().replace("[talos] ", ""),
            kill().replace("/sys", "sys"),
            kill().replace("\"cgroup\"", "\"other\""),
            "[talos] Sending SIGKILL to cgroup {".into(),
        ] {
            assert!(events(&[(1, text.clone())]).is_empty(), "{text}");
        }
    }
}
