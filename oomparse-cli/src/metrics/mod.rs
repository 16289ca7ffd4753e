//! The counters: for `--textfile PATH`, which node_exporter's textfile collector reads, and for `--listen`.
//!
//! The file, if there is one, is also the storage: a restart reads the counters back. So that an event that is
//! emitted twice is counted once, a comment in the file lists the events that were counted last.

mod containers;

pub(crate) use containers::LastKill;

use crate::replace::{Lasting, replace};
use crate::unix_time;
use containers::Containers;
use oomparse_core::{EventType, OomEvent};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Series of one metric; further kills count for a pod called `_other`, a name that no pod can have.
const MAX_SERIES: usize = 1000;

/// How many counted events are remembered.
const MAX_COUNTED: usize = 256;

const KILLS: &str = "oomparse_oom_kills_total";
const OTHER: &str = "_other";
const COUNTED: &str = "# oomparse counted: ";

/// Name and help of the counters without labels, in the order of [`Metrics::unlabelled`].
const UNLABELLED: [(&str, &str); 4] = [
    (
        "oomparse_oom_runs_without_victim_total",
        "Times the OOM killer ran and killed nobody.",
    ),
    (
        "oomparse_oom_reports_suppressed_total",
        "Reports that the kernel's rate limit swallowed.",
    ),
    (
        "oomparse_records_lost_total",
        "Kernel records that were overwritten before they were read.",
    ),
    (
        "oomparse_log_gaps_total",
        "Times the followed file was truncated or replaced, so that lines may be missing.",
    ),
];

/// The same for what others than the kernel did; present only once one was counted.
const OTHERS: [(&str, &str); 2] = [
    (
        "oomparse_userspace_kills_total",
        "Kills by another killer than the kernel.",
    ),
    (
        "oomparse_evictions_total",
        "Pods that the kubelet ended because the node was short of memory.",
    ),
];

/// namespace, pod, container, scope.
type Labels = [String; 4];

/// The last event that a counter counted.
#[derive(Clone, Debug)]
pub(crate) struct Exemplar {
    pub(crate) id: String,
    pub(crate) at: Option<SystemTime>,
}

/// The counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    path: Option<PathBuf>,
    exemplars: BTreeMap<Labels, Exemplar>,
    containers: Containers,
    /// From the kernel's line of the last event to the event.
    lag: Option<Duration>,
    kills: BTreeMap<Labels, u64>,
    unlabelled: [u64; 4],
    others: [u64; 2],
    pods: usize,
    counted: VecDeque<String>,
    written: String,
}

