//! `oomparse watch` on files, on a journal, with a full pipe, and its counters.

mod live;
mod support;

use live::watch;

use rustix::process::Signal;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use support::{Running, until};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);
const UID: &str = "3962896b-ab69-4572-8f1d-ee756f9f3589";

/// The two lines of a kill, as rsyslog writes them.
fn kill(pid: u32) -> String {
    let head = format!("Jan  5 02:12:02 node-7 kernel: [{}.5", 198_000 + pid);
    format!(
        "{head}1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod{UID},task_memcg=/kubepods/pod{UID}/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,task=java,pid={pid},uid=0\n\
         {head}2] Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
    )
}

struct Log {
    dir: TempDir,
    path: PathBuf,
}

impl Log {
    fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kern.log");
        fs::write(&path, text).unwrap();
        Self { dir, path }
    }

    fn add(&self, text: &str) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn beside(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn watch(&self, more: &[&str]) -> watch::Watch {
        let mut arguments = vec!["--file", self.path.to_str().unwrap()];
        arguments.extend(more);
        watch::start(&arguments)
    }
}

fn expect(watch: &mut watch::Watch, pid: u32) {
    assert!(watch.kill_of(pid, PATIENCE).is_some(), "no event for {pid}");
}

fn end_well(watch: watch::Watch) -> Vec<serde_json::Value> {
    watch.signal(Signal::TERM);
    let (status, events, stderr) = watch.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, "");
    events
}

#[test]
fn file_rotated_by_rename() {
    let log = Log::new(&kill(1));
    let mut watch = log.watch(&["--no-pods"]);
    log.add(&kill(2));
    expect(&mut watch, 2);
    // logrotate with `create`: the daemon still writes to the old file for a while.
    let mut old = OpenOptions::new().append(true).open(&log.path).unwrap();
    fs::rename(&log.path, log.beside("kern.log.1")).unwrap();
    File::create(&log.path).unwrap();
    thread::sleep(Duration::from_millis(300));
    old.write_all(kill(3).as_bytes()).unwrap();
    expect(&mut watch, 3);
    log.add(&kill(4));
    expect(&mut watch, 4);
    assert_eq!(
        end_well(watch).len(),
        3,
        "the kill before the start is none"
    );
}

#[test]
fn file_truncated_and_grown_past_its_old_length() {
    let log = Log::new("");
    let mut watch = log.watch(&["--no-pods"]);
    log.add(&kill(2));
    expect(&mut watch, 2);
    // copytruncate: the same file, empty.
    fs::copy(&log.path, log.beside("kern.log.1")).unwrap();
    OpenOptions::new()
        .write(true)
        .open(&log.path)
        .unwrap()
        .set_len(0)
        .unwrap();
    log.add(&kill(3));
    expect(&mut watch, 3);
    // Between two looks it is truncated and longer than before.
    fs::write(&log.path, format!("{}{}", kill(4), kill(5))).unwrap();
    expect(&mut watch, 4);
    expect(&mut watch, 5);
    watch_end_with(watch, "lines that came since the last look may be missing");
}

#[test]
fn file_goes_on_after_a_restart_also_in_the_rotated_one() {
    let log = Log::new(&kill(1));
    let state = log.beside("state.json");
    let arguments = ["--no-pods", "--state", &state];
    let mut first = log.watch(&arguments);
    log.add(&kill(2));
    let (_, event) = first.kill_of(2, PATIENCE).unwrap();
    let id = event["id"].as_str().unwrap().to_owned();
    until("the state does not come", || {
        fs::read_to_string(&state).is_ok_and(|text| text.contains(&id))
    });
    first.signal(Signal::KILL);
    first.end();
    log.add(&kill(3));
    fs::rename(&log.path, log.beside("kern.log.1")).unwrap();
    log.add(&kill(4));
    let mut second = log.watch(&arguments);
    expect(&mut second, 3);
    expect(&mut second, 4);
    assert_eq!(end_well(second).len(), 2, "nothing comes twice");
    let third = log.watch(&arguments);
    assert_eq!(end_well(third).len(), 0);
    // Ours is one line: what has more is somebody's, and stays.
    fs::write(&state, "not\nours\n").unwrap();
    let (status, _, stderr) = log.watch(&arguments).end();
    assert_eq!(status.code(), Some(2));
    assert!(
        stderr.contains("is not a state file of oomparse"),
        "{stderr}"
    );
    assert_eq!(fs::read_to_string(&state).unwrap(), "not\nours\n");
}

