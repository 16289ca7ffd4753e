//! With and without the remembered prefix of the line before, the events are the same.
//!
//! A log whose lines all begin alike is compared with one that is equal in everything that an event shows, but
//! whose lines alternate between two prefixes, so that none is read by comparing it with the line before.

use oomparse_core::Options;
use oomparse_tests::model::{Report, WORDS, Words};
use oomparse_tests::{parse_frames, parse_lines, parse_pieces, parse_whole, to_values};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use std::cell::Cell;

/// Messages of the most frequent kinds, and some that nearly are of one.
const MESSAGES: [&str; 57] = [
    "anon 127506432",
    "file 0",
    "pgfault 18446744073709551615",
    "pgfault 18446744073709551616",
    "anon 00012",
    "anon -1",
    "anon 12 ",
    "0 12",
    "_ 12",
    "file_mapped 123456789",
    "a_key_that_is_far_longer_than_any_that_the_kernel_has_in_its_tables 7",
    "anon  12",
    "anon 1 2",
    "anon\t12",
    "Anon 12",
    "workingset_refault_anon 12",
    "anon 12#012file 5",
    "anon 12\\x0afile 5",
    "anon=3D12",
    "anon#01112",
    "sock 4096\r",
    "memory: usage 4194304kB, limit 4194304kB, failcnt 1",
    "Memory cgroup stats for /kubepods:",
    "Memory cgroup stats for /a: cache:1KB rss:2KB",
    "Tasks state (memory values in pages):",
    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
    "[   7777]     0  7777     1000      500     4096        0           900 sh",
    "[   7777]     0  7777     1000      500     4096        0          -998 (sd-pam)",
    "[   7778]     0  7778     1000      500     4096        0           900 a#012b",
    "[   7778]     0  7778     1000      500     4096        0           900 a\\x0ab",
    "[   7778]     0  7778     1000      500     4096        0           900 a=3Db",
    "[   7778]     0  7778     1000      500     4096        0           900 Killed process",
    "[   7778]     0  7778     1000      500     4096        0           900 ",
    "[   7779]     0  7779     1000      500     4096        0           900",
    "[99999999999]     0  7779     1000      500     4096        0           900 big",
    "[ 1149.000017] anon 5",
    " ? __warn+0x182/0xf37",
    " dump_stack+0x6d/0x8b#012 anon 5",
    " dump_stack+0x6d/0x8b",
    " Killed process 7 (a) total-vm:1kB+0x6d/0x8b",
    " <TASK>",
    "RAX: 3321d98abeb036f1 RBX: 6b36cd59e1b96d14 RCX: 0000000000000000",
    "RAX: 3321d98abeb036f1#012anon 5",
    "RSP: 002b:00007ffc8e6f0000 EFLAGS: 00010246 ORIG_RAX: 0000000000000000",
    "active_anon:40211 inactive_anon:31120 isolated_anon:0",
    "65536 pages RAM",
    "RIP: 0033:0x521977",
    "RIP: 0 cpuset=/ mems_allowed=0",
    "Code: Unable to access opcode bytes at 0x7f1c9e8b3a8e.",
    "Code: x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=7",
    "Hardware name: Amazon EC2 m5.2xlarge/, BIOS 1.0 10/16/2017",
    "Node 0 DMA free:15884kB min:268kB low:332kB high:396kB all_unreclaimable? no",
    "Node 0 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=7",
    "Node 0 Killed process 5 (x) total-vm:1kB, anon-rss:1kB",
    "lowmem_reserve[]: 0 2953 3936 3936",
    "",
    "br-2f0c: port 3(veth51c7) entered forwarding state",
];

