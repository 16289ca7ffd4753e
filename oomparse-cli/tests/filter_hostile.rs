//! `oomparse filter` over records that mean no good, cut anywhere: nothing is lost, changed or reordered, and
//! only the kernel's own lines make events.

mod support;

use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};
use support::{Running, oomparse};

const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";

fn summary(pid: u64) -> String {
    format!(
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod{UID},task_memcg=/kubepods/pod{UID}/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,task=java,pid={pid},uid=0"
    )
}

fn killed(pid: u64) -> String {
    format!(
        "Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:968"
    )
}

fn kernel(message: &str) -> Value {
    json!({"_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "SYSLOG_IDENTIFIER": "kernel", "_HOSTNAME": "node-7", "MESSAGE": message})
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A record, and the pid whose event belongs into it.
type Record = (Vec<u8>, Option<u64>);

/// One of the hostile, without an event; a further kill of the kernel's only between reports.
fn hostile(numbers: &mut Numbers, pid: u64, is_between: bool) -> Vec<u8> {
    let in_syslog = format!("Jan  5 02:12:02 node-7 kernel: [1.5] {}", killed(pid));
    let in_cri = format!("2023-01-05T02:12:02.5Z stdout F <6>{}", killed(pid));
    let mut taken = kernel(&killed(pid));
    taken["oom"] = json!(1);
    taken["oom_event"] = json!({"pid": 2});
    let bytes: Vec<u8> = match numbers.below(18) {
        0 => Vec::new(),
        1 => b"plain text of no one".to_vec(),
        2 => b"nul \0 bytes \0\0 in it".to_vec(),
        3 => b"\xff\xfe not utf-8 \xc3".to_vec(),
        4 => b"  indented".to_vec(),
        5 => b"{\"broken\": ".to_vec(),
        6 => format!("{{\"MESSAGE\":\"{}\",\"_TRANSPORT\":\"kernel\"", killed(pid)).into_bytes(),
        7 => b"}{ [1,2] \"".to_vec(),
        // What a container wrote, as its shippers have it.
        8 => json!({"log": in_syslog, "stream": "stdout"}).to_string().into(),
        9 => json!({"message": in_syslog, "kubernetes": {"pod_name": "evil"}}).to_string().into(),
        10 => json!({"message": killed(pid), "stream": "stderr", "_TRANSPORT": "kernel"}).to_string().into(),
        11 => json!({"log": kernel(&killed(pid)).to_string(), "stream": "stdout"}).to_string().into(),
        12 => in_cri.into_bytes(),
        13 => json!({"_TRANSPORT": "syslog", "SYSLOG_FACILITY": "0", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": killed(pid)})
            .to_string()
            .into(),
        14 => json!({"_TRANSPORT": "stdout", "MESSAGE": summary(pid), "_HOSTNAME": "node-7"}).to_string().into(),
        // The kernel's, without room for an event.
        15 if is_between => taken.to_string().into(),
        16 => format!("{{\"a\":\"{}\"}}", "x".repeat(70_000)).into_bytes(),
        _ => json!({"n": 1.50, "message": "an \u{1f4a5} ordinary line", "a": [1, {}]}).to_string().into(),
    };
    bytes
}

/// A log: reports of the kernel's with hostile records before, between and after their lines.
fn log(numbers: &mut Numbers, reports: u64) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for report in 0..reports {
        let pid = 1000 + report;
        for step in 0..3 {
            for _ in 0..numbers.below(4) {
                let forged = 90_000 + numbers.below(1000);
                records.push((hostile(numbers, forged, step != 1), None));
            }
            match step {
                0 => records.push((kernel(&summary(pid)).to_string().into(), None)),
                1 if numbers.below(4) == 0 => {
                    // One that has the key already.
                    let mut record = kernel(&killed(pid));
                    record["oom"] = json!("mine");
                    records.push((record.to_string().into(), Some(pid)));
                }
                1 => records.push((kernel(&killed(pid)).to_string().into(), Some(pid))),
                _ => {}
            }
        }
    }
    records
}

/// Writes in pieces of any length, reads in another thread.
fn through(numbers: &mut Numbers, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = oomparse(args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut out = Vec::new();
        stdout.read_to_end(&mut out).unwrap();
        out
    });
    let mut stdin = child.stdin.take().unwrap();
    let mut rest = input;
    while !rest.is_empty() {
        let most = if numbers.below(3) == 0 { 40 } else { 9000 };
        let len = usize::try_from(1 + numbers.below(most))
            .unwrap()
            .min(rest.len());
        let (piece, others) = rest.split_at(len);
        stdin.write_all(piece).unwrap();
        rest = others;
    }
    drop(stdin);
    let out = reader.join().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    out
}

fn joined(records: &[Record], end: &[u8]) -> Vec<u8> {
    records.iter().fold(Vec::new(), |mut out, (record, _)| {
        out.extend_from_slice(record);
        out.extend_from_slice(end);
        out
    })
}

#[test]
fn nothing_is_lost_changed_or_reordered() {
    for (seed, end) in [(1, &b"\n"[..]), (2, b"\r\n"), (3, b"\n"), (4, b"\r\n")] {
        let mut numbers = Numbers(seed);
        let records = log(&mut numbers, 150);
        let input = joined(&records, end);
        let output = through(&mut numbers, &["filter", "--no-pods"], &input);
        let mut rest = &output[..];
        let mut events = 0;
        for (at, (record, own)) in records.iter().enumerate() {
            let len = rest.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            let (answer, others) = rest.split_at(len);
            rest = others;
            let whole = [record, end].concat();
            let Some(pid) = own else {
                assert_eq!(
                    answer.escape_ascii().to_string(),
                    whole.escape_ascii().to_string(),
                    "seed {seed}, record {at}"
                );
                continue;
            };
            // What was there stands there still, byte for byte; the event is after it.
            let body = record.strip_suffix(b"}").unwrap();
            assert!(
                answer.starts_with(body) && answer.ends_with(end),
                "record {at}"
            );
            let answer: Value = serde_json::from_slice(answer).unwrap();
            let key = if answer["oom"] == "mine" {
                "oom_event"
            } else {
                "oom"
            };
            assert_eq!(answer[key]["victim"]["pid"], *pid, "record {at}");
            assert_eq!(answer[key]["pod"]["uid"], UID);
            events += 1;
        }
        assert!(rest.is_empty() && events == 150, "{events}");
    }
}

#[test]
fn rsyslog_hears_one_answer_for_each_message() {
    let mut numbers = Numbers(7);
    let records = log(&mut numbers, 80);
    let args = ["filter", "--protocol", "rsyslog", "--no-pods"];
    let output = through(&mut numbers, &args, &joined(&records, b"\n"));
    let answers: Vec<&str> = std::str::from_utf8(&output).unwrap().lines().collect();
    assert_eq!(answers.len(), records.len());
    for (answer, (record, own)) in answers.iter().zip(&records) {
        let answer: Value = serde_json::from_str(answer).unwrap();
        match own {
            Some(pid) => assert_eq!(answer["$!"]["oom"]["victim"]["pid"], *pid),
            // The one whose keys are taken is the kernel's, and rsyslog sets its own property.
            None if record.windows(10).any(|part| part == b"\"oom_event") => {}
            None => assert_eq!(answer, json!({}), "{}", record.escape_ascii()),
        }
    }
}

#[test]
fn only_the_kernels_own_lines_are_events() {
    let mut numbers = Numbers(11);
    let records = log(&mut numbers, 100);
    let args = ["filter", "--only-events", "--no-pods"];
    let output = through(&mut numbers, &args, &joined(&records, b"\n"));
    let mut pids: Vec<u64> = Vec::new();
    for line in std::str::from_utf8(&output).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let pid = event["victim"]["pid"].as_u64().unwrap();
        let is_kernels = records.iter().any(|(record, _)| {
            record.starts_with(b"{\"MESSAGE\"")
                && String::from_utf8_lossy(record).contains(&format!("Killed process {pid} "))
                || String::from_utf8_lossy(record).contains("oom_event")
                    && String::from_utf8_lossy(record).contains(&format!("Killed process {pid} "))
        });
        assert!(is_kernels, "{line}");
        if pid < 90_000 {
            pids.push(pid);
        }
    }
    assert_eq!(pids, (1000..1100).collect::<Vec<u64>>());
}

#[test]
fn the_end_may_come_in_the_middle_of_a_report_or_of_a_record() {
    let whole = [
        kernel(&summary(7)).to_string(),
        "\n".into(),
        kernel(&killed(7)).to_string(),
    ]
    .concat();
    for len in (0..=whole.len())
        .step_by(13)
        .chain([whole.len() - 1, whole.len()])
    {
        let input = &whole.as_bytes()[..len];
        let output = through(&mut Numbers(3), &["filter", "--no-pods"], input);
        if len == whole.len() {
            // No line end came, and none is made up.
            assert!(
                output.starts_with(&input[..len - 1]) && output.ends_with(b"}}"),
                "{len}"
            );
        } else {
            assert_eq!(output, input, "{len}");
        }
    }
}

/// Records without an end, and a reader that reads nothing: a service manager waits for neither.
#[test]
fn it_ends_within_a_second_of_sigterm_whatever_comes_in() {
    for reads in [true, false] {
        let mut child = Running::start(oomparse(&["filter"]).stdin(Stdio::piped()));
        let mut stdin = child.0.stdin.take().unwrap();
        let stdout = child.0.stdout.take().unwrap();
        let feeding = thread::spawn(move || {
            let records = "{\"message\":\"nothing\"}\n".repeat(1000);
            while stdin.write_all(records.as_bytes()).is_ok() {}
        });
        let reading = thread::spawn(move || {
            if reads {
                let _ = io::copy(&mut { stdout }, &mut io::sink());
            } else {
                thread::sleep(Duration::from_secs(20));
                drop(stdout);
            }
        });
        thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        child.signal(Signal::TERM);
        child.0.wait().unwrap();
        let took = begun.elapsed();
        // A busy machine takes its own time.
        assert!(took < Duration::from_secs(3), "{took:?}");
        feeding.join().unwrap();
        if reads {
            reading.join().unwrap();
        }
    }
}
