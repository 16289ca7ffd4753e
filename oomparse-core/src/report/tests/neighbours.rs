//! Lines beside a kill's own: whose report they belong to, and what they add.

use super::{POD, events, invoked, kill_of, killed, summary};
use crate::event::{EventType, Evidence, OomEvent};
use crate::{Options, Parser};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub(super) const OTHER: &str = "/kubepods/burstable/pod5d1b0c4e-0a53-4b55-9c7c-2f6a3c1d9e77";

pub(super) fn group(at: &str, path: &str) -> String {
    format!("[{at}] Tasks in {path} are going to be killed due to memory.oom.group set\n")
}

pub(super) fn choice(at: &str, pid: u32, comm: &str) -> String {
    format!(
        "[{at}] Memory cgroup out of memory: Kill process {pid} ({comm}) score 900 or sacrifice child\n"
    )
}

pub(super) fn uid_of(event: &OomEvent) -> Option<&str> {
    event.pod.as_ref()?.uid.as_deref()
}

/// The uid in one of the paths above.
pub(super) fn uid(path: &str) -> Option<&str> {
    path.split_once("/pod").map(|(_, uid)| uid)
}

pub(super) fn victims(events: &[OomEvent]) -> Vec<u32> {
    let victims = events.iter().filter_map(|event| event.victim.as_ref());
    victims.map(|victim| victim.pid).collect()
}

#[test]
fn a_process_that_shares_the_memory_is_a_kill_of_the_same_report() {
    let sharing = |at: &str| format!("[{at}] Kill process 8 (worker) sharing same memory\n");
    let is_one = |first: &str, at: &str| {
        let found = events(&(killed(first, 7) + &sharing(at)));
        assert_eq!(victims(&found), [7, 8]);
        found[0].report_id == found[1].report_id
    };
    assert!(is_one("100.1", "100.2"));
    // Not of another task, and not after more than any report takes.
    assert!(is_one("100.1][   T11", "100.2][   T11"));
    assert!(!is_one("100.1][   T11", "100.2][   T12"));
    assert!(!is_one("100.1", "125.1"));
    let found = events(&(killed("100.1", 7) + &sharing("100.2") + &sharing("100.2")));
    assert_eq!(victims(&found), [7, 8]);
    let shared = kill_of(&found, 8);
    assert_eq!(shared.kernel_time_us, Some(100_200_000));
    let comm = shared.victim.as_ref().unwrap().comm.as_ref().unwrap();
    assert_eq!(comm.as_bytes(), b"worker");
    assert!(shared.evidence.contains(&Evidence::SharingMm) && shared.cgroup.is_none());
}

