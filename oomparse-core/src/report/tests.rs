//! What the corpus does not tell apart: which report a line belongs to where only one detail decides.

use crate::{OomEvent, Options, Parser, parse_all};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const POD: &str = "/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589";

fn events(log: &str) -> Vec<OomEvent> {
    parse_all(log.as_bytes()).collect()
}

fn kill_of(events: &[OomEvent], pid: u32) -> &OomEvent {
    let is_it = |event: &&OomEvent| {
        event
            .victim
            .as_ref()
            .is_some_and(|victim| victim.pid == pid)
    };
    events.iter().find(is_it).unwrap()
}

fn with_tasks(log: &str) -> Vec<OomEvent> {
    let mut options = Options::default();
    options.tasks = true;
    let mut parser = Parser::with_options(options);
    parser.push_chunk(log.as_bytes());
    parser.finish();
    core::iter::from_fn(|| parser.next_event()).collect()
}

fn summary(at: &str, pid: u32, task: &str) -> String {
    format!(
        "[{at}] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={POD},task_memcg={task},task=java,pid={pid},uid=0\n"
    )
}

fn killed(at: &str, pid: u32) -> String {
    format!(
        "[{at}] Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:968\n"
    )
}

fn invoked(at: &str) -> String {
    format!(
        "[{at}] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
    )
}

#[test]
fn a_report_does_not_follow_one_of_long_ago() {
    // An hour later it is another report's line, whatever pid it names.
    let near = events(&(summary("100.1", 7, POD) + &killed("100.2", 7)));
    assert_eq!(near.len(), 1);
    assert!(near[0].cgroup.is_some());
    let far = events(&(summary("100.1", 7, POD) + &killed("3700.2", 7)));
    let kill = far.iter().find(|event| {
        event
            .victim
            .as_ref()
            .is_some_and(|v| v.total_vm_bytes.is_some())
    });
    assert!(kill.unwrap().cgroup.is_none(), "{far:?}");
}

#[test]
fn a_lines_own_id_is_the_events() {
    let line = b"[12.5] Killed process 4021 (mysqld) total-vm:8kB, anon-rss:4kB";
    let frame = crate::Framer::new().frame(line).unwrap().into_owned();
    let event = parse_all(line).next().unwrap();
    assert_eq!(frame.id(), event.id);
    assert_eq!(frame.id().map(|id| id.len()), Some(16));
}

#[test]
fn a_group_of_another_path_is_another_report() {
    let log = summary("100.1", 7, POD)
        + &killed("100.2", 7)
        + "[100.3] Tasks in /other/b are going to be killed due to memory.oom.group set\n"
        + &killed("100.4", 9);
    let found = events(&log);
    assert_ne!(kill_of(&found, 7).report_id, kill_of(&found, 9).report_id);
}

#[test]
fn another_callers_line_is_another_reports() {
    let log = |caller: &str| {
        summary("100.1][   T11", 7, POD) + &killed(&format!("100.2][   {caller}"), 7)
    };
    assert!(events(&log("T11"))[0].cgroup.is_some());
    let found = events(&log("T12"));
    let sized = |event: &&OomEvent| {
        event
            .victim
            .as_ref()
            .is_some_and(|v| v.total_vm_bytes.is_some())
    };
    assert!(
        found.iter().find(sized).unwrap().cgroup.is_none(),
        "{found:?}"
    );
}

#[test]
fn stats_that_fill_a_record_lost_their_end() {
    let log = |step: usize| {
        let mut log = "[100.000001] Memory cgroup stats for /a:\n".to_string();
        for at in 0..60usize {
            let key = char::from(b'a' + u8::try_from(at % 26).unwrap());
            let key = key.to_string().repeat(8 + at / 26);
            log += &format!("[100.{:06}] {key} 123456789\n", 1 + at * step);
        }
        log + &summary("100.000200", 7, "/a") + &killed("100.000201", 7)
    };
    let values = |event: &OomEvent| {
        event
            .memcg_stats
            .iter()
            .map(|block| block.values.len())
            .sum::<usize>()
    };
    let (one, many) = (events(&log(0)).remove(0), events(&log(1)).remove(0));
    assert_eq!((values(&one), values(&many)), (59, 60));
    assert_eq!(one.truncated.len(), many.truncated.len() + 1);
}

