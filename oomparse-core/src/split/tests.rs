use super::*;
use crate::frame::Framer;
use std::format;
use std::string::{String, ToString as _};
use std::vec::Vec;

const SELECTED: &str =
    "Memory cgroup out of memory: Kill process 10 (sh) score 3 or sacrifice child";
const KILLED: &str = "Killed process 11 (php) total-vm:512kB, anon-rss:203kB, file-rss:100kB";

/// The messages of a line's records.
fn records(line: &str) -> Vec<String> {
    let mut framer = Framer::new();
    let frame = framer.frame(line.as_bytes()).unwrap();
    let mut found = Vec::new();
    each(&frame, &mut |record| {
        found.push(String::from_utf8(record.message.to_vec()).unwrap());
    });
    let is_one = found.len() == 1;
    assert!(is_one || may_be_several(&frame), "{line}");
    found
}

fn value(text: &str) -> String {
    serde_json::json!({ "message": text }).to_string()
}

#[test]
fn a_value_is_taken_apart_at_its_line_ends() {
    let text = format!(
        "sh invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n\
         Pid: 2, comm:  Not tainted 2.6.32-5-amd64 #1\nTask in /a killed as a result of limit of /a\n\
         [ pid ]   uid  tgid total_vm      rss cpu oom_adj name\n{SELECTED}\n{KILLED}"
    );
    for text in [
        text.clone(),
        text.replace("comm: ", "comm: a"),
        text.replace('\n', "\r\n"),
    ] {
        let lines: Vec<String> = text.lines().map(|line| line.to_string()).collect();
        assert_eq!(records(&value(&text)), lines);
        let proven = value(&text).replacen('{', r#"{"_TRANSPORT":"kernel","#, 1);
        assert_eq!(records(&proven), lines);
    }
}

#[test]
fn records_on_one_line_are_split_after_what_no_name_can_be() {
    let sizes = "shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:-997";
    let firsts = [
        SELECTED.to_string(),
        "Out of memory: kill process 7 (a) score 493444 or a child".to_string(),
        "Out of Memory: Kill process 7 (a) score 5 and children.".to_string(),
        KILLED.to_string(),
        format!("Memory cgroup out of memory: {KILLED}, {sizes}"),
        "Killed process 7 (a)".to_string(),
        "Out of Memory: Killed process 7 (a).".to_string(),
        "oom_reaper: reaped process 7 (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"
            .to_string(),
        "sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0".to_string(),
        "memory: usage 1024kB, limit 1024kB, failcnt 3".to_string(),
        "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0".to_string(),
        "Pid: 15947, comm: node Not tainted 2.6.32-431.el6.x86_64 #1".to_string(),
        "CPU: 1 UID: 1000 PID: 767 Comm: node Not tainted 6.18.44 #1".to_string(),
    ];
    for first in firsts {
        for second in [
            SELECTED,
            KILLED,
            "Task in /a killed as a result of limit of /a",
        ] {
            let whole = format!("Jan  5 02:12:02 n1 kernel: {first}");
            for between in [
                " ",
                "  ",
                "#012",
                " [    5.200000] ",
                " [5.2] ",
                " Jan  5 02:12:03 n1 kernel: ",
                " 2023-01-05T02:12:03+00:00 n1 kernel: ",
                "<br>",
                "<br /> ",
                "\\n",
                "\\r\\n",
                "\r",
            ] {
                let line = format!("{whole}{between}{second}");
                assert_eq!(records(&line), [&first, second], "{line}");
            }
            let text = format!("{first}#012{second}");
            assert_eq!(records(&value(&text)), [&first, second], "{text}");
        }
    }
}

#[test]
fn nothing_ends_in_or_after_a_path() {
    let paths = [
        "Task in /a killed as a result of limit of /a",
        "Memory limit reached of cgroup /a",
        "Memory cgroup stats for /a",
        "Memory cgroup stats for /a: cache:0KB rss:4KB",
        "Tasks in /a",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=a,pid=7,uid=0",
        "sh cpuset=a mems_allowed=0",
        "usb 1-1: Product: a",
    ];
    for path in paths {
        for between in [
            " ",
            "#012",
            " [    5.200000] ",
            " Jan  5 02:12:03 n1 kernel: ",
        ] {
            let text = format!("{path}{between}{KILLED}");
            let line = format!("Jan  5 02:12:02 n1 kernel: {text}");
            assert_eq!(records(&line), [text.replace("#012", "\n")], "{line}");
            for key in ["", r#""_TRANSPORT":"kernel","#] {
                let record = value(&text).replacen('{', &format!("{{{key}"), 1);
                assert_eq!(records(&record).len(), 1, "{record}");
            }
        }
    }
}

#[test]
fn what_is_one_record_stays_one() {
    for line in [
        format!("3,1,2,-;{SELECTED}\\x0a{KILLED}"),
        format!("3,1,2,-;{SELECTED} {KILLED}"),
    ] {
        assert_eq!(records(&line).len(), 1, "{line}");
    }
    // A comm with a newline in a record of the journal's.
    for text in [
        "Killed process 7 (a\nb) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        "Killed process 7 (a)\nb) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        "Killed process 7 (\n\n\n) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        "Killed process 7 ([1.5] \nb) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        "a\nb invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "CPU: 1 PID: 7 Comm: a\nb Not tainted 5.4.0-1 #1",
        "Out of memory: Kill process 7 (a\nb) score 3 or sacrifice child",
        "oom_reaper: reaped process 7 (a\nb), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        "Kill process 8 (a\nb) sharing same memory",
        "[12.3] Kill process 8 (a\nb) sharing same memory",
        "Out of memory: OOM victim 7 (a\nb) is already exiting. Skip killing the task",
        "[12.3] Out of memory: OOM victim 7 (a\nb) is already exiting. Skip killing the task",
        "a\nb cpuset=/ mems_allowed=0",
        "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),global_oom,task_memcg=/a,task=x,pid=1,uid=0\n,pid=7,uid=0",
    ] {
        let text = format!("{text}\n{SELECTED}");
        assert_eq!(records(&value(&text)).len(), 2, "{text}");
    }
}

