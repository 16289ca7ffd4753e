//! Kills of a group, and what is right before and after it.

use super::neighbours::{OTHER, group, uid, uid_of, victims};
use super::{POD, events, kill_of, killed, summary};
use crate::Parser;
use crate::event::EventType;
use crate::limits::MAX_WAITING_KILLS;
use alloc::format;
use alloc::string::{String, ToString};

fn exiting(at: &str, pid: u32) -> String {
    format!(
        "[{at}] Memory cgroup out of memory: OOM victim {pid} (java) is already exiting. Skip killing the task\n"
    )
}

/// A line as a record of `/dev/kmsg` with this number.
fn numbered(number: u32, line: &str) -> String {
    let (_, text) = line.split_once("] ").unwrap();
    format!("6,{number},100000000,-;{text}")
}

#[test]
fn a_group_right_after_a_kill_is_that_kills_if_no_record_is_missing() {
    let pod_of = |number: u32| {
        let log = numbered(1, &killed("1", 7)) + &numbered(number, &group("1", POD));
        uid_of(kill_of(&events(&log), 7)).map(ToString::to_string)
    };
    assert_eq!(pod_of(2).as_deref(), uid(POD));
    assert_eq!(pod_of(3), None);
}

#[test]
fn the_next_group_is_of_the_kill_before_it_if_no_record_is_missing() {
    let pod_of = |number: u32| {
        let log = numbered(1, &killed("1", 7))
            + &numbered(2, &group("1", POD))
            + &numbered(3, &killed("1", 9))
            + &numbered(number, &group("1", OTHER));
        uid_of(kill_of(&events(&log), 9)).map(ToString::to_string)
    };
    assert_eq!(pod_of(4).as_deref(), uid(OTHER));
    assert_eq!(pod_of(5), None);
}

#[test]
fn so_many_members_wait_for_their_proof() {
    let mut parser = Parser::new();
    parser.push_chunk((killed("100.1", 7) + &group("100.1", POD)).as_bytes());
    assert_eq!(parser.events().count(), 1);
    let most = u32::try_from(MAX_WAITING_KILLS).unwrap();
    for pid in 0..most {
        parser.push_chunk(killed("100.1", 1000 + pid).as_bytes());
        assert!(parser.next_event().is_none(), "{pid}");
    }
    // The oldest leaves without its pod.
    parser.push_chunk(killed("100.1", 1000 + most).as_bytes());
    let event = parser.next_event().unwrap();
    assert_eq!(
        (event.victim.as_ref().unwrap().pid, uid_of(&event)),
        (1000, None)
    );
    assert!(parser.next_event().is_none());
    parser.push_chunk(killed("100.1", 7).as_bytes());
    assert_eq!(
        parser
            .events()
            .filter(|event| uid_of(event) == uid(POD))
            .count(),
        MAX_WAITING_KILLS
    );
}

/// The Killed line names a thread, and the leader, which the summary names, is already exiting.
#[test]
fn a_leader_that_is_already_exiting_proves_the_members_before_it() {
    let log = |last: &str| {
        "[100.000001] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n\
         [100.000002] [      8]     0     7      100       50     4096        0             0 java\n"
            .to_string()
            + &summary("100.000003", 7, POD)
            + &killed("100.000004", 8)
            + &group("100.000005", POD)
            + &killed("100.000006", 9)
            + last
    };
    let pod_of = |last: &str| {
        let found = events(&log(last));
        uid_of(kill_of(&found, 9)).map(ToString::to_string)
    };
    assert_eq!(pod_of(&exiting("100.000007", 7)).as_deref(), uid(POD));
    assert_eq!(pod_of(&exiting("100.000007", 6)), None);
    assert_eq!(pod_of(""), None);
}

