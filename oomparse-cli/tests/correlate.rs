//! `oomparse correlate`: what belongs to one death.

mod support;

use serde_json::{Value, json};
use support::{events, run_with, stderr, stdout};

const ID: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";
const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";

/// An entry of the journal, so many microseconds after it begins.
fn entry(at: u64, fields: Value, message: &str) -> String {
    let mut entry = json!({
        "__REALTIME_TIMESTAMP": (1_767_579_122_000_000 + at).to_string(), "_HOSTNAME": "n1",
        "_BOOT_ID": "4d0a8f6c0e1b4f0f9a53cf3d3a8e4b11", "MESSAGE": message,
    });
    for (key, value) in fields.as_object().unwrap() {
        entry[key] = value.clone();
    }
    entry.to_string() + "\n"
}

fn kernel(at: u64, message: &str) -> String {
    let fields = json!({
        "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "SYSLOG_IDENTIFIER": "kernel",
        "_SOURCE_MONOTONIC_TIMESTAMP": (9_000_000 + at).to_string(),
    });
    entry(at, fields, message)
}

fn earlyoom(at: u64, message: &str) -> String {
    let fields = json!({
        "_TRANSPORT": "stdout", "_SYSTEMD_UNIT": "earlyoom.service", "_COMM": "earlyoom", "_PID": "600",
        "SYSLOG_IDENTIFIER": "earlyoom",
    });
    entry(at, fields, message)
}

fn report(at: u64, pid: u32) -> String {
    let path = format!("/kubepods/burstable/pod{UID}/{ID}");
    kernel(
        at,
        &format!(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={path},task_memcg={path},task=java,pid={pid},uid=0"
        ),
    ) + &kernel(
        at + 100,
        &format!(
            "Memory cgroup out of memory: Killed process {pid} (java) total-vm:18896kB, anon-rss:16456kB, file-rss:516kB, shmem-rss:4kB, UID:0 pgtables:56kB oom_score_adj:968"
        ),
    )
}

/// Two kills of one container, of which the first is nothing that Kubernetes could have seen, and one that two
/// killers report.
fn log() -> String {
    report(0, 77)
        + &earlyoom(
            900_000,
            "sending SIGTERM to process 77 uid 0 \"java\": badness 968, VmRSS 16 MiB",
        )
        + &report(20_000_000, 78)
}

#[test]
fn two_killers_and_one_death() {
    let output = run_with(&["correlate", "--format", "json", "-"], log());
    let incidents = events(&output);
    assert_eq!(incidents.len(), 2, "{incidents:?}");
    let first = &incidents[0];
    assert_eq!(first["schema"], "oomparse.incident/1");
    assert_eq!(
        (&first["killer"], &first["host"]),
        (&json!("kernel"), &json!("n1"))
    );
    assert_eq!(first["victims"][0]["pid"], 77);
    assert_eq!(first["pod"]["uid"], UID);
    assert_eq!(first["kubernetes"], "silent");
    assert_eq!(first["testimonies"].as_array().unwrap().len(), 2);
    assert_eq!(first["testimonies"][1]["joined_by"], "process");
    assert_eq!(incidents[1]["kubernetes"], "unknown");
    // As a flag of `scan`, with the same sources.
    let args = [
        "scan",
        "--correlate",
        "--sources",
        "all",
        "--format",
        "json",
        "-",
    ];
    assert_eq!(events(&run_with(&args, log())), incidents);
    // Of the kernel alone.
    let alone = run_with(
        &["correlate", "--sources", "kernel", "--format", "json", "-"],
        log(),
    );
    assert_eq!(
        events(&alone)[0]["testimonies"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_person_reads_first_what_kubernetes_never_reported() {
    let output = run_with(&["correlate", "--format", "report", "-"], log());
    let text = stdout(&output);
    assert!(
        text.starts_with("Kubernetes never reported 1 kill:\n"),
        "{text}"
    );
    assert!(
        text.contains("earlyoom killed java 77 (the same process)"),
        "{text}"
    );
    assert!(text.ends_with("2 incidents.\n"), "{text}");
    let output = run_with(&["correlate", "--format", "table", "-"], log());
    let table = stdout(&output);
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.lines().nth(1).unwrap().contains("silent"), "{table}");
    let output = run_with(&["correlate", "--format", "markdown", "-"], log());
    let tickets = stdout(&output);
    let tickets: Vec<&str> = tickets.split("\n---\n\n").collect();
    assert_eq!(tickets.len(), 2, "{tickets:?}");
    assert!(
        tickets
            .iter()
            .any(|text| text.contains("| earlyoom | killed java 77 (the same process) |")),
        "{tickets:?}"
    );
}

#[test]
fn what_is_no_form_of_incidents_is_refused() {
    let output = run_with(&["correlate", "--format", "otlp", "-"], log());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`json`, `markdown`, `table` or `report`"));
    let output = run_with(&["correlate", "-"], "nothing here\n");
    assert_eq!(output.status.code(), Some(1));
}

/// A day of a node, written by the side that causes it: 40 deaths of every kind, a clock that is set back at noon,
/// a kubelet that starts anew twice and reports old kills, workloads that quote the kernel.
#[test]
fn a_nodes_day_has_its_forty_deaths_with_each_voice_in_its_place() {
    let day = support::root().join("corpus/days/node-7");
    let path = |name: &str| day.join(name).to_string_lossy().into_owned();
    let truth = std::fs::read(day.join("truth.json")).unwrap();
    let truth: Vec<Value> = serde_json::from_slice(&truth).unwrap();
    assert_eq!(truth.len(), 40);
    let files = ["journal.ndjson", "events.json", "pods.json"];
    // In any order.
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let mut args = vec![
            "correlate".to_owned(),
            "--format".to_owned(),
            "json".to_owned(),
        ];
        args.extend(order.map(|at| path(files[at])));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let incidents = events(&support::run(&args));
        let mut found: Vec<Value> = incidents.iter().map(summary).collect();
        for expected in &truth {
            let expected = json!([
                expected["victims"],
                expected["killer"],
                expected["kubernetes"],
                expected["voices"],
                expected.get("pod").unwrap_or(&Value::Null),
            ]);
            let at = found.iter().position(|found| *found == expected);
            let at = at.unwrap_or_else(|| panic!("no incident is {expected}: {found:#?}"));
            found.remove(at);
        }
        assert!(found.is_empty(), "too many: {found:#?}");
        // What the status names is named everywhere.
        let silent: Vec<&Value> = incidents
            .iter()
            .filter(|it| it["kubernetes"] == "silent")
            .collect();
        let named = silent
            .iter()
            .filter(|it| it["pod"]["namespace"] == "jobs" && it["container"]["name"] == "app");
        assert_eq!((silent.len(), named.count()), (3, 3));
    }
}

/// Victims, killer, what Kubernetes knew, proven voices, the pod.
fn summary(incident: &Value) -> Value {
    let list = |key: &str| incident[key].as_array().unwrap().iter();
    let mut victims: Vec<u64> = list("victims")
        .map(|it| it["pid"].as_u64().unwrap())
        .collect();
    let proven = list("testimonies").filter(|it| it["proof"] == true);
    let mut voices: Vec<&str> = proven
        .map(|it| it.get("reporter").unwrap_or(&it["type"]).as_str().unwrap())
        .collect();
    victims.sort_unstable();
    voices.sort_unstable();
    json!([
        victims,
        incident["killer"],
        incident["kubernetes"],
        voices,
        incident["pod"]["uid"]
    ])
}
