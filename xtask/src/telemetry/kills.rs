//! The log that the agent follows: kills in two pods, one in a container without names, one outside pods, a run
//! that killed nobody.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Events of the log.
pub(super) const COUNT: usize = 9;

/// Namespace, name, uid, container's id and its name.
const PODS: [[&str; 5]; 2] = [
    [
        "shop",
        "web-0",
        "3962896b-ab69-4572-8f1d-ee756f9f3589",
        "a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419",
        "app",
    ],
    [
        "stock",
        "worker-1",
        "eb9ef7c3-df91-f119-9af4-7c687b576479",
        "83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d",
        "queue",
    ],
];

/// Writes `kern.log`, and `var` with the folders of the kubelet.
pub(super) fn write(dir: &Path) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}", dir.display());
    let var = dir.join("var");
    fs::create_dir_all(var.join("containers")).map_err(failed)?;
    for [namespace, name, uid, id, container] in PODS {
        let pod = var.join(format!("pods/{namespace}_{name}_{uid}"));
        fs::create_dir_all(pod.join(container)).map_err(failed)?;
        let log = pod.join(container).join("0.log");
        fs::write(&log, "").map_err(failed)?;
        let link = format!("containers/{name}_{namespace}_{container}-{id}.log");
        std::os::unix::fs::symlink(&log, var.join(link)).map_err(failed)?;
    }
    fs::write(dir.join("kern.log"), log()?).map_err(failed)
}

fn log() -> Result<String, String> {
    let date = Command::new("date")
        .args(["-u", "+%Y-%m-%dT%H:%M"])
        .output();
    let date = date.map_err(|e| format!("date: {e}"))?;
    let minute = String::from_utf8_lossy(&date.stdout).trim().to_owned();
    let mut log = String::new();
    let mut line = |second: usize, text: &str| {
        // Writing into a string cannot fail.
        let _ = writeln!(
            log,
            "{minute}:{second:02}.250000Z node-7 kernel: [{}.000001] {text}",
            1000 + second
        );
    };
    for number in 0..6 {
        let [_, _, uid, id, _] = PODS[number % 2];
        of_container(2 * number, 700 + number, uid, id, &mut line);
    }
    let nameless = "/kubepods/besteffort/pod11111111-2222-4333-8444-555555555555/\
                    0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    of_shell(20, 801, nameless, true, &mut line);
    of_shell(22, 802, "/system.slice/sshd.service", false, &mut line);
    line(
        30,
        "init invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
    );
    line(30, "Out of memory and no killable processes...");
    Ok(log)
}

/// A process of a container at the container's limit.
fn of_container(
    second: usize,
    pid: usize,
    uid: &str,
    id: &str,
    line: &mut impl FnMut(usize, &str),
) {
    let path = format!("/kubepods/burstable/pod{uid}/{id}");
    for text in [
        "java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936",
        "memory: usage 524288kB, limit 524288kB, failcnt 12",
        &format!(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={id},mems_allowed=0,oom_memcg={path},\
             task_memcg={path},task=java \u{e9},pid={pid},uid=1001"
        ),
        &format!(
            "Memory cgroup out of memory: Killed process {pid} (java \u{e9}) total-vm:800000kB, anon-rss:500000kB, \
             file-rss:0kB, shmem-rss:4kB, UID:1001 pgtables:56kB oom_score_adj:936"
        ),
    ] {
        line(second, text);
    }
}

/// A process of a cgroup, at the cgroup's limit or for want of memory on the node.
fn of_shell(
    second: usize,
    pid: usize,
    path: &str,
    is_limit: bool,
    line: &mut impl FnMut(usize, &str),
) {
    let (constraint, limit, what) = match is_limit {
        true => (
            "CONSTRAINT_MEMCG",
            format!("oom_memcg={path}"),
            "Memory cgroup out of memory",
        ),
        false => ("CONSTRAINT_NONE", "global_oom".to_owned(), "Out of memory"),
    };
    line(
        second,
        &format!(
            "oom-kill:constraint={constraint},nodemask=(null),cpuset=/,mems_allowed=0,{limit},task_memcg={path},\
             task=sh,pid={pid},uid=0"
        ),
    );
    line(
        second,
        &format!(
            "{what}: Killed process {pid} (sh) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0"
        ),
    );
}
