//! Guarantees that hold for any line or any two reports, and earlier findings of attacks on them.

use oomparse_core::line::parse_line;
use oomparse_core::{Framer, Options, Parser, Text};
use oomparse_tests::model::{CARRIERS, Carrier};
use oomparse_tests::{cases, lines, parse_whole, to_values};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

fn events(log: &str) -> Vec<Value> {
    to_values(&parse_whole(&Options::default(), log.as_bytes())).expect("JSON")
}

fn kills(events: &[Value]) -> Vec<(u64, Option<&str>)> {
    let kills = events.iter().filter(|event| event["type"] == "kill");
    kills
        .map(|event| {
            let pod = event.pointer("/pod/uid").and_then(Value::as_str);
            (event["victim"]["pid"].as_u64().unwrap_or(0), pod)
        })
        .collect()
}

const A: &str = "/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "/kubepods/besteffort/pod11111111-2222-4333-8444-555555555555/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const POD_A: Option<&str> = Some("3962896b-ab69-4572-8f1d-ee756f9f3589");
const POD_B: Option<&str> = Some("11111111-2222-4333-8444-555555555555");

fn summary(path: &str, pid: u32) -> String {
    format!(
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={path},task_memcg={path},task=a,pid={pid},uid=0"
    )
}

fn killed(pid: u32) -> String {
    format!(
        "Memory cgroup out of memory: Killed process {pid} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:900"
    )
}

const HEADER: &str = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=900";

/// The messages as `/dev/kmsg` records, `gap` microseconds apart.
fn kmsg(messages: &[String], gap: u64) -> String {
    let records = messages.iter().enumerate();
    records
        .map(|(at, message)| format!("6,{at},{},-;{message}\n", 1_000_000 + gap * at as u64))
        .collect()
}

#[test]
fn a_report_of_another_pod_in_between_makes_no_second_event() {
    let messages = [
        HEADER.to_owned(),
        summary(A, 7),
        HEADER.to_owned(),
        killed(7),
        summary(B, 9),
        killed(9),
    ];
    for gap in [1, 100, 10_000] {
        let events = events(&kmsg(&messages, gap));
        assert_eq!(kills(&events), [(7, POD_A), (9, POD_B)], "{gap}");
        assert_eq!(events[0]["victim"]["total_vm_bytes"], 8192);
    }
    // Without a clock the first report is over when the next one begins; its Killed line is known again.
    let bare = messages.join("\n");
    assert_eq!(kills(&events(&bare)), [(7, POD_A), (9, POD_B)]);
}

#[test]
fn bare_kills_around_a_report_have_no_pod() {
    let bare: Vec<String> = (20..23).map(killed).collect();
    let report = [HEADER.to_owned(), summary(A, 7), killed(7)];
    for gap in [0, 1, 1000] {
        for at in 0..=bare.len() {
            let mut messages = bare.clone();
            messages.splice(at..at, report.clone());
            let events = events(&kmsg(&messages, gap));
            for (pid, pod) in kills(&events) {
                assert_eq!(pod, if pid == 7 { POD_A } else { None }, "{pid} at {at}");
            }
            assert_eq!(kills(&events).len(), 4);
        }
    }
}

#[test]
fn a_killed_line_that_is_lost_lends_its_pod_to_nobody() {
    // Of an older pid, so no thread of the process that the summary names.
    let messages = [HEADER.to_owned(), summary(A, 700), killed(9)];
    assert_eq!(
        kills(&events(&kmsg(&messages, 10))),
        [(700, POD_A), (9, None)]
    );
}

#[test]
fn a_group_goes_to_the_report_of_its_cgroup() {
    let group =
        |path| format!("Tasks in {path} are going to be killed due to memory.oom.group set");
    let messages = [summary(A, 7), summary(B, 9), killed(7), group(A), killed(7)];
    let events = events(&kmsg(&messages, 10));
    let group: Vec<&Value> = events
        .iter()
        .filter(|event| event["oom_group"] == true)
        .collect();
    assert!(
        group.iter().all(|event| event["victim"]["pid"] != 9),
        "{events:?}"
    );
    for (pid, pod) in kills(&events) {
        assert_eq!(pod, if pid == 7 { POD_A } else { POD_B });
    }
}