#[test]
fn a_chosen_process_keeps_its_user() {
    // A process that ends by itself, named with its user by the summary.
    let log = "[100.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=java,pid=7,uid=1001\n\
               [100.2] Tasks in /a are going to be killed due to memory.oom.group set\n";
    let found = events(log);
    let users: Vec<_> = found
        .iter()
        .filter_map(|event| event.victim.as_ref()?.uid)
        .collect();
    assert_eq!(users, [1001], "{found:?}");
}

#[test]
fn rows_of_a_whole_table_keep_every_process() {
    let mut log = invoked("100.000001");
    log += "[100.000002] Tasks state (memory values in pages):\n";
    log += "[100.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n";
    for pid in 1..=20 {
        log += &format!(
            "[100.000004] [{pid:7}]     0 {pid:5}      100       50     4096        0             0 java\n"
        );
    }
    log += &summary("100.000005", 7, POD);
    log += &killed("100.000006", 7);
    let event = with_tasks(&log).remove(0);
    let pids: Vec<u32> = event.tasks.iter().map(|row| row.pid).collect();
    assert!(pids.iter().copied().eq(1..=20), "{pids:?}");
    assert!(event.truncated.is_empty());
}

#[test]
fn a_table_without_the_process_is_another_reports() {
    let table = |pid: u32| {
        invoked("100.000001")
            + "[100.000002] Tasks state (memory values in pages):\n"
            + "[100.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
            + &format!(
                "[100.000004] [{pid:7}]     0 {pid:5}      100       50     4096        0             0 java\n"
            )
            + &killed("100.000005", 7)
    };
    let own = events(&table(7));
    assert_eq!(own.len(), 1, "{own:?}");
    assert!(own[0].invoker.is_some());
    let other = events(&table(8));
    let kill = other.iter().find(|event| event.victim.is_some()).unwrap();
    assert!(kill.invoker.is_none(), "{other:?}");
}

#[test]
fn a_paste_broken_twice_reads_on() {
    let log = "Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-\n               rss:4kB, file-rss:12kB, shmem-\n               rss:0kB, UID:0 pgtables:56kB oom_score_adj:968\n";
    let event = events(log).remove(0);
    let victim = event.victim.unwrap();
    assert_eq!(victim.file_rss_bytes, Some(12 << 10));
    assert_eq!(victim.oom_score_adj, Some(968));
}

#[test]
fn a_process_that_is_ending_already_has_a_time() {
    let log = "[100.5] Memory cgroup out of memory: OOM victim 7 (java) is already exiting. Skip killing the task\n";
    let found = events(log);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kernel_time_us, Some(100_500_000));
}

#[test]
fn a_path_that_waits_for_its_name_takes_no_other() {
    // What follows `cpuset=` on an old line's break is one component.
    let log = "[100.1] java cpuset=\n[100.1] /a/b is no component\n";
    assert!(events(log).is_empty());
}

#[test]
fn a_kill_broken_at_its_name_is_mended_in_a_paste() {
    for stem in ["Out of memory: Killed", "Out of memory: Killed process"] {
        let rest = killed("1.1", 7);
        let (_, tail) = rest.split_once("Killed process ").unwrap();
        let tail = if stem.ends_with("process") {
            tail.to_string()
        } else {
            format!("process {tail}")
        };
        let found = events(&format!("[1.1] {stem}\n{tail}"));
        assert_eq!(found.len(), 1, "{stem}");
        assert_eq!(found[0].victim.as_ref().unwrap().pid, 7);
    }
}