/// What a crash, a full disk or a slip of the hand leaves.
#[test]
fn a_damaged_state_file_is_set_aside_and_nothing_is_lost() {
    for damaged in ["", "\n", "\0\0\0\0", "{\"boot_id\":\"00ab", "garbage", "{}"] {
        let log = Log::new(&kill(1));
        let state = log.beside("state.json");
        fs::write(&state, damaged).unwrap();
        let mut watch = log.watch(&["--no-pods", "--state", &state]);
        expect(&mut watch, 1);
        watch.signal(Signal::TERM);
        let (status, _, stderr) = watch.end();
        assert_eq!(status.code(), Some(0), "{damaged:?}: {stderr}");
        assert!(stderr.contains("was set aside as"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let aside = format!("{state}.damaged");
        assert_eq!(fs::read_to_string(aside).unwrap(), damaged);
        let again = log.watch(&["--no-pods", "--state", &state]);
        assert_eq!(end_well(again).len(), 0, "{damaged:?}");
    }
}

/// Lines may be missing: one sentence each, and the counter.
fn end_with_gaps(watch: watch::Watch, textfile: &str, gaps: usize) {
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert_eq!(stderr.lines().count(), gaps, "{stderr}");
    assert!(
        stderr.lines().all(|line| line.contains("may be missing")),
        "{stderr}"
    );
    let counted = format!("oomparse_log_gaps_total {gaps}\n");
    let text = fs::read_to_string(textfile).unwrap();
    assert!(text.contains(&counted), "{text}");
}

/// Longer than before, and with the same bytes where the last look ended: only its beginning is another one.
#[test]
fn file_refilled_past_the_old_place_is_another_one() {
    let same =
        "Jan  5 02:12:03 node-7 sshd[411]: the very same line of some length, often\n".repeat(9);
    let log = Log::new("");
    let textfile = log.beside("oomparse.prom");
    let mut watch = log.watch(&["--no-pods", "--textfile", &textfile]);
    log.add(&(kill(2) + &same));
    expect(&mut watch, 2);
    thread::sleep(Duration::from_millis(300));
    fs::write(&log.path, kill(3) + &same).unwrap();
    expect(&mut watch, 3);
    end_with_gaps(watch, &textfile, 1);
}

#[test]
fn a_file_refilled_between_two_runs_is_read_from_its_beginning() {
    let log = Log::new("");
    let state = log.beside("state.json");
    let first = log.watch(&["--no-pods", "--state", &state]);
    log.add("Jan  5 02:12:03 node-7 sshd[411]: nothing\n");
    thread::sleep(Duration::from_millis(300));
    end_well(first);
    fs::write(&log.path, kill(3)).unwrap();
    let mut second = log.watch(&["--no-pods", "--state", &state]);
    expect(&mut second, 3);
    watch_end_with(second, "was truncated or written anew since the last run");
}

fn watch_end_with(watch: watch::Watch, sentence: &str) {
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(stderr.contains(sentence), "{stderr}");
}

/// The file in between never had the name while somebody looked.
#[test]
fn two_rotations_between_two_looks_lose_nothing() {
    let log = Log::new("");
    fs::write(log.beside("kern.log.1"), kill(90)).unwrap();
    fs::write(log.beside("kern.log.old"), kill(91)).unwrap();
    let mut watch = log.watch(&["--no-pods"]);
    log.add(&kill(2));
    expect(&mut watch, 2);
    fs::rename(log.beside("kern.log.1"), log.beside("kern.log.2")).unwrap();
    fs::rename(&log.path, log.beside("kern.log.1")).unwrap();
    log.add(&kill(3));
    fs::rename(log.beside("kern.log.2"), log.beside("kern.log.3")).unwrap();
    fs::rename(log.beside("kern.log.1"), log.beside("kern.log.2")).unwrap();
    fs::rename(&log.path, log.beside("kern.log.1")).unwrap();
    log.add(&kill(4));
    expect(&mut watch, 3);
    expect(&mut watch, 4);
    assert_eq!(end_well(watch).len(), 3);
}

#[test]
fn a_directory_or_a_loop_in_the_files_place_is_waited_out() {
    let log = Log::new("");
    let textfile = log.beside("oomparse.prom");
    let mut watch = log.watch(&["--no-pods", "--textfile", &textfile]);
    log.add(&kill(2));
    expect(&mut watch, 2);
    for pid in [3, 4] {
        fs::rename(&log.path, log.beside("kern.log.1")).unwrap();
        if pid == 3 {
            fs::create_dir(&log.path).unwrap();
        } else {
            std::os::unix::fs::symlink(&log.path, &log.path).unwrap();
        }
        thread::sleep(Duration::from_millis(400));
        if pid == 3 {
            fs::remove_dir(&log.path).unwrap();
        } else {
            fs::remove_file(&log.path).unwrap();
        }
        log.add(&kill(pid));
        expect(&mut watch, pid);
    }
    end_with_gaps(watch, &textfile, 2);
}

#[test]
fn open_report_is_given_out_within_a_second() {
    let log = Log::new("");
    let mut watch = log.watch(&["--no-pods"]);
    // One of some: a machine that is busy with other things may take a second for nothing.
    let is_quick = (1..=10).any(|pid| {
        let begun = Instant::now();
        // No cgroup is known: it waits for a further line, which does not come.
        log.add(&format!(
            "Jan  5 02:12:02 node-7 kernel: [{pid}.1] Killed process {pid} (java) total-vm:8kB, anon-rss:4kB\n"
        ));
        let (came, event) = watch.kill_of(pid, PATIENCE).unwrap();
        assert!(event.get("pod").is_none());
        came - begun < Duration::from_secs(1)
    });
    assert!(is_quick, "not one came within a second");
    end_well(watch);
}

#[test]
fn sources_are_read_again_on_change_and_on_sighup() {
    let log = Log::new("");
    let names = log.beside("pods.csv");
    fs::write(&names, "pod_uid,namespace,pod_name\n").unwrap();
    let mut watch = log.watch(&["--pods", &names]);
    log.add(&kill(2));
    let (_, event) = watch.kill_of(2, PATIENCE).unwrap();
    assert!(event["pod"].get("name").is_none(), "{event}");
    fs::write(
        &names,
        format!("pod_uid,namespace,pod_name\n{UID},default,web-0\n"),
    )
    .unwrap();
    watch.signal(Signal::HUP);
    // Reading them goes on beside the log.
    let named = (10..).find_map(|pid| {
        thread::sleep(Duration::from_millis(100));
        log.add(&kill(pid));
        let (_, event) = watch.kill_of(pid, PATIENCE).unwrap();
        (pid > 100 || event["pod"].get("name").is_some()).then_some(event)
    });
    let event = named.unwrap();
    assert_eq!(event["pod"]["name"], "web-0");
    assert_eq!(event["pod"]["source"], "file");
    // A source that breaks is one warning; what it gave stays.
    fs::write(&names, "\"pod_uid\n").unwrap();
    thread::sleep(Duration::from_millis(2500));
    log.add(&kill(4));
    let (_, event) = watch.kill_of(4, PATIENCE).unwrap();
    assert_eq!(event["pod"]["name"], "web-0");
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("oomparse: pods from "), "{stderr}");
}

/// A journalctl that gives the entries of a file, then waits.
fn fake_journalctl(log: &Log, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let bin = log.dir.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let program = bin.join("journalctl");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
}

#[test]
fn journal_is_followed_and_started_again() {
    let log = Log::new("");
    let entry = |pid: u32| {
        format!(
            r#"{{"__CURSOR":"s=c;i={pid}","__REALTIME_TIMESTAMP":"1672884722000000","_TRANSPORT":"kernel","SYSLOG_FACILITY":"0","_BOOT_ID":"00abde","MESSAGE":"Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB"}}"#
        )
    };
    let seen = log.beside("arguments");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n*--lines=1*) exit 0;;\n*--after-cursor*) echo \"$*\" > {seen}; echo '{}'; exec sleep 60;;\n*) echo '{}'; exit 3;;\nesac\n",
        entry(8),
        entry(7)
    );
    let path = fake_journalctl(&log, &script);
    let mut watch = watch::start_with(&["--journal", "--no-pods"], &[("PATH", &path)]);
    expect(&mut watch, 7);
    let (_, event) = watch
        .kill_of(8, PATIENCE)
        .expect("after journalctl had ended");
    assert_eq!(event["time"], "2023-01-05T02:12:02.000000Z");
    let arguments = fs::read_to_string(&seen).unwrap();
    assert!(arguments.starts_with("-k --follow -o json"), "{arguments}");
    assert!(arguments.contains("--after-cursor s=c;i=7"), "{arguments}");
    watch.signal(Signal::TERM);
    let (status, _, stderr) = watch.end();
    assert_eq!(status.code(), Some(0));
    assert!(stderr.contains("journalctl ended"), "{stderr}");
}

