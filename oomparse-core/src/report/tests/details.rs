//! One detail of one line each, and what the event says of it.

use super::{POD, events, invoked, kill_of, killed, summary, with_tasks};
use crate::bytes::Text;
use crate::cgroup::QosClass;
use crate::event::Scope;
use crate::frame::{Frame, FrameKind};
use crate::limits::MAX_JOINED_LEN;
use crate::options::Options;
use crate::report::Assembler;
use crate::source::Author;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn text(text: Option<&Text>) -> Option<String> {
    text.map(ToString::to_string)
}

#[test]
fn counters_are_read_by_their_first_letters() {
    let log = invoked("100.000001")
        + "[100.000002] memory: usage 2048kB, limit 4096kB, failcnt 9\n"
        + "[100.000003] memory+swap: usage 2044kB, limit 9007199254740988kB, failcnt 0\n"
        + "[100.000004] kmem: usage 4kB, limit 9007199254740988kB, failcnt 0\n"
        + "[100.000005] swap: usage 8kB, limit 4096kB, failcnt 1\n"
        + &summary("100.000006", 7, POD)
        + &killed("100.000007", 7);
    let event = events(&log).remove(0);
    let used = [event.memory, event.memory_swap, event.kmem, event.swap]
        .map(|counter| counter.and_then(|counter| counter.usage_bytes));
    assert_eq!(used, [2048, 2044, 4, 8].map(|kib| Some(kib << 10)));
}

#[test]
fn event_counts_in_kb_are_turned_back() {
    // The macro that turns pages into KB is applied to counts as well: 8 faults are 32KB.
    let log = invoked("100.000001")
        + "[100.000002] memory: usage 2048kB, limit 9007199254740988kB, failcnt 9\n"
        + "[100.000003] Memory cgroup stats for /a: cache:16KB rss:4KB workingset_refault:32KB unevictable:0KB\n"
        + &killed("100.000004", 7);
    let event = events(&log).remove(0);
    let values = &event.memcg_stats[0].values;
    assert_eq!(values.get("cache"), Some(16 << 10));
    assert_eq!(values.get("workingset_refault"), Some(8));
}

#[test]
fn a_summary_broken_before_the_user_is_not_whole() {
    let whole = summary("100.1", 7, POD);
    let start = whole.strip_suffix("0\n").unwrap();
    let log = format!("{start}\n[100.100001] 1001\n") + "[100.2] Killed process 7 (java)\n";
    let found = events(&log);
    let victim = kill_of(&found, 7).victim.as_ref().unwrap();
    assert_eq!(victim.uid, Some(1001), "{found:?}");
}

#[test]
fn a_row_ties_a_thread_to_its_process() {
    let log = |tgid: u32| {
        let log = invoked("100.000001")
            + "[100.000002] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
            + &format!(
                "[100.000003] [      9]     0 {tgid:5}      100       50     4096        0             0 java\n"
            )
            + "[100.000003] [      7]     0     7      100       50     4096        0             0 java\n"
            + &summary("100.000004", 7, POD)
            // So late that only the table ties it to the summary.
            + &killed("100.200000", 9);
        let found = events(&log);
        kill_of(&found, 9).cgroup.is_some()
    };
    assert!(log(7));
    assert!(!log(8));
}

#[test]
fn a_pods_figures_are_not_its_neighbours() {
    let stats = |path: &str, at: u32| {
        format!(
            "[100.{at:06}] Memory cgroup stats for {path}: cache:16KB rss:4KB unevictable:0KB\n"
        )
    };
    let log = |second: &str| {
        let log = invoked("100.000001")
            + &stats("/a", 2)
            + &stats(second, 3)
            + &summary("100.000004", 7, "/a").replace(&format!("={POD}"), "=/a")
            + &killed("100.000005", 7);
        let found = events(&log);
        kill_of(&found, 7).memcg_stats.len()
    };
    assert_eq!(log("/a/b"), 2);
    assert_eq!(log("/b"), 1);
    // A second block of one group is of another report, and nothing shows whose kill it is.
    assert_eq!(log("/a"), 0);
}