/// What is done to one message of the report.
#[derive(Clone, Debug)]
enum Edit {
    /// Another message in front of it.
    Insert(&'static str),
    /// Such messages in a row.
    Repeat(&'static str, usize),
    /// It and the next one in one line.
    Glue,
    /// Broken into lines of this width.
    Wrap(usize),
    /// The clock goes on from here by so many microseconds, or back.
    Step(i64),
    /// So many messages from here on are of one time, as those of one record are.
    Hold(usize),
    /// It is lost.
    Lose,
}

fn edit() -> impl Strategy<Value = Edit> {
    let message = || select(MESSAGES.to_vec());
    prop_oneof![
        6 => message().prop_map(Edit::Insert),
        2 => (message(), 2usize..5).prop_map(|(message, times)| Edit::Repeat(message, times)),
        1 => Just(Edit::Glue),
        1 => select(vec![40usize, 72, 80, 100, 120]).prop_map(Edit::Wrap),
        2 => select(vec![0i64, 1, 900_000, 5_000_000, 60_000_000, -1, -400_000, -5_000_000]).prop_map(Edit::Step),
        2 => (2usize..30).prop_map(Edit::Hold),
        1 => Just(Edit::Lose),
    ]
}

/// What is done to a line's bytes.
#[derive(Clone, Debug)]
enum Damage {
    Cut,
    Lose(usize),
    Put(&'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        3 => Just(Damage::Cut),
        2 => (1usize..9).prop_map(Damage::Lose),
        2 => select(vec!["0", " ", "kB", "-", ":", ",", "(", ")", "x"]).prop_map(Damage::Put),
    ]
}

/// A message, the clock at it, and how it stands in the log.
struct Line {
    message: Vec<u8>,
    micros: i64,
    glued: bool,
    wrapped: Option<usize>,
}

fn lines(report: &Report, words: &Words, edits: &[(prop::sample::Index, Edit)]) -> Vec<Line> {
    let messages = report.print(words);
    let mut lines = Vec::new();
    let mut micros = 1_149_000_000i64;
    let held = Cell::new(0);
    let mut put = |message: &[u8], micros: &mut i64, glued, wrapped| {
        match held.get() {
            0 => *micros += 17,
            more => held.set(more - 1),
        }
        let message = message.to_vec();
        lines.push(Line {
            message,
            micros: *micros,
            glued,
            wrapped,
        });
    };
    for (at, (_, message)) in messages.iter().enumerate() {
        let (mut lost, mut glued, mut wrapped) = (false, false, None);
        for (index, edit) in edits {
            if index.index(messages.len()) != at {
                continue;
            }
            match edit {
                Edit::Insert(text) => put(text.as_bytes(), &mut micros, false, None),
                Edit::Repeat(text, times) => {
                    (0..*times).for_each(|_| put(text.as_bytes(), &mut micros, false, None));
                }
                Edit::Glue => glued = true,
                Edit::Wrap(width) => wrapped = Some(*width),
                Edit::Step(by) => micros += by,
                Edit::Hold(times) => held.set(*times),
                Edit::Lose => lost = true,
            }
        }
        if !lost {
            put(message, &mut micros, glued, wrapped);
        }
    }
    lines
}

/// The log with what `prefix` gives for each line's number and clock.
fn print(lines: &[Line], prefix: impl Fn(usize, i64) -> String) -> Vec<Vec<u8>> {
    let mut log: Vec<Vec<u8>> = Vec::new();
    let mut glued = false;
    for (at, line) in lines.iter().enumerate() {
        let mut text = prefix(at, line.micros).into_bytes();
        text.extend_from_slice(&line.message);
        let mut text = match line.wrapped {
            Some(width) => text.chunks(width).collect::<Vec<_>>().join(&b'\n'),
            None => text,
        };
        text.push(b'\n');
        match log.last_mut() {
            Some(last) if glued => {
                last.pop();
                last.extend(text);
            }
            _ => log.push(text),
        }
        glued = line.glued;
    }
    log
}

fn stamp(micros: i64) -> String {
    format!("[{:5}.{:06}]", micros / 1_000_000, micros % 1_000_000)
}

fn with_tasks() -> Options {
    let mut options = Options::default();
    options.tasks = true;
    options
}

fn values(events: &[String]) -> Vec<Value> {
    to_values(events).expect("JSON")
}

/// The events at once, which must be those line by line and in pieces.
fn events(log: &[Vec<u8>]) -> Result<Vec<Value>, TestCaseError> {
    let options = with_tasks();
    let whole = parse_whole(&options, &log.concat());
    prop_assert_eq!(&whole, &parse_lines(&options, &log.concat()));
    let by_line = log.iter().map(Vec::as_slice);
    prop_assert_eq!(&whole, &parse_pieces(&options, by_line));
    Ok(values(&whole))
}

fn report() -> impl Strategy<Value = Report> {
    let comm = || "[a-zA-Z][a-zA-Z0-9_.:/-]{0,13}[a-z0-9]".prop_map(String::into_bytes);
    (
        (2u32..4_194_304, 2u32..4_194_304, comm(), comm()),
        vec((2u32..4_194_304, comm()), 0..6),
        prop::array::uniform5(0u32..90_000_000),
        (-1000i32..=1000, 0u32..3000, any::<bool>(), any::<bool>()),
        (0u32..90_000_000, 1u32..90_000_000, any::<u32>()),
        (0u32..4_000_000, 0u32..4_000_000),
    )
        .prop_map(|(names, mut others, kib, numbers, memory, stats)| {
            let (pid, other, comm, asker) = names;
            let (adj, score, is_self, systemd) = numbers;
            others.retain(|(row, _)| *row != pid);
            let invoker = if is_self {
                (pid, comm.clone())
            } else {
                (other, asker)
            };
            Report {
                invoker,
                pid,
                comm,
                uid: 0,
                kib,
                adj,
                score,
                pod: "3962896b-ab69-4572-8f1d-ee756f9f3589".to_owned(),
                container: "a".repeat(64),
                below: Vec::new(),
                systemd,
                memory,
                stats,
                others,
            }
        })
}

type Edits = Vec<(prop::sample::Index, Edit)>;

fn edits() -> impl Strategy<Value = Edits> {
    vec((any::<prop::sample::Index>(), edit()), 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Levels are in no event: `<6>` by turns with `<4>`, with and without a caller.
    #[test]
    fn levels_by_turns_change_nothing(
        report in report(), words in select(WORDS.to_vec()), edits in edits(), caller in select(vec!["", "[ T7777]", "[   C0]"]),
    ) {
        let lines = lines(&report, &words, &edits);
        let alike = print(&lines, |_, micros| format!("<6>{}{caller} ", stamp(micros)));
        let by_turns = print(&lines, |at, micros| {
            // A glued line's level is text of the line before it, of a path for one.
            let is_text = at.checked_sub(1).is_some_and(|before| lines[before].glued);
            let level = if is_text || at % 2 == 0 { 6 } else { 4 };
            format!("<{level}>{}{caller} ", stamp(micros))
        });
        // The level is part of the text that ids are made of.
        let without_ids = |mut events: Vec<Value>| {
            for event in events.iter_mut().filter_map(Value::as_object_mut) {
                event.remove("id");
                event.remove("report_id");
            }
            events
        };
        prop_assert_eq!(without_ids(events(&alike)?), without_ids(events(&by_turns)?));
    }

    /// Who frames the lines of a damaged log himself gets the same events.
    #[test]
    fn frames_of_a_damaged_log_tell_what_its_lines_do(
        report in report(), words in select(WORDS.to_vec()), edits in edits(),
        damage in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), damage()), 1..12),
        head in select(vec!["", "<4>", "Jan  5 02:12:02 n kernel: "]),
    ) {
        let mut lines = lines(&report, &words, &edits);
        lines.iter_mut().for_each(|line| (line.wrapped, line.glued) = (None, false));
        let mut log = print(&lines, |_, micros| format!("{head}{} ", stamp(micros)));
        for (line, at, damage) in &damage {
            let index = line.index(log.len());
            let line = &mut log[index];
            let at = at.index(line.len());
            let (lost, put) = match damage {
                Damage::Cut => (at..line.len(), "\n"),
                Damage::Lose(bytes) => (at..(at + bytes).min(line.len() - 1), ""),
                Damage::Put(text) => (at..at, *text),
            };
            line.splice(lost, put.bytes());
        }
        // What a mail or a terminal did is undone before lines are framed.
        log.retain(|line| !(79..=83).contains(&line.len()) && line.len() < 1000);
        let log = log.concat();
        let options = with_tasks();
        prop_assert_eq!(parse_frames(&options, &log), parse_whole(&options, &log));
    }