#[test]
fn text_of_a_program_is_not_taken_apart() {
    let others = format!("Jan  5 02:12:02 n1 kernel: {KILLED}");
    for text in [
        format!("Jan  5 02:12:02 n1 app[7]: a\n{KILLED}"),
        format!("Jan  5 02:12:02 n1 app[7]: a\n{others}"),
        format!("<14>1 2023-01-05T02:12:02Z n1 app 7 - - a\n{others}"),
    ] {
        let line = value(&text);
        assert!(
            crate::parse_all(line.as_bytes(), &crate::Options::new())
                .next()
                .is_none(),
            "{line}"
        );
    }
    let line = format!("Jan  5 02:12:02 n1 app[7]: {SELECTED}#012{KILLED}");
    assert!(
        crate::parse_all(line.as_bytes(), &crate::Options::new())
            .next()
            .is_none(),
        "{line}"
    );
    // Between the kernel's lines a program's goes on until the next head.
    let text = format!("{others}\nJan  5 02:12:02 n1 app[7]: a\nKilled process 1 (init)");
    let found: Vec<_> = crate::parse_all(value(&text).as_bytes(), &crate::Options::new()).collect();
    let [event] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(event.victim.as_ref().unwrap().pid, 11);
}

#[test]
fn a_record_with_a_long_path_begins_after_another() {
    let path = format!("/{}", "a".repeat(250)).repeat(3);
    let summary = format!(
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={path},task_memcg={path},task=b,pid=12,uid=0"
    );
    let task_in = format!("Task in {path} killed as a result of limit of {path}");
    let stats = format!("Memory cgroup stats for {path}: cache:0KB rss:4KB");
    for long in [summary, task_in, stats] {
        for head in ["", "[    5.200000] "] {
            let line = format!("[    5.100000] {KILLED} {head}{long}");
            assert_eq!(records(&line), [KILLED, &long]);
        }
    }
}

#[test]
fn what_may_be_a_name_or_a_figure_begins_no_record() {
    let heads = [" [    5.200000] ", " Jan  5 02:12:03 n1 kernel: "];
    let invoked = "sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
    let whole = format!("Jan  5 02:12:02 n1 kernel: {KILLED}");
    for head in heads {
        for next in [invoked, "sh cpuset=/ mems_allowed=0", "eth0: link is up"] {
            assert_eq!(records(&format!("{whole}{head}{next}")), [KILLED, next]);
        }
        // After a name that is not closed by the kernel's words, only the killer's own line is another.
        let named = "Jan  5 02:12:02 n1 kernel: Killed process 7 (a)";
        assert_eq!(records(&format!("{named}{head}eth0: link is up")).len(), 1);
        for next in ["anon 4096", "active_anon:1 inactive_anon:5 isolated_anon:0"] {
            assert_eq!(records(&format!("{whole}{head}{next}")).len(), 1, "{next}");
        }
        let row = "[      7]     0     7      100       50     4096        0             0 java";
        assert_eq!(records(&format!("{whole}{head}{row}")).len(), 1);
    }
    for next in ["memory lane", "CPU: hot"] {
        assert_eq!(records(&format!("{whole} {next}")).len(), 1, "{next}");
    }
}

