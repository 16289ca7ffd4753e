//! What the corpus does not cover: which report a line belongs to where only one detail decides.

use crate::{OomEvent, Options, Parser, parse_all};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const POD: &str = "/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589";

fn events(log: &str) -> Vec<OomEvent> {
    parse_all(log.as_bytes(), &Options::new()).collect()
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
    let options = Options {
        tasks: true,
        ..Options::default()
    };
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
    let event = parse_all(line, &Options::new()).next().unwrap();
    assert_eq!(frame.id(), event.id);
    assert_eq!(frame.id().map(|id| id.len()), Some(16));
}

#[test]
fn a_group_of_another_path_is_another_report() {
    // One right after the other, so that only the path distinguishes them.
    let log = |group: &str| {
        summary("100.100", 7, POD)
            + &killed("100.101", 7)
            + &format!(
                "[100.102] Tasks in {group} are going to be killed due to memory.oom.group set\n"
            )
            + &killed("100.103", 9)
    };
    let found = events(&log("/other/b"));
    assert_ne!(kill_of(&found, 7).report_id, kill_of(&found, 9).report_id);
    let found = events(&log(POD));
    assert_eq!(kill_of(&found, 7).report_id, kill_of(&found, 9).report_id);
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

#[test]
fn rows_past_the_bound_are_cut() {
    use crate::limits::MAX_TASK_ROWS;
    let table = |rows: usize| {
        let mut log = invoked("100.000001");
        log += "[100.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n";
        for pid in 1..=rows {
            log += &format!(
                "[100.000004] [{pid:7}]     0 {pid:5}      100       50     4096        0             0 java\n"
            );
        }
        let event = with_tasks(&(log + &killed("100.000005", 7))).remove(0);
        (event.tasks.len(), event.truncated.len())
    };
    assert_eq!(table(MAX_TASK_ROWS), (MAX_TASK_ROWS, 0));
    assert_eq!(table(MAX_TASK_ROWS + 1), (MAX_TASK_ROWS, 1));
}

#[test]
fn a_stack_without_an_end_ends_the_patience() {
    use crate::limits::MAX_IDLE_LINES;
    let waits = |lines: u32| {
        let mut log = invoked("100.000001");
        for at in 0..lines {
            log += &format!("[100.{:06}]  ? out_of_memory+0x182/0xf37\n", at + 2);
        }
        let mut parser = Parser::new();
        parser.push_chunk(log.as_bytes());
        parser.next_event().is_none()
    };
    assert!(waits(MAX_IDLE_LINES));
    assert!(!waits(MAX_IDLE_LINES + 1));
}

#[test]
fn figures_after_a_header_are_its_own_not_an_open_tables() {
    // The pod's report is still printing its table when the machine itself runs out of memory.
    let log = invoked("100.000001")
        + "[100.000002] memory: usage 2048kB, limit 2048kB, failcnt 9\n"
        + "[100.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
        + "[100.000004] [      7]     0     7      100       50     4096        0             0 java\n"
        + "[100.000005] mysqld invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        + "[100.000006] Mem-Info:\n"
        + "[100.000007] active_anon:1234 inactive_anon:5 isolated_anon:0\n"
        + "[100.000008] Out of memory: Killed process 4021 (mysqld) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:0\n";
    let found = events(&log);
    let meminfo = kill_of(&found, 4021).meminfo.as_ref().unwrap();
    assert_eq!(meminfo.active_anon_pages, Some(1234));
}

#[test]
fn figures_after_the_table_are_another_dumps() {
    // An allocation that failed on another CPU has a block of its own, which says nothing of the kill.
    let row = "[100.000005] [      7]     0     7      100       50     4096        0             0 java\n";
    let log = |figures: &str| {
        invoked("100.000001")
            + "[100.000002] Mem-Info:\n"
            + "[100.000003] active_anon:1234 inactive_anon:5 isolated_anon:0\n"
            + "[100.000004] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
            + row
            + figures
            + "[100.000008] Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:0\n"
    };
    let other = log(
        "[100.000006] Mem-Info:\n[100.000007] active_anon:99 inactive_anon:98 isolated_anon:0\n",
    );
    let (alone, beside) = (events(&log("")).remove(0), events(&other).remove(0));
    assert_eq!(
        alone.meminfo.as_ref().unwrap().active_anon_pages,
        Some(1234)
    );
    assert_eq!(beside.meminfo, alone.meminfo);
    // And figures whose heading was lost may be anyone's.
    let log = invoked("100.1")
        + "[100.2] active_anon:99 inactive_anon:98 isolated_anon:0\n"
        + "[100.3] Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB\n";
    assert!(kill_of(&events(&log), 7).meminfo.is_none());
}

#[test]
fn a_group_below_a_container_is_inside_it() {
    const ID: &str = "8b1a9953c4611296a827abf8c47804d7e6ac2d4f8d9c6f1e1b9a0c7d5e3f2a10";
    let container_of = |group: &str| {
        let log = killed("100.100", 7)
            + &format!(
                "[100.101] Tasks in {group} are going to be killed due to memory.oom.group set\n"
            )
            + &killed("100.102", 9)
            + &killed("100.103", 7);
        let found = events(&log);
        let event = kill_of(&found, 9).clone();
        assert!(event.oom_group && event.pod.is_some(), "{event:?}");
        event.container.and_then(|container| container.id)
    };
    assert_eq!(container_of(POD), None);
    let container = format!("{POD}/{ID}");
    assert_eq!(container_of(&container).as_deref(), Some(ID));
    let below = format!("{POD}/{ID}/worker");
    assert_eq!(container_of(&below).as_deref(), Some(ID));
}

#[test]
fn a_broken_summary_is_waited_for_so_long() {
    use crate::limits::MAX_JOIN_GAP;
    // Another CPU's lines stand between the two halves.
    let found = |between: u32| {
        let whole = summary("100.2", 7, POD);
        let (_, rest) = whole.split_once("nodemask=(null)").unwrap();
        let mut log = "[100.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)\n".to_string();
        for port in 0..between {
            log += &format!("[100.1] br0: port {port}(veth{port}) entered forwarding state\n");
        }
        events(&(log + "[100.2] " + rest))
            .iter()
            .any(|event| event.victim.as_ref().is_some_and(|victim| victim.pid == 7))
    };
    assert!(found(0));
    assert!(found(MAX_JOIN_GAP));
    assert!(!found(MAX_JOIN_GAP + 1));
}

#[test]
fn a_heading_that_is_whole_takes_no_others_end() {
    // Another CPU goes on with a line of its own.
    let log = "[100.000001] Memory cgroup stats for /a:\n\
               [100.000002]  write buffer 512KB\n\
               [100.000003] anon 4096\n"
        .to_string()
        + &summary("100.000004", 7, "/a").replace(POD, "/a")
        + &killed("100.000005", 7);
    let event = events(&log).remove(0);
    assert_eq!(event.memcg_stats.len(), 1, "{event:?}");
    assert_eq!(event.memcg_stats[0].values.len(), 1, "{event:?}");
}

#[test]
fn a_cpuset_line_in_three_pieces_is_one() {
    // Two headers come before a block: the cpuset's name shows whose it is.
    let invoker = |before: &str, between: &str| {
        let log = invoked("100.000001")
            + "[100.000002] mysqld invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
            + "[100.000003] java cpuset=\n"
            + before
            + "[100.000004] d96a8ea034f0\n"
            + between
            + "[100.000005]  mems_allowed=0\n"
            + "[100.000006] Task in /docker/d96a8ea034f0 killed as a result of limit of /docker/d96a8ea034f0\n"
            + "[100.000007] Memory cgroup out of memory: Kill process 7 (java) score 1 or sacrifice child\n"
            + &killed("100.000008", 7);
        let found = events(&log);
        let invoker = kill_of(&found, 7).invoker.as_ref();
        invoker.and_then(|invoker| invoker.comm.as_ref().map(ToString::to_string))
    };
    assert_eq!(invoker("", "").as_deref(), Some("java"));
    // The name has come: what another CPU prints is not part of it.
    let other = "[100.000004] br0: port 1(veth1) entered forwarding state\n";
    assert_eq!(invoker("", other).as_deref(), Some("java"));
    // And a name has no slash.
    let other = "[100.000004] /dev/sda1: recovering journal\n";
    assert_eq!(invoker(other, "").as_deref(), Some("java"));
}

mod blocks;
mod cut;
mod details;
mod groups;
mod neighbours;
