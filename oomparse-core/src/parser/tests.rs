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
