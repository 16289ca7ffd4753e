//! A report printed in the format of each kernel, by each carrier, is read back unchanged.

use oomparse_core::Options;
use oomparse_tests::model::{CARRIERS, Carrier, Report, WORDS, Words};
use oomparse_tests::{parse_whole, to_values};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// A name as people give them, but for `#012` and its like: rsyslog writes control characters so, and what it wrote
/// cannot be distinguished from such a name.
fn ordinary_comm() -> BoxedStrategy<Vec<u8>> {
    "[a-zA-Z][a-zA-Z0-9_.:/#-]{0,13}[a-z0-9]"
        .prop_map(|name| {
            ["#0", "#1", "#2", "#3"]
                .iter()
                .fold(name, |name, code| name.replace(code, "#x"))
        })
        .prop_map(String::into_bytes)
        .boxed()
}

/// Any name that a process can have.
fn any_comm() -> BoxedStrategy<Vec<u8>> {
    let words = [
        "a,pid=1,uid=0",
        ",task=x",
        ") total-vm:1kB",
        "Killed process",
        "oom-kill:const",
        "\nTasks in /",
        "[1.0] x",
        "\\x0a",
        "(sd-pam)",
        ",task_memcg=/a",
        " cpuset=/",
        "a\nb",
        ") score 9",
        "Not tainted 9",
        "",
        " ",
        "#012",
    ];
    prop_oneof![
        3 => vec(1u8.., 0..=15),
        2 => select(words.to_vec()).prop_map(|word| word.as_bytes()[..word.len().min(15)].to_vec()),
    ]
    .boxed()
}

/// Any name that a cgroup can have.
fn any_cgroup_name() -> impl Strategy<Value = Vec<u8>> {
    let words: [&[u8]; 14] = [
        b"a,task_memcg=",
        b"x,task=init,pid=1,uid=0",
        b"a b\"c",
        b": cache:1KB",
        b" killed as a result of limit of ",
        b"kubepods",
        b"pod00000000-dead-beef-0000-000000000000",
        b",oom_memcg=",
        b"are going to be killed",
        b",global_oom",
        b"x#012Killed process 1 (init) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        b"x [5.200000] Killed process 1 (init) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        b"x Out of memory: Kill process 1 (init) score 9 or sacrifice child Killed process 1 (init)",
        b"x Jan  5 02:12:02 node-7 kernel: Killed process 1 (init) total-vm:8kB, anon-rss:4kB",
    ];
    prop_oneof![
        vec(
            select(
                (1u8..=255)
                    .filter(|b| !b"/\n".contains(b))
                    .collect::<Vec<_>>()
            ),
            1..=255
        ),
        select(words.to_vec()).prop_map(<[u8]>::to_vec),
    ]
}

fn report(
    comm: BoxedStrategy<Vec<u8>>,
    below: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = Report> {
    let pids = (2u32..4_194_304, 2u32..4_194_304, any::<bool>());
    let names = (
        comm.clone(),
        comm.clone(),
        vec((2u32..4_194_304, comm), 0..3),
    );
    let numbers = (
        prop::array::uniform5(0u32..90_000_000),
        -1000i32..=1000,
        0u32..3000,
        0u32..4_294_967_295,
        (0u32..90_000_000, 1u32..90_000_000, any::<u32>()),
        (0u32..4_000_000, 0u32..4_000_000),
    );
    let identity = (
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "[0-9a-f]{64}",
        below,
        any::<bool>(),
    );
    (pids, names, numbers, identity).prop_map(|(pids, names, numbers, identity)| {
        let (pid, other, is_self) = pids;
        let (kib, adj, score, uid, memory, stats) = numbers;
        let (comm, asker, mut others) = names;
        others.retain(|(row, _)| *row != pid);
        Report {
            invoker: if is_self {
                (pid, comm.clone())
            } else {
                (other, asker)
            },
            pid,
            comm,
            uid,
            kib,
            adj,
            score,
            pod: identity.0,
            container: identity.1,
            below: identity.2,
            systemd: identity.3,
            memory,
            stats,
            others,
        }
    })
}

fn ordinary_report() -> impl Strategy<Value = Report> {
    report(
        ordinary_comm(),
        prop_oneof![Just(Vec::new()), Just(b"/init".to_vec())],
    )
}

fn words() -> impl Strategy<Value = Words> {
    select(WORDS.to_vec())
}

/// All but 2.6.32, where the header or the CPU line shows that the cgroup is the invoker's: without them
/// it is taken for the victim's.
fn later_words() -> impl Strategy<Value = Words> {
    let later = WORDS
        .into_iter()
        .filter(|words| !words.kernel.starts_with("2.6.32"));
    select(later.collect::<Vec<_>>())
}

fn carrier() -> impl Strategy<Value = Carrier> {
    select(CARRIERS.to_vec())
}

fn with_tasks() -> Options {
    let mut options = Options::default();
    options.tasks = true;
    options
}

fn events(log: &[u8]) -> Vec<Value> {
    to_values(&parse_whole(&with_tasks(), log)).expect("JSON")
}

fn check(report: &Report, words: &Words, events: &[Value]) -> Result<(), TestCaseError> {
    prop_assert_eq!(events.len(), 1, "{:?}", events);
    for (path, expected) in report.facts(words) {
        prop_assert_eq!(
            events[0].pointer(path),
            Some(&expected),
            "{} of {}: {}",
            path,
            words.kernel,
            events[0]
        );
    }
    Ok(())
}

/// Every leaf with its path.
fn leaves(value: &Value, path: &str, out: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| leaves(value, &format!("{path}/{key}"), out)),
        Value::Array(list) if path != "/evidence" && path != "/truncated" => {
            list.iter()
                .enumerate()
                .for_each(|(at, value)| leaves(value, &format!("{path}/{at}"), out));
        }
        leaf => out.push((path.to_owned(), leaf.clone())),
    }
}