#[test]
fn figures_of_the_records_device_are_taken() {
    let log = "6,1,100000001,-;Memory cgroup stats for /a:\n\
               6,2,100000002,-;anon 4096\n\
               6,3,100000003,-;Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB\n";
    let event = events(log).remove(0);
    assert_eq!(event.memcg_stats[0].values.get("anon"), Some(4096));
}

#[test]
fn page_tables_of_early_5_4_are_in_bytes() {
    let bytes = |release: &str, value: u32| {
        let log = invoked("100.1")
            + &format!("[100.1] CPU: 0 PID: 9 Comm: java Not tainted {release} #1\n")
            + &format!(
                "[100.2] Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:{value}kB oom_score_adj:0\n"
            );
        let found = events(&log);
        kill_of(&found, 7).victim.as_ref().unwrap().pgtables_bytes
    };
    assert_eq!(bytes("5.4.3", 57_344), Some(57_344));
    assert_eq!(bytes("5.4.9", 57_344), Some(57_344 << 10));
    assert_eq!(bytes("5.4.3", 56), Some(56 << 10));
}

#[test]
fn a_child_that_dies_has_not_its_parents_score() {
    let log = |pid: u32| {
        invoked("100.000001")
            + "[100.000002] Memory cgroup out of memory: Kill process 7 (java) score 900 or sacrifice child\n"
            + &killed("100.000003", pid)
    };
    let (own, child) = (events(&log(7)), events(&log(8)));
    let own = kill_of(&own, 7);
    assert_eq!(own.victim.as_ref().unwrap().oom_score, Some(900));
    assert!(own.selected.is_none());
    let child = kill_of(&child, 8);
    assert_eq!(child.victim.as_ref().unwrap().oom_score, None);
    assert_eq!(child.selected.as_ref().unwrap().pid, 7);
}

#[test]
fn a_policys_summary_tells_its_scope() {
    let log = |constraint: &str| {
        format!(
            "[100.1] oom-kill:constraint={constraint},nodemask=0,cpuset=/,mems_allowed=0,task_memcg=/a,task=java,pid=7,uid=0\n\
                 [100.2] Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB\n"
        )
    };
    let scope = |constraint: &str| events(&log(constraint)).remove(0).scope;
    assert_eq!(scope("CONSTRAINT_MEMORY_POLICY"), Some(Scope::MemoryPolicy));
    assert_eq!(scope("CONSTRAINT_CPUSET"), Some(Scope::Cpuset));
}

#[test]
fn a_pod_of_no_class_is_a_pod() {
    let uid = "3962896b-ab69-4572-8f1d-ee756f9f3589";
    let task = format!("/kubepods/batch/pod{uid}");
    let log = summary("100.1", 7, &task).replace(POD, &task) + &killed("100.2", 7);
    let pod = events(&log).remove(0).pod.unwrap();
    assert_eq!((pod.uid.as_deref(), pod.qos_class), (Some(uid), None));
}

#[test]
fn classes_have_the_words_of_kubernetes() {
    let words = [
        QosClass::Guaranteed,
        QosClass::Burstable,
        QosClass::BestEffort,
    ]
    .map(QosClass::as_str);
    assert_eq!(words, ["Guaranteed", "Burstable", "BestEffort"]);
}

#[test]
fn a_process_that_is_ending_already_is_named() {
    let log = "[100.5] Memory cgroup out of memory: OOM victim 7 (java) is already exiting. Skip killing the task\n";
    let selected = events(log).remove(0).selected.unwrap();
    assert_eq!(
        (selected.pid, text(selected.comm.as_ref())),
        (7, Some("java".into()))
    );
}

/// The reaper comes two seconds after the kill, and a thousand others were killed meanwhile.
#[test]
fn in_a_storm_a_reapers_line_gives_no_kill_again() {
    let reaped = |at: &str, pid: u32| {
        format!(
            "[{at}] oom_reaper: reaped process {pid} (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"
        )
    };
    let pids = 1000..2000;
    let kills = pids.clone().map(|pid| killed(&format!("100.{pid}"), pid));
    let reapers = pids.clone().map(|pid| reaped(&format!("103.{pid}"), pid));
    let mut log: String = kills.chain(reapers).collect();
    let found: Vec<_> = events(&log)
        .iter()
        .map(|event| event.victim.as_ref().unwrap().pid)
        .collect();
    assert_eq!(found, pids.collect::<Vec<_>>());
    // A minute later the pid is another process's, whose Killed line was lost.
    log += &reaped("170.000", 1500);
    assert_eq!(events(&log).len(), 1001);
}

