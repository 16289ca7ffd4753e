//! `oomparse npd`: node-problem-detector's protocol.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const POD: &str = "eb9ef7c3-df91-f119-9af4-7c687b576479";

fn kill(second: u32, pid: u32) -> String {
    let path = format!("/kubepods/burstable/pod{POD}/{}", "83b49ac4".repeat(8));
    format!(
        "[{second}.000001] memory: usage 524288kB, limit 524288kB, failcnt 83\n\
         [{second}.000002] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,\
         oom_memcg={path},task_memcg={path},task=java,pid={pid},uid=1000\n\
         [{second}.000003] Memory cgroup out of memory: Killed process {pid} (java) total-vm:18896kB, \
         anon-rss:16456kB, file-rss:516kB, shmem-rss:4kB, UID:1000 pgtables:56kB oom_score_adj:936\n"
    )
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("pods").join(format!("shop_web-0_{POD}/app"))).unwrap();
        Self(dir)
    }

    fn log(&self, text: &str) {
        fs::write(self.0.join("log"), text).unwrap();
    }

    fn run(&self, more: &[&str]) -> (i32, String) {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_oomparse"))
            .arg("npd")
            .arg(self.0.join("log"))
            .arg("--state")
            .arg(self.0.join("state"))
            .arg("--pods")
            .arg(self.0.join("pods"))
            .args(more)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    }
}

#[test]
fn each_kill_is_told_once_with_its_pod() {
    let folder = Folder::new("npd-once");
    folder.log("[1.0] all is well\n");
    assert_eq!(folder.run(&[]), (0, String::new()));
    folder.log(&kill(10, 714));
    let told = "shop/web-0: java (pid 714) OOM killed at 512.0 MiB\n".to_owned();
    assert_eq!(folder.run(&[]), (1, told));
    assert_eq!(folder.run(&[]), (0, String::new()));
    folder.log(&[kill(10, 714), kill(20, 715), kill(30, 716)].concat());
    let two = "2 OOM kills, last shop/web-0: java (pid 716) OOM killed at 512.0 MiB\n";
    assert_eq!(folder.run(&[]), (1, two.to_owned()));
    assert_eq!(folder.run(&[]), (0, String::new()));
}

#[test]
fn a_message_is_one_line_of_at_most_the_length_that_npd_takes() {
    let folder = Folder::new("npd-length");
    let all: String = (0..2000).map(|n| kill(10 + n, 700 + n)).collect();
    folder.log(&all);
    let (code, text) = folder.run(&[]);
    assert_eq!(code, 1);
    assert!(text.len() <= 81 && text.ends_with('\n'), "{text}");
    assert_eq!(text.lines().count(), 1);
    assert!(
        text.starts_with("2000 OOM kills, last shop/web-0"),
        "{text}"
    );
    let short = Folder::new("npd-short");
    short.log(&kill(10, 714));
    let told = "shop/web-0: java ...\n".to_owned();
    assert_eq!(short.run(&["--max-length", "20"]), (1, told));
}

#[test]
fn a_log_that_cannot_be_read_is_unknown() {
    let folder = Folder::new("npd-none");
    let (code, text) = folder.run(&[]);
    assert_eq!(code, 2);
    assert!(text.contains("there is no such file"), "{text}");
}

/// The plain manifests are the chart's default rendering: an agent with them starts.
#[test]
fn the_daemon_set_uses_flags_that_there_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/manifests/daemonset.yaml");
    let text = fs::read_to_string(path).unwrap();
    let help = Command::new(env!("CARGO_BIN_EXE_oomparse"))
        .args(["watch", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let flags = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- --"));
    let mut count = 0;
    for flag in flags {
        let name = flag.split('=').next().unwrap();
        assert!(help.contains(&format!("--{name}")), "--{name}");
        count += 1;
    }
    assert!(count >= 3, "{count}");
}

#[test]
fn the_configuration_runs_what_there_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/npd/oomparse.json");
    let text = fs::read_to_string(path).unwrap();
    let config: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(config["plugin"], "custom");
    assert_eq!(config["pluginConfig"]["max_output_length"], 80);
    let rule = &config["rules"][0];
    let args: Vec<&str> = rule["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arg| arg.as_str().unwrap())
        .collect();
    assert_eq!(rule["type"], "temporary");
    let help = Command::new(env!("CARGO_BIN_EXE_oomparse"))
        .args(&args)
        .arg("--help")
        .output()
        .unwrap();
    assert!(help.status.success(), "{args:?}");
}