impl Metrics {
    /// Reads back the counters of an earlier run.
    ///
    /// # Errors If the file exists and cannot be read.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut metrics = Self {
            path: Some(path.to_owned()),
            ..Self::default()
        };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        for line in text.lines() {
            metrics.take_back(line);
        }
        Ok(metrics)
    }

    fn take_back(&mut self, line: &str) -> Option<()> {
        if let Some(ids) = line.strip_prefix(COUNTED) {
            self.counted = ids.split(' ').map(str::to_owned).collect();
            return None;
        }
        let (series, value) = line.rsplit_once(' ')?;
        let value = value.parse::<u64>().ok()?;
        if let Some(at) = UNLABELLED.iter().position(|(name, _)| *name == series) {
            *self.unlabelled.get_mut(at)? = value;
        }
        if let Some(at) = OTHERS.iter().position(|(name, _)| *name == series) {
            *self.others.get_mut(at)? = value;
        }
        let labels = series.strip_prefix(KILLS)?.strip_prefix('{')?;
        let mut fields = labels.strip_suffix('}')?.split(',');
        let mut field = |name: &str| {
            let value = fields.next()?.strip_prefix(name)?.strip_prefix("=\"")?;
            Some(value.strip_suffix('"')?.to_owned())
        };
        let labels = [
            field("namespace")?,
            field("pod")?,
            field("container")?,
            field("scope")?,
        ];
        self.kills.insert(labels, value);
        None
    }

    /// Counts an event, unless it was counted before.
    pub(crate) fn count(&mut self, event: &OomEvent) {
        if let Some(id) = &event.id {
            if self.counted.contains(id) {
                return;
            }
            if self.counted.len() >= MAX_COUNTED {
                self.counted.pop_front();
            }
            self.counted.push_back(id.clone());
        }
        self.add(1, event.suppressed_reports.unwrap_or(0));
        match event.event_type {
            EventType::Kill => self.count_kill(event),
            EventType::NoVictim => self.add(0, 1),
            EventType::UserspaceKill => self.add_other(0),
            EventType::Eviction => self.add_other(1),
            _ => {}
        }
    }

    fn count_kill(&mut self, event: &OomEvent) {
        // Names in the table consist of letters, digits and `-._`: nothing to escape.
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let pod = event.pod.as_ref();
        let container = event.container.as_ref();
        let scope = event.scope.map_or("", oomparse_core::Scope::as_str);
        let labels = [
            text(pod.and_then(|pod| pod.namespace.as_ref())),
            text(pod.and_then(|pod| pod.name.as_ref())),
            text(container.and_then(|container| container.name.as_ref())),
            scope.to_owned(),
        ];
        let labels = if self.kills.contains_key(&labels) || self.kills.len() < MAX_SERIES {
            labels
        } else {
            [OTHER, OTHER, OTHER, scope].map(str::to_owned)
        };
        *self.kills.entry(labels.clone()).or_default() += 1;
        if let Some(id) = event.id.clone() {
            let at = unix_time(event);
            self.exemplars.insert(labels, Exemplar { id, at });
        }
    }

    /// Notes an event as soon as it is complete: how late it came, and the usage of its container.
    pub(crate) fn came(&mut self, event: &OomEvent) {
        let at = unix_time(event);
        if !event.time_estimated {
            self.lag = at.map(|at| at.elapsed().unwrap_or_default()).or(self.lag);
        }
        let at = at.unwrap_or_else(now);
        let since = at.duration_since(SystemTime::UNIX_EPOCH);
        self.containers.note(event, since.unwrap_or_default());
    }

    /// Labels, count, and the last counted event.
    pub(crate) fn kills(
        &self,
    ) -> impl Iterator<Item = (Vec<(&'static str, String)>, u64, Option<&Exemplar>)> {
        self.kills.iter().map(|(labels, count)| {
            let names = ["namespace", "pod", "container", "scope"];
            let pairs = names.into_iter().zip(labels.iter().cloned()).collect();
            (pairs, *count, self.exemplars.get(labels))
        })
    }

    /// Name, help and value of the counters without labels.
    pub(crate) fn unlabelled(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let all = UNLABELLED.iter().zip(self.unlabelled);
        let others = OTHERS.iter().zip(self.others);
        all.chain(others)
            .map(|((name, help), value)| (*name, *help, value))
    }

    /// Labels of a container, and the figures of its last kill.
    pub(crate) fn containers(
        &self,
    ) -> impl Iterator<Item = (Vec<(&'static str, String)>, &LastKill)> {
        self.containers.all()
    }

    pub(crate) fn pods(&self) -> usize {
        self.pods
    }

    pub(crate) fn lag(&self) -> Option<Duration> {
        self.lag
    }

    /// Counts lost records.
    pub(crate) fn lost(&mut self, records: u64) {
        self.add(2, records);
    }

    /// Counts a place where lines may be missing.
    pub(crate) fn gap(&mut self) {
        self.add(3, 1);
    }

    pub(crate) fn set_pods(&mut self, pods: usize) {
        self.pods = pods;
    }

    fn add(&mut self, which: usize, count: u64) {
        if let Some(counter) = self.unlabelled.get_mut(which) {
            *counter = counter.saturating_add(count);
        }
    }

    fn add_other(&mut self, which: usize) {
        if let Some(counter) = self.others.get_mut(which) {
            *counter = counter.saturating_add(1);
        }
    }

    /// Writes the file, if there is one and a figure changed.
    ///
    /// # Errors The file, and why it cannot be written.
    pub(crate) fn save(&mut self) -> Result<(), (PathBuf, io::Error)> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let text = self.to_text();
        if text != self.written {
            replace(path, text.as_bytes(), Lasting::Run).map_err(|error| (path.clone(), error))?;
            self.written = text;
        }
        Ok(())
    }

    /// The exposition format. `write!` into a string cannot fail.
    fn to_text(&self) -> String {
        let mut out = String::new();
        if !self.kills.is_empty() {
            let _ = writeln!(out, "# HELP {KILLS} Processes killed by the OOM killer.");
            let _ = writeln!(out, "# TYPE {KILLS} counter");
        }
        for ([namespace, pod, container, scope], count) in &self.kills {
            let _ = writeln!(
                out,
                "{KILLS}{{namespace=\"{namespace}\",pod=\"{pod}\",container=\"{container}\",scope=\"{scope}\"}} {count}"
            );
        }
        let others = OTHERS
            .iter()
            .zip(self.others)
            .filter(|(_, count)| *count > 0);
        for ((name, help), count) in UNLABELLED.iter().zip(self.unlabelled).chain(others) {
            let _ = writeln!(
                out,
                "# HELP {name} {help}\n# TYPE {name} counter\n{name} {count}"
            );
        }
        let _ = writeln!(
            out,
            "# HELP oomparse_pods_known Pods whose names are known.\n\
             # TYPE oomparse_pods_known gauge\noomparse_pods_known {}",
            self.pods
        );
        if !self.counted.is_empty() {
            let ids: Vec<&str> = self.counted.iter().map(String::as_str).collect();
            let _ = writeln!(out, "{COUNTED}{}", ids.join(" "));
        }
        out
    }
}