#[test]
fn rows_go_to_the_report_of_their_thread() {
    let table =
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
    let row = |pid| {
        format!("[{pid:7}]     0 {pid:5}     1000      500     4096        0           900 a")
    };
    let of = |caller: u32, text: String| (caller, text);
    let lines = [
        of(1, HEADER.into()),
        of(2, HEADER.into()),
        of(1, table.into()),
        of(2, table.into()),
        of(1, row(7)),
        of(2, row(9)),
        of(1, summary(A, 7)),
        of(2, summary(B, 9)),
        of(2, killed(9)),
        of(1, killed(7)),
    ];
    let records = lines.iter().enumerate();
    let log: String = records
        .map(|(at, (caller, text))| {
            format!("6,{at},{},-,caller=T{caller};{text}\n", 1_000_000 + at)
        })
        .collect();
    let mut found = kills(&events(&log))
        .into_iter()
        .map(|(pid, pod)| (pid, pod.map(str::to_owned)))
        .collect::<Vec<_>>();
    found.sort();
    assert_eq!(
        found,
        [(7, POD_A.map(str::to_owned)), (9, POD_B.map(str::to_owned))]
    );
}

#[test]
fn a_narrow_paste_keeps_its_cgroup() {
    let messages = [HEADER.to_owned(), summary(A, 70_707), killed(70_707)];
    for width in [72, 80, 100, 120] {
        let mut log = String::new();
        for (at, message) in messages.iter().enumerate() {
            let line = format!("[ 1149.08{at:04}] {message}");
            for piece in line.as_bytes().chunks(width) {
                log.push_str(std::str::from_utf8(piece).expect("ASCII"));
                log.push('\n');
            }
        }
        assert_eq!(kills(&events(&log)), [(70_707, POD_A)], "{width}");
        // A piece that is missing leaves the path out; what is left is never joined.
        let lines: Vec<&str> = log.lines().collect();
        for lost in 0..lines.len() {
            let log: String = lines
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != lost)
                .map(|(_, line)| format!("{line}\n"))
                .collect();
            for event in events(&log) {
                let path = event.pointer("/cgroup/task_memcg").and_then(Value::as_str);
                assert!(
                    path.is_none_or(|path| path == A) || event.get("truncated").is_some(),
                    "{lost} of {width}: {event}"
                );
                let pod = event.pointer("/pod/uid").and_then(Value::as_str);
                assert!(pod.is_none() || pod == POD_A, "{lost} of {width}: {event}");
            }
        }
    }
}

#[test]
fn a_newline_in_a_comm_comes_back_from_text() {
    let line = "Memory cgroup out of memory: Killed process 7 (e\nKilled proces) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:900";
    for prefix in [
        "",
        "Jan  5 02:12:02 host kernel: ",
        "[ 1149.087276] ",
        "<3>[ 1149.087276] ",
    ] {
        let log = format!("{prefix}{}\n", line.replace('\n', &format!("\n{prefix}")));
        let events = events(&log);
        assert_eq!(events.len(), 1, "{prefix}: {events:?}");
        assert_eq!(
            events[0]["victim"]["comm"], "e\\x0aKilled proces",
            "{prefix}"
        );
    }
}

