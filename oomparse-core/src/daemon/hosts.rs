//! The readers of each host, within their bounds, and which lines they are given.

use super::Readers;
use super::envelope::Envelope;
use super::kubernetes::{Context, Documents, Step};
use super::said::{By, Said};
use crate::cgroup::CgroupRoots;
use crate::event::OomEvent;
use crate::frame::{Frame, FrameKind};
use crate::limits::{MAX_DAEMON_BYTES, MAX_STREAMS};
use crate::parser::Options;
use crate::report::Stamp;
use crate::source::{Accept, Author, Daemon, Origin, Source};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

/// The readers of all hosts.
#[derive(Debug)]
pub(crate) struct Daemons {
    accept: Accept,
    /// Whose lines those are that show no author, as the caller says.
    origin: Option<Daemon>,
    host: Option<Vec<u8>>,
    roots: CgroupRoots,
    hosts: BTreeMap<Vec<u8>, Host>,
    /// What reads forms that nothing stands in front of.
    documents: Documents,
    /// How many hosts have an event that waits.
    waiting: usize,
    weight: usize,
    clock: u64,
}

#[derive(Debug, Default)]
struct Host {
    readers: Box<Readers>,
    used: u64,
    weighed: usize,
    is_waiting: bool,
}

impl Daemons {
    /// The readers for what these options ask for; nothing where they ask for none.
    pub(crate) fn new(options: &Options) -> Option<Box<Self>> {
        let is_asked_for = options.accept.has_daemons() || options.origin.is_some();
        is_asked_for.then(|| {
            Box::new(Self {
                accept: match options.origin {
                    Some(daemon) => options.accept.and(daemon),
                    None => options.accept,
                },
                origin: options.origin,
                host: options.host.clone(),
                roots: options.cgroup_roots.clone(),
                hosts: BTreeMap::new(),
                documents: Documents::default(),
                waiting: 0,
                weight: 0,
                clock: 0,
            })
        })
    }

