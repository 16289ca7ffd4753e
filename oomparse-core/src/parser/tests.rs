use super::*;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const KILLED: &str = "Killed process 4021 (mysqld) total-vm:8kB, anon-rss:4kB, file-rss:0kB";

#[test]
fn a_line_with_one_of_the_words_is_a_candidate() {
    let parser = Parser::new();
    assert!(parser.is_candidate(KILLED.as_bytes()));
    assert!(!parser.is_candidate(b"eth0: link is up"));
}

#[test]
fn a_paste_as_wide_as_a_terminal_is_read_as_it_was_printed() {
    let pod = "/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589";
    let lines = [
        ["[198542.576610] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,mems_allowed=0,oom_memcg=", pod, ",task_memcg=", pod, ",task=java,pid=7,uid=0"].concat(),
        "[198542.576728] Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB".to_string(),
    ];
    let broken: String = lines
        .iter()
        .flat_map(|line| line.as_bytes().chunks(80))
        .map(|piece| String::from_utf8(piece.to_vec()).unwrap() + "\n")
        .collect();
    let events: Vec<_> = parse_all(broken.as_bytes(), &Options::new()).collect();
    let [event] = &events[..] else {
        panic!("{events:?}");
    };
    let victim = event.victim.as_ref().unwrap();
    assert_eq!((victim.pid, victim.file_rss_bytes), (7, Some(0)));
    assert!(event.pod.is_some());
}

#[test]
fn an_indented_line_after_lines_that_were_passed_over_continues_the_last_of_them() {
    let found = |above: &str| {
        let mut parser = Parser::new();
        parser.pass_over(above.as_bytes());
        parser.push_line(
            b"    java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        );
        parser.finish();
        parser.events().count()
    };
    assert_eq!(found("Jan  5 02:12:02 n1 kernel: eth0: link is up"), 1);
    // A program's text, which may say anything.
    let program = "Jan  5 02:12:02 n1 app[7]: the log says:";
    assert_eq!(found(program), 0);
    assert_eq!(
        found(&["Jan  5 02:12:02 n1 kernel: a\n", program].concat()),
        0
    );
    assert_eq!(
        found(&[program, "\nJan  5 02:12:02 n1 kernel: a"].concat()),
        1
    );
}

/// What follows so far after a report's first line is not read as part of it, although one chunk contains both.
#[test]
fn a_report_ends_within_a_chunk_as_it_does_line_by_line() {
    const BOUND: usize = 10_000;
    const TASK: &str = "Task in /docker/0123456789ab killed as a result of limit of /docker\n";
    let found = |between: usize, by_line: bool| {
        let options = Options::new().max_report_len(u64::try_from(BOUND).unwrap());
        let mut parser = Parser::with_options(options);
        let filler = ["x".repeat(99), "\n".to_string()].concat();
        let log = [TASK, &filler.repeat(between), KILLED, "\n"].concat();
        if by_line {
            for line in log.lines() {
                parser.push_line(line.as_bytes());
            }
        } else {
            parser.push_chunk(log.as_bytes());
        }
        parser.finish();
        let events = parser.events();
        events
            .map(|event| (event.container.is_some(), event.victim.is_some()))
            .collect::<Vec<_>>()
    };
    for by_line in [false, true] {
        assert_eq!(found(99, by_line), [(true, true)]);
        assert_eq!(found(101, by_line), [(true, false), (false, true)]);
    }
}

/// An entry of `journalctl -o verbose` ends where the next one begins: that line does not report its kill.
#[test]
fn the_line_that_ends_a_record_of_several_lines_does_not_report_its_kill() {
    let first = |time: &str| {
        [
            "Thu 2023-01-05 02:12:02.",
            time,
            " CST [s=a;i=1;b=b;m=8ade60;t=1;x=1]",
        ]
        .concat()
    };
    let mut parser = Parser::new();
    parser.push_line(first("100000").as_bytes());
    for field in ["_TRANSPORT=kernel", "SYSLOG_FACILITY=0"] {
        parser.push_line(["    ", field].concat().as_bytes());
    }
    parser.push_line(["    MESSAGE=", KILLED].concat().as_bytes());
    parser.push_line(first("200000").as_bytes());
    parser.give_waiting();
    let event = parser.next_event().unwrap();
    assert_eq!(event.victim.as_ref().unwrap().pid, 4021);
    assert!(!parser.last_line_reports(&event));
}

/// Within a journal's entry a line is as it was written, even if a name looks as if a mail program or Markdown had
/// changed it.
#[cfg(feature = "carriers")]
#[test]
fn a_field_of_a_journals_entry_is_not_mended() {
    for name in ["a=3Db=3D", r"total\-vm:"] {
        let mut parser = Parser::new();
        let killed = ["Killed process 7 (", name, ") total-vm:8kB, anon-rss:4kB"].concat();
        for line in [
            "Thu 2023-01-05 02:12:02.100000 CST [s=a;i=1;b=b;m=8ade60;t=1;x=1]",
            "    _TRANSPORT=kernel",
            "    SYSLOG_FACILITY=0",
            &["    MESSAGE=", &killed].concat(),
        ] {
            parser.push_line(line.as_bytes());
        }
        parser.finish();
        let comm = parser.next_event().unwrap().victim.unwrap().comm.unwrap();
        assert_eq!(comm.as_bytes(), name.as_bytes());
    }
}

/// A daemon's line, and an Event of Kubernetes on one line, report what they tell of; the line after it does not.
#[cfg(feature = "daemons")]
#[test]
fn a_daemons_line_reports_its_event() {
    use crate::source::Accept;
    for line in [
        r#"Feb  3 10:10:10 n1 kubelet[1422]: I0203 10:10:10.123456    1422 oom_watcher_linux.go:83] "Got sys oom event" event={"Pid":19227,"ProcessName":"entry","TimeOfDeath":"2025-02-03T10:10:10.1Z","ContainerName":"/","VictimContainerName":"/","Constraint":""}"#,
        r#"{"kind":"Event","metadata":{"uid":"a"},"involvedObject":{"kind":"Node","name":"n1"},"reason":"OOMKilling","message":"Memory cgroup out of memory: Killed process 11 (php) total-vm:8kB, anon-rss:4kB, file-rss:0kB","source":{"component":"kernel-monitor"}}"#,
    ] {
        let options = Options::new().accept(Accept::ANY.and_all_daemons());
        let mut parser = Parser::with_options(options);
        parser.push_line(line.as_bytes());
        parser.give_waiting();
        let event = parser.next_event().unwrap();
        assert!(parser.last_line_reports(&event), "{event:?}");
        parser.push_line(b"hello");
        assert!(!parser.last_line_reports(&event));
    }
}
