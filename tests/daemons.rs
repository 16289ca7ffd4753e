//! Lines of other killers, with any names for processes, units and cgroups; and the same lines from authors other
//! than the daemons.

use oomparse_core::{Accept, Daemon, OomEvent, Options, Parser, Text};
use oomparse_tests::{cases, parse_whole, to_values};

/// Numbers that look drawn, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.0 >> 33) as usize) % most
    }

    /// Pieces of the lines themselves, and bytes that a name may hold.
    fn name(&mut self, most: usize, pieces: &[&str]) -> Vec<u8> {
        let mut name = Vec::new();
        let len = self.below(most + 1);
        while name.len() < len {
            match self.below(3) {
                0 => name.push(b"ab\"():,[]{}/ \\%\xff\x01=7"[self.below(19)]),
                _ => name.extend_from_slice(pieces[self.below(pieces.len())].as_bytes()),
            }
        }
        name.truncate(len);
        name
    }
}

fn all() -> Options {
    let mut options = Options::default();
    options.accept = Accept::ANY.and_all_daemons();
    options
}

fn events(log: &[u8]) -> Vec<OomEvent> {
    let mut parser = Parser::with_options(all());
    parser.push_chunk(log);
    parser.finish();
    std::iter::from_fn(|| parser.next_event()).collect()
}

fn one(log: &[u8]) -> OomEvent {
    let mut found = events(log);
    assert_eq!(
        found.len(),
        1,
        "{}: {found:#?}",
        String::from_utf8_lossy(log)
    );
    found.remove(0)
}

fn line(head: &str, parts: &[&[u8]]) -> Vec<u8> {
    [head.as_bytes(), &parts.concat(), b"\n"].concat()
}

const ROUNDS: usize = 4000;

#[test]
fn earlyoom_names_are_read_whole() {
    let mut dice = Dice(1);
    let pieces = [
        "\": oom_score 9",
        ", VmRSS 1 MiB",
        ", cmdline \"",
        "\": ",
        "dryrun",
    ];
    for round in 0..ROUNDS {
        let comm = dice.name(15, &pieces);
        let cmdline = dice.name(60, &pieces);
        let adj: &[u8] = [&b""[..], b"oom_score_adj -5, "][dice.below(2)];
        let kill = line(
            "Jan  5 02:12:02 n1 earlyoom[77]: sending SIGTERM to process 3112 uid 33 \"",
            &[
                &comm,
                b"\": oom_score 820, ",
                adj,
                b"VmRSS 2 MiB, cmdline \"",
                &cmdline,
                b"\"",
            ],
        );
        let end = b"Jan  5 02:12:03 n1 earlyoom[77]: process 3112 exited after 0.1 seconds\n";
        let event = one(&[&kill[..], end].concat());
        let victim = event.victim.expect("a victim");
        assert_eq!(victim.comm, Some(Text::from(&comm[..])), "{round}");
        assert_eq!(victim.cmdline, Some(Text::from(&cmdline[..])), "{round}");
        assert_eq!((victim.pid, victim.oom_score), (3112, Some(820)), "{round}");
        let told = event.testimony.expect("a testimony");
        assert!(told.outcome.is_some());
        // The same kill in a dry run is none.
        let dry = b"Jan  5 02:12:02 n1 earlyoom[77]: dryrun, not actually sending any signal\n";
        assert!(events(&[&kill[..], dry].concat()).is_empty(), "{round}");
    }
}