    /// Three more decimals by turns: the clock is the same, and the next line's prefix is another.
    #[test]
    fn decimals_by_turns_change_nothing(
        report in report(), words in select(WORDS.to_vec()), edits in edits(),
        head in select(vec!["", "<4>", "Jan  5 02:12:02 n kernel: ", "2023-01-05T02:12:02Z n kernel: "]),
    ) {
        // What is wrapped or glued stands at another width.
        let mut lines = lines(&report, &words, &edits);
        lines.iter_mut().for_each(|line| (line.wrapped, line.glued) = (None, false));
        let alike = print(&lines, |_, micros| format!("{head}{} ", stamp(micros)));
        let by_turns = print(&lines, |at, micros| {
            let more = if at % 2 == 0 { "" } else { "000" };
            format!("{head}[{:5}.{:06}{more}] ", micros / 1_000_000, micros % 1_000_000)
        });
        prop_assert_eq!(events(&alike)?, events(&by_turns)?);
    }

    /// Lines of another machine in between: the same log, line by line.
    #[test]
    fn two_machines_by_turns_equal_each_alone(
        report in report(), words in select(WORDS.to_vec()), edits in edits(),
    ) {
        // What is wrapped or glued has no machine's name of its own, so it must stay beside what has.
        let mut lines = lines(&report, &words, &edits);
        lines.iter_mut().for_each(|line| (line.wrapped, line.glued) = (None, false));
        let of = |host: &str| print(&lines, |_, micros| format!("Jan  5 02:12:02 {host} kernel: {} ", stamp(micros)));
        let (a, b) = (of("a"), of("b"));
        let mixed: Vec<Vec<u8>> = a.iter().zip(&b).flat_map(|(a, b)| [a.clone(), b.clone()]).collect();
        let mixed = events(&mixed)?;
        for (host, log) in [("a", &a), ("b", &b)] {
            let of_host: Vec<&Value> = mixed.iter().filter(|event| event["host"] == host).collect();
            let alone = events(log)?;
            prop_assert_eq!(of_host, alone.iter().collect::<Vec<_>>());
        }
    }
}

