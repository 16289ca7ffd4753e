//! Runs `oomparse filter` as a host does.

mod support;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use support::{events, oomparse, stderr};

const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";
const SUMMARY: &str = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task_memcg=/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,task=java,pid=387602,uid=0";
const KILLED: &str = "Memory cgroup out of memory: Killed process 387602 (java) total-vm:2458092kB, anon-rss:100448kB, file-rss:1228kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:968";
/// A kill whose cgroup nothing shows.
const LONE: &str =
    "Out of memory: Killed process 4021 (mysqld) total-vm:8kB, anon-rss:4kB, file-rss:0kB";

fn filter(args: &[&str]) -> Command {
    let mut command = oomparse(&["filter"]);
    command.args(args).stdin(Stdio::piped());
    command
}

fn run(args: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut child = filter(args).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.as_ref().to_vec();
    // Another thread writes: a program that answers at once must not wait for us.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

/// A journal entry of the kernel's.
fn entry(message: &str) -> String {
    journal("kernel", "node-7", message)
}

fn journal(transport: &str, host: &str, message: &str) -> String {
    json!({"_TRANSPORT": transport, "SYSLOG_FACILITY": "0", "SYSLOG_IDENTIFIER": transport, "_HOSTNAME": host, "MESSAGE": message}).to_string() + "\n"
}

/// A file of this test alone.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

/// The program at work.
struct Live {
    child: Child,
    stdin: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Live {
    fn start(args: &[&str]) -> Self {
        let mut child = filter(args).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, answers) = mpsc::channel();
        std::thread::spawn(move || {
            stdout
                .lines()
                .try_for_each(|line| sender.send(line.unwrap()))
        });
        Self {
            stdin: child.stdin.take(),
            child,
            answers,
        }
    }

    fn say(&mut self, bytes: &str) {
        self.stdin
            .as_mut()
            .unwrap()
            .write_all(bytes.as_bytes())
            .unwrap();
    }

    fn hear(&self) -> String {
        self.answers.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_message_that_is_a_list_of_bytes_carries_its_event() {
    // As journald writes a text that is not UTF-8, or holds control characters.
    let comms: [&[u8]; 4] = [b"a\xffb", b"a\nb", b"a\x1bb", b"a\rb"];
    let mut input = String::new();
    for (pid, comm) in comms.iter().enumerate() {
        let (begin, end) = KILLED.split_once("387602 (java").unwrap();
        let begin = format!("{begin}{} (", pid + 7);
        let message = [begin.as_bytes(), comm, end.as_bytes()];
        let bytes = json!(message.concat());
        input +=
            &json!({"MESSAGE": bytes, "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0"}).to_string();
        input += "\n";
    }
    for args in [&["--no-pods"][..], &["--no-pods", "--key", "MESSAGE"]] {
        let output = run(args, &input);
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
        let text = std::str::from_utf8(&output.stdout).unwrap();
        let pids = text.lines().map(|answer| {
            let answer: Value = serde_json::from_str(answer).unwrap();
            answer["oom"]["victim"]["pid"].clone()
        });
        assert_eq!(pids.collect::<Vec<_>>(), [7, 8, 9, 10], "{args:?}");
    }
}

#[test]
fn the_record_that_names_the_victim_carries_the_event() {
    let input = [
        entry("before"),
        entry(SUMMARY),
        entry(KILLED),
        entry("after"),
    ]
    .concat();
    let output = run(&["--no-pods"], &input);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let text = std::str::from_utf8(&output.stdout).unwrap();
    for (at, (answer, record)) in text.lines().zip(input.lines()).enumerate() {
        if at == 2 {
            assert!(
                answer.starts_with(record.strip_suffix('}').unwrap()),
                "{answer}"
            );
            let answer: Value = serde_json::from_str(answer).unwrap();
            assert_eq!(answer["oom"]["victim"]["pid"], 387_602);
            assert_eq!(answer["oom"]["pod"]["uid"], UID);
            assert_eq!(answer["oom"]["host"], "node-7");
        } else {
            assert_eq!(answer, record);
        }
    }
    assert_eq!(text.lines().count(), 4);
}

#[test]
fn everything_else_is_the_same_bytes() {
    let mut input = b"plain\r\n\n{\"a\": 1.50 , \"b\":\"\\u00e9\"}\n{broken\n\xff\xfe\n{\"log\":\"Killed process 1 (\"\n".to_vec();
    input.extend(br#"{"message":"a program says: Killed process 7 (java) total-vm:8kB"}"#);
    input.extend(b"\n  indented\n{}\n[]\nno line end");
    for args in [
        &["--no-pods"][..],
        &["--no-pods", "--key", "a.b"],
        &["--no-pods", "--stream-key", "h"],
    ] {
        let output = run(args, &input);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&input)
        );
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    }
}

#[test]
fn an_answer_comes_at_once() {
    let mut live = Live::start(&["--no-pods"]);
    for text in ["one\n", "two\n"] {
        live.say(text);
        assert_eq!(live.hear() + "\n", text);
    }
    live.say(&entry(LONE));
    assert!(
        live.hear().contains(r#""oom":{"#),
        "the answer waits for no other record"
    );
    live.say("half a li");
    live.say("ne\n");
    assert_eq!(live.hear(), "half a line");
    // The reaper's line of the same kill is not a second one.
    let reaped = entry(
        "oom_reaper: reaped process 4021 (mysqld), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
    );
    live.say(&reaped);
    assert_eq!(live.hear() + "\n", reaped);
}

#[test]
fn a_plain_line_becomes_an_object() {
    let line = format!("Jan  5 02:12:02 node-7 kernel: [198542.576728] {LONE}");
    let output = run(&["--no-pods"], format!("first\n{line}"));
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let (first, second) = text.split_once('\n').unwrap();
    assert_eq!(first, "first");
    assert!(!second.ends_with('\n'));
    let second: Value = serde_json::from_str(second).unwrap();
    assert_eq!(second["message"], line);
    assert_eq!(second["oom"]["victim"]["comm"], "mysqld");
}

#[test]
fn the_text_is_found_under_many_names_and_under_any() {
    for key in ["message", "msg", "log", "MESSAGE"] {
        let record = json!({key: LONE, "facility": "kern"}).to_string();
        assert!(
            events(&run(&["--no-pods"], &record))[0]["oom"].is_object(),
            "{key}"
        );
    }
    let record = json!({"message": "not this", "x": {"y.z": LONE}, "facility": "kern"}).to_string();
    assert!(
        events(&run(&["--no-pods"], &record))[0]
            .get("oom")
            .is_none()
    );
    let found = events(&run(
        &["--no-pods", "--key", "x.y.z", "--key-out", "kill"],
        &record,
    ));
    assert_eq!(found[0]["kill"]["victim"]["pid"], 4021);
    // The rest of the record still counts: a container's text is not the kernel's.
    let contained = json!({"x": LONE, "facility": "kern", "stream": "stdout"}).to_string();
    assert!(
        events(&run(&["--no-pods", "--key", "x"], &contained))[0]
            .get("oom")
            .is_none()
    );
}

#[test]
fn only_proven_text_counts_unless_any_is_trusted() {
    let unknown = json!({"message": LONE}).to_string();
    let user = journal("syslog", "node-7", LONE).replace(r#""0""#, r#""1""#);
    for (args, record, is_event) in [
        (&["--no-pods"][..], &unknown, false),
        (&["--no-pods", "--trust", "kernel"], &unknown, false),
        (&["--no-pods", "--trust", "any"], &unknown, true),
        (&["--no-pods", "--trust", "any"], &user, false),
    ] {
        let found = events(&run(args, record));
        assert_eq!(found[0].get("oom").is_some(), is_event, "{args:?} {record}");
    }
}

#[test]
fn names_are_put_beside_the_event() {
    let pods = file(
        "filter-pods.csv",
        &format!("pod_uid,namespace,pod\n{UID},shop,web-0\n"),
    );
    let pods = pods.to_str().unwrap();
    let input = [entry(SUMMARY), entry(KILLED)].concat();
    for (names, pointer) in [
        ("native", "/oom/pod/name"),
        ("otel", "/k8s.pod.name"),
        ("ecs", "/kubernetes/pod/name"),
        ("fluent-bit", "/kubernetes/pod_name"),
        ("vector", "/kubernetes/pod_name"),
    ] {
        let output = run(&["--names", names, "--pods", pods], &input);
        assert_eq!(stderr(&output), "", "{names}");
        let record = &events(&output)[1];
        assert_eq!(
            record.pointer(pointer),
            Some(&json!("web-0")),
            "{names}: {record}"
        );
        assert_eq!(record["oom"]["pod"]["namespace"], "shop");
    }
}

#[test]
fn a_source_that_is_new_is_read_when_a_name_is_missing() {
    let pods = file(
        "filter-late.csv",
        "pod_uid,namespace,pod\n00000000-0000-0000-0000-000000000001,shop,other\n",
    );
    let mut live = Live::start(&["--pods", pods.to_str().unwrap()]);
    live.say("ready\n");
    live.hear();
    fs::write(
        &pods,
        format!("pod_uid,namespace,pod\n{UID},shop,web-0\n,,\n"),
    )
    .unwrap();
    // Sources are read once a second at most.
    std::thread::sleep(Duration::from_millis(1100));
    live.say(&[entry(SUMMARY), entry(KILLED)].concat());
    live.hear();
    assert!(live.hear().contains(r#""name":"web-0""#));
}

#[test]
fn only_events_gives_late_ones_too_and_no_record_carries_them() {
    // A report without a victim: the next one closes it.
    let invoked =
        entry("java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968");
    let input = [
        invoked.as_str(),
        &entry("something else"),
        &entry(LONE),
        &invoked,
    ]
    .concat();
    let with = run(&["--no-pods"], &input);
    let carried: Vec<bool> = events(&with)
        .iter()
        .map(|record| record.get("oom").is_some())
        .collect();
    assert_eq!(carried, [false, false, true, false]);
    assert!(stderr(&with).contains("--only-events"), "{}", stderr(&with));
    let alone = run(&["--no-pods", "--only-events"], &input);
    let types: Vec<Value> = events(&alone)
        .iter()
        .map(|event| event["type"].clone())
        .collect();
    assert!(
        types.contains(&json!("kill")) && types.contains(&json!("report")),
        "{types:?}"
    );
    assert_eq!(stderr(&alone), "");
}

#[test]
fn only_events_does_not_wait_for_ever() {
    let mut live = Live::start(&["--no-pods", "--only-events"]);
    live.say(&entry(LONE));
    assert!(
        live.hear()
            .starts_with(r#"{"schema":"oomparse.event/1","type":"kill""#)
    );
}

#[test]
fn reports_of_two_logs_are_kept_apart() {
    let record = |log: &str, text: &str| {
        json!({"log_id": log, "facility": "kern", "message": text}).to_string() + "\n"
    };
    let other = KILLED.replace("387602", "99");
    let input = [
        record("a", SUMMARY),
        record("b", &other),
        record("a", KILLED),
    ]
    .concat();
    let found = events(&run(&["--no-pods", "--stream-key", "log_id"], &input));
    assert_eq!(found[1]["oom"].get("pod"), None);
    assert_eq!(found[2]["oom"]["pod"]["uid"], UID);
    // And by the host, without being told.
    let input = [
        journal("kernel", "n1", SUMMARY),
        journal("kernel", "n2", &other),
        journal("kernel", "n1", KILLED),
    ]
    .concat();
    let found = events(&run(&["--no-pods"], &input));
    assert_eq!(found[1]["oom"].get("pod"), None);
    assert_eq!(found[2]["oom"]["pod"]["uid"], UID);
}

#[test]
fn records_of_a_megabyte_and_more_pass() {
    let padding = "x".repeat((1 << 20) - 2000);
    let mut kill: Value = serde_json::from_str(&entry(KILLED)).unwrap();
    kill["padding"] = json!(padding);
    let huge = format!("{{\"a\":\"{}\"}}\n", "y".repeat(9 << 20));
    let input = [
        entry(SUMMARY),
        format!("{kill}\n"),
        huge.clone(),
        entry("end"),
    ]
    .concat();
    let output = run(&["--no-pods"], &input);
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let answers: Vec<&str> = text.split_inclusive('\n').collect();
    assert_eq!(answers.len(), 4);
    let kill: Value = serde_json::from_str(answers[1]).unwrap();
    assert_eq!(kill["oom"]["pod"]["uid"], UID);
    assert_eq!(kill["padding"], json!(padding));
    assert!(answers[2] == huge && answers[3] == entry("end"));
}

#[test]
fn rsyslog_gets_one_answer_for_each_message_and_nothing_else() {
    let input = [
        entry("before"),
        entry(SUMMARY),
        entry(KILLED),
        "plain\n\n{broken\n".to_owned(),
        "z".repeat(5 << 20),
        "\nend".to_owned(),
    ]
    .concat();
    let output = run(
        &[
            "--protocol",
            "rsyslog",
            "--names",
            "otel",
            "--pods",
            "/no/such/file",
        ],
        &input,
    );
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let answers = events(&output);
    assert_eq!(answers.len(), 8);
    for (at, answer) in answers.iter().enumerate() {
        if at == 2 {
            assert_eq!(answer["$!"]["oom"]["pod"]["uid"], UID);
            assert_eq!(answer["$!"]["k8s.pod.uid"], UID);
        } else {
            assert_eq!(*answer, json!({}));
        }
    }
}

#[test]
fn a_source_that_is_not_there_is_told_and_records_pass() {
    let output = run(&["--pods", "/no/such/file"], "one\n");
    assert_eq!(output.stdout, b"one\n");
    assert_eq!(
        stderr(&output),
        "oomparse: pods from /no/such/file: there is no such file\n"
    );
}

#[test]
fn a_reader_that_is_slow_loses_nothing() {
    let input: String = (0..200_000)
        .map(|n| format!("{{\"n\":{n},\"message\":\"line\"}}\n"))
        .collect();
    let mut child = filter(&["--no-pods"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let copy = input.clone();
    let writer = std::thread::spawn(move || stdin.write_all(copy.as_bytes()));
    std::thread::sleep(Duration::from_millis(300));
    assert!(
        !writer.is_finished(),
        "who does not read holds the writer back"
    );
    let mut output = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    writer.join().unwrap().unwrap();
    assert!(output == input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn after_sigterm_what_was_written_is_answered() {
    let mut live = Live::start(&["--no-pods"]);
    live.say("first\n");
    assert_eq!(live.hear(), "first");
    kill_process(Pid::from_child(&live.child), Signal::TERM).unwrap();
    // The host has not noticed yet.
    live.say(&[entry(SUMMARY), entry(KILLED), "last".to_owned()].concat());
    live.hear();
    assert!(live.hear().contains(UID));
    assert_eq!(live.hear(), "last");
    let started = Instant::now();
    assert_eq!(live.child.wait().unwrap().code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let mut child = filter(&["--no-pods"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    while stdin.write_all(&[b"line\n".repeat(1000)].concat()).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
}

#[test]
fn scan_writes_otlp() {
    let log = file("otlp.log", &[entry(SUMMARY), entry(KILLED)].concat());
    let mut command = Command::new(env!("CARGO_BIN_EXE_oomparse"));
    let output = command
        .args(["scan", "--format", "otlp", log.to_str().unwrap()])
        .output()
        .unwrap();
    let request = &events(&output)[0];
    let record = &request["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    let uid = json!({"key": "k8s.pod.uid", "value": {"stringValue": UID}});
    assert!(
        record["attributes"].as_array().unwrap().contains(&uid),
        "{request}"
    );
}

/// The command lines in `integrations/` are ones that the program takes.
#[test]
fn configurations_call_the_program_as_it_is() {
    let integrations = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../integrations");
    let read = |name: &str| fs::read_to_string(integrations.join(name)).unwrap();
    let mut calls: Vec<Vec<String>> = Vec::new();
    let exec = read("vector/exec.yaml");
    let (_, command) = exec.split_once("command: ").unwrap();
    calls.push(serde_json::from_str(command.lines().next().unwrap()).unwrap());
    for name in ["rsyslog/oomparse.conf", "syslog-ng/oomparse.conf"] {
        for (at, _) in read(name).match_indices("/usr/local/bin/oomparse ") {
            let text = read(name);
            let end = text[at..].find(['"', '>']).unwrap();
            calls.push(
                text[at..at + end]
                    .split_whitespace()
                    .map(str::to_owned)
                    .collect(),
            );
        }
    }
    assert_eq!(calls.len(), 4);
    for call in calls {
        // What it does not know it complains of before it gets to --help.
        let mut command = Command::new(env!("CARGO_BIN_EXE_oomparse"));
        let output = command.args(&call[1..]).arg("--help").output().unwrap();
        assert!(output.status.success(), "{call:?}: {}", stderr(&output));
    }
}

#[test]
fn all_kills_of_a_record_reach_it() {
    let report = [
        "sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968",
        SUMMARY,
        KILLED,
        LONE,
        "Out of memory: Kill process 4022 (sh) score 3 or sacrifice child",
        "Killed process 4023 (php) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
    ];
    let output = run(&[], entry(&report.join("\n")));
    let answers = events(&output);
    let [answer] = &answers[..] else {
        panic!("{answers:?}");
    };
    let oom = &answer["oom"];
    assert_eq!(oom["victim"]["pid"], 387_602);
    assert_eq!(oom["pod"]["uid"], UID);
    let others = oom["others"].as_array().unwrap();
    let pids: Vec<&Value> = others.iter().map(|other| &other["victim"]["pid"]).collect();
    assert_eq!(pids, [4021, 4023]);
    assert_eq!(others[1]["selected"]["pid"], 4022);
    assert!(others[0].get("pod").is_none() && others[0].get("others").is_none());
    assert_eq!(stderr(&output), "");
    let output = run(&["--only-events"], entry(&report.join("\n")));
    assert_eq!(events(&output).len(), 3);
}

/// What every host of the parser is held to.
#[test]
fn the_scripts_give_the_events_that_they_must() {
    for script in oomparse_tests::scripts().unwrap() {
        let mut args = vec!["--trust", if script.trusts_any { "any" } else { "kernel" }];
        let sources = script.sources.join(",");
        if !sources.is_empty() {
            args.extend(["--sources", &sources]);
        }
        if let Some(name) = &script.origin {
            args.extend(["--origin", name]);
        }
        for root in &script.cgroup_roots {
            args.extend(["--cgroup-root", root]);
        }
        let pods = script
            .pods
            .as_ref()
            .map(|pods| file(&format!("script-{}.csv", script.name), pods));
        match &pods {
            Some(path) => args.extend(["--pods", path.to_str().unwrap()]),
            None => args.push("--no-pods"),
        }
        if let Some(key) = &script.stream {
            args.extend(["--stream-key", key]);
        }
        let records: Vec<String> = script.records.iter().map(Value::to_string).collect();
        let input = records.join("\n") + "\n";
        let output = run(&args, &input);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().count(), records.len(), "{}", script.name);
        let mut given = Vec::new();
        for (at, (line, before)) in text.lines().zip(&script.records).enumerate() {
            let after = serde_json::from_str(line).unwrap();
            let events = oomparse_tests::events_in(before, &after).unwrap();
            given.extend(events.into_iter().map(|event| (at, event)));
        }
        script.check(&given, None).unwrap();
        args.push("--only-events");
        let output = run(&args, &input);
        let all = events(&output);
        let late: Vec<Value> = all
            .into_iter()
            .filter(|event| given.iter().all(|(_, own)| own["id"] != event["id"]))
            .collect();
        script.check(&given, Some(&late)).unwrap();
    }
}
