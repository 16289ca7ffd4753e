//! Real kills by the real kernel: `oomparse watch` beside pods that run out of memory.
//!
//! Needs root, /dev/kmsg and a writable memory cgroup (v1 or v2). Where one is missing the tests say so
//! and count as ignored. Only cgroups of this run are limited, and they are removed, leaf first. Others on
//! the machine may cause kills meanwhile: every event is matched by its pid.

mod live;
mod storm;

use libtest_mimic::{Arguments, Failed, Trial};
use live::{overflow, watch};
use oomparse_tests::pod::{Driver, Hierarchy, Pod, hog_if_asked};
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What is promised: from the kill to the event.
const SECOND: Duration = Duration::from_secs(1);

/// The kernel prints whole reports again after this long (10 in 5 s).
const RATE_LIMIT: Duration = Duration::from_millis(5500);

const BURST: usize = 30;

type Test = fn(&Hierarchy);

#[expect(clippy::too_many_lines, reason = "one story")]
fn main() -> ExitCode {
    hog_if_asked();
    let mut arguments = Arguments::from_args();
    // The kernel's rate limit is one for all.
    arguments.test_threads = Some(1);
    let hierarchy = Hierarchy::find();
    if let Err(why) = &hierarchy {
        eprintln!("\n!!! NOT RUN: the live tests of `oomparse watch`: {why}\n");
    }
    let tests: [(&str, Test); 8] = [
        (
            "kill_has_its_pods_name_within_a_second_cgroupfs",
            |machine| {
                names(machine, Driver::Cgroupfs);
            },
        ),
        (
            "kill_has_its_pods_name_within_a_second_systemd",
            |machine| {
                names(machine, Driver::Systemd);
            },
        ),
        ("burst_of_30_kills_cgroupfs", |machine| {
            burst(machine, Driver::Cgroupfs)
        }),
        ("burst_of_30_kills_systemd", |machine| {
            burst(machine, Driver::Systemd)
        }),
        ("what_a_storm_leaves_bare_has_its_pod", storm::bare_kills),
        ("idle_with_250_pods", storm::idle),
        ("killed_in_a_burst_and_started_again", killed_in_a_burst),
        ("backlog_since_boot_is_an_estimate", backlog),
    ];
    let mut trials: Vec<Trial> = Vec::new();
    for (name, test) in tests {
        let hierarchy = hierarchy.clone();
        let can_run = hierarchy.is_ok();
        let trial = Trial::test(name, move || {
            test(&hierarchy.map_err(Failed::from)?);
            Ok(())
        });
        trials.push(trial.with_ignored_flag(!can_run));
    }
    let fits = overflow::may_run();
    if let Err(why) = &fits {
        eprintln!("\n!!! NOT RUN: overwritten records of /dev/kmsg are counted: {why}\n");
    }
    let trial = Trial::test("overwritten_records_are_counted", || {
        overflow::overwritten_records_are_counted();
        Ok(())
    });
    trials.push(trial.with_ignored_flag(fits.is_err()));
    let can_run = fits.is_ok() && hierarchy.is_ok();
    let machine = hierarchy.clone();
    let trial = Trial::test("kill_without_a_line_is_a_notice", move || {
        storm::kill_without_a_line(&machine.map_err(Failed::from)?);
        Ok(())
    });
    trials.push(trial.with_ignored_flag(!can_run));
    let machine = hierarchy.clone();
    let trial = Trial::test("long_records_and_clearing_cost_nothing", move || {
        long_records(&machine.map_err(Failed::from)?);
        Ok(())
    });
    trials.push(trial.with_ignored_flag(!can_run));
    // Only where `cargo xtask live-storm --npd PATH` names one.
    if let Some(program) = std::env::var_os("OOMPARSE_NPD") {
        let machine = hierarchy.clone();
        let can_run = machine.is_ok();
        let trial = Trial::test("beside_node_problem_detector", move || {
            storm::beside::node_problem_detector(&machine.map_err(Failed::from)?, program.as_ref());
            Ok(())
        });
        trials.push(trial.with_ignored_flag(!can_run));
    }
    let machine = hierarchy.clone();
    let can_run = machine.is_ok();
    let trial = Trial::test("a_path_that_the_kernel_cuts_names_nobody_else", move || {
        cut_path(&machine.map_err(Failed::from)?);
        Ok(())
    });
    trials.push(trial.with_ignored_flag(!can_run));
    let groups = hierarchy.and_then(|machine| machine.has_groups().map(|()| machine));
    if let Err(why) = &groups {
        eprintln!("\n!!! NOT RUN: groups under the kernel's rate limit: {why}\n");
    }
    let can_run = groups.is_ok();
    let trial = Trial::test("groups_under_the_rate_limit", move || {
        rate_limited_groups(&groups.map_err(Failed::from)?);
        Ok(())
    });
    trials.push(trial.with_ignored_flag(!can_run));
    let promtool = Command::new("promtool").arg("--version").output();
    if promtool.is_err() {
        eprintln!("\n!!! NOT RUN: promtool check metrics: install the Debian package prometheus\n");
    }
    let trial = Trial::test("counters_pass_promtool", || {
        counters();
        Ok(())
    });
    trials.push(trial.with_ignored_flag(promtool.is_err()));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn logs() -> TempDir {
    let logs = tempfile::tempdir().unwrap();
    for name in ["pods", "containers"] {
        std::fs::create_dir(logs.path().join(name)).unwrap();
    }
    logs
}

/// Has one process of the pod killed; gives the event. The kernel leaves the pod out where its rate limit
/// strikes, which others' kills may cause: then once more, later.
fn one_kill(watch: &mut watch::Watch, pod: &mut Pod) -> Value {
    for _ in 0..4 {
        let pid = pod.start_hog();
        pod.wait();
        let died = Instant::now();
        let (came, event) = watch
            .kill_of(pid, 5 * SECOND)
            .unwrap_or_else(|| panic!("no event for pid {pid}"));
        let late = came.saturating_duration_since(died);
        assert!(
            late < SECOND,
            "the event came {late:?} after the kill: {event}"
        );
        if event.get("cgroup").is_some() {
            println!("    {} after {late:?}", event["pod"]["name"]);
            return event;
        }
        assert!(event.get("pod").is_none(), "{event}");
        thread::sleep(RATE_LIMIT);
    }
    panic!("the kernel's rate limit left no whole report");
}

fn assert_named(event: &Value, pod: &Pod) {
    assert_eq!(event["pod"]["uid"], pod.uid, "{event}");
    assert_eq!(event["pod"]["namespace"], "shop", "{event}");
    assert_eq!(event["pod"]["name"], pod.name, "{event}");
    assert_eq!(event["pod"]["source"], "pod-logs-dir", "{event}");
    assert_eq!(event["container"]["id"], pod.id, "{event}");
    assert_eq!(event["container"]["name"], "app", "{event}");
}

/// A pod that was there before, one that comes while `watch` runs, one that is gone when it is killed.
fn names(machine: &Hierarchy, driver: Driver) {
    let logs = logs();
    let mut before = Pod::new(machine, driver, logs.path());
    let mut gone = Pod::new(machine, driver, logs.path());
    before.make_logs();
    gone.make_logs();
    let source = logs.path().to_str().unwrap();
    let mut watch = watch::start(&["--pods", source, "--node-name", "node-7"]);
    gone.remove_logs();
    let mut later = Pod::new(machine, driver, logs.path());
    later.make_logs();
    for pod in [&mut before, &mut later, &mut gone] {
        let event = one_kill(&mut watch, pod);
        assert_named(&event, pod);
        assert_eq!(event["host"], "node-7");
        assert!(event.get("time_estimated").is_none(), "{event}");
        let time: jiff::Timestamp = event["time"].as_str().unwrap().parse().unwrap();
        let off = jiff::Timestamp::now().duration_since(time).abs();
        assert!(off < jiff::SignedDuration::from_secs(2), "{off:?}: {event}");
    }
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert!(status.success(), "{status}: {stderr}");
    assert_eq!(stderr, "");
}

/// Kills in a row: the kernel prints ten whole reports, then bare `Killed process` lines.
fn burst(machine: &Hierarchy, driver: Driver) {
    let logs = logs();
    let mut pods: Vec<Pod> = (0..3)
        .map(|_| Pod::new(machine, driver, logs.path()))
        .collect();
    pods.iter().for_each(Pod::make_logs);
    // So that the first kills are printed whole.
    thread::sleep(RATE_LIMIT);
    let mut watch = watch::start(&["--pods", logs.path().to_str().unwrap()]);
    let mut killed = Vec::new();
    for number in 0..BURST {
        let pod = &mut pods[number % 3];
        let pid = pod.start_hog();
        pod.wait();
        killed.push((pid, number % 3, Instant::now()));
    }
    let (mut named, mut latest) = (0, Duration::ZERO);
    for (pid, owner, died) in &killed {
        let (came, event) = watch
            .kill_of(*pid, 5 * SECOND)
            .unwrap_or_else(|| panic!("no event for pid {pid}"));
        let late = came.saturating_duration_since(*died);
        assert!(
            late < SECOND,
            "the event came {late:?} after the kill: {event}"
        );
        latest = latest.max(late);
        if let Some(pod) = event.get("pod") {
            assert_eq!(pod["uid"], pods[*owner].uid, "a wrong pod: {event}");
            assert_named(&event, &pods[*owner]);
            named += 1;
        }
    }
    let pids: Vec<u32> = killed.iter().map(|(pid, ..)| *pid).collect();
    watch.signal(Signal::TERM);
    let (_, events, _) = watch.end();
    let is_own = |event: &&Value| pids.iter().any(|pid| event["victim"]["pid"] == *pid);
    let count = events.iter().filter(is_own).count();
    assert_eq!(count, BURST, "an event came twice");
    println!("    {BURST} kills, {named} with their pod, the latest after {latest:?}");
}

/// Containers that are killed as one, many at a time: past ten reports the kernel prints bare lines.
fn rate_limited_groups(machine: &Hierarchy) {
    const PODS: usize = 14;
    const WAVES: usize = 2;
    let logs = logs();
    let mut pods: Vec<Pod> = [Driver::Cgroupfs, Driver::Systemd]
        .into_iter()
        .cycle()
        .take(PODS)
        .map(|driver| Pod::new(machine, driver, logs.path()))
        .collect();
    for pod in &pods {
        pod.make_logs();
        pod.kill_as_one();
    }
    thread::sleep(RATE_LIMIT);
    let mut watch = watch::start(&["--pods", logs.path().to_str().unwrap()]);
    let mut killed = Vec::new();
    for _ in 0..WAVES {
        for (owner, pod) in pods.iter_mut().enumerate() {
            killed.extend([pod.start_sleeper(), pod.start_sleeper()].map(|pid| (pid, owner)));
        }
        // They are in their cgroups before the third process fills them.
        thread::sleep(Duration::from_millis(500));
        for (owner, pod) in pods.iter_mut().enumerate() {
            killed.push((pod.start_hog(), owner));
        }
        for pod in &mut pods {
            (0..3).for_each(|_| pod.wait());
        }
    }
    let (mut named, mut bare) = (0, 0);
    for (pid, owner) in &killed {
        let (_, event) = watch
            .kill_of(*pid, 5 * SECOND)
            .unwrap_or_else(|| panic!("no event for pid {pid}"));
        bare += usize::from(event.get("constraint").is_none());
        if let Some(found) = event.get("pod") {
            assert_eq!(found["uid"], pods[*owner].uid, "a wrong pod: {event}");
            named += 1;
        }
    }
    watch.signal(Signal::TERM);
    let (_, events, _) = watch.end();
    for (pid, _) in &killed {
        let of_pid = events.iter().filter(|event| event["victim"]["pid"] == *pid);
        assert_eq!(of_pid.count(), 1, "pid {pid} was told twice");
    }
    let count = killed.len();
    assert!(named >= count / 4, "{named} of {count} named");
    println!(
        "    {count} kills of {PODS} groups, {named} with their pod, {bare} without a report of their own"
    );
}

/// A container's own cgroup whose path says at the very place where the kernel cuts it what a summary's end
/// says: nobody but the process that died is reported, and no pod but its own.
fn cut_path(machine: &Hierarchy) {
    const FORGED: &str = ",task=init,pid=1,uid=0";
    let logs = logs();
    let mut pod = Pod::new(machine, Driver::Cgroupfs, logs.path());
    pod.make_logs();
    let mut killed = Vec::new();
    let mut seen = None;
    thread::sleep(RATE_LIMIT);
    let mut watch = watch::start(&["--pods", logs.path().to_str().unwrap()]);
    // Once to see where this kernel cuts, then shaped for that.
    for _ in 0..4 {
        let mut records = overflow::records_from_now();
        killed.push(pod.kill_in(&long_path("")));
        seen = records.find_map(|record| {
            // On its own where the summary is long.
            let (_, path) = record.lines().next()?.rsplit_once(&pod.id)?;
            path.contains("AAAA").then_some(path.len())
        });
        if seen.is_some() {
            break;
        }
        thread::sleep(RATE_LIMIT);
    }
    let seen = seen.expect("the kernel's rate limit left no whole report");
    let whole = long_path("").len() + 1;
    assert!(seen < whole, "the kernel printed {seen} bytes of {whole}");
    for more in 0..3 {
        thread::sleep(RATE_LIMIT);
        // After the slash that begins it.
        killed.push(pod.kill_in(&long_path(&format!("{seen}:{FORGED}"))[..whole - 1 - more]));
    }
    for pid in &killed {
        let (_, event) = watch
            .kill_of(*pid, 5 * SECOND)
            .unwrap_or_else(|| panic!("no event for pid {pid}"));
        if let Some(found) = event.get("pod") {
            assert_eq!(found["uid"], pod.uid, "a wrong pod: {event}");
        }
    }
    watch.signal(Signal::TERM);
    let (_, events, _) = watch.end();
    assert!(
        events.iter().all(|event| event["victim"]["pid"] != 1),
        "{events:?}"
    );
    println!(
        "    cut after {seen} of {whole} bytes, {} kills",
        killed.len()
    );
}

/// A path of a thousand bytes; with `AT:TEXT`, the text ends at that byte of it.
fn long_path(shape: &str) -> String {
    const LEN: usize = 1100;
    for step in [200, 190, 180, 170] {
        let mut path: Vec<u8> = (0..LEN)
            .map(|at| if at % step == step - 1 { b'/' } else { b'A' })
            .collect();
        let Some((end, text)) = shape.split_once(':') else {
            return String::from_utf8(path).unwrap();
        };
        // The container's id is followed by a slash, which is not of this path.
        let end = end.parse::<usize>().unwrap() - 1;
        let place = &mut path[end - text.len()..end];
        if !place.contains(&b'/') {
            place.copy_from_slice(text.as_bytes());
            return String::from_utf8(path).unwrap();
        }
    }
    panic!("no shape has room for it")
}

/// The longest records, and the log cleared by another: no record is missed and the kill after is seen.
fn long_records(machine: &Hierarchy) {
    let logs = logs();
    let mut pod = Pod::new(machine, Driver::Systemd, logs.path());
    pod.make_logs();
    let mut watch = watch::start(&["--pods", logs.path().to_str().unwrap()]);
    overflow::write_long_and_clear();
    let event = one_kill(&mut watch, &mut pod);
    assert_named(&event, &pod);
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert!(status.success(), "{status}: {stderr}");
    assert_eq!(stderr, "", "a record was lost");
}

/// SIGKILL in the middle of a burst, then a restart with the same state.
#[expect(clippy::too_many_lines, reason = "one story")]
fn killed_in_a_burst(machine: &Hierarchy) {
    let logs = logs();
    let mut pod = Pod::new(machine, Driver::Cgroupfs, logs.path());
    pod.make_logs();
    let state = logs.path().join("state.json");
    let textfile = logs.path().join("oomparse.prom");
    let source = logs.path().join("pods");
    let arguments = [
        "--pods",
        source.to_str().unwrap(),
        "--state",
        state.to_str().unwrap(),
        "--textfile",
        textfile.to_str().unwrap(),
    ];
    let first = watch::start(&arguments);
    let (mut pids, mut older) = (Vec::new(), Vec::new());
    for number in 0..BURST {
        pids.push(pod.start_hog());
        pod.wait();
        if number == BURST / 4 {
            older = std::fs::read(&state).unwrap();
        }
        if number == BURST / 2 {
            first.signal(Signal::KILL);
        }
    }
    let (_, before, _) = first.end();
    // As if it had died between output and state some kills ago: these must come again.
    std::fs::write(&state, older).unwrap();
    let mut second = watch::start(&arguments);
    for pid in &pids {
        let is_known = before.iter().any(|event| event["victim"]["pid"] == *pid);
        assert!(
            is_known || second.kill_of(*pid, 3 * SECOND).is_some(),
            "the kill of pid {pid} is lost"
        );
    }
    second.signal(Signal::TERM);
    let (status, after, stderr) = second.end();
    assert!(status.success(), "{status}: {stderr}");
    let mut ids: BTreeMap<u64, &Value> = BTreeMap::new();
    let mut repeats = 0;
    for event in before.iter().chain(&after) {
        let pid = event["victim"]["pid"].as_u64().unwrap();
        if pids.iter().any(|own| u64::from(*own) == pid)
            && let Some(id) = ids.insert(pid, &event["id"])
        {
            repeats += 1;
            assert_eq!(*id, event["id"], "given out twice with two ids");
        }
    }
    assert_eq!(ids.len(), BURST);
    assert!(repeats > 0, "nothing came twice, so nothing was shown");
    // Others' kills count too, so at least as many.
    let text = std::fs::read_to_string(&textfile).unwrap();
    let total: u64 = text
        .lines()
        .filter(|line| line.starts_with("oomparse_oom_kills_total{"))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum();
    assert!(total >= BURST as u64, "{text}");
    println!(
        "    {} events before, {} after, {repeats} of them twice",
        before.len(),
        after.len()
    );
}

/// `--since-boot`: what the ring still holds, with times that are marked.
fn backlog(machine: &Hierarchy) {
    let logs = logs();
    let mut pod = Pod::new(machine, Driver::Systemd, logs.path());
    let pid = pod.start_hog();
    pod.wait();
    thread::sleep(2 * SECOND);
    let mut watch = watch::start(&["--since-boot", "--no-pods"]);
    let (_, event) = watch
        .kill_of(pid, 20 * SECOND)
        .expect("the kill before the start");
    assert_eq!(event["time_estimated"], true, "{event}");
    assert!(event["pod"].get("name").is_none(), "{event}");
}

/// What stands in `--textfile` after a kill of each kind.
fn counters() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (log, names, textfile) = (path("kern.log"), path("pods.csv"), path("oomparse.prom"));
    let uid = "3962896b-ab69-4572-8f1d-ee756f9f3589";
    let csv = format!("pod_uid,namespace,pod_name\n{uid},default,web-0\n");
    fs::write(&names, csv).unwrap();
    fs::write(
        &log,
        format!(
            "[1.1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod{uid},task_memcg=/kubepods/pod{uid},task=java,pid=7,uid=0\n\
             [1.2] Memory cgroup out of memory: Killed process 7 (java) total-vm:8kB\n\
             [2.1] oom_kill_process: 20 callbacks suppressed\n\
             [2.2] Out of memory: Killed process 8 (java) total-vm:8kB\n"
        ),
    )
    .unwrap();
    let arguments = ["--since-boot", "--file", &log, "--pods", &names];
    let mut watch = watch::start(&[&arguments[..], &["--textfile", &textfile]].concat());
    assert!(watch.kill_of(8, 5 * SECOND).is_some());
    watch.signal(Signal::TERM);
    assert!(watch.end().0.success());
    let output = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(File::open(&textfile).unwrap())
        .output()
        .unwrap();
    let text = fs::read_to_string(&textfile).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}\n{text}");
}