#[test]
fn full_pipe_loses_nothing_and_stops_no_signal() {
    let log = Log::new("");
    let mut child = Running::start(
        Command::new(env!("CARGO_BIN_EXE_oomparse"))
            .args(["watch", "--no-pods", "--since-boot", "--file"])
            .arg(&log.path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null()),
    );
    // Far more than a pipe holds, and nobody reads.
    for pid in 1..=1000 {
        log.add(&kill(pid));
    }
    child.until_written(32 << 10);
    thread::sleep(Duration::from_millis(500));
    child.signal(Signal::TERM);
    thread::sleep(Duration::from_millis(300));
    let text = io::read_to_string(child.0.stdout.take().unwrap()).unwrap();
    assert_eq!(text.lines().count(), 1000);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_there_at_the_signal_is_read() {
    let log = Log::new("");
    let watch = log.watch(&["--no-pods"]);
    let other = "Jan  5 02:12:02 node-7 kernel: [198542.5] eth0: link becomes ready\n";
    log.add(&(other.repeat(50_000) + &kill(7)));
    assert_eq!(end_well(watch).len(), 1);
}

#[test]
fn reader_that_goes_ends_it() {
    let log = Log::new("");
    let mut child = Running::start(
        Command::new(env!("CARGO_BIN_EXE_oomparse"))
            .args(["watch", "--no-pods", "--file"])
            .arg(&log.path)
            .stdout(Stdio::piped()),
    );
    thread::sleep(Duration::from_millis(300));
    drop(child.0.stdout.take());
    until("it still runs", || child.0.try_wait().unwrap().is_some());
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn report_for_people() {
    let log = Log::new("");
    let mut child = Running::start(
        Command::new(env!("CARGO_BIN_EXE_oomparse"))
            .args([
                "watch",
                "--no-pods",
                "--since-boot",
                "--format",
                "report",
                "--file",
            ])
            .arg(&log.path)
            .stdout(Stdio::piped()),
    );
    log.add(&kill(7));
    child.until_written(1);
    child.signal(Signal::INT);
    let text = io::read_to_string(child.0.stdout.take().unwrap()).unwrap();
    assert!(text.contains("java (pid 7)"), "{text}");
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn counters_outlive_a_restart() {
    let log = Log::new("");
    let (names, textfile) = (log.beside("pods.csv"), log.beside("oomparse.prom"));
    fs::write(
        &names,
        format!("pod_uid,namespace,pod_name\n{UID},default,web-0\n"),
    )
    .unwrap();
    for round in 0..2 {
        let mut watch = log.watch(&["--pods", &names, "--textfile", &textfile]);
        log.add(&kill(2 + round));
        expect(&mut watch, 2 + round);
        end_well(watch);
    }
    let text = fs::read_to_string(&textfile).unwrap();
    let series = "oomparse_oom_kills_total{namespace=\"default\",pod=\"web-0\",container=\"\",scope=\"memcg\"} 2\n";
    assert!(text.contains(series), "{text}");
    assert!(text.contains("oomparse_pods_known 1\n"), "{text}");
    let leftovers = fs::read_dir(log.dir.path()).unwrap().flatten();
    let leftovers = leftovers.filter(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(leftovers.count(), 0, "a temporary file is left");
}

#[test]
fn a_log_that_cannot_be_read_is_2() {
    let (status, _, stderr) = watch::start(&["--file", "/no/such.log"]).end();
    assert_eq!(status.code(), Some(2));
    assert_eq!(stderr, "oomparse: /no/such.log: there is no such file\n");
}
