//! What happens when the disk is full, the reader goes, a file cannot be read, or the program is killed: one
//! clear sentence, and nothing that was given out is lost.

mod support;

use rustix::process::Signal;
use serde_json::Value;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::{LOG, Running, directory, oomparse, run, stderr, stdout, until};

const FULL: &str = "oomparse: output: No space left on device (os error 28)\n";

/// A kill that stands in two lines.
fn kill(pid: usize) -> String {
    let head = format!("Jan  5 02:12:02 node-7 kernel: [{}.5", 198_000 + pid);
    format!(
        "{head}1] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=java,pid={pid},uid=0\n\
         {head}2] Memory cgroup out of memory: Killed process {pid} (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n"
    )
}

fn kills(count: usize) -> String {
    (1..=count).map(kill).collect()
}

/// The processes of the kills, each in a whole line.
fn pids(json: &str) -> Vec<usize> {
    json.lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            event["victim"]["pid"].as_u64().unwrap() as usize
        })
        .collect()
}

/// The processes of the kills that stand whole in a file: a write may be seen in part while it goes on.
fn given_so_far(out: &Path) -> Vec<usize> {
    let text = fs::read_to_string(out).unwrap_or_default();
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    pids(&text[..whole])
}

/// Stops the program wherever it is, but in no system call, and then kills it.
fn kill_9(mut child: Running) {
    let stat = format!("/proc/{}/stat", child.0.id());
    until("it does not stop", || {
        child.signal(Signal::STOP);
        let stat = fs::read_to_string(&stat).unwrap();
        stat.rsplit_once(") ").unwrap().1.starts_with('T')
    });
    child.signal(Signal::KILL);
    assert!(!child.0.wait().unwrap().success());
}

#[test]
fn a_killed_scan_has_given_out_whole_events() {
    let dir = directory("killed-scan");
    let (log, out) = (dir.join("kern.log"), dir.join("out.ndjson"));
    let count = 60_000;
    fs::write(&log, kills(count)).unwrap();
    let child = Running::start(
        oomparse(&["scan", "--no-pods", log.to_str().unwrap()]).stdout(File::create(&out).unwrap()),
    );
    until("no event comes", || fs::metadata(&out).unwrap().len() > 0);
    kill_9(child);
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.ends_with('\n'));
    let given = pids(&text);
    assert!(!given.is_empty() && given.len() < count, "{}", given.len());
    assert!(given.iter().copied().eq(1..=given.len()));
}

#[test]
fn a_killed_watch_gives_out_what_was_missing_when_it_runs_again() {
    let dir = directory("killed-watch");
    let (log, out, state) = (
        dir.join("kern.log"),
        dir.join("out.ndjson"),
        dir.join("state.json"),
    );
    File::create(&log).unwrap();
    let watch = || {
        let out = OpenOptions::new().create(true).append(true).open(&out);
        let mut command = oomparse(&["watch", "--no-pods", "--file", log.to_str().unwrap()]);
        Running::start(command.arg("--state").arg(&state).stdout(out.unwrap()))
    };
    let given = || given_so_far(&out);
    let mut file = OpenOptions::new().append(true).open(&log).unwrap();
    let count = 400;
    let mut child = watch();
    until("it does not start", || state.exists());
    for pid in 1..=count {
        file.write_all(kill(pid).as_bytes()).unwrap();
        if pid % 100 == 50 {
            until("no event comes", || given().len() > pid / 2);
            kill_9(child);
            child = watch();
        }
    }
    until("the last event is missing", || given().contains(&count));
    child.signal(Signal::TERM);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    let mut all = pids(&fs::read_to_string(&out).unwrap());
    // What was given out but not yet noted when it was killed comes again.
    all.sort_unstable();
    all.dedup();
    assert!(all.iter().copied().eq(1..=count), "{all:?}");
}

#[test]
fn a_full_disk_is_one_sentence() {
    let dir = directory("full-disk");
    let log = dir.join("kern.log");
    fs::write(&log, LOG.repeat(500)).unwrap();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let log = log.to_str().unwrap();
    let formats = ["json", "otlp", "report", "table"];
    let mut runs: Vec<Vec<&str>> = formats
        .iter()
        .map(|format| vec!["scan", "--format", format, log])
        .collect();
    runs.push(vec!["scan", "--count", log]);
    runs.push(vec!["scan", "--threads", "2", log, log]);
    runs.push(vec!["watch", "--no-pods", "--since-boot", "--file", log]);
    for args in runs {
        let output = oomparse(&args).stdout(full()).output().unwrap();
        assert_eq!(
            (output.status.code(), stderr(&output)),
            (Some(2), FULL),
            "{args:?}"
        );
    }
}

