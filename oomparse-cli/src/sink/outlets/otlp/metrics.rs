//! The figures of `/metrics` as OTLP metrics.

use crate::metrics::Metrics;
use crate::sink::otlp::{attribute, scope};
use crate::sink::outlets::figures::Source;
use serde_json::{Map, Value, json};

type Labels = Vec<(&'static str, String)>;

/// The name of one of our labels in the semantic conventions.
fn convention(label: &'static str) -> &'static str {
    match label {
        "namespace" => "k8s.namespace.name",
        "pod" => "k8s.pod.name",
        "container" => "k8s.container.name",
        other => other,
    }
}

/// The export request, at this time.
pub(super) fn request(source: &Source, now: i128) -> Value {
    let figures = Figures {
        begun: source.begun_unix_nanos().to_string(),
        now: now.to_string(),
    };
    let metrics = source.lock().clone();
    let mut all = Vec::new();
    let kills: Vec<Value> = metrics
        .kills()
        .map(|(labels, count, _)| figures.counted(labels, count))
        .collect();
    if !kills.is_empty() {
        let help = "Processes killed by the OOM killer.";
        all.push(sum("oomparse_oom_kills_total", help, kills));
    }
    for (name, help, value) in metrics.unlabelled() {
        all.push(sum(name, help, vec![figures.counted(Vec::new(), value)]));
    }
    for (name, counts) in source.outlets() {
        for (code, count) in counts.errors() {
            let labels = vec![("outlet", (*name).to_owned()), ("code", code)];
            let help = "Attempts that came to nothing.";
            let points = vec![figures.counted(labels, count)];
            all.push(sum("oomparse_outlet_errors_total", help, points));
        }
    }
    all.extend(gauges(&figures, &metrics));
    let host: Vec<Value> = source
        .host()
        .map(|host| attribute("host.name", &Value::from(host)))
        .into_iter()
        .collect();
    json!({"resourceMetrics": [{
        "resource": {"attributes": host},
        "scopeMetrics": [{"scope": scope(), "metrics": all}],
    }]})
}

/// What containers had at their last kills.
fn gauges(figures: &Figures, metrics: &Metrics) -> Vec<Value> {
    let mut all = Vec::new();
    let (mut limits, mut usages, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for (labels, last) in metrics.containers() {
        let whole = |value: u64| json!({"asInt": value.to_string()});
        limits.extend(
            last.limit_bytes
                .map(|at| figures.point(labels.clone(), whole(at))),
        );
        usages.extend(
            last.usage_bytes
                .map(|at| figures.point(labels.clone(), whole(at))),
        );
        let at = json!({"asDouble": last.at.as_secs_f64()});
        times.push(figures.point(labels, at));
    }
    let of_last = "at the container's last kill";
    for (name, unit, points) in [
        ("container_limit", "By", limits),
        ("container_usage", "By", usages),
        ("container_last_kill_timestamp", "s", times),
    ] {
        if !points.is_empty() {
            all.push(json!({
                "name": format!("oomparse.{name}"), "description": of_last, "unit": unit,
                "gauge": {"dataPoints": points},
            }));
        }
    }
    all
}

struct Figures {
    begun: String,
    now: String,
}

impl Figures {
    fn counted(&self, labels: Labels, count: u64) -> Value {
        let mut point = self.point(labels, json!({"asInt": count.to_string()}));
        point["startTimeUnixNano"] = Value::from(self.begun.as_str());
        point
    }

    fn point(&self, labels: Labels, value: Value) -> Value {
        let attributes: Vec<Value> = labels
            .iter()
            .map(|(label, value)| attribute(convention(label), &Value::from(value.as_str())))
            .collect();
        let mut point: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
        point.insert("timeUnixNano".to_owned(), Value::from(self.now.as_str()));
        point.insert("attributes".to_owned(), Value::from(attributes));
        Value::from(point)
    }
}

/// A counter since the start.
fn sum(name: &str, help: &str, points: Vec<Value>) -> Value {
    let name = name.strip_suffix("_total").unwrap_or(name);
    json!({
        "name": name.replacen("oomparse_", "oomparse.", 1), "description": help, "unit": "1",
        "sum": {"dataPoints": points, "aggregationTemporality": 2, "isMonotonic": true},
    })
}