const SUMMARY: &str = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=memc,pid=7,uid=0";

/// The pids of the victims; a report without one has none.
fn victims(log: &str) -> Vec<Option<u64>> {
    let events = values(&parse_whole(&with_tasks(), log.as_bytes()));
    let pids = events.iter().map(|event| event["victim"]["pid"].as_u64());
    pids.collect()
}

const HEADER: &str = "invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
const KILLED: &str =
    "Memory cgroup out of memory: Killed process 7 (memc) total-vm:8kB, anon-rss:4kB, file-rss:0kB";

#[test]
fn a_host_is_no_line_of_the_stack() {
    for host in ["Node", "Code:", "RIP:", "lowmem_reserve[]:"] {
        let log = format!(
            "[  100.000000] {host} kernel: java {HEADER}\n[  100.000001] perl {HEADER}\n[  100.000002] {host} kernel: {KILLED}\n"
        );
        assert_eq!(victims(&log), [None, Some(7)], "{host}");
        let log =
            format!("java {HEADER}\n[  100.000001] foo\n[  100.000002] {host} kernel: {KILLED}\n");
        assert!(victims(&log).contains(&Some(7)), "{host}");
    }
}

#[test]
fn a_row_tells_that_no_host_stands_behind_the_stamp() {
    let log = "[pid]tgid total_vm name\n[    0.840745] \n[    0.840932] [ 1234567]  0 123\n0.9] l kernel: oom-kill\n";
    let events = values(&parse_whole(&with_tasks(), log.as_bytes()));
    assert!(
        events.iter().all(|event| event["host"].is_null()),
        "{events:?}"
    );
}