#[test]
fn a_reapers_line_proves_the_kill_that_was_lost() {
    let reaped = |pid: u32| {
        format!(
            "[100.300] oom_reaper: reaped process {pid} (java), now anon-rss:0kB, file-rss:4kB, shmem-rss:0kB\n"
        )
    };
    // The summary has named it: that is when it was chosen.
    let found = events(&(summary("100.100", 7, POD) + &reaped(7)));
    let kill = kill_of(&found, 7);
    assert_eq!(kill.kernel_time_us, Some(100_100_000));
    assert_eq!(kill.reaped.unwrap().file_rss_bytes, Some(4096));
    // And what a Killed line without a cgroup waits for.
    let found = events(&(killed("100.200", 7) + &reaped(7)));
    assert_eq!(found.len(), 1);
    assert!(found[0].reaped.is_some());
    let found = events(&(killed("100.200", 7) + &reaped(9)));
    assert!(kill_of(&found, 7).reaped.is_none());
}

#[test]
fn a_choice_after_a_kill_is_another_reports() {
    let choice = |at: &str, pid: u32| {
        format!(
            "[{at}] Memory cgroup out of memory: Kill process {pid} (java) score 900 or sacrifice child\n"
        )
    };
    let log = choice("100.100", 7)
        + &killed("100.101", 7)
        + &choice("100.102", 9)
        + &killed("100.103", 9);
    let found = events(&log);
    let second = kill_of(&found, 9);
    assert_ne!(kill_of(&found, 7).report_id, second.report_id);
    assert_eq!(second.victim.as_ref().unwrap().oom_score, Some(900));
}

#[test]
fn a_thread_is_its_leaders_by_the_table_alone() {
    // Another host's kill may stand right after the summary, with any pid.
    for pid in [5, 8, 9] {
        let log = summary("100.100", 7, POD) + &killed("100.100", pid);
        let found = events(&log);
        let kill = kill_of(&found, pid);
        assert!(kill.cgroup.is_none() && kill.pod.is_none(), "{kill:?}");
    }
}

#[test]
fn a_joined_message_has_a_bound() {
    let is_joined = |len: usize| {
        let start = "oom-kill:constraint=CONSTRAINT_NONE,nodemask=";
        let end = ",cpuset=/,mems_allowed=0,global_oom,task_memcg=/a,task=java,pid=7,uid=0";
        let mask = "0".repeat(len - start.len() - end.len());
        let log = format!("[100.1] {start}{mask}\n[100.1] {end}\n");
        let victim = |event: &crate::OomEvent| event.victim.as_ref().map(|victim| victim.pid);
        events(&log).iter().any(|event| victim(event) == Some(7))
    };
    assert!(is_joined(MAX_JOINED_LEN));
    assert!(!is_joined(MAX_JOINED_LEN + 1));
}

/// With each piece the message is read anew: without a bound on their number, work grows with its square.
#[test]
fn the_pieces_of_a_joined_message_have_a_bound() {
    // A comm has at most 15 newlines; then 16 lines may stand between.
    for (begin, piece, most) in [
        ("Killed process 1 (\n", "\n", 15 + 20),
        (
            "[    9.100000] Killed process 1 (\n",
            "[    9.100000] \n",
            15 + 20,
        ),
        (
            "4,1,9100000,-;Killed process 1 (\n",
            "4,1,9100000,c;a\n",
            160 + 20,
        ),
    ] {
        let mut parser = crate::Parser::new();
        parser.push_chunk(begin.as_bytes());
        let mut pieces = 0;
        while parser.wants_every_line() && pieces <= most {
            parser.push_chunk(piece.as_bytes());
            parser.give_waiting();
            pieces += 1;
        }
        assert!((15..=most).contains(&pieces), "{begin}{pieces}");
    }
    let is_whole = |pieces: usize| {
        let summary = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/";
        let end = ",task_memcg=/a,task=a,pid=7,uid=0";
        let log = format!("[    9.100000] {summary}\n{}{end}\n", "p\n".repeat(pieces));
        events(&log).pop().unwrap().victim.is_some()
    };
    assert_eq!([is_whole(100), is_whole(1000)], [true, false]);
}

