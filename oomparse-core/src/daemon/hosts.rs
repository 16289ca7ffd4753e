//! The readers of each host, within their bounds, and which lines they get.

use super::Readers;
use super::envelope::{Envelope, is_own_object};
use super::kubernetes::{Context, Documents, Step};
use super::statement::{By, Statement};
use crate::cgroup::CgroupRoots;
use crate::event::OomEvent;
use crate::frame::{Frame, FrameKind};
use crate::limits::{MAX_DAEMON_BYTES, MAX_STREAMS};
use crate::options::Options;
use crate::source::{Accept, Author, Daemon, Origin, Source};
use crate::stamp::Stamp;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

/// The readers of all hosts.
#[derive(Debug)]
pub(crate) struct Daemons {
    accept: Accept,
    /// The author of lines that show none, as named by the caller.
    origin: Option<Daemon>,
    host: Option<Vec<u8>>,
    roots: CgroupRoots,
    hosts: BTreeMap<Vec<u8>, Host>,
    /// Reads formats that have no frame.
    documents: Documents,
    /// How many hosts have a waiting event.
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
    /// The readers for these options; `None` if the options request none.
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

    /// About how many bytes it holds.
    pub(crate) fn weight(&self) -> usize {
        self.weight.saturating_add(self.documents.weight())
    }

    /// Whether a Kubernetes object is open, or one of its events waits.
    pub(crate) fn is_in_document(&self) -> bool {
        self.documents.is_waiting()
    }

    /// Takes a line without a frame that may be part of a Kubernetes object or table.
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

    /// Ends the log; returns the text of an incomplete object.
    pub(crate) fn end_documents(&mut self, out: &mut VecDeque<OomEvent>) -> Vec<u8> {
        let ctx = Context {
            accept: self.accept,
            origin: Origin::Unknown,
            host: self.host.as_deref(),
            roots: &self.roots,
        };
        self.documents.finish(ctx, out)
    }

    /// Takes a frame, the line that contains it, and where in the log that line ends; returns whether it is a
    /// daemon's, and so not the kernel's.
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
        let is_bare = matches!(by, By::Envelope(_) | By::Below)
            || frame.kind == FrameKind::Bare
            || self.is_object_of_origin(by, frame, line);
        let text = line.filter(|_| is_bare).unwrap_or(&frame.message);
        let said = Statement {
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

    /// The daemon that wrote a line, if it is one of those that are requested.
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
            // The pod that a line is about has a key of its own, as the pod that printed it has in a shipper's
            // record.
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
                // The kernel's own text is there too.
                (by != By::Kmsg || self.is_a_writers(&frame.message))
                    .then_some((by, Origin::Unknown))
            }
            _ => None,
        }
    }

    /// Whether a line of the log whose author the caller named is an object with the message and its fields.
    fn is_object_of_origin(&self, by: By, frame: &Frame<'_>, line: Option<&[u8]>) -> bool {
        let writes_objects = |daemon| {
            matches!(
                daemon,
                Daemon::Kubelet
                    | Daemon::K3s
                    | Daemon::Rke2
                    | Daemon::Cadvisor
                    | Daemon::Containerd
                    | Daemon::Talos
            )
        };
        self.origin
            .is_some_and(|origin| by == By::Daemon(origin) && writes_objects(origin))
            && frame.kind == FrameKind::Record
            && Envelope::of(&frame.message).is_none()
            && line.is_some_and(is_own_object)
    }

    /// Whether a text of the buffer that shows no author can be a daemon's.
    fn is_a_writers(&self, text: &[u8]) -> bool {
        text.starts_with(b"[talos] ") || text.starts_with(b"oomd kill: ")
    }

    /// Counts a line of any author against the patience of events that wait on its host.
    pub(crate) fn pass(&mut self, frame: &Frame<'_>, out: &mut VecDeque<OomEvent>) {
        let host = frame.host.as_deref().unwrap_or_default();
        if let Some(of) = self.hosts.get_mut(host)
            && of.is_waiting
        {
            of.readers.pass(Stamp::of(frame, 0, 0).second(), out);
            self.weigh(host);
        }
    }

    /// Emits all waiting events.
    pub(crate) fn emit_waiting(&mut self, out: &mut VecDeque<OomEvent>) {
        self.documents.emit_waiting(out);
        for host in self.hosts.values_mut() {
            host.readers.emit_waiting(out);
            host.is_waiting = host.readers.is_waiting();
        }
        self.waiting = self.hosts.values().filter(|host| host.is_waiting).count();
    }

    /// Emits events that only wait for a line that hardly ever comes.
    pub(crate) fn emit_ready(&mut self, out: &mut VecDeque<OomEvent>) {
        if self.waiting == 0 {
            return;
        }
        for host in self.hosts.values_mut().filter(|host| host.is_waiting) {
            host.readers.emit_ready(out);
            host.is_waiting = host.readers.is_waiting();
        }
        self.waiting = self.hosts.values().filter(|host| host.is_waiting).count();
    }

    /// Emits all waiting events, and forgets everything that was seen.
    pub(crate) fn finish(&mut self, out: &mut VecDeque<OomEvent>) {
        self.emit_waiting(out);
        self.hosts.clear();
        self.documents = Documents::default();
        (self.waiting, self.weight) = (0, 0);
    }

    /// Updates the size of a host.
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

    /// Forgets the hosts that were silent longest, except this one, until the rest is within the bounds.
    fn make_room(&mut self, but: &[u8], out: &mut VecDeque<OomEvent>) {
        while self.hosts.len() > MAX_STREAMS || self.weight > MAX_DAEMON_BYTES {
            let others = self.hosts.iter().filter(|(name, _)| name.as_slice() != but);
            let Some(oldest) = others.min_by_key(|(_, host)| host.used) else {
                return;
            };
            let name = oldest.0.clone();
            if let Some(mut host) = self.hosts.remove(&name) {
                host.readers.emit_waiting(out);
                self.weight = self.weight.saturating_sub(host.weighed);
                self.waiting = self.waiting.saturating_sub(usize::from(host.is_waiting));
            }
        }
    }
}

