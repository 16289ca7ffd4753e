//! The contents of `/metrics` and `/healthz`: the counters of `watch`, of its outputs and of the process.

use super::outlet::Counts;
use crate::metrics::{Exemplar, Metrics};
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::CounterWithExemplar;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The loop of `watch` runs at least every five seconds.
const ALIVE: Duration = Duration::from_secs(60);

type Labels = Vec<(&'static str, String)>;

/// A gauge of seconds or bytes with a fraction.
type Fraction = Gauge<f64, AtomicU64>;

/// The format of the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    OpenMetrics,
    Prometheus,
}

impl Form {
    /// OpenMetrics for clients that accept it, as Prometheus does.
    pub(super) fn accepted<'a>(mut accept: impl Iterator<Item = Cow<'a, str>>) -> Self {
        if accept.any(|accept| accept.contains("application/openmetrics-text")) {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// The sources of the figures.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    metrics: Arc<Mutex<Metrics>>,
    outlets: Vec<(&'static str, Arc<Counts>)>,
    begun: Instant,
    #[cfg(feature = "agent")]
    begun_unix_nanos: i128,
    #[cfg(feature = "agent")]
    host: Option<String>,
    /// Milliseconds from then to the last run of the loop.
    turned: Arc<AtomicU64>,
}

impl Default for Source {
    fn default() -> Self {
        Self::new(Metrics::default(), None)
    }
}

impl Source {
    /// The figures of this machine, with its name if it is known.
    pub(crate) fn new(
        metrics: Metrics,
        #[cfg_attr(not(feature = "agent"), expect(unused_variables))] host: Option<&str>,
    ) -> Self {
        Self {
            metrics: Arc::new(Mutex::new(metrics)),
            outlets: Vec::new(),
            begun: Instant::now(),
            #[cfg(feature = "agent")]
            begun_unix_nanos: crate::unix_time::now(),
            #[cfg(feature = "agent")]
            host: host.map(str::to_owned),
            turned: Arc::default(),
        }
    }

    pub(super) fn add(&mut self, name: &'static str, counts: &Arc<Counts>) {
        self.outlets.push((name, Arc::clone(counts)));
    }

    /// When counting began, for OTLP.
    #[cfg(feature = "agent")]
    pub(super) fn begun_unix_nanos(&self) -> i128 {
        self.begun_unix_nanos
    }

    #[cfg(feature = "agent")]
    pub(super) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    #[cfg(feature = "agent")]
    pub(super) fn outlets(&self) -> &[(&'static str, Arc<Counts>)] {
        &self.outlets
    }

    /// The counters; the lock is held only briefly.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Metrics> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the loop has run.
    pub(crate) fn turn(&self) {
        let millis = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.turned.store(millis, Ordering::Relaxed);
    }

    pub(super) fn health(&self) -> Result<(), String> {
        let turned = Duration::from_millis(self.turned.load(Ordering::Relaxed));
        let still = self.begun.elapsed().saturating_sub(turned);
        if still < ALIVE {
            return Ok(());
        }
        Err(format!("nothing was read for {} s\n", still.as_secs()))
    }

    pub(super) fn metrics(&self, form: Form) -> String {
        // Copied under the lock, written without it.
        let metrics = self.lock().clone();
        let mut registry = Registry::default();
        of_kills(&mut registry, &metrics);
        of_containers(&mut registry, &metrics);
        of_outlets(&mut registry, &self.outlets);
        of_process(&mut registry);
        let mut out = String::new();
        // Writing into a string cannot fail.
        let _ = match form {
            Form::OpenMetrics => text::encode(&mut out, &registry),
            Form::Prometheus => prometheus_text::encode(&mut out, &registry),
        };
        out
    }
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let counter: Counter = Counter::default();
    counter.inc_by(value);
    // Both writers add the end themselves.
    let name = name.strip_suffix("_total").unwrap_or(name);
    registry.register(name, help.trim_end_matches('.'), counter);
}

fn of_kills(registry: &mut Registry, metrics: &Metrics) {
    let kills: Family<Labels, CounterWithExemplar<Labels>> = Family::default();
    for (labels, count, exemplar) in metrics.kills() {
        let counter = kills.get_or_create_owned(&labels);
        match exemplar {
            // This event was the last one.
            Some(Exemplar { id, at }) => {
                counter.inc_by(count.saturating_sub(1), None, None);
                counter.inc_by(1, Some(vec![("event_id", id.clone())]), *at);
            }
            None => {
                counter.inc_by(count, None, None);
            }
        }
    }
    let help = "Processes killed by the OOM killer";
    registry.register("oomparse_oom_kills", help, kills);
    for (name, help, value) in metrics.unlabelled() {
        counter(registry, name, help, value);
    }
    let known: Gauge = Gauge::default();
    known.set(i64::try_from(metrics.pods()).unwrap_or(i64::MAX));
    registry.register("oomparse_pods_known", "Pods whose names are known", known);
    if let Some(lag) = metrics.lag() {
        let gauge = Fraction::default();
        gauge.set(lag.as_secs_f64());
        let help = "Seconds from the kernel's line of the last event to the event";
        registry.register("oomparse_lag_seconds", help, gauge);
    }
}

fn of_containers(registry: &mut Registry, metrics: &Metrics) {
    let limits: Family<Labels, Gauge> = Family::default();
    let usages: Family<Labels, Gauge> = Family::default();
    let times: Family<Labels, Fraction> = Family::default();
    for (labels, last) in metrics.containers() {
        let bytes = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        if let Some(limit) = last.limit_bytes {
            limits.get_or_create_owned(&labels).set(bytes(limit));
        }
        if let Some(usage) = last.usage_bytes {
            usages.get_or_create_owned(&labels).set(bytes(usage));
        }
        times
            .get_or_create_owned(&labels)
            .set(last.at.as_secs_f64());
    }
    registry.register(
        "oomparse_container_limit_bytes",
        "The memory limit that the container's last kill was at",
        limits,
    );
    registry.register(
        "oomparse_container_usage_bytes",
        "What was used of that limit at the container's last kill",
        usages,
    );
    registry.register(
        "oomparse_container_last_kill_timestamp_seconds",
        "When a process of the container was last killed, in seconds since 1970",
        times,
    );
}

fn of_outlets(registry: &mut Registry, outlets: &[(&'static str, Arc<Counts>)]) {
    if outlets.is_empty() {
        return;
    }
    let events: Family<Labels, Counter> = Family::default();
    let errors: Family<Labels, Counter> = Family::default();
    let waiting: Family<Labels, Gauge> = Family::default();
    for (name, counts) in outlets {
        let labels = |key, value: &str| vec![("outlet", (*name).to_owned()), (key, value.into())];
        for (outcome, count) in [
            ("sent", &counts.sent),
            ("dropped", &counts.dropped),
            ("failed", &counts.failed),
        ] {
            let counter = events.get_or_create_owned(&labels("outcome", outcome));
            counter.inc_by(count.load(Ordering::Relaxed));
        }
        for (code, count) in counts.errors() {
            errors
                .get_or_create_owned(&labels("code", &code))
                .inc_by(count);
        }
        let gauge = waiting.get_or_create_owned(&vec![("outlet", (*name).to_owned())]);
        let count = counts.waiting.load(Ordering::Relaxed);
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    registry.register(
        "oomparse_outlet_events",
        "Events by what became of them: sent, dropped at a full queue, failed for good",
        events,
    );
    registry.register(
        "oomparse_outlet_errors",
        "Attempts that came to nothing, by the status or what happened; they are made again where that helps",
        errors,
    );
    registry.register(
        "oomparse_outlet_queue_length",
        "Events that wait to be sent",
        waiting,
    );
}

fn of_process(registry: &mut Registry) {
    let labels: Labels = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    registry.register("oomparse_build", "This program", Info::new(labels));
    if let Some(bytes) = resident_bytes() {
        let gauge: Gauge = Gauge::default();
        gauge.set(bytes);
        let help = "Resident memory size in bytes";
        registry.register("process_resident_memory_bytes", help, gauge);
    }
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    let counter: Counter<f64, AtomicU64> = Counter::default();
    counter.inc_by(Duration::new(seconds, nanos).as_secs_f64());
    let help = "Total user and system CPU time spent in seconds";
    registry.register("process_cpu_seconds", help, counter);
}

fn resident_bytes() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}
