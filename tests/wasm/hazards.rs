//! Every way to lose a record that was seen in Fluent Bit, and that none of them happens.

use crate::Kind;
use crate::corpus::event_of;
use crate::engine::Engine;
use crate::host::{Host, Outcome};
use crate::records::{self, REPORT};
use libtest_mimic::{Failed, Trial};
use oomparse_core::limits::MAX_LINE_LEN;
use std::sync::atomic::{AtomicU32, Ordering};

/// All functions of the module.
pub(crate) const FUNCTIONS: [&str; 4] = [
    "oomparse_filter",
    "oomparse_filter_any",
    "oomparse_events",
    "oomparse_lines",
];

type Test = fn(&mut dyn Engine) -> Result<(), Failed>;

pub(crate) fn trials(kind: Kind, wasm: &'static [u8]) -> Vec<Trial> {
    let tests: [(&str, Test); 11] = [
        ("kill_in_kmsg_records", kill_in_kmsg_records),
        ("kill_in_systemd_records", kill_in_systemd_records),
        ("events_drops_the_lines_of_a_report", events_drops_lines),
        ("lines_needs_no_state", lines_needs_no_state),
        ("text_of_programs_is_left_alone", text_of_programs),
        ("odd_records_come_back", odd_records),
        ("records_of_a_mebibyte", large_records),
        ("null_and_foreign_pointers", null_and_foreign_pointers),
        ("without_malloc", without_malloc),
        ("calls_that_do_not_come_back", calls_that_do_not_come_back),
        ("a_million_records_in_the_same_memory", a_million_records),
    ];
    tests
        .into_iter()
        .map(|(name, test)| {
            Trial::test(kind.named(name), move || {
                let mut engine = kind.start(wasm)?;
                test(&mut *engine)
            })
        })
        .collect()
}

fn equal<T: PartialEq + std::fmt::Debug>(is: &T, should: &T, what: &str) -> Result<(), Failed> {
    if is == should {
        return Ok(());
    }
    Err(format!("{what}: {is:?}, not {should:?}").into())
}

/// Gives the report's records and returns the event, which must be in the last of them alone.
fn report(
    host: &mut Host<'_>,
    function: &str,
    make: impl Fn(u64, &str) -> Vec<u8>,
) -> Result<serde_json::Value, Failed> {
    for (number, line) in (0..).zip(REPORT) {
        let record = make(number, line);
        match host.record(function, "kernel", &record) {
            Outcome::Same if number < 3 => {}
            Outcome::Other(answer) if number == 3 => return Ok(event_of(&record, &answer)?),
            other => return Err(format!("line {number}: {other:?}").into()),
        }
    }
    Err("no event".into())
}

fn is_whole(event: &serde_json::Value) -> Result<(), Failed> {
    is_whole_of(event, 387_602)
}

fn is_whole_of(event: &serde_json::Value, pid: u64) -> Result<(), Failed> {
    equal(&event["type"].as_str(), &Some("kill"), "type")?;
    equal(&event["origin"].as_str(), &Some("kernel"), "origin")?;
    equal(&event["victim"]["pid"].as_u64(), &Some(pid), "pid")?;
    equal(&event["memory"]["failcnt"].as_u64(), &Some(83), "failcnt")?;
    equal(
        &event["pod"]["uid"].as_str(),
        &Some("3962896b-ab69-4572-8f1d-ee756f9f3589"),
        "pod",
    )?;
    equal(
        &event["container"]["id"].as_str(),
        &Some("a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419"),
        "container",
    )
}

fn kill_in_kmsg_records(engine: &mut dyn Engine) -> Result<(), Failed> {
    let mut host = Host::new(engine);
    for function in ["oomparse_filter", "oomparse_filter_any"] {
        let make =
            |number, line: &str| records::kmsg(5390 + number, 198_542_576_728 + number, line);
        is_whole(&report(&mut host, function, make)?)?;
    }
    Ok(())
}

