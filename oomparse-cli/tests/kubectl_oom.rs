//! `kubectl oom`, with a kubectl that gives only the answers that a test has set.

use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const GET_EVENTS: &str = "get events --field-selector=reason=OOMKilling --output=json";
const GET_PODS: &str = "get pods --output=json";

struct Cluster(PathBuf);

impl Cluster {
    /// `answers`: what kubectl is asked, word for word, and its answer. Anything else fails.
    fn new(name: &str, answers: &[(String, String)]) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let mut script = "#!/bin/sh\ncase \"$*\" in\n".to_owned();
        for (n, (asked, answer)) in answers.iter().enumerate() {
            fs::write(dir.join(format!("{n}")), answer).unwrap();
            script.push_str(&format!("'{asked}') cat '{}/{n}' ;;\n", dir.display()));
        }
        script.push_str("*) echo \"not asked for: $*\" >&2; exit 1 ;;\nesac\n");
        fs::write(dir.join("kubectl"), script).unwrap();
        let runs = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.join("kubectl"), runs).unwrap();
        symlink(env!("CARGO_BIN_EXE_oomparse"), dir.join("kubectl-oom")).unwrap();
        Self(dir)
    }

    /// Runs the plugin by the name that kubectl knows it by.
    fn oom(&self, args: &[&str]) -> Output {
        Command::new(self.0.join("kubectl-oom"))
            .args(args)
            .env("KUBECTL", self.0.join("kubectl"))
            .output()
            .unwrap()
    }

    fn text(&self, args: &[&str]) -> String {
        let output = self.oom(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn the_event() -> String {
    let path = "/kubepods/burstable/podeb9ef7c3-df91-f119-9af4-7c687b576479/".to_owned()
        + &"83b49ac4".repeat(8);
    let log = format!(
        "[10.1] memory: usage 524288kB, limit 524288kB, failcnt 83\n\
         [10.2] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,\
         oom_memcg={path},task_memcg={path},task=java,pid=714,uid=1000\n\
         [10.3] Memory cgroup out of memory: Killed process 714 (java) total-vm:588896kB, \
         anon-rss:516456kB, file-rss:516kB, shmem-rss:4kB, UID:1000 pgtables:56kB oom_score_adj:936\n"
    );
    let event = oomparse_core::parse_all(log.as_bytes(), &oomparse_core::Options::new())
        .next()
        .unwrap();
    event.to_json()
}

fn event(component: &str, pod: &str, time: &str, annotated: bool) -> Value {
    let mut event = json!({
        "kind": "Event",
        "metadata": {"name": format!("{pod}.1"), "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": pod, "fieldPath": "spec.containers{app}"},
        "reason": "OOMKilling", "message": "java (pid 714) was killed. 511.0 MiB of 512.0 MiB used.", "type": "Warning",
        "reportingComponent": component, "eventTime": time,
    });
    if annotated {
        event["metadata"]["annotations"] = json!({"oomparse/event": the_event()});
    }
    event
}

fn pod(name: &str, finished: &str, reason: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"nodeName": "node-7", "containers": [{"name": "app", "resources": {"limits": {"memory": "512Mi"}}}]},
        "status": {"containerStatuses": [
            {"name": "app", "lastState": {"terminated": {"reason": reason, "exitCode": 137, "finishedAt": finished}}}
        ]},
    })
}

fn list(items: &[Value]) -> String {
    json!({"kind": "List", "items": items}).to_string()
}

/// web-0: the agent and Kubernetes report one death; worker-1: the agent alone; old-2: Kubernetes alone. And
/// what is not a kill: another component's Event, another reason.
fn shop(name: &str, flags: &str) -> Cluster {
    let mut again = event("oomparse", "worker-1", "2026-11-29T10:00:00.000000Z", false);
    again["series"] = json!({"count": 3, "lastObservedTime": "2026-11-29T11:00:00.000000Z"});
    let events = list(&[
        event("oomparse", "web-0", "2026-11-29T12:00:03.000000Z", true),
        again,
        event(
            "kernel-monitor",
            "other-3",
            "2026-11-29T12:00:03.000000Z",
            false,
        ),
    ]);
    let pods = list(&[
        pod("web-0", "2026-11-29T12:00:04Z", "OOMKilled"),
        pod("old-2", "2026-11-28T12:00:04Z", "OOMKilled"),
        pod("fine-4", "2026-11-29T12:00:04Z", "Completed"),
    ]);
    let answers = [
        (format!("{GET_EVENTS}{flags}"), events),
        (format!("{GET_PODS}{flags}"), pods),
    ];
    Cluster::new(name, &answers)
}

