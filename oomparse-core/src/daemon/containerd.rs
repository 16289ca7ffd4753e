//! containerd: reports that processes of a container were killed, and which container never ran.
//!
//! | versions | text in logrus' `msg` |
//! |---|---|
//! | to 1.2 | `TaskOOM event &TaskOOM{ContainerID:ID,}` |
//! | 1.3 to 1.6 | `TaskOOM event &TaskOOM{ContainerID:ID,XXX_unrecognized:[],}` |
//! | 1.7 and later | `TaskOOM event container_id:"ID"` |
//! | the same | `TaskExit event &TaskExit{ContainerID:ID,ID:ID,Pid:N,ExitStatus:137,ExitedAt:…,}` |
//! | 1.7.24 to 2.1 | `received exit event container_id:"ID"  id:"ID"  pid:N  exit_status:137  exited_at:{seconds:N  nanos:N}` |
//! | 2.2 and later | `received container exit event …`, followed by the same |
//!
//! ```text
//! containerd[2388]: time="2023-10-12T19:00:20.879932879Z" level=info msg="TaskOOM event container_id:\"2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0\""
//! containerd[2032269]: time="2025-04-14T05:21:34.519809409+08:00" level=info msg="TaskOOM event &TaskOOM{ContainerID:37f59fd83804f865f7816b709f58e9d45db1c738e982dfa344199a362fdd6983,XXX_unrecognized:[],}"
//! {"level":"info","msg":"received container exit event container_id:\"c44d…\" id:\"c44d…\" pid:48110 exit_status:137 exited_at:{seconds:1790950446 nanos:812000000}","time":"2026-10-02T14:14:06.830000000Z"}
//! containerd[2388]: time="…" level=error msg="StartContainer for \"1f1e…\" failed" error="… container init was OOM-killed (memory limit too low?): unknown"
//! ```
//!
//! It counts the processes of the whole container, so a line need not mean the first process; the exit after it,
//! with the first process' id, shows whether it was that one. A process that was added by `exec` exits under its
//! own id. With cgroup v1 the line follows the kernel's notification that the limit was reached, and there may be
//! no kill. Several lines within a moment are one event with a count.

use super::birth::killed_at_birth;
use super::envelope::Envelope;
use super::go::{Logrus, container_id, logrus, quoted};
use super::held::Held;
use super::text::{number, pid, split_once};
use super::{Patience, Reader, Statement};
use crate::cgroup::Runtime;
use crate::event::{Container, EventType, Init, Killer, OomEvent, Pod, Reporter};
use crate::limits::MAX_JOINED_LEN;
use crate::source::Daemon;
use crate::time::WallTime;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

/// The notices that wait for the exit of their container's first process.
#[derive(Debug, Default)]
pub(super) struct Containerd {
    held: Held<String>,
}

impl Reader for Containerd {
    const OF: &'static [Daemon] = &[Daemon::Containerd];
    const WORDS: &'static [&'static str] = &["TaskOOM", "OOM-killed", "OOM: the memory"];
    const ENVELOPES: &'static [Envelope] = &[Envelope::Logrus, Envelope::LogrusJson];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        if said.text.len() > MAX_JOINED_LEN {
            return;
        }
        let Some(line) = logrus(said.text) else {
            return;
        };
        if let Some(id) = line.msg.strip_prefix(b"TaskOOM event ").and_then(oom_of) {
            return self.oom(said, &line, id, out);
        }
        if let Some((id, init)) = exit(&line.msg) {
            if let Some(one) = self.held.get(&id) {
                one.event.testimony_mut().init = Some(init);
                self.held.end(&id, out);
            }
            return;
        }
        out.extend(never_ran(said, &line));
    }

    fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        self.held.emit_waiting(out);
    }

    fn patience(&mut self) -> Option<&mut Patience> {
        self.held.patience()
    }

    fn weight(&self) -> usize {
        self.held.weight()
    }
}