#[test]
fn what_a_full_disk_did_not_take_comes_when_watch_runs_again() {
    let dir = directory("full-disk-watch");
    let (log, state) = (dir.join("kern.log"), dir.join("state.json"));
    fs::write(&log, "").unwrap();
    let watch = |out: Stdio| {
        let mut command = oomparse(&["watch", "--no-pods", "--file", log.to_str().unwrap()]);
        Running::start(command.arg("--state").arg(&state).stdout(out))
    };
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut child = watch(full.into());
    until("it does not start", || state.exists());
    let mut file = OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(kills(3).as_bytes()).unwrap();
    assert_eq!(child.0.wait().unwrap().code(), Some(2));
    let said = io::read_to_string(child.0.stderr.take().unwrap()).unwrap();
    assert_eq!(said, FULL);
    let out = dir.join("out.ndjson");
    let mut child = watch(File::create(&out).unwrap().into());
    until("the events do not come", || given_so_far(&out) == [1, 2, 3]);
    child.signal(Signal::TERM);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn counters_that_cannot_be_written_are_one_sentence_and_events_go_on() {
    let dir = directory("full-textfile");
    let (log, counters) = (dir.join("kern.log"), dir.join("oomparse.prom"));
    fs::write(&log, kills(2)).unwrap();
    // No file may grow; standard output is a pipe.
    let mut child = Running::start(
        Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_oomparse"))
            .args(["watch", "--no-pods", "--since-boot", "--file"])
            .arg(&log)
            .arg("--textfile")
            .arg(&counters)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    );
    let mut events = BufReader::new(child.0.stdout.take().unwrap());
    let mut given = String::new();
    for pid in 1..=3 {
        if pid == 3 {
            let mut file = OpenOptions::new().append(true).open(&log).unwrap();
            file.write_all(kill(pid).as_bytes()).unwrap();
        }
        events.read_line(&mut given).unwrap();
    }
    assert_eq!(child.0.try_wait().unwrap(), None);
    child.signal(Signal::TERM);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    events.read_to_string(&mut given).unwrap();
    assert_eq!(pids(&given), [1, 2, 3]);
    let said = io::read_to_string(child.0.stderr.take().unwrap()).unwrap();
    let sentence = format!(
        "oomparse: {}: cannot be written: File too large (os error 27)\n",
        counters.display()
    );
    assert_eq!(said, sentence);
    assert_eq!(
        fs::read_dir(&dir).unwrap().count(),
        1,
        "half a file is left"
    );
}

#[test]
fn a_reader_that_goes_is_no_trouble() {
    let dir = directory("closed-pipe");
    let log = dir.join("kern.log");
    fs::write(&log, LOG.repeat(2000)).unwrap();
    for format in ["json", "otlp", "report", "table"] {
        let mut child = oomparse(&["scan", "--format", format, log.to_str().unwrap()])
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    }
}

/// Runs as a user whom files' modes bind.
fn as_nobody(program: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(program);
    command
        .args(args)
        .env_remove("NODE_NAME")
        .env("LC_ALL", "C.UTF-8");
    if rustix::process::geteuid().is_root() {
        command.uid(65_534);
    }
    command.output().unwrap()
}

#[test]
fn a_file_that_may_not_be_read_is_one_sentence_and_the_others_are_read() {
    // Where everybody may go, unlike the build's own directory.
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let program = dir.path().join("oomparse");
    // By another process: while this one writes a program, a child of another test holds it open.
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_oomparse"))
        .arg(&program)
        .status();
    assert!(copied.unwrap().success());
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (first, closed, last) = (path("first.log"), path("closed.log"), path("last.log"));
    for (at, log) in [&first, &closed, &last].into_iter().enumerate() {
        fs::write(log, kill(at + 1)).unwrap();
        fs::set_permissions(log, Permissions::from_mode(0o644)).unwrap();
    }
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    for threads in ["1", "3"] {
        let output = as_nobody(
            &program,
            &[
                "scan",
                "--no-pods",
                "--threads",
                threads,
                &first,
                &closed,
                &last,
            ],
        );
        assert_eq!(
            stderr(&output),
            format!("oomparse: {closed}: reading it is not permitted\n")
        );
        assert_eq!(pids(stdout(&output)), [1, 3]);
        assert_eq!(output.status.code(), Some(2));
    }
    let output = as_nobody(&program, &["watch", "--no-pods", "--file", &closed]);
    assert_eq!(
        (output.status.code(), stderr(&output)),
        (
            Some(2),
            format!("oomparse: {closed}: reading it is not permitted\n").as_str()
        )
    );
}

#[test]
fn a_file_that_breaks_off_is_one_sentence_and_the_others_are_read() {
    let dir = directory("broken-file");
    let log = dir.join("kern.log");
    fs::write(&log, kill(1)).unwrap();
    let log = log.to_str().unwrap();
    // Nothing is mapped at its beginning, so every read fails as on a broken disk.
    let broken = "/proc/self/mem";
    let output = run(&["scan", "--no-pods", log, broken, log]);
    assert_eq!(
        stderr(&output),
        "oomparse: /proc/self/mem: Input/output error (os error 5)\n"
    );
    assert_eq!(pids(stdout(&output)), [1, 1]);
    assert_eq!(output.status.code(), Some(2));
}
