//! Lines of other killers, with any names for processes, units and cgroups; and the same lines from authors other
//! than the daemons.

use oomparse_core::{Accept, OomEvent, Options, Parser, Text};
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
    // nohang's line alone is no action.
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

/// Logs of Kubernetes' objects, and what quotes the kernel in them, are left out: there the reporter's notice tells
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

/// Where objects of Kubernetes are in a log, a kill is told as a kill or as a voice's notice; none is lost.
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
