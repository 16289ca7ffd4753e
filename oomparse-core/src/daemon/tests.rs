//! What holds for every reader: it weighs what it holds, waits within its bounds, and reads no endless line.

use super::Readers;
use crate::event::OomEvent;
use crate::limits::{
    MAX_DAEMON_WAIT_LINES, MAX_DAEMON_WAIT_S, MAX_HELD_NOTICES, MAX_JOINED_LEN, MAX_STREAMS,
};
use crate::{Options, Parser};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem::size_of;

const ID: &str = "2c8307103217728aed17024e49bad7f7a3576188e64d3e66a4481e546c4657d0";

/// What a reader waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// The line that completes or cancels its event.
    Event,
    /// Another line, without which it has no event.
    Nothing,
}

/// Lines of each daemon after which its reader waits, and how many bytes of them it holds besides an event's own.
#[expect(clippy::too_many_lines, reason = "a table")]
fn waiting() -> Vec<(&'static str, Vec<String>, Waits, usize)> {
    let pad = "x".repeat(3000);
    let (must, evicting, killing) = (
        "I1012 19:34:44.999101       7 eviction_manager.go:356] \"Eviction manager: must evict pod(s) to reclaim\" \
         resourceName=\"memory\"",
        format!(
            "I1012 19:34:44.999101       7 kubelet_pods.go:1] \"Evicting pod\" pod=\"shop/web-0\" message=\"{pad}\""
        ),
        format!(
            "I1012 19:34:44.999101       7 kuberuntime_container.go:709] \"Killing container with a grace period\" \
             pod=\"shop/web-0\" containerID=\"containerd://{ID}\""
        ),
    );
    let controller = "\"controller\": \"runtime.OOMController\"";
    let nohang = [
        ">>=== STARTING implement_corrective_action() ====>>".into(),
        "  PID: 12, name: tail, state: R (running), EUID: 1000, SID: 1 (bash), lifetime: 21s"
            .into(),
        format!("  cgroup_v2: /{pad}"),
        format!("  cmdline: {pad}"),
        "  Sending SIGKILL to the victim".into(),
    ];
    let event = size_of::<OomEvent>();
    Vec::from([
        (
            "earlyoom",
            Vec::from([format!(
                "sending SIGTERM to process 9 uid 0 \"a\": oom_score 1, VmRSS 2 MiB, cmdline \"{pad}\""
            )]),
            Waits::Event,
            event + 3000,
        ),
        ("nohang", Vec::from(nohang), Waits::Event, event + 6000),
        (
            "talos",
            Vec::from([format!(
                "Sending SIGKILL to cgroup {{{controller}, \"cgroup\": \"/sys/fs/cgroup/{pad}\"}}"
            )]),
            Waits::Event,
            event + 3000,
        ),
        (
            "kubelet",
            Vec::from([must.into(), evicting, killing]),
            Waits::Nothing,
            3000,
        ),
        (
            "systemd",
            Vec::from([
                "a.service: A process of this unit has been killed by the OOM killer.".into(),
            ]),
            Waits::Event,
            event,
        ),
        (
            "containerd",
            Vec::from([format!(
                "time=\"2025-06-01T10:00:00.1Z\" level=info msg=\"TaskOOM event container_id:\\\"{ID}\\\"\""
            )]),
            Waits::Event,
            event,
        ),
        (
            "conmon",
            Vec::from(["conmon 0c8e7f21aa5d4e9f8b7c <ninfo>: OOM received".into()]),
            Waits::Event,
            event,
        ),
        (
            "node-problem-detector",
            Vec::from([format!(
                "I1012 19:00:20.884452    3240 log_monitor.go:160] New status generated: &{{Source:kernel-monitor \
                 Events:[{{Severity:warn Timestamp:2023-10-12 19:00:20.4 +0000 UTC Reason:OOMKilling Message:{pad}"
            )]),
            Waits::Nothing,
            3000,
        ),
    ])
}

