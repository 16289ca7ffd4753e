//! Records as Fluent Bit's inputs make them.

use serde_json::{Value, json};

/// A record as `json.escape_unicode on` writes it: nothing but ASCII.
pub(crate) fn text(record: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for character in record.to_string().chars() {
        if character.is_ascii() {
            out.push(character as u8);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
        }
    }
    out
}

/// A line's bytes as text: what is not UTF-8 becomes U+E0xx, as Fluent Bit writes it.
pub(crate) fn lossless(line: &[u8]) -> String {
    let mut out = String::new();
    for chunk in line.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.extend(char::from_u32(0xe000 + u32::from(*byte)));
        }
    }
    out
}

/// The `tail` input.
pub(crate) fn tail(line: &[u8]) -> Vec<u8> {
    text(&json!({ "log": lossless(line) }))
}

/// The `kmsg` input, as for a line of `/dev/kmsg` with these numbers.
pub(crate) fn kmsg(sequence: u64, micros: u64, message: &str) -> Vec<u8> {
    text(&json!({
        "priority": 6, "sequence": sequence, "sec": micros / 1_000_000, "usec": micros % 1_000_000,
        "msg": message,
    }))
}

/// The `systemd` input.
pub(crate) fn systemd(micros: u64, message: &str) -> Vec<u8> {
    text(&json!({
        "PRIORITY": "6", "_HOSTNAME": "node-7", "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0",
        "SYSLOG_IDENTIFIER": "kernel", "_BOOT_ID": "4d0a8f6c0e1b4f0f9a53cf3d3a8e4b11",
        "_SOURCE_MONOTONIC_TIMESTAMP": micros.to_string(), "MESSAGE": message,
    }))
}

/// An ordinary line of a container.
pub(crate) fn container(number: u64) -> Vec<u8> {
    text(&json!({
        "time": "2024-01-01T00:00:00.000000000Z", "stream": "stdout", "_p": "F",
        "log": format!("GET /api/v1/items/{number} 200 12ms upstream=10.2.3.4:8080 all pods in the process are fine"),
    }))
}

/// A kill in four lines, the last of which names the victim.
pub(crate) const REPORT: [&str; 4] = [
    "tail invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968",
    "memory: usage 16384kB, limit 16384kB, failcnt 83",
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589,task_memcg=/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101b4393d934a3a3fb902260c945c360ed278bbdef80cb45fbb9419,task=tail,pid=387602,uid=0",
    "Memory cgroup out of memory: Killed process 387602 (tail) total-vm:3072kB, anon-rss:2048kB, file-rss:4kB, shmem-rss:4kB, UID:0 pgtables:56kB oom_score_adj:968",
];
