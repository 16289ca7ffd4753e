//! `scan --infer`: a bare kill of a process that an earlier report's table has.

mod support;

use serde_json::Value;
use std::fs;
use support::{directory, run, stdout};

const POD: &str = "eb9ef7c3-df91-f119-9af4-7c687b576479";
const CONTAINER: &str = "83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d";

/// A report at a container's limit, with three processes, of which one is killed.
fn report(at: f64) -> String {
    let path = format!("/kubepods/burstable/pod{POD}/{CONTAINER}");
    let lines = [
        "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=900".to_owned(),
        "memory: usage 51200kB, limit 51200kB, failcnt 125".to_owned(),
        "Tasks state (memory values in pages):".to_owned(),
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name".to_owned(),
        "[   5011]    33  5011     2048     1057    57344        0           900 java".to_owned(),
        "[   5012]    33  5012     2048     1057    57344        0           900 worker".to_owned(),
        "[   5013]    33  5013     2048     1057    57344        0           901 worker".to_owned(),
        format!("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg={path},task_memcg={path},task=java,pid=5011,uid=33"),
        "Memory cgroup out of memory: Killed process 5011 (java) total-vm:8192kB, anon-rss:4096kB, file-rss:128kB, shmem-rss:4kB, UID:33 pgtables:56kB oom_score_adj:900".to_owned(),
    ];
    let mut log = String::new();
    for (number, line) in lines.iter().enumerate() {
        log += &format!("[{:.6}] {line}\n", at + number as f64 / 1000.0);
    }
    log
}

fn bare(at: f64, pid: u32, comm: &str, adj: i32) -> String {
    format!(
        "[{at:.6}] Memory cgroup out of memory: Killed process {pid} ({comm}) total-vm:8192kB, anon-rss:4096kB, \
         file-rss:128kB, shmem-rss:4kB, UID:33 pgtables:56kB oom_score_adj:{adj}\n"
    )
}

/// The last kill that `scan` finds.
fn last(name: &str, log: &str, args: &[&str]) -> Value {
    let path = directory(&format!("infer-{name}")).join(name);
    fs::write(&path, log).unwrap();
    let scan = [
        "scan",
        "--no-pods",
        "--format",
        "json",
        path.to_str().unwrap(),
    ];
    let output = run(&[&scan, args].concat());
    let events: Vec<Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for event in &events {
        assert_eq!(
            event.get("tasks").is_some(),
            args.contains(&"--tasks") && event["victim"]["pid"] == 5011
        );
    }
    events.last().unwrap().clone()
}

#[test]
fn the_process_of_an_earlier_table_is_named_when_asked_for() {
    let log = report(100.0) + &bare(103.0, 5012, "worker", 900);
    let event = last("named.log", &log, &["--infer"]);
    assert_eq!(event["victim"]["pid"], 5012);
    assert_eq!(event["inferred"], true);
    assert_eq!(event["pod"]["uid"], POD);
    assert_eq!(event["container"]["id"], CONTAINER);
    assert_eq!(
        event["evidence"],
        serde_json::json!(["killed", "earlier_tasks"])
    );
    // Which cgroup of the container it was in the table does not say.
    assert!(event["cgroup"].get("task_memcg").is_none(), "{event}");
    last("tasks.log", &log, &["--infer", "--tasks"]);
    let event = last("unasked.log", &log, &[]);
    assert!(
        event.get("pod").is_none() && event.get("inferred").is_none(),
        "{event}"
    );
}

#[test]
fn what_does_not_agree_stays_bare() {
    let twice = bare(103.0, 5012, "worker", 900) + &report(200.0).replace("5012", "5014");
    for (name, log) in [
        (
            "number.log",
            report(100.0) + &bare(103.0, 5014, "worker", 900),
        ),
        ("name.log", report(100.0) + &bare(103.0, 5012, "java", 900)),
        (
            "adjustment.log",
            report(100.0) + &bare(103.0, 5013, "worker", 900),
        ),
        (
            "late.log",
            report(100.0) + &bare(161.0, 5012, "worker", 900),
        ),
        ("boot.log", report(100.0) + &bare(3.0, 5012, "worker", 900)),
        ("dead.log", report(100.0) + &bare(103.0, 5011, "java", 900)),
        (
            "again.log",
            report(100.0) + &twice + &bare(210.0, 5012, "worker", 900),
        ),
        (
            "pod.log",
            report(100.0).replace(
                &format!("oom_memcg=/kubepods/burstable/pod{POD}/{CONTAINER}"),
                &format!("oom_memcg=/kubepods/burstable/pod{POD}"),
            ) + &bare(103.0, 5012, "worker", 900),
        ),
    ] {
        let event = last(name, &log, &["--infer"]);
        assert!(event.get("inferred").is_none(), "{name}: {event}");
    }
}

/// What a program may have printed lends no pod to what the kernel did.
#[test]
fn a_report_of_unknown_origin_names_no_kill_of_the_kernels() {
    let kernels = |text: &str| {
        let lines = text.lines();
        lines
            .map(|line| format!("Jan  5 02:12:02 n1 kernel: {line}\n"))
            .collect::<String>()
    };
    let kill = kernels(&bare(103.0, 5012, "worker", 900));
    let event = last(
        "kernels.log",
        &(kernels(&report(100.0)) + &kill),
        &["--infer"],
    );
    assert_eq!(event["inferred"], true);
    let unknown: String = report(100.0)
        .lines()
        .map(|line| format!("{}\n", serde_json::json!({"host": "n1", "message": line})))
        .collect();
    let itself = last("itself.log", &unknown, &[]);
    assert_eq!(
        (&itself["origin"], &itself["host"]),
        (&"unknown".into(), &"n1".into())
    );
    let event = last("unknown.log", &(unknown + &kill), &["--infer"]);
    assert_eq!(
        (&event["origin"], &event["host"]),
        (&"kernel".into(), &"n1".into())
    );
    assert!(event.get("inferred").is_none(), "{event}");
}

#[test]
fn another_file_is_another_log() {
    let dir = directory("infer-files");
    let (first, second) = (dir.join("a.log"), dir.join("b.log"));
    fs::write(&first, report(100.0)).unwrap();
    fs::write(&second, bare(103.0, 5012, "worker", 900)).unwrap();
    let files = [first.to_str().unwrap(), second.to_str().unwrap()];
    let output = run(&[
        &["scan", "--no-pods", "--format", "json", "--infer"][..],
        &files,
    ]
    .concat());
    assert!(!stdout(&output).contains("inferred"), "{}", stdout(&output));
    assert_eq!(stdout(&output).lines().count(), 2);
}