#[test]
fn a_host_with_nothing_open_is_not_shown_the_stack_for_anothers_sake() {
    let of_a = "Jan  5 00:01:40 a kernel: [  100.306598] Tasks in /k are going to be killed due to memory.oom.group set\n\
                Jan  5 00:01:40 a kernel: [  100.306696] Call Trace:\n\
                Jan  5 00:01:40 a kernel: [  100.306697] Killed process 7 (memc)\n";
    let of_b = format!("Jan  5 00:01:40 b kernel: [    9.100000] java {HEADER}\n");
    let alone = values(&parse_whole(&with_tasks(), of_a.as_bytes()));
    let mut mixed = values(&parse_whole(&with_tasks(), (of_b + of_a).as_bytes()));
    mixed.retain(|event| event["host"] == "a");
    assert_eq!(mixed, alone);
    assert_eq!(alone[0]["victim"]["pid"], 7);
}

#[test]
fn a_figure_has_a_name_that_begins_with_a_letter() {
    for (one, other) in [("0", "_x"), ("file", "0"), ("file", "_x")] {
        let head = "Jan  5 02:12:02 n kernel: [  100.000002] ";
        let log = format!(
            "Jan  5 02:12:02 n kernel: [  100.000001] Memory cgroup stats for /a:\n\
             {head}anon 4096\n{head}{one} 8192\n{head}{other} 12288\n"
        );
        let events = values(&parse_whole(&with_tasks(), log.as_bytes()));
        let figures = events[0]["memcg_stats"][0]["values"].as_object().unwrap();
        let expected: Vec<&str> = ["anon", "file"][..1 + usize::from(one == "file")].to_vec();
        assert!(figures.keys().eq(expected), "{figures:?}");
    }
}

#[test]
fn a_clock_past_its_range_is_none() {
    let log = format!("[18446744073709.000001] java {HEADER}\n[18446744073709.999999] {KILLED}\n");
    assert_eq!(victims(&log), [None]);
}

#[test]
fn a_broken_header_of_a_comm_like_the_stacks() {
    for comm in ["Code: x", "RIP:", "Hardware name:", "Node 0"] {
        // The line ends where a terminal's does.
        let host = "h".repeat(20usize.saturating_sub(comm.len()));
        let head = format!("Jan  5 00:01:21 {host} kernel: [  100.00000");
        let broken = format!("{head}3] {comm} invoked oom-killer:");
        assert!((78..=82).contains(&broken.len()), "{}", broken.len());
        let log = format!(
            "{head}1] java {HEADER}\n{broken}\n gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=7\n"
        );
        assert_eq!(victims(&log), [None, None], "{comm}");
    }
}

#[test]
fn lines_behind_blanks_belong_to_the_refused_one_before() {
    let blanks = " ".repeat(15);
    let kill = |micros: u32, pid: u32| {
        format!(
            "{blanks}[   12.{micros:06}] {}\n",
            KILLED.replace('7', &pid.to_string())
        )
    };
    for between in [
        "[      7]     0     7      112       32        8        0             0 oom_reaper: x",
        "RIP: 0033:0x1 Killed process 9 (y)",
        "Node 0 Killed process 9 (y)",
    ] {
        let log = format!(
            "{blanks}[   12.000001] java {HEADER}\n{blanks}[   12.000002] {SUMMARY}\n{}[   12.000000] usb 1-1\n{blanks}[   12.000004] {between}\n{}",
            kill(3, 7),
            kill(5, 8),
        );
        assert_eq!(victims(&log), [Some(7)], "{between}");
    }
}
