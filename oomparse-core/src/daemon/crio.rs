//! CRI-O, dockerd, runc and crun: which container never ran.
//!
//! ```text
//! crio[1733]: time="2024-05-07 09:00:01.100200300Z" level=error msg="Container creation error: … container init was OOM-killed (memory limit too low?)" id=… name=/runtime.v1.RuntimeService/CreateContainer
//! dockerd[1520]: time="2024-05-07T09:00:01.1Z" level=error msg="Handler for POST /v1.43/containers/1f1e…/start returned error: … container init was OOM-killed (memory limit too low?): unknown"
//! runc[77]: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?)
//! ```
//!
//! None of them prints a line about other kills: CRI-O finds the file that conmon writes and sets the container's
//! status; Docker reports them as events in its own stream.

use super::birth::killed_at_birth;
use super::envelope::Envelope;
use super::go::{Logrus, container_id, logrus};
use super::statement::By;
use super::text::split_once;
use super::{Reader, Statement};
use crate::cgroup::Runtime;
use crate::event::{Container, EventType, Killer, OomEvent, Reporter};
use crate::limits::MAX_JOINED_LEN;
use crate::source::Daemon;
use alloc::borrow::Cow;
use alloc::collections::VecDeque;

/// Reads the errors of runtimes that report no other kills.
#[derive(Debug, Default)]
pub(super) struct OtherRuntimes;

impl Reader for OtherRuntimes {
    const OF: &'static [Daemon] = &[Daemon::Crio, Daemon::Dockerd, Daemon::Runc, Daemon::Podman];
    const WORDS: &'static [&'static str] = &["OOM-killed", "OOM: the memory"];
    const ENVELOPES: &'static [Envelope] = &[Envelope::Logrus];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        if said.text.len() > MAX_JOINED_LEN {
            return;
        }
        let line = logrus(said.text);
        let reporter = match (said.by, &line) {
            (By::Daemon(Daemon::Crio), _) => Reporter::Crio,
            (By::Daemon(Daemon::Dockerd), _) => Reporter::Docker,
            (By::Daemon(Daemon::Runc), _) => Reporter::Runc,
            (By::Daemon(Daemon::Podman), _) => Reporter::Podman,
            (By::Envelope(_), Some(line)) if line.is_crio => Reporter::Crio,
            (By::Envelope(_), Some(line)) if is_dockerds(line) => Reporter::Docker,
            _ => return,
        };
        let line = line.unwrap_or_else(|| Logrus {
            msg: Cow::Borrowed(said.text),
            ..Logrus::default()
        });
        let words = line.error.as_deref().and_then(killed_at_birth);
        let Some(words) = words.or_else(|| killed_at_birth(&line.msg)) else {
            return;
        };
        let mut event = said.event_at(EventType::Notice, line.time);
        let testimony = event.testimony_mut();
        testimony.reporter = Some(reporter);
        testimony.killer = Some(Killer::Kernel);
        testimony.words = Some(words);
        event.container = started(&line.msg);
        out.push_back(event);
    }
}

fn is_dockerds(line: &Logrus<'_>) -> bool {
    line.msg.starts_with(b"Handler for POST /")
}

/// The container of `Handler for POST /v1.43/containers/ID/start returned error: …`.
fn started(msg: &[u8]) -> Option<Container> {
    let (_, rest) = split_once(msg.strip_prefix(b"Handler for POST /")?, b"containers/")?;
    let (id, rest) = split_once(rest, b"/")?;
    let id = container_id(id).filter(|_| rest.starts_with(b"start returned error: "))?;
    Some(Container {
        id: Some(id.into()),
        runtime: Some(Runtime::Docker),
        ..Container::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const ID: &str = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
    const BIRTH: &str = "container init was OOM-killed (memory limit too low?): unknown";

    fn reporter(front: &str, text: &str) -> Option<(Reporter, Option<Container>)> {
        let mut options = crate::Options::default();
        options.accept = options.accept.and_all_daemons();
        let mut parser = crate::Parser::with_options(options);
        parser.push_line(format!("{front}{text}").as_bytes());
        parser.finish();
        let event = parser.next_event()?;
        assert!(parser.next_event().is_none());
        let testimony = event.testimony?;
        assert_eq!(testimony.killer, Some(Killer::Kernel));
        Some((testimony.reporter?, event.container))
    }

    #[test]
    fn each_runtime_reports_for_itself() {
        let crio = format!(
            "time=\"2024-05-07 09:00:01.1Z\" level=error msg=\"Container creation error: {BIRTH}\" id=x"
        );
        let other = crio.replace("07 09", "07T09");
        let by_error =
            format!("time=\"2024-05-07 09:00:01.1Z\" level=error msg=x error=\"{BIRTH}\"");
        for (tag, found) in [
            ("crio", Reporter::Crio),
            ("dockerd", Reporter::Docker),
            ("runc", Reporter::Runc),
            ("crun", Reporter::Runc),
            ("podman", Reporter::Podman),
        ] {
            let front = format!("May  7 09:00:01 n1 {tag}[7]: ");
            for text in [
                &*crio,
                &other,
                &by_error,
                &format!("runc create failed: {BIRTH}"),
            ] {
                assert_eq!(reporter(&front, text), Some((found, None)), "{tag} {text}");
            }
            assert_eq!(reporter(&front, "msg=\"x\" error=\"OOM-killed\""), None);
        }
        // Without a frame only the format shows it.
        assert_eq!(reporter("", &crio), Some((Reporter::Crio, None)));
        assert_eq!(reporter("", &other), None);
    }

    #[test]
    fn the_container_that_docker_started() {
        let text = format!(
            "time=\"2024-05-07T09:00:01.1Z\" level=error msg=\"Handler for POST /v1.43/containers/{ID}/start returned error: {BIRTH}\""
        );
        for front in ["", "May  7 09:00:01 n1 dockerd[7]: "] {
            let (found, container) = reporter(front, &text).unwrap();
            let container = container.unwrap();
            assert_eq!(
                (found, container.runtime),
                (Reporter::Docker, Some(Runtime::Docker))
            );
            assert_eq!(container.id.as_deref(), Some(ID));
            for (from, to) in [("/start", "/wait"), (ID, "web")] {
                assert_eq!(
                    reporter(front, &text.replace(from, to)),
                    Some((Reporter::Docker, None)),
                    "{to}"
                );
            }
        }
    }
}
