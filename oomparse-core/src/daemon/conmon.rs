//! conmon, which monitors each container of CRI-O and Podman.
//!
//! | versions | line |
//! |---|---|
//! | all | `conmon 0c8e7f21aa5d4e9f8b7c <ninfo>: OOM received` |
//! | cgroup v1, besides | `conmon 0c8e7f21aa5d4e9f8b7c <ninfo>: OOM event received` |
//! | all | `conmon 0c8e7f21aa5d4e9f8b7c <ninfo>: container 41033 exited with status 137` |
//!
//! ```text
//! conmon[41022]: conmon 0c8e7f21aa5d4e9f8b7c <ninfo>: OOM received
//! conmon[41022]: conmon 0c8e7f21aa5d4e9f8b7c <ninfo>: container 41033 exited with status 137
//! ```
//!
//! It shows only the first 20 digits of the container's id. Its log level is set by the runtime: Podman's default
//! shows none of these lines. Since 2.2.0 one kill is reported twice, from two counters: that is one event,
//! without a count.

use super::held::Held;
use super::text::{pid, split_once, whole_number};
use super::{Patience, Reader, Statement};
use crate::event::{Container, EventType, Init, Killer, OomEvent, Reporter};
use crate::source::Daemon;
use alloc::collections::VecDeque;
use alloc::string::String;

/// The notices that wait for the end of their container.
#[derive(Debug, Default)]
pub(super) struct Conmon {
    held: Held<String>,
}

impl Reader for Conmon {
    const OF: &'static [Daemon] = &[Daemon::Conmon];
    const WORDS: &'static [&'static str] = &["OOM received", "OOM event received"];

    fn line(&mut self, said: &Statement<'_>, out: &mut VecDeque<OomEvent>) {
        let Some((id, text)) = read(said.text) else {
            return;
        };
        if matches!(text, b"OOM received" | b"OOM event received") {
            if self.held.get(&id).is_some_and(|one| one.is_now(said)) {
                return;
            }
            let mut event = said.event(EventType::Notice);
            let testimony = event.testimony_mut();
            testimony.reporter = Some(Reporter::Conmon);
            testimony.killer = Some(Killer::Kernel);
            testimony.words = Some("OOM ");
            event.container = Some(Container {
                id_prefix: Some(id.clone()),
                ..Container::default()
            });
            self.held.hold(id, event, said, out);
        } else if let Some(init) = exit(text)
            && let Some(one) = self.held.get(&id)
        {
            one.event.testimony_mut().init = Some(init);
            self.held.end(&id, out);
        }
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

/// The first digits of the id, and what conmon reports about it.
fn read(text: &[u8]) -> Option<(String, &[u8])> {
    let (id, rest) = split_once(text.strip_prefix(b"conmon ")?, b" <n")?;
    let (_, rest) = split_once(rest, b">: ")?;
    let is_id = id.len() == 20
        && id
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let id = is_id.then(|| core::str::from_utf8(id).ok())??;
    Some((id.into(), rest.trim_ascii_end()))
}

/// `container 41033 exited with status 137`
fn exit(text: &[u8]) -> Option<Init> {
    let (pid, rest) = pid(text.strip_prefix(b"container ")?)?;
    let status: i32 = whole_number::<u16>(rest.strip_prefix(b" exited with status ")?)?.into();
    Some(Init {
        pid: Some(pid),
        exit_code: Some(status),
        time: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_conmon() {
        let (id, text) = read(b"conmon 0c8e7f21aa5d4e9f8b7c <ninfo>: OOM received").unwrap();
        assert_eq!(
            (id.as_str(), text),
            ("0c8e7f21aa5d4e9f8b7c", &b"OOM received"[..])
        );
        let init = exit(b"container 41033 exited with status 137").unwrap();
        assert_eq!((init.pid, init.exit_code), (Some(41033), Some(137)));
        for text in [
            "conmon 0c8e <ninfo>: OOM received",
            "conmon 0C8E7F21AA5D4E9F8B7C <ninfo>: OOM received",
            "OOM received",
            "0c8e7f21aa5d4e9f8b7c <ninfo>: OOM received",
        ] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
