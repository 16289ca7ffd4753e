//! A real Prometheus beside the agent, and the dashboard's queries in it.

use super::{Place, free_address, listens, start_collector, until};
use crate::deploy;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// What kube-state-metrics would say: Kubernetes knows of the kills in one of the two pods.
const STATE: &str = "# TYPE kube_pod_container_status_last_terminated_reason gauge\n\
    kube_pod_container_status_last_terminated_reason{namespace=\"shop\",pod=\"web-0\",container=\"app\",reason=\"OOMKilled\"} 1\n";

/// Every panel shows something.
pub(super) fn dashboard(collector: &Path, place: &Place) -> Result<(), String> {
    let (_collector, url) = start_collector(collector, place)?;
    let (address, state, own) = (free_address()?, free_address()?, free_address()?);
    let agent = place.agent(&["--listen", &address, "--otlp", &url])?;
    place.all_events()?;
    check_metrics(&get(&address, "/metrics")?)?;
    answer(&state)?;
    place.write(
        "prometheus.yml",
        &format!(
            "scrape_configs:\n- {{job_name: oomparse, scrape_interval: 1s, scrape_timeout: 1s, honor_labels: true, \
             static_configs: [{{targets: ['{address}']}}]}}\n- {{job_name: state, scrape_interval: 1s, \
             scrape_timeout: 1s, honor_labels: true, static_configs: [{{targets: ['{state}']}}]}}\n"
        ),
    )?;
    let mut prometheus = Command::new("prometheus");
    prometheus
        .arg(format!("--config.file={}", place.path("prometheus.yml")))
        .arg(format!("--storage.tsdb.path={}", place.path("tsdb")))
        .arg(format!("--web.listen-address={own}"));
    let _prometheus = place.start("prometheus", &mut prometheus)?;
    listens(&own)?;
    let queries = deploy::dashboard_queries()?;
    for query in &queries {
        until(&format!("an answer to {query}"), || {
            ask(&own, query).is_ok_and(|series| !series.is_empty())
        })?;
    }
    silent(&own, &queries)?;
    println!("    {} queries, none of them empty", queries.len());
    agent.end()
}

/// The panel of silent kills shows the pod of which Kubernetes knows nothing, alone of the two.
fn silent(prometheus: &str, queries: &[String]) -> Result<(), String> {
    let of_kubernetes = |query: &&String| query.contains("kube_pod_container_status");
    let query = queries.iter().find(of_kubernetes);
    let query = query.ok_or("no query asks kube-state-metrics")?;
    until("silent kills of one pod", || {
        ask(prometheus, query).is_ok_and(|series| {
            let pods = series.iter().map(|it| &it["metric"]["pod"]);
            pods.eq(["worker-1"])
        })
    })
}

fn ask(prometheus: &str, query: &str) -> Result<Vec<Value>, String> {
    let coded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answer = get(prometheus, &format!("/api/v1/query?query={coded}"))?;
    let answer: Value = serde_json::from_str(&answer).map_err(|e| e.to_string())?;
    let series = answer["data"]["result"].as_array().cloned();
    series.ok_or_else(|| format!("{query}: {answer}"))
}

fn get(address: &str, path: &str) -> Result<String, String> {
    listens(address)?;
    let failed = |e: std::io::Error| format!("{address}: {e}");
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut text = String::new();
    stream.read_to_string(&mut text).map_err(failed)?;
    let (_, body) = text
        .split_once("\r\n\r\n")
        .ok_or("an answer without a body")?;
    Ok(body.to_owned())
}

fn check_metrics(metrics: &str) -> Result<(), String> {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped());
    let mut child = promtool.spawn().map_err(|e| format!("promtool: {e}"))?;
    let mut input = child.stdin.take().ok_or("promtool: no input")?;
    let written = input.write_all(metrics.as_bytes());
    written.map_err(|e| format!("promtool: {e}"))?;
    drop(input);
    match child.wait().map_err(|e| e.to_string())?.success() {
        true => Ok(()),
        false => Err(format!("promtool check metrics:\n{metrics}")),
    }
}

/// Answers every request with kube-state-metrics' series, as long as this program runs.
fn answer(address: &str) -> Result<(), String> {
    let listener = TcpListener::bind(address).map_err(|e| format!("{address}: {e}"))?;
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n";
            let _ = stream.write_all((head.to_owned() + STATE).as_bytes());
        }
    });
    Ok(())
}
