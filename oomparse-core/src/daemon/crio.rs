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
use super::said::By;
use super::text::split_once;
use super::{Reader, Said};
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

    fn line(&mut self, said: &Said<'_>, out: &mut VecDeque<OomEvent>) {
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
        let told = event.told();
        told.reporter = Some(reporter);
        told.killer = Some(Killer::Kernel);
        told.told = Some(words);
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
