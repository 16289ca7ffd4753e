//! The configurations of the native filter: as a processor of an input and of an output, and with a separate tag
//! and counter for kills.

use super::super::host::Host;
use super::super::input::Input;
use super::super::running::{Running, of, uid};
use super::copy;
use serde_json::Value;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Where `routing.yaml` shows its metrics.
const METRICS: &str = "127.0.0.1:2021";

/// How long the metrics may take to show all kills.
const PATIENCE: Duration = Duration::from_secs(30);

/// Each file with a storm of bare kills and with reports: every record once, every kill.
pub(super) fn run(host: &Host) -> Result<(), String> {
    println!(
        "\n| native filter | log | records in | records out | kills | events | with the right pod |\n\
         |---|---|---|---|---|---|---|"
    );
    let inputs = [
        Input::storm(&host.dir, 1_000)?,
        Input::mixed(&host.dir, 20_000)?,
    ];
    for name in [
        "native/kmsg.yaml",
        "native/output.yaml",
        "native/routing.yaml",
    ] {
        for input in &inputs {
            one(host, input, name).map_err(|error| format!("{name}, {}: {error}", input.name))?;
        }
    }
    Ok(())
}

fn one(host: &Host, input: &Input, name: &str) -> Result<(), String> {
    // A copy: other trials do not see what is appended to it.
    let path = host.dir.join("native.log");
    fs::copy(&input.path, &path).map_err(|error| format!("{}: {error}", path.display()))?;
    let routes = name.contains("routing");
    let config = copy(host, name, &changes(host, &path, name))?;
    let mut running = Running::start(host, &config)?;
    // Where kills have a tag of their own nothing else is printed.
    let alone = if name.contains("output") {
        0
    } else {
        input.kills.len()
    };
    let enough = if routes {
        alone
    } else {
        usize::try_from(input.lines).unwrap_or(0) + alone
    };
    let records = running.records(|records| records.len() >= enough)?;
    if records.len() != enough {
        return Err(format!("{} records, not {enough}", records.len()));
    }
    let events: Vec<Value> = records
        .iter()
        .filter_map(|record| record.get("oom"))
        .cloned()
        .collect();
    let right = right_pods(input, &events)?;
    println!(
        "| {name} | {} | {} | {} | {} | {} | {right} |",
        input.name,
        input.lines,
        records.len(),
        input.kills.len(),
        events.len()
    );
    if routes {
        counted(input.kills.len(), &path)?;
    }
    Ok(())
}

/// What the trial changes in a configuration that we ship: where the log and the pods' logs are.
fn changes(host: &Host, log: &Path, name: &str) -> Vec<(&'static str, String)> {
    let log = log.display();
    let mut changes = vec![(
        "/var/log/pods,/var/log/containers",
        host.pods().display().to_string(),
    )];
    if name.contains("kmsg") {
        let tail = format!(
            "name: tail\n      path: {log}\n      read_from_head: true\n      buffer_max_size: 4M"
        );
        changes.push(("name: kmsg", tail));
    } else {
        changes.push(("path: /var/log/kern.log", format!("path: {log}")));
        changes.push(("skip_long_lines: true", "buffer_max_size: 4M".to_owned()));
    }
    if name.contains("routing") {
        changes.push(("counts_every: 60", "counts_every: 1".to_owned()));
    }
    changes
}

/// How many kills have their pod.
///
/// # Errors
/// A kill without an event or with another pod, and an event without a kill.
fn right_pods(input: &Input, events: &[Value]) -> Result<usize, String> {
    let mut right = 0;
    for kill in input.kills.values() {
        let event = of(events, kill.pid).ok_or_else(|| format!("no event of {kill:?}"))?;
        match (uid(event), kill.uid.as_deref()) {
            (None, None) => {}
            (found, is) if found == is => right += 1,
            (found, _) => return Err(format!("{kill:?} has the pod {found:?}")),
        }
    }
    match (events.len(), input.kills.len()) {
        (events, kills) if events == kills => Ok(right),
        (events, kills) => Err(format!("{events} events for {kills} kills")),
    }
}

/// Waits until the counter shows all kills, and the filter's own count of late events is there.
fn counted(kills: usize, log: &Path) -> Result<(), String> {
    let trouble = |error: std::io::Error| format!("{}: {error}", log.display());
    let mut log_file = fs::OpenOptions::new()
        .append(true)
        .open(log)
        .map_err(trouble)?;
    let started = Instant::now();
    loop {
        let metrics = metrics().unwrap_or_default();
        let found = sum(&metrics, "kills_total");
        let late = sum(&metrics, "late_events");
        if found == Some(kills as f64) && late == Some(0.0) {
            println!("    its counter: {kills} kills; late events as a metric: 0");
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(format!(
                "the counter shows {found:?} kills of {kills}, {late:?} late:\n{metrics}"
            ));
        }
        // The counts come after the records of a chunk.
        writeln!(log_file, "Jan  5 02:20:00 node-7 app[7]: x").map_err(trouble)?;
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn metrics() -> std::io::Result<String> {
    let mut stream = TcpStream::connect(METRICS)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /metrics HTTP/1.0\r\nHost: {METRICS}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The values of a metric added up; `None` if it is not there.
fn sum(metrics: &str, name: &str) -> Option<f64> {
    let values = metrics.lines().filter_map(|line| {
        let (metric, value) = line.rsplit_once(' ')?;
        let is = metric.split('{').next()?.ends_with(name);
        (is && !line.starts_with('#')).then(|| value.parse::<f64>().ok())?
    });
    values.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
}

#[cfg(test)]
mod tests {
    use super::sum;

    #[test]
    fn a_metrics_values_are_added_up() {
        let text =
            "# TYPE a_kills_total counter\na_kills_total{n=\"x y\"} 3\na_kills_total 4\nb 9\n";
        assert_eq!(sum(text, "kills_total"), Some(7.0));
        assert_eq!(sum(text, "late_events"), None);
    }
}