#[test]
fn the_chosen_one_of_a_group_has_the_cgroup_of_its_summary() {
    let task = format!("{POD}/8b1a9953c4611296a827abf8c47804d7e6ac2d4f8d9c6f1e1b9a0c7d5e3f2a10");
    let log = summary("100.1", 7, &task) + &group("100.2", POD) + &killed("100.3", 7);
    let found = events(&log);
    let event = kill_of(&found, 7);
    let cgroup = event.cgroup.as_ref().unwrap();
    assert_eq!(
        cgroup.task_memcg.as_ref().unwrap().as_bytes(),
        task.as_bytes()
    );
    assert!(event.container.is_some() && event.oom_group);
}

/// The group is being killed, although one of its members is already ending.
#[test]
fn a_member_that_is_ending_takes_nothing_from_the_chosen_one() {
    let log = summary("100.1", 8, POD) + &group("100.2", POD) + &exiting("100.3", 9);
    let found = events(&log);
    assert_eq!((found.len(), victims(&found)), (1, [8].to_vec()));
    assert_eq!(uid_of(&found[0]), uid(POD));
}

#[test]
fn a_chosen_one_that_is_ending_already_leaves_its_group_the_report() {
    let log = summary("100.100", 7, POD)
        + &exiting("100.101", 7)
        + &group("100.102", POD)
        + &killed("100.103", 9)
        + &exiting("100.104", 7);
    let found = events(&log);
    assert_eq!(found[0].event_type, EventType::NoVictim);
    let member = kill_of(&found, 9);
    assert_eq!(
        (uid_of(member), &member.report_id),
        (uid(POD), &found[0].report_id)
    );
}

#[test]
fn a_kill_after_one_that_was_not_needed_is_another_reports() {
    let found = events(&(summary("100.1", 7, POD) + &exiting("100.2", 7) + &killed("100.3", 7)));
    let kill = found
        .iter()
        .find(|event| event.event_type == EventType::Kill)
        .unwrap();
    assert_ne!(kill.report_id, found[0].report_id);
    assert_eq!(uid_of(kill), None);
}

/// An ordinary line that is only shown because a summary is held changes nothing.
#[test]
fn ordinary_lines_beside_a_summary_that_is_held_do_not_count() {
    use crate::frame::{Frame, FrameKind};
    use crate::report::Assembler;
    let counted = |first: &[&str]| {
        let mut assembler = Assembler::default();
        let mut lines = [0; 2];
        for (at, line) in first.iter().chain(&["eth0: link is up"]).enumerate() {
            lines = [lines[1], assembler.lines];
            let message = line.trim_end().as_bytes().into();
            let frame = Frame {
                kind: FrameKind::Dmesg,
                message,
                ..Frame::default()
            };
            assembler.push(&frame, u64::try_from(at).unwrap());
        }
        assembler.lines - lines[1]
    };
    let text = |line: String| line.split_once("] ").unwrap().1.to_string();
    let whole = text(summary("1", 7, POD));
    let (begun, _) = whole.split_once(",task=").unwrap();
    let invoked = text(super::invoked("1"));
    assert_eq!(counted(&[&whole]), 0);
    // It is incomplete, or a report is open beside it.
    assert_eq!(counted(&[begun]), 1);
    let waiting = text(killed("1", 9));
    assert_eq!(counted(&[&invoked, &waiting]), 1);
}

/// A scope with too few digits for an id shows the runtime; what is no container's place shows nothing.
#[test]
fn a_group_without_an_id_may_show_its_runtime() {
    use crate::cgroup::Runtime;
    let runtime_of = |path: &str| {
        let log = killed("100.100", 7)
            + &group("100.101", path)
            + &killed("100.102", 9)
            + &killed("100.103", 7);
        let found = events(&log);
        let container = kill_of(&found, 9).container.as_ref();
        container.map(|container| (container.id.is_some(), container.runtime))
    };
    let id = "8b1a9953c461".repeat(5);
    assert_eq!(
        runtime_of(&format!("/docker/{id}")),
        Some((true, Some(Runtime::Docker)))
    );
    assert_eq!(
        runtime_of("/system.slice/crio-8b1a.scope"),
        Some((false, Some(Runtime::CriO)))
    );
    assert_eq!(runtime_of("/docker/buildkit"), None);
}
