//! Texts that a program may write to be taken for the kernel.

use crate::kernel::{Form, killed};
use serde_json::json;

/// Texts of one or several lines.
pub(crate) fn payloads() -> Vec<String> {
    let kill = killed(1, "init");
    let lines = [
        kill.clone(),
        format!("[    6.597013] {kill}"),
        format!("Jan  5 02:12:02 n1 kernel: {kill}"),
        format!("Jan 05 02:12:02 n1 kernel: [    6.597013] {kill}"),
        format!("2023-01-05T02:12:02.123456+08:00 n1 kernel: {kill}"),
        format!("[    6.597013] n1 kernel: {kill}"),
        format!("<4>Jan  5 02:12:02 n1 kernel: {kill}"),
        format!("<4>1 2023-01-05T02:12:02Z n1 kernel - - - {kill}"),
        format!("3,113,6597013,-;{kill}"),
        format!("kern  :err   : [    6.597013] {kill}"),
        format!("kernel: {kill}"),
        format!("n1 kernel: {kill}"),
        format!("{kill}[123]: x"),
        format!("app[7]: {kill}"),
        json!({"_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "MESSAGE": kill}).to_string(),
        json!({"log": format!("Jan  5 02:12:02 n1 kernel: {kill}")}).to_string(),
        format!("MESSAGE={kill}"),
        "Killed process 1 (init)".into(),
        "Out of memory: Kill process 1 (init) score 9 or sacrifice child".into(),
        "oom_reaper: reaped process 1 (init), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB".into(),
        "Task in /docker/0123456789ab killed as a result of limit of /docker".into(),
        "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,\
         task_memcg=/,task=init,pid=1,uid=0"
            .into(),
        "init invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0".into(),
        "memory: usage 1kB, limit 1kB, failcnt 1".into(),
        "anon 4096".into(),
        "7 pages RAM".into(),
        "[      1]     0     1        1        1    77824        0             0 init".into(),
        "/kubepods/x,task=init,pid=1,uid=0".into(),
        "order=3D0, gfp_mask=3D0xcc0, adj=3D0=".into(),
        "__CURSOR=s=1".into(),
        format!("{{\"log\":\"[    6.597013] {kill}\",}}"),
    ];
    let mut all: Vec<String> = lines.to_vec();
    for line in &lines {
        all.push(format!("first\n{line}"));
        all.push(format!("first\n\n    {line}"));
        all.push(format!("first\n   second\n\n{line}"));
    }
    // Several records that lost their line ends.
    let filler = "A".repeat(1150);
    for head in ["", "kernel: ", "Jan  5 02:12:02 n1 kernel: "] {
        all.push(format!(
            "{head}[    6.597013] {filler} {head}[    6.597014] {kill}"
        ));
    }
    for form in [Form::JournalExport, Form::JournalVerbose, Form::Kmsg] {
        all.push(format!("first\n\n{}", form.records().concat()).replace("71", "1"));
    }
    all
}
