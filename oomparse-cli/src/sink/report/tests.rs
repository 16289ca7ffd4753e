//! What people read, whole.

use super::super::screen::Screen;
use super::{Report, Sink};
use oomparse_core::*;

fn report(events: &[OomEvent]) -> String {
    let mut out = Vec::new();
    let mut sink = Report::new(&mut out, Screen::plain(80));
    for event in events {
        sink.event(event).unwrap();
    }
    sink.finish().unwrap();
    let text = String::from_utf8(out).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "wider than a terminal: {line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    text
}

const CONTAINER: &str = "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419";
const POD: &str = "/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589";

fn counter(usage: Option<u64>, limit: Option<u64>, failcnt: u64) -> Option<Counter> {
    let mut counter = Counter::default();
    counter.usage_bytes = usage;
    counter.limit_bytes = limit;
    counter.failcnt = Some(failcnt);
    Some(counter)
}

fn victim(pid: u32, comm: &[u8]) -> Victim {
    let mut victim = Victim::default();
    victim.pid = pid;
    victim.comm = Some(Text::from(comm));
    victim
}

/// A pod's limit, the kill of the README.
fn pod_kill() -> OomEvent {
    let mut event = OomEvent::default();
    event.event_type = EventType::Kill;
    event.time = WallTime::new(Some(2023), (1, 5), (2, 12, 2), (0, 0), Some(480));
    event.host = Some(Text::from("node-7"));
    event.scope = Some(Scope::Memcg);
    let mut victim = victim(387_602, b"java");
    victim.anon_rss_bytes = Some(102_865_306);
    victim.file_rss_bytes = Some(1_258_291);
    victim.shmem_rss_bytes = Some(0);
    victim.pgtables_bytes = Some(57_344);
    victim.oom_score_adj = Some(968);
    event.victim = Some(victim);
    let mut cgroup = Cgroup::default();
    cgroup.oom_memcg = Some(Text::from(POD));
    cgroup.task_memcg = Some(Text::from(format!("{POD}/{CONTAINER}").as_str()));
    cgroup.limit_level = Some(LimitLevel::Pod);
    event.cgroup = Some(cgroup);
    let mut pod = Pod::default();
    pod.uid = Some("3962896b-ab69-4572-8f1d-ee756f9f3589".to_owned());
    pod.qos_class = Some(QosClass::Burstable);
    event.pod = Some(pod);
    let mut container = Container::default();
    container.id = Some(CONTAINER.to_owned());
    event.container = Some(container);
    event.memory = counter(Some(125_829_120), Some(125_829_120), 83);
    let mut invoker = Invoker::default();
    invoker.comm = Some(Text::from("GC Thread#0"));
    invoker.pid = Some(387_655);
    invoker.order = Some(0);
    event.invoker = Some(invoker);
    event
}

#[test]
fn a_pod_at_its_limit() {
    let expected = "\
2023-01-05T02:12:02+08:00 node-7: java (pid 387602) of pod
    3962896b-ab69-4572-8f1d-ee756f9f3589 (Burstable), container a2172e8d1101,
    was killed with 99.3 MiB resident: the pod reached its memory limit of
    120.0 MiB; it was chosen with oom_score_adj 968; GC Thread#0 (pid 387655)
    asked for the memory.
    limit      ████████████████████ 120.0 MiB of 120.0 MiB, hit 83 times
    cgroup     /kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589
    victim     anon 98.1 MiB, file 1.2 MiB, shmem 0 B, page tables 56.0 KiB
    not shown  what the memory was, the other processes
    advice     java held 98.1 MiB of 120.0 MiB: it needs more than the limit
               allows, or holds more than it needs.
    would hold 160Mi = 120.0 MiB in use at the kill, a quarter more, rounded up

1 kill in 1 pod.
";
    assert_eq!(report(&[pod_kill()]), expected);
}