#[test]
fn a_piece_of_the_records_device_is_its_threads() {
    let whole = summary("1", 7, POD);
    let (_, rest) = whole.split_once("nodemask=(null)").unwrap();
    let found = |caller: &str| {
        let log = format!(
            "6,1,100000001,-,caller=T11;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)\n\
             6,2,100000002,c,caller={caller};{rest}"
        );
        let found = events(&log);
        found.iter().any(|event| event.victim.is_some())
    };
    assert!(found("T11"));
    assert!(!found("T12"));
}

#[test]
fn a_short_paste_broken_in_a_word_reads_on() {
    // Some mail programs put an empty line after each.
    for end in ["\n", "\n\n"] {
        let log =
            format!("Killed process 7 (java) total-vm:8kB, anon-{end}rss:4kB, file-rss:12kB\n");
        let found = events(&log);
        let victim = kill_of(&found, 7).victim.as_ref().unwrap();
        assert_eq!(victim.anon_rss_bytes, Some(4 << 10), "{end:?}");
        assert_eq!(victim.file_rss_bytes, Some(12 << 10));
        assert_eq!(text(victim.comm.as_ref()).as_deref(), Some("java"));
    }
}

#[test]
fn the_host_of_a_record_is_the_events() {
    let log = "Jan  5 00:01:21 node-7 kernel: [12.5] Killed process 7 (java) total-vm:8kB, anon-rss:4kB\n";
    assert_eq!(
        text(events(log)[0].host.as_ref()).as_deref(),
        Some("node-7")
    );
}

#[test]
fn figures_broken_before_a_number_are_whole() {
    let log = "[100.000001] Memory cgroup stats for /a: cache:16KB inactive_file:\n\
               [100.000002] 4KB active_file:0KB unevictable:0KB\n\
               [100.000003] Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB\n";
    let event = events(log).remove(0);
    assert_eq!(event.memcg_stats[0].values.get("inactive_file"), Some(4096));
}

#[test]
fn a_groups_line_in_pieces_is_one() {
    let log = killed("100.000001", 7)
        + "[100.000002] Tasks in /a\n[100.000003]  are going to be killed due to memory.oom.group set\n";
    let found = events(&log);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].oom_group);
}

#[test]
fn a_group_takes_no_other_reports_counters() {
    let log = "[100.000001] Tasks in /b are going to be killed due to memory.oom.group set\n\
               [100.000002] memory: usage 2048kB, limit 2048kB, failcnt 9\n"
        .to_string()
        + &summary("100.000003", 7, POD)
        + &killed("100.000004", 7);
    let found = events(&log);
    let kill = kill_of(&found, 7);
    assert!(kill.memory.is_some() && !kill.oom_group, "{found:?}");
}

#[test]
fn a_counter_alone_proves_a_memory_cgroup() {
    let log = invoked("100.000001")
        + "[100.000002] memory: usage 2048kB, limit 2048kB, failcnt 9\n"
        + "[100.000003] Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n";
    assert_eq!(events(&log).remove(0).scope, Some(Scope::Memcg));
}

#[test]
fn a_header_of_rhel_6_is_not_of_2_6_32() {
    // Only the kernel that shows no other adjustment names the invoker's cgroup as the victim's.
    let task = |adj: &str| {
        let log = format!("[100.000001] java invoked oom-killer: gfp_mask=0xd0, order=0, {adj}\n")
            + &format!("[100.000002] Task in {POD} killed as a result of limit of {POD}\n")
            + "[100.000003] Memory cgroup out of memory: Kill process 7 (java) score 900 or sacrifice child\n"
            + &killed("100.000004", 7);
        let found = events(&log);
        let cgroup = kill_of(&found, 7).cgroup.as_ref();
        cgroup.is_some_and(|cgroup| cgroup.task_memcg.is_some())
    };
    assert!(task("oom_adj=0, oom_score_adj=0"));
    assert!(!task("oom_adj=0"));
}