#[test]
fn what_two_tell_of_one_death_is_one_line() {
    let text = shop("oom-all", " --all-namespaces").text(&["-A"]);
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| {
            let cells = line.split("   ").map(str::trim);
            cells.filter(|cell| !cell.is_empty()).collect()
        })
        .collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(
        lines[0],
        [
            "NAMESPACE",
            "POD",
            "CONTAINER",
            "AGE",
            "KILLS",
            "LIMIT",
            "USAGE",
            "REPORTED BY",
            "ADVICE"
        ]
    );
    assert_eq!(lines[1][..3], ["shop", "web-0", "app"]);
    assert_eq!(
        lines[1][4..],
        [
            "1",
            "512.0 MiB",
            "512.0 MiB",
            "agent,kubernetes",
            "one process; 640Mi would have held"
        ]
    );
    assert_eq!(lines[2][1], "worker-1");
    let told = ["3", "512.0 MiB", "511.0 MiB", "agent", "-"];
    assert_eq!(lines[2][4..], told);
    assert_eq!(lines[3][1], "old-2");
    assert_eq!(lines[3][4..], ["1", "512Mi", "-", "kubernetes", "-"]);
}

#[test]
fn flags_go_to_kubectl_and_one_pod_is_one_pod() {
    let flags = " --namespace=shop --context=prod";
    let cluster = shop("oom-flags", flags);
    let args = ["web-0", "-n", "shop", "--context", "prod", "-o", "json"];
    let all: Value = serde_json::from_str(&cluster.text(&args)).unwrap();
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["pod"], "web-0");
    assert_eq!(items[0]["node"], "node-7");
    assert_eq!(items[0]["usage"], "512.0 MiB");
    assert_eq!(items[0]["time"], "2026-11-29T12:00:03Z");
    let yaml = cluster.text(&["web-0", "-n", "shop", "--context", "prod", "-o", "yaml"]);
    assert!(yaml.contains("  pod: \"web-0\"\n"), "{yaml}");
}

#[test]
fn what_is_older_than_asked_is_left_out() {
    let now = jiff::Timestamp::now().to_string();
    let answers = [
        (
            GET_EVENTS.to_owned(),
            list(&[
                event("oomparse", "new-0", &now, false),
                event("oomparse", "old-1", "2026-01-01T00:00:00Z", false),
            ]),
        ),
        (GET_PODS.to_owned(), list(&[])),
    ];
    let text = Cluster::new("oom-since", &answers).text(&["--since", "1h"]);
    assert!(text.contains("new-0") && !text.contains("old-1"), "{text}");
}

#[test]
fn kills_come_while_it_watches() {
    let watch = "get events --field-selector=reason=OOMKilling --output=json --watch-only";
    let come = [
        event("oomparse", "web-0", "2026-11-29T12:00:03Z", false),
        event("kubelet", "web-1", "2026-11-29T12:00:03Z", false),
        event("oomparse", "web-2", "2026-11-29T12:00:05Z", false),
    ];
    let stream: String = come.iter().map(|event| format!("{event}\n")).collect();
    let answers = [
        (GET_EVENTS.to_owned(), list(&[])),
        (GET_PODS.to_owned(), list(&[])),
        (watch.to_owned(), stream),
    ];
    let text = Cluster::new("oom-watch", &answers).text(&["-w"]);
    assert!(text.contains("web-0") && text.contains("web-2"), "{text}");
    assert!(!text.contains("web-1"), "{text}");
    assert_eq!(text.matches("CONTAINER").count(), 1, "{text}");
}

#[test]
fn the_log_of_the_agent_on_a_node_is_a_report() {
    let find = "get pods --selector=app.kubernetes.io/name=oomparse --field-selector=spec.nodeName=node-7 \
        --output=jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name}{\"\\n\"}{end} --all-namespaces";
    let logs = "logs oomparse-x7 --container=oomparse --namespace=oomparse";
    let answers = [
        (find.to_owned(), "oomparse oomparse-x7\n".to_owned()),
        (logs.to_owned(), the_event() + "\n"),
    ];
    let text = Cluster::new("oom-node", &answers).text(&["node", "node-7"]);
    assert!(
        text.contains("java (pid 714)") && text.contains("1 kill in 1 pod."),
        "{text}"
    );
}

#[test]
fn what_kubectl_says_is_said() {
    let output = Cluster::new("oom-refused", &[]).oom(&["-A"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("not asked for: get events"), "{said}");
}