#[test]
fn names_take_the_place_of_ids() {
    let mut event = pod_kill();
    let pod = event.pod.as_mut().unwrap();
    pod.namespace = Some("default".to_owned());
    pod.name = Some("web-0".to_owned());
    event.container.as_mut().unwrap().name = Some("app".to_owned());
    let text = report(&[event]);
    assert!(
        text.starts_with(
            "2023-01-05T02:12:02+08:00 node-7: java (pid 387602) of pod default/web-0\n    \
             (Burstable), container app (a2172e8d1101), was killed with 99.3 MiB\n"
        ),
        "{text}"
    );
}

#[test]
fn the_machine_out_of_memory() {
    let mut event = OomEvent::default();
    event.event_type = EventType::Kill;
    event.kernel_time_us = Some(12_345_678_901);
    event.scope = Some(Scope::Global);
    event.evidence = vec![Evidence::Meminfo];
    event.victim = Some(victim(91, b"mysqld"));
    let mut cgroup = Cgroup::default();
    cgroup.task_memcg = Some(Text::from("/system.slice/mysql.service"));
    event.cgroup = Some(cgroup);
    let mut meminfo = Meminfo::default();
    meminfo.ram_pages = Some(8_228_764);
    meminfo.free_pages = Some(21_011);
    meminfo.free_swap_bytes = Some(0);
    meminfo.total_swap_bytes = Some(2 << 30);
    event.meminfo = Some(meminfo.into());
    let mut invoker = Invoker::default();
    invoker.comm = Some(Text::from("kworker"));
    invoker.order = Some(2);
    event.invoker = Some(invoker);
    let expected = "\
12345.678901 s after boot: mysqld (pid 91) of mysql.service was killed: the
    machine ran out of memory; kworker asked for 4 pages in a row (order 2).
    machine    RAM 8,228,764 pages, free 21,011 pages
    swap       ████████████████████ 2.0 GiB of 2.0 GiB
    not shown  the other processes
    hint       swap was full too: 2.0 GiB of 2.0 GiB
    advice     The request was for 4 pages in a row: memory may have been free
               but in smaller pieces. A larger vm.watermark_scale_factor lets
               the kernel compact memory earlier.

1 kill, in no known pod.
";
    assert_eq!(report(&[event]), expected);
}

#[test]
fn a_lone_killed_line() {
    let mut event = OomEvent::default();
    event.event_type = EventType::Kill;
    event.scope = Some(Scope::Memcg);
    event.victim = Some(victim(7, b"\x1b[31m\nroot"));
    let expected = "\
\\x1b[31m\\x0aroot (pid 7) (the log does not show its cgroup) was killed: its
    cgroup, or one above it, reached its memory limit.
    not shown  the victim's cgroup (and so its pod), usage and limit,
               what the memory was, the other processes, who asked for memory

1 kill, in no known pod.
";
    assert_eq!(report(&[event]), expected);
}

#[test]
fn nobody_killed_and_nobody_shown() {
    let mut nobody = pod_kill();
    nobody.event_type = EventType::NoVictim;
    nobody.victim = None;
    nobody.container = None;
    nobody.evidence = vec![Evidence::Invoked, Evidence::NoKillable];
    let mut cut = OomEvent::default();
    cut.event_type = EventType::Report;
    let text = report(&[nobody, cut]);
    let expected = "\
2023-01-05T02:12:02+08:00 node-7: pod 3962896b-ab69-4572-8f1d-ee756f9f3589
    (Burstable): the pod reached its memory limit of 120.0 MiB; nobody was
    killed: there was no process that may be killed.
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("\nthe OOM killer ran; the log does not show whom it killed.\n"));
    assert!(text.ends_with(
        "\n0 kills.\nNobody was killed 1 time.\n1 report does not show whom it killed.\n"
    ));
}

#[test]
fn the_memory_and_swap_limit_of_cgroup_v1() {
    let mut event = pod_kill();
    event.memory = counter(Some(60 << 20), None, 0);
    event.memory_swap = counter(Some(120 << 20), Some(120 << 20), 5);
    let text = report(&[event]).replace("\n    ", " ");
    assert!(
        text.contains("the pod reached its memory+swap limit of 120.0 MiB;"),
        "{text}"
    );
}