fn parser() -> Parser {
    let mut options = Options::default();
    options.accept = options.accept.and_all_daemons();
    Parser::with_options(options)
}

fn push(parser: &mut Parser, second: u32, tag: &str, text: &str) {
    let (minute, second) = (second / 60, second % 60);
    let line = format!("Jun  1 10:{minute:02}:{second:02} n1 {tag}[7]: {text}");
    parser.push_line(line.as_bytes());
}

/// A parser that took these lines.
fn after(tag: &str, lines: &[String]) -> Parser {
    let mut parser = parser();
    for line in lines {
        push(&mut parser, 0, tag, line);
    }
    parser
}

/// Makes the host known, whose readers weigh something themselves.
fn begin(parser: &mut Parser) {
    push(
        parser,
        0,
        "systemd",
        "a.service: Failed with result 'oom-kill'.",
    );
    assert_eq!(state(parser), (false, 1));
}

/// Whether it waits, and how many events came.
fn state(parser: &mut Parser) -> (bool, usize) {
    let is_waiting = parser.wants_every_line();
    (is_waiting, parser.events().count())
}

#[test]
fn what_is_held_is_weighed() {
    assert_eq!(Readers::default().weight(), size_of::<Readers>());
    for (tag, lines, _, least) in waiting() {
        let mut parser = parser();
        begin(&mut parser);
        let before = parser.open_bytes();
        for line in &lines {
            push(&mut parser, 0, tag, line);
        }
        let held = parser.open_bytes() - before;
        assert!(
            (least..2 * least + 4096).contains(&held),
            "{tag}: {held}, at least {least}"
        );
        parser.finish();
        assert!(parser.open_bytes() < before, "{tag}");
    }
}

#[test]
fn lists_of_the_killed_are_weighed() {
    for (tag, line) in [
        ("oomd", "Killed 3: 1(a) 2(b) 3(c)"),
        (
            "talos",
            "victim processes: {\"controller\": \"runtime.OOMController\", \"processes\": [1, 2, 3]}",
        ),
    ] {
        let mut parser = parser();
        begin(&mut parser);
        let before = parser.open_bytes();
        push(&mut parser, 0, tag, line);
        let held = parser.open_bytes() - before;
        let one = size_of::<crate::event::KilledProcess>();
        assert!((3 * one..9 * one).contains(&held), "{tag}: {held}");
    }
}

#[test]
fn nothing_waits_longer_than_its_bounds() {
    for (tag, lines, waits, _) in waiting() {
        let all = usize::from(waits == Waits::Event);
        let mut parser = after(tag, &lines);
        // Of the kubelet's lines, the first begins the wait.
        let own = if tag == "kubelet" { lines.len() - 1 } else { 0 };
        for _ in own..MAX_DAEMON_WAIT_LINES as usize {
            push(&mut parser, 0, "cron", "x");
        }
        assert_eq!(state(&mut parser), (true, 0), "{tag}");
        push(&mut parser, 0, "cron", "x");
        assert_eq!(state(&mut parser), (false, all), "{tag}");
        let mut parser = after(tag, &lines);
        push(&mut parser, MAX_DAEMON_WAIT_S, "cron", "x");
        assert_eq!(state(&mut parser), (true, 0), "{tag}");
        push(&mut parser, MAX_DAEMON_WAIT_S + 1, "cron", "x");
        assert_eq!(state(&mut parser), (false, all), "{tag}");
    }
}

#[test]
fn what_waits_is_given_at_the_end_and_before_a_pause() {
    for (tag, lines, waits, _) in waiting() {
        let all = usize::from(waits == Waits::Event);
        let mut parser = after(tag, &lines);
        // Its outcome is not known yet.
        parser.give_waiting();
        assert_eq!(state(&mut parser), (true, 0), "{tag}");
        parser.close_reports();
        assert_eq!(state(&mut parser), (false, all), "{tag}");
        let mut parser = after(tag, &lines);
        parser.finish();
        assert_eq!(state(&mut parser), (false, all), "{tag}");
        assert_eq!(parser.open_bytes(), 0, "{tag}");
    }
}