fn kill_in_systemd_records(engine: &mut dyn Engine) -> Result<(), Failed> {
    let mut host = Host::new(engine);
    let make = |number, line: &str| records::systemd(198_542_576_728 + number, line);
    let event = report(&mut host, "oomparse_filter", make)?;
    is_whole(&event)?;
    equal(&event["host"].as_str(), &Some("node-7"), "host")?;
    // The inputs' options: `lowercase on`, `strip_underscores on`.
    let make = |number, line: &str| {
        let record = String::from_utf8(records::systemd(number, line)).unwrap_or_default();
        record
            .replace("\"_", "\"")
            .replace("\"MESSAGE\"", "\"message\"")
            .replace("\"TRANSPORT\"", "\"transport\"")
            .into_bytes()
    };
    is_whole(&report(&mut host, "oomparse_filter", make)?)
}

fn events_drops_lines(engine: &mut dyn Engine) -> Result<(), Failed> {
    let mut host = Host::new(engine);
    let mut outcomes = Vec::new();
    let between = ["CPU: 1 PID: 387655 Comm: tail Not tainted", "eth0: link up"];
    let lines = [
        REPORT[0], between[0], between[1], REPORT[1], REPORT[2], REPORT[3],
    ];
    for (number, line) in (0..).zip(lines) {
        let record = records::kmsg(number, number, line);
        outcomes.push(host.record("oomparse_events", "kernel", &record));
    }
    let [first, cpu, other, usage, summary, killed] = &outcomes[..] else {
        return Err("six records".into());
    };
    for dropped in [first, cpu, usage, summary] {
        equal(dropped, &Outcome::Dropped, "a line of the report")?;
    }
    equal(other, &Outcome::Same, "another line")?;
    if !matches!(killed, Outcome::Other(_)) {
        return Err(format!("the kill's record: {killed:?}").into());
    }
    // What is not proven to be the kernel's is never dropped.
    for line in REPORT {
        let outcome = host.record("oomparse_events", "kernel", &records::tail(line.as_bytes()));
        equal(&outcome, &Outcome::Same, "unproven text")?;
    }
    Ok(())
}

fn lines_needs_no_state(engine: &mut dyn Engine) -> Result<(), Failed> {
    let mut host = Host::new(engine);
    let record = records::kmsg(7, 9, REPORT[2]);
    let Outcome::Other(answer) = host.record("oomparse_lines", "kernel", &record) else {
        return Err("nothing said".into());
    };
    let event = event_of(&record, &answer)?;
    equal(&event["victim"]["pid"].as_u64(), &Some(387_602), "pid")?;
    equal(
        &event["pod"]["uid"].as_str(),
        &Some("3962896b-ab69-4572-8f1d-ee756f9f3589"),
        "pod",
    )
}