/// Whether a daemon prints objects that are recognised by their content.
fn has_documents(daemon: Daemon) -> bool {
    matches!(
        daemon,
        Daemon::Kubernetes | Daemon::Crictl | Daemon::Dockerd | Daemon::Podman
    )
}

#[cfg(test)]
mod tests {
    use crate::limits::MAX_DAEMON_BYTES;
    use crate::{Accept, Daemon, Options, Origin, Parser};
    use alloc::format;
    use alloc::string::ToString as _;
    use alloc::vec::Vec;

    const OOMD: &str = "oomd kill: 81.28 80.05 600.78 system.slice/chef.service 4294967296 ruleset:[system pressure] \
        detectorgroup:[mem pressure] killer:kill_by_memory_size_or_growth v2";

    fn origins(accept: Accept, line: &str) -> Vec<Origin> {
        let options = Options {
            accept,
            ..Options::default()
        };
        let mut parser = Parser::with_options(options);
        parser.push_line(line.as_bytes());
        parser.finish();
        parser.events().map(|event| event.origin).collect()
    }

    /// Whoever may write to the kernel's buffer is root; a program's own log is not the buffer.
    #[test]
    fn a_line_of_the_buffer_is_a_writers_and_a_programs_is_nobodys() {
        let oomd = Accept::ANY.and(Daemon::Oomd);
        for (line, accept, expected) in [
            (
                format!("12,8125,88123456999,-;{OOMD}"),
                oomd,
                &[Origin::User][..],
            ),
            (format!("[ 9123.456789] {OOMD}"), oomd, &[Origin::Unknown]),
            (format!("Jan  5 02:12:02 n1 sh[7]: {OOMD}"), oomd, &[]),
            (
                format!("Jan  5 02:12:02 n1 oomd[7]: {OOMD}"),
                oomd,
                &[Origin::Claimed],
            ),
            (OOMD.into(), oomd, &[]),
            (
                format!("[ 9123.456789] {OOMD}"),
                Accept::KERNEL.and(Daemon::Oomd),
                &[],
            ),
            (format!("12,8125,88123456999,-;{OOMD}"), Accept::ANY, &[]),
        ] {
            assert_eq!(origins(accept, &line), expected, "{line}");
        }
    }

    fn all() -> Parser {
        let mut options = Options::default();
        options.accept = options.accept.and_all_daemons();
        Parser::with_options(options)
    }