impl Containerd {
    fn oom(
        &mut self,
        said: &Statement<'_>,
        line: &Logrus<'_>,
        id: String,
        out: &mut VecDeque<OomEvent>,
    ) {
        if let Some(one) = self.held.get(&id).filter(|one| one.is_now(said)) {
            return one.count();
        }
        let mut event = event(said, line.time);
        event.testimony_mut().words = Some("TaskOOM");
        event.container = Some(Container {
            id: Some(id.clone()),
            runtime: Some(Runtime::Containerd),
            ..Container::default()
        });
        self.held.hold(id, event, said, out);
    }
}

fn event(said: &Statement<'_>, time: Option<WallTime>) -> OomEvent {
    let mut event = said.event_at(EventType::Notice, time);
    let testimony = event.testimony_mut();
    testimony.reporter = Some(Reporter::Containerd);
    testimony.killer = Some(Killer::Kernel);
    event
}

/// The container of `&TaskOOM{ContainerID:ID,…}` or `container_id:"ID"`.
fn oom_of(text: &[u8]) -> Option<String> {
    let id = match text.strip_prefix(b"&TaskOOM{ContainerID:") {
        Some(rest) => {
            let (id, rest) = split_once(rest, b",")?;
            matches!(rest, b"}" | b"XXX_unrecognized:[],}").then_some(id)?
        }
        None => {
            let (id, rest) = text
                .strip_prefix(b"container_id:\"")?
                .split_at_checked(64)?;
            matches!(rest.trim_ascii_end(), b"\"").then_some(id)?
        }
    };
    Some(container_id(id)?.into())
}

/// The container whose first process ended, and how.
fn exit(msg: &[u8]) -> Option<(String, Init)> {
    if let Some(rest) = msg.strip_prefix(b"TaskExit event &TaskExit{ContainerID:") {
        let (container, rest) = split_once(rest, b",ID:")?;
        let (id, rest) = split_once(rest, b",Pid:")?;
        let (pid, rest) = pid(rest)?;
        let (status, rest) = number(rest.strip_prefix(b",ExitStatus:")?)?;
        let time = rest.strip_prefix(b",ExitedAt:")?;
        let time = super::text::rfc3339(time).map(|(time, _)| time);
        return of_first(
            container,
            id,
            Init {
                pid: Some(pid),
                exit_code: Some(i32::try_from(status).ok()?),
                time,
            },
        );
    }
    let starts = [
        &b"received container exit event "[..],
        b"received exit event ",
        b"TaskExit event in podsandbox handler ",
        b"TaskExit event ",
    ];
    let rest = starts.iter().find_map(|start| msg.strip_prefix(*start))?;
    let (mut container, mut id, mut init) = (Vec::new(), Vec::new(), Init::default());
    let mut rest = rest.trim_ascii();
    while !rest.is_empty() {
        let (key, tail) = split_once(rest, b":")?;
        rest = match key {
            b"container_id" | b"id" => {
                let (value, tail) = quoted(tail)?;
                let slot = if key == b"id" {
                    &mut id
                } else {
                    &mut container
                };
                *slot = value.into_owned();
                tail
            }
            b"pid" => {
                let (value, tail) = pid(tail)?;
                init.pid = Some(value);
                tail
            }
            b"exit_status" => {
                let (value, tail) = number(tail)?;
                init.exit_code = Some(i32::try_from(value).ok()?);
                tail
            }
            b"exited_at" => {
                init.time = instant(tail);
                &[]
            }
            _ => return None,
        }
        .trim_ascii_start();
    }
    // Zero is omitted in the text.
    init.exit_code = init.exit_code.or(Some(0));
    of_first(&container, &id, init)
}

/// An exit, if it is that of the container's first process.
fn of_first(container: &[u8], id: &[u8], init: Init) -> Option<(String, Init)> {
    (container == id).then(|| Some((container_id(container)?.into(), init)))?
}

/// `{seconds:1790950446 nanos:812000000}`
fn instant(text: &[u8]) -> Option<WallTime> {
    let (seconds, rest) = number(text.strip_prefix(b"{seconds:")?)?;
    let nanos = match rest.trim_ascii_start().strip_prefix(b"nanos:") {
        Some(rest) => number(rest)?.0,
        None => 0,
    };
    let micros = seconds.checked_mul(1_000_000)?.checked_add(nanos / 1000)?;
    WallTime::from_unix_micros(micros)
}

