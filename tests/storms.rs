//! Storms of `memory.oom.group` under the rate limit: no wrong pod, no duplicate death, no lost death.

use oomparse_core::Options;
use oomparse_tests::storm::{Carrier, Log, Machine, merge};
use oomparse_tests::{parse_in_chunks, parse_lines, parse_whole, to_values};
use serde_json::Value;
use std::collections::BTreeMap;

const CARRIERS: [Carrier; 4] = [
    Carrier::Kmsg,
    Carrier::Dmesg,
    Carrier::Syslog,
    Carrier::SyslogSeconds,
];

/// Compares a log's events with what the machines know; returns how many died and how many have their pod.
fn check(what: &str, log: &Log) -> (usize, usize) {
    let events = parse_whole(&Options::default(), log.text.as_bytes());
    let (mut told, mut named) = (BTreeMap::new(), 0);
    for event in to_values(&events).expect("JSON") {
        if event["type"] != "kill" {
            continue;
        }
        let pid = u32::try_from(event["victim"]["pid"].as_u64().unwrap()).unwrap();
        // The machines' processes have ids of their own.
        let dead = log.dead.iter().find(|((_, dead), _)| *dead == pid);
        let (key, process) = dead.unwrap_or_else(|| panic!("{what}: {pid} did not die"));
        *told.entry(*key).or_insert(0) += 1;
        let text = |path: &str| event.pointer(path).and_then(Value::as_str);
        for (path, known) in [
            ("/pod/uid", &process.pod),
            ("/container/id", &process.container),
        ] {
            assert!(
                text(path).is_none_or(|shown| shown == known),
                "{what}: {path} of {pid}: {event}"
            );
        }
        named += usize::from(text("/pod/uid").is_some());
    }
    let twice = told.iter().find(|(_, times)| **times > 1);
    assert_eq!(twice, None, "{what}: told twice");
    let lost = log.dead.keys().find(|key| !told.contains_key(*key));
    assert_eq!(lost, None, "{what}: not told");
    (log.dead.len(), named)
}

fn same_in_pieces(what: &str, log: &Log) {
    let (options, input) = (Options::default(), log.text.as_bytes());
    let whole = parse_whole(&options, input);
    assert_eq!(whole, parse_lines(&options, input), "{what}: line by line");
    for size in [3, 61, 1021] {
        assert_eq!(
            whole,
            parse_in_chunks(&options, input, size),
            "{what}: chunks of {size}"
        );
    }
}

/// Storms of these many machines with these carriers; so many of a hundred dead must have their pods.
fn storms(count: u64, machines: u32, carriers: &[Carrier], is_named: bool, floor: usize) {
    let (mut dead, mut named) = (0, 0);
    for seed in 0..count {
        let all: Vec<Machine> = (0..machines)
            .map(|at| {
                let at = u64::from(at);
                // Ids of their own, and clocks that are seconds to hours apart.
                let apart = [3, 900, 40_000][usize::try_from(seed % 3).unwrap()];
                let first = 1000 + 100_000 * u32::try_from(at).unwrap();
                let mut machine = Machine::new(seed * 7 + at, first, 500 + at * apart);
                machine.run(40);
                machine
            })
            .collect();
        for carrier in carriers {
            let what = format!("seed {seed}, {machines} machines, {carrier:?}");
            let log = merge(&all, *carrier, is_named, seed);
            let found = check(&what, &log);
            (dead, named) = (dead + found.0, named + found.1);
            if seed % 8 == 0 {
                same_in_pieces(&what, &log);
            }
        }
    }
    let share = named * 100 / dead;
    assert!(share >= floor, "{named} of {dead} have their pods");
}

#[test]
fn of_one_machine() {
    storms(40, 1, &CARRIERS, true, 65);
}

#[test]
fn of_two_machines_with_their_names() {
    storms(24, 2, &[Carrier::Syslog, Carrier::SyslogSeconds], true, 65);
}

#[test]
fn of_two_machines_without_names() {
    // Mixed line by line, a clock that steps back and forth is the only difference.
    storms(24, 2, &[Carrier::Kmsg, Carrier::Dmesg], false, 18);
}

#[test]
fn that_the_capture_cuts() {
    for seed in 0..40 {
        let mut machine = Machine::new(seed, 1000, 500);
        machine.run(40);
        let log = merge(&[machine], Carrier::Dmesg, true, seed);
        let lines: Vec<&str> = log.text.lines().collect();
        for part in 1..6 {
            let text = lines[lines.len() * part / 6..].join("\n") + "\n";
            let mut rest = Log {
                dead: log.dead.clone(),
                text,
            };
            let shows = |pid: u32| rest.text.contains(&format!(": Killed process {pid} ("));
            rest.dead = log
                .dead
                .iter()
                .filter(|((_, pid), _)| shows(*pid))
                .map(|(key, dead)| (*key, dead.clone()))
                .collect();
            let reaped = |pid: u32| rest.text.contains(&format!("reaped process {pid} ("));
            // The reaper's line may be all that is left of a kill.
            let left: Vec<_> = log
                .dead
                .iter()
                .filter(|((_, pid), _)| !shows(*pid) && reaped(*pid))
                .map(|(key, dead)| (*key, dead.clone()))
                .collect();
            rest.dead.extend(left);
            check(&format!("seed {seed}, from {part}/6"), &rest);
        }
    }
}