    /// The facility that the buffer shows is enough, in every form of it.
    #[test]
    fn the_buffers_writer_is_known_by_its_facility() {
        let oomd = Accept::ANY.and(Daemon::Oomd);
        for front in [
            "<12>[ 9123.456789] ",
            "user  :warn  : [ 9123.456789] ",
            "12,8125,88123456999,-;",
        ] {
            assert_eq!(
                origins(oomd, &format!("{front}{OOMD}")),
                [Origin::User],
                "{front}"
            );
        }
        // What no daemon writes there is the kernel's, or nobody's.
        for line in [
            "[ 9123.456789] oomd is here",
            "[ 9123.456789] talos",
            "[ 9123.456789] a oomd kill: ",
        ] {
            assert_eq!(origins(oomd, line), [], "{line}");
        }
        let kernels = "[ 9123.456789] Out of memory: Killed process 7 (oomd) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
        let mut parser = all();
        parser.push_line(kernels.as_bytes());
        parser.finish();
        assert_eq!(parser.next_event().unwrap().victim.unwrap().pid, 7);
        let talos = "[ 9123.456789] [talos] Sending SIGKILL to cgroup {\"controller\": \"runtime.OOMController\", \"cgroup\": \"/a\"}";
        assert_eq!(
            origins(Accept::ANY.and(Daemon::Talos), talos),
            [Origin::Unknown]
        );
    }

    /// A line below another one belongs to it only if that one waits for more of its text.
    #[test]
    fn a_kernels_line_after_one_that_waits_is_the_kernels() {
        let id = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";
        let mut parser = all();
        for line in [
            &*format!(
                "time=\"2025-06-01T10:00:00.1Z\" level=info msg=\"TaskOOM event container_id:\\\"{id}\\\"\""
            ),
            "Out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB",
        ] {
            parser.push_line(line.as_bytes());
        }
        parser.finish();
        let pids: Vec<_> = parser
            .events()
            .filter_map(|event| event.victim)
            .map(|it| it.pid)
            .collect();
        assert_eq!(pids, [7]);
    }

    /// The bound is over all hosts; the one that was silent longest is the first to leave.
    #[test]
    fn what_all_hosts_hold_together_is_bounded() {
        let host = |parser: &mut Parser, number: usize, len: usize| {
            let cmdline = "x".repeat(len);
            let line = format!(
                "Jun  1 10:00:00 n{number:02} earlyoom[7]: sending SIGTERM to process 9 uid 0 \"a\": oom_score 1, \
                 VmRSS 2 MiB, cmdline \"{cmdline}\""
            );
            parser.push_line(line.as_bytes());
        };
        let mut parser = all();
        host(&mut parser, 0, 0);
        let len = MAX_DAEMON_BYTES / 32 - parser.open_bytes();
        let mut parser = all();
        (1..=32).for_each(|number| host(&mut parser, number, len));
        assert_eq!(parser.open_bytes(), MAX_DAEMON_BYTES);
        assert!(parser.next_event().is_none());
        host(&mut parser, 33, len);
        let first = parser.next_event().and_then(|event| event.host);
        assert_eq!(first, Some("n01".into()));
        assert!(parser.next_event().is_none());
    }

    /// journalctl and dmesg indent the text after a newline: the daemon's own text goes on.
    #[test]
    fn indented_text_is_no_line_of_a_daemons() {
        let kill = "sending SIGTERM to process 9 uid 0 \"a\": oom_score 1, VmRSS 2 MiB";
        let head = "Jun  1 10:00:00 n1 earlyoom[7]:";
        for (log, all) in [
            (format!("{head} x\n{head} {kill}"), 1),
            (format!("{head} x\n{:32}{kill}", ""), 0),
            (format!("12,8,9,-;x\n {OOMD}"), 0),
            (format!("<12>[ 9123.456789] x\n{:16}{OOMD}", ""), 0),
        ] {
            let mut parser = self::all();
            parser.push_chunk(log.as_bytes());
            parser.finish();
            assert_eq!(parser.events().count(), all, "{log}");
        }
    }