    /// Whether an event waits for a further line.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting > 0 || self.documents.is_waiting()
    }

    /// About how many bytes are held.
    pub(crate) fn weight(&self) -> usize {
        self.weight.saturating_add(self.documents.weight())
    }

    /// Whether an object of Kubernetes' is open, or what was told of one waits.
    pub(crate) fn is_in_document(&self) -> bool {
        self.documents.is_waiting()
    }

    /// Takes a line that may be part of an object or a table of Kubernetes', with nothing in front of it.
    pub(crate) fn document(&mut self, line: &[u8], out: &mut VecDeque<OomEvent>) -> Step {
        let is_own = self.origin.is_some_and(has_documents);
        if !is_own && !self.accept.takes(Author::UNKNOWN) {
            return Step::NotTaken;
        }
        let ctx = Context {
            accept: self.accept,
            origin: if is_own {
                Origin::Claimed
            } else {
                Origin::Unknown
            },
            host: self.host.as_deref(),
            roots: &self.roots,
        };
        self.documents.line(line, ctx, out)
    }

    /// Says that no more lines come; gives the text of what was not whole.
    pub(crate) fn end_documents(&mut self, out: &mut VecDeque<OomEvent>) -> Vec<u8> {
        let ctx = Context {
            accept: self.accept,
            origin: Origin::Unknown,
            host: self.host.as_deref(),
            roots: &self.roots,
        };
        self.documents.finish(ctx, out)
    }

    /// Takes a frame, the line that it stands in, and where in the log that ends; says whether it is a daemon's, and
    /// so none of the kernel's.
    pub(crate) fn take(
        &mut self,
        frame: &Frame<'_>,
        line: Option<&[u8]>,
        at: u64,
        out: &mut VecDeque<OomEvent>,
    ) -> bool {
        let host = frame.host.as_deref().unwrap_or_default();
        let goes_on = self.waiting > 0
            && self
                .hosts
                .get(host)
                .is_some_and(|host| host.readers.goes_on());
        let Some((by, origin)) = self.whose(frame, line, goes_on) else {
            return false;
        };
        let is_bare = matches!(by, By::Envelope(_) | By::Below) || frame.kind == FrameKind::Bare;
        let text = line.filter(|_| is_bare).unwrap_or(&frame.message);
        let said = Said {
            by,
            origin,
            frame,
            at,
            text,
            accept: self.accept,
            host: self.host.as_deref(),
            roots: &self.roots,
        };
        self.clock = self.clock.wrapping_add(1);
        let of = self.hosts.entry(host.to_vec()).or_default();
        of.used = self.clock;
        of.readers.line(&said, out);
        if matches!(by, By::Daemon(daemon) if has_documents(daemon)) {
            let ctx = Context {
                accept: self.accept,
                origin,
                host: said.host,
                roots: &self.roots,
            };
            self.documents.object(text, ctx, out);
        }
        self.weigh(host);
        self.make_room(host, out);
        true
    }

    /// Whose line it is, if it is one of the daemons' that are asked for.
    fn whose(&self, frame: &Frame<'_>, line: Option<&[u8]>, goes_on: bool) -> Option<(By, Origin)> {
        let is_buffers = matches!(
            frame.kind,
            FrameKind::Kmsg | FrameKind::Dmesg | FrameKind::DmesgJson
        );
        let is_within = matches!(frame.kind, FrameKind::Indented | FrameKind::KmsgDictionary);
        match frame.author.source {
            Source::Unknown if goes_on => Some((By::Below, Origin::Unknown)),
            _ if is_within => None,
            Source::Daemon(daemon) if self.accept.takes(frame.author) => {
                Some((By::Daemon(daemon), frame.author.origin()))
            }
            Source::KmsgWriter => Some((By::Kmsg, Origin::User)),
            Source::Program if is_buffers => Some((By::Kmsg, Origin::User)),
            // The pod that a line is about is a key of its own, as the one that printed it is of a shipper's.
            Source::Program if line.and_then(Envelope::of) != Some(Envelope::KlogJson) => None,
            Source::Unknown | Source::Program => {
                if let Some(daemon) = self.origin {
                    return Some((By::Daemon(daemon), Origin::Claimed));
                }
                if !self.accept.takes(Author::UNKNOWN) {
                    return None;
                }
                let by = match line.and_then(Envelope::of) {
                    Some(envelope) => By::Envelope(envelope),
                    None if is_buffers => By::Kmsg,
                    None => return None,
                };
                // What the kernel prints stands there, too.
                (by != By::Kmsg || self.is_a_writers(&frame.message))
                    .then_some((by, Origin::Unknown))
            }
            _ => None,
        }
    }

    /// Whether a text of the buffer, whose author is not shown, can be a daemon's.
    fn is_a_writers(&self, text: &[u8]) -> bool {
        text.starts_with(b"[talos] ") || text.starts_with(b"oomd kill: ")
    }

    /// Counts a line of any author's against the patience of what waits on its host.
    pub(crate) fn pass(&mut self, frame: &Frame<'_>, out: &mut VecDeque<OomEvent>) {
        let host = frame.host.as_deref().unwrap_or_default();
        if let Some(of) = self.hosts.get_mut(host)
            && of.is_waiting
        {
            of.readers.pass(Stamp::of(frame, 0, 0).second(), out);
            self.weigh(host);
        }
    }

    /// Gives out what waits.
    pub(crate) fn give(&mut self, out: &mut VecDeque<OomEvent>) {
        self.documents.give(out);
        for host in self.hosts.values_mut() {
            host.readers.give(out);
            host.is_waiting = host.readers.is_waiting();
        }
        self.waiting = self.hosts.values().filter(|host| host.is_waiting).count();
    }

    /// Gives out what waits for no more than a line that hardly ever comes.
    pub(crate) fn give_ready(&mut self, out: &mut VecDeque<OomEvent>) {
        if self.waiting == 0 {
            return;
        }
        for host in self.hosts.values_mut().filter(|host| host.is_waiting) {
            host.readers.give_ready(out);
            host.is_waiting = host.readers.is_waiting();
        }
        self.waiting = self.hosts.values().filter(|host| host.is_waiting).count();
    }

    /// Gives out what waits, and forgets all that was seen.
    pub(crate) fn finish(&mut self, out: &mut VecDeque<OomEvent>) {
        self.give(out);
        self.hosts.clear();
        self.documents = Documents::default();
        (self.waiting, self.weight) = (0, 0);
    }

    /// Notes what a host holds now.
    fn weigh(&mut self, host: &[u8]) {
        let Some(of) = self.hosts.get_mut(host) else {
            return;
        };
        let now = of.readers.weight().saturating_add(host.len());
        self.weight = self.weight.saturating_sub(of.weighed).saturating_add(now);
        of.weighed = now;
        let was = core::mem::replace(&mut of.is_waiting, of.readers.is_waiting());
        match (was, of.is_waiting) {
            (false, true) => self.waiting = self.waiting.saturating_add(1),
            (true, false) => self.waiting = self.waiting.saturating_sub(1),
            _ => {}
        }
    }

    /// Forgets the hosts that were quiet longest, but for this one, until the rest is within the bounds.
    fn make_room(&mut self, but: &[u8], out: &mut VecDeque<OomEvent>) {
        while self.hosts.len() > MAX_STREAMS || self.weight > MAX_DAEMON_BYTES {
            let others = self.hosts.iter().filter(|(name, _)| name.as_slice() != but);
            let Some(oldest) = others.min_by_key(|(_, host)| host.used) else {
                return;
            };
            let name = oldest.0.clone();
            if let Some(mut host) = self.hosts.remove(&name) {
                host.readers.give(out);
                self.weight = self.weight.saturating_sub(host.weighed);
                self.waiting = self.waiting.saturating_sub(usize::from(host.is_waiting));
            }
        }
    }
}

/// Whether a daemon prints objects that are read by their content.
fn has_documents(daemon: Daemon) -> bool {
    matches!(
        daemon,
        Daemon::Kubernetes | Daemon::Crictl | Daemon::Dockerd
    )
}