/// Callers who must answer at once get a kill whose outcome is known.
#[test]
fn a_kill_with_its_outcome_is_ready() {
    for (tag, end) in [
        (
            "talos",
            "victim processes: {\"controller\": \"runtime.OOMController\", \"processes\": [7]}",
        ),
        ("earlyoom", "process 9 exited after 0.2 seconds"),
        ("nohang", "The victim died in 0.2s"),
    ] {
        let all = waiting();
        let (_, lines, ..) = all.iter().find(|(of, ..)| *of == tag).unwrap();
        let mut parser = after(tag, lines);
        push(&mut parser, 0, tag, end);
        parser.give_waiting();
        assert_eq!(state(&mut parser), (false, 1), "{tag}");
    }
}

/// The reader's own line and one of its length, and one that is a byte longer.
#[test]
fn longer_lines_than_any_daemon_writes_are_not_read() {
    let verdict = "I1012 19:34:45.445172       7 eviction_manager.go:595] \
        \"Eviction manager: pod is evicted successfully\" pod=\"shop/web-0\"";
    let killed = "Memory cgroup out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, \
        shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0";
    for (tag, head, tail, then) in [
        (
            "containerd",
            format!("time=\"2025-06-01T10:00:00.1Z\" msg=\"TaskOOM event container_id:\\\"{ID}\\\"\" x="),
            "",
            "",
        ),
        ("crio", "msg=\"OOM: the memory limit could be too low\" x=".into(), "", ""),
        (
            "kubelet",
            "I1012 19:34:44.999101       7 eviction_manager.go:356] \"Eviction manager: must evict pod(s) to reclaim\" x="
                .into(),
            " resourceName=\"memory\"",
            verdict,
        ),
        (
            "kubelet",
            "I0203 10:10:10.123456       7 oom_watcher_linux.go:83] \"Got sys oom event\" logger=\"".into(),
            "\" event={\"Pid\":7,\"ProcessName\":\"a\"}",
            "",
        ),
        (
            "node-problem-detector",
            format!(
                "I1012 19:00:20.884452    3240 log_monitor.go:160] New status generated: &{{Source:kernel-monitor \
                 Events:[{{Severity:warn Timestamp:2023-10-12 19:00:20.4 +0000 UTC Reason:OOMKilling Message:{killed}}}] \
                 Conditions:["
            ),
            "]}",
            "",
        ),
    ] {
        let fixed = head.len() + tail.len();
        // The status is read without its prefix.
        let prefix = if tag == "node-problem-detector" { "I1012 19:00:20.884452    3240 log_monitor.go:160] ".len() } else { 0 };
        let room = MAX_JOINED_LEN - fixed + prefix;
        for (pad, all) in [(1, 1), (room, 1), (room + 1, 0), (room + 7, 0)] {
            let line = format!("{head}{}{tail}", "a".repeat(pad));
            let mut parser = after(tag, &[line]);
            push(&mut parser, 0, tag, then);
            parser.finish();
            assert_eq!(parser.events().count(), all, "{tag}, {pad} of {room}");
        }
    }
}

#[test]
fn of_too_many_notices_the_oldest_is_given() {
    let mut parser = parser();
    for number in 0..=MAX_HELD_NOTICES {
        assert!(parser.next_event().is_none(), "{number}");
        let text =
            format!("a{number}.service: A process of this unit has been killed by the OOM killer.");
        push(&mut parser, 0, "systemd", &text);
    }
    let first = parser.next_event().unwrap().testimony.unwrap();
    assert_eq!(first.unit, Some("a0.service".into()));
    assert!(parser.next_event().is_none());
    // What its end completes is that unit's notice, and no other waits less for it.
    push(
        &mut parser,
        0,
        "systemd",
        "a7.service: Failed with result 'oom-kill'.",
    );
    let seventh = parser.next_event().unwrap().testimony.unwrap();
    assert_eq!(seventh.unit, Some("a7.service".into()));
    assert!(seventh.unit_result.is_some() && parser.next_event().is_none());
    parser.finish();
    assert_eq!(parser.events().count(), MAX_HELD_NOTICES - 1);
}

