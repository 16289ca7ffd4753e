//! Summaries whose end stands in a path, or after one that the kernel or a carrier cut.

use super::{POD, events, invoked, killed};
use crate::event::{EventType, OomEvent};
use crate::limits::{CUT_RECORD_LENS, CUT_SYSLOG_LENS};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const STEM: &str = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0";

/// The victims, and whether each has a pod.
fn victims(events: &[OomEvent]) -> Vec<(u32, bool)> {
    let kills = events
        .iter()
        .filter(|event| event.event_type == EventType::Kill);
    kills
        .map(|event| {
            let has_pod = event.pod.as_ref().is_some_and(|pod| pod.uid.is_some());
            (event.victim.as_ref().unwrap().pid, has_pod)
        })
        .collect()
}

/// A path of so many bytes with a lie at its end.
fn path(len: usize) -> String {
    let lie = ",task=init,pid=1,uid=0";
    let filled = len - POD.len() - lie.len();
    let names: String = (0..filled)
        .map(|at| if at % 200 == 0 { '/' } else { 'p' })
        .collect();
    format!("{POD}{names}{lie}")
}

fn kmsg(records: &[(char, &str)]) -> String {
    let numbered = records.iter().enumerate();
    numbered
        .map(|(at, (flag, text))| format!("6,{at},{},{flag};{text}\n", 100_000_000 + at))
        .collect()
}

fn killed_text(pid: u32) -> String {
    killed("1", pid).trim_end()["[1] ".len()..].to_string()
}

#[test]
fn a_record_of_a_limits_length_has_no_end_of_its_own() {
    let head = format!("{STEM},oom_memcg={POD},task_memcg=");
    let (victim, phantom) = (killed_text(7), killed_text(1));
    for len in CUT_RECORD_LENS.into_iter().flatten() {
        let path = path(len);
        let records = [
            ('-', head.as_str()),
            ('c', &path),
            ('c', ",task=tail,pid=7,uid=0"),
            ('-', &victim),
            ('-', &phantom),
        ];
        let found = events(&kmsg(&records));
        assert_eq!(victims(&found), [(7, true), (1, false)], "{len}");
        assert_eq!(found[0].truncated.len(), 1);
        // Without its last piece nothing is known of the victim.
        let records = [records[0], records[1], records[3], records[4]];
        let found = events(&kmsg(&records));
        assert_eq!(victims(&found), [(7, false), (1, false)], "{len}");
        let found = events(&kmsg(&[records[0], records[1], records[3]]));
        assert_eq!(victims(&found), [(1, false)], "a later kill of that pid");
        assert_eq!(victims(&events(&kmsg(&records[..2]))), [], "{len}");
    }
}