/// The event's time on this machine's clock, if the log shows all of it.
fn unix_time(event: &OomEvent) -> Option<SystemTime> {
    at(unix_time::nanos_of(event.time?)?)
}

fn now() -> SystemTime {
    at(unix_time::now()).unwrap_or(SystemTime::UNIX_EPOCH)
}

fn at(unix_nanos: i128) -> Option<SystemTime> {
    let nanos = u64::try_from(unix_nanos).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kill(id: usize, pod: &str) -> OomEvent {
        let log = format!("[{id}.1] Killed process {} (a)\n", id + 1);
        let mut event = oomparse_core::parse_all(log.as_bytes(), &oomparse_core::Options::new())
            .next()
            .unwrap();
        event.pod = Some(Default::default());
        let names = event.pod.as_mut().unwrap();
        names.namespace = Some("default".into());
        names.name = Some(pod.into());
        event
    }

    #[test]
    fn counters_come_back_and_an_event_counts_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("oomparse.prom");
        for round in 0..2 {
            let mut metrics = Metrics::open(&path).unwrap();
            metrics.count(&kill(1, "web-0"));
            metrics.count(&kill(2 + round, "web-0"));
            metrics.lost(3);
            metrics.save().unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("pod=\"web-0\",container=\"\",scope=\"\"} 3\n"),
            "{text}"
        );
        assert!(text.contains("oomparse_records_lost_total 6\n"), "{text}");
    }

    #[test]
    fn testimony_raises_no_counter_of_kills() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("oomparse.prom");
        for _ in 0..2 {
            let mut metrics = Metrics::open(&path).unwrap();
            for event_type in [
                EventType::UserspaceKill,
                EventType::Eviction,
                EventType::Notice,
            ] {
                let mut event = OomEvent::default();
                event.event_type = event_type;
                metrics.count(&event);
            }
            metrics.save().unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(KILLS), "{text}");
        assert!(
            text.contains("\noomparse_userspace_kills_total 2\n"),
            "{text}"
        );
        assert!(text.contains("\noomparse_evictions_total 2\n"), "{text}");
    }

    #[test]
    fn series_are_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let mut metrics = Metrics::open(&dir.path().join("x.prom")).unwrap();
        for id in 0..2 * MAX_SERIES {
            metrics.count(&kill(id, &format!("web-{id}")));
        }
        assert!(metrics.kills.len() <= MAX_SERIES + 4);
        assert_eq!(metrics.kills.values().sum::<u64>(), 2 * MAX_SERIES as u64);
    }
}