    /// In the buffer, a text is oomd's only with its own words in front.
    #[test]
    fn a_kill_without_its_words_is_none_in_the_buffer() {
        let text = OOMD.strip_prefix("oomd kill: ").unwrap();
        let oomd = Accept::ANY.and(Daemon::Oomd);
        assert_eq!(origins(oomd, &format!("12,8125,8,-;{OOMD}")).len(), 1);
        assert_eq!(origins(oomd, &format!("12,8125,8,-;{text}")), []);
        // Nor does a list of the killed say so.
        for (front, all) in [("12,1,8,-;", 0), ("Jun  1 10:00:00 n1 oomd[7]: ", 2)] {
            let mut parser = self::all();
            for text in ["Killed 2: 1(a) 2(oomd)", OOMD] {
                parser.push_line(format!("{front}{text}").as_bytes());
            }
            parser.finish();
            let testimony = parser.next_event().unwrap().testimony.unwrap();
            assert_eq!(testimony.victims.len(), all, "{front}");
        }
    }

    /// A record is a shipper's, except an object of the daemon itself.
    #[test]
    fn records_of_a_named_author() {
        let count = |origin: Daemon, line: &str| {
            let options = Options {
                origin: Some(origin),
                ..Options::default()
            };
            let mut parser = Parser::with_options(options);
            parser.push_line(line.as_bytes());
            parser.finish();
            parser.events().count()
        };
        let of_shipper = |text: &str| serde_json::json!({ "log": text, "n": 1 }).to_string();
        let klog = "I0203 10:10:10.123456    1422 a.go:83] ";
        let seen = "\"Got sys oom event\" event={\"Pid\":7,\"ProcessName\":\"a\"}";
        let term = "sending SIGTERM to process 9 uid 0 \"a\": oom_score 1, VmRSS 2 MiB";
        let own = r#"{"ts":1697139284310.022,"caller":"a.go:83","msg":"Got sys oom event","event":{"Pid":7,"ProcessName":"a"}}"#;
        for (origin, line) in [
            (Daemon::Kubelet, own.to_string()),
            (Daemon::Kubelet, of_shipper(&format!("{klog}{seen}"))),
            (Daemon::EarlyOom, of_shipper(term)),
            (
                Daemon::EarlyOom,
                serde_json::json!({ "msg": term }).to_string(),
            ),
        ] {
            assert_eq!(count(origin, &line), 1, "{origin:?} {line}");
        }
    }

    /// Only some daemons print objects.
    #[test]
    fn an_object_in_a_daemons_line() {
        let object = r#"{"verb":"ADDED","event":{"metadata":{"uid":"a"},"involvedObject":{"kind":"Node","name":"n1"},"reason":"SystemOOM","message":"System OOM encountered, victim process: a, pid: 7","source":{"component":"kubelet"}}}"#;
        for (tag, expected) in [
            ("eventrouter", &[Origin::Claimed][..]),
            ("systemd-oomd", &[]),
        ] {
            let line = format!("Jun  1 10:00:00 n1 {tag}[7]: {object}");
            let accept = Accept::ANY.and_all_daemons();
            assert_eq!(origins(accept, &line), expected, "{tag}");
        }
    }

    /// A listing has no author, unless the caller names one.
    #[test]
    fn a_listing_is_read_where_its_author_may_be_unknown() {
        let listing = "apiVersion: v1\nkind: Event\nmetadata:\n  name: a\n  uid: 0a5b6c7d\n\
            involvedObject:\n  kind: Pod\n  name: web-0\n  namespace: shop\nreason: Evicted\n\
            message: 'The node was low on resource: memory. '\nsource:\n  component: kubelet\n";
        for (accept, origin, expected) in [
            (Accept::ANY, None, Some(Origin::Unknown)),
            (Accept::KERNEL, None, None),
            (
                Accept::KERNEL,
                Some(Daemon::Kubernetes),
                Some(Origin::Claimed),
            ),
            (Accept::KERNEL, Some(Daemon::Kubelet), None),
        ] {
            let options = Options {
                accept: accept.and(Daemon::Kubernetes),
                origin,
                ..Options::default()
            };
            let mut parser = Parser::with_options(options);
            parser.push_chunk(listing.as_bytes());
            parser.push_line(b"---");
            let event = parser.next_event();
            assert_eq!(event.map(|event| event.origin), expected, "{origin:?}");
        }
    }
}
