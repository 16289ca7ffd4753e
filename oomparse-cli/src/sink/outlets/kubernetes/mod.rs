//! `--kubernetes-events`: an Event on the pod of each kill, and on the node for kills outside pods.
//!
//! ```text
//! api.rs     requests with the service account's token
//! pods.rs    uid → pod, of this node's pods as the API lists them
//! event.rs   the contents of the Event
//! ```
//!
//! Kills of one container within an hour are one Event with a rising `series.count`. Its name is derived from
//! them, and an annotation lists the kills that it counts: so no kill is counted twice after a lost answer or a
//! restart.

mod api;
mod event;
mod pods;

use super::http::{Pauses, Refusal};
use super::outlet::{Came, Inbox, Outlet, count};
use crate::Failure;
use api::Api;
use event::Subject;
use oomparse_core::{EventType, OomEvent};
use pods::Pods;
use serde_json::Value;
use std::io;
use std::time::Duration;

/// Attempts for one event end after this time.
const MAX_AGE: Duration = Duration::from_secs(900);

/// How many attempts may be refused as forbidden: the rule may or may not be corrected.
const MAX_FORBIDDEN: u32 = 5;

/// How long to wait for a pod that the list does not show yet.
const PATIENCE: Duration = Duration::from_secs(3);

/// Starts the thread.
///
/// # Errors Without a node's name or a service account.
pub(super) fn start(node: Option<&str>) -> Result<Outlet, Failure> {
    let wrong = |error| ("--kubernetes-events".to_owned(), error);
    let node = node.filter(|node| !node.is_empty()).ok_or_else(|| {
        let sentence = "which node is it? Give its name with --node-name or NODE_NAME";
        wrong(io::Error::other(sentence))
    })?;
    let (node, api) = (node.to_owned(), Api::of_cluster().map_err(wrong)?);
    Ok(Outlet::start(super::KUBERNETES, move |inbox| {
        let mut writer = Writer {
            pods: Pods::new(&node),
            node,
            api,
        };
        // Before a killed pod is gone; errors are reported with the first event.
        let _ = writer.pods.list(&writer.api);
        writer.run(&inbox);
    }))
}

struct Writer {
    node: String,
    api: Api,
    pods: Pods,
}

impl Writer {
    fn run(&mut self, inbox: &Inbox) {
        loop {
            match inbox.wait(self.pods.due()) {
                Came::Event(event) if event.event_type == EventType::Kill => {
                    let what = self.write(&event, inbox);
                    count(if what.is_some() {
                        &inbox.counts.sent
                    } else {
                        &inbox.counts.failed
                    });
                }
                Came::Event(_) => {}
                Came::Nothing => {
                    if let Err(refusal) = self.pods.list(&self.api) {
                        inbox.counts.error(&refusal.code);
                        inbox.said.say(&refusal.sentence);
                    }
                }
                Came::End => return,
            }
        }
    }

    /// Writes it, with retries; `None` if that failed.
    fn write(&mut self, event: &OomEvent, inbox: &Inbox) -> Option<()> {
        let mut pauses = Pauses::new();
        loop {
            let refusal = match self.attempt(event, &pauses) {
                Ok(true) => {
                    inbox.said.is_well();
                    return Some(());
                }
                // The pod is not listed yet.
                Ok(false) => {
                    let pause = Some(Duration::from_millis(500));
                    if pauses.wait(pause, inbox) {
                        continue;
                    }
                    return None;
                }
                Err(refusal) => refusal,
            };
            inbox.counts.error(&refusal.code);
            inbox.said.say(&refusal.sentence);
            if !self.may_help(&refusal, &pauses)
                || pauses.begun.elapsed() >= MAX_AGE
                || !pauses.wait(refusal.pause, inbox)
            {
                return None;
            }
        }
    }

    /// Whether another attempt may help.
    fn may_help(&self, refusal: &Refusal, pauses: &Pauses) -> bool {
        match refusal.status {
            // The namespace is being deleted: nothing can be written to it.
            403 if refusal.sentence.contains("being terminated") => false,
            403 => pauses.tries + 1 < MAX_FORBIDDEN,
            0 | 401 | 408 | 409 | 429 => true,
            status => status >= 500,
        }
    }

    /// Makes one attempt; false if the pod may still appear in the list.
    fn attempt(&mut self, event: &OomEvent, pauses: &Pauses) -> Result<bool, Refusal> {
        let of_pod = event.pod.as_ref().filter(|pod| !pod.nested);
        let subject = match of_pod.and_then(|pod| pod.uid.as_deref()) {
            None => Subject::node(&self.node),
            Some(uid) => {
                if self.pods.get(uid).is_none() {
                    self.pods.list(&self.api)?;
                }
                match self.pods.get(uid) {
                    Some(pod) => Subject::pod(uid, pod, event),
                    None if pauses.begun.elapsed() < PATIENCE => return Ok(false),
                    // The API knows no such pod here: the kill is reported on the node.
                    None => Subject::node(&self.node),
                }
            }
        };
        let written = event::of(event, &subject, &self.node);
        let created = self.api.create(subject.namespace(), &written);
        match created {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.status == 409 => self.raise(event, &subject, &written),
            Err(refusal) => Err(refusal),
        }
    }

    /// Counts the kill in the existing Event.
    fn raise(&self, event: &OomEvent, subject: &Subject, new: &Value) -> Result<bool, Refusal> {
        // A patch that changes nothing reads the Event, and needs no further right.
        let name = new["metadata"]["name"].as_str().unwrap_or_default();
        let patched = self
            .api
            .patch(subject.namespace(), name, &serde_json::json!({}))
            .and_then(|there| match event::raised(&there, new, event) {
                Some(patch) => self.api.patch(subject.namespace(), name, &patch).map(drop),
                None => Ok(()),
            });
        match patched {
            Ok(()) => Ok(true),
            // It expired in between: the next attempt makes a new one.
            Err(refusal) if refusal.status == 404 => Err(Refusal {
                status: 409,
                ..refusal
            }),
            Err(refusal) => Err(refusal),
        }
    }
}