#[test]
fn a_process_that_is_ending_already_goes_to_the_report_that_chose_it() {
    let exiting = |at: &str, message: &str, pid: u32| {
        format!(
            "[{at}] {message}: OOM victim {pid} (java) is already exiting. Skip killing the task\n"
        )
    };
    let counter = |at: &str| format!("[{at}] memory: usage 2048kB, limit 2048kB, failcnt 9\n");
    let is_of_it = |at: &str, end: &str, message: &str| {
        let found = events(&(invoked(at) + &counter(at) + &exiting(end, message, 7)));
        let event = found
            .iter()
            .find(|event| event.event_type == EventType::NoVictim);
        event.unwrap().memory.is_some()
    };
    let memcg = "Memory cgroup out of memory";
    assert!(is_of_it("100.1", "100.2", memcg));
    assert!(!is_of_it("100.1", "100.2", "Out of memory"));
    assert!(!is_of_it("100.1][   T11", "100.2][   T12", memcg));
    assert!(!is_of_it("100.1", "125.1", memcg));
    // The summary has named the process, or another one, which is killed.
    let found = events(&(summary("100.1", 7, POD) + &exiting("100.2", memcg, 7)));
    let types: Vec<_> = found.iter().map(|event| event.event_type).collect();
    assert_eq!(types, [EventType::NoVictim]);
    assert_eq!(uid_of(&found[0]), uid(POD));
    let found = events(&(summary("100.1", 8, POD) + &exiting("100.2", memcg, 7)));
    assert_eq!(victims(&found), [8], "{found:?}");
    assert_eq!(found.len(), 2);
    // A member of a group is ending: that killed nobody, but the group is being killed.
    let found = events(&(killed("100.1", 7) + &group("100.2", POD) + &exiting("100.3", memcg, 9)));
    assert_eq!(victims(&found), [7]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_reapers_line_goes_to_the_report_that_lists_its_process() {
    let reaped = |pid: u32| {
        format!(
            "[100.500000] oom_reaper: reaped process {pid} (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"
        )
    };
    let report = invoked("100.000001")
        + &format!("[100.000002] Task in {POD} killed as a result of limit of {POD}\n")
        + "[100.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
        + "[100.000004] [      7]     0     7      100       50     4096        0             0 java\n"
        + "[100.000004] [      9]     0     9      100       50     4096        0             0 java\n";
    assert_eq!(
        uid_of(kill_of(&events(&(report.clone() + &reaped(9))), 9)),
        uid(POD)
    );
    // The report has chosen another one, whose line is still to come.
    let chosen = report + &choice("100.000005", 7, "java");
    let found = events(&(chosen.clone() + &reaped(9)));
    assert_eq!(uid_of(kill_of(&found, 9)), None);
    assert_eq!(uid_of(kill_of(&found, 7)), uid(POD));
    let found = events(&(chosen + &reaped(7)));
    assert_eq!(victims(&found), [7]);
    assert_eq!(found[0].kernel_time_us, Some(100_000_005));
}

#[test]
fn each_choice_without_a_killed_line_is_a_kill() {
    let found = events(&(summary("100.1", 7, POD) + &summary("100.2", 8, POD)));
    assert_eq!(victims(&found), [7, 8]);
    // A kill before it, of another process or of one that had the pid long ago, is not this one.
    let found = events(&(killed("100.1", 7) + &summary("101.1", 8, POD)));
    assert_eq!(victims(&found), [7, 8]);
    let found = events(&(killed("100.1", 7) + &summary("4000.1", 7, POD)));
    assert_eq!(victims(&found), [7, 7]);
}

#[test]
fn a_line_with_a_lower_number_is_no_repetition() {
    let record = |number: u32| {
        format!(
            "3,{number},100000000,-;Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
        )
    };
    let kills = |second: u32| {
        let mut parser = Parser::new();
        parser.push_chunk(record(10).as_bytes());
        parser.close_reports();
        parser.push_chunk(record(second).as_bytes());
        parser.finish();
        parser.events().count()
    };
    assert_eq!([kills(9), kills(11)], [2, 1]);
}

#[test]
fn a_child_of_a_process_that_5_0_named_twice() {
    // 5.0 prints a summary, and then the line that chooses; the process that dies may be a child.
    let chosen = |comm: &str, at: &str| {
        let log = summary("100.1", 7, POD) + &choice("100.2", 7, comm) + &killed(at, 8);
        let found = events(&log);
        uid_of(kill_of(&found, 8)).map(ToString::to_string)
    };
    assert_eq!(chosen("java", "100.200100").as_deref(), uid(POD));
    // The two lines are not about one process, or the clock stepped back between the choice and the kill.
    assert_eq!(chosen("bash", "100.200100"), None);
    assert_eq!(chosen("java", "100.150000"), None);
}

#[test]
fn a_killed_line_before_its_summary_waits_for_it() {
    let found = events(&(killed("100.100", 7) + &summary("100.100", 7, POD)));
    assert_eq!(victims(&found), [7]);
    assert_eq!(uid_of(&found[0]), uid(POD));
    let found = events(&(killed("100.100", 7) + &summary("100.100", 8, POD)));
    assert_eq!(uid_of(kill_of(&found, 7)), None);
    assert_eq!(uid_of(kill_of(&found, 8)), uid(POD));
}

#[test]
fn a_machines_summary_takes_no_pods_counters() {
    let global = "[100.3] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/a,task=java,pid=7,uid=0\n";
    let log = invoked("100.1")
        + "[100.2] memory: usage 2048kB, limit 2048kB, failcnt 9\n"
        + global
        + "[100.4] Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n";
    let found = events(&log);
    let kill = kill_of(&found, 7);
    assert!(kill.memory.is_none() && kill.invoker.is_none(), "{found:?}");
}

#[test]
fn a_container_of_openvz_has_a_number_or_a_uuid() {
    let ctid = |name: &str| {
        let log = format!(
            "[100.1] Memory cgroup out of memory: Killed process 7 (java) VE \"{name}\" total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n"
        );
        events(&log).remove(0).openvz.map(|openvz| openvz.ctid)
    };
    let uuid = "5d1b0c4e-0a53-4b55-9c7c-2f6a3c1d9e77";
    for name in ["101", "0", uuid] {
        assert_eq!(ctid(name).as_deref(), Some(name));
    }
    // Longer than a UUID, other letters, no digit at all.
    for name in [format!("{uuid}0").as_str(), "1g", "ve1", "abc", "-", ""] {
        assert_eq!(ctid(name), None, "{name:?}");
    }
}

/// The pod and report of a kill after a group's line, with the chosen process's second line at the end.
fn member(between: &str, pid: u32) -> (Option<String>, bool) {
    let log = killed("100.100", 7) + &group("100.101", POD) + between + &killed("100.104", 7);
    let found = events(&log);
    let event = kill_of(&found, pid);
    (
        uid_of(event).map(ToString::to_string),
        event.report_id == kill_of(&found, 7).report_id,
    )
}

#[test]
fn a_groups_line_that_comes_twice_is_one_group() {
    let proven = (uid(POD).map(ToString::to_string), true);
    assert_eq!(member(&killed("100.102", 9), 9), proven);
    assert_eq!(
        member(&(group("100.101", POD) + &killed("100.102", 9)), 9),
        proven
    );
    // Later, or with another path, it is another group's, whose chosen process is unknown.
    let later = group("100.102", POD) + &killed("100.103", 9);
    assert_eq!(member(&later, 9).0, None);
    let other = group("100.101", OTHER) + &killed("100.102", 9);
    assert_eq!(member(&other, 9).0, None);
    // After a kill it is that kill's, and after the chosen one's second line the next one's.
    let next = killed("100.101", 9) + &group("100.101", POD);
    assert_eq!(member(&next, 9), (uid(POD).map(ToString::to_string), false));
    let next = killed("100.101", 7) + &group("100.101", POD) + &killed("100.102", 9);
    assert_eq!(member(&next, 9), (None, false));
}

#[test]
fn a_member_that_is_printed_twice_must_be_so_at_once() {
    let twice = killed("100.102", 9) + &killed("100.102", 9);
    assert_eq!(member(&twice, 9).0.as_deref(), uid(POD));
    // With another kill between them, the second line ends a group whose own line was lost.
    let apart = killed("100.102", 9) + &killed("100.102", 10) + &killed("100.103", 9);
    assert_eq!(member(&apart, 9).0, None);
}

#[test]
fn a_kill_after_a_group_waits_for_its_own_summary() {
    let log = killed("100.100", 7) + &group("100.101", POD) + &killed("100.102", 9);
    let of = |pid: u32| {
        let found = events(&(log.clone() + &summary("100.103", pid, OTHER).replace(POD, OTHER)));
        uid_of(kill_of(&found, 9)).map(ToString::to_string)
    };
    assert_eq!(of(9).as_deref(), uid(OTHER));
    assert_eq!(of(8), None);
}

#[test]
fn a_group_is_proven_by_a_kill_that_was_emitted_before_it() {
    let mut parser = Parser::new();
    parser.push_chunk(summary("100.100", 7, POD).as_bytes());
    parser.close_reports();
    let rest = group("100.101", POD) + &killed("100.102", 9) + &killed("100.103", 7);
    parser.push_chunk(rest.as_bytes());
    parser.finish();
    let found: Vec<_> = parser.events().collect();
    assert_eq!(victims(&found), [7, 9]);
    assert_eq!(uid_of(&found[1]), uid(POD), "{found:?}");
}

#[test]
fn a_group_proves_nothing_where_clocks_step_back() {
    let log = |other: &str| {
        invoked("100.1")
            + other
            + &killed("100.2", 7)
            + &group("100.3", POD)
            + &killed("100.4", 9)
            + &killed("100.5", 7)
    };
    let uids = |other: &str| {
        let found = events(&log(other));
        [7, 9].map(|pid| uid_of(kill_of(&found, pid)).map(ToString::to_string))
    };
    let pod = uid(POD).map(ToString::to_string);
    assert_eq!(uids("[100.1] eth0: link is up\n"), [pod.clone(), pod]);
    assert_eq!(uids("[50.1] eth0: link is up\n"), [None, None]);
}

#[test]
fn a_limit_that_was_reached_without_a_victim_is_known() {
    let log = invoked("100.1")
        + &format!("[100.2] Memory limit reached of cgroup {POD}\n")
        + "[100.3] Out of memory and no killable processes...\n";
    let event = events(&log).remove(0);
    assert_eq!(event.event_type, EventType::NoVictim);
    let cgroup = event.cgroup.as_ref().unwrap();
    assert_eq!(
        cgroup.oom_memcg.as_ref().unwrap().as_bytes(),
        POD.as_bytes()
    );
}

#[test]
fn suppressed_reports_are_counted_for_the_next_event() {
    let suppressed =
        |at: &str, count: u32| format!("[{at}] oom_kill_process: {count} callbacks suppressed\n");
    let log = suppressed("100.1", 20)
        + &suppressed("100.2", 3)
        + &killed("100.3", 7)
        + &killed("100.4", 8);
    let found = events(&log);
    let counts = found.iter().map(|event| event.suppressed_reports);
    assert_eq!(counts.collect::<Vec<_>>(), [Some(23), None]);
    assert_eq!(found[0].evidence.first(), Some(&Evidence::Suppressed));
    assert!(!found[1].evidence.contains(&Evidence::Suppressed));
    // Within a report it is evidence of it, once; a report that is decided does not get it.
    let found = events(&(invoked("100.1") + &suppressed("100.2", 1) + &killed("100.3", 7)));
    let count = found[0]
        .evidence
        .iter()
        .filter(|it| **it == Evidence::Suppressed)
        .count();
    assert_eq!((found.len(), count), (1, 1));
    let log = summary("100.1", 7, POD)
        + &suppressed("100.2", 1)
        + &invoked("100.3")
        + &killed("100.4", 9);
    let found = events(&log);
    assert_eq!(kill_of(&found, 7).suppressed_reports, Some(1));
}

#[test]
fn a_fifth_report_ends_the_oldest() {
    use crate::limits::MAX_OPEN_REPORTS;
    let mut parser = Parser::new();
    for at in 0..MAX_OPEN_REPORTS {
        parser.push_chunk(invoked(&format!("100.00000{at}")).as_bytes());
    }
    assert!(parser.next_event().is_none());
    parser.push_chunk(invoked("100.000009").as_bytes());
    let event = parser.next_event().unwrap();
    assert_eq!(event.kernel_time_us, Some(100_000_000));
    assert!(parser.next_event().is_none());
}

#[test]
fn after_a_choice_one_line_matters() {
    let wants = |log: &str| {
        let mut parser = Parser::new();
        parser.push_chunk(log.as_bytes());
        parser.wants_every_line()
    };
    let chosen = choice("100.1", 7, "java");
    assert!(wants(&chosen));
    assert!(!wants(&(chosen + "[100.2] eth0: link is up\n")));
    let whole = format!("[100.1] Task in {POD} killed as a result of limit of {POD}\n");
    assert!(!wants(&(whole + &killed("100.2", 7))));
}

#[test]
fn pieces_of_other_messages_do_not_end_the_patience() {
    use crate::limits::MAX_IDLE_LINES;
    let waits = |flag: char| {
        let mut log = "4,1,100000000,-;java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n".to_string();
        for at in 0..=MAX_IDLE_LINES {
            log += &format!(
                "4,{},100000001,{flag}; ? out_of_memory+0x182/0xf37\n",
                at + 2
            );
        }
        let mut parser = Parser::new();
        parser.push_chunk(log.as_bytes());
        parser.next_event().is_none()
    };
    assert_eq!([waits('-'), waits('c')], [false, true]);
}

#[test]
fn another_boot_ends_what_the_one_before_began() {
    let record = |boot: char, number: u32, text: &str| {
        format!(
            "{{\"_TRANSPORT\":\"kernel\",\"_BOOT_ID\":\"{}\",\"__MONOTONIC_TIMESTAMP\":\"10000000{number}\",\"MESSAGE\":\"{text}\"}}\n",
            boot.to_string().repeat(32)
        )
    };
    let killed = |pid: u32| {
        format!(
            "Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB"
        )
    };
    let member = |second: char| {
        let group = format!("Tasks in {POD} are going to be killed due to memory.oom.group set");
        let log = record('a', 1, &killed(7))
            + &record('a', 2, &group)
            + &record(second, 3, &killed(9))
            + &record(second, 4, &killed(7));
        let found: Vec<_> = crate::parse_all(log.as_bytes(), &Options::new()).collect();
        (victims(&found), uid_of(kill_of(&found, 9)).is_some())
    };
    assert_eq!(member('a'), ([7, 9].to_vec(), true));
    assert_eq!(member('b'), ([7, 9, 7].to_vec(), false));
}

#[test]
fn emphasis_is_removed_where_a_person_may_have_put_it() {
    let text = "Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
    for head in ["[100.1] ", "Jan  5 00:01:21 node-7 kernel: "] {
        for (open, close) in [("**", "**"), ("<b>", "</b>"), (" ", "")] {
            let found = events(&format!("{head}{open}{text}{close}\n"));
            assert_eq!(victims(&found), [7], "{head}{open}");
        }
        assert!(events(&format!("{head}**he wrote: {text}**\n")).is_empty());
    }
    // The kernel's own records have none.
    assert!(events(&format!("3,1,100000000,-;**{text}**\n")).is_empty());
}

#[test]
fn what_the_prefix_and_the_lines_show_is_in_the_event() {
    let head = "Jan  5 00:01:21 node-7 kernel: ";
    let log = invoked("100.000001")
        + "[100.000002] CPU: 4 PID: 9 Comm: java Not tainted 6.1.1-arch1-1 #1\n"
        + "[100.000003] memory: usage 2048kB, limit 4096kB, failcnt 9\n"
        + &summary("100.000004", 7, POD)
        + &killed("100.000005", 7);
    let log: String = log.lines().map(|line| format!("{head}{line}\n")).collect();
    let event = events(&log).remove(0);
    let text = |text: &Option<crate::bytes::Text>| text.as_ref().map(ToString::to_string);
    assert_eq!(
        text(&event.kernel_release).as_deref(),
        Some("6.1.1-arch1-1")
    );
    assert_eq!(text(&event.constraint).as_deref(), Some("CONSTRAINT_MEMCG"));
    assert_eq!(event.origin, crate::Origin::Kernel);
    assert_eq!(event.time.unwrap().second, 21);
    let memory = event.memory.unwrap();
    assert_eq!(
        (memory.limit_bytes, memory.failcnt),
        (Some(4096 << 10), Some(9))
    );
    let cgroup = event.cgroup.unwrap();
    assert_eq!(cgroup.oom_memcg.unwrap().as_bytes(), POD.as_bytes());
    assert!(cgroup.limit_level.is_some());
    // Of a path that was cut, the level is unknown.
    let log = format!("[1.2] Task in {POD}/a killed as a result of limit of /kubep\n")
        + &killed("1.3", 7);
    assert_eq!(events(&log)[0].cgroup.as_ref().unwrap().limit_level, None);
}

#[test]
fn the_scope_follows_from_any_of_the_lines() {
    use crate::event::Scope;
    let bare = "[100.9] Killed process 7 (java)\n";
    let of = |before: &str| kill_of(&events(&(before.to_string() + bare)), 7).scope;
    let summary = |constraint: &str, global: &str| {
        format!(
            "[100.1] oom-kill:constraint={constraint},nodemask=(null),cpuset=/,mems_allowed=0{global},task=java,pid=7,uid=0\n"
        )
    };
    assert_eq!(of(""), None);
    assert_eq!(of(&summary("CONSTRAINT_MEMCG", "")), Some(Scope::Memcg));
    assert_eq!(of(&summary("CONSTRAINT_NONE", "")), Some(Scope::Global));
    let meminfo = invoked("100.1") + "[100.2] Mem-Info:\n";
    assert_eq!(of(&meminfo), Some(Scope::Global));
    assert_eq!(of(&invoked("100.1")), None);
}

#[test]
fn the_killed_line_names_its_process() {
    // It changed its name after the summary; and a name that was cut is not known.
    let comm = |line: &str| {
        let log = summary("100.1", 7, POD) + line;
        let event = kill_of(&events(&log), 7).clone();
        let comm = event.victim.unwrap().comm;
        (
            comm.map(|comm| comm.to_string()),
            event.truncated.is_empty(),
        )
    };
    let renamed = "[100.2] Killed process 7 (worker) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n";
    assert_eq!(comm(renamed), (Some("worker".into()), true));
    assert_eq!(comm("[100.2] Killed process 7 (wor"), (None, false));
}

#[test]
fn only_the_first_of_a_group_was_chosen() {
    let log = choice("100.100", 7, "java")
        + &killed("100.101", 7)
        + &group("100.102", POD)
        + &killed("100.103", 9)
        + &killed("100.104", 7);
    let found = events(&log);
    assert_eq!(
        kill_of(&found, 7).victim.as_ref().unwrap().oom_score,
        Some(900)
    );
    let member = kill_of(&found, 9);
    assert!(member.selected.is_none() && member.victim.as_ref().unwrap().oom_score.is_none());
}

#[test]
fn figures_in_one_record_are_read_and_may_be_cut() {
    let read = |figures: &str| {
        let log = "6,1,100000001,-;Memory cgroup stats for /a:\n".to_string()
            + &format!("6,2,100000002,-;{figures}\n")
            + "6,3,100000003,-;Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n";
        let event = events(&log).remove(0);
        let values = event.memcg_stats[0].values.iter();
        let values: Vec<_> = values
            .map(|(key, value)| (key.to_string(), value))
            .collect();
        (values, event.truncated.len())
    };
    let both = [("anon".to_string(), 4096), ("file".to_string(), 7)].to_vec();
    assert_eq!(read("anon 4096\\x0afile 7"), (both.clone(), 0));
    assert_eq!(read("anon 4096\\x0afile 7\\x0a"), (both.clone(), 0));
    assert_eq!(read("anon 4096\\x0afile 7\\x0akernel_st"), (both, 1));
}

#[test]
fn figures_after_the_table_are_not_the_cgroups() {
    let log = "[100.000001] Memory cgroup stats for /a:\n\
               [100.000002] anon 4096\n\
               [100.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n\
               [100.000004] file 99\n"
        .to_string()
        + &killed("100.000005", 7);
    let event = events(&log).remove(0);
    assert_eq!(event.memcg_stats[0].values.len(), 1);
}

#[test]
fn indented_figures_are_the_blocks_that_is_open() {
    let log = |heading: &str| {
        let log = invoked("100.000001")
            + heading
            + "               active_file:5 inactive_file:6 isolated_file:0\n"
            + "[100.000003] Out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n";
        let meminfo = kill_of(&events(&log), 7).meminfo.clone();
        meminfo.and_then(|meminfo| meminfo.active_file_pages)
    };
    assert_eq!(log("[100.000002] Mem-Info:\n"), Some(5));
    assert_eq!(log(""), None);
}

#[test]
fn a_reapers_line_of_another_process_is_a_kill() {
    let log = format!("[100.1] Task in {POD} killed as a result of limit of {POD}\n")
        + &killed("100.2", 7)
        + "[100.3] oom_reaper: reaped process 9 (sh), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n";
    let found = events(&log);
    assert_eq!(victims(&found), [7, 9]);
    let reaped = kill_of(&found, 9);
    assert_eq!(
        reaped
            .victim
            .as_ref()
            .unwrap()
            .comm
            .as_ref()
            .unwrap()
            .as_bytes(),
        b"sh"
    );
    assert_eq!(reaped.kernel_time_us, Some(100_300_000));
}

#[test]
fn a_report_is_known_by_its_first_line() {
    let first = "[100.1] memory: usage 2048kB, limit 4096kB, failcnt 9";
    let log = format!("{first}\n[100.2] memory+swap: usage 2044kB, limit 4096kB, failcnt 0\n")
        + &killed("100.3", 7);
    let id = crate::Framer::new().frame(first.as_bytes()).unwrap().id();
    assert_eq!(events(&log)[0].report_id, id);
}