#[test]
fn systemd_oomd_never_names_another_cgroup() {
    let mut dice = Dice(2);
    let pieces = [
        " due to memory pressure for ",
        " due to swap used (1) / total (2)",
        " being 1.00% > 2.00% for > 3s",
        " for killing",
        "/a.slice",
        " with reclaim activity",
        " being more than 9.00%",
    ];
    let mut named = 0;
    for round in 0..ROUNDS {
        let below = dice.name(80, &pieces);
        let victim = [&b"/a.slice/"[..], &below].concat();
        let head = "Aug 12 20:01:10 n1 systemd-oomd[901]: ";
        let (word, mid): (&[u8], &[u8]) =
            [(&b"Killed "[..], &b""[..]), (b"Marked ", b" for killing")][dice.below(2)];
        let tail: &[u8] = [
            &b" due to memory pressure for /a.slice being 65.15% > 50.00% for > 20s with reclaim activity"[..],
            b" due to memory used (3) / total (4) and swap used (5) / total (6) being more than 90.00%",
        ][dice.below(2)];
        let event = one(&line(head, &[word, &victim, mid, tail]));
        let found = event.cgroup.and_then(|cgroup| cgroup.task_memcg);
        named += usize::from(found.is_some());
        assert!(
            found.is_none_or(|found| found.as_bytes() == victim),
            "{round}: {}",
            String::from_utf8_lossy(&victim)
        );
    }
    assert!(named > ROUNDS * 9 / 10, "{named}");
}

#[test]
fn oomd_paths_are_read_between_their_numbers() {
    let mut dice = Dice(3);
    let pieces = [
        " 7 ",
        " ruleset:[x]",
        " killer:(dry)",
        " v2",
        "/a",
        " detector:x",
    ];
    for round in 0..ROUNDS {
        let path = [&b"a/"[..], &dice.name(60, &pieces), b"b"].concat();
        // A record of /dev/kmsg has every such byte as a code.
        let codes: String = path
            .iter()
            .map(|byte| match byte {
                b' '..=b'~' if *byte != b'\\' => char::from(*byte).to_string(),
                byte => format!("\\x{byte:02x}"),
            })
            .collect();
        let event = one(&line(
            "12,8123,88123456789,-;oomd kill: 81.28 80.05 42.78 ",
            &[
                codes.as_bytes(),
                b" 4096 ruleset:[r] detectorgroup:[d] killer:kill_by_swap_usage v2",
            ],
        ));
        let found = event
            .cgroup
            .and_then(|cgroup| cgroup.task_memcg)
            .expect("a cgroup");
        assert_eq!(found.as_bytes(), [b"/", &path[..]].concat(), "{round}");
    }
}

/// The entries of the journal that a text over lines makes, all of one moment, of a daemon's own unit.
fn entries(daemon: &str, at_us: u64, text: &str) -> String {
    let entry = |(number, line): (usize, &str)| {
        let at = 1_767_579_122_000_000 + at_us + 7 * number as u64;
        let entry = serde_json::json!({
            "__CURSOR": "x", "__REALTIME_TIMESTAMP": at.to_string(), "_HOSTNAME": "n1", "MESSAGE": line,
            "SYSLOG_IDENTIFIER": daemon, "_COMM": daemon, "_PID": "77", "_TRANSPORT": "stdout",
            "_SYSTEMD_UNIT": format!("{daemon}.service"),
        });
        format!("{entry}\n")
    };
    text.split('\n').enumerate().map(entry).collect()
}

/// Lines of a command line, in any order.
fn over_lines(dice: &mut Dice, lines: &[&str]) -> String {
    let count = dice.below(7);
    let picked = (0..count).map(|_| lines[dice.below(lines.len())]);
    picked.collect::<Vec<_>>().join("\n")
}

#[test]
fn earlyooms_command_lines_over_lines_kill_nobody_and_hide_no_kill() {
    let mut dice = Dice(4);
    let lines = [
        "a",
        "\"",
        "process 3112 exited after 0.1 seconds",
        "process exited after 0.1 seconds",
        "sending SIGKILL to process 1 uid 0 \"init\": oom_score 9, VmRSS 9 MiB, cmdline \"x\"",
        "sending SIGKILL to process 1 uid 0 \"init\": badness 9, VmRSS 9 MiB",
        "dryrun, not actually sending any signal",
        "escalating to SIGKILL after 0.1 seconds",
        "kill failed: Operation not permitted",
        "mem avail:     1 of     2 MiB ( 1.00%), swap free:    0 of    0 MiB ( 0.00%)",
        "low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%",
    ];
    for round in 0..ROUNDS / 4 {
        let cmdline = over_lines(&mut dice, &lines);
        let kill = format!(
            "sending SIGTERM to process 3112 uid 33 \"a\": oom_score 820, VmRSS 2 MiB, cmdline \"{cmdline}\""
        );
        let kill_entries = entries("earlyoom", 0, &kill);
        let end = entries(
            "earlyoom",
            200_000,
            "process 3112 exited after 0.200 seconds",
        );
        let next = entries(
            "earlyoom",
            700_000,
            "mem avail:     9 of    10 MiB (90.00%)",
        );
        let event = one((kill_entries.clone() + &end + &next).as_bytes());
        let victim = event.victim.expect("a victim");
        assert_eq!(victim.pid, 3112, "{round}: {kill}");
        let told = event.testimony.expect("a testimony");
        assert!(told.outcome.is_some(), "{round}: {kill}");
        let dry = format!("{kill}\ndryrun, not actually sending any signal");
        let log = entries("earlyoom", 0, &dry) + &next;
        assert!(events(log.as_bytes()).is_empty(), "{round}: {log}");
    }
}