#[test]
fn an_empty_log() {
    assert_eq!(report(&[]), "No OOM kill found.\n");
}

#[test]
fn kills_of_several_pods_are_counted() {
    let mut other = pod_kill();
    other.pod.as_mut().unwrap().uid = Some("b".to_owned());
    let mut none = pod_kill();
    none.pod = None;
    let mut cut = OomEvent::default();
    cut.event_type = EventType::Report;
    let text = report(&[pod_kill(), pod_kill(), other, none, cut.clone(), cut]);
    assert!(
        text.contains(
            "\n4 kills in 2 pods, 1 of them in no known pod.\n\
             2 reports do not show whom they killed.\n    by pod        3962896b-"
        ),
        "{text}"
    );
}

fn row(pid: u32, comm: &str, rss: u64) -> TaskRow {
    let mut row = TaskRow::default();
    row.pid = pid;
    row.comm = Some(Text::from(comm));
    row.rss_pages = Some(rss);
    row
}

fn stats(values: &[(&str, u64)]) -> String {
    let mut log =
        "[1.0] a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n\
                   [1.0] memory: usage 122880kB, limit 122880kB, failcnt 83\n\
                   [1.0] Memory cgroup stats for /a:\n"
            .to_owned();
    for (key, value) in values {
        log += &format!("[1.0] {key} {value}\n");
    }
    log + "[1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,\
           oom_memcg=/a,task_memcg=/a,task=java,pid=7,uid=0\n\
           [1.1] Memory cgroup out of memory: Killed process 7 (java) total-vm:2458092kB, \
           anon-rss:10240kB, file-rss:1228kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:0\n"
}

fn hints_of(log: &str) -> Vec<String> {
    let events: Vec<OomEvent> = parse_all(log.as_bytes(), &Options::new()).collect();
    assert_eq!(events.len(), 1, "{log}");
    hints_and_cause(&events[0])
}

/// What filled the memory is said once: by the advice where there is some, else by a hint.
fn hints_and_cause(event: &OomEvent) -> Vec<String> {
    let en = oomparse_report::Lang::En;
    let advice = oomparse_report::advice(event, en);
    let filled = |advice: &oomparse_report::Advice| {
        use oomparse_report::Cause::{Kernel, ManyProcesses, PageCache, Tmpfs};
        [Tmpfs, PageCache, Kernel, ManyProcesses].contains(&advice.cause)
    };
    let known = advice.filter(filled);
    let mut says = oomparse_report::hints(event, en);
    says.extend(known.and_then(|advice| advice.says.into_iter().next()));
    says
}

#[test]
fn hints_need_figures_that_show_them() {
    const MIB: u64 = 1 << 20;
    let calm = [("anon", 60 * MIB), ("file", 40 * MIB), ("slab", MIB)];
    assert_eq!(hints_of(&stats(&calm)), [""; 0]);
    for (values, expected) in [
        (
            &[("anon", 10 * MIB), ("file", 100 * MIB), ("shmem", 90 * MIB)][..],
            "90.0 MiB of 120.0 MiB was shared memory. ",
        ),
        (
            &[
                ("anon", 10 * MIB),
                ("file", 100 * MIB),
                ("file_dirty", 50 * MIB),
                ("file_writeback", 10 * MIB),
            ],
            "60.0 MiB of 120.0 MiB was page cache still to be written",
        ),
        (
            &[("anon", 10 * MIB), ("kernel", 90 * MIB), ("slab", 80 * MIB)],
            "90.0 MiB of 120.0 MiB was the kernel's own memory, 80.0 MiB of it slab",
        ),
        (
            &[("anon", 115 * MIB), ("file", MIB)],
            "without java, 103.8 MiB still cannot be dropped, 87 % of the limit",
        ),
    ] {
        let hints = hints_of(&stats(values));
        assert!(
            hints.len() == 1 && hints[0].starts_with(expected),
            "{hints:?}"
        );
    }
}