/// The host that was silent longest is forgotten first, and what waits on it is given.
#[test]
fn of_too_many_hosts_the_most_silent_is_forgotten() {
    let mut parser = parser();
    let kill = |parser: &mut Parser, host: usize| {
        let line = format!(
            "Jun  1 10:00:00 n{host} conmon[7]: conmon 0c8e7f21aa5d4e9f8b7c <ninfo>: OOM received"
        );
        parser.push_line(line.as_bytes());
    };
    for host in 0..MAX_STREAMS {
        kill(&mut parser, host);
    }
    kill(&mut parser, 0);
    assert!(parser.next_event().is_none());
    kill(&mut parser, MAX_STREAMS);
    assert_eq!(parser.next_event().unwrap().host, Some("n1".into()));
    assert!(parser.next_event().is_none());
    parser.finish();
    assert_eq!(parser.events().count(), MAX_STREAMS);
    assert!(!parser.wants_every_line());
}

/// A process that does not react is killed again and again; one with the same number is another, later.
#[test]
fn the_same_victim_again_is_one_kill() {
    let nohang = |pid: &str| {
        format!("PID: {pid}, name: a, state: R (running), EUID: 0, SID: 1 (a), lifetime: 21s")
    };
    let begin = || ">>=== STARTING implement_corrective_action() ====>>".into();
    let send = || "Sending SIGKILL to the victim".into();
    let earlyoom =
        |pid: &str| format!("sending SIGTERM to process {pid} uid 0 \"a\": badness 1, VmRSS 2 MiB");
    let oomd = |cgroup: &str| {
        format!(
            "oomd kill: 81.28 80.05 42.78 a/{cgroup} 4096 ruleset:[r] detectorgroup:[d] killer:k v2"
        )
    };
    for (tag, bound, one, other) in [
        (
            "earlyoom",
            MAX_DAEMON_WAIT_S,
            Vec::from([earlyoom("12")]),
            Vec::from([earlyoom("13")]),
        ),
        (
            "nohang",
            MAX_DAEMON_WAIT_S,
            Vec::from([begin(), nohang("12"), send()]),
            Vec::from([begin(), nohang("13"), send()]),
        ),
        ("oomd", 5, Vec::from([oomd("b")]), Vec::from([oomd("c")])),
    ] {
        for (second, then, all) in [
            (0, &one, 1),
            (bound, &one, 1),
            (bound + 1, &one, 2),
            (0, &other, 2),
            (bound, &other, 2),
        ] {
            let mut parser = after(tag, &one);
            for line in then {
                push(&mut parser, second, tag, line);
            }
            parser.finish();
            assert_eq!(parser.events().count(), all, "{tag}, {second}, {then:?}");
        }
    }
}

/// What came with the kill may be a part of its command line, so another line may follow.
#[test]
fn an_outcome_that_came_with_its_kill_is_ready() {
    let mut parser = parser();
    for text in [
        "sending SIGTERM to process 9 uid 0 \"a\": oom_score 1, VmRSS 2 MiB, cmdline \"a\"",
        "process 9 exited after 0.2 seconds",
    ] {
        let line = format!("2025-06-01T10:00:00.123456+00:00 n1 earlyoom[7]: {text}");
        parser.push_line(line.as_bytes());
    }
    assert_eq!(state(&mut parser), (true, 0));
    parser.give_waiting();
    assert_eq!(state(&mut parser), (false, 1));
}