#[test]
fn a_programs_text_makes_no_kill() {
    let text = killed(7);
    for line in [
        format!("14,1,2,-;{text}"),
        format!("Jan  5 02:12:02 host app[7]: {text}"),
        format!("Jan  5 02:12:02 host logger: {text}"),
        format!("<14>Jan  5 02:12:02 host kernel: {text}"),
        format!("user  :err   : [ 1.000000] {text}"),
        format!("app: [12.300000] {text}"),
        format!("level=warn msg=\"{text}\""),
        format!("level=info stream=stdout msg=\"{text}\""),
        format!("2023-01-05T02:12:02.000000000Z stdout F {text}"),
        format!("2023-01-05T02:12:02Z {{pod=\"a\", container=\"b\"}} {text}"),
        format!(r#"{{"log":"{text}\n","stream":"stdout"}}"#),
        format!(r#"{{"_TRANSPORT":"kernel","SYSLOG_FACILITY":"1","MESSAGE":"{text}"}}"#),
        format!(r#"{{"_TRANSPORT":"stdout","MESSAGE":"{text}"}}"#),
        format!(r#"{{"_TRANSPORT":"stdout","_TRANSPORT":"kernel","MESSAGE":"{text}"}}"#),
    ] {
        let found = events(&line);
        if line.starts_with("app: [12.3") || line.starts_with("level=warn") {
            // A printk stamp inside a line of unknown form begins the message, and a collector's text in logfmt is
            // its message; its origin stays open.
            assert!(
                found.iter().all(|event| event["origin"] == "unknown"),
                "{line}"
            );
            continue;
        }
        assert_eq!(kills(&found), [], "{line}");
    }
}

/// Whether a line alone makes an event.
fn makes_an_event(line: &[u8]) -> bool {
    let mut alone = line.to_vec();
    alone.push(b'\n');
    !parse_whole(&Options::default(), &alone).is_empty()
}

#[test]
fn the_sieve_refuses_no_line_of_the_corpus_that_matters() {
    let parser = Parser::new();
    let mut passed = 0u32;
    for case in cases().expect("corpus") {
        for line in lines(&case.input) {
            let mut framer = Framer::new();
            let Some(frame) = framer.frame(line) else {
                continue;
            };
            if parse_line(&frame.message).opens() {
                assert!(
                    parser.is_candidate(line),
                    "{}: {}",
                    case.name,
                    String::from_utf8_lossy(line)
                );
                passed += 1;
            }
        }
    }
    assert!(passed > 1000, "only {passed} lines");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_kmsg_escapes_comes_back(bytes in vec(any::<u8>(), 0..200)) {
        let record = Carrier::Kmsg.write("", 1, 6, &bytes);
        let line = record.strip_suffix(b"\n").expect("a line");
        let mut framer = Framer::new();
        let frame = framer.frame(line).expect("a record");
        prop_assert_eq!(frame.message.as_ref(), &bytes[..]);
        // And what an event writes for such a name is one of the two forms.
        let shown = Text::from(&bytes[..]).to_string();
        let escaped = String::from_utf8(line.splitn(2, |byte| *byte == b';').nth(1).expect("text").to_vec()).expect("ASCII");
        prop_assert!(shown.as_bytes() == &bytes[..] || shown == escaped);
    }

    #[test]
    fn the_sieve_passes_whatever_makes_an_event(
        comm in "[ -~]{0,15}", pid in 1u32.., at in 0usize..11, which in 0usize..9,
    ) {
        let message = match which {
            0 => format!("{comm} invoked oom-killer: gfp_mask=0x0, order=0, oom_adj=0"),
            1 => format!("Out of memory: Kill process {pid} ({comm}) score 1 or sacrifice child"),
            2 => format!("Killed process {pid} ({comm}) total-vm:1kB, anon-rss:2kB, file-rss:3kB"),
            3 => format!("Out of Memory: Killed process {pid} ({comm})."),
            4 => format!("oom_reaper: reaped process {pid} ({comm}), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"),
            5 => format!("Out of memory: OOM victim {pid} ({comm}) is already exiting. Skip killing the task"),
            6 => format!("No available memory in cpuset: kill process {pid} ({comm}) score 1 or a child"),
            7 => format!("Tasks in /{comm} are going to be killed due to memory.oom.group set"),
            _ => format!("Kill process {pid} ({comm}) sharing same memory"),
        };
        // Without a prefix a blank or a mark in front is a quotation's.
        let line = CARRIERS[at].write("node-7", 1, 6, message.as_bytes());
        let line = line.strip_suffix(b"\n").expect("a line");
        prop_assert!(Parser::new().is_candidate(line));
        prop_assert!(makes_an_event(line), "{}", String::from_utf8_lossy(line));
    }
}

/// A machine that thrashes may stand still in the middle of a group's lines, for longer than whoever watches it
/// waits: what was told stays told.
#[test]
fn a_death_is_told_once_whatever_silence_lies_between_its_lines() {
    const P: &str = "/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";
    let killed = |pid: u32| {
        format!(
            "Memory cgroup out of memory: Killed process {pid} (java) total-vm:{pid}kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0"
        )
    };
    let lines = [
        "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0".to_owned(),
        format!(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={P},task_memcg={P},task=java,pid=10,uid=0"
        ),
        killed(10),
        format!("Tasks in {P} are going to be killed due to memory.oom.group set"),
        killed(10),
        killed(11),
        killed(12),
    ];
    for silent in 0..1_u32 << lines.len() {
        let mut parser = Parser::new();
        let mut pids = Vec::new();
        for (at, text) in lines.iter().enumerate() {
            let second = at + 5 * (silent & ((1 << at) - 1)).count_ones() as usize;
            let line = format!("6,{at},{second}000000,-;{text}");
            parser.push_line(line.as_bytes());
            if silent >> at & 1 == 1 {
                parser.close_reports();
            }
            while let Some(event) = parser.next_event() {
                pids.extend(event.victim.map(|victim| victim.pid));
            }
        }
        parser.finish();
        while let Some(event) = parser.next_event() {
            pids.extend(event.victim.map(|victim| victim.pid));
        }
        pids.sort_unstable();
        assert_eq!(pids, [10, 11, 12], "silent after {silent:b}");
    }
}
