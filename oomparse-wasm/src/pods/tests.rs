use super::*;
use crate::{Answer, Filter, Mode};
use std::cell::{Cell, RefCell};
use std::format;

std::thread_local! {
    static LISTING: RefCell<&'static str> = const { RefCell::new("") };
    static READS: Cell<u32> = const { Cell::new(0) };
    static LOOK: Cell<u64> = const { Cell::new(0) };
    /// The kernel's clock goes on whatever the records' does.
    static UPTIME: Cell<u32> = const { Cell::new(0) };
}

fn look() -> u64 {
    LOOK.get()
}

const SOURCES: Sources = Sources { look, read };

fn read(give: &mut dyn FnMut(&[u8])) {
    READS.set(READS.get() + 1);
    LISTING.with_borrow(|listing| give(listing.as_bytes()));
}

fn kill(filter: &mut Filter, uid: &str, seconds: u32) -> String {
    let container = match uid.as_bytes() {
        [b'5', ..] => "b".repeat(64),
        _ => "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419".to_owned(),
    };
    let path = format!("/kubepods/pod{uid}/{container}");
    let uptime = UPTIME.get() + 100;
    UPTIME.set(uptime);
    let mut answer = String::new();
    for line in [
        format!(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={path},task_memcg={path},task=java,pid={seconds},uid=0"
        ),
        format!(
            "Memory cgroup out of memory: Killed process {seconds} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0"
        ),
    ] {
        let record =
            format!(r#"{{"priority":6,"sequence":1,"sec":{uptime},"usec":0,"msg":"{line}"}}"#);
        if filter.take(Mode::Kernel, b"t", seconds, record.as_bytes()) == Answer::Replaced {
            answer = String::from_utf8(filter.answer().to_vec()).unwrap();
        }
    }
    answer
}

#[test]
fn sources_are_read_on_a_miss_and_not_too_often() {
    let one = "3962896b-ab69-4572-8f1d-ee756f9f3589";
    let other = "4962896b-ab69-4572-8f1d-ee756f9f3589";
    let mut filter = Filter::with_pods(SOURCES);
    assert_eq!(READS.get(), 0);
    let answer = kill(&mut filter, one, 1000);
    assert!(
        answer.contains("\"oom\":{") && !answer.contains("kubernetes"),
        "{answer}"
    );
    assert_eq!(READS.get(), 1);
    LISTING.set("shop_web-0_3962896b-ab69-4572-8f1d-ee756f9f3589\nshop_db-0_4962896b-ab69-4572-8f1d-ee756f9f3589\nweb-0_shop_app-a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419.log\n");
    assert!(!kill(&mut filter, one, 1009).contains("web-0"));
    assert_eq!(READS.get(), 1);
    LOOK.set(7);
    assert!(kill(&mut filter, one, 1009).contains("web-0"));
    let answer = kill(&mut filter, one, 1010);
    assert_eq!(READS.get(), 2);
    let names = r#","kubernetes":{"pod_name":"web-0","namespace_name":"shop","pod_id":"3962896b-ab69-4572-8f1d-ee756f9f3589","container_name":"app","docker_id":"a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419"}}"#;
    assert!(answer.trim_end_matches('\0').ends_with(names), "{answer}");
    assert!(
        answer.contains(r#""namespace":"shop","name":"web-0","source":"pod-logs-dir""#),
        "{answer}"
    );
    // The container is another pod's: no name for it here.
    let answer = kill(&mut filter, other, 1011);
    assert!(
        answer.contains("db-0") && !answer.contains("container_name"),
        "{answer}"
    );
    assert_eq!(READS.get(), 2);
    // A clock that was set back; a pod whose container is not known either.
    kill(&mut filter, "5962896b-ab69-4572-8f1d-ee756f9f3589", 5);
    assert_eq!(READS.get(), 3);
}