#[test]
fn a_record_without_room_for_its_end_waits_for_it() {
    for len in [900, 950, 1000] {
        let room = len - STEM.len() - POD.len() - ",oom_memcg=,task_memcg=".len();
        let whole = format!("{STEM},oom_memcg={POD},task_memcg={}", path(room));
        let (victim, phantom) = (killed_text(7), killed_text(1));
        let records = [
            ('-', whole.as_str()),
            ('c', ",task=tail,pid=7,uid=0"),
            ('-', &victim),
            ('-', &phantom),
        ];
        let found = events(&kmsg(&records));
        assert_eq!(victims(&found), [(7, true), (1, false)], "{len}");
        let foreign = ('-', "br0: port 3(veth51c7) entered forwarding state");
        let reaped = (
            '-',
            "oom_reaper: reaped process 5 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        );
        let interrupted = [records[0], foreign, reaped, records[1], records[2]];
        let found = victims(&events(&kmsg(&interrupted)));
        assert_eq!(found, [(5, false), (7, true)], "{len}");
        // Where somebody left it out, a record that had no room for it proves nothing.
        if len > 921 {
            let found = events(&kmsg(&[records[0], records[2]]));
            assert_eq!(victims(&found), [(7, false)], "{len}");
        }
        let found = events(&kmsg(&[records[0], records[3]]));
        assert_eq!(victims(&found), [(1, true)], "{len}");
    }
}

#[test]
fn a_full_record_is_believed_where_its_killed_line_agrees() {
    let long = format!("{POD}/{}", "c".repeat(700));
    let whole = format!("{STEM},oom_memcg={POD},task_memcg={long},task=tail,pid=7,uid=0");
    assert!((930..970).contains(&whole.len()));
    let (victim, thread) = (killed_text(7), killed_text(9));
    let found = |records: &[(char, &str)]| victims(&events(&kmsg(records)));
    assert_eq!(found(&[('-', &whole), ('-', &victim)]), [(7, true)]);
    // Vendors' kernels print no Killed line.
    assert_eq!(found(&[('-', &whole)]), [(7, true)]);
    // A thread of the process, as the table has it.
    let table = [
        (
            '-',
            "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        ),
        (
            '-',
            "[      9]     0     7      100       50     4096        0             0 tail",
        ),
        ('-', &whole),
        ('-', &thread),
    ];
    assert_eq!(found(&table), [(9, true)]);
    assert_eq!(found(&table[2..]), [(9, false)]);
    // A record is missing in between.
    let log = kmsg(&[('-', &whole), ('-', ""), ('-', &victim)]);
    let lost: String = log
        .lines()
        .filter(|line| !line.ends_with(';'))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(victims(&events(&lost)), [(7, false)]);
}

#[test]
fn a_line_that_its_carrier_cut_has_no_end_of_its_own() {
    let prefix = "Jan  5 02:12:02 n1 kernel: ";
    for len in CUT_SYSLOG_LENS.into_iter().flatten() {
        let room = len - prefix.len() - STEM.len() - POD.len() - ",oom_memcg=,task_memcg=".len();
        let log = format!(
            "{prefix}{STEM},oom_memcg={POD},task_memcg={}\n{prefix}{}\n{prefix}{}\n",
            path(room),
            killed_text(7),
            killed_text(1)
        );
        assert_eq!(victims(&events(&log)), [(7, false), (1, false)], "{len}");
        let shipped = log
            .replace(prefix, &format!("{{\"message\":\"{prefix}"))
            .replace('\n', "\"}\n");
        assert_eq!(
            victims(&events(&shipped)),
            [(7, false), (1, false)],
            "{len}"
        );
    }
}

#[test]
fn a_newline_in_a_name_ends_no_summary() {
    let comm = "a,pid=1,uid=0\n";
    let summary = format!("{STEM},oom_memcg={POD},task_memcg={POD}/c,task={comm},pid=7,uid=1001");
    let killed = killed_text(7).replace("(java)", &format!("({comm})"));
    for (prefix, after) in [
        ("[    9.100000] ", "               "),
        ("[    9.100000] ", "[    9.100000] "),
        ("Jan  5 02:12:02 n1 kernel: ", "Jan  5 02:12:02 n1 kernel: "),
    ] {
        let shown = |text: &str| format!("{prefix}{}\n", text.replace('\n', &format!("\n{after}")));
        let found = events(&(shown(&summary) + &shown(&killed)));
        assert_eq!(victims(&found), [(7, true)], "{prefix}: {found:?}");
        let victim = found[0].victim.as_ref().unwrap();
        assert_eq!(victim.comm.as_ref().unwrap().as_bytes(), comm.as_bytes());
    }
}

#[test]
fn a_summary_that_is_held_leaves_with_the_next_report() {
    let whole =
        format!("[100.1] {STEM},oom_memcg={POD},task_memcg={POD}/c,task=tail,pid=7,uid=0\n");
    let found = events(&(whole.clone() + &invoked("100.2")));
    assert_eq!(victims(&found), [(7, true)]);
    // Its own reaper's line, without a Killed line.
    let reaped = "[100.2] oom_reaper: reaped process 7 (tail), now anon-rss:0kB, file-rss:0kB, shmem-rss:4kB\n";
    let found = events(&(whole + reaped));
    assert_eq!(victims(&found), [(7, true)]);
    assert!(found[0].reaped.is_some());
}
