//! Learns names from a whole log: reads frames by author, and passes those of daemons to [`learn_from`].

use super::{LEARN_LITERALS, learn_from};
use crate::PodTable;
use oomparse_core::{Frame, FrameKind, FrameReader, Source};

/// Reads a log in any format that a [`Parser`](oomparse_core::Parser) reads, and learns the names in it.
///
/// Only lines whose frame names the daemon as their author are used; a line that a container printed, or that
/// shows no author, is not. Lines in between are only searched.
///
/// # Example
/// ```
/// use oomparse_core::{PodLookup, PodSource};
/// use oomparse_pods::{Learner, PodTable};
/// let log = br#"Dec 11 17:29:21 node-7 kubelet[10264]: E1211 17:29:21.519957   10264 pod_workers.go:191] Error syncing pod 0f5eb28f-6722-4cf5-ab0f-b62748c018d4 ("web-0_default(0f5eb28f-6722-4cf5-ab0f-b62748c018d4)"), skipping: failed
/// "#;
/// let mut table = PodTable::new();
/// let mut learner = Learner::new();
/// learner.push_chunk(log, &mut table);
/// assert_eq!(learner.learned(), 1);
/// let pod = table.pod("0f5eb28f-6722-4cf5-ab0f-b62748c018d4").unwrap();
/// assert_eq!((pod.name, pod.source), (Some("web-0"), Some(PodSource::KubeletLog)));
/// ```
#[derive(Debug)]
pub struct Learner {
    frames: FrameReader,
    learned: usize,
    /// The user named the log as a source of names.
    is_named: bool,
}

impl Default for Learner {
    fn default() -> Self {
        Self::new()
    }
}

impl Learner {
    /// A learner that has read nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            frames: FrameReader::new(LEARN_LITERALS),
            learned: 0,
            is_named: false,
        }
    }

    /// The same for a log that the user named as a source of names: such a log also names nested pods.
    #[must_use]
    pub fn of_a_named_log() -> Self {
        Self {
            is_named: true,
            ..Self::new()
        }
    }

    /// How many lines taught a name.
    #[must_use]
    pub fn learned(&self) -> usize {
        self.learned
    }

    /// Takes the next bytes of a log, cut anywhere.
    pub fn push_chunk(&mut self, chunk: &[u8], table: &mut PodTable) {
        let (frames, mut pupil) = self.split(table);
        frames.push_chunk(chunk, &mut |frame| pupil.take(frame));
    }

    /// Ends the log: takes the last line, if it had no line end.
    pub fn finish(&mut self, table: &mut PodTable) {
        let (frames, mut pupil) = self.split(table);
        frames.finish(&mut |frame| pupil.take(frame));
    }

    /// Takes one line, without its line end.
    pub fn push_line(&mut self, line: &[u8], table: &mut PodTable) {
        let (frames, mut pupil) = self.split(table);
        frames.push_line(line, &mut |frame| pupil.take(frame));
    }

    /// The reader of the log, and the receiver of its frames.
    fn split<'a>(&'a mut self, table: &'a mut PodTable) -> (&'a mut FrameReader, Pupil<'a>) {
        let pupil = Pupil {
            table,
            learned: &mut self.learned,
            is_default: !self.is_named,
        };
        (&mut self.frames, pupil)
    }
}

/// Learns from the frames of daemons.
struct Pupil<'a> {
    table: &'a mut PodTable,
    learned: &'a mut usize,
    is_default: bool,
}

