//! Lines of a report's block: which report gets them.

use super::neighbours::{OTHER, choice, uid, uid_of};
use super::{POD, events, invoked, kill_of, killed, with_tasks};
use crate::event::{EventType, Evidence};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const TABLE: &str =
    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n";

fn row(pid: u32) -> String {
    format!("[{pid:7}]     0 {pid:5}      100       50     4096        0             0 java\n")
}

fn task_in(path: &str) -> String {
    format!("Task in {path} killed as a result of limit of {path}\n")
}

fn evidence(log: &str) -> Vec<Evidence> {
    events(log).remove(0).evidence
}

#[test]
fn a_cpusets_line_goes_to_the_report_of_its_thread() {
    let cpuset = |comm: &str| {
        let log = invoked("100.1")
            + &format!("[100.2] {comm} cpuset=d96a8ea034f0 mems_allowed=0\n")
            + &killed("100.3", 7);
        evidence(&log).contains(&Evidence::Cpuset)
    };
    assert!(cpuset("java"));
    assert!(!cpuset("bash"));
    // A report whose first line is missing may be any thread's.
    let log = format!("[100.1] {}", task_in(POD))
        + "[100.2] java cpuset=d96a8ea034f0 mems_allowed=0\n"
        + &killed("100.3", 7);
    assert!(!evidence(&log).contains(&Evidence::Cpuset));
}

#[test]
fn of_two_first_lines_the_cpusets_name_shows_whose_block_follows() {
    let invoker = |cpusets: [&str; 2]| {
        let [java, mysqld] = cpusets;
        let log = invoked("100.000001")
            + "[100.000002] mysqld invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
            + &format!("[100.000003] java cpuset={java} mems_allowed=0\n")
            + &format!("[100.000004] mysqld cpuset={mysqld} mems_allowed=0\n")
            + "[100.000005] "
            + &task_in("/docker/d96a8ea034f0")
            + &killed("100.000006", 7);
        let found = events(&log);
        let invoker = kill_of(&found, 7).invoker.as_ref();
        invoker.and_then(|invoker| invoker.comm.as_ref().map(ToString::to_string))
    };
    assert_eq!(invoker(["d96a8ea034f0", "/"]).as_deref(), Some("java"));
    assert_eq!(invoker(["/", "d96a8ea034f0"]).as_deref(), Some("mysqld"));
    // Both or none: then it is unknown who invoked the killer.
    assert_eq!(invoker(["/", "/"]), None);
    assert_eq!(invoker(["d96a8ea034f0", "d96a8ea034f0"]), None);
}

#[test]
fn a_counter_comes_once_and_before_figures_and_table() {
    let counter = |name: &str| format!("[100.1] {name}: usage 2048kB, limit 4096kB, failcnt 9\n");
    let is_one = |between: &str, next: &str| {
        let log =
            invoked("100.1") + &counter("memory") + between + &counter(next) + &killed("100.2", 7);
        events(&log).len() == 1
    };
    let heading = "[100.1] Memory cgroup stats for /a:\n";
    let table = format!("[100.1] {TABLE}");
    for (between, next, expected) in [
        ("", "kmem", true),
        ("", "memory", false),
        (heading, "kmem", false),
        (table.as_str(), "kmem", false),
    ] {
        assert_eq!(is_one(between, next), expected, "{between} {next}");
    }
}

#[test]
fn a_row_after_its_threads_choice_is_nobodys() {
    let by = |thread: &str, text: &str| format!("[100.000002][   {thread}] {text}");
    let rows = |choice: &str| {
        let log = invoked("100.000001][   T11")
            + &by("T11", TABLE)
            + &by("T11", &row(7))
            + choice
            + &invoked("100.000002][   T12")
            + &by("T12", TABLE)
            + &by("T12", &row(8))
            + &by("T11", &row(9))
            + &killed("100.000003][   T11", 7)
            + &killed("100.000003][   T12", 8);
        let found = with_tasks(&log);
        [7, 8].map(|pid| kill_of(&found, pid).tasks.len())
    };
    assert_eq!(rows(""), [2, 1]);
    assert_eq!(rows(&choice("100.000002][   T11", 7, "java")), [1, 1]);
}

#[test]
fn an_indented_figure_after_the_table_is_nobodys() {
    let figures = |table: &str| {
        let log = "[100.000001] Memory cgroup stats for /a:\n[100.000002] anon 4096\n".to_string()
            + table
            + "               file 99\n"
            + &killed("100.000005", 7);
        kill_of(&events(&log), 7).memcg_stats[0].values.len()
    };
    assert_eq!(figures(""), 2);
    assert_eq!(figures(&format!("[100.000003] {TABLE}")), 1);
}

#[test]
fn what_was_suppressed_is_evidence_where_it_was_printed() {
    let suppressed = "[100.2] oom_kill_process: 3 callbacks suppressed\n";
    let log = invoked("100.1") + suppressed + &killed("100.3", 7);
    let expected = [Evidence::Invoked, Evidence::Suppressed, Evidence::Killed];
    assert_eq!(evidence(&log), expected);
}

/// Two reports have chosen a process; the next line is about the one that was chosen last, whichever report is
/// the newest.
#[test]
fn a_child_dies_for_the_process_that_was_chosen_right_before() {
    let pod_of = |chosen: [u32; 2]| {
        let mut log = String::new();
        for (path, pid) in [(POD, 7), (OTHER, 8)] {
            log += &invoked("100.000001");
            for line in [task_in(path), TABLE.to_string(), row(pid)] {
                log += &format!("[100.000002] {line}");
            }
        }
        for pid in chosen {
            log += &choice("100.000003", pid, "java");
        }
        let found = events(&(log + &killed("100.000004", 9)));
        uid_of(kill_of(&found, 9)).map(ToString::to_string)
    };
    assert_eq!(pod_of([7, 8]).as_deref(), uid(OTHER));
    assert_eq!(pod_of([8, 7]).as_deref(), uid(POD));
}

#[test]
fn a_killed_line_of_another_scope_gets_no_cgroup() {
    let log = super::summary("100.1", 7, POD)
        + "[100.2] Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n";
    let found = events(&log);
    let sized = |event: &&crate::OomEvent| {
        let victim = event.victim.as_ref();
        victim.is_some_and(|victim| victim.total_vm_bytes.is_some())
    };
    let kill = found.iter().find(sized).unwrap();
    assert_eq!((kill.event_type, uid_of(kill)), (EventType::Kill, None));
}

#[test]
fn a_pid_that_was_given_again_has_not_the_first_ones_pod() {
    let first = super::summary("100.1", 7, POD) + &killed("100.2", 7);
    let again = "[101.3] Memory cgroup out of memory: Killed process 7 (bash) total-vm:99kB, anon-rss:4kB, file-rss:0kB\n";
    let found = events(&(first + again));
    let pods: Vec<_> = found.iter().map(uid_of).collect();
    assert_eq!(pods, [uid(POD), None]);
}