#[test]
fn nohangs_command_lines_over_lines_kill_nobody_else() {
    let mut dice = Dice(5);
    let pod = "/kubepods/burstable/pod6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9/7632ffba092e6d2a4638281d96e4c812b20f6927c6d949d51603594386ed2273";
    let cgroup = format!("  cgroup_v2: {pod}");
    let lines = [
        "a",
        ">>=== STARTING implement_corrective_action() ====>>",
        "Memory status that requires corrective actions:",
        "  PID:       1, name: init, state: S (sleeping), EUID: 0, SID: 1 (init), lifetime: 1s",
        "Victim is init, pid: 1, badness: 3, VmRSS: 4 MiB, VmSwap: 0 MiB",
        &cgroup,
        "  cmdline:   b",
        "  exe realpath: /bin/b",
        "Implementing a corrective action:",
        "  Sending SIGKILL to the victim",
        "  Executing the command: true",
        "The victim died in 0.1s",
    ];
    for round in 0..ROUNDS / 4 {
        let cmdline = over_lines(&mut dice, &lines);
        let comm = dice.name(15, &[", state: ", "PID: 1", "\n"]);
        let comm =
            String::from_utf8_lossy(&comm).replace(|it: char| !it.is_ascii() || it == '\u{1}', "x");
        let comm = comm.trim();
        let shown = format!(
            ">>=== STARTING implement_corrective_action() ====>>\nVictim status (found in 1ms):\n  PID:       24044, name: {comm}, state: R (running), EUID: 1000, SID: 9 (sh), lifetime: 2s\n  badness:   830, oom_score:  830, oom_score_adj:  0\n  cgroup_v2: /user.slice\n  cmdline:   a{cmdline}\n  exe realpath: /bin/a"
        );
        let shown = entries("nohang", 0, &shown);
        let act = entries(
            "nohang",
            8_000,
            "Implementing a corrective action:\n  Sending SIGTERM to the victim",
        );
        let end = entries("nohang", 300_000, "The victim died in 0.2s");
        let event = one((shown.clone() + &act + &end).as_bytes());
        assert_eq!(
            event.victim.expect("a victim").pid,
            24044,
            "{round}: {shown}"
        );
        assert!(event.pod.is_none(), "{round}: {shown}");
        let told = event.testimony.expect("a testimony");
        assert_eq!(told.signal, Some("SIGTERM"), "{round}: {shown}");
        // Nobody was killed.
        let none = entries("nohang", 2_000_000, "Thresholds is not exceeded now");
        assert!(
            events((shown.clone() + &none).as_bytes()).is_empty(),
            "{round}: {shown}"
        );
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn quoted_comms_change_nothing_else() {
    let mut dice = Dice(6);
    let pieces = [
        " TimeOfDeath:",
        "}] Conditions:",
        ") total-vm:1kB,",
        ", pid: 1",
        ") 1(init",
        "\"",
        " / /}",
    ];
    let pod = "/kubepods/burstable/pod6f1c8a52-0d3b-4b7e-9c2f-51a0e4d7b8c9/7632ffba092e6d2a4638281d96e4c812b20f6927c6d949d51603594386ed2273";
    for round in 0..ROUNDS / 4 {
        let comm = dice.name(15, &pieces);
        let comm: String = String::from_utf8_lossy(&comm)
            .chars()
            .map(|it| {
                if it.is_ascii_graphic() || it == ' ' {
                    it
                } else {
                    'x'
                }
            })
            .collect();
        let kubelet = |text: String| {
            format!(
                "Feb  3 10:10:10 n1 kubelet[9]: I0203 10:10:10.123456       9 oom_watcher_linux.go:83] {text}\n"
            )
        };
        let event = serde_json::json!({"Pid": 7, "ProcessName": comm, "TimeOfDeath": "2025-02-03T10:10:10.1Z", "ContainerName": "/", "VictimContainerName": "/"});
        let killed = format!(
            "Memory cgroup out of memory: Killed process 7 ({comm}) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
        );
        let guard = serde_json::json!({"hostname": "n1", "oomcgroup": pod, "proccgroup": format!("/sys/fs/cgroup/memory{pod}"), "threshold": 1, "usage": 2, "killed": format!("7({comm}) "), "stats": "", "policy": "Process"});
        let about = serde_json::json!({"kind": "Node", "name": "n1"});
        let of_guard = serde_json::json!({"kind": "Event", "metadata": {"uid": "a"}, "involvedObject": about, "source": {"component": "oom-guard"}, "reason": "OomGuardKillProcess", "message": guard.to_string()});
        let of_system = serde_json::json!({"kind": "Event", "metadata": {"uid": "a"}, "involvedObject": about, "source": {"component": "kubelet"}, "reason": "SystemOOM", "message": format!("System OOM encountered, victim process: {comm}, pid: 7")});
        for (log, has_pod) in [
            (
                kubelet(format!(
                    "Got sys oom event: &{{7 {comm} 2020-02-03 10:10:10.1 +0000 UTC m=+99.5 / /}}"
                )),
                false,
            ),
            (
                kubelet(format!(
                    "\"Got sys oom event\" event=&{{Pid:7 ProcessName:{comm} TimeOfDeath:2023-02-03 10:10:10.1 +0000 UTC m=+99.5 ContainerName:/ VictimContainerName:/ Constraint:}}"
                )),
                false,
            ),
            (
                kubelet(format!("\"Got sys oom event\" event={event}")),
                false,
            ),
            (
                format!(
                    "Feb  3 10:10:10 n1 node-problem-detector[9]: I0203 10:10:10.123456       9 log_monitor.go:160] New status generated: &{{Source:kernel-monitor Events:[{{Severity:warn Timestamp:2023-10-12 19:00:20.4 +0000 UTC Reason:OOMKilling Message:{killed}}}] Conditions:[]}}\n"
                ),
                false,
            ),
            (format!("{of_guard}\n"), true),
            (format!("{of_system}\n"), false),
        ] {
            let found = one(log.as_bytes());
            let list = found.testimony.as_ref().map_or(0, |it| it.victims.len());
            let victim = found
                .victim
                .unwrap_or_else(|| panic!("{round}: no victim, {list} listed: {log}"));
            assert_eq!(victim.pid, 7, "{round}: {log}");
            assert!(
                victim
                    .comm
                    .is_none_or(|it| it.as_bytes() == comm.as_bytes()),
                "{round}: {log}"
            );
            assert_eq!(found.pod.is_some(), has_pod, "{round}: {log}");
        }
    }
}

#[test]
fn units_are_read_whole_or_not_at_all() {
    let mut dice = Dice(7);
    let pieces = [
        ": ",
        ".service",
        ".slice",
        "A process of this unit has been killed by the OOM killer.",
        "docker-",
        "systemd-oomd killed 7 process(es) in this unit.",
    ];
    let mut named = 0;
    for round in 0..ROUNDS / 4 {
        let unit = dice.name(60, &pieces);
        let log = line(
            "Aug 25 11:10:09 n1 systemd[1]: ",
            &[
                &unit,
                b": A process of this unit has been killed by the OOM killer.",
            ],
        );
        let found = events(&log);
        assert!(found.len() <= 1, "{round}");
        for event in found {
            named += 1;
            let told = event.testimony.expect("a testimony");
            assert_eq!(told.unit, Some(Text::from(&unit[..])), "{round}");
            assert!(event.container.is_none() && event.pod.is_none(), "{round}");
        }
    }
    assert!(named > 3, "{named}");
}

/// Lines that are a kill or an eviction, each from its own daemon.
const LINES: [(&str, &str); 6] = [
    (
        "systemd-oomd",
        "Killed /a.slice/b.service due to memory pressure for /a.slice being 65.15% > 50.00% for > 20s with reclaim activity",
    ),
    (
        "earlyoom",
        "sending SIGTERM to process 29410 uid 1000 \"cluster\": badness 1264, VmRSS 23964 MiB",
    ),
    (
        "oomd",
        "oomd kill: 81.28 80.05 42.78 a/b 4096 ruleset:[r] detectorgroup:[d] killer:kill_by_swap_usage v2",
    ),
    (
        "kubelet",
        "I1012 19:34:44.999101    2480 eviction_manager.go:356] \"Eviction manager: must evict pod(s) to reclaim\" resourceName=\"memory\"",
    ),
    (
        "kubelet",
        "I1012 19:34:45.445172    2480 eviction_manager.go:595] \"Eviction manager: pod is evicted successfully\" pod=\"default/nginx\"",
    ),
    ("nohang", "Sending SIGTERM to the victim"),
];

#[test]
fn the_same_words_from_others_are_nothing() {
    let own: String = LINES
        .iter()
        .map(|(tag, line)| format!("Jan  5 02:12:02 n1 {tag}[7]: {line}\n"))
        .collect();
    // nohang's line alone is not an action.
    assert_eq!(events(own.as_bytes()).len(), 4);
    let forms: [fn(&str, &str) -> String; 12] = [
        |_, line| format!("Jan  5 02:12:02 n1 app[7]: {line}\n"),
        |tag, line| format!("Jan  5 02:12:02 n1 app[7]: {tag}[7]: {line}\n"),
        |tag, line| format!("Jan  5 02:12:02 n1 my-{tag}[7]: {line}\n"),
        |_, line| format!("Jan  5 02:12:02 n1 kernel: [1.5] {line}\n"),
        |_, line| format!("6,8123,88123456789,-;{line}\n"),
        |_, line| format!("2024-01-01T00:00:00.000000000Z stdout F {line}\n"),
        |tag, line| format!("2024-01-01T00:00:00.000000000Z stderr F {tag}[7]: {line}\n"),
        |_, line| format!("{}\n", serde_json::json!({"log": line, "stream": "stdout"})),
        |tag, line| {
            format!(
                "{}\n",
                serde_json::json!({"message": line, "programname": tag, "kubernetes": {"pod_name": "a"}})
            )
        },
        |tag, line| {
            format!(
                "{}\n",
                serde_json::json!({"__CURSOR": "x", "MESSAGE": line, "SYSLOG_IDENTIFIER": tag, "_SYSTEMD_UNIT": "a.service", "_COMM": "sh", "_TRANSPORT": "stdout"})
            )
        },
        |tag, line| {
            format!(
                "{}\n",
                serde_json::json!({"__CURSOR": "x", "MESSAGE": line, "SYSLOG_IDENTIFIER": tag, "_SYSTEMD_UNIT": "user@1000.service", "_COMM": tag, "_TRANSPORT": "stdout"})
            )
        },
        |tag, line| {
            format!(
                "{}\n",
                serde_json::json!({"__CURSOR": "x", "MESSAGE": line, "SYSLOG_IDENTIFIER": tag, "_SYSTEMD_CGROUP": "/kubepods/burstable/podx/y", "_TRANSPORT": "stdout"})
            )
        },
    ];
    for (number, form) in forms.iter().enumerate() {
        let log: String = LINES.iter().map(|(tag, line)| form(tag, line)).collect();
        assert!(events(log.as_bytes()).is_empty(), "form {number}: {log}");
    }
}

#[test]
fn the_default_reads_the_kernels_lines_alone() {
    for case in cases().expect("corpus") {
        if case.reads_others() {
            let mut options = case.options.clone();
            (options.accept, options.origin) = (Accept::ANY, None);
            let given = parse_whole(&options, &case.input);
            let is_others = |event: &String| !event.contains("\"type\":\"kill\"");
            assert!(!given.iter().any(is_others), "{}: {given:#?}", case.name);
        }
    }
}

/// Logs of Kubernetes' objects, and what quotes the kernel in them, are left out: there the reporter's notice has
/// the kill instead.
#[test]
fn all_sources_change_no_kill_of_the_kernels() {
    const OBJECTS: [&[u8]; 4] = [
        b"involvedObject",
        b"apiVersion",
        b"OOMKilling",
        b"\"reason\"",
    ];
    let mut compared = 0;
    for case in cases().expect("corpus") {
        let holds = |word: &&[u8]| case.input.windows(word.len()).any(|at| at == *word);
        let is_kernels = case.options.accept == Accept::KERNEL;
        if case.reads_others() || is_kernels || OBJECTS.iter().any(holds) {
            continue;
        }
        let mut options = case.options.clone();
        options.accept = options.accept.and_all_daemons();
        let is_kill = |event: &String| !event.contains("\"type\":\"notice\"");
        let all = parse_whole(&options, &case.input).into_iter();
        let all: Vec<_> = all.filter(is_kill).collect();
        assert_eq!(
            all,
            parse_whole(&case.options, &case.input),
            "{}",
            case.name
        );
        compared += 1;
    }
    assert!(compared > 300, "{compared}");
}

/// Where objects of Kubernetes are in a log, a kill comes as a kill or as a voice's notice; none is lost.
#[test]
fn all_sources_lose_no_kill_beside_objects() {
    const KILL: &str = "Memory cgroup out of memory: Killed process 4711 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
    let heads = [
        "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Event\n  reason: BackOff\nkind: List\n",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-0\n",
        "- apiVersion: v1\n  reason: OOMKilling\n",
        "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n",
        "{\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"Event\",\"reason\":\"OOMKilling\",\"message\":\"x\"}],\"kind\":\"List\"}\n",
        "Name:         web-0\nNamespace:    shop\nEvents:\n",
    ];
    let lines = [
        KILL.to_owned(),
        format!("[  100.000000] {KILL}"),
        format!("kernel: {KILL}"),
        format!("Message:  {KILL}"),
        format!("Jan  5 02:12:02 n1 kernel: {KILL}"),
    ];
    let pids = |input: &str, is_all: bool| {
        let mut options = Options::default();
        if is_all {
            options.accept = options.accept.and_all_daemons();
        }
        let events = parse_whole(&options, input.as_bytes());
        events
            .iter()
            .filter(|event| event.contains("\"pid\":4711"))
            .count()
    };
    for head in heads {
        for line in &lines {
            let input = format!("{head}{line}\n");
            assert_eq!(pids(&input, false), 1, "the kernel alone: {input}");
            assert_eq!(pids(&input, true), 1, "all: {input}");
        }
    }
    for case in ["752-", "850-"] {
        let all = cases().expect("corpus");
        let case = all
            .iter()
            .find(|it| it.name.starts_with(case))
            .expect("a case");
        let mut options = case.options.clone();
        let victims = |options: &Options| -> std::collections::BTreeSet<u64> {
            let events = parse_whole(options, &case.input);
            let values = to_values(&events).expect("JSON");
            values
                .iter()
                .filter_map(|event| event["victim"]["pid"].as_u64())
                .collect()
        };
        let kernels = victims(&options);
        options.accept = options.accept.and_all_daemons();
        assert_eq!(victims(&options), kernels, "{}", case.name);
    }
}

/// `docs/daemons.md` names each daemon whose lines are read, and no other.
#[test]
fn the_table_of_daemons_is_the_closed_set() {
    let path = oomparse_tests::corpus_dir().join("../docs/daemons.md");
    let text = std::fs::read_to_string(path).expect("the table");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let names: std::collections::BTreeSet<&str> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split(','))
        .map(|name| name.trim().trim_matches('`'))
        .collect();
    // cri-dockerd prints no line that reports a kill: it is read for names alone.
    let read = Daemon::ALL.iter().filter(|it| **it != Daemon::CriDockerd);
    let known: std::collections::BTreeSet<&str> = read.map(|daemon| daemon.name()).collect();
    assert_eq!(names, known);
}