#[test]
fn a_kill_printed_twice_is_one() {
    let line = killed("100.000001", 7);
    assert_eq!(events(&(line.clone() + &line)).len(), 1);
}

#[test]
fn one_cgroup_of_two_tells_the_scope() {
    // The line was cut within the second, and no other line names a limit.
    let log = invoked("1.1")
        + &format!("[1.2] Task in {POD}/a killed as a result of limit of /kubep\n")
        + "[1.3] Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n";
    let events = events(&log);
    assert_eq!(kill_of(&events, 7).scope, Some(Scope::Memcg));
}

#[test]
fn a_reaper_line_without_a_figure_tells_nothing_of_what_was_left() {
    for line in [
        "[9.3] oom_reaper: reaped process 7 (memc), now anon-",
        "[9.3] oom_reaper: reaped process 7 (memc)",
    ] {
        let log = alloc::format!("[9.2] Killed process 7 (memc)\n{line}\n");
        let events: Vec<_> = crate::parse_all(log.as_bytes(), &crate::Options::new()).collect();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].reaped, None, "{line}");
    }
}

/// Whether each of two figures of a report is said to belong to it, in frames with this author and clock.
fn figures_belong(author: Author, kernel_time_us: Option<u64>) -> [bool; 2] {
    let mut assembler = Assembler::new(&Options::new());
    let mut push = |kind: FrameKind, message: &str| {
        let frame = Frame {
            kind,
            author,
            kernel_time_us,
            message: message.as_bytes().into(),
            ..Frame::default()
        };
        assembler.push(&frame, 0)
    };
    assert!(push(FrameKind::Dmesg, "Memory cgroup stats for /a:"));
    let figure = push(FrameKind::Dmesg, "anon 4096");
    [figure, push(FrameKind::Indented, "file 4096")]
}

#[test]
fn figures_belong_to_a_report_by_author_or_clock() {
    assert_eq!(figures_belong(Author::KERNEL, None), [true, true]);
    assert_eq!(figures_belong(Author::UNKNOWN, Some(5)), [true, true]);
    assert_eq!(figures_belong(Author::UNKNOWN, None), [false, false]);
}

#[test]
fn a_line_that_killed_nobody_goes_to_its_callers_report() {
    let log = "<4>[  100.000000][   T7] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n\
        <4>[  100.000100][   T9] Out of memory and no killable processes...\n";
    let same = log.replace("T9", "T7");
    let count = |log: &str| {
        let all = events(log);
        all.iter().filter(|it| it.evidence.len() == 2).count()
    };
    assert_eq!([count(log), count(&same)], [0, 1]);
}

#[test]
fn rows_of_two_callers_go_to_their_own_reports() {
    let mut log = String::new();
    for caller in ["T7", "T9"] {
        log += &format!(
            "<4>[  100.000000][   {caller}] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        );
    }
    for caller in ["T7", "T9"] {
        log += &format!(
            "<6>[  100.000100][   {caller}] Tasks state (memory values in pages):\n<6>[  100.000101][   {caller}] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
        );
    }
    for (caller, pid) in [("T7", 17), ("T9", 19), ("T7", 27), ("T9", 29)] {
        log += &format!(
            "<6>[  100.000102][   {caller}] [     {pid}]     0    {pid}      100       10    45056        0             0 java\n"
        );
    }
    for (caller, pid) in [("T7", 17), ("T9", 19)] {
        log += &format!(
            "<3>[  100.000103][   {caller}] Out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:0\n"
        );
    }
    let all = with_tasks(&log);
    for (pid, other) in [(17, 27), (19, 29)] {
        let tasks = &kill_of(&all, pid).tasks;
        let pids: Vec<u32> = tasks.iter().map(|row| row.pid).collect();
        assert_eq!(pids, [pid, other], "{all:?}");
    }
}