/// What a log that was cut may say otherwise: what the event is, which lines it rests on, its ids.
const OF_THE_LOG: [&str; 8] = [
    "/type",
    "/id",
    "/report_id",
    "/evidence",
    "/truncated",
    "/kernel_time_us",
    "/time",
    "/cgroup/limit_level",
];

/// Figures that nothing follows in their line: at the very end of a log without a line end they may have
/// lost digits, and nothing shows it.
const LAST_OF_THEIR_LINE: [&str; 9] = [
    "/victim/uid",
    "/victim/oom_score_adj",
    // Cut between two components it is a path that the kernel could have printed.
    "/cgroup/oom_memcg",
    "/memory/failcnt",
    "/memory_swap/failcnt",
    "/swap/failcnt",
    "/invoker/oom_score_adj",
    "/memcg_stats/",
    "/tasks/",
];

fn nothing_is_invented(whole: &Value, part: &Value, mid_line: bool) -> Result<(), TestCaseError> {
    let mut shown = Vec::new();
    leaves(part, "", &mut shown);
    for (path, value) in shown {
        if OF_THE_LOG.contains(&path.as_str()) {
            continue;
        }
        let expected = whole.pointer(&path);
        let shortened = mid_line
            && LAST_OF_THEIR_LINE.iter().any(|last| path.starts_with(last))
            && expected.is_some_and(|expected| {
                expected
                    .to_string()
                    .trim_matches('"')
                    .starts_with(value.to_string().trim_matches('"'))
            });
        prop_assert!(
            expected == Some(&value) || shortened,
            "{} is {} and was {:?}",
            path,
            value,
            expected
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_report_comes_back(report in ordinary_report(), words in words(), carrier in carrier()) {
        let log = carrier.print("node-7", &report, &words).concat();
        check(&report, &words, &events(&log))?;
    }

    #[test]
    fn any_names_come_back_from_kmsg(report in report(any_comm(), Just(Vec::new())), words in words()) {
        let log = Carrier::Kmsg.print("", &report, &words).concat();
        let events = events(&log);
        prop_assert_eq!(events.len(), 1, "{:?}", events);
        let exact = ["/victim/pid", "/victim/comm", "/victim/uid", "/invoker/comm", "/invoker/pid", "/pod/uid", "/container/id"];
        for (path, expected) in report.facts(&words) {
            // A header or CPU line with words of its own in the comm may leave its thread unnamed.
            let shown = events[0].pointer(path);
            let is_exact = exact[..3].contains(&path);
            prop_assert!(
                shown == Some(&expected) || !is_exact && shown.is_none(),
                "{} is {:?} and was {}: {}", path, shown, expected, events[0]
            );
        }
    }

    #[test]
    fn any_cgroup_name_moves_no_pod(
        report in report(any_comm(), any_cgroup_name().prop_map(|name| [b"/", &name[..]].concat())),
        words in words(),
    ) {
        let log = Carrier::Kmsg.print("", &report, &words).concat();
        let events = events(&log);
        prop_assert_eq!(events.len(), 1, "{:?}", events);
        let event = &events[0];
        prop_assert_eq!(event.pointer("/victim/pid"), Some(&report.pid.into()));
        for (path, expected) in [
            ("/pod/uid", Value::from(report.pod.as_str())),
            ("/container/id", report.container.as_str().into()),
            ("/victim/comm", oomparse_core::Text::from(&report.comm[..]).to_string().into()),
        ] {
            let shown = event.pointer(path);
            prop_assert!(shown.is_none() || shown == Some(&expected), "{} is {:?} and was {}", path, shown, expected);
        }
        let path = event.pointer("/cgroup/task_memcg");
        let whole = Value::from(oomparse_core::Text::from(&report.task()[..]).to_string());
        let cut = event["truncated"].to_string().contains("cgroup.task_memcg");
        prop_assert!(path.is_none() || path == Some(&whole) || cut, "{:?} was {}", path, whole);
    }

    #[test]
    fn ordinary_lines_between_change_nothing(
        report in ordinary_report(), words in words(), carrier in carrier(), every in 1usize..5,
    ) {
        let lines = carrier.print("node-7", &report, &words);
        let mut noisy = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            noisy.extend_from_slice(line);
            if at % every == 0 && at + 1 < lines.len() {
                noisy.extend(carrier.write("node-7", at, 6, b"br-2f0c: port 3(veth51c7) entered forwarding state"));
            }
        }
        prop_assert_eq!(events(&noisy), events(&lines.concat()));
    }

    #[test]
    fn cut_anywhere_nothing_is_invented(
        report in ordinary_report(), words in later_words(), carrier in carrier(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
    ) {
        let lines = carrier.print("node-7", &report, &words);
        let log = lines.concat();
        let whole = events(&log);
        prop_assert_eq!(whole.len(), 1);
        // Whole lines off either end.
        let (from, end) = (from.index(lines.len()), to.index(lines.len()) + 1);
        for part in [&lines[from..], &lines[..end], &lines[from.min(end)..end.max(from)]] {
            let part = events(&part.concat());
            prop_assert!(part.len() <= 1, "{:?}", part);
            part.iter().try_for_each(|event| nothing_is_invented(&whole[0], event, false))?;
        }
        // Any byte off the end.
        let part = events(&log[..to.index(log.len())]);
        prop_assert!(part.len() <= 1, "{:?}", part);
        part.iter().try_for_each(|event| nothing_is_invented(&whole[0], event, true))?;
    }

    #[test]
    fn hosts_that_interleave_equal_each_alone(
        one in ordinary_report(), two in ordinary_report(), first in words(), second in words(),
        carrier in select(vec![Carrier::Syslog, Carrier::SyslogPlain, Carrier::Syslog5424, Carrier::JournalShort, Carrier::JournalJson]),
        turns in vec(any::<bool>(), 1..80),
    ) {
        let alone = [carrier.print("a", &one, &first), carrier.print("b", &two, &second)];
        let mut at = [0usize; 2];
        let mut mixed = Vec::new();
        for turn in turns.into_iter().chain([true, false].into_iter().cycle().take(200)) {
            let which = usize::from(turn);
            if let Some(line) = alone[which].get(at[which]) {
                mixed.extend_from_slice(line);
                at[which] += 1;
            }
        }
        let mixed = events(&mixed);
        for (host, lines) in ["a", "b"].iter().zip(&alone) {
            let of_host: Vec<&Value> = mixed.iter().filter(|event| event["host"] == **host).collect();
            let alone = events(&lines.concat());
            prop_assert_eq!(of_host, alone.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_report_as_one_value_comes_back(
        report in ordinary_report(), words in words(), carrier in several_as_text(), key in text_key(),
    ) {
        let log = as_value(key, "", &carrier.print("node-7", &report, &words).concat());
        check(&report, &words, &events(&log))?;
    }

    #[test]
    fn any_comm_as_one_value_of_the_journals_makes_no_kill(
        report in report(any_comm(), Just(Vec::new())), words in words(), key in text_key(),
    ) {
        let text = Carrier::JournalCat.print("", &report, &words).concat();
        let proven = r#""_TRANSPORT":"kernel","SYSLOG_FACILITY":"0","#;
        let events = events(&as_value(key, proven, &text));
        prop_assert!(events.len() == 1, "{:?}", events);
        prop_assert_eq!(events[0].pointer("/victim/pid"), Some(&report.pid.into()), "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn any_cgroup_name_makes_no_kill(
        report in report(ordinary_comm(), any_cgroup_name().prop_map(|name| [b"/", &name[..]].concat())),
        words in words(), carrier in several_as_text(), is_value in any::<bool>(),
    ) {
        let mut log = carrier.print("node-7", &report, &words).concat();
        if is_value {
            log = as_value("message", "", &log);
        }
        let kills: Vec<_> = events(&log).into_iter().filter(|event| event["type"] == "kill").collect();
        for kill in kills {
            prop_assert_eq!(kill.pointer("/victim/pid"), Some(&report.pid.into()), "{}", String::from_utf8_lossy(&log));
        }
    }
}

/// Carriers that print a report as text which several lines of may come as one.
fn several_as_text() -> impl Strategy<Value = Carrier> {
    select(vec![
        Carrier::Kmsg,
        Carrier::Dmesg,
        Carrier::DmesgT,
        Carrier::DmesgX,
        Carrier::DmesgR,
        Carrier::DmesgIso,
        Carrier::Syslog,
        Carrier::SyslogPlain,
        Carrier::Syslog5424,
        Carrier::JournalCat,
    ])
}

fn text_key() -> impl Strategy<Value = &'static str> {
    select(vec!["message", "MESSAGE", "log"])
}

/// A record with this text under a key.
fn as_value(key: &str, others: &str, text: &[u8]) -> Vec<u8> {
    let text = Value::from(String::from_utf8_lossy(text));
    format!("{{{others}\"{key}\":{text}}}\n").into_bytes()
}