#[test]
fn many_small_processes() {
    let mut event = pod_kill();
    event.victim.as_mut().unwrap().anon_rss_bytes = Some(4096);
    event.tasks = (0..40).map(|pid| row(pid, "worker", 100)).collect();
    assert_eq!(
        hints_and_cause(&event),
        [
            "The memory is that of 40 processes, none of them large: the number of workers decides, \
             more than the size of one."
        ]
    );
    let text = report(&[event]);
    assert!(
        text.contains("    largest    worker (pid 0)  100 pages    3 % █\n"),
        "{text}"
    );
    assert!(
        text.contains("               35 more with 3,500 pages\n"),
        "{text}"
    );
}

#[test]
fn other_victims_of_a_report_take_a_line_each() {
    let mut first = pod_kill();
    first.report_id = Some("r".to_owned());
    let mut second = first.clone();
    second.victim = Some(victim(8, b"sh"));
    second.oom_group = true;
    let text = report(&[first, second]);
    assert!(
        text.contains("    and        sh (pid 8) was killed with it (memory.oom.group)\n\n2 kills"),
        "{text}"
    );
}

#[test]
fn parts_of_memory_do_not_overlap() {
    let log = stats(&[
        ("anon", 10 << 20),
        ("file", 100 << 20),
        ("shmem", 90 << 20),
        ("kernel", 8 << 20),
        ("slab", 5 << 20),
    ]);
    let events: Vec<OomEvent> = parse_all(log.as_bytes(), &Options::new()).collect();
    let text = report(&events).replace("\n               ", " ");
    assert!(
        text.contains(
            "█ anon 10.0 MiB, ▓ page cache 10.0 MiB, ▒ shmem 90.0 MiB, ░ other kernel 3.0 MiB, \
             ▚ slab 5.0 MiB\n"
        ),
        "{text}"
    );
}

#[test]
fn advice_names_the_command_where_the_log_shows_the_workload_and_only_there() {
    let mut event = pod_kill();
    event.memory = counter(Some(125_829_120), Some(125_829_120), 17);
    event.cgroup.as_mut().unwrap().limit_level = Some(oomparse_core::LimitLevel::Container);
    let pod = event.pod.as_mut().unwrap();
    pod.namespace = Some("shop".to_owned());
    pod.name = Some("web-0".to_owned());
    event.container.as_mut().unwrap().name = Some("app".to_owned());
    let unknown = report(&[event.clone()]);
    assert!(!unknown.contains("    command "), "{unknown}");
    event.pod.as_mut().unwrap().owner = Some("StatefulSet/web".to_owned());
    let text = report(&[event.clone()]);
    let command = "    command    kubectl set resources statefulset/web -n shop -c app\n               \
                   --limits=memory=160Mi\n";
    assert!(text.contains(command), "{text}");
    assert!(
        text.contains("The limit was hit 17 times, as often"),
        "{text}"
    );
    event.memory = counter(Some(125_829_120), Some(125_829_120), 5_000);
    let text = report(&[event]);
    assert!(
        text.contains("was hit 5,000 times: usage stayed close"),
        "{text}"
    );
}

#[test]
fn several_kills_of_one_container_have_a_course() {
    let kill = |hour: u8| {
        let mut event = pod_kill();
        event.id = Some(format!("{hour}"));
        event.time = WallTime::new(Some(2023), (1, 5), (hour, 0, 0), (0, 0), Some(0));
        event
    };
    let two = report(&[kill(1), kill(2)]);
    assert!(!two.contains("    course "), "{two}");
    let four = report(&[kill(1), kill(2), kill(3), kill(4)]);
    assert!(
        four.contains(
            "    course     3962896b-ab69-4572-8f1d-ee756f9f3589 java: 4 kills at a steady"
        ),
        "{four}"
    );
}