impl Pupil<'_> {
    fn take(&mut self, frame: &Frame<'_>) {
        // Text after a line break may be quoted; a daemon's message begins with its own words.
        if frame.kind != FrameKind::Indented
            && let Source::Daemon(daemon) = frame.author.source
            && learn_from(self.table, daemon, &frame.message, self.is_default)
        {
            *self.learned = self.learned.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oomparse_core::PodLookup;
    use std::format;
    use std::string::String;

    const UID: &str = "0f5eb28f-6722-4cf5-ab0f-b62748c018d4";

    fn klog() -> String {
        format!(
            "E1211 17:29:21.519957   10264 pod_workers.go:191] Error syncing pod {UID} \
             (\"web-0_default({UID})\"), skipping: failed"
        )
    }

    fn taught(log: &str) -> Option<String> {
        let mut whole = PodTable::new();
        let mut learner = Learner::new();
        learner.push_chunk(log.as_bytes(), &mut whole);
        learner.finish(&mut whole);
        let name = |table: &mut PodTable| Some(table.pod(UID)?.name?.into());
        let found = name(&mut whole);
        for size in [1, 7, 64] {
            let mut table = PodTable::new();
            let mut learner = Learner::new();
            for chunk in log.as_bytes().chunks(size) {
                learner.push_chunk(chunk, &mut table);
            }
            learner.finish(&mut table);
            assert_eq!(name(&mut table), found, "in chunks of {size}: {log}");
        }
        found
    }

    #[test]
    fn frames_that_name_the_daemon_teach() {
        let klog = klog();
        let json = klog.replace('"', "\\\"");
        for log in [
            format!("x\nDec 11 17:29:21 node-7 kubelet[10264]: {klog}\ny\n"),
            format!("Dec 11 17:29:21 node-7 kubelet: {klog}"),
            format!("2023-01-05T02:12:02.123+08:00 node-7 kubelet[1]: {klog}\n"),
            format!("<30>1 2023-01-05T02:12:02+08:00 node-7 kubelet 812 - - {klog}\n"),
            format!("[ 1234.567890] node-7 kubelet[812]: {klog}\n"),
            format!(
                "{{\"__CURSOR\":\"x\",\"_TRANSPORT\":\"stdout\",\"SYSLOG_FACILITY\":\"3\",\"SYSLOG_IDENTIFIER\":\"kubelet\",\"_SYSTEMD_UNIT\":\"kubelet.service\",\"MESSAGE\":\"{json}\"}}\n"
            ),
            format!(
                "__CURSOR=x\n_TRANSPORT=stdout\nSYSLOG_IDENTIFIER=kubelet\nMESSAGE={klog}\n_SYSTEMD_UNIT=kubelet.service\n\n"
            ),
        ] {
            assert_eq!(taught(&log).as_deref(), Some("web-0"), "{log}");
        }
    }

    #[test]
    fn frames_of_others_teach_nothing() {
        let klog = klog();
        let json = klog.replace('"', "\\\"");
        for log in [
            format!("{klog}\n"),
            format!("Dec 11 17:29:21 node-7 my-app[10264]: {klog}\n"),
            format!("Dec 11 17:29:21 node-7 kernel: kubelet[1]: {klog}\n"),
            format!(
                "Dec 11 17:29:21 node-7 app[12]: first\n\n{:28}Dec 11 17:29:21 node-7 kubelet[1]: {klog}\n",
                ""
            ),
            format!(
                "{{\"labels\":{{\"container\":\"a\"}},\"ident\":\"kubelet\",\"line\":\"{json}\"}}\n"
            ),
            format!("Dec 11 17:29:21 node-7 my-app[10264]: kubelet[1]: {klog}\n"),
            format!("[12.345678] {klog}\n"),
            format!("2024-01-01T00:00:00.000000000Z stdout F {klog}\n"),
            format!("{{\"log\":\"{json}\",\"stream\":\"stdout\",\"tag\":\"kubelet\"}}\n"),
            format!(
                "{{\"_TRANSPORT\":\"syslog\",\"SYSLOG_FACILITY\":\"3\",\"SYSLOG_IDENTIFIER\":\"kubelet\",\"MESSAGE\":\"{json}\",\"_SYSTEMD_UNIT\":\"cri-containerd-a2172e8d1101.scope\"}}\n"
            ),
            format!(
                "__CURSOR=x\n_TRANSPORT=syslog\nSYSLOG_IDENTIFIER=kubelet\nMESSAGE={klog}\n_SYSTEMD_CGROUP=/kubepods/burstable/podx/y\n\n"
            ),
        ] {
            assert_eq!(taught(&log), None, "{log}");
        }
    }
}