/// An event for a container whose init was killed before it ran.
fn never_ran(said: &Statement<'_>, line: &Logrus<'_>) -> Option<OomEvent> {
    let words = killed_at_birth(line.error.as_deref()?)?;
    let failed = line.msg.strip_suffix(b" failed, error");
    let failed = failed.or_else(|| line.msg.strip_suffix(b" failed"))?;
    let mut event = event(said, line.time);
    event.testimony_mut().words = Some(words);
    if let Some(rest) = failed.strip_prefix(b"StartContainer for ") {
        let (id, rest) = quoted(rest)?;
        event.container = Some(Container {
            id: Some(container_id(&id).filter(|_| rest.is_empty())?.into()),
            runtime: Some(Runtime::Containerd),
            ..Container::default()
        });
        return Some(event);
    }
    let rest = failed.strip_prefix(b"RunPodSandbox for &PodSandboxMetadata{Name:")?;
    let (name, rest) = split_once(rest, b",Uid:")?;
    let (uid, rest) = split_once(rest, b",Namespace:")?;
    let (namespace, _) = split_once(rest, b",Attempt:")?;
    event.pod = Some(Pod {
        uid: super::names::uid(uid),
        namespace: super::names::name(namespace),
        name: super::names::name(name),
        ..Pod::default()
    });
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";

    #[test]
    fn three_generations_of_ooms() {
        for form in [
            "&TaskOOM{ContainerID:ID,}",
            "&TaskOOM{ContainerID:ID,XXX_unrecognized:[],}",
            "container_id:\"ID\"",
        ] {
            let text = form
                .replace("ID", ID)
                .replace(&alloc::format!("Container{ID}"), "ContainerID");
            assert_eq!(oom_of(text.as_bytes()).as_deref(), Some(ID), "{text}");
        }
        for text in [
            "",
            "container_id:\"redis\"",
            "&TaskOOM{ContainerID:x,}",
            "container_id:\"",
        ] {
            assert!(oom_of(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn exits_of_first_processes() {
        for form in [
            "TaskExit event &TaskExit{ContainerID:@,ID:@,Pid:7,ExitStatus:137,ExitedAt:2023-10-12 19:00:20.9 +0000 UTC,XXX_unrecognized:[],}",
            "received exit event container_id:\"@\"  id:\"@\"  pid:7  exit_status:137  exited_at:{seconds:1748772419  nanos:990000000}",
            "received container exit event container_id:\"@\" id:\"@\" pid:7 exit_status:137 exited_at:{seconds:1748772419 nanos:990000000}",
        ] {
            let (id, init) = exit(form.replace('@', ID).as_bytes()).unwrap();
            assert_eq!(
                (id.as_str(), init.pid, init.exit_code),
                (ID, Some(7), Some(137))
            );
            assert!(init.time.is_some(), "{form}");
        }
        let of_exec = "received exit event container_id:\"@\" id:\"7d1e\" pid:9 exit_status:137";
        assert!(exit(of_exec.replace('@', ID).as_bytes()).is_none());
        let zero = "received exit event container_id:\"@\" id:\"@\" pid:9";
        assert_eq!(
            exit(zero.replace('@', ID).as_bytes()).unwrap().1.exit_code,
            Some(0)
        );
        assert!(exit(b"received sandbox container exit event x").is_none());
    }

    #[test]
    fn exits_of_a_sandbox_and_their_times() {
        let whole = "TaskExit event in podsandbox handler container_id:\"@\" id:\"@\" pid:7 exit_status:137 exited_at:{seconds:1748772419 nanos:990000500}";
        let (_, init) = exit(whole.replace('@', ID).as_bytes()).unwrap();
        assert_eq!(init.time, WallTime::from_unix_micros(1_748_772_419_990_000));
        assert_eq!(
            instant(b"{seconds:7}"),
            WallTime::from_unix_micros(7_000_000)
        );
        assert_eq!(
            (instant(b"seconds:7"), instant(b"{seconds:7 nanos:x}")),
            (None, None)
        );
        for not in [
            whole.replace("pid:7", "pid:0"),
            whole.replace("exit_status", "status"),
            whole.replace("137", "x"),
            whole.replace("id:\"@\" pid", "id:@ pid"),
        ] {
            assert!(exit(not.replace('@', ID).as_bytes()).is_none(), "{not}");
        }
        let old = "TaskExit event &TaskExit{ContainerID:@,ID:x,Pid:7,ExitStatus:137,ExitedAt:2023-10-12 19:00:20.9 +0000 UTC,}";
        assert!(exit(old.replace('@', ID).as_bytes()).is_none());
    }

    #[test]
    fn a_container_that_never_ran() {
        let mut options = crate::Options::default();
        options.accept = options.accept.and(Daemon::Containerd);
        let events = |msg: &str, error: &str| -> Vec<OomEvent> {
            let mut parser = crate::Parser::with_options(options.clone());
            let line = alloc::format!(
                "Jun 01 10:00:00 n1 containerd[7]: time=\"2025-06-01T10:00:01.1Z\" level=error msg=\"{msg}\" error=\"{error}\""
            );
            parser.push_line(line.as_bytes());
            parser.finish();
            parser.events().collect()
        };
        let error = "x: container init was OOM-killed (memory limit too low?): unknown";
        for end in ["failed", "failed, error"] {
            let found = events(
                &alloc::format!("StartContainer for \\\"{ID}\\\" {end}"),
                error,
            );
            let container = found[0].container.as_ref().unwrap();
            assert_eq!(
                (container.id.as_deref(), container.runtime),
                (Some(ID), Some(Runtime::Containerd))
            );
            let testimony = found[0].testimony.as_ref().unwrap();
            assert_eq!(
                (testimony.reporter, testimony.killer),
                (Some(Reporter::Containerd), Some(Killer::Kernel))
            );
            assert_eq!(
                testimony.words,
                Some("container init was OOM-killed (memory limit too low?)")
            );
            assert_eq!(found[0].time.unwrap().second, 1);
        }
        let sandbox = "RunPodSandbox for &PodSandboxMetadata{Name:web-0,Uid:6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9,Namespace:shop,Attempt:0,} failed, error";
        let found = events(sandbox, error);
        let pod = found[0].pod.as_ref().unwrap();
        let names = [&pod.uid, &pod.namespace, &pod.name].map(|it| it.as_deref());
        assert_eq!(
            names,
            [
                Some("6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9"),
                Some("shop"),
                Some("web-0")
            ]
        );
        let begun = alloc::format!("StartContainer for \\\"{ID}\\\" begun");
        let more = alloc::format!("StartContainer for \\\"{ID}\\\" x failed");
        for (msg, error) in [
            (sandbox, "x"),
            (&*begun, error),
            (&*more, error),
            ("StartContainer for \\\"x\\\" failed", error),
            ("Stop failed", error),
        ] {
            assert!(events(msg, error).is_empty(), "{msg}");
        }
    }

    #[test]
    fn an_exit_completes_the_notice_of_its_container() {
        let mut options = crate::Options::default();
        options.accept = options.accept.and(Daemon::Containerd);
        let mut parser = crate::Parser::with_options(options);
        for msg in [
            "TaskOOM event container_id:\\\"@\\\"",
            "received exit event container_id:\\\"@\\\" id:\\\"@\\\" pid:7 exit_status:137",
        ] {
            assert!(parser.next_event().is_none());
            let line = alloc::format!(
                "Jun 01 10:00:00 n1 containerd[7]: time=\"2025-06-01T10:00:01.1Z\" msg=\"{msg}\""
            );
            parser.push_line(line.replace('@', ID).as_bytes());
        }
        let event = parser.next_event().unwrap();
        let container = event.container.unwrap();
        assert_eq!(
            (container.id.as_deref(), container.runtime),
            (Some(ID), Some(Runtime::Containerd))
        );
        let testimony = event.testimony.unwrap();
        assert_eq!(
            testimony.init.map(|init| (init.pid, init.exit_code)),
            Some((Some(7), Some(137)))
        );
        assert_eq!(testimony.words, Some("TaskOOM"));
    }
}