#[test]
fn figures_of_a_value_are_one_record() {
    let heading = "Memory cgroup stats for /a:";
    let text = format!("{heading}\nanon 4096\nfile 0\n{KILLED}");
    assert_eq!(
        records(&value(&text)),
        [heading, "anon 4096\nfile 0", KILLED]
    );
}

#[test]
fn each_record_of_a_frame_is_passed_on() {
    let messages = |line: &str| {
        let mut found = Vec::new();
        let mut framer = Framer::new();
        let frame = framer.frame(line.as_bytes()).unwrap();
        frame.each_record(&mut |record| found.push(record.message.to_vec()));
        found
    };
    assert_eq!(
        messages(&format!("[    5.200000] {KILLED}")),
        [KILLED.as_bytes()]
    );
    let both = messages(&value(&format!("{SELECTED}\n{KILLED}")));
    assert_eq!(both, [SELECTED.as_bytes(), KILLED.as_bytes()]);
}

#[test]
fn almost_no_line_may_be_several() {
    let long = "a".repeat(200);
    for message in [
        "memory: usage 1024kB, limit 1024kB, failcnt 3",
        "swap: usage 0kB, limit 9007199254740988kB, failcnt 0",
        "java invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0",
        "CPU: 1 PID: 7 Comm: java Not tainted 5.4.0-1 #1",
        "Pid: 7, comm: java Not tainted 2.6.32-5-amd64 #1",
        "usb 1-1: new high-speed USB device number 2 using xhci_hcd",
        &format!("audit: type=1400 audit(1.2:3): name=\"{long}\""),
        "",
    ] {
        assert!(!may_hold_several(message.as_bytes()), "{message}");
    }
    for first in [SELECTED, KILLED] {
        assert!(may_hold_several(format!("{first} {KILLED}").as_bytes()));
    }
}

#[test]
fn a_code_in_a_journals_field_is_text() {
    let entry = |code: &str| {
        let text = format!("{SELECTED}{code}{KILLED}");
        let entry = serde_json::json!({ "_TRANSPORT": "kernel", "MESSAGE": text });
        records(&entry.to_string()).len()
    };
    assert_eq!((entry("#012"), entry(" ")), (1, 2));
}

#[test]
fn a_name_begins_no_record_without_a_head() {
    let whole = format!("Jan  5 02:12:02 n1 kernel: {KILLED}");
    for next in [
        "memory_hog invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0",
        "memory_hog cpuset=/ mems_allowed=0",
    ] {
        assert_eq!(records(&format!("{whole} {next}")).len(), 1, "{next}");
    }
}

#[test]
fn lines_of_a_value_that_are_no_records_stay_together() {
    for text in [
        "usb 1-1: New USB device found\nusb 1-1: Product: a",
        "anon 4096\nfile 0\nkernel 0",
        "active_anon:1 inactive_anon:5 isolated_anon:0\n active_file:3 inactive_file:4",
    ] {
        assert_eq!(records(&value(text)), [text]);
    }
}

#[test]
fn a_comm_of_several_lines_begins_a_value() {
    let invoked = "sh invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0";
    let text = format!("a\nb\n{invoked}\n{KILLED}");
    let comm = format!("a\nb\n{invoked}");
    assert_eq!(records(&value(&text)), [&comm, KILLED]);
    // Elsewhere, a short line is one of its own.
    let text = format!("{KILLED}\nab\n{invoked}");
    assert_eq!(records(&value(&text)), [KILLED, "ab", invoked]);
}

#[test]
fn words_of_an_exiting_victim_are_no_comm_of_the_next_line() {
    let invoked = "sh invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0";
    let lines = ["a", "OOM victim 7", invoked, KILLED];
    assert_eq!(records(&value(&lines.join("\n"))), lines);
}

#[test]
fn a_head_ends_the_figures_of_a_value() {
    let heading = "Memory cgroup stats for /a:";
    let text = format!("[9.1] {heading}\n[9.1] anon 4096\n[9.1] file 0\n[9.2] {KILLED}");
    assert_eq!(
        records(&value(&text)),
        [heading, "anon 4096", "file 0", KILLED]
    );
}

#[test]
fn a_programs_lines_of_a_value_are_left_out() {
    let head = "Jan  5 02:12:02 n1";
    let text = format!(
        "{head} kernel: {SELECTED}\n{head} app[7]: {KILLED}\n{KILLED}\n{head} kernel: {KILLED}"
    );
    assert_eq!(records(&value(&text)), [SELECTED, KILLED]);
}

#[test]
fn so_many_records_are_read_and_no_more() {
    let most = MAX_PARTS;
    let row = "[1.5] [    7]     0     7      100       50     4096        0             0 sh";
    let text = [row].repeat(most + 2).join("\n");
    assert_eq!(records(&value(&text)).len(), most);
}
