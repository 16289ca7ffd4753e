//! What the tests of the program share.
#![allow(dead_code, unreachable_pub, missing_docs)]

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// One kill on a 6.1 kernel, as rsyslog writes it.
pub const LOG: &str = "\
Jan  5 02:12:02 node-7 kernel: [198542.576101] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968
Jan  5 02:12:02 node-7 kernel: [198542.576610] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,mems_allowed=0,oom_memcg=/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task_memcg=/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,task=java,pid=387602,uid=0
Jan  5 02:12:02 node-7 kernel: [198542.576728] Memory cgroup out of memory: Killed process 387602 (java) total-vm:2458092kB, anon-rss:100448kB, file-rss:1228kB, shmem-rss:0kB, UID:0 pgtables:56kB oom_score_adj:968
";

/// The program with a plain environment.
pub fn oomparse(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oomparse"));
    command
        .args(args)
        .env_remove("NODE_NAME")
        .env_remove("COLUMNS")
        .env_remove("NO_COLOR")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub fn run(args: &[&str]) -> Output {
    oomparse(args).output().unwrap()
}

/// Runs with this on standard input.
pub fn run_with(args: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut child = oomparse(args).stdin(Stdio::piped()).spawn().unwrap();
    // The program may have seen enough before it has read all.
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    child.wait_with_output().unwrap()
}

pub fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The objects on standard output, one a line.
pub fn events(output: &Output) -> Vec<Value> {
    stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A program that runs until it gets SIGTERM; it ends also when the test fails, so that it is in no later
/// test's way.
#[derive(Debug)]
pub struct Running(pub Child);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Waits until so many bytes stand unread on its standard output.
    pub fn until_written(&self, len: u64) {
        let stdout = self.0.stdout.as_ref().unwrap();
        until("too little comes", || {
            rustix::io::ioctl_fionread(stdout).unwrap() >= len
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until it is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// An empty directory of this test alone.
pub fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// The logs of corpus cases whose number begins so, in order.
pub fn cases(begin: &str) -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(root().join("corpus/cases"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(begin))
        .map(|entry| {
            entry
                .path()
                .join("input.log")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    found.sort();
    found
}