/// A program that prints the kernel's words gets no event, and its records stay.
fn text_of_programs(engine: &mut dyn Engine) -> Result<(), Failed> {
    let mut host = Host::new(engine);
    for function in FUNCTIONS {
        for line in REPORT {
            for wrapped in [
                serde_json::json!({"log": line, "stream": "stdout"}),
                serde_json::json!({"log": line, "kubernetes": {"pod_name": "web-0"}}),
                serde_json::json!({"log": line, "logtag": "F"}),
                serde_json::json!({"MESSAGE": line, "_TRANSPORT": "stdout"}),
                serde_json::json!({"MESSAGE": line, "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "1"}),
                serde_json::json!({"message": line, "ident": "sshd"}),
            ] {
                let record = records::text(&wrapped);
                equal(
                    &host.record(function, "any", &record),
                    &Outcome::Same,
                    function,
                )?;
            }
        }
    }
    // Text without a proven author is for `_any` alone.
    let record = records::tail(REPORT[3].as_bytes());
    equal(
        &host.record("oomparse_filter", "t", &record),
        &Outcome::Same,
        "unknown",
    )?;
    let outcome = host.record("oomparse_filter_any", "t", &record);
    if !matches!(outcome, Outcome::Other(_)) {
        return Err(format!("{outcome:?}").into());
    }
    Ok(())
}

fn odd_records(engine: &mut dyn Engine) -> Result<(), Failed> {
    let mut host = Host::new(engine);
    let killed = REPORT[3];
    let odd = [
        String::new(),
        " ".to_owned(),
        "{".to_owned(),
        "}".to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        killed.to_owned(),
        format!("\"{killed}\""),
        format!("[\"{killed}\"]"),
        format!("[{{\"log\":\"{killed}\"}}]"),
        format!("{{\"log\":\"{killed}"),
        format!("{{\"log\":\"{killed}\"}}}}"),
        format!("{{\"log\":\"{killed}\"}} {{}}"),
        format!("{{\"log\":\"{killed}\",}}"),
        format!("{{'log':'{killed}'}}"),
        format!("{{\"log\":\"{killed}\\x\"}}"),
        format!("{{\"number\":7,\"other\":\"{killed}\"}}"),
        format!("{{\"oom\":1,\"oom_event\":2,\"log\":\"{killed}\"}}"),
        "\u{82}\u{a3}log\u{d9}".to_owned(),
        format!("{}{killed}{}", "{\"log\":".repeat(3000), "}".repeat(3000)),
        format!(
            "{{\"x\":{}\"{killed}\"{}}}",
            "[".repeat(3000),
            "]".repeat(3000)
        ),
    ];
    for record in &odd {
        for function in FUNCTIONS {
            let outcome = host.record(function, "odd", record.as_bytes());
            let start: String = record.chars().take(60).collect();
            equal(&outcome, &Outcome::Same, &format!("{function}: {start}"))?;
        }
    }
    // And these carry the event, every other byte as it was.
    for record in [
        format!("{{\"log\":\"{killed}\"}}"),
        format!(" {{ \"log\" : \"{killed}\\n\" }} "),
        format!("{{\"log\":\"x\",\"log\":\"{killed}\"}}")
            .replace("\"log\":\"x\",", "\"a\":1,\"a\":2,"),
        format!("{{\"\\u0061\":\"\\ud83d\\ude00 \\u00e9\",\"log\":\"{killed}\"}}"),
        format!("{{\"é\":\"ü\u{1f600}\",\"n\":[1.50,-0,1e3],\"log\":\"{killed}\"}}"),
        format!("{{\"oom\":1,\"log\":\"{killed}\"}}"),
        format!("{{\"log\":[\"{killed}\"]}}"),
    ] {
        let Outcome::Other(answer) = host.record("oomparse_filter_any", &record, record.as_bytes())
        else {
            return Err(format!("no event for {record}").into());
        };
        event_of(record.as_bytes(), &answer)?;
        let body = record.trim_end().trim_end_matches('}');
        if !answer.starts_with(body) {
            return Err(format!("{record} became {answer}").into());
        }
    }
    Ok(())
}

fn large_records(engine: &mut dyn Engine) -> Result<(), Failed> {
    let mut host = Host::new(engine);
    for size in [
        8000,
        9000,
        70_000,
        500_000,
        MAX_LINE_LEN - 300,
        MAX_LINE_LEN + 300,
    ] {
        let filler = "all is well ".repeat(size / 12);
        let plain = format!("{{\"log\":\"{filler}\"}}");
        equal(
            &host.record("oomparse_filter", "t", plain.as_bytes()),
            &Outcome::Same,
            "a large record",
        )?;
        let record = format!("{{\"a\":\"{filler}\",\"log\":\"{}\"}}", REPORT[3]);
        let tag = size.to_string();
        let outcome = host.record("oomparse_filter_any", &tag, record.as_bytes());
        match outcome {
            Outcome::Other(answer) => drop(event_of(record.as_bytes(), &answer)?),
            Outcome::Same if record.len() > MAX_LINE_LEN => {}
            other => return Err(format!("{size}: {other:?}").into()),
        }
    }
    Ok(())
}

fn null_and_foreign_pointers(engine: &mut dyn Engine) -> Result<(), Failed> {
    let end = i32::try_from(engine.memory().len())?;
    for function in FUNCTIONS {
        for (at, length) in [
            (0, 0),
            (0, 9000),
            (64, 0),
            (end - 1, 9000),
            (end, 0),
            (end + 9, 1),
            (-8, 7),
            (-1, -1),
        ] {
            for tag in [0, 64, end + 5] {
                let answer = engine.filter(function, [tag, 6, 0, 0, at, length])?;
                equal(&answer, &at, &format!("{function}({at:#x}, {length})"))?;
            }
        }
    }
    engine.free(0)?;
    equal(&engine.malloc(-1)?, &0, "more than there is")?;
    equal(&engine.malloc(i32::MAX)?, &0, "more than there may be")?;
    is_alive(&mut Host::new(engine))
}

/// A host that gives its copies a heap of 8 KiB: what fits there works.
fn without_malloc(engine: &mut dyn Engine) -> Result<(), Failed> {
    is_alive(&mut Host::with_heap(engine))
}

static NEXT_PID: AtomicU32 = AtomicU32::new(400_000);

fn is_alive(host: &mut Host<'_>) -> Result<(), Failed> {
    // Each time another process, for a death is reported once.
    let pid = NEXT_PID.fetch_add(1, Ordering::Relaxed);
    let make = |number, line: &str| {
        let line = line.replace("387602", &pid.to_string());
        records::kmsg(5390 + number, 198_542_576_728 + number, &line)
    };
    is_whole_of(&report(host, "oomparse_filter", make)?, pid.into())
}

/// Traps at every place of the way: whatever the call was at, the next ones answer as ever, and once there
/// were too many, every record passes.
fn calls_that_do_not_come_back(engine: &mut dyn Engine) -> Result<(), Failed> {
    let mut host = Host::new(engine);
    let record = records::kmsg(9, 9, REPORT[3]);
    let ordinary = records::container(1);
    host.engine().limit(1_000_000_000);
    is_alive(&mut host)?;
    let mut traps = 0;
    let mut steps = 20;
    while traps < 40 {
        host.engine().limit(steps);
        let at = host.engine().malloc(i32::try_from(record.len())? + 1);
        let Ok(at) = at else {
            steps = steps * 5 / 4 + 1;
            continue;
        };
        let start = usize::try_from(at)?;
        host.engine().memory()[start..start + record.len()].copy_from_slice(&record);
        host.engine().memory()[start + record.len()] = 0;
        let length = i32::try_from(record.len())?;
        let answer = host
            .engine()
            .filter("oomparse_filter", [0, 0, 0, 0, at, length]);
        host.engine().limit(1_000_000_000);
        host.engine().free(at)?;
        traps += i32::from(answer.is_err());
        equal(
            &host.record("oomparse_filter", "kernel", &ordinary),
            &Outcome::Same,
            "ordinary",
        )?;
        if traps <= 8 {
            is_alive(&mut host)?;
        }
        // A step further each time; begin anew once a call came back.
        steps = if answer.is_ok() {
            21
        } else {
            steps * 4 / 3 + 1
        };
    }
    for line in REPORT {
        let record = records::kmsg(1, 1, line);
        equal(
            &host.record("oomparse_filter", "kernel", &record),
            &Outcome::Same,
            "passed on",
        )?;
    }
    Ok(())
}

/// What a module's memory grows by, in bytes.
const PAGE: usize = 64 << 10;

fn a_million_records(engine: &mut dyn Engine) -> Result<(), Failed> {
    let mut host = Host::new(engine);
    let ordinary: Vec<Vec<u8>> = (0..100).map(records::container).collect();
    let large = records::tail("all is well ".repeat(9000).as_bytes());
    let mut after_warm_up = 0;
    for number in 0..1_000_000u64 {
        let place = usize::try_from(number % 100)?;
        let tag = if number % 3 == 0 {
            "kube.one"
        } else {
            "kube.two"
        };
        let outcome = host.record("oomparse_filter", tag, &ordinary[place]);
        equal(&outcome, &Outcome::Same, "an ordinary record")?;
        if number % 1000 == 0 {
            host.record("oomparse_filter", "t", &large);
            let make = |place, line: &str| {
                let line = line.replace("387602", &(number + 10).to_string());
                records::kmsg(number + place, number * 1_000_000 + place, &line)
            };
            for (place, line) in (0..).zip(REPORT) {
                let outcome = host.record("oomparse_filter", "kernel", &make(place, line));
                equal(
                    &matches!(outcome, Outcome::Other(_)),
                    &(place == 3),
                    "the report",
                )?;
            }
        }
        match number {
            200_000 => after_warm_up = host.engine().memory().len(),
            _ if number % 100_000 == 0 && number > 200_000 => {
                // The records grow: their numbers have a digit more.
                let more = host.engine().memory().len().saturating_sub(after_warm_up);
                equal(&(more <= PAGE), &true, "memory")?;
            }
            _ => {}
        }
    }
    println!("memory: {after_warm_up} bytes");
    Ok(())
}
